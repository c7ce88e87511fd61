//! Traps of tmux that aren't seen elsewhere in this suite. Each is named as in the crate's table of quirks, where it is one.

use std::time::Duration;

use tests::wait_until;
use tmux_core::layout::{Content, Orientation, Rounding};
use tmux_core::{
    Capability, Command, Error, Layout, LayoutName, NewWindow, OptionName, OptionScope, OptionValue, SplitWindow,
    UserOptions,
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
