//! What we send. **A malformed client can kill the server, with every session on it**, so this is the only module that
//! makes bytes for its socket. Its rules, each measured on 3.2a to 3.8 and each with a test:
//!
//! - E1: what identifies the client and its command leave as one piece of bytes, built from typed parts; the number of
//!   arguments is counted here (a wrong one kills 3.2a to 3.6b).
//! - E2: the terminal's name (message 102) is always there; without it every version dies at the first target.
//! - E3: the message with the control flag comes directly before the end of the identification, in the same piece as
//!   that and the command; descriptors go before it (else 3.2a to 3.6b die if the client goes away in between).
//! - E4: no string contains NUL, nothing is longer than a message; else there is an error and nothing is sent.
//! - E5: nothing is tried out: the server's version decides how a descriptor is marked.

use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::PathBuf;

use bstr::BString;

use super::message::{
    COMMAND, EXITING, HEADER, IDENTIFY_CLIENTPID, IDENTIFY_CWD, IDENTIFY_DONE, IDENTIFY_ENVIRON, IDENTIFY_LONGFLAGS,
    IDENTIFY_STDIN, IDENTIFY_STDOUT, IDENTIFY_TERM, IDENTIFY_TTYNAME, MAX_DATA, MAX_MESSAGE, PROTOCOL_VERSION, READ,
    READ_DONE, WRITE_READY,
};

/// Without it every byte that isn't printable ASCII arrives as `_`.
const FLAG_UTF8: u64 = 0x1_0000;
const FLAG_CONTROL: u64 = 0x2000;

/// The most bytes that the arguments of a command may have, each with its final NUL.
pub(crate) const MAX_ARGUMENT_BYTES: usize = MAX_MESSAGE - HEADER - 4;

/// tmux 3.7 and newer refuse more arguments.
pub(crate) const MAX_ARGUMENTS: usize = 1000;

/// `EACCES`: the server asks us to open a file. Data goes over the standard streams only.
const REFUSED: i32 = 13;

/// As whom we introduce ourselves to the server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The environment, of which new sessions get the variables that `update-environment` names. A variable that is
    /// missing here is marked as removed in a new session.
    pub environment: Vec<(BString, BString)>,
    /// The directory in which windows without one of their own start.
    pub directory: PathBuf,
}

impl Identity {
    /// With these variables, such as `std::env::vars_os()`, and this directory.
    pub fn new(variables: impl IntoIterator<Item = (OsString, OsString)>, directory: impl Into<PathBuf>) -> Self {
        let bytes = |text: OsString| BString::from(text.into_vec());
        Self {
            environment: variables
                .into_iter()
                .map(|(name, value)| (bytes(name), bytes(value)))
                .collect(),
            directory: directory.into(),
        }
    }
}

/// Why nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unsendable {
    NulByte,
    TooLong,
}

/// How a message says that a descriptor comes with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DescriptorMark {
    /// 3.2a to 3.5a: a flag behind a length of 16 bits.
    Flag,
    /// 3.6 and newer: the top bit of the length.
    TopBit,
}

/// The whole of what an unattached client sends at first: who it is, and its command.
pub(crate) fn command(identity: &Identity, argv: &[BString]) -> Result<Vec<u8>, Unsendable> {
    let mut bytes = introduction(identity)?;
    finish(&mut bytes, FLAG_UTF8, argv)?;
    Ok(bytes)
}

/// What a control client sends: the introduction, two messages that each carry a descriptor, and the rest.
pub(crate) struct ControlIdentification {
    pub(crate) introduction: Vec<u8>,
    pub(crate) stdin: Vec<u8>,
    pub(crate) stdout: Vec<u8>,
    pub(crate) rest: Vec<u8>,
}

pub(crate) fn control(
    identity: &Identity,
    mark: DescriptorMark,
    argv: &[BString],
) -> Result<ControlIdentification, Unsendable> {
    let mut rest = Vec::new();
    finish(&mut rest, FLAG_UTF8 | FLAG_CONTROL, argv)?;
    Ok(ControlIdentification {
        introduction: introduction(identity)?,
        stdin: with_descriptor(IDENTIFY_STDIN, mark),
        stdout: with_descriptor(IDENTIFY_STDOUT, mark),
        rest,
    })
}

/// The answer to a `WriteOpen`: write, or don't.
pub(crate) fn write_ready(stream: i32, open: bool) -> Vec<u8> {
    numbers(WRITE_READY, &[stream, if open { 0 } else { REFUSED }])
}

