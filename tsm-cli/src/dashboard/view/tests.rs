use session_ops::describe::{AgentInfo, AgentStatus, Health, Living, SessionInfo};
use session_ops::overview::{
    Disk, Instructions, Memory, Overview, PanePreview, Preview, ProjectInfo, Resources, Save, ServerCondition,
};

use super::*;
use crate::output::screen::text_of;

const NOW: i64 = 1_790_000_000;

fn project(name: &str, health: Health, status: Option<AgentStatus>, used: i64) -> ProjectInfo {
    let live = matches!(health, Health::Healthy | Health::Degraded | Health::Dead);
    let saved = Save {
        at: NOW - used - 30,
        reason: "switch".to_owned(),
        lifecycle: "live",
        panes: 2,
        task_id: Some(format!("T-{used}")),
    };
    ProjectInfo {
        session: SessionInfo {
            template: None,
            server: None,
            name: format!("claude-{name}"),
            project: Some(name.to_owned()),
            path: format!("/home/rodemkay/www/react/plugin-{name}").into(),
            living: live.then_some(Living {
                clients: 1,
                windows: 1,
                panes: 2,
                created: NOW - 9999,
                activity: NOW - used,
            }),
            health,
            agent: status.map(|status| AgentInfo {
                kind: "claude".to_owned(),
                pid: Some(3_520_856),
                status,
                waiting_for: (status == AgentStatus::Waiting).then(|| "permission prompt".to_owned()),
                memory_bytes: Some(412 * 1024 * 1024),
                conversation: Some("0b6c1f0e-5b1c-4e0e-9d8e-3d1f2a4b5c6d".to_owned()),
                pane: 0,
                orphans: None,
            }),
        },
        description: (name == "todo").then(|| "the list of what is to be done".to_owned()),
        directory: name != "gone",
        instructions: if live {
            Instructions::Bytes(18_300)
        } else {
            Instructions::Missing
        },
        used: Some(NOW - used),
        saved: Some(saved),
        lost: name == "lost",
        inside: name == "todo",
    }
}

fn overview() -> Overview {
    let pane = |left, width, lines: &[&str], active| PanePreview {
        left,
        top: 0,
        width,
        height: 40,
        active,
        lines: lines.iter().map(|line| (*line).to_owned()).collect(),
    };
    let save = |ago, reason: &str, task: Option<&str>| Save {
        at: NOW - ago,
        reason: reason.to_owned(),
        lifecycle: "live",
        panes: 2,
        task_id: task.map(str::to_owned),
    };
    Overview {
        at: NOW,
        server: ServerCondition::Running("3.5a".to_owned()),
        projects: vec![
            project("todo", Health::Healthy, Some(AgentStatus::Waiting), 5),
            project("article", Health::Healthy, Some(AgentStatus::Working), 90),
            project("日本語", Health::Healthy, Some(AgentStatus::Idle), 4000),
            project("forexsignale", Health::Degraded, Some(AgentStatus::Exited), 90_000),
            project("gone", Health::Offline, None, 500_000),
            project("lost", Health::Offline, None, 600_000),
            project(
                "\x1b]0;evil\x07\u{202e}name",
                Health::Dead,
                Some(AgentStatus::Unknown),
                700_000,
            ),
        ],
        problems: Vec::new(),
        preview: Preview::Window {
            width: 120,
            height: 40,
            panes: vec![
                pane(
                    0,
                    108,
                    &["● Reading src/main.rs", "日本語 \x1b[31mred\x1b[0m", "> ", ""],
                    true,
                ),
                pane(109, 11, &["$ ls", "Cargo.toml"], false),
            ],
        },
        saves: vec![
            save(35, "switch", Some("T-17")),
            save(4000, "save", None),
            save(90_000, "kill", Some("T-9")),
        ],
        resources: Resources {
            memory: Some(Memory {
                total: 16 << 30,
                available: 12 << 30,
            }),
            disk: Some(Disk {
                path: "/".into(),
                total: 100 << 30,
                available: 4 << 30,
            }),
            load: Some([52, 158, 205]),
            processors: 2,
            uptime: Some(270_000),
        },
        log: [
            "2026-09-21T14:13:20Z switched to todo",
            "2026-09-21T14:13:21Z evil \x1b[2J line",
        ]
        .map(str::to_owned)
        .to_vec(),
    }
}

fn app() -> App {
    let mut app = App::dashboard(false);
    assert!(app.update(overview()));
    app
}

