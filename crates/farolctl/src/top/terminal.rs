//! The terminal while the signals are on it: taken over on opening, given back on every way out, a panic included.

use std::{io, thread, time::Duration};

use ratatui::{
    DefaultTerminal, Frame,
    buffer::Buffer,
    crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
    layout::Rect,
    style::Color,
};
use tokio::sync::mpsc;

/// How soon the thread that reads keys notices that nobody listens any more.
const LOOK: Duration = Duration::from_millis(200);

/// What the reader wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Input {
    Leave,
    /// Lines down, or up.
    Scroll(i32),
    /// The terminal has another size.
    Redraw,
}

/// The terminal, given back when it is dropped.
pub(super) struct Terminal {
    terminal: DefaultTerminal,
    has_colours: bool,
}

impl Terminal {
    /// Takes it over; the panic hook that this sets gives it back before the message is written.
    pub(super) fn open() -> io::Result<Self> {
        let has_colours = std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Ok(Self { terminal: ratatui::try_init()?, has_colours })
    }

    /// Shows `head` and below it `body` from line `skip` on; says how many lines can be skipped at most.
    pub(super) fn show(&mut self, draw: impl Fn(u16) -> (Buffer, Buffer), skip: u16) -> io::Result<u16> {
        let mut most = 0;
        self.terminal.draw(|frame| {
            most = put(frame, &draw, skip);
            if !self.has_colours {
                bleach(frame.buffer_mut());
            }
        })?;
        Ok(most)
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Puts head and body on a frame; says how many lines of the body can be skipped at most.
pub(super) fn put(frame: &mut Frame, draw: impl Fn(u16) -> (Buffer, Buffer), skip: u16) -> u16 {
    let area = frame.area();
    let (head, body) = draw(area.width);
    let below = area.height.saturating_sub(head.area.height);
    let most = body.area.height.saturating_sub(below);
    let above = Rect::new(0, 0, area.width, head.area.height.min(area.height));
    copy(&head, 0, frame.buffer_mut(), above);
    copy(&body, skip.min(most), frame.buffer_mut(), Rect::new(0, area.height - below, area.width, below));
    most
}

/// Takes the colours away; what is bold stays so.
fn bleach(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        (cell.fg, cell.bg) = (Color::Reset, Color::Reset);
    }
}

/// Copies lines of `from`, beginning at `skip`, into `area` of `to`.
fn copy(from: &Buffer, skip: u16, to: &mut Buffer, area: Rect) {
    for y in 0..area.height.min(from.area.height.saturating_sub(skip)) {
        for x in 0..area.width.min(from.area.width) {
            to[(area.x + x, area.y + y)] = from[(x, skip + y)].clone();
        }
    }
}

/// What the reader does, from a thread of its own: reading a terminal blocks.
pub(super) fn inputs() -> mpsc::Receiver<io::Result<Input>> {
    let (send, receive) = mpsc::channel(16);
    thread::spawn(move || {
        while !send.is_closed() {
            let input = match event::poll(LOOK) {
                Ok(false) => None,
                Ok(true) => event::read().map(input).transpose(),
                Err(error) => Some(Err(error)),
            };
            let failed = matches!(input, Some(Err(_)));
            if input.is_some_and(|input| send.blocking_send(input).is_err()) || failed {
                return;
            }
        }
    });
    receive
}

fn input(event: Event) -> Option<Input> {
    match event {
        Event::Resize(..) => Some(Input::Redraw),
        Event::Key(key) if key.kind != KeyEventKind::Release => pressed(key),
        _ => None,
    }
}

fn pressed(key: KeyEvent) -> Option<Input> {
    match key.code {
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Input::Leave),
        KeyCode::Char('q') | KeyCode::Esc => Some(Input::Leave),
        KeyCode::Down | KeyCode::Char('j') => Some(Input::Scroll(1)),
        KeyCode::Up | KeyCode::Char('k') => Some(Input::Scroll(-1)),
        KeyCode::PageDown | KeyCode::Char(' ') => Some(Input::Scroll(20)),
        KeyCode::PageUp => Some(Input::Scroll(-20)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use ratatui::{
        buffer::Buffer,
        crossterm::event::{Event, KeyCode, KeyEvent, KeyModifiers},
        layout::Rect,
    };

    use std::process::Command;

    use super::{Input, Terminal, copy, input};

    const PANICS: &str = "FAROL_TEST_PANICS_ON_THE_TERMINAL";

    /// Runs itself on a terminal of its own, which `script` makes and writes down.
    #[test]
    fn a_panic_gives_the_terminal_back_before_its_message() {
        if std::env::var_os(PANICS).is_some() {
            let _terminal = Terminal::open().unwrap();
            panic!("this is seen");
        }
        let myself = std::env::current_exe().unwrap();
        let name = "top::terminal::tests::a_panic_gives_the_terminal_back_before_its_message";
        let command = format!("'{}' --exact {name} --nocapture", myself.display());
        let output =
            Command::new("script").args(["-qec", &command, "/dev/null"]).env(PANICS, "1").output().unwrap();
        let seen = String::from_utf8_lossy(&output.stdout).into_owned();
        let place = |text: &str| seen.find(text).unwrap_or_else(|| panic!("no {text:?} in {seen:?}"));
        assert!(!output.status.success());
        let [taken, given_back, message] = ["\u{1b}[?1049h", "\u{1b}[?1049l", "this is seen"].map(place);
        assert!(taken < given_back && given_back < message, "{seen:?}");
    }

    #[test]
    fn q_and_control_c_leave_and_a_plain_c_does_not() {
        let key = |code, modifiers| input(Event::Key(KeyEvent::new(code, modifiers)));
        assert_eq!(key(KeyCode::Char('q'), KeyModifiers::NONE), Some(Input::Leave));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Input::Leave));
        assert_eq!(key(KeyCode::Char('c'), KeyModifiers::NONE), None);
        assert_eq!(input(Event::Resize(80, 24)), Some(Input::Redraw));
    }

    #[test]
    fn a_body_that_is_longer_than_the_screen_is_cut_where_the_reader_is() {
        let body = Buffer::with_lines(["one", "two", "three"]);
        let mut screen = Buffer::empty(Rect::new(0, 0, 4, 3));
        copy(&body, 1, &mut screen, Rect::new(0, 1, 4, 2));
        assert_eq!(screen, Buffer::with_lines(["    ", "two ", "thre"]));
    }
}
