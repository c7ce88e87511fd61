//! The typed commands, each seen to do what it says.

use std::time::Duration;

use tests::wait_until;
use tmux_core::{
    BreakPane, CapturePane, Command, Created, Direction, EnvironmentScope, Error, JoinPane, Key, KeyCode, LayoutName,
    Line, NewSession, NewWindow, OptionName, OptionScope, OptionValue, PaneId, Paste, RespawnPane, RespawnWindow, Size,
    SplitWindow, SwitchClient, Variable, WaitFor, WindowPlace,
};

use super::world::{Way, World, each, named};

fn run(world: &World, command: Command) {
    world.server.run(vec![command]).unwrap();
}

fn waiting(name: &str) -> NewSession {
    NewSession {
        program: vec!["sleep".into(), "86396".into()],
        ..named(name)
    }
}

#[test]
fn sessions_are_made_grouped_renamed_and_ended() {
    each(|world| {
        let made = world.server.new_session(waiting("a")).unwrap();
        run(world, Command::rename_session(made.session, "b".into()));
        assert_eq!(world.session("b").id, made.session);
        run(world, Command::has_session(made.session));
        let group = NewSession {
            group: Some("b".into()),
            directory: Default::default(),
            size: None,
            program: Vec::new(),
            ..named("c")
        };
        let grouped = world.server.new_session(group).unwrap();
        assert_eq!(grouped.window, made.window);
        let snapshot = world.snapshot();
        let (b, c) = (
            snapshot.session(made.session).unwrap(),
            snapshot.session(grouped.session).unwrap(),
        );
        assert!(b.group.is_some() && b.group == c.group);
        assert!(snapshot.shares_windows(b));
        // A window exists once, with its links.
        assert_eq!(snapshot.window(made.window).unwrap().links.len(), 2);
        assert_eq!(snapshot.windows.len(), 2);
        run(world, Command::kill_other_sessions(made.session));
        assert_eq!(world.snapshot().sessions.len(), 1);
        assert!(matches!(
            world.server.run(vec![Command::has_session(grouped.session)]),
            Err(Error::NotFound { .. })
        ));
    });
}

#[test]
fn windows_are_made_moved_linked_swapped_and_ended() {
    each(|world| {
        let main = world.session("main");
        let first = main.windows[0].window.id;
        let window = |name: &str| {
            let window = NewWindow {
                name: Some(name.into()),
                program: vec!["sleep".into(), "86396".into()],
                directory: "/".into(),
                ..NewWindow::at(main.id)
            };
            world.server.new_window(window).unwrap()
        };
        let (one, two) = (window("one"), window("two"));
        run(world, Command::move_window(one.window, WindowPlace::Index(main.id, 9)));
        run(world, Command::select_window(one.window));
        let order = |world: &World| -> Vec<(u32, String)> {
            let windows = world.session("main").windows;
            windows
                .iter()
                .map(|link| (link.index, link.window.name.to_string()))
                .collect()
        };
        assert_eq!(world.session("main").active_window().unwrap().index, 9);
        run(world, Command::last_window(main.id));
        assert_eq!(world.session("main").active_window().unwrap().window.id, first);
        run(world, Command::move_window(one.window, WindowPlace::Before(two.window)));
        run(world, Command::renumber_windows(main.id));
        let names: Vec<String> = order(world).into_iter().map(|(_, name)| name).collect();
        assert_eq!(names[1..], ["one", "two"]);
        run(world, Command::swap_windows(one.window, two.window));
        assert_eq!(order(world)[1].1, "two");
        run(world, Command::rename_window(two.window, "zwei".into()));
        assert!(!world.snapshot().window(two.window).unwrap().automatic_rename);
        let other = world.server.new_session(waiting("other")).unwrap();
        run(
            world,
            Command::link_window(two.window, WindowPlace::Session(other.session)),
        );
        assert_eq!(world.snapshot().window(two.window).unwrap().links.len(), 2);
        let link = world.session("other").windows.last().unwrap().index;
        run(
            world,
            Command::unlink_window(tmux_core::Target::WindowIndex(other.session, link)),
        );
        assert_eq!(world.snapshot().window(two.window).unwrap().links.len(), 1);
        let again = RespawnWindow {
            kill: true,
            ..RespawnWindow::of(two.window)
        };
        run(world, again.command());
        run(world, Command::resize_window(two.window, 77, 22));
        let snapshot = world.snapshot();
        let resized = snapshot.window(two.window).unwrap();
        assert_eq!((resized.width, resized.height), (77, 22));
        run(world, Command::kill_other_windows(two.window));
        assert_eq!(world.session("main").windows.len(), 1);
        run(world, Command::kill_window(two.window));
        assert!(world.snapshot().session_named(b"main").is_none());
    });
}

