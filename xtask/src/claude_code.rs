//! The Claude Code that the end-to-end tests run: npm's package, installed into the target folder.
//!
//! `tests/claude-code/package.json` says which version, `package-lock.json` beside it what its bytes hash to. What is
//! there already is not fetched again.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::{cargo, matrix, tools};

/// The variable by which the tests are told where the program is.
pub(crate) const VARIABLE: &str = "TSM_CLAUDE";

const PACKAGE: &str = "@anthropic-ai/claude-code";
const PIN: [&str; 2] = ["package.json", "package-lock.json"];

/// The program, installed if need be.
pub(crate) fn required(root: &Path) -> Result<Option<PathBuf>, Failure> {
    prepare(root, true)
}

/// The same for the gate, which goes on without it where nobody else relies on the gate, and says so.
pub(crate) fn of_the_gate(root: &Path) -> Result<Option<PathBuf>, Failure> {
    prepare(root, matrix::on_ci())
}

fn prepare(root: &Path, required: bool) -> Result<Option<PathBuf>, Failure> {
    let pin = root.join("tests/claude-code");
    let version = pinned(&pin).map_err(Failure::Task)?;
    let folder = cargo::target_folder(root)?.join("claude-code");
    judge(installed(&pin, &folder, &version), &version, required)
}

fn judge(found: Result<PathBuf, String>, version: &str, required: bool) -> Result<Option<PathBuf>, Failure> {
    match found {
        Ok(program) => Ok(Some(program)),
        Err(why) if required => Err(Failure::Task(format!("can't get Claude Code {version}: {why}"))),
        Err(why) => {
            eprintln!("==> LEFT OUT: the tests with Claude Code {version}: {why}");
            Ok(None)
        }
    }
}

fn installed(pin: &Path, folder: &Path, version: &str) -> Result<PathBuf, String> {
    let machine = match std::env::consts::ARCH {
        "x86_64" => "linux-x64",
        "aarch64" => "linux-arm64",
        other => return Err(format!("its package has no program for {other}")),
    };
    let program = folder.join(format!("node_modules/{PACKAGE}-{machine}/claude"));
    fs::create_dir_all(folder).map_err(|error| said(folder, &error))?;
    // Another xtask may be installing into the same folder.
    let lock = folder.join("lock");
    let _lock = File::create(&lock)
        .and_then(|file| file.lock().map(|()| file))
        .map_err(|error| said(&lock, &error))?;
    if !(is_of(pin, folder) && runs(&program, version)) {
        eprintln!("==> installing Claude Code {version} into {}", folder.display());
        install(pin, folder)?;
    }
    if !program.is_file() {
        // To npm the program is an optional part of the package, of which it says nothing.
        let why = "it can't be fetched, or is not what package-lock.json says";
        return Err(format!("npm ci left out {}: {why}", program.display()));
    }
    if runs(&program, version) {
        Ok(program)
    } else {
        Err(format!(
            "{} is not Claude Code {version}, or does not run",
            program.display()
        ))
    }
}

/// Whether what is installed was installed from this pin. npm writes nothing into either file.
fn is_of(pin: &Path, folder: &Path) -> bool {
    let same = |name: &&str| {
        let text = |folder: &Path| fs::read(folder.join(name)).ok();
        text(pin).is_some_and(|wanted| text(folder) == Some(wanted))
    };
    PIN.iter().all(same)
}

