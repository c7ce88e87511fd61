//! The crate `tmux-core` against a real server.

use tests::Environment;
use tmux_core::{Command, Error, ExactName, NewSession, Server, Socket, UserOptions};

/// The crate starts tmux with the environment of its own process, which is the test's: a script gives it the private one.
fn server(env: &Environment) -> Server {
    let tmux = std::env::var("TSM_TMUX").unwrap_or_else(|_| "tmux".to_owned());
    let (root, home) = (env.root().display(), env.home());
    let text = format!(
        "#!/bin/sh\nexec env TSM_E2E_ROOT={root} HOME={} SHELL=/bin/sh {tmux} \"$@\"\n",
        home.display()
    );
    Server::spawned(env.script("private-tmux", &text), Socket::at_path(env.socket()))
}

fn named(name: &str) -> NewSession {
    NewSession {
        name: name.into(),
        directory: "/".into(),
        size: Some((100, 30)),
        ..NewSession::default()
    }
}

#[test]
fn no_server_and_no_such_target_are_told_apart() {
    let env = Environment::new();
    let server = server(&env);
    assert!(matches!(
        server.snapshot(UserOptions::default()),
        Err(Error::NoServer { .. })
    ));
    // A call that may not start a server doesn't.
    assert!(matches!(
        server.run(vec![named("a").command()]),
        Err(Error::NoServer { .. })
    ));
    assert!(env.server().is_none());
    server.run_or_start(vec![named("a").command()]).unwrap();
    let id = server.snapshot(UserOptions::default()).unwrap().sessions[0].id;
    let missing = tmux_core::SessionId(id.0 + 100);
    assert!(matches!(
        server.run(vec![Command::kill_session(missing)]),
        Err(Error::NotFound { .. })
    ));
    assert!(matches!(
        server.run(vec![named("a").command()]),
        Err(Error::Exists { .. })
    ));
    env.kill_server();
    assert!(matches!(
        server.snapshot(UserOptions::default()),
        Err(Error::NoServer { .. })
    ));
}

#[test]
fn a_server_without_sessions_is_a_server() {
    let env = Environment::new();
    env.tmux_config("set -g exit-empty off\n");
    let server = server(&env);
    server.run_or_start(vec![named("a").command()]).unwrap();
    let id = server.snapshot(UserOptions::default()).unwrap().sessions[0].id;
    server.run(vec![Command::kill_session(id)]).unwrap();
    assert!(server.snapshot(UserOptions::default()).unwrap().sessions.is_empty());
}

#[test]
fn hostile_names_come_back_as_they_were() {
    let env = Environment::new();
    let server = server(&env);
    let names = [
        "a|b",
        "#(touch x)",
        "#[x]##",
        "q'\"`",
        "$HOME-é",
        "semi;",
        "  ",
        "%H",
        "\u{1F600}",
        "-dash",
        "=eq",
        "@at",
    ];
    for (n, name) in names.iter().enumerate() {
        let exact = ExactName::new(format!("s{n}")).unwrap();
        let session = NewSession {
            window_name: Some((*name).into()),
            ..named(&format!("s{n}"))
        };
        server
            .run_or_start(vec![
                session.command(),
                Command::set_user_option(exact.clone(), "@x", (*name).into()),
                Command::set_pane_title(exact, (*name).into()),
            ])
            .unwrap();
    }
    let snapshot = server
        .snapshot(UserOptions {
            session: &["@x"],
            pane: &[],
        })
        .unwrap();
    for (n, name) in names.iter().enumerate() {
        let session = snapshot.session_named(format!("s{n}").as_bytes()).unwrap();
        assert_eq!(session.user_options, [*name]);
        assert_eq!(session.windows[0].name, *name);
        assert_eq!(session.windows[0].panes[0].title, *name);
    }
    assert!(!env.home().join("x").exists() && !std::path::Path::new("/x").exists());
}

#[test]
fn a_failed_command_ends_its_group_and_no_other() {
    let env = Environment::new();
    let server = server(&env);
    let groups = vec![
        vec![named("a").command(), named("a").command(), named("never").command()],
        vec![named("b").command()],
    ];
    let reply = server.run_groups_or_start(groups).unwrap();
    assert_ne!(reply.status, 0);
    let snapshot = server.snapshot(UserOptions::default()).unwrap();
    let names: Vec<String> = snapshot
        .sessions
        .iter()
        .map(|session| session.name.to_string())
        .collect();
    assert_eq!(names, ["a", "b"]);
}

#[test]
fn a_call_larger_than_the_argument_limit_goes_through() {
    let env = Environment::new();
    let server = server(&env);
    let commands: Vec<Command> = (0..40)
        .map(|n| {
            NewSession {
                environment: vec![("X".into(), "y".repeat(1000).into())],
                ..named(&format!("s{n}"))
            }
            .command()
        })
        .collect();
    server.run_or_start(commands).unwrap();
    assert_eq!(server.snapshot(UserOptions::default()).unwrap().sessions.len(), 40);
}
