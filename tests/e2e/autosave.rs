//! Saving by hooks of tmux: what changes is saved, and nobody else's hooks are touched.

use std::fs;
use std::path::Path;

use tests::programs::{built, install};
use tests::{Environment, wait_for};

use crate::switch::state;

/// With hooks, and less waiting than usual.
pub(crate) fn hooked() -> Environment {
    let env = Environment::new().with("TSM_AUTOSAVE", "on");
    env.tsm_config("autosave.delay = 0.2\n");
    env
}

pub(crate) fn create(env: &Environment, name: &str) -> String {
    let path = env.project(name);
    env.tsm(["create", ".", "-q"]).dir(&path).run().success();
    format!("=claude-{name}:")
}

pub(crate) fn log(env: &Environment) -> String {
    fs::read_to_string(env.home().join(".local/state/tsm/tsm.log")).unwrap_or_default()
}

/// All hooks of the server, as tmux prints them.
fn all_hooks(env: &Environment) -> String {
    let both = [env.tmux(["show-hooks", "-g"]), env.tmux(["show-hooks", "-g", "-w"])].concat();
    String::from_utf8_lossy(&both).into_owned()
}

fn ours(env: &Environment) -> usize {
    all_hooks(env)
        .lines()
        .filter(|line| line.contains("@tsm_autosave"))
        .count()
}

#[track_caller]
fn wait_state(env: &Environment, project: &str, what: &str) {
    wait_for(&format!("{what:?} in the state of {project}"), || {
        match state(env, project) {
            text if text.contains(what) => Ok(()),
            text => Err((text, log(env))),
        }
    });
}

#[test]
fn what_changes_is_saved_by_itself() {
    let env = hooked();
    let a = create(&env, "a");
    env.tmux(["split-window", "-d", "-t", &a]);
    wait_state(&env, "a", "WINDOW_0_PANES=\"0 1 2\"");
    env.tmux(["new-window", "-d", "-t", "=claude-a:5", "-n", "logs"]);
    wait_state(&env, "a", "WINDOW_5_NAME=\"logs\"");
    env.tmux(["rename-window", "-t", "=claude-a:5", "other"]);
    wait_state(&env, "a", "WINDOW_5_NAME=\"other\"");
    env.tmux(["resize-pane", "-Z", "-t", "=claude-a:0.1"]);
    wait_state(&env, "a", "WINDOW_0_ZOOMED=true");
    env.tmux(["select-window", "-t", "=claude-a:5"]);
    wait_state(&env, "a", "WINDOW_5_ACTIVE=true");
    env.tmux(["kill-pane", "-t", "=claude-a:0.2"]);
    wait_state(&env, "a", "WINDOW_0_PANES=\"0 1\"");
    // A program that ends takes its pane with it.
    env.tmux(["split-window", "-d", "-t", "=claude-a:5", "exec sleep 1000"]);
    wait_state(&env, "a", "WINDOW_5_PANES=\"0 1\"");
    let sleeper = wait_for("the program to run", || {
        let panes = env.panes("claude-a");
        panes.iter().find(|pane| pane.command == "sleep").cloned().ok_or(panes)
    });
    env.tmux(["send-keys", "-t", &sleeper.id, "C-c"]);
    wait_state(&env, "a", "WINDOW_5_PANES=\"0\"");
    let b = create(&env, "b");
    env.tmux(["kill-session", "-t", b.trim_end_matches(':')]);
    wait_state(&env, "b", "SESSION_LIFECYCLE=\"closed\"");
}

#[test]
fn a_client_that_goes_is_a_reason_to_save() {
    let env = hooked();
    create(&env, "a");
    let mut client = env.attach("claude-a");
    let deep = env.project("a/deep");
    let right = env.panes("claude-a")[1].id.clone();
    crate::switch::type_into(&env, &right, &format!("cd {}", deep.display()));
    wait_for("the shell to be there", || match env.panes("claude-a").remove(1) {
        pane if pane.cwd == deep => Ok(()),
        pane => Err(pane),
    });
    // What attaching caused may still be about to be saved, and would save this too: no matter.
    assert!(client.detach().success());
    wait_state(&env, "a", &format!("PANE_0_1_CWD=\"{}\"", deep.display()));
}

