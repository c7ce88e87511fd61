use std::path::Path;
use std::sync::Arc;

use session_lock::ProcessIdentity;
use tmux_core::{Layout, PaneId, SessionId, Window, WindowId};

use super::*;

fn pane(id: u32, index: u32) -> Pane {
    Pane {
        id: PaneId(id),
        index,
        left: 0,
        top: 0,
        width: 120,
        height: 40,
        active: index == 0,
        dead: false,
        dead_status: None,
        dead_signal: None,
        floating: false,
        pid: std::process::id(),
        tty: BString::default(),
        current_path: "/".into(),
        current_command: "vi".into(),
        start_command: BString::default(),
        title: BString::default(),
        history_size: 0,
        in_mode: false,
        user_options: Vec::new(),
    }
}

fn window(layout: &str, panes: Vec<Pane>) -> Window {
    Window {
        id: WindowId(0),
        name: "[tmux]".into(),
        automatic_rename: true,
        zoomed: false,
        layout: layout.into(),
        width: 120,
        height: 40,
        pane_count: panes.len(),
        links: vec![(SessionId(0), 3)],
        panes,
    }
}

fn captured(window: Window, previous: Option<&SessionState>) -> SessionState {
    let session = Session {
        id: SessionId(0),
        name: "claude-todo".into(),
        group: None,
        attached: 0,
        created: 0,
        activity: 0,
        path: "/".into(),
        window_count: 1,
        user_options: Vec::new(),
        windows: vec![Winlink {
            index: 3,
            active: true,
            last: false,
            flags: BString::default(),
            window: Arc::new(window),
        }],
    };
    let server = ServerIdentity {
        process: ProcessIdentity::current().unwrap(),
        socket: "/tmp/x".into(),
        version: "3.8".to_owned(),
    };
    let saved = Saved {
        at: 1,
        by: "0.1.0".to_owned(),
        reason: "save".to_owned(),
    };
    let occasion = Occasion {
        project: "todo",
        working_dir: Path::new("/"),
        server: &server,
        saved,
        previous,
        agents: &[],
        programs: true,
    };
    capture(&session, &occasion)
}

fn place(left: u32, top: u32, width: u32, height: u32) -> Geometry {
    Geometry {
        left,
        top,
        width,
        height,
    }
}

/// Panes 0, 1 and 2 with the ids 0, 1 and 2, of which the middle one floats, as tmux puts it after the active one.
fn with_a_floating_pane(layout: &str) -> Window {
    let mut panes: Vec<Pane> = (0..3).map(|n| pane(n, n)).collect();
    panes[1].floating = true;
    window(layout, panes)
}

#[test]
fn a_floating_pane_does_not_cost_the_layout_of_3_7() {
    // Printed by tmux 3.7c, which can't read it.
    let printed = "f3c5,120x40,0,0[120x40,0,0{107x40,0,0,0,12x40,108,0,2},50x10,4,2,1]<50x10,4,2,1>";
    let record = captured(with_a_floating_pane(printed), None);
    let window = &record.windows[0];
    let tiled = Layout::parse(&window.layout).expect("a layout");
    assert_eq!((tiled.check(2), tiled.floating.len()), (Ok(()), 0));
    let all = Layout::parse(window.layout_json.as_ref().expect("JSON, too")).expect("a layout");
    assert_eq!((all.check(2), all.floating.len()), (Ok(()), 1));
    assert_eq!(all.floating[0].pane.index, Some(1));
    let places: Vec<_> = window.panes.iter().map(|pane| pane.geometry).collect();
    assert_eq!(
        places,
        [place(0, 0, 107, 40), place(4, 2, 50, 10), place(108, 0, 12, 40)]
    );
}

#[test]
fn a_floating_pane_does_not_cost_the_layout_of_3_8() {
    // As tmux 3.8 prints it.
    let printed = r#"{"V":2,"L":{"t":"h","w":120,"h":40,"x":0,"y":0,"c":[{"t":"p","w":107,"h":40,"x":0,"y":0,"l":0,"i":0,"I":"%0"},{"t":"p","w":12,"h":40,"x":108,"y":0,"l":1,"i":2,"I":"%2"},{"t":"p","w":28,"h":6,"x":11,"y":6,"a":true,"i":1,"z":0,"I":"%1"}]}}"#;
    let record = captured(with_a_floating_pane(printed), None);
    let window = &record.windows[0];
    assert_eq!(window.layout_json.as_deref(), Some(&printed.into()));
    let tiled = Layout::parse(&window.layout).expect("a layout");
    assert_eq!((tiled.check(2), tiled.floating.len()), (Ok(()), 0));
    let places: Vec<_> = window.panes.iter().map(|pane| pane.geometry).collect();
    assert_eq!(
        places,
        [place(0, 0, 107, 40), place(11, 6, 28, 6), place(108, 0, 12, 40)]
    );
}

#[test]
fn a_layout_of_other_panes_is_kept_but_not_believed() {
    let record = captured(window("b25d,80x24,0,0,0", vec![pane(0, 0), pane(1, 1)]), None);
    let window = &record.windows[0];
    assert_eq!(window.layout, "b25d,80x24,0,0,0");
    assert_eq!(window.panes[0].geometry, place(0, 0, 120, 40));
}

#[test]
fn what_a_window_is_called_in_copy_mode_is_not_its_name() {
    let one = || window("b25d,80x24,0,0,0", vec![pane(0, 0)]);
    let first = captured(one(), None);
    assert_eq!(first.windows[0].name, "vi");
    let mut known = first.clone();
    known.windows[0].name = "editor".into();
    assert_eq!(captured(one(), Some(&known)).windows[0].name, "editor");
    // A record from before this was known doesn't count, and who calls a window so means it.
    known.windows[0].name = "[tmux]".into();
    assert_eq!(captured(one(), Some(&known)).windows[0].name, "vi");
    let chosen = Window {
        automatic_rename: false,
        ..one()
    };
    assert_eq!(captured(chosen, Some(&first)).windows[0].name, "[tmux]");
}
