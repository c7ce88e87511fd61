//! Zstd frames, one after the other: each must be one of ours, with a checksum, and nothing may lie between them.
//!
//! The library's own reader would skip frames that decode to nothing, in which anything can hide, and take a file that
//! was cut off between two frames for a whole one.

use std::io::{self, Read};

use zstd::stream::raw::{DParameter, Decoder, Operation};

use super::Damage;
use super::digest::Digesting;
use super::limits::WINDOW_LOG_MAX;

/// How every zstd frame begins.
pub(super) const MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// How every gzip file begins.
const GZIP: [u8; 2] = [0x1f, 0x8b];

/// The bit of the byte after the magic that says that a checksum follows.
const CHECKSUM_FLAG: u8 = 0b100;

/// How many bytes of a frame tell whether it is one of ours.
pub(super) const START: usize = MAGIC.len() + 1;

/// How much is read from the file at once.
const BUFFER: usize = 64 * 1024;

/// Reads the content of all frames as one stream, and digests the file on the way.
pub(super) struct Frames<R> {
    source: Digesting<R>,
    input: Box<[u8]>,
    start: usize,
    end: usize,
    at_end: bool,
    decoder: Decoder<'static>,
    in_frame: bool,
    /// How many more there may be.
    left: u64,
}

/// What is wrong with frames: goes through [`io::Error`] and comes out as damage.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Fault(Damage);

impl<R: Read> Frames<R> {
    /// At most `most` frames are read.
    pub(super) fn new(source: R, most: u64) -> io::Result<Self> {
        Self::with_buffer(source, most, BUFFER)
    }

    /// As [`Self::new`], reading no more than `buffer` bytes at once: for many short looks.
    pub(super) fn with_buffer(source: R, most: u64, buffer: usize) -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(WINDOW_LOG_MAX))?;
        Ok(Self {
            source: Digesting::new(source),
            input: vec![0; buffer.max(START)].into_boxed_slice(),
            start: 0,
            end: 0,
            at_end: false,
            decoder,
            in_frame: false,
            left: most,
        })
    }

    /// More frames may follow: known only when the manifest has been read.
    pub(super) fn allow(&mut self, more: u64) {
        self.left = self.left.saturating_add(more);
    }

    /// Copies the content of one frame, which must begin where nothing has been read yet or the last one ended.
    pub(super) fn copy_one(&mut self, out: &mut dyn io::Write) -> io::Result<()> {
        if !self.begin()? {
            return Err(fault(Damage::NoEnd));
        }
        let mut buffer = [0; 16 * 1024];
        while self.in_frame {
            let length = self.step(&mut buffer)?;
            out.write_all(buffer.get(..length).unwrap_or_default())?;
        }
        Ok(())
    }

    /// Whether the first frame has been read to its end.
    pub(super) fn ended_one(&self) -> bool {
        self.left == 0 && !self.in_frame
    }

    /// Reads on in the one frame that may be read.
    pub(super) fn read_one(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if !self.in_frame && !self.begin()? {
            return Err(fault(Damage::NoEnd));
        }
        while self.in_frame {
            let length = self.step(out)?;
            if length > 0 {
                return Ok(length);
            }
        }
        Ok(0)
    }

    /// How many bytes of the file the frames so far are long.
    pub(super) fn consumed(&self) -> u64 {
        self.source.count() - self.pending().len() as u64
    }

    /// The digest and the size of the file, which must have been read to its end.
    pub(super) fn finish(self) -> (String, u64) {
        let (_source, sha256, bytes) = self.source.finish();
        (sha256, bytes)
    }

    /// Reads more, so that there are `enough` bytes unless the file ends before.
    fn fill(&mut self, enough: usize) -> io::Result<()> {
        while self.end - self.start < enough && !self.at_end {
            self.input.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
            let free = self.input.get_mut(self.end..).unwrap_or_default();
            let read = match self.source.read(free) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            self.at_end = read == 0;
            self.end += read;
        }
        Ok(())
    }

    /// Decodes a part of the frame; 0 bytes are no end.
    fn step(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.fill(1)?;
        let input = self.input.get(self.start..self.end).unwrap_or_default();
        let status = self.decoder.run_on_buffers(input, out)?;
        self.start += status.bytes_read;
        self.in_frame = status.remaining != 0;
        if self.in_frame && status.bytes_read == 0 && status.bytes_written == 0 {
            return Err(fault(Damage::NoEnd));
        }
        Ok(status.bytes_written)
    }

    fn pending(&self) -> &[u8] {
        self.input.get(self.start..self.end).unwrap_or_default()
    }

    /// Whether another frame begins.
    fn begin(&mut self) -> io::Result<bool> {
        self.fill(START)?;
        if self.pending().is_empty() {
            return Ok(false);
        }
        check_start(self.pending()).map_err(fault)?;
        self.left = self.left.checked_sub(1).ok_or_else(|| fault(Damage::Trailing))?;
        self.decoder.reinit()?;
        self.in_frame = true;
        Ok(true)
    }
}

impl<R: Read> Read for Frames<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        if out.is_empty() {
            return Ok(0);
        }
        loop {
            if !self.in_frame && !self.begin()? {
                return Ok(0);
            }
            let written = self.step(out)?;
            if written > 0 {
                return Ok(written);
            }
        }
    }
}

/// Fails unless a file goes on as a frame of ours begins.
pub(super) fn check_start(bytes: &[u8]) -> Result<(), Damage> {
    match bytes {
        [magic @ .., descriptor] if bytes.len() == START && magic == MAGIC && descriptor & CHECKSUM_FLAG != 0 => Ok(()),
        _ if bytes.len() > START => check_start(bytes.get(..START).unwrap_or_default()),
        _ if bytes.starts_with(&GZIP) => Err(Damage::Gzip),
        _ if bytes.starts_with(&MAGIC) => Err(Damage::NoChecksum),
        _ => Err(Damage::NotZstd),
    }
}

/// The decoders report damage by the same type as the system reports failures, but without a number.
pub(super) fn damage_of(error: io::Error) -> Result<Damage, io::Error> {
    if error.raw_os_error().is_some() {
        return Err(error);
    }
    Ok(match error.downcast::<Fault>() {
        Ok(Fault(damage)) => damage,
        Err(error) => Damage::Content(error),
    })
}

fn fault(damage: Damage) -> io::Error {
    io::Error::other(Fault(damage))
}
