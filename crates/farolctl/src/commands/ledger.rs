//! `farolctl ledger`: the books, per partition and in total.

use serde::Serialize;

use crate::{
    books::{Account, Counts, Ledger},
    cli::Database,
    error::Error,
    output::{Output, Report},
    table,
};

/// Show the books: what was consumed, and what became of it
///
/// Exit code 1 if consumed offsets and their fates do not add up.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,
}

#[derive(Debug, Serialize)]
struct Statement<'a> {
    partitions: &'a Ledger,
    totals: Counts,
    balanced: bool,
}

pub(crate) async fn run(arguments: Arguments, output: Output) -> Result<(), Error> {
    let ledger = arguments.database.connect().await?.ledger().await?;
    let balanced = ledger.is_balanced();
    output.print(&Statement { partitions: &ledger, totals: ledger.totals(), balanced })?;
    if balanced {
        return Ok(());
    }
    Err(Error::Failed("the ledger does not balance: offsets were consumed whose fate is unknown".to_owned()))
}

impl Report for Statement<'_> {
    fn human(&self) -> String {
        if self.partitions.0.is_empty() {
            return "nothing was consumed yet: the ledger has no partitions".to_owned();
        }
        let header =
            ["partition", "start", "next", "stored", "duplicate", "dead-lettered", "gaps", "balanced"];
        let mut rows: Vec<_> = self.partitions.0.iter().map(row).collect();
        let total = [String::new(), String::new()].into_iter().chain(counts(&self.totals));
        let balanced = if self.balanced { "yes" } else { "NO" };
        rows.push(["total".to_owned()].into_iter().chain(total).chain([balanced.to_owned()]).collect());
        table::render(&header, &rows)
    }
}

fn row(account: &Account) -> Vec<String> {
    let place = format!("{} {}", account.topic, account.partition);
    let offsets = [account.start_offset, account.next_offset].map(|offset| offset.to_string());
    let balanced = if account.is_balanced() { "yes" } else { "NO" };
    let cells = [place].into_iter().chain(offsets).chain(counts(&account.counts));
    cells.chain([balanced.to_owned()]).collect()
}

fn counts(counts: &Counts) -> [String; 4] {
    [counts.stored, counts.duplicate, counts.dead_lettered, counts.gaps].map(|count| count.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Account, Counts, Ledger, Report, Statement};

    fn ledger() -> Ledger {
        Ledger(vec![Account {
            cluster_id: "c".to_owned(),
            topic: "farol.events".to_owned(),
            partition: 2,
            start_offset: 0,
            next_offset: 5,
            counts: Counts { stored: 4, duplicate: 1, dead_lettered: 0, gaps: 0 },
        }])
    }

    #[test]
    fn json_is_stable() {
        let ledger = ledger();
        let statement = Statement { partitions: &ledger, totals: ledger.totals(), balanced: true };
        let expected = serde_json::json!({
            "partitions": [{
                "clusterId": "c", "topic": "farol.events", "partition": 2, "startOffset": 0,
                "nextOffset": 5, "stored": 4, "duplicate": 1, "deadLettered": 0, "gaps": 0
            }],
            "totals": {"stored": 4, "duplicate": 1, "deadLettered": 0, "gaps": 0},
            "balanced": true
        });
        assert_eq!(serde_json::to_value(&statement).unwrap_or_default(), expected);
    }

    #[test]
    fn the_table_ends_with_the_totals() {
        let ledger = ledger();
        let statement = Statement { partitions: &ledger, totals: ledger.totals(), balanced: true };
        let text = statement.human();
        let last = text.lines().last().map(|line| line.split_whitespace().collect::<Vec<_>>());
        assert_eq!(last, Some(vec!["total", "4", "1", "0", "0", "yes"]));
    }
}
