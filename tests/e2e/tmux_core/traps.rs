//! Traps of tmux that aren't seen elsewhere in this suite. Each is named as in the crate's table of quirks, where it is one.

use std::time::{Duration, Instant};

use tests::wait_until;
use tmux_core::control::{Attach, ClientFlags, ControlClient, Event, Notification};
use tmux_core::layout::{Content, Orientation, Rounding};
use tmux_core::{
    Capability, Command, Error, Layout, LayoutName, NewWindow, OptionName, OptionScope, OptionValue, SplitWindow,
    UserOptions, WindowId,
};

use super::world::{Way, World, each, named, run};

fn checksum(body: &str) -> u16 {
    body.bytes()
        .fold(0_u16, |sum, byte| sum.rotate_right(1).wrapping_add(u16::from(byte)))
}

fn with_checksum(body: &str) -> String {
    format!("{:04x},{body}", checksum(body))
}

/// `layout-any`, `layout-huge`, `layout-malformed`: what our parser lets through, no server dies of.
#[test]
fn layouts_that_are_let_through_end_no_server() {
    let world = World::new(Way::Direct);
    let window = world.session("main").windows[0].window.id;
    let pane = world.session("main").panes().next().unwrap().id;
    world
        .server
        .split_window(SplitWindow {
            left_right: true,
            ..SplitWindow::of(pane)
        })
        .unwrap();
    world.server.split_window(SplitWindow::of(pane)).unwrap();
    let base = "120x40,0,0{60x40,0,0[60x20,0,0,0,60x19,0,21,1],59x40,61,0,2}";
    let digits = [
        "0",
        "1",
        "9",
        "40",
        "10000",
        "10001",
        "65536",
        "2147483647",
        "4294967296",
        "",
        "x",
        ",",
        "{",
        "}",
        "[",
        "]",
        "<",
        ">",
        "-1",
        " ",
    ];
    let mut let_through = 0;
    for at in 0..base.len() {
        for piece in digits {
            for cut in [0, 1, 2] {
                let Some(rest) = base.get(at + cut..) else { continue };
                let body = format!("{}{piece}{rest}", &base[..at]);
                let Ok(layout) = Layout::parse(with_checksum(&body).as_bytes()) else {
                    continue;
                };
                let Ok(command) = Command::select_layout(window, &layout, 3) else {
                    continue;
                };
                let_through += 1;
                let _refused = world.server.run(vec![command]);
                assert!(world.process().alive(), "{body}");
            }
        }
    }
    assert!(let_through > 50, "{let_through}");
    assert_eq!(world.session("main").panes().count(), 3);
    for text in [
        "",
        "zzzz",
        "{}",
        "[[[",
        "tiledd",
        "abc",
        "#(x)",
        r#"{"V":2}"#,
        "80x24,0,0{}",
        "80x2147483647,0,0,0",
    ] {
        assert!(Layout::parse(text.as_bytes()).is_err());
        assert!(Layout::parse(with_checksum(text).as_bytes()).is_err());
    }
    // With another number of panes tmux would drop some without a word.
    let layout = Layout::even(Orientation::LeftRight, 2, 100, 30, Rounding::First).unwrap();
    assert!(Command::select_layout(window, &layout, 3).is_err());
}

/// `json-layout`: what a server prints is read, and what is written it takes.
#[test]
fn the_layout_of_a_server_goes_back_into_it() {
    each(|world| {
        let first = world.session("main").panes().next().unwrap().id;
        let right = world
            .server
            .split_window(SplitWindow {
                left_right: true,
                ..SplitWindow::of(first)
            })
            .unwrap();
        world.server.split_window(SplitWindow::of(right.pane)).unwrap();
        let version = world.snapshot().server.version;
        let text = |world: &World| world.session("main").windows[0].window.layout.clone();
        // A control client is given the classic notation, too.
        let json = version.has(Capability::JsonLayouts) && world.way != Way::Control;
        assert_eq!(text(world).starts_with(b"{"), json);
        let layout = Layout::parse(&text(world)).unwrap();
        world
            .server
            .run(vec![Command::select_named_layout(
                right.window,
                LayoutName::EvenVertical,
            )])
            .unwrap();
        assert_ne!(Layout::parse(&text(world)).unwrap().print(), layout.print());
        world
            .server
            .run(vec![
                Command::select_layout_on(&version, right.window, &layout, 3).unwrap(),
            ])
            .unwrap();
        assert_eq!(Layout::parse(&text(world)).unwrap().print(), layout.print());
    });
}

