//! The flags that hold now: read at start, read again when their file changes. To ask whether one is in force is one
//! relaxed load; no lock is taken and nothing is allocated where none is.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use arc_swap::ArcSwap;
use serde::Serialize;
use time::OffsetDateTime;

use crate::catalogue::{SHED_EVENTS, Values};
use crate::definition::{Definitions, FlagsError};
use crate::evaluation::{self, Evaluation};
use crate::{Who, file, instruments, provider};

/// How often the file is looked at. Its content is compared, not its time: a mounted ConfigMap is exchanged by a link,
/// and a clock tells little.
const LOOK: Duration = Duration::from_secs(1);

/// The flags of a program.
pub struct Flags {
    who: Who,
    /// Where they come from; `None` where the built-in values hold.
    file: Option<PathBuf>,
    held: ArcSwap<Held>,
    is_wrong: AtomicBool,
    sheds: AtomicBool,
    receipt_cache: AtomicBool,
    row_retention: AtomicBool,
}

/// What a file said when it was last right.
struct Held {
    values: Values,
    evaluations: Vec<Evaluation>,
    sha256: Option<String>,
    loaded_at: Option<OffsetDateTime>,
}

/// What holds now, for people.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// The SHA-256 of the file that holds; null where there is none.
    pub sha256: Option<String>,
    /// When it was read.
    #[serde(with = "time::serde::rfc3339::option")]
    pub loaded_at: Option<OffsetDateTime>,
    /// Whether the file as it is now is wrong, so that this is of an earlier one.
    pub file_is_wrong: bool,
    /// Every flag that concerns the program.
    pub values: Vec<Evaluation>,
}

/// The events that are not taken now.
pub struct Shedding(arc_swap::Guard<Arc<Held>>);

impl Flags {
    /// Reads the flags and evaluates them; without a file the built-in values hold.
    pub async fn load(file: Option<&Path>, who: Who) -> Result<Self, FlagsError> {
        let held = match file {
            Some(path) => Held::of(path, &file::read(path)?, &who).await?,
            None => Held::built_in(&who),
        };
        let flags = Self {
            held: ArcSwap::from_pointee(Held::built_in(&who)),
            who,
            file: file.map(Path::to_owned),
            is_wrong: AtomicBool::new(false),
            sheds: AtomicBool::new(false),
            receipt_cache: AtomicBool::new(true),
            row_retention: AtomicBool::new(true),
        };
        flags.hold(held);
        Ok(flags)
    }

    /// What is not taken now; `None` while all is taken.
    pub fn shedding(&self) -> Option<Shedding> {
        self.sheds.load(Ordering::Relaxed).then(|| Shedding(self.held.load()))
    }

    /// Whether first receipts are believed and kept.
    pub fn receipt_cache(&self) -> bool {
        self.receipt_cache.load(Ordering::Relaxed)
    }

    /// Whether old rows and keys may leave.
    pub fn row_retention(&self) -> bool {
        self.row_retention.load(Ordering::Relaxed)
    }

    /// What holds now, for people.
    pub fn report(&self) -> Report {
        let held = self.held.load();
        Report {
            sha256: held.sha256.clone(),
            loaded_at: held.loaded_at,
            file_is_wrong: self.is_wrong.load(Ordering::Relaxed),
            values: held.evaluations.clone(),
        }
    }

    /// Follows the file for ever. A file that is wrong changes nothing: the last good flags hold.
    pub async fn follow(self: Arc<Self>) {
        let Some(path) = self.file.clone() else { return };
        // What was read when it started, and not what is there now: it may have changed in between.
        let mut seen = self.held.load().sha256.clone().ok_or(None);
        loop {
            tokio::time::sleep(LOOK).await;
            let text = file::read(&path);
            let now = text.as_ref().map(|text| file::digest(text)).map_err(|error| Some(error.clone()));
            if now != seen {
                self.exchange(&path, text).await;
                seen = now;
            }
        }
    }

    async fn exchange(&self, path: &Path, text: Result<String, FlagsError>) {
        let held = match text {
            Ok(text) => Held::of(path, &text, &self.who).await,
            Err(error) => Err(error),
        };
        self.is_wrong.store(held.is_err(), Ordering::Relaxed);
        instruments::reloaded(held.is_ok());
        match held {
            Ok(held) => {
                let sha256 = held.sha256.clone();
                self.hold(held);
                tracing::info!(
                    name: "flags_reloaded",
                    { feature_flag.version = sha256 },
                    "the file of flags changed and holds"
                );
            }
            Err(error) => tracing::error!(
                name: "flags_wrong",
                %error,
                "the file of flags changed and is wrong: the flags from before hold"
            ),
        }
    }

    fn hold(&self, held: Held) {
        let values = held.values.clone();
        if let Some(at) = held.loaded_at {
            instruments::loaded(at);
            // The process has one sampler; a program without a file leaves it alone.
            telemetry::sample_roots(values.trace_sampling_ratio);
        }
        // The details first: who sees the switch finds what it is about.
        self.held.store(Arc::new(held));
        self.sheds.store(values.shed.is_in_force(), Ordering::Relaxed);
        self.receipt_cache.store(values.receipt_cache, Ordering::Relaxed);
        self.row_retention.store(values.row_retention, Ordering::Relaxed);
    }
}

impl Held {
    fn built_in(who: &Who) -> Self {
        let (values, evaluations) = evaluation::built_in(who);
        Self { values, evaluations, sha256: None, loaded_at: None }
    }

    async fn of(path: &Path, text: &str, who: &Who) -> Result<Self, FlagsError> {
        let definitions = Definitions::parse(path, text)?;
        let evaluated = evaluation::evaluate(definitions, who).await;
        let (values, evaluations) = evaluated.map_err(|(key, reason)| FlagsError::Flag {
            path: path.display().to_string(),
            key,
            reason,
        })?;
        let (sha256, loaded_at) = (Some(file::digest(text)), Some(OffsetDateTime::now_utc()));
        Ok(Self { values, evaluations, sha256, loaded_at })
    }
}

impl Shedding {
    /// Whether an event is not taken; `identity` is its key's bytes.
    pub fn covers(&self, r#type: &str, source: &str, identity: [u8; 16]) -> bool {
        self.0.values.shed.covers(r#type, source, identity)
    }

    /// When a client whose event was not taken may come again.
    pub fn retry_after(&self) -> Duration {
        self.0.values.shed.retry_after()
    }

    /// Tells on `span` which flag it was.
    pub fn tell(&self, span: &tracing::Span) {
        let Some(evaluation) = self.0.evaluations.iter().find(|evaluation| evaluation.key == SHED_EVENTS)
        else {
            return;
        };
        let attributes = [
            ("feature_flag.key", evaluation.key.to_owned()),
            ("feature_flag.result.variant", evaluation.variant.clone().unwrap_or_default()),
            ("feature_flag.result.reason", evaluation.reason.clone()),
            ("feature_flag.provider.name", provider::NAME.to_owned()),
        ];
        telemetry::add_event(span, "feature_flag.evaluation", attributes);
    }
}

#[cfg(test)]
mod tests;
