//! Projects with a tmux server of their own.

use std::fs;
use std::path::PathBuf;

use serde_json::Value;
use tests::process::{Process, Signal};
use tests::{Environment, wait_until};

use crate::json_documents::check;
use crate::switch::{sessions, state, type_into};

/// `alpha` is where tsm is called, `beta` in the server `two`.
pub(crate) fn two_servers() -> Environment {
    let env = Environment::new();
    let (alpha, beta) = (env.project("alpha"), env.project("beta"));
    env.tsm_config(&format!(
        "agent = \"shell\"\n[projects.alpha]\npath = {alpha:?}\n[projects.beta]\npath = {beta:?}\nserver = \"two\"\n"
    ));
    env
}

pub(crate) fn socket(env: &Environment, name: &str) -> PathBuf {
    let uid = rustix::process::getuid().as_raw();
    env.root().join(format!("tmux/tmux-{uid}")).join(name)
}

/// What a command of tmux prints in another server; nothing where there is none.
pub(crate) fn tmux(env: &Environment, server: &str, args: &[&str]) -> Vec<String> {
    let output = env.command("tmux", ["-u", "-L", server]).args(args).run();
    output.stdout_str().lines().map(str::to_owned).collect()
}

pub(crate) fn sessions_of(env: &Environment, server: &str) -> Vec<String> {
    tmux(env, server, &["list-sessions", "-F", "#{session_name}"])
}

pub(crate) fn create_both(env: &Environment) {
    for project in ["alpha", "beta"] {
        env.tsm(["create", project]).run().success();
    }
    assert_eq!(sessions(env), ["claude-alpha"]);
    assert_eq!(sessions_of(env, "two"), ["claude-beta"]);
}

pub(crate) fn end_server(env: &Environment, server: &str) {
    let pid = tmux(env, server, &["display-message", "-p", "#{pid}"]);
    tmux(env, server, &["kill-server"]);
    let gone = || (!fs::exists(format!("/proc/{}", pid[0])).unwrap()).then_some(());
    wait_until("the server to end", gone);
}

fn session_of(sessions: &Value, project: &str) -> Value {
    let sessions = sessions["sessions"].as_array().unwrap();
    let found = sessions.iter().find(|session| session["project"] == project);
    found.unwrap_or_else(|| panic!("{project} in {sessions:?}")).clone()
}

#[test]
fn each_verb_goes_to_the_projects_server() {
    let env = two_servers();
    create_both(&env);
    let there = socket(&env, "two");
    let pane = env.panes("claude-alpha")[0].id.clone();
    // The server that one is in isn't the project's.
    let again = env.tsm(["create", "beta"]).in_pane(&pane).run().success();
    assert!(
        again.stdout_str().contains("is there already"),
        "{}",
        again.stdout_str()
    );
    let shown = env.tsm(["switch", "beta", "--no-attach"]).run().success();
    assert_eq!(shown.stdout_str(), "claude-beta\n");
    env.tsm(["send", "beta", "--pane", "shell", "touch sent"])
        .run()
        .success();
    wait_until("the command", || {
        env.root().join("projects/beta/sent").exists().then_some(())
    });

    let listed = env.tsm(["list"]).run().success();
    assert!(!listed.stdout_str().contains("beta"), "{}", listed.stdout_str());
    assert_eq!(listed.stderr_str(), "");
    let all = env.tsm(["list", "--all"]).run().success();
    assert!(all.stdout_str().contains("SERVER"), "{}", all.stdout_str());
    let json = env.tsm(["list", "--all", "--json"]).run().success().json();
    check("list", &json);
    let beta = session_of(&json, "beta");
    assert_eq!(beta["state"], "healthy");
    assert_eq!(beta["panes"], 2);
    assert_eq!(beta["server"], there.to_str().unwrap());
    assert!(session_of(&json, "alpha").get("server").is_none());
    for args in [["status", "beta", "--json"], ["status", "--all", "--json"]] {
        let json = env.tsm(args).run().success().json();
        let schema = if json.get("session").is_some() {
            "status"
        } else {
            "list"
        };
        check(schema, &json);
        let beta = match json.get("session") {
            Some(beta) => beta.clone(),
            None => session_of(&json, "beta"),
        };
        assert_eq!(beta["state"], "healthy");
        assert_eq!(beta["server"], there.to_str().unwrap());
    }
    let projects = env.tsm(["project", "list", "--json"]).run().success().json();
    check("project-list", &projects);
    let projects = projects["projects"].as_array().unwrap();
    assert!(projects.iter().all(|project| project["live"] == true), "{projects:?}");
    let frame = env.tsm(["dashboard", "--once"]).run().success();
    assert!(frame.stdout_str().contains("healthy"), "{}", frame.stdout_str());

    // Saving here says nothing of what lives there, and nobody calls it lost.
    env.tsm(["save"]).run().success();
    assert!(
        state(&env, "beta").contains("SESSION_LIFECYCLE=\"live\""),
        "{}",
        state(&env, "beta")
    );
    env.tsm(["restore"]).run().success();
    env.recovery(["detect"]).run().success();
    assert_eq!(sessions(&env), ["claude-alpha"]);
    tmux(&env, "two", &["rename-window", "-t", "=claude-beta:", "renamed"]);
    assert_eq!(env.tsm(["save", "beta"]).run().success().stdout_str(), "beta saved\n");
    assert!(state(&env, "beta").contains("renamed"), "{}", state(&env, "beta"));

    // One verb is about one server, before anything is done.
    let several = env.tsm(["kill", "alpha", "beta"]).run().code(7);
    assert!(
        several.stderr_str().contains("different tmux servers"),
        "{}",
        several.stderr_str()
    );
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);
    env.tsm(["kill", "beta"]).run().success();
    assert!(sessions_of(&env, "two").is_empty());
    assert_eq!(sessions(&env), ["claude-alpha"]);
    assert!(state(&env, "beta").contains("SESSION_LIFECYCLE=\"ended\""));
}

