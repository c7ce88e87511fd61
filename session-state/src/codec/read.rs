//! From the keys of a file to a state.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

use bstr::BString;
use session_lock::ProcessIdentity;
use toml::Table;

use super::bound::{MAX_PANES, MAX_WINDOWS, at_most};
use super::table::Keys;
use super::{CodecError, summary, unknown};
use crate::{Agent, Geometry, Lifecycle, Pane, Saved, ServerIdentity, SessionState, Size, Window};

/// The key of the format version, which the digest covers, unlike that of the first line.
pub(super) const FORMAT: &str = "SESSION_FORMAT";

/// Keys that begin alike, made one after the other in one text: there are many in a file.
struct Key {
    text: String,
    prefix: usize,
}

impl Key {
    fn new(text: String) -> Self {
        let prefix = text.len();
        Self { text, prefix }
    }

    fn of(&mut self, name: &str) -> &str {
        self.text.truncate(self.prefix);
        self.text.push_str(name);
        &self.text
    }
}

/// The state in the keys of `table`; `body` is where they come from, for its comments.
pub(super) fn state(table: Table, body: &str) -> Result<SessionState, CodecError> {
    let mut keys = Keys::new(table);
    keys.skip(FORMAT);
    for key in summary::DERIVED {
        keys.skip(key);
    }
    let mut state = SessionState {
        project: keys.string("PROJECT")?,
        session_name: keys.bytes("SESSION_NAME")?,
        working_dir: path(keys.bytes("WORKING_DIR")?),
        id: keys.opt_string("SESSION_ID")?,
        lifecycle: lifecycle(&mut keys)?,
        saved: Saved {
            at: keys.i64("LAST_SAVE")?,
            by: keys.string("SESSION_SAVED_BY")?,
            reason: keys.string("SESSION_SAVED_REASON")?,
        },
        server: server(&mut keys)?,
        size: size(&mut keys)?,
        group: keys.opt_bytes("SESSION_GROUP")?,
        environment: map(&mut keys, "SESSION_ENV")?,
        options: map(&mut keys, "SESSION_OPTION")?,
        windows: windows(&mut keys)?,
        unknown: Vec::new(),
    };
    state.unknown = unknown::collect(keys.into_rest(), body);
    Ok(state)
}

fn lifecycle(keys: &mut Keys) -> Result<Lifecycle, CodecError> {
    const KEY: &str = "SESSION_LIFECYCLE";
    match keys.string(KEY)?.as_str() {
        "live" => Ok(Lifecycle::Live),
        "closed" => Ok(Lifecycle::Closed),
        "ended" => Ok(Lifecycle::Ended {
            by: keys.string("SESSION_ENDED_BY")?,
        }),
        _ => Err(CodecError::Value {
            key: KEY.to_owned(),
            expected: "live, ended or closed",
        }),
    }
}

fn server(keys: &mut Keys) -> Result<Option<ServerIdentity>, CodecError> {
    let Some(process) = process(keys, "SESSION_SERVER")? else {
        return Ok(None);
    };
    Ok(Some(ServerIdentity {
        process,
        socket: path(keys.bytes("SESSION_SERVER_SOCKET")?),
        version: keys.string("SESSION_SERVER_VERSION")?,
    }))
}

fn size(keys: &mut Keys) -> Result<Option<Size>, CodecError> {
    match keys.opt_u32("SESSION_WIDTH")? {
        None => Ok(None),
        Some(width) => Ok(Some(Size {
            width,
            height: keys.u32("SESSION_HEIGHT")?,
        })),
    }
}

fn map(keys: &mut Keys, name: &str) -> Result<BTreeMap<BString, BString>, CodecError> {
    let count = keys.u32(&format!("{name}_COUNT"))?;
    let mut entries = BTreeMap::new();
    for n in 0..count {
        let entry = keys.bytes(&format!("{name}_{n}_NAME"))?;
        let value = keys.bytes(&format!("{name}_{n}_VALUE"))?;
        if entries.insert(entry, value).is_some() {
            return Err(CodecError::Twice {
                what: format!("the value of {name}_{n}_NAME"),
            });
        }
    }
    Ok(entries)
}

