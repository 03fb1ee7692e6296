//! `farolctl dlq` beside a real worker: what an operator does to letters, and what becomes of them.

#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod ground;
mod looking;
mod quarantine;
mod redrive;
mod repeats;
