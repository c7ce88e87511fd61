//! What can go wrong with a backup.

use std::io;
use std::path::PathBuf;

use session_lock::LockError;
use session_lock::replace::ReplaceError;
use session_state::{CodecError, StoreError};

use super::retention::RetentionError;

/// Why something about a backup was not done.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// A file or directory can't be read.
    #[error("{} can't be read", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// An archive can't be written.
    #[error("{} can't be written", path.display())]
    Write {
        /// The archive.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// The backup isn't as it was written.
    #[error("{} is damaged", path.display())]
    Damaged {
        /// The archive, or its sidecar.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        damage: Damage,
    },
    /// The file is a backup of a kind that can't be read.
    #[error("{} is {what}, which can't be restored", path.display())]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// What it is.
        what: &'static str,
    },
    /// A newer tsm wrote the backup.
    #[error("{} was written by a newer tsm (format {format})", path.display())]
    NewerFormat {
        /// The archive, or its sidecar.
        path: PathBuf,
        /// Its format version.
        format: u32,
    },
    /// A file of the states, or what is restored, is neither plain file nor directory.
    #[error("{} {why}", path.display())]
    Refused {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, to be read after its name.
        why: &'static str,
    },
    /// Nothing could be saved of a damaged backup.
    #[error("nothing of {} is sound", path.display())]
    NothingSound {
        /// The archive.
        path: PathBuf,
    },
    /// Retention isn't carried out.
    #[error(transparent)]
    Retention(#[from] RetentionError),
    /// The backup doesn't hold this project.
    #[error("{} holds no state of project {project:?}", path.display())]
    NoSuchProject {
        /// The archive.
        path: PathBuf,
        /// The project.
        project: String,
    },
    /// There is no sound state to back up.
    #[error("there is no state to back up in {}{}", dir.display(), unusable(*damaged))]
    Nothing {
        /// The directory of the states.
        dir: PathBuf,
        /// How many there are that can't be used.
        damaged: usize,
    },
    /// The states are more than a backup may hold.
    #[error("the states in {} are more than a backup may hold ({limit} {unit})", dir.display())]
    TooMuch {
        /// The directory of the states.
        dir: PathBuf,
        /// How much it may hold.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// The clock shows a time that no backup can bear.
    #[error("the clock shows {now} seconds since 1970: that can't be the time of a backup")]
    Clock {
        /// The time, in seconds since 1970 UTC.
        now: i64,
    },
    /// What was to be restored over is not what the plan was made for. Nothing was changed.
    #[error("the state of project {project} has changed since the restore was planned")]
    Changed {
        /// The project.
        project: String,
    },
    /// A store of states.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A file or directory can't be changed.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// The lock isn't to be had.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// What is wrong with a backup. Names out of it are shown escaped: an attacker may have chosen them.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// There is a sidecar, but not the archive that it describes.
    #[error("the archive is missing")]
    NoArchive,
    /// It is a directory, a device, …
    #[error("it is no regular file")]
    NotAFile,
    /// It isn't compressed as a backup is.
    #[error("it is no zstd file")]
    NotZstd,
    /// It is compressed as backups of the original scripts are.
    #[error("it is a gzip file")]
    Gzip,
    /// What was decompressed is no tar archive.
    #[error("it is no tar archive")]
    NoTar,
    /// The list of names, or the script, that serve those without tsm is missing, or says other than the manifest.
    #[error("its list of names is not that of its manifest")]
    NoNames,
    /// An archive that it refers to is missing, or isn't the one that is meant.
    #[error("it refers to {id}, which can't be used")]
    Reference {
        /// The backup that it refers to.
        id: String,
        /// Why that can't be used.
        source: Box<BackupError>,
    },
    /// The compressed data bear no checksum, so that damage would pass for content.
    #[error("it has no checksum")]
    NoChecksum,
    /// The sidecar isn't as it was written.
    #[error("its digest doesn't match")]
    SidecarDigest,
    /// The archive is longer or shorter than its sidecar says.
    #[error("it has {found} bytes instead of {recorded}")]
    Size {
        /// The sidecar's number.
        recorded: u64,
        /// The file's.
        found: u64,
    },
    /// The archive's digest isn't the one in its sidecar.
    #[error("its digest is not the one in its sidecar")]
    Digest,
    /// The archive's own manifest isn't the one in its sidecar.
    #[error("its manifest is not the one in its sidecar")]
    OtherManifest,
    /// The content can't be decompressed, or is no tar archive.
    #[error("its content can't be decoded")]
    Content(#[source] io::Error),
    /// The end is missing.
    #[error("its end is missing")]
    NoEnd,
    /// Something follows after the end.
    #[error("something follows after its end")]
    Trailing,
    /// The first entry is no manifest.
    #[error("it doesn't begin with a manifest")]
    NoManifest,
    /// The manifest isn't readable.
    #[error("its manifest is invalid: {message}")]
    Manifest {
        /// What the parser says, on one line.
        message: String,
    },
    /// The manifest says something that can't be.
    #[error("its manifest is invalid: {subject:?} {why}")]
    Entry {
        /// What it says it about.
        subject: String,
        /// What can't be, to be read after the subject.
        why: &'static str,
    },
    /// An entry that no backup of ours has: another name than ours, a link, a device, …
    #[error("entry {name:?} {why}")]
    Refused {
        /// Its name.
        name: String,
        /// What is wrong with it, to be read after its name.
        why: &'static str,
    },
    /// What the manifest lists isn't there.
    #[error("the content {name:?} is missing")]
    Missing {
        /// Its name.
        name: String,
    },
    /// More than a backup may hold.
    #[error("it holds more than {limit} {unit}")]
    TooMuch {
        /// How much it may hold.
        limit: u64,
        /// Of what.
        unit: &'static str,
    },
    /// The content is no state of the project that the manifest says it is of.
    #[error("it holds no state of project {project}")]
    NotItsState {
        /// The project.
        project: String,
        /// What is wrong with the content; nothing if it is the state of another project.
        source: Option<CodecError>,
    },
}

/// What is there, but can't be backed up.
fn unusable(damaged: usize) -> String {
    match damaged {
        0 => String::new(),
        _ => format!(": {damaged} of {damaged} can't be used"),
    }
}
