//! Each protection taken out of a copy of the sources: if no test fails then, nothing guards it.
//!
//! The product has no switch for any of them; what is changed is the text.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::table::{Mutant, mutants};
use crate::cargo;
use crate::failure::Failure;

/// All of them, or those with one of these texts in their names.
pub(crate) fn run(names: &[String]) -> Result<(), Failure> {
    if let Some(unknown) = names
        .iter()
        .find(|name| !mutants().any(|mutant| mutant.name.contains(name.as_str())))
    {
        return Err(Failure::Usage(format!("no mutant has {unknown:?} in its name")));
    }
    let chosen = |mutant: &&Mutant| names.is_empty() || names.iter().any(|name| mutant.name.contains(name.as_str()));
    let chosen: Vec<&Mutant> = mutants().filter(chosen).collect();
    let copy = Copy::new()?;
    let mut suites: Vec<&[&str]> = chosen.iter().map(|mutant| mutant.tests).collect();
    suites.sort();
    suites.dedup();
    for suite in suites {
        if !copy.passes(suite)? {
            return Err(Failure::Task(format!("without any mutant, {suite:?} fails")));
        }
    }
    let mut survivors = Vec::new();
    for mutant in chosen {
        let killed = copy.kills(mutant)?;
        println!("{}  {}", if killed { "killed  " } else { "SURVIVED" }, mutant.name);
        if !killed {
            survivors.push(mutant.name);
        }
    }
    match survivors.as_slice() {
        [] => Ok(()),
        _ => Err(Failure::Task(format!("no test notices: {}", survivors.join("; ")))),
    }
}

/// A copy of the sources with a build directory of its own.
struct Copy {
    root: PathBuf,
    target: PathBuf,
}

impl Copy {
    fn new() -> Result<Self, Failure> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| cargo::root().join("target"), PathBuf::from);
        let copy = Self {
            root: target.join("mutants/sources"),
            target: target.join("mutants/target"),
        };
        if copy.root.exists() {
            fs::remove_dir_all(&copy.root).map_err(|error| failed("remove the old copy", &copy.root, &error))?;
        }
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(cargo::root())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed("list", &cargo::root(), &error))?;
        for name in String::from_utf8_lossy(&listed.stdout)
            .split('\0')
            .filter(|name| !name.is_empty())
        {
            let (from, to) = (cargo::root().join(name), copy.root.join(name));
            if !from.is_file() {
                continue;
            }
            let directory = to.parent().unwrap_or(&copy.root);
            fs::create_dir_all(directory).map_err(|error| failed("make", directory, &error))?;
            fs::copy(&from, &to).map_err(|error| failed("copy", &from, &error))?;
        }
        Ok(copy)
    }

    /// Whether the tests notice that a protection is gone.
    fn kills(&self, mutant: &Mutant) -> Result<bool, Failure> {
        let path = self.root.join(mutant.file);
        let text = fs::read_to_string(&path).map_err(|error| failed("read", &path, &error))?;
        let mutated = mutant.apply(&text).map_err(Failure::Task)?;
        fs::write(&path, mutated).map_err(|error| failed("write", &path, &error))?;
        let outcome = if self.cargo(mutant.tests, true)? {
            self.passes(mutant.tests).map(|passed| !passed)
        } else {
            Err(Failure::Task(format!("the mutant {:?} doesn't compile", mutant.name)))
        };
        fs::write(&path, text).map_err(|error| failed("write", &path, &error))?;
        outcome
    }

    fn passes(&self, tests: &[&str]) -> Result<bool, Failure> {
        self.cargo(tests, false)
    }

    fn cargo(&self, tests: &[&str], only_build: bool) -> Result<bool, Failure> {
        let mut command = Command::new(cargo::program());
        command.args(["test", "--quiet"]);
        if only_build {
            command.arg("--no-run");
        }
        let status = command
            .args(tests)
            .current_dir(&self.root)
            .env("CARGO_TARGET_DIR", &self.target)
            // What isn't used any more in a mutant is no error.
            .env("RUSTFLAGS", "-A warnings")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(if only_build { Stdio::inherit() } else { Stdio::null() })
            .status()
            .map_err(|error| failed("test", &self.root, &error))?;
        Ok(status.success())
    }
}

fn failed(what: &str, path: &Path, error: &std::io::Error) -> Failure {
    Failure::Task(format!("can't {what} {}: {error}", path.display()))
}
