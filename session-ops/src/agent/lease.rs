//! One conversation, one owner: Claude Code lets two processes write one conversation, so tsm doesn't open it twice.
//!
//! A lease names the owner's processes. It holds as long as one of them lives, which the kernel tells by its start time and
//! boot; nobody has to give it back. Looking and writing happen under a lock.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use session_lock::replace::{create_private_dir, remove_file, replace_file};
use session_lock::{Liveness, LockOptions, ProcessIdentity, Wait, acquire};

use super::home::{AgentHome, modified};
use super::record::AgentRecord;
use super::registry;
use crate::clock::Clock;
use crate::error::Error;
use crate::paths::hex_digest;

const MAX_BYTES: u64 = 64 * 1024;

/// How long to wait for an owner that is just ending, as after the end of its tmux server.
const ENDING: Duration = Duration::from_secs(5);

/// How long to wait for whoever looks or writes.
const LOCKED: Duration = Duration::from_secs(10);

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Lease {
    /// The session's id.
    session: String,
    conversation: String,
    owners: Vec<Owner>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Owner {
    pid: u32,
    start_time: u64,
    boot_id: String,
}

impl From<ProcessIdentity> for Owner {
    fn from(process: ProcessIdentity) -> Self {
        Self {
            pid: process.pid,
            start_time: process.start_time,
            boot_id: process.boot_id,
        }
    }
}

impl Owner {
    fn process(&self) -> ProcessIdentity {
        ProcessIdentity {
            pid: self.pid,
            start_time: self.start_time,
            boot_id: self.boot_id.clone(),
        }
    }
}

/// Takes the lease of a conversation for this process, waiting a while for an owner that is just ending.
///
/// # Errors
///
/// [`Error::ConversationOpen`] if somebody has it open, [`Error::Lock`], [`Error::Replace`], [`Error::Process`].
pub fn take(home: &AgentHome, config_dir: Option<&Path>, conversation: &str, clock: Clock) -> Result<(), Error> {
    let deadline = Instant::now() + ENDING;
    loop {
        let guard = lock(home, clock)?;
        let owner = match owner(home, conversation, &[std::process::id()]) {
            Some(owner) => Some(owner),
            None => stranger(config_dir, conversation)?,
        };
        let Some(owner) = owner else {
            let me = ProcessIdentity::current()?;
            write(home, conversation, vec![me.into()])?;
            guard.release();
            return Ok(());
        };
        guard.release();
        let left = deadline.saturating_duration_since(Instant::now());
        let ended = match owner.open()? {
            Some(process) => process.wait_exit(left)?,
            None => true,
        };
        if !ended || left.is_zero() {
            return Err(Error::ConversationOpen {
                conversation: conversation.to_owned(),
                pid: owner.pid,
            });
        }
    }
}

/// Says that the agent's process has it now, beside this one.
///
/// # Errors
///
/// [`Error::Replace`], [`Error::Process`].
pub fn pass_on(home: &AgentHome, conversation: &str, agent: &ProcessIdentity) -> Result<(), Error> {
    let me = ProcessIdentity::current()?;
    write(home, conversation, vec![me.into(), agent.clone().into()])
}

/// The agent has gone to another conversation: the lease follows it. Where somebody else has that one open too, the user did
/// it in the agent; the lease stays with who had it first.
///
/// # Errors
///
/// As [`take`], but nobody is waited for.
pub fn move_to(home: &AgentHome, record: &AgentRecord, conversation: &str, clock: Clock) -> Result<(), Error> {
    let guard = lock(home, clock)?;
    if let Some(owner) = owner(home, conversation, &[record.pid, record.pane_pid]) {
        return Err(Error::ConversationOpen {
            conversation: conversation.to_owned(),
            pid: owner.pid,
        });
    }
    for path in leases_of(home) {
        remove_file(&path)?;
    }
    write(home, conversation, vec![record.process().into()])?;
    guard.release();
    Ok(())
}

fn lock(home: &AgentHome, clock: Clock) -> Result<session_lock::Guard, Error> {
    let options = LockOptions {
        wait: Wait::For(LOCKED),
        purpose: "tsm pane-run".to_owned(),
        now: clock.now(),
        shared: false,
        allow_network_fs: false,
    };
    Ok(acquire(&home.state_home().join("locks/leases"), &options)?.guard)
}

/// A living owner that is none of these processes. An earlier life of the same session is one, too: its agent may outlive
/// its tmux server.
fn owner(home: &AgentHome, conversation: &str, mine: &[u32]) -> Option<ProcessIdentity> {
    let lease = read(&path(home, conversation)).filter(|lease| lease.conversation == conversation)?;
    let mut owners = lease.owners.iter().map(Owner::process);
    // What can't be told counts as living: two writers are worse than a refusal.
    owners.find(|owner| !mine.contains(&owner.pid) && matches!(owner.liveness(), Liveness::Alive | Liveness::Unknown))
}

/// A living process of Claude Code that says it is in this conversation, whoever started it.
fn stranger(config_dir: Option<&Path>, conversation: &str) -> Result<Option<ProcessIdentity>, Error> {
    let Some(config_dir) = config_dir else { return Ok(None) };
    let start_time = |pid| Some(ProcessIdentity::of(pid).ok()??.start_time);
    match registry::in_conversation(config_dir, conversation, &start_time).first() {
        Some(pid) => Ok(ProcessIdentity::of(*pid)?),
        None => Ok(None),
    }
}

fn write(home: &AgentHome, conversation: &str, owners: Vec<Owner>) -> Result<(), Error> {
    let path = path(home, conversation);
    if let Some(directory) = path.parent() {
        create_private_dir(directory)?;
    }
    let lease = Lease {
        session: home.session().to_owned(),
        conversation: conversation.to_owned(),
        owners,
    };
    // Plain values always serialise.
    Ok(replace_file(
        &path,
        toml::to_string(&lease).unwrap_or_default().as_bytes(),
    )?)
}

fn read(path: &Path) -> Option<Lease> {
    let mut text = String::new();
    let _length = fs::File::open(path)
        .ok()?
        .take(MAX_BYTES)
        .read_to_string(&mut text)
        .ok()?;
    toml::from_str(&text).ok()
}

/// The leases that a session has.
fn leases_of(home: &AgentHome) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory(home)).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    paths
        .filter(|path| read(path).is_some_and(|lease| lease.session == home.session()))
        .collect()
}

