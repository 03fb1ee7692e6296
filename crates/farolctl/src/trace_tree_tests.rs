use super::*;
use crate::jaeger_client;

const RECORDED: &str = include_str!("../tests/fixtures/jaeger-trace.json");
const LINK_TO_PARENT: &str = include_str!("../tests/fixtures/jaeger-link-to-parent.json");

fn trace() -> Trace {
    read(RECORDED)
}

fn read(answer: &str) -> Trace {
    match jaeger_client::parse(answer) {
        Ok(Some(trace)) => trace,
        other => panic!("{other:?}"),
    }
}

#[test]
fn spans_come_in_the_order_of_the_tree() {
    let trace = trace();
    let tree: Vec<_> = trace.spans.iter().map(|span| (span.depth, span.kind.as_str())).collect();
    assert_eq!(tree, [(0, "server"), (1, "producer"), (2, "consumer")]);
    assert!(trace.is_whole());
    assert_eq!(trace.duration_micros, 16_000);
    assert_eq!(trace.spans[2].offset_micros, 12_000);
}

#[test]
fn a_span_whose_parent_is_elsewhere_is_a_root() {
    let trace = trace();
    assert_eq!(trace.spans[0].parent_id.as_deref(), Some("00f067aa0ba902b7"));
    assert_eq!(trace.spans[0].depth, 0);
}

#[test]
fn links_are_kept_apart_from_parents() {
    let links = &trace().spans[2].links;
    assert_eq!(links.len(), 1);
    assert_eq!(links[0].span_id, "00f067aa0ba902bb");
}

#[test]
fn a_consumer_linked_to_its_producer_is_below_it() {
    let trace = read(LINK_TO_PARENT);
    let tree: Vec<_> = trace.spans.iter().map(|span| (span.depth, span.kind.as_str())).collect();
    assert_eq!(tree, [(0, "server"), (1, "producer"), (2, "consumer")]);
    assert!(trace.spans[2].links.is_empty());
}

#[test]
fn the_text_shows_what_a_reader_asks_for() {
    let text = trace().human();
    for part in [
        "3 spans of farol-gateway and farol-worker, 16.0 ms",
        "└ process farol.events",
        "http.response.status_code=202",
        "messaging.kafka.offset=17",
        "linked to span 00f067aa0ba902bb of trace aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
    ] {
        assert!(text.contains(part), "{part} is missing in\n{text}");
    }
    let errors: Vec<&str> = text.lines().filter(|line| line.ends_with("ERROR")).collect();
    assert!(errors.len() == 1 && errors[0].contains("send farol.events"), "{text}");
}

#[test]
fn bars_never_leave_their_frame() {
    let trace = trace();
    for span in &trace.spans {
        assert_eq!(trace.bar(span).chars().count() as u64, BAR_WIDTH + 2);
    }
    let last = Span {
        offset_micros: 16_000,
        duration_micros: 0,
        ..trace.spans.into_iter().next_back().unwrap_or_else(|| panic!("no span"))
    };
    let whole = Trace {
        trace_id: String::new(),
        duration_micros: 16_000,
        services: BTreeSet::new(),
        spans: Vec::new(),
    };
    assert_eq!(whole.bar(&last).chars().count() as u64, BAR_WIDTH + 2);
}

#[test]
fn no_trace_is_none() {
    assert!(matches!(jaeger_client::parse(r#"{"data":[]}"#), Ok(None)));
}
