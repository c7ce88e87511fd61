//! Commands that must not go over a control client.

use bstr::{BString, ByteSlice};

use crate::Command;

const HAZARDS: &[&str] = &[
    "attach-session",
    "capture-pane",
    "command-prompt",
    "confirm-before",
    "detach-client",
    "kill-server",
    "load-buffer",
    "save-buffer",
    "send-keys",
    "send-prefix",
    "show-buffer",
    "source-file",
    "wait-for",
];

/// Whether the command could wedge a control client, can't be told apart in its stream, or needs what it hasn't.
///
/// - Keys typed into a pane in a mode are bindings, and a prompt on an invisible client never ends (3.3a and newer).
/// - `run-shell`, `wait-for`, prompts and shell conditions hold the client's queue.
/// - Contents of panes and buffers are chosen by others: a hostile program can print the end of a block.
/// - There is no standard input, and no file for `source-file -`.
/// - `refresh-client -A %n:off` kills servers below 3.7.
pub(crate) fn is_hazard(command: &Command) -> bool {
    let has = |word: &str| command.words().iter().any(|known| known == word);
    match command.verb().as_str() {
        verb if HAZARDS.contains(&verb) => true,
        "run-shell" => !has("-b"),
        // The commands it runs stand in its words, each verb quoted.
        "if-shell" => {
            let holds = |word: &BString, verb: &str| word.contains_str(format!("\"{verb}\""));
            let runs = |verb: &str| command.words().iter().any(|word| holds(word, verb));
            !has("-F") || runs("run-shell") || HAZARDS.iter().any(|verb| runs(verb))
        }
        "refresh-client" => command.words().iter().any(|word| word.ends_with(b":off")),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arg, PaneId};

    #[test]
    fn what_could_wedge_it_is_known() {
        assert!(is_hazard(&Command::new("send-keys")));
        assert!(is_hazard(&Command::new("run-shell")));
        assert!(!is_hazard(&Command::new("run-shell").flag("-b")));
        assert!(is_hazard(&Command::new("if-shell")));
        assert!(!is_hazard(&Command::new("kill-pane").when(PaneId(1), "1".into())));
        assert!(is_hazard(&Command::new("send-keys").when(PaneId(1), "1".into())));
        let mute = Command::new("refresh-client").option("-A", Arg::Plain("%1:off".into()));
        assert!(is_hazard(&mute));
        assert!(!is_hazard(&Command::new("list-panes")));
    }
}
