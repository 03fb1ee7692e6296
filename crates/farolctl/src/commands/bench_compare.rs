//! `farolctl bench-compare`: whether an event costs this build's gateway more CPU than another build's.

use std::{path::PathBuf, time::Duration};

use super::{
    bench::{Sizes, ground, on_ground},
    test_servers::TestServers,
};
use crate::{
    bench::{
        compare,
        conditions::{Parts, conditions},
        rows::Document,
        stack,
    },
    error::Error,
    output::Output,
};

/// Compare the gateway's CPU per event with another build's, in paired rounds
///
/// Both run at the same time on the same servers and are loaded in turns. Exit code 1 if this build
/// surely (lower bound of 95 %) needs more than 5 % more.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    servers: TestServers,
    #[command(flatten)]
    sizes: Sizes,
    /// Where the other build's farol-gateway is
    #[arg(long, value_name = "FOLDER")]
    base_bin_dir: PathBuf,
    /// Also write the rows, as JSON, into this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let base = stack::bin_dir(Some(&arguments.base_bin_dir), &[stack::GATEWAY])?;
    let size = arguments.sizes.size(Duration::ZERO);
    let ground = ground(&arguments.servers, size)?;
    let parts = Parts { bin_dir: &ground.bin_dir, kafka_classpath: None };
    let conditions = conditions(&size, &parts);
    let comparing = async { Ok(compare::rows(&ground, &base).await?) };
    let rows = on_ground(&ground, comparing).await?;
    let document = Document { conditions, rows };
    if let Some(path) = &arguments.json {
        document.write(path)?;
    }
    output.print(&document)?;
    document.verdict(true)
}