fn split(world: &World, pane: PaneId, left_right: bool, size: Option<Size>) -> Created {
    let split = SplitWindow {
        left_right,
        size,
        directory: "/".into(),
        program: vec!["sleep".into(), "86396".into()],
        ..SplitWindow::of(pane)
    };
    world.server.split_window(split).unwrap()
}

#[test]
fn panes_are_split_resized_swapped_zoomed_and_ended() {
    each(|world| {
        let first = world.session("main").panes().next().unwrap().id;
        let right = split(world, first, true, Some(Size::Cells(20)));
        let below = split(world, first, false, Some(Size::Percent(25)));
        let pane = |id: PaneId| world.snapshot().pane(id).unwrap().clone();
        assert_eq!(pane(right.pane).width, 20);
        // A quarter of the 30 rows, rounded down.
        assert_eq!(pane(below.pane).height, 7);
        run(world, Command::move_border(right.pane, Direction::Left, 5));
        assert_eq!(pane(right.pane).width, 25);
        run(world, Command::resize_pane(right.pane, Some(Size::Cells(30)), None));
        assert_eq!(pane(right.pane).width, 30);
        run(world, Command::swap_panes(first, right.pane));
        assert_eq!((pane(first).width, pane(right.pane).left), (30, 0));
        run(world, Command::select_pane(first));
        assert!(pane(first).active);
        run(world, Command::select_neighbour(first, Direction::Left));
        assert!(!pane(first).active);
        run(world, Command::last_pane(first));
        assert!(pane(first).active);
        run(world, Command::toggle_zoom(first));
        assert!(world.snapshot().window(right.window).unwrap().zoomed);
        run(world, Command::toggle_zoom(first));
        run(world, Command::rotate_window(right.window));
        run(world, Command::spread_panes(first));
        run(
            world,
            Command::select_named_layout(right.window, LayoutName::EvenVertical),
        );
        let widths: Vec<u32> = world.session("main").panes().map(|pane| pane.width).collect();
        assert_eq!(widths, [100; 3]);
        let broken = BreakPane {
            source: below.pane,
            name: "own #(id)".into(),
            to: None,
            detached: true,
            print: None,
        };
        let own = world.server.break_pane(broken).unwrap();
        assert_eq!(own.pane, below.pane);
        assert_eq!(world.snapshot().window(own.window).unwrap().name, "own #(id)");
        let join = JoinPane {
            left_right: true,
            detached: true,
            ..JoinPane::of(below.pane, first)
        };
        run(world, join.command());
        assert_eq!(world.session("main").windows.len(), 1);
        let respawn = RespawnPane {
            kill: true,
            program: vec!["sleep".into(), "86395".into()],
            directory: "/".into(),
            ..RespawnPane::of(below.pane)
        };
        let before = pane(below.pane).pid;
        run(world, respawn.command());
        assert_ne!(pane(below.pane).pid, before);
        run(world, Command::kill_other_panes(first));
        assert_eq!(world.session("main").panes().count(), 1);
        let tiny = SplitWindow {
            left_right: true,
            size: Some(Size::Cells(1)),
            ..SplitWindow::of(first)
        };
        for _ in 0..60 {
            if let Err(error) = world.server.split_window(tiny.clone()) {
                assert!(matches!(error, Error::NoSpace { .. }), "{error}");
                return;
            }
        }
        panic!("there was always room");
    });
}

#[test]
fn a_dead_pane_tells_how_it_ended() {
    each(|world| {
        let main = world.session("main");
        let remain = OptionName::new("remain-on-exit").unwrap();
        run(
            world,
            Command::set_option(OptionScope::GlobalWindow, &remain, OptionValue::Set("on".into())),
        );
        let window = NewWindow {
            program: vec!["sh".into(), "-c".into(), "read line; exit 3".into()],
            directory: "/".into(),
            ..NewWindow::at(main.id)
        };
        let made = world.server.new_window(window).unwrap();
        run(world, Command::send_keys(made.pane, [Key::ENTER]));
        wait_until("the end of the program", || {
            let snapshot = world.snapshot();
            let pane = snapshot.pane(made.pane).unwrap();
            if pane.dead && pane.dead_status.is_none() {
                // 3.3a sometimes overlooks the end of a child until another one ends.
                run(world, Command::run_in_background(&["true".into()]));
            }
            (pane.dead && pane.dead_status == Some(3)).then_some(())
        });
        run(world, Command::kill_pane(made.pane));
    });
}

