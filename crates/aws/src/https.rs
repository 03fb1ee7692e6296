//! HTTP for the credential chain, by the TLS that everything else here uses.

use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpClient, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_types::body::SdkBody;

/// What a connector may take where the chain sets no bound.
const PATIENCE: Duration = Duration::from_secs(5);

/// A client for the chain: each of its sources says how long it waits.
pub(crate) fn client() -> SharedHttpClient {
    http_client_fn(|settings, _| {
        let client = reqwest::Client::builder()
            // The sources are on the node or in the region: never behind a proxy of the environment.
            .no_proxy()
            .connect_timeout(settings.connect_timeout().unwrap_or(PATIENCE))
            .timeout(settings.read_timeout().unwrap_or(PATIENCE))
            .build()
            .map_err(|error| error.to_string());
        SharedHttpConnector::new(Connector(client))
    })
}

/// A client, or why there is none.
#[derive(Debug)]
struct Connector(Result<reqwest::Client, String>);

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = self.0.clone();
        HttpConnectorFuture::new(async move {
            let client = client.map_err(|error| ConnectorError::user(error.into()))?;
            send(&client, request).await
        })
    }
}

async fn send(client: &reqwest::Client, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
    let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
    let request = request.map(|body| body.bytes().unwrap_or_default().to_vec());
    let request = reqwest::Request::try_from(request).map_err(|error| ConnectorError::user(error.into()))?;
    let answer = client.execute(request).await.map_err(failure)?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let body = answer.bytes().await.map_err(failure)?;
    let status =
        status.as_u16().try_into().map_err(|_| ConnectorError::other("no HTTP status".into(), None))?;
    let mut response = HttpResponse::new(status, SdkBody::from(body));
    for (name, value) in &headers {
        if let Ok(value) = value.to_str() {
            response.headers_mut().append(name.as_str().to_owned(), value.to_owned());
        }
    }
    Ok(response)
}

fn failure(error: reqwest::Error) -> ConnectorError {
    // An address may hold what is secret.
    let error = error.without_url();
    match error.is_timeout() {
        true => ConnectorError::timeout(error.into()),
        false => ConnectorError::io(error.into()),
    }
}
