//! From a [`SessionState`] to the bytes of a state file and back; no paths, no I/O.
//!
//! The format is described in `FORMAT.md`. One file is meant for three readers: this crate, any TOML 1.0 parser, and a
//! POSIX shell that sources it. Sourcing a file can set variables of our names and `X_*`, and can't run anything.

mod bound;
mod header;
mod legacy;
mod plain;
mod quote;
mod read;
mod summary;
mod table;
#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "a real shell sources files in the tests")]
mod tests;
pub(crate) mod unknown;
mod write;

use crate::SessionState;
use header::Header;

pub use bound::{MAX_FILE, MAX_PANES, MAX_WINDOWS};

/// The format version that this crate writes.
pub const VERSION: u32 = 1;

/// What a state file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decoded {
    /// The session.
    pub state: SessionState,
    /// Who wrote the file, and whether it is as it was written.
    pub origin: Origin,
}

/// Who wrote a state file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// tsm, in a version of the format that this crate knows.
    Tsm {
        /// The format version.
        version: u32,
        /// The digest doesn't match, but the file is a complete state: somebody edited it, or a bit flipped.
        edited: bool,
    },
    /// The original shell scripts.
    OriginalScript,
    /// A newer tsm, by its format version. What is known of it was read; such a file must not be written over.
    NewerVersion(u32),
}

/// Why bytes are no state, or a state can't be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CodecError {
    /// More bytes than [`MAX_FILE`].
    #[error("the state is larger than {MAX_FILE} bytes")]
    TooLarge,
    /// More windows than [`MAX_WINDOWS`] or panes than [`MAX_PANES`].
    #[error("the state has too many {what}: {count}, at most {max} are possible")]
    TooMany {
        /// `windows`, `panes`, …
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many are possible.
        max: usize,
    },
    /// The end is missing.
    #[error("the state is cut off: {found} of {expected} bytes")]
    Truncated {
        /// The length that the first line names, in bytes.
        expected: u64,
        /// The length that there is, in bytes.
        found: u64,
    },
    /// The digest doesn't match, and what is there is no complete state.
    #[error("the state is damaged: {why}")]
    Damaged {
        /// What was found.
        why: String,
    },
    /// The text is no TOML.
    #[error("the state is no valid TOML: {message}")]
    Syntax {
        /// What the parser says, on one line.
        message: String,
    },
    /// A key is missing.
    #[error("key {key} is missing")]
    Missing {
        /// The key.
        key: String,
    },
    /// A key has a value that it can't have.
    #[error("key {key} is not {expected}")]
    Value {
        /// The key.
        key: String,
        /// What it must be.
        expected: &'static str,
    },
    /// An index or a key occurs twice.
    #[error("{what} occurs twice")]
    Twice {
        /// What does, for example `window 1`.
        what: String,
    },
    /// A file of a newer version whose content can't be understood at all.
    #[error("the state is of format version {version}, newer than {VERSION}")]
    NewerVersion {
        /// The file's format version.
        version: u32,
    },
}

/// The bytes of the state file of `state`. Unknown keys are written in the order of their names.
///
/// # Errors
///
/// [`CodecError`] if the state is beyond the limits, has two windows or panes of one index, or unknown keys whose
/// values are no TOML values in their plainest form.
pub fn encode(state: &SessionState) -> Result<Vec<u8>, CodecError> {
    let body = write::body(state)?;
    let mut bytes = header::line(VERSION, body.as_bytes()).into_bytes();
    bytes.extend_from_slice(body.as_bytes());
    if bytes.len() > MAX_FILE {
        Err(CodecError::TooLarge)
    } else {
        Ok(bytes)
    }
}

/// What the bytes of a state file say.
///
/// A file that tsm wrote and that lost its end is never accepted. One that was changed otherwise is, if it is still a
/// complete state: [`Origin::Tsm`] then says `edited`. A file without tsm's first line is read as one of the original
/// scripts, unless it has keys that only tsm writes.
///
/// # Errors
///
/// [`CodecError`] if they are damaged, cut off, or no state.
pub fn decode(bytes: &[u8]) -> Result<Decoded, CodecError> {
    if bytes.len() > MAX_FILE {
        return Err(CodecError::TooLarge);
    }
    let Some((header, body)) = header::split(bytes) else {
        return if is_ours(bytes) {
            decode_own(None, bytes)
        } else {
            decode_original(bytes)
        };
    };
    decode_own(Some(&header), body).map_err(|error| match header.version {
        // What a newer version considers whole is not called damaged by this one.
        version if version > VERSION && header.could_match(body) => CodecError::NewerVersion { version },
        _ => error,
    })
}

/// Whether a file without a first line of ours has other marks of ours: then that line is what was damaged.
fn is_ours(bytes: &[u8]) -> bool {
    let mark = format!("{}=", read::FORMAT);
    header::has_end(bytes)
        || bytes
            .split(|&byte| byte == b'\n')
            .any(|line| line.starts_with(mark.as_bytes()))
}

fn decode_original(bytes: &[u8]) -> Result<Decoded, CodecError> {
    let state = legacy::state(bytes)?;
    Ok(Decoded {
        state,
        origin: Origin::OriginalScript,
    })
}

fn decode_own(header: Option<&Header>, body: &[u8]) -> Result<Decoded, CodecError> {
    let intact = header.is_some_and(|header| header.matches(body));
    if !intact && !header::has_end(body) {
        return Err(match header.and_then(|header| header.missing_from(body)) {
            Some((expected, found)) => CodecError::Truncated { expected, found },
            None => damaged("its last line is not the last line of a state"),
        });
    }
    let text = std::str::from_utf8(body).map_err(|_| damaged("it is no UTF-8"))?;
    let plain = intact.then(|| plain::table(text)).flatten();
    let table = match plain {
        Some(table) => table,
        None => text.parse().map_err(|error: toml::de::Error| CodecError::Syntax {
            message: error.message().lines().collect::<Vec<_>>().join(" "),
        })?,
    };
    let version = match table.get(read::FORMAT) {
        Some(value) => value.as_integer().and_then(|number| u32::try_from(number).ok()),
        None => header.map(|header| header.version),
    };
    let version = version
        .filter(|&version| version > 0)
        .ok_or_else(|| CodecError::Value {
            key: read::FORMAT.to_owned(),
            expected: "a format version",
        })?;
    let state = read::state(table, text)?;
    let edited = !intact || header.is_none_or(|header| header.version != version);
    let origin = if version > VERSION {
        Origin::NewerVersion(version)
    } else {
        Origin::Tsm { version, edited }
    };
    Ok(Decoded { state, origin })
}

fn damaged(why: &str) -> CodecError {
    CodecError::Damaged { why: why.to_owned() }
}
