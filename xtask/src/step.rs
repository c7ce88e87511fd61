//! One step of a task: its name, the command, how long it took.

use std::ffi::OsString;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::cargo;
use crate::failure::Failure;

/// One step of a task.
pub(crate) struct Step {
    pub(crate) name: String,
    pub(crate) work: Work,
}

/// What a step does.
pub(crate) enum Work {
    /// Runs cargo at the root of the workspace, with these arguments, additional variables, and without others.
    Cargo {
        args: Vec<OsString>,
        env: Vec<(&'static str, OsString)>,
        without: Vec<&'static str>,
    },
    /// Calls a task of xtask itself.
    Task(fn(&[String]) -> Result<(), Failure>),
}

impl Step {
    pub(crate) fn cargo(name: impl Into<String>, args: &[&str]) -> Self {
        let args = args.iter().map(OsString::from).collect();
        Self {
            name: name.into(),
            work: Work::Cargo {
                args,
                env: Vec::new(),
                without: Vec::new(),
            },
        }
    }

    pub(crate) fn task(name: impl Into<String>, task: fn(&[String]) -> Result<(), Failure>) -> Self {
        Self {
            name: name.into(),
            work: Work::Task(task),
        }
    }

    pub(crate) fn env(mut self, name: &'static str, value: impl Into<OsString>) -> Self {
        if let Work::Cargo { env, .. } = &mut self.work {
            env.push((name, value.into()));
        }
        self
    }

    /// The same without a variable that xtask itself may have.
    pub(crate) fn without(mut self, name: &'static str) -> Self {
        if let Work::Cargo { without, .. } = &mut self.work {
            without.push(name);
        }
        self
    }

    /// The step as one would type it.
    pub(crate) fn line(&self) -> String {
        match &self.work {
            Work::Task(_) => format!("cargo xtask {}", self.name),
            Work::Cargo { args, env, .. } => {
                let env = env
                    .iter()
                    .map(|(name, value)| format!("{name}={}", quoted(&value.to_string_lossy())));
                let args = args.iter().map(|arg| quoted(&arg.to_string_lossy()));
                env.chain(["cargo".to_owned()])
                    .chain(args)
                    .collect::<Vec<_>>()
                    .join(" ")
            }
        }
    }

    fn execute(&self, root: &Path) -> Result<(), String> {
        match &self.work {
            Work::Task(task) => task(&[]).map_err(|failure| failure.to_string()),
            Work::Cargo { args, env, without } => {
                let mut command = Command::new(cargo::program());
                for name in without {
                    command.env_remove(name);
                }
                command.args(args).envs(env.iter().map(|(name, value)| (name, value)));
                command.current_dir(root).stdin(Stdio::null());
                match command.status() {
                    Ok(status) if status.success() => Ok(()),
                    Ok(status) => Err(status.to_string()),
                    Err(error) => Err(format!("cargo did not start: {error}")),
                }
            }
        }
    }
}

/// Runs the steps in order and stops at the first that fails.
pub(crate) fn run_all(task: &str, root: &Path, steps: &[Step]) -> Result<(), Failure> {
    let mut durations: Vec<(&str, Duration)> = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let place = format!("step {} of {}", index + 1, steps.len());
        eprintln!("==> {place}, {}: {}", step.name, step.line());
        let start = Instant::now();
        let outcome = step.execute(root);
        let took = start.elapsed();
        if let Err(why) = outcome {
            let (name, line, took) = (&step.name, step.line(), seconds(took));
            return Err(Failure::Task(format!(
                "{task} FAILED at {place}, {name}, after {took}: {line}: {why}"
            )));
        }
        eprintln!("    {} ok in {}", step.name, seconds(took));
        durations.push((&step.name, took));
    }
    let total = durations.iter().map(|(_, took)| *took).sum();
    let parts: Vec<String> = durations
        .iter()
        .map(|(name, took)| format!("{name} {}", seconds(*took)))
        .collect();
    eprintln!("==> {task} ok in {} ({})", seconds(total), parts.join(", "));
    Ok(())
}

/// Runs all of the steps whatever comes of them, then says which failed.
pub(crate) fn run_each(task: &str, root: &Path, steps: &[Step]) -> Result<(), Failure> {
    let mut parts = Vec::new();
    let mut failed = Vec::new();
    let begin = Instant::now();
    for (index, step) in steps.iter().enumerate() {
        let place = format!("step {} of {}", index + 1, steps.len());
        eprintln!("==> {place}, {}: {}", step.name, step.line());
        let start = Instant::now();
        let outcome = step.execute(root);
        let took = seconds(start.elapsed());
        match outcome {
            Ok(()) => eprintln!("    {} ok in {took}", step.name),
            Err(why) => {
                eprintln!("    {} FAILED after {took}: {why}", step.name);
                failed.push(format!("{}: {}: {why}", step.name, step.line()));
            }
        }
        parts.push(format!("{} {took}", step.name));
    }
    let total = seconds(begin.elapsed());
    let parts = parts.join(", ");
    if failed.is_empty() {
        eprintln!("==> {task} ok in {total} ({parts})");
        return Ok(());
    }
    let (count, of) = (failed.len(), steps.len());
    let failed = failed.join("; ");
    Err(Failure::Task(format!(
        "{task} FAILED in {count} of {of} after {total} ({parts}): {failed}"
    )))
}

fn seconds(duration: Duration) -> String {
    format!("{:.1} s", duration.as_secs_f64())
}

fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./=:,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_can_be_typed() {
        let step = Step::cargo("docs", &["doc", "--no-deps"]).env("RUSTDOCFLAGS", "-D warnings");
        assert_eq!(step.line(), "RUSTDOCFLAGS='-D warnings' cargo doc --no-deps");
        assert_eq!(Step::cargo("e2e", &["test", "it's"]).line(), r"cargo test 'it'\''s'");
    }

    #[test]
    fn every_step_runs_and_each_failure_is_named() {
        use std::sync::atomic::{AtomicUsize, Ordering};
        static RAN: AtomicUsize = AtomicUsize::new(0);
        fn bad(_: &[String]) -> Result<(), Failure> {
            RAN.fetch_add(1, Ordering::Relaxed);
            Err(Failure::Task("the reason".to_owned()))
        }
        fn good(_: &[String]) -> Result<(), Failure> {
            RAN.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }
        let steps = [
            Step::task("one", bad),
            Step::task("two", good),
            Step::task("three", bad),
        ];
        let said = run_each("soak", Path::new("/"), &steps).unwrap_err().to_string();
        assert_eq!(RAN.load(Ordering::Relaxed), 3);
        assert!(said.starts_with("soak FAILED in 2 of 3 after "), "{said}");
        assert!(
            said.contains("one: ") && said.contains("three: ") && !said.contains("two: "),
            "{said}"
        );
        assert!(run_each("soak", Path::new("/"), &steps[1..2]).is_ok());
    }

    #[test]
    fn the_first_failure_stops_and_is_named() {
        fn good(_: &[String]) -> Result<(), Failure> {
            Ok(())
        }
        fn bad(_: &[String]) -> Result<(), Failure> {
            Err(Failure::Task("the reason".to_owned()))
        }
        fn never(_: &[String]) -> Result<(), Failure> {
            panic!("a step after a failed one ran");
        }
        let steps = [
            Step::task("one", good),
            Step::task("two", bad),
            Step::task("three", never),
        ];
        let said = run_all("test", Path::new("/"), &steps).unwrap_err().to_string();
        assert!(said.starts_with("test FAILED at step 2 of 3, two,"), "{said}");
        assert!(said.ends_with("the reason") && !said.contains('\n'), "{said}");
    }
}
