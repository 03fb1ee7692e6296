//! `farolctl trace`: one trace as a tree in the terminal.

use std::time::Duration;

use crate::{cli::Jaeger, error::Error, output::Output};

/// Show a trace as a tree
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    jaeger: Jaeger,
    /// 32 hex digits, as in a receipt
    #[arg(value_parser = trace_id)]
    trace_id: String,
    /// How long to wait for a trace that is still arriving, such as 10s
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = humantime::parse_duration)]
    wait: Duration,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let jaeger = arguments.jaeger.client()?;
    match jaeger.wait(&arguments.trace_id, arguments.wait).await? {
        Some(trace) => Ok(output.print(&trace)?),
        None => Err(Error::Failed(format!(
            "Jaeger has no trace {}; one that is still arriving can be waited for with --wait 10s",
            arguments.trace_id
        ))),
    }
}

fn trace_id(text: &str) -> Result<String, String> {
    if text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err("expected 32 hex digits".to_owned())
    }
}
