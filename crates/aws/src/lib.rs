//! Who this program is to AWS, and the short-lived tokens that prove it to Kafka (MSK) and PostgreSQL (RDS) in
//! place of a password. Knows no connection. A program that asks for no token starts nothing here.

mod credentials;
mod https;
mod presign;
mod tokens;

pub use aws_credential_types::Credentials;
pub use credentials::NoCredentials;
pub use tokens::{Signer, Token};
