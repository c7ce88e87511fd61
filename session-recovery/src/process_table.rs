//! All processes of this user at one moment, as the kernel tells: who came from whom, and which bear a mark of ours.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::Read;
use std::os::unix::fs::MetadataExt;

use bstr::{BString, ByteSlice};

use crate::ours::{AGENT_VARIABLE, SESSION_VARIABLE};

/// An environment longer than this isn't read on: our marks come from tmux and pane-run, which put them anywhere.
const MAX_ENVIRONMENT: u64 = 1024 * 1024;

/// What the kernel says a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It runs, waits or is stopped.
    Present,
    /// It waits for a device or a file system, and no signal reaches it.
    Uninterruptible,
    /// It has ended, and its parent has not asked how.
    Zombie,
}

/// One process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its process id.
    pub pid: u32,
    /// Its parent.
    pub parent: u32,
    /// The kernel's name of it, cut to fifteen bytes.
    pub name: BString,
    /// What it does.
    pub state: State,
    /// The session of ours that it was started in, by its environment.
    pub session: Option<String>,
    /// The session of ours whose agent it is or descends from, by its environment.
    pub agent: Option<String>,
}

/// All processes of this user.
#[derive(Debug, Clone, Default)]
pub struct ProcessTable(BTreeMap<u32, Entry>);

impl ProcessTable {
    /// Reads `/proc`. What ends meanwhile is left out.
    pub fn read() -> Self {
        let uid = rustix::process::geteuid().as_raw();
        let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
        let pids = entries.filter_map(|entry| {
            let pid: u32 = entry.file_name().to_str()?.parse().ok()?;
            // The owner of a zombie's directory is root, of whatever user it was.
            let own = entry
                .metadata()
                .is_ok_and(|metadata| [uid, 0].contains(&metadata.uid()));
            own.then_some(pid)
        });
        Self(pids.filter_map(|pid| Some((pid, entry(pid)?))).collect())
    }

    /// All of them, by their ids.
    pub fn iter(&self) -> impl Iterator<Item = &Entry> {
        self.0.values()
    }

    /// The process with this id.
    pub fn get(&self, pid: u32) -> Option<&Entry> {
        self.0.get(&pid)
    }

    /// The children of a process.
    pub fn children(&self, pid: u32) -> impl Iterator<Item = &Entry> {
        self.iter().filter(move |entry| entry.parent == pid)
    }

    /// A process and those above it, as far as they are in the table, the nearest first.
    pub fn lineage(&self, pid: u32) -> Vec<&Entry> {
        let mut seen = BTreeSet::new();
        let mut found = Vec::new();
        let mut next = self.get(pid);
        while let Some(entry) = next {
            if !seen.insert(entry.pid) {
                break;
            }
            found.push(entry);
            next = self.get(entry.parent);
        }
        found
    }

    /// What agents left behind: processes that an agent of ours started, that descend from no living pane of ours, from no
    /// tmux server (an agent may have started one, and what is in it is nobody's orphan), and that are not above us.
    pub fn orphans(&self, ours: &dyn Fn(&str) -> bool, panes: &BTreeSet<u32>) -> Vec<&Entry> {
        let me: BTreeSet<u32> = self.lineage(std::process::id()).iter().map(|entry| entry.pid).collect();
        let orphaned = |entry: &&Entry| {
            entry.state != State::Zombie
                && entry.agent.as_deref().is_some_and(ours)
                && !me.contains(&entry.pid)
                && !self
                    .lineage(entry.pid)
                    .iter()
                    .any(|above| panes.contains(&above.pid) || is_tmux(above))
        };
        self.iter().filter(orphaned).collect()
    }
}

/// tmux calls its server `tmux: server` and its clients `tmux: client`.
fn is_tmux(entry: &Entry) -> bool {
    entry.name.starts_with(b"tmux")
}

fn entry(pid: u32) -> Option<Entry> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    // The name may contain spaces and parentheses, so fields are counted after its last `)`.
    let (before, rest) = stat.rsplit_once_str(") ")?;
    let name = before
        .split_once_str("(")
        .map(|(_, name)| name.into())
        .unwrap_or_default();
    let mut fields = rest.split_str(" ");
    let state = match fields.next()? {
        b"Z" | b"X" | b"x" => State::Zombie,
        b"D" => State::Uninterruptible,
        _ => State::Present,
    };
    let parent = fields.next()?.to_str().ok()?.parse().ok()?;
    let mut environment = Vec::new();
    if let Ok(file) = fs::File::open(format!("/proc/{pid}/environ")) {
        let _unreadable_has_no_mark = file.take(MAX_ENVIRONMENT).read_to_end(&mut environment);
    }
    Some(Entry {
        pid,
        parent,
        name,
        state,
        session: variable(&environment, SESSION_VARIABLE),
        agent: variable(&environment, AGENT_VARIABLE),
    })
}

fn variable(environment: &[u8], name: &str) -> Option<String> {
    let value = |line: &[u8]| {
        let value = line.strip_prefix(name.as_bytes())?.strip_prefix(b"=")?;
        Some(value.to_str().ok()?.to_owned())
    };
    environment.split_str("\0").find_map(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, parent: u32, name: &str, agent: Option<&str>) -> (u32, Entry) {
        let entry = Entry {
            pid,
            parent,
            name: name.into(),
            state: State::Present,
            session: None,
            agent: agent.map(str::to_owned),
        };
        (pid, entry)
    }

    #[test]
    fn it_knows_the_process_that_reads_it() {
        let table = ProcessTable::read();
        let lineage = table.lineage(std::process::id());
        assert_eq!(lineage[0].pid, std::process::id());
        assert_eq!(lineage[0].parent, std::os::unix::process::parent_id());
    }

    #[test]
    fn orphans_are_what_an_agent_of_ours_left_and_nothing_else() {
        let table = ProcessTable(BTreeMap::from([
            process(2, 1, "sh", Some("a")),
            process(3, 2, "sleep", Some("a")),
            process(4, 1, "sh", Some("other's")),
            process(5, 1, "sh", None),
            process(6, 1, "tmux: server", Some("a")),
            process(7, 6, "vi", Some("a")),
            process(8, 1, "tsm", None),
            process(9, 8, "claude", Some("a")),
        ]));
        let orphans = table.orphans(&|id| id == "a", &BTreeSet::from([8]));
        assert_eq!(orphans.iter().map(|entry| entry.pid).collect::<Vec<_>>(), [2, 3]);
    }

    #[test]
    fn variables_are_found_by_their_whole_name() {
        let environment = b"XTSM_AGENT=no\0TSM_AGENT_=no\0TSM_AGENT=yes\0";
        assert_eq!(variable(environment, AGENT_VARIABLE).as_deref(), Some("yes"));
        assert_eq!(variable(b"", AGENT_VARIABLE), None);
    }

    #[test]
    fn a_circle_of_parents_ends() {
        let table = ProcessTable(BTreeMap::from([process(2, 3, "a", None), process(3, 2, "b", None)]));
        assert_eq!(table.lineage(2).len(), 2);
    }
}
