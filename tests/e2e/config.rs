//! A config that is wrong somewhere: what doesn't need the wrong part goes on and says so, what does stops.

use std::fs;

use tests::Environment;

use crate::switch::sessions;

/// Two projects with sessions, whose config is then written anew.
fn two(extra: &str) -> Environment {
    let env = Environment::new();
    let config = |web: &str| {
        format!(
            "{extra}\n[projects.web]\npath = \"{}\"\n{web}\n[projects.api]\npath = \"{}\"\n",
            env.project("web").display(),
            env.project("api").display()
        )
    };
    env.tsm_config(&config("").replace(extra, ""));
    for name in ["web", "api"] {
        env.tsm(["create", name]).run().success();
    }
    env.tsm_config(&config("completion_marker = 3"));
    env
}

#[test]
fn a_wrong_project_stops_what_acts_on_it_and_nothing_else() {
    let env = two("");
    let warning = "config.toml:4: invalid type: integer `3`";
    for args in [
        &["list"][..],
        &["status", "web"],
        &["status", "--all"],
        &["state", "web"],
        &["save"],
        &["switch", "api", "--no-attach"],
        &["switch", "web", "--no-attach"],
        &["kill", "api"],
        &["create", "api"],
    ] {
        let output = env.tsm(args).run().success();
        assert!(output.stderr_str().contains(warning), "{args:?}: {output:?}");
        assert!(
            output.stderr_str().contains("(projects.web isn't used)"),
            "{args:?}: {output:?}"
        );
    }
    let backup = env.recovery(["backup"]).run().success();
    assert!(backup.stderr_str().contains(warning), "{backup:?}");
    // Its marker may be what isn't understood.
    let output = env.tsm(["kill", "web"]).run().code(2);
    assert!(output.stderr_str().contains(warning), "{output:?}");
    let pane = env.panes("claude-web")[1].id.clone();
    env.tsm(["switch", "api"]).in_pane(&pane).run().code(2);
    assert_eq!(sessions(&env), ["claude-api", "claude-web"]);
    env.tsm(["kill", "web", "--force"]).run().success();
    env.tsm(["create", "web"]).run().code(2);
    let quiet = env.tsm(["-q", "list"]).run().success();
    assert_eq!(quiet.stderr_str(), "");
    let prompt = env.tsm(["context", "--prompt"]).run().success();
    assert_eq!(prompt.stderr_str(), "");
}

#[test]
fn a_wrong_setting_stops_the_verbs_that_need_it() {
    let env = two("[switch]\nleave = \"maybe\"\n[hooks]\npre_save = 1\n[log]\nformat = \"xml\"\n");
    for (args, code) in [
        (&["list"][..], 0),
        (&["attach", "nobody"], 3),
        (&["create", "api"], 2),
        (&["switch", "api", "--no-attach"], 2),
        (&["save"], 2),
    ] {
        let output = env.tsm(args).run().code(code);
        assert!(output.stderr_str().contains("config.toml:"), "{output:?}");
    }
    let check = env.tsm(["config", "check"]).run().code(2);
    let lines: Vec<&str> = check.stderr_str().lines().collect();
    assert_eq!(lines.len(), 4, "{check:?}");
    for (line, number) in lines.iter().zip([2, 4, 6, 10]) {
        assert!(line.contains(&format!("config.toml:{number}: ")), "{check:?}");
    }
    let json = env.tsm(["save", "--json"]).run().code(2).json();
    assert_eq!(json["error"]["class"], "usage");
}

#[test]
fn without_a_readable_config_one_can_look_but_change_nothing() {
    let env = two("");
    env.tsm_config("[switch\nleave = 1\n");
    for args in [
        &["list"][..],
        &["status", "web"],
        &["state", "web"],
        &["config", "path"],
        &["logs"],
    ] {
        let output = env.tsm(args).run().success();
        assert!(
            output.stderr_str().contains("built-in defaults are used"),
            "{args:?}: {output:?}"
        );
        assert!(output.stderr_str().contains("config.toml:1: "), "{args:?}: {output:?}");
    }
    for args in [
        &["save"][..],
        &["kill", "web"],
        &["switch", "api", "--no-attach"],
        &["config", "check"],
    ] {
        env.tsm(args).run().code(2);
    }
    assert_eq!(sessions(&env), ["claude-api", "claude-web"]);
    // A file that is named and isn't there is a slip of the call.
    for args in [&["list"][..], &["status", "web"], &["state", "web"], &["save"]] {
        let named = env.tsm(args).args(["--config", "/nonexistent.toml"]).run().code(2);
        assert!(
            named.stderr_str().contains("/nonexistent.toml can't be read"),
            "{named:?}"
        );
        env.tsm(args).env("TSM_CONFIG", "/nonexistent.toml").run().code(2);
    }
    env.recovery(["detect", "--config", "/nonexistent.toml"])
        .run()
        .success();
    // What never was a config: too large, binary, a directory.
    let path = env.tsm_config_file();
    for bytes in [
        vec![b'#'; 2 << 20],
        vec![0xff; 100],
        b"a = [[[[[[[[[[[[[[[[[[[[".to_vec(),
    ] {
        fs::write(&path, bytes).unwrap();
        env.tsm(["save"]).run().code(2);
        env.tsm(["list"]).run().success();
    }
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    env.tsm(["save"]).run().code(2);
}
