//! What is wrong with versions of tmux, as data. This crate keeps clear of each by itself; the table is for those who write
//! commands of their own, and for a tool that reports what it runs on.

use crate::Version;

/// A fault or a trap of some versions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quirk {
    /// A name for it.
    pub id: &'static str,
    /// The first release that has it, as `major`, `minor` and letter (0 for none).
    pub first: (u32, u32, u8),
    /// The last one; `None` if the newest has it too.
    pub last: Option<(u32, u32, u8)>,
    /// What happens.
    pub symptom: &'static str,
    /// What this crate does about it.
    pub remedy: &'static str,
}

const ANY: (u32, u32, u8) = (0, 0, 0);

/// Builds a row of the table.
const fn quirk(
    id: &'static str,
    first: (u32, u32, u8),
    last: Option<(u32, u32, u8)>,
    symptom: &'static str,
    remedy: &'static str,
) -> Quirk {
    Quirk {
        id,
        first,
        last,
        symptom,
        remedy,
    }
}

impl Quirk {
    /// All that are known of 3.2a and newer. Ranges are those of the versions that were tried: 3.2a, 3.3a, 3.4, 3.5a, 3.6b,
    /// 3.7c, 3.8.
    pub const ALL: &[Self] = &[
        quirk(
            "utf8-flag",
            ANY,
            None,
            "to a client that doesn't announce UTF-8 every byte outside printable ASCII is `_`",
            "it is always announced",
        ),
        quirk(
            "vis-output",
            (3, 4, 0),
            Some((3, 5, b'a')),
            "control bytes and invalid UTF-8 are printed as escapes",
            "fields are quoted by tmux, and one decoder reads what all versions print",
        ),
        quirk(
            "vis-dollar",
            (3, 4, 0),
            Some((3, 4, b'z')),
            "`$x` is printed as `\\$x`",
            "the same decoder",
        ),
        quirk(
            "stored-dollar",
            ANY,
            Some((3, 4, b'z')),
            "`$x` in names of sessions and renamed windows is stored as `\\$x`",
            "names are given as they are stored",
        ),
        quirk(
            "first-80x23",
            (3, 2, 0),
            Some((3, 2, b'z')),
            "the first window of a session without a client is 23 rows high",
            "a layout or `resize_window` corrects it",
        ),
        quirk(
            "empty-session",
            ANY,
            None,
            "some versions accept an empty name for a session",
            "refused before anything is sent, however the command was made",
        ),
        quirk(
            "dm-status-0",
            ANY,
            None,
            "`display-message -t MISSING` succeeds, and may tell about another object",
            "the id is among the fields, and compared",
        ),
        quirk(
            "layout-any",
            (3, 3, 0),
            Some((3, 3, b'z')),
            "a layout that can't be read ends the server",
            "layouts are parsed, bounded, counted and printed anew",
        ),
        quirk(
            "layout-huge",
            ANY,
            Some((3, 7, b'z')),
            "a layout with numbers near 2^31 ends the server",
            "sizes and places are bounded by 10 000",
        ),
        quirk(
            "layout-malformed",
            (3, 7, 0),
            Some((3, 7, b'z')),
            "a malformed layout with a right checksum ends the server",
            "layouts are parsed and printed anew",
        ),
        quirk(
            "float-string",
            (3, 7, 0),
            Some((3, 7, b'z')),
            "layouts with floating panes name them twice, and aren't read back",
            "they are taken out of the tree, and left out when printing",
        ),
        quirk(
            "even-rounding",
            ANY,
            Some((3, 5, b'z')),
            "even layouts give all that is left over to the last pane",
            "`Rounding::of` the version",
        ),
        quirk(
            "run-shell-view",
            (3, 3, 0),
            Some((3, 4, b'z')),
            "output of `run-shell` puts a pane into a mode",
            "programs in the background have no output",
        ),
        quirk(
            "split-p",
            (3, 4, 0),
            Some((3, 4, b'z')),
            "`split-window -p` doesn't work",
            "percents go as `-l N%`",
        ),
        quirk(
            "mute-kills",
            ANY,
            Some((3, 6, b'z')),
            "`refresh-client -A %n:off` ends the server",
            "not offered, and refused over a control client",
        ),
        quirk(
            "copy-mode-wedge",
            (3, 3, 0),
            None,
            "a key into a pane in a mode can open a prompt on a client that nobody sees, which then never answers",
            "keys go only where no mode is, checked in the same call",
        ),
        quirk(
            "pause-inside",
            ANY,
            Some((3, 7, b'z')),
            "`%pause` and `%continue` stand inside a block",
            "the parser expects them where the command causes them",
        ),
        quirk(
            "message-inside",
            (3, 4, 0),
            None,
            "`%message` stands inside a block",
            "the parser expects it where the command causes it",
        ),
        quirk(
            "lf-in-feed",
            ANY,
            None,
            "a line feed in the value of a subscription writes lines into the protocol",
            "the feed holds ids, numbers and layouts only",
        ),
        quirk(
            "partial-identify",
            ANY,
            Some((3, 6, b'z')),
            "a control client that goes away while it introduces itself ends the server (tmux#5004)",
            "the control flag goes last, in one piece with the command",
        ),
        quirk(
            "no-ttyname",
            ANY,
            None,
            "a client that doesn't name its terminal ends the server",
            "it is always named",
        ),
        quirk(
            "argc-lie",
            ANY,
            Some((3, 6, b'z')),
            "a wrong count of arguments ends the server",
            "they are counted where they are written",
        ),
        quirk(
            "exit-waits",
            ANY,
            None,
            "a server that ends waits for control clients to answer",
            "a thread answers at once",
        ),
        quirk(
            "env-unset",
            ANY,
            None,
            "a new session marks variables as removed that its client didn't send",
            "the environment is sent",
        ),
        quirk(
            "raw-window-name",
            ANY,
            Some((3, 6, b'z')),
            "`-n` stores line feeds and invalid UTF-8 as they are",
            "fields are counted, not lines, and values are bytes",
        ),
        quirk(
            "break-pane",
            (3, 7, 0),
            Some((3, 7, 0)),
            "`break-pane` without `-n` ends the server",
            "there always is a name",
        ),
        quirk(
            "paste-filter",
            (3, 7, 0),
            None,
            "`paste-buffer` filters control bytes",
            "`-S` where it is known",
        ),
        quirk(
            "argc-1000",
            (3, 7, 0),
            None,
            "more than 1000 arguments are refused",
            "longer calls go through `source-file -`",
        ),
        quirk(
            "refresh-l",
            ANY,
            Some((3, 6, 0)),
            "`refresh-client -l` can end the server",
            "not offered",
        ),
        quirk(
            "control-close",
            ANY,
            Some((3, 6, b'z')),
            "a control client that vanishes can end the server (tmux#4980)",
            "clients leave by the end of their input",
        ),
        quirk(
            "exit-hang",
            ANY,
            Some((3, 7, b'z')),
            "a spawned control client with output that it can't get rid of never ends (tmux#5356)",
            "leaving has a time limit, and then the client is ended",
        ),
        quirk(
            "kill-race",
            (3, 3, 0),
            Some((3, 6, b'z')),
            "what is sent directly after `kill-server` is lost",
            "`Server::kill_server` waits until the server is gone",
        ),
        quirk(
            "missed-child",
            (3, 3, b'a'),
            Some((3, 3, b'a')),
            "the exit status of a dead pane sometimes stays unknown until another child of the server ends",
            "the status is optional",
        ),
        quirk(
            "bad-directory",
            ANY,
            None,
            "a directory that is missing is silently another one (3.3: that of the server)",
            "the methods of `Server` check it first",
        ),
        quirk(
            "buffer-absent",
            (3, 2, 0),
            Some((3, 2, b'z')),
            "`delete-buffer` of a buffer that isn't there deletes the newest one",
            "`Server::delete_buffer` looks first",
        ),
        quirk(
            "two-stdin",
            ANY,
            None,
            "a call with two commands that read standard input never returns",
            "the second one's data stands in the command",
        ),
        quirk(
            "parse-error-stdout",
            ANY,
            None,
            "an error in the language of `source-file -` is told on standard output, and nothing runs",
            "it is found there",
        ),
        quirk(
            "hook-output",
            ANY,
            None,
            "the user's hooks print among our rows, and their failure is our exit status",
            "rows begin with a tag of their own, and what was printed counts",
        ),
        quirk(
            "alias-shadow",
            ANY,
            None,
            "the user's `command-alias` replaces a command",
            "rows are counted, and what lacks some is an error that says so",
        ),
        quirk(
            "job-after-check",
            (3, 7, 0),
            None,
            "`#(…)` in a name runs before the name is refused",
            "literals are escaped",
        ),
        quirk(
            "waiter-leak",
            ANY,
            Some((3, 7, b'z')),
            "a `wait-for` that was cut off swallows the next signal of its channel",
            "none: use a channel's name once",
        ),
        quirk(
            "read-only-hole",
            ANY,
            Some((3, 7, b'z')),
            "a read-only control client can change things all the same",
            "none: it is no sandbox",
        ),
    ];
}

