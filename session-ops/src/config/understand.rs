//! Understanding as much of a config file as can be understood.
//!
//! A key that doesn't exist is told and left out. A value of the wrong kind takes what it belongs to with it: its project,
//! its agent, its event's hooks, or the one setting. Nothing acts on half of a setting: what a verb needs and what is wrong
//! stops that verb ([`Problem::concerns`]); all others go on. A file that isn't TOML is no config at all.

use std::fmt;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Deserializer};

use super::file::{ConfigFile, ConfigFileError, explain};
use crate::error::Error;

/// A file with more problems than that isn't a config.
const MOST: usize = 200;

/// Tables whose entries stand or fall as a whole.
const WHOLE: [&str; 4] = ["projects", "agents", "hooks", "templates"];

/// Something in the config file that can't be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The file.
    pub file: PathBuf,
    /// The line, from 1.
    pub line: usize,
    /// What isn't used because of it, as a key: `projects.web`.
    pub key: String,
    /// Whether the key doesn't exist; else its value is wrong.
    pub unknown: bool,
    /// What is wrong.
    pub message: String,
    /// The existing key that is most like it.
    pub nearest: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            file, line, message, ..
        } = self;
        write!(f, "{}:{line}: {message}", file.display())?;
        match (&self.nearest, self.unknown) {
            (Some(nearest), _) => write!(f, " (did you mean `{nearest}`?)"),
            (None, true) => Ok(()),
            (None, false) => write!(f, " ({} isn't used)", self.key),
        }
    }
}

impl Problem {
    /// Whether a verb needs what is wrong.
    pub fn concerns(&self, verb: &str) -> bool {
        let section = self.key.split('.').next().unwrap_or_default();
        // What a project says is asked where that project is acted on.
        if self.unknown || section == "projects" {
            return false;
        }
        let making = ["prefix", "window_name", "agent", "agents", "template", "templates"];
        let needed: &[&[&str]] = match verb {
            "switch" => &[&making, &["switch", "stop", "state", "hooks"]],
            "create" => &[&making, &["hooks"]],
            "restore" => &[&making, &["restore", "hooks"]],
            "kill" => &[&["stop", "state", "hooks"]],
            "save" => &[&["state", "hooks"]],
            "send" => &[&["agents"]],
            "adopt" => &[&["prefix"]],
            _ => &[],
        };
        // Where the states are is what everything is about.
        section == "state_dir" || needed.iter().any(|sections| sections.contains(&section))
    }

    /// The same as an error.
    pub fn error(&self) -> ConfigFileError {
        let (path, line) = (self.file.clone(), self.line);
        ConfigFileError::Invalid {
            path,
            line,
            message: format!("{} (so {} can't be used)", self.message, self.key),
        }
    }
}

/// A config file as far as it is understood.
pub(super) struct Understanding<'a> {
    text: &'a str,
    path: &'a Path,
    table: Spanned<DeTable<'a>>,
    /// What was left out.
    pub(super) problems: Vec<Problem>,
}

impl<'a> Understanding<'a> {
    /// Of this text; `path` is for what is told.
    ///
    /// # Errors
    ///
    /// [`ConfigFileError::Invalid`] if it isn't TOML.
    pub(super) fn of(text: &'a str, path: &'a Path) -> Result<Self, ConfigFileError> {
        let table = DeTable::parse(text).map_err(|error| explain(&error, text, path))?;
        Ok(Self {
            text,
            path,
            table,
            problems: Vec::new(),
        })
    }

    /// What is left when everything was left out that has no place or isn't of the right kind.
    pub(super) fn file(&mut self) -> Result<ConfigFile, ConfigFileError> {
        loop {
            let error = match ConfigFile::deserialize(Deserializer::from(self.table.clone())) {
                Ok(file) => return Ok(file),
                Err(error) => error,
            };
            let explained = explain(&error, self.text, self.path);
            let place = error.span().and_then(|span| place(self.table.get_ref(), &span));
            let Some(place) = place.filter(|_| self.problems.len() < MOST) else {
                return Err(explained);
            };
            self.leave_out(place, explained);
        }
    }

    /// Leaves out the setting that an error of a later check names, and says whether the file has it.
    pub(super) fn without(&mut self, error: &Error) -> bool {
        let (key, message) = match error {
            Error::Value { name, .. } => (name.split('.').map(str::to_owned).collect(), error.to_string()),
            Error::InvalidName { name } => (vec!["projects".to_owned(), name.clone()], error.to_string()),
            _ => return false,
        };
        let Some((place, span)) = nearest_place(self.table.get_ref(), &key) else {
            return false;
        };
        if self.problems.len() >= MOST {
            return false;
        }
        let (path, line) = (self.path.to_owned(), line(self.text, span.start));
        self.leave_out(place, ConfigFileError::Invalid { path, line, message });
        true
    }

    fn leave_out(&mut self, mut place: Vec<String>, error: ConfigFileError) {
        let (line, message, unknown, nearest) = match error {
            ConfigFileError::UnknownKey { line, key, nearest, .. } => {
                (line, format!("there is no key `{key}` here"), true, nearest)
            }
            ConfigFileError::Invalid { line, message, .. } => (line, message, false, None),
            other => (1, other.to_string(), false, None),
        };
        // Hooks that lack one of theirs are other hooks, also by a misspelt key.
        let in_whole = place.first().is_some_and(|first| WHOLE.contains(&first.as_str()));
        let hook = place.iter().any(|key| key == "hooks");
        let unknown = unknown && !(hook && place.len() > 1);
        if !unknown {
            place.truncate(if in_whole { 2 } else { place.len() });
        }
        remove(self.table.get_mut(), &place);
        self.problems.push(Problem {
            file: self.path.to_owned(),
            line,
            key: place.join("."),
            unknown,
            message,
            nearest,
        });
    }
}

