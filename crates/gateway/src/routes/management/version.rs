//! Which build runs, and what it was told to waive.

use serde::Serialize;
use utoipa::ToSchema;

use crate::SERVICE;
use crate::startup::State;

/// Which build runs.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(in crate::routes) struct Version<'s> {
    pub(in crate::routes) name: &'static str,
    pub(in crate::routes) version: &'static str,
    pub(in crate::routes) commit: Option<&'static str>,
    pub(in crate::routes) built_at: Option<&'static str>,
    pub(in crate::routes) deployed_by: &'s str,
    /// Checks of the promise that are not made.
    pub(in crate::routes) waived_checks: &'static [&'static str],
    /// The feature flags that hold now: `sha256` and `loadedAt` of their file, whether the file as it is now is wrong
    /// (`fileIsWrong`), and of each flag `key`, `value`, `variant` and `reason`.
    #[schema(value_type = Object)]
    pub(in crate::routes) flags: flags::Report,
}

impl<'s> Version<'s> {
    pub(in crate::routes) fn of(state: &'s State) -> Self {
        Self {
            name: SERVICE.name,
            version: SERVICE.version,
            commit: option_env!("FAROL_COMMIT"),
            built_at: option_env!("FAROL_BUILT_AT"),
            deployed_by: &state.deployed_by,
            waived_checks: if state.dev { &["topic"] } else { &[] },
            flags: state.flags.report(),
        }
    }
}
