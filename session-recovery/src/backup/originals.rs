//! Backups of the original scripts: `all_sessions_*.tar.gz` and `PROJECT_session_*.tar.gz`, tar archives of state files
//! in any directory. They have no digests; what protects them is the checksum of gzip, which is read to its end.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use flate2::read::MultiGzDecoder;
use session_state::is_project_name;
use tar::{Archive, Entry, EntryType};

use super::archive::Visit;
use super::limits::{MAX_ORIGINAL, MAX_ORIGINAL_ENTRIES};
use super::manifest::ManifestFile;
use super::tree::state_name;
use super::{BackupError, Damage, digest, open};

/// A backup of the original scripts, read whole: it is small.
#[derive(Debug)]
pub struct Original {
    /// The archive.
    pub path: PathBuf,
    /// The states in it.
    pub files: Vec<ManifestFile>,
    /// Plain files in it that are no states, by name: logs, notes.
    pub ignored: Vec<String>,
    contents: BTreeMap<String, Vec<u8>>,
}

/// Reads a backup of the original scripts.
///
/// # Errors
///
/// [`BackupError::Damaged`] also if there is anything in it but plain files and directories below it.
pub fn read_original(path: &Path) -> Result<Original, BackupError> {
    let file = open::regular(path)?;
    let mut original = Original {
        path: path.to_owned(),
        files: Vec::new(),
        ignored: Vec::new(),
        contents: BTreeMap::new(),
    };
    original.read_all(file).map_err(|fault| match fault {
        Fault::Damage(damage) => open::damaged(path, damage),
        Fault::Io(error) if error.raw_os_error().is_some() => open::unreadable(path, error),
        Fault::Io(error) => open::damaged(path, Damage::Content(error)),
    })?;
    Ok(original)
}

impl Original {
    pub(super) fn read(&mut self, visit: &mut dyn Visit) -> Result<(), BackupError> {
        for (sha256, content) in &self.contents {
            if visit.wants(sha256) {
                visit.content(sha256, &mut content.as_slice())?;
            }
        }
        Ok(())
    }

    fn read_all(&mut self, file: File) -> Result<(), Fault> {
        let limit = MAX_ORIGINAL + (MAX_ORIGINAL_ENTRIES as u64) * 1024;
        let mut stream = MultiGzDecoder::new(io::BufReader::new(file)).take(limit);
        let mut archive = Archive::new(&mut stream);
        // Raw: extension headers, as long as they please, are refused like everything else that no state needs.
        for (n, entry) in archive.entries()?.raw(true).enumerate() {
            if n == MAX_ORIGINAL_ENTRIES {
                return Err(too_much(MAX_ORIGINAL_ENTRIES as u64, "entries"));
            }
            self.add(entry?)?;
        }
        // The checksum comes last. What GNU tar pads with is zeros.
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest)?;
        if stream.limit() == 0 {
            return Err(too_much(limit, "bytes"));
        }
        if rest.iter().any(|&byte| byte != 0) {
            return Err(Damage::Trailing.into());
        }
        if rest.len() < 512 {
            return Err(Damage::NoEnd.into());
        }
        if self.files.is_empty() {
            return Err(Damage::NoManifest.into());
        }
        Ok(())
    }

    fn add(&mut self, mut entry: Entry<'_, impl Read>) -> Result<(), Fault> {
        let name = String::from_utf8_lossy(&entry.header().path_bytes()).into_owned();
        let refused = |why| {
            Fault::Damage(Damage::Refused {
                name: name.clone(),
                why,
            })
        };
        let below = Path::new(&name)
            .components()
            .all(|component| matches!(component, Component::Normal(_) | Component::CurDir));
        if name.is_empty() || name.len() > 1024 || !below || name.contains(char::is_control) {
            return Err(refused("has a name that leads elsewhere"));
        }
        match entry.header().entry_type() {
            EntryType::Directory => return Ok(()),
            EntryType::Regular if entry.header().link_name_bytes().is_none() => {}
            _ => return Err(refused("is neither plain file nor directory")),
        }
        let file = Path::new(&name)
            .file_name()
            .and_then(|file| file.to_str())
            .unwrap_or_default();
        let project = file.strip_suffix(".state").filter(|project| is_project_name(project));
        let Some(project) = project else {
            self.ignored.push(name);
            return Ok(());
        };
        let size = entry.size();
        if size > MAX_ORIGINAL {
            return Err(refused("is too large"));
        }
        let mut content = Vec::new();
        entry.read_to_end(&mut content)?;
        if content.len() as u64 != size {
            return Err(Damage::NoEnd.into());
        }
        let (name_in_tree, sha256) = (state_name(project), digest::of(&content));
        if self.files.iter().any(|file| file.name == name_in_tree) {
            return Err(refused("occurs twice"));
        }
        self.files.push(ManifestFile {
            name: name_in_tree,
            size,
            sha256: sha256.clone(),
            archive: None,
            changing: false,
        });
        self.contents.insert(sha256, content);
        Ok(())
    }
}

enum Fault {
    Damage(Damage),
    Io(io::Error),
}

impl From<Damage> for Fault {
    fn from(damage: Damage) -> Self {
        Self::Damage(damage)
    }
}

impl From<io::Error> for Fault {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

fn too_much(limit: u64, unit: &'static str) -> Fault {
    Damage::TooMuch { limit, unit }.into()
}
