//! Which traces are recorded. A decision that came with the trace stands; where a trace begins
//! here, all are recorded in development, and one of a hundred elsewhere, unless a share is given while the program runs.

use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry::trace::{Link, SpanKind, TraceContextExt as _, TraceId, TraceState};
use opentelemetry::{Context, KeyValue};
use opentelemetry_sdk::trace::{Sampler, SamplingDecision, SamplingResult, ShouldSample};

/// The share of traces that are recorded where nothing else is said.
const PRODUCTION_RATIO: f64 = 0.01;

/// The share of traces that begin here and are recorded, as the bits of a number; [`AS_SET`] while the sampler that was
/// chosen at start decides.
static ROOTS: AtomicU64 = AtomicU64::new(AS_SET);

/// The bits of no number.
const AS_SET: u64 = u64::MAX;

/// Records this share, from 0 to 1, of the traces that begin here from now on; `None` is as the environment says. Where
/// `OTEL_TRACES_SAMPLER` names a sampler that is not parent-based, nothing changes: it leaves the SDK no choice.
pub fn sample_roots(share: Option<f64>) {
    ROOTS.store(share.map_or(AS_SET, f64::to_bits), Ordering::Relaxed);
}

/// The sampler that `OTEL_TRACES_SAMPLER` names, or ours where it names none. `None` leaves it to
/// the SDK: what is not parent-based has no decision to follow.
pub(crate) fn from_environment() -> Option<FollowLinks> {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let is_development = variable("FAROL_DEV").is_some_and(|value| is_on(&value));
    choose(
        variable("OTEL_TRACES_SAMPLER").as_deref(),
        variable("OTEL_TRACES_SAMPLER_ARG").as_deref(),
        is_development,
    )
    .map(FollowLinks::new)
}

/// Every trace that begins here.
pub(crate) fn everything() -> FollowLinks {
    FollowLinks::new(Sampler::AlwaysOn)
}

/// What decides about a trace that begins here.
fn choose(name: Option<&str>, argument: Option<&str>, is_development: bool) -> Option<Sampler> {
    match name {
        None if is_development => Some(Sampler::AlwaysOn),
        None => Some(Sampler::TraceIdRatioBased(PRODUCTION_RATIO)),
        Some("parentbased_always_on") => Some(Sampler::AlwaysOn),
        Some("parentbased_always_off") => Some(Sampler::AlwaysOff),
        Some("parentbased_traceidratio") => {
            // As the specification has it for an argument that is missing or no number.
            let ratio = argument.and_then(|text| text.parse().ok()).unwrap_or(1.0);
            Some(Sampler::TraceIdRatioBased(ratio))
        }
        Some(_) => None,
    }
}

/// As the settings of both programs read a switch.
fn is_on(value: &str) -> bool {
    matches!(value, "1" | "true")
}

/// Follows the parent's decision, as [`Sampler::ParentBased`] does, and where there is no parent
/// that of a link: the span of a batch is recorded if one of its events is.
#[derive(Debug, Clone)]
pub(crate) struct FollowLinks(Sampler);

impl FollowLinks {
    fn new(root: Sampler) -> Self {
        Self(Sampler::ParentBased(Box::new(Roots { chosen: root, share: &ROOTS })))
    }
}

/// Decides about a trace that begins here.
#[derive(Debug, Clone)]
struct Roots {
    chosen: Sampler,
    share: &'static AtomicU64,
}

impl ShouldSample for Roots {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        match self.share.load(Ordering::Relaxed) {
            AS_SET => self.chosen.should_sample(parent, trace_id, name, kind, attributes, links),
            share => Sampler::TraceIdRatioBased(f64::from_bits(share))
                .should_sample(parent, trace_id, name, kind, attributes, links),
        }
    }
}