#[test]
fn a_client_that_looks_elsewhere_is_a_reason_to_save() {
    let env = hooked();
    create(&env, "a");
    env.tmux(["set-option", "-s", "focus-events", "on"]);
    let mut client = env.attach("claude-a");
    let deep = env.project("a/deep");
    let right = env.panes("claude-a")[1].id.clone();
    crate::switch::type_into(&env, &right, &format!("cd {}", deep.display()));
    wait_for("the shell to be there", || match env.panes("claude-a").remove(1) {
        pane if pane.cwd == deep => Ok(()),
        pane => Err(pane),
    });
    // What a terminal writes when its window loses the focus and gets it back. No structure changes.
    client.type_text("\x1b[O\x1b[I");
    wait_state(&env, "a", &format!("PANE_0_1_CWD=\"{}\"", deep.display()));
    drop(client);
}

#[test]
fn hooks_of_the_user_stay_as_they_are() {
    let env = hooked();
    env.tmux_config(
        "set-hook -g window-layout-changed 'set-option -g @mine 1'\n\
         set-hook -g session-created[8080] 'set-option -g @other 1'\n\
         set-hook -g pane-exited[8081] 'set-option -g @third 1'\n",
    );
    env.tmux(["new-session", "-d", "-s", "mine"]);
    let before = all_hooks(&env);
    create(&env, "a");
    assert_eq!(ours(&env), 15, "{}", all_hooks(&env));
    for line in before.lines().filter(|line| line.contains("@")) {
        assert!(all_hooks(&env).lines().any(|found| found == line), "{line} is gone");
    }
    assert!(all_hooks(&env).contains("session-created[8082]"));
    let again = all_hooks(&env);
    create(&env, "b");
    env.tsm(["autosave", "on"]).run().success();
    assert_eq!(all_hooks(&env), again, "setting them twice adds none");
    env.tsm(["autosave", "off"]).run().success();
    assert_eq!(all_hooks(&env), before);
    let output = env.tsm(["autosave", "off"]).run().success();
    assert_eq!(output.stdout_str(), "there were no hooks\n");
    let options = env.tmux(["show-options", "-g"]);
    assert!(!String::from_utf8_lossy(&options).contains("@tsm_autosave"));
}

#[test]
fn a_config_that_says_no_gets_no_hooks_and_health_tells() {
    let env = Environment::new().with("TSM_AUTOSAVE", "");
    env.tsm_config("[autosave]\nhooks = false\n");
    create(&env, "a");
    assert_eq!(ours(&env), 0);
    let check = |env: &Environment| {
        let health = env.tsm(["health", "--json"]).run().json();
        let checks = health["checks"].as_array().expect("checks").clone();
        checks
            .into_iter()
            .find(|check| check["name"] == "autosave")
            .expect("a check")
    };
    assert_eq!(check(&env)["status"], "warning");
    assert_eq!(check(&env)["remedy"], "`tsm autosave on`");
    env.tsm(["autosave", "on"]).run().success();
    assert_eq!(ours(&env), 15);
    assert_eq!(check(&env)["status"], "ok");
    env.tmux(["set-hook", "-gu", "session-closed"]);
    assert_eq!(check(&env)["status"], "warning");
    let shown = env.tsm(["autosave", "status"]).run().success();
    assert!(
        shown
            .stdout_str()
            .starts_with("hooks       of another tsm, or not all there")
    );
}

#[test]
fn hooks_that_were_lost_or_are_of_another_tsm_are_set_anew() {
    let env = hooked();
    create(&env, "a");
    env.tmux(["set-hook", "-gu", "session-closed"]);
    assert_eq!(ours(&env), 14);
    env.tsm(["switch", "a", "--no-attach"]).run().success();
    assert_eq!(ours(&env), 15);
    env.tsm_config("autosave.delay = 0.3\n");
    env.tsm(["switch", "a", "--no-attach"]).run().success();
    assert_eq!(ours(&env), 15);
    assert!(all_hooks(&env).contains("0.300") && !all_hooks(&env).contains("0.200"));
    // What brings sessions back brings a server without hooks.
    env.kill_server_hard();
    env.tsm(["restore"]).run().success();
    assert_eq!(ours(&env), 15);
}

