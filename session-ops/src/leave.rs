//! Whether the session that a switch leaves may end: never if somebody looks at it or work in it would be lost.

use std::collections::BTreeSet;
use std::process;

use session_recovery::foreground::{ProcessEntry, argv, has_not_begun, is_shell, lineage, processes, program};
use session_recovery::ours;
use tmux_core::{Client, Pane, Session, Snapshot};

use crate::config::Running;
use crate::guard::Unfinished;

/// What becomes of the session that is left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// It lives on, and why if that isn't what was asked for.
    Keep(Option<String>),
    /// It ends. `unasked` means that nobody agreed to lose running programs: if there are any by then, it lives on.
    End { unasked: bool },
    /// Nothing happens at all: the user said so.
    Cancel,
}

/// A program that would end with its session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningProgram {
    /// Window and pane index, as `0.1`.
    pub pane: String,
    /// Its process.
    pub pid: u32,
    /// Its argument vector, lossily.
    pub command: String,
}

/// What the user answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It lives on.
    Keep,
    /// It ends with its programs.
    End,
    /// Nothing happens.
    Cancel,
}

/// What the user is asked before a session ends.
#[derive(Debug, Clone, Copy)]
pub enum Question<'a> {
    /// These programs run in the session of this name.
    Running(&'a str, &'a [RunningProgram]),
    /// The project isn't done.
    Unfinished(&'a Unfinished),
}

/// Asks the user; there is none without a terminal.
pub type Ask<'a> = Option<&'a mut dyn FnMut(Question<'_>) -> Answer>;

/// How the user wants to leave.
pub(crate) struct Wish {
    pub(crate) keep: bool,
    pub(crate) force: bool,
    pub(crate) running: Running,
}

/// Decides; asks if need be.
pub(crate) fn decide(session: &Session, snapshot: &Snapshot, wish: &Wish, ask: Ask<'_>) -> Leaving {
    if wish.keep {
        return Leaving::Keep(None);
    }
    if wish.force {
        return Leaving::End { unasked: false };
    }
    // All but the one that will be moved.
    let others = clients(snapshot, session).len().saturating_sub(1);
    if others > 0 {
        let clients = if others == 1 {
            "another client looks"
        } else {
            "other clients look"
        };
        return Leaving::Keep(Some(format!("{clients} at it")));
    }
    if let Some(group) = &session.group {
        return Leaving::Keep(Some(format!("it is in the session group {group}")));
    }
    if snapshot.shares_windows(session) {
        return Leaving::Keep(Some("another session has one of its windows too".to_owned()));
    }
    let programs = running_programs(session);
    if programs.is_empty() {
        return Leaving::End { unasked: true };
    }
    let kept = || Leaving::Keep(Some(describe(&programs)));
    match (wish.running, ask) {
        (Running::End, _) => Leaving::End { unasked: false },
        (Running::Ask, Some(ask)) => match ask(Question::Running(&session.name.to_string(), &programs)) {
            Answer::Keep => kept(),
            Answer::End => Leaving::End { unasked: false },
            Answer::Cancel => Leaving::Cancel,
        },
        (Running::Keep, _) | (Running::Ask, None) => kept(),
    }
}

/// The clients that look at a session, the one to be moved first: that which was used last.
pub(crate) fn clients<'a>(snapshot: &'a Snapshot, session: &Session) -> Vec<&'a Client> {
    let mut clients: Vec<&Client> = snapshot
        .clients
        .iter()
        .filter(|client| client.session == session.id)
        .collect();
    clients.sort_by_key(|client| (client.control_mode, std::cmp::Reverse(client.activity)));
    clients
}

/// The programs that would end with a session, in the foreground, in the background or stopped: all but waiting shells,
/// agents, and tsm itself.
pub(crate) fn running_programs(session: &Session) -> Vec<RunningProgram> {
    let processes = processes();
    let mut programs = Vec::new();
    for link in &session.windows {
        for pane in link.window.panes.iter().filter(|pane| !pane.dead) {
            for pid in jobs(pane, &processes) {
                let words: Vec<String> = argv(pid).iter().map(ToString::to_string).collect();
                let pane = format!("{}.{}", link.index, pane.index);
                programs.push(RunningProgram {
                    pane,
                    pid,
                    command: words.join(" "),
                });
            }
        }
    }
    programs
}

/// The programs in words, for a notice.
pub(crate) fn describe(programs: &[RunningProgram]) -> String {
    let named: Vec<String> = programs
        .iter()
        .map(|program| format!("`{}` in pane {}", program.command, program.pane))
        .collect();
    format!("{} still runs", named.join(", "))
}

/// Whether `tsm pane-run` has the pane: its agent runs, or is just being started or ended.
pub(crate) fn is_agents(pane: &Pane) -> bool {
    ours::agent_kind(pane).is_some() && is_pane_run(pane.pid)
}

fn is_pane_run(pid: u32) -> bool {
    argv(pid).get(1).is_some_and(|verb| verb == "pane-run")
}

/// The jobs of a pane, each by the first process of its group.
fn jobs(pane: &Pane, processes: &[ProcessEntry]) -> Vec<u32> {
    let agents = is_agents(pane);
    let mut groups = BTreeSet::new();
    let in_pane = processes.iter().filter(|process| process.session == pane.pid);
    let first_of_each = in_pane.filter(|process| groups.insert(process.group));
    let is_job = |process: &&ProcessEntry| {
        if process.group == pane.pid {
            // What the pane was started with: a shell that waits, the program that runs the agent, or a program.
            // Asked first: what has begun when that is answered can be told from then on.
            !will_be_shell(pane) && !is_pane_run(pane.pid) && !is_waiting_shell(pane.pid)
        } else {
            !(is_ours(process.group) || agents && is_the_agents(process.pid, pane.pid))
        }
    };
    first_of_each.filter(is_job).map(|process| process.pid).collect()
}

/// A shell by its name, or by the `-` with which login shells are started, whatever they are called.
fn is_waiting_shell(pid: u32) -> bool {
    is_shell(&program(pid)) || argv(pid).first().is_some_and(|name| name.starts_with(b"-"))
}

/// A pane that was just made for a shell or for an agent, and whose process isn't that yet.
fn will_be_shell(pane: &Pane) -> bool {
    has_not_begun(pane.pid) && (pane.start_command.is_empty() || ours::agent_kind(pane).is_some())
}

/// Whether a process is the agent or of the agent: below a child of `pane-run` that is no shell. While the agent is
/// stopped, `pane-run` has a shell beside it, and what that runs is the user's.
fn is_the_agents(pid: u32, pane_run: u32) -> bool {
    let lineage: Vec<u32> = lineage(pid).collect();
    let Some(depth) = lineage.iter().position(|above| *above == pane_run) else {
        return false;
    };
    let child = depth.checked_sub(1).and_then(|child| lineage.get(child));
    child.is_some_and(|child| *child == pid || !is_shell(&program(*child)))
}

/// tsm itself, or the script of a shell that called it and waits for it.
fn is_ours(pid: u32) -> bool {
    let me = process::id();
    pid == me || (lineage(me).any(|above| above == pid) && is_shell(&program(pid)))
}
