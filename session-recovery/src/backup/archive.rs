//! The archive as bytes: a tar in zstd frames, each with a checksum.
//!
//! ```text
//! frame 0          manifest.toml
//! frame 1          names.txt, restore.sh
//! frames 2n, 2n+1  the tar header of a content (after the padding of the one before), and the content itself
//! last frame       padding, and the two blocks of zeros that end a tar
//! ```
//!
//! Each content is a frame of its own: it can be read when everything before it is damaged, and copied into an archive
//! without being compressed again.
//!
//! Neither tar nor zstd notice damage by themselves: tar has no digest of contents, and its end is found before the
//! checksum of the frame is read. So the frames are always read to their end, and nothing may follow.

use std::io::{self, Read, Write};
use std::path::Path;

use tar::{EntryType, Header};
use zstd::stream::write::Encoder;

use super::digest::Digesting;
use super::frames::Frames;
use super::manifest::{ArchiveFile, Manifest};
use super::open::{damaged, unreadable};
use super::script::{NAMES, SCRIPT, TEXT, names};
use super::{BackupError, Damage, contents, frames};

/// The name of the first entry.
pub(super) const MANIFEST: &str = "manifest.toml";

/// How the names of all contents begin.
pub(super) const DATA: &str = "data/";

/// The unit to which tar pads, and its size of headers.
pub(super) const BLOCK: u64 = 512;

/// The same in every archive, so that equal states make equal archives: the first second of 1980, before which some
/// programs warn.
const MTIME: u64 = 315_532_800;

/// The frames before the first content, and the one after the last.
pub(super) const OTHER_FRAMES: u64 = 3;

/// What is done with the contents of an archive while it is read.
pub(super) trait Visit {
    /// Whether [`Self::content`] is to be called for the content of this digest.
    fn wants(&self, sha256: &str) -> bool;

    /// A content that claims to have this digest. It is only known to have it when the whole archive has been read:
    /// until then nothing may come of it that can't be taken back.
    fn content(&mut self, sha256: &str, content: &mut dyn Read) -> Result<(), BackupError>;
}

/// Nothing is done with them.
pub(super) struct VerifyOnly;

impl Visit for VerifyOnly {
    fn wants(&self, _sha256: &str) -> bool {
        false
    }

    fn content(&mut self, _sha256: &str, _content: &mut dyn Read) -> Result<(), BackupError> {
        Ok(())
    }
}

/// An archive that is being written.
pub(super) struct Writer<W: Write> {
    out: Digesting<W>,
    padding: usize,
}

impl<W: Write> Writer<W> {
    /// Begins with the manifest, and what serves those who have no tsm.
    pub(super) fn new(out: W, manifest: &Manifest, text: &str) -> io::Result<Self> {
        let mut writer = Self {
            out: Digesting::new(out),
            padding: 0,
        };
        writer.frame(&entry(MANIFEST, text.as_bytes())?)?;
        let names = entry(NAMES, names(manifest).as_bytes())?;
        writer.frame(&[names, entry(SCRIPT, TEXT.as_bytes())?].concat())?;
        Ok(writer)
    }

    /// Adds a content: `frame` is what [`compress`] made of it.
    pub(super) fn add(&mut self, sha256: &str, size: u64, frame: &mut dyn Read) -> io::Result<()> {
        let mut start = vec![0; self.padding];
        start.extend_from_slice(header(&format!("{DATA}{sha256}"), size)?.as_bytes());
        self.frame(&start)?;
        io::copy(frame, &mut self.out)?;
        self.padding = padding(size);
        Ok(())
    }

    /// Writes the end of the tar.
    pub(super) fn finish(mut self) -> io::Result<(W, ArchiveFile)> {
        self.frame(&vec![0; self.padding + 2 * BLOCK as usize])?;
        let (out, sha256, bytes) = self.out.finish();
        Ok((out, ArchiveFile { bytes, sha256 }))
    }

    fn frame(&mut self, bytes: &[u8]) -> io::Result<()> {
        compress(&mut &*bytes, bytes.len() as u64, NORMAL, &mut self.out)
    }
}

/// How hard is tried to make a content small: as the library thinks best.
pub(super) const NORMAL: i32 = 0;

/// So that nearly nothing is tried: for contents that would become suspiciously small.
pub(super) const HARDLY: i32 = -131_072;

/// Compresses exactly `size` bytes into one frame with a checksum. Fails with [`io::ErrorKind::UnexpectedEof`] if there
/// are not so many.
pub(super) fn compress(content: &mut dyn Read, size: u64, level: i32, out: &mut dyn Write) -> io::Result<()> {
    let mut encoder = Encoder::new(out, level)?;
    encoder.include_checksum(true)?;
    encoder.set_pledged_src_size(Some(size))?;
    let copied = io::copy(&mut content.take(size), &mut encoder)?;
    if copied < size {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    let _out = encoder.finish()?;
    Ok(())
}

/// An entry with its padding.
fn entry(name: &str, content: &[u8]) -> io::Result<Vec<u8>> {
    let size = content.len() as u64;
    let mut bytes = header(name, size)?.as_bytes().to_vec();
    bytes.extend_from_slice(content);
    bytes.resize(bytes.len() + padding(size), 0);
    Ok(bytes)
}

/// `name` is one of ours, which all fit into a header.
fn header(name: &str, size: u64) -> io::Result<Header> {
    let mut header = Header::new_ustar();
    header.set_entry_type(EntryType::Regular);
    header.set_path(name)?;
    header.set_mode(0o600);
    header.set_uid(0);
    header.set_gid(0);
    header.set_mtime(MTIME);
    header.set_size(size);
    header.set_cksum();
    Ok(header)
}

/// How many zeros follow a content.
pub(super) fn padding(size: u64) -> usize {
    ((BLOCK - size % BLOCK) % BLOCK) as usize
}

/// Reads an archive of `bytes` bytes, every one of them, and fails if it is not exactly what its manifest says. Extracts
/// nothing: `visit` is given the contents that it wants. `path` is for messages.
pub(super) fn read(
    source: impl Read,
    bytes: u64,
    path: &Path,
    visit: &mut dyn Visit,
) -> Result<(Manifest, ArchiveFile), BackupError> {
    let failed = |error| content_error(path, error);
    let mut frames = Frames::new(source, OTHER_FRAMES).map_err(failed)?;
    let manifest = contents::read(&mut frames, bytes, path, visit)?;
    let (sha256, read) = frames.finish();
    if read != bytes {
        // It grew or shrank meanwhile.
        return Err(damaged(
            path,
            Damage::Size {
                recorded: bytes,
                found: read,
            },
        ));
    }
    Ok((manifest, ArchiveFile { bytes, sha256 }))
}

/// What came of reading: damage, or a failure of the system.
pub(super) fn content_error(path: &Path, error: io::Error) -> BackupError {
    match frames::damage_of(error) {
        Ok(Damage::Gzip) => BackupError::Unsupported {
            path: path.to_owned(),
            what: "a gzip file",
        },
        Ok(damage) => damaged(path, damage),
        Err(error) => unreadable(path, error),
    }
}
