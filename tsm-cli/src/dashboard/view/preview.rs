//! What the panes of the selected session show, each in its place and in its share of the room. It is text only: nothing
//! that a program wrote reaches this terminal as anything else.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use session_ops::overview::{PanePreview, Preview};

use super::{put, style};
use crate::dashboard::app::App;
use crate::output::columns::Paint;
use crate::output::safe;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(overview) = &app.overview else { return };
    match &overview.preview {
        Preview::None => put(buffer, area, 0, "no session", style(Paint::Dim)),
        Preview::Failed(why) => put(buffer, area, 0, &safe(why), style(Paint::Bad)),
        Preview::Window { width, height, panes } => {
            for pane in panes {
                let place = place(pane, *width, *height, area);
                draw_pane(pane, place, area, buffer);
            }
        }
    }
}

/// The share of the area that a pane has of its window.
fn place(pane: &PanePreview, width: u32, height: u32, area: Rect) -> Rect {
    let share = |at: u32, of: u32, room: u16| {
        let share = u64::from(at) * u64::from(room) / u64::from(of.max(1));
        u16::try_from(share).unwrap_or(room).min(room)
    };
    let (left, top) = (
        share(pane.left, width, area.width),
        share(pane.top, height, area.height),
    );
    let right = share(pane.left.saturating_add(pane.width), width, area.width);
    let bottom = share(pane.top.saturating_add(pane.height), height, area.height);
    Rect {
        x: area.x + left,
        y: area.y + top,
        width: right.saturating_sub(left),
        height: bottom.saturating_sub(top),
    }
}

/// The last lines of a pane: there is where something happens. A line parts it from the one on its left.
fn draw_pane(pane: &PanePreview, place: Rect, area: Rect, buffer: &mut Buffer) {
    let mut text = place;
    if place.x > area.x && place.width > 1 {
        for row in 0..place.height {
            put(buffer, Rect { width: 1, ..place }, row, "│", style(Paint::Dim));
        }
        text.x += 1;
        text.width -= 1;
    }
    let end = pane
        .lines
        .iter()
        .rposition(|line| !line.trim().is_empty())
        .map_or(0, |last| last + 1);
    let from = end.saturating_sub(usize::from(text.height));
    let paint = if pane.active { Paint::Plain } else { Paint::Dim };
    for (row, line) in (0..text.height).zip(pane.lines.iter().take(end).skip(from)) {
        put(buffer, text, row, &safe(line), style(paint));
    }
}
