//! What stands on the screen, as a buffer: a head of one or two lines and the body, as long as it has to be.
//! It knows no terminal, so one frame can also be written as text.

use ratatui::{
    buffer::Buffer,
    layout::Rect,
    style::{Color, Modifier, Style},
    text::Line,
    widgets::{Block, BorderType, Paragraph, Widget},
};

use super::{section, snapshot::Snapshot};
use crate::board::Level;

const NARROWEST_COLUMN: u16 = 38;
const MOST_COLUMNS: u16 = 4;

/// A titled box with its lines.
struct Card {
    title: &'static str,
    lines: Vec<Line<'static>>,
}

/// The line that says who was asked and when; below it, if there is one, what is wrong.
pub(crate) fn head(snapshot: Option<&Snapshot>, problem: Option<&str>, hint: &str, width: u16) -> Buffer {
    let asked = match snapshot {
        Some(snapshot) => format!("Farol  {} UTC  {}", snapshot.time, snapshot.prometheus),
        None => "Farol".to_owned(),
    };
    let free = usize::from(width).saturating_sub(asked.chars().count() + hint.chars().count());
    let line = if free == 0 { asked } else { format!("{asked}{}{hint}", " ".repeat(free)) };
    let mut lines = vec![Line::styled(line, Style::new().add_modifier(Modifier::BOLD))];
    if let Some(problem) = problem {
        let old = if snapshot.is_some() { "; below is what was seen last" } else { "" };
        lines.push(Line::styled(format!("{problem}{old}"), section::style(Level::Bad)));
    }
    let paragraph = Paragraph::new(lines).wrap(ratatui::widgets::Wrap { trim: true });
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, if problem.is_some() { 3 } else { 1 }));
    paragraph.render(buffer.area, &mut buffer);
    buffer
}

/// Alerts over the whole width, then the sections, each in the shortest column so far.
pub(crate) fn body(snapshot: &Snapshot, width: u16) -> Buffer {
    let columns = (width / NARROWEST_COLUMN).clamp(1, MOST_COLUMNS);
    let column_width = width / columns;
    let inner = usize::from(column_width.saturating_sub(2));
    let alerts = Card { title: "Alerts", lines: section::alert_lines(&snapshot.alerts) };
    let mut heights = vec![alerts.height(); usize::from(columns)];
    let mut placed = vec![(Rect::new(0, 0, column_width * columns, alerts.height()), alerts)];
    for section in &snapshot.sections {
        let card = Card { title: section.title, lines: section::lines(section, inner) };
        let shortest = (0..heights.len()).min_by_key(|&column| heights[column]).unwrap_or(0);
        let x = column_width * u16::try_from(shortest).unwrap_or(0);
        placed.push((Rect::new(x, heights[shortest], column_width, card.height()), card));
        heights[shortest] += placed.last().map_or(0, |(area, _)| area.height);
    }
    let height = heights.into_iter().max().unwrap_or(0);
    let mut buffer = Buffer::empty(Rect::new(0, 0, width, height));
    for (area, card) in placed {
        card.draw(area, &mut buffer);
    }
    buffer
}

/// The same without colours.
pub(crate) fn plain(snapshot: &Snapshot, width: u16) -> String {
    let head = head(Some(snapshot), None, "", width);
    [head, body(snapshot, width)].iter().map(text).collect::<Vec<_>>().join("\n")
}

/// A buffer's characters, line by line.
pub(crate) fn text(buffer: &Buffer) -> String {
    let width = usize::from(buffer.area.width).max(1);
    let line = |cells: &[ratatui::buffer::Cell]| {
        let line: String = cells.iter().map(ratatui::buffer::Cell::symbol).collect();
        line.trim_end().to_owned()
    };
    buffer.content.chunks(width).map(line).collect::<Vec<_>>().join("\n")
}

impl Card {
    fn height(&self) -> u16 {
        u16::try_from(self.lines.len()).unwrap_or(u16::MAX).saturating_add(2)
    }

    fn draw(self, area: Rect, buffer: &mut Buffer) {
        let block = Block::bordered()
            .border_type(BorderType::Rounded)
            .border_style(Style::new().fg(Color::DarkGray))
            .title(Line::styled(format!(" {} ", self.title), Style::new().add_modifier(Modifier::BOLD)));
        Paragraph::new(self.lines).block(block).render(area, buffer);
    }
}
