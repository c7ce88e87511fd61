//! Restores: all or nothing, and nothing is lost.

use session_state::StoreError;

use super::*;

fn plan(place: &Place, file: &Path, projects: Option<&[String]>) -> Result<RestorePlan, BackupError> {
    plan_restore(RestoreSource::Backup(verify(file)?), projects, &place.destinations())
}

fn apply(place: &Place, plan: RestorePlan) -> Result<RestoreReport, BackupError> {
    place.apply(plan)
}

fn actions(plan: &RestorePlan) -> Vec<(&str, RestoreAction)> {
    plan.items
        .iter()
        .filter(|item| item.kind == Kind::State)
        .map(|item| (item.project.as_deref().unwrap(), item.action))
        .collect()
}

/// Three projects were backed up; then one was deleted and one changed.
fn changed_since(place: &Place) -> PathBuf {
    for project in ["gone", "other", "same"] {
        place.save(project, "/old");
    }
    let file = place.back_up();
    fs::remove_file(place.store.path("gone")).unwrap();
    fs::remove_dir_all(place.store.dir().join("history")).unwrap_or_default();
    place.save("other", "/new");
    file
}

#[test]
fn a_restore_brings_back_what_was_backed_up() {
    let place = Place::new();
    let file = changed_since(&place);
    let plan = plan(&place, &file, None).unwrap();
    let planned = [
        ("gone", RestoreAction::Create),
        ("other", RestoreAction::Replace),
        ("same", RestoreAction::Unchanged),
    ];
    assert_eq!(actions(&plan), planned);
    assert_eq!(
        place.saved("other").unwrap(),
        Path::new("/new"),
        "a plan changes nothing"
    );
    let report = apply(&place, plan).unwrap();
    let restored: Vec<_> = report.restored.iter().map(|(project, _)| project.as_str()).collect();
    assert_eq!(
        (restored, report.unchanged),
        (vec!["gone", "other"], vec!["same".to_owned()])
    );
    for project in ["gone", "other", "same"] {
        assert_eq!(place.saved(project).unwrap(), Path::new("/old"), "{project}");
    }
    assert!(
        !place.store.history("other").unwrap().is_empty(),
        "the replaced state is in the history"
    );
}

#[test]
fn what_is_replaced_is_backed_up_before() {
    let place = Place::new();
    let file = changed_since(&place);
    let replaced = fs::read(place.store.path("other")).unwrap();
    let report = apply(&place, plan(&place, &file, None).unwrap()).unwrap();
    let pre_restore = verify(&report.pre_restore.unwrap().file).unwrap();
    assert_eq!(pre_restore.manifest.reason, Reason::PreRestore);
    assert_eq!(pre_restore.manifest.projects(), ["other"]);
    let state = pre_restore
        .manifest
        .files
        .iter()
        .find(|file| file.kind() == Some(Kind::State));
    assert_eq!(state.unwrap().sha256, digest::of(&replaced));
    let undo = plan(&place, &pre_restore.path, None).unwrap();
    apply(&place, undo).unwrap();
    assert_eq!(fs::read(place.store.path("other")).unwrap(), replaced);
}

/// Whatever its size is, also if the state is as it was; and without a state, with which it would be backed up, it stays.
#[test]
fn scrollback_is_replaced_only_after_a_backup_of_it() {
    let place = Place::new();
    place.save("a", "/one");
    let shown = place.store.dir().join("scrollback/a/0.0.txt");
    create_private_dir(shown.parent().unwrap()).unwrap();
    fs::write(&shown, "old").unwrap();
    let file = place.back_up();
    for text in ["new", "another length"] {
        fs::write(&shown, text).unwrap();
        let report = apply(&place, plan(&place, &file, None).unwrap()).unwrap();
        assert_eq!(fs::read(&shown).unwrap(), b"old");
        let kept = verify(&report.pre_restore.expect("a backup").file)
            .unwrap()
            .manifest
            .files;
        let sha256 = digest::of(text.as_bytes());
        assert!(kept.iter().any(|file| file.sha256 == sha256), "{kept:?}");
    }
    fs::write(&shown, "precious").unwrap();
    fs::remove_file(place.store.path("a")).unwrap();
    fs::remove_dir_all(place.store.dir().join("history")).unwrap_or_default();
    let report = apply(&place, plan(&place, &file, None).unwrap()).unwrap();
    assert!(report.pre_restore.is_none());
    assert_eq!(place.saved("a").unwrap(), Path::new("/one"));
    assert_eq!(fs::read(&shown).unwrap(), b"precious");
}

