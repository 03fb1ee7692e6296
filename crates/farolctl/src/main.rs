//! `farolctl`, the operator's tool: it talks to Farol only from the outside,
//! over HTTP, PostgreSQL, Kafka, Jaeger's and Prometheus's API, and shares with its services only how connections are made.

mod arrivals;
mod bench;
mod bench_storage;
mod board;
mod books;
mod cause;
mod cli;
mod commands;
mod delivery;
mod dlq;
mod error;
mod flights;
mod gateway_client;
mod http_stream;
mod https;
mod interrupt;
mod isolation;
mod jaeger_client;
mod json_text;
mod latencies;
mod load;
mod load_check;
mod output;
mod picture;
mod progress;
mod prometheus_client;
mod prove;
mod retry;
mod table;
mod top;
mod trace_tree;
mod traceparent;
mod worker_client;

use std::process::ExitCode;

use clap::Parser;

#[tokio::main]
async fn main() -> ExitCode {
    let cli = cli::Cli::parse();
    match commands::run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("farolctl: {error}");
            error.exit_code()
        }
    }
}
