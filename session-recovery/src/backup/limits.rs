//! How much a backup may hold, so that no file can exhaust memory or disk.

/// The most entries of an archive, and the most files in a manifest.
pub const MAX_FILES: usize = 100_000;
/// The largest file in a backup, in bytes: as large as a state may be.
pub const MAX_FILE: u64 = 16 * 1024 * 1024;
/// The most that all entries of an archive may hold together, in bytes: 1 GiB.
pub const MAX_TOTAL: u64 = 1024 * 1024 * 1024;
/// The largest manifest, in bytes.
pub(super) const MAX_MANIFEST: u64 = 16 * 1024 * 1024;
/// The largest sidecar, in bytes: a manifest, the archive's size and two digests.
pub(super) const MAX_SIDECAR: u64 = MAX_MANIFEST + 1024;
/// The largest window that a compressed archive may ask for, as a power of two: 32 MiB of memory. Ours take 2 MiB, those
/// of `zstd -19` 8 MiB.
pub(super) const WINDOW_LOG_MAX: u32 = 25;
