//! Panels that show what is now: one value in large letters, or a list of names and values.

use super::{
    colours,
    svg::{Anchor, Area, Letters, Svg},
};
use crate::{
    board::{Level, Line, Panel},
    prometheus_client::Window,
};

const LIST: Letters = Letters::new(11.0, colours::INK);
const LIST_LINE: f64 = 18.0;

/// The colour behind a panel of one value.
pub(super) fn ground(panel: &Panel, lines: &[Line], window: Window) -> &'static str {
    let levels = lines.iter().filter_map(|line| line.newest(window)).map(|value| panel.level(value));
    colours::soft(levels.max().unwrap_or(Level::Plain))
}

/// The newest values side by side, in large letters.
pub(super) fn stat(svg: &mut Svg, area: Area, panel: &Panel, lines: &[Line], window: Window) {
    let share = area.width / lines.len().max(1) as f64;
    for (index, line) in lines.iter().enumerate() {
        let middle = area.x + share * (index as f64 + 0.5);
        let (text, colour) = newest(panel, line, window);
        let size = (share / (text.chars().count() as f64 * 0.62)).clamp(11.0, 30.0);
        let named = lines.len() > 1;
        let base = area.y + area.height / 2.0 + size * if named { 0.15 } else { 0.36 };
        svg.text((middle, base), Letters::new(size, colour).bold().at(Anchor::Middle), &text);
        if named {
            let name = Letters::new(10.0, colours::QUIET).at(Anchor::Middle);
            svg.text((middle, base + 16.0), name, &name.fit(&line.name, share - 6.0));
        }
    }
}

/// One line for each series.
pub(super) fn list(svg: &mut Svg, area: Area, panel: &Panel, lines: &[Line], window: Window) {
    let room = (area.height / LIST_LINE) as usize;
    let shown = if lines.len() > room { room.saturating_sub(1) } else { lines.len() };
    let right = area.x + area.width;
    for (index, line) in lines.iter().take(shown).enumerate() {
        let base = area.y + LIST_LINE * (index as f64 + 0.8);
        let (text, colour) = newest(panel, line, window);
        svg.text((right, base), Letters::new(11.0, colour).bold().at(Anchor::End), &text);
        svg.text((area.x, base), LIST, &LIST.fit(&line.name, area.width - LIST.width(&text) - 12.0));
        svg.line((area.x, base + 5.0), (right, base + 5.0), colours::GRID, "");
    }
    if shown < lines.len() {
        let base = area.y + LIST_LINE * (shown as f64 + 0.8);
        let quiet = Letters::new(10.0, colours::QUIET);
        svg.text((area.x, base), quiet, &format!("and {} more", lines.len() - shown));
    }
}

fn newest(panel: &Panel, line: &Line, window: Window) -> (String, &'static str) {
    match line.newest(window) {
        Some(value) => (panel.text(value), colours::strong(panel.level(value))),
        None => ("no data".to_owned(), colours::QUIET),
    }
}
