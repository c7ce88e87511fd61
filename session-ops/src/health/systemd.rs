//! What the machine does behind the user's back: cleaning temporary directories, and ending what a logout leaves.

use std::path::{Path, PathBuf};

use super::machine::Machine;
use super::{Check, Scene};

/// Where systemd looks for its rules; a file of an earlier directory hides one of the same name in a later one.
const TMPFILES: [&str; 3] = ["/etc/tmpfiles.d", "/run/tmpfiles.d", "/usr/lib/tmpfiles.d"];

/// Other cleaners, by what their packages install.
const CLEANERS: [(&str, &str); 3] = [
    ("/etc/cron.daily/tmpreaper", "tmpreaper"),
    ("/etc/cron.daily/tmpwatch", "tmpwatch"),
    ("/etc/cron.d/tmpwatch", "tmpwatch"),
];

/// A server whose socket is deleted lives on, and nobody finds it.
pub(super) fn socket(scene: &Scene<'_>) -> Vec<Check> {
    vec![of_socket(&scene.machine, scene.context.server.socket_path())]
}

fn of_socket(machine: &Machine, socket: &Path) -> Check {
    const NAME: &str = "tmux socket";
    match cleaner(machine, socket) {
        Some(cleaner) => Check::warning(
            NAME,
            format!(
                "{}: {cleaner} deletes what is old there, the socket too",
                socket.display()
            ),
            "let TMUX_TMPDIR be $XDG_RUNTIME_DIR before the server starts, or except `/tmp/tmux-*` from the cleaning; a \
             deleted socket comes back with `kill -USR1` of the server's process",
        ),
        None => Check::ok(NAME, socket.display().to_string()),
    }
}

/// Who deletes what is old in the socket's directory.
fn cleaner(machine: &Machine, socket: &Path) -> Option<String> {
    let temporary = ["/tmp", "/var/tmp"]
        .iter()
        .any(|directory| socket.starts_with(directory));
    if !temporary {
        return None;
    }
    let other = CLEANERS.iter().find(|(file, _)| machine.file(file).exists());
    if let Some((_, name)) = other {
        return Some((*name).to_owned());
    }
    // The rules say nothing where nobody applies them.
    if !machine.file("/run/systemd/system").exists() {
        return None;
    }
    let mut cleaned = None;
    for file in rule_files(machine) {
        let text = String::from_utf8_lossy(&std::fs::read(&file).unwrap_or_default()).into_owned();
        for line in text.lines() {
            match rule(line, socket) {
                Some(Rule::Except) => return None,
                Some(Rule::Clean) => cleaned = Some(format!("systemd-tmpfiles ({})", file.display())),
                None => {}
            }
        }
    }
    cleaned
}

enum Rule {
    Clean,
    Except,
}

/// `TYPE PATH MODE USER GROUP AGE ARGUMENT`, as tmpfiles.d(5) has it.
fn rule(line: &str, socket: &Path) -> Option<Rule> {
    let mut words = line.split_whitespace();
    let kind = words.next().filter(|kind| !kind.starts_with('#'))?;
    let pattern = words.next()?;
    let age = words.nth(3).unwrap_or("-");
    match kind.chars().next()? {
        'x' | 'X' if covers(pattern, socket) => Some(Rule::Except),
        'd' | 'D' | 'e' | 'v' | 'q' | 'Q' if age != "-" && covers(pattern, socket) => Some(Rule::Clean),
        _ => None,
    }
}

/// Whether a pattern names the path or a directory above it. `*` and `?` as in shells; a bracket matches what it may.
fn covers(pattern: &str, path: &Path) -> bool {
    let mut components = path.iter().map(|component| component.to_string_lossy());
    Path::new(pattern).iter().all(|part| {
        let part = part.to_string_lossy();
        components
            .next()
            .is_some_and(|component| matches(part.as_bytes(), component.as_bytes()))
    })
}

fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            matches(rest, text) || text.split_first().is_some_and(|(_, text)| matches(pattern, text))
        }
        (Some((b'?', rest)), Some((_, text))) => matches(rest, text),
        (Some((one, rest)), Some((other, text))) => one == other && matches(rest, text),
        _ => false,
    }
}

fn rule_files(machine: &Machine) -> Vec<PathBuf> {
    let mut seen = Vec::new();
    let mut files = Vec::new();
    for directory in TMPFILES {
        for file in machine.list(directory) {
            let name = file.file_name().map(ToOwned::to_owned);
            let rules = file.extension().is_some_and(|extension| extension == "conf");
            if rules && !seen.contains(&name) {
                seen.push(name);
                files.push(file);
            }
        }
    }
    files
}

/// A server that was started in a login session, and a machine that ends what a login session leaves.
pub(super) fn logout(scene: &Scene<'_>) -> Vec<Check> {
    let Some(snapshot) = scene.condition.snapshot() else {
        return Vec::new();
    };
    vec![of_logout(&scene.machine, snapshot.server.pid)]
}

fn of_logout(machine: &Machine, server: u32) -> Check {
    const NAME: &str = "logout";
    let cgroup = machine.read(format!("/proc/{server}/cgroup"));
    let user = machine.user.clone().unwrap_or_else(|| "$USER".to_owned());
    let lingers = machine
        .user
        .as_ref()
        .is_some_and(|user| machine.file("/var/lib/systemd/linger").join(user).exists());
    let in_session = cgroup.lines().any(|line| {
        let unit = line.rsplit('/').next().unwrap_or_default();
        unit.starts_with("session-") && unit.ends_with(".scope")
    });
    let in_manager = cgroup.contains(&format!("user@{}.service", machine.uid));
    if in_session && kills_user_processes(machine) {
        return Check::warning(
            NAME,
            "the tmux server belongs to a login session, and this machine ends it at logout (KillUserProcesses=yes)",
            "start the server outside of it: `systemd-run --user --scope tmux new-session -d`, with \
             `loginctl enable-linger`; or set KillUserProcesses=no in /etc/systemd/logind.conf",
        );
    }
    if in_manager && !lingers {
        return Check::warning(
            NAME,
            "the tmux server belongs to your service manager, which ends when you have logged out everywhere",
            format!("`loginctl enable-linger {user}`"),
        );
    }
    Check::ok(NAME, "the tmux server lives on")
}

/// The last setting counts: the main file, then its drop-ins by name.
fn kills_user_processes(machine: &Machine) -> bool {
    let mut files = vec![
        machine.file("/usr/lib/systemd/logind.conf"),
        machine.file("/etc/systemd/logind.conf"),
    ];
    let mut drop_ins: Vec<PathBuf> = ["/usr/lib", "/run", "/etc"]
        .iter()
        .flat_map(|base| machine.list(&format!("{base}/systemd/logind.conf.d")))
        .collect();
    drop_ins.sort_by_key(|file| file.file_name().map(ToOwned::to_owned));
    files.extend(drop_ins);
    let mut kills = false;
    for file in files {
        let text = String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned();
        for line in text.lines() {
            if let Some(value) = line.trim().strip_prefix("KillUserProcesses=") {
                kills = ["yes", "true", "1", "on"].contains(&value.trim().to_lowercase().as_str());
            }
        }
    }
    kills
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make a machine's files")]
mod tests;
