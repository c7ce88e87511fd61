use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use session_lock::{LockOptions, Wait};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::*;
use crate::{Lifecycle, Saved, SessionState};

fn state(project: &str, at: i64) -> SessionState {
    SessionState {
        project: project.to_owned(),
        id: Some("7f3a".to_owned()),
        session_name: format!("claude-{project}").into(),
        working_dir: format!("/code/{at}").into(),
        lifecycle: Lifecycle::Live,
        saved: Saved {
            at,
            by: "0.1.0".to_owned(),
            reason: "save".to_owned(),
        },
        server: None,
        size: None,
        group: None,
        environment: Default::default(),
        options: Default::default(),
        windows: Vec::new(),
        unknown: Vec::new(),
    }
}

fn options() -> LockOptions {
    LockOptions {
        wait: Wait::No,
        purpose: "a test".to_owned(),
        now: 0,
        shared: false,
        allow_network_fs: false,
    }
}

fn store() -> (TempDir, Store) {
    let root = tempfile::tempdir().expect("a directory");
    let store = Store::open(&root.path().join("states"), &root.path().join("locks/store"));
    (root, store)
}

fn save(store: &Store, state: &SessionState) -> Saving {
    store.lock(&options()).expect("locked").save(state).expect("saved")
}

fn numbers(store: &Store) -> Vec<u64> {
    store
        .history("todo")
        .expect("a history")
        .iter()
        .map(|entry| entry.seq)
        .collect()
}

#[test]
fn a_saved_state_is_loaded_and_private() {
    let (_root, store) = store();
    assert_eq!(store.load("todo").expect("nothing there"), None);
    assert_eq!(store.projects().expect("nothing there"), Vec::<String>::new());
    let saving = save(&store, &state("todo", 1));
    assert!(saving.changed && saving.kept.is_none());
    assert_eq!(
        store.load("todo").expect("loaded").expect("there").state,
        state("todo", 1)
    );
    assert_eq!(store.projects().expect("listed"), ["todo"]);
    let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
    assert_eq!((mode(&saving.path), mode(store.dir())), (0o600, 0o700));
}

#[test]
fn former_states_are_in_the_history_by_number_and_by_time() {
    let (_root, store) = store();
    for at in [100, 200, 300] {
        save(&store, &state("todo", at));
    }
    assert_eq!(numbers(&store), [2, 1]);
    let at = |at| store.load_at("todo", at).map(|loaded| loaded.state.saved.at);
    assert_eq!(at(At::Sequence(1)).expect("there"), 100);
    assert_eq!(at(At::Time(299)).expect("there"), 200);
    assert_eq!(at(At::Time(300)).expect("there"), 300);
    assert!(matches!(at(At::Time(99)), Err(StoreError::NoSuchEntry { .. })));
    assert!(matches!(at(At::Sequence(3)), Err(StoreError::NoSuchEntry { .. })));
}

#[test]
fn what_has_not_changed_is_not_written() {
    let (_root, store) = store();
    let first = state("todo", 100);
    save(&store, &first);
    let later = SessionState {
        saved: Saved {
            at: 500,
            ..first.saved.clone()
        },
        ..first.clone()
    };
    assert!(!save(&store, &later).changed);
    assert_eq!(numbers(&store), Vec::<u64>::new());
    // It held at any time since.
    assert_eq!(store.load_at("todo", At::Time(300)).expect("there").state, first);
    let ended = SessionState {
        lifecycle: Lifecycle::Ended { by: "kill".to_owned() },
        ..later
    };
    assert!(save(&store, &ended).changed);
}

#[test]
fn what_amends_a_state_has_its_time_and_no_entry_in_the_history() {
    let (_root, store) = store();
    let first = state("todo", 100);
    save(&store, &first);
    let moved = SessionState {
        session_name: "claude-todo-2".into(),
        saved: Saved {
            at: 500,
            ..first.saved.clone()
        },
        ..first.clone()
    };
    let same_directory = |one: &SessionState, other: &SessionState| one.working_dir == other.working_dir;
    let amend = |state: &SessionState| {
        let store = store.lock(&options()).expect("locked").amending(same_directory);
        store.save(state).expect("saved")
    };
    let saving = amend(&moved);
    assert!(saving.changed && saving.kept.is_none());
    let loaded = store.load("todo").expect("loaded").expect("there");
    let expected = SessionState {
        saved: first.saved.clone(),
        ..moved
    };
    assert_eq!((loaded.state, loaded.notice), (expected, None));
    assert_eq!(numbers(&store), Vec::<u64>::new());
    // What says something else has the former one in the history, and so has what somebody edited.
    assert_eq!(amend(&state("todo", 600)).kept, Some(1));
    let path = store.path("todo");
    let text = fs::read_to_string(&path).expect("there");
    fs::write(&path, text.replace("claude-todo", "claude-mine")).expect("written");
    assert_eq!(amend(&state("todo", 600)).kept, Some(2));
}

