//! A panel of curves: axes, lines or stacked areas, dashed bounds, and the key below.

use super::{
    colours, key,
    scale::{self, Scale},
    svg::{Anchor, Area, Letters, Svg},
};
use crate::{
    board::{Line, Panel},
    prometheus_client::Window,
};

const AXIS: Letters = Letters::new(10.0, colours::QUIET);
const TICKS: usize = 4;
const TIME_LABEL: f64 = 90.0;

/// What a curve is drawn on.
struct Plane {
    x: Scale,
    y: Scale,
    step: f64,
}

/// Draws the lines of `panel` within `area`.
pub(super) fn draw(svg: &mut Svg, area: Area, panel: &Panel, lines: &[Line], window: Window) {
    let rows = key::break_lines(key::entries(panel, lines, window), area.width);
    let key_height = rows.len() as f64 * key::LINE_HEIGHT;
    let key_top = area.y + area.height - key_height;
    let curves = curves(panel, lines, window);
    if curves.iter().all(|curve| curve.points.is_empty()) {
        let middle = (area.x + area.width / 2.0, area.y + (area.height - key_height) / 2.0);
        svg.text(middle, Letters::new(13.0, colours::QUIET).at(Anchor::Middle), "no data");
    } else {
        let plot = Area { height: area.height - key_height - 22.0, ..area };
        let plane = axes(svg, plot, panel, &curves, window);
        bounds(svg, panel, &plane);
        // the first is drawn last, over the others
        for curve in curves.iter().rev() {
            curve.draw(svg, &plane, panel.stacked);
        }
    }
    key::draw(svg, &rows, area.x, key_top);
}

/// A line of the panel as it is drawn: where its points stand, and on what.
struct Curve {
    colour: &'static str,
    /// (time, floor, value)
    points: Vec<(f64, f64, f64)>,
}

fn curves(panel: &Panel, lines: &[Line], window: Window) -> Vec<Curve> {
    let mut floors = std::collections::BTreeMap::new();
    let mut curve = |(index, line): (usize, &Line)| {
        let finite = line.points.iter().filter(|(_, value)| value.is_finite());
        let points = finite.map(|&(time, value)| {
            if !panel.stacked {
                return (time, 0.0, value);
            }
            let place = ((time - window.start) / window.step).round() as i64;
            let floor = floors.entry(place).or_insert(0.0);
            let from = *floor;
            *floor += value;
            (time, from, from + value)
        });
        Curve { colour: colours::series(index), points: points.collect() }
    };
    lines.iter().enumerate().map(&mut curve).collect()
}

fn axes(svg: &mut Svg, plot: Area, panel: &Panel, curves: &[Curve], window: Window) -> Plane {
    let ticks = ticks(panel, curves);
    let labels: Vec<String> = ticks.iter().map(|tick| panel.text(*tick)).collect();
    let widest = labels.iter().map(|label| AXIS.width(label)).fold(0.0, f64::max);
    let (left, right, bottom) = (plot.x + widest + 8.0, plot.x + plot.width - 4.0, plot.y + plot.height);
    let (low, high) = (ticks[0], ticks[ticks.len() - 1]);
    let plane = Plane {
        x: Scale::new((window.start, window.end), (left, right)),
        y: Scale::new((low, high), (bottom, plot.y + 6.0)),
        step: window.step,
    };
    for (tick, label) in ticks.iter().zip(&labels) {
        let y = plane.y.at(*tick);
        svg.line((left, y), (right, y), if *tick == low { colours::AXIS } else { colours::GRID }, "");
        svg.text((left - 6.0, y + 3.5), AXIS.at(Anchor::End), label);
    }
    for (time, label) in scale::times(window, ((right - left) / TIME_LABEL).max(1.0) as usize) {
        let x = plane.x.at(time);
        svg.line((x, plot.y + 6.0), (x, bottom), colours::GRID, "");
        // at the edge it would stand over the neighbour
        if x > left + 12.0 && x < right - 12.0 {
            svg.text((x, bottom + 14.0), AXIS.at(Anchor::Middle), &label);
        }
    }
    plane
}

fn ticks(panel: &Panel, curves: &[Curve]) -> Vec<f64> {
    let values = || curves.iter().flat_map(|curve| &curve.points).map(|point| point.2);
    let highest = values().fold(f64::NEG_INFINITY, f64::max);
    let lowest = values().fold(f64::INFINITY, f64::min);
    let low = panel.min.unwrap_or(0.0).min(lowest);
    let high = panel.max.unwrap_or(highest).max(highest);
    // nothing but zeros still needs an axis
    let high = if high > low { high } else { low + 1.0 };
    scale::ticks(low, high, TICKS, panel.unit == "bytes")
}

fn bounds(svg: &mut Svg, panel: &Panel, plane: &Plane) {
    let visible = panel.bounds().filter(|(value, _)| (plane.y.low..=plane.y.high).contains(value));
    for (value, level) in visible {
        let y = plane.y.at(value);
        svg.line((plane.x.at(plane.x.low), y), (plane.x.at(plane.x.high), y), colours::strong(level), "4 3");
    }
}

impl Curve {
    fn draw(&self, svg: &mut Svg, plane: &Plane, is_stacked: bool) {
        // a hole stays a hole
        for stretch in self.points.chunk_by(|a, b| b.0 - a.0 < plane.step * 1.5) {
            let upper = path(plane, stretch.iter().map(|point| (point.0, point.2)));
            let lower = path(plane, stretch.iter().rev().map(|point| (point.0, point.1)));
            if stretch.len() > 1 {
                let opacity = if is_stacked { 0.3 } else { 0.06 };
                svg.fill(&format!("M{upper} L{lower}Z"), self.colour, opacity);
                svg.stroke(&format!("M{upper}"), self.colour);
            } else {
                svg.stroke(&format!("M{upper} h0.1"), self.colour);
            }
        }
    }
}

fn path(plane: &Plane, points: impl Iterator<Item = (f64, f64)>) -> String {
    let place = |(time, value)| format!("{:.1} {:.1}", plane.x.at(time), plane.y.at(value));
    points.map(place).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::{curves, ticks};
    use crate::picture::fixture::{WINDOW, line, panel};

    #[test]
    fn stacked_lines_stand_on_each_other() {
        let panel = panel(r#""custom": {"stacking": {"mode": "normal"}}"#);
        let curves = curves(&panel, &[line("a", &[1.0, 2.0]), line("b", &[10.0, 10.0])], WINDOW);
        let tops: Vec<_> = curves[1].points.iter().map(|point| (point.1, point.2)).collect();
        assert_eq!(tops, [(1.0, 11.0), (2.0, 12.0)]);
    }

    #[test]
    fn zeros_and_the_infinite_still_have_an_axis() {
        let panel = panel(r#""unit": "s""#);
        let curves = curves(&panel, &[line("a", &[0.0, f64::INFINITY])], WINDOW);
        assert_eq!(curves[0].points.len(), 1);
        assert_eq!(ticks(&panel, &curves), [0.0, 0.25, 0.5, 0.75, 1.0]);
    }

    #[test]
    fn an_axis_goes_to_where_the_board_says_or_beyond() {
        let panel = panel(r#""min": 0, "max": 1"#);
        let high = curves(&panel, &[line("a", &[0.1])], WINDOW);
        assert_eq!(ticks(&panel, &high).last(), Some(&1.0));
        let beyond = curves(&panel, &[line("a", &[1.7])], WINDOW);
        assert_eq!(ticks(&panel, &beyond).last(), Some(&2.0));
    }
}
