//! Files of the original scripts: `KEY="value"` lines, which those scripts sourced and which are never sourced here.
//!
//! The scripts pasted whatever a command printed after `KEY=`, so that a value may span lines and quotes aren't
//! escaped. What doesn't fit the model is kept under `X_ORIGINAL_<KEY>`; nothing that was written is lost.

mod assignments;
mod panes;

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use session_lock::ProcessIdentity;

use super::quote::quoted;
use super::{CodecError, bound};
use crate::{Agent, Geometry, Lifecycle, Pane, Saved, SessionState, UnknownKey, Window};

/// The largest file of the original scripts that is read, in bytes; theirs have some hundreds.
const MAX_ORIGINAL: usize = 1024 * 1024;

/// The state in a file of the original scripts.
pub(super) fn state(bytes: &[u8]) -> Result<SessionState, CodecError> {
    if bytes.len() > MAX_ORIGINAL {
        return Err(CodecError::TooLarge);
    }
    let mut file = Original {
        values: assignments::parse(bytes),
        unknown: Vec::new(),
    };
    let project = file.required("PROJECT")?;
    let project = String::from_utf8(project).map_err(|_| CodecError::Value {
        key: "PROJECT".to_owned(),
        expected: "UTF-8",
    })?;
    let current_path = file.optional("CURRENT_PATH");
    let working_dir = match file.optional("WORKING_DIR") {
        Some(path) => path,
        None => current_path.clone().ok_or_else(|| CodecError::Missing {
            key: "WORKING_DIR".to_owned(),
        })?,
    };
    let session_name = file
        .optional("SESSION_NAME")
        .unwrap_or_else(|| format!("claude-{project}").into_bytes());
    let at = file.last_save();
    let agent = file.agent();
    let layout = file.optional("WINDOW_LAYOUT").unwrap_or_default();
    let cells = panes::cells(&layout);
    let geometries = file.panes(&cells);
    bound::at_most("panes", geometries.len(), bound::MAX_PANES)?;
    let knows_window = current_path.is_some() || !geometries.is_empty() || agent.is_some();
    let cwd: std::path::PathBuf = OsString::from_vec(current_path.unwrap_or_else(|| working_dir.clone())).into();
    let window = knows_window.then(|| window(layout, geometries, &cwd, agent));
    Ok(SessionState {
        project,
        id: None,
        session_name: session_name.into(),
        working_dir: OsString::from_vec(working_dir).into(),
        lifecycle: Lifecycle::Live,
        saved: Saved {
            at,
            by: String::new(),
            reason: String::new(),
        },
        server: None,
        size: cells.root,
        group: None,
        environment: BTreeMap::new(),
        options: BTreeMap::new(),
        windows: window.into_iter().collect(),
        unknown: file.into_unknown(),
    })
}

/// What was read, and what of it has no place in the model.
struct Original {
    values: BTreeMap<String, Vec<u8>>,
    unknown: Vec<UnknownKey>,
}

impl Original {
    /// A value that isn't empty.
    fn optional(&mut self, key: &str) -> Option<Vec<u8>> {
        self.values.remove(key).filter(|value| !value.is_empty())
    }

    fn required(&mut self, key: &str) -> Result<Vec<u8>, CodecError> {
        self.optional(key)
            .ok_or_else(|| CodecError::Missing { key: key.to_owned() })
    }

    fn last_save(&mut self) -> i64 {
        let Some(value) = self.optional("LAST_SAVE") else {
            return 0;
        };
        let number = std::str::from_utf8(&value)
            .ok()
            .and_then(|text| text.trim().parse().ok());
        number.unwrap_or_else(|| {
            self.keep("X_ORIGINAL_LAST_SAVE", &value);
            0
        })
    }

    /// The agent; of several processes, which the scripts found by name, the first. Neither its start time nor its boot
    /// is known, so that its identity is never that of a living process.
    fn agent(&mut self) -> Option<Agent> {
        let value = self.optional("CLAUDE_PID")?;
        let text = String::from_utf8_lossy(&value);
        let pids: Vec<Option<u32>> = text.split_whitespace().map(|word| word.parse().ok()).collect();
        if !matches!(pids[..], [Some(_)]) {
            self.keep("X_ORIGINAL_CLAUDE_PID", &value);
        }
        let pid = pids.into_iter().flatten().next()?;
        let process = ProcessIdentity {
            pid,
            start_time: 0,
            boot_id: String::new(),
        };
        Some(Agent {
            kind: "claude".to_owned(),
            conversation: None,
            process: Some(process),
        })
    }

    /// Index and geometry of each pane.
    fn panes(&mut self, cells: &panes::Cells) -> Vec<(u32, Geometry)> {
        let value = self.optional("PANE_INFO").unwrap_or_default();
        let info = panes::info(&value);
        if !info.complete {
            self.keep("X_ORIGINAL_PANE_INFO", &value);
        }
        panes::join(info.panes, &cells.leaves)
    }

    fn keep(&mut self, key: &str, value: &[u8]) {
        let text = String::from_utf8_lossy(value);
        self.unknown.push(UnknownKey {
            key: key.to_owned(),
            value: quoted(&text),
        });
        if std::str::from_utf8(value).is_err() {
            let value = quoted(&STANDARD.encode(value));
            self.unknown.push(UnknownKey {
                key: format!("{key}{}", super::table::BYTES),
                value,
            });
        }
    }

    fn into_unknown(mut self) -> Vec<UnknownKey> {
        for (key, value) in std::mem::take(&mut self.values) {
            // An empty value of a key that we know says nothing, and was already taken.
            self.keep(&key, &value);
        }
        self.unknown.sort_by(|a, b| a.key.cmp(&b.key));
        self.unknown.dedup_by(|later, first| later.key == first.key);
        self.unknown
    }
}

/// The one window that the scripts knew; its name is empty because they didn't record it. The agent is in the first
/// pane, which is the active one.
fn window(
    layout: Vec<u8>,
    mut geometries: Vec<(u32, Geometry)>,
    cwd: &std::path::Path,
    mut agent: Option<Agent>,
) -> Window {
    if geometries.is_empty() {
        geometries.push((
            0,
            Geometry {
                left: 0,
                top: 0,
                width: 0,
                height: 0,
            },
        ));
    }
    let pane = |(n, (index, geometry)): (usize, (u32, Geometry))| Pane {
        index,
        geometry,
        cwd: cwd.to_owned(),
        title: "".into(),
        command: Vec::new(),
        start_command: "".into(),
        active: n == 0,
        history_size: 0,
        agent: agent.take(),
    };
    Window {
        index: 0,
        name: "".into(),
        automatic_rename: false,
        layout: layout.into(),
        layout_json: None,
        zoomed: false,
        active: true,
        last: false,
        panes: geometries.into_iter().enumerate().map(pane).collect(),
    }
}
