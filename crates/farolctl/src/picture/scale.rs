//! Axes: which values and times get a line, and where they stand.

use time::OffsetDateTime;

use crate::prometheus_client::Window;

/// Maps a stretch of values to a stretch of the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Scale {
    pub(super) low: f64,
    pub(super) high: f64,
    from: f64,
    to: f64,
}

impl Scale {
    pub(super) fn new((low, high): (f64, f64), (from, to): (f64, f64)) -> Self {
        Self { low, high, from, to }
    }

    pub(super) fn at(&self, value: f64) -> f64 {
        let share = (value - self.low) / (self.high - self.low);
        self.from + share.clamp(0.0, 1.0) * (self.to - self.from)
    }
}

/// Values from `low` to beyond `high` in about `count` round steps; the base of sizes in memory is 2.
pub(super) fn ticks(low: f64, high: f64, count: usize, binary: bool) -> Vec<f64> {
    let rough = (high - low) / count as f64;
    let step = if binary { 2_f64.powf(rough.log2().ceil()) } else { round_up(rough) };
    let first = (low / step).floor();
    let last = (high / step - 1e-9).ceil().max(first + 1.0);
    (0..=(last - first) as usize).map(|index| (first + index as f64) * step).collect()
}

/// The next of 1, 2, 2.5, 5 and 10 of its power of ten.
fn round_up(value: f64) -> f64 {
    let power = 10_f64.powf(value.log10().floor());
    let round = [1.0, 2.0, 2.5, 5.0].into_iter().find(|round| value <= round * power * 1.000_001);
    round.unwrap_or(10.0) * power
}

/// Round times within the window, at most `count`, as (seconds since 1970, UTC).
pub(super) fn times(window: Window, count: usize) -> Vec<(f64, String)> {
    const ROUND: [f64; 13] = [
        10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1_800.0, 3_600.0, 10_800.0, 21_600.0, 43_200.0,
        86_400.0,
    ];
    let length = window.end - window.start;
    let fits = ROUND.into_iter().find(|step| length / step <= count as f64);
    let step = fits.unwrap_or_else(|| (length / count as f64 / 86_400.0).ceil() * 86_400.0);
    let first = (window.start / step).ceil() as i64;
    let last = (window.end / step).floor() as i64;
    let times = (first..=last).map(|index| index as f64 * step);
    times.map(|time| (time, clock(time, step))).collect()
}

fn clock(seconds: f64, step: f64) -> String {
    let time = OffsetDateTime::from_unix_timestamp(seconds as i64).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    let (hour, minute, second) = (time.hour(), time.minute(), time.second());
    match step {
        step if step < 60.0 => format!("{hour:02}:{minute:02}:{second:02}"),
        step if step < 86_400.0 => format!("{hour:02}:{minute:02}"),
        _ => format!("{:02}-{:02}", u8::from(time.month()), time.day()),
    }
}

#[cfg(test)]
mod tests {
    use super::{Scale, ticks, times};
    use crate::prometheus_client::Window;

    #[test]
    fn values_get_round_steps_that_reach_beyond_the_highest() {
        assert_eq!(ticks(0.0, 470.0, 4, false), [0.0, 200.0, 400.0, 600.0]);
        assert_eq!(ticks(0.0, 1.0, 4, false), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(ticks(0.0, 3_000_000.0, 3, true), [0.0, 1_048_576.0, 2_097_152.0, 3_145_728.0]);
        assert_eq!(ticks(-3.0, 3.0, 3, false), [-4.0, -2.0, 0.0, 2.0, 4.0]);
    }

    #[test]
    fn times_stand_at_round_minutes() {
        let window = Window { start: 1_700_000_050.0, end: 1_700_000_950.0, step: 5.0 };
        let labels: Vec<_> = times(window, 5).into_iter().map(|(_, label)| label).collect();
        assert_eq!(labels, ["22:15", "22:20", "22:25"]);
        let days = Window { start: 1_700_000_000.0, end: 1_700_000_000.0 + 30.0 * 86_400.0, step: 3_600.0 };
        assert!(times(days, 5).len() <= 5);
    }

    #[test]
    fn what_lies_outside_stays_on_the_edge() {
        let scale = Scale::new((0.0, 10.0), (100.0, 0.0));
        assert_eq!([0.0, 5.0, 20.0].map(|value| scale.at(value)), [100.0, 50.0, 0.0]);
    }
}
