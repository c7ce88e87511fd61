//! The last line (keys, messages, what is typed), and what lies above everything: questions and the help.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::widgets::{Clear, Widget};
use unicode_width::UnicodeWidthStr;

use super::{framed, put, style};
use crate::dashboard::app::{App, Mode};
use crate::output::columns::{Paint, cut_start};
use crate::output::safe;

const HELP: [(&str, &str); 16] = [
    ("↑ ↓ PgUp PgDn Home End", "choose a project; the mouse does it, too"),
    ("Enter", "switch to it, and leave the dashboard"),
    ("c", "create its session, without switching"),
    ("k", "save and end its session (asks)"),
    ("t", "send a text to its agent"),
    ("s  S", "save it; save all"),
    ("r  R", "restore it; restore what was lost"),
    ("/", "filter; Esc ends that"),
    ("f", "show sessions that aren't tsm's, too"),
    ("?", "this help"),
    ("q  Esc  Ctrl-C", "leave"),
    ("", ""),
    ("lost", "it lived in a server that is gone"),
    ("degraded", "a pane is dead, or the agent has ended"),
    ("USED", "since somebody was there or it was saved"),
    ("TASK", "the task's id at the last save"),
];

/// The last line; where the cursor stands in it.
pub(super) fn draw_foot(app: &App, area: Rect, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let typed = |label: &str, text: &str, buffer: &mut Buffer| {
        let room = usize::from(area.width).saturating_sub(label.width() + 1);
        let text = cut_start(&safe(text), room);
        put(buffer, area, 0, &format!("{label}{text}"), style(Paint::Heading));
        let column = area.x + u16::try_from(label.width() + text.width()).unwrap_or(0);
        Some((column.min(area.right().saturating_sub(1)), area.y))
    };
    match &app.mode {
        _ if app.printed => None,
        Mode::Filter if app.picker => typed("> ", &app.filter, buffer),
        Mode::Filter => typed("/", &app.filter, buffer),
        Mode::Text { project, text } => typed(&format!("to {}: ", safe(project)), text, buffer),
        Mode::Normal | Mode::Kill { .. } | Mode::Help if !app.message.is_empty() => {
            put(buffer, area, 0, &safe(&app.message), style(Paint::Heading));
            None
        }
        Mode::Normal | Mode::Kill { .. } | Mode::Help => {
            let keys = "Enter switch  c create  k kill  t send  s save  r restore  / filter  ? help  q quit";
            let short = "Enter c create k kill t send s save r restore / ? q";
            let keys = if keys.len() <= usize::from(area.width) {
                keys
            } else {
                short
            };
            put(buffer, area, 0, keys, style(Paint::Dim));
            None
        }
    }
}

/// What lies above everything.
pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) -> Option<(u16, u16)> {
    match &app.mode {
        Mode::Kill { project, force } => {
            let guard = if *force {
                "its completion marker is passed over"
            } else {
                "f: even if it isn't done"
            };
            let lines = [
                format!("Save and end the session of {}?", safe(project)),
                "y: yes    any other key: no".to_owned(),
                guard.to_owned(),
            ];
            let inner = above(area, 50, 5, "End a session", buffer);
            for (row, line) in (0..).zip(&lines) {
                put(
                    buffer,
                    inner,
                    row,
                    line,
                    style(if row == 0 { Paint::Attention } else { Paint::Plain }),
                );
            }
        }
        Mode::Help => {
            let rows = u16::try_from(HELP.len()).unwrap_or(u16::MAX);
            let inner = above(area, 74, rows + 2, "Keys", buffer);
            // Where there isn't room for all, the explanations of words at the end go first.
            for (row, (key, meaning)) in (0..inner.height).zip(HELP) {
                put(buffer, inner, row, key, style(Paint::Heading));
                let right = Rect {
                    x: inner.x + 24.min(inner.width),
                    width: inner.width.saturating_sub(24),
                    ..inner
                };
                put(buffer, right, row, meaning, style(Paint::Plain));
            }
        }
        Mode::Normal | Mode::Filter | Mode::Text { .. } => {}
    }
    None
}

/// An empty frame in the middle of the screen; what is in it.
fn above(area: Rect, columns: u16, rows: u16, title: &str, buffer: &mut Buffer) -> Rect {
    let (width, height) = (columns.min(area.width), rows.min(area.height));
    let frame = Rect {
        x: area.x + (area.width - width) / 2,
        y: area.y + (area.height - height) / 2,
        width,
        height,
    };
    Clear.render(frame, buffer);
    framed(frame, title, buffer)
}
