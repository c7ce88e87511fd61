//! What is there before a save, and what must hold after it, however it ended.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use session_lock::Wait;
use session_state::{At, Store};
use tempfile::TempDir;
use tests::sample_state::{lock_options, sample, store_below};

/// A save that is about to happen.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// What is there before.
    template: TempDir,
    projects: &'static [&'static str],
    /// The state that is there before; `None` if there is none.
    old: Option<i64>,
    /// The state that is saved.
    new: i64,
    /// Every state that must still be found afterwards.
    keep: BTreeSet<i64>,
    windows: u32,
}

/// All that a save may meet.
pub(crate) fn all() -> Vec<Scenario> {
    let numbers = |from: i64, to: i64| (from..=to).collect::<BTreeSet<_>>();
    vec![
        scenario("first", &["todo"], 0, BTreeSet::new()),
        scenario("again", &["todo"], 3, numbers(1, 3)),
        damaged(),
        amended(),
        // The history is full: with each save its oldest entry goes.
        scenario("thinning", &["todo"], 24, numbers(6, 24)),
        scenario("several", &["a", "b", "c"], 2, numbers(1, 2)),
    ]
}

/// So many that they are synced by several threads.
pub(crate) fn many() -> Scenario {
    const PROJECTS: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    scenario("many", PROJECTS, 2, BTreeSet::from([1, 2]))
}

/// The states 1 to `old` are there.
pub(crate) fn scenario(
    name: &'static str,
    projects: &'static [&'static str],
    old: i64,
    keep: BTreeSet<i64>,
) -> Scenario {
    let template = tempfile::tempdir().unwrap();
    for n in 1..=old {
        save(template.path(), projects, n, 2);
    }
    Scenario {
        name,
        template,
        projects,
        old: (old > 0).then_some(old),
        new: old + 1,
        keep,
        windows: 2,
    }
}

