//! A range of schedule dates within the year the flights are of.

use time::{Date, Month, macros::format_description};

use super::Error;

/// First and last schedule date, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Days {
    first: Date,
    last: Date,
}

impl Days {
    /// The whole year.
    pub(crate) fn year() -> Result<Self, Error> {
        let edge = |month, day| Date::from_calendar_date(2013, month, day);
        let year = edge(Month::January, 1).and_then(|first| Ok((first, edge(Month::December, 31)?)));
        let (first, last) = year.map_err(|error| Error::OutOfRange(error.to_string()))?;
        Ok(Self { first, last })
    }

    /// From `first` to `last`, the year's ends where one is not given.
    pub(crate) fn new(first: Option<Date>, last: Option<Date>) -> Result<Self, Error> {
        let year = Self::year()?;
        let days = Self { first: first.unwrap_or(year.first), last: last.unwrap_or(year.last) };
        if !year.contains(days.first) || !year.contains(days.last) {
            return Err(Error::OutOfRange(format!("no flights from {} to {}", days.first, days.last)));
        }
        if days.first > days.last {
            return Err(Error::OutOfRange(format!("{} is after {}", days.first, days.last)));
        }
        Ok(days)
    }

    pub(crate) fn contains(self, date: Date) -> bool {
        (self.first..=self.last).contains(&date)
    }
}

/// Reads `YYYY-MM-DD`; for the command line.
pub(crate) fn parse(text: &str) -> Result<Date, String> {
    Date::parse(text, format_description!("[year]-[month]-[day]"))
        .map_err(|_| "expected a date like 2013-01-01".to_owned())
}

#[cfg(test)]
mod tests {
    use time::macros::date;

    use super::{Days, parse};

    #[test]
    fn both_ends_are_included() {
        let days = Days::new(Some(date!(2013 - 01 - 01)), Some(date!(2013 - 01 - 02)));
        assert!(days.is_ok_and(|days| days.contains(date!(2013 - 01 - 01))
            && days.contains(date!(2013 - 01 - 02))
            && !days.contains(date!(2013 - 01 - 03))));
    }

    #[test]
    fn other_years_and_backward_ranges_are_refused() {
        assert!(Days::new(Some(date!(2014 - 01 - 01)), None).is_err());
        assert!(Days::new(Some(date!(2013 - 02 - 01)), Some(date!(2013 - 01 - 01))).is_err());
    }

    #[test]
    fn dates_are_read_strictly() {
        assert_eq!(parse("2013-11-03"), Ok(date!(2013 - 11 - 03)));
        assert!(parse("3.11.2013").is_err());
        assert!(parse("2013-02-30").is_err());
    }
}
