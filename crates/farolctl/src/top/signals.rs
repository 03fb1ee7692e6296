//! The one list of what `farolctl top` shows: panels of the boards, by title. Questions, units, bounds
//! and names are the boards' own; a panel that is renamed there fails the test here.

use crate::board::{Board, Error, Panel};

const GOLDEN_SIGNALS: &str = "golden-signals";
const PIPELINE: &str = "pipeline";

/// (section, [(board, title of the panel)])
type Section = (&'static str, &'static [(&'static str, &'static str)]);

const SECTIONS: &[Section] = &[
    ("Traffic", &[(GOLDEN_SIGNALS, "Events at the gateway"), (GOLDEN_SIGNALS, "Records at the worker")]),
    (
        "Latency",
        &[
            (GOLDEN_SIGNALS, "POST /v1/events, as the gateway answers it"),
            (GOLDEN_SIGNALS, "From received to stored"),
            (GOLDEN_SIGNALS, "Kafka's acknowledgement"),
        ],
    ),
    (
        "Errors",
        &[
            (GOLDEN_SIGNALS, "Available"),
            (GOLDEN_SIGNALS, "Answers by class"),
            (GOLDEN_SIGNALS, "Batches tried again"),
        ],
    ),
    (
        "Saturation",
        &[
            (GOLDEN_SIGNALS, "Requests in flight"),
            (GOLDEN_SIGNALS, "PostgreSQL connections"),
            (GOLDEN_SIGNALS, "Redis memory"),
            (GOLDEN_SIGNALS, "Processor"),
            (GOLDEN_SIGNALS, "Memory"),
        ],
    ),
    (
        "Lag",
        &[
            (GOLDEN_SIGNALS, "Waiting in Kafka"),
            (GOLDEN_SIGNALS, "Oldest waiting"),
            (GOLDEN_SIGNALS, "Lag by partition"),
        ],
    ),
    ("Ledger", &[(PIPELINE, "Imbalance"), (PIPELINE, "Consumed"), (PIPELINE, "Outcomes")]),
    ("Dead letters", &[(PIPELINE, "Open"), (GOLDEN_SIGNALS, "Dead letters by cause")]),
];

/// The firing alerts, as the board marks them.
const ALERTS: (&str, &str) = (GOLDEN_SIGNALS, "Alerts");

/// What is shown, with the panels found.
#[derive(Debug)]
pub(crate) struct Signals {
    pub(crate) sections: Vec<(&'static str, Vec<Panel>)>,
    pub(crate) alerts: String,
}

impl Signals {
    /// Finds every panel of the list in its board.
    pub(crate) fn find() -> Result<Self, Error> {
        let panel = |(board, title): &(&str, &str)| Board::find(board)?.panel(title).cloned();
        let section = |(title, panels): &Section| {
            Ok((*title, panels.iter().map(panel).collect::<Result<Vec<_>, Error>>()?))
        };
        let sections = SECTIONS.iter().map(section).collect::<Result<_, Error>>()?;
        Ok(Self { sections, alerts: Board::find(ALERTS.0)?.annotation(ALERTS.1)?.to_owned() })
    }
}

#[cfg(test)]
mod tests {
    use super::Signals;

    #[test]
    fn every_panel_of_the_list_is_on_its_board() {
        let signals = Signals::find().unwrap_or_else(|error| panic!("{error}; rename it in this list, too"));
        assert!(signals.sections.iter().flat_map(|(_, panels)| panels).all(|panel| panel.kind.has_data()));
        assert!(signals.alerts.contains("ALERTS"), "{}", signals.alerts);
    }
}
