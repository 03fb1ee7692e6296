//! `farolctl picture`: a board's panels from live data, as SVG or PNG, without Grafana.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use futures::{StreamExt, TryStreamExt, stream};
use serde::Serialize;

use crate::{
    board::{self, Board, How, Line, Panel},
    cli::Prometheus,
    error::Error,
    output::{Output, Report},
    picture::{png, sheet},
    prometheus_client::Window,
};

const AT_ONCE: usize = 6;
/// Points of a curve; more than a panel has pixels for would only make the file larger.
const POINTS: u32 = 180;
/// How far back a board goes that does not say it.
const RANGE: Duration = Duration::from_secs(900);
const SHORTEST_STEP: Duration = Duration::from_secs(5);

/// Draw a board from live data, as SVG or PNG
///
/// Boards are those of grafana/dashboards, by the name of the file, or any other file of Grafana's JSON.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    prometheus: Prometheus,
    /// The board
    #[arg(long, value_name = "NAME|FILE", default_value = "golden-signals")]
    board: String,
    /// Only the panels under this row title; can be repeated
    #[arg(long = "row", value_name = "TITLE")]
    rows: Vec<String>,
    /// How much time is shown, such as 15m; without it as much as the board shows at first
    #[arg(long, value_name = "TIME", value_parser = range)]
    range: Option<Duration>,
    /// Where to write; .svg or .png says what
    #[arg(long, value_name = "FILE", value_parser = picture_file)]
    out: PathBuf,
    /// Width of the picture
    #[arg(long, value_name = "PIXELS", default_value_t = 1200, value_parser = clap::value_parser!(u16).range(600..=4000))]
    width: u16,
}

/// What was drawn.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Drawn {
    file: PathBuf,
    bytes: usize,
    panels: usize,
    /// Titles of the panels that have none.
    without_data: Vec<String>,
    /// Titles of the panels that say why they are not drawn.
    not_drawn: Vec<String>,
}

impl Report for Drawn {
    fn human(&self) -> String {
        let mut text = format!("{}: {} panels, {} bytes", self.file.display(), self.panels, self.bytes);
        if !self.without_data.is_empty() {
            text.push_str(&format!("\nwithout data: {}", self.without_data.join("; ")));
        }
        if !self.not_drawn.is_empty() {
            text.push_str(&format!("\nnot drawn: {}", self.not_drawn.join("; ")));
        }
        text
    }
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let prometheus = arguments.prometheus.client()?;
    let board = Board::find(&arguments.board)?;
    let sections = sheet::sections(&board, &arguments.rows)?;
    let window = window(arguments.range.or(board.range).unwrap_or(RANGE));
    let panels: Vec<&Panel> = sections.iter().flat_map(|section| &section.panels).collect();
    let asked: Vec<_> =
        panels.iter().map(|panel| board::ask(&prometheus, panel, window, How::AsTheBoard)).collect();
    let answers: Vec<Vec<Line>> = stream::iter(asked).buffered(AT_ONCE).try_collect().await?;
    let svg = sheet::draw(&board.title, &sections, &answers, window, f64::from(arguments.width));
    let content = if is_png(&arguments.out) { png::from_svg(&svg)? } else { svg.into_bytes() };
    fs::write(&arguments.out, &content)
        .map_err(|error| Error::Failed(format!("cannot write {}: {error}", arguments.out.display())))?;
    Ok(output.print(&Drawn::new(arguments.out, content.len(), &panels, &answers))?)
}

impl Drawn {
    fn new(file: PathBuf, bytes: usize, panels: &[&Panel], answers: &[Vec<Line>]) -> Self {
        let title = |panel: &&Panel| panel.title.clone();
        let silent = |lines: &[Line]| lines.iter().all(|line| line.points.is_empty());
        let asked = panels.iter().zip(answers).filter(|(panel, _)| panel.kind.has_data());
        let without_data = asked.filter(|(_, lines)| silent(lines)).map(|(panel, _)| title(panel)).collect();
        let not_drawn = panels.iter().filter(|panel| !panel.kind.has_data()).map(title).collect();
        Self { file, bytes, panels: panels.len(), without_data, not_drawn }
    }
}

fn window(range: Duration) -> Window {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let step = Duration::from_secs((range / POINTS).as_secs()).max(SHORTEST_STEP);
    Window::ending(now.as_secs_f64(), range, step)
}

fn is_png(file: &Path) -> bool {
    file.extension().is_some_and(|extension| extension == "png")
}

fn picture_file(text: &str) -> Result<PathBuf, String> {
    let file = PathBuf::from(text);
    if is_png(&file) || file.extension().is_some_and(|extension| extension == "svg") {
        Ok(file)
    } else {
        Err("expected a file that ends in .svg or .png".to_owned())
    }
}

/// Reads how much time is shown; for the command line.
pub(super) fn range(text: &str) -> Result<Duration, String> {
    match humantime::parse_duration(text) {
        Ok(time) if (Duration::from_secs(60)..=Duration::from_secs(31 * 86_400)).contains(&time) => Ok(time),
        Ok(_) => Err("expected a time from 1m to 31d".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
