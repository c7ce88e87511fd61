//! What of the machine and the user's environment matters to tsm, in one place that tests can set.

use std::path::{Path, PathBuf};

use bstr::ByteSlice;

use super::{Check, Scene};
use crate::config::env::Environment;

/// The machine as the checks see it.
#[derive(Debug, Clone)]
pub(super) struct Machine {
    /// Below this its files are looked for.
    pub(super) root: PathBuf,
    /// The user's number.
    pub(super) uid: u32,
    /// The user's name, as the environment has it.
    pub(super) user: Option<String>,
    /// The locale that programs are started with.
    pub(super) locale: Option<String>,
}

impl Machine {
    pub(super) fn of(environment: &Environment) -> Self {
        let variable = |name: &str| {
            let found = environment.variables.iter().find(|(known, _)| known == name);
            found
                .map(|(_, value)| value.to_str_lossy().into_owned())
                .filter(|value| !value.is_empty())
        };
        let user = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
        Self {
            root: "/".into(),
            uid: rustix::process::geteuid().as_raw(),
            user: user.map(|user| user.name).or_else(|| variable("USER")),
            locale: variable("LC_ALL")
                .or_else(|| variable("LC_CTYPE"))
                .or_else(|| variable("LANG")),
        }
    }

    /// A file of the machine; `path` is absolute.
    pub(super) fn file(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// What a file of the machine says, lossily; empty if it isn't there.
    pub(super) fn read(&self, path: impl AsRef<Path>) -> String {
        let bytes = std::fs::read(self.file(path)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// The files in a directory of the machine, by name.
    pub(super) fn list(&self, directory: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.file(directory)).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.sort();
        files
    }
}

pub(super) fn locale(scene: &Scene<'_>) -> Vec<Check> {
    vec![of_locale(&scene.machine)]
}

fn of_locale(machine: &Machine) -> Check {
    const NAME: &str = "locale";
    let remedy = "set LANG to one of `locale -a` that ends in UTF-8, for example C.UTF-8";
    match &machine.locale {
        Some(locale) => {
            let lower = locale.to_lowercase();
            if lower.contains("utf-8") || lower.contains("utf8") {
                Check::ok(NAME, locale.as_str())
            } else {
                let detail = format!("{locale} is no UTF-8 locale: tmux shows other characters than ASCII as `_`");
                Check::warning(NAME, detail, remedy)
            }
        }
        None => Check::warning(
            NAME,
            "none is set: tmux shows other characters than ASCII as `_`",
            remedy,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::Status;
    use super::*;

    #[test]
    fn only_utf_8_will_do() {
        for (locale, status) in [
            (Some("C.UTF-8"), Status::Ok),
            (Some("de_DE.utf8"), Status::Ok),
            (Some("C"), Status::Warning),
            (Some("de_DE@euro"), Status::Warning),
            (None, Status::Warning),
        ] {
            let machine = Machine {
                root: "/".into(),
                uid: 1,
                user: None,
                locale: locale.map(str::to_owned),
            };
            assert_eq!(of_locale(&machine).status, status, "{locale:?}");
        }
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let of = |pairs: &[(&str, &str)]| {
            let variables = pairs.iter().map(|(name, value)| ((*name).into(), (*value).into()));
            Machine::of(&Environment {
                variables: variables.collect(),
                ..Environment::default()
            })
            .locale
        };
        assert_eq!(of(&[("LANG", "a"), ("LC_ALL", "b")]).as_deref(), Some("b"));
        assert_eq!(
            of(&[("LANG", "a"), ("LC_ALL", ""), ("LC_CTYPE", "c")]).as_deref(),
            Some("c")
        );
        assert_eq!(of(&[]), None);
    }
}
