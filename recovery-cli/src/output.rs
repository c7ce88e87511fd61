//! Everything that tsm-recovery prints. Data goes to standard output, messages to standard error, and nothing that others
//! chose (names, errors) reaches a terminal unescaped.
#![expect(clippy::disallowed_methods, reason = "the one module of this crate that prints")]

pub(crate) mod json;

use std::io::{self, IsTerminal, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;

use clap::CommandFactory;
use comfy_table::{ContentArrangement, Table, presets};
use session_ops::Event;
use session_ops::trace::Trace;

use crate::args::{Args, Color};

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

    /// A path as data: to a program the very bytes, to a terminal nothing that it would obey.
    pub(crate) fn path(&self, path: &Path) {
        if io::stdout().is_terminal() {
            self.line(&path.to_string_lossy());
        } else {
            write_out(&[path.as_os_str().as_bytes(), b"\n"].concat());
        }
    }

    /// Data in rows and columns; the first row is the heading.
    pub(crate) fn table(&self, rows: Vec<Vec<String>>) {
        let mut table = Table::new();
        table
            .load_preset(presets::NOTHING)
            .set_content_arrangement(ContentArrangement::Disabled);
        for row in rows {
            table.add_row(row.iter().map(|cell| safe(cell)));
        }
        let text = table.to_string();
        let mut lines: Vec<String> = text.lines().map(|line| line.trim().to_owned()).collect();
        if let Some(heading) = lines.first_mut().filter(|_| self.color) {
            *heading = format!("\x1b[1m{heading}\x1b[0m");
        }
        write_out(format!("{}\n", lines.join("\n")).as_bytes());
    }

    /// A JSON document.
    pub(crate) fn document<T: serde::Serialize>(&self, document: &T) {
        // Documents are made of plain values, which always serialise.
        let text = serde_json::to_string(document).unwrap_or_default();
        write_out(format!("{text}\n").as_bytes());
    }

    /// A message for people.
    pub(crate) fn message(&self, text: &str) {
        let _nobody_reads_it = writeln!(io::stderr(), "{}", safe(text));
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
            Event::Tightened { directory } => format!("{} is now closed to others", directory.display()),
            // The verbs here don't touch sessions.
            _ => return,
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

/// What is wrong with the command line, or the help that it asked for.
pub(crate) fn usage(error: &clap::Error) -> ExitCode {
    let code = u8::try_from(error.exit_code()).unwrap_or(2);
    let _nobody_reads_it = error.print();
    ExitCode::from(code)
}

/// The help, where no verb was given.
pub(crate) fn help() -> ExitCode {
    write_out(Args::command().render_help().to_string().as_bytes());
    ExitCode::SUCCESS
}

/// Whoever closed the pipe has read enough.
fn write_out(bytes: &[u8]) {
    let written = io::stdout().lock().write_all(bytes);
    let _closed = written.and_then(|()| io::stdout().lock().flush());
}

/// Text without anything that a terminal would obey: control characters, and those that turn the direction of text.
fn safe(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control() || matches!(c, '\u{200e}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) {
            safe.extend(c.escape_default());
        } else {
            safe.push(c);
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_obey_nothing_of_it() {
        assert_eq!(safe("a\x1b[31m\u{9b}é\u{202e}\n"), "a\\u{1b}[31m\\u{9b}é\\u{202e}\\n");
    }
}
