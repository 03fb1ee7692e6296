//! The one way to PostgreSQL: what a connection string says, with or without TLS, as a connection
//! or a pool. Knows no table and no statement.

mod address;
mod auth;
mod connector;
mod failure;
mod server;
mod ssl_mode;

pub use address::AddressError;
pub use auth::{AUTH, Auth};
pub use connector::Connection;
pub use failure::cause;
pub use server::Server;
pub use ssl_mode::SslMode;

/// The setting with the connection string; a secret.
pub const URL: &str = "FAROL_DATABASE_URL";
/// The setting with the authorities of the server's certificate.
pub const CA_FILE: &str = "FAROL_DATABASE_CA_FILE";
