//! Where credentials come from: AWS's default chain, asked on a thread of its own, so that callers of any kind may
//! wait for it and none has to keep it going. What it said is kept, and renewed while it still serves.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use aws_config::default_provider::credentials::DefaultCredentialsChain;
use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_types::error::display::DisplayErrorContext;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use crate::https;

/// Credentials with less life than this are asked for anew, while they still serve.
const RENEW_BEFORE: Duration = Duration::from_secs(20 * 60);
/// Credentials with less life than this are of no use any more.
const MARGIN: Duration = Duration::from_secs(60);
/// How long the chain is left alone after an answer that brought nothing new.
const PAUSE: Duration = Duration::from_secs(10);
/// A pod's first credentials may take a while.
const PATIENCE: Duration = Duration::from_secs(30);

/// Why nothing can be signed. Never quotes a secret.
#[derive(Debug, Clone, thiserror::Error)]
#[error(
    "no AWS credentials: {0}. Looked for, in this order: AWS_ACCESS_KEY_ID, a profile, AWS_WEB_IDENTITY_TOKEN_FILE, \
     the container's (EKS Pod Identity), the instance's; check that the service account is associated with a role"
)]
pub struct NoCredentials(pub(crate) String);

type Answer = Result<Credentials, NoCredentials>;
/// Whom to tell; `None` asks for a renewal that nobody waits for.
type Question = Option<Box<dyn FnOnce(Answer) + Send>>;

/// The chain; copies share what it said.
#[derive(Clone)]
pub(crate) struct Chain(Arc<Inner>);

struct Inner {
    source: Source,
    kept: Mutex<Option<Credentials>>,
    /// Where the thread takes questions; `None` until the first.
    thread: Mutex<Option<UnboundedSender<Question>>>,
}

#[derive(Clone)]
pub(crate) enum Source {
    /// AWS's default chain, for calls to this region.
    Default(String),
    /// Whatever a test says.
    Given(SharedCredentialsProvider),
}

impl Chain {
    pub(crate) fn new(source: Source) -> Self {
        Self(Arc::new(Inner { source, kept: Mutex::default(), thread: Mutex::default() }))
    }

    /// Credentials that serve for a while.
    pub(crate) async fn credentials(&self) -> Answer {
        if let Some(kept) = self.kept()? {
            return Ok(kept);
        }
        let (told, tells) = tokio::sync::oneshot::channel();
        // Who gave up waiting needs no answer.
        self.ask(Some(Box::new(move |answer| drop(told.send(answer)))))?;
        tells.await.unwrap_or_else(|_| Err(ended()))
    }

    /// The same, for callers that may block.
    pub(crate) fn credentials_blocking(&self) -> Answer {
        if let Some(kept) = self.kept()? {
            return Ok(kept);
        }
        let (told, tells) = std::sync::mpsc::sync_channel(1);
        self.ask(Some(Box::new(move |answer| drop(told.send(answer)))))?;
        tells.recv().unwrap_or_else(|_| Err(ended()))
    }

    /// What the chain said before, if it still serves; where it will not for long, a renewal begins.
    fn kept(&self) -> Result<Option<Credentials>, NoCredentials> {
        let kept = lock(&self.0.kept).clone().filter(|kept| serves(kept, MARGIN));
        if kept.as_ref().is_some_and(|kept| !serves(kept, RENEW_BEFORE)) {
            self.ask(None)?;
        }
        Ok(kept)
    }

    fn ask(&self, question: Question) -> Result<(), NoCredentials> {
        let mut thread = lock(&self.0.thread);
        if thread.is_none() {
            *thread = Some(self.start()?);
        }
        thread.as_ref().map_or_else(|| Err(ended()), |thread| thread.send(question).map_err(|_| ended()))
    }

    fn start(&self) -> Result<UnboundedSender<Question>, NoCredentials> {
        let failed = |error: std::io::Error| NoCredentials(error.to_string());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(failed)?;
        let (asks, asked) = unbounded_channel();
        // Ends with the last copy of the chain, which holds the other end.
        let inner = Arc::downgrade(&self.0);
        let source = self.0.source.clone();
        let keep = move |credentials: &Credentials| {
            if let Some(inner) = inner.upgrade() {
                *lock(&inner.kept) = Some(credentials.clone());
            }
        };
        let serve = move || runtime.block_on(serve(source, asked, keep));
        std::thread::Builder::new().name("aws-credentials".to_owned()).spawn(serve).map_err(failed)?;
        Ok(asks)
    }
}

/// Answers questions, one after the other; those that came meanwhile share an answer.
async fn serve(source: Source, mut questions: UnboundedReceiver<Question>, keep: impl Fn(&Credentials)) {
    let provider = match source {
        Source::Given(provider) => provider,
        Source::Default(region) => SharedCredentialsProvider::new(default_chain(region).await),
    };
    let mut last: Option<(Instant, Answer)> = None;
    while let Some(question) = questions.recv().await {
        let answer = match &last {
            Some((at, answer)) if at.elapsed() < PAUSE && worth(answer) => answer.clone(),
            _ => {
                let answer = look(&provider).await;
                answer.as_ref().map_or_else(
                    |error| tracing::warn!(name: "aws_credentials_unavailable", %error, "AWS credentials cannot be had now; asked again later"),
                    &keep,
                );
                last = Some((Instant::now(), answer.clone()));
                answer
            }
        };
        if let Some(tell) = question {
            tell(answer);
        }
    }
}

async fn default_chain(region: String) -> DefaultCredentialsChain {
    let region = Region::new(region);
    let settings = ProviderConfig::without_region()
        .with_region(Some(region.clone()))
        .with_behavior_version(Some(BehaviorVersion::latest()))
        .with_http_client(https::client());
    DefaultCredentialsChain::builder().configure(settings).region(region).build().await
}

async fn look(provider: &SharedCredentialsProvider) -> Answer {
    match tokio::time::timeout(PATIENCE, provider.provide_credentials()).await {
        Ok(Ok(credentials)) if serves(&credentials, MARGIN) => Ok(credentials),
        Ok(Ok(_)) => Err(NoCredentials("those that were found have expired".to_owned())),
        Ok(Err(error)) => Err(NoCredentials(DisplayErrorContext(&error).to_string())),
        Err(_) => Err(NoCredentials(format!("no answer in {} s", PATIENCE.as_secs()))),
    }
}

/// Whether an answer of a moment ago may be given again.
fn worth(answer: &Answer) -> bool {
    answer.as_ref().map_or(true, |credentials| serves(credentials, MARGIN))
}

/// Whether credentials live on for at least so long.
fn serves(credentials: &Credentials, at_least: Duration) -> bool {
    credentials
        .expiry()
        .is_none_or(|expiry| expiry.duration_since(SystemTime::now()).is_ok_and(|left| left >= at_least))
}

fn ended() -> NoCredentials {
    NoCredentials("the thread that asks for them has ended".to_owned())
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
