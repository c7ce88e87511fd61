//! Everything that tsm-recovery prints. Data goes to standard output, messages to standard error, and nothing that others
//! chose (names, errors) reaches a terminal unescaped.
#![expect(clippy::disallowed_methods, reason = "the one module of this crate that prints")]

pub(crate) mod json;

use std::env;
use std::io::{self, BufRead, IsTerminal, Write};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use clap::CommandFactory;
use session_ops::backup::Progress;
use session_ops::terminal_text::columns::{Cell, Column, lay_out};
use session_ops::terminal_text::usage::{WrongCall, wrong_call};
use session_ops::terminal_text::{safe, wrapped};
use session_ops::trace::Trace;
use session_ops::{Class, Event};

use crate::args::{Args, Color};
use crate::report;

/// Where and how to print.
#[derive(Debug)]
pub(crate) struct Output {
    color: bool,
    quiet: bool,
    json: bool,
}

impl Output {
    pub(crate) fn new(color: Color, quiet: bool, json: bool, no_color: bool) -> Self {
        let color = match color {
            Color::Always => true,
            Color::Never => false,
            Color::Auto => io::stdout().is_terminal() && !no_color,
        };
        Self { color, quiet, json }
    }

    /// Whether the verb was asked for JSON.
    pub(crate) fn is_json(&self) -> bool {
        self.json
    }

    /// A line of data.
    pub(crate) fn line(&self, text: &str) {
        write_out(format!("{}\n", safe(text)).as_bytes());
    }

    /// Text of our own making that is data, as it is.
    pub(crate) fn plain(&self, text: &str) {
        write_out(text.as_bytes());
    }

    /// A path as data: to a program the very bytes, to a terminal nothing that it would obey.
    pub(crate) fn path(&self, path: &Path) {
        if io::stdout().is_terminal() {
            self.line(&path.to_string_lossy());
        } else {
            write_out(&[path.as_os_str().as_bytes(), b"\n"].concat());
        }
    }

    /// A line that people read as a sentence: broken between words where their terminal is too narrow.
    pub(crate) fn sentence(&self, text: &str) {
        write_out(format!("{}\n", wrapped(&safe(text), width_of(io::stdout()))).as_bytes());
    }

    /// Data in rows and columns that fit the terminal.
    pub(crate) fn columns(&self, columns: &[Column<'_>], rows: &[Vec<Cell>]) {
        write_out(lay_out(columns, rows, width_of(io::stdout()), self.color).as_bytes());
    }

    /// A JSON document.
    pub(crate) fn document<T: serde::Serialize>(&self, document: &T) {
        // Documents are made of plain values, which always serialise.
        let text = serde_json::to_string(document).unwrap_or_default();
        write_out(format!("{text}\n").as_bytes());
    }

    /// A message for people.
    pub(crate) fn message(&self, text: &str) {
        let width = width_of(io::stderr());
        let _nobody_reads_it = writeln!(io::stderr(), "{}", wrapped(&safe(text), width));
    }

    /// What is told beside what was asked for, unless it shall be quiet.
    pub(crate) fn notice(&self, text: &str) {
        if !self.quiet {
            self.message(&format!("tsm-recovery: {text}"));
        }
    }

    /// One line that is written over again and again; only a terminal can do that.
    fn progress(&self, progress: Progress) {
        if !io::stderr().is_terminal() {
            return;
        }
        let done = progress.files == progress.of;
        let line = if done {
            "\r\x1b[K".to_owned()
        } else {
            let mebibytes = progress.bytes / (1024 * 1024);
            format!(
                "\r\x1b[Kbacking up: {} of {} files, {mebibytes} MiB",
                progress.files, progress.of
            )
        };
        let mut out = io::stderr();
        let written = out.write_all(line.as_bytes());
        let _nobody_reads_it = written.and_then(|()| out.flush());
    }

    /// Asks on the terminal, and says whether the answer was the expected word. Without a terminal nobody can say it.
    pub(crate) fn asks(&self, question: &str, word: &str) -> bool {
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return false;
        }
        let mut out = io::stderr();
        let asked = out.write_all(question.as_bytes()).and_then(|()| out.flush());
        let mut answer = String::new();
        asked.is_ok() && io::stdin().lock().read_line(&mut answer).is_ok() && answer.trim() == word
    }

