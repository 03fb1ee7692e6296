//! What can be asked of a running load, one line of standard input each.

use std::{str::FromStr, time::Duration};

/// A request to a running load.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Command {
    /// So many more events per second for so long.
    Burst { events_per_second: f64, length: Duration },
    /// So many records that are no events, straight into the topic.
    Poison(u64),
    /// Send nothing new, wait for what is on its way, and end.
    Stop,
}

impl FromStr for Command {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let words: Vec<_> = line.split_ascii_whitespace().collect();
        let number =
            |text: &str| text.parse::<u32>().map_err(|_| format!("{text:?} is no number in {line:?}"));
        match words[..] {
            ["burst", rate, seconds] => Ok(Self::Burst {
                events_per_second: number(rate)?.into(),
                length: Duration::from_secs(number(seconds)?.into()),
            }),
            ["poison", count] => Ok(Self::Poison(number(count)?.into())),
            ["stop"] => Ok(Self::Stop),
            _ => Err(format!("{line:?} is not `burst <events/s> <seconds>`, `poison <count>` or `stop`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_are_read_and_nonsense_is_refused() {
        let burst = Command::Burst { events_per_second: 3000.0, length: Duration::from_secs(5) };
        assert_eq!("burst 3000 5".parse(), Ok(burst));
        assert_eq!("poison 3".parse(), Ok(Command::Poison(3)));
        assert_eq!("stop".parse(), Ok(Command::Stop));
        for bad in ["", "burst", "burst x 5", "poison -1", "stop now"] {
            assert!(bad.parse::<Command>().is_err(), "{bad}");
        }
    }
}
