//! `farolctl send`: one event, from flags or as structured CloudEvents JSON, and its receipt.

use std::{
    collections::BTreeMap,
    io::{IsTerminal, Read},
    path::PathBuf,
};

use bytes::Bytes;
use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    cli::{self, Gateway},
    delivery::Delivery,
    error::Error,
    gateway_client::{Answer, Receipt},
    output::{Output, Report},
    retry::RetryPolicy,
    traceparent::Traceparent,
};

/// Send one event and print its receipt
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  \
    farolctl send --source /shop --type order.placed --data '{\"total\": 12.5}'\n  \
    farolctl send --file event.json\n  \
    jq -c .event saved.json | farolctl send\n\n\
    A busy or unreachable gateway is asked again, with the same id, for a bounded time.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    gateway: Gateway,
    /// Structured CloudEvents JSON; `-`, or no flags at all, reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "attributes")]
    file: Option<PathBuf>,
    #[command(flatten)]
    attributes: Attributes,
    /// How often the event is sent at most, while the gateway is busy or unreachable
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=1000))]
    attempts: u32,
    /// W3C traceparent to continue; a new sampled trace is started otherwise
    #[arg(long)]
    traceparent: Option<Traceparent>,
}

#[derive(Debug, clap::Args)]
#[group(id = "attributes", multiple = true)]
struct Attributes {
    /// Unique within the source [default: a random UUID]
    #[arg(long, requires = "source")]
    id: Option<String>,
    /// Context in which the event happened, such as /nyc/EWR
    #[arg(long, requires = "kind")]
    source: Option<String>,
    /// Kind of event, such as aero.flight.departed
    #[arg(long = "type", id = "kind", value_name = "TYPE", requires = "source")]
    kind: Option<String>,
    /// What the event is about within its source
    #[arg(long, requires = "source")]
    subject: Option<String>,
    /// When it happened (RFC 3339)
    #[arg(long, requires = "source", value_parser = cli::rfc3339)]
    time: Option<String>,
    /// Media type of the data [default with data: application/json]
    #[arg(long, requires = "data")]
    datacontenttype: Option<String>,
    /// The data: JSON, or text under another --datacontenttype
    #[arg(long, requires = "source")]
    data: Option<String>,
    /// Extension attribute, repeatable
    #[arg(long, value_name = "NAME=VALUE", requires = "source", value_parser = extension)]
    ext: Vec<(String, String)>,
}

#[derive(Serialize)]
struct Structured<'a> {
    specversion: &'static str,
    id: String,
    source: &'a str,
    r#type: &'a str,
    #[serde(flatten)]
    optional: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Box<RawValue>>,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let body = match (&arguments.attributes.source, &arguments.attributes.kind) {
        (Some(source), Some(kind)) => from_flags(source, kind, &arguments.attributes)?,
        _ => read_structured(arguments.file.as_ref())?,
    };
    let traceparent = arguments.traceparent.unwrap_or_else(Traceparent::random);
    let gateway = arguments.gateway.client()?;
    let retry = RetryPolicy::with_attempts(arguments.attempts);
    let delivery = Delivery { gateway: &gateway, retry, concurrency: 1 };
    match delivery.send_one(body, Some(&traceparent)).await?.answer {
        Answer::Accepted(receipt) => Ok(output.print(&receipt)?),
        Answer::Refused { problem, .. } => Err(Error::Failed(format!("refused: {problem}"))),
    }
}

fn read_structured(file: Option<&PathBuf>) -> Result<Bytes, Error> {
    let failed = |name: String| move |error| Error::Usage(format!("cannot read {name}: {error}"));
    match file {
        Some(path) if path.as_os_str() != "-" => {
            let bytes = std::fs::read(path).map_err(failed(path.display().to_string()))?;
            Ok(bytes.into())
        }
        None if std::io::stdin().is_terminal() => Err(Error::Usage(
            "nothing to send: give --source and --type, or --file, or structured CloudEvents JSON on standard input".to_owned(),
        )),
        _ => {
            let mut bytes = Vec::new();
            std::io::stdin().read_to_end(&mut bytes).map_err(failed("standard input".to_owned()))?;
            Ok(bytes.into())
        }
    }
}