fn windows(keys: &mut Keys) -> Result<Vec<Window>, CodecError> {
    let indices = keys.indices("SESSION_WINDOWS")?;
    at_most("windows", indices.len(), MAX_WINDOWS)?;
    let mut panes = 0;
    let mut windows = Vec::with_capacity(indices.len());
    for index in indices {
        let window = window(keys, index, MAX_PANES - panes)?;
        panes += window.panes.len();
        windows.push(window);
    }
    Ok(windows)
}

fn window(keys: &mut Keys, index: u32, panes_left: usize) -> Result<Window, CodecError> {
    let mut key = Key::new(format!("WINDOW_{index}_"));
    let panes = keys.indices(key.of("PANES"))?;
    if panes.len() > panes_left {
        let count = MAX_PANES - panes_left + panes.len();
        return Err(CodecError::TooMany {
            what: "panes",
            count,
            max: MAX_PANES,
        });
    }
    Ok(Window {
        index,
        name: keys.bytes(key.of("NAME"))?,
        automatic_rename: keys.bool(key.of("AUTOMATIC_RENAME"))?,
        layout: keys.bytes(key.of("LAYOUT"))?,
        layout_json: keys.opt_bytes(key.of("LAYOUT_JSON"))?,
        zoomed: keys.bool(key.of("ZOOMED"))?,
        active: keys.bool(key.of("ACTIVE"))?,
        last: keys.bool(key.of("LAST"))?,
        panes: panes
            .into_iter()
            .map(|pane_index| pane(keys, index, pane_index))
            .collect::<Result<_, _>>()?,
    })
}

fn pane(keys: &mut Keys, window: u32, index: u32) -> Result<Pane, CodecError> {
    let mut key = Key::new(format!("PANE_{window}_{index}_"));
    let arguments = keys.u32(key.of("ARG_COUNT"))?;
    Ok(Pane {
        index,
        geometry: Geometry {
            left: keys.u32(key.of("LEFT"))?,
            top: keys.u32(key.of("TOP"))?,
            width: keys.u32(key.of("WIDTH"))?,
            height: keys.u32(key.of("HEIGHT"))?,
        },
        cwd: path(keys.bytes(key.of("CWD"))?),
        title: keys.bytes(key.of("TITLE"))?,
        // A count that is too high ends with the first argument that is missing.
        command: (0..arguments)
            .map(|n| keys.bytes(key.of(&format!("ARG_{n}"))))
            .collect::<Result<_, _>>()?,
        start_command: keys.bytes(key.of("START_COMMAND"))?,
        active: keys.bool(key.of("ACTIVE"))?,
        history_size: keys.u32(key.of("HISTORY_SIZE"))?,
        agent: agent(keys, key.of("AGENT"))?,
    })
}

fn agent(keys: &mut Keys, key: &str) -> Result<Option<Agent>, CodecError> {
    let Some(kind) = keys.opt_string(key)? else {
        return Ok(None);
    };
    Ok(Some(Agent {
        kind,
        conversation: keys.opt_string(&format!("{key}_CONVERSATION"))?,
        process: process(keys, key)?,
    }))
}

fn process(keys: &mut Keys, key: &str) -> Result<Option<ProcessIdentity>, CodecError> {
    let Some(pid) = keys.opt_u32(&format!("{key}_PID"))? else {
        return Ok(None);
    };
    Ok(Some(ProcessIdentity {
        pid,
        start_time: keys.u64(&format!("{key}_START"))?,
        boot_id: keys.string(&format!("{key}_BOOT"))?,
    }))
}

fn path(bytes: BString) -> PathBuf {
    OsString::from_vec(bytes.into()).into()
}
