//! The last lines of the log.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// So much of its end is looked at.
const TAIL: u64 = 64 * 1024;

/// The last lines, the latest last; none if there is no log.
pub(super) fn lines(path: &Path, count: usize) -> Vec<String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|mut file| {
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL)))?;
        file.take(TAIL).read_to_end(&mut bytes)?;
        Ok(length > TAIL)
    });
    let Ok(cut) = read else { return Vec::new() };
    let text = String::from_utf8_lossy(&bytes);
    // Where the end of the file begins in the middle of a line, that line is no line.
    let lines: Vec<&str> = text.lines().skip(usize::from(cut)).collect();
    let from = lines.len().saturating_sub(count);
    lines.iter().skip(from).map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write files")]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_long_log_is_read() {
        let root = tempfile::tempdir().expect("a directory");
        let path = root.path().join("log");
        assert!(lines(&path, 3).is_empty());
        std::fs::write(&path, "a\nb\n").expect("written");
        assert_eq!(lines(&path, 3), ["a", "b"]);
        let long: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
        std::fs::write(&path, long).expect("written");
        assert_eq!(lines(&path, 2), ["line 19998", "line 19999"]);
        assert!(
            lines(&path, 1_000_000)
                .first()
                .is_some_and(|line| line.starts_with("line "))
        );
    }
}