#[test]
fn options_and_environments_are_set_read_and_forgotten() {
    each(|world| {
        let main = world.session("main").id;
        let pane = world.session("main").panes().next().unwrap().id;
        let scope = |n: u32| match n {
            0 => OptionScope::Session(main.into()),
            1 => OptionScope::Pane(pane.into()),
            2 => OptionScope::Window(pane.into()),
            3 => OptionScope::GlobalSession,
            _ => OptionScope::Server,
        };
        let name = OptionName::new("@value").unwrap();
        let hostile = "a\nb #(touch x) $HOME \\ ; \u{e9}";
        for n in 0..5 {
            assert_eq!(world.server.option(scope(n), &name, false).unwrap(), None, "{n}");
            run(
                world,
                Command::set_option(scope(n), &name, OptionValue::Set(hostile.into())),
            );
            run(
                world,
                Command::set_option(scope(n), &name, OptionValue::Append("+".into())),
            );
            run(
                world,
                Command::set_option(scope(n), &name, OptionValue::SetIfUnset("no".into())).when(main, "0".into()),
            );
            let value = world.server.option(scope(n), &name, false).unwrap().unwrap();
            assert_eq!(value, format!("{hostile}+"), "{n}");
            run(world, Command::set_option(scope(n), &name, OptionValue::Unset));
            assert_eq!(world.server.option(scope(n), &name, false).unwrap(), None, "{n}");
        }
        run(
            world,
            Command::set_option(scope(3), &name, OptionValue::Expand("#{session_id}".into())),
        );
        assert!(world.server.option(scope(0), &name, true).unwrap().is_some());
        assert_eq!(world.server.option(scope(0), &name, false).unwrap(), None);

        let environment = EnvironmentScope::Session(main);
        for (name, value) in [("A", Some(hostile)), ("B", None), ("C", Some(""))] {
            run(
                world,
                Command::set_environment(environment, name.into(), value.map(Into::into)),
            );
        }
        let variables = world.server.environment(environment).unwrap();
        for (name, value) in [("A", Some(hostile)), ("B", None), ("C", Some(""))] {
            let expected = Variable {
                name: name.into(),
                value: value.map(Into::into),
            };
            assert!(variables.contains(&expected), "{name}: {variables:?}");
        }
        run(world, Command::unset_environment(environment, "A".into()));
        let variables = world.server.environment(environment).unwrap();
        assert!(variables.iter().all(|variable| variable.name != "A"));
    });
}

#[test]
fn hooks_of_others_stay_as_they_are() {
    each(|world| {
        world
            .env
            .tmux(["set-hook", "-g", "session-created[3]", "display-message theirs"]);
        let hook = OptionName::new("session-created").unwrap();
        let ours = Command::run_in_background(&["/bin/true".into(), "our-mark".into()]);
        let scope = OptionScope::GlobalSession;
        let before = world.server.hooks(scope.clone(), &hook).unwrap();
        for _ in 0..2 {
            world.server.add_hook(scope.clone(), &hook, &ours, "our-mark").unwrap();
        }
        let entries = world.server.hooks(scope.clone(), &hook).unwrap();
        assert_eq!(entries.len(), before.len() + 1);
        assert!(before.iter().all(|entry| entries.contains(entry)));
        assert_eq!(world.server.remove_hooks(scope.clone(), &hook, "our-mark").unwrap(), 1);
        assert_eq!(world.server.hooks(scope.clone(), &hook).unwrap(), before);
        assert_eq!(world.server.remove_hooks(scope, &hook, "our-mark").unwrap(), 0);
    });
}

/// A pane whose program writes what it reads into a file, byte for byte.
fn recording(world: &World) -> (PaneId, std::path::PathBuf) {
    let file = world.env.root().join("typed");
    std::fs::write(&file, "").unwrap();
    let script = format!("stty raw -echo; echo ready; exec cat >{}", file.display());
    let window = NewWindow {
        program: vec!["sh".into(), "-c".into(), script.into()],
        directory: "/".into(),
        ..NewWindow::at(world.session("main").id)
    };
    let pane = world.server.new_window(window).unwrap().pane;
    wait_until("the program", || {
        let shown = world
            .server
            .capture_panes([CapturePane::screen(pane)])
            .unwrap()
            .remove(0)
            .unwrap();
        shown.starts_with(b"ready").then_some(())
    });
    (pane, file)
}

