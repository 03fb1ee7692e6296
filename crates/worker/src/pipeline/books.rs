//! The pipeline's look into the books, when what it remembers and what it meets do not fit together.

use super::Pipeline;
use crate::assignment::is_lost;
use crate::status::Reason;
use crate::store::Position;

impl Pipeline {
    /// Whether somebody has to act. What this worker remembers does not tell: it may have been frozen for so long that
    /// another one went on, and that its own next offset has left by age. The ledger does; where it cannot be read, a new
    /// client finds out as soon as it can.
    pub(super) fn has_lost_records(&self, reason: Reason) -> bool {
        if !matches!(reason, Reason::OffsetOutOfRange | Reason::LogTruncated) {
            return true;
        }
        let looked = self.ledger_of(&self.consumer.assignment.partitions()).and_then(|positions| {
            for Position { partition, next, .. } in positions {
                let (start, end) = self.consumer.log_range(partition).map_err(|error| error.to_string())?;
                if is_lost(next, start, end) {
                    tracing::error!(name: "records_lost", partition, next, start, end, "the topic lacks what comes next");
                    return Ok(true);
                }
            }
            Ok(false)
        });
        looked.unwrap_or_else(|error| {
            tracing::warn!(name: "loss_unverifiable", error, "whether records are lost cannot be told yet");
            false
        })
    }

    /// Books that are gone altogether are opened anew at the log's start: keys make duplicates of
    /// what was stored before.
    pub(super) fn ledger_of(&self, partitions: &[i32]) -> Result<Vec<Position>, String> {
        let mut log_starts = Vec::with_capacity(partitions.len());
        for partition in partitions {
            let start = self.consumer.log_start(*partition).map_err(|error| error.to_string())?;
            log_starts.push((*partition, start));
        }
        self.runtime
            .block_on(self.store.positions(&self.consumer.book, &log_starts))
            .map_err(|error| error.to_string())
    }
}