fn directory(home: &AgentHome) -> PathBuf {
    home.state_home().join("leases")
}

/// Removes the leases whose owners have all ended and that nobody has written since `before`, in seconds since 1970, or says
/// which they are. Such a lease holds nothing: it counts as none already.
///
/// # Errors
///
/// [`Error::Lock`], [`Error::Replace`].
pub(crate) fn sweep(home: &AgentHome, before: i64, clock: Clock, remove: bool) -> Result<Vec<PathBuf>, Error> {
    let entries = fs::read_dir(directory(home)).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    if paths.is_empty() {
        return Ok(paths);
    }
    let guard = lock(home, clock)?;
    let lives = |owner: &Owner| matches!(owner.process().liveness(), Liveness::Alive | Liveness::Unknown);
    paths.retain(|path| {
        read(path).is_some_and(|lease| !lease.owners.iter().any(lives)) && modified(path).is_some_and(|at| at < before)
    });
    paths.sort();
    if remove {
        for path in &paths {
            remove_file(path)?;
        }
    }
    guard.release();
    Ok(paths)
}

/// Ids are the agents' own, so a file is named by a digest.
fn path(home: &AgentHome, conversation: &str) -> PathBuf {
    directory(home).join(format!("{}.toml", hex_digest(conversation.as_bytes(), 16)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn home(root: &Path, session: &str) -> AgentHome {
        AgentHome::of_record(&root.join("tsm/agents").join(format!("{session}.toml")))
    }

    const NOW: Clock = Clock::Fixed(0);

    #[test]
    fn a_second_session_is_refused_while_the_first_lives() {
        let root = tempfile::tempdir().expect("a directory");
        let (one, two) = (home(root.path(), "1"), home(root.path(), "2"));
        take(&one, None, "c", NOW).expect("taken");
        take(&one, None, "c", NOW).expect("it is its own");
        assert!(owner(&two, "c", &[]).is_some_and(|process| process.pid == std::process::id()));
        assert_eq!(owner(&two, "other", &[]), None);
        // An owner that lived in another boot, or whose number another process has now, is none.
        let me = ProcessIdentity::current().expect("this process");
        for gone in [
            ProcessIdentity {
                boot_id: "00000000-0000-0000-0000-000000000000".to_owned(),
                ..me.clone()
            },
            ProcessIdentity {
                start_time: me.start_time + 1,
                ..me
            },
        ] {
            write(&one, "c", vec![gone.into()]).expect("written");
            assert_eq!(owner(&two, "c", &[]), None);
        }
        take(&two, None, "c", NOW).expect("taken");
    }

    #[test]
    fn a_lease_moves_with_the_agent() {
        let root = tempfile::tempdir().expect("a directory");
        let (one, two) = (home(root.path(), "1"), home(root.path(), "2"));
        let me = ProcessIdentity::current().expect("this process");
        let record = AgentRecord {
            kind: "claude".to_owned(),
            conversation: Some("c".to_owned()),
            pid: me.pid,
            start_time: me.start_time,
            boot_id: me.boot_id,
            pane_pid: 1,
            exit_status: None,
            config_dir: None,
            pane: None,
            state_dir: None,
            server: None,
        };
        take(&one, None, "c", NOW).expect("taken");
        move_to(&one, &record, "d", NOW).expect("moved");
        assert_eq!(owner(&two, "c", &[]), None);
        assert!(owner(&two, "d", &[]).is_some());
        take(&two, None, "c", NOW).expect("it is free");
        let other = AgentRecord { pid: 1, ..record };
        assert!(matches!(
            move_to(&two, &other, "d", NOW),
            Err(Error::ConversationOpen { .. })
        ));
    }
}
