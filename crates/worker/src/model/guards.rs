//! What keeps the promise, each to be taken away by a test that wants to see it broken.

/// One protection of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// The ledger is compared with where a batch begins, before it is written and as it is advanced.
    LedgerComparison,
    /// The ledger's CHECK that offsets consumed and outcomes add up.
    BalanceCheck,
    /// A key has one row.
    UniqueKeys,
    /// Records of an earlier assignment are told from those of this one.
    Generations,
    /// A gap is booked only if the log begins before it.
    LogStart,
    /// `auto.offset.reset=error`: the client never goes on elsewhere by itself.
    ResetIsAnError,
    /// A worker that was fenced starts anew from where the ledger is.
    Rewind,
    /// Rows, letters and books are one transaction.
    OneTransaction,
    /// Nothing is taken from a client that could not be moved to where it should read.
    Place,
}

/// The guards that are on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Guards(u16);

impl Guards {
    pub(super) const ALL: Self = Self(u16::MAX);

    pub(super) fn without(self, guard: Guard) -> Self {
        Self(self.0 & !bit(guard))
    }

    pub(super) fn has(self, guard: Guard) -> bool {
        self.0 & bit(guard) != 0
    }
}

fn bit(guard: Guard) -> u16 {
    1 << guard as u16
}
