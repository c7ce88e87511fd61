//! Which projects a verb is about that takes several: names, directories, and globs like `'api-*'`.

use std::collections::BTreeSet;
use std::ffi::OsString;

use glob::Pattern;

use crate::context::Context;
use crate::error::Error;
use crate::live::Live;
use crate::project::{Project, nearest};

/// Everything there is, even if that is nothing.
pub const ALL: &str = "*";

/// What a glob is matched against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Among {
    /// Projects with a session of ours.
    Sessions,
    /// Projects with a saved state.
    States,
    /// All projects of the config and of the states.
    Known,
}

/// Whether an argument is a glob: it has what no project's name has, and nothing else that a name can't have.
pub fn is_glob(argument: &std::ffi::OsStr) -> bool {
    let bytes = argument.as_encoded_bytes();
    let possible = |byte: &u8| byte.is_ascii_alphanumeric() || b"_@-*?[]!".contains(byte);
    bytes.iter().all(possible) && bytes.iter().any(|byte| b"*?[".contains(byte))
}

/// The projects that are meant, each once, in the order in which they are given.
///
/// A name that is wrong is an error before anything is done, also beside others that aren't.
///
/// # Errors
///
/// [`Error::NoMatch`] for a glob that matches nothing, else those of [`Live::resolve`].
pub(crate) fn select(
    context: &Context,
    live: &Live,
    arguments: &[OsString],
    among: Among,
) -> Result<Vec<Project>, Error> {
    let mut seen = BTreeSet::new();
    let mut chosen = Vec::new();
    let mut choose = |project: Project| {
        if seen.insert(project.name.clone()) {
            chosen.push(project);
        }
    };
    for argument in arguments {
        if is_glob(argument) {
            matching(context, live, argument, among)?
                .into_iter()
                .for_each(&mut choose);
        } else {
            choose(live.resolve(context, argument)?);
        }
    }
    Ok(chosen)
}

fn matching(context: &Context, live: &Live, argument: &OsString, among: Among) -> Result<Vec<Project>, Error> {
    let text = argument.to_string_lossy().into_owned();
    let pattern = Pattern::new(&text).map_err(|error| Error::Value {
        name: "PROJECT".to_owned(),
        value: text.clone(),
        why: format!("it is no glob: {}", error.msg),
    })?;
    let known = live.known_projects(context);
    let with_session: BTreeSet<&str> = live.all_ours().map(|ours| ours.record.project.as_str()).collect();
    let with_state: BTreeSet<&str> = live.records().map(|record| record.project.as_str()).collect();
    let candidate = |name: &str| match among {
        Among::Sessions => with_session.contains(name),
        Among::States => with_state.contains(name),
        Among::Known => true,
    };
    let found = known
        .iter()
        .filter(|(name, _)| candidate(name) && pattern.matches(name));
    let found: Vec<Project> = found
        .map(|(name, path)| Project {
            name: name.to_owned(),
            path: path.to_owned(),
        })
        .collect();
    if found.is_empty() && text != ALL {
        let plain = text.replace(['*', '?', '[', ']'], "");
        let candidates = known.iter().map(|(name, _)| name).filter(|name| candidate(name));
        return Err(Error::NoMatch {
            nearest: nearest(candidates, &plain),
            pattern: text,
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::ffi::OsStr;

    use super::*;

    #[test]
    fn names_and_directories_are_no_globs() {
        for (argument, expected) in [
            ("api-*", true),
            ("a?i", true),
            ("[ab]", true),
            ("api", false),
            ("./api-*", false),
            ("x\n[1]", false),
            ("a b*", false),
            ("/", false),
            ("", false),
        ] {
            assert_eq!(is_glob(OsStr::new(argument)), expected, "{argument}");
        }
    }
}
