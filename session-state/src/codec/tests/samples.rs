//! States for tests: a small one, one with everything, and any.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use bstr::BString;
use proptest::collection::{btree_map, vec};
use proptest::option::of;
use proptest::prelude::*;
use session_lock::ProcessIdentity;

use crate::{Agent, Geometry, Lifecycle, Pane, Saved, ServerIdentity, SessionState, Size, UnknownKey, Window};

/// The state of the specification's example.
pub(super) fn small() -> SessionState {
    let pane = |index, width, left| Pane {
        index,
        geometry: Geometry {
            left,
            top: 0,
            width,
            height: 40,
        },
        cwd: "/home/rodemkay/www/react/plugin-todo".into(),
        title: "todo".into(),
        command: Vec::new(),
        start_command: "".into(),
        active: index == 0,
        history_size: 0,
        agent: None,
    };
    let agent = Agent {
        kind: "claude".to_owned(),
        conversation: Some("0b6c1f0e-5b1c-4e0e-9d8e-3d1f2a4b5c6d".to_owned()),
        process: Some(process(3_520_856)),
    };
    SessionState {
        project: "todo".to_owned(),
        id: Some("7f3a".to_owned()),
        session_name: "claude-todo".into(),
        working_dir: "/home/rodemkay/www/react/plugin-todo".into(),
        lifecycle: Lifecycle::Live,
        saved: Saved {
            at: 1_724_513_234,
            by: "0.1.0".to_owned(),
            reason: "switch".to_owned(),
        },
        server: None,
        size: Some(Size { width: 120, height: 40 }),
        group: None,
        environment: BTreeMap::new(),
        options: BTreeMap::new(),
        windows: vec![Window {
            index: 0,
            name: "main".into(),
            automatic_rename: false,
            layout: "b2f4,120x40,0,0{108x40,0,0,0,11x40,109,0,1}".into(),
            layout_json: None,
            zoomed: false,
            active: true,
            last: false,
            panes: vec![
                Pane {
                    agent: Some(agent),
                    ..pane(0, 108, 0)
                },
                pane(1, 11, 109),
            ],
        }],
        unknown: Vec::new(),
    }
}

/// A state in which every field has a value, each quoting form occurs, and so do bytes that are no UTF-8.
pub(super) fn full() -> SessionState {
    let mut state = small();
    state.lifecycle = Lifecycle::Ended {
        by: "switch".to_owned(),
    };
    state.server = Some(ServerIdentity {
        process: ProcessIdentity {
            start_time: u64::MAX,
            ..process(812)
        },
        socket: "/tmp/tmux-1000/default".into(),
        version: "3.3a".to_owned(),
    });
    state.group = Some("pair".into());
    state.environment = BTreeMap::from([
        ("EDITOR".into(), "vi 'a' $b".into()),
        (vec![b'N', 0xff].into(), "".into()),
    ]);
    state.options = BTreeMap::from([("status-left".into(), "#(id) `id` \"x\"".into())]);
    state.windows[0].layout_json = Some("{\"v\":1}".into());
    state.windows[0].panes[1].command = vec!["vim".into(), "".into(), "it's $HOME\n\u{1b}[31m".into()];
    state.windows[0].panes[1].cwd = OsString::from_vec(b"/srv/\xff\xfe dir".to_vec()).into();
    state.windows[0].panes[1].start_command = "vim '$x'".into();
    let mut second = state.windows[0].clone();
    second.index = 3;
    second.active = false;
    second.last = true;
    second.zoomed = true;
    second.automatic_rename = true;
    second.panes.truncate(1);
    second.panes[0].agent = Some(Agent {
        kind: "generic".to_owned(),
        conversation: None,
        process: None,
    });
    state.windows.push(second);
    state.unknown = [
        ("PATH", "\"/tmp\""),
        ("X_NOTE", "'a \"b\"'"),
        ("colours", "[1, { red = true }]"),
    ]
    .map(|(key, value)| UnknownKey {
        key: key.to_owned(),
        value: value.to_owned(),
    })
    .into();
    state
}

fn process(pid: u32) -> ProcessIdentity {
    ProcessIdentity {
        pid,
        start_time: 8_812_345,
        boot_id: "4f2c7f1e-1d4c-4a3b-8e55-0d8a7b8f6c11".to_owned(),
    }
}

