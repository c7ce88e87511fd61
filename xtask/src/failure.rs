//! Why a task did not succeed, and the exit code that says so.

use std::ffi::OsString;
use std::fmt;
use std::process::ExitCode;

/// Why a task did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command line makes no sense; the text says what is wrong with it.
    Usage(String),
    /// The task ran and did not succeed; the text says what failed and what to do.
    Task(String),
}

impl Failure {
    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Usage(_) => ExitCode::from(2),
            Self::Task(_) => ExitCode::FAILURE,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(text) => write!(f, "{text}\nhint: `cargo xtask help` lists the tasks"),
            Self::Task(text) => f.write_str(text),
        }
    }
}

/// The arguments as text. Only `run` passes arguments on that may be anything else.
pub(crate) fn texts(args: Vec<OsString>) -> Result<Vec<String>, Failure> {
    args.into_iter()
        .map(|arg| {
            arg.into_string()
                .map_err(|arg| Failure::Usage(format!("{arg:?} is not valid UTF-8")))
        })
        .collect()
}

/// Refuses arguments, for a task that takes none.
pub(crate) fn no_arguments(task: &str, args: &[String]) -> Result<(), Failure> {
    match args.first() {
        None => Ok(()),
        Some(arg) => Err(Failure::Usage(format!("{task} takes no arguments, and {arg:?} is one"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_without_arguments_names_the_one_it_got() {
        assert!(no_arguments("tidy", &[]).is_ok());
        let refusal = no_arguments("tidy", &["--fast".to_owned()]).unwrap_err().to_string();
        assert!(refusal.contains("tidy") && refusal.contains("--fast"), "{refusal}");
    }
}
