//! `farol-gateway`: settings, telemetry, build, run, drain, flush.

use std::process::ExitCode;

use gateway::{Config, Gateway, SERVICE};
use service::{Environment, refuse_start, stop_signal};

#[tokio::main]
async fn main() -> ExitCode {
    let config = match Config::read(Environment::of_process()) {
        Ok(config) => config,
        Err(mistakes) => return refuse_start(SERVICE.name, "settings", &mistakes),
    };
    let telemetry = match telemetry::start(SERVICE) {
        Ok(telemetry) => telemetry,
        Err(error) => return refuse_start(SERVICE.name, "telemetry", &error),
    };
    let flush = config.shutdown.flush_timeout;
    let outcome = match Gateway::build(config, telemetry.metrics()).await {
        Ok(gateway) => gateway.run(stop_signal()).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome {
        tracing::error!(name: "gateway_failed", %error, "the gateway ended by a failure");
    }
    telemetry.shutdown(flush).await;
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
