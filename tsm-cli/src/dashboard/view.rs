//! How the dashboard looks. Everything is drawn into a buffer, so that a test, a terminal and `--once` see the same; what
//! doesn't fit is left out by its importance, from 60 by 15 cells up.

mod detail;
mod dialogs;
mod machine;
mod preview;
mod projects;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Widget};
use session_ops::overview::ServerCondition;

use super::app::{App, Mode};
use crate::output::columns::{Paint, cut_end};
use crate::output::safe;

/// The smallest screen, columns and rows.
pub(crate) const LEAST: (u16, u16) = (60, 15);

/// From so many columns on the list has something beside it.
const BESIDE: u16 = 110;

/// From so many rows on the list has something below it.
const BELOW: u16 = 24;

/// Rows of the saves and the log, frame included.
const FEET: u16 = 8;

/// Draws all of it, and says where the cursor stands.
pub(crate) fn draw(app: &mut App, buffer: &mut Buffer) -> Option<(u16, u16)> {
    let area = buffer.area;
    if area.width < LEAST.0 || area.height < LEAST.1 {
        let (columns, rows) = LEAST;
        let text = format!("too small: {}x{}, needs {columns}x{rows}", area.width, area.height);
        if area.height > 0 {
            put(buffer, area, 0, &text, Style::new());
        }
        return None;
    }
    let mut rest = area;
    machine::draw(app, take_top(&mut rest, 2), buffer);
    let foot = take_bottom(&mut rest, 1);
    let feet = if !app.picker && rest.height >= BELOW + FEET - 4 {
        Some(take_bottom(&mut rest, FEET))
    } else {
        None
    };
    let (list, beside) = split(rest);
    projects::draw(app, framed(list, &title(app), buffer), buffer);
    if let Some(beside) = beside {
        let mut beside = beside;
        if !app.picker {
            // At most half of it: what the panes show says more.
            let rows = detail::rows(app).min((beside.height / 2).saturating_sub(1));
            detail::draw(app, take_top(&mut beside, rows + 2), buffer);
        }
        if beside.height > 2 {
            preview::draw(app, framed(beside, "Panes", buffer), buffer);
        }
    } else {
        detail::draw_line(app, foot_above(list), buffer);
    }
    if let Some(feet) = feet {
        detail::draw_feet(app, feet, buffer);
    }
    let cursor = dialogs::draw_foot(app, foot, buffer);
    dialogs::draw(app, area, buffer).or(cursor)
}

/// How many rows a frame has that leaves nothing out of the list.
pub(crate) fn rows_needed(app: &App) -> u16 {
    let rows = u16::try_from(app.shown().len()).unwrap_or(u16::MAX);
    rows.saturating_add(3).max(BELOW).saturating_add(3 + FEET)
}

fn title(app: &App) -> String {
    let count = app.shown().len();
    match app.filter.as_str() {
        "" => "Projects".to_owned(),
        filter => format!("Projects that match {} ({count})", safe(filter)),
    }
}

/// The list, and what is beside or below it.
fn split(area: Rect) -> (Rect, Option<Rect>) {
    let mut rest = area;
    if area.width >= BESIDE {
        let list = take_left(&mut rest, area.width * 55 / 100);
        (list, Some(rest))
    } else if area.height >= BELOW - 6 {
        let below = take_bottom(&mut rest, area.height / 2);
        (rest, Some(below))
    } else {
        (rest, None)
    }
}

/// The lower border of a frame, where a line fits that has no other place.
fn foot_above(frame: Rect) -> Rect {
    Rect {
        x: frame.x + 1,
        y: frame.bottom().saturating_sub(1),
        width: frame.width.saturating_sub(2),
        height: 1,
    }
}

/// Draws a frame with a title and gives what is in it.
fn framed(area: Rect, title: &str, buffer: &mut Buffer) -> Rect {
    let width = usize::from(area.width.saturating_sub(6));
    let title = Line::from(Span::styled(
        format!(" {} ", cut_end(title, width)),
        style(Paint::Heading),
    ));
    let block = Block::bordered().border_style(style(Paint::Dim)).title(title);
    let inner = block.inner(area);
    block.render(area, buffer);
    inner
}

/// A line of an area, cut where it ends. The text must be safe.
fn put(buffer: &mut Buffer, area: Rect, row: u16, text: &str, style: Style) {
    if row < area.height {
        let text = cut_end(text, usize::from(area.width));
        buffer.set_stringn(area.x, area.y + row, text, usize::from(area.width), style);
    }
}

/// Several pieces on one line.
fn put_line(buffer: &mut Buffer, area: Rect, row: u16, pieces: &[(String, Paint)]) {
    let mut x = area.x;
    for (text, paint) in pieces {
        let left = usize::from(area.right().saturating_sub(x));
        if left == 0 || row >= area.height {
            return;
        }
        let text = cut_end(&safe(text), left);
        x = buffer.set_stringn(x, area.y + row, text, left, style(*paint)).0;
    }
}

fn style(paint: Paint) -> Style {
    let style = Style::new();
    match paint {
        Paint::Plain => style,
        Paint::Heading => style.add_modifier(Modifier::BOLD),
        Paint::Good => style.fg(Color::Green),
        Paint::Busy => style.fg(Color::Cyan),
        Paint::Attention => style.fg(Color::Yellow),
        Paint::Bad => style.fg(Color::Red),
        Paint::Dim => style.add_modifier(Modifier::DIM),
    }
}

fn take_top(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    let top = Rect { height: rows, ..*area };
    *area = Rect {
        y: area.y + rows,
        height: area.height - rows,
        ..*area
    };
    top
}

fn take_bottom(area: &mut Rect, rows: u16) -> Rect {
    let rows = rows.min(area.height);
    area.height -= rows;
    Rect {
        y: area.bottom(),
        height: rows,
        ..*area
    }
}

fn take_left(area: &mut Rect, columns: u16) -> Rect {
    let columns = columns.min(area.width);
    let left = Rect {
        width: columns,
        ..*area
    };
    *area = Rect {
        x: area.x + columns,
        width: area.width - columns,
        ..*area
    };
    left
}

/// Bytes as people read them.
fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
    let mut unit = 0;
    let mut scaled = bytes as f64;
    while scaled >= 999.5 && unit + 1 < UNITS.len() {
        scaled /= 1024.0;
        unit += 1;
    }
    match unit {
        0 => format!("{bytes} B"),
        _ if scaled < 9.95 => format!("{scaled:.1} {}", UNITS[unit]),
        _ => format!("{scaled:.0} {}", UNITS[unit]),
    }
}

/// A time that has passed, in seconds, as people say it.
fn duration(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..86_400 => format!("{} h", seconds / 3600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

/// Whether tmux is known not to be there to answer.
fn server_text(server: &ServerCondition) -> (String, Paint) {
    match server {
        ServerCondition::Running(version) => (format!("tmux {version}"), Paint::Good),
        ServerCondition::Gone => ("no tmux server".to_owned(), Paint::Attention),
        ServerCondition::Unavailable(why) => (format!("tmux can't be asked: {why}"), Paint::Bad),
    }
}

/// Whether the keys of the list are commands.
fn is_commanding(app: &App) -> bool {
    app.mode == Mode::Normal
}

#[cfg(test)]
mod tests;
