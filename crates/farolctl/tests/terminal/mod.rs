//! farolctl on a terminal of its own: `script` makes one, and passes on what is typed and shown.

use std::{
    io::{Read as _, Write as _},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A running farolctl and what it has shown so far.
pub(crate) struct Script {
    process: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    seen: Seen,
}

/// All bytes that went to the terminal.
#[derive(Debug, Default)]
pub(crate) struct Seen(String);

impl Script {
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_with("NO_COLOR=", arguments)
    }

    /// With a variable of the environment, as `NAME=value`.
    pub(crate) fn start_with(variable: &str, arguments: &[&str]) -> Self {
        let program = env!("CARGO_BIN_EXE_farolctl");
        let command =
            format!("stty rows 40 cols 120; exec env {variable} '{program}' {}", arguments.join(" "));
        // what waits for something that never comes ends, and says what came instead
        let mut process = Command::new("timeout")
            .args(["--foreground", "60", "script", "-qec", &command, "/dev/null"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (keys, screen) = (process.stdin.take().unwrap(), process.stdout.take().unwrap());
        Self { process, keys, screen, seen: Seen::default() }
    }

    /// Reads until `text` has been shown since the last look.
    pub(crate) fn see(&mut self, text: &str) {
        let from = self.seen.0.len();
        let mut bytes = [0; 4096];
        while !self.seen.0[from..].contains(text) {
            let count = self.screen.read(&mut bytes).unwrap();
            assert!(count > 0, "it ended without {text:?}: {:?}", self.seen);
            self.seen.0.push_str(&String::from_utf8_lossy(&bytes[..count]));
        }
    }

    pub(crate) fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for its end; its exit code and all it has shown.
    pub(crate) fn end(mut self) -> (Option<i32>, Seen) {
        let mut rest = Vec::new();
        self.screen.read_to_end(&mut rest).unwrap();
        self.seen.0.push_str(&String::from_utf8_lossy(&rest));
        (self.process.wait().unwrap().code(), self.seen)
    }
}

impl Seen {
    /// Whether letters were given another colour than the terminal's own.
    pub(crate) fn has_colours(&self) -> bool {
        let codes = self.0.split("\u{1b}[").filter_map(|text| text.split_once('m')).map(|(codes, _)| codes);
        codes.flat_map(|codes| codes.split(';')).any(|code| matches!(code, "38" | "48"))
    }

    /// Whether the other screen was left, and nothing was written after that but what hides and shows the cursor.
    pub(crate) fn ends_with_terminal_given_back(&self) -> bool {
        let taken = self.0.find("\u{1b}[?1049h");
        let given_back = self.0.rfind("\u{1b}[?1049l");
        taken.is_some() && given_back > taken && self.0[given_back.unwrap_or(0)..].len() < 40
    }
}