#[track_caller]
fn wait_for_bytes(file: &std::path::Path, expected: &[u8]) {
    wait_until("the bytes", || {
        let typed = std::fs::read(file).unwrap();
        assert!(expected.starts_with(&typed), "{:?}", bstr::BStr::new(&typed));
        (typed == expected).then_some(())
    });
}

#[test]
fn what_is_typed_arrives_byte_for_byte() {
    each(|world| {
        let version = world.snapshot().server.version;
        let (pane, file) = recording(world);
        let mut expected: Vec<u8> = Vec::new();
        // Words that are names of keys, a final semicolon, a leading dash, formats.
        for text in [
            "Enter",
            "C-c",
            "-x",
            "a;",
            "#(touch x)",
            "\u{e9}\u{4e2d}",
            "$HOME '\"\\",
        ] {
            run(world, Command::send_text(pane, text.into()));
            expected.extend(text.as_bytes());
            wait_for_bytes(&file, &expected);
        }
        run(
            world,
            Command::send_keys(pane, [Key::new(KeyCode::Char('x')).unwrap(), Key::ENTER]),
        );
        expected.extend(b"x\r");
        run(world, Command::send_bytes(pane, &[0, 1, 0x1b, 0xff, 0xc3]));
        expected.extend([0, 1, 0x1b, 0xff, 0xc3]);
        wait_for_bytes(&file, &expected);
        let large: Vec<u8> = (0..20_000_u32).map(|n| u8::try_from(n % 255 + 1).unwrap()).collect();
        let enter = Paste {
            enter: true,
            ..Paste::default()
        };
        world.server.paste(pane, &large, enter, &version).unwrap();
        expected.extend(&large);
        expected.push(b'\r');
        wait_for_bytes(&file, &expected);
        // Into a mode a paste goes to the program all the same.
        world.env.tmux(["copy-mode", "-t", &pane.to_string()]);
        world.server.paste(pane, b"pasted", Paste::default(), &version).unwrap();
        expected.extend(b"pasted");
        wait_for_bytes(&file, &expected);
        run(world, Command::leave_mode(pane));
        assert!(!world.snapshot().pane(pane).unwrap().in_mode);
        let buffers = world.env.tmux(["list-buffers"]);
        assert!(buffers.is_empty(), "{:?}", bstr::BStr::new(&buffers));
    });
}

#[test]
fn a_paste_that_fails_leaves_no_buffer_and_presses_no_key() {
    each(|world| {
        let version = world.snapshot().server.version;
        let how = Paste {
            enter: true,
            ..Paste::default()
        };
        let outcome = world.server.paste(PaneId(777), b"secret", how, &version);
        assert!(matches!(outcome, Err(Error::NotFound { .. })), "{outcome:?}");
        assert!(world.env.tmux(["list-buffers"]).is_empty());
    });
}

#[test]
fn buffers_carry_any_byte_and_a_missing_one_costs_no_other() {
    each(|world| {
        let data: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        run(world, Command::load_buffer("b".into(), data.clone()));
        assert_eq!(world.server.buffer("b".into()).unwrap(), data);
        // Two in one call: only one can have the standard input.
        let two = vec![
            Command::load_buffer("c".into(), b"x\n\xff;".to_vec()),
            Command::load_buffer("d".into(), vec![b'y'; 50_000]),
        ];
        world.server.run(two).unwrap();
        assert_eq!(world.server.buffer("c".into()).unwrap(), b"x\n\xff;");
        assert_eq!(world.server.buffer("d".into()).unwrap(), vec![b'y'; 50_000]);
        assert!(world.server.delete_buffer("absent".into()).is_err());
        for name in ["b", "c", "d"] {
            world.server.delete_buffer(name.into()).unwrap();
        }
        assert!(world.env.tmux(["list-buffers"]).is_empty());
    });
}

