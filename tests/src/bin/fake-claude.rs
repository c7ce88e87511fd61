//! Stands in for Claude Code in a pane: keeps an entry in the registry of its processes, runs the hooks of `--settings`,
//! takes typed keys and pastes, and opens dialogs in which Enter says yes. `FakeClaude` in the library says how to make it
//! do what; every fact is as measured on Claude Code 2.1.330.
#![expect(clippy::print_stdout, reason = "it talks to whoever looks at its pane")]

use std::error::Error;
use std::fs::{self, OpenOptions};
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::process::{Command, ExitCode, Stdio};
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use serde_json::{Value, json};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use tests::fake_agent::{IGNORE_TERM, TERM_DELAY, directory_of, log_path};
use tests::fake_claude::{
    DEAF_DIALOG, DEAF_START, FINISH, LATE_REGISTRY, LOSE_ENTER, LOSE_EVERY_ENTER, NO_HOOKS, NO_REGISTRY, START_DELAY,
    STARTUP_DIALOG, config_dir,
};
use tests::{Process, Start};

const PASTE: &[u8] = b"\x1b[200~";
const PASTE_END: &[u8] = b"\x1b[201~";

/// How often a slow prompt looks whether it is done.
const LOOK: Duration = Duration::from_millis(10);

enum Event {
    Typed(Vec<u8>),
    EndOfInput,
    Signal(i32),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// What is typed stays in the box.
    Starting,
    StartupDialog,
    Idle,
    Busy,
    Permission,
}

struct Claude {
    directory: PathBuf,
    config_dir: PathBuf,
    conversation: String,
    settings: Value,
    /// Commands with what stands on their input, run one after the other.
    hooks: Sender<(String, String)>,
    child: bool,
    mode: Mode,
    input: String,
    queued: Vec<String>,
    /// What has come and isn't a whole key yet.
    pending: Vec<u8>,
    /// When it got into its registry, in milliseconds since 1970.
    started_at: Option<u128>,
    /// Until then it loses Enters and works hard.
    deaf_start: Option<Instant>,
    /// Until then its dialog takes no keys.
    deaf_dialog: Option<Instant>,
}

fn main() -> Result<ExitCode, Box<dyn Error>> {
    let directory = directory_of(&std::env::current_exe()?).ok_or("no place for the records")?;
    let variable = |name: &str| std::env::var(name).ok();
    let (sender, hooks) = channel();
    let hooks = thread::spawn(move || hooks.into_iter().for_each(run_hook));
    let mut claude = Claude {
        directory,
        config_dir: config_dir(variable),
        conversation: String::new(),
        settings: Value::Null,
        hooks: sender,
        child: variable("CLAUDE_CODE_CHILD_SESSION").is_some_and(|value| !value.is_empty()),
        mode: Mode::Starting,
        input: String::new(),
        queued: Vec::new(),
        pending: Vec::new(),
        started_at: None,
        deaf_start: None,
        deaf_dialog: None,
    };
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    Start::record(&claude.directory)?;
    if let Err(why) = claude.arguments(&arguments) {
        println!("{why}");
        return Ok(ExitCode::FAILURE);
    }
    let (events, inbox) = channel();
    watch_signals(events.clone())?;
    let terminal = io::stdin();
    if let Ok(modes) = tcgetattr(&terminal) {
        let mut raw = modes;
        raw.make_raw();
        tcsetattr(&terminal, OptionalActions::Now, &raw)?;
    }
    claude.show("\x1b[?2004hfake claude");
    thread::spawn(move || watch_input(&events));
    let code = claude.live(&inbox)?;
    drop(claude);
    hooks.join().ok();
    Ok(code)
}

fn run_hook((command, input): (String, String)) {
    let child = Command::new("/bin/sh")
        .args(["-c", &command])
        .stdin(Stdio::piped())
        .spawn();
    let Ok(mut child) = child else { return };
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input.as_bytes()).ok();
    }
    child.wait().ok();
}

