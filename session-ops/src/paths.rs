//! Where things lie.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::config::env::Environment;
use crate::error::Error;

/// The directory for locks, logs and what agents record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StateHome(PathBuf);

impl StateHome {
    /// `$XDG_STATE_HOME/tsm`, default `~/.local/state/tsm`.
    ///
    /// # Errors
    ///
    /// [`Error::Variable`] without `HOME`.
    pub fn find(environment: &Environment) -> Result<Self, Error> {
        let base = match &environment.xdg_state_home {
            Some(base) => base.clone(),
            None => home(environment)?.join(".local/state"),
        };
        Ok(Self(base.join("tsm")))
    }

    /// The directory itself.
    pub fn directory(&self) -> &Path {
        &self.0
    }

    /// The lock that serialises what changes the server on this socket. The path must be resolved.
    pub fn operation_lock(&self, socket: &Path) -> PathBuf {
        self.lock("operation", socket)
    }

    /// The lock that is held while files of this state directory are committed. The path must be resolved.
    pub fn store_lock(&self, state_dir: &Path) -> PathBuf {
        self.lock("store", state_dir)
    }

    /// The directory of what is kept of agents.
    pub fn agents(&self) -> PathBuf {
        self.0.join("agents")
    }

    /// What an agent's pane records of its agent; `id` is the session's.
    pub fn agent_record(&self, id: &str) -> PathBuf {
        self.agents().join(format!("{id}.toml"))
    }

    /// The lock that serialises the texts that are sent to a session; `id` is the session's.
    pub fn send_lock(&self, id: &str) -> PathBuf {
        self.lock("send", Path::new(id))
    }

    /// The lock under which this config file is edited. The path must be resolved.
    pub fn config_lock(&self, file: &Path) -> PathBuf {
        self.lock("config", file)
    }

    /// The log.
    pub fn log(&self) -> PathBuf {
        self.0.join("tsm.log")
    }

    fn lock(&self, kind: &str, key: &Path) -> PathBuf {
        self.0
            .join("locks")
            .join(format!("{kind}-{}", hex_digest(key.as_os_str().as_bytes(), 8)))
    }
}

/// The home directory.
///
/// # Errors
///
/// [`Error::Variable`] without `HOME`.
pub fn home(environment: &Environment) -> Result<&Path, Error> {
    environment.home.as_deref().ok_or(Error::Variable { variable: "HOME" })
}

/// `path` with a leading `~/` replaced by the home directory.
///
/// # Errors
///
/// [`Error::Variable`] if that is needed and `HOME` isn't set.
pub fn expand(path: &Path, environment: &Environment) -> Result<PathBuf, Error> {
    match path.strip_prefix("~") {
        Ok(rest) => Ok(home(environment)?.join(rest)),
        Err(_) => Ok(path.to_owned()),
    }
}

/// An absolute path without links as far as it exists, so that one place has one lock under all its names.
pub fn resolve(path: &Path, environment: &Environment) -> PathBuf {
    let path = match (&environment.current_dir, path.is_absolute()) {
        (Some(current), false) => current.join(path),
        _ => path.to_owned(),
    };
    if let Ok(resolved) = path.canonicalize() {
        return resolved;
    }
    // What doesn't exist yet is resolved through the directory that will hold it.
    match (path.parent(), path.file_name()) {
        (Some(parent), Some(name)) => resolve(parent, environment).join(name),
        _ => path,
    }
}

/// The first `bytes` bytes of the SHA-256 of `text`, in hex.
pub(crate) fn hex_digest(text: &[u8], bytes: usize) -> String {
    Sha256::digest(text)
        .iter()
        .take(bytes)
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_place_has_one_lock() {
        let root = tempfile::tempdir().expect("a directory");
        let environment = Environment {
            current_dir: Some(root.path().to_owned()),
            ..Environment::default()
        };
        std::os::unix::fs::symlink(root.path(), root.path().join("link")).expect("a link");
        let direct = resolve(&root.path().join("states/deep"), &environment);
        assert_eq!(resolve(Path::new("link/states/deep"), &environment), direct);
        let home = StateHome(PathBuf::from("/s"));
        assert_eq!(
            home.store_lock(&direct),
            home.store_lock(&resolve(Path::new("states/deep"), &environment))
        );
        assert_ne!(home.store_lock(&direct), home.operation_lock(&direct));
    }

    #[test]
    fn a_tilde_is_the_home_directory() {
        let environment = Environment {
            home: Some("/home/u".into()),
            ..Environment::default()
        };
        assert_eq!(
            expand(Path::new("~/a"), &environment).expect("expanded"),
            Path::new("/home/u/a")
        );
        assert_eq!(
            expand(Path::new("~user/a"), &environment).expect("as is"),
            Path::new("~user/a")
        );
        assert!(expand(Path::new("~/a"), &Environment::default()).is_err());
    }
}
