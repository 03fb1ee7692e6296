//! What a client should know of each kind of problem: when it comes, and what to do then. The API's
//! document and `docs/API.md` say just this.

use super::Kind;

impl Kind {
    /// When a request is refused so, as the rest of a sentence.
    pub(crate) fn when(self) -> &'static str {
        match self {
            Self::MalformedEvent => {
                "an attribute is missing or wrong, or what is declared as JSON is not JSON"
            }
            Self::MalformedRequest => {
                "a query parameter is unknown, missing or wrong, or the body broke off or is not encoded as it says"
            }
            Self::BatchRefused => {
                "at least one event of a batch was refused, so none was taken; the status is that of the first one"
            }
            Self::Unauthorized => "no key was sent, or one that the gateway does not know",
            Self::Forbidden => "the key lacks the role that is needed, or may not use this source",
            Self::NotFound => "nothing has this path, or the position asked about does not hold this event",
            Self::NotStoredYet => "nothing is known of the event; that proves nothing, see `behind`",
            Self::MethodNotAllowed => "the resource exists and takes other methods",
            Self::BodyTooSlow => "the body did not arrive in time",
            Self::Conflict => "an event with this source and id, but with other content, was accepted before",
            Self::TooLarge => {
                "the body, an event or the number of events is over its limit, or a batch is beyond the key's burst"
            }
            Self::UriTooLong => "path and query take more than 8,192 bytes",
            Self::HeadersTooLarge => "names and values of the headers take more than 65,536 bytes",
            Self::UnsupportedFormat => "the content type is a CloudEvents format other than JSON",
            Self::UnsupportedEncoding => "the content encoding is none of gzip, zstd and identity",
            Self::Unstorable => {
                "the event is well-formed, but no row could hold it: NUL, lone surrogates, duplicate keys, huge \
                 numbers, depth, or a text beyond its length"
            }
            Self::NotAttempted => {
                "inside `results` only: the event is good, and others of its batch were refused"
            }
            Self::RateLimited => "the producer sends faster than its key allows; nothing was taken",
            Self::Shed => {
                "the gateway's operators take no events of this type or source for now; nothing of it was kept"
            }
            Self::Overloaded => "the gateway has no room for more events; nothing of the event was kept",
            Self::Unavailable => {
                "Kafka did not acknowledge in time, or a look-up is not possible; an event may have arrived"
            }
        }
    }

    /// What to do then.
    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::MalformedEvent => "Correct what `pointer` or `header` names.",
            Self::MalformedRequest => "Correct what `parameter` names, or send the whole body again.",
            Self::BatchRefused => {
                "Correct what `results` names, or send the batch with `Prefer: handling=lenient`."
            }
            Self::Unauthorized => "Send a known key as `Authorization: Bearer`.",
            Self::Forbidden => "Use a key with the role and the source, or have yours changed.",
            Self::NotFound => "Check the path, or the partition and offset of the receipt.",
            Self::NotStoredYet => {
                "Ask again later, best with partition and offset of the receipt; if it never was accepted, send it."
            }
            Self::MethodNotAllowed => "Use a method that `Allow` names.",
            Self::BodyTooSlow => "Send it again with the same id.",
            Self::Conflict => "Give a new event a new id; a repetition must be the same event.",
            Self::TooLarge => "Split the batch, or keep large data elsewhere and send where it is.",
            Self::UriTooLong => "Shorten the query.",
            Self::HeadersTooLarge => "Send fewer headers, or the event in structured mode.",
            Self::UnsupportedFormat => "Use a format that `Accept-Post` names.",
            Self::UnsupportedEncoding => "Use an encoding that `Accept-Encoding` names, once.",
            Self::Unstorable => "Change what `pointer` or `header` names; as it is, it can never be stored.",
            Self::NotAttempted => "Send it again, without the others or once they are corrected.",
            Self::RateLimited => "Wait as long as `Retry-After` says, then send it again with the same id.",
            Self::Shed => "Wait as long as `Retry-After` says, then send it again with the same id.",
            Self::Overloaded => "Wait as long as `Retry-After` says, then send it again with the same id.",
            Self::Unavailable => {
                "Wait as long as `Retry-After` says, then ask again, or send it again with the same id."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const API: &str = include_str!("../../../../docs/API.md");

    /// The rows of the table of problems, cell by cell.
    fn documented() -> Vec<Vec<&'static str>> {
        let (_, after_head) =
            API.split_once("| name | status | title | retryable | when | what to do |\n").unwrap();
        let rows = after_head.lines().skip(1).take_while(|line| line.starts_with('|'));
        rows.map(|row| row.trim_matches('|').split('|').map(str::trim).collect()).collect()
    }

    #[test]
    fn the_documentation_has_each_kind_as_it_is_and_no_other() {
        let row = |kind: &Kind| {
            let retryable = if kind.is_retryable() { "yes" } else { "no" };
            let (name, status) = (format!("`{}`", kind.name()), kind.status().as_u16().to_string());
            [name, status, kind.title().into(), retryable.into(), kind.when().into(), kind.advice().into()]
                .to_vec()
        };
        assert_eq!(documented(), Kind::ALL.iter().map(row).collect::<Vec<_>>());
    }
}
