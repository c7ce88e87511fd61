//! `cargo xtask e2e`: the tests against a real tmux, alone.

pub(crate) mod runs;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::failure::Failure;
use crate::step::{self, Step};
use crate::{cargo, claude_code, tools};
use runs::Run;

pub(crate) const HELP: &str = "\
Run the end-to-end tests alone, against the tmux of your choice

Usage: cargo xtask e2e [--tmux PATH | --matrix] [--agent claude] [FILTER…] [-- OPTIONS…]

  FILTER        Run only the tests whose names contain it; may be repeated
  --tmux PATH   Test against this tmux (sets TSM_TMUX); default: TSM_TMUX, else the tmux on PATH
  --matrix      Test against tmux 3.3a, 3.5a and 3.8, which are fetched as Debian packages into the
                target folder and not installed; one of the runs is under LC_ALL=C
  --agent NAME  Run only the tests with this agent, the real one: claude, which npm installs into the
                target folder. It talks to a model on this machine; no key, no account
  OPTIONS       Go to the test program, for example --nocapture or --test-threads 1";

/// What the tests run beside tmux.
const OTHER_TOOLS: [tools::Tool; 3] = [tools::STRACE, tools::VI, tools::GIT];

/// What stands on the command line.
#[derive(Debug, Default, PartialEq)]
struct Flags {
    tmux: Option<PathBuf>,
    matrix: bool,
    /// Only the tests with the real Claude Code, instead of all the others.
    claude: bool,
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
    let claude = if flags.claude {
        claude_code::required(&root)?
    } else {
        None
    };
    let runs = if flags.matrix {
        tools::ensure(&OTHER_TOOLS)?;
        runs::of_the_matrix(&root)?
    } else {
        ensure_tools(tmux.as_deref())?;
        vec![Run::on(tmux)]
    };
    let runs = match claude {
        Some(program) => runs.into_iter().map(|run| run.with_claude(program.clone())).collect(),
        None => runs,
    };
    if !flags.filters.is_empty() {
        let target = runs.first().map_or("e2e", Run::target);
        let list = list(&root, target)?;
        if let Some(filter) = flags.filters.iter().find(|filter| !matches(filter, &list)) {
            return Err(Failure::Task(format!("no test of {target} has {filter:?} in its name")));
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
    let others = [
        tools::STRACE,
        tools::VI,
        tools::GIT,
        tools::UNSHARE,
        tools::PYTHON,
        tools::DASH,
        tools::ZSH,
        tools::FISH,
    ];
    match chosen {
        Some(tmux) => {
            tools::check_chosen(&tools::TMUX, &tmux)?;
            tools::ensure(&others)
        }
        None => tools::ensure(&[&[tools::TMUX], &others[..]].concat()),
    }
}

/// The steps of `e2e`, which are also the last of `test`: one build, then the runs.
pub(crate) fn steps(runs: &[Run], test_args: &[String]) -> Vec<Step> {
    let mut build = vec!["build", "--workspace", "--bins", "--examples"];
    for target in runs::TEST_TARGETS {
        if runs.iter().any(|run| run.target() == target) {
            build.extend(["--test", target]);
        }
    }
    [Step::cargo("e2e build", &build)]
        .into_iter()
        .chain(runs.iter().map(|run| run.step(test_args)))
        .collect()
}

/// The names of all tests, as the test program lists them.
fn list(root: &Path, target: &str) -> Result<String, Failure> {
    let output = Command::new(cargo::program())
        .args([
            "test",
            "--workspace",
            "--test",
            target,
            "--",
            "--list",
            "--format",
            "terse",
        ])
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
        } else if arg == "--agent" || arg.starts_with("--agent=") {
            let name = arg.strip_prefix("--agent=").or_else(|| rest.next().map(String::as_str));
            if name != Some("claude") {
                return Err(Failure::Usage(
                    "--agent needs a name, and claude is the one there is".to_owned(),
                ));
            }
            flags.claude = true;
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
    fn the_agent_is_chosen_by_name() {
        for args in [&["--agent", "claude", "resume"][..], &["--agent=claude", "resume"]] {
            let flags = parsed(args).unwrap();
            assert!(flags.claude && flags.filters == ["resume"], "{args:?}");
        }
    }

    #[test]
    fn only_what_is_run_is_built() {
        let run = Run::on(None);
        let built = |runs: &[Run]| steps(runs, &[])[0].line();
        let all = "cargo build --workspace --bins --examples";
        assert_eq!(built(std::slice::from_ref(&run)), format!("{all} --test e2e"));
        let with_claude = run.clone().with_claude("/c".into());
        assert_eq!(
            built(std::slice::from_ref(&with_claude)),
            format!("{all} --test claude")
        );
        assert_eq!(built(&[run, with_claude]), format!("{all} --test e2e --test claude"));
    }

    #[test]
    fn a_wrong_command_line_is_refused() {
        let both = ["--matrix", "--tmux", "/opt/tmux"];
        let agents = [&["--agent"][..], &["--agent", "gpt"], &["--agent="]];
        let wrong = [&["--tmux"][..], &["--tmux="], &["--nocapture"], &both];
        for wrong in wrong.into_iter().chain(agents) {
            assert!(matches!(parsed(wrong), Err(Failure::Usage(_))), "{wrong:?}");
        }
    }
}
