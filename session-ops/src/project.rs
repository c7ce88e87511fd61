//! Which project is meant: by its name, or by a directory in it.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{Access, AtFlags, CWD, accessat};
use session_state::{MAX_NAME, is_project_name};

use crate::config::Config;
use crate::error::Error;
use crate::paths::hex_digest;
use crate::worktree;

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its name.
    pub name: String,
    /// Its directory.
    pub path: PathBuf,
}

/// The projects that are known: those of the config, and those that have a state.
#[derive(Debug, Clone, Default)]
pub struct KnownProjects {
    by_name: BTreeMap<String, PathBuf>,
}

impl KnownProjects {
    /// Puts them together; the config's word counts before the states'.
    pub fn new(config: &Config, states: impl IntoIterator<Item = (String, PathBuf)>) -> Self {
        let mut by_name: BTreeMap<String, PathBuf> = states.into_iter().collect();
        for (name, project) in &config.projects {
            by_name.insert(name.clone(), project.path.clone());
        }
        Self { by_name }
    }

    /// All of them by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Path)> {
        self.by_name.iter().map(|(name, path)| (name.as_str(), path.as_path()))
    }

    /// The project that `argument` means. With a `/` in it, or as `.` or `..`, it is a directory; else a project's name
    /// first, then a directory.
    ///
    /// # Errors
    ///
    /// [`Error::Directory`], [`Error::InvalidName`] or [`Error::UnknownProject`] with the nearest names.
    pub fn resolve(&self, argument: &OsStr, current_dir: Option<&Path>) -> Result<Project, Error> {
        let bytes = argument.as_bytes();
        // A working directory that was removed has no path; nothing relative means anything there.
        let directory = match current_dir {
            Some(current) => current.join(argument),
            None => PathBuf::from(argument),
        };
        if current_dir.is_none()
            && bytes.contains(&b'/') | (bytes == b".") | (bytes == b"..")
            && !directory.is_absolute()
        {
            let why = "can't be found: the working directory doesn't exist any more".to_owned();
            return Err(Error::Directory { path: directory, why });
        }
        if bytes.contains(&b'/') || bytes == b"." || bytes == b".." {
            return self.of_directory(&directory);
        }
        let name = argument.to_string_lossy();
        if let Some(path) = self.by_name.get(&*name) {
            return Ok(Project {
                name: name.into_owned(),
                path: path.clone(),
            });
        }
        if let Some(project) = self.worktree_named(&name) {
            return Ok(project);
        }
        if !bytes.is_empty() && current_dir.is_some() && directory.is_dir() {
            return self.of_directory(&directory);
        }
        if !is_typed_name(&name) {
            return Err(Error::InvalidName {
                name: name.into_owned(),
            });
        }
        Err(Error::UnknownProject {
            nearest: self.nearest(&name),
            name: name.into_owned(),
        })
    }

    /// The project a directory belongs to: the one with the longest path that contains it, else a new one named after
    /// its last component.
    ///
    /// # Errors
    ///
    /// [`Error::Directory`].
    pub fn of_directory(&self, directory: &Path) -> Result<Project, Error> {
        let directory = usable_directory(directory)?;
        let known = self.known(&directory);
        Ok(known.unwrap_or_else(|| self.named(name_of(&directory), directory)))
    }

    /// The project that a resolved directory belongs to, if it is known: the one with the longest path that contains it, or
    /// a worktree of one.
    pub fn known(&self, directory: &Path) -> Option<Project> {
        let containing = self.containing(directory);
        let tree = self.worktree_containing(directory);
        let nearer = |tree: &Project| match &containing {
            Some(project) => tree.path.starts_with(project.path.canonicalize().unwrap_or_default()),
            None => true,
        };
        match (tree.filter(nearer), containing) {
            // Known by that name already, or by another.
            (Some(tree), Some(project)) if project.path.canonicalize().ok().as_ref() == Some(&tree.path) => {
                Some(project)
            }
            (Some(tree), _) => Some(self.named(tree.name, tree.path)),
            (None, containing) => containing,
        }
    }

    /// A project of this name, unless that is another one's.
    fn named(&self, mut name: String, directory: PathBuf) -> Project {
        let taken = self
            .by_name
            .get(&name)
            .is_some_and(|path| path.canonicalize().ok().as_ref() != Some(&directory));
        if taken {
            name = format!("{name}-{}", digits(&directory));
        }
        Project { name, path: directory }
    }

    /// The project with the longest path that contains a resolved directory, by path component.
    fn containing(&self, directory: &Path) -> Option<Project> {
        let containing = self.by_name.iter().filter_map(|(name, path)| {
            let resolved = path.canonicalize().ok()?;
            directory
                .starts_with(&resolved)
                .then(|| (resolved.components().count(), name, path))
        });
        let (_, name, path) = containing.max_by_key(|(length, _, _)| *length)?;
        Some(Project {
            name: name.clone(),
            path: path.clone(),
        })
    }

    /// The worktree that `project@branch` means; the branch that the project itself is on means that.
    fn worktree_named(&self, name: &str) -> Option<Project> {
        name.match_indices('@').find_map(|(at, _)| {
            let (project, branch) = (name.get(..at)?, name.get(at + 1..)?);
            let path = self.by_name.get(project)?;
            if worktree::branch(path).is_some_and(|own| mapped_name(&own) == branch) {
                return Some(Project {
                    name: project.to_owned(),
                    path: path.clone(),
                });
            }
            let trees = worktree::worktrees(path);
            let named = |tree: &&worktree::Worktree| mapped_name(&tree.branch) == branch || tree.name == branch;
            let tree = trees.iter().find(named)?;
            Some(Project {
                name: tree_name(project, &tree.branch),
                path: tree.path.clone(),
            })
        })
    }

    /// The worktree of a known project that a resolved directory is in.
    fn worktree_containing(&self, directory: &Path) -> Option<Project> {
        let (repository, tree) = worktree::containing(directory)?;
        let is_it = |path: &PathBuf| path.canonicalize().is_ok_and(|path| path == repository);
        let (project, _) = self.by_name.iter().find(|(_, path)| is_it(path))?;
        Some(Project {
            name: tree_name(project, &tree.branch),
            path: tree.path,
        })
    }

    fn nearest(&self, name: &str) -> Vec<String> {
        nearest(self.by_name.keys().map(String::as_str), name)
    }
}

