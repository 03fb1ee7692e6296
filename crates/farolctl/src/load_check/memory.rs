//! The resident memory of a process, looked at a few times a second, from `/proc/<pid>/status`.

use std::{
    fs, io,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::task::JoinHandle;

const LOOK_EVERY: Duration = Duration::from_millis(200);

/// Looks until it is dropped.
pub(crate) struct Watch {
    samples: Arc<Mutex<Vec<f64>>>,
    looking: JoinHandle<()>,
}

/// Resident memory over a time, in MiB.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Memory(Vec<f64>);

impl Watch {
    pub(crate) fn start(pid: u32) -> Self {
        let samples = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&samples);
        let looking = tokio::spawn(async move {
            loop {
                // a process that is gone shows in the requests it does not answer
                if let Ok(mib) = resident_mib(pid) {
                    into.lock().unwrap_or_else(PoisonError::into_inner).push(mib);
                }
                tokio::time::sleep(LOOK_EVERY).await;
            }
        });
        Self { samples, looking }
    }

    pub(crate) fn stop(self) -> Memory {
        Memory(self.samples.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.looking.abort();
    }
}

impl Memory {
    /// The most of the first and of the last half of the time.
    pub(crate) fn halves(&self) -> (f64, f64) {
        let (first, last) = self.0.split_at(self.0.len() / 2);
        let most = |samples: &[f64]| samples.iter().copied().fold(f64::NAN, f64::max);
        (most(first), most(last))
    }

    /// About one sample a second, after this share (0 to 1) of the time.
    pub(crate) fn since(&self, share: f64) -> Vec<f64> {
        let first = (self.0.len() as f64 * share).ceil() as usize;
        let each = (1.0 / LOOK_EVERY.as_secs_f64()) as usize;
        self.0.iter().skip(first).step_by(each.max(1)).copied().collect()
    }

    pub(crate) fn most(&self) -> f64 {
        self.0.iter().copied().fold(f64::NAN, f64::max)
    }
}

/// Resident memory of a process now, in MiB.
pub(crate) fn resident_mib(pid: u32) -> io::Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/status"))?;
    parse(&text)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/status: {text}")))
}

fn parse(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib / 1024.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halves_are_compared_by_what_was_most() {
        assert_eq!(Memory(vec![1.0, 5.0, 2.0, 4.0]).halves(), (5.0, 4.0));
        assert!(Memory(Vec::new()).halves().1.is_nan());
    }

    #[test]
    fn what_comes_before_memory_settles_is_left_out() {
        let memory = Memory((0..20).map(f64::from).collect());
        assert_eq!(memory.since(0.25), [5.0, 10.0, 15.0]);
    }

    #[test]
    fn this_very_process_has_memory() {
        assert_eq!(parse("Name:\tx\nVmRSS:\t   2048 kB\n"), Some(2.0));
        assert!(resident_mib(std::process::id()).is_ok_and(|mib| mib > 0.0));
    }
}
