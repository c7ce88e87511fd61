//! File systems on which flock(2) can't be trusted.

use std::fs::File;

use rustix::fs::fstatfs;

/// Magic numbers of statfs(2), by the name of the file system.
const NETWORK: [(u64, &str); 9] = [
    (0x6969, "NFS"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x517b, "SMB"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x5346_414f, "AFS"),
    (0x00c3_6400, "CEPH"),
    (0x7375_7245, "CODA"),
];

/// The kind of network file system that holds a file; `None` on a local one.
pub(crate) fn kind(file: &File) -> std::io::Result<Option<&'static str>> {
    #[cfg(test)]
    if let Some(magic) = tests::PRETENDED.get() {
        return Ok(name_of(magic));
    }
    let magic = u64::from_ne_bytes(fstatfs(file)?.f_type.to_ne_bytes());
    Ok(name_of(magic))
}

fn name_of(magic: u64) -> Option<&'static str> {
    // The kernel's type is a signed word; some numbers come sign-extended.
    NETWORK
        .iter()
        .find(|(number, _name)| *number == magic & 0xffff_ffff)
        .map(|(_number, name)| *name)
}

#[cfg(test)]
pub(crate) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// What a thread's files lie on: there is no network file system to test with.
        pub(crate) static PRETENDED: Cell<Option<u64>> = const { Cell::new(None) };
    }

    #[test]
    fn local_file_systems_are_local() {
        assert_eq!(name_of(0xef53), None);
        assert_eq!(name_of(0x0102_1994), None);
        assert_eq!(name_of(0x6969), Some("NFS"));
        assert_eq!(name_of(0xffff_ffff_ff53_4d42), Some("CIFS"));
    }
}
