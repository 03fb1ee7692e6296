//! Where is my event: look-ups and listing by a gateway beside a migrated database.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test stops at the first surprise")]

mod dead_letters;
mod finding;
mod listing;
mod support;