#[test]
fn how_to_have_more_is_told_once() {
    let env = hooked();
    let create = |name: &str| {
        let path = env.project(name);
        env.tsm(["create", "."])
            .dir(&path)
            .run()
            .success()
            .stderr_str()
            .to_owned()
    };
    assert!(create("a").contains("tsm watch --unit"));
    assert!(!create("b").contains("tsm watch --unit"));
}

/// Paths that tmux, its formats and a shell would all like to read something into.
#[test]
fn no_path_is_more_than_a_path() {
    const HOSTILE: &str = "a'b \"c\" $(touch pwned) `touch pwned` #{pid} #(touch pwned) #[x] \\; {é} %d ~ $HOME";
    let env = hooked();
    let hostile = env.root().join(HOSTILE);
    fs::create_dir_all(&hostile).expect("a directory");
    let program = hostile.join("tsm");
    install(&built("tsm-under-test"), &program);
    let states = hostile.join("states");
    let state_home = hostile.join("home");
    let config = hostile.join("config.toml");
    fs::write(&config, "autosave.delay = 0.2\n").expect("a config");
    let path = env.project("a");
    let tsm = |args: &[&str]| {
        env.command(&program, args)
            .env("TSM_STATE_DIR", &states)
            .env("TSM_CONFIG", &config)
            .env("XDG_STATE_HOME", &state_home)
            .env("TSM_BACKUP_DIR", hostile.join("b"))
            .dir(&path)
    };
    tsm(&["create", ".", "-q"]).run().success();
    env.tmux(["split-window", "-d", "-t", "=claude-a:"]);
    let saved = || fs::read_to_string(states.join("a.state")).unwrap_or_default();
    wait_for("the state", || match saved() {
        text if text.contains("WINDOW_0_PANES=\"0 1 2\"") => Ok(()),
        text => Err(text),
    });
    assert!(state_home.join("tsm/autosave").is_dir());
    assert_eq!(found(env.root(), "pwned"), 0);
    tsm(&["autosave", "off"]).run().success();
    assert_eq!(ours(&env), 0);
}

/// How many files of this name there are below a directory.
fn found(directory: &Path, name: &str) -> usize {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .map(|entry| {
            let here = usize::from(entry.file_name() == name);
            let below = entry.file_type().is_ok_and(|kind| kind.is_dir());
            here + if below { found(&entry.path(), name) } else { 0 }
        })
        .sum()
}

#[test]
fn however_many_are_started_one_saves_and_nothing_is_missed() {
    let env = Environment::new();
    let a = create(&env, "a");
    for round in 3..6 {
        // The last change comes while others save; its own saver may find another at it.
        let first = env.tsm(["autosave-run"]).start();
        env.tmux(["split-window", "-d", "-t", &a]);
        let many: Vec<_> = (0..6).map(|_| env.tsm(["autosave-run"]).start()).collect();
        first.wait().success();
        for saver in many {
            saver.wait().success();
        }
        let panes: Vec<String> = (0..round).map(|pane| pane.to_string()).collect();
        wait_state(&env, "a", &format!("WINDOW_0_PANES=\"{}\"", panes.join(" ")));
    }
    let left = fs::read_dir(env.home().join(".local/state/tsm/autosave")).expect("a directory");
    let dirty = left
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with("dirty"));
    assert_eq!(dirty.count(), 0);
}

#[test]
fn a_slip_in_the_config_is_no_reason_to_save_nothing() {
    let env = hooked();
    let a = create(&env, "a");
    env.tsm_config("damaged [");
    env.tmux(["split-window", "-d", "-t", &a]);
    wait_state(&env, "a", "WINDOW_0_PANES=\"0 1 2\"");
    assert!(log(&env).contains("saved with built-in defaults"), "{}", log(&env));
}

#[test]
fn a_saver_without_server_does_nothing() {
    let env = Environment::new();
    create(&env, "a");
    let before = state(&env, "a");
    env.kill_server_hard();
    let _whatever = env.tsm(["autosave-run"]).run();
    assert_eq!(state(&env, "a"), before);
    assert_eq!(env.server(), None, "it starts none");
    let status = env.tsm(["autosave", "status"]).run().success();
    assert!(status.stdout_str().starts_with("hooks       no server\n"));
}