impl Claude {
    fn arguments(&mut self, arguments: &[String]) -> Result<(), String> {
        let after = |name: &str| {
            let at = arguments.iter().position(|word| word == name)?;
            arguments.get(at + 1).cloned()
        };
        if let Some(file) = after("--settings") {
            let text = fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?;
            self.settings = serde_json::from_str(&text).map_err(|error| format!("{file}: {error}"))?;
        }
        match (after("--resume"), after("--session-id")) {
            (Some(id), _) if self.transcript(&id).is_file() => self.conversation = id,
            (Some(id), _) => return Err(format!("No conversation found with session ID: {id}")),
            (None, Some(id)) if self.transcript(&id).is_file() => {
                return Err(format!("Error: Session ID {id} is already in use."));
            }
            (None, Some(id)) => self.conversation = id,
            (None, None) => self.conversation = format!("own-{}", std::process::id()),
        }
        Ok(())
    }

    fn live(&mut self, inbox: &std::sync::mpsc::Receiver<Event>) -> Result<ExitCode, Box<dyn Error>> {
        let delay = self.number(START_DELAY);
        let mut ready_at = (!self.told_to(STARTUP_DIALOG)).then(|| Instant::now() + delay);
        let mut hook_at = ready_at.filter(|_| self.told_to(LATE_REGISTRY));
        ready_at = ready_at.map(|at| at + self.number(LATE_REGISTRY));
        let begun = json!({"source": "startup", "transcript_path": self.transcript(&self.conversation)});
        if ready_at.is_none() {
            self.mode = Mode::StartupDialog;
            self.show("Do you trust this folder? Enter: No, exit; y: Yes");
        }
        let mut end_at: Option<Instant> = None;
        loop {
            if hook_at.is_some_and(|at| Instant::now() >= at) {
                hook_at = None;
                self.hook("SessionStart", &begun);
            }
            if let Some(at) = ready_at
                && Instant::now() >= at
            {
                ready_at = None;
                // What was typed into a box that wasn't there yet is shown, and its Enter is lost.
                self.pending.clear();
                self.deaf_start = Some(Instant::now() + self.number(DEAF_START));
                self.become_mode(Mode::Idle)?;
                if !self.told_to(LATE_REGISTRY) {
                    self.hook("SessionStart", &begun);
                }
            }
            if self.mode == Mode::Busy && self.told_to(FINISH) {
                self.done()?;
            }
            let busy = (self.mode == Mode::Busy).then(|| Instant::now() + LOOK);
            self.deaf_start = self.deaf_start.filter(|until| Instant::now() < *until);
            let at_once = self.deaf_start.map(|_| Instant::now());
            let next = [hook_at, ready_at, end_at, busy, at_once].into_iter().flatten().min();
            let wait = next.map_or(Duration::from_secs(3600), |at| {
                at.saturating_duration_since(Instant::now())
            });
            match inbox.recv_timeout(wait) {
                Err(RecvTimeoutError::Timeout) if end_at.is_some_and(|at| Instant::now() >= at) => break,
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
                Ok(Event::Signal(SIGTERM)) => {
                    self.log("TERM")?;
                    if !self.told_to(IGNORE_TERM) {
                        end_at = end_at.or(Some(Instant::now() + self.number(TERM_DELAY)));
                    }
                }
                Ok(Event::Signal(SIGHUP)) => {
                    self.log("HUP")?;
                    break;
                }
                Ok(Event::Signal(_)) => self.log("INT")?,
                Ok(Event::EndOfInput) => break,
                Ok(Event::Typed(bytes)) => {
                    self.pending.extend(bytes);
                    while let Some(key) = self.key() {
                        if self.press(key)? {
                            self.log("END")?;
                            return Ok(ExitCode::FAILURE);
                        }
                    }
                }
            }
        }
        self.hook("SessionEnd", &json!({"reason": "other"}));
        fs::remove_file(self.registry()).ok();
        self.log("END")?;
        Ok(ExitCode::SUCCESS)
    }