/// Any bytes, often ones that mean something to a shell or to TOML.
pub(super) fn any_bytes() -> impl Strategy<Value = BString> {
    prop_oneof![
        vec(any::<u8>(), 0..12).prop_map(BString::from),
        "[ -~\\n\\t\\\\$`\"'#=\u{fffd}\u{85}ü]{0,12}".prop_map(BString::from),
    ]
}

fn any_path() -> impl Strategy<Value = PathBuf> {
    any_bytes().prop_map(|bytes| OsString::from_vec(bytes.into()).into())
}

fn any_process() -> impl Strategy<Value = ProcessIdentity> {
    (any::<u32>(), any::<u64>(), any::<String>()).prop_map(|(pid, start_time, boot_id)| ProcessIdentity {
        pid,
        start_time,
        boot_id,
    })
}

fn any_agent() -> impl Strategy<Value = Agent> {
    (any::<String>(), of(any::<String>()), of(any_process())).prop_map(|(kind, conversation, process)| Agent {
        kind,
        conversation,
        process,
    })
}

fn any_pane() -> impl Strategy<Value = Pane> {
    let texts = (any_path(), any_bytes(), vec(any_bytes(), 0..4), any_bytes());
    let numbers = (any::<[u32; 4]>(), any::<bool>(), any::<u32>());
    (texts, numbers, of(any_agent())).prop_map(
        |((cwd, title, command, start_command), ([left, top, width, height], active, history_size), agent)| Pane {
            index: 0,
            geometry: Geometry {
                left,
                top,
                width,
                height,
            },
            cwd,
            title,
            command,
            start_command,
            active,
            history_size,
            agent,
        },
    )
}

fn any_window() -> impl Strategy<Value = Window> {
    let texts = (any_bytes(), any_bytes(), of(any_bytes()));
    (texts, any::<[bool; 4]>(), btree_map(any::<u32>(), any_pane(), 0..4)).prop_map(
        |((name, layout, layout_json), [automatic_rename, zoomed, active, last], panes)| Window {
            index: 0,
            name,
            automatic_rename,
            layout,
            layout_json,
            zoomed,
            active,
            last,
            panes: panes
                .into_iter()
                .rev()
                .map(|(index, pane)| Pane { index, ..pane })
                .collect(),
        },
    )
}

fn any_server() -> impl Strategy<Value = ServerIdentity> {
    (any_process(), any_path(), any::<String>()).prop_map(|(process, socket, version)| ServerIdentity {
        process,
        socket,
        version,
    })
}

fn any_lifecycle() -> impl Strategy<Value = Lifecycle> {
    prop_oneof![
        Just(Lifecycle::Live),
        Just(Lifecycle::Closed),
        any::<String>().prop_map(|by| Lifecycle::Ended { by }),
    ]
}

/// Any state; windows and panes are not in the order of their indices.
pub(super) fn any_state() -> impl Strategy<Value = SessionState> {
    let names = (
        any::<String>(),
        of(any::<String>()),
        any_bytes(),
        any_path(),
        of(any_bytes()),
    );
    let saved = (any::<i64>(), any::<String>(), any::<String>());
    let maps = (
        btree_map(any_bytes(), any_bytes(), 0..3),
        btree_map(any_bytes(), any_bytes(), 0..3),
    );
    let rest = (any_lifecycle(), of(any_server()), of(any::<(u32, u32)>()));
    (names, saved, maps, rest, btree_map(any::<u32>(), any_window(), 0..3)).prop_map(
        |(names, (at, by, reason), (environment, options), (lifecycle, server, size), windows)| {
            let (project, id, session_name, working_dir, group) = names;
            SessionState {
                project,
                id,
                session_name,
                working_dir,
                lifecycle,
                saved: Saved { at, by, reason },
                server,
                size: size.map(|(width, height)| Size { width, height }),
                group,
                environment,
                options,
                windows: windows
                    .into_iter()
                    .rev()
                    .map(|(index, window)| Window { index, ..window })
                    .collect(),
                unknown: Vec::new(),
            }
        },
    )
}
