//! Which tmux server a project's session lives in: the `server` of its table.

use std::fmt;
use std::path::{Path, PathBuf};

use tmux_core::Socket;

use super::env::Environment;
use crate::error::Error;
use crate::paths;

/// A tmux server, as tmux's own options name it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ServerName {
    /// The name of a socket (`-L`).
    Name(String),
    /// The path of a socket (`-S`).
    Path(PathBuf),
}

impl ServerName {
    /// What has a slash is a path, all else a name. `key` is for the error.
    ///
    /// # Errors
    ///
    /// [`Error::Value`].
    pub(crate) fn parse(key: &str, text: &str, environment: &Environment) -> Result<Self, Error> {
        let refused = |why: &str| Error::Value {
            name: key.to_owned(),
            value: text.to_owned(),
            why: why.to_owned(),
        };
        if let Some(why) = unusable(text) {
            return Err(refused(why));
        }
        if !text.contains('/') {
            return Ok(Self::Name(text.to_owned()));
        }
        let path = paths::expand(Path::new(text), environment)?;
        match path.is_absolute() {
            true => Ok(Self::Path(path)),
            false => Err(refused("a path must be absolute or begin with ~/")),
        }
    }

    /// Its socket.
    pub fn socket(&self, environment: &Environment) -> Socket {
        match self {
            Self::Name(name) => named(name.into(), environment),
            Self::Path(path) => Socket::at_path(path),
        }
    }
}

/// The options of tmux and of tsm that name it.
impl fmt::Display for ServerName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => write!(f, "-L {name}"),
            Self::Path(path) => write!(f, "-S {}", path.display()),
        }
    }
}

/// Why a text names no server, if it doesn't.
pub(crate) fn unusable(text: &str) -> Option<&'static str> {
    if text.is_empty() || [".", ".."].contains(&text) || text.ends_with('/') {
        Some("it is no socket's name and no socket's path")
    } else if text.starts_with('-') {
        Some("it would look like an option")
    } else if text.chars().any(char::is_control) {
        Some("it has a control character")
    } else {
        None
    }
}

/// The socket of this name, where tmux of this environment has it.
pub(crate) fn named(name: std::ffi::OsString, environment: &Environment) -> Socket {
    let uid = rustix::process::getuid().as_raw();
    Socket::named(name, environment.tmux_tmpdir.as_deref(), uid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slash_makes_it_a_path() {
        let environment = Environment {
            home: Some("/home/me".into()),
            tmux_tmpdir: Some("/run/me".into()),
            ..Environment::default()
        };
        let parse = |text: &str| ServerName::parse("projects.a.server", text, &environment);
        let work = parse("work").expect("a name");
        let directory = format!("/run/me/tmux-{}", rustix::process::getuid().as_raw());
        assert_eq!(work.socket(&environment).path(), Path::new(&directory).join("work"));
        assert_eq!(work.to_string(), "-L work");
        let path = parse("~/s ocket").expect("a path");
        assert_eq!(path.socket(&environment).path(), Path::new("/home/me/s ocket"));
        assert_eq!(path.to_string(), "-S /home/me/s ocket");
        for text in ["", ".", "..", "-x", "a\nb", "/tmp/", "run/s", "./s", "~me/s"] {
            let error = parse(text).expect_err(text);
            assert!(
                matches!(&error, Error::Value { name, .. } if name == "projects.a.server"),
                "{error}"
            );
        }
    }
}
