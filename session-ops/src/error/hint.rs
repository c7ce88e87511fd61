//! What to do now.

use session_lock::LockError;
use session_state::StoreError;

use super::Error;
use crate::config::ConfigFileError;

impl Error {
    /// What to do now, if there is more to say than the message does.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Config(ConfigFileError::UnknownKey { nearest, .. }) => {
                nearest.as_ref().map(|key| format!("did you mean `{key}`?"))
            }
            Self::Template { source, .. } => source.hint(),
            Self::Lives { project } => Some(format!("`tsm switch {project} --fresh --template NAME` replaces it")),
            Self::ConfigChanged { .. } => Some("try again".to_owned()),
            Self::InvalidName { .. } => Some(
                "letters, digits, `_`, `@` and `-` make a name; a directory is given as a path, `./NAME`".to_owned(),
            ),
            Self::UnknownProject { nearest, .. } if nearest.is_empty() => {
                Some("`tsm list --all` shows the projects; a directory, `tsm switch .`, becomes one".to_owned())
            }
            Self::NoMatch { nearest, .. } if nearest.is_empty() => {
                Some("`tsm list --all` shows the projects".to_owned())
            }
            Self::UnknownProject { nearest, .. } | Self::NoMatch { nearest, .. } => {
                Some(format!("did you mean {}?", nearest.join(" or ")))
            }
            Self::Foreign { project, .. } => Some(format!("`tsm adopt {project}` makes it tsm's")),
            Self::NoBranch { .. } => Some("--new-branch makes it, from what the repository is on".to_owned()),
            Self::NoWorktree { .. } => Some("--worktree makes one; a PATH names another directory".to_owned()),
            Self::NoSession { project } => Some(format!("`tsm switch {project}` makes one")),
            Self::NoSessionThere { .. } => Some("`tsm list` shows the sessions that there are".to_owned()),
            Self::NoState { project } => Some(format!("`tsm save {project}` makes one")),
            Self::OtherServer { project, .. } => Some(format!(
                "`tmux detach-client -E 'tsm switch {project}'` detaches this terminal and goes there; --no-attach makes \
                 the session and shows nothing"
            )),
            Self::LivesElsewhere { project, socket } => Some(format!(
                "outside of tmux `tsm -S {0} attach {project}` goes there; `tsm -S {0} kill {project}` saves and ends it, \
                 and then it can be made here",
                socket.display()
            )),
            Self::SeveralServers { .. } => Some("name them in a call for each server".to_owned()),
            Self::NotInside => Some("name a project".to_owned()),
            Self::SkipsPermissions { agent } => Some(format!(
                "agents.{agent}.sandbox = true in the config allows it, for a machine that can be lost"
            )),
            Self::AgentMissing { .. } => Some("install it, or set agent = \"auto\" in the config".to_owned()),
            Self::OthersOnServer { .. } => Some("--restart-server ends it with everything in it".to_owned()),
            Self::ServerKept { .. } => Some(
                "all else is done; `tsm-recovery emergency --restart-server` ends it with everything in it".to_owned(),
            ),
            Self::Unfinished { .. } => Some("--force leaves it all the same".to_owned()),
            Self::Kept { .. } => Some("--force ends it".to_owned()),
            Self::Hook { hook, file, .. } => {
                let event = hook.rsplit('.').next().unwrap_or_default();
                Some(format!(
                    "{hook} is in {}; `tsm logs` has what it printed, `tsm hooks test {event}` runs it, and with \
                     TSM_HOOKS=off none runs",
                    file.display()
                ))
            }
            Self::Lock(LockError::Busy { .. }) | Self::Store(StoreError::Lock(LockError::Busy { .. })) => {
                Some("try again, or wait longer with --lock-timeout SECONDS".to_owned())
            }
            Self::Lock(LockError::NetworkFileSystem { .. })
            | Self::Store(StoreError::Lock(LockError::NetworkFileSystem { .. })) => Some(
                "let XDG_STATE_HOME be on a local disk; or, if only one machine uses it, set allow_network_fs = true \
                 in the config"
                    .to_owned(),
            ),
            Self::Tmux(tmux_core::Error::BinaryMissing { .. }) => {
                Some("install tmux, or name it with the variable TSM_TMUX".to_owned())
            }
            Self::Tmux(tmux_core::Error::TooOld { .. }) => Some("install a newer tmux".to_owned()),
            Self::Tmux(tmux_core::Error::VersionSkew { .. }) => {
                Some("the server runs an older or newer tmux than the one in PATH; name that with TSM_TMUX".to_owned())
            }
            Self::Tmux(tmux_core::Error::NoServer { .. }) => Some(
                "`tsm switch PROJECT` makes a session, `tsm restore` brings back what was lost; either starts one"
                    .to_owned(),
            ),
            Self::Tmux(error) if error.is_unavailable() => {
                Some("states are saved; `tsm restore` brings sessions back when the server is gone".to_owned())
            }
            Self::Backup(error) => crate::backup::hint(error).map(str::to_owned),
            _ => None,
        }
    }
}
