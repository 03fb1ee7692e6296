//! What every service of Farol has around its work: settings from the environment, secrets that
//! cannot be printed, the refusal to start, the check of its health and the signal to stop. Knows no setting of any
//! program.

mod answer;
mod environment;
mod healthcheck;
mod refusal;
mod secret;
mod stop;

pub use answer::say;
pub use environment::{Environment, Mistakes};
pub use healthcheck::healthcheck;
pub use refusal::refuse_start;
pub use secret::Secret;
pub use stop::stop_signal;
