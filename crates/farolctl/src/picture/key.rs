//! The line below a panel that says which colour is what, with the newest value, and where the bounds are.

use super::{
    colours,
    svg::{Letters, Svg},
};
use crate::{
    board::{Line, Panel},
    prometheus_client::Window,
};

pub(super) const LINE_HEIGHT: f64 = 15.0;
const LETTERS: Letters = Letters::new(10.0, colours::INK);
const MOST_LINES: usize = 2;
const SWATCH: f64 = 16.0;
const GAP: f64 = 14.0;

/// One entry: a swatch and what it stands for.
pub(super) struct Entry {
    text: String,
    colour: &'static str,
    dashed: bool,
}

/// The entries of a panel: its lines, then its bounds.
pub(super) fn entries(panel: &Panel, lines: &[Line], window: Window) -> Vec<Entry> {
    // a question that found nothing has no name but the title, which stands above already
    let named =
        lines.iter().enumerate().filter(|(_, line)| !line.points.is_empty() || line.name != panel.title);
    let series = named.map(|(index, line)| {
        let newest = line.newest(window).map_or_else(|| "no data".to_owned(), |value| panel.text(value));
        Entry { text: format!("{} {newest}", line.name), colour: colours::series(index), dashed: false }
    });
    let bounds = panel.bounds().map(|(value, level)| Entry {
        text: format!("bound {}", panel.text(value)),
        colour: colours::strong(level),
        dashed: true,
    });
    series.chain(bounds).collect()
}

/// Breaks entries into lines; what does not fit is counted in a last entry.
pub(super) fn break_lines(entries: Vec<Entry>, width: f64) -> Vec<Vec<Entry>> {
    let mut lines: Vec<Vec<Entry>> = vec![Vec::new()];
    let mut used = 0.0;
    let more =
        |count: usize| Entry { text: format!("and {count} more"), colour: colours::CARD, dashed: false };
    let count = entries.len();
    for (index, mut entry) in entries.into_iter().enumerate() {
        entry.text = LETTERS.fit(&entry.text, width - SWATCH - GAP);
        let needed = entry_width(&entry);
        let is_last_line = lines.len() == MOST_LINES;
        let room = if is_last_line && index + 1 < count { width - entry_width(&more(count)) } else { width };
        if used + needed > room && used > 0.0 {
            if is_last_line {
                if let Some(line) = lines.last_mut() {
                    line.push(more(count - index));
                }
                return lines;
            }
            lines.push(Vec::new());
            used = 0.0;
        }
        used += needed;
        if let Some(line) = lines.last_mut() {
            line.push(entry);
        }
    }
    lines
}

/// Draws the lines from `top` on.
pub(super) fn draw(svg: &mut Svg, lines: &[Vec<Entry>], left: f64, top: f64) {
    for (index, line) in lines.iter().enumerate() {
        let base = top + LINE_HEIGHT * (index as f64 + 0.75);
        let mut x = left;
        for entry in line {
            let dash = if entry.dashed { "4 3" } else { "" };
            for thickness in [-4.0, -3.0] {
                svg.line((x, base + thickness), (x + SWATCH - 5.0, base + thickness), entry.colour, dash);
            }
            svg.text((x + SWATCH, base), LETTERS, &entry.text);
            x += entry_width(entry);
        }
    }
}

fn entry_width(entry: &Entry) -> f64 {
    SWATCH + LETTERS.width(&entry.text) + GAP
}

#[cfg(test)]
mod tests {
    use super::{Entry, break_lines};

    fn entries(texts: &[&str]) -> Vec<Entry> {
        texts.iter().map(|text| Entry { text: (*text).to_owned(), colour: "#000", dashed: false }).collect()
    }

    fn texts(lines: &[Vec<Entry>]) -> Vec<Vec<&str>> {
        lines.iter().map(|line| line.iter().map(|entry| entry.text.as_str()).collect()).collect()
    }

    #[test]
    fn entries_go_on_in_a_second_line() {
        let lines = break_lines(entries(&["accepted 521/s", "repeated 0/s"]), 150.0);
        assert_eq!(texts(&lines), [["accepted 521/s"], ["repeated 0/s"]]);
    }

    #[test]
    fn what_has_no_room_is_counted() {
        let lines = break_lines(entries(&["aaaa"; 20]), 240.0);
        let texts = texts(&lines);
        let shown = texts.iter().flatten().filter(|text| **text == "aaaa").count();
        assert_eq!(texts.last().unwrap().last().unwrap(), &format!("and {} more", 20 - shown));
    }
}
