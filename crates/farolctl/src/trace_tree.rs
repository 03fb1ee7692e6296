//! A trace as a tree in the order a reader wants it, and as text. It knows spans, not Jaeger's
//! transport.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use serde::Serialize;
use serde_json::Value;

use crate::{
    jaeger_client::{RawReference, RawSpan, RawTag, RawTrace},
    output::Report,
};

const BAR_WIDTH: u64 = 24;
/// Attributes a reader asks for first; `farol.*` is shown as well.
const SHOWN: [&str; 9] = [
    "http.response.status_code",
    "messaging.destination.partition.id",
    "messaging.kafka.offset",
    "messaging.batch.message_count",
    "db.operation.batch.size",
    "db.response.status_code",
    "error.type",
    "exception.message",
    "otel.status_description",
];

/// Spans in depth-first order, siblings by start.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Trace {
    pub(crate) trace_id: String,
    pub(crate) duration_micros: u64,
    pub(crate) services: BTreeSet<String>,
    pub(crate) spans: Vec<Span>,
}

/// One span and its place in the tree.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Span {
    pub(crate) span_id: String,
    pub(crate) parent_id: Option<String>,
    pub(crate) depth: usize,
    pub(crate) service: String,
    pub(crate) name: String,
    pub(crate) kind: String,
    /// Since the trace's first span started.
    pub(crate) offset_micros: u64,
    pub(crate) duration_micros: u64,
    pub(crate) error: bool,
    pub(crate) attributes: BTreeMap<String, Value>,
    pub(crate) links: Vec<Link>,
}

/// A span this one is connected with, often in another trace.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Link {
    pub(crate) trace_id: String,
    pub(crate) span_id: String,
}

impl Trace {
    pub(crate) fn from_raw(raw: RawTrace) -> Self {
        let start = raw.spans.iter().map(|span| span.start_time).min().unwrap_or(0);
        let end = raw.spans.iter().map(|span| span.start_time + span.duration).max().unwrap_or(0);
        let services = raw.processes.into_iter().map(|(id, process)| (id, process.service_name));
        let services: HashMap<String, String> = services.collect();
        let spans = raw.spans.iter().map(|span| read_span(span, start, &services)).collect();
        let spans = depth_first(spans);
        Self {
            trace_id: raw.trace_id,
            duration_micros: end - start,
            services: spans.iter().map(|span| span.service.clone()).collect(),
            spans,
        }
    }

    /// Whether an event can be followed from the request to the consumer.
    pub(crate) fn is_whole(&self) -> bool {
        let has = |kind: &str| self.spans.iter().any(|span| span.kind == kind);
        has("server") && has("producer") && has("consumer")
    }

    fn bar(&self, span: &Span) -> String {
        let whole = self.duration_micros.max(1);
        let from = (span.offset_micros * BAR_WIDTH / whole).min(BAR_WIDTH - 1) as usize;
        let length = (span.duration_micros * BAR_WIDTH).div_ceil(whole).max(1) as usize;
        let length = length.min(BAR_WIDTH as usize - from);
        let after = BAR_WIDTH as usize - from - length;
        format!("|{}{}{}|", " ".repeat(from), "█".repeat(length), " ".repeat(after))
    }
}

fn read_span(raw: &RawSpan, start: u64, services: &HashMap<String, String>) -> Span {
    let attributes: BTreeMap<String, Value> =
        raw.tags.iter().map(|RawTag { key, value }| (key.clone(), value.clone())).collect();
    let is = |key: &str, wanted: &Value| attributes.get(key) == Some(wanted);
    let parent = parent(raw);
    let is_link = |reference: &&RawReference| parent.is_none_or(|parent| parent != *reference);
    let links = raw.references.iter().filter(is_link);
    Span {
        span_id: raw.span_id.clone(),
        parent_id: parent.map(|reference| reference.span_id.clone()),
        depth: 0,
        service: services.get(&raw.process_id).cloned().unwrap_or_default(),
        name: raw.operation_name.clone(),
        kind: attributes.get("span.kind").and_then(Value::as_str).unwrap_or("internal").to_owned(),
        offset_micros: raw.start_time - start,
        duration_micros: raw.duration,
        error: is("error", &true.into()) || is("otel.status_code", &"ERROR".into()),
        links: links
            .map(|link| Link { trace_id: link.trace_id.clone(), span_id: link.span_id.clone() })
            .collect(),
        attributes,
    }
}

