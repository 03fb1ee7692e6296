//! What a client hears of a gateway that ends: each answer over HTTP/1.1 is then its connection's last. A load balancer
//! that looks at connections only would never take a client elsewhere, since its connection goes on being used.

use actix_web::dev::ServiceResponse;
use actix_web::http::ConnectionType;
use actix_web::web;

use crate::startup::State;

/// To be called when the answer was made: the gateway may have been told to end meanwhile.
pub(crate) fn say_when_draining<B>(response: &mut ServiceResponse<B>) {
    let state = response.request().app_data::<web::Data<State>>();
    if state.is_some_and(|state| state.is_draining()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
}
