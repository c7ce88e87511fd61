//! What a backup holds: the only place where real names occur.
//!
//! The manifest is the first entry of the archive, so that an archive alone is a whole backup. The sidecar beside the
//! archive says the same, and the archive's size and digest; its last line is the digest of everything before it.
//!
//! It is TOML. The list of files is one literal string in it, a line a file, so that a hostile one of megabytes takes no
//! more memory than it is long: only the few lines before it are given to the TOML parser.

mod list;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::limits::{MAX_FILE, MAX_FILES, MAX_HEAD, MAX_TOTAL};
use super::tree::{self, Kind};
use super::{BackupError, Damage, digest, id};

/// The format that this crate writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// How the last line of a sidecar begins, up to the digest.
const SEAL: &str = "# sha256 ";

/// What a backup holds, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// The backup's name, which is also its file's.
    pub id: String,
    /// Its number: a backup made later has a higher one, whatever the clock said.
    pub seq: u64,
    /// When it was made, in seconds since 1970 UTC.
    pub created: i64,
    /// The program that made it, with its version.
    pub tool: String,
    /// Why it was made.
    pub reason: Reason,
    /// Everything in it.
    pub files: Vec<ManifestFile>,
}

/// Why a backup was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Reason {
    /// Somebody asked for it.
    Manual,
    /// By itself.
    Auto,
    /// Before something else was restored over what it holds.
    PreRestore,
    /// Before an emergency recovery.
    Emergency,
}

/// An archive as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ArchiveFile {
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, in lower-case hexadecimal.
    pub sha256: String,
}

/// One file in a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestFile {
    /// Its name in the tree: `states/todo.state`, …
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, in lower-case hexadecimal, which is also its name in the archive.
    pub sha256: String,
    /// The backup whose archive holds it, if that is another one.
    pub archive: Option<String>,
    /// It was being written while it was read, again and again: this is how far it was.
    pub changing: bool,
}

/// All of a manifest but its files.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    format: u32,
    id: String,
    seq: u64,
    created: i64,
    /// The same as RFC 3339 writes it, for people.
    created_at: String,
    tool: String,
    reason: Reason,
    /// Only in the sidecar, since no archive can hold its own digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    archive: Option<ArchiveFile>,
}

impl ManifestFile {
    /// What it is.
    pub fn kind(&self) -> Option<Kind> {
        tree::place(&self.name).map(|place| place.kind)
    }

    /// The project that it belongs to; the configuration belongs to none.
    pub fn project(&self) -> Option<&str> {
        tree::place(&self.name).and_then(|place| place.project)
    }

    fn check(&self) -> Result<(), Damage> {
        if tree::place(&self.name).is_none() {
            return Err(invalid(&self.name, "is no name that a backup has"));
        }
        if !digest::is_digest(self.sha256.as_bytes()) {
            return Err(invalid(&self.sha256, "is no digest"));
        }
        if self.archive.as_ref().is_some_and(|archive| !id::is_id(archive)) {
            return Err(invalid(&self.name, "lies in something that is no backup"));
        }
        if self.size > MAX_FILE {
            return Err(invalid(&self.name, "is larger than a file may be"));
        }
        Ok(())
    }
}

impl Manifest {
    /// The projects in it, sorted.
    pub fn projects(&self) -> Vec<String> {
        let names: BTreeSet<_> = self.files.iter().filter_map(ManifestFile::project).collect();
        names.into_iter().map(str::to_owned).collect()
    }

    /// The other backups whose archives hold contents of this one, sorted.
    pub fn refers_to(&self) -> Vec<String> {
        let ids: BTreeSet<_> = self.files.iter().filter_map(|file| file.archive.as_ref()).collect();
        ids.into_iter().cloned().collect()
    }

    /// The contents that the archive of this backup, or of the one that is named, must hold for it, by digest, with their
    /// sizes: files of equal content share one.
    pub(super) fn contents(&self, archive: Option<&str>) -> BTreeMap<&str, u64> {
        self.files
            .iter()
            .filter(|file| file.archive.as_deref() == archive)
            .map(|file| (file.sha256.as_str(), file.size))
            .collect()
    }

    /// The text.
    pub(super) fn to_text(&self) -> Result<String, Damage> {
        self.text_with(None)
    }

    fn text_with(&self, archive: Option<ArchiveFile>) -> Result<String, Damage> {
        let head = Head {
            format: FORMAT,
            id: self.id.clone(),
            seq: self.seq,
            created: self.created,
            created_at: id::rfc3339(self.created).unwrap_or_default(),
            tool: self.tool.clone(),
            reason: self.reason,
            archive,
        };
        let head = toml::to_string(&head).map_err(|error| Damage::Manifest {
            message: one_line(&error.to_string()),
        })?;
        // The list comes after the head's own keys; what would follow a table belongs to it, so it is one of its own.
        Ok(format!("{head}{}", list::write(&self.files)))
    }

    /// The manifest in an archive.
    pub(super) fn of_archive(bytes: &[u8]) -> Result<Self, Unreadable> {
        match parse(bytes)? {
            (manifest, None) => Ok(manifest),
            (manifest, Some(_)) => Err(invalid(&manifest.id, "is a sidecar's").into()),
        }
    }

