//! Grafana's variables in a question: a board's own are filled when it is read, those of time when it is asked.

use serde::Deserialize;

use crate::prometheus_client::Window;

/// How often Prometheus looks at the parts, as the boards' data source says.
const SCRAPE_INTERVAL_S: f64 = 5.0;

/// A variable that a reader of the board could choose; here it is what it is at first, or all.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Variable {
    name: String,
    #[serde(default)]
    include_all: bool,
    all_value: Option<String>,
    #[serde(default)]
    current: serde_json::Value,
    #[serde(default)]
    query: serde_json::Value,
}

impl Variable {
    fn value(&self) -> String {
        if self.include_all {
            return self.all_value.clone().filter(|all| !all.is_empty()).unwrap_or_else(|| ".+".to_owned());
        }
        let current = match &self.current["value"] {
            serde_json::Value::Array(values) => values.first().and_then(|value| value.as_str()),
            value => value.as_str(),
        };
        // a constant has its value as its query
        current.or(self.query.as_str()).unwrap_or(".+").to_owned()
    }
}

/// Puts the board's own variables in.
pub(super) fn fill(query: &str, variables: &[Variable]) -> String {
    let mut text = query.to_owned();
    // the longest name first: $job is also the beginning of $jobs
    let mut order: Vec<&Variable> = variables.iter().collect();
    order.sort_by_key(|variable| std::cmp::Reverse(variable.name.len()));
    for variable in order {
        text = replace(&text, &variable.name, &variable.value());
    }
    text
}

/// Puts the variables of time in: what Grafana would, looking at this window.
pub(super) fn fill_time(query: &str, window: Window) -> String {
    let seconds = |value: f64| format!("{}s", value.round().max(1.0));
    let rate = (window.step + SCRAPE_INTERVAL_S).max(4.0 * SCRAPE_INTERVAL_S);
    let length = window.end - window.start;
    // the longest name first: $__interval is also the beginning of $__interval_ms
    let times = [
        ("__rate_interval", seconds(rate)),
        ("__interval_ms", format!("{}", (window.step * 1e3).round())),
        ("__interval", seconds(window.step)),
        ("__range_ms", format!("{}", (length * 1e3).round())),
        ("__range_s", format!("{}", length.round())),
        ("__range", seconds(length)),
    ];
    times.iter().fold(query.to_owned(), |text, (name, value)| replace(&text, name, value))
}

fn replace(text: &str, name: &str, value: &str) -> String {
    let mut text = text.replace(&format!("${{{name}}}"), value);
    for format in ["regex", "pipe"] {
        text = text.replace(&format!("${{{name}:{format}}}"), value);
    }
    text.replace(&format!("${name}"), value)
}

#[cfg(test)]
mod tests {
    use super::{SCRAPE_INTERVAL_S, Variable, fill, fill_time};
    use crate::prometheus_client::Window;

    const PROMETHEUS: &str = include_str!("../../../../deploy/prometheus/prometheus.yml");

    fn variables(json: &str) -> Vec<Variable> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_variable_is_all_or_what_it_is_at_first() {
        let variables = variables(
            r#"[{"name": "job", "includeAll": true, "allValue": ".*"}, {"name": "jobs", "includeAll": true},
                {"name": "topic", "current": {"value": ["farol.events"]}}, {"name": "bound", "query": "0.25"}]"#,
        );
        let query = r#"a{job=~"$job", x=~"${jobs:regex}", topic="${topic}"} > $bound"#;
        assert_eq!(fill(query, &variables), r#"a{job=~".*", x=~".+", topic="farol.events"} > 0.25"#);
    }

    #[test]
    fn rates_span_four_scrapes_or_a_step_and_one() {
        let window = |step| Window { start: 0.0, end: 900.0, step };
        assert_eq!(fill_time("rate(a[$__rate_interval])", window(5.0)), "rate(a[20s])");
        assert_eq!(fill_time("rate(a[$__rate_interval])", window(60.0)), "rate(a[65s])");
        assert_eq!(fill_time("b[${__range}:$__interval]", window(5.0)), "b[900s:5s]");
        assert_eq!(fill_time("a / $__range_s * $__interval_ms", window(5.0)), "a / 900 * 5000");
    }

    #[test]
    fn the_scrape_interval_is_that_of_the_checkout() {
        assert!(PROMETHEUS.contains(&format!("scrape_interval: {SCRAPE_INTERVAL_S}s")));
    }
}
