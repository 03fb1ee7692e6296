//! Asks again and again and keeps the screen up to date, until the reader leaves.

use std::{io, sync::Arc, time::Duration};

use ratatui::{buffer::Buffer, layout::Rect};
use tokio::sync::mpsc;

use super::{
    frame,
    signals::Signals,
    snapshot::Snapshot,
    terminal::{self, Input, Terminal},
};
use crate::{interrupt, prometheus_client::PrometheusClient};

const HINT: &str = "q leaves, ↑↓ scroll";

/// How often to ask, and how far back the curves go.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) interval: Duration,
    pub(crate) range: Duration,
}

/// What is known and where the reader looks.
#[derive(Default)]
pub(super) struct Screen {
    snapshot: Option<Snapshot>,
    problem: Option<String>,
    skip: u16,
}

/// Shows the signals until the reader leaves or the process is asked to end.
pub(crate) async fn run(prometheus: PrometheusClient, signals: Signals, pace: Pace) -> io::Result<()> {
    let mut terminal = Terminal::open()?;
    let mut inputs = terminal::inputs();
    let (send, mut rounds) = mpsc::channel(1);
    let asking = tokio::spawn(ask_for_ever(Arc::new(prometheus), signals, pace, send));
    let left = show(&mut terminal, &mut inputs, &mut rounds, pace).await;
    asking.abort();
    left
}

type Round = Result<Snapshot, String>;

async fn show(
    terminal: &mut Terminal,
    inputs: &mut mpsc::Receiver<io::Result<Input>>,
    rounds: &mut mpsc::Receiver<Round>,
    pace: Pace,
) -> io::Result<()> {
    let mut screen = Screen::default();
    let asked_to_end = interrupt::requested();
    tokio::pin!(asked_to_end);
    loop {
        let most = terminal.show(|width| screen.draw(width), screen.skip)?;
        screen.skip = screen.skip.min(most);
        tokio::select! {
            ended = &mut asked_to_end => return ended,
            round = rounds.recv() => match round {
                Some(round) => screen.learn(round, pace.interval),
                None => return Err(io::Error::other("the task that asks Prometheus has ended")),
            },
            input = inputs.recv() => match input {
                Some(Ok(Input::Leave)) => return Ok(()),
                Some(Ok(Input::Scroll(lines))) => screen.scroll(lines, most),
                Some(Ok(Input::Redraw)) => {}
                Some(Err(error)) => return Err(error),
                None => return Err(io::Error::other("the terminal gives no more input")),
            },
        }
    }
}

async fn ask_for_ever(
    prometheus: Arc<PrometheusClient>,
    signals: Signals,
    pace: Pace,
    send: mpsc::Sender<Round>,
) {
    loop {
        let round = Snapshot::take(&prometheus, &signals, pace.range).await;
        // the first line says it; the advice below is for who started the command
        let round = round.map_err(|error| error.to_string().lines().next().unwrap_or_default().to_owned());
        if send.send(round).await.is_err() {
            return;
        }
        tokio::time::sleep(pace.interval).await;
    }
}

impl Screen {
    /// Takes in what a round found; after a failed one the last figures stay, and it says so.
    pub(super) fn learn(&mut self, round: Round, interval: Duration) {
        match round {
            Ok(snapshot) => {
                self.snapshot = Some(snapshot);
                self.problem = None;
            }
            Err(error) => {
                self.problem =
                    Some(format!("{error}; asked again every {}", humantime::format_duration(interval)));
            }
        }
    }

    fn scroll(&mut self, lines: i32, most: u16) {
        let wanted = i32::from(self.skip) + lines;
        self.skip = u16::try_from(wanted.clamp(0, i32::from(most))).unwrap_or(0);
    }

    /// Head and body for a screen of this width.
    pub(super) fn draw(&self, width: u16) -> (Buffer, Buffer) {
        let head = frame::head(self.snapshot.as_ref(), self.problem.as_deref(), HINT, width);
        let body = match &self.snapshot {
            Some(snapshot) => frame::body(snapshot, width),
            None => Buffer::empty(Rect::new(0, 0, width, 0)),
        };
        (head, body)
    }
}
