//! What there is to say of the selected project, its last saves, and the log.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use session_ops::overview::{Instructions, ProjectInfo, Save};

use super::{bytes, duration, framed, put_line, take_left};
use crate::commands::list::{of_health, of_status};
use crate::dashboard::app::App;
use crate::output::columns::{Paint, cut_start};
use crate::output::safe;

/// How many lines [`draw`] has to draw.
pub(super) fn rows(app: &App) -> u16 {
    let lines = app.chosen().map_or(0, |chosen| lines(chosen, 0).len());
    u16::try_from(lines).unwrap_or(0)
}

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let title = app
        .chosen()
        .map_or_else(String::new, |chosen| safe(&chosen.session.name));
    let inner = framed(area, &title, buffer);
    let Some(chosen) = app.chosen() else { return };
    for (row, pieces) in lines(chosen, usize::from(inner.width)).iter().enumerate() {
        put_line(buffer, inner, u16::try_from(row).unwrap_or(u16::MAX), pieces);
    }
}

/// Where there is room for one line only.
pub(super) fn draw_line(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(chosen) = app.chosen() else { return };
    let path = cut_start(
        &safe(&chosen.session.path.to_string_lossy()),
        usize::from(area.width / 2),
    );
    let mut pieces = vec![(format!(" {path} "), Paint::Dim)];
    if let Some(agent) = &chosen.session.agent {
        pieces.push((agent_text(chosen), of_status(agent.status)));
        pieces.push((" ".to_owned(), Paint::Plain));
    }
    put_line(buffer, area, 0, &pieces);
}

/// The last saves and the log, side by side.
pub(super) fn draw_feet(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(overview) = &app.overview else { return };
    let mut rest = area;
    let saves = framed(take_left(&mut rest, area.width * 45 / 100), "Last saves", buffer);
    for (row, save) in (0..saves.height).zip(&overview.saves) {
        put_line(buffer, saves, row, &save_text(save, overview.at));
    }
    let log = framed(rest, "Log", buffer);
    let from = overview.log.len().saturating_sub(usize::from(log.height));
    for (row, line) in (0..log.height).zip(overview.log.iter().skip(from)) {
        put_line(buffer, log, row, &[(line.clone(), Paint::Plain)]);
    }
}

fn lines(chosen: &ProjectInfo, width: usize) -> Vec<Vec<(String, Paint)>> {
    let session = &chosen.session;
    let labelled = |label: &str, text: String, paint| vec![(format!("{label:<10}"), Paint::Dim), (text, paint)];
    let mut lines = Vec::new();
    if let Some(description) = &chosen.description {
        lines.push(vec![(description.clone(), Paint::Plain)]);
    }
    let state = match session.living {
        Some(living) => format!(
            "{}, windows {}, panes {}, clients {}",
            session.health.as_str(),
            living.windows,
            living.panes,
            living.clients
        ),
        None if chosen.lost => "lost with its server; r restores".to_owned(),
        None => session.health.as_str().to_owned(),
    };
    lines.push(labelled("State", state, of_health(session.health)));
    let path = cut_start(&safe(&session.path.to_string_lossy()), width.saturating_sub(10).max(8));
    let (path, paint) = match chosen.directory {
        true => (path, Paint::Plain),
        false => (format!("missing: {path}"), Paint::Bad),
    };
    lines.push(labelled("Directory", path, paint));
    lines.push(match chosen.instructions {
        Instructions::Bytes(size) => labelled("CLAUDE.md", bytes(size), Paint::Plain),
        Instructions::Missing => labelled("CLAUDE.md", "none".to_owned(), Paint::Dim),
    });
    if let Some(agent) = &session.agent {
        lines.push(labelled("Agent", agent_text(chosen), of_status(agent.status)));
        if let Some(conversation) = &agent.conversation {
            lines.push(labelled("Talk", conversation.clone(), Paint::Plain));
        }
    }
    lines
}

fn agent_text(chosen: &ProjectInfo) -> String {
    let Some(agent) = &chosen.session.agent else {
        return String::new();
    };
    let waiting = agent.waiting_for.iter().map(|what| format!(" for {what}"));
    let pid = agent.pid.iter().map(|pid| format!(", pid {pid}"));
    let memory = agent.memory_bytes.iter().map(|memory| format!(", {}", bytes(*memory)));
    let more: String = waiting.chain(pid).chain(memory).collect();
    format!("{} {}{more}", agent.kind, agent.status.as_str())
}

fn save_text(save: &Save, now: i64) -> Vec<(String, Paint)> {
    let ago = duration(now.saturating_sub(save.at));
    let mut pieces = vec![
        (format!("{ago:>7}  "), Paint::Plain),
        (
            format!("{:<8} {:<6} {:>2} panes", save.reason, save.lifecycle, save.panes),
            Paint::Dim,
        ),
    ];
    pieces.extend(save.task_id.iter().map(|id| (format!("  {id}"), Paint::Busy)));
    pieces
}
