//! Walks JSON text once: refuses what PostgreSQL could not hold, finds the canonical form.
//!
//! Most of a canonical form is there already, as it was written. So the form of a value is a piece of the text wherever it can
//! be, and made only where it has to be: an object is put into order by its members' pieces, which are then copied once.

use std::borrow::Cow;

use jiter::{Jiter, JiterError, Peek};

use super::members::{Members, Name};
use super::pieces::{Piece, Span};
use super::pointer::{in_item, in_member};
use super::{number, refusal, string};
use crate::refusal::{Place, Refusal};

/// Room that most texts need no more of, once a part of them has to be made.
const USUAL: usize = 1 << 10;

/// How deep arrays and objects may nest; far below what PostgreSQL's stack allows.
const MAX_DEPTH: usize = 128;

/// The canonical form of a value.
#[derive(Clone, PartialEq, Eq)]
pub(super) enum Canonical {
    AsWritten,
    Made(Vec<u8>),
}

/// The canonical form of the JSON value in `text`, which must hold one and nothing else.
pub(super) fn of(text: &[u8]) -> Result<Canonical, Refusal> {
    let mut walk = Walk::new(Jiter::new(text), text);
    let first = walk.jiter.peek().map_err(|e| refused(&e))?;
    let piece = walk.piece(first, 0)?;
    walk.jiter.finish().map_err(|e| refused(&e))?;
    Ok(match piece {
        Piece::Text(span) if span.length() == text.len() => Canonical::AsWritten,
        Piece::Text(span) => Canonical::Made(span.of(text).to_vec()),
        Piece::Made(_) => Canonical::Made(walk.made),
    })
}

/// The canonical form of the JSON value that `jiter` is at in `text`; it is behind it then, where there is one.
pub(super) fn next(jiter: &mut Jiter<'_>, first: Peek, text: &[u8]) -> Result<Canonical, Refusal> {
    let mut walk = Walk::new(jiter.clone(), text);
    let form = walk.value(first, 0)?;
    *jiter = walk.jiter.clone();
    Ok(match form {
        Form::Text => Canonical::AsWritten,
        Form::Made => Canonical::Made(walk.made),
    })
}

struct Walk<'j, 't> {
    text: &'t [u8],
    jiter: Jiter<'j>,
    /// The forms that had to be made, of values in the arrays and objects that are open, one after the other.
    made: Vec<u8>,
    members: Members,
}

/// What the canonical form of a value that was just read is.
#[derive(Clone, Copy)]
enum Form {
    /// The text, as it was written.
    Text,
    /// What was added to what is made.
    Made,
}

impl<'j, 't> Walk<'j, 't> {
    fn new(jiter: Jiter<'j>, text: &'t [u8]) -> Self {
        Self { text, jiter, made: Vec::new(), members: Members::default() }
    }

    /// Reads the value that is next, and says where its canonical form is.
    fn piece(&mut self, first: Peek, depth: usize) -> Result<Piece, Refusal> {
        let (start, from) = (self.jiter.current_index(), self.made.len());
        Ok(match self.value(first, depth)? {
            Form::Text => Piece::Text(self.read_since(start)),
            Form::Made => Piece::Made(Span { start: from, end: self.made.len() }),
        })
    }

    fn read_since(&self, start: usize) -> Span {
        Span { start, end: self.jiter.current_index() }
    }

    fn value(&mut self, first: Peek, depth: usize) -> Result<Form, Refusal> {
        match first {
            Peek::String => self.string(),
            Peek::Object => self.object(depth),
            Peek::Array => self.array(depth),
            Peek::Null | Peek::True | Peek::False => self.word(first),
            _ => self.number(first),
        }
    }

    fn word(&mut self, first: Peek) -> Result<Form, Refusal> {
        let read = match first {
            Peek::Null => self.jiter.known_null(),
            _ => self.jiter.known_bool(first).map(drop),
        };
        read.map_err(|e| refused(&e))?;
        Ok(Form::Text)
    }

    fn number(&mut self, first: Peek) -> Result<Form, Refusal> {
        let literal = self.jiter.known_number_bytes(first).map_err(|e| refused(&e))?;
        if number::is_canonical(literal) {
            return Ok(Form::Text);
        }
        number::write_canonical(literal, room(&mut self.made)).map_err(unstorable)?;
        Ok(Form::Made)
    }

