//! A panel of buckets over time: the darker, the more of it fell there.

use super::{
    colours,
    scale::{self, Scale},
    svg::{Anchor, Area, Letters, Svg},
};
use crate::{
    board::{Line, Panel},
    prometheus_client::Window,
};

const AXIS: Letters = Letters::new(10.0, colours::QUIET);
const LABELS: usize = 7;
const COLUMNS: usize = 60;
const AXIS_HEIGHT: f64 = 22.0;

/// Draws the buckets of `panel` within `area`; each line is a bucket with everything below it (`le`).
pub(super) fn draw(svg: &mut Svg, area: Area, panel: &Panel, lines: &[Line], window: Window) {
    let (bounds, cells) = buckets(lines, window);
    let most = cells.iter().flatten().copied().fold(0.0, f64::max);
    if most <= 0.0 {
        let middle = (area.x + area.width / 2.0, area.y + area.height / 2.0);
        svg.text(middle, Letters::new(13.0, colours::QUIET).at(Anchor::Middle), "no data");
        return;
    }
    let labels: Vec<String> = bounds.iter().map(|bound| panel.text(*bound)).collect();
    let widest = labels.iter().map(|label| AXIS.width(label)).fold(0.0, f64::max);
    let (left, right) = (area.x + widest + 8.0, area.x + area.width - 4.0);
    let (top, bottom) = (area.y + 6.0, area.y + area.height - AXIS_HEIGHT);
    let (row, column) = ((bottom - top) / bounds.len() as f64, (right - left) / COLUMNS as f64);
    for (bucket, label) in labels.iter().enumerate() {
        let y = bottom - row * (bucket as f64 + 1.0);
        if bucket % bounds.len().div_ceil(LABELS) == 0 {
            svg.text((left - 6.0, y + 3.5), AXIS.at(Anchor::End), label);
            svg.line((left, y), (right, y), colours::GRID, "");
        }
        for (index, count) in cells[bucket].iter().enumerate().filter(|(_, count)| **count > 0.0) {
            let cell = Area { x: left + column * index as f64, y, width: column - 1.0, height: row - 1.0 };
            // the root: a few slow ones stay visible beside many quick ones
            svg.rect(cell, 0.0, colours::heat((count / most).sqrt()), "none");
        }
    }
    svg.line((left, bottom), (right, bottom), colours::AXIS, "");
    let x = Scale::new((window.start, window.end), (left, right));
    for (time, label) in scale::times(window, ((right - left) / 90.0).max(1.0) as usize) {
        if x.at(time) > left + 12.0 && x.at(time) < right - 12.0 {
            svg.text((x.at(time), bottom + 14.0), AXIS.at(Anchor::Middle), &label);
        }
    }
}

/// The upper bounds, from the lowest to the highest that anything fell below, and for each the counts of the columns.
fn buckets(lines: &[Line], window: Window) -> (Vec<f64>, Vec<Vec<f64>>) {
    let mut cumulative: Vec<(f64, Vec<f64>)> = Vec::new();
    for line in lines {
        let Some(bound) = line.labels.get("le").and_then(|text| text.parse().ok()) else { continue };
        cumulative.push((bound, columns(line, window)));
    }
    cumulative.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut below = vec![0.0; COLUMNS];
    let mut own = Vec::new();
    for (bound, counts) in cumulative {
        let cells: Vec<f64> =
            counts.iter().zip(&below).map(|(count, below)| f64::max(count - below, 0.0)).collect();
        below = counts;
        own.push((bound, cells));
    }
    let is_empty = |(_, cells): &(f64, Vec<f64>)| cells.iter().all(|count| *count < 1e-9);
    let last = own.iter().rposition(|bucket| !is_empty(bucket)).map_or(0, |index| index + 1);
    own.truncate(last);
    let first = own.iter().position(|bucket| !is_empty(bucket)).unwrap_or(0);
    own.drain(..first.saturating_sub(1));
    own.into_iter().unzip()
}

fn columns(line: &Line, window: Window) -> Vec<f64> {
    let mut columns = vec![0.0; COLUMNS];
    for (time, value) in line.points.iter().filter(|(_, value)| value.is_finite()) {
        let share = (time - window.start) / (window.end - window.start);
        let column = (share * COLUMNS as f64) as usize;
        columns[column.min(COLUMNS - 1)] += value;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::buckets;
    use crate::picture::fixture::{WINDOW, bucket};

    #[test]
    fn each_bucket_shows_only_what_fell_into_it() {
        let lines =
            [bucket("+Inf", &[9.0]), bucket("0.1", &[4.0]), bucket("0.5", &[9.0]), bucket("0.05", &[0.0])];
        let (bounds, cells) = buckets(&lines, WINDOW);
        assert_eq!(bounds, [0.05, 0.1, 0.5]);
        assert_eq!(cells.iter().map(|column| column.iter().sum()).collect::<Vec<f64>>(), [0.0, 4.0, 5.0]);
    }

    #[test]
    fn without_events_there_is_no_bucket() {
        assert_eq!(buckets(&[bucket("0.1", &[0.0]), bucket("+Inf", &[0.0])], WINDOW).0.len(), 0);
        assert_eq!(buckets(&[], WINDOW).0.len(), 0);
    }
}
