//! A client in control mode.

use std::time::Duration;

use tests::wait_until;
use tmux_core::control::{
    Attach, Change, ControlClient, Event, Feed, Notification, SubscriptionName, SubscriptionScope, Watched,
};
use tmux_core::{Command, Error, SessionId};

use super::world::{Way, World, named};

const WAIT: Duration = Duration::from_secs(10);

/// Over descriptors that the server got from us, and with the tmux program in between.
fn both(test: impl Fn(&World, ControlClient)) {
    for spawned in [false, true] {
        println!("spawned: {spawned}");
        let world = World::new(Way::Direct);
        let client = world.control(|attach| Attach { spawned, ..attach });
        test(&world, client);
    }
}

fn wait_for_event<T>(client: &mut ControlClient, mut wanted: impl FnMut(&Event) -> Option<T>) -> T {
    loop {
        let event = client.next_event(WAIT).unwrap().expect("an event in time");
        if let Some(found) = wanted(&event) {
            return found;
        }
    }
}

#[test]
fn commands_are_answered_each_and_events_come_in_between() {
    both(|world, mut client| {
        let reply = client
            .run(&[vec![
                Command::new("list-sessions").option("-F", tmux_core::Arg::Format("#{session_name}".into())),
            ]])
            .unwrap();
        assert_eq!((reply.status, reply.stdout), (0, b"main\n".to_vec()));
        // A failure ends its group only.
        let reply = client
            .run(&[
                vec![Command::kill_session(SessionId(77)), named("never").command()],
                vec![named("b").command()],
            ])
            .unwrap();
        assert_eq!(reply.status, 1);
        assert_eq!(String::from_utf8_lossy(&reply.stderr), "can't find session: $77\n");
        wait_for_event(&mut client, |event| {
            (*event == Event::Notification(Notification::SessionsChanged)).then_some(())
        });
        assert_eq!(world.snapshot().sessions.len(), 2);
        client.detach();
        assert!(world.snapshot().clients.is_empty());
        assert!(world.process().alive());
    });
}

#[test]
fn hooks_and_aliases_of_the_user_do_not_shift_answers() {
    both(|world, mut client| {
        world
            .env
            .tmux(["set-hook", "-g", "after-list-windows", "display-message -p FROMHOOK"]);
        world.env.tmux([
            "set-option",
            "-s",
            "command-alias[99]",
            "list-clients=display-message -p A ; display-message -p B ; list-sessions",
        ]);
        for n in 0..20 {
            let text = format!("answer-{n}");
            let print = Command::new("display-message")
                .flag("-p")
                .operands([tmux_core::Arg::Literal(text.clone().into())]);
            let reply = client
                .run(&[
                    vec![Command::new("list-windows")],
                    vec![Command::new("list-clients")],
                    vec![print],
                ])
                .unwrap();
            let stdout = String::from_utf8_lossy(&reply.stdout).into_owned();
            assert!(stdout.ends_with(&format!("{text}\n")), "{stdout}");
            assert!(!stdout.contains("FROMHOOK"), "{stdout}");
        }
        let foreign = wait_for_event(&mut client, |event| match event {
            Event::Foreign(block) => Some(block.body.to_string()),
            _ => None,
        });
        assert_eq!(foreign, "FROMHOOK\n");
    });
}

#[test]
fn the_feed_tells_of_panes_in_other_sessions() {
    both(|world, mut client| {
        world
            .env
            .tmux(["new-session", "-d", "-s", "other", "-x", "100", "-y", "30"]);
        client.watch().unwrap();
        let next = |client: &mut ControlClient| -> Feed {
            wait_for_event(client, |event| ControlClient::feed_of(event).map(Result::unwrap))
        };
        let before = next(&mut client);
        assert_eq!(before.sessions.len(), 2);
        // Control mode itself says nothing of this.
        world.env.tmux(["split-window", "-d", "-t", "=other:"]);
        let now = next(&mut client);
        let changes = now.changes_since(&before);
        assert!(
            matches!(changes.as_slice(), [Change::WindowChanged(_), Change::PaneAdded(_)]),
            "{changes:?}"
        );
        client.unwatch().unwrap();
        world.env.tmux(["kill-session", "-t", "=other:"]);
        wait_for_event(&mut client, |event| {
            assert!(ControlClient::feed_of(event).is_none());
            (*event == Event::Notification(Notification::SessionsChanged)).then_some(())
        });
    });
}