    /// Takes a key or a whole paste off the front.
    fn key(&mut self) -> Option<Vec<u8>> {
        let rest = &self.pending;
        let length = if rest.starts_with(PASTE) {
            let end = rest.windows(PASTE_END.len()).position(|window| window == PASTE_END)?;
            end + PASTE_END.len()
        } else if PASTE.starts_with(rest) && rest.len() > 1 {
            return None;
        } else {
            usize::from(!rest.is_empty())
        };
        (length > 0).then(|| self.pending.drain(..length).collect())
    }

    /// Whether that ended it.
    fn press(&mut self, key: Vec<u8>) -> io::Result<bool> {
        let text = key
            .strip_prefix(PASTE)
            .and_then(|paste| paste.strip_suffix(PASTE_END))
            .map(|paste| String::from_utf8_lossy(paste).replace('\r', "\n").replace('\t', "    "));
        match (self.mode, key.as_slice()) {
            (Mode::StartupDialog, b"\r") => {
                self.log("ANSWERED no, exit")?;
                return Ok(true);
            }
            (Mode::StartupDialog, b"y") => {
                self.log("ANSWERED yes")?;
                self.become_mode(Mode::Idle)?;
                self.hook("SessionStart", &json!({"source": "startup"}));
            }
            (Mode::Permission, _) if self.deaf_dialog.is_some_and(|until| Instant::now() < until) => {
                self.log("LOST answer")?;
            }
            // A paste into a dialog is discarded.
            (Mode::Permission, b"\r" | b"1") => {
                self.log("APPROVED")?;
                self.done()?;
            }
            (Mode::Permission, b"\x1b" | b"3") => {
                self.log("DENIED")?;
                self.done()?;
            }
            (Mode::StartupDialog | Mode::Permission, _) => {}
            (Mode::Starting, b"\r") => self.log("LOST enter")?,
            (Mode::Busy, b"\x1b") => {
                self.log("ESC")?;
                self.done()?;
            }
            (_, b"\r")
                if self.deaf_start.is_some()
                    || self.told_to(LOSE_EVERY_ENTER)
                    || fs::remove_file(self.directory.join(LOSE_ENTER)).is_ok() =>
            {
                self.log("LOST enter")?;
            }
            (_, b"\r") => self.submit()?,
            (_, [byte]) if !byte.is_ascii_control() => self.input.push(char::from(*byte)),
            _ => self.input.push_str(&text.unwrap_or_default()),
        }
        Ok(false)
    }

    fn submit(&mut self) -> io::Result<()> {
        let prompt = std::mem::take(&mut self.input);
        if prompt.trim().is_empty() {
            return Ok(());
        }
        self.log(&format!("PROMPT {}", Value::from(prompt.as_str())))?;
        self.show(&prompt);
        if prompt == "/clear" {
            return self.clear();
        }
        // A long paste arrives with marks around it.
        let carried = match prompt.len() {
            0..1000 => prompt.clone(),
            _ => format!("\n\n<pasted_content id=\"x\">\n{prompt}\n</pasted_content>"),
        };
        if self.mode == Mode::Busy {
            self.queued.push(prompt);
            self.hook("UserPromptSubmit", &json!({"prompt": carried}));
            return Ok(());
        }
        self.write_transcript(&prompt)?;
        self.become_mode(Mode::Busy)?;
        self.hook("UserPromptSubmit", &json!({"prompt": carried}));
        self.work(&prompt)
    }

