//! `farol-worker`: settings, telemetry, build, run, drain, flush; and `migrate`, `healthcheck`.

use std::process::ExitCode;

use postgres::Server;
use service::{Environment, healthcheck, refuse_start, say, stop_signal};
use worker::{Config, SERVICE, Worker, migrate};

/// A record is some fifty small pieces of memory: the system's allocator took a quarter of the worker's CPU time.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const USAGE: &str = "\
farol-worker              consume events from Kafka and store them in PostgreSQL
farol-worker migrate      bring the database schema up to date, then exit
farol-worker healthcheck  ask the worker that runs beside it, with the same settings, whether it is ready

Settings come from environment variables; those it needs: FAROL_DATABASE_URL, and to consume
FAROL_KAFKA_BROKERS. A start with wrong ones names them all.";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => run().await,
        ["migrate"] => run_migrations().await,
        ["healthcheck"] => check_health(),
        ["--help" | "-h" | "help"] => say(USAGE),
        ["--version" | "-V"] => say(&format!("{} {}", SERVICE.name, SERVICE.version)),
        _ => refuse_start(SERVICE.name, "arguments", &USAGE),
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
    let flush = config.flush_timeout;
    let outcome = match Worker::build(config, telemetry.metrics()).await {
        Ok(worker) => worker.run(stop_signal()).await,
        Err(error) => Err(error),
    };
    if let Err(error) = &outcome {
        tracing::error!(name: "worker_failed", %error, "the worker ended by a failure");
    }
    telemetry.shutdown(flush).await;
    if outcome.is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn check_health() -> ExitCode {
    match Config::management_addr(Environment::of_process()) {
        Ok(addr) => healthcheck(SERVICE.name, addr),
        Err(mistakes) => refuse_start(SERVICE.name, "settings", &mistakes),
    }
}

async fn run_migrations() -> ExitCode {
    let mut env = Environment::of_process();
    let server = Server::read(&mut env);
    let server = match env.finish(server) {
        Ok(server) => server,
        Err(mistakes) => return refuse_start(SERVICE.name, "settings", &mistakes),
    };
    match migrate::run(&server).await {
        Ok(applied) if applied.is_empty() => say("the schema is up to date"),
        Ok(applied) => say(&format!("applied {}", applied.join(", "))),
        Err(error) => {
            eprintln!("farol-worker migrate failed, nothing half-applied is kept:\n{error}");
            ExitCode::FAILURE
        }
    }
}
