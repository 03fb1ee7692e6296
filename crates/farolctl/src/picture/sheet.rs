//! The whole picture: a head, then section after section with its panels where the board's grid has them.

use time::{OffsetDateTime, macros::format_description};

use super::{
    colours, heatmap,
    svg::{Anchor, Area, Letters, Svg},
    timeseries, values,
};
use crate::{
    board::{Board, Error, Kind, Line, Panel},
    prometheus_client::Window,
};

const MARGIN: f64 = 16.0;
const HEAD: f64 = 58.0;
const SECTION_HEAD: f64 = 30.0;
/// Of one step of the board's grid, which is 24 wide.
const ROW: f64 = 25.0;
const COLUMNS: f64 = 24.0;
const GAP: f64 = 8.0;
const PADDING: f64 = 10.0;
const PANEL_HEAD: f64 = 22.0;

const SECTION: Letters = Letters::new(14.0, colours::INK).bold();
const PANEL: Letters = Letters::new(12.0, colours::INK).bold();
const QUIET: Letters = Letters::new(11.0, colours::QUIET);

/// A section of a board: what stands under one of its row titles.
#[derive(Debug)]
pub(crate) struct Section {
    title: String,
    pub(crate) panels: Vec<Panel>,
}

/// The sections of a board that have panels, or of these the ones that `wanted` names, in its order.
pub(crate) fn sections(board: &Board, wanted: &[String]) -> Result<Vec<Section>, Error> {
    let mut all = vec![Section { title: String::new(), panels: Vec::new() }];
    for panel in &board.panels {
        match (panel.kind, all.last_mut()) {
            (Kind::Row, _) => all.push(Section { title: panel.title.clone(), panels: Vec::new() }),
            (_, Some(section)) => section.panels.push(panel.clone()),
            (_, None) => {}
        }
    }
    all.retain(|section| !section.panels.is_empty());
    if wanted.is_empty() {
        return Ok(all);
    }
    let find = |title: &String| match all.iter().position(|section| section.title == *title) {
        Some(place) => Ok(all.remove(place)),
        None => Err(board.no_part("row", title)),
    };
    wanted.iter().map(find).collect()
}

/// The picture as SVG; `answers` holds the lines of each panel, in the order of the sections.
pub(crate) fn draw(
    title: &str,
    sections: &[Section],
    answers: &[Vec<Line>],
    window: Window,
    width: f64,
) -> String {
    let mut svg = Svg::new(width);
    svg.text((MARGIN, 32.0), Letters::new(19.0, colours::INK).bold(), title);
    let times = format!("{} UTC", span(window));
    svg.text((width - MARGIN, 32.0), QUIET.at(Anchor::End), &times);
    let mut top = HEAD;
    let mut answers = answers.iter();
    for section in sections {
        if !section.title.is_empty() {
            svg.text((MARGIN, top + 18.0), SECTION, &section.title);
            top += SECTION_HEAD;
        }
        let first = section.panels.iter().map(|panel| panel.grid.y).min().unwrap_or(0);
        let mut bottom = top;
        for (panel, lines) in section.panels.iter().zip(answers.by_ref()) {
            let area = place(panel, first, top, width);
            draw_panel(&mut svg, area, panel, lines, window);
            bottom = f64::max(bottom, area.y + area.height);
        }
        top = bottom + GAP;
    }
    svg.finish(top + MARGIN - GAP, title, colours::PAGE)
}

fn place(panel: &Panel, first_row: u32, top: f64, width: f64) -> Area {
    let column = (width - 2.0 * MARGIN + GAP) / COLUMNS;
    Area {
        x: MARGIN + f64::from(panel.grid.x) * column,
        y: top + f64::from(panel.grid.y - first_row) * ROW,
        width: f64::from(panel.grid.w) * column - GAP,
        height: f64::from(panel.grid.h) * ROW - GAP,
    }
}

fn draw_panel(svg: &mut Svg, area: Area, panel: &Panel, lines: &[Line], window: Window) {
    let ground = if panel.kind == Kind::Stat { values::ground(panel, lines, window) } else { colours::CARD };
    svg.rect(area, 4.0, ground, colours::BORDER);
    let inside = Area {
        x: area.x + PADDING,
        y: area.y + PANEL_HEAD + 4.0,
        width: area.width - 2.0 * PADDING,
        height: area.height - PANEL_HEAD - 4.0 - PADDING * 0.6,
    };
    svg.text((inside.x, area.y + 17.0), PANEL, &PANEL.fit(&panel.title, inside.width));
    match panel.kind {
        Kind::TimeSeries => timeseries::draw(svg, inside, panel, lines, window),
        Kind::Heatmap => heatmap::draw(svg, inside, panel, lines, window),
        Kind::Stat => values::stat(svg, inside, panel, lines, window),
        Kind::Table => values::list(svg, inside, panel, lines, window),
        Kind::NotDrawn(reason) => {
            let middle = (inside.x + inside.width / 2.0, inside.y + inside.height / 2.0);
            svg.text(middle, QUIET.at(Anchor::Middle), reason.text());
        }
        // it is a title, which sections() made of it
        Kind::Row => {}
    }
}

