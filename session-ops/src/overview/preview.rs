//! What the panes of a session show.

use tmux_core::{CapturePane, Pane, Server};

use crate::error::with_causes;
use crate::live::Live;

/// So many panes of a window are shown.
const MAX_PANES: usize = 8;

/// The current window of a session.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Preview {
    /// The session isn't there.
    #[default]
    None,
    /// It couldn't be read, for this reason.
    Failed(String),
    /// Its panes.
    Window {
        /// Columns.
        width: u32,
        /// Rows.
        height: u32,
        /// The panes in their order.
        panes: Vec<PanePreview>,
    },
}

/// A pane, where it lies in its window, and the text that it shows. Programs wrote that: it isn't safe to print.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PanePreview {
    /// Left column.
    pub left: u32,
    /// Top row.
    pub top: u32,
    /// Columns.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Whether it is the active one.
    pub active: bool,
    /// The lines of its screen.
    pub lines: Vec<String>,
}

/// What the session of this name shows, in one call.
pub(super) fn of(server: &Server, live: &Live, name: &str) -> Preview {
    let session = live.sessions().iter().find(|session| session.name == name.as_bytes());
    let Some(link) = session.and_then(|session| session.active_window()) else {
        return Preview::None;
    };
    let window = &link.window;
    let shown = |pane: &&Pane| !window.zoomed || pane.active;
    let panes: Vec<&Pane> = window.panes.iter().filter(shown).take(MAX_PANES).collect();
    let captures = panes.iter().map(|pane| CapturePane::screen(pane.id));
    match server.capture_panes(captures) {
        Ok(texts) => Preview::Window {
            width: window.width,
            height: window.height,
            panes: panes
                .iter()
                .zip(texts)
                .map(|(pane, text)| preview(pane, &text.unwrap_or_default()))
                .collect(),
        },
        Err(error) => Preview::Failed(with_causes(&error)),
    }
}

fn preview(pane: &Pane, text: &[u8]) -> PanePreview {
    PanePreview {
        left: pane.left,
        top: pane.top,
        width: pane.width,
        height: pane.height,
        active: pane.active,
        lines: String::from_utf8_lossy(text).lines().map(str::to_owned).collect(),
    }
}
