//! The first line of a state file, and its last: with them no lost end, and hardly any other damage, goes unnoticed.
//!
//! TOML has no end marker: most beginnings of a TOML file are TOML files. The digest in the first line tells whether
//! the rest is as it was written. For a file that was edited by hand the digest no longer holds, so the last line is
//! always [`END`], which no other line of a file can be: a file that lost its end lost that line.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// The last line.
pub(super) const END: &str = "# end of state";

/// How a first line begins, up to the version's number.
const START: &[u8] = b"# tsm-state v";

/// What the first line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Header {
    /// The format version.
    pub(super) version: u32,
    /// SHA-256 of everything after the first line, in hexadecimal; of a newer version maybe something else.
    digest: Option<String>,
    /// Length of everything after the first line, in bytes.
    len: Option<u64>,
}

impl Header {
    /// Whether `body` is what was written.
    pub(super) fn matches(&self, body: &[u8]) -> bool {
        self.len == u64::try_from(body.len()).ok() && self.digest.as_ref() == Some(&hex(body))
    }

    /// Whether a version that we don't know may consider `body` whole: if there is a digest of ours, it must match.
    pub(super) fn could_match(&self, body: &[u8]) -> bool {
        self.digest.is_none() || self.matches(body)
    }

    /// The length that `body` should have and the one that it has, in bytes, if it is too short.
    pub(super) fn missing_from(&self, body: &[u8]) -> Option<(u64, u64)> {
        let (expected, found) = (self.len?, u64::try_from(body.len()).ok()?);
        (found < expected).then_some((expected, found))
    }
}

/// The first line for `body`.
pub(super) fn line(version: u32, body: &[u8]) -> String {
    format!("# tsm-state v{version} sha256={} len={}\n", hex(body), body.len())
}

/// The header and what follows it, if there is one.
pub(super) fn split(bytes: &[u8]) -> Option<(Header, &[u8])> {
    let rest = bytes.strip_prefix(START)?;
    let (line, body) = match rest.iter().position(|&byte| byte == b'\n') {
        Some(end) => (rest.get(..end)?, rest.get(end + 1..)?),
        None => (rest, &[][..]),
    };
    let mut words = std::str::from_utf8(line).ok()?.split_ascii_whitespace();
    let mut header = Header {
        version: words.next()?.parse().ok()?,
        digest: None,
        len: None,
    };
    for word in words {
        match word.split_once('=') {
            Some(("sha256", digest)) => header.digest = Some(digest.to_owned()),
            Some(("len", len)) => header.len = len.parse().ok(),
            _ => {}
        }
    }
    Some((header, body))
}

/// Whether the last line is [`END`], line feed included.
pub(super) fn has_end(body: &[u8]) -> bool {
    let Some(lines) = body.strip_suffix(b"\n") else {
        return false;
    };
    let last = lines.rsplit(|&byte| byte == b'\n').next().unwrap_or_default();
    last.strip_suffix(b"\r").unwrap_or(last) == END.as_bytes()
}

fn hex(body: &[u8]) -> String {
    let mut out = String::with_capacity(64);
    for byte in Sha256::digest(body) {
        // Writing to a string doesn't fail.
        let _infallible = write!(out, "{byte:02x}");
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_matches_only_its_body() {
        let bytes = [line(1, b"A=1\n").into_bytes(), b"A=1\n".to_vec()].concat();
        let (header, body) = split(&bytes).unwrap();
        assert_eq!((header.version, header.len, body), (1, Some(4), &b"A=1\n"[..]));
        assert!(header.matches(body));
        assert!(!header.matches(b"A=2\n"));
        assert!(!header.matches(b"A=1"));
    }

    #[test]
    fn other_first_lines_are_none() {
        assert_eq!(split(b""), None);
        assert_eq!(split(b"# tsm-state v"), None);
        assert_eq!(split(b"# tsm-state vx sha256=0 len=0\n"), None);
        assert_eq!(split(b"PROJECT=\"todo\"\n"), None);
        assert_eq!(split(b"# tsm-state v99999999999 \n"), None);
    }

    #[test]
    fn the_end_is_a_whole_last_line() {
        assert!(has_end(b"A=1\n# end of state\n"));
        assert!(has_end(b"# end of state\r\n"));
        assert!(!has_end(b"A=1\n# end of state"));
        assert!(!has_end(b"A=1 # end of state\n"));
        assert!(!has_end(b"# end of state\nA=1\n"));
    }
}