fn from_flags(source: &str, kind: &str, attributes: &Attributes) -> Result<Bytes, Error> {
    let mut optional: BTreeMap<&str, &str> =
        attributes.ext.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let named = [("subject", &attributes.subject), ("time", &attributes.time)];
    optional.extend(named.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
    let data = match &attributes.data {
        Some(data) => {
            let media_type = attributes.datacontenttype.as_deref().unwrap_or("application/json");
            optional.insert("datacontenttype", media_type);
            Some(data_value(data, media_type)?)
        }
        None => None,
    };
    let id = attributes.id.clone().unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
    let event = Structured { specversion: "1.0", id, source, r#type: kind, optional, data };
    serde_json::to_vec(&event).map(Bytes::from).map_err(|error| Error::Usage(error.to_string()))
}

/// JSON data goes as it was typed, digit for digit; anything else as a JSON string.
fn data_value(data: &str, media_type: &str) -> Result<Box<RawValue>, Error> {
    let essence = media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let value = if essence.ends_with("/json") || essence.ends_with("+json") {
        RawValue::from_string(data.trim().to_owned())
    } else {
        serde_json::value::to_raw_value(data)
    };
    value.map_err(|error| {
        Error::Usage(format!("--data is not JSON ({error}); to send text, add --datacontenttype text/plain"))
    })
}

/// CloudEvents names: lower-case letters and digits.
fn extension(text: &str) -> Result<(String, String), String> {
    const CORE: [&str; 9] =
        ["specversion", "id", "source", "type", "subject", "time", "data", "datacontenttype", "data_base64"];
    let (name, value) = text.split_once('=').ok_or("expected NAME=VALUE")?;
    let valid = !name.is_empty() && name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    if CORE.contains(&name) {
        return Err(format!("{name} is not an extension; it has a flag of its own"));
    }
    if !valid {
        return Err("an extension's name is lower-case letters and digits".to_owned());
    }
    Ok((name.to_owned(), value.to_owned()))
}

impl Report for Receipt {
    fn human(&self) -> String {
        format!(
            "{}\n  id      {}\n  source  {}\n  record  {} partition {} offset {}\n  trace   {}",
            if self.repeat { "accepted before (a repeat; this is the first receipt)" } else { "accepted" },
            self.id,
            self.source,
            self.topic,
            self.partition,
            self.offset,
            self.trace_id.as_deref().unwrap_or("none")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::{Attributes, data_value, extension, from_flags};

    fn event(attributes: &Attributes) -> String {
        let body = from_flags("/s", "t", attributes).unwrap_or_default();
        String::from_utf8_lossy(&body).into_owned()
    }

    fn attributes() -> Attributes {
        Attributes {
            id: Some("1".to_owned()),
            source: None,
            kind: None,
            subject: None,
            time: None,
            datacontenttype: None,
            data: None,
            ext: Vec::new(),
        }
    }

    #[test]
    fn flags_become_structured_json_with_data_digit_for_digit() {
        let given = Attributes {
            subject: Some("x".to_owned()),
            data: Some("{\"n\": 1.10}".to_owned()),
            ext: vec![("partitionkey".to_owned(), "k".to_owned())],
            ..attributes()
        };
        assert_eq!(
            event(&given),
            r#"{"specversion":"1.0","id":"1","source":"/s","type":"t","datacontenttype":"application/json","partitionkey":"k","subject":"x","data":{"n": 1.10}}"#
        );
    }

    #[test]
    fn without_data_there_is_no_content_type() {
        assert_eq!(event(&attributes()), r#"{"specversion":"1.0","id":"1","source":"/s","type":"t"}"#);
    }

    #[test]
    fn text_is_sent_as_a_string_and_bad_json_is_refused() {
        let text = data_value("hello", "text/plain; charset=utf-8");
        assert!(text.is_ok_and(|value| value.get() == "\"hello\""));
        assert!(data_value("hello", "application/json").is_err());
        assert!(data_value("{}", "application/vnd.x+json").is_ok());
    }

    #[test]
    fn extension_names_are_checked() {
        assert_eq!(extension("a1=b=c"), Ok(("a1".to_owned(), "b=c".to_owned())));
        assert!(extension("A=b").is_err() && extension("id=b").is_err() && extension("a").is_err());
    }
}