fn line(text: &str, at: usize) -> usize {
    text.get(..at).unwrap_or_default().matches('\n').count() + 1
}

/// The key that a part of the text belongs to: the innermost.
fn place(table: &DeTable<'_>, span: &Range<usize>) -> Option<Vec<String>> {
    fn search(table: &DeTable<'_>, at: usize, path: &[String], best: &mut Option<(usize, Vec<String>)>) {
        for (key, value) in table.iter() {
            let path = [path, &[key.get_ref().to_string()]].concat();
            for found in [key.span(), value.span()] {
                let better = best.as_ref().is_none_or(|(length, _)| found.len() <= *length);
                if found.contains(&at) && better {
                    *best = Some((found.len(), path.clone()));
                }
            }
            // The parts of a table may stand anywhere.
            if let DeValue::Table(inner) = value.get_ref() {
                search(inner, at, &path, best);
            }
        }
    }
    let mut best = None;
    search(table, span.start, &[], &mut best);
    best.map(|(_, path)| path)
}

/// As much of a key as the file has, if it has any, and where that is.
fn nearest_place(table: &DeTable<'_>, key: &[String]) -> Option<(Vec<String>, Range<usize>)> {
    let (first, rest) = key.split_first()?;
    let (found, value) = table.iter().find(|(known, _)| known.get_ref().as_ref() == first)?;
    let here = (vec![first.clone()], found.span());
    match value.get_ref() {
        DeValue::Table(inner) if !rest.is_empty() => Some(match nearest_place(inner, rest) {
            Some((path, span)) => ([vec![first.clone()], path].concat(), span),
            None => here,
        }),
        _ => Some(here),
    }
}

fn remove(table: &mut DeTable<'_>, place: &[String]) {
    let Some((first, rest)) = place.split_first() else {
        return;
    };
    if rest.is_empty() {
        table.remove(first.as_str());
        return;
    }
    let inner = table.iter_mut().find(|(key, _)| key.get_ref().as_ref() == first);
    if let Some(DeValue::Table(inner)) = inner.map(|(_, value)| value.get_mut()) {
        remove(inner, rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn understood(text: &str) -> (ConfigFile, Vec<String>) {
        let mut understanding = Understanding::of(text, Path::new("/c")).expect("TOML");
        let file = understanding.file().expect("a config");
        let problems = understanding.problems.iter();
        let problems = problems.map(|problem| format!("{} {} {}", problem.line, problem.key, problem.unknown));
        (file, problems.collect())
    }

    #[test]
    fn all_problems_are_found_and_the_rest_counts() {
        let text = "prefix = 'work'\nlock_timeout = 'x'\nprefxi = 1\n[switch]\nleave = 'no'\nrunnin = 'x'\nrunning = 'keep'\n\
                    [projects.a]\npath = '/a'\npfad = 1\n[projects.b]\npath = 3\n[projects.c]\ndescription = 'no path'\n\
                    [projects.d]\npath = '/d'\nhooks.pre_kil = 'x'\n[hooks]\npre_save = 1\npost_save = 'true'\nnotify = { run = 'x', every = 2 }\n\
                    [agents.mine]\nprogram = 1\n[log]\nkeep = -1\n";
        let (file, problems) = understood(text);
        let mut expected = [
            "2 lock_timeout false",
            "3 prefxi true",
            "5 switch.leave false",
            "6 switch.runnin true",
            "10 projects.a.pfad true",
            "12 projects.b false",
            "13 projects.c false",
            "17 projects.d false",
            "19 hooks.pre_save false",
            "21 hooks.notify false",
            "23 agents.mine false",
            "25 log.keep false",
        ];
        let mut problems: Vec<&str> = problems.iter().map(String::as_str).collect();
        problems.sort_unstable();
        expected.sort_unstable();
        assert_eq!(problems, expected);
        assert_eq!(file.prefix.as_deref(), Some("work"));
        assert_eq!(file.projects.keys().collect::<Vec<_>>(), ["a"]);
        assert_eq!(file.hooks.len(), 1);
        assert!(file.switch.running.is_some());
    }

    #[test]
    fn what_is_no_toml_is_no_config() {
        for text in ["= 1", "a = [", "a = 1\na = 2\n", "[x]\n[x]\n", "\u{0}"] {
            assert!(Understanding::of(text, Path::new("/c")).is_err(), "{text:?}");
        }
        let many: String = (0..300).map(|n| format!("k{n} = 1\n")).collect();
        assert!(Understanding::of(&many, Path::new("/c")).expect("TOML").file().is_err());
    }

    #[test]
    fn whom_a_problem_concerns() {
        let problem = |key: &str, unknown| Problem {
            file: "/c".into(),
            line: 1,
            key: key.to_owned(),
            unknown,
            message: String::new(),
            nearest: None,
        };
        for (key, verb, expected) in [
            ("state_dir", "list", true),
            ("switch.leave", "switch", true),
            ("switch.leave", "list", false),
            ("hooks.pre_save", "save", true),
            ("log.format", "switch", false),
            ("projects.web", "switch", false),
            ("prefix", "create", true),
        ] {
            assert_eq!(problem(key, false).concerns(verb), expected, "{key} {verb}");
        }
        assert!(!problem("switch.laeve", true).concerns("switch"));
    }
}
