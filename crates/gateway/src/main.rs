//! `farol-gateway`: settings, telemetry, build, run, drain, flush; and `healthcheck`.

use std::process::ExitCode;

use gateway::{Config, Gateway, SERVICE};
use service::{Environment, healthcheck, refuse_start, say, stop_signal};

const USAGE: &str = "\
farol-gateway              take events by HTTP and hand them to Kafka
farol-gateway healthcheck  ask the gateway that runs beside it, with the same settings, whether it is ready

Settings come from environment variables. A start with wrong ones names them all.";

/// Every event is some hundred small pieces of memory on several threads.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => run().await,
        ["healthcheck"] => check_health(),
        ["--help" | "-h" | "help"] => say(USAGE),
        ["--version" | "-V"] => say(&format!("{} {}", SERVICE.name, SERVICE.version)),
        _ => refuse_start(SERVICE.name, "arguments", &USAGE),
    }
}

fn check_health() -> ExitCode {
    match Config::management_addr(Environment::of_process()) {
        Ok(addr) => healthcheck(SERVICE.name, addr),
        Err(mistakes) => refuse_start(SERVICE.name, "settings", &mistakes),
    }
}

async fn run() -> ExitCode {
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