/// Which of the names may have been meant by what was typed: three at most, the likeliest first.
pub fn nearest<'a>(names: impl Iterator<Item = &'a str>, typed: &str) -> Vec<String> {
    let mut likely: Vec<(f64, &str)> = names
        .map(|known| {
            (
                strsim::jaro_winkler(&known.to_lowercase(), &typed.to_lowercase()),
                known,
            )
        })
        .filter(|(likeness, _)| *likeness > 0.75)
        .collect();
    likely.sort_by(|a, b| b.0.total_cmp(&a.0));
    likely.into_iter().take(3).map(|(_, known)| known.to_owned()).collect()
}

/// A directory, resolved, that exists and that we may read and enter.
///
/// # Errors
///
/// [`Error::Directory`].
pub fn usable_directory(directory: &Path) -> Result<PathBuf, Error> {
    let refused = |why: &str| Error::Directory {
        path: directory.to_owned(),
        why: why.to_owned(),
    };
    let resolved = directory.canonicalize().map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => refused("doesn't exist"),
        std::io::ErrorKind::NotADirectory => refused("is no directory"),
        _ => refused(&format!("can't be used ({error})")),
    })?;
    if !resolved.is_dir() {
        return Err(refused("is no directory"));
    }
    accessat(CWD, &resolved, Access::READ_OK | Access::EXEC_OK, AtFlags::EACCESS)
        .map_err(|_denied| refused("can't be read"))?;
    Ok(resolved)
}

/// Whether people may type this as a new name: a project's name that doesn't look like an option.
pub fn is_typed_name(name: &str) -> bool {
    is_project_name(name) && !name.starts_with('-')
}

/// What the project of a worktree is called.
pub(crate) fn tree_name(project: &str, branch: &str) -> String {
    let mut name = format!("{project}@{}", mapped_name(branch));
    name.truncate(MAX_NAME - 8);
    name
}

/// The last component with every byte that names can't have as `-`.
fn name_of(directory: &Path) -> String {
    let name = with_allowed_bytes(directory.file_name().unwrap_or(OsStr::new("root")).as_bytes());
    // Room for the digits that may follow.
    let longest = MAX_NAME - 8;
    if name.len() > longest {
        format!("{}-{}", &name[..longest], digits(directory))
    } else {
        name
    }
}

/// A name that people can type, from one that had other rules.
pub(crate) fn mapped_name(name: &str) -> String {
    let mut mapped = with_allowed_bytes(name.as_bytes());
    mapped.truncate(MAX_NAME);
    match mapped.trim_start_matches('-') {
        "" => "imported".to_owned(),
        mapped => mapped.to_owned(),
    }
}

fn with_allowed_bytes(name: &[u8]) -> String {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"_@-".contains(&byte);
    name.iter()
        .map(|byte| if allowed(*byte) { char::from(*byte) } else { '-' })
        .collect()
}

