//! The two fields of `/proc/<pid>/stat` that an identity needs.

use std::fs::File;
use std::io::{self, Read};

use super::ProcessError;

/// The kernel writes less than a tenth of this.
const MAX_BYTES: u64 = 4096;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stat {
    pub(super) state: State,
    /// Clock ticks since boot.
    pub(super) start_time: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Present,
    /// A zombie, or on the way out.
    Ended,
}

/// `None` if there is no such process.
pub(super) fn read(pid: u32) -> Result<Option<Stat>, ProcessError> {
    let path = format!("/proc/{pid}/stat");
    let mut bytes = Vec::new();
    match File::open(&path).and_then(|file| file.take(MAX_BYTES).read_to_end(&mut bytes)) {
        Ok(_) => parse(&bytes).map(Some).ok_or(ProcessError::Format { path }),
        Err(error) if is_gone(&error) => Ok(None),
        Err(source) => Err(ProcessError::Read { path, source }),
    }
}

/// `ESRCH`: the process ended between the open and the read.
fn is_gone(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::NotFound || error.raw_os_error() == Some(rustix::io::Errno::SRCH.raw_os_error())
}

/// The second field is the program's name in parentheses, which may itself contain spaces, parentheses and bytes that
/// are no UTF-8: the fields are counted from the last closing one.
fn parse(bytes: &[u8]) -> Option<Stat> {
    let end = bytes.iter().rposition(|byte| *byte == b')')?;
    let rest = std::str::from_utf8(bytes.get(end + 1..)?).ok()?;
    let mut fields = rest.split_ascii_whitespace();
    let state = match fields.next()? {
        "Z" | "X" | "x" => State::Ended,
        _ => State::Present,
    };
    // The state is field 3, the start time field 22.
    let start_time = fields.nth(18)?.parse().ok()?;
    Some(Stat { state, start_time })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FIELDS: &str = "1 42 42 0 -1 4194560 100 0 0 0 1 2 0 0 20 0 1 0 98765 10 20 18446744073709551615 1";

    #[test]
    fn names_cannot_pretend_to_be_fields() {
        let names: [&[u8]; 5] = [b"sh", b") R 1", b"a b) Z 1 1 (", b"\xff\xfe", b""];
        for name in names {
            let text = [b"42 (", name, b") S ", FIELDS.as_bytes(), b"\n"].concat();
            assert_eq!(
                parse(&text),
                Some(Stat {
                    state: State::Present,
                    start_time: 98765
                }),
                "{name:?}"
            );
        }
    }

    #[test]
    fn zombies_have_ended() {
        for (letter, state) in [
            ("Z", State::Ended),
            ("X", State::Ended),
            ("D", State::Present),
            ("T", State::Present),
        ] {
            let text = format!("42 (sh) {letter} {FIELDS}");
            assert_eq!(
                parse(text.as_bytes()),
                Some(Stat {
                    state,
                    start_time: 98765
                })
            );
        }
    }

    #[test]
    fn a_cut_line_is_no_stat() {
        let text = format!("42 (sh) S {FIELDS}");
        let enough = text.find("98765").unwrap() + 1;
        for length in 0..enough - 1 {
            assert_eq!(parse(&text.as_bytes()[..length]), None, "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            parse(&bytes);
        }
    }
}
