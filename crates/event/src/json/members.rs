//! The members of the objects that are open, and the order in which a canonical form has them.

use super::pieces::{Piece, Span};
use super::string;

/// Room that most objects need no more of.
const USUAL: usize = 32;

/// One object's members after the other's; the last ones are those of the object that was opened last.
#[derive(Default)]
pub(super) struct Members {
    all: Vec<Member>,
    /// Names that were written with escapes, without them.
    names: String,
    /// Of the object that ends, in the order of their names.
    order: Vec<Ordered>,
}

/// An object's place among the members of all that are open.
pub(super) struct Opened {
    members: usize,
    names: usize,
}

/// Where the name of a member is, without its quotes.
#[derive(Clone, Copy)]
pub(super) enum Name {
    Text(Span),
    Unescaped(Span),
}

impl Name {
    fn of<'b>(self, text: &'b [u8], unescaped: &'b str) -> &'b [u8] {
        match self {
            Self::Text(span) => span.of(text),
            Self::Unescaped(span) => span.of(unescaped.as_bytes()),
        }
    }
}

#[derive(Clone, Copy)]
struct Member {
    name: Name,
    value: Piece,
}

struct Ordered {
    /// The name's first bytes as one number, which orders most names without looking at them.
    prefix: u64,
    /// Which of all members it is.
    member: usize,
}

impl Members {
    /// Begins an object.
    pub(super) fn open(&mut self) -> Opened {
        self.all.reserve(USUAL);
        Opened { members: self.all.len(), names: self.names.len() }
    }

    /// Keeps a name that was just read from `text`, with its escapes taken out.
    pub(super) fn name(&mut self, text: &[u8], name: &str) -> Result<Name, &'static str> {
        // A name without escapes is lent from the text itself.
        if let Some(span) = Span::in_text(text, name) {
            return Ok(Name::Text(span));
        }
        string::check(name)?;
        let start = self.names.len();
        self.names.push_str(name);
        Ok(Name::Unescaped(Span { start, end: self.names.len() }))
    }

    /// The bytes of a name.
    pub(super) fn bytes<'b>(&'b self, text: &'b [u8], name: Name) -> &'b [u8] {
        name.of(text, &self.names)
    }

    pub(super) fn push(&mut self, name: Name, value: Piece) {
        self.all.push(Member { name, value });
    }

    /// Ends an object's list: puts its members into the order of their names. The error is a name that two of them have.
    pub(super) fn sort(&mut self, text: &[u8], opened: &Opened) -> Result<(), Name> {
        let Self { all, names, order } = self;
        let name = |member: usize| all[member].name.of(text, names);
        order.clear();
        order.extend(
            (opened.members..all.len()).map(|member| Ordered { prefix: prefix(name(member)), member }),
        );
        order.sort_unstable_by_key(|ordered| ordered.prefix);
        let alike = order.chunk_by_mut(|one, next| one.prefix == next.prefix);
        for alike in alike.filter(|alike| alike.len() > 1) {
            alike.sort_unstable_by_key(|ordered| name(ordered.member));
            let same = |[one, next]: &&[Ordered; 2]| name(one.member) == name(next.member);
            if let Some([twice, _]) = alike.array_windows().find(same) {
                return Err(all[twice.member].name);
            }
        }
        Ok(())
    }

    /// Whether the sorted object, which is at `written` in the text, has its canonical form there.
    pub(super) fn are_canonical(&self, opened: &Opened, written: Span) -> bool {
        let mut end = written.start;
        for (index, ordered) in self.order.iter().enumerate() {
            let Member { name: Name::Text(name), value: Piece::Text(value) } = self.all[ordered.member]
            else {
                return false;
            };
            // A brace or a comma and a quote before the name, a quote and a colon behind it.
            let is_next = ordered.member == opened.members + index;
            if !is_next || name.start != end + 2 || value.start != name.end + 2 {
                return false;
            }
            end = value.end;
        }
        written.end == (end + 1).max(written.start + 2)
    }

    /// Writes the canonical form of the sorted object behind what was `made`.
    pub(super) fn write(&self, text: &[u8], made: &mut Vec<u8>) -> Result<(), &'static str> {
        made.push(b'{');
        for (index, Ordered { member, .. }) in self.order.iter().enumerate() {
            if index > 0 {
                made.push(b',');
            }
            let Member { name, value } = self.all[*member];
            match (name, value) {
                // Nothing but a quote and a colon is between them: one piece.
                (Name::Text(name), Piece::Text(value)) if value.start == name.end + 2 => {
                    made.extend_from_slice(&text[name.start - 1..value.end]);
                    continue;
                }
                (Name::Text(name), _) => made.extend_from_slice(&text[name.start - 1..=name.end]),
                (Name::Unescaped(name), _) => string::write(&self.names[name.start..name.end], made)?,
            }
            made.push(b':');
            match value {
                Piece::Text(span) => made.extend_from_slice(span.of(text)),
                Piece::Made(span) => made.extend_from_within(span.start..span.end),
            }
        }
        made.push(b'}');
        Ok(())
    }

    /// Forgets the object that was opened last.
    pub(super) fn close(&mut self, opened: &Opened) {
        self.all.truncate(opened.members);
        self.names.truncate(opened.names);
    }
}

/// A name's first bytes as one number; two of them are in the order of the names, where they differ.
fn prefix(name: &[u8]) -> u64 {
    match name.first_chunk() {
        Some(first) => u64::from_be_bytes(*first),
        None => name.iter().rev().fold(0, |number, byte| (number >> 8) | (u64::from(*byte) << 56)),
    }
}
