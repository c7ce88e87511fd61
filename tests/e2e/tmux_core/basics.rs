//! Calls, errors, batches.

use tests::Environment;
use tmux_core::{Command, Error, Generation, SessionId, UserOptions};

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
