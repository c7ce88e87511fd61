//! Hooks of our own beside those of others.

use bstr::ByteSlice;

use crate::{Command, CommandResult, Error, HookEntry, OptionName, OptionScope, Server};

/// A text by which an entry of a hook is known as ours. tmux prints commands in its own quoting, so it holds nothing that
/// would be quoted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookMark(String);

impl HookMark {
    /// `None` unless it is made of letters, digits and `_`, `-`, `.`, `/`, at least eight of them.
    pub fn new(mark: impl Into<String>) -> Option<Self> {
        let mark = mark.into();
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
        (mark.len() >= 8 && mark.bytes().all(plain)).then_some(Self(mark))
    }
}

impl Server {
    /// The entries of a hook.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for a hook that this tmux doesn't know.
    pub fn hooks(&self, scope: OptionScope, hook: &OptionName) -> Result<Vec<HookEntry>, Error> {
        let mut batch = crate::Batch::stop();
        batch.push(Command::show_hooks(scope, hook));
        let output = self.run_batch(&batch)?.pop().and_then(CommandResult::output);
        Ok(HookEntry::parse_all(hook, &output.transpose()?.unwrap_or_default()))
    }

    /// Adds an entry, unless one that contains `mark` is there. The entries of others keep their places.
    ///
    /// `mark` stands in `run` and in nobody else's entry; [`Server::remove_hooks`] finds it by that.
    ///
    /// # Errors
    ///
    /// [`Error::NoMark`] before anything was sent; [`Error::Refused`] for a hook that this tmux doesn't know.
    pub fn add_hook(&self, scope: OptionScope, hook: &OptionName, run: &Command, mark: &HookMark) -> Result<(), Error> {
        if !run.to_line().contains_str(&mark.0) {
            return Err(Error::NoMark { mark: mark.0.clone() });
        }
        let known = self.hooks(scope.clone(), hook)?;
        if known.iter().any(|entry| contains(entry, mark)) {
            return Ok(());
        }
        self.run(vec![Command::append_hook(scope, hook, run)]).map(drop)
    }

    /// Removes the entries that contain `mark`, and no others; gives how many those were.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for a hook that this tmux doesn't know.
    pub fn remove_hooks(&self, scope: OptionScope, hook: &OptionName, mark: &HookMark) -> Result<usize, Error> {
        let ours = self.hooks(scope.clone(), hook)?;
        let ours = ours.iter().filter(|entry| contains(entry, mark));
        let commands: Vec<Command> = ours
            .map(|entry| Command::unset_hook(scope.clone(), hook, entry.index))
            .collect();
        let count = commands.len();
        if count > 0 {
            self.run(commands)?;
        }
        Ok(count)
    }
}

fn contains(entry: &HookEntry, mark: &HookMark) -> bool {
    entry.command.contains_str(&mark.0)
}