impl Version {
    /// What is known to be wrong with this version. A development version counts as the newest.
    pub fn quirks(&self) -> impl Iterator<Item = &'static Quirk> {
        Quirk::ALL
            .iter()
            .filter(|quirk| self.is_from(quirk.first) && quirk.last.is_none_or(|last| self.is_until(last)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(version: &str, id: &str) -> bool {
        Version::parse(version).quirks().any(|quirk| quirk.id == id)
    }

    #[test]
    fn a_version_has_the_quirks_of_its_range() {
        for (id, with, without) in [
            (
                "vis-dollar",
                &["3.4"][..],
                &["3.3a", "3.5", "3.5a", "3.8", "master"][..],
            ),
            ("vis-output", &["3.4", "3.5", "3.5a"], &["3.3a", "3.6", "3.6b"]),
            ("layout-any", &["3.3", "3.3a"], &["3.2a", "3.4"]),
            ("layout-huge", &["3.2a", "3.6b", "3.7c"], &["3.8", "next-3.9"]),
            ("mute-kills", &["3.2a", "3.6b"], &["3.7c", "3.8"]),
            ("break-pane", &["3.7"], &["3.7a", "3.6b"]),
            ("argc-1000", &["3.7c", "3.8", "openbsd-7.6"], &["3.6b"]),
            ("first-80x23", &["3.2a"], &["3.3a"]),
            ("utf8-flag", &["3.2a", "3.8", "master"], &[]),
        ] {
            for version in with {
                assert!(has(version, id), "{version} {id}");
            }
            for version in without {
                assert!(!has(version, id), "{version} {id}");
            }
        }
    }

    #[test]
    fn every_quirk_has_a_name_of_its_own() {
        let mut names: Vec<&str> = Quirk::ALL.iter().map(|quirk| quirk.id).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Quirk::ALL.len());
    }
}