    /// The text of the sidecar of an archive that has this manifest.
    pub(super) fn seal(&self, archive: ArchiveFile) -> Result<String, Damage> {
        let text = self.text_with(Some(archive))?;
        let seal = digest::of(text.as_bytes());
        Ok(format!("{text}{SEAL}{seal}\n"))
    }

    /// The manifest in a sidecar, and what it says of the archive.
    pub(super) fn of_sidecar(bytes: &[u8]) -> Result<(Self, ArchiveFile), Unreadable> {
        let seal_length = SEAL.len() + digest::HEX + 1;
        let (text, seal) = bytes
            .len()
            .checked_sub(seal_length)
            .and_then(|at| bytes.split_at_checked(at))
            .ok_or(Damage::SidecarDigest)?;
        if format!("{SEAL}{}\n", digest::of(text)).as_bytes() != seal {
            return Err(Damage::SidecarDigest.into());
        }
        match parse(text)? {
            (manifest, Some(archive)) if digest::is_digest(archive.sha256.as_bytes()) => Ok((manifest, archive)),
            (manifest, _) => Err(invalid(&manifest.id, "doesn't name the archive's digest").into()),
        }
    }

    /// Fails if it says anything that we would not have written.
    fn check(&self) -> Result<(), Damage> {
        if !id::is_id(&self.id) {
            return Err(invalid(&self.id, "is no backup's name"));
        }
        let mut names = BTreeSet::new();
        let mut sizes = BTreeMap::new();
        let mut total = 0_u64;
        for file in &self.files {
            file.check()?;
            if file.archive.as_ref() == Some(&self.id) {
                return Err(invalid(&file.name, "is said to lie elsewhere, which is here"));
            }
            if !names.insert(file.name.as_str()) {
                return Err(invalid(&file.name, "is listed twice"));
            }
            match sizes.insert(file.sha256.as_str(), (file.size, &file.archive)) {
                None => total = total.saturating_add(file.size),
                Some(same) if same == (file.size, &file.archive) => {}
                Some(_) => return Err(invalid(&file.sha256, "is listed with two sizes or in two places")),
            }
        }
        for name in &names {
            let mut above = *name;
            while let Some((directory, _)) = above.rsplit_once('/') {
                if names.contains(directory) {
                    return Err(invalid(directory, "is a file and a directory"));
                }
                above = directory;
            }
        }
        if total > MAX_TOTAL {
            return Err(Damage::TooMuch {
                limit: MAX_TOTAL,
                unit: "bytes",
            });
        }
        Ok(())
    }
}

/// Why a manifest can't be used.
#[derive(Debug)]
pub(super) enum Unreadable {
    Damaged(Damage),
    Newer(u32),
}

impl Unreadable {
    /// The error about the file at `path`.
    pub(super) fn of(self, path: &std::path::Path) -> BackupError {
        let path = path.to_owned();
        match self {
            Self::Damaged(damage) => BackupError::Damaged { path, damage },
            Self::Newer(format) => BackupError::NewerFormat { path, format },
        }
    }
}

impl From<Damage> for Unreadable {
    fn from(damage: Damage) -> Self {
        Self::Damaged(damage)
    }
}

/// The format comes first: a manifest of a newer one needn't have the shape of ours.
fn parse(bytes: &[u8]) -> Result<(Manifest, Option<ArchiveFile>), Unreadable> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let text = std::str::from_utf8(bytes).map_err(|error| syntax(&error.to_string()))?;
    let (head, list) = list::split(text);
    if head.len() > MAX_HEAD {
        return Err(syntax("its first part is too long"));
    }
    let Format { format } = toml::from_str(head).map_err(|error| syntax(error.message()))?;
    if format > FORMAT {
        return Err(Unreadable::Newer(format));
    }
    if format != FORMAT {
        return Err(syntax("the format is none that there ever was"));
    }
    let list = list.ok_or_else(|| syntax("it has no list of files"))?;
    let head: Head = toml::from_str(head).map_err(|error| syntax(error.message()))?;
    if id::rfc3339(head.created).ok().as_ref() != Some(&head.created_at) {
        return Err(invalid(&head.created_at, "is not the time that `created` says").into());
    }
    let manifest = Manifest {
        id: head.id,
        seq: head.seq,
        created: head.created,
        tool: head.tool,
        reason: head.reason,
        files: list::read(list, MAX_FILES)?,
    };
    manifest.check()?;
    Ok((manifest, head.archive))
}

fn syntax(message: &str) -> Unreadable {
    Unreadable::Damaged(Damage::Manifest {
        message: one_line(message),
    })
}

/// Parsers quote their input, which an attacker may have chosen.
fn one_line(message: &str) -> String {
    const ENOUGH: usize = 200;
    message.chars().take(ENOUGH).flat_map(char::escape_debug).collect()
}

fn invalid(subject: &str, why: &'static str) -> Damage {
    Damage::Entry {
        subject: subject.chars().take(300).collect(),
        why,
    }
}

#[cfg(test)]
mod tests;
