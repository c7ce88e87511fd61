//! Calls, errors, batches.

use tests::{Environment, wait_until};
use tmux_core::{BriefPanes, Command, Error, Generation, PaneId, SessionId, UserOptions};

use super::world::{Way, World, each, named, server};

#[test]
fn no_server_and_no_such_target_are_told_apart() {
    for way in [Way::Spawn, Way::Direct, Way::Control, Way::Auto] {
        let env = Environment::new();
        let server = server(&env, way);
        let missing = |outcome: Result<_, Error>| assert!(matches!(outcome, Err(Error::NoServer { .. })), "{way:?}");
        missing(server.snapshot(UserOptions::default()).map(drop));
        // A call that may not start a server doesn't.
        missing(server.run(vec![named("a").command()]).map(drop));
        assert!(env.server().is_none());
    }
    each(|world| {
        let id = world.session("main").id;
        let other = SessionId(id.0 + 100);
        assert!(matches!(
            world.server.run(vec![Command::kill_session(other)]),
            Err(Error::NotFound { .. })
        ));
        assert!(matches!(
            world.server.run(vec![named("main").command()]),
            Err(Error::Exists { .. })
        ));
        world.env.kill_server();
        assert!(matches!(
            world.server.snapshot(UserOptions::default()),
            Err(Error::NoServer { .. } | Error::ServerLost { .. })
        ));
        assert!(matches!(
            world.server.snapshot(UserOptions::default()),
            Err(Error::NoServer { .. })
        ));
    });
}

#[test]
fn only_a_call_that_may_starts_a_server() {
    for way in [Way::Spawn, Way::Auto] {
        let env = Environment::new();
        let server = server(&env, way);
        server.run_or_start(vec![named("a").command()]).unwrap();
        assert!(env.server().is_some());
        assert_eq!(server.snapshot(UserOptions::default()).unwrap().sessions.len(), 1);
    }
}

#[test]
fn a_server_without_sessions_is_a_server() {
    each(|world| {
        world.env.tmux(["set-option", "-s", "exit-empty", "off"]);
        let id = world.session("main").id;
        world.server.run(vec![Command::kill_session(id)]).unwrap();
        assert!(world.snapshot().sessions.is_empty());
        world.server.run(vec![named("again").command()]).unwrap();
        assert_eq!(world.snapshot().sessions.len(), 1);
    });
}

#[test]
fn a_failed_command_ends_its_group_and_no_other() {
    for way in [Way::Spawn, Way::Auto] {
        let env = Environment::new();
        let server = server(&env, way);
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
}

#[test]
fn a_call_larger_than_the_argument_limit_goes_through() {
    each(|world| {
        let commands: Vec<Command> = (0..40)
            .map(|n| {
                let mut session = named(&format!("s{n}"));
                session.environment = vec![("X".into(), "y".repeat(1000).into())];
                session.command()
            })
            .collect();
        world.server.run(commands).unwrap();
        assert_eq!(world.snapshot().sessions.len(), 41);
    });
}

#[test]
fn another_life_of_the_server_runs_nothing() {
    each(|world| {
        let generation = world.snapshot().server.generation();
        let bound = world.server.bound_to(generation);
        bound.run(vec![named("a").command()]).unwrap();
        let other = Generation {
            pid: generation.pid + 1,
            ..generation
        };
        let stale = world.server.bound_to(other);
        let large = (0..40)
            .map(|n| named(&format!("{}{n}", "x".repeat(1000))).command())
            .collect();
        for commands in [vec![named("b").command()], large] {
            assert!(matches!(stale.run(commands), Err(Error::ServerRestarted { .. })));
        }
        assert_eq!(world.snapshot().sessions.len(), 2);
        // The same for a server that was really started anew.
        world.env.kill_server();
        world.env.tmux(["new-session", "-d", "-s", "main"]);
        let error = bound.run(vec![Command::kill_session(SessionId(0))]).unwrap_err();
        let told = matches!(error, Error::ServerRestarted { .. })
            // A control client that was attached to the old one learns of its end first.
            || world.way == Way::Control && matches!(error, Error::ServerLost { .. });
        assert!(told, "{error}");
        assert_eq!(world.snapshot().sessions.len(), 1);
    });
}

#[test]
fn a_new_session_gets_the_environment_that_tmux_would_give_it() {
    for way in [Way::Spawn, Way::Direct, Way::Auto] {
        let world = World::new(way);
        world.server.run(vec![named("a").command()]).unwrap();
        let environment = world.env.tmux(["show-environment", "-t", "=a:", "SSH_AUTH_SOCK"]);
        assert_eq!(environment, b"SSH_AUTH_SOCK=/agent\n", "{way:?}");
    }
}

#[test]
fn a_brief_snapshot_says_the_same_in_fewer_words() {
    each(|world| {
        world.env.tmux(["set-option", "-g", "remain-on-exit", "on"]);
        world.env.tmux(["split-window", "-t", "main:", "-c", "/"]);
        world.env.tmux(["new-window", "-t", "main:", "-c", "/", "exit 3"]);
        world.env.tmux(["set-option", "-t", "main", "@mark", "a|b\\c"]);
        world
            .env
            .tmux(["set-option", "-p", "-t", "main:0.1", "@agent", "claude"]);
        let options = UserOptions {
            session: &["@mark"],
            pane: &["@agent"],
        };
        let full = wait_until("the end of the program", || {
            let snapshot = world.server.snapshot(options).unwrap();
            let dead = snapshot.sessions[0].panes().any(|pane| pane.dead);
            dead.then_some(snapshot)
        });
        let all = world.server.brief_snapshot(options, BriefPanes::All).unwrap();
        let noted = world.server.brief_snapshot(options, BriefPanes::Noted).unwrap();
        for brief in [&all, &noted] {
            assert!(brief.whole);
            assert_eq!(brief.server, full.server);
            let (session, known) = (&brief.sessions[0], &full.sessions[0]);
            assert_eq!((session.id, &session.name), (known.id, &known.name));
            assert_eq!((session.created, &session.path), (known.created, &known.path));
            assert_eq!(session.user_options, ["a|b\\c"]);
            assert_eq!((session.window_count, session.pane_count()), (2, 3));
            for pane in session.panes() {
                let known = known.panes().find(|known| known.id == pane.id).unwrap();
                assert_eq!((pane.index, pane.pid), (known.index, known.pid));
                assert_eq!((pane.dead, &pane.user_options), (known.dead, &known.user_options));
            }
        }
        let ids = |panes: &dyn Fn(&tmux_core::Pane) -> bool| -> Vec<PaneId> {
            let session = &full.sessions[0];
            session.panes().filter(|pane| panes(pane)).map(|pane| pane.id).collect()
        };
        let listed = |snapshot: &tmux_core::Snapshot| -> Vec<PaneId> {
            snapshot.sessions[0].panes().map(|pane| pane.id).collect()
        };
        assert_eq!(listed(&all), ids(&|_| true));
        assert_eq!(
            listed(&noted),
            ids(&|pane| pane.dead || pane.user_options[0] == "claude")
        );
        assert_eq!(listed(&noted).len(), 2);
    });
}
