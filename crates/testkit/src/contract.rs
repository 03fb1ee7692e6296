//! What docs/TELEMETRY.md promises, read from its tables, and what there is beside it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;

use metrics::{Counter, Gauge, Histogram, Key, KeyName, Metadata, Recorder, SharedString, Unit};

const CONTRACT: &str = include_str!("../../../docs/TELEMETRY.md");

/// Name and type of every metric of a program, `gateway` or `worker`, by the table.
pub fn documented_metrics(program: &str) -> BTreeMap<String, String> {
    table("metric")
        .into_iter()
        .filter(|row| row[3] == program || row[3] == "both")
        .map(|row| (quoted(&row[0])[0].clone(), row[1].clone()))
        .collect()
}

/// Name and type of every metric that `describe` describes.
pub fn described_metrics(describe: impl FnOnce()) -> BTreeMap<String, String> {
    let recorder = Describing::default();
    metrics::with_local_recorder(&recorder, describe);
    recorder.0.into_inner().unwrap()
}

/// A row of the table of spans.
#[derive(Debug, Clone)]
pub struct DocumentedSpan {
    /// Its name; `{…}` stands for what differs.
    pub name: String,
    /// `SERVER`, `CLIENT`, …
    pub kind: String,
    /// Every attribute that it may have.
    pub attributes: BTreeSet<String>,
}

impl DocumentedSpan {
    /// Whether a span of this name and kind is meant.
    pub fn is(&self, name: &str, kind: &str) -> bool {
        let fixed = |text: &str| {
            text.split(' ').map(|word| (!word.starts_with('{')).then(|| word.to_owned())).collect::<Vec<_>>()
        };
        let (ours, theirs) = (fixed(&self.name), name.split(' ').collect::<Vec<_>>());
        let same = |(ours, theirs): (&Option<String>, &&str)| ours.as_ref().is_none_or(|word| word == theirs);
        self.kind == kind && ours.len() == theirs.len() && ours.iter().zip(&theirs).all(same)
    }
}

/// The table of spans.
pub fn documented_spans() -> Vec<DocumentedSpan> {
    let rows = table("span").into_iter().filter(|row| row.len() == 4 && row[0].starts_with('`'));
    rows.filter(|row| ["SERVER", "CLIENT", "PRODUCER", "CONSUMER"].contains(&row[1].as_str()))
        .map(|row| DocumentedSpan {
            name: quoted(&row[0])[0].clone(),
            kind: row[1].clone(),
            attributes: quoted(&row[3]).into_iter().collect(),
        })
        .collect()
}

/// A `/metrics` page, series by series.
pub struct Page(Vec<(String, Vec<(String, String)>)>);

impl Page {
    /// Reads a page in Prometheus text format.
    pub fn read(text: &str) -> Self {
        let samples = text.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
        Self(samples.map(series).collect())
    }

    /// How many series it has.
    pub fn series(&self) -> usize {
        self.0.len()
    }

    /// The names of its metrics.
    pub fn names(&self, program: &str) -> BTreeSet<String> {
        let documented = documented_metrics(program);
        self.0.iter().map(|(name, _)| family(name, &documented)).collect()
    }

    /// What the tables do not allow a program: names, labels, and values of labels whose values they list.
    pub fn surprises(&self, program: &str) -> BTreeSet<String> {
        let documented = documented_metrics(program);
        let labels: BTreeMap<String, Vec<String>> =
            table("metric").into_iter().map(|row| (quoted(&row[0])[0].clone(), quoted(&row[4]))).collect();
        let values: BTreeMap<String, Vec<String>> =
            table("label").into_iter().map(|row| (quoted(&row[0])[0].clone(), quoted(&row[2]))).collect();
        let mut surprises = BTreeSet::new();
        for (name, pairs) in &self.0 {
            let family = family(name, &documented);
            let Some(allowed) = documented.get(&family).and_then(|_| labels.get(&family)) else {
                surprises.insert(format!("metric {name}"));
                continue;
            };
            for (label, value) in pairs.iter().filter(|(label, _)| label != "le") {
                let of_label = values.get(label);
                if !allowed.contains(label) || of_label.is_none() {
                    surprises.insert(format!("label {label} of {family}"));
                } else if of_label
                    .is_some_and(|all| !value.is_empty() && !all.is_empty() && !all.contains(value))
                {
                    surprises.insert(format!("{label}={value:?} of {family}"));
                }
            }
        }
        surprises
    }
}

/// A histogram's parts are one metric.
fn family(name: &str, documented: &BTreeMap<String, String>) -> String {
    let parts = ["_bucket", "_sum", "_count"].iter().filter_map(|part| name.strip_suffix(part));
    let histogram =
        parts.into_iter().find(|base| documented.get(*base).is_some_and(|kind| kind == "histogram"));
    histogram.unwrap_or(name).to_owned()
}

/// Name and labels of a sample; a value of a label may hold anything but a bare quote.
fn series(line: &str) -> (String, Vec<(String, String)>) {
    let Some((name, rest)) = line.split_once('{') else {
        return (line.split(' ').next().unwrap().to_owned(), Vec::new());
    };
    let inside = rest.rsplit_once('}').unwrap().0;
    let mut pairs = Vec::new();
    let mut pieces = inside.split('"');
    while let (Some(label), Some(value)) = (pieces.next(), pieces.next()) {
        pairs.push((label.trim_matches([',', '=']).to_owned(), value.to_owned()));
    }
    (name.to_owned(), pairs)
}

/// The rows of every table whose first column has this heading.
fn table(heading: &str) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut inside = false;
    for line in CONTRACT.lines() {
        let cells: Vec<String> =
            line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned()).collect();
        match line.starts_with('|') {
            false => inside = false,
            true if cells[0] == heading => inside = true,
            true if inside && !cells[0].starts_with("---") => rows.push(cells),
            true => {}
        }
    }
    assert!(!rows.is_empty(), "docs/TELEMETRY.md has no table of {heading}s");
    rows
}

fn quoted(cell: &str) -> Vec<String> {
    cell.split('`').skip(1).step_by(2).map(ToOwned::to_owned).collect()
}

/// Remembers what is described and records nothing.
#[derive(Default)]
struct Describing(Mutex<BTreeMap<String, String>>);

impl Describing {
    fn keep(&self, name: &KeyName, kind: &str) {
        let before = self.0.lock().unwrap().insert(name.as_str().to_owned(), kind.to_owned());
        assert_eq!(before, None, "{} is described twice", name.as_str());
    }
}

impl Recorder for Describing {
    fn describe_counter(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.keep(&name, "counter");
    }

    fn describe_gauge(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.keep(&name, "gauge");
    }

    fn describe_histogram(&self, name: KeyName, _: Option<Unit>, _: SharedString) {
        self.keep(&name, "histogram");
    }

    fn register_counter(&self, _: &Key, _: &Metadata<'_>) -> Counter {
        Counter::noop()
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, _: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::noop()
    }
}
