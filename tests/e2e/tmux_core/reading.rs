//! Contents and fields of panes, and clients.

use tests::wait_until;
use tmux_core::{CapturePane, Command, Error, Line, NewWindow, PaneId, SwitchClient};

use super::world::{Way, World, each, run};

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
