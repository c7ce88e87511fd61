//! The two lines at the top: tmux and the projects, and the machine.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use session_ops::clock::rfc3339;
use session_ops::overview::{Overview, Resources, ServerCondition};

use super::{bytes, duration, put_line, server_text};
use crate::dashboard::app::App;
use crate::output::columns::Paint;

pub(super) fn draw(app: &App, area: Rect, buffer: &mut Buffer) {
    let Some(overview) = &app.overview else {
        put_line(
            buffer,
            area,
            0,
            &[("tsm".to_owned(), Paint::Heading), (" …".to_owned(), Paint::Dim)],
        );
        return;
    };
    put_line(buffer, area, 0, &first(overview));
    put_line(buffer, area, 1, &machine(&overview.resources));
}

fn first(overview: &Overview) -> Vec<(String, Paint)> {
    let living = overview
        .projects
        .iter()
        .filter(|project| project.session.living.is_some());
    let lost = overview.projects.iter().filter(|project| project.lost).count();
    let plain = |text: String| (text, Paint::Plain);
    let mut pieces = vec![
        ("tsm".to_owned(), Paint::Heading),
        plain("  ".to_owned()),
        server_text(&overview.server),
    ];
    pieces.push(plain(match overview.server {
        // Nobody knows how many live.
        ServerCondition::Unavailable(_) => format!("  {} projects", overview.projects.len()),
        _ => format!("  {} of {} live", living.count(), overview.projects.len()),
    }));
    if lost > 0 {
        pieces.push((format!("  {lost} lost (R restores)"), Paint::Attention));
    }
    if let Some(problem) = overview.problems.first() {
        pieces.push((format!("  {problem}"), Paint::Bad));
    }
    let time = rfc3339(overview.at).unwrap_or_default();
    // Date and time without the `T` and the `Z`, which are for programs.
    let time = time.replace('T', " ").replace('Z', " UTC");
    pieces.push((format!("  {time}"), Paint::Dim));
    pieces
}

fn machine(resources: &Resources) -> Vec<(String, Paint)> {
    let mut pieces = Vec::new();
    let mut push = |label: &str, text: String, paint| {
        let gap = if pieces.is_empty() { "" } else { "  " };
        pieces.push((format!("{gap}{label} "), Paint::Dim));
        pieces.push((text, paint));
    };
    if let Some(memory) = resources.memory {
        let used = memory.total.saturating_sub(memory.available);
        let text = format!("{}/{}", bytes(used), bytes(memory.total));
        push("RAM", text, scarce(memory.available, memory.total));
    }
    if let Some(disk) = &resources.disk {
        let used = disk.total.saturating_sub(disk.available);
        let text = format!("{}/{}", bytes(used), bytes(disk.total));
        push("disk", text, scarce(disk.available, disk.total));
    }
    if let Some(load) = resources.load {
        let text = load.map(|load| format!("{}.{:02}", load / 100, load % 100)).join(" ");
        let busy = load[0] > 100 * resources.processors as u64;
        push("load", text, if busy { Paint::Attention } else { Paint::Plain });
    }
    if let Some(uptime) = resources.uptime {
        push("up", duration(i64::try_from(uptime).unwrap_or(i64::MAX)), Paint::Plain);
    }
    pieces
}

/// Less than a twentieth is too little, less than a tenth worth a look.
fn scarce(available: u64, total: u64) -> Paint {
    match total {
        _ if available < total / 20 => Paint::Bad,
        _ if available < total / 10 => Paint::Attention,
        _ => Paint::Plain,
    }
}