#[test]
fn a_project_whose_file_is_missing_has_its_history() {
    let (_root, store) = store();
    save(&store, &state("todo", 100));
    let saving = save(&store, &state("todo", 200));
    fs::remove_file(&saving.path).expect("removed");
    fs::create_dir(store.dir().join("history/empty")).expect("made");
    assert_eq!(store.projects().expect("listed"), ["todo"]);
    let loaded = store.load("todo").expect("loaded").expect("there");
    assert_eq!(loaded.state.saved.at, 100);
    let damage = Damage::Missing;
    assert_eq!(
        loaded.notice,
        Some(Notice::FellBack {
            damage,
            seq: 1,
            at: 100
        })
    );
    assert_eq!(store.load("empty").expect("loaded"), None);
    // The next save makes it whole again, and nothing is put aside.
    let saving = save(&store, &state("todo", 300));
    assert_eq!((saving.quarantined, numbers(&store)), (None, vec![1]));
    assert_eq!(store.load("todo").expect("loaded").expect("there").notice, None);
    // Without anything that can be used, it isn't forgotten either.
    fs::remove_file(&saving.path).expect("removed");
    let entry = store.history("todo").expect("a history").remove(0).path;
    fs::write(&entry, b"").expect("emptied");
    let error = store.load("todo").unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::Corrupt {
                damage: Damage::Missing,
                ..
            }
        ),
        "{error}"
    );
}

#[test]
fn a_damaged_file_is_put_aside_and_the_history_used() {
    let (_root, store) = store();
    save(&store, &state("todo", 100));
    let saving = save(&store, &state("todo", 200));
    let whole = fs::read(&saving.path).expect("there");
    fs::write(&saving.path, &whole[..whole.len() - 5]).expect("damaged");
    let loaded = store.load("todo").expect("loaded").expect("there");
    assert_eq!(loaded.state.saved.at, 100);
    assert!(
        matches!(loaded.notice, Some(Notice::FellBack { seq: 1, at: 100, .. })),
        "{:?}",
        loaded.notice
    );
    // Reading changed nothing.
    assert_eq!(fs::read(&saving.path).expect("there").len(), whole.len() - 5);
    for _ in 0..2 {
        fs::write(&saving.path, b"").expect("emptied");
        let saving = save(&store, &state("todo", 300));
        assert!(
            saving
                .quarantined
                .expect("put aside")
                .starts_with(store.dir().join("corrupt"))
        );
    }
    assert_eq!(fs::read_dir(store.dir().join("corrupt")).expect("there").count(), 2);
    assert_eq!(store.load("todo").expect("loaded").expect("there").notice, None);
}

#[test]
fn damage_without_a_history_is_an_error_that_names_the_file() {
    let (_root, store) = store();
    let saving = save(&store, &state("todo", 100));
    fs::write(&saving.path, b"# tsm-state v1 sha256=00 len=9\nPROJ").expect("damaged");
    let error = store.load("todo").unwrap_err();
    assert!(
        matches!(&error, StoreError::Corrupt { path, .. } if *path == saving.path),
        "{error}"
    );
    // The others are loaded all the same.
    save(&store, &state("other", 1));
    let all = store.load_all().expect("listed");
    assert_eq!(
        all.iter()
            .map(|(name, loaded)| (name.as_str(), loaded.is_ok()))
            .collect::<Vec<_>>(),
        [("other", true), ("todo", false)]
    );
}

#[test]
fn a_link_in_the_place_of_a_state_is_not_followed() {
    let (root, store) = store();
    save(&store, &state("other", 1));
    let victim = root.path().join("victim");
    fs::write(&victim, b"precious").expect("written");
    symlink(&victim, store.path("todo")).expect("linked");
    assert!(matches!(
        store.load("todo"),
        Err(StoreError::Corrupt {
            damage: Damage::NotAFile,
            ..
        })
    ));
    save(&store, &state("todo", 1));
    assert_eq!(fs::read(&victim).expect("there"), b"precious");
    assert_eq!(
        store.load("todo").expect("loaded").expect("there").state,
        state("todo", 1)
    );
}

