//! A curve in one line of text.

const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// `width` characters, each the highest of its stretch, from zero to the highest of all; a blank where nothing is known.
pub(super) fn line(curve: &[Option<f64>], width: usize) -> String {
    if curve.is_empty() {
        return " ".repeat(width);
    }
    let top = curve.iter().flatten().copied().fold(0.0, f64::max);
    let stretch = |column: usize| {
        let from = column * curve.len() / width;
        let to = ((column + 1) * curve.len() / width).max(from + 1);
        let known = curve[from..to].iter().flatten().copied();
        known.reduce(f64::max).map_or(' ', |value| bar(value, top))
    };
    (0..width).map(stretch).collect()
}

fn bar(value: f64, top: f64) -> char {
    if top <= 0.0 {
        return BARS[0];
    }
    let level = (value / top * (BARS.len() - 1) as f64).round();
    BARS[(level.max(0.0) as usize).min(BARS.len() - 1)]
}

#[cfg(test)]
mod tests {
    use super::line;

    #[test]
    fn a_curve_goes_from_zero_to_its_highest() {
        let curve: Vec<_> = [0.0, 1.0, 2.0, 7.0].map(Some).to_vec();
        assert_eq!(line(&curve, 4), "▁▂▃█");
    }

    #[test]
    fn many_points_share_a_character_and_few_are_stretched() {
        let curve: Vec<_> = [1.0, 7.0, 0.0, 0.0].map(Some).to_vec();
        assert_eq!(line(&curve, 2), "█▁");
        assert_eq!(line(&curve[1..3], 4), "██▁▁");
    }

    #[test]
    fn what_is_not_known_stays_blank_and_zero_does_not() {
        assert_eq!(line(&[None, Some(0.0), None], 3), " ▁ ");
        assert_eq!(line(&[None, None], 2), "  ");
        assert_eq!(line(&[], 3), "   ");
    }
}
