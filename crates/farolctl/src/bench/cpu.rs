//! CPU time of processes, from `/proc/<pid>/stat`: user and system, with that of children that
//! have ended.

use std::{collections::HashMap, fs, io};

/// What the kernel counts in for user space, on every Linux (USER_HZ).
const TICKS_PER_SECOND: f64 = 100.0;

/// The fields of one `/proc/<pid>/stat` that matter here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) name: String,
    pub(crate) parent: u32,
    ticks: u64,
    /// Those of `ticks` that children used who have ended.
    childrens: u64,
}

/// CPU seconds of a process and its ended children.
pub(crate) fn seconds(pid: u32) -> io::Result<f64> {
    Ok(stat(pid)?.ticks as f64 / TICKS_PER_SECOND)
}

/// CPU seconds of this process's children that have ended.
pub(crate) fn ended_children_seconds() -> io::Result<f64> {
    Ok(stat(std::process::id())?.childrens as f64 / TICKS_PER_SECOND)
}

/// CPU seconds of a process and everything below it. What a child used is counted
/// once: by itself while it runs, by its parent after.
pub(crate) fn tree_seconds(root: u32) -> io::Result<f64> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    let mut ticks: HashMap<u32, u64> = HashMap::new();
    for entry in fs::read_dir("/proc")? {
        let Some(pid) = entry?.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // a process that ended meanwhile is in its parent's time
        let Ok(stat) = stat(pid) else { continue };
        children.entry(stat.parent).or_default().push(pid);
        ticks.insert(pid, stat.ticks);
    }
    let mut todo = vec![root];
    let mut sum = 0;
    while let Some(pid) = todo.pop() {
        sum += ticks.get(&pid).copied().unwrap_or(0);
        todo.extend(children.remove(&pid).unwrap_or_default());
    }
    Ok(sum as f64 / TICKS_PER_SECOND)
}

/// Reads one process's stat.
pub(crate) fn stat(pid: u32) -> io::Result<Stat> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    parse(&text)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, format!("/proc/{pid}/stat: {text}")))
}

/// `pid (name) state parent …`, where the name may hold spaces and brackets.
fn parse(text: &str) -> Option<Stat> {
    let (before, after) = text.rsplit_once(") ")?;
    let name = before.split_once('(')?.1.to_owned();
    let fields: Vec<&str> = after.split_ascii_whitespace().collect();
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    // user, system, children's user, children's system: fields 14 to 17 of proc(5)
    let childrens = field(16)? + field(17)?;
    let ticks = field(14)? + field(15)? + childrens;
    Some(Stat { name, parent: field(4)?.try_into().ok()?, ticks, childrens })
}

#[cfg(test)]
mod tests {
    use super::{Stat, parse, tree_seconds};

    #[test]
    fn a_name_with_brackets_is_read_right() {
        let line = "42 (a) b (c) S 7 42 42 0 -1 4194560 100 200 0 0 11 22 33 44 20 0 1 0 12345";
        let expected = Stat { name: "a) b (c".to_owned(), parent: 7, ticks: 110, childrens: 77 };
        assert_eq!(parse(line), Some(expected));
        assert_eq!(parse("nonsense"), None);
    }

    #[test]
    fn this_very_process_has_a_tree() {
        assert!(tree_seconds(std::process::id()).is_ok_and(|seconds| seconds >= 0.0));
    }
}
