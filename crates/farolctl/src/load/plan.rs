//! What is to be offered: steps of a rate, and the moment at which each request is meant to leave.

use std::time::Duration;

/// Rates one after another, each for the same time.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    /// Events per second, step by step.
    pub(crate) steps: Vec<f64>,
    /// How long each step lasts.
    pub(crate) length: Duration,
    /// How long the way from one rate to the next takes, at the start of each step; zero jumps.
    pub(crate) ramp: Duration,
    /// Events in one request.
    pub(crate) batch: u32,
}

impl Plan {
    /// When the requests of a step are meant to leave, counted from its start.
    pub(crate) fn departures(&self, step: usize) -> impl Iterator<Item = Duration> + use<> {
        let to = self.steps.get(step).copied().unwrap_or_default() / f64::from(self.batch);
        let from = match step.checked_sub(1).and_then(|before| self.steps.get(before)) {
            Some(before) => before / f64::from(self.batch),
            None => 0.0,
        };
        let (length, ramp) = (self.length.as_secs_f64(), self.ramp.min(self.length).as_secs_f64());
        (0_u32..)
            .map(move |number| moment(f64::from(number), from, to, ramp))
            .take_while(move |at| *at < length)
            .map(Duration::from_secs_f64)
    }
}

/// When the request of this number leaves, where the rate goes from `from` to `to` in `ramp` seconds and stays there.
fn moment(number: f64, from: f64, to: f64, ramp: f64) -> f64 {
    let in_ramp = (from + to) / 2.0 * ramp;
    // The first leaves at once; from a rate of nothing the formula has no value for it.
    if number == 0.0 {
        return 0.0;
    }
    if number >= in_ramp {
        return ramp + (number - in_ramp) / to;
    }
    // number = from·t + (to − from)/(2·ramp)·t², solved in the form that bears from = to.
    2.0 * number / (from + (from * from + 2.0 * (to - from) / ramp * number).sqrt())
}

/// Reads `400`, `400/s` or `1.5k`; for the command line.
pub(crate) fn rate(text: &str) -> Result<f64, String> {
    let wrong = || format!("{text:?} is no rate such as 400, 400/s or 1.5k; from 0.1 to 1000000");
    let bare = text.strip_suffix("/s").unwrap_or(text);
    let (number, times) = bare.strip_suffix('k').map_or((bare, 1.0), |thousands| (thousands, 1_000.0));
    let rate = number.parse::<f64>().map_err(|_| wrong())? * times;
    if (0.1..=1e6).contains(&rate) { Ok(rate) } else { Err(wrong()) }
}

/// Reads `5%` or `0.05`; for the command line.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    let wrong = || format!("{text:?} is no share such as 5% or 0.05");
    let share = match text.strip_suffix('%') {
        Some(percent) => percent.parse::<f64>().map_err(|_| wrong())? / 100.0,
        None => text.parse::<f64>().map_err(|_| wrong())?,
    };
    if (0.0..=1.0).contains(&share) { Ok(share) } else { Err(wrong()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(steps: &[f64], ramp: u64, batch: u32) -> Plan {
        Plan {
            steps: steps.to_vec(),
            length: Duration::from_secs(10),
            ramp: Duration::from_secs(ramp),
            batch,
        }
    }

    fn offered(plan: &Plan, step: usize) -> u64 {
        plan.departures(step).count() as u64 * u64::from(plan.batch)
    }

    fn within(plan: &Plan, step: usize, from: f64, to: f64) -> usize {
        plan.departures(step).filter(|at| (from..to).contains(&at.as_secs_f64())).count()
    }

    #[test]
    fn a_step_offers_its_rate_evenly() {
        let plan = plan(&[200.0, 400.0], 0, 1);
        assert_eq!((offered(&plan, 0), offered(&plan, 1)), (2_000, 4_000));
        assert_eq!(within(&plan, 0, 3.0, 4.0), 200);
        let times: Vec<_> = plan.departures(1).take(3).collect();
        assert_eq!(times, [0, 2_500, 5_000].map(Duration::from_micros));
    }

    #[test]
    fn a_batch_is_one_request_for_its_events() {
        let plan = plan(&[200.0], 0, 50);
        assert_eq!((plan.departures(0).count(), offered(&plan, 0)), (40, 2_000));
    }

    #[test]
    fn a_ramp_goes_from_the_rate_before_to_the_next() {
        let plan = plan(&[100.0, 300.0], 4, 1);
        // From nothing: 4 s at 50 on average, then 6 s at 100.
        assert_eq!(offered(&plan, 0), 200 + 600);
        assert_eq!(within(&plan, 0, 0.0, 2.0), 50);
        // From 100: 4 s at 200 on average, then 6 s at 300.
        assert_eq!(offered(&plan, 1), 800 + 1_800);
        let sorted: Vec<_> = plan.departures(1).collect();
        assert!(sorted.is_sorted());
    }

    #[test]
    fn rates_and_shares_are_read_as_people_write_them() {
        assert_eq!([rate("400"), rate("400/s"), rate("1.5k")], [Ok(400.0), Ok(400.0), Ok(1_500.0)]);
        assert_eq!([share("5%"), share("0.05")], [Ok(0.05), Ok(0.05)]);
        for wrong in ["", "0", "-1", "fast", "NaN", "inf", "2000k"] {
            assert!(rate(wrong).is_err(), "{wrong}");
        }
        for wrong in ["", "101%", "1.1", "-5%", "NaN"] {
            assert!(share(wrong).is_err(), "{wrong}");
        }
    }
}
