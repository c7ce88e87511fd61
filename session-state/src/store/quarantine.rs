//! Putting a damaged file aside: renamed with the reason in its name, never deleted, never over another one.

use std::path::{Path, PathBuf};

use session_lock::replace::{create_private_dir, rename, sync_dir};

use super::{Damage, ExclusiveStore, StoreError};

impl ExclusiveStore<'_> {
    /// Moves the file to `<dir>/corrupt/<name>.<number>.<reason>` and returns where it is.
    pub(super) fn quarantine(&self, path: &Path, damage: &Damage) -> Result<PathBuf, StoreError> {
        let directory = self.store.dir.join("corrupt");
        create_private_dir(&directory)?;
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let free = |number: &usize| !directory.join(format!("{name}.{number}.{}", damage.slug())).exists();
        // Only the owner of the lock is here, so what is free stays free.
        let number = (1..).find(free).unwrap_or(usize::MAX);
        let aside = directory.join(format!("{name}.{number}.{}", damage.slug()));
        rename(path, &aside)?;
        sync_dir(&directory)?;
        Ok(aside)
    }
}