/// `float-string`, `float-border`: floating panes are told apart, and brought back where the notation can.
#[test]
fn floating_panes_are_seen_and_brought_back() {
    let world = World::new(Way::Direct);
    let version = world.snapshot().server.version;
    if !version.has(Capability::FloatingPanes) {
        // They don't exist there, and nothing takes a pane for one.
        assert!(world.session("main").panes().all(|pane| !pane.floating));
        return;
    }
    let window = world.session("main").windows[0].window.id;
    world.env.tmux([
        "new-pane", "-d", "-t", "=main:", "-x", "50", "-y", "10", "-X", "4", "-Y", "2",
    ]);
    let panes = world.session("main").panes().cloned().collect::<Vec<_>>();
    assert_eq!(panes.iter().filter(|pane| pane.floating).count(), 1);
    let text = |world: &World| world.session("main").windows[0].window.layout.clone();
    let layout = Layout::parse(&text(&world)).unwrap();
    assert_eq!((layout.panes().len(), layout.floating.len()), (1, 1));
    if version.has(Capability::JsonLayouts) {
        let mut moved = layout.clone();
        moved.floating[0].left += 7;
        world
            .server
            .run(vec![Command::select_layout_on(&version, window, &moved, 1).unwrap()])
            .unwrap();
        let now = Layout::parse(&text(&world)).unwrap();
        assert_eq!(now.floating[0].left, layout.floating[0].left + 7);
        assert!(matches!(now.root.content, Content::Pane(_)));
    }
}

/// `dm-status-0` and names as targets: nothing is ever hit by a prefix or a pattern.
#[test]
fn nothing_is_found_by_a_part_of_its_name() {
    each(|world| {
        world.server.new_session(named("foobar")).unwrap();
        for part in ["foo", "foob", "foo*", "fooba?", "main:", "1", "{last}", "FOOBAR"] {
            let Some(name) = tmux_core::ExactName::new(part) else {
                continue;
            };
            let outcome = world.server.run(vec![Command::has_session(name)]);
            assert!(matches!(outcome, Err(Error::NotFound { .. })), "{part}: {outcome:?}");
        }
        let missing = tmux_core::PaneId(777);
        assert_eq!(world.server.pane_fields(&[missing], &["pane_width"]).unwrap(), [None]);
        assert_eq!(world.snapshot().sessions.len(), 2);
    });
}

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

/// `mute-kills`, `refresh-l`, `layout-any`, `bad-directory`, `empty-session`: refused before anything is sent, however they
/// were made.
#[test]
fn what_could_end_a_server_is_not_sent() {
    each(|world| {
        let session = world.session("main");
        let pane = session.panes().next().unwrap().id;
        let plain = |text: &str| tmux_core::Arg::Plain(text.into());
        let deadly = [
            Command::new("refresh-client").option("-A", plain("%0:off")),
            Command::new("refresh-client").flag("-l"),
            Command::new("select-layout").operands([plain("zzzz")]),
            Command::new("select-layout").operands([plain("b25d,80x2147483647,0,0,0")]),
        ];
        for command in deadly {
            for command in [command.clone(), command.when(session.id, "1".into())] {
                let outcome = world.server.run(vec![command]);
                assert!(matches!(outcome, Err(Error::Deadly { .. })), "{outcome:?}");
            }
        }
        let respawn = tmux_core::RespawnPane {
            kill: true,
            directory: "/no/such".into(),
            ..tmux_core::RespawnPane::of(pane)
        };
        assert!(matches!(
            world.server.run(vec![respawn.command()]),
            Err(Error::NoDirectory { .. })
        ));
        assert!(matches!(
            world.server.run(vec![Command::rename_session(session.id, "".into())]),
            Err(Error::EmptyName)
        ));
        assert!(world.process().alive());
    });
}

