//! Putting a damaged file aside: under a name with the reason in it, never deleted, never over another one.

use std::path::{Path, PathBuf};

use session_lock::replace::{hard_link, rename};

use super::pass::{is_same_file, make_directory};
use super::{Damage, ExclusiveStore, StoreError};

impl ExclusiveStore<'_> {
    /// Gives the file a second name, `<dir>/corrupt/<name>.<number>.<reason>`, and returns it. The file keeps its own name
    /// until a new one takes its place, so that there is never a moment without a file. Durable once that directory is
    /// synced.
    pub(super) fn quarantine(&self, path: &Path, damage: &Damage) -> Result<PathBuf, StoreError> {
        let directory = self.store.dir.join("corrupt");
        make_directory(&directory)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let aside = |number: u32| directory.join(format!("{name}.{number}.{}", damage.slug()));
        // Only the owner of the lock is here, so what is free stays free.
        let free = (1..).find(|number| {
            // A save that was cut off before its rename has put this very file aside already.
            std::fs::symlink_metadata(aside(*number)).is_err() || is_same_file(&aside(*number), path)
        });
        let aside = aside(free.unwrap_or(u32::MAX));
        if is_same_file(&aside, path) {
            return Ok(aside);
        }
        if hard_link(path, &aside).is_err() {
            // A directory can't have two names, and some file systems have no second names at all.
            rename(path, &aside)?;
        }
        Ok(aside)
    }
}
