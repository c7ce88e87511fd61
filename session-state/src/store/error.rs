//! What can go wrong with a store.

use std::io;
use std::path::PathBuf;

use session_lock::LockError;
use session_lock::replace::ReplaceError;

use super::At;
use crate::codec::CodecError;
use crate::name::MAX_NAME;

/// Why a state can't be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// A project can't have this name.
    #[error("{name:?} is no project name (letters, digits, `_`, `@`, `-`, at most {MAX_NAME} bytes)")]
    InvalidName {
        /// The name.
        name: String,
    },
    /// There is no state of this project.
    #[error("there is no state of project {project}")]
    NoState {
        /// The project.
        project: String,
    },
    /// The history of this project doesn't reach there.
    #[error("there is no state of project {project} {at}")]
    NoSuchEntry {
        /// The project.
        project: String,
        /// What was asked for.
        at: At,
    },
    /// The file can't be used, and neither can any entry of its history.
    #[error("{} can't be used", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        damage: Damage,
    },
    /// A newer tsm wrote the file; it is not written over.
    #[error("{} was written by a newer tsm", path.display())]
    NewerVersion {
        /// The file.
        path: PathBuf,
        /// Its format version; 0 if it can't be told.
        version: u32,
    },
    /// The state can't be written as a file.
    #[error("the state of project {project} can't be written")]
    Encode {
        /// The project.
        project: String,
        /// Why.
        source: CodecError,
    },
    /// What was about to be written doesn't read back as the state that it is of. Nothing was changed.
    #[error("the state of project {project} doesn't read back as it was")]
    SelfCheck {
        /// The project.
        project: String,
    },
    /// The bytes to be put are no state of this project. Nothing was changed.
    #[error("the bytes are no state of project {project}")]
    NotItsState {
        /// The project.
        project: String,
        /// What is wrong with them.
        #[source]
        damage: Damage,
    },
    /// One project is twice among the states to save. The first was saved.
    #[error("project {project} is to be saved twice at once")]
    Twice {
        /// The project.
        project: String,
    },
    /// A file or directory can't be read.
    #[error("{} can't be read", path.display())]
    Read {
        /// The file or directory.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// A file or directory can't be changed.
    #[error(transparent)]
    Replace(#[from] ReplaceError),
    /// The lock isn't to be had.
    #[error(transparent)]
    Lock(#[from] LockError),
}

/// What is wrong with a state file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// Its content.
    #[error(transparent)]
    Content(#[from] CodecError),
    /// It is the state of another project than its name says.
    #[error("it is the state of project {found:?}")]
    OtherProject {
        /// The project in the file.
        found: String,
    },
    /// It is a link, a directory, a device, …
    #[error("it is no regular file")]
    NotAFile,
    /// There is none, but there is a history.
    #[error("it is missing")]
    Missing,
}

impl Damage {
    /// A word for the name of the quarantined file.
    pub(super) fn slug(&self) -> &'static str {
        match self {
            Self::Content(CodecError::Truncated { .. }) => "truncated",
            Self::Content(CodecError::TooLarge | CodecError::TooMany { .. }) => "too-large",
            Self::Content(CodecError::Syntax { .. }) => "syntax",
            Self::Content(CodecError::Missing { .. }) => "incomplete",
            Self::Content(_) => "damaged",
            Self::OtherProject { .. } => "other-project",
            Self::NotAFile => "no-file",
            Self::Missing => "missing",
        }
    }
}