#[test]
fn a_client_stays_in_its_server_and_the_hint_leads_to_the_other() {
    let env = two_servers();
    env.tsm(["create", "alpha"]).run().success();
    let client = env.attach("claude-alpha");
    let pane = env.panes("claude-alpha")[0].id.clone();
    let refused = env.tsm(["switch", "beta", "--force"]).in_pane(&pane).run().code(7);
    let told = refused.stderr_str().split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(told.contains("in another tmux server (-L two)"), "{told}");
    let hint = "tmux detach-client -E 'tsm switch beta'";
    assert!(told.contains(hint), "{told}");
    // Nothing was made, left or ended.
    assert!(sessions_of(&env, "two").is_empty());
    assert_eq!(client.session().as_deref(), Some("claude-alpha"));
    env.tsm(["switch", "beta", "--no-attach"])
        .in_pane(&pane)
        .run()
        .success();
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);
    env.tsm(["attach", "beta"]).in_pane(&pane).run().code(7);
    assert_eq!(client.session().as_deref(), Some("claude-alpha"));

    type_into(&env, &pane, hint);
    let looking = || tmux(&env, "two", &["list-clients", "-F", "#{client_tty} #{session_name}"]);
    wait_until("the client there", || {
        (looking() == [format!("{} claude-beta", client.tty())]).then_some(())
    });
    // What was left lives on, with what runs in it.
    assert_eq!(sessions(&env), ["claude-alpha"]);
    // In there it is the server that one is in.
    let inside = tmux(
        &env,
        "two",
        &[
            "display-message",
            "-p",
            "-t",
            "=claude-beta:",
            "#{socket_path},#{pid},0",
        ],
    );
    let status = env
        .tsm(["status"])
        .env_remove("TSM_SOCKET_PATH")
        .env("TMUX", inside[0].clone());
    assert!(status.run().success().stdout_str().contains("Projekt: beta"));
    // A project that names no server belongs to the one that one is in; not where it lives already.
    let out = env
        .tsm(["switch", "alpha"])
        .env_remove("TSM_SOCKET_PATH")
        .env("TMUX", inside[0].clone());
    let out = out.run().code(7);
    let here = env.socket().display().to_string();
    assert!(out.stderr_str().contains(&here), "{}", out.stderr_str());
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);
    // Ending the session that one is in goes the way it always goes.
    tmux(
        &env,
        "two",
        &["send-keys", "-t", "=claude-beta:", "tsm kill beta", "Enter"],
    );
    wait_until("the end of beta", || sessions_of(&env, "two").is_empty().then_some(()));
    wait_until("its record", || {
        state(&env, "beta")
            .contains("SESSION_LIFECYCLE=\"ended\"")
            .then_some(())
    });
    assert_eq!(sessions(&env), ["claude-alpha"]);
}

#[test]
fn outside_of_tmux_one_gets_there_by_the_verb_and_by_the_screens() {
    let env = two_servers();
    env.tsm(["create", "alpha"]).run().success();
    let looking = || tmux(&env, "two", &["list-clients", "-F", "#{client_tty} #{session_name}"]);
    let there = |tty: &str| looking() == [format!("{tty} claude-beta")];
    let mut client = env.tsm(["switch", "beta"]).in_terminal();
    wait_until("the client of the verb", || there(client.tty()).then_some(()));
    tmux(&env, "two", &["detach-client", "-s", "claude-beta"]);
    client.exit_status();
    let mut picker = env.tsm([""; 0]).in_terminal();
    picker.wait_screen(|screen| screen.contains("beta  ") && screen.contains("alpha  "));
    picker.type_text("beta\r");
    wait_until("the client of the picker", || there(picker.tty()).then_some(()));
    tmux(&env, "two", &["detach-client", "-s", "claude-beta"]);
    picker.exit_status();
    let mut dashboard = env.tsm(["dashboard"]).in_terminal();
    dashboard.wait_screen(|screen| screen.contains("beta  "));
    dashboard.type_text("/beta\r");
    dashboard.wait_screen(|screen| screen.contains("match beta (1)"));
    dashboard.type_text("s");
    dashboard.wait_screen(|screen| screen.contains("beta saved") || screen.contains("beta unchanged"));
    dashboard.type_text("k");
    dashboard.wait_screen(|screen| screen.contains("Save and end the session of beta?"));
    dashboard.type_text("y");
    wait_until("the end of beta", || sessions_of(&env, "two").is_empty().then_some(()));
    dashboard.type_text("q");
    dashboard.exit_status();
    assert_eq!(sessions(&env), ["claude-alpha"]);
}

