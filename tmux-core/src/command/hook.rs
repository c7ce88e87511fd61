//! Hooks: commands that tmux runs when something happens.

use bstr::{BString, ByteSlice};

use super::option::{OptionName, OptionScope};
use super::{Arg, Command};

/// One entry of a hook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookEntry {
    /// Its place in the hook's array.
    pub index: u32,
    /// The commands, in tmux's own printing.
    pub command: BString,
}

impl HookEntry {
    /// Reads the entries of `name` in what `show-hooks` prints; the form without an index is entry 0.
    pub fn parse_all(name: &OptionName, output: &[u8]) -> Vec<Self> {
        let name = name.to_string();
        let entries = output.lines().filter_map(|line| {
            let rest = line.strip_prefix(name.as_bytes())?;
            let (index, command) = match rest.split_once_str("] ") {
                Some((index, command)) if index.starts_with(b"[") => {
                    (index.get(1..)?.to_str().ok()?.parse().ok()?, command)
                }
                _ => (0, rest.strip_prefix(b" ")?),
            };
            Some(Self {
                index,
                command: command.into(),
            })
        });
        entries.collect()
    }
}

impl Command {
    /// `show-hooks`: prints the entries of a hook, which [`HookEntry::parse_all`] reads.
    pub fn show_hooks(scope: OptionScope, hook: &OptionName) -> Self {
        scope
            .add_to(Self::new("show-hooks"))
            .operands([Arg::Plain(hook.to_string().into())])
    }

    /// `set-hook -a`: adds an entry at the next free place.
    pub(crate) fn append_hook(scope: OptionScope, hook: &OptionName, run: &Self) -> Self {
        scope
            .add_to(Self::new("set-hook").flag("-a"))
            .operands([Arg::Plain(hook.to_string().into()), Arg::Plain(run.to_line())])
    }

    /// `set-hook -u`: removes one entry.
    pub(crate) fn unset_hook(scope: OptionScope, hook: &OptionName, index: u32) -> Self {
        scope
            .add_to(Self::new("set-hook").flag("-u"))
            .operands([Arg::Plain(format!("{hook}[{index}]").into())])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_read_with_and_without_an_index() {
        let name = OptionName::new("session-created").expect("a name");
        let output = b"session-created[0] display-message \"x] y\"\nsession-created[97] run-shell -b id\nsession-created-x[1] no\nsession-created\n";
        let entries = HookEntry::parse_all(&name, output);
        let read: Vec<(u32, String)> = entries
            .iter()
            .map(|entry| (entry.index, entry.command.to_string()))
            .collect();
        assert_eq!(
            read,
            [
                (0, "display-message \"x] y\"".to_owned()),
                (97, "run-shell -b id".to_owned())
            ]
        );
        assert_eq!(
            HookEntry::parse_all(&name, b"session-created kill-server\n")[0].index,
            0
        );
    }
}