/// The span's parent. Where a span is also linked to its parent, as a consumer is to its
/// producer, Jaeger keeps only the link.
fn parent(raw: &RawSpan) -> Option<&RawReference> {
    let of = |kind: &str| {
        let mut same_trace = raw.references.iter().filter(|reference| reference.trace_id == raw.trace_id);
        same_trace.find(|reference| reference.ref_type == kind)
    };
    of("CHILD_OF").or_else(|| of("FOLLOWS_FROM"))
}

/// Orders spans as a tree. A span whose parent is not there (a client's own, or one that has
/// not arrived) is a root.
fn depth_first(spans: Vec<Span>) -> Vec<Span> {
    let ids: HashSet<String> = spans.iter().map(|span| span.span_id.clone()).collect();
    let mut children: HashMap<Option<String>, Vec<Span>> = HashMap::new();
    for span in spans {
        let parent = span.parent_id.clone().filter(|id| ids.contains(id) && *id != span.span_id);
        children.entry(parent).or_default().push(span);
    }
    for siblings in children.values_mut() {
        // the last is taken first
        siblings.sort_by_key(|span| std::cmp::Reverse(span.offset_micros));
    }
    let mut stack = children.remove(&None).unwrap_or_default();
    let mut ordered = Vec::new();
    while let Some(span) = stack.pop() {
        for mut child in children.remove(&Some(span.span_id.clone())).unwrap_or_default() {
            child.depth = span.depth + 1;
            stack.push(child);
        }
        ordered.push(span);
    }
    ordered
}

impl Report for Trace {
    fn human(&self) -> String {
        let mut text = format!(
            "trace {}: {} of {}, {}",
            self.trace_id,
            if self.spans.len() == 1 { "1 span".to_owned() } else { format!("{} spans", self.spans.len()) },
            self.services.iter().cloned().collect::<Vec<_>>().join(" and "),
            micros(self.duration_micros)
        );
        let label = |span: &Span| format!("{}{}", branch(span.depth), span.name);
        let widest = |of: &dyn Fn(&Span) -> String| {
            self.spans.iter().map(|span| of(span).chars().count()).max().unwrap_or(0)
        };
        let (services, names) = (widest(&|span| span.service.clone()), widest(&label));
        for span in &self.spans {
            text.push_str(&format!(
                "\n  {:<services$}  {:<names$}  {:<8}  {}  {:>9} after {:>9}{}",
                span.service,
                label(span),
                span.kind.to_uppercase(),
                self.bar(span),
                micros(span.duration_micros),
                micros(span.offset_micros),
                if span.error { "  ERROR" } else { "" },
            ));
            let indent = services + 4 + 2 * span.depth + 2;
            for line in details(span) {
                text.push_str(&format!("\n{:indent$}{line}", ""));
            }
        }
        text
    }
}

fn branch(depth: usize) -> String {
    if depth == 0 { String::new() } else { format!("{}└ ", "  ".repeat(depth - 1)) }
}

fn details(span: &Span) -> Vec<String> {
    let shown = |key: &str| SHOWN.contains(&key) || key.starts_with("farol.");
    let shown: Vec<String> = (span.attributes.iter().filter(|(key, _)| shown(key)))
        .map(|(key, value)| match value {
            Value::String(text) => format!("{key}={text}"),
            other => format!("{key}={other}"),
        })
        .collect();
    let links = span.links.iter();
    let links = links.map(|link| format!("linked to span {} of trace {}", link.span_id, link.trace_id));
    (!shown.is_empty()).then(|| shown.join("  ")).into_iter().chain(links).collect()
}

fn micros(micros: u64) -> String {
    match micros {
        0..1_000 => format!("{micros} us"),
        1_000..1_000_000 => format!("{:.1} ms", micros as f64 / 1e3),
        _ => format!("{:.2} s", micros as f64 / 1e6),
    }
}

#[cfg(test)]
#[path = "trace_tree_tests.rs"]
mod tests;