fn span(window: Window) -> String {
    let day = format_description!("[year]-[month]-[day] [hour]:[minute]");
    let clock = format_description!("[hour]:[minute]");
    let time = |seconds: f64| {
        OffsetDateTime::from_unix_timestamp(seconds as i64).unwrap_or(OffsetDateTime::UNIX_EPOCH)
    };
    let (from, to) = (time(window.start), time(window.end));
    let end = if from.date() == to.date() { to.format(clock) } else { to.format(day) };
    let written = from.format(day).and_then(|start| Ok(format!("{start} to {}", end?)));
    written.unwrap_or_else(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::{draw, draw_panel, place, sections};
    use crate::{
        board::{Board, Kind},
        picture::{
            colours,
            fixture::{WINDOW, bucket, line},
            svg::{Svg, escape},
        },
    };

    fn golden_signals() -> Board {
        Board::find("golden-signals").unwrap()
    }

    #[test]
    fn each_panel_is_drawn_once_under_the_title_of_its_section() {
        let all = sections(&golden_signals(), &[]).unwrap();
        let count = all.iter().map(|section| section.panels.len()).sum();
        let picture = draw("t", &all, &vec![vec![line("a", &[1.0, 2.0])]; count], WINDOW, 1200.0);
        assert_eq!(picture.matches("rx=\"4\"").count(), count);
        for section in &all {
            assert!(picture.contains(&section.title), "{}", section.title);
        }
        assert!(picture.contains("2023-11-14 22:13 to 22:14 UTC"), "{picture}");
    }

    #[test]
    fn every_panel_of_every_board_has_a_drawing_or_says_why_not() {
        for name in Board::names() {
            for panel in &Board::find(name).unwrap().panels {
                let lines = [bucket("0.1", &[3.0, 4.0]), bucket("0.5", &[3.0, 9.0])];
                let mut svg = Svg::new(600.0);
                draw_panel(&mut svg, place(panel, panel.grid.y, 0.0, 600.0), panel, &lines, WINDOW);
                let picture = svg.finish(600.0, "t", "#fff");
                let seen = match panel.kind {
                    Kind::Row => continue,
                    Kind::TimeSeries => "<path",
                    Kind::Heatmap => colours::heat(1.0),
                    Kind::Stat | Kind::Table => &format!(">{}</text>", escape(&panel.text(9.0))),
                    Kind::NotDrawn(reason) => reason.text(),
                };
                assert!(picture.contains(seen), "{name}: {}: no {seen} in {picture}", panel.title);
            }
        }
    }

    #[test]
    fn a_panel_that_cannot_be_drawn_stands_there_with_its_reason() {
        let board = r#"{"title": "b", "panels": [
            {"type": "geomap", "title": "where", "gridPos": {"x": 0, "y": 0, "w": 8, "h": 8}, "targets": [{"expr": "up"}]},
            {"type": "text", "title": "words", "gridPos": {"x": 8, "y": 0, "w": 8, "h": 8}}]}"#;
        let all = sections(&Board::parse("b", board).unwrap(), &[]).unwrap();
        let picture = draw("t", &all, &[Vec::new(), Vec::new()], WINDOW, 1200.0);
        for panel in &all[0].panels {
            let Kind::NotDrawn(reason) = panel.kind else { panic!("{} is drawn", panel.title) };
            assert!(picture.contains(reason.text()), "{picture}");
        }
    }

    #[test]
    fn no_panel_stands_on_another() {
        for section in sections(&golden_signals(), &[]).unwrap() {
            let places: Vec<_> =
                section.panels.iter().map(|panel| super::place(panel, 0, 0.0, 1200.0)).collect();
            for (index, a) in places.iter().enumerate() {
                for b in &places[index + 1..] {
                    let apart = a.x + a.width <= b.x
                        || b.x + b.width <= a.x
                        || a.y + a.height <= b.y
                        || b.y + b.height <= a.y;
                    assert!(apart, "{}: {a:?} {b:?}", section.title);
                }
            }
        }
    }

    #[test]
    fn a_row_that_the_board_does_not_have_is_missed() {
        let some = sections(&golden_signals(), &["Traffic".to_owned(), "Latency".to_owned()]).unwrap();
        assert_eq!(
            some.iter().map(|section| section.title.as_str()).collect::<Vec<_>>(),
            ["Traffic", "Latency"]
        );
        let error = sections(&golden_signals(), &["Weather".to_owned()]).unwrap_err().to_string();
        assert!(error.ends_with("has no row called \"Weather\""), "{error}");
    }

    #[test]
    fn a_panel_without_data_says_so() {
        let all = sections(&golden_signals(), &["Latency".to_owned()]).unwrap();
        let picture = draw("t", &all, &vec![vec![line("p50", &[])]; all[0].panels.len()], WINDOW, 1200.0);
        assert!(picture.matches(">no data</text>").count() >= all[0].panels.len(), "{picture}");
    }
}
