//! What every service of Farol has around its work: settings from the environment, secrets that
//! cannot be printed, the refusal to start and the signal to stop. Knows no setting of any program.

mod environment;
mod refusal;
mod secret;
mod stop;

pub use environment::{Environment, Mistakes};
pub use refusal::refuse_start;
pub use secret::Secret;
pub use stop::stop_signal;
