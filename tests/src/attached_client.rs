//! A program in a terminal, such as an attached tmux client, and the person in front of it.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::num::NonZeroU16;
use std::process::{Child, Command, ExitStatus};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use rustix::termios::{LocalModes, tcgetattr};

use crate::leak_check::circumstances;
use crate::{Environment, invocation, picture, process, pty, wait, wait_for};

/// The size of a terminal unless told otherwise: columns and rows.
pub(crate) const SIZE: (u16, u16) = (120, 40);

/// A program in a terminal of its own. Dropping it kills the program.
pub struct AttachedClient<'e> {
    environment: &'e Environment,
    child: Child,
    command: String,
    tty: String,
    keyboard: File,
    terminal: Arc<Mutex<vt100::Parser>>,
    /// Has ended when nobody can write to the terminal any more.
    reader: JoinHandle<()>,
}

impl Environment {
    /// Attaches a client to the session with exactly this name, and waits until it shows it.
    ///
    /// # Panics
    /// When it does not.
    #[track_caller]
    pub fn attach(&self, session: &str) -> AttachedClient<'_> {
        let client = self
            .tmux_command(["attach-session", "-t", &format!("={session}:")])
            .in_terminal();
        client.wait_session(session);
        client
    }
}

impl<'e> AttachedClient<'e> {
    #[track_caller]
    pub(crate) fn spawn(environment: &'e Environment, mut command: Command, name: String, size: (u16, u16)) -> Self {
        let (columns, rows) = size;
        let (keyboard, tty) = pty::open();
        pty::resize(&keyboard, columns, rows);
        let program_side = pty::open_program_side(&tty);
        let side = || program_side.try_clone().expect("one more descriptor");
        command.stdin(side()).stdout(side()).stderr(side());
        let child = command
            .spawn()
            .unwrap_or_else(|error| panic!("can't start `{name}`: {error}"));

        let terminal = Arc::new(Mutex::new(vt100::Parser::new(cells(rows), cells(columns), 0)));
        let (mut output, shown) = (
            keyboard.try_clone().expect("one more descriptor"),
            Arc::clone(&terminal),
        );
        // Always drained, because a client that can't write stops tmux's work for it.
        let reader = thread::spawn(move || {
            let mut buffer = [0; 8192];
            loop {
                match output.read(&mut buffer) {
                    Ok(length @ 1..) => lock(&shown).process(&buffer[..length]),
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // An error when the last process has closed its side.
                    _ => break,
                }
            }
        });
        Self {
            environment,
            child,
            command: name,
            tty: tty.to_string_lossy().into_owned(),
            keyboard,
            terminal,
            reader,
        }
    }

    /// The path of the terminal, by which tmux names its client.
    pub fn tty(&self) -> &str {
        &self.tty
    }

    /// The session that the tmux client in this terminal shows; `None` when there is none.
    pub fn session(&self) -> Option<String> {
        let clients = self
            .environment
            .tmux_command(["list-clients", "-F", "#{client_tty} #{session_name}"])
            .run();
        let clients = String::from_utf8_lossy(&clients.stdout).into_owned();
        let mut clients = clients.lines().filter_map(|line| line.split_once(' '));
        clients
            .find(|(tty, _)| *tty == self.tty)
            .map(|(_, session)| session.to_owned())
    }

    /// Waits until the client shows this session.
    ///
    /// # Panics
    /// When it does not, with what stands in the terminal.
    #[track_caller]
    pub fn wait_session(&self, name: &str) {
        wait_for(
            &format!("`{}` to show the session {name}", self.command),
            || match self.session() {
                Some(session) if session == name => Ok(()),
                other => Err((other, self.screen())),
            },
        );
    }

    /// Types text. Enter is `\r`.
    ///
    /// # Panics
    /// When the terminal is closed.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        self.keyboard.write_all(text.as_bytes()).expect("an open terminal");
    }

    /// What stands in the terminal, without trailing space.
    pub fn screen(&self) -> String {
        lock(&self.terminal).screen().contents()
    }

    /// What stands in the terminal as it looks: a line for each row, `↩` at the end of one whose text goes on in the next
    /// because it didn't fit, and where there are colours, their parameters before them (`‹1;31›text‹›`).
    pub fn picture(&self) -> String {
        picture::of(lock(&self.terminal).screen())
    }

    /// The process id of the program.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// What a program may have left the terminal in that a shell doesn't expect: raw mode, the other screen, a hidden
    /// cursor, reports of the mouse. Empty when all is as it was.
    ///
    /// # Panics
    /// When the terminal can't be asked.
    pub fn left_over(&self) -> Vec<&'static str> {
        let modes = tcgetattr(&self.keyboard).expect("the terminal's modes").local_modes;
        let terminal = lock(&self.terminal);
        let screen = terminal.screen();
        let all = [
            (
                !modes.contains(LocalModes::ICANON | LocalModes::ECHO | LocalModes::ISIG),
                "raw mode",
            ),
            (screen.alternate_screen(), "the other screen"),
            (screen.hide_cursor(), "a hidden cursor"),
            (
                screen.mouse_protocol_mode() != vt100::MouseProtocolMode::None,
                "the mouse",
            ),
        ];
        all.into_iter()
            .filter(|(left, _)| *left)
            .map(|(_, what)| what)
            .collect()
    }

    /// Waits until what stands in the terminal is as the condition wants it, and gives it.
    ///
    /// # Panics
    /// When it does not become so, with what stands there.
    #[track_caller]
    pub fn wait_screen(&self, condition: impl Fn(&str) -> bool) -> String {
        // As long as any program may take: what is waited for is often the end of one.
        let seen = wait::at_most(invocation::TIME_LIMIT, || match self.screen() {
            screen if condition(&screen) => Ok(screen),
            screen => Err(screen),
        });
        seen.unwrap_or_else(|screen| {
            let reading = if self.reader.is_finished() {
                "nobody writes"
            } else {
                "it is open"
            };
            let program = circumstances(self.child.id());
            panic!(
                "the terminal of `{}` ({reading}; {program}) shows only:\n{screen}",
                self.command
            )
        })
    }

    /// Changes the size of the terminal.
    pub fn resize(&mut self, columns: u16, rows: u16) {
        // The screen first: what the program draws for the new size has to fit.
        lock(&self.terminal).set_size(cells(rows), cells(columns));
        pty::resize(&self.keyboard, columns, rows);
    }

    /// Detaches the tmux client, and waits until the program has ended.
    ///
    /// # Panics
    /// When no client is attached here.
    #[track_caller]
    pub fn detach(&mut self) -> ExitStatus {
        self.environment.tmux(["detach-client", "-t", &self.tty]);
        self.exit_status()
    }

    /// Waits for the end of the program.
    ///
    /// # Panics
    /// When it does not end, with what stands in the terminal.
    #[track_caller]
    pub fn exit_status(&mut self) -> ExitStatus {
        let ended = process::wait_child(self.child.id(), wait::LIMIT);
        assert!(
            ended,
            "`{}` does not end; its terminal shows:\n{}",
            self.command,
            self.screen()
        );
        self.child.wait().expect("a child can be waited for")
    }
}

impl Drop for AttachedClient<'_> {
    fn drop(&mut self) {
        // Does nothing when it has ended.
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn cells(count: u16) -> NonZeroU16 {
    NonZeroU16::new(count).expect("a terminal has at least one cell")
}

fn lock(terminal: &Mutex<vt100::Parser>) -> MutexGuard<'_, vt100::Parser> {
    terminal.lock().unwrap_or_else(PoisonError::into_inner)
}
