//! The worker on real Kafka and PostgreSQL.

mod books;
mod failures;
mod outcomes;
mod process;
mod support;
