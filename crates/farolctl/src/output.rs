//! The only door to standard output: a report is one JSON document on one line,
//! or text for a reader. Everything else a command says goes to standard error.

use std::io::{self, Write};

use serde::Serialize;

/// How reports are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Format {
    /// Text for a reader; its layout may change.
    Human,
    /// One JSON document per line; its fields are stable.
    Json,
}

/// A result that can be shown both ways.
pub(crate) trait Report: Serialize {
    /// The text for a reader, without a final line break.
    fn human(&self) -> String;
}

/// Where reports go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Output {
    format: Format,
}

impl Output {
    pub(crate) fn new(format: Format) -> Self {
        Self { format }
    }

    /// Writes one report.
    pub(crate) fn print(self, report: &impl Report) -> io::Result<()> {
        let text = render(self.format, report)?;
        match writeln!(io::stdout().lock(), "{text}") {
            // the reader has seen enough, as in `farolctl ledger | head -1`
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}

fn render(format: Format, report: &impl Report) -> io::Result<String> {
    match format {
        Format::Human => Ok(report.human()),
        Format::Json => Ok(serde_json::to_string(report)?),
    }
}

#[cfg(test)]
mod tests {
    use super::{Format, Report, render};

    #[derive(serde::Serialize)]
    struct Answer {
        value: u8,
    }

    impl Report for Answer {
        fn human(&self) -> String {
            format!("the answer\nis {}", self.value)
        }
    }

    #[test]
    fn json_is_one_document_on_one_line() {
        let text = render(Format::Json, &Answer { value: 42 }).unwrap_or_default();
        assert_eq!(text, r#"{"value":42}"#);
    }

    #[test]
    fn human_text_is_the_reports_own() {
        let text = render(Format::Human, &Answer { value: 42 }).unwrap_or_default();
        assert_eq!(text, "the answer\nis 42");
    }
}
