//! What tmux's words mean. The wording changed over the versions; unknown words are [`Error::Refused`], never
//! "not found".

use std::path::Path;

use super::{Reply, Request};
use crate::Error;
use crate::command::PANE_IN_MODE;

/// A failure that is about the server as a whole, from what the `tmux` program printed. Hooks of the user, and a script
/// around the program, may have printed other lines.
pub(super) fn unavailable(reply: &Reply, socket: &Path) -> Option<Error> {
    let text = String::from_utf8_lossy(&reply.stderr);
    text.lines()
        .map(str::trim)
        .find_map(|line| unavailable_by(line, socket))
}

fn unavailable_by(text: &str, socket: &Path) -> Option<Error> {
    let socket = || socket.to_owned();
    // `error connecting to PATH (No such file or directory)`; other reasons than a missing or dead socket are refusals.
    let missing = text.starts_with("error connecting to ")
        && (text.ends_with("(No such file or directory)") || text.ends_with("(Connection refused)"));
    if missing || text.starts_with("no server running on ") {
        Some(Error::NoServer { socket: socket() })
    } else if text.starts_with("server exited unexpectedly") || text.starts_with("lost server") {
        Some(Error::ServerLost {
            socket: socket(),
            server_pid: None,
        })
    } else if text.starts_with("protocol version mismatch") || text.starts_with("server version is too old") {
        Some(Error::VersionSkew { text: text.to_owned() })
    } else if text.starts_with("access not allowed")
        || text.starts_with("error connecting to ") && text.ends_with("(Permission denied)")
    {
        Some(Error::AccessDenied { text: text.to_owned() })
    } else {
        None
    }
}

/// What a command was refused for.
pub(super) fn refusal(reply: &Reply, request: &Request) -> Error {
    let command = request.groups.iter().flatten().next();
    refusal_by(reply, command.map(crate::Command::verb).unwrap_or_default())
}

/// The same, for what is known to be the command's fault.
pub(crate) fn refusal_by(reply: &Reply, command: String) -> Error {
    let stderr = String::from_utf8_lossy(&reply.stderr);
    let stdout = String::from_utf8_lossy(&reply.stdout);
    let complaints: Vec<&str> = stderr.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    if let Some(error) = complaints.iter().find_map(|line| refused_by(line)) {
        return error;
    }
    // Parse errors of `source-file -` come on standard output.
    let parse_error = || stdout.lines().find(|line| line.starts_with("-:"));
    let text = complaints
        .last()
        .copied()
        .or_else(parse_error)
        .unwrap_or("no reason given")
        .to_owned();
    Error::Refused { command, text }
}

/// The error that a line stands for, if its words are known. Names that others chose stand at the end of a line only.
fn refused_by(line: &str) -> Option<Error> {
    let not_found = [
        "can't find ",
        "no such session",
        "no current client",
        "no current target",
        "no current session",
    ];
    let no_space = [
        "no space for",
        "create pane failed: pane too small",
        "size or position no space",
        "pane too small",
    ];
    let begins = |phrases: &[&str]| phrases.iter().any(|phrase| line.starts_with(phrase));
    let text = line.to_owned();
    if line.starts_with("can't find ") && line.ends_with(PANE_IN_MODE) {
        Some(Error::InMode)
    } else if begins(&not_found) {
        Some(Error::NotFound { text })
    } else if line.starts_with("duplicate session") || is_index_in_use(line) {
        Some(Error::Exists { text })
    } else if begins(&no_space) {
        Some(Error::NoSpace { text })
    } else {
        None
    }
}

/// `create window failed: index in use: 3`, `index in use: 3`, and the like.
fn is_index_in_use(line: &str) -> bool {
    let number = line.rsplit_once("index in use: ").map(|(_, number)| number);
    number.is_some_and(|number| number.bytes().all(|byte| byte.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::Command;

    fn complaint(text: &str) -> Reply {
        Reply {
            status: 1,
            stdout: Vec::new(),
            stderr: text.as_bytes().to_vec(),
        }
    }

    #[test]
    fn the_server_as_a_whole() {
        let socket = Path::new("/s");
        for (text, expected) in [
            ("no server running on /s\n", "no tmux server on /s"),
            (
                "error connecting to /s (No such file or directory)\n",
                "no tmux server on /s",
            ),
            (
                "server exited unexpectedly\n",
                "the tmux server on /s went away during the call",
            ),
        ] {
            let error = unavailable(&complaint(text), socket).expect("an error");
            assert_eq!(error.to_string(), expected, "{text}");
        }
        let denied = unavailable(&complaint("error connecting to /s (Permission denied)"), socket);
        assert!(matches!(denied, Some(Error::AccessDenied { .. })));
        assert!(unavailable(&complaint("can't find session: x"), socket).is_none());
    }

    #[test]
    fn single_commands() {
        let request = Request::reading(vec![Command::new("new-session")], Duration::from_secs(1));
        let refusal = |text: &str| refusal(&complaint(text), &request);
        assert!(matches!(refusal("can't find pane: %9"), Error::NotFound { .. }));
        assert!(matches!(refusal("duplicate session: claude-x"), Error::Exists { .. }));
        assert!(matches!(
            refusal("create window failed: index in use: 0"),
            Error::Exists { .. }
        ));
        assert!(matches!(refusal("no space for new pane"), Error::NoSpace { .. }));
        assert_eq!(
            refusal("bad thing").to_string(),
            "tmux refused `new-session`: bad thing"
        );
    }
}
