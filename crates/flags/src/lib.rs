//! What operators change while a program runs: a file in flagd's form, evaluated through OpenFeature, followed while
//! the program runs, and held as values that cost one relaxed load to ask for. Knows no event, broker or database.
//!
//! Which flags there are and what may never be one: `docs/FLAGS.md`.

mod catalogue;
mod definition;
mod evaluation;
mod file;
mod fractional;
mod held;
mod instruments;
mod provider;
mod shed;
mod targeting;

pub use definition::FlagsError;
pub use evaluation::Evaluation;
pub use held::{Flags, Report, Shedding};
pub use instruments::describe;
pub use shed::Shed;

/// The program that asks, and what targeting rules may look at.
#[derive(Debug, Clone)]
pub struct Who {
    /// Which flags concern it.
    pub program: Program,
    /// `service`: its `service.name`.
    pub service: &'static str,
    /// `version`: its `service.version`.
    pub version: &'static str,
    /// `targetingKey`: which replica it is.
    pub instance: String,
}

/// The programs that have flags.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Program {
    /// `farol-gateway`
    Gateway,
    /// `farol-worker`
    Worker,
}

impl Who {
    /// This process: its instance is the name of its host, which in Kubernetes is the pod's.
    pub fn this(program: Program, service: telemetry::Service) -> Result<Self, FlagsError> {
        Ok(Self { program, service: service.name, version: service.version, instance: file::host_name()? })
    }
}
