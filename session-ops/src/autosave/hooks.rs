//! Our hooks in the server's arrays of hooks: found by what they do, put where nobody else's are.

use std::collections::BTreeSet;

use bstr::{BString, ByteSlice};
use tmux_core::{Arg, Batch, Command};

use super::hook_text::{self, PENDING, unmark};
use crate::context::Context;
use crate::error::Error;

/// Whether the hooks are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hooks {
    /// All of them, as this tsm sets them.
    Installed,
    /// Some of them, or as another tsm sets them.
    Other,
    /// None.
    Absent,
}

/// What changes the structure of a session, or shows that its user goes elsewhere. Those that tmux 3.2a has; in newer
/// versions these are told of the same changes.
const EVENTS: [&str; 15] = [
    "client-attached",
    "client-detached",
    "client-session-changed",
    "pane-died",
    "pane-exited",
    "pane-focus-in",
    "session-closed",
    "session-created",
    "session-renamed",
    "session-window-changed",
    "window-layout-changed",
    "window-linked",
    "window-pane-changed",
    "window-renamed",
    "window-unlinked",
];

/// Far from where people count from.
const FIRST_INDEX: u32 = 8080;

/// What the server has.
#[derive(Debug, Default)]
struct Found {
    /// The entries of the hooks that are of use to us, whoever's they are.
    entries: Vec<Entry>,
    /// The value of [`KEY`].
    key: BString,
}

/// An entry of a hook's array.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    event: &'static str,
    index: u32,
    ours: bool,
}

/// Whether the hooks are there.
///
/// # Errors
///
/// [`Error::Tmux`].
pub fn hooks(context: &Context) -> Result<Hooks, Error> {
    let found = Found::read(context)?;
    Ok(if found.ours().next().is_none() {
        Hooks::Absent
    } else if found.is_current(context) {
        Hooks::Installed
    } else {
        Hooks::Other
    })
}

/// Sets the hooks, whatever the config says.
///
/// # Errors
///
/// [`Error::Tmux`]; without a `tsm` to run, [`Error::Start`].
pub fn turn_on(context: &Context) -> Result<(), Error> {
    set(context, &Found::read(context)?)
}

/// Sets the hooks unless they are there.
pub(super) fn install(context: &Context) -> Result<(), Error> {
    let found = Found::read(context)?;
    if found.is_current(context) {
        return Ok(());
    }
    set(context, &found)
}

/// Takes the hooks away: those, and nobody else's. Gives how many there were.
///
/// # Errors
///
/// [`Error::Tmux`].
pub fn turn_off(context: &Context) -> Result<usize, Error> {
    let found = Found::read(context)?;
    let mut commands: Vec<Command> = found.ours().map(unset).collect();
    let count = commands.len();
    if count > 0 {
        commands.extend([unmark(), unset_key()]);
        context.server.run(commands)?;
    }
    Ok(count)
}

/// This option of the server tells with what text the hooks were set: tmux prints a hook otherwise than it was given.
const KEY: &str = "@tsm_autosave_hooks";

fn set(context: &Context, found: &Found) -> Result<(), Error> {
    let run = wanted(context).ok_or_else(|| Error::Start {
        program: "tsm".into(),
        source: std::io::ErrorKind::NotFound.into(),
    })?;
    let others = found.entries.iter().filter(|entry| !entry.ours);
    let taken: BTreeSet<u32> = others.map(|entry| entry.index).collect();
    let index = (FIRST_INDEX..)
        .find(|index| !taken.contains(index))
        .unwrap_or(FIRST_INDEX);
    let mut commands: Vec<Command> = found.ours().map(unset).collect();
    // Whoever was about to save with the old ones does so all the same.
    commands.push(unmark());
    commands.extend(EVENTS.iter().map(|event| {
        let place = Arg::Plain(format!("{event}[{index}]").into());
        Command::new("set-hook")
            .flag("-g")
            .operands([place, Arg::Plain(run.clone())])
    }));
    let key = Arg::Plain(key(&run).into());
    commands.push(
        Command::new("set-option")
            .flag("-g")
            .operands([Arg::Plain(KEY.into()), key]),
    );
    context.server.run(commands)?;
    Ok(())
}

fn wanted(context: &Context) -> Option<BString> {
    Some(hook_text::command(context)?.to_line())
}

/// Short, and another one for another text.
fn key(run: &[u8]) -> String {
    crate::paths::hex_digest(run, 8)
}

fn unset(entry: &Entry) -> Command {
    let place = Arg::Plain(format!("{}[{}]", entry.event, entry.index).into());
    Command::new("set-hook").flag("-g").flag("-u").operands([place])
}

fn unset_key() -> Command {
    Command::new("set-option")
        .flag("-g")
        .flag("-q")
        .flag("-u")
        .operands([Arg::Plain(KEY.into())])
}

impl Found {
    fn read(context: &Context) -> Result<Self, Error> {
        let mut batch = Batch::stop();
        batch.push(Command::new("show-hooks").flag("-g"));
        batch.push(Command::new("show-hooks").flag("-g").flag("-w"));
        batch.push(
            Command::new("show-options")
                .flag("-g")
                .flag("-q")
                .flag("-v")
                .operands([Arg::Plain(KEY.into())]),
        );
        let outputs = context.server.run_whole_batch(&batch)?;
        let (hooks, key) = outputs.split_at(outputs.len().min(2));
        Ok(Self {
            entries: hooks
                .iter()
                .flat_map(|output| output.lines().filter_map(entry))
                .collect(),
            key: key.first().map(|key| key.trim_ascii().into()).unwrap_or_default(),
        })
    }

    fn ours(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| entry.ours)
    }

    /// Whether each event has exactly our hook, and the server says that they were set with the very text of this tsm.
    fn is_current(&self, context: &Context) -> bool {
        let events: BTreeSet<&str> = self.ours().map(|entry| entry.event).collect();
        self.ours().count() == EVENTS.len()
            && events.len() == EVENTS.len()
            && wanted(context).is_some_and(|run| self.key == key(&run))
    }
}

/// Reads `EVENT[INDEX] COMMAND`, of an event that is of use to us. Ours is what minds our mark.
fn entry(line: &[u8]) -> Option<Entry> {
    let (event, rest) = line.split_once_str("[")?;
    let event = EVENTS.iter().find(|known| known.as_bytes() == event)?;
    let (index, command) = rest.split_once_str("] ")?;
    Some(Entry {
        event,
        index: index.to_str().ok()?.parse().ok()?,
        ours: command.contains_str(PENDING),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_are_told_from_others() {
        let lines = [
            "pane-died[8080] if-shell -F \"#{@tsm_autosave_pending}\" '' { set-option -g @tsm_autosave_pending 1 }",
            "pane-died[0] display-message \"pane-exited[1] x\"",
            "pane-died",
            "after-new-window[8080] if-shell -F \"#{@tsm_autosave_pending}\" '' ''",
            "pane-died[x] y",
        ];
        let found: Vec<Option<Entry>> = lines.iter().map(|line| entry(line.as_bytes())).collect();
        let of = |index, ours| {
            Some(Entry {
                event: "pane-died",
                index,
                ours,
            })
        };
        assert_eq!(found, [of(8080, true), of(0, false), None, None, None]);
    }
}
