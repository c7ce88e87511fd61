//! Which tmux server a project's session lives in: the `server` of its table.

use std::os::unix::fs::{FileTypeExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::{fmt, fs};

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

/// Makes sure that a server can be started on a socket of this path, and nothing but a socket gives way to it: tmux removes
/// whatever is there.
///
/// # Errors
///
/// [`Error::SocketPlace`].
pub(crate) fn check_place(socket: &Path) -> Result<(), Error> {
    let refused = |why: &'static str| Error::SocketPlace {
        path: socket.to_owned(),
        why,
    };
    // Of a link to nothing tmux would remove the link.
    let is_socket = || fs::metadata(socket).is_ok_and(|found| found.file_type().is_socket());
    if fs::symlink_metadata(socket).is_ok() && !is_socket() {
        return Err(refused(
            "something is there that is no socket, and tmux would remove it",
        ));
    }
    let parent = socket.parent().unwrap_or(Path::new("/"));
    let Ok(directory) = fs::metadata(parent) else {
        // tmux makes the directory of names itself.
        let of_names = format!("tmux-{}", rustix::process::getuid().as_raw());
        return match parent.file_name().is_some_and(|name| *name == *of_names) {
            true => Ok(()),
            false => Err(refused("its directory doesn't exist")),
        };
    };
    let (mode, owner) = (directory.mode(), directory.uid());
    let (open, sticky) = (mode & 0o002 != 0, mode & 0o1000 != 0);
    let strange = owner != 0 && owner != rustix::process::geteuid().as_raw();
    match sticky || !open && !strange {
        true => Ok(()),
        false => Err(refused("others could put a server of theirs there")),
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make directories")]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};
    use std::os::unix::net::UnixListener;

    use super::*;

    #[test]
    fn nothing_but_a_socket_gives_way() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path();
        let here = |name: &str| check_place(&root.join(name)).map_err(|error| error.to_string());
        assert_eq!(here("free"), Ok(()));
        let of_names = format!("tmux-{}/work", rustix::process::getuid().as_raw());
        assert_eq!(here(&of_names), Ok(()), "tmux makes it");
        assert!(here("missing/free").expect_err("missing").contains("doesn't exist"));
        drop(UnixListener::bind(root.join("stale")).expect("a socket"));
        symlink(root.join("stale"), root.join("link")).expect("a link");
        assert_eq!((here("stale"), here("link")), (Ok(()), Ok(())));
        fs::write(root.join("notes"), "mine").expect("written");
        symlink(root.join("nowhere"), root.join("dangling")).expect("a link");
        fs::create_dir(root.join("directory")).expect("made");
        for name in ["notes", "dangling", "directory"] {
            assert!(here(name).expect_err(name).contains("no socket"), "{name}");
        }
        let open = root.join("open");
        fs::create_dir(&open).expect("made");
        fs::set_permissions(&open, Permissions::from_mode(0o777)).expect("open to all");
        assert!(here("open/s").expect_err("open").contains("others"));
        fs::set_permissions(&open, Permissions::from_mode(0o1777)).expect("as /tmp");
        assert_eq!(here("open/s"), Ok(()));
    }

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