impl ShouldSample for FollowLinks {
    fn should_sample(
        &self,
        parent: Option<&Context>,
        trace_id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let is_root = parent.is_none_or(|context| !context.span().span_context().is_valid());
        if is_root && links.iter().any(|link| link.span_context.is_sampled()) {
            return SamplingResult {
                decision: SamplingDecision::RecordAndSample,
                attributes: Vec::new(),
                trace_state: TraceState::default(),
            };
        }
        self.0.should_sample(parent, trace_id, name, kind, attributes, links)
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry::trace::{SpanContext, SpanId, TraceFlags};

    use super::*;

    fn span(flags: TraceFlags) -> SpanContext {
        SpanContext::new(TraceId::from(7), SpanId::from(7), flags, true, TraceState::default())
    }

    fn decided(sampler: Sampler, parent: Option<TraceFlags>, links: &[TraceFlags]) -> bool {
        let parent = parent.map(|flags| Context::new().with_remote_span_context(span(flags)));
        let links: Vec<Link> = links.iter().map(|flags| Link::with_context(span(*flags))).collect();
        let result = FollowLinks::new(sampler).should_sample(
            parent.as_ref(),
            TraceId::from(u128::MAX),
            "",
            &SpanKind::Client,
            &[],
            &links,
        );
        result.decision == SamplingDecision::RecordAndSample
    }

    #[test]
    fn a_share_that_is_given_while_the_program_runs_decides_instead_until_it_is_taken_back() {
        static SHARE: AtomicU64 = AtomicU64::new(AS_SET);
        let roots = Roots { chosen: Sampler::AlwaysOff, share: &SHARE };
        let recorded = |trace_id: u128| {
            let result = roots.should_sample(None, TraceId::from(trace_id), "", &SpanKind::Server, &[], &[]);
            result.decision == SamplingDecision::RecordAndSample
        };
        let of_a_thousand = || {
            let spread = |n: u128| n.wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
            (0..1_000).filter(|n| recorded(spread(*n))).count()
        };
        assert_eq!(of_a_thousand(), 0);
        SHARE.store(f64::to_bits(0.25), Ordering::Relaxed);
        assert!((200..300).contains(&of_a_thousand()), "{}", of_a_thousand());
        SHARE.store(f64::to_bits(1.0), Ordering::Relaxed);
        assert_eq!(of_a_thousand(), 1_000);
        SHARE.store(f64::to_bits(0.0), Ordering::Relaxed);
        assert_eq!(of_a_thousand(), 0);
        SHARE.store(AS_SET, Ordering::Relaxed);
        assert_eq!(of_a_thousand(), 0);
    }

    #[test]
    fn in_development_every_trace_is_recorded_and_elsewhere_one_of_a_hundred() {
        assert!(matches!(choose(None, None, true), Some(Sampler::AlwaysOn)));
        assert!(matches!(choose(None, None, false), Some(Sampler::TraceIdRatioBased(0.01))));
    }

    #[test]
    fn the_variables_of_the_specification_win_in_development_too() {
        let ratio = choose(Some("parentbased_traceidratio"), Some("0.25"), true);
        assert!(matches!(ratio, Some(Sampler::TraceIdRatioBased(0.25))));
        assert!(matches!(choose(Some("parentbased_always_off"), None, true), Some(Sampler::AlwaysOff)));
        for left_to_the_sdk in ["always_on", "always_off", "traceidratio", "xray", "nonsense"] {
            assert!(choose(Some(left_to_the_sdk), Some("1"), true).is_none(), "{left_to_the_sdk}");
        }
    }

    #[test]
    fn the_decision_that_came_with_the_trace_stands() {
        assert!(decided(Sampler::AlwaysOff, Some(TraceFlags::SAMPLED), &[]));
        assert!(!decided(Sampler::AlwaysOn, Some(TraceFlags::NOT_SAMPLED), &[]));
        assert!(!decided(Sampler::AlwaysOn, Some(TraceFlags::NOT_SAMPLED), &[TraceFlags::SAMPLED]));
    }

    #[test]
    fn a_span_without_parent_is_recorded_if_one_that_it_is_linked_to_is() {
        assert!(decided(Sampler::AlwaysOff, None, &[TraceFlags::NOT_SAMPLED, TraceFlags::SAMPLED]));
        assert!(!decided(Sampler::AlwaysOff, None, &[TraceFlags::NOT_SAMPLED]));
    }
}