/// A piece of standard input.
pub(crate) fn read(stream: i32, data: &[u8]) -> Vec<u8> {
    let mut payload = stream.to_ne_bytes().to_vec();
    payload.extend_from_slice(data.get(..MAX_DATA).unwrap_or(data));
    frame(READ, &payload)
}

/// The end of standard input, or the refusal to open a file.
pub(crate) fn read_done(stream: i32, open: bool) -> Vec<u8> {
    numbers(READ_DONE, &[stream, if open { 0 } else { REFUSED }])
}

/// The answer to the server's word that we shall leave.
pub(crate) fn exiting() -> Vec<u8> {
    frame(EXITING, &[])
}

fn introduction(identity: &Identity) -> Result<Vec<u8>, Unsendable> {
    let mut bytes = string(IDENTIFY_TERM, b"screen")?;
    bytes.extend(string(IDENTIFY_TTYNAME, b"")?);
    bytes.extend(string(IDENTIFY_CWD, identity.directory.as_os_str().as_bytes())?);
    let pid = i32::try_from(std::process::id()).unwrap_or_default();
    bytes.extend(numbers(IDENTIFY_CLIENTPID, &[pid]));
    for (name, value) in &identity.environment {
        let mut variable = name.to_vec();
        variable.push(b'=');
        variable.extend_from_slice(value);
        // tmux's own client leaves out what is too long, too.
        if let Ok(message) = string(IDENTIFY_ENVIRON, &variable) {
            bytes.extend(message);
        }
    }
    Ok(bytes)
}

/// Flags, end of the identification, command: one piece (E3).
fn finish(bytes: &mut Vec<u8>, flags: u64, argv: &[BString]) -> Result<(), Unsendable> {
    let argc = i32::try_from(argv.len()).map_err(|_too_many| Unsendable::TooLong)?;
    if argv.len() > MAX_ARGUMENTS {
        return Err(Unsendable::TooLong);
    }
    let mut payload = argc.to_ne_bytes().to_vec();
    for word in argv {
        if word.contains(&0) {
            return Err(Unsendable::NulByte);
        }
        payload.extend_from_slice(word);
        payload.push(0);
    }
    if payload.len() > MAX_ARGUMENT_BYTES + 4 {
        return Err(Unsendable::TooLong);
    }
    bytes.extend(frame(IDENTIFY_LONGFLAGS, &flags.to_ne_bytes()));
    bytes.extend(frame(IDENTIFY_DONE, &[]));
    bytes.extend(frame(COMMAND, &payload));
    Ok(())
}

fn string(kind: u32, text: &[u8]) -> Result<Vec<u8>, Unsendable> {
    if text.contains(&0) {
        return Err(Unsendable::NulByte);
    }
    if text.len() + 1 > MAX_MESSAGE - HEADER {
        return Err(Unsendable::TooLong);
    }
    let mut payload = text.to_vec();
    payload.push(0);
    Ok(frame(kind, &payload))
}

fn numbers(kind: u32, numbers: &[i32]) -> Vec<u8> {
    let payload: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
    frame(kind, &payload)
}

/// Payloads were bounded by those who call this.
fn frame(kind: u32, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(HEADER + payload.len()).unwrap_or(u32::MAX);
    header_and_payload(kind, length, payload)
}

fn with_descriptor(kind: u32, mark: DescriptorMark) -> Vec<u8> {
    let header = HEADER as u32;
    let length = match mark {
        // `u16 len, u16 flags`: the flag is 1.
        DescriptorMark::Flag if cfg!(target_endian = "little") => header | 1 << 16,
        DescriptorMark::Flag => header << 16 | 1,
        DescriptorMark::TopBit => header | 1 << 31,
    };
    header_and_payload(kind, length, &[])
}

