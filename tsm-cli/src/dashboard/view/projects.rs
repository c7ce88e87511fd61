//! The list of the projects.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use session_ops::describe::Health;
use session_ops::overview::{Instructions, ProjectInfo};
use unicode_width::UnicodeWidthStr;

use super::{bytes, duration, is_commanding, put, style};
use crate::commands::list::{of_health, of_status};
use crate::dashboard::app::App;
use crate::output::columns::{Cell, Column, Cut, GAP, Paint, cut_end, fit};

/// What is left out first where there isn't room for all.
const COLUMNS: [Column<'static>; 9] = [
    column("PROJECT", 0, Cut::End),
    column("STATE", 1, Cut::Never),
    column("AGENT", 2, Cut::Never),
    column("PID", 5, Cut::Never),
    column("MEMORY", 4, Cut::Never),
    column("CLAUDE.md", 6, Cut::Never),
    column("USED", 3, Cut::Never),
    column("TASK", 7, Cut::End),
    column("DIRECTORY", 8, Cut::Start),
];

const fn column(heading: &'static str, dispensable: u8, cut: Cut) -> Column<'static> {
    Column {
        heading,
        dispensable,
        cut,
    }
}

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(overview) = &app.overview else {
        put(buffer, area, 0, "asking tmux …", style(Paint::Dim));
        return;
    };
    let mut list = Rect {
        y: area.y + 1,
        height: area.height.saturating_sub(1),
        ..area
    };
    let selected = app.row();
    // The selected one stays in sight, and the list moves no more than it must.
    let height = usize::from(list.height).max(1);
    let count = app.shown().len();
    let before = app.list.get().1.min(count.saturating_sub(height));
    let first = before.clamp((selected + 1).saturating_sub(height), selected);
    list.height = list.height.min(u16::try_from(count - first).unwrap_or(u16::MAX));
    app.list.set((list, first));
    let rows: Vec<Vec<Cell>> = app.shown().map(|project| row(project, overview.at)).collect();
    let widths = fit(&COLUMNS, &rows, Some(usize::from(area.width.saturating_sub(1))));
    let heading: Vec<Cell> = COLUMNS
        .iter()
        .map(|column| Cell::new(column.heading, Paint::Heading))
        .collect();
    draw_row(&heading, &widths, Rect { height: 1, ..area }, buffer);
    for (n, row) in rows.iter().enumerate().skip(first).take(height) {
        let y = list.y + u16::try_from(n - first).unwrap_or(0);
        let line = Rect { y, height: 1, ..area };
        draw_row(row, &widths, line, buffer);
        if n == selected && !app.printed {
            let shown = match is_commanding(app) || app.picker {
                true => Style::new().add_modifier(Modifier::REVERSED),
                false => Style::new().add_modifier(Modifier::BOLD),
            };
            buffer.set_style(line, shown);
        }
    }
    if count == 0 {
        let text = match app.filter.as_str() {
            "" => "no projects; `tsm switch .` makes one of a directory",
            _ => "nothing matches",
        };
        put(buffer, area, 1, text, style(Paint::Dim));
    }
}

fn draw_row(row: &[Cell], widths: &[Option<usize>], line: Rect, buffer: &mut Buffer) {
    let mut x = line.x;
    for ((cell, width), column) in row.iter().zip(widths).zip(&COLUMNS) {
        let Some(width) = *width else { continue };
        let left = usize::from(line.right().saturating_sub(x)).min(width);
        if left == 0 {
            return;
        }
        let text = match column.cut {
            Cut::Start => crate::output::columns::cut_start(&cell.text, left),
            Cut::End | Cut::Never => cut_end(&cell.text, left),
        };
        debug_assert!(text.width() <= left, "a cut text fits");
        buffer.set_stringn(x, line.y, text, left, style(cell.paint));
        x = x.saturating_add(u16::try_from(width + GAP).unwrap_or(u16::MAX));
    }
}

fn row(project: &ProjectInfo, now: i64) -> Vec<Cell> {
    let session = &project.session;
    let nothing = || Cell::new("-", Paint::Dim);
    let agent = session.agent.as_ref();
    let name = match &session.project {
        Some(name) => Cell::new(name, if project.inside { Paint::Heading } else { Paint::Plain }),
        None => Cell::new(&session.name, Paint::Dim),
    };
    let state = match (project.lost, session.health) {
        (true, _) => Cell::new("lost", Paint::Attention),
        (false, health) => Cell::new(health.as_str(), of_health(health)),
    };
    vec![
        name,
        state,
        agent.map_or_else(nothing, |agent| {
            Cell::new(agent.status.as_str(), of_status(agent.status))
        }),
        agent
            .and_then(|agent| agent.pid)
            .map_or_else(nothing, |pid| Cell::plain(pid.to_string())),
        agent
            .and_then(|agent| agent.memory_bytes)
            .map_or_else(nothing, |memory| Cell::plain(bytes(memory))),
        match project.instructions {
            Instructions::Bytes(size) => Cell::plain(bytes(size)),
            Instructions::Missing => nothing(),
        },
        project
            .used
            .map_or_else(nothing, |used| Cell::plain(duration(now.saturating_sub(used)))),
        project
            .saved
            .as_ref()
            .and_then(|saved| saved.task_id.as_ref())
            .map_or_else(nothing, Cell::plain),
        directory(project),
    ]
}

fn directory(project: &ProjectInfo) -> Cell {
    let path = project.session.path.to_string_lossy();
    match project.directory || project.session.health == Health::Foreign {
        true => Cell::plain(path),
        false => Cell::new(format!("{path} (missing)"), Paint::Bad),
    }
}
