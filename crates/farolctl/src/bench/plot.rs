//! The rows as a picture: a card for each row that compares something or has a target.

use std::{fs, io, path::Path};

use super::rows::{Document, Row, number};
use crate::{
    error::Error,
    picture::bars::{Bar, Card, bars},
};

/// Draws the document into a file.
pub(crate) fn write(document: &Document, path: &Path) -> Result<(), Error> {
    let failed = |error: io::Error| Error::Failed(format!("{}: {error}", path.display()));
    fs::write(path, svg(document)).map_err(failed)
}

/// The whole document, as SVG.
fn svg(document: &Document) -> String {
    let cards: Vec<Card> = document.rows.iter().filter(|row| is_worth_a_card(row)).map(card).collect();
    let said = |name: &str| {
        document.conditions.get(name).map_or_else(String::new, |value| value.to_string().replace('"', ""))
    };
    let machine = [said("machine: processor"), said("machine: cores") + " cores", said("measured at")];
    bars(&format!("Farol's bench: {}", machine.join(", ")), &cards)
}

fn is_worth_a_card(row: &Row) -> bool {
    row.measures.len() > 1 || (row.passed.is_some() && !row.measures.is_empty())
}

fn card(row: &Row) -> Card {
    let text = |part: &Option<String>| part.clone().unwrap_or_default();
    let verdict = row.passed.map(|passed| {
        let word = if passed { "kept" } else { "missed" };
        (format!("target {}: {}, {word}", text(&row.target), text(&row.measured)), passed)
    });
    let bars = row.measures.iter().map(|(side, measure)| Bar {
        name: side.clone(),
        median: measure.median,
        low: measure.min,
        high: measure.max,
        text: match measure.rounds.len() {
            1 => number(measure.median),
            _ => format!("{} ({}–{})", number(measure.median), number(measure.min), number(measure.max)),
        },
    });
    Card { title: format!("{}, {}", row.what, row.unit), verdict, bars: bars.collect() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lone_figure_without_a_target_is_not_drawn() {
        let lone = Row::new("a", "lone", "ms").with("farol", vec![1.0]);
        let judged = Row::new("b", "judged", "ms").with("farol", vec![1.0, 3.0]).judged("≤ 1", "2", false);
        let drawn = svg(&Document { rows: vec![lone, judged], ..Document::default() });
        assert!(!drawn.contains("lone, ms") && drawn.contains("judged, ms"), "{drawn}");
        assert!(drawn.contains("2.00 (1.00–3.00)") && drawn.contains("missed"), "{drawn}");
    }
}