    fn string(&mut self) -> Result<Form, Refusal> {
        let text = self.jiter.known_str().map_err(|e| refused(&e))?;
        // A string without escapes is lent from the text itself, and needs none.
        if Span::in_text(self.text, text).is_some() {
            return Ok(Form::Text);
        }
        string::check(text).map_err(unstorable)?;
        string::write(text, room(&mut self.made)).map_err(unstorable)?;
        Ok(Form::Made)
    }

    /// The value of an item or a member of what is at `depth`.
    fn inner(&mut self, first: Peek, depth: usize) -> Result<Piece, Refusal> {
        if depth == MAX_DEPTH {
            return Err(unstorable(format!("nests deeper than {MAX_DEPTH} levels")));
        }
        self.piece(first, depth + 1)
    }

    fn array(&mut self, depth: usize) -> Result<Form, Refusal> {
        let (start, from) = (self.jiter.current_index(), self.made.len());
        let mut next = self.jiter.known_array().map_err(|e| refused(&e))?;
        // Up to there it is canonical as it was written; once a part was not, all of it is made.
        let mut written = Some(start + 1);
        let mut index = 0;
        while let Some(first) = next {
            if index > 0 && written.is_none() {
                self.made.push(b',');
            }
            let item = self.inner(first, depth).map_err(|refusal| in_item(index, refusal))?;
            written = match (written, item) {
                (Some(end), Piece::Text(item)) if item.start == end + usize::from(index > 0) => {
                    Some(item.end)
                }
                (written, item) => {
                    if let Some(end) = written {
                        let comma = (index > 0).then_some(b',');
                        self.made.splice(from..from, self.text[start..end].iter().copied().chain(comma));
                    }
                    if let Piece::Text(span) = item {
                        self.made.extend_from_slice(span.of(self.text));
                    }
                    None
                }
            };
            next = self.jiter.array_step().map_err(|e| refused(&e))?;
            index += 1;
        }
        match written {
            Some(end) if end + 1 == self.jiter.current_index() => return Ok(Form::Text),
            Some(end) => self.made.extend_from_slice(&self.text[start..end]),
            None => {}
        }
        self.made.push(b']');
        Ok(Form::Made)
    }

    fn object(&mut self, depth: usize) -> Result<Form, Refusal> {
        let (start, from) = (self.jiter.current_index(), self.made.len());
        let opened = self.members.open();
        let mut next = self.name(Jiter::known_object)?;
        while let Some(name) = next {
            let value = self.member(depth).map_err(|refusal| self.inside(name, refusal))?;
            self.members.push(name, value);
            next = self.name(Jiter::next_key)?;
        }
        self.members
            .sort(self.text, &opened)
            .map_err(|twice| self.inside(twice, unstorable("is a member name given twice in one object")))?;
        let written = self.read_since(start);
        let form = match self.members.are_canonical(&opened, written) {
            true => Form::Text,
            false => {
                self.made.reserve(written.length());
                let end = self.made.len();
                self.members.write(self.text, &mut self.made).map_err(unstorable)?;
                self.made.drain(from..end);
                Form::Made
            }
        };
        self.members.close(&opened);
        Ok(form)
    }

    /// The name of the object's next member.
    fn name(
        &mut self,
        next: impl for<'n> FnOnce(&'n mut Jiter<'j>) -> Result<Option<&'n str>, JiterError>,
    ) -> Result<Option<Name>, Refusal> {
        let Some(name) = next(&mut self.jiter).map_err(|e| refused(&e))? else { return Ok(None) };
        self.members.name(self.text, name).map(Some).map_err(unstorable)
    }

    fn member(&mut self, depth: usize) -> Result<Piece, Refusal> {
        let first = self.jiter.peek().map_err(|e| refused(&e))?;
        self.inner(first, depth)
    }

    /// A refusal of the member called `name`, seen from its object.
    fn inside(&self, name: Name, refusal: Refusal) -> Refusal {
        in_member(self.members.bytes(self.text, name), refusal)
    }
}

/// Where a part is made. A first few digits would make room for themselves only, and the next ones move them.
fn room(made: &mut Vec<u8>) -> &mut Vec<u8> {
    if made.capacity() == 0 {
        made.reserve(USUAL);
    }
    made
}

fn refused(error: &JiterError) -> Refusal {
    refusal(error, Place::Data(String::new()))
}

fn unstorable(reason: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::unstorable(Place::Data(String::new()), reason)
}
