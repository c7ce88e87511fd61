//! apt with a configuration of its own: it sees one archive and no installed package, and changes nothing outside.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// apt for one suite; all of its state is in one folder.
#[derive(Debug)]
pub(super) struct Apt {
    folder: PathBuf,
}

impl Apt {
    pub(super) fn configure(folder: &Path, source: &str) -> io::Result<Self> {
        for part in ["lists/partial", "cache/archives/partial"] {
            fs::create_dir_all(folder.join(part))?;
        }
        // Without installed packages, nothing counts as there already.
        fs::write(folder.join("status"), "")?;
        fs::write(folder.join("sources.list"), source)?;
        Ok(Self {
            folder: folder.to_owned(),
        })
    }

    /// Fetches the lists of packages.
    pub(super) fn update(&self) -> Result<(), String> {
        self.run("apt-get", &["update"], &self.folder).map(drop)
    }

    /// The version of a package.
    pub(super) fn version_of(&self, package: &str) -> Result<String, String> {
        let shown = self.run("apt-cache", &["show", package], &self.folder)?;
        let version = version(&shown).ok_or_else(|| format!("apt shows no version of {package}"))?;
        Ok(version.to_owned())
    }

    /// A package and all that it needs, up to libc and the loader: nothing of this machine's is then used.
    pub(super) fn closure_of(&self, package: &str) -> Result<Vec<String>, String> {
        let args = ["depends", "--recurse", "--important", package];
        let names = names(&self.run("apt-cache", &args, &self.folder)?);
        if names.iter().any(|name| name.starts_with("libc6")) {
            Ok(names)
        } else {
            Err(format!("apt says that {package} needs {names:?}, and no libc"))
        }
    }

    /// Fetches packages into a folder.
    pub(super) fn download(&self, packages: &[String], into: &Path) -> Result<(), String> {
        let args: Vec<&str> = ["download"]
            .into_iter()
            .chain(packages.iter().map(String::as_str))
            .collect();
        self.run("apt-get", &args, into).map(drop)
    }

    fn run(&self, program: &str, args: &[&str], dir: &Path) -> Result<String, String> {
        let mut command = Command::new(program);
        command.args(options(&self.folder)).args(args).current_dir(dir);
        output(&format!("{program} {}", args.join(" ")), &mut command)
    }
}

/// Unpacks a package below a folder. None of its scripts run.
pub(super) fn unpack(deb: &Path, root: &Path) -> Result<(), String> {
    let mut command = Command::new("dpkg-deb");
    command.arg("-x").args([deb, root]);
    output("dpkg-deb -x", &mut command).map(drop)
}

/// What keeps apt within the folder, and short when there is no network.
fn options(folder: &Path) -> Vec<String> {
    let folder = folder.display();
    let settings = [
        format!("Dir::Etc::sourcelist={folder}/sources.list"),
        "Dir::Etc::sourceparts=-".to_owned(),
        format!("Dir::State::lists={folder}/lists"),
        format!("Dir::State::status={folder}/status"),
        format!("Dir::Cache={folder}/cache"),
        // Otherwise lists that could not be fetched are a warning.
        "APT::Update::Error-Mode=any".to_owned(),
        "Acquire::Retries=2".to_owned(),
        "Acquire::http::Timeout=20".to_owned(),
        "Acquire::https::Timeout=20".to_owned(),
    ];
    let options = settings.into_iter().flat_map(|setting| ["-o".to_owned(), setting]);
    options.chain(["-q".to_owned()]).collect()
}

fn output(line: &str, command: &mut Command) -> Result<String, String> {
    let output = command
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{line}: {error}"))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("{line}: {}: {}", output.status, complaint(&said)))
}

/// The first error of apt, in one line.
fn complaint(stderr: &str) -> &str {
    let mut lines = stderr.lines().map(str::trim);
    let error = lines.clone().find(|line| line.starts_with("E:"));
    error
        .or_else(|| lines.find(|line| !line.is_empty()))
        .unwrap_or("it did not say why")
}

/// The version in what `apt-cache show` prints; the newest comes first.
fn version(shown: &str) -> Option<&str> {
    shown.lines().find_map(|line| line.strip_prefix("Version: "))
}

/// The packages in what `apt-cache depends --recurse` prints: a line each, their relations indented below.
/// `<name>` stands for something that only other packages provide.
fn names(depends: &str) -> Vec<String> {
    let mut names: Vec<String> = depends
        .lines()
        .filter(|line| !line.starts_with([' ', '|', '<']) && !line.is_empty())
        // With another architecture than the machine's own a name carries it.
        .map(|line| line.trim().to_owned())
        .collect();
    names.sort();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_packages_of_a_closure() {
        let said = "tmux\n  Depends: libc6\n |Depends: <debconf-2.0>\n  Depends: libevent-core-2.1-7t64\nlibc6\n  \
                    Depends: libgcc-s1\n<debconf-2.0>\n  debconf\nlibevent-core-2.1-7t64\nlibgcc-s1\nlibc6\n";
        assert_eq!(names(said), ["libc6", "libevent-core-2.1-7t64", "libgcc-s1", "tmux"]);
    }

    #[test]
    fn the_version_of_a_package() {
        let said = "Package: tmux\nVersion: 3.8-1\nDescription: x\n\nPackage: tmux\nVersion: 3.7c-1\n";
        assert_eq!(version(said), Some("3.8-1"));
        assert_eq!(version("N: Unable to locate package tmux\n"), None);
    }

    #[test]
    fn what_apt_complains_of_is_one_line() {
        let said = "\nW: something\nE: Failed to fetch http://x  Could not resolve 'x'\nE: more\n";
        assert_eq!(complaint(said), "E: Failed to fetch http://x  Could not resolve 'x'");
        assert_eq!(complaint("\ndpkg-deb: error\n"), "dpkg-deb: error");
        assert_eq!(complaint(""), "it did not say why");
    }

    #[test]
    fn apt_is_kept_within_the_folder() {
        let options = options(Path::new("/t/sid"));
        let settings: Vec<&str> = options
            .iter()
            .map(String::as_str)
            .filter(|word| *word != "-o")
            .collect();
        for key in [
            "Dir::Etc::sourcelist",
            "Dir::State::lists",
            "Dir::State::status",
            "Dir::Cache",
        ] {
            let wanted = format!("{key}=/t/sid/");
            assert!(settings.iter().any(|setting| setting.starts_with(&wanted)), "{key}");
        }
        assert!(settings.contains(&"Dir::Etc::sourceparts=-"));
    }

    #[test]
    fn configuring_makes_what_apt_wants_to_find() {
        let folder = tempfile::tempdir().unwrap();
        Apt::configure(folder.path(), "deb x\n").unwrap();
        assert!(folder.path().join("lists/partial").is_dir() && folder.path().join("cache/archives/partial").is_dir());
        assert_eq!(fs::read_to_string(folder.path().join("status")).unwrap(), "");
        assert_eq!(
            fs::read_to_string(folder.path().join("sources.list")).unwrap(),
            "deb x\n"
        );
    }
}
