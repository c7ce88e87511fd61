//! The machine: memory, disk, load and how long it has been up.

use std::path::{Path, PathBuf};

use procfs::{Current, LoadAverage, Meminfo, Uptime};

/// How the machine is. What the system doesn't tell is `None`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Resources {
    /// Its memory.
    pub memory: Option<Memory>,
    /// The file system that holds the states.
    pub disk: Option<Disk>,
    /// The load of the last 1, 5 and 15 minutes, in hundredths.
    pub load: Option<[u64; 3]>,
    /// How many processors this process may run on.
    pub processors: usize,
    /// Seconds since it was started.
    pub uptime: Option<u64>,
}

/// Memory, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Memory {
    /// All of it.
    pub total: u64,
    /// What programs can still have without swapping, as the kernel estimates (`MemAvailable`).
    pub available: u64,
}

/// A file system, in bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disk {
    /// A directory on it.
    pub path: PathBuf,
    /// All of it.
    pub total: u64,
    /// What this user can still have.
    pub available: u64,
}

impl Resources {
    /// Asks the system; the disk is that of `directory`, or of what will hold it.
    pub fn read(directory: &Path) -> Self {
        let hundredths = |load: f32| (f64::from(load) * 100.0).round() as u64;
        Self {
            memory: Meminfo::current().ok().map(|memory| Memory {
                total: memory.mem_total,
                available: memory.mem_available.unwrap_or(memory.mem_free),
            }),
            disk: directory.ancestors().find_map(disk),
            load: LoadAverage::current()
                .ok()
                .map(|load| [load.one, load.five, load.fifteen].map(hundredths)),
            processors: std::thread::available_parallelism().map_or(1, usize::from),
            uptime: Uptime::current().ok().map(|uptime| uptime.uptime as u64),
        }
    }
}

fn disk(directory: &Path) -> Option<Disk> {
    let found = rustix::fs::statvfs(directory).ok()?;
    Some(Disk {
        path: directory.to_owned(),
        total: found.f_blocks.saturating_mul(found.f_frsize),
        available: found.f_bavail.saturating_mul(found.f_frsize),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_tells_all_of_it() {
        let resources = Resources::read(Path::new("/nonexistent/directory"));
        let memory = resources.memory.expect("memory");
        assert!(
            memory.total > 1024 * 1024 && memory.available <= memory.total,
            "{memory:?}"
        );
        let disk = resources.disk.expect("a disk");
        assert_eq!(disk.path, Path::new("/"));
        assert!(disk.total > 0 && disk.available <= disk.total, "{disk:?}");
        assert!(resources.uptime.is_some_and(|uptime| uptime > 0));
        assert!(resources.load.is_some() && resources.processors > 0);
    }
}
