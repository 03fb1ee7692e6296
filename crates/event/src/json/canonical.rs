//! Walks JSON text once: refuses what PostgreSQL could not hold, writes the canonical form.

use std::ops::Range;

use jiter::{Jiter, JiterError, Peek};

use super::pointer::{Name, Step, pointer};
use super::{number, refusal};
use crate::refusal::{Place, Refusal};

/// How deep arrays and objects may nest; far below what PostgreSQL's stack allows.
const MAX_DEPTH: usize = 128;
/// Room that most data needs no more of.
const USUAL_BYTES: usize = 512;
const USUAL_DEPTH: usize = 8;
const USUAL_MEMBERS: usize = 32;
const USUAL_NAMES_BYTES: usize = 256;

/// The canonical form of the JSON value in `text`, which must hold one and nothing else.
pub(super) fn of(text: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut walk = Walk::new(Jiter::new(text), text.len());
    let first = walk.jiter.peek().map_err(|e| walk.refused(&e))?;
    walk.value(first)?;
    walk.jiter.finish().map_err(|e| walk.refused(&e))?;
    Ok(walk.out)
}

/// The canonical form of the JSON value that `jiter` is at, and `jiter` behind it.
pub(super) fn next<'t>(jiter: Jiter<'t>, first: Peek) -> Result<(Vec<u8>, Jiter<'t>), Refusal> {
    let mut walk = Walk::new(jiter, USUAL_BYTES);
    walk.value(first)?;
    Ok((walk.out, walk.jiter))
}

struct Walk<'t> {
    jiter: Jiter<'t>,
    out: Vec<u8>,
    /// The names of the members of all objects that are open, one after the other.
    names: String,
    /// The members of all objects that are open, one object's after the other's.
    members: Vec<Member>,
    path: Vec<Step>,
}

/// A member as it was written.
struct Member {
    /// The name's first bytes as one number, which orders most names without looking at them.
    prefix: u64,
    name: Name,
    written: Range<usize>,
}

impl<'t> Walk<'t> {
    fn new(jiter: Jiter<'t>, bytes: usize) -> Self {
        Self {
            jiter,
            out: Vec::with_capacity(bytes),
            names: String::with_capacity(USUAL_NAMES_BYTES),
            members: Vec::with_capacity(USUAL_MEMBERS),
            path: Vec::with_capacity(USUAL_DEPTH),
        }
    }

    fn value(&mut self, peek: Peek) -> Result<(), Refusal> {
        match peek {
            Peek::Null => {
                self.jiter.known_null().map_err(|e| self.refused(&e))?;
                self.out.extend_from_slice(b"null");
            }
            Peek::True | Peek::False => {
                let value = self.jiter.known_bool(peek).map_err(|e| self.refused(&e))?;
                self.out.extend_from_slice(if value { b"true" } else { b"false" });
            }
            Peek::String => self.string()?,
            Peek::Array => self.array()?,
            Peek::Object => self.object()?,
            _ => self.number(peek)?,
        }
        Ok(())
    }

    fn number(&mut self, peek: Peek) -> Result<(), Refusal> {
        let written = match self.jiter.known_number_bytes(peek) {
            Ok(literal) => number::write_canonical(literal, &mut self.out),
            Err(error) => return Err(refusal(&error, self.place())),
        };
        written.map_err(|reason| Refusal::unstorable(self.place(), reason))
    }

    fn string(&mut self) -> Result<(), Refusal> {
        let written = match self.jiter.known_str() {
            Ok(text) => write_string(text, &mut self.out),
            Err(error) => return Err(refusal(&error, self.place())),
        };
        written.map_err(|reason| Refusal::unstorable(self.place(), reason))
    }

    fn array(&mut self) -> Result<(), Refusal> {
        self.out.push(b'[');
        let mut next = self.jiter.known_array().map_err(|e| self.refused(&e))?;
        let mut index = 0;
        while let Some(peek) = next {
            if index > 0 {
                self.out.push(b',');
            }
            self.enter(Step::Item(index))?;
            self.value(peek)?;
            self.path.pop();
            next = self.jiter.array_step().map_err(|e| self.refused(&e))?;
            index += 1;
        }
        self.out.push(b']');
        Ok(())
    }

