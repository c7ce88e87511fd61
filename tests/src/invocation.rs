//! One run of a program in an environment, as a builder.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::{AttachedClient, Environment, Output, Running, attached_client};

/// How long a program may run unless told otherwise.
pub const TIME_LIMIT: Duration = Duration::from_secs(60);

/// A program that is about to be run: nothing happens before [`run`](Self::run), [`start`](Self::start) or
/// [`in_terminal`](Self::in_terminal).
#[derive(Debug)]
#[must_use = "nothing is run yet"]
pub struct Invocation<'e> {
    environment: &'e Environment,
    program: OsString,
    args: Vec<OsString>,
    dir: PathBuf,
    variables: Vec<(OsString, Option<OsString>)>,
    stdin: Option<Vec<u8>>,
    time_limit: Duration,
}

impl Environment {
    /// A call of `tsm`. It finds the private server by `TSM_SOCKET_PATH`.
    pub fn tsm<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Invocation<'_> {
        self.command(self.bin().join("tsm"), args)
    }

    /// A call of `tsm-recovery`.
    pub fn recovery<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Invocation<'_> {
        self.command(self.bin().join("tsm-recovery"), args)
    }

    /// A call of any program, by path or by name on the private `PATH`. It starts in the home directory, outside tmux,
    /// with nothing on its standard input.
    pub fn command<S: AsRef<OsStr>>(
        &self,
        program: impl Into<OsString>,
        args: impl IntoIterator<Item = S>,
    ) -> Invocation<'_> {
        let invocation = Invocation {
            environment: self,
            program: program.into(),
            args: Vec::new(),
            dir: self.home(),
            variables: Vec::new(),
            stdin: None,
            time_limit: TIME_LIMIT,
        };
        invocation.args(args)
    }
}

impl<'e> Invocation<'e> {
    /// One more argument.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// More arguments.
    pub fn args<S: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = S>) -> Self {
        self.args.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// The directory to start in.
    pub fn dir(mut self, dir: impl AsRef<Path>) -> Self {
        self.dir = dir.as_ref().to_owned();
        self
    }

    /// One more variable.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.variables.push((name.into(), Some(value.into())));
        self
    }

    /// One variable less.
    pub fn env_remove(mut self, name: &str) -> Self {
        self.variables.push((name.into(), None));
        self
    }

    /// With the product's clock standing at this time, in seconds since 1970.
    pub fn at(self, unix_seconds: i64) -> Self {
        self.env("TSM_NOW", unix_seconds.to_string())
    }

    /// With the variables that say "in this pane" (`%3`), as if typed there. It is still the test's child: what must
    /// descend from the pane has to be typed into it.
    ///
    /// # Panics
    /// When there is no such pane.
    #[track_caller]
    pub fn in_pane(self, pane: &str) -> Self {
        let format = "#{socket_path},#{pid},#{s/\\$//:session_id}";
        let tmux = self.environment.tmux(["display-message", "-p", "-t", pane, format]);
        let tmux = String::from_utf8_lossy(&tmux).trim_end().to_owned();
        self.env("TMUX", tmux).env("TMUX_PANE", pane)
    }

    /// What stands on its standard input.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = Some(bytes.into());
        self
    }

    /// How long it may run, instead of [`TIME_LIMIT`].
    pub fn time_limit(mut self, limit: Duration) -> Self {
        self.time_limit = limit;
        self
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// When it can't be started; when it exceeds the time limit (it is killed, and what it printed is shown); when it
    /// ends but leaves a process behind that holds its output open, for which callers like `$(tsm …)` would wait.
    #[must_use = "check the status or the output"]
    #[track_caller]
    pub fn run(self) -> Output {
        self.start().wait()
    }

    /// Starts it, for what happens while it runs.
    ///
    /// # Panics
    /// When it can't be started.
    #[track_caller]
    pub fn start(mut self) -> Running {
        let stdin = self.stdin.take();
        let mut command = self.command(&[]);
        command.stdin(if stdin.is_some() { Stdio::piped() } else { Stdio::null() });
        Running::spawn(command, self.to_string(), stdin, self.time_limit)
    }

    /// Starts it in a terminal of its own, 120 by 40 cells. The time limit does not apply.
    ///
    /// # Panics
    /// When it can't be started.
    #[track_caller]
    pub fn in_terminal(self) -> AttachedClient<'e> {
        self.in_terminal_of(attached_client::SIZE)
    }

    /// The same in a terminal with so many columns and rows.
    ///
    /// # Panics
    /// When it can't be started.
    #[track_caller]
    pub fn in_terminal_of(self, size: (u16, u16)) -> AttachedClient<'e> {
        // The terminal must become the controlling one, which safe code can't do between fork and exec.
        let command = self.command(&["setsid", "-c", "--"]);
        AttachedClient::spawn(self.environment, command, self.to_string(), size)
    }

    /// The program as it would be started, for [`system_calls`](crate::system_calls).
    #[must_use = "nothing is run yet"]
    pub fn prepared(&self) -> Command {
        self.command(&[])
    }

    fn command(&self, through: &[&str]) -> Command {
        let mut words = through.iter().map(OsStr::new).chain([self.program.as_os_str()]);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).args(&self.args).current_dir(&self.dir).env_clear();
        for (name, value) in self.environment.variables() {
            command.env(name, value);
        }
        for (name, value) in &self.variables {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }
}

impl std::fmt::Display for Invocation<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}",
            Path::new(&self.program)
                .file_name()
                .unwrap_or_default()
                .to_string_lossy()
        )?;
        self.args
            .iter()
            .try_for_each(|arg| write!(formatter, " {}", arg.to_string_lossy()))
    }
}