#[test]
fn a_newer_version_is_not_written_over() {
    let (_root, store) = store();
    let saving = save(&store, &state("todo", 1));
    let text = String::from_utf8(fs::read(&saving.path).expect("there")).expect("text");
    let (_header, body) = text.split_once('\n').expect("two lines");
    let body = body.replace("SESSION_FORMAT=1", "SESSION_FORMAT=2");
    let digest: String = Sha256::digest(&body).iter().map(|byte| format!("{byte:02x}")).collect();
    let newer = format!("# tsm-state v2 sha256={digest} len={}\n{body}", body.len());
    fs::write(&saving.path, &newer).expect("written");
    let error = store
        .lock(&options())
        .expect("locked")
        .save(&state("todo", 2))
        .unwrap_err();
    assert!(matches!(error, StoreError::NewerVersion { version: 2, .. }), "{error}");
    assert_eq!(fs::read_to_string(&saving.path).expect("there"), newer);
}

#[test]
fn a_file_of_the_original_scripts_is_kept_before_it_is_replaced() {
    let (_root, store) = store();
    save(&store, &state("other", 1));
    let original = "PROJECT=\"todo\"\nSESSION_NAME=\"claude-todo\"\nWORKING_DIR=\"/w\"\nCURRENT_PATH=\"/w\"\nLAST_SAVE=7\nCLAUDE_PID=\n";
    fs::write(store.path("todo"), original).expect("written");
    let loaded = store.load("todo").expect("loaded").expect("there");
    assert_eq!(
        (loaded.notice, loaded.state.saved.at),
        (Some(Notice::OriginalScript), 7)
    );
    save(&store, &state("todo", 8));
    let kept = &store.history("todo").expect("a history")[0];
    assert_eq!(fs::read_to_string(&kept.path).expect("there"), original);
}

#[test]
fn many_states_are_saved_at_once_with_a_result_each() {
    let (_root, store) = store();
    let mut states: Vec<_> = (0..20).map(|n| state(&format!("p{n}"), n)).collect();
    states.push(state("p3", 99));
    states.push(state("../escape", 1));
    let saved = store.lock(&options()).expect("locked").save_all(&states);
    assert!(saved[..20].iter().all(Result::is_ok));
    assert!(matches!(saved[20], Err(StoreError::Twice { .. })));
    assert!(matches!(saved[21], Err(StoreError::InvalidName { .. })));
    assert_eq!(store.projects().expect("listed").len(), 20);
}

#[test]
fn restored_bytes_must_be_of_the_project() {
    let (_root, store) = store();
    let saving = save(&store, &state("todo", 1));
    let bytes = fs::read(&saving.path).expect("there");
    save(&store, &state("todo", 2));
    let exclusive = store.lock(&options()).expect("locked");
    assert!(matches!(
        exclusive.put_bytes("other", &bytes),
        Err(StoreError::NotItsState { .. })
    ));
    exclusive.put_bytes("todo", &bytes).expect("put");
    drop(exclusive);
    assert_eq!(fs::read(store.path("todo")).expect("there"), bytes);
    assert_eq!(numbers(&store), [2, 1]);
}

#[test]
fn leftovers_of_crashed_writers_are_swept() {
    let (_root, store) = store();
    save(&store, &state("todo", 1));
    let left = store.dir().join(".tmp-4194303-1-7");
    fs::write(&left, b"half").expect("written");
    save(&store, &state("todo", 2));
    assert!(!left.exists());
}

#[test]
fn a_clock_that_is_years_ahead_for_a_while_costs_no_history() {
    let (_root, store) = store();
    let hours = 40;
    for n in 1..=hours {
        save(&store, &state("todo", 1_700_000_000 + n * 3600));
    }
    let before = numbers(&store);
    for n in 0..3 {
        save(&store, &state("todo", 253_402_300_000 + n));
    }
    assert!(before.iter().all(|seq| numbers(&store).contains(seq)), "{before:?}");
    save(&store, &state("todo", 1_700_000_000 + (hours + 1) * 3600));
    assert!(before.iter().all(|seq| numbers(&store).contains(seq)), "{before:?}");
}

