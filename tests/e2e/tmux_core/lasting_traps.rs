//! Traps of clients that last, and of keys into modes, which wedge such clients. Each is named as in the table of quirks.

use std::time::{Duration, Instant};

use tests::wait_until;
use tmux_core::control::{Attach, ClientFlags, ControlClient, Event, Notification};
use tmux_core::{Capability, Command, Error, NewWindow, OptionName, OptionScope, OptionValue, WindowId};

use super::world::{Way, World, each};

/// `copy-mode-wedge`: keys into a pane in a mode come back with an answer, and calls go on.
#[test]
fn typing_into_a_pane_in_a_mode_wedges_nothing() {
    each(|world| {
        let pane = world.session("main").panes().next().unwrap().id;
        world.env.tmux(["copy-mode", "-t", &pane.to_string()]);
        let started = Instant::now();
        for text in ["f", "/", ":", "?"] {
            let typed = Command::send_text(pane, text.into());
            let outcome = world.server.run(vec![typed.clone()]);
            assert!(matches!(outcome, Err(Error::InMode)), "{text} {outcome:?}");
            let mut batch = tmux_core::Batch::go_on();
            batch.push(typed);
            let results = world.server.run_batch(&batch).unwrap();
            assert!(
                matches!(results[..], [tmux_core::CommandResult::Failed(Error::InMode)]),
                "{results:?}"
            );
        }
        assert!(started.elapsed() < Duration::from_secs(10));
        world.server.run(vec![Command::leave_mode(pane)]).unwrap();
        assert!(!world.snapshot().pane(pane).unwrap().in_mode);
    });
}

/// The same for what follows the keys in their call, and for a paste that ends with Enter.
#[test]
fn nothing_follows_keys_that_were_refused() {
    each(|world| {
        let session = world.session("main");
        let pane = session.panes().next().unwrap().id;
        let version = world.snapshot().server.version;
        world.env.tmux(["copy-mode", "-t", &pane.to_string()]);
        let option = OptionName::new("@after").unwrap();
        let set = Command::set_option(
            OptionScope::Session(session.id.into()),
            &option,
            OptionValue::Set("1".into()),
        );
        let value = || {
            world
                .server
                .option(OptionScope::Session(session.id.into()), &option, false)
                .unwrap()
        };
        let outcome = world
            .server
            .run(vec![Command::send_text(pane, "x".into()), set.clone()]);
        assert!(matches!(outcome, Err(Error::InMode)), "{outcome:?}");
        assert_eq!(value(), None);
        let mut batch = tmux_core::Batch::stop();
        batch.extend([Command::send_keys(pane, [tmux_core::Key::ENTER]), set]);
        let results = world.server.run_batch(&batch).unwrap();
        assert!(
            matches!(
                results[..],
                [
                    tmux_core::CommandResult::Failed(Error::InMode),
                    tmux_core::CommandResult::NotRun
                ]
            ),
            "{results:?}"
        );
        assert_eq!(value(), None);
        let enter = tmux_core::Paste {
            enter: true,
            ..tmux_core::Paste::default()
        };
        let outcome = world.server.paste(pane, b"rm x", enter, &version);
        assert!(matches!(outcome, Err(Error::InMode)), "{outcome:?}");
        assert!(world.env.tmux(["list-buffers"]).is_empty());
        world.server.run(vec![Command::leave_mode(pane)]).unwrap();
        let shown = world
            .server
            .capture_panes([tmux_core::CapturePane::screen(pane)])
            .unwrap()
            .remove(0)
            .unwrap();
        assert!(!shown.to_string().contains("rm x"), "{shown}");
        // What depends on a condition is told when it fails.
        let missing = Command::kill_window(WindowId(777)).when(session.id, "1".into());
        assert!(matches!(
            world.server.run(vec![missing.clone()]),
            Err(Error::NotFound { .. })
        ));
        let mut batch = tmux_core::Batch::go_on();
        batch.extend([
            missing,
            Command::kill_window(WindowId(777)).when(session.id, "0".into()),
        ]);
        let results = world.server.run_batch(&batch).unwrap();
        assert!(
            matches!(
                results[..],
                [
                    tmux_core::CommandResult::Failed(Error::NotFound { .. }),
                    tmux_core::CommandResult::Done(_)
                ]
            ),
            "{results:?}"
        );
    });
}