fn header_and_payload(kind: u32, length: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + payload.len());
    for word in [kind, length, PROTOCOL_VERSION, std::process::id()] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.extend_from_slice(payload);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            environment: vec![("SSH_AUTH_SOCK".into(), "/s".into())],
            directory: "/".into(),
        }
    }

    /// Message numbers and payloads of a piece of bytes.
    fn messages(mut bytes: &[u8]) -> Vec<(u32, Vec<u8>)> {
        let mut messages = Vec::new();
        while let Some((header, rest)) = bytes.split_first_chunk::<HEADER>() {
            let word = |at: usize| u32::from_ne_bytes(header[at..at + 4].try_into().expect("four bytes"));
            assert_eq!(word(8), PROTOCOL_VERSION);
            let payload = (word(4) & 0xffff) as usize - HEADER;
            messages.push((word(0), rest[..payload].to_vec()));
            bytes = &rest[payload..];
        }
        assert!(bytes.is_empty());
        messages
    }

    #[test]
    fn e1_the_arguments_are_counted_and_all_leaves_in_one_piece() {
        let argv: Vec<BString> = vec!["list-panes".into(), "-a".into(), "".into()];
        let sent = messages(&command(&identity(), &argv).expect("bytes"));
        let (kind, payload) = sent.last().expect("a command");
        assert_eq!(
            (*kind, payload.as_slice()),
            (COMMAND, &b"\x03\0\0\0list-panes\0-a\0\0"[..])
        );
    }

    #[test]
    fn e2_the_terminal_name_is_always_there() {
        for sent in [
            command(&identity(), &[]).expect("bytes"),
            control(&identity(), DescriptorMark::Flag, &[])
                .expect("bytes")
                .introduction,
        ] {
            assert!(messages(&sent).contains(&(IDENTIFY_TTYNAME, vec![0])));
        }
    }

    #[test]
    fn e3_the_control_flag_comes_last_with_the_end_and_the_command() {
        let sent = control(&identity(), DescriptorMark::TopBit, &["attach-session".into()]).expect("bytes");
        let kinds = |bytes: &[u8]| messages(bytes).into_iter().map(|(kind, _)| kind).collect::<Vec<_>>();
        assert_eq!(kinds(&sent.rest), [IDENTIFY_LONGFLAGS, IDENTIFY_DONE, COMMAND]);
        assert!(!kinds(&sent.introduction).contains(&IDENTIFY_LONGFLAGS));
        assert_eq!(messages(&sent.rest)[0].1, 0x1_2000_u64.to_ne_bytes());
        // An ordinary client has no control flag.
        let ordinary = messages(&command(&identity(), &[]).expect("bytes"));
        assert!(ordinary.contains(&(IDENTIFY_LONGFLAGS, 0x1_0000_u64.to_ne_bytes().to_vec())));
    }

    #[test]
    fn e4_nul_bytes_and_what_is_too_long_are_refused() {
        assert_eq!(command(&identity(), &["a\0b".into()]), Err(Unsendable::NulByte));
        let word = |length: usize| vec![BString::from(vec![b'x'; length])];
        assert!(command(&identity(), &word(MAX_ARGUMENT_BYTES - 1)).is_ok());
        assert_eq!(
            command(&identity(), &word(MAX_ARGUMENT_BYTES)),
            Err(Unsendable::TooLong)
        );
        assert_eq!(command(&identity(), &vec!["x".into(); 1001]), Err(Unsendable::TooLong));
        let nul = Identity {
            directory: "/a\0b".into(),
            ..identity()
        };
        assert_eq!(command(&nul, &[]), Err(Unsendable::NulByte));
        // A variable that can't be sent is left out, as tmux's client does; the rest is sent.
        let long = Identity {
            environment: vec![("A".into(), vec![b'x'; 20_000].into()), ("B".into(), "b".into())],
            ..identity()
        };
        let sent = messages(&command(&long, &[]).expect("bytes"));
        let variables: Vec<_> = sent.iter().filter(|(kind, _)| *kind == IDENTIFY_ENVIRON).collect();
        assert_eq!(variables, [&(IDENTIFY_ENVIRON, b"B=b\0".to_vec())]);
    }

    #[test]
    fn e5_the_version_decides_how_a_descriptor_is_marked() {
        let length = |mark| {
            let sent = control(&identity(), mark, &[]).expect("bytes");
            assert_eq!(sent.stdin.len(), HEADER);
            u32::from_ne_bytes(sent.stdin[4..8].try_into().expect("four bytes"))
        };
        assert_eq!(length(DescriptorMark::Flag), 0x1_0010);
        assert_eq!(length(DescriptorMark::TopBit), 0x8000_0010);
    }

    #[test]
    fn pieces_of_input_fit_a_message() {
        assert_eq!(read(5, &[0; MAX_DATA]).len(), MAX_MESSAGE);
        assert_eq!(
            messages(&read_done(5, false)),
            [(READ_DONE, b"\x05\0\0\0\x0d\0\0\0".to_vec())]
        );
        assert_eq!(
            messages(&write_ready(1, true)),
            [(WRITE_READY, b"\x01\0\0\0\0\0\0\0".to_vec())]
        );
        assert_eq!(messages(&exiting()), [(EXITING, vec![])]);
    }
}