#[test]
fn captures_of_many_panes_are_one_call() {
    each(|world| {
        let main = world.session("main").id;
        let panes: Vec<PaneId> = (0..5)
            .map(|n| {
                let script = format!("seq 1 100; printf '\\033[31mred-{n}\\033[0m'; exec sleep 86396");
                let window = NewWindow {
                    program: vec!["sh".into(), "-c".into(), script.into()],
                    directory: "/".into(),
                    ..NewWindow::at(main)
                };
                world.server.new_window(window).unwrap().pane
            })
            .collect();
        let last = |n: usize| format!("red-{n}");
        wait_until("the panes", || {
            let shown = world
                .server
                .capture_panes(panes.iter().map(|pane| CapturePane::screen(*pane)))
                .unwrap();
            let all = shown
                .iter()
                .enumerate()
                .all(|(n, shown)| shown.as_ref().is_ok_and(|shown| shown.to_string().contains(&last(n))));
            all.then_some(())
        });
        let captures = [
            CapturePane::with_history(panes[0]),
            CapturePane::screen(PaneId(777)),
            CapturePane {
                escapes: true,
                ..CapturePane::screen(panes[1])
            },
            CapturePane {
                start: Line::History(2),
                end: Line::Screen(0),
                ..CapturePane::screen(panes[2])
            },
        ];
        let mut results = world.server.capture_panes(captures).unwrap().into_iter();
        let whole = results.next().unwrap().unwrap().to_string();
        assert!(whole.starts_with("1\n2\n") && whole.contains("\n100\n"), "{whole}");
        assert!(matches!(results.next().unwrap(), Err(Error::NotFound { .. })));
        assert!(results.next().unwrap().unwrap().contains(&0x1b));
        assert_eq!(
            results
                .next()
                .unwrap()
                .unwrap()
                .iter()
                .filter(|byte| **byte == b'\n')
                .count(),
            3
        );
        let mut asked = panes.clone();
        asked.push(PaneId(777));
        let rows = world.server.pane_fields(&asked, &["pane_width", "pane_title"]).unwrap();
        assert_eq!(rows.iter().filter(|row| row.is_some()).count(), 5);
        assert!(rows[5].is_none());
    });
}

#[test]
fn clients_are_switched_told_and_detached() {
    let world = World::new(Way::Direct);
    world.env.tmux(["new-session", "-d", "-s", "other"]);
    let client = world.env.attach("main");
    wait_until("the client", || (!world.snapshot().clients.is_empty()).then_some(()));
    let name = world.snapshot().clients[0].name.clone();
    let other = world.session("other").id;
    run(
        &world,
        SwitchClient {
            client: name.clone(),
            session: other.into(),
        }
        .command(),
    );
    assert_eq!(world.snapshot().clients[0].session, other);
    run(&world, Command::show_message(name.clone(), b"50% #(touch x) #{pid}"));
    client.wait_screen(|screen| screen.contains("50% #(touch x) #{pid}"));
    run(&world, Command::refresh_client(name.clone()));
    run(&world, Command::detach_client(name));
    wait_until("the client to be gone", || {
        world.snapshot().clients.is_empty().then_some(())
    });
}

#[test]
fn channels_programs_in_the_background_and_files_of_commands() {
    each(|world| {
        // A wait ends at the time limit, and the server goes on.
        let hasty = world.server.clone().with_limit(Duration::from_millis(200));
        let outcome = hasty.run(vec![Command::wait_for("channel".into(), WaitFor::Wait)]);
        assert!(matches!(outcome, Err(Error::TimedOut { .. })), "{outcome:?}");
        run(world, Command::wait_for("other".into(), WaitFor::Signal));
        run(world, Command::wait_for("other".into(), WaitFor::Wait));

        let file = world.env.root().join("made by a ' program");
        let program = ["sh", "-c", "echo noise; echo noise >&2; : >\"$1\"; exit 3", "x"].map(Into::into);
        let program = [&program[..], &[file.to_str().unwrap().into()]].concat();
        run(world, Command::run_in_background(&program));
        wait_until("the program", || file.exists().then_some(()));
        // Its output put no pane into a mode.
        assert!(world.session("main").panes().all(|pane| !pane.in_mode));

        run(
            world,
            Command::source_file(b"set-option -g @a 1\nset-option -g @b 2 # comment\n".to_vec()),
        );
        let value = |name: &str| {
            world
                .server
                .option(OptionScope::GlobalSession, &OptionName::new(name).unwrap(), false)
                .unwrap()
        };
        assert_eq!((value("@a"), value("@b")), (Some("1".into()), Some("2".into())));
        // An error in the language runs nothing, and is told.
        let broken = Command::source_file(b"set-option -g @c 3\nset-option -g @d 4\nno-such-command\n".to_vec());
        assert!(matches!(world.server.run(vec![broken]), Err(Error::Refused { .. })));
        assert_eq!(value("@c"), None);
    });
}

#[test]
fn a_server_that_is_killed_is_gone_when_the_call_returns() {
    for way in [Way::Spawn, Way::Direct, Way::Auto] {
        let world = World::new(way);
        for n in 0..10 {
            let pid = world.process();
            world.server.kill_server().unwrap();
            assert!(!pid.alive());
            world.server.kill_server().unwrap();
            let starter = super::world::server(&world.env, Way::Auto);
            starter.new_session(named(&format!("s{n}"))).unwrap();
            assert_eq!(world.snapshot().sessions.len(), 1);
        }
    }
}
