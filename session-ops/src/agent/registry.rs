//! Claude Code's own registry of its processes: `sessions/PID.json` in its directory.
//!
//! The format is internal to Claude Code (measured on 2.1.330) and may change: what doesn't fit is unreadable, never a
//! guess. A file is believed only if process id, start time and pane all are those that we see.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use tmux_core::PaneId;

/// A file is under 1 KB; more than this is none of Claude Code's.
const MAX_BYTES: u64 = 256 * 1024;

/// One process of Claude Code, as it says itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// `pid`
    pub pid: u32,
    /// `procStart`: when it was started, in ticks since the machine was.
    pub start_time: u64,
    /// `sessionId`: its conversation now; it changes with `/clear` and `/resume`.
    pub conversation: Option<String>,
    /// The pane in `tmux`; the names before it are those of its start.
    pub pane: Option<PaneId>,
    /// `startedAt`: when it began to keep this file, in milliseconds since 1970.
    pub started_at: Option<u64>,
    /// `status`
    pub status: Option<String>,
    /// `statusUpdatedAt`: since when that is so, in milliseconds since 1970.
    pub status_at: Option<u64>,
    /// `waitingFor`
    pub waiting_for: Option<String>,
    /// `version`
    pub version: Option<String>,
}

/// What the registry says of a process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lookup {
    /// This.
    Found(Box<Entry>),
    /// Nothing: it hasn't begun yet, shows a dialog before it begins, or has ended.
    Absent,
    /// Something that can't be read, for this reason.
    Unreadable(String),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct File {
    pid: u32,
    proc_start: Number,
    session_id: Option<String>,
    tmux: Option<String>,
    started_at: Option<Number>,
    status: Option<String>,
    status_updated_at: Option<Number>,
    waiting_for: Option<String>,
    version: Option<String>,
}

/// A number, or one in quotes; anything else where it doesn't matter.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number {
    Plain(u64),
    Quoted(String),
    Other(serde::de::IgnoredAny),
}

impl Number {
    fn value(self) -> Option<u64> {
        match self {
            Self::Plain(number) => Some(number),
            Self::Quoted(text) => text.parse().ok(),
            Self::Other(_) => None,
        }
    }
}

/// The entry of a process.
pub fn lookup(config_dir: &Path, pid: u32) -> Lookup {
    let path = directory(config_dir).join(format!("{pid}.json"));
    match read(&path) {
        Ok(text) => match parse(&text) {
            Some(entry) if entry.pid == pid => Lookup::Found(Box::new(entry)),
            Some(_) => Lookup::Unreadable(format!("{} is about another process", path.display())),
            None => Lookup::Unreadable(format!("{} isn't understood", path.display())),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => Lookup::Absent,
        Err(error) => Lookup::Unreadable(format!("{} can't be read: {error}", path.display())),
    }
}

/// The processes that have a file.
///
/// # Errors
///
/// Why the directory can't be read; that there is none is no error.
pub fn pids(config_dir: &Path) -> io::Result<BTreeSet<u32>> {
    let entries = match fs::read_dir(directory(config_dir)) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(BTreeSet::new()),
        Err(error) => return Err(error),
    };
    let pid = |name: &std::ffi::OsStr| name.to_str()?.strip_suffix(".json")?.parse().ok();
    Ok(entries.flatten().filter_map(|entry| pid(&entry.file_name())).collect())
}

/// Every process that is in a conversation and still there, by `start_time_of`, which tells when a process was started.
pub fn in_conversation(config_dir: &Path, conversation: &str, start_time_of: &dyn Fn(u32) -> Option<u64>) -> Vec<u32> {
    let pids = pids(config_dir).unwrap_or_default();
    let in_it = |pid: &u32| match lookup(config_dir, *pid) {
        Lookup::Found(entry) => {
            entry.conversation.as_deref() == Some(conversation) && start_time_of(*pid) == Some(entry.start_time)
        }
        _ => false,
    };
    pids.into_iter().filter(in_it).collect()
}

/// Where the files are; what watches them watches this.
pub fn directory(config_dir: &Path) -> PathBuf {
    config_dir.join("sessions")
}

fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    let read = fs::File::open(path)?.take(MAX_BYTES + 1).read_to_end(&mut text)?;
    if read as u64 > MAX_BYTES {
        return Err(io::ErrorKind::FileTooLarge.into());
    }
    Ok(text)
}

