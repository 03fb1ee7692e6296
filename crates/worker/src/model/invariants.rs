//! What must hold in every state, told from the tables and the log alone, not from what a worker
//! believes.

use std::collections::HashSet;

use stateright::Property;

use super::database::Database;
use super::world::{Worker, World};
use super::{Protocol, Retention, progress};
use crate::status::Reason;

pub(super) const NO_LOSS: &str = "no record is lost";
pub(super) const ONE_ROW: &str = "a key has at most one row";
pub(super) const BALANCED: &str = "the books say what is there";
pub(super) const PROGRESS: &str = "without further faults everything is decided";

/// The promise, but for progress.
pub(super) fn safety() -> Vec<Property<Protocol>> {
    vec![
        Property::always(NO_LOSS, |protocol, world| protocol.nothing_is_lost(world)),
        Property::always(ONE_ROW, |protocol, world| protocol.keys_have_one_row(world)),
        Property::always(BALANCED, |protocol, world| protocol.books_are_true(world)),
    ]
}

pub(super) fn progress() -> Property<Protocol> {
    Property::always(PROGRESS, progress::is_certain)
}

/// While only what is decided leaves the log, no worker waits for a person, however long it was frozen.
pub(super) fn nobody_stands_still() -> Property<Protocol> {
    Property::always("nobody stands still", |_, world: &World| {
        !world.workers.iter().any(|worker| matches!(worker, Worker::Stopped(_)))
    })
}

/// States that have to be there, or the model would prove nothing about them.
pub(super) fn reachable(retention: Retention) -> Vec<Property<Protocol>> {
    let mut reachable = vec![
        Property::sometimes("all is decided", |_, world: &World| world.is_finished()),
        Property::sometimes("two workers hold the partition", |_, world: &World| {
            world
                .workers
                .iter()
                .all(|worker| matches!(worker, Worker::Up(m) if m.owned.is_some() && m.has_batch()))
        }),
    ];
    match retention {
        Retention::OfDecided => {
            reachable
                .push(Property::sometimes("a late transaction is behind the books", |_, world: &World| {
                    is_behind(&world.database)
                }));
        }
        Retention::OfAnything => reachable.extend([
            Property::sometimes("stopped by offset_out_of_range", |_, world: &World| {
                world.workers.contains(&Worker::Stopped(Reason::OffsetOutOfRange))
            }),
            Property::sometimes("stopped by log_truncated", |_, world: &World| {
                world.workers.contains(&Worker::Stopped(Reason::LogTruncated))
            }),
        ]),
    }
    reachable
}

fn is_behind(database: &Database) -> bool {
    database
        .late
        .as_ref()
        .zip(database.books.as_ref())
        .is_some_and(|(late, books)| late.span.expected < books.next)
}

impl Protocol {
    /// Every record below the books' end has a row, a letter, or a row with its content.
    fn nothing_is_lost(&self, world: &World) -> bool {
        let Some(books) = &world.database.books else { return true };
        (books.start..books.next)
            .filter(|offset| self.topic.has(*offset))
            .all(|offset| world.database.letters.contains(&offset) || self.is_stored(world, offset))
    }

    fn is_stored(&self, world: &World, offset: i64) -> bool {
        let same = |row: &i64| {
            self.topic.key(*row) == self.topic.key(offset)
                && self.topic.digest(*row) == self.topic.digest(offset)
        };
        world.database.rows.iter().any(same)
    }

    fn keys_have_one_row(&self, world: &World) -> bool {
        let mut keys = HashSet::new();
        world.database.rows.iter().all(|row| keys.insert(self.topic.key(*row)))
    }

    /// Each count is what the tables and the log say, over the offsets that the books cover.
    fn books_are_true(&self, world: &World) -> bool {
        let database = &world.database;
        let Some(books) = &database.books else {
            return database.rows.is_empty() && database.letters.is_empty();
        };
        let records = (books.start..books.next).filter(|offset| self.topic.has(*offset)).count();
        let (rows, letters) = (database.rows.len(), database.letters.len());
        let counted =
            [books.stored, books.dead_lettered, books.duplicate].map(|count| usize::try_from(count).unwrap());
        books.balance() && rows + letters <= records && counted == [rows, letters, records - rows - letters]
    }
}
