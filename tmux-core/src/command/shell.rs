//! Commands that run other things: programs in the background, channels, files of commands, the server's end.

use bstr::{BString, ByteSlice, ByteVec};

use super::{Arg, Command};

/// What `wait-for` does with a channel. A channel's name should be used once: below 3.8 a waiter that was killed stays
/// and swallows the next signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitFor {
    /// Waits until somebody signals it; at once if that was before.
    Wait,
    /// `-S`: wakes those who wait, or the next who will.
    Signal,
    /// `-L`: takes it, waiting until it is free.
    Lock,
    /// `-U`: gives it back.
    Unlock,
}

impl Command {
    /// `wait-for`. A call that waits ends at its time limit. Over the spawn and control transports the end of the server
    /// looks like a signal; over the direct one it is [`Error::ServerLost`](crate::Error::ServerLost).
    pub fn wait_for(channel: BString, what: WaitFor) -> Self {
        let command = Self::new("wait-for");
        let command = match what {
            WaitFor::Wait => command,
            WaitFor::Signal => command.flag("-S"),
            WaitFor::Lock => command.flag("-L"),
            WaitFor::Unlock => command.flag("-U"),
        };
        command.operands([Arg::Plain(channel)])
    }

    /// `run-shell -b`: starts a program of the server in the background; words as they are, no shell syntax in them.
    ///
    /// Its output has no place to go: 3.3 to 3.4 would show it in a pane, which then is in a mode. So it is discarded, and
    /// so is the exit status, of which tmux would print a line.
    pub fn run_in_background(program: &[BString]) -> Self {
        let mut line = BString::default();
        for word in program {
            line.push_byte(b'\'');
            line.push_str(word.replace("'", r"'\''"));
            line.push_str("' ");
        }
        line.push_str("</dev/null >/dev/null 2>&1 || :");
        Self::new("run-shell").flag("-b").operands([Arg::Literal(line)])
    }

    /// `source-file -`: runs commands in tmux's language. An error in the language means that none runs; a command that
    /// fails ends its line.
    pub fn source_file(commands: Vec<u8>) -> Self {
        Self::new("source-file").reads(commands)
    }

    /// `kill-server`. It returns before the server has gone.
    pub fn kill_server() -> Self {
        Self::new("kill-server")
    }

    /// `display-message -p`: prints what a format gives.
    pub fn print_format(target: impl Into<crate::Target>, format: BString) -> Self {
        Self::new("display-message")
            .flag("-p")
            .target(target)
            .operands([Arg::Format(format)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_in_the_background_gets_its_words_as_they_are() {
        let command = Command::run_in_background(&["/bin/x".into(), "a'b #(id) $HOME".into()]);
        let words: Vec<String> = command.words().iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "run-shell",
                "-b",
                "--",
                r"'/bin/x' 'a'\''b ##(id) $HOME' </dev/null >/dev/null 2>&1 || :"
            ]
        );
    }
}
