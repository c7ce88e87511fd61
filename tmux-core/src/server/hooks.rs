//! Hooks of our own beside those of others.

use crate::{Command, CommandResult, Error, HookEntry, OptionName, OptionScope, Server};

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
    /// `mark` is a text that `run` contains and nobody else's entry does; [`Server::remove_hooks`] finds it by that.
    ///
    /// # Errors
    ///
    /// [`Error::Refused`] for a hook that this tmux doesn't know.
    pub fn add_hook(&self, scope: OptionScope, hook: &OptionName, run: &Command, mark: &str) -> Result<(), Error> {
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
    pub fn remove_hooks(&self, scope: OptionScope, hook: &OptionName, mark: &str) -> Result<usize, Error> {
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

fn contains(entry: &HookEntry, mark: &str) -> bool {
    use bstr::ByteSlice;
    entry.command.contains_str(mark)
}
