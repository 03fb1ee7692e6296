//! What a demo shows at its end, and whether it held what Farol promises.

use serde::Serialize;

use super::event::Whereabouts;
use crate::{
    books::Counts, delivery::Tally, error::Error, gateway_client::Receipt, output::Report, trace_tree::Trace,
};

/// The proof, gathered.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DemoReport {
    pub(crate) day: String,
    pub(crate) flights: usize,
    pub(crate) delivery: Tally,
    /// What the ledger grew by.
    pub(crate) run: Counts,
    /// What the ledger holds.
    pub(crate) totals: Counts,
    pub(crate) balanced: bool,
    /// Rows of this day's flights.
    pub(crate) rows: i64,
    pub(crate) receipt: Receipt,
    pub(crate) event: Whereabouts,
    pub(crate) trace: Option<Trace>,
    pub(crate) links: Links,
}

/// Where to look further.
#[derive(Debug, Serialize)]
pub(crate) struct Links {
    pub(crate) jaeger: String,
    pub(crate) prometheus: Option<String>,
    pub(crate) grafana: Option<String>,
}

impl DemoReport {
    /// An error that names each promise that was not held.
    pub(crate) fn verdict(&self) -> Result<(), Error> {
        let rows_differ = i64::try_from(self.flights) != Ok(self.rows);
        let letters = self.run.dead_lettered;
        // an older trace may have left Jaeger's memory already
        let trace_missing = !self.receipt.repeat && !self.trace.as_ref().is_some_and(Trace::is_whole);
        let failures = [
            rows_differ.then(|| format!("{} flights, but {} rows", self.flights, self.rows)),
            (!self.balanced).then(|| "the ledger does not balance".to_owned()),
            (letters != 0).then(|| format!("{letters} dead letters: look at farol.dead_letters")),
            trace_missing.then(|| {
                "the event's trace does not lead from request to worker: is the collector running?".to_owned()
            }),
        ];
        let failures: Vec<String> = failures.into_iter().flatten().collect();
        if failures.is_empty() { Ok(()) } else { Err(Error::Failed(failures.join("; "))) }
    }

    fn trace_text(&self) -> String {
        match (&self.trace, self.receipt.repeat) {
            (Some(trace), _) => trace.human(),
            (None, true) => "trace: no longer in Jaeger (the event was first sent earlier)".to_owned(),
            (None, false) => "trace: not in Jaeger".to_owned(),
        }
    }
}

fn books(counts: &Counts, balanced: bool) -> String {
    format!(
        "{} stored, {} duplicates, {} dead letters, ledger {}",
        counts.stored,
        counts.duplicate,
        counts.dead_lettered,
        if balanced { "balanced" } else { "NOT BALANCED" }
    )
}

impl Report for Links {
    fn human(&self) -> String {
        let links = [("Prometheus", &self.prometheus), ("Grafana", &self.grafana)];
        let links = links.into_iter().filter_map(|(name, url)| Some((name, url.as_ref()?)));
        let all = [("Jaeger", &self.jaeger)].into_iter().chain(links);
        all.map(|(name, url)| format!("  {name:<11} {url}")).collect::<Vec<_>>().join("\n")
    }
}

impl Report for DemoReport {
    fn human(&self) -> String {
        let Self { delivery, flights, day, rows, .. } = self;
        [
            format!("{flights} flights of {day}, one event each"),
            format!("  sent        {} in {:.1} s ({:.0}/s)", delivery.sent, delivery.seconds, delivery.rate),
            format!(
                "  gateway     {} accepted, {} repeats answered from the receipt cache",
                delivery.accepted, delivery.repeats
            ),
            format!("  this run    {}", books(&self.run, self.balanced)),
            format!("  all runs    {}", books(&self.totals, self.balanced)),
            format!("  rows        {rows} of {flights} flights are rows in farol.events"),
            String::new(),
            format!("One of them: {}", self.receipt.human()),
            String::new(),
            format!("Its row, asked for over HTTP:\n{}", self.event.human()),
            String::new(),
            self.trace_text(),
            String::new(),
            format!("Look further:\n{}", self.links.human()),
        ]
        .join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> DemoReport {
        let receipt = Receipt {
            id: "UA-1".to_owned(),
            source: "/nyc/EWR".to_owned(),
            topic: "farol.events".to_owned(),
            partition: 0,
            offset: 1,
            trace_id: None,
            repeat: true,
        };
        DemoReport {
            day: "2013-01-01".to_owned(),
            flights: 842,
            delivery: Tally::default(),
            run: Counts { stored: 842, ..Counts::default() },
            totals: Counts { stored: 842, ..Counts::default() },
            balanced: true,
            rows: 842,
            event: Whereabouts::from_json("{}".to_owned()).unwrap_or_else(|error| panic!("{error}")),
            trace: None,
            links: Links { jaeger: "http://j".to_owned(), prometheus: None, grafana: None },
            receipt,
        }
    }

    #[test]
    fn the_books_are_one_line() {
        let text = report().human();
        assert!(text.contains("842 stored, 0 duplicates, 0 dead letters, ledger balanced"), "{text}");
        assert!(report().verdict().is_ok());
    }

    #[test]
    fn each_broken_promise_fails_the_demo() {
        let broken: [fn(&mut DemoReport); 4] = [
            |report| report.rows = 841,
            |report| report.balanced = false,
            |report| report.run.dead_lettered = 1,
            |report| report.receipt.repeat = false,
        ];
        for break_it in broken {
            let mut report = report();
            break_it(&mut report);
            assert!(report.verdict().is_err());
        }
    }
}
