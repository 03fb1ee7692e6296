//! Bars for figures that were measured in rounds: a bar as long as the median, and on it a line from the lowest to the
//! highest.

use super::{
    colours::{AXIS, BORDER, CARD, INK, PAGE, QUIET, series, strong},
    svg::{Anchor, Area, Letters, Svg},
};
use crate::board::Level;

const WIDTH: f64 = 900.0;
const MARGIN: f64 = 16.0;
const NAMES: f64 = 220.0;
const FIGURES: f64 = 190.0;
const HEAD: f64 = 44.0;
const BAR: f64 = 20.0;
const TITLE: Letters = Letters::new(13.0, INK).bold();
const NAME: Letters = Letters::new(11.0, INK).at(Anchor::End);
const FIGURE: Letters = Letters::new(11.0, QUIET);

/// Figures that are compared with each other.
pub(crate) struct Card {
    pub(crate) title: String,
    /// What was wanted, and whether that is so.
    pub(crate) verdict: Option<(String, bool)>,
    pub(crate) bars: Vec<Bar>,
}

/// One figure.
pub(crate) struct Bar {
    pub(crate) name: String,
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    /// The figure as it is read.
    pub(crate) text: String,
}

/// All cards below each other, as SVG.
pub(crate) fn bars(title: &str, cards: &[Card]) -> String {
    let mut svg = Svg::new(WIDTH);
    svg.text((MARGIN, 26.0), Letters::new(16.0, INK).bold(), title);
    let mut top = 40.0;
    for card in cards {
        top = draw(&mut svg, card, top) + MARGIN;
    }
    svg.finish(top, title, PAGE)
}

/// The lower end of the card.
fn draw(svg: &mut Svg, card: &Card, top: f64) -> f64 {
    let height = HEAD + BAR * card.bars.len() as f64 + 8.0;
    svg.rect(Area { x: MARGIN, y: top, width: WIDTH - 2.0 * MARGIN, height }, 6.0, CARD, BORDER);
    let left = 2.0 * MARGIN;
    svg.text((left, top + 18.0), TITLE, &TITLE.fit(&card.title, WIDTH - 4.0 * MARGIN));
    if let Some((text, passed)) = &card.verdict {
        let level = if *passed { Level::Good } else { Level::Bad };
        svg.text((left, top + 34.0), Letters::new(11.0, strong(level)), text);
    }
    let longest = card.bars.iter().map(|bar| bar.high).fold(f64::EPSILON, f64::max);
    let (from, width) = (left + NAMES, WIDTH - 4.0 * MARGIN - NAMES - FIGURES);
    for (number, bar) in card.bars.iter().enumerate() {
        let (y, x) = (top + HEAD + BAR * number as f64, |value: f64| from + width * value / longest);
        svg.text((from - 8.0, y + 11.0), NAME, &NAME.fit(&bar.name, NAMES - 8.0));
        let area = Area { x: from, y, width: (x(bar.median) - from).max(1.0), height: BAR - 6.0 };
        svg.rect(area, 2.0, series(number), series(number));
        svg.line((x(bar.low), y + 7.0), (x(bar.high), y + 7.0), INK, "");
        svg.text((x(bar.high) + 8.0, y + 11.0), FIGURE, &bar.text);
    }
    svg.line((from, top + HEAD - 4.0), (from, top + height - 8.0), AXIS, "");
    top + height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_bar_fills_the_room_and_the_others_are_in_proportion() {
        let bar = |name: &str, median| Bar {
            name: name.to_owned(),
            median,
            low: median,
            high: median,
            text: format!("{median}"),
        };
        let verdict = Some(("wanted < 3".to_owned(), true));
        let card = Card { title: "a & b".to_owned(), verdict, bars: vec![bar("one", 1.0), bar("four", 4.0)] };
        let svg = bars("Bench", &[card]);
        assert!(svg.contains("a &amp; b") && svg.contains("wanted &lt; 3"), "{svg}");
        let room = WIDTH - 4.0 * MARGIN - NAMES - FIGURES;
        for width in [room, room / 4.0] {
            assert!(svg.contains(&format!(r#"width="{width:.1}""#)), "{width} in {svg}");
        }
    }
}