    fn object(&mut self) -> Result<(), Refusal> {
        self.out.push(b'{');
        let (start, names, members) = (self.out.len(), self.names.len(), self.members.len());
        let mut next = self.name(Jiter::known_object)?;
        while let Some(name) = next {
            if self.members.len() > members {
                self.out.push(b',');
            }
            let member = self.member(name)?;
            self.members.push(member);
            next = self.name(Jiter::next_key)?;
        }
        self.sort(start, members)?;
        self.members.truncate(members);
        self.names.truncate(names);
        self.out.push(b'}');
        Ok(())
    }

    /// The name of the object's next member, kept until the object ends.
    fn name(
        &mut self,
        next: impl for<'j> FnOnce(&'j mut Jiter<'t>) -> Result<Option<&'j str>, JiterError>,
    ) -> Result<Option<Name>, Refusal> {
        let from = self.names.len();
        match next(&mut self.jiter) {
            Ok(None) => Ok(None),
            Ok(Some(name)) => {
                self.names.push_str(name);
                Ok(Some(from..self.names.len()))
            }
            Err(error) => Err(self.refused(&error)),
        }
    }

    fn member(&mut self, name: Name) -> Result<Member, Refusal> {
        let from = self.out.len();
        let written = write_string(&self.names[name.clone()], &mut self.out);
        written.map_err(|reason| Refusal::unstorable(self.place(), reason))?;
        self.out.push(b':');
        self.enter(Step::Member(name.clone()))?;
        let peek = self.jiter.peek().map_err(|e| self.refused(&e))?;
        self.value(peek)?;
        self.path.pop();
        let prefix = prefix(&self.names[name.clone()]);
        Ok(Member { prefix, name, written: from..self.out.len() })
    }

    /// Puts the members from the one at `first` on, written from `start` on, into the order of their names, where they are not
    /// in it already.
    fn sort(&mut self, start: usize, first: usize) -> Result<(), Refusal> {
        let (members, names) = (&mut self.members[first..], self.names.as_bytes());
        let order = |a: &Member, b: &Member| {
            let by_name = || names[a.name.clone()].cmp(&names[b.name.clone()]);
            a.prefix.cmp(&b.prefix).then_with(by_name)
        };
        if members.is_sorted_by(|one, next| order(one, next).is_lt()) {
            return Ok(());
        }
        members.sort_unstable_by(order);
        if let Some([twice, _]) = members.array_windows().find(|[one, next]| order(one, next).is_eq()) {
            self.path.push(Step::Member(twice.name.clone()));
            return Err(Refusal::unstorable(self.place(), "is a member name given twice in one object"));
        }
        let mut sorted = Vec::with_capacity(self.out.len() - start);
        for Member { written, .. } in members {
            if !sorted.is_empty() {
                sorted.push(b',');
            }
            sorted.extend_from_slice(&self.out[written.clone()]);
        }
        self.out.truncate(start);
        self.out.append(&mut sorted);
        Ok(())
    }

    fn enter(&mut self, step: Step) -> Result<(), Refusal> {
        self.path.push(step);
        if self.path.len() > MAX_DEPTH {
            return Err(Refusal::unstorable(self.place(), format!("nests deeper than {MAX_DEPTH} levels")));
        }
        Ok(())
    }

    fn refused(&self, error: &JiterError) -> Refusal {
        refusal(error, self.place())
    }

    fn place(&self) -> Place {
        pointer(&self.path, &self.names)
    }
}

/// A name's first bytes as one number; two of them are in the order of the names, where they differ.
fn prefix(name: &str) -> u64 {
    let mut first = [0; 8];
    let length = name.len().min(first.len());
    first[..length].copy_from_slice(&name.as_bytes()[..length]);
    u64::from_be_bytes(first)
}

/// Writes `text` as a JSON string with as few escapes as JSON allows.
fn write_string(text: &str, out: &mut Vec<u8>) -> Result<(), &'static str> {
    // Without a branch for each byte, so that many are looked at in one step.
    let is_escaped = |byte: u8| (byte < b' ') | (byte == b'"') | (byte == b'\\');
    if !text.bytes().fold(false, |found, byte| found | is_escaped(byte)) {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return Ok(());
    }
    if text.contains('\0') {
        return Err("holds U+0000, which PostgreSQL cannot store");
    }
    serde_json::to_writer(out, text).map_err(|_| "cannot be written as a JSON string")
}
