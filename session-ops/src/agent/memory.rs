//! All processes of the machine at one moment, by one small file each: who came from whom, since when, and what they take.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Read;
use std::panic::resume_unwind;
use std::thread;

use bstr::ByteSlice;

/// One process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    /// Its process id.
    pub pid: u32,
    /// Its parent.
    pub parent: u32,
    /// When it was started, in ticks since the machine was.
    pub start_time: u64,
    /// Its resident memory in bytes; what it shares with others counts for each of them.
    pub memory: u64,
    /// Whether it has ended and wasn't asked how.
    pub ended: bool,
}

/// All processes at one moment.
#[derive(Debug, Clone, Default)]
pub struct Processes {
    entries: BTreeMap<u32, Entry>,
    /// Pairs of parent and child.
    children: BTreeSet<(u32, u32)>,
    /// When they were read, in ticks since the machine was started.
    now: Option<u64>,
}

impl Processes {
    /// Reads `/proc`. What ends meanwhile is left out.
    pub fn read() -> Self {
        Self::of(read_all(&pids()), now())
    }

    /// The same by two threads, for whoever has nothing else to do: it takes two thirds of the time.
    pub(crate) fn read_by_two() -> Self {
        let pids = pids();
        let (one, other) = pids.split_at(pids.len() / 2);
        let entries = thread::scope(|scope| {
            let Ok(reading) = thread::Builder::new().spawn_scoped(scope, || read_all(one)) else {
                // There is no room for another thread.
                return read_all(&pids);
            };
            let mut entries = read_all(other);
            entries.extend(reading.join().unwrap_or_else(|panic| resume_unwind(panic)));
            entries
        });
        Self::of(entries, now())
    }

    fn of(entries: BTreeMap<u32, Entry>, now: Option<u64>) -> Self {
        let children = entries.values().map(|entry| (entry.parent, entry.pid)).collect();
        Self { entries, children, now }
    }

    /// The process with this id, unless it has ended.
    pub fn get(&self, pid: u32) -> Option<&Entry> {
        self.entries.get(&pid).filter(|entry| !entry.ended)
    }

    /// How long a process has been running, in milliseconds.
    pub fn age_ms(&self, pid: u32) -> Option<u64> {
        let ticks = self.now?.saturating_sub(self.get(pid)?.start_time);
        ticks
            .saturating_mul(1000)
            .checked_div(rustix::param::clock_ticks_per_second())
    }

    /// A process and all that descend from it, the nearest first.
    pub fn tree(&self, pid: u32) -> Vec<&Entry> {
        let mut found: Vec<&Entry> = self.entries.get(&pid).into_iter().collect();
        let mut seen = BTreeSet::from([pid]);
        let mut next = 0;
        while let Some(above) = found.get(next).map(|entry| entry.pid) {
            let children = self
                .children
                .range((above, 0)..=(above, u32::MAX))
                .map(|(_, child)| *child);
            let new: Vec<u32> = children.filter(|child| seen.insert(*child)).collect();
            found.extend(new.iter().filter_map(|child| self.entries.get(child)));
            next += 1;
        }
        found
    }

    /// The resident memory of a process and all that descend from it, in bytes.
    pub fn memory(&self, pid: u32) -> u64 {
        self.tree(pid).iter().map(|entry| entry.memory).sum()
    }
}

fn pids() -> Vec<u32> {
    let directories = fs::read_dir("/proc").into_iter().flatten().flatten();
    directories
        .filter_map(|directory| directory.file_name().to_str()?.parse().ok())
        .collect()
}

fn read_all(pids: &[u32]) -> BTreeMap<u32, Entry> {
    let page = rustix::param::page_size() as u64;
    let mut buffer = [0; 1024];
    let entries = pids.iter().filter_map(|pid| read(*pid, page, &mut buffer));
    entries.map(|entry| (entry.pid, entry)).collect()
}

fn read(pid: u32, page: u64, buffer: &mut [u8]) -> Option<Entry> {
    let length = File::open(format!("/proc/{pid}/stat")).ok()?.read(buffer).ok()?;
    parse(pid, buffer.get(..length)?, page)
}

/// Fields of `/proc/PID/stat`, numbered from 1 as in proc(5). The name in the second may contain spaces and parentheses, so
/// they are counted after its last `)`.
fn parse(pid: u32, stat: &[u8], page: u64) -> Option<Entry> {
    let (_, rest) = stat.rsplit_once_str(") ")?;
    let mut fields = rest.split(|byte| *byte == b' ');
    let mut number = |skip: usize| -> Option<u64> { fields.nth(skip)?.to_str().ok()?.parse().ok() };
    let ended = matches!(rest.first()?, b'Z' | b'X' | b'x');
    // State is field 3, the parent 4, the start time 22 and the resident pages 24.
    let parent = number(1)?;
    let start_time = number(17)?;
    let pages = number(1)?;
    Some(Entry {
        pid,
        parent: u32::try_from(parent).ok()?,
        start_time,
        memory: pages.saturating_mul(page),
        ended,
    })
}

/// Ticks since the machine was started, which is how the kernel counts start times.
fn now() -> Option<u64> {
    let uptime = fs::read_to_string("/proc/uptime").ok()?;
    let (seconds, fraction) = uptime.split_ascii_whitespace().next()?.split_once('.')?;
    let ticks = rustix::param::clock_ticks_per_second();
    let hundredths: u64 = fraction.parse().ok()?;
    Some(seconds.parse::<u64>().ok()? * ticks + hundredths * ticks / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_knows_the_process_that_reads_it() {
        let processes = Processes::read();
        let me = std::process::id();
        assert_eq!(
            Processes::read_by_two().get(me).map(|entry| entry.start_time),
            processes.get(me).map(|entry| entry.start_time)
        );
        let entry = processes.get(me).expect("this process");
        assert_eq!(entry.parent, std::os::unix::process::parent_id());
        let identity = session_lock::ProcessIdentity::current().expect("this process");
        assert_eq!(entry.start_time, identity.start_time);
        assert!(entry.memory > 100 * 1024, "{entry:?}");
        assert!(processes.age_ms(me).is_some_and(|age| age < 1_000_000));
        assert!(processes.tree(1).iter().any(|entry| entry.pid == me) || processes.get(1).is_none());
    }

    #[test]
    fn a_tree_is_summed_and_a_circle_ends() {
        let entry = |pid, parent| Entry {
            pid,
            parent,
            start_time: 1,
            memory: 10,
            ended: false,
        };
        let entries = [
            entry(2, 1),
            entry(3, 2),
            entry(4, 3),
            entry(5, 1),
            entry(6, 7),
            entry(7, 6),
        ];
        let processes = Processes::of(entries.map(|entry| (entry.pid, entry)).into(), Some(0));
        assert_eq!(
            processes.tree(2).iter().map(|entry| entry.pid).collect::<Vec<_>>(),
            [2, 3, 4]
        );
        assert_eq!(processes.memory(2), 30);
        assert_eq!(processes.memory(6), 20);
        assert_eq!(processes.memory(99), 0);
    }

    #[test]
    fn names_may_contain_anything() {
        let numbers: String = (5..=30).map(|number| format!("{number} ")).collect();
        let stat = format!("42 (a) R 9) (x) S 7 {numbers}");
        let entry = parse(42, stat.as_bytes(), 4096).expect("an entry");
        assert_eq!((entry.parent, entry.start_time, entry.memory), (7, 22, 24 * 4096));
        assert_eq!(parse(42, b"42 (x) S", 4096), None);
        assert_eq!(parse(42, b"", 4096), None);
    }
}
