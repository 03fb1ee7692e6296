//! Everything together: the log, PostgreSQL, the group and two workers, and what can happen next.

use std::ops::RangeInclusive;

use super::Retention;
use super::batches::Ending;
use super::database::Database;
use super::guards::{Guard, Guards};
use super::member::{Fetch, Member};
use super::topic::{END, Topic};
use crate::assignment::is_lost;
use crate::status::Reason;

/// One state. Which of the workers is called what does not matter: the first is the one that the
/// group gave the partition to, the other has nothing, or does not know yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct World {
    pub(super) log_start: i64,
    pub(super) database: Database,
    pub(super) workers: [Worker; 2],
}

/// A worker's process. A crash begins its next life at once: one that is down for a while does
/// nothing in it yet.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Worker {
    Up(Member),
    Stopped(Reason),
}

/// The place in `workers` of the one that the group gave the partition to.
const OWNER: usize = 0;
/// The place of the other.
const OTHER: usize = 1;

/// One thing that happens; the number says to which worker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    /// The group's callback runs.
    Hear(usize),
    Poll(usize, Fetch),
    /// A record arrives while a failed batch waits, and cannot be put back at once.
    PassOver(usize),
    Write(usize, Ending),
    /// The worker hears what became of its batch.
    Settle(usize),
    Crash(usize),
    /// Of a worker that stands still until somebody acts.
    Restart(usize),
    /// The group gives the partition to the other worker.
    Move,
    /// Retention moves the log's start.
    Trim(i64),
    LateLands,
    LateVanishes,
}

impl World {
    pub(super) fn new() -> Self {
        let workers = [Worker::Up(Member::default()), Worker::Up(Member::default())];
        Self { log_start: 0, database: Database::default(), workers }
    }

    /// Whether every record is decided.
    pub(super) fn is_finished(&self) -> bool {
        self.database.books.as_ref().is_some_and(|books| books.next == END)
    }

    /// Everything that can happen, faults included. A worker that freezes is one to which nothing
    /// happens for a while.
    pub(super) fn actions(&self, topic: &Topic, guards: Guards, retention: Retention) -> Vec<Action> {
        let mut actions = Vec::new();
        for (who, worker) in self.workers.iter().enumerate() {
            let Worker::Up(member) = worker else {
                actions.push(Action::Restart(who));
                continue;
            };
            actions.push(Action::Crash(who));
            if member.has_news(who == OWNER) {
                actions.push(Action::Hear(who));
            }
            let fetches = member.fetches(topic, self.log_start);
            actions.extend(fetches.into_iter().map(|fetch| Action::Poll(who, fetch)));
            if member.can_pass_over(topic, self.log_start) {
                actions.push(Action::PassOver(who));
            }
            if member.is_writing() {
                actions.push(Action::Settle(who));
            }
            if member.can_write() {
                let endings = [Ending::Told, Ending::Unknown, Ending::Failed].into_iter();
                // The two variants are kept apart, so that both stay small.
                let late = self.database.late.is_none() && retention == Retention::OfDecided;
                let late = late.then_some(Ending::Late);
                let torn = (!guards.has(Guard::OneTransaction)).then_some(Ending::Torn);
                actions.extend(endings.chain(late).chain(torn).map(|ending| Action::Write(who, ending)));
            }
        }
        actions.push(Action::Move);
        actions.extend(self.trims(retention).map(Action::Trim));
        if self.database.late.is_some() {
            actions.extend([Action::LateLands, Action::LateVanishes]);
        }
        actions
    }

    /// Where retention may move the log's start.
    fn trims(&self, retention: Retention) -> RangeInclusive<i64> {
        let decided = self.database.books.as_ref().map_or(0, |books| books.next);
        match retention {
            Retention::OfDecided => decided.max(self.log_start + 1)..=decided,
            Retention::OfAnything => self.log_start + 1..=END,
        }
    }

    /// What happens when nothing goes wrong any more. A worker hears of a rebalance before it does
    /// anything else, and somebody restarts those that stand still.
    pub(super) fn calm_actions(&self, topic: &Topic) -> Vec<Action> {
        let mut actions = Vec::new();
        for (who, worker) in self.workers.iter().enumerate() {
            match worker {
                Worker::Up(member) if member.has_news(who == OWNER) => actions.push(Action::Hear(who)),
                Worker::Up(member) => {
                    if member.fetches(topic, self.log_start).contains(&Fetch::Plain) {
                        actions.push(Action::Poll(who, Fetch::Plain));
                    }
                    if member.is_writing() {
                        actions.push(Action::Settle(who));
                    }
                    if member.can_write() {
                        actions.push(Action::Write(who, Ending::Told));
                    }
                }
                Worker::Stopped(_) => actions.push(Action::Restart(who)),
            }
        }
        if self.database.late.is_some() {
            actions.extend([Action::LateLands, Action::LateVanishes]);
        }
        actions
    }

    pub(super) fn after(&self, topic: &Topic, guards: Guards, action: Action) -> Self {
        let mut world = self.clone();
        match action {
            Action::Crash(who) | Action::Restart(who) => {
                world.workers[who] = Worker::Up(Member::default());
            }
            Action::Move => world.rebalance(),
            Action::Trim(start) => world.log_start = start,
            Action::LateVanishes => world.database.late = None,
            Action::LateLands => world.database.land(topic, guards),
            Action::Hear(who)
            | Action::Poll(who, _)
            | Action::PassOver(who)
            | Action::Write(who, _)
            | Action::Settle(who) => world.step(topic, guards, who, action),
        }
        world
    }

    fn rebalance(&mut self) {
        self.workers.swap(OWNER, OTHER);
        if let Worker::Up(member) = &mut self.workers[OTHER] {
            member.revoked = member.owned.is_some();
        }
    }

    fn step(&mut self, topic: &Topic, guards: Guards, who: usize, action: Action) {
        let Self { log_start, database, workers } = self;
        let Worker::Up(member) = &mut workers[who] else { return };
        match action {
            Action::Hear(_) => member.hear(guards, database, *log_start),
            Action::PassOver(_) => member.pass_over(topic, guards),
            Action::Settle(_) => member.settle(topic, guards, database),
            Action::Write(_, ending) => member.write(topic, guards, database, ending),
            Action::Poll(_, fetch) => {
                if let Err(reason) = member.poll(topic, guards, *log_start, fetch) {
                    // `Pipeline::has_lost_records`: a client whose place is not the ledger's is replaced by a new one.
                    let next = database.books.as_ref().map_or(*log_start, |books| books.next);
                    workers[who] = match is_lost(next, *log_start, END) {
                        true => Worker::Stopped(reason),
                        false => Worker::Up(Member::default()),
                    };
                }
            }
            _ => {}
        }
    }
}
