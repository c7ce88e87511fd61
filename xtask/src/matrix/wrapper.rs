//! The script that starts an unpacked tmux through its own loader and libraries.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Writes the script for the tmux below `root`.
pub(super) fn write(root: &Path, script: &Path) -> Result<(), String> {
    let loader = loader(root).ok_or_else(|| format!("there is no loader below {}", root.display()))?;
    let text = text(root, &loader, &libraries(&loader, root));
    fs::write(script, text)
        .and_then(|()| fs::set_permissions(script, PermissionsExt::from_mode(0o755)))
        .map_err(|error| format!("{}: {error}", script.display()))
}

/// The loader itself. The well-known path, below `lib64`, is in some suites an absolute link out of `root`.
fn loader(root: &Path) -> Option<PathBuf> {
    ["usr/lib", "lib"]
        .iter()
        .filter_map(|folder| fs::read_dir(root.join(folder)).ok())
        .flat_map(|folder| folder.flatten())
        .filter(|entry| entry.file_name().to_string_lossy().contains("-linux-gnu"))
        .filter_map(|entry| fs::read_dir(entry.path()).ok())
        .flat_map(|folder| folder.flatten())
        .find(|entry| entry.file_name().to_string_lossy().starts_with("ld-linux"))
        .map(|entry| entry.path())
}

/// Older suites have libc in `/lib/TRIPLET` and everything else in `/usr/lib/TRIPLET`.
fn libraries(loader: &Path, root: &Path) -> Vec<PathBuf> {
    let triplet = loader.parent().and_then(Path::file_name).unwrap_or_default();
    ["usr/lib", "lib"]
        .iter()
        .map(|folder| root.join(folder).join(triplet))
        .filter(|folder| folder.is_dir())
        .collect()
}

fn text(root: &Path, loader: &Path, libraries: &[PathBuf]) -> String {
    let libraries: Vec<String> = libraries.iter().map(|folder| folder.display().to_string()).collect();
    format!(
        "#!/bin/sh\nexec {} --library-path {} {} \"$@\"\n",
        quoted(&loader.display().to_string()),
        quoted(&libraries.join(":")),
        quoted(&root.join("usr/bin/tmux").display().to_string())
    )
}

fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write;
    use std::process::Command;

    use super::*;

    /// The program is written by another process: a file that this one has open for writing is inherited for an instant
    /// by what another thread starts, and running it then fails with "text file busy".
    pub(crate) fn script(path: &Path, text: &str) {
        let mut source = tempfile::NamedTempFile::new().unwrap();
        source.write_all(text.as_bytes()).unwrap();
        let mut install = Command::new("install");
        let installed = install.args(["-m", "755"]).args([source.path(), path]).status();
        assert!(installed.unwrap().success());
    }

    fn tree(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for file in files {
            let path = root.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        root
    }

    fn written(root: &Path) -> String {
        write(root, &root.join("tmux")).unwrap();
        fs::read_to_string(root.join("tmux"))
            .unwrap()
            .replace(&root.display().to_string(), "R")
    }

    #[test]
    fn old_and_new_places_of_libc() {
        let old = tree(&[
            "lib/x86_64-linux-gnu/ld-linux-x86-64.so.2",
            "usr/lib/x86_64-linux-gnu/libtinfo.so.6",
        ]);
        let begin = "#!/bin/sh\nexec";
        assert_eq!(
            written(old.path()),
            format!(
                "{begin} 'R/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2' --library-path \
                 'R/usr/lib/x86_64-linux-gnu:R/lib/x86_64-linux-gnu' 'R/usr/bin/tmux' \"$@\"\n"
            )
        );
        let new = tree(&["usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1"]);
        assert_eq!(
            written(new.path()),
            format!(
                "{begin} 'R/usr/lib/aarch64-linux-gnu/ld-linux-aarch64.so.1' --library-path \
                 'R/usr/lib/aarch64-linux-gnu' 'R/usr/bin/tmux' \"$@\"\n"
            )
        );
    }

    #[test]
    fn without_a_loader_there_is_no_script() {
        let root = tree(&["usr/bin/tmux", "lib64/ld-linux-x86-64.so.2"]);
        assert!(write(root.path(), &root.path().join("tmux")).is_err());
    }

    #[test]
    fn any_path_can_be_started() {
        assert_eq!(quoted("/a b/it's"), r"'/a b/it'\''s'");
    }
}
