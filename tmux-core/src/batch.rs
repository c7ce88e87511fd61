//! Many commands in one call, with a result for each.

use bstr::{BString, ByteSlice};

use crate::tag::tag;
use crate::transport::refusal_by;
use crate::{Command, Error, Reply};

/// Commands that go to the server as one call, whatever their number and size.
///
/// Between them go marks of our own, which tell what each printed and how far the call came, over every transport.
///
/// ```no_run
/// # use tmux_core::{Batch, Command, PaneId, Server, Socket};
/// # let server = Server::spawned("tmux", Socket::at_path("/s"));
/// let mut batch = Batch::go_on();
/// for pane in [PaneId(0), PaneId(1)] {
///     batch.push(Command::capture_pane(pane, 100));
/// }
/// for (n, result) in server.run_batch(&batch)?.into_iter().enumerate() {
///     println!("{n}: {result:?}");
/// }
/// # Ok::<(), tmux_core::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    commands: Vec<Command>,
    goes_on: bool,
}

/// What became of a command of a [`Batch`].
#[derive(Debug)]
pub enum CommandResult {
    /// It came through. What it printed, and after that what the user's hooks for it printed; an `after-display-message` hook
    /// that prints stands at the front of the next one's.
    Done(BString),
    /// It failed.
    Failed(Error),
    /// An earlier one failed.
    NotRun,
}

/// A batch that didn't come through as a whole.
#[derive(Debug, thiserror::Error)]
#[error("command {index} of the batch, `{command}`, failed")]
pub struct BatchError {
    /// Its place in the batch, from 0.
    pub index: usize,
    /// The command in tmux's own language.
    pub command: String,
    /// Why.
    pub source: Error,
}

impl Batch {
    /// A batch that ends at the first failure.
    pub fn stop() -> Self {
        Self {
            commands: Vec::new(),
            goes_on: false,
        }
    }

    /// A batch of which every command runs, whatever becomes of the others. Only where tmux can't even read one of them, for
    /// example because of a flag that its version doesn't know, none does.
    pub fn go_on() -> Self {
        Self {
            goes_on: true,
            ..Self::stop()
        }
    }

    /// Adds a command; its result will have this index.
    pub fn push(&mut self, command: Command) -> usize {
        self.commands.push(command);
        self.commands.len() - 1
    }

    /// The commands so far.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// The error that a failed result of this batch means.
    pub fn error(&self, index: usize, source: Error) -> BatchError {
        let command = self.commands.get(index).map(|command| command.to_line().to_string());
        BatchError {
            index,
            command: command.unwrap_or_default(),
            source,
        }
    }

    pub(crate) fn marked(&self) -> Marked<'_> {
        Marked {
            batch: self,
            tag: tag(),
        }
    }
}

impl Extend<Command> for Batch {
    fn extend<T: IntoIterator<Item = Command>>(&mut self, commands: T) {
        self.commands.extend(commands);
    }
}

/// Commands of which it only counts whether all of them came through: marks at the end, and in those whose failure doesn't
/// stop the others.
pub(crate) struct Whole {
    tag: String,
    marks: usize,
}

impl Whole {
    /// The group to send.
    pub(crate) fn of(commands: Vec<Command>) -> (Self, Vec<Command>) {
        let mut whole = Self { tag: tag(), marks: 0 };
        let last = commands.len().saturating_sub(1);
        let mut group = Vec::with_capacity(commands.len() + 1);
        for (n, command) in commands.into_iter().enumerate() {
            if n == last || command.nested().is_some() {
                group.extend(command.then(Command::mark(whole.mark(whole.marks))));
                whole.marks += 1;
            } else {
                group.push(command);
            }
        }
        (whole, group)
    }

    fn mark(&self, n: usize) -> String {
        format!("{}-{n}", self.tag)
    }

    /// What the commands printed, if all of them came through, whatever the exit status: a user's hook can spoil that.
    pub(crate) fn output(&self, stdout: &[u8]) -> Option<Vec<u8>> {
        let mut output = Vec::with_capacity(stdout.len());
        let mut rest = stdout;
        for n in 0..self.marks {
            let (before, after) = rest.split_once_str(&format!("{}\n", self.mark(n)))?;
            output.extend_from_slice(before);
            rest = after;
        }
        // What `save-buffer -` prints isn't ordered with what other commands do.
        output.extend_from_slice(rest);
        Some(output)
    }
}

/// A batch with the tag of its marks.
pub(crate) struct Marked<'a> {
    batch: &'a Batch,
    tag: String,
}

