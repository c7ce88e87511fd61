//! Backups of states, and back.

use std::fs;

use tests::Environment;

use crate::switch::state;

#[test]
fn a_lost_state_comes_back_from_a_backup() {
    let env = Environment::new();
    for name in ["alpha", "beta"] {
        let path = env.project(name);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    let before = state(&env, "alpha");
    let json = env.recovery(["backup", "--json"]).run().success().json();
    assert_eq!(json["projects"], serde_json::json!(["alpha", "beta"]));
    let file = json["file"].as_str().unwrap().to_owned();
    let list = env.recovery(["list-backups", "--json"]).run().success().json();
    assert_eq!(list["backups"][0]["file"], file);

    fs::remove_file(env.home().join(".claude/session-states/alpha.state")).unwrap();
    let dry = env.recovery(["restore", &file, "--dry-run"]).run().success();
    assert!(dry.stdout_str().contains("alpha"), "{}", dry.stdout_str());
    assert_eq!(state(&env, "alpha"), "");
    env.recovery(["restore", &file, "--project", "alpha"]).run().success();
    assert_eq!(state(&env, "alpha"), before);
}

#[test]
fn a_damaged_backup_changes_nothing() {
    let env = Environment::new();
    let path = env.project("alpha");
    env.tsm(["create", "."]).dir(&path).run().success();
    let file = env
        .recovery(["backup", "alpha"])
        .run()
        .success()
        .stdout_str()
        .trim()
        .to_owned();
    env.recovery(["verify", &file]).run().success();
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    env.recovery(["verify", &file]).run().code(6);
    let before = state(&env, "alpha");
    env.tsm(["kill", "alpha"]).run().success();
    let ended = state(&env, "alpha");
    assert_ne!(before, ended);
    env.recovery(["restore", &file]).run().code(6);
    assert_eq!(state(&env, "alpha"), ended);
}

#[test]
fn the_backup_of_an_unknown_project_is_refused() {
    let env = Environment::new();
    env.recovery(["backup", "nothing"]).run().code(3);
    assert!(
        !env.home().join(".claude/backups").exists()
            || fs::read_dir(env.home().join(".claude/backups"))
                .unwrap()
                .next()
                .is_none()
    );
}
