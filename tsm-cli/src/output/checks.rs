//! The checks of `tsm health` for people: a line each, a remedy below, the verdict last.

use session_ops::health::{Report, Status};
use session_ops::terminal_text::lines;

use super::{Style, safe};

/// The text, its last line feed included.
pub(crate) fn render(report: &Report, style: Style) -> String {
    let mut text = String::new();
    for check in &report.checks {
        let line = format!("{}: {}", safe(&check.name), safe(&check.detail));
        marked(&mut text, check.status, &line, style);
        if let Some(remedy) = &check.remedy {
            add(&mut text, &indent(style), &indent(style), &safe(remedy), style);
        }
    }
    text.push('\n');
    marked(&mut text, report.status(), &verdict(report), style);
    text
}

/// The words of the original for a system without fault.
fn verdict(report: &Report) -> String {
    let number = |status, one: &str| match report.count(status) {
        1 => format!("1 {one}"),
        count => format!("{count} {one}S"),
    };
    let warnings = number(Status::Warning, "WARNING");
    match report.status() {
        Status::Ok => "SYSTEM STATUS: OPTIMAL".to_owned(),
        Status::Warning => format!("SYSTEM STATUS: {warnings}"),
        Status::Error => format!("SYSTEM STATUS: {}, {warnings}", number(Status::Error, "ERROR")),
    }
}

fn marked(text: &mut String, status: Status, line: &str, style: Style) {
    let (symbol, color) = match status {
        Status::Ok => ("✔", 32),
        Status::Warning => ("!", 33),
        Status::Error => ("✘", 31),
    };
    let mark = if style.symbols {
        symbol.to_owned()
    } else {
        format!("{:7}", status.as_str())
    };
    let before = text.len();
    add(text, &format!("{mark} "), &indent(style), line, style);
    if style.color {
        // The mark as it stands there: breaking lines must not count what a terminal doesn't show.
        let end = before + mark.len();
        text.replace_range(before..end, &format!("\x1b[{color}m{mark}\x1b[0m"));
    }
}

/// What is below a line begins where its text does.
fn indent(style: Style) -> String {
    " ".repeat(if style.symbols { 2 } else { 8 })
}

fn add(text: &mut String, first: &str, others: &str, line: &str, style: Style) {
    for part in lines(line, first, others, style.width) {
        text.push_str(&part);
        text.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use session_ops::health::Check;
    use unicode_width::UnicodeWidthStr;

    use super::*;

    fn report() -> Report {
        let check = |name: &str, status, detail: &str, remedy: Option<&str>| Check {
            name: name.to_owned(),
            status,
            detail: detail.to_owned(),
            remedy: remedy.map(str::to_owned),
        };
        let long = format!("directory {} isn't there", "/very/long/path/of/a/project".repeat(5));
        Report {
            checks: vec![
                check("tmux binary", Status::Ok, "available (3.5a, /usr/bin/tmux)", None),
                check(
                    "tmux socket",
                    Status::Warning,
                    "/tmp/tmux-1000/default: systemd-tmpfiles deletes what is old there, the socket too",
                    Some("let TMUX_TMPDIR be $XDG_RUNTIME_DIR before the server starts"),
                ),
                check(
                    "project 日本語プロジェクト",
                    Status::Ok,
                    "directory exists: 漢字漢字漢字漢字漢字漢字漢字漢字",
                    None,
                ),
                check(
                    "project \u{1b}[2J\u{202e}evil\nok      forged",
                    Status::Error,
                    &long,
                    Some("make it"),
                ),
            ],
        }
    }

    #[test]
    fn at_every_width_with_colour_and_without() {
        for width in [60, 80, 160] {
            for color in [false, true] {
                let style = Style {
                    color,
                    symbols: true,
                    width: Some(width),
                };
                let text = render(&report(), style);
                insta::assert_snapshot!(
                    format!("health_{width}_{}", if color { "colour" } else { "plain" }),
                    text
                );
                let shown = text
                    .replace("\u{1b}[32m", "")
                    .replace("\u{1b}[33m", "")
                    .replace("\u{1b}[31m", "");
                let shown = shown.replace("\u{1b}[0m", "");
                assert!(!shown.contains('\u{1b}'));
                for line in shown.lines() {
                    // A path stays whole, for whoever copies it.
                    assert!(line.width() <= width || !line.trim().contains(' '), "{line}");
                }
            }
        }
    }

    #[test]
    fn a_program_gets_a_line_for_each_check() {
        let style = Style {
            color: false,
            symbols: false,
            width: None,
        };
        insta::assert_snapshot!("health_piped", render(&report(), style));
    }

    #[test]
    fn the_last_line_is_the_verdict() {
        let style = Style {
            color: false,
            symbols: false,
            width: None,
        };
        let mut report = report();
        let mut verdicts = Vec::new();
        while let Some(check) = report.checks.pop() {
            drop(check);
            verdicts.push(render(&report, style).lines().last().unwrap_or_default().to_owned());
        }
        let one = "warning SYSTEM STATUS: 1 WARNING";
        let optimal = "ok      SYSTEM STATUS: OPTIMAL";
        assert_eq!(verdicts, [one, one, optimal, optimal]);
    }
}