#[test]
fn a_server_that_hangs_is_told_and_keeps_nobody_from_the_others() {
    let env = two_servers();
    create_both(&env);
    let pid = tmux(&env, "two", &["display-message", "-p", "#{pid}"])[0]
        .parse()
        .unwrap();
    let server = Process::of(pid).unwrap();
    server.signal(Signal::STOP);
    let all = env.tsm(["list", "--all", "--json"]).run().success().json();
    check("list", &all);
    assert_eq!(session_of(&all, "beta")["state"], "unknown");
    assert_eq!(session_of(&all, "alpha")["state"], "healthy");
    env.tsm(["status", "alpha"]).run().success();
    env.kill_server();
    // It has lost nothing, so it isn't asked.
    let restored = env.tsm(["restore"]).run().success();
    assert_eq!(restored.stdout_str(), "alpha restored\n");
    server.signal(Signal::CONT);
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);
    end_server(&env, "two");
}

#[test]
fn the_command_line_wins_and_no_project_gets_a_second_session() {
    let env = two_servers();
    let given = env.tsm(["-L", "three", "create", "beta"]).run().success();
    assert!(
        given.stderr_str().contains("beta's own tmux server is -L two"),
        "{}",
        given.stderr_str()
    );
    assert_eq!(sessions_of(&env, "three"), ["claude-beta"]);
    for verb in [&["create", "beta"][..], &["switch", "beta", "--no-attach"]] {
        let second = env.tsm(verb).run().code(7);
        let three = socket(&env, "three").display().to_string();
        assert!(second.stderr_str().contains(&three), "{}", second.stderr_str());
    }
    assert!(sessions_of(&env, "two").is_empty());
    let all = env.tsm(["list", "--all", "--json"]).run().success().json();
    assert_eq!(
        session_of(&all, "beta")["server"],
        socket(&env, "three").to_str().unwrap()
    );
    env.tsm(["-L", "three", "kill", "beta"]).run().success();
    env.tsm(["create", "beta"]).run().success();
    assert_eq!(sessions_of(&env, "two"), ["claude-beta"]);

    // Who names the server for a project without one has it so, as ever.
    env.tsm(["create", "alpha"]).run().success();
    env.tsm(["create", "alpha"])
        .env("TSM_SOCKET_PATH", socket(&env, "three"))
        .run()
        .success();
    assert_eq!(sessions_of(&env, "three"), ["claude-alpha"]);
    end_server(&env, "three");
    end_server(&env, "two");
}

#[test]
fn hooks_and_saving_by_itself_are_about_the_projects_server() {
    let env = two_servers();
    let config = env.home().join(".config/tsm/config.toml");
    let told = env.root().join("told");
    let hook = format!("hooks.post_create = 'echo \"$TSM_SOCKET\" >> {}'\n", told.display());
    let text = hook + &fs::read_to_string(&config).unwrap();
    fs::write(&config, text).unwrap();
    for project in ["alpha", "beta"] {
        env.tsm(["create", project]).env("TSM_AUTOSAVE", "on").run().success();
    }
    let sockets = [env.socket(), socket(&env, "two")].map(|socket| socket.display().to_string());
    let told = fs::read_to_string(&told).unwrap();
    assert_eq!(told.lines().collect::<Vec<_>>(), sockets);
    tmux(&env, "two", &["rename-window", "-t", "=claude-beta:", "renamed"]);
    wait_until("the save", || state(&env, "beta").contains("renamed").then_some(()));
    assert!(state(&env, "alpha").contains("SESSION_LIFECYCLE=\"live\""));
    // What is closed there is told by that server alone.
    tmux(&env, "two", &["new-session", "-d", "-s", "other"]);
    tmux(&env, "two", &["kill-session", "-t", "=claude-beta"]);
    wait_until("the end to be saved", || {
        state(&env, "beta")
            .contains("SESSION_LIFECYCLE=\"closed\"")
            .then_some(())
    });
    assert!(state(&env, "alpha").contains("SESSION_LIFECYCLE=\"live\""));
    end_server(&env, "two");
}

#[test]
fn a_server_that_cant_be_is_told_with_its_line() {
    let env = two_servers();
    let config = env.home().join(".config/tsm/config.toml");
    let text = fs::read_to_string(&config).unwrap().replace("\"two\"", "\"run/s\"");
    fs::write(&config, text).unwrap();
    let refused = env.tsm(["create", "beta"]).run().code(2);
    assert!(
        refused.stderr_str().contains("config.toml:6: projects.beta.server"),
        "{}",
        refused.stderr_str()
    );
    env.tsm(["create", "alpha"]).run().success();
}
