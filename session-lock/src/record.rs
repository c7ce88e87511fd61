//! The record in a lock file: who holds it and since when. It is for people and marks a crash; it never decides.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::Path;

use rustix::rand::{GetRandomFlags, getrandom};
use serde::{Deserialize, Serialize};

use crate::process::{Liveness, ProcessIdentity};

/// Longer records aren't ours.
const MAX_BYTES: u64 = 4096;

/// Written over the record when the lock is released: its first byte tells.
const RELEASED: &[u8] = b"# released\n";

/// Who holds a lock, or held it when it crashed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owner {
    /// The process.
    pub process: ProcessIdentity,
    /// The process id namespace that its id belongs to, an inode number; 0 if unknown.
    pub pid_namespace: u64,
    /// Its user.
    pub uid: u32,
    /// Its machine's name.
    pub host: String,
    /// What it was doing, for example `tsm save`.
    pub command: String,
    /// Since when, seconds since 1970; 0 if unknown.
    pub since: i64,
    /// A random number that no other taking of a lock has, also none by the same process; 0 if unknown.
    pub nonce: u128,
}

/// What a lock file says of its last holder.
#[derive(Debug)]
pub(crate) enum Record {
    /// Nobody, or somebody who released it.
    Clean,
    /// Somebody who didn't release it; `None` if the record can't be read.
    Held(Option<Owner>),
}

#[derive(Serialize, Deserialize)]
struct Wire {
    version: u32,
    pid: u32,
    start_time: u64,
    boot_id: String,
    #[serde(default)]
    pid_namespace: u64,
    #[serde(default)]
    uid: u32,
    #[serde(default)]
    host: String,
    #[serde(default)]
    command: String,
    #[serde(default)]
    since: i64,
    /// In hexadecimal: TOML has no numbers of this size.
    #[serde(default)]
    nonce: String,
}

impl Owner {
    /// What became of the process; [`Liveness::Unknown`] if it ran on another machine, or its id belongs to another
    /// process id namespace of this boot.
    pub fn liveness(&self) -> Liveness {
        // Another machine has another boot, too, which would look like one of this machine's that is over.
        if self.host != host() {
            return Liveness::Unknown;
        }
        let liveness = self.process.liveness();
        if liveness == Liveness::DeadByReboot || self.pid_namespace == pid_namespace() {
            liveness
        } else {
            Liveness::Unknown
        }
    }

    /// This process, taking a lock for `command`.
    pub(crate) fn current(command: &str, since: i64) -> Result<Self, crate::ProcessError> {
        Ok(Self {
            process: ProcessIdentity::current()?,
            pid_namespace: pid_namespace(),
            uid: rustix::process::geteuid().as_raw(),
            host: host(),
            command: command.chars().take(200).collect(),
            since,
            nonce: nonce(),
        })
    }
}

/// 128 random bits; 0 if the system gives none, for they only serve diagnosis.
fn nonce() -> u128 {
    let mut bytes = [0; 16];
    match getrandom(&mut bytes, GetRandomFlags::NONBLOCK) {
        Ok(16) => u128::from_ne_bytes(bytes),
        _ => 0,
    }
}

fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

fn pid_namespace() -> u64 {
    fs::metadata("/proc/self/ns/pid")
        .map(|namespace| namespace.ino())
        .unwrap_or_default()
}

pub(crate) fn read(file: &File) -> Record {
    let mut bytes = vec![0; MAX_BYTES as usize];
    let Ok(length) = file.read_at(&mut bytes, 0) else {
        return Record::Held(None);
    };
    bytes.truncate(length);
    interpret(&bytes)
}

/// Whom a lock file names: who holds its lock, or crashed while holding it. `None` if it was released, or can't be read.
pub fn last_holder(path: &Path) -> Option<Owner> {
    holder(&File::open(path).ok()?)
}

/// Who holds the file's lock, as far as its record tells.
pub(crate) fn holder(file: &File) -> Option<Owner> {
    match read(file) {
        Record::Held(owner) => owner,
        Record::Clean => None,
    }
}

fn interpret(bytes: &[u8]) -> Record {
    if bytes.is_empty() || bytes.starts_with(RELEASED) {
        return Record::Clean;
    }
    let wire = std::str::from_utf8(bytes)
        .ok()
        .and_then(|text| toml::from_str::<Wire>(text).ok());
    Record::Held(wire.map(|wire| Owner {
        process: ProcessIdentity {
            pid: wire.pid,
            start_time: wire.start_time,
            boot_id: wire.boot_id,
        },
        pid_namespace: wire.pid_namespace,
        uid: wire.uid,
        host: wire.host,
        command: wire.command,
        since: wire.since,
        nonce: u128::from_str_radix(&wire.nonce, 16).unwrap_or_default(),
    }))
}

pub(crate) fn write(file: &File, owner: &Owner) -> std::io::Result<()> {
    let wire = Wire {
        version: 1,
        pid: owner.process.pid,
        start_time: owner.process.start_time,
        boot_id: owner.process.boot_id.clone(),
        pid_namespace: owner.pid_namespace,
        uid: owner.uid,
        host: owner.host.clone(),
        command: owner.command.clone(),
        since: owner.since,
        nonce: format!("{:032x}", owner.nonce),
    };
    let text = toml::to_string(&wire).map_err(std::io::Error::other)?;
    overwrite(file, text.as_bytes())
}

pub(crate) fn write_released(file: &File) -> std::io::Result<()> {
    overwrite(file, RELEASED)
}

/// Written before it is cut to its length: whoever is killed between the two has left a record, not an empty file that
/// says that all is well. A reader that comes between sees an unreadable record, which is no error.
fn overwrite(file: &File, text: &[u8]) -> std::io::Result<()> {
    file.write_all_at(text, 0)?;
    file.set_len(text.len() as u64)
}