fn drawn(app: &mut App, columns: u16, rows: u16) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, columns, rows));
    let _cursor = draw(app, &mut buffer);
    buffer
}

fn text(app: &mut App, columns: u16, rows: u16) -> String {
    text_of(&drawn(app, columns, rows), false)
}

/// Golden: the screen at its smallest, at the usual and at a large size, with colours and without.
#[test]
fn the_screen_at_three_sizes() {
    for (columns, rows) in [(60, 15), (80, 24), (160, 50)] {
        let buffer = drawn(&mut app(), columns, rows);
        insta::assert_snapshot!(format!("screen-{columns}x{rows}"), text_of(&buffer, false));
        let color = text_of(&buffer, true).replace('\x1b', "␛");
        insta::assert_snapshot!(format!("screen-{columns}x{rows}-color"), color);
    }
}

#[test]
fn a_server_that_hangs_a_question_a_filter_and_the_help() {
    let mut app = app();
    let mut hung = overview();
    hung.server = ServerCondition::Unavailable("tmux gave no answer within 2 s".to_owned());
    hung.preview = Preview::Failed("tmux gave no answer within 2 s".to_owned());
    for project in &mut hung.projects {
        project.session.living = None;
        project.session.health = Health::Unknown;
        project.session.agent = None;
    }
    assert!(app.update(hung));
    insta::assert_snapshot!("hung", text(&mut app, 80, 24));
    assert!(app.update(overview()));
    app.mode = Mode::Kill {
        project: "todo".to_owned(),
        force: false,
    };
    insta::assert_snapshot!("kill", text(&mut app, 60, 15));
    app.mode = Mode::Help;
    insta::assert_snapshot!("help", text(&mut app, 80, 24));
    app.mode = Mode::Text {
        project: "todo".to_owned(),
        text: "run the \x1b[2J tests".to_owned(),
    };
    assert!(text(&mut app, 60, 15).contains("to todo: run the \\u{1b}[2J tests"));
}

#[test]
fn the_picker_has_a_list_and_a_preview() {
    let mut app = App::picker();
    assert!(app.update(overview()));
    for (columns, rows) in [(60, 15), (80, 24), (160, 50)] {
        let buffer = drawn(&mut app, columns, rows);
        insta::assert_snapshot!(format!("picker-{columns}x{rows}"), text_of(&buffer, false));
        let color = text_of(&buffer, true).replace('\x1b', "␛");
        insta::assert_snapshot!(format!("picker-{columns}x{rows}-color"), color);
    }
}

#[test]
fn every_size_is_drawn_and_nothing_of_others_is_obeyed() {
    let mut app = app();
    for columns in 1..=170 {
        for rows in [1, 2, 5, 14, 15, 16, 20, 24, 31, 60] {
            let text = text(&mut app, columns, rows);
            let obeyed = |c: char| c.is_control() && c != '\n' || c == '\u{202e}';
            assert!(!text.contains(obeyed), "{columns}x{rows}:\n{text}");
            let (least_columns, least_rows) = LEAST;
            let small = columns < least_columns || rows < least_rows;
            assert_eq!(!small, text.contains("todo"), "{columns}x{rows}:\n{text}");
        }
    }
    assert_eq!(text(&mut app, 59, 15).trim(), "too small: 59x15, needs 60x15");
}

#[test]
fn the_selected_project_stays_in_sight() {
    let mut many = overview();
    many.projects = (0..100)
        .map(|n| project(&format!("p{n:02}"), Health::Healthy, Some(AgentStatus::Idle), n))
        .collect();
    let mut app = App::dashboard(false);
    assert!(app.update(many));
    for n in 0..100 {
        assert!(text(&mut app, 80, 24).contains(&format!("p{n:02}")), "{n}");
        let down = ratatui::crossterm::event::KeyCode::Down;
        let _looks_at_it = app.key(down.into());
    }
}

#[test]
fn numbers_as_people_read_them() {
    let sizes = [0, 999, 1000, 1024, 10_240, 1 << 20, 999 << 20, 16 << 30].map(bytes);
    assert_eq!(
        sizes.join(", "),
        "0 B, 999 B, 1.0 KiB, 1.0 KiB, 10 KiB, 1.0 MiB, 999 MiB, 16 GiB"
    );
    let times = [-5, 59, 60, 3599, 3600, 86_399, 86_400].map(duration);
    assert_eq!(times.join(", "), "0 s, 59 s, 1 min, 59 min, 1 h, 23 h, 1 d");
}
