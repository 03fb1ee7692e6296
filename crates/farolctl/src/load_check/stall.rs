//! Kafka falls silent under load and comes back: nobody waits for ever, nothing piles up.

use std::time::Duration;

use tokio::time::sleep;

use super::{
    Size,
    bed::{Bed, DELIVERY_GRACE, DELIVERY_TIMEOUT},
    check::Findings,
    open_loop::Load,
    pressure,
};
use crate::bench::Error;

const BEFORE: Duration = Duration::from_secs(3);
/// So long that requests run into their deadline twice and others take their places. The first two
/// waves use all connections between them, whose buffers stay; a third one has to fit into those.
const SILENT: Duration =
    Duration::from_secs(4).saturating_add(DELIVERY_GRACE).saturating_add(DELIVERY_TIMEOUT.saturating_mul(2));
const AFTER: Duration = Duration::from_secs(4);
const ACCEPTS_WITHIN: Duration = Duration::from_secs(1);

pub(crate) async fn run(bed: &Bed<'_>, size: &Size) -> Result<Findings, Error> {
    let load = Load {
        label: "Kafka silent, seconds",
        // what Kafka would take: the gateway fills within seconds at any rate
        requests_per_second: f64::from(size.capacity),
        length: BEFORE + SILENT + AFTER,
        connections: size.connections,
    };
    let requests = bed.requests.of(1, "stall");
    let silence = async {
        sleep(BEFORE).await;
        bed.link.set_open(false);
        sleep(SILENT).await;
        bed.link.set_open(true);
    };
    let seen = pressure::press(bed, &requests, load, silence).await?;
    let under = format!(
        "{} events/s for {} s, Kafka silent for {} s of them; {} events of unknown outcome{}",
        size.capacity,
        load.length.as_secs(),
        SILENT.as_secs(),
        seen.tally.unknown_events,
        seen.tally.remarks(),
    );
    Ok(Findings { run: "Kafka silent", under, checks: seen.checks(ACCEPTS_WITHIN) })
}
