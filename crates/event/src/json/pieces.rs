//! Where the parts of a canonical form are: nearly all of them in the text, as they were written.

/// Some bytes, from `start` to before `end`.
#[derive(Clone, Copy)]
pub(super) struct Span {
    pub(super) start: usize,
    pub(super) end: usize,
}

/// Where the canonical form of a value is.
#[derive(Clone, Copy)]
pub(super) enum Piece {
    /// In the text.
    Text(Span),
    /// In what was made.
    Made(Span),
}

impl Span {
    /// Where in `text` the very bytes of `part` are; `None` for others, even equal ones.
    pub(super) fn in_text(text: &[u8], part: &str) -> Option<Self> {
        let start = part.as_ptr().addr().checked_sub(text.as_ptr().addr())?;
        let end = start + part.len();
        (end <= text.len()).then_some(Self { start, end })
    }

    pub(super) fn length(self) -> usize {
        self.end - self.start
    }

    /// The bytes themselves.
    pub(super) fn of(self, bytes: &[u8]) -> &[u8] {
        &bytes[self.start..self.end]
    }
}
