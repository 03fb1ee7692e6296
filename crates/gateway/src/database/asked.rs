//! What every question leaves behind: a CLIENT span inside the request's, and its duration.

use std::time::Instant;

use deadpool_postgres::PoolError;
use tracing::field::Empty;
use tracing::{Instrument as _, Span};

use super::{Database, LookUpError};

impl Database {
    /// Asks, and measures it. `summary` is what this question is called in spans and metrics.
    pub(super) async fn asked<T>(
        &self,
        summary: &'static str,
        question: impl Future<Output = Result<T, LookUpError>>,
    ) -> Result<T, LookUpError> {
        let span = span(summary);
        let began = Instant::now();
        let answer = question.instrument(span.clone()).await;
        let failed = answer.as_ref().err().map(LookUpError::error_type);
        if let Some(error_type) = &failed {
            span.record("otel.status_code", "error");
            span.record("error.type", error_type);
            if let Some(state) = answer.as_ref().err().and_then(LookUpError::sqlstate) {
                span.record("db.response.status_code", state);
            }
        }
        telemetry::postgres_operation(summary, began.elapsed(), failed);
        answer
    }
}

/// None where no request is recorded that asks.
fn span(summary: &'static str) -> Span {
    if !telemetry::is_recorded(&Span::current()) {
        return Span::none();
    }
    tracing::info_span!(
        "SELECT",
        otel.name = summary,
        otel.kind = "client",
        otel.status_code = Empty,
        error.r#type = Empty,
        db.system.name = "postgresql",
        db.namespace = "farol",
        db.query.summary = summary,
        db.response.status_code = Empty,
    )
}

impl LookUpError {
    /// SQLSTATE, or a short name, for spans and metrics.
    fn error_type(&self) -> String {
        match self {
            Self::Pool(PoolError::Backend(_)) | Self::Query(_) => {
                self.sqlstate().unwrap_or("connection").to_owned()
            }
            Self::Pool(_) => "pool_timeout".to_owned(),
            Self::Row(_) | Self::Json(_) => "unreadable_row".to_owned(),
        }
    }

    fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Pool(PoolError::Backend(error)) | Self::Query(error) => {
                error.code().map(|state| state.code())
            }
            Self::Pool(_) | Self::Row(_) | Self::Json(_) => None,
        }
    }
}
