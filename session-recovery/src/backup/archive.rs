//! The archive as bytes: a tar of `manifest.toml` and `data/<sha256>` in one zstd frame with a checksum.
//!
//! Neither tar nor zstd notice damage by themselves: tar has no digest of contents, and its end is found before the
//! checksum of the frame is read. So the frame is always read to its end, and nothing may follow.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;

use tar::{Builder, EntryType, Header};
use zstd::stream::read::Decoder;
use zstd::stream::write::Encoder;

use super::digest::Digesting;
use super::limits::{MAX_FILES, MAX_MANIFEST, MAX_TOTAL, WINDOW_LOG_MAX};
use super::manifest::{ArchiveFile, Manifest};
use super::open::{damaged, unreadable};
use super::{BackupError, Damage, contents};

/// The name of the first entry.
pub(super) const MANIFEST: &str = "manifest.toml";

/// How the names of all others begin.
pub(super) const DATA: &str = "data/";

/// How many bytes [`check_start`] needs.
pub(super) const START: usize = 5;

/// Size of a tar header, of the unit to which contents are padded, and of each of the two zero blocks at the end.
const BLOCK: u64 = 512;

/// The longest tar that an archive can be.
const MAX_STREAM: u64 = MAX_TOTAL + MAX_MANIFEST + (MAX_FILES as u64 + 4) * 2 * BLOCK;

/// The same in every archive, so that equal states make equal archives: the first second of 1980, before which some
/// programs warn.
const MTIME: u64 = 315_532_800;

/// What is done with the contents of an archive while it is read.
pub(super) trait Visit {
    /// Whether [`Self::content`] is to be called for the content of this digest.
    fn wants(&self, sha256: &str) -> bool;

    /// A content that has this digest. What follows it in the archive isn't verified yet.
    fn content(&mut self, sha256: &str, bytes: &[u8]) -> Result<(), BackupError>;
}

/// Nothing is done with them.
pub(super) struct VerifyOnly;

impl Visit for VerifyOnly {
    fn wants(&self, _sha256: &str) -> bool {
        false
    }

    fn content(&mut self, _sha256: &str, _bytes: &[u8]) -> Result<(), BackupError> {
        Ok(())
    }
}

/// Why a file doesn't begin as an archive does.
pub(super) enum Refusal {
    /// It is compressed as those of the original scripts are.
    Gzip,
    Damaged(Damage),
}

/// An archive that is being written.
pub(super) struct Writer<W: Write>(Builder<Encoder<'static, Digesting<W>>>);

impl<W: Write> Writer<W> {
    pub(super) fn new(out: W) -> io::Result<Self> {
        let mut encoder = Encoder::new(Digesting::new(out), 0)?;
        encoder.include_checksum(true)?;
        Ok(Self(Builder::new(encoder)))
    }

    /// Adds an entry. `name` is one of ours, which all fit into a header.
    pub(super) fn add(&mut self, name: &str, content: &[u8]) -> io::Result<()> {
        let mut header = Header::new_ustar();
        header.set_entry_type(EntryType::Regular);
        header.set_path(name)?;
        header.set_mode(0o600);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(MTIME);
        header.set_size(content.len() as u64);
        header.set_cksum();
        self.0.append(&header, content)
    }

    /// Writes the ends of tar and frame: dropping does neither, or hides that it failed.
    pub(super) fn finish(self) -> io::Result<(W, ArchiveFile)> {
        let (out, sha256, bytes) = self.0.into_inner()?.finish()?.finish();
        Ok((out, ArchiveFile { bytes, sha256 }))
    }
}

/// Fails unless the first [`START`] bytes of a file are those of a zstd frame with a checksum.
pub(super) fn check_start(start: &[u8]) -> Result<(), Refusal> {
    const ZSTD: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];
    const CHECKSUM_FLAG: u8 = 0b100;
    match start {
        [0x1f, 0x8b, ..] => Err(Refusal::Gzip),
        [magic @ .., descriptor] if magic == ZSTD && descriptor & CHECKSUM_FLAG != 0 => Ok(()),
        [magic @ .., _] if magic == ZSTD => Err(Refusal::Damaged(Damage::NoChecksum)),
        _ => Err(Refusal::Damaged(Damage::NotZstd)),
    }
}

/// Reads an archive, every byte of it, and fails if it is not exactly what its manifest says. Extracts nothing: `visit`
/// is given the contents that it wants. `path` is for messages.
pub(super) fn read(
    source: impl Read,
    path: &Path,
    visit: &mut dyn Visit,
) -> Result<(Manifest, ArchiveFile), BackupError> {
    let failed = |error| content_error(path, error);
    let mut decoder = Decoder::with_buffer(BufReader::new(Digesting::new(source)))
        .map_err(failed)?
        .single_frame();
    decoder.window_log_max(WINDOW_LOG_MAX).map_err(failed)?;
    let mut tar = (&mut decoder).take(MAX_STREAM);
    let result = contents::read(&mut tar, path, visit);
    if tar.limit() == 0 {
        return Err(damaged(
            path,
            Damage::TooMuch {
                limit: MAX_STREAM,
                unit: "bytes",
            },
        ));
    }
    let manifest = result?;
    decoder.finish_frame().map_err(failed)?;
    let mut rest = decoder.into_inner();
    if !rest.fill_buf().map_err(failed)?.is_empty() {
        return Err(damaged(path, Damage::Trailing));
    }
    let (_source, sha256, bytes) = rest.into_inner().finish();
    Ok((manifest, ArchiveFile { bytes, sha256 }))
}

/// The decoders report damage by the same type as the system reports failures, but without a number.
pub(super) fn content_error(path: &Path, error: io::Error) -> BackupError {
    if error.raw_os_error().is_some() {
        unreadable(path, error)
    } else {
        damaged(path, Damage::Content(error))
    }
}
