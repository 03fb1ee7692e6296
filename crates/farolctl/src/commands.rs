//! One file per command; this one only finds it.

pub(crate) mod bare_handler;
pub(crate) mod bench;
pub(crate) mod bench_compare;
pub(crate) mod bench_storage;
pub(crate) mod demo;
mod demo_report;
pub(crate) mod dlq;
pub(crate) mod event;
pub(crate) mod key;
pub(crate) mod ledger;
pub(crate) mod load;
pub(crate) mod load_check;
pub(crate) mod picture;
pub(crate) mod prove;
pub(crate) mod replay;
pub(crate) mod send;
pub(crate) mod telemetry_isolation;
mod test_servers;
pub(crate) mod top;
pub(crate) mod trace;

use crate::{
    cli::{Cli, Command, Key, Replay},
    error::Error,
    output::Output,
};

/// Runs the command that was asked for.
pub(crate) async fn run(cli: Cli) -> Result<(), Error> {
    let output = Output::new(cli.output);
    match cli.command {
        Command::Send(arguments) => send::run(arguments, output).await,
        Command::Replay(Replay::Flights(arguments)) => replay::run(arguments, output).await,
        Command::Event(arguments) => event::run(arguments, output).await,
        Command::Ledger(arguments) => ledger::run(arguments, output).await,
        Command::Dlq(command) => dlq::run(command, output).await,
        Command::Trace(arguments) => trace::run(arguments, output).await,
        Command::Top(arguments) => top::run(arguments, cli.output).await,
        Command::Picture(arguments) => picture::run(arguments, output).await,
        Command::Demo(arguments) => demo::run(arguments, output).await,
        Command::Key(Key::New(arguments)) => key::run(arguments, output),
        Command::Bench(arguments) => bench::run(arguments, output).await,
        Command::BenchCompare(arguments) => bench_compare::run(arguments, output).await,
        Command::Load(arguments) => load::run(arguments, output).await,
        Command::BenchStorage(arguments) => bench_storage::run(arguments, output).await,
        Command::LoadCheck(arguments) => load_check::run(arguments, output).await,
        Command::TelemetryIsolation(arguments) => telemetry_isolation::run(arguments, output).await,
        Command::Prove(command) => prove::run(command, output).await,
        Command::BareHandler(arguments) => bare_handler::run(arguments).await,
    }
}
