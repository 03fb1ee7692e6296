//! What a client hears of a gateway that ends: each answer over HTTP/1.1 is then its connection's last. A load balancer
//! that looks at connections only would never take a client elsewhere, since its connection goes on being used.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::startup::State;

/// The middleware. It looks after the answer was made: the gateway may have been told to end meanwhile.
pub(crate) async fn say_when_draining(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let state = request.app_data::<web::Data<State>>().cloned();
    let mut response = next.call(request).await?;
    if state.is_some_and(|state| state.is_draining()) {
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}