fn install(pin: &Path, folder: &Path) -> Result<(), String> {
    tools::ensure(&[tools::NPM]).map_err(|failure| failure.to_string())?;
    for name in PIN {
        let file = folder.join(name);
        fs::copy(pin.join(name), &file).map_err(|error| said(&file, &error))?;
    }
    let line = "npm ci";
    let output = Command::new("npm")
        // Scripts of packages don't run here: the program comes as it is.
        .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"])
        .args([
            "--fetch-retries=2",
            "--fetch-retry-mintimeout=1000",
            "--fetch-timeout=60000",
        ])
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .map_err(|error| format!("{line}: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    // So that the next call doesn't take half of it for all.
    let _there_is_none = fs::remove_file(folder.join(PIN[1]));
    let complaint = String::from_utf8_lossy(&output.stderr);
    Err(format!("{line}: {}: {}", output.status, first_complaint(&complaint)))
}

/// What npm complains of, in one line; its first line is often only a code.
fn first_complaint(stderr: &str) -> String {
    let lines = stderr.lines().filter_map(|line| line.trim().strip_prefix("npm error "));
    let lines: Vec<&str> = lines.filter(|line| !line.is_empty()).take(3).collect();
    if lines.is_empty() {
        let line = stderr.lines().map(str::trim).find(|line| !line.is_empty());
        return line.unwrap_or("it did not say why").to_owned();
    }
    lines.join(", ")
}

/// The version that `package.json` pins.
fn pinned(pin: &Path) -> Result<String, String> {
    let file = pin.join(PIN[0]);
    let text = fs::read(&file).map_err(|error| said(&file, &error))?;
    let manifest: serde_json::Value =
        serde_json::from_slice(&text).map_err(|error| format!("{}: {error}", file.display()))?;
    let version = manifest["dependencies"][PACKAGE].as_str();
    version
        .map(str::to_owned)
        .ok_or_else(|| format!("{} names no {PACKAGE}", file.display()))
}

fn runs(program: &Path, version: &str) -> bool {
    let output = Command::new(program)
        .arg("--version")
        .env_clear()
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output();
    output.is_ok_and(|output| {
        let said = String::from_utf8_lossy(&output.stdout);
        output.status.success() && said.split_whitespace().next() == Some(version)
    })
}

fn said(path: &Path, error: &std::io::Error) -> String {
    format!("{}: {error}", path.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_required_must_be_there() {
        let missing = || Err("npm ci: exit status: 1: code ENOTFOUND".to_owned());
        assert!(judge(missing(), "1.2.3", false).unwrap().is_none());
        let said = judge(missing(), "1.2.3", true).unwrap_err().to_string();
        assert!(said.contains("1.2.3") && said.contains("ENOTFOUND"), "{said}");
        let found = judge(Ok("/claude".into()), "1.2.3", true).unwrap();
        assert_eq!(found, Some(PathBuf::from("/claude")));
    }

    #[test]
    fn the_pin_has_a_hash_for_every_machine() {
        let pin = cargo::root().join("tests/claude-code");
        let version = pinned(&pin).unwrap();
        let lock: serde_json::Value = serde_json::from_slice(&fs::read(pin.join(PIN[1])).unwrap()).unwrap();
        for name in [String::new(), "-linux-x64".to_owned(), "-linux-arm64".to_owned()] {
            let package = &lock["packages"][format!("node_modules/{PACKAGE}{name}")];
            assert_eq!(package["version"], version.as_str(), "{name}");
            let hash = package["integrity"].as_str().unwrap();
            assert!(hash.starts_with("sha512-"), "{name}: {hash}");
        }
    }

    #[test]
    fn another_pin_is_another_installation() {
        let (pin, folder) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        assert!(!is_of(pin.path(), folder.path()), "nothing is pinned");
        for name in PIN {
            fs::write(pin.path().join(name), "1").unwrap();
        }
        assert!(!is_of(pin.path(), folder.path()), "nothing is installed");
        for name in PIN {
            fs::write(folder.path().join(name), "1").unwrap();
        }
        assert!(is_of(pin.path(), folder.path()));
        fs::write(pin.path().join(PIN[1]), "2").unwrap();
        assert!(!is_of(pin.path(), folder.path()));
    }

    #[test]
    fn what_npm_complains_of_is_one_line() {
        let said =
            "npm error code ENOTFOUND\nnpm error syscall getaddrinfo\nnpm error errno ENOTFOUND\nnpm error network x\n";
        assert_eq!(
            first_complaint(said),
            "code ENOTFOUND, syscall getaddrinfo, errno ENOTFOUND"
        );
        assert_eq!(first_complaint("\nsegfault\n"), "segfault");
        assert_eq!(first_complaint(""), "it did not say why");
    }

    #[test]
    fn a_program_of_another_version_is_not_it() {
        assert!(!runs(Path::new("/bin/true"), "2.1.330"));
        assert!(!runs(Path::new("/nonexistent/claude"), "2.1.330"));
    }
}
