//! States to save in tests, each told from the others by its number.

use std::path::Path;

use session_lock::{LockOptions, Wait};
use session_state::{Geometry, Lifecycle, Pane, Saved, SessionState, Store, Window};

/// The state number `n` of a project; its size grows with `windows`.
pub fn sample(project: &str, n: i64, windows: u32) -> SessionState {
    let pane = |index: u32| Pane {
        index,
        geometry: Geometry {
            left: 0,
            top: index,
            width: 80,
            height: 1,
        },
        cwd: format!("/code/{project}/{n}").into(),
        title: format!("title {n}").into(),
        command: vec!["vi".into(), format!("{n}.txt").into()],
        start_command: Default::default(),
        active: index == 0,
        history_size: 0,
        agent: None,
    };
    SessionState {
        project: project.to_owned(),
        id: Some("7f3a".to_owned()),
        session_name: format!("claude-{project}").into(),
        working_dir: format!("/code/{project}").into(),
        lifecycle: Lifecycle::Live,
        saved: Saved {
            at: n,
            by: "0.1.0".to_owned(),
            reason: "test".to_owned(),
        },
        server: None,
        size: None,
        group: None,
        environment: Default::default(),
        options: Default::default(),
        windows: (0..windows)
            .map(|index| Window {
                index,
                name: format!("window {n}").into(),
                automatic_rename: false,
                layout: "bd73,80x2,0,0[80x1,0,0,0,80x1,0,1,1]".into(),
                layout_json: None,
                zoomed: false,
                active: index == 0,
                last: false,
                panes: vec![pane(0), pane(1)],
            })
            .collect(),
        unknown: Vec::new(),
    }
}

/// The store below `root` and its lock, as the tests lay them out.
pub fn store_below(root: &Path) -> Store {
    Store::open(&root.join("states"), &root.join("locks/store"))
}

/// How the tests take its lock.
pub fn lock_options(wait: Wait) -> LockOptions {
    LockOptions {
        wait,
        purpose: "a test".to_owned(),
        now: 0,
        shared: false,
        allow_network_fs: false,
    }
}
