//! Sessions, windows and panes: the typed commands, each seen to do what it says.

use tests::wait_until;
use tmux_core::{
    BreakPane, Command, Created, Direction, Error, JoinPane, Key, LayoutName, NewSession, NewWindow, OptionName,
    OptionScope, OptionValue, PaneId, RespawnPane, RespawnWindow, Size, SplitWindow, WindowPlace,
};

use super::world::{World, each, named, run};

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
            group: Some(made.session),
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
        run(world, Command::unlink_window(other.session, two.window));
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
