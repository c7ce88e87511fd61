//! `cargo xtask bench`: measurements, and `BENCHMARKS.md`, which records them.

mod machine;
mod record;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::{cargo, tools};

pub(crate) const HELP: &str = "\
Measure against a real tmux, and how fast its words are decoded

Usage: cargo xtask bench [--write] [NAME…]

  NAME       A subject; default: all of them. `cargo xtask bench --list` names them
  --write    Record what was measured in BENCHMARKS.md, each subject with the machine and the day

What counts is the ratio to a base that takes its turn in the same round. A limit is kept when the median
of the ratios keeps it, and broken (the task fails) when their whole 95 % interval lies above it; between
the two there are more rounds, up to a bound, and then it is unsettled. The subject `bounds` is what must
be done in so many milliseconds, whatever the base; while the machine itself is late nothing is judged, which
fails too, and says so. TSM_TMUX chooses the tmux.
All subjects together take some minutes; leave the machine alone meanwhile.";

/// The subject that needs no tmux; all others are the bench target's own.
const DECODERS: &str = "decoders";

/// The bounds in milliseconds, a target of their own too.
const BOUNDS: &str = "bounds";

/// What the bounds end with when the machine was too busy to judge one.
const NOT_JUDGED: i32 = 3;

/// What cargo ends with when a limit is broken, which is what the bench target ends with.
const BROKEN: i32 = 1;

/// What stands on the command line.
#[derive(Debug, Default, PartialEq)]
struct Flags {
    names: Vec<String>,
    write: bool,
    list: bool,
}

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let flags = parse(args)?;
    let root = cargo::root();
    let subjects = subjects(&root)?;
    if flags.list {
        subjects.iter().for_each(|name| println!("{name}"));
        return Ok(());
    }
    let wanted = chosen(&flags.names, &subjects)?;
    let native = std::env::var_os("TSM_TMUX").map(std::path::PathBuf::from);
    match &native {
        Some(tmux) => tools::check_chosen(&tools::TMUX, tmux)?,
        None => tools::ensure(&[tools::TMUX])?,
    }
    let about = machine::describe(native.as_deref().unwrap_or(Path::new("tmux")));
    let mut broken = Vec::new();
    let mut not_judged = Vec::new();
    for name in &wanted {
        eprintln!("==> bench {name}");
        let (text, code) = measure(&root, name)?;
        print!("{text}");
        match code {
            Some(0) => {}
            Some(NOT_JUDGED) if name == BOUNDS => not_judged.push(name.as_str()),
            _ => broken.push(name.as_str()),
        }
        // A broken limit is a result like others; what ended in the middle is none.
        if flags.write && matches!(code, Some(0 | BROKEN | NOT_JUDGED)) {
            write(
                &root.join("BENCHMARKS.md"),
                &record::section(name, &about, &text),
                &subjects,
            )?;
        }
    }
    if !broken.is_empty() {
        return Err(Failure::Task(format!("bench FAILED: {}", broken.join(", "))));
    }
    if not_judged.is_empty() {
        return Ok(());
    }
    let names = not_judged.join(", ");
    Err(Failure::Task(format!(
        "bench NOT JUDGED: {names}: the machine was too busy, see above"
    )))
}

/// The names of everything that can be measured.
fn subjects(root: &Path) -> Result<Vec<String>, Failure> {
    let (text, code) = output(root, &["--package", "tests", "--bench", "bench", "--", "--list"])?;
    if code != Some(0) {
        return Err(Failure::Task("the benchmarks can't be built".to_owned()));
    }
    let names = text.lines().map(str::to_owned);
    Ok(names.chain([DECODERS, BOUNDS].map(str::to_owned)).collect())
}

/// What a subject prints, as Markdown, and its exit code.
fn measure(root: &Path, name: &str) -> Result<(String, Option<i32>), Failure> {
    if name == DECODERS {
        let (text, code) = output(root, &["--package", "tmux-core", "--bench", "decoders"])?;
        return Ok((record::decoders(&text), code));
    }
    if name == BOUNDS {
        let (text, code) = output(root, &["--package", "tests", "--bench", "bounds"])?;
        return Ok((record::bounds(&text), code));
    }
    output(root, &["--package", "tests", "--bench", "bench", "--", name])
}

/// What `cargo bench` prints, and its exit code.
fn output(root: &Path, args: &[&str]) -> Result<(String, Option<i32>), Failure> {
    let output = Command::new(cargo::program())
        .arg("bench")
        .args(args)
        .env_remove("TMUX")
        .env_remove("TMUX_PANE")
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::Task(format!("cargo did not start: {error}")))?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    Ok((text, output.status.code()))
}

fn write(path: &Path, section: &record::Section, order: &[String]) -> Result<(), Failure> {
    let failed = |error: std::io::Error| Failure::Task(format!("{}: {error}", path.display()));
    let before = match fs::read_to_string(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        before => before.map_err(failed)?,
    };
    fs::write(path, record::with(&before, section, order)).map_err(failed)
}

fn chosen(wanted: &[String], there: &[String]) -> Result<Vec<String>, Failure> {
    if let Some(unknown) = wanted.iter().find(|name| !there.contains(name)) {
        let there = there.join(", ");
        return Err(Failure::Usage(format!(
            "there is no benchmark {unknown:?}, only {there}"
        )));
    }
    Ok(if wanted.is_empty() { there } else { wanted }.to_vec())
}

fn parse(args: &[String]) -> Result<Flags, Failure> {
    let mut flags = Flags::default();
    for arg in args {
        match arg.as_str() {
            "--write" => flags.write = true,
            "--list" => flags.list = true,
            option if option.starts_with('-') => {
                return Err(Failure::Usage(format!("bench has no option {option}")));
            }
            name => flags.names.push(name.to_owned()),
        }
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Vec<String> {
        words.iter().map(|word| (*word).to_owned()).collect()
    }

    #[test]
    fn the_command_line() {
        let flags = parse(&words(&["calls", "--write", "build"])).unwrap();
        assert_eq!((flags.names, flags.write), (words(&["calls", "build"]), true));
        assert_eq!(parse(&[]).unwrap(), Flags::default());
        assert!(matches!(parse(&words(&["--wriet"])), Err(Failure::Usage(_))));
    }

    #[test]
    fn a_subject_is_chosen_by_its_name() {
        let there = words(&["calls", "decoders"]);
        assert_eq!(chosen(&[], &there).unwrap(), there);
        assert_eq!(chosen(&words(&["decoders"]), &there).unwrap(), ["decoders"]);
        assert!(matches!(chosen(&words(&["call"]), &there), Err(Failure::Usage(_))));
    }
}
