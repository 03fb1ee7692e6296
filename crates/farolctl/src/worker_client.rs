//! Asks the worker's management port why it does not store: for error messages only.

use std::time::Duration;

use reqwest::Url;

use crate::https;

/// What the worker says of its readiness, in one line, whatever happens.
pub(crate) async fn readiness(worker: &Url) -> String {
    let mut url = worker.clone();
    url.set_path("/ready");
    let client = match https::client(worker, Duration::from_secs(3)) {
        Ok(client) => client,
        Err(error) => return format!("the worker cannot be asked: {error}"),
    };
    match client.get(url.clone()).send().await {
        Ok(response) => {
            let status = response.status();
            let body = response.text().await.unwrap_or_else(|error| error.to_string());
            let body: String = body.chars().take(300).collect();
            format!("the worker at {url} answers {status}: {body}")
        }
        Err(error) => format!("the worker at {url} gives no answer: {}", https::cause(&error)),
    }
}
