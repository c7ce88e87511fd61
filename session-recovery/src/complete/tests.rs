use std::sync::Arc;

use bstr::BString;
use tmux_core::{Pane, ServerInfo, SessionId, Version, Window, WindowId};

use super::*;

fn pane(n: u32, active: bool) -> Pane {
    Pane {
        id: PaneId::parse(format!("%{n}").as_bytes()).unwrap(),
        index: n,
        left: 0,
        top: 0,
        width: 40,
        height: 24,
        active,
        dead: false,
        dead_status: None,
        dead_signal: None,
        floating: false,
        pid: std::process::id(),
        tty: BString::default(),
        current_path: "/".into(),
        current_command: BString::default(),
        start_command: BString::default(),
        title: BString::default(),
        history_size: 0,
        in_mode: false,
        user_options: Vec::new(),
    }
}

fn window(index: u32, active: bool) -> Winlink {
    Winlink {
        index,
        active,
        last: false,
        flags: BString::default(),
        window: Arc::new(Window {
            id: WindowId(index),
            name: "main".into(),
            automatic_rename: false,
            zoomed: false,
            layout: "b25d,80x24,0,0,0".into(),
            width: 80,
            height: 24,
            pane_count: 1,
            links: vec![(SessionId(0), index)],
            panes: vec![pane(index, true)],
        }),
    }
}

fn snapshot() -> Snapshot {
    Snapshot {
        server: ServerInfo {
            pid: 1,
            start_time: 1,
            version: Version::parse("3.4"),
        },
        sessions: vec![Session {
            id: SessionId::parse(b"$0").unwrap(),
            name: "claude-todo".into(),
            group: None,
            attached: 0,
            created: 0,
            activity: 0,
            path: "/".into(),
            window_count: 2,
            user_options: Vec::new(),
            windows: vec![window(0, true), window(1, false)],
        }],
        windows: Vec::new(),
        clients: Vec::new(),
        whole: true,
    }
}

fn window_of(session: &mut Session, n: usize) -> &mut Window {
    Arc::get_mut(&mut session.windows[n].window).expect("nobody else's")
}

fn verdict(change: impl FnOnce(&mut Snapshot)) -> Result<(), Incomplete> {
    let mut snapshot = snapshot();
    change(&mut snapshot);
    check(&snapshot, &snapshot.sessions[0])
}

#[test]
fn a_whole_session_is_whole_and_a_smaller_one_too() {
    assert_eq!(verdict(|_| ()), Ok(()));
    let smaller = verdict(|snapshot| {
        snapshot.sessions[0].windows.pop();
        snapshot.sessions[0].window_count = 1;
    });
    assert_eq!(smaller, Ok(()));
}

#[test]
fn what_is_missing_is_named() {
    assert_eq!(verdict(|snapshot| snapshot.whole = false), Err(Incomplete::CutOff));
    let window_gone = verdict(|snapshot| drop(snapshot.sessions[0].windows.pop()));
    assert_eq!(window_gone, Err(Incomplete::Windows { listed: 1, counted: 2 }));
    let panes = |listed, counted| {
        Err(Incomplete::Panes {
            window: 0,
            listed,
            counted,
        })
    };
    let first = |change: fn(&mut Window)| verdict(|snapshot| change(window_of(&mut snapshot.sessions[0], 0)));
    assert_eq!(first(|window| window.panes.clear()), panes(0, 1));
    assert_eq!(first(|window| window.pane_count = 2), panes(1, 2));
    // tmux's own count agrees, but the layout has a place more.
    let layout = |window: &mut Window| window.layout = "8205,80x24,0,0{40x24,0,0,0,39x24,41,0,1}".into();
    assert!(Layout::parse(b"8205,80x24,0,0{40x24,0,0,0,39x24,41,0,1}").is_ok());
    assert_eq!(first(layout), panes(1, 2));
    // A floating pane is one of the panes, and has no place among the others.
    let floating = |listed: u32| {
        verdict(move |snapshot| {
            let window = window_of(&mut snapshot.sessions[0], 0);
            window.layout = "f3c5,120x40,0,0[120x40,0,0{107x40,0,0,0,12x40,108,0,2},50x10,4,2,1]<50x10,4,2,1>".into();
            window.panes = (0..listed).map(|n| pane(n, n == 0)).collect();
            window.pane_count = window.panes.len();
        })
    };
    assert_eq!(floating(3), Ok(()));
    assert_eq!(floating(2), panes(2, 3));
    assert_eq!(first(|window| window.panes[0].active = false), Err(Incomplete::Active));
    let none_current = verdict(|snapshot| snapshot.sessions[0].windows[0].active = false);
    assert_eq!(none_current, Err(Incomplete::Active));
    let empty = verdict(|snapshot| {
        snapshot.sessions[0].windows.clear();
        snapshot.sessions[0].window_count = 0;
    });
    assert_eq!(empty, Err(Incomplete::Windows { listed: 0, counted: 0 }));
}

#[test]
fn a_server_and_panes_that_are_gone_are_seen() {
    let process = ProcessIdentity::current().unwrap();
    let server = |process: ProcessIdentity| ServerIdentity {
        process,
        socket: "/tmp/x".into(),
        version: "3.4".to_owned(),
    };
    assert_eq!(check_server(&server(process.clone())), Ok(()));
    let reused = ProcessIdentity {
        start_time: process.start_time - 1,
        ..process
    };
    assert_eq!(check_server(&server(reused)), Err(Incomplete::ServerGone));
    let mut snapshot = snapshot();
    let session = &mut snapshot.sessions[0];
    assert_eq!(ended_panes(session), []);
    window_of(session, 1).panes[0].pid = 4_194_304;
    assert_eq!(ended_panes(session), [session.windows[1].window.panes[0].id]);
    window_of(session, 1).panes[0].dead = true;
    assert_eq!(ended_panes(session), []);
}