    /// What a verb tells while it works.
    pub(crate) fn event(&self, event: Event) {
        let text = match event {
            _ if self.quiet => return,
            Event::WaitingForLock { holder, limit } => {
                let holder = holder.unwrap_or_else(|| "another process".to_owned());
                format!("waiting for {holder}, {limit} s at most")
            }
            Event::StateNotice { project, notice } => format!("the state of {project}: {notice}"),
            Event::Lacks { project, what } => format!("{project}: {what}"),
            Event::Tightened { directory } => format!("{} is now closed to others", directory.display()),
            Event::BackupProgress(progress) => return self.progress(progress),
            Event::Step(step) => step,
            Event::HookFailed { hook, command, why } => format!("the hook {hook} failed: `{command}`: {why}"),
            Event::ServerOverridden { project, server } => {
                format!("{project}'s own tmux server is {server}; the command line names another one")
            }
            Event::HintWatch => {
                "windows and panes are saved by themselves; `tsm watch --unit` prints a systemd unit that saves \
                             directories and agents, too (said once)"
                    .to_owned()
            }
            Event::NoAgent { program } => format!("there is no {program} on this machine"),
            Event::Difference { project, pane, what } => format!("{project} pane {pane}: {what}"),
            Event::SessionKept { session, why } => format!("{session} is kept: {why}"),
        };
        self.message(&format!("tsm-recovery: {text}"));
    }
}

/// Where calls of tmux are told with `DEBUG=1`.
pub(crate) fn trace() -> Trace {
    Arc::new(|line| {
        let _nobody_reads_it = writeln!(io::stderr(), "debug: {}", safe(line));
    })
}

/// What is wrong with the command line, said as all other errors are, with `--json` as a document; or the help that it
/// asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let code = ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    if !error.use_stderr() {
        finish(error.print());
        return code;
    }
    let WrongCall { message, hint } = wrong_call(&error.to_string());
    let json = env::args_os().any(|argument| argument == "--json");
    let output = Output::new(Color::Never, false, json, true);
    if json {
        let class = Class::Usage.name();
        let error = json::FailureDetail { class, message, hint };
        output.document(&json::Document::new(json::Failure { error }));
    } else {
        report::tell(&output, &format!("wrong usage: {message}"), hint);
    }
    code
}

/// The help, where no verb was given.
pub(crate) fn help() -> ExitCode {
    write_out(Args::command().render_help().to_string().as_bytes());
    ExitCode::SUCCESS
}

fn write_out(bytes: &[u8]) {
    finish(io::stdout().lock().write_all(bytes));
}

/// Why what was to be printed isn't, the first time.
static UNWRITTEN: OnceLock<io::Error> = OnceLock::new();

/// Whoever closed the pipe has read enough; that it couldn't be written else is told at the end.
fn finish(written: io::Result<()>) {
    if let Err(error) = written.and_then(|()| io::stdout().lock().flush())
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        let _only_the_first = UNWRITTEN.set(error);
    }
}

/// The exit code at the end of it all: what was asked for and couldn't be written has failed.
pub(crate) fn ended(code: ExitCode) -> ExitCode {
    let Some(error) = UNWRITTEN.get() else { return code };
    let _nobody_reads_it = writeln!(io::stderr(), "tsm-recovery: standard output can't be written: {error}");
    if code == ExitCode::SUCCESS {
        return ExitCode::from(Class::Failed.exit_code());
    }
    code
}

/// The columns of a terminal; `None` of what isn't one.
fn width_of(stream: impl IsTerminal + AsFd) -> Option<usize> {
    let size = stream
        .is_terminal()
        .then(|| rustix::termios::tcgetwinsize(&stream).ok());
    let width = size.flatten().map(|size| usize::from(size.ws_col));
    width.filter(|width| *width > 0)
}