#[test]
fn what_somebody_makes_while_a_backup_is_restored_stays() {
    let place = Place::new();
    place.save("a", "/one");
    let source = place.root.path().join("source.toml");
    fs::write(&source, "from the backup").unwrap();
    let extra = [Extra {
        name: CONFIG.to_owned(),
        path: source,
    }];
    let request = BackupRequest {
        extra: &extra,
        ..place.request()
    };
    let file = place.create(&request).unwrap().file;
    let planned = plan(&place, &file, None).unwrap();
    let config = place.root.path().join("config.toml");
    fs::write(&config, "mine").unwrap();
    apply(&place, planned).unwrap();
    assert_eq!(fs::read(&config).unwrap(), b"mine");
}

#[test]
fn a_restore_that_replaces_nothing_makes_no_backup() {
    let place = Place::new();
    let file = changed_since(&place);
    let named = ["gone".to_owned(), "same".to_owned()];
    let report = apply(&place, plan(&place, &file, Some(&named)).unwrap()).unwrap();
    assert!(report.pre_restore.is_none());
    assert_eq!(place.saved("gone").unwrap(), Path::new("/old"));
    assert_eq!(place.saved("other").unwrap(), Path::new("/new"), "it was not named");
}

#[test]
fn a_project_that_is_not_in_the_backup_is_an_error() {
    let place = Place::new();
    let file = changed_since(&place);
    let result = plan(&place, &file, Some(&["missing".to_owned()]));
    assert!(matches!(result, Err(BackupError::NoSuchProject { .. })));
}

#[test]
fn damage_changes_nothing() {
    let place = Place::new();
    let file = changed_since(&place);
    let sound = fs::read(&file).unwrap();
    let before = everything(place.store.dir());
    for at in (0..sound.len()).step_by(effort::step()) {
        let mut damaged = sound.clone();
        damaged[at] ^= 0x10;
        fs::write(&file, &damaged).unwrap();
        assert!(plan(&place, &file, None).is_err(), "byte {at}");
    }
    assert_eq!(everything(place.store.dir()), before);
    assert_eq!(list(place.set.dir()).unwrap().len(), 1, "nor is a backup made");
}

#[test]
fn damage_between_plan_and_restore_changes_no_state() {
    let place = Place::new();
    let file = changed_since(&place);
    let plan = plan(&place, &file, None).unwrap();
    let before = fs::read(place.store.path("other")).unwrap();
    fs::write(&file, "overwritten").unwrap();
    assert!(apply(&place, plan).is_err());
    assert_eq!(fs::read(place.store.path("other")).unwrap(), before);
    assert!(!place.store.path("gone").exists());
}

#[test]
fn an_exchanged_archive_is_not_what_is_restored() {
    let place = Place::new();
    let file = changed_since(&place);
    let plan = plan(&place, &file, None).unwrap();
    fs::remove_file(&file).unwrap();
    fs::write(&file, "another file of that name").unwrap();
    apply(&place, plan).unwrap();
    assert_eq!(place.saved("gone").unwrap(), Path::new("/old"));
}

#[test]
fn a_state_that_changed_since_the_plan_is_not_replaced() {
    let place = Place::new();
    let file = changed_since(&place);
    let plan = plan(&place, &file, None).unwrap();
    place.save("same", "/newest");
    let result = apply(&place, plan);
    assert!(matches!(result, Err(BackupError::Changed { project }) if project == "same"));
    assert_eq!(place.saved("other").unwrap(), Path::new("/new"));
    assert!(!place.store.path("gone").exists());
}

#[test]
fn content_that_is_no_state_of_its_project_is_refused() {
    let place = Place::new();
    let no_state = place.archive(&[b"no state"]);
    assert!(matches!(
        damage(plan(&place, &no_state, None)),
        Damage::NotItsState { source: Some(_), .. }
    ));
    let of_another = codec::encode(&state("another", "/one")).unwrap();
    let of_another = place.archive(&[&of_another]);
    assert!(matches!(
        damage(plan(&place, &of_another, None)),
        Damage::NotItsState { source: None, .. }
    ));
}

#[test]
fn a_file_that_is_no_state_is_put_aside() {
    let place = Place::new();
    place.save("todo", "/old");
    let file = place.back_up();
    fs::write(place.store.path("todo"), "no state at all \0").unwrap();
    assert!(matches!(
        place.store.load("todo"),
        Ok(Some(_)) | Err(StoreError::Corrupt { .. })
    ));
    let plan = plan(&place, &file, None).unwrap();
    assert_eq!(actions(&plan), [("todo", RestoreAction::Replace)]);
    let report = apply(&place, plan).unwrap();
    assert!(report.restored[0].1.quarantined.as_ref().unwrap().exists());
    assert_eq!(place.saved("todo").unwrap(), Path::new("/old"));
}
