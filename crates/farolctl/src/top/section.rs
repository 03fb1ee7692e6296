//! A section as lines of text: a name, a value, the curve that led there.

use ratatui::{
    style::{Color, Modifier, Style},
    text::{Line, Span},
};

use super::{
    snapshot::{Alert, Section, Shown, Value},
    spark,
};
use crate::board::Level;

/// Series of one panel that are shown; a part with a hundred partitions would fill the screen.
const MOST_VALUES: usize = 8;
const VALUE_WIDTH: usize = 10;

const DIM: Style = Style::new().fg(Color::DarkGray);

/// The lines of a section, `width` characters wide.
pub(super) fn lines(section: &Section, width: usize) -> Vec<Line<'static>> {
    section.panels.iter().flat_map(|panel| panel_lines(panel, width)).collect()
}

/// The lines about alerts: one for each that fires, or one that says that none does.
pub(super) fn alert_lines(alerts: &[Alert]) -> Vec<Line<'static>> {
    if alerts.is_empty() {
        return vec![Line::styled("none fires", style(Level::Good))];
    }
    let line = |alert: &Alert| {
        let level = if alert.severity == "critical" { Level::Bad } else { Level::Warning };
        let head = format!("{:<9} {}", alert.severity, alert.name);
        Line::from(vec![Span::styled(head, style(level)), Span::raw(format!("  {}", alert.of))])
    };
    alerts.iter().map(line).collect()
}

fn panel_lines(panel: &Shown, width: usize) -> Vec<Line<'static>> {
    if let Some((name, value)) = alone(panel, width) {
        return vec![value_line(&name, value, width)];
    }
    let mut lines = vec![Line::styled(clip(&panel.title, width), DIM)];
    if let Some(problem) = &panel.problem {
        lines.push(Line::styled(clip(&format!("  refused: {problem}"), width), style(Level::Bad)));
    }
    for value in panel.values.iter().take(MOST_VALUES) {
        lines.push(value_line(&format!("  {}", value.name), value, width));
    }
    if panel.values.len() > MOST_VALUES {
        lines.push(Line::styled(format!("  and {} more", panel.values.len() - MOST_VALUES), DIM));
    }
    lines
}

/// A single value needs no title above it, where its name has room beside it.
fn alone(panel: &Shown, width: usize) -> Option<(String, &Value)> {
    let [value] = panel.values.as_slice() else { return None };
    let is_named = value.name != panel.title;
    let name = if is_named { format!("{}: {}", panel.title, value.name) } else { panel.title.clone() };
    let fits = name.chars().count() <= name_width(width);
    // without a name of its own a second line would say nothing more
    (panel.problem.is_none() && (fits || !is_named)).then_some((name, value))
}

fn curve_width(width: usize) -> usize {
    (width / 4).clamp(6, 24)
}

fn name_width(width: usize) -> usize {
    width.saturating_sub(curve_width(width) + VALUE_WIDTH + 2)
}

fn value_line(name: &str, value: &Value, width: usize) -> Line<'static> {
    let name_width = name_width(width);
    let name = clip(name, name_width);
    // a mark for who sees no colours
    let text = if value.level == Level::Bad { format!("! {}", value.text) } else { value.text.clone() };
    let missing = value.value.is_none() && value.text == "no data";
    let shown = if missing { DIM } else { style(value.level) };
    Line::from(vec![
        Span::raw(format!("{name:<name_width$} ")),
        Span::styled(format!("{text:>VALUE_WIDTH$} "), shown),
        Span::styled(spark::line(&value.curve, curve_width(width)), Style::new().fg(Color::Cyan)),
    ])
}

pub(super) fn style(level: Level) -> Style {
    match level {
        Level::Plain => Style::new(),
        Level::Good => Style::new().fg(Color::Green),
        Level::Warning => Style::new().fg(Color::Yellow),
        Level::Bad => Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
    }
}

fn clip(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}