#[test]
fn a_value_is_told_when_it_changes() {
    both(|world, mut client| {
        let name = SubscriptionName::new("panes").unwrap();
        client
            .subscribe(
                &name,
                SubscriptionScope::AllWindows,
                &[Watched::WindowId, Watched::WindowPanes],
            )
            .unwrap();
        let next = |client: &mut ControlClient| -> String {
            wait_for_event(client, |event| match event {
                Event::Notification(Notification::SubscriptionChanged { name, value, .. }) if name == "panes" => {
                    Some(value.to_string())
                }
                _ => None,
            })
        };
        assert_eq!(next(&mut client), "@0 1");
        world.env.tmux(["split-window", "-d", "-t", "=main:"]);
        assert_eq!(next(&mut client), "@0 2");
        client.unsubscribe(&name).unwrap();
        client.resize(70, 20).unwrap();
    });
}

#[test]
fn a_lasting_client_that_was_lost_is_attached_again() {
    let world = World::new(Way::Control);
    world.snapshot();
    // The session it is attached to ends between two calls: the next call is another client's.
    world.env.tmux(["new-session", "-d", "-s", "other"]);
    world.env.tmux(["kill-session", "-t", "=main:"]);
    wait_until("the client to be gone", || {
        world.env.tmux(["list-clients"]).is_empty().then_some(())
    });
    world.server.run(vec![named("b").command()]).unwrap();
    // The server is another one, and the calls are meant for that.
    world.env.kill_server();
    world.env.tmux(["new-session", "-d", "-s", "main"]);
    let direct = super::world::server(&world.env, Way::Direct);
    let bound = world.server.bound_to(direct.info().unwrap().generation());
    for n in 0..3 {
        bound.run(vec![named(&format!("c{n}")).command()]).unwrap();
    }
}

#[test]
fn the_end_is_told_whoever_causes_it() {
    both(|world, mut client| {
        world.env.tmux(["new-session", "-d", "-s", "other"]);
        world.env.tmux(["kill-session", "-t", "=main:"]);
        wait_until("the end of the client", || {
            let _event = client.next_event(Duration::from_millis(50)).unwrap();
            client.end().is_some().then_some(())
        });
        assert!(matches!(client.run(&[]), Err(Error::ServerLost { .. })));
        assert!(world.process().alive());
    });
    both(|world, mut client| {
        world.env.kill_server_hard();
        assert!(matches!(
            client.run(&[vec![Command::new("list-sessions")]]),
            Err(Error::ServerLost { .. } | Error::Io(_))
        ));
        assert!(client.end().is_some());
    });
}

#[test]
fn a_missing_session_and_dangerous_commands_are_refused() {
    both(|world, mut client| {
        for command in ["send-keys", "capture-pane", "run-shell", "wait-for", "source-file"] {
            let error = client
                .run(&[vec![Command::new("list-panes"), Command::new(command)]])
                .unwrap_err();
            assert!(matches!(error, Error::NotOverControl { .. }), "{error}");
        }
        let outcome = ControlClient::attach(
            super::world::spawn_binary(&world.env),
            tmux_core::Socket::at_path(world.env.socket()),
            super::world::identity(&world.env),
            &Attach {
                session: SessionId(77),
                ..Attach::to(SessionId(0))
            },
        );
        assert!(matches!(outcome, Err(Error::NotFound { .. })), "{:?}", outcome.err());
    });
}

#[test]
fn attaching_leaves_the_session_as_it_is() {
    both(|world, client| {
        let environment = || world.env.tmux(["show-environment", "-t", "=main:"]);
        let before = environment();
        let session = world.session("main");
        // It counts as a client; it has no say in the size.
        assert_eq!((session.attached, session.windows[0].window.width), (1, 100));
        let clients = world.snapshot().clients;
        assert!(clients[0].control_mode);
        drop(client);
        assert_eq!(environment(), before);
    });
}

#[test]
fn clients_that_come_and_go_leave_the_server_alive() {
    let world = World::new(Way::Direct);
    for n in 0..40 {
        let mut client = world.control(|attach| Attach {
            spawned: n % 4 == 0,
            ..attach
        });
        if n % 2 == 0 {
            client.run(&[vec![Command::new("list-panes").flag("-a")]]).unwrap();
        }
        if n % 3 == 0 {
            client.detach();
        }
    }
    assert!(world.process().alive());
    wait_until("all clients to be gone", || {
        world.snapshot().clients.is_empty().then_some(())
    });
}
