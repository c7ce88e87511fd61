//! SHA-256 of what passes by.

use std::fmt::Write as _;
use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// Length of a digest in hexadecimal.
pub(super) const HEX: usize = 64;

/// SHA-256 of `bytes`, in lower-case hexadecimal.
pub(super) fn of(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of a file's content.
pub(super) fn of_file(file: std::fs::File) -> io::Result<String> {
    let mut reader = Digesting::new(file);
    io::copy(&mut reader, &mut io::sink())?;
    Ok(reader.finish().1)
}

/// Whether `text` is a digest as [`of`] writes it.
pub(super) fn is_digest(text: &[u8]) -> bool {
    text.len() == HEX && text.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// Counts and digests what is read or written through it.
pub(super) struct Digesting<T> {
    inner: T,
    state: Sha256,
    bytes: u64,
}

impl<T> Digesting<T> {
    pub(super) fn new(inner: T) -> Self {
        Self {
            inner,
            state: Sha256::new(),
            bytes: 0,
        }
    }

    /// What it was made of, the digest in hexadecimal and the number of bytes.
    pub(super) fn finish(self) -> (T, String, u64) {
        (self.inner, hex(&self.state.finalize()), self.bytes)
    }

    /// How many bytes have passed by.
    pub(super) fn count(&self) -> u64 {
        self.bytes
    }

    fn add(&mut self, bytes: &[u8]) {
        self.state.update(bytes);
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
    }
}

impl<T: Read> Read for Digesting<T> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = self.inner.read(buffer)?;
        if let Some(read) = buffer.get(..length) {
            self.add(read);
        }
        Ok(length)
    }
}

impl<T: Write> Write for Digesting<T> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let length = self.inner.write(buffer)?;
        if let Some(written) = buffer.get(..length) {
            self.add(written);
        }
        Ok(length)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

fn hex(digest: &[u8]) -> String {
    let mut text = String::with_capacity(HEX);
    for byte in digest {
        // Writing to a string doesn't fail.
        let _infallible = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first is FIPS 180-2's own example.
    const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    #[test]
    fn digests_are_those_of_the_standard() {
        assert_eq!(of(b"abc"), ABC);
        assert!(is_digest(ABC.as_bytes()));
        assert!(!is_digest(ABC.to_uppercase().as_bytes()) && !is_digest(b"abc"));
    }

    #[test]
    fn what_passes_by_in_pieces_is_digested_whole() {
        let mut writer = Digesting::new(Vec::new());
        writer.write_all(b"a").unwrap();
        writer.write_all(b"bc").unwrap();
        assert_eq!(writer.finish(), (b"abc".to_vec(), ABC.to_owned(), 3));
        let mut reader = Digesting::new(&b"abc"[..]);
        io::copy(&mut reader, &mut io::sink()).unwrap();
        assert_eq!(reader.finish(), (&b""[..], ABC.to_owned(), 3));
    }
}
