//! Names and directories that would like to be something else.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;

use tests::Environment;

use crate::switch::{sessions, state};

#[test]
fn an_unknown_project_comes_with_the_nearest_names() {
    let env = Environment::new();
    let path = env.project("todo");
    env.tsm(["create", "."]).dir(&path).run().success();
    let output = env.tsm(["switch", "tood"]).run().code(3);
    assert_eq!(
        output.stderr_str(),
        "tsm: switch failed: there is no project tood\nhint: did you mean todo?\n"
    );
    let json = env.tsm(["switch", "tood", "--json"]).run().code(3).json();
    assert_eq!(json["error"]["class"], "not_found");
    assert_eq!(json["schema"], 1);
}

#[test]
fn directories_that_cannot_be_used_change_nothing() {
    let env = Environment::new();
    fs::write(env.root().join("projects-file"), "").unwrap();
    for (path, why) in [("./missing", "doesn't exist"), ("./projects-file", "is no directory")] {
        let output = env.tsm(["switch", path]).dir(env.root()).run().code(3);
        assert!(output.stderr_str().contains(why), "{}", output.stderr_str());
    }
    env.tsm_config("[projects.gone]\npath = \"/nonexistent/gone\"\n");
    env.tsm(["switch", "gone"]).run().code(3);
    assert!(env.server().is_none());
    assert!(!env.home().join(".claude").exists());
}

#[test]
fn names_that_would_be_mangled_are_refused() {
    let env = Environment::new();
    for name in ["a:b", "a.b", "", "x\u{7}y", "é", &"x".repeat(300)] {
        for verb in ["switch", "create", "status", "kill"] {
            let output = env.tsm([verb, name]).run().code(2);
            assert!(!output.stderr_str().contains('\u{7}'), "{}", output.stderr_str());
        }
    }
    env.tsm(["switch", "-x"]).run().code(2);
    env.tsm(["switch", "a/b"]).run().code(3);
    assert!(env.server().is_none());
}

#[test]
fn two_directories_called_api_never_meet() {
    let env = Environment::new();
    let (one, two) = (env.project("one/api"), env.project("two/api"));
    env.tsm(["switch", ".", "--no-attach"]).dir(&one).run().success();
    let second = env.tsm(["switch", ".", "--no-attach"]).dir(&two).run().success();
    let second = second.stdout_str().trim().to_owned();
    assert!(
        second.starts_with("claude-api-") && second.len() == "claude-api-".len() + 6,
        "{second}"
    );
    assert_eq!(env.panes("claude-api")[0].cwd, one);
    assert_eq!(env.panes(&second)[0].cwd, two);
    // Each is found again, also from below.
    let deep = env.project("two/api/src");
    let json = env
        .tsm(["switch", ".", "--no-attach", "--json"])
        .dir(&deep)
        .run()
        .success()
        .json();
    assert_eq!(
        (json["session"].as_str(), json["created"].as_bool()),
        (Some(second.as_str()), Some(false))
    );
    assert_eq!(sessions(&env).len(), 2);
}

#[test]
fn hostile_directories_work_and_run_nothing() {
    let env = Environment::new();
    let sentinel = env.root().join("sentinel");
    let touch = format!("#(touch {})", sentinel.display()).replace('/', "\u{2215}");
    let names: Vec<Vec<u8>> = vec![
        b"#(touch x)".to_vec(),
        b"a b;$HOME'\"\xc3\xa9".to_vec(),
        touch.into_bytes(),
        b"#{pane_id}#S".to_vec(),
        b"#[fg=red]".to_vec(),
        b"a##[b#".to_vec(),
        b"semi;".to_vec(),
        b"back`touch y`tick".to_vec(),
        b"new\nline\ttab\x1b[31m".to_vec(),
        b"invalid\xff\xfe".to_vec(),
        b"%H%n-~".to_vec(),
    ];
    for name in &names {
        let path = env.project("hostile").join(std::ffi::OsStr::from_bytes(name));
        fs::create_dir_all(&path).unwrap();
        let output = env
            .tsm(["switch", ".", "--no-attach", "--json"])
            .dir(&path)
            .run()
            .success();
        let json = output.json();
        let panes = env.panes(json["session"].as_str().unwrap());
        assert_eq!(panes.len(), 2);
        assert!(panes.iter().all(|pane| pane.cwd == path), "{panes:?}");
        env.tsm(["save"]).run().success();
        // Sourcing what was saved runs nothing either.
        let project = json["project"].as_str().unwrap();
        assert!(!state(&env, project).is_empty());
        let file = env
            .home()
            .join(".claude/session-states")
            .join(format!("{project}.state"));
        let sourced = env.command(
            "sh",
            ["-c", ". \"$1\" && printf %s \"$PROJECT\"", "sh", file.to_str().unwrap()],
        );
        assert_eq!(sourced.dir(&path).run().success().stdout_str(), project);
        env.tsm(["kill", &format!("./{}", ".")]).dir(&path).run().success();
        env.tsm(["switch", ".", "--no-attach"]).dir(&path).run().success();
        assert!(
            env.panes(json["session"].as_str().unwrap())
                .iter()
                .all(|pane| pane.cwd == path)
        );
        let made: Vec<_> = fs::read_dir(&path)
            .unwrap()
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert!(made.is_empty(), "{made:?}");
    }
    assert!(!sentinel.exists());
    assert!(!env.home().join("x").exists() && !env.home().join("y").exists());
    assert_eq!(sessions(&env).len(), names.len());
}

#[test]
fn an_unreadable_directory_changes_nothing() {
    let env = Environment::new();
    let path = env.project("closed");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o000)).unwrap();
    let switch = ["tsm", "switch", path.to_str().unwrap(), "--no-attach"];
    // Root reads everything, unless it gives up the right to.
    let without = [
        "--bounding-set=-dac_override,-dac_read_search",
        "--inh-caps=-dac_override,-dac_read_search",
    ];
    let output = if rustix::process::geteuid().is_root() {
        env.command("setpriv", without.iter().chain(&switch)).run()
    } else {
        env.command(switch[0], &switch[1..]).run()
    };
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    let output = output.code(3);
    assert!(output.stderr_str().contains("can't be read"), "{}", output.stderr_str());
    assert!(env.server().is_none());
    assert!(!env.home().join(".claude").exists());
}

#[test]
fn a_mistyped_verb_is_told_from_an_extension() {
    let env = Environment::new();
    let output = env.tsm(["resotre"]).run().code(2);
    assert_eq!(
        output.stderr_str(),
        "tsm: resotre: no such verb, and no program tsm-resotre in PATH\nhint: did you mean `tsm restore`?\n"
    );
    // What isn't for people is not proposed to them.
    let output = env.tsm(["pane-rum"]).run().code(2);
    assert!(
        output.stderr_str().ends_with("hint: `tsm help` lists the verbs\n"),
        "{output:?}"
    );
    env.script("tsm-resotre", "#!/bin/sh\necho \"$@\"\n");
    assert_eq!(env.tsm(["resotre", "a", "b c"]).run().success().stdout_str(), "a b c\n");
}
