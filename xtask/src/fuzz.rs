//! `cargo xtask fuzz`: libFuzzer on the decoders of tmux-core, from the committed seeds.
//!
//! It is not part of the gate: how long is long enough is for whoever runs it to say.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::{cargo, tools};

pub(crate) const HELP: &str = "\
Fuzz the decoders of tmux-core, each target for some time

Usage: cargo xtask fuzz [--seconds N] [TARGET…]

  TARGET         A target of tmux-core/fuzz; default: all of them, one after the other
  --seconds N    How long each is fuzzed; default 60

Works on the stable toolchain. cargo-fuzz is installed into the target folder where it is missing, a C++
compiler by the package manager. What is found grows in the target folder (fuzz/corpus) and is used again
by the next run; the input of a failure is kept in tmux-core/fuzz/artifacts, and the way to run it again
is printed.";

/// The package with the targets.
const PACKAGE: &str = "tmux-core/fuzz";

const CARGO_FUZZ: &str = "0.13.2";

/// libFuzzer's own limits: a second kind of hang, and what the targets' own accounts can't see.
const LIMITS: [&str; 4] = [
    "-timeout=10",
    "-rss_limit_mb=1024",
    "-max_len=16384",
    "-print_final_stats=1",
];

/// What stands on the command line.
#[derive(Debug, PartialEq)]
struct Flags {
    targets: Vec<String>,
    seconds: u32,
}

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let flags = parse(args)?;
    let root = cargo::root();
    let package = root.join(PACKAGE);
    let targets = chosen(&flags.targets, &targets(&package)?)?;
    let target_folder = cargo::target_folder(&root)?;
    tools::ensure(&[tools::CXX])?;
    let cargo_fuzz = tools::crates::ensure("cargo-fuzz", CARGO_FUZZ, &target_folder)?;
    let mut failed = Vec::new();
    for target in &targets {
        eprintln!("==> fuzz {target} for {} s", flags.seconds);
        let status = command(&cargo_fuzz, &package, &target_folder, target, flags.seconds)?
            .status()
            .map_err(|error| Failure::Task(format!("{}: {error}", cargo_fuzz.display())))?;
        if !status.success() {
            failed.push(target.as_str());
        }
    }
    if failed.is_empty() {
        eprintln!("==> fuzz ok: {}", targets.join(", "));
        return Ok(());
    }
    let (failed, artifacts) = (failed.join(", "), package.join("artifacts"));
    Err(Failure::Task(format!(
        "fuzz FAILED: {failed}; the inputs are in {}",
        artifacts.display()
    )))
}

fn command(
    cargo_fuzz: &Path,
    package: &Path,
    target_folder: &Path,
    target: &str,
    seconds: u32,
) -> Result<Command, Failure> {
    let grown = target_folder.join("fuzz/corpus").join(target);
    fs::create_dir_all(&grown).map_err(|error| Failure::Task(format!("{}: {error}", grown.display())))?;
    let mut command = Command::new(cargo_fuzz);
    command
        // The other sanitizers need the nightly toolchain. There is no unsafe code here for them to watch.
        .args(["fuzz", "run", "--sanitizer", "none", "--fuzz-dir"])
        .arg(package)
        .arg("--target-dir")
        .arg(target_folder.join("fuzz"))
        .arg(target)
        // libFuzzer writes what it finds to the first folder, and only reads the others.
        .arg(grown)
        .arg(package.join("seeds").join(target))
        .arg("--")
        .arg(format!("-max_total_time={seconds}"))
        .args(LIMITS)
        .current_dir(package)
        .stdin(Stdio::null());
    Ok(command)
}

/// The targets that the package has.
fn targets(package: &Path) -> Result<Vec<String>, Failure> {
    let path = package.join("Cargo.toml");
    let text = fs::read_to_string(&path).map_err(|error| Failure::Task(format!("{}: {error}", path.display())))?;
    let manifest: toml::Table = text
        .parse()
        .map_err(|error| Failure::Task(format!("{}: {error}", path.display())))?;
    let bins = manifest.get("bin").and_then(toml::Value::as_array);
    let names = bins.into_iter().flatten().filter_map(|bin| bin.get("name")?.as_str());
    Ok(names.map(str::to_owned).collect())
}

fn chosen(wanted: &[String], there: &[String]) -> Result<Vec<String>, Failure> {
    if let Some(unknown) = wanted.iter().find(|target| !there.contains(target)) {
        let there = there.join(", ");
        return Err(Failure::Usage(format!(
            "there is no fuzz target {unknown:?}, only {there}"
        )));
    }
    Ok(if wanted.is_empty() { there } else { wanted }.to_vec())
}

fn parse(args: &[String]) -> Result<Flags, Failure> {
    let mut flags = Flags {
        targets: Vec::new(),
        seconds: 60,
    };
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        let seconds = match arg.strip_prefix("--seconds") {
            Some("") => rest.next().map(String::as_str),
            Some(value) => value.strip_prefix('='),
            None if arg.starts_with('-') => return Err(Failure::Usage(format!("fuzz has no option {arg}"))),
            None => {
                flags.targets.push(arg.clone());
                continue;
            }
        };
        flags.seconds = seconds
            .and_then(|text| text.parse().ok())
            .filter(|seconds| *seconds > 0)
            .ok_or_else(|| Failure::Usage("--seconds needs a number above 0".to_owned()))?;
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn every_target_has_its_parts() {
        let package = cargo::root().join(PACKAGE);
        let targets = targets(&package).unwrap();
        assert!(targets.contains(&"layout".to_owned()), "{targets:?}");
        for target in targets {
            let has = |path: String| assert!(package.join(&path).is_file(), "{path} is missing");
            has(format!("fuzz_targets/{target}.rs"));
            has(format!("src/{target}.rs"));
            let seeds = fs::read_dir(package.join("seeds").join(&target)).unwrap_or_else(|_| panic!("seeds/{target}"));
            assert!(seeds.count() > 0, "seeds/{target} is empty");
        }
    }

    #[test]
    fn a_target_is_chosen_by_its_name() {
        let there = words(&["layout", "version"]);
        assert_eq!(chosen(&[], &there).unwrap(), there);
        assert_eq!(chosen(&words(&["version"]), &there).unwrap(), ["version"]);
        assert!(matches!(chosen(&words(&["laoyut"]), &there), Err(Failure::Usage(_))));
    }

    #[test]
    fn the_command_line() {
        let flags = parse(&words(&["layout", "--seconds", "5", "version"])).unwrap();
        assert_eq!((flags.targets, flags.seconds), (words(&["layout", "version"]), 5));
        assert_eq!(parse(&words(&["--seconds=7"])).unwrap().seconds, 7);
        assert_eq!(parse(&[]).unwrap().seconds, 60);
        for wrong in [
            &["--seconds"][..],
            &["--seconds", "x"],
            &["--seconds=0"],
            &["--secondsx"],
            &["-x"],
        ] {
            assert!(matches!(parse(&words(wrong)), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }

    #[test]
    fn the_seeds_are_only_read() {
        let folder = tempfile::tempdir().unwrap();
        let command = command(Path::new("cf"), Path::new("/p"), folder.path(), "layout", 3).unwrap();
        let args: Vec<PathBuf> = command.get_args().map(PathBuf::from).collect();
        let at = |path: &Path| args.iter().position(|arg| arg == path);
        let (grown, seeds) = (folder.path().join("fuzz/corpus/layout"), Path::new("/p/seeds/layout"));
        assert!(grown.is_dir() && at(&grown) < at(seeds) && at(seeds).is_some());
        assert!(at(Path::new("-max_total_time=3")).is_some());
    }
}
