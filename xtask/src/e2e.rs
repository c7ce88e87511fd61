//! `cargo xtask e2e`: the tests against a real tmux, alone.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::step::{self, Step};
use crate::{cargo, tools};

pub(crate) const HELP: &str = "\
Run the end-to-end tests alone, against the tmux of your choice

Usage: cargo xtask e2e [--tmux PATH] [FILTER…] [-- OPTIONS…]

  FILTER        Run only the tests whose names contain it; may be repeated
  --tmux PATH   Test against this tmux (sets TSM_TMUX); default: TSM_TMUX, else the tmux on PATH
  OPTIONS       Go to the test program, for example --nocapture or --test-threads 1";

/// `--workspace` with one target picks the same dependency features as the other steps of the gate do, so that
/// nothing is built twice; `-p tests` would pick others.
const TEST: [&str; 4] = ["test", "--workspace", "--test", "e2e"];

/// What stands on the command line.
#[derive(Debug, Default, PartialEq)]
struct Flags {
    tmux: Option<PathBuf>,
    filters: Vec<String>,
    options: Vec<String>,
}

pub(crate) fn run(args: &[String]) -> Result<(), Failure> {
    let flags = parse(args)?;
    let tmux = match &flags.tmux {
        Some(path) => Some(std::path::absolute(path).map_err(|error| Failure::Usage(format!("--tmux: {error}")))?),
        None => None,
    };
    ensure_tools(tmux.as_deref())?;
    let root = cargo::root();
    if !flags.filters.is_empty() {
        let list = list(&root)?;
        if let Some(filter) = flags.filters.iter().find(|filter| !matches(filter, &list)) {
            return Err(Failure::Task(format!("no end-to-end test has {filter:?} in its name")));
        }
    }
    let test_args: Vec<String> = flags.filters.into_iter().chain(flags.options).collect();
    step::run_all("e2e", &root, &steps(tmux.as_deref(), &test_args))
}

/// Sees to the programs that the tests run.
pub(crate) fn ensure_tools(tmux: Option<&Path>) -> Result<(), Failure> {
    let chosen = tmux
        .map(Path::to_path_buf)
        .or_else(|| std::env::var_os("TSM_TMUX").map(PathBuf::from));
    let others = [
        tools::STRACE,
        tools::VI,
        tools::GIT,
        tools::UNSHARE,
        tools::PYTHON,
        tools::DASH,
    ];
    match chosen {
        Some(tmux) => {
            tools::check_chosen(&tools::TMUX, &tmux)?;
            tools::ensure(&others)
        }
        None => tools::ensure(&[&[tools::TMUX], &others[..]].concat()),
    }
}

/// The steps of `e2e`, which are also the last of `test`.
pub(crate) fn steps(tmux: Option<&Path>, test_args: &[String]) -> Vec<Step> {
    let build = Step::cargo("e2e build", &["build", "--workspace", "--bins", "--test", "e2e"]);
    let mut args = TEST.to_vec();
    if !test_args.is_empty() {
        args.push("--");
        args.extend(test_args.iter().map(String::as_str));
    }
    let mut test = Step::cargo("e2e", &args);
    if let Some(tmux) = tmux {
        test = test.env("TSM_TMUX", tmux);
    }
    vec![build, test]
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
        for wrong in [&["--tmux"][..], &["--tmux="], &["--nocapture"]] {
            assert!(matches!(parsed(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }
}
