//! Why an event was not acknowledged, and what that is called.

use rdkafka::error::{KafkaError, RDKafkaErrorCode};

/// Kafka did not acknowledge.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotAcknowledged {
    /// The event never left: the Kafka client has no room.
    #[error("the queue of the Kafka client is full")]
    QueueFull,
    /// The event never left, or was refused: it is larger than the topic takes.
    #[error("the event is larger than the topic takes")]
    TooLarge,
    /// The event may or may not be there.
    #[error("Kafka did not acknowledge: {0}")]
    Unknown(KafkaError),
    /// The Kafka client said nothing in time; the event may or may not be there.
    #[error("the Kafka client did not answer in time")]
    TimedOut,
}

impl NotAcknowledged {
    /// Kafka's name for what happened, in the closed set of its error codes.
    pub(super) fn error_type(&self) -> String {
        match self {
            Self::QueueFull => "QueueFull".to_owned(),
            Self::TooLarge => "MessageSizeTooLarge".to_owned(),
            Self::TimedOut => "timeout".to_owned(),
            Self::Unknown(error) => {
                error.rdkafka_error_code().map_or_else(|| "_OTHER".to_owned(), |code| format!("{code:?}"))
            }
        }
    }
}

impl From<KafkaError> for NotAcknowledged {
    fn from(error: KafkaError) -> Self {
        match error.rdkafka_error_code() {
            Some(RDKafkaErrorCode::QueueFull) => Self::QueueFull,
            Some(RDKafkaErrorCode::MessageSizeTooLarge) => Self::TooLarge,
            _ => Self::Unknown(error),
        }
    }
}