    fn work(&mut self, prompt: &str) -> io::Result<()> {
        match prompt.split_whitespace().next() {
            Some("slow") => Ok(()),
            Some("ask") => {
                self.deaf_dialog = Some(Instant::now() + self.number(DEAF_DIALOG));
                self.become_mode(Mode::Permission)?;
                self.show("Do you want to proceed? Enter: Yes; Esc: No");
                self.hook("PermissionRequest", &json!({"tool_name": "Bash"}));
                Ok(())
            }
            Some("crash") => {
                self.log("CRASH")?;
                rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::KILL)?;
                Ok(())
            }
            _ => self.done(),
        }
    }

    fn done(&mut self) -> io::Result<()> {
        self.show("done");
        self.hook("Stop", &json!({}));
        if self.queued.is_empty() {
            return self.become_mode(Mode::Idle);
        }
        self.become_mode(Mode::Busy)?;
        let next = self.queued.remove(0);
        self.work(&next)
    }

    fn clear(&mut self) -> io::Result<()> {
        self.conversation = format!("{}-cleared", self.conversation);
        self.become_mode(self.mode)?;
        self.hook("SessionStart", &json!({"source": "clear"}));
        Ok(())
    }

    fn become_mode(&mut self, mode: Mode) -> io::Result<()> {
        self.mode = mode;
        let status = match mode {
            Mode::Starting | Mode::StartupDialog => return Ok(()),
            Mode::Idle => "idle",
            Mode::Busy => "busy",
            Mode::Permission => "waiting",
        };
        if self.child || self.told_to(NO_REGISTRY) {
            return Ok(());
        }
        let pid = std::process::id();
        let start = Process::of(pid).map(|process| process.start_time.to_string());
        let pane = std::env::var("TMUX_PANE").unwrap_or_default();
        let now = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_millis());
        let mut entry = json!({
            "startedAt": *self.started_at.get_or_insert(now), "statusUpdatedAt": now,
            "pid": pid, "sessionId": self.conversation, "procStart": start, "version": "0.0.0 (fake)",
            "tmux": format!("somewhere:@0.{pane}"), "status": status,
        });
        if mode == Mode::Permission {
            entry["waitingFor"] = "permission prompt".into();
        }
        fs::create_dir_all(self.config_dir.join("sessions"))?;
        let staged = self.registry().with_extension("new");
        fs::write(&staged, entry.to_string())?;
        fs::rename(&staged, self.registry())
    }

    /// As Claude Code does: by a shell, with the event on its standard input.
    fn hook(&self, event: &str, more: &Value) {
        if self.told_to(NO_HOOKS) {
            return;
        }
        let mut input = json!({"session_id": self.conversation, "hook_event_name": event, "cwd": "/"});
        if let (Some(input), Some(more)) = (input.as_object_mut(), more.as_object()) {
            input.extend(more.clone());
        }
        let commands = self.settings["hooks"][event].as_array().into_iter().flatten();
        let commands = commands.flat_map(|hook| hook["hooks"].as_array().into_iter().flatten());
        for command in commands.filter_map(|command| command["command"].as_str()) {
            self.hooks.send((command.to_owned(), input.to_string())).ok();
        }
    }

    fn transcript(&self, id: &str) -> PathBuf {
        self.config_dir.join("projects/-fake").join(format!("{id}.jsonl"))
    }

    fn write_transcript(&self, prompt: &str) -> io::Result<()> {
        if self.child {
            return Ok(());
        }
        let path = self.transcript(&self.conversation);
        fs::create_dir_all(self.config_dir.join("projects/-fake"))?;
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        file.write_all(format!("{}\n", json!({"prompt": prompt})).as_bytes())
    }

    fn registry(&self) -> PathBuf {
        self.config_dir
            .join("sessions")
            .join(format!("{}.json", std::process::id()))
    }

    /// Writes errors of a closed terminal off.
    fn show(&self, text: &str) {
        let mut screen = io::stdout();
        write!(screen, "{}\r\n", text.replace('\n', "\r\n")).ok();
        screen.flush().ok();
    }

    fn log(&self, line: &str) -> io::Result<()> {
        let path = log_path(&self.directory, std::process::id());
        let mut log = OpenOptions::new().create(true).append(true).open(path)?;
        log.write_all(format!("{line}\n").as_bytes())
    }

    fn told_to(&self, how: &str) -> bool {
        self.directory.join(how).exists()
    }

    fn number(&self, how: &str) -> Duration {
        let text = fs::read_to_string(self.directory.join(how)).unwrap_or_default();
        Duration::from_millis(text.parse().unwrap_or(0))
    }
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

fn watch_input(events: &Sender<Event>) {
    let mut buffer = [0; 8192];
    while let Ok(length @ 1..) = io::stdin().lock().read(&mut buffer) {
        if events.send(Event::Typed(buffer[..length].to_vec())).is_err() {
            return;
        }
    }
    events.send(Event::EndOfInput).ok();
}
