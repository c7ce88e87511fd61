//! Finding a program on a PATH.

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

/// The file that `program` stands for with this value of PATH. Relative entries, which depend on where one
/// stands, are passed over.
pub(crate) fn find(program: &str, path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(program))
        .find(|file| std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0))
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A folder with executable files of these names, which nothing ever runs.
    pub(crate) fn folder_of(programs: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for program in programs {
            let file = folder.path().join(program);
            std::fs::write(&file, "").unwrap();
            std::fs::set_permissions(&file, PermissionsExt::from_mode(0o755)).unwrap();
        }
        folder
    }

    #[test]
    fn only_executable_files_count() {
        let folder = folder_of(&["tmux"]);
        std::fs::write(folder.path().join("strace"), "").unwrap();
        std::fs::create_dir(folder.path().join("git")).unwrap();
        let path = std::env::join_paths([OsStr::new("/nonexistent"), folder.path().as_os_str()]).unwrap();
        assert_eq!(find("tmux", &path), Some(folder.path().join("tmux")));
        assert_eq!(find("strace", &path), None);
        assert_eq!(find("git", &path), None);
    }
}
