//! How bad a value is, by the thresholds of its panel.

use serde::{Deserialize, Serialize};

use super::Panel;

/// From here on a value has this colour.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Step {
    color: String,
    /// None on the lowest: from minus infinity.
    value: Option<f64>,
}

/// How bad a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    /// Nobody said what is good.
    Plain,
    Good,
    Warning,
    Bad,
}

impl Step {
    /// How bad its colour is.
    fn level(&self) -> Level {
        let colour = self.color.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        match colour.trim_start_matches("semi-dark-").trim_start_matches("dark-").trim_start_matches("light-")
        {
            "green" | "super-light-green" => Level::Good,
            "yellow" | "orange" => Level::Warning,
            "red" => Level::Bad,
            _ => Level::Plain,
        }
    }
}

impl Panel {
    /// How bad this value is here.
    pub(crate) fn level(&self, value: f64) -> Level {
        of(&self.steps, value)
    }

    /// The values where something gets better or worse, with the level above them.
    pub(crate) fn bounds(&self) -> impl Iterator<Item = (f64, Level)> {
        self.steps.iter().filter_map(|step| Some((step.value?, step.level())))
    }
}

/// The level of a value; `Plain` where the steps draw no line.
fn of(steps: &[Step], value: f64) -> Level {
    if steps.len() < 2 {
        return Level::Plain;
    }
    let mut reached = steps.iter().rev().filter(|step| step.value.is_none_or(|from| value >= from));
    reached.next().map_or(Level::Plain, Step::level)
}

#[cfg(test)]
mod tests {
    use super::{Level, Step, of};

    fn steps(list: &[(&str, Option<f64>)]) -> Vec<Step> {
        list.iter().map(|(color, value)| Step { color: (*color).to_owned(), value: *value }).collect()
    }

    #[test]
    fn a_value_has_the_level_of_the_last_step_it_reaches() {
        let rising = steps(&[("green", None), ("orange", Some(0.1)), ("dark-red", Some(0.5))]);
        assert_eq!(
            [0.05, 0.1, 0.6].map(|value| of(&rising, value)),
            [Level::Good, Level::Warning, Level::Bad]
        );
        let falling = steps(&[("red", None), ("green", Some(1.0))]);
        assert_eq!([0.9, 1.0].map(|value| of(&falling, value)), [Level::Bad, Level::Good]);
    }

    #[test]
    fn where_no_line_is_drawn_nothing_is_good_or_bad() {
        assert_eq!(of(&steps(&[("green", None)]), 1e9), Level::Plain);
        assert_eq!(of(&[], 1.0), Level::Plain);
    }
}
