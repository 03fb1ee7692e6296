//! The worker on real Kafka and PostgreSQL.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod books;
mod continuity;
mod cut_link;
mod failures;
mod flags;
mod mended_faults;
mod migration_rules;
mod migrations;
mod outcomes;
mod process;
mod readiness;
mod redriven;
mod retention;
mod signals;
mod support;
mod zombies;
