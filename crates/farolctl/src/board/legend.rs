//! What a series is called: Grafana's legend format, filled with its labels.

use std::collections::BTreeMap;

/// `{{name}}` becomes the label's value, nothing where the series lacks it. Without a format a
/// series is called by its labels, or by `title`.
pub(super) fn name(format: &str, labels: &BTreeMap<String, String>, title: &str) -> String {
    if format.is_empty() || format == "__auto" {
        return by_labels(labels, title);
    }
    let mut text = String::new();
    let mut rest = format;
    while let Some((before, after)) = rest.split_once("{{") {
        let Some((label, tail)) = after.split_once("}}") else { break };
        text.push_str(before);
        text.push_str(labels.get(label.trim()).map_or("", String::as_str));
        rest = tail;
    }
    text.push_str(rest);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.is_empty() { title.to_owned() } else { text }
}

/// What to call a series that is not there: the part of the format that no label fills, or `title`.
pub(super) fn name_of_nothing(format: &str, title: &str) -> String {
    if format.contains("{{") { title.to_owned() } else { name(format, &BTreeMap::new(), title) }
}

fn by_labels(labels: &BTreeMap<String, String>, title: &str) -> String {
    let mut values = labels.iter().filter(|(name, _)| *name != "__name__").map(|(_, value)| value.as_str());
    match (values.next(), values.next()) {
        (None, _) => title.to_owned(),
        (Some(value), None) => value.to_owned(),
        _ => {
            let pairs = labels.iter().filter(|(name, _)| *name != "__name__");
            pairs.map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join(" ")
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{name, name_of_nothing};

    fn labels(list: &[(&str, &str)]) -> BTreeMap<String, String> {
        list.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
    }

    #[test]
    fn labels_fill_the_format() {
        let labels = labels(&[("operation", "GET"), ("result", "hit")]);
        assert_eq!(name("{{operation}} {{ result }}", &labels, "t"), "GET hit");
        assert_eq!(name("{{operation}} {{gone}}", &labels, "t"), "GET");
        assert_eq!(name("{{gone}}", &labels, "t"), "t");
        assert_eq!(name("p50", &labels, "t"), "p50");
        assert_eq!(name("broken {{", &labels, "t"), "broken {{");
    }

    #[test]
    fn without_a_format_labels_are_the_name() {
        assert_eq!(name("", &labels(&[]), "Waiting"), "Waiting");
        assert_eq!(name("__auto", &labels(&[("__name__", "up"), ("job", "worker")]), "t"), "worker");
        assert_eq!(name("", &labels(&[("a", "1"), ("b", "2")]), "t"), "a=1 b=2");
    }

    #[test]
    fn what_is_not_there_is_called_by_what_is_known() {
        assert_eq!(name_of_nothing("{{cause}}", "Dead letters"), "Dead letters");
        assert_eq!(name_of_nothing("p99", "Latency"), "p99");
    }
}
