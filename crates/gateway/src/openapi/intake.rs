//! The answers of `POST /v1/events` that are no problem.

use std::collections::BTreeMap;

use utoipa::openapi::schema::OneOfBuilder;
use utoipa::openapi::{ArrayBuilder, ContentBuilder, Ref, RefOr, Response, ResponseBuilder, Schema};
use utoipa::{IntoResponses, ToSchema};

use super::headers::{header, seconds};
use crate::intake::{EventResult, Receipt};

/// 202 and 207.
pub(crate) struct Accepted;

impl IntoResponses for Accepted {
    fn responses() -> BTreeMap<String, RefOr<Response>> {
        let receipt = || Ref::from_schema_name(Receipt::name());
        let receipts = OneOfBuilder::new().item(receipt()).item(ArrayBuilder::new().items(receipt()));
        let results = ArrayBuilder::new().items(Ref::from_schema_name(EventResult::name()));
        let all = "Every event of the request is acknowledged by all in-sync replicas: the receipt of one event, or \
                   of a batch a list in its order";
        let some = "Only under `Prefer: handling=lenient`: the good events of the batch are accepted, the others are \
                    not; a result for each, in its order";
        let answers = [
            ("202", answer(all, Schema::OneOf(receipts.build()))),
            (
                "207",
                answer(some, Schema::Array(results.build()))
                    .header("preference-applied", header("`handling=lenient`"))
                    .header(
                        "retry-after",
                        seconds("Where some events may be accepted later: when, in seconds"),
                    ),
            ),
        ];
        answers.into_iter().map(|(status, answer)| (status.to_owned(), answer.build().into())).collect()
    }
}

fn answer(about: &str, schema: Schema) -> ResponseBuilder {
    ResponseBuilder::new()
        .description(about)
        .content("application/json", ContentBuilder::new().schema(Some(schema)).build())
        .header(
            "ratelimit-policy",
            header("The producer's rate, where it has one: events (`q`) in a window of seconds (`w`)"),
        )
        .header(
            "ratelimit",
            header("What is left of it: events (`r`), and seconds (`t`) until the whole burst is back"),
        )
}
