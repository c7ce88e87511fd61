//! Backups.

use super::{Mutant, mutant};

const BACKUP: &[&str] = &["--package", "session-recovery", "--lib", "backup::"];

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a backup counts that doesn't read back",
        "session-recovery/src/backup/create.rs",
        "drop(verified?);",
        "drop(verified);",
        BACKUP,
    ),
    mutant(
        "a damaged backup takes the place of a sound one",
        "session-recovery/src/backup/prune.rs",
        "candidate.sound &= is_sound;",
        "candidate.sound |= is_sound;",
        BACKUP,
    ),
    mutant(
        "somebody's copy of a backup goes",
        "session-recovery/src/backup/prune.rs",
        "renamed: backup.renamed,",
        "renamed: false,",
        BACKUP,
    ),
    mutant(
        "what is written while a restore is staged is lost",
        "session-recovery/src/backup/swap.rs",
        "self.carry_over(Path::new(\"\"))?;",
        "",
        BACKUP,
    ),
    mutant(
        "what somebody made since the plan is overwritten",
        "session-recovery/src/backup/restore/apply.rs",
        "if std::fs::symlink_metadata(&target).is_ok() {",
        "if false {",
        BACKUP,
    ),
    mutant(
        "scrollback is replaced that can't be backed up",
        "session-recovery/src/backup/restore.rs",
        "matches!(state, Present::File(_))",
        "matches!(state, _)",
        BACKUP,
    ),
];
