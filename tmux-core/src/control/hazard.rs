//! Commands that must not go over a control client.

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
pub(crate) fn is_hazard(command: &Command) -> bool {
    if let Some(nested) = command.nested() {
        return nested.commands().any(is_hazard);
    }
    let has = |word: &str| command.words().iter().any(|known| known == word);
    match command.verb().as_str() {
        verb if HAZARDS.contains(&verb) => true,
        "run-shell" => !has("-b"),
        // One of somebody's own making: what it runs isn't known.
        "if-shell" => true,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PaneId;

    #[test]
    fn what_could_wedge_it_is_known() {
        assert!(is_hazard(&Command::new("send-keys")));
        assert!(is_hazard(&Command::new("run-shell")));
        assert!(!is_hazard(&Command::new("run-shell").flag("-b")));
        assert!(is_hazard(&Command::new("if-shell")));
        assert!(!is_hazard(&Command::new("kill-pane").when(PaneId(1), "1".into())));
        assert!(is_hazard(&Command::new("send-keys").when(PaneId(1), "1".into())));
        let deep = Command::new("send-keys")
            .when(PaneId(1), "1".into())
            .when(PaneId(1), "1".into());
        assert!(is_hazard(&deep));
        assert!(!is_hazard(&Command::new("list-panes")));
    }
}