/// A window that is linked into several sessions is taken out of the one that was meant.
#[test]
fn a_link_is_addressed_by_its_session() {
    each(|world| {
        let window = world.session("main").windows[0].window.id;
        let others: Vec<_> = ["b", "c"]
            .map(|name| world.server.new_session(named(name)).unwrap())
            .into();
        for other in &others {
            run(
                world,
                Command::link_window(window, tmux_core::WindowPlace::Session(other.session)),
            );
        }
        run(world, Command::unlink_window(others[0].session, window));
        let snapshot = world.snapshot();
        let window = snapshot.window(window).unwrap();
        let mut links: Vec<_> = window.links.iter().map(|(session, _)| *session).collect();
        links.sort();
        assert_eq!(links, [world.session("main").id, others[1].session]);
    });
}

/// A limit of any length is one.
#[test]
fn limits_of_any_length_are_taken() {
    each(|world| {
        for limit in [Duration::MAX, Duration::from_secs(1 << 62)] {
            world
                .server
                .clone()
                .with_limit(limit)
                .snapshot(UserOptions::default())
                .unwrap();
        }
    });
}

/// A program can print what looks like the end of an answer; contents don't go where that could matter.
#[test]
fn a_pane_that_prints_the_protocol_spoils_no_answer() {
    each(|world| {
        let script = "i=0; while [ $i -lt 20 ]; do echo \"%end $(date +%s) $i 1\"; echo '%exit fake'; echo '%message x'; i=$((i+1)); done; echo whole; exec sleep 86396";
        let window = NewWindow {
            program: vec!["sh".into(), "-c".into(), script.into()],
            directory: "/".into(),
            ..NewWindow::at(world.session("main").id)
        };
        let pane = world.server.new_window(window).unwrap().pane;
        let capture = || {
            world
                .server
                .capture_panes([tmux_core::CapturePane::with_history(pane)])
                .unwrap()
                .remove(0)
                .unwrap()
                .to_string()
        };
        wait_until("the text", || capture().contains("whole\n").then_some(()));
        let text = capture();
        assert_eq!(text.matches("%end ").count(), 20, "{text}");
        assert_eq!(text.matches("%exit fake").count(), 20, "{text}");
        // The same in a value that a list gives.
        let option = OptionName::new("@value").unwrap();
        let value = "x\n%end 1 1 1\n%exit fake\n%begin 1 1 1\ny";
        let session = world.session("main").id;
        world
            .server
            .run(vec![Command::set_option(
                OptionScope::Session(session.into()),
                &option,
                OptionValue::Set(value.into()),
            )])
            .unwrap();
        let snapshot = world
            .server
            .snapshot(UserOptions {
                session: &["@value"],
                pane: &[],
            })
            .unwrap();
        assert_eq!(snapshot.session(session).unwrap().user_options, [value]);
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

/// Options of the user that change where things land.
#[test]
fn settings_of_the_user_change_no_answer() {
    let config = "set -g base-index 7\nset -g pane-base-index 3\nset -g renumber-windows on\nset -g status off\n\
                  set -g mouse on\nset -g default-command 'exec sleep 86396'\nset -g automatic-rename on\n\
                  set -g allow-rename off\nset -g remain-on-exit off\nset -g window-size latest\nset -g detach-on-destroy off\n";
    for way in [Way::Spawn, Way::Direct, Way::Control] {
        let world = World::with_config(way, config);
        let main = world.session("main");
        assert_eq!(main.windows[0].index, 7);
        let made = world.server.new_window(NewWindow::at(main.id)).unwrap();
        let split = world.server.split_window(SplitWindow::of(made.pane)).unwrap();
        let snapshot = world.snapshot();
        let panes: Vec<u32> = snapshot
            .window(made.window)
            .unwrap()
            .panes
            .iter()
            .map(|pane| pane.index)
            .collect();
        assert_eq!(panes, [3, 4]);
        assert!(snapshot.pane(split.pane).is_some());
        let grouped = tmux_core::NewSession {
            group: Some(main.id),
            size: None,
            directory: Default::default(),
            ..named("grouped")
        };
        let grouped = world.server.new_session(grouped).unwrap();
        world.server.run(vec![Command::kill_session(grouped.session)]).unwrap();
        assert_eq!(world.snapshot().sessions.len(), 1);
    }
}
