//! Everything that tsm prints. Data goes to standard output, messages to standard error, and nothing that others chose
//! (names, titles, directories, errors) reaches a terminal unescaped.
#![expect(clippy::disallowed_methods, reason = "the one module of this crate that prints")]

pub(crate) mod checks;
pub(crate) mod json;
pub(crate) mod screen;
pub(crate) mod state;

use std::env;
use std::io::{self, BufRead, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;
use std::sync::{Arc, OnceLock};

use clap::CommandFactory;
use session_ops::terminal_text::usage::{WrongCall, wrong_call};
use session_ops::terminal_text::wrapped;
pub(crate) use session_ops::terminal_text::{columns, safe};
use session_ops::trace::Trace;
use session_ops::{Class, Event};

use crate::args::{Args, Color};
use crate::report;
use columns::{Cell, Column, Paint};

/// Where and how to print.
#[derive(Debug)]
pub(crate) struct Output {
    color: bool,
    quiet: bool,
    json: bool,
}

/// How data for people looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    pub(crate) color: bool,
    /// Symbols instead of words: a program reads words.
    pub(crate) symbols: bool,
    /// Columns of the terminal; without one no line is broken.
    pub(crate) width: Option<usize>,
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
        write_out(&format!("{}\n", safe(text)));
    }

    /// A line that people read as a sentence: broken between words where their terminal is too narrow.
    pub(crate) fn sentence(&self, text: &str) {
        write_out(&format!("{}\n", wrapped(&safe(text), width())));
    }

    /// How data for people looks where it goes.
    pub(crate) fn style(&self) -> Style {
        Style {
            color: self.color,
            symbols: io::stdout().is_terminal() || self.color,
            width: width(),
        }
    }

    /// Lines that are data, given as they come; `false` if nobody reads any more.
    pub(crate) fn lines(&self, lines: &[Vec<u8>]) -> bool {
        let width = width();
        let line = |line: &Vec<u8>| format!("{}\n", wrapped(&safe(&String::from_utf8_lossy(line)), width));
        let text: String = lines.iter().map(line).collect();
        let mut out = io::stdout().lock();
        let written = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        let reads_on = written.is_ok();
        finish(written);
        reads_on
    }

    /// Text of our own making that is data, as it is.
    pub(crate) fn plain(&self, text: &str) {
        write_out(text);
    }

    /// What a verb that runs on tells, unless it shall be quiet.
    pub(crate) fn notice(&self, text: &str) {
        if !self.quiet {
            self.message(&format!("tsm: {text}"));
        }
    }

    /// What to do next where nothing has failed, unless it shall be quiet.
    pub(crate) fn hint(&self, text: &str) {
        if !self.quiet {
            self.message(&format!("hint: {text}"));
        }
    }

    /// Data in rows and columns that fit the terminal.
    pub(crate) fn columns(&self, columns: &[Column<'_>], rows: &[Vec<Cell>]) {
        write_out(&columns::lay_out(columns, rows, width(), self.color));
    }

    /// A line of data with its label.
    pub(crate) fn field(&self, label: &str, value: &str, paint: Paint) {
        write_out(&field_text(label, value, paint, self.color));
    }

    /// A screen, printed once.
    pub(crate) fn screen(&self, buffer: &ratatui::buffer::Buffer) {
        write_out(&screen::text_of(buffer, self.color));
    }

    /// Whether there are colours.
    pub(crate) fn has_color(&self) -> bool {
        self.color
    }

    /// Lines that others wrote: as they are for a program, escaped for a terminal.
    pub(crate) fn text(&self, bytes: &[u8]) {
        if io::stdout().is_terminal() {
            String::from_utf8_lossy(bytes).lines().for_each(|line| self.line(line));
        } else {
            self.raw(bytes);
        }
    }

    /// Bytes as they are.
    fn raw(&self, bytes: &[u8]) {
        finish(io::stdout().lock().write_all(bytes));
    }

    /// A JSON document.
    pub(crate) fn document<T: serde::Serialize>(&self, document: &T) {
        // Documents are made of plain values, which always serialise.
        let text = serde_json::to_string(document).unwrap_or_default();
        write_out(&format!("{text}\n"));
    }

    /// A message for people.
    pub(crate) fn message(&self, text: &str) {
        let width = width_of(io::stderr());
        let _nobody_reads_it = writeln!(io::stderr(), "{}", wrapped(&safe(text), width));
    }

    /// Ends what a program switched on in the terminal and didn't switch off because it was killed: marks of pastes, the
    /// mouse, focus, extended keys, a hidden cursor, the other screen.
    pub(crate) fn reset_terminal(&self) {
        const RESET: &[u8] = b"\x1b[?2004l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1004l\x1b[<u\x1b[>4m\x1b[?1049l\x1b[?25h\x1b[0m";
        if io::stdout().is_terminal() {
            self.raw(RESET);
        }
    }

    /// What a verb tells while it works.
    pub(crate) fn event(&self, event: Event) {
        if self.quiet {
            return;
        }
        self.message(&format!("tsm: {}", describe(event)));
    }

    /// Asks on the terminal; an empty string without an answer.
    pub(crate) fn ask(&self, question: &str) -> String {
        let _nobody_reads_it = write!(io::stderr(), "{} ", safe(question));
        let mut answer = String::new();
        let _no_answer = io::stdin().lock().read_line(&mut answer);
        answer.trim().to_lowercase()
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
    if !error.use_stderr() {
        finish(error.print());
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let WrongCall { message, hint } = wrong_call(&error.to_string());
    let json = env::args_os().any(|argument| argument == "--json");
    let message = match json {
        true => message,
        false => format!("wrong usage: {message}"),
    };
    report::failure(
        &Output::new(Color::Never, false, json, true),
        Class::Usage,
        message,
        hint,
    )
}

/// The help, where no verb was given.
pub(crate) fn help() -> ExitCode {
    write_out(&Args::command().render_help().to_string());
    ExitCode::SUCCESS
}

/// The extensions, as a part of the help.
pub(crate) fn extensions(found: &std::collections::BTreeMap<String, std::path::PathBuf>) {
    if found.is_empty() {
        return;
    }
    let line = |(name, program): (&String, &std::path::PathBuf)| {
        format!("  {name:12} {}\n", safe(&program.display().to_string()))
    };
    write_out(&format!(
        "\nExtensions (tsm-NAME in PATH):\n{}",
        found.iter().map(line).collect::<String>()
    ));
}

/// Standard input and output as they are, for a process that talks to tsm and not to people.
pub(crate) fn with_pipes<T>(talk: impl FnOnce(&mut dyn Read, &mut dyn Write) -> T) -> T {
    talk(&mut io::stdin().lock(), &mut io::stdout().lock())
}

fn describe(event: Event) -> String {
    match event {
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
        Event::BackupProgress(progress) => format!("backing up: {} of {} files", progress.files, progress.of),
        Event::WaitingForLock { holder, limit } => {
            let holder = holder.unwrap_or_else(|| "another process".to_owned());
            format!("waiting for {holder}, {limit} s at most")
        }
        Event::Tightened { directory } => format!("{} is now closed to others", directory.display()),
        Event::NoAgent { program } => format!("{program} isn't in PATH: the left pane gets a shell"),
        Event::SessionKept { session, why } => format!("{session} is kept: {why}"),
        Event::StateNotice { project, notice } => format!("the state of {project}: {notice}"),
        Event::Lacks { project, what } => format!("{project}: {what}"),
        Event::Difference { project, pane, what } => format!("{project}, pane {pane}: {what}"),
    }
}

/// The columns of the terminal; `None` where the output is read by a program.
pub(crate) fn width() -> Option<usize> {
    width_of(io::stdout())
}

fn width_of(stream: impl IsTerminal + AsFd) -> Option<usize> {
    let size = stream
        .is_terminal()
        .then(|| rustix::termios::tcgetwinsize(&stream).ok());
    let width = size.flatten().map(|size| usize::from(size.ws_col));
    width.filter(|width| *width > 0)
}

/// A line of data with its label.
pub(crate) fn field_text(label: &str, value: &str, paint: Paint, color: bool) -> String {
    let (label, value) = (Paint::Heading.on(&format!("{label}:"), color), safe(value));
    format!("{label} {}\n", paint.on(&value, color))
}

fn write_out(text: &str) {
    finish(io::stdout().lock().write_all(text.as_bytes()));
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
    let _nobody_reads_it = writeln!(io::stderr(), "tsm: standard output can't be written: {error}");
    if code == ExitCode::SUCCESS {
        return ExitCode::from(Class::Failed.exit_code());
    }
    code
}