#[test]
fn a_number_that_nobody_reaches_is_no_entry() {
    let (_root, store) = store();
    save(&store, &state("todo", 1));
    save(&store, &state("todo", 2));
    let planted = store.dir().join("history/todo").join(format!("{}_5.state", u64::MAX));
    fs::write(&planted, b"not ours").expect("written");
    for at in 3..6 {
        save(&store, &state("todo", at));
    }
    assert_eq!(numbers(&store), [4, 3, 2, 1]);
    assert_eq!(fs::read(&planted).expect("there"), b"not ours");
}

#[test]
fn behind_a_state_of_a_newer_version_the_earlier_ones_are_found_by_time() {
    let (_root, store) = store();
    save(&store, &state("todo", 10));
    save(&store, &state("todo", 20));
    let body = "NOTHING=\"that is known\"\n# end of state\n";
    let digest = Sha256::digest(body.as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    let newer = format!("# tsm-state v9 sha256={hex} len={}\n{body}", body.len());
    fs::write(store.path("todo"), newer).expect("written");
    assert_eq!(store.load_at("todo", At::Time(15)).expect("found").state.saved.at, 10);
    let error = store.load_at("todo", At::Time(5)).unwrap_err();
    assert!(matches!(error, StoreError::NewerVersion { version: 9, .. }), "{error}");
}

#[test]
fn an_entry_that_was_tampered_with_comes_after_those_that_were_not() {
    let (_root, store) = store();
    for at in 1..=4 {
        save(&store, &state("todo", at));
    }
    fs::write(store.path("todo"), b"half").expect("written");
    let tamper = |entry: &HistoryEntry| {
        let text = fs::read_to_string(&entry.path).expect("there");
        fs::write(&entry.path, text.replace("/code/", "/cod3/")).expect("written");
    };
    let used = || store.load("todo").expect("loaded").expect("there").state.working_dir;
    let history = store.history("todo").expect("a history");
    tamper(&history[0]);
    assert_eq!(used(), PathBuf::from("/code/2"));
    history[1..].iter().for_each(tamper);
    assert_eq!(used(), PathBuf::from("/cod3/3"));
}

#[test]
fn what_is_staged_takes_its_place_when_it_is_wanted_and_else_leaves_nothing() {
    let (_root, store) = store();
    for project in ["api", "todo", "web"] {
        save(&store, &state(project, 1));
    }
    let everything = || {
        let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
        let mut directories = vec![store.dir().to_owned()];
        while let Some(directory) = directories.pop() {
            for entry in fs::read_dir(&directory).expect("listed") {
                let path = entry.expect("an entry").path();
                match path.is_dir() {
                    true => directories.push(path),
                    false => files.push((path.clone(), fs::read(&path).expect("read"))),
                }
            }
        }
        files.sort();
        files
    };
    let before = everything();
    let exclusive = store.lock(&options()).expect("locked");
    let new = [state("api", 2), state("todo", 2), state("new", 2)];
    drop(exclusive.stage_all(&new));
    assert_eq!(everything(), before);
    let mut staged = exclusive.stage_all(&new);
    let current = |project: &str| store.load(project).expect("loaded").map(|loaded| loaded.state.saved.at);
    assert_eq!(current("todo"), Some(1), "nothing has its place yet");
    let saved = staged.commit(|project| project == "todo");
    assert!(
        matches!(saved.as_slice(), [Ok(saving)] if saving.changed && saving.kept == Some(1)),
        "{saved:?}"
    );
    assert_eq!(
        ["api", "new", "todo", "web"].map(current),
        [Some(1), None, Some(2), Some(1)]
    );
    assert_eq!(numbers(&store), [1]);
    // The others still can, and each but once.
    assert_eq!(staged.commit(|project| project == "todo").len(), 0);
    assert!(matches!(
        staged.commit(|project| project == "web" || project == "new").as_slice(),
        [Ok(_)]
    ));
    assert_eq!(current("new"), Some(2));
    drop(staged);
    drop(exclusive);
    assert_eq!(store.history("api").expect("a history"), []);
    fs::remove_file(store.path("new")).expect("removed");
    let without_todo = |files: Vec<(PathBuf, Vec<u8>)>| -> Vec<(PathBuf, Vec<u8>)> {
        let others = files
            .into_iter()
            .filter(|(path, _)| !path.to_string_lossy().contains("todo"));
        others.collect()
    };
    assert_eq!(without_todo(everything()), without_todo(before));
}