impl Marked<'_> {
    /// The groups to send: one, or one for each command.
    pub(crate) fn groups(&self) -> Vec<Vec<Command>> {
        let commands = self.batch.commands.iter().enumerate();
        let marked = commands.map(|(n, command)| command.clone().then(Command::mark(self.mark(n))));
        if self.batch.goes_on {
            marked.collect()
        } else {
            vec![marked.flatten().collect()]
        }
    }

    fn mark(&self, n: usize) -> String {
        format!("{}-{n}", self.tag)
    }

    /// One result for each command. A failure without a command that failed is that of a user's hook.
    pub(crate) fn results(&self, reply: &Reply) -> Vec<CommandResult> {
        let mut rest = reply.stdout.as_bstr();
        let mut outputs: Vec<Option<BString>> = Vec::new();
        for n in 0..self.batch.commands.len() {
            let mark = format!("{}\n", self.mark(n));
            outputs.push(rest.split_once_str(&mark).map(|(output, after)| {
                rest = after.as_bstr();
                output.into()
            }));
        }
        let failures = outputs.iter().filter(|output| output.is_none()).count();
        let complaints: Vec<&[u8]> = reply
            .stderr
            .lines()
            .filter(|line| !line.trim_ascii().is_empty())
            .collect();
        // With as many complaints as failures each has its own.
        let each = complaints.len() == failures;
        let culprit = self.culprit(reply, &outputs);
        // When tmux couldn't read one of them none ran.
        let unreadable = failures == self.batch.commands.len() && self.unreadable(reply).is_some();
        let mut failed = 0;
        // What a file of commands did is told by the exit status alone.
        let sourced = |n: usize| {
            self.batch
                .commands
                .get(n)
                .is_some_and(|command| command.verb() == "source-file")
        };
        let results = outputs.into_iter().enumerate().map(|(n, output)| match output {
            Some(_) if reply.status != 0 && sourced(n) => {
                CommandResult::Failed(self.refusal(n, reply, reply.stderr.clone()))
            }
            Some(output) => CommandResult::Done(output),
            None if (!self.batch.goes_on || unreadable) && Some(n) != culprit => CommandResult::NotRun,
            None if self.batch.goes_on && !unreadable && !each => {
                // Which words belong to which command can't be told beside those of a hook.
                CommandResult::Failed(Error::Refused {
                    command: self.batch.commands.get(n).map(Command::verb).unwrap_or_default(),
                    text: complaints
                        .iter()
                        .map(|line| line.to_str_lossy())
                        .collect::<Vec<_>>()
                        .join("; "),
                })
            }
            None => {
                let complaint = complaints.get(failed).filter(|_| self.batch.goes_on && !unreadable);
                failed += 1;
                let stderr = complaint.map_or_else(|| reply.stderr.clone(), |line| line.to_vec());
                CommandResult::Failed(self.refusal(n, reply, stderr))
            }
        });
        results.collect()
    }

    /// The command that stopped the batch: the first without a mark, or when tmux couldn't read the commands, so that none
    /// ran, the one that it names.
    fn culprit(&self, reply: &Reply, outputs: &[Option<BString>]) -> Option<usize> {
        let first = outputs.iter().position(Option::is_none)?;
        let none = outputs.iter().all(Option::is_none);
        Some(self.unreadable(reply).filter(|_| none).unwrap_or(first))
    }

    /// The command that tmux says it can't read.
    fn unreadable(&self, reply: &Reply) -> Option<usize> {
        let named = |command: &Command| {
            let phrase = format!("command {}: ", command.verb());
            reply.stderr.contains_str(&phrase) || reply.stdout.contains_str(&phrase)
        };
        self.batch.commands.iter().position(named)
    }

    fn refusal(&self, n: usize, reply: &Reply, stderr: Vec<u8>) -> Error {
        let verb = self.batch.commands.get(n).map(Command::verb).unwrap_or_default();
        refusal_by(
            &Reply {
                status: 1,
                stdout: reply.stdout.clone(),
                stderr,
            },
            verb,
        )
    }
}

impl CommandResult {
    /// The output, or why there is none; `None` for one that wasn't run.
    pub fn output(self) -> Option<Result<BString, Error>> {
        match self {
            Self::Done(output) => Some(Ok(output)),
            Self::Failed(error) => Some(Err(error)),
            Self::NotRun => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn batch(mut batch: Batch) -> Batch {
        batch.extend(["list-sessions", "list-windows", "list-panes"].map(Command::new));
        batch
    }

    fn reply(marked: &Marked<'_>, stdout: &str, stderr: &str) -> Reply {
        Reply {
            status: i32::from(!stderr.is_empty()),
            stdout: stdout.replace("TAG", &marked.tag).into(),
            stderr: stderr.into(),
        }
    }

    fn told(results: Vec<CommandResult>) -> Vec<String> {
        let tell = |result| match result {
            CommandResult::Done(output) => format!("done {output}"),
            CommandResult::Failed(error) => format!("failed {error}"),
            CommandResult::NotRun => "not run".to_owned(),
        };
        results.into_iter().map(tell).collect()
    }

    #[test]
    fn each_command_has_its_output() {
        let batch = batch(Batch::stop());
        let marked = batch.marked();
        assert_eq!(marked.groups().len(), 1);
        assert_eq!(marked.groups()[0].len(), 6);
        let reply = reply(&marked, "a\nTAG-0\nTAG-1\nno line feedTAG-2\n", "");
        assert_eq!(told(marked.results(&reply)), ["done a\n", "done ", "done no line feed"]);
    }

    #[test]
    fn a_batch_that_stops_names_the_command_that_failed() {
        let batch = batch(Batch::stop());
        let marked = batch.marked();
        let results = marked.results(&reply(&marked, "TAG-0\n", "can't find window: @9\n"));
        assert_eq!(
            told(results),
            ["done ", "failed tmux: can't find window: @9", "not run"]
        );
        // A command that tmux can't read keeps all from running.
        let results = marked.results(&reply(&marked, "", "command list-panes: unknown flag -Z\n"));
        assert_eq!(told(results)[..2], ["not run", "not run"]);
    }

    #[test]
    fn a_batch_that_goes_on_gives_each_failure_its_own_words() {
        let batch = batch(Batch::go_on());
        let marked = batch.marked();
        assert_eq!(marked.groups().len(), 3);
        let results = marked.results(&reply(
            &marked,
            "TAG-1\n",
            "can't find session: $9\ncan't find pane: %9\n",
        ));
        assert_eq!(
            told(results),
            [
                "failed tmux: can't find session: $9",
                "done ",
                "failed tmux: can't find pane: %9"
            ]
        );
    }

    #[test]
    fn a_hook_that_fails_is_no_failed_command() {
        let batch = batch(Batch::stop());
        let marked = batch.marked();
        let results = marked.results(&reply(&marked, "TAG-0\nTAG-1\nTAG-2\n", "'false' returned 1\n"));
        assert_eq!(told(results), ["done "; 3]);
    }
}
