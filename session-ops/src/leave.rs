//! Whether the session that a switch leaves may end: never if somebody looks at it or work in it would be lost.

use std::process;

use session_recovery::foreground::{argv, foreground, is_shell, parent, program};
use session_recovery::ours;
use tmux_core::{Client, Pane, Session, Snapshot};

use crate::config::Running;

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
    /// Its argument vector, lossily.
    pub command: String,
}

/// What the user answers when programs run in the session that is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// It lives on.
    Keep,
    /// It ends with its programs.
    End,
    /// Nothing happens.
    Cancel,
}

/// Asks the user; there is none without a terminal.
pub type Ask<'a> = Option<&'a mut dyn FnMut(&str, &[RunningProgram]) -> Answer>;

/// How the user wants to leave.
pub(crate) struct Wish {
    pub(crate) keep: bool,
    pub(crate) force: bool,
    pub(crate) running: Running,
}

/// Decides; asks if need be.
pub(crate) fn decide(session: &Session, others: usize, wish: &Wish, ask: Ask<'_>) -> Leaving {
    if wish.keep {
        return Leaving::Keep(None);
    }
    if wish.force {
        return Leaving::End { unasked: false };
    }
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
    let programs = running_programs(session);
    if programs.is_empty() {
        return Leaving::End { unasked: true };
    }
    let kept = || Leaving::Keep(Some(describe(&programs)));
    match (wish.running, ask) {
        (Running::End, _) => Leaving::End { unasked: false },
        (Running::Ask, Some(ask)) => match ask(&session.name.to_string(), &programs) {
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

/// The programs that would end with a session: all but waiting shells, agents, and tsm itself.
pub(crate) fn running_programs(session: &Session) -> Vec<RunningProgram> {
    let mut programs = Vec::new();
    for window in &session.windows {
        for pane in window.panes.iter().filter(|pane| !pane.dead && !is_agents(pane)) {
            if let Some(command) = running_in(pane) {
                programs.push(RunningProgram {
                    pane: format!("{}.{}", window.index, pane.index),
                    command,
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

/// Whether an agent has the pane: it was made for one, and what runs it hasn't become the user's shell yet.
pub(crate) fn is_agents(pane: &Pane) -> bool {
    ours::agent_kind(pane).is_some() && !is_shell(&program(pane.pid))
}

fn running_in(pane: &Pane) -> Option<String> {
    let found = foreground(pane.pid)?;
    let waiting_shell = found.pid == pane.pid && is_shell(&found.program);
    if waiting_shell || is_ours(found.pid) {
        return None;
    }
    let words: Vec<String> = argv(found.pid).iter().map(ToString::to_string).collect();
    Some(words.join(" "))
}

/// tsm itself, or the script of a shell that called it and waits for it.
fn is_ours(pid: u32) -> bool {
    let mut ancestor = Some(process::id());
    while let Some(current) = ancestor.filter(|current| *current > 1) {
        if current == pid {
            return current == process::id() || is_shell(&program(pid));
        }
        ancestor = parent(current);
    }
    false
}
