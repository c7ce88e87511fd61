//! How much a backup may hold, so that no file can exhaust memory or disk.

/// The most files in a manifest.
pub const MAX_FILES: usize = 50_000;
/// The largest file in a backup, in bytes: 16 GiB. Contents are streamed, so this is a limit of disk, not of memory.
pub const MAX_FILE: u64 = 16 * 1024 * 1024 * 1024;
/// The most that all contents together may hold, in bytes: 64 GiB.
pub const MAX_TOTAL: u64 = 64 * 1024 * 1024 * 1024;
/// The largest state that is read from a backup, in bytes.
pub(super) const MAX_STATE: u64 = session_state::codec::MAX_FILE as u64;
/// The largest manifest, in bytes.
pub(super) const MAX_MANIFEST: u64 = 8 * 1024 * 1024;
/// The largest head of a manifest (all but the list of files), in bytes: TOML takes a hundred times its size to read.
pub(super) const MAX_HEAD: usize = 16 * 1024;
/// The largest sidecar, in bytes: a manifest, the archive's size and two digests.
pub(super) const MAX_SIDECAR: u64 = MAX_MANIFEST + 1024;
/// The largest restore script, in bytes.
pub(super) const MAX_SCRIPT: u64 = 64 * 1024;
/// The largest window that a compressed archive may ask for, as a power of two: 8 MiB of memory. Ours take 2 MiB.
pub(super) const WINDOW_LOG_MAX: u32 = 23;
/// How many bytes of content one byte of an archive may stand for, beyond [`FREE_CONTENT`]. Text compresses to a tenth,
/// zeros to a thirty-thousandth: what promises more than this is a bomb.
pub(super) const MAX_RATIO: u64 = 1000;
/// So many bytes of content, 128 MiB, may come from the smallest archive.
pub(super) const FREE_CONTENT: u64 = 128 * 1024 * 1024;
/// The most that an archive of the original scripts may hold, in bytes: a few states of a few hundred bytes.
pub(super) const MAX_ORIGINAL: u64 = 16 * 1024 * 1024;
/// The most entries of an archive of the original scripts.
pub(super) const MAX_ORIGINAL_ENTRIES: usize = 10_000;