fn digits(directory: &Path) -> String {
    hex_digest(directory.as_os_str().as_bytes(), 3)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make directories")]
mod tests {
    use std::fs;

    use super::*;

    fn known(projects: &[(&str, &Path)]) -> KnownProjects {
        let by_name = projects
            .iter()
            .map(|(name, path)| ((*name).to_owned(), path.to_path_buf()))
            .collect();
        KnownProjects { by_name }
    }

    #[test]
    fn a_directory_belongs_to_the_longest_path_that_contains_it() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path().canonicalize().expect("resolved");
        for path in ["web/api/src", "web-old", "tool"] {
            fs::create_dir_all(root.join(path)).expect("made");
        }
        let known = known(&[("web", &root.join("web")), ("api", &root.join("web/api"))]);
        let name = |path: &str| known.resolve(OsStr::new(path), Some(&root)).map(|project| project.name);
        assert_eq!(name("web/api/src").expect("a project"), "api");
        assert_eq!(name("./web").expect("a project"), "web");
        // By component: `web-old` isn't in `web`.
        assert_eq!(name("web-old").expect("a project"), "web-old");
        assert_eq!(name("api").expect("the name comes first"), "api");
        assert_eq!(name("tool").expect("a project"), "tool");
    }

    #[test]
    fn two_directories_of_one_name_never_meet() {
        let root = tempfile::tempdir().expect("a directory");
        let (one, two) = (root.path().join("a/api"), root.path().join("b/api"));
        fs::create_dir_all(&one).expect("made");
        fs::create_dir_all(&two).expect("made");
        let known = known(&[("api", &one)]);
        let second = known.of_directory(&two).expect("a project");
        assert!(
            second.name.starts_with("api-") && second.name.len() == "api-".len() + 6,
            "{}",
            second.name
        );
        assert_eq!(known.of_directory(&one).expect("a project").name, "api");
        assert_eq!(known.of_directory(&two).expect("a project"), second);
    }

    #[test]
    fn hostile_directories_get_harmless_names() {
        let root = tempfile::tempdir().expect("a directory");
        for (directory, name) in [
            ("#(touch x)", "--touch-x-"),
            ("a b;$HOME'\"é", "a-b--HOME----"),
            ("a.b:c", "a-b-c"),
            (".config", "-config"),
        ] {
            fs::create_dir(root.path().join(directory)).expect("made");
            let project = known(&[]).resolve(OsStr::new(&format!("./{directory}")), Some(root.path()));
            let project = project.expect("a project");
            assert_eq!(project.name, name);
            assert!(is_project_name(&project.name));
        }
        let long = root.path().join("x".repeat(250));
        fs::create_dir(&long).expect("made");
        assert!(is_project_name(
            &known(&[]).of_directory(&long).expect("a project").name
        ));
        assert_eq!(known(&[]).of_directory(Path::new("/")).expect("a project").name, "root");
    }

    #[test]
    fn a_worktree_is_a_project_of_its_own() {
        let root = tempfile::tempdir().expect("a directory");
        let root = root.path().canonicalize().expect("resolved");
        let (main, tree) = (root.join("main"), root.join("main/.trees/fix"));
        let admin = main.join(".git/worktrees/fix");
        fs::create_dir_all(&admin).expect("made");
        fs::create_dir_all(tree.join("src")).expect("made");
        let write = |path: PathBuf, text: &str| fs::write(path, text).expect("written");
        write(main.join(".git/HEAD"), "ref: refs/heads/trunk\n");
        write(admin.join("HEAD"), "ref: refs/heads/feature/x\n");
        write(admin.join("gitdir"), &format!("{}\n", tree.join(".git").display()));
        write(tree.join(".git"), &format!("gitdir: {}\n", admin.display()));
        let known = known(&[("shop", &main)]);
        let resolve = |text: &str| known.resolve(OsStr::new(text), Some(&root));
        let expected = Project {
            name: "shop@feature-x".to_owned(),
            path: tree.clone(),
        };
        assert_eq!(resolve("shop@feature-x").expect("by its branch"), expected);
        assert_eq!(resolve("shop@fix").expect("by git's name"), expected);
        assert_eq!(resolve("main/.trees/fix/src").expect("by a directory"), expected);
        assert_eq!(resolve("shop@trunk").expect("the repository itself").name, "shop");
        assert_eq!(resolve("main/.git").expect("the repository itself").name, "shop");
        assert!(matches!(resolve("shop@nope"), Err(Error::UnknownProject { .. })));
        // A loop or nonsense in git's files is no worktree.
        write(tree.join(".git"), "gitdir: nowhere\n");
        assert_eq!(resolve("main/.trees/fix").expect("the project around it").name, "shop");
    }

    #[test]
    fn names_that_would_be_mangled_are_refused() {
        for name in ["", "a:b", "a.b", "-x", "\x1b[0m", "é", &"x".repeat(300)] {
            let error = known(&[])
                .resolve(OsStr::new(name), Some(Path::new("/nonexistent")))
                .unwrap_err();
            assert!(matches!(error, Error::InvalidName { .. }), "{name}: {error}");
        }
        for path in ["a/b", "..x/", "/nonexistent"] {
            let error = known(&[])
                .resolve(OsStr::new(path), Some(Path::new("/nonexistent")))
                .unwrap_err();
            assert!(matches!(error, Error::Directory { .. }), "{path}: {error}");
        }
    }

    #[test]
    fn an_unknown_name_comes_with_the_nearest() {
        let known = known(&[("todo", Path::new("/t")), ("article", Path::new("/a"))]);
        let error = known
            .resolve(OsStr::new("tdo"), Some(Path::new("/nonexistent")))
            .unwrap_err();
        assert!(
            matches!(&error, Error::UnknownProject { nearest, .. } if *nearest == ["todo"]),
            "{error:?}"
        );
    }
}