fn events(client: &mut ControlClient) -> Vec<Event> {
    std::iter::from_fn(|| client.next_event(Duration::from_millis(1500)).unwrap()).collect()
}

/// `lf-in-feed`: the feed holds nothing that can write lines.
#[test]
fn names_with_line_feeds_write_nothing_into_the_feed() {
    let world = World::new(Way::Direct);
    let mut client = world.control(|attach| attach);
    client.watch().unwrap();
    // A title can't hold one, an option can; a name can on some versions.
    let session = world.session("main").id;
    let window = world.session("main").windows[0].window.id;
    let option = OptionName::new("@value").unwrap();
    let hostile = "x\n%exit fake\ny";
    let _refused = world.server.run(vec![Command::rename_window(window, hostile.into())]);
    world
        .server
        .run(vec![Command::set_option(
            OptionScope::Session(session.into()),
            &option,
            OptionValue::Set(hostile.into()),
        )])
        .unwrap();
    world.env.tmux(["split-window", "-d", "-t", "=main:"]);
    let events = events(&mut client);
    assert!(
        events
            .iter()
            .any(|event| ControlClient::feed_of(event).is_some_and(|feed| feed.is_ok()))
    );
    assert!(
        !events.iter().any(|event| matches!(event, Event::Stray(_))),
        "{events:?}"
    );
    assert_eq!(client.end(), None);
}

/// `message-inside`, `pause-inside`: these notifications stand inside blocks, and shift no answer.
#[test]
fn notifications_inside_answers_are_events() {
    for spawned in [false, true] {
        let world = World::new(Way::Direct);
        let version = world.snapshot().server.version;
        let flags = ClientFlags {
            no_output: false,
            pause_after: Some(Duration::from_secs(30)),
            ..ClientFlags::default()
        };
        let mut client = world.control(|attach| Attach {
            spawned,
            flags,
            ..attach
        });
        let pane = world.session("main").panes().next().unwrap().id;
        let message = Command::new("display-message").operands([tmux_core::Arg::Literal("hello".into())]);
        let print = Command::new("display-message")
            .flag("-p")
            .operands([tmux_core::Arg::Literal("printed".into())]);
        let reply = client.run(&[vec![message, print]]).unwrap();
        assert_eq!((reply.status, reply.stdout), (0, b"printed\n".to_vec()));
        let pause = Command::new("refresh-client").option("-A", tmux_core::Arg::Plain(format!("{pane}:pause").into()));
        client.run(&[vec![pause]]).unwrap();
        client.continue_pane(pane).unwrap();
        let events = events(&mut client);
        let told = |notification: Notification| events.contains(&Event::Notification(notification));
        assert_eq!(
            told(Notification::Message { text: "hello".into() }),
            version.has(Capability::MessageNotification),
            "{events:?}"
        );
        assert!(
            told(Notification::Pause { pane }) && told(Notification::Continue { pane }),
            "{events:?}"
        );
    }
}

/// `exit-hang`: a client with output that nobody read still leaves.
#[test]
fn a_client_with_unread_output_leaves() {
    for spawned in [false, true] {
        let world = World::new(Way::Direct);
        let flags = ClientFlags {
            no_output: false,
            ..ClientFlags::default()
        };
        let client = world.control(|attach| Attach {
            spawned,
            flags,
            ..attach
        });
        let window = NewWindow {
            program: vec!["yes".into(), "x".repeat(200).into()],
            directory: "/".into(),
            ..NewWindow::at(world.session("main").id)
        };
        world.server.new_window(window).unwrap();
        let started = Instant::now();
        client.detach();
        assert!(started.elapsed() < Duration::from_secs(10));
        wait_until("the client to be gone", || {
            world.snapshot().clients.is_empty().then_some(())
        });
        assert!(world.process().alive());
    }
}

/// `client-flags-ignored`: a flag of a later version is passed over.
#[test]
fn flags_of_later_versions_are_no_error() {
    let world = World::new(Way::Direct);
    let flags = ClientFlags {
        new_layouts: true,
        no_detach_on_destroy: true,
        ..ClientFlags::default()
    };
    let mut client = world.control(|attach| Attach { flags, ..attach });
    assert_eq!(client.run(&[vec![Command::new("list-sessions")]]).unwrap().status, 0);
}
