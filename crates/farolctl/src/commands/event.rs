//! `farolctl event`: where is my event?

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    cli::Gateway,
    error::Error,
    gateway_client::Located,
    json_text,
    output::{Output, Report},
};

/// Ask the gateway where an event is
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    gateway: Gateway,
    /// The event's source
    source: String,
    /// The event's id
    id: String,
    /// The partition of its receipt, which tells more of an event that is still on its way
    #[arg(long, value_name = "NUMBER", requires = "offset")]
    partition: Option<i32>,
    /// The offset of its receipt
    #[arg(long, value_name = "NUMBER", requires = "partition")]
    offset: Option<i64>,
}

/// The gateway's answer, kept as text so that no number loses a digit.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(crate) struct Whereabouts(Box<RawValue>);

impl Whereabouts {
    /// Keeps a valid JSON text.
    pub(crate) fn from_json(json: String) -> Result<Self, Error> {
        let value = RawValue::from_string(json);
        let value = value.map_err(|error| Error::Failed(format!("the gateway's answer is no JSON: {error}")));
        value.map(Self)
    }
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let gateway = arguments.gateway.client()?;
    match gateway.locate(&arguments.source, &arguments.id, arguments.partition.zip(arguments.offset)).await? {
        Located::Found(json) => Ok(output.print(&Whereabouts::from_json(json)?)?),
        Located::NotFound(problem) => Err(Error::Failed(problem.to_string())),
    }
}

impl Report for Whereabouts {
    fn human(&self) -> String {
        json_text::indent(self.0.get())
    }
}
