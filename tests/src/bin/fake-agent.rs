//! Stands in for Claude Code in a pane: says that it is ready, repeats what is typed, writes down what happens to it.
//!
//! A typed `run PROGRAM ARGUMENTS…` runs a program as an agent's tool does: as its child, without a terminal, the
//! output captured and shown afterwards. `run-here PROGRAM ARGUMENTS…` gives it the terminal. Words are split at
//! spaces; there is no quoting. SIGTERM and the end of the input end it; SIGHUP and SIGINT are only written down.
//! `FakeAgent` in the library documents the log and the ways to change this.
#![expect(clippy::print_stdout, reason = "it talks to whoever looks at its pane")]

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Output, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tests::Start;
use tests::fake_agent::{IGNORE_TERM, OUTLIVE_TERMINAL, TERM_DELAY, directory_of, log_path};

/// The kernel reports a closed terminal as SIGHUP and as the end of the input, in either order.
const LAST_SIGNALS: Duration = Duration::from_millis(200);

enum Event {
    Line(String),
    EndOfInput,
    Signal(i32),
    Ran(io::Result<Output>),
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    if std::env::args().nth(1).as_deref() == Some("--version") {
        println!("0.0.0 (fake)");
        return Ok(ExitCode::SUCCESS);
    }
    let directory = directory_of(&std::env::current_exe()?).ok_or("no place for the records")?;
    let agent = Agent { directory };
    let (events, inbox) = channel();
    // Before the record is written, because a test may send signals as soon as it sees that.
    watch_signals(events.clone())?;
    Start::record(&agent.directory)?;
    println!("fake agent ready");
    let next = watch_input(events.clone());
    agent.live(&inbox, &events, &next)?;
    agent.log("END")?;
    Ok(ExitCode::SUCCESS)
}

struct Agent {
    directory: PathBuf,
}

impl Agent {
    fn live(&self, inbox: &Receiver<Event>, events: &Sender<Event>, next: &Sender<()>) -> io::Result<()> {
        let mut end_at: Option<Instant> = None;
        loop {
            let left = end_at.map_or(Duration::MAX, |at| at.saturating_duration_since(Instant::now()));
            match inbox.recv_timeout(left) {
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Ok(()),
                Ok(Event::Signal(SIGTERM)) => {
                    self.log("TERM")?;
                    if !self.ignores_term() {
                        end_at = end_at.or(Some(Instant::now() + self.term_delay()));
                    }
                }
                Ok(Event::Signal(SIGHUP)) => self.log("HUP")?,
                Ok(Event::Signal(_)) => self.log("INT")?,
                Ok(Event::EndOfInput) => {
                    if !self.told_to(OUTLIVE_TERMINAL) {
                        end_at = end_at.or(Some(Instant::now() + LAST_SIGNALS));
                    }
                }
                Ok(Event::Line(line)) => {
                    self.log(&format!("LINE {line}"))?;
                    if !run(&line, events) {
                        writeln!(io::stdout(), "you typed: {line}").ok();
                        next.send(()).ok();
                    }
                }
                Ok(Event::Ran(result)) => {
                    self.report(result)?;
                    next.send(()).ok();
                }
            }
        }
    }

    /// Writes errors of a closed terminal off: the log is what counts.
    fn report(&self, result: io::Result<Output>) -> io::Result<()> {
        let mut screen = io::stdout();
        let ran = match result {
            Err(error) => format!("RAN not: {error}"),
            Ok(output) => {
                for (name, bytes) in [("OUT", &output.stdout), ("ERR", &output.stderr)] {
                    for line in String::from_utf8_lossy(bytes).lines() {
                        self.log(&format!("{name} {line}"))?;
                        writeln!(screen, "{line}").ok();
                    }
                }
                format!(
                    "RAN {}",
                    output
                        .status
                        .code()
                        .map_or_else(|| "signal".to_owned(), |code| code.to_string())
                )
            }
        };
        writeln!(screen, "{ran}").ok();
        self.log(&ran)
    }

    fn log(&self, line: &str) -> io::Result<()> {
        let path = log_path(&self.directory, std::process::id());
        let mut log = OpenOptions::new().create(true).append(true).open(path)?;
        log.write_all(format!("{line}\n").as_bytes())
    }

    fn ignores_term(&self) -> bool {
        std::env::var_os("FAKE_AGENT_IGNORE_TERM").is_some_and(|value| value == "1") || self.told_to(IGNORE_TERM)
    }

    fn term_delay(&self) -> Duration {
        let delay = fs::read_to_string(self.directory.join(TERM_DELAY)).unwrap_or_default();
        Duration::from_millis(delay.parse().unwrap_or(0))
    }

    fn told_to(&self, how: &str) -> bool {
        self.directory.join(how).exists()
    }
}

/// Runs a program when the line asks for it. The result comes as an event, so that signals are seen meanwhile.
fn run(line: &str, events: &Sender<Event>) -> bool {
    let mut words = line.split_whitespace();
    let (Some(verb @ ("run" | "run-here")), Some(program)) = (words.next(), words.next()) else {
        return false;
    };
    let mut command = Command::new(program);
    command.args(words);
    let captured = verb == "run";
    let events = events.clone();
    thread::spawn(move || {
        let result = if captured {
            command.stdin(Stdio::null()).output()
        } else {
            command.status().map(|status| Output {
                status,
                stdout: Vec::new(),
                stderr: Vec::new(),
            })
        };
        events.send(Event::Ran(result)).ok();
    });
    true
}

fn watch_signals(events: Sender<Event>) -> io::Result<()> {
    let mut signals = Signals::new([SIGTERM, SIGHUP, SIGINT])?;
    thread::spawn(move || {
        signals
            .forever()
            .try_for_each(|signal| events.send(Event::Signal(signal)))
    });
    Ok(())
}

/// Reads a line only when the one before is done with: a program that has the terminal wants the input for itself.
fn watch_input(events: Sender<Event>) -> Sender<()> {
    let (next, turn) = channel();
    thread::spawn(move || {
        for line in io::stdin().lines() {
            let Ok(line) = line else { break };
            if events.send(Event::Line(line)).is_err() || turn.recv().is_err() {
                return;
            }
        }
        events.send(Event::EndOfInput).ok();
    });
    next
}