/// The current file is cut off: the one before it counts.
fn damaged() -> Scenario {
    let mut scenario = scenario("damaged", &["todo"], 3, BTreeSet::from([1, 2]));
    let path = store_below(scenario.template.path()).path("todo");
    let bytes = fs::read(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    scenario.old = Some(2);
    scenario
}

/// The state is saved once more, with more windows.
fn amended() -> Scenario {
    let mut scenario = scenario("amended", &["todo"], 3, BTreeSet::from([1, 2, 3])).with_windows(3);
    scenario.new = 3;
    scenario
}

fn save(root: &Path, projects: &[&str], n: i64, windows: u32) {
    let states: Vec<_> = projects.iter().map(|project| sample(project, n, windows)).collect();
    let store = store_below(root);
    for saved in store.lock(&lock_options(Wait::No)).unwrap().save_all(&states) {
        let _saving = saved.unwrap();
    }
}

impl Scenario {
    /// As it is before, in a directory of its own.
    pub(crate) fn start(&self) -> TempDir {
        let root = tempfile::tempdir().unwrap();
        self.start_in(root.path());
        root
    }

    /// As it is before, in this directory.
    pub(crate) fn start_in(&self, root: &Path) {
        copy_tree(self.template.path(), root);
    }

    /// With so many windows in the state that is saved.
    pub(crate) fn with_windows(mut self, windows: u32) -> Self {
        self.windows = windows;
        self
    }

    /// The save, as a process that hasn't been started.
    pub(crate) fn program(&self, root: &Path) -> Command {
        let mut program = Command::new(env!("CARGO_BIN_EXE_store-under-test"));
        program
            .arg(root)
            .args([self.new.to_string(), self.windows.to_string()])
            .args(self.projects);
        program
    }

    /// The current files, byte by byte.
    pub(crate) fn files(&self, root: &Path) -> Vec<Option<Vec<u8>>> {
        let store = store_below(root);
        let files = self.projects.iter().map(|project| fs::read(store.path(project)).ok());
        files.collect()
    }

    /// Each project has its old or its new state, which is the new one if that was acknowledged, and none has less than
    /// before. What is wrong, else.
    pub(crate) fn check(&self, root: &Path, acknowledged: bool) -> Result<(), String> {
        let store = store_below(root);
        for project in self.projects {
            let current = current(&store, project).map_err(|error| format!("{project}: {error}"))?;
            let as_before = current == self.old && !acknowledged;
            if !as_before && current != Some(self.new) {
                return Err(format!(
                    "{project}: the state is {current:?} (acknowledged: {acknowledged})"
                ));
            }
            if acknowledged && windows(&store, project) != Some(self.windows) {
                return Err(format!("{project}: the state isn't the one that was acknowledged"));
            }
            let found = states(&store, project);
            if let Some(lost) = self.keep.iter().find(|n| !found.contains(n)) {
                return Err(format!("{project}: state {lost} is gone, there are {found:?}"));
            }
        }
        Ok(())
    }

    /// The next save needs nothing done by hand and leaves nothing behind.
    pub(crate) fn check_next(&self, root: &Path) -> Result<(), String> {
        let store = store_below(root);
        let before: Vec<_> = self.projects.iter().map(|project| states(&store, project)).collect();
        let next = self.new + 1;
        let states_to_save: Vec<_> = self.projects.iter().map(|project| sample(project, next, 2)).collect();
        let exclusive = store.lock(&lock_options(Wait::No)).map_err(|error| error.to_string())?;
        for saved in exclusive.save_all(&states_to_save) {
            let _saving = saved.map_err(|error| format!("the next save: {error}"))?;
        }
        drop(exclusive);
        for (project, before) in self.projects.iter().zip(before) {
            if current(&store, project)? != Some(next) {
                return Err(format!("{project}: the next save isn't there"));
            }
            let after = states(&store, project);
            let newest: Vec<_> = before.iter().rev().take(19).collect();
            if let Some(lost) = newest.into_iter().find(|n| !after.contains(n)) {
                return Err(format!("{project}: the next save lost state {lost}"));
            }
            let mut numbers: Vec<_> = history(&store, project);
            numbers.dedup();
            if numbers.len() != history(&store, project).len() {
                return Err(format!("{project}: a state is in the history twice: {numbers:?}"));
            }
        }
        match leftovers(root).as_slice() {
            [] => Ok(()),
            left => Err(format!("left behind: {left:?}")),
        }
    }
}

fn current(store: &Store, project: &str) -> Result<Option<i64>, String> {
    let loaded = store.load(project).map_err(|error| format!("{error:?}"))?;
    loaded
        .map(|loaded| {
            let n = loaded.state.saved.at;
            let windows = u32::try_from(loaded.state.windows.len()).unwrap();
            let whole = loaded.state == sample(project, n, windows);
            whole.then_some(n).ok_or_else(|| format!("state {n} is mixed"))
        })
        .transpose()
}

fn windows(store: &Store, project: &str) -> Option<u32> {
    let loaded = store.load(project).ok()??;
    u32::try_from(loaded.state.windows.len()).ok()
}

/// The numbers of the former states, newest first.
fn history(store: &Store, project: &str) -> Vec<i64> {
    let entries = store.history(project).unwrap();
    let loaded = entries
        .iter()
        .map(|entry| store.load_at(project, At::Sequence(entry.seq)));
    loaded.filter_map(|loaded| Some(loaded.ok()?.state.saved.at)).collect()
}

fn states(store: &Store, project: &str) -> BTreeSet<i64> {
    let current = current(store, project).ok().flatten();
    history(store, project).into_iter().chain(current).collect()
}

/// Temporary files, wherever they are.
pub(crate) fn leftovers(root: &Path) -> Vec<PathBuf> {
    let mut left = Vec::new();
    for entry in fs::read_dir(root).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            left.extend(leftovers(&entry.path()));
        } else if entry.file_name().to_string_lossy().starts_with(".tmp-") {
            left.push(entry.path());
        }
    }
    left
}

fn copy_tree(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            fs::DirBuilder::new().mode(0o700).create(&to).unwrap();
            copy_tree(&entry.path(), &to);
        } else {
            fs::copy(entry.path(), to).unwrap();
        }
    }
}