/// Reads a file of the registry; `None` if it isn't one.
pub fn parse(text: &[u8]) -> Option<Entry> {
    let file: File = serde_json::from_slice(text).ok()?;
    let start_time = file.proc_start.value()?;
    // `NAME:@WINDOW.%PANE`, and the name may have anything in it.
    let pane = file.tmux.as_deref().and_then(|tmux| tmux.rsplit_once(".%"));
    let pane = pane.and_then(|(_, number)| PaneId::parse(format!("%{number}").as_bytes()).ok());
    Some(Entry {
        pid: file.pid,
        start_time,
        conversation: file.session_id,
        pane,
        started_at: file.started_at.and_then(Number::value),
        status: file.status,
        status_at: file.status_updated_at.and_then(Number::value),
        waiting_for: file.waiting_for,
        version: file.version,
    })
}

/// The lists of files of several directories, each read once.
#[derive(Debug, Default)]
pub(crate) struct Listings(BTreeMap<PathBuf, Result<BTreeSet<u32>, String>>);

impl Listings {
    pub(crate) fn pids(&mut self, config_dir: &Path) -> &Result<BTreeSet<u32>, String> {
        self.0
            .entry(config_dir.to_owned())
            .or_insert_with(|| pids(config_dir).map_err(|error| format!("the registry can't be read: {error}")))
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make files")]
mod tests {
    use super::*;

    /// As version 2.1.330 writes it.
    const FILE: &str = r#"{"pid":13879,"sessionId":"11111111-1111-4111-8111-111111111111","cwd":"/p",
        "startedAt":1795449992457,"procStart":"2230568","version":"2.1.330","peerProtocol":1,"kind":"interactive",
        "entrypoint":"cli","pidDomain":"linux:x","tmux":"a.%7:@0.%12","name":"proj-a1","status":"waiting",
        "updatedAt":1795449992567,"statusUpdatedAt":1795449992560,"waitingFor":"permission prompt"}"#;

    #[test]
    fn a_file_is_read() {
        let entry = parse(FILE.as_bytes()).expect("an entry");
        assert_eq!((entry.pid, entry.start_time), (13879, 2_230_568));
        assert_eq!(entry.pane, PaneId::parse(b"%12").ok());
        assert_eq!(entry.status.as_deref(), Some("waiting"));
        assert_eq!(
            (entry.started_at, entry.status_at),
            (Some(1_795_449_992_457), Some(1_795_449_992_560))
        );
        assert_eq!(entry.waiting_for.as_deref(), Some("permission prompt"));
        assert_eq!(
            entry.conversation.as_deref(),
            Some("11111111-1111-4111-8111-111111111111")
        );
    }

    #[test]
    fn what_is_missing_new_or_strange_does_not_matter_and_what_identifies_it_does() {
        let entry = parse(br#"{"pid":1,"procStart":2,"x":[{}],"tmux":"nothing"}"#).expect("an entry");
        assert_eq!((entry.pane, entry.status), (None, None));
        let entry = parse(br#"{"pid":1,"procStart":2,"startedAt":-1,"statusUpdatedAt":1.5}"#).expect("an entry");
        assert_eq!((entry.started_at, entry.status_at), (None, None));
        for text in [
            "",
            "{}",
            "[]",
            r#"{"pid":1}"#,
            r#"{"pid":-1,"procStart":2}"#,
            r#"{"pid":1,"procStart":"x"}"#,
            &FILE[..FILE.len() / 2],
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
    }

    #[test]
    fn every_cut_off_file_is_unreadable() {
        for length in 0..FILE.len() - 1 {
            assert_eq!(parse(&FILE.as_bytes()[..length]), None, "{length}");
        }
    }

    #[test]
    fn absent_unreadable_and_another_process_are_three_things() {
        let root = tempfile::tempdir().expect("a directory");
        assert_eq!(lookup(root.path(), 13879), Lookup::Absent);
        let sessions = directory(root.path());
        fs::create_dir(&sessions).expect("made");
        fs::write(sessions.join("13879.json"), FILE).expect("written");
        fs::write(sessions.join("2.json"), FILE).expect("written");
        fs::write(sessions.join("3.json"), &FILE[..9]).expect("written");
        fs::write(sessions.join("13879.x.key"), "").expect("written");
        assert!(matches!(lookup(root.path(), 13879), Lookup::Found(_)));
        assert!(matches!(lookup(root.path(), 2), Lookup::Unreadable(_)));
        assert!(matches!(lookup(root.path(), 3), Lookup::Unreadable(_)));
        assert_eq!(pids(root.path()).expect("listed"), BTreeSet::from([2, 3, 13879]));
        let id = "11111111-1111-4111-8111-111111111111";
        assert_eq!(in_conversation(root.path(), id, &|_| Some(2_230_568)), [13879]);
        assert_eq!(
            in_conversation(root.path(), id, &|_| Some(1)),
            [0; 0],
            "its number has another process now"
        );
    }
}
