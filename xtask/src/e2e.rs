//! `cargo xtask e2e`: the tests against a real tmux, alone.

pub(crate) mod runs;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::step::{self, Step};
use crate::{cargo, tools};
use runs::Run;

pub(crate) const HELP: &str = "\
Run the end-to-end tests alone, against the tmux of your choice

Usage: cargo xtask e2e [--tmux PATH | --matrix] [FILTER…] [-- OPTIONS…]

  FILTER        Run only the tests whose names contain it; may be repeated
  --tmux PATH   Test against this tmux (sets TSM_TMUX); default: TSM_TMUX, else the tmux on PATH
  --matrix      Test against tmux 3.3a, 3.5a and 3.8, which are fetched as Debian packages into the
                target folder and not installed; one of the runs is under LC_ALL=C
  OPTIONS       Go to the test program, for example --nocapture or --test-threads 1";

/// `--workspace` with one target picks the same dependency features as the other steps of the gate do, so that
/// nothing is built twice; `-p tests` would pick others.
const TEST: [&str; 4] = ["test", "--workspace", "--test", "e2e"];

/// What the tests run beside tmux.
const OTHER_TOOLS: [tools::Tool; 11] = [
    tools::STRACE,
    tools::VI,
    tools::GIT,
    tools::UNSHARE,
    tools::PYTHON,
    tools::PIP,
    tools::DASH,
    tools::BASH,
    tools::ZSH,
    tools::FISH,
    tools::MAN,
];

/// What stands on the command line.
#[derive(Debug, Default, PartialEq)]
struct Flags {
    tmux: Option<PathBuf>,
    matrix: bool,
    filters: Vec<String>,
    options: Vec<String>,
}

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let flags = parse(args)?;
    let tmux = match &flags.tmux {
        Some(path) => Some(std::path::absolute(path).map_err(|error| Failure::Usage(format!("--tmux: {error}")))?),
        None => None,
    };
    let root = cargo::root();
    let runs = if flags.matrix {
        tools::ensure(&OTHER_TOOLS)?;
        tools::python::ensure(&cargo::target_folder(&root)?)?;
        runs::of_the_matrix(&root)?
    } else {
        ensure_tools(tmux.as_deref())?;
        vec![Run::on(tmux)]
    };
    if !flags.filters.is_empty() {
        let list = list(&root)?;
        if let Some(filter) = flags.filters.iter().find(|filter| !matches(filter, &list)) {
            return Err(Failure::Task(format!("no end-to-end test has {filter:?} in its name")));
        }
    }
    let test_args: Vec<String> = flags.filters.into_iter().chain(flags.options).collect();
    step::run_all("e2e", &root, &steps(&runs, &test_args))
}

/// Sees to the programs that the tests run.
pub(crate) fn ensure_tools(tmux: Option<&Path>) -> Result<(), Failure> {
    let chosen = tmux
        .map(Path::to_path_buf)
        .or_else(|| std::env::var_os("TSM_TMUX").map(PathBuf::from));
    match chosen {
        Some(tmux) => {
            tools::check_chosen(&tools::TMUX, &tmux)?;
            tools::ensure(&OTHER_TOOLS)?;
        }
        None => tools::ensure(&[&[tools::TMUX], &OTHER_TOOLS[..]].concat())?,
    }
    tools::python::ensure(&cargo::target_folder(&cargo::root())?)
}

/// The steps of `e2e`, which are also the last of `test`: one build, then the runs.
pub(crate) fn steps(runs: &[Run], test_args: &[String]) -> Vec<Step> {
    let build = Step::cargo(
        "e2e build",
        &["build", "--workspace", "--bins", "--examples", "--test", "e2e"],
    );
    let mut args = TEST.to_vec();
    if !test_args.is_empty() {
        args.push("--");
        args.extend(test_args.iter().map(String::as_str));
    }
    [build]
        .into_iter()
        .chain(runs.iter().map(|run| run.step(&args)))
        .collect()
}

/// The names of all tests, as the test program lists them.
fn list(root: &Path) -> Result<String, Failure> {
    let output = Command::new(cargo::program())
        .args(TEST)
        .args(["--", "--list", "--format", "terse"])
        .current_dir(root)
        .stdin(Stdio::null())
        .stderr(Stdio::inherit())
        .output()
        .map_err(|error| Failure::Task(format!("cargo did not start: {error}")))?;
    if !output.status.success() {
        return Err(Failure::Task(format!(
            "the tests could not be listed: {}",
            output.status
        )));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Whether a filter picks any test: one with a slip of the pen would otherwise pass, having run nothing.
fn matches(filter: &str, list: &str) -> bool {
    list.lines()
        .filter_map(|line| line.strip_suffix(": test"))
        .any(|name| name.contains(filter))
}

fn parse(args: &[String]) -> Result<Flags, Failure> {
    let mut flags = Flags::default();
    let mut rest = args.iter();
    while let Some(arg) = rest.next() {
        if arg == "--" {
            flags.options.extend(rest.by_ref().cloned());
        } else if arg == "--tmux" {
            let path = rest
                .next()
                .ok_or_else(|| Failure::Usage("--tmux needs a path".to_owned()))?;
            flags.tmux = Some(PathBuf::from(path));
        } else if let Some(path) = arg.strip_prefix("--tmux=") {
            flags.tmux = Some(PathBuf::from(path));
        } else if arg == "--matrix" {
            flags.matrix = true;
        } else if arg.starts_with('-') {
            let hint = "options of the test program go behind `--`";
            return Err(Failure::Usage(format!("e2e has no option {arg}; {hint}")));
        } else {
            flags.filters.push(arg.clone());
        }
    }
    if flags.tmux.as_ref().is_some_and(|path| path.as_os_str().is_empty()) {
        return Err(Failure::Usage("--tmux needs a path".to_owned()));
    }
    if flags.matrix && flags.tmux.is_some() {
        return Err(Failure::Usage(
            "--matrix chooses each tmux itself, --tmux one".to_owned(),
        ));
    }
    Ok(flags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(args: &[&str]) -> Result<Flags, Failure> {
        parse(&args.iter().map(|arg| (*arg).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn filters_and_options_reach_the_test_program() {
        let flags = parsed(&["switch", "--tmux", "/opt/tmux", "save", "--", "--nocapture"]).unwrap();
        assert_eq!(flags.tmux, Some(PathBuf::from("/opt/tmux")));
        assert_eq!(flags.filters, ["switch", "save"]);
        assert_eq!(flags.options, ["--nocapture"]);
        assert_eq!(parsed(&["--tmux=/opt/tmux"]).unwrap().tmux, flags.tmux);
    }

    #[test]
    fn a_filter_that_picks_nothing_is_seen() {
        let list = "switch::back_and_forth: test\nsave::twice: test\n";
        assert!(matches("switch::", list) && matches("twice", list));
        assert!(!matches("swich", list) && !matches("test", list));
    }

    #[test]
    fn a_wrong_command_line_is_refused() {
        let both = ["--matrix", "--tmux", "/opt/tmux"];
        for wrong in [&["--tmux"][..], &["--tmux="], &["--nocapture"], &both] {
            assert!(matches!(parsed(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }
}
