//! The colours: dark on light, told apart by readers who see colours differently, too.

use crate::board::Level;

pub(super) const PAGE: &str = "#f4f5f7";
pub(super) const CARD: &str = "#ffffff";
pub(super) const BORDER: &str = "#dde1e6";
pub(super) const GRID: &str = "#eceef1";
pub(super) const AXIS: &str = "#c3c9d1";
pub(super) const INK: &str = "#1f2733";
pub(super) const QUIET: &str = "#6b7685";

/// The lines of a panel, in this order.
const SERIES: [&str; 8] =
    ["#1f6fb4", "#e07b00", "#2e8b57", "#b23a48", "#7a52a5", "#0e8c94", "#8a6d1f", "#d0559b"];

/// From few to many, for heat maps.
const HEAT: [&str; 7] = ["#fdf0e1", "#fddbb3", "#fdbe85", "#fd9a52", "#ef7425", "#d0510c", "#8f3305"];

pub(super) fn series(index: usize) -> &'static str {
    SERIES[index % SERIES.len()]
}

/// `share` from 0 to 1.
pub(super) fn heat(share: f64) -> &'static str {
    let step = (share.clamp(0.0, 1.0) * (HEAT.len() - 1) as f64).round();
    HEAT[step as usize]
}

/// Letters and lines of this level.
pub(super) fn strong(level: Level) -> &'static str {
    match level {
        Level::Plain => INK,
        Level::Good => "#1b7a3d",
        Level::Warning => "#b26a00",
        Level::Bad => "#b3261e",
    }
}

/// What stands behind them.
pub(super) fn soft(level: Level) -> &'static str {
    match level {
        Level::Plain => CARD,
        Level::Good => "#e8f5ec",
        Level::Warning => "#fff3df",
        Level::Bad => "#fdeaea",
    }
}
