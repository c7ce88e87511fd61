//! What makes a backup restorable without tsm: a list of names, and a script that needs GNU tar, zstd and a shell.

use super::manifest::{Manifest, ManifestFile};

/// The name of the list in an archive.
pub(super) const NAMES: &str = "names.txt";

/// The name of the script in an archive.
pub(super) const SCRIPT: &str = "restore.sh";

/// The script. It is the same in every archive; what it needs to know is in the list.
pub(super) const TEXT: &str = include_str!("restore.sh");

/// A line a file: its digest, the archive that holds it, its name.
pub(super) fn names(manifest: &Manifest) -> String {
    let line = |file: &ManifestFile| {
        let archive = file.archive.as_ref().unwrap_or(&manifest.id);
        format!("{} {archive}.tar.zst {}\n", file.sha256, file.name)
    };
    manifest.files.iter().map(line).collect()
}
