//! The kinds of problems, one line each: the table that docs and metrics speak of.

use actix_web::http::StatusCode;
use utoipa::openapi::{ObjectBuilder, RefOr, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

/// Declares the kinds; a type never changes its meaning.
macro_rules! kinds {
    ($($kind:ident $status:ident $name:literal $title:literal;)*) => {
        /// Every kind of problem.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Kind { $($kind,)* }

        impl Kind {
            /// Every kind there is.
            pub(crate) const ALL: &[Self] = &[$(Self::$kind,)*];

            /// The last part of the type, also a metric's label.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$kind => $name,)* }
            }

            /// The status it is answered with.
            pub(crate) fn status(self) -> StatusCode {
                match self { $(Self::$kind => StatusCode::$status,)* }
            }

            pub(crate) fn title(self) -> &'static str {
                match self { $(Self::$kind => $title,)* }
            }
        }
    };
}

kinds! {
    MalformedEvent BAD_REQUEST "malformed-event" "The message is not a CloudEvent";
    MalformedRequest BAD_REQUEST "malformed-request" "The request is not understood";
    BatchRefused BAD_REQUEST "batch-refused" "The batch was refused";
    Unauthorized UNAUTHORIZED "unauthorized" "A valid key is needed";
    Forbidden FORBIDDEN "forbidden" "The key may not do this";
    NotFound NOT_FOUND "not-found" "There is nothing here";
    NotStoredYet NOT_FOUND "not-stored-yet" "The event is not stored yet";
    MethodNotAllowed METHOD_NOT_ALLOWED "method-not-allowed" "The resource does not take this method";
    BodyTooSlow REQUEST_TIMEOUT "body-too-slow" "The body took too long";
    Conflict CONFLICT "conflict" "Another event has this source and id";
    TooLarge PAYLOAD_TOO_LARGE "too-large" "The body is too large";
    UriTooLong URI_TOO_LONG "uri-too-long" "The URI is too long";
    HeadersTooLarge REQUEST_HEADER_FIELDS_TOO_LARGE "headers-too-large" "The headers are too large";
    UnsupportedFormat UNSUPPORTED_MEDIA_TYPE "unsupported-format" "The event format is not supported";
    UnsupportedEncoding UNSUPPORTED_MEDIA_TYPE "unsupported-encoding" "The content encoding is not supported";
    Unstorable UNPROCESSABLE_ENTITY "unstorable" "The event could never be stored";
    NotAttempted FAILED_DEPENDENCY "not-attempted" "The event was left out because others of its batch were refused";
    RateLimited TOO_MANY_REQUESTS "rate-limited" "The producer is over its rate";
    Shed SERVICE_UNAVAILABLE "shed" "Events like this one are not taken now";
    Overloaded SERVICE_UNAVAILABLE "overloaded" "The gateway has as much to do as it can";
    Unavailable SERVICE_UNAVAILABLE "unavailable" "This is not possible now";
}

/// In the API's document, the set of types.
impl PartialSchema for Kind {
    fn schema() -> RefOr<Schema> {
        let types = Self::ALL.iter().map(|kind| kind.urn());
        let description = "Which kind of problem it is; a type never changes its meaning.";
        let kinds = ObjectBuilder::new().schema_type(Type::String).enum_values(Some(types));
        kinds.description(Some(description)).into()
    }
}

impl ToSchema for Kind {
    fn name() -> std::borrow::Cow<'static, str> {
        "ProblemType".into()
    }
}

impl Kind {
    /// The `type` of its problem documents.
    pub(crate) fn urn(self) -> String {
        format!("urn:farol:problem:{}", self.name())
    }

    /// Whether an event may be refused for it.
    pub(crate) fn is_of_an_event(self) -> bool {
        !matches!(
            self,
            Self::NotFound
                | Self::NotStoredYet
                | Self::MethodNotAllowed
                | Self::UriTooLong
                | Self::HeadersTooLarge
        )
    }

    /// Whether the same request may succeed later.
    pub(crate) fn is_retryable(self) -> bool {
        match self {
            Self::NotStoredYet
            | Self::BodyTooSlow
            | Self::NotAttempted
            | Self::RateLimited
            | Self::Shed
            | Self::Overloaded
            | Self::Unavailable => true,
            Self::MalformedEvent
            | Self::MalformedRequest
            | Self::BatchRefused
            | Self::Unauthorized
            | Self::Forbidden
            | Self::NotFound
            | Self::MethodNotAllowed
            | Self::Conflict
            | Self::TooLarge
            | Self::UriTooLong
            | Self::HeadersTooLarge
            | Self::UnsupportedFormat
            | Self::UnsupportedEncoding
            | Self::Unstorable => false,
        }
    }
}
