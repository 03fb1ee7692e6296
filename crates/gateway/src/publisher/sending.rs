//! One event in the Kafka client's hands, and what is told of it in the end: its span, and the metrics of deliveries.

use std::time::Instant;

use tracing::Span;

use super::deliveries::Delivered;
use super::{NotAcknowledged, Position};
use crate::instruments;

pub(super) struct Sending {
    pub(super) span: Span,
}

impl Sending {
    /// Tells what became of it in its span and in metrics. Its request's events were handed over from `started` on.
    pub(super) fn end(
        self,
        started: Instant,
        delivered: Option<Delivered>,
    ) -> Result<Position, NotAcknowledged> {
        let Self { span } = self;
        let Delivered { result, at } = delivered.unwrap_or_else(Delivered::not_in_time);
        let took = at.saturating_duration_since(started);
        match &result {
            Ok(position) => {
                instruments::acknowledged(took);
                if !span.is_disabled() {
                    span.record("messaging.destination.partition.id", position.partition.to_string());
                    span.record("messaging.kafka.offset", position.offset);
                }
            }
            Err(error) => {
                instruments::not_acknowledged(took, error.error_type());
                span.record("otel.status_code", "error");
                span.record("error.type", error.error_type());
                span.in_scope(|| {
                    tracing::warn!(
                        name: "event_not_acknowledged",
                        %error,
                        "an event was not acknowledged"
                    )
                });
            }
        }
        result
    }
}
