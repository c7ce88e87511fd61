//! The calls of the original script, for which a link of its name stands.

use std::ffi::{OsStr, OsString};
use std::path::Path;

const SCRIPT: &str = "tmux-session-manager.sh";

/// The arguments as `tsm` takes them: the script's `send PROJECT TEXT [PANE]` has no options, and its text may begin with
/// a dash.
pub(crate) fn arguments(words: Vec<OsString>) -> Vec<OsString> {
    let name = words.first().map(Path::new).and_then(Path::file_name);
    let Some(([script, verb, project, text], pane)) = words.split_first_chunk::<4>() else {
        return words;
    };
    if name != Some(OsStr::new(SCRIPT)) || verb != "send" || pane.len() > 1 {
        return words;
    }
    let pane = pane.iter().flat_map(|pane| [OsString::from("--pane"), pane.clone()]);
    let before = [script.clone(), verb.clone()].into_iter();
    before
        .chain(pane)
        .chain(["--".into(), project.clone(), text.clone()])
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn called(words: &str) -> String {
        let words = words.split(' ').map(OsString::from).collect();
        let words: Vec<String> = arguments(words).iter().map(|word| word.display().to_string()).collect();
        words.join(" ")
    }

    #[test]
    fn only_its_send_is_different() {
        assert_eq!(
            called("/x/tmux-session-manager.sh send todo -l"),
            "/x/tmux-session-manager.sh send -- todo -l"
        );
        assert_eq!(
            called("tmux-session-manager.sh send todo text 1"),
            "tmux-session-manager.sh send --pane 1 -- todo text"
        );
        for same in [
            "tsm send todo text 1",
            "tmux-session-manager.sh status todo",
            "tmux-session-manager.sh send todo a 1 b",
        ] {
            assert_eq!(called(same), same);
        }
    }
}
