//! Grafana's boards as the terminal and the pictures use them: which panels there are, what they
//! ask, and how they want values written. The JSON in `grafana/dashboards` is the one source; it is compiled in.

mod ask;
mod json;
mod legend;
mod level;
mod raw;
mod unit;
mod variables;

pub(crate) use ask::{How, Line, ask, ask_query};
pub(crate) use json::{Kind, Panel};
pub(crate) use level::Level;

use std::{path::Path, time::Duration};

/// (name of the file, its content)
const COMPILED_IN: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/boards.rs"));

/// A board with its panels in the order of the grid.
#[derive(Debug)]
pub(crate) struct Board {
    pub(crate) title: String,
    pub(crate) panels: Vec<Panel>,
    /// What the annotations ask, by name.
    pub(crate) annotations: Vec<(String, String)>,
    /// How far back it shows at first.
    pub(crate) range: Option<Duration>,
}

/// Why a board or a part of it cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("there is no board {name}; there are: {known}")]
    NoBoard { name: String, known: String },
    #[error("the board {board} has no {what} called {title:?}")]
    NoPart { board: String, what: &'static str, title: String },
    #[error("cannot read {file}: {cause}")]
    Unreadable { file: String, cause: std::io::Error },
    #[error("the board {board} is not understood: {cause}")]
    Malformed { board: String, cause: serde_json::Error },
}

impl Board {
    /// The board of that name, or the one in a file, if `name` ends in `.json`.
    pub(crate) fn find(name: &str) -> Result<Self, Error> {
        if Path::new(name).extension().is_some_and(|extension| extension == "json") {
            let text = std::fs::read_to_string(name);
            let text = text.map_err(|cause| Error::Unreadable { file: name.to_owned(), cause })?;
            return Self::parse(name, &text);
        }
        match COMPILED_IN.iter().find(|(known, _)| *known == name) {
            Some((_, text)) => Self::parse(name, text),
            None => Err(Error::NoBoard { name: name.to_owned(), known: Self::names().join(", ") }),
        }
    }

    /// The boards that are compiled in.
    pub(crate) fn names() -> Vec<&'static str> {
        COMPILED_IN.iter().map(|(name, _)| *name).collect()
    }

    pub(crate) fn parse(name: &str, text: &str) -> Result<Self, Error> {
        json::parse(text).map_err(|cause| Error::Malformed { board: name.to_owned(), cause })
    }

    /// The panel of that title.
    pub(crate) fn panel(&self, title: &str) -> Result<&Panel, Error> {
        let found = self.panels.iter().find(|panel| panel.kind != Kind::Row && panel.title == title);
        found.ok_or_else(|| self.no_part("panel", title))
    }

    /// What the annotation of that name asks.
    pub(crate) fn annotation(&self, name: &str) -> Result<&str, Error> {
        let found = self.annotations.iter().find(|(known, _)| known == name);
        found.map(|(_, query)| query.as_str()).ok_or_else(|| self.no_part("annotation", name))
    }

    pub(crate) fn no_part(&self, what: &'static str, title: &str) -> Error {
        Error::NoPart { board: self.title.clone(), what, title: title.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::{Board, Kind, variables};
    use crate::prometheus_client::Window;

    const WINDOW: Window = Window { start: 0.0, end: 900.0, step: 5.0 };

    #[test]
    fn every_board_of_the_checkout_is_compiled_in_and_understood() {
        assert!(Board::names().contains(&"golden-signals"), "{:?}", Board::names());
        for name in Board::names() {
            let board = Board::find(name).unwrap();
            assert!(board.panels.iter().any(|panel| panel.kind != Kind::Row), "{name} has no panel");
            assert!(board.range.is_some(), "{name} does not say how far back it shows");
            for panel in board.panels.iter().filter(|panel| panel.kind.has_data()) {
                assert!(!panel.targets.is_empty(), "{name}: {} asks nothing", panel.title);
                for target in &panel.targets {
                    let query = variables::fill_time(&target.expr, WINDOW);
                    assert!(!query.contains('$'), "{name}: {} keeps a variable: {query}", panel.title);
                }
            }
        }
    }

    #[test]
    fn a_board_that_is_not_there_is_answered_with_those_that_are() {
        let error = Board::find("silver-signals").unwrap_err().to_string();
        assert!(
            error.starts_with("there is no board silver-signals; there are: ")
                && error.contains("golden-signals"),
            "{error}"
        );
        assert!(
            Board::find("no/such/file.json")
                .unwrap_err()
                .to_string()
                .starts_with("cannot read no/such/file.json: ")
        );
        let error = Board::parse("mine", "{}").unwrap_err().to_string();
        assert!(error.contains("the board mine is not understood"), "{error}");
    }

    #[test]
    fn a_panel_that_was_renamed_is_missed() {
        let board = Board::find("golden-signals").unwrap();
        let error = board.panel("no such panel").unwrap_err().to_string();
        assert_eq!(error, format!("the board {} has no panel called \"no such panel\"", board.title));
    }
}
