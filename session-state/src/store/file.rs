//! Reading one state file, and telling whether it is what its name says.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::{Damage, Notice, StoreError};
use crate::SessionState;
use crate::codec::{self, MAX_FILE, Origin};

/// The content of a file: `None` if there is none, an error inside if it is no file to read.
pub(super) fn read(path: &Path) -> Result<Option<Result<Vec<u8>, Damage>>, StoreError> {
    let unreadable = |source| StoreError::Read {
        path: path.to_owned(),
        source,
    };
    let file = match open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => {
            return Ok(Some(Err(Damage::NotAFile)));
        }
        Err(error) => return Err(unreadable(error)),
    };
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Ok(Some(Err(Damage::NotAFile)));
    }
    // With room for all of it, and a byte to find its end with, two calls read it.
    let length = usize::try_from(metadata.len()).unwrap_or(MAX_FILE).min(MAX_FILE);
    let mut bytes = Vec::with_capacity(length + 1);
    // One byte more than may be tells that it is too large.
    let _length = file
        .take(MAX_FILE as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    Ok(Some(Ok(bytes)))
}

/// What the bytes say of a project.
pub(super) fn interpret(project: &str, bytes: &[u8]) -> Result<(SessionState, Option<Notice>), Damage> {
    let decoded = codec::decode(bytes)?;
    if decoded.state.project != project {
        return Err(Damage::OtherProject {
            found: decoded.state.project,
        });
    }
    let notice = match decoded.origin {
        Origin::Tsm { edited: false, .. } => None,
        Origin::Tsm { edited: true, .. } => Some(Notice::Edited),
        Origin::OriginalScript => Some(Notice::OriginalScript),
        Origin::NewerVersion(version) => Some(Notice::NewerVersion(version)),
    };
    Ok((decoded.state, notice))
}

/// No link is followed, and a fifo doesn't block.
fn open(path: &Path) -> io::Result<File> {
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(path, flags, Mode::empty())?.into())
}
