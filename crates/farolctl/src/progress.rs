//! Shows on standard error how far long work has come: a bar on a terminal, a line
//! every few seconds elsewhere. It knows nothing of the work.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

const LINE_EVERY: Duration = Duration::from_secs(3);
const BAR: &str = "{msg} {bar:30} {pos}/{len} {per_sec} {eta}";

/// The progress of one piece of work.
pub(crate) struct Progress {
    label: &'static str,
    bar: ProgressBar,
    last_line: Mutex<Instant>,
}

impl Progress {
    /// Starts at zero of `total`.
    pub(crate) fn start(label: &'static str, total: u64) -> Self {
        let bar = ProgressBar::new(total).with_message(label);
        if let Ok(style) = ProgressStyle::with_template(BAR) {
            bar.set_style(style);
        }
        Self { label, bar, last_line: Mutex::new(Instant::now()) }
    }

    /// One more is done.
    pub(crate) fn advance(&self) {
        self.bar.inc(1);
        self.line_if_due();
    }

    /// `done` of them are done.
    pub(crate) fn set(&self, done: u64) {
        self.bar.set_position(done);
        self.line_if_due();
    }

    /// Clears the bar; what comes next has the terminal for itself.
    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn line_if_due(&self) {
        if !self.bar.is_hidden() {
            return;
        }
        let Ok(mut last) = self.last_line.lock() else { return };
        if last.elapsed() >= LINE_EVERY {
            *last = Instant::now();
            let total = self.bar.length().unwrap_or(0);
            eprintln!("{}: {} of {total}", self.label, self.bar.position());
        }
    }
}
