//! What a verb tells while it works. The set is closed: front ends decide how each looks.

use std::path::PathBuf;

/// Something that the user may want to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// Another process is at it; this one waits for so many seconds at most.
    WaitingForLock {
        /// Who holds the lock, if that is known.
        holder: Option<String>,
        /// Seconds.
        limit: u64,
    },
    /// A directory of ours could be read by others, and now can't.
    Tightened {
        /// The directory.
        directory: PathBuf,
    },
    /// The command line names another tmux server than the project does.
    ServerOverridden {
        /// The project.
        project: String,
        /// Its server, as options of tmux.
        server: String,
    },
    /// There is no agent on this machine: the left pane has a shell.
    NoAgent {
        /// The program that was looked for.
        program: String,
    },
    /// The session that was left lives on.
    SessionKept {
        /// Its name.
        session: String,
        /// Why.
        why: String,
    },
    /// A saved state is unusual.
    StateNotice {
        /// The project.
        project: String,
        /// What about it.
        notice: String,
    },
    /// A hook failed, and what it was for goes on.
    HookFailed {
        /// Its key in the config.
        hook: String,
        /// What ran.
        command: String,
        /// How it ended.
        why: String,
    },
    /// What saves by itself saves less than the watcher would; told once.
    HintWatch,
    /// What is being done, of a verb that does many things.
    Step(String),
    /// How far a backup is.
    BackupProgress(session_recovery::backup::Progress),
    /// Something that a new session lacks.
    Lacks {
        /// The project.
        project: String,
        /// What about it.
        what: String,
    },
    /// Something that was rebuilt isn't as it was.
    Difference {
        /// The project.
        project: String,
        /// Window and pane, as `0.1`.
        pane: String,
        /// What differs.
        what: String,
    },
}

/// Takes the events of a verb.
pub type Events<'a> = &'a mut dyn FnMut(Event);
