//! What a backup holds: the only place where real names occur.
//!
//! The manifest is the first entry of the archive, so that an archive alone is a whole backup. The sidecar beside the
//! archive says the same, and the archive's size and digest; its last line is the digest of everything before it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use session_state::is_project_name;

use super::limits::{MAX_FILE, MAX_FILES, MAX_TOTAL};
use super::{BackupError, Damage, digest, id};

/// The format that this crate writes, and the newest that it reads.
pub const FORMAT: u32 = 1;

/// How the last line of a sidecar begins, up to the digest.
const SEAL: &str = "# sha256 ";

/// What a backup holds, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The format version, [`FORMAT`].
    pub format: u32,
    /// The backup's name, which is also its file's.
    pub id: String,
    /// When it was made, in seconds since 1970 UTC.
    pub created: i64,
    /// The same as RFC 3339 writes it, for people.
    pub created_at: String,
    /// The program that made it, with its version.
    pub tool: String,
    /// Why it was made.
    pub reason: Reason,
    /// The archive as a file; only in the sidecar, since no archive can hold its own digest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchiveFile>,
    /// Everything in it.
    #[serde(default)]
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
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ManifestFile {
    /// The project that it belongs to.
    pub project: String,
    /// Its name in the directory of the states.
    pub name: String,
    /// Its size in bytes.
    pub size: u64,
    /// Its SHA-256, in lower-case hexadecimal, which is also its name in the archive.
    pub sha256: String,
}

impl Manifest {
    /// The projects in it, sorted.
    pub fn projects(&self) -> Vec<String> {
        let names: BTreeSet<_> = self.files.iter().map(|file| &file.project).collect();
        names.into_iter().cloned().collect()
    }

    /// The contents that the archive must hold, by digest, with their sizes: files of equal content share one.
    pub(super) fn contents(&self) -> BTreeMap<&str, u64> {
        self.files
            .iter()
            .map(|file| (file.sha256.as_str(), file.size))
            .collect()
    }

    /// The TOML text.
    pub(super) fn to_text(&self) -> Result<String, Damage> {
        toml::to_string(self).map_err(|error| Damage::Manifest {
            message: one_line(&error.to_string()),
        })
    }

    /// The manifest in an archive.
    pub(super) fn of_archive(bytes: &[u8]) -> Result<Self, Unreadable> {
        let manifest = parse(bytes)?;
        if manifest.archive.is_some() {
            return Err(invalid(&manifest.id, "is a sidecar's").into());
        }
        Ok(manifest)
    }

    /// The text of the sidecar of an archive that has this manifest.
    pub(super) fn seal(&self, archive: ArchiveFile) -> Result<String, Damage> {
        let text = Self {
            archive: Some(archive),
            ..self.clone()
        }
        .to_text()?;
        let seal = digest::of(text.as_bytes());
        Ok(format!("{text}{SEAL}{seal}\n"))
    }

    /// The manifest in a sidecar, without the archive's part, and that part.
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
        let mut manifest = parse(text)?;
        match manifest.archive.take() {
            Some(archive) if digest::is_digest(archive.sha256.as_bytes()) => Ok((manifest, archive)),
            _ => Err(invalid(&manifest.id, "doesn't name the archive's digest").into()),
        }
    }

    /// Fails if it says anything that we would not have written.
    fn check(&self) -> Result<(), Damage> {
        if !id::is_id(&self.id) {
            return Err(invalid(&self.id, "is no backup's name"));
        }
        if id::rfc3339(self.created).ok().as_ref() != Some(&self.created_at) {
            return Err(invalid(&self.created_at, "is not the time that `created` says"));
        }
        if self.files.len() > MAX_FILES {
            return Err(Damage::TooMuch {
                limit: MAX_FILES as u64,
                unit: "files",
            });
        }
        let mut names = BTreeSet::new();
        let mut sizes = BTreeMap::new();
        let mut total = 0_u64;
        for file in &self.files {
            file.check()?;
            if !names.insert(&file.name) {
                return Err(invalid(&file.name, "is listed twice"));
            }
            match sizes.insert(&file.sha256, file.size) {
                None => total = total.saturating_add(file.size),
                Some(size) if size == file.size => {}
                Some(_) => return Err(invalid(&file.sha256, "is listed with two sizes")),
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

impl ManifestFile {
    /// A state's name follows from its project's, so none can lead out of the directory.
    fn check(&self) -> Result<(), Damage> {
        if !is_project_name(&self.project) {
            return Err(invalid(&self.project, "is no project's name"));
        }
        if self.name != state_name(&self.project) {
            return Err(invalid(&self.name, "is not the name of its project's state"));
        }
        if !digest::is_digest(self.sha256.as_bytes()) {
            return Err(invalid(&self.sha256, "is no digest"));
        }
        if self.size > MAX_FILE {
            return Err(invalid(&self.name, "is larger than a state may be"));
        }
        Ok(())
    }
}

/// The name of a project's state file.
pub(super) fn state_name(project: &str) -> String {
    format!("{project}.state")
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
fn parse(bytes: &[u8]) -> Result<Manifest, Unreadable> {
    #[derive(Deserialize)]
    struct Format {
        format: u32,
    }
    let text = std::str::from_utf8(bytes).map_err(|error| syntax(&error.to_string()))?;
    let Format { format } = toml::from_str(text).map_err(|error| syntax(error.message()))?;
    if format > FORMAT {
        return Err(Unreadable::Newer(format));
    }
    if format != FORMAT {
        return Err(syntax("the format is none that there ever was"));
    }
    let manifest: Manifest = toml::from_str(text).map_err(|error| syntax(error.message()))?;
    manifest.check()?;
    Ok(manifest)
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
        subject: subject.to_owned(),
        why,
    }
}

#[cfg(test)]
mod tests;
