use ratatui::crossterm::event::KeyEvent;
use session_ops::describe::{Health, SessionInfo};
use session_ops::overview::{Instructions, Preview, Resources, ServerCondition};

use super::*;

fn project(name: &str, health: Health) -> ProjectInfo {
    ProjectInfo {
        session: SessionInfo {
            template: None,
            server: None,
            name: format!("claude-{name}"),
            project: (health != Health::Foreign).then(|| name.to_owned()),
            path: "/p".into(),
            living: None,
            health,
            agent: None,
        },
        description: None,
        directory: true,
        instructions: Instructions::Missing,
        used: None,
        saved: None,
        lost: false,
        inside: false,
    }
}

fn overview(names: &[&str]) -> Overview {
    let mut projects: Vec<ProjectInfo> = names.iter().map(|name| project(name, Health::Healthy)).collect();
    projects.push(project("stranger", Health::Foreign));
    Overview {
        at: 0,
        server: ServerCondition::Gone,
        projects,
        problems: Vec::new(),
        preview: Preview::None,
        saves: Vec::new(),
        resources: Resources::default(),
        log: Vec::new(),
    }
}

fn app(mut app: App) -> App {
    assert!(app.update(overview(&["todo", "article", "wp-todos"])));
    app
}

fn press(app: &mut App, keys: &str) -> Option<Effect> {
    keys.chars().fold(None, |_, key| {
        app.key(KeyEvent::from(match key {
            '\r' => KeyCode::Enter,
            '\x1b' => KeyCode::Esc,
            '↓' => KeyCode::Down,
            '↑' => KeyCode::Up,
            key => KeyCode::Char(key),
        }))
    })
}

fn chosen(app: &App) -> String {
    app.chosen().map(ProjectInfo::key).unwrap_or_default()
}

#[test]
fn keys_act_on_the_selected_project() {
    let mut app = app(App::dashboard(false));
    assert_eq!(press(&mut app, "↓"), Some(Effect::Look));
    assert_eq!(press(&mut app, "\r"), Some(Effect::Switch("article".to_owned())));
    assert_eq!(
        press(&mut app, "c"),
        Some(Effect::Act(Action::Create("article".to_owned())))
    );
    assert_eq!(
        press(&mut app, "s"),
        Some(Effect::Act(Action::Save(vec!["article".to_owned()])))
    );
    assert_eq!(press(&mut app, "S"), Some(Effect::Act(Action::Save(Vec::new()))));
    assert_eq!(
        press(&mut app, "r"),
        Some(Effect::Act(Action::Restore(vec!["article".to_owned()])))
    );
    let send = Action::Send {
        project: "article".to_owned(),
        text: "q k".to_owned(),
    };
    assert_eq!(press(&mut app, "tq k\r"), Some(Effect::Act(send)));
    assert_eq!(press(&mut app, "t\r"), None, "nothing is no text");
    assert_eq!(press(&mut app, "?q"), None, "any key ends the help");
    assert_eq!(press(&mut app, "q"), Some(Effect::Quit));
}

#[test]
fn nothing_ends_without_a_yes() {
    let mut app = app(App::dashboard(false));
    for no in ["kn", "k\r", "k\x1b", "kq"] {
        assert_eq!(press(&mut app, no), None, "{no:?}");
        assert_eq!(app.mode, Mode::Normal);
    }
    let kill = |force| {
        let project = "todo".to_owned();
        Some(Effect::Act(Action::Kill { project, force }))
    };
    assert_eq!(press(&mut app, "ky"), kill(false));
    assert_eq!(press(&mut app, "kfy"), kill(true));
    // What isn't ours is never touched.
    let _looked = press(&mut app, "↓↓↓");
    assert_eq!(chosen(&app), "=claude-stranger");
    assert_eq!(press(&mut app, "ky"), None);
    assert_eq!(press(&mut app, "\r"), None);
    assert!(app.message.contains("isn't tsm's"), "{}", app.message);
}

#[test]
fn a_paste_is_never_a_command() {
    let mut app = app(App::dashboard(false));
    assert_eq!(app.paste("ky\rq"), None);
    assert_eq!(app.mode, Mode::Normal);
    let _typed = press(&mut app, "t");
    let _pasted = app.paste("a\nb\x1b");
    assert_eq!(
        app.mode,
        Mode::Text {
            project: "todo".to_owned(),
            text: "ab".to_owned()
        }
    );
}

#[test]
fn the_selection_follows_its_project() {
    let mut app = app(App::dashboard(false));
    let _looked = press(&mut app, "↓↓");
    assert_eq!(chosen(&app), "wp-todos");
    assert!(app.update(overview(&["wp-todos", "todo"])));
    assert_eq!((chosen(&app).as_str(), app.row()), ("wp-todos", 0));
    assert!(app.update(overview(&["todo"])));
    assert_eq!(chosen(&app), "todo", "what is gone is no longer selected");
    assert!(app.update(overview(&[])));
    assert!(!app.update(overview(&[])), "nothing new is nothing to draw");
}

#[test]
fn the_filter_narrows_and_the_best_match_is_selected() {
    let mut app = app(App::dashboard(false));
    let _filtered = press(&mut app, "/wt");
    assert_eq!(chosen(&app), "wp-todos");
    let _back = press(&mut app, "\r");
    assert_eq!(press(&mut app, "\r"), Some(Effect::Switch("wp-todos".to_owned())));
    assert!(
        press(&mut app, "\x1b").is_none_or(|effect| effect == Effect::Look),
        "first the filter ends"
    );
    assert_eq!(app.shown().len(), 4);
    assert_eq!(press(&mut app, "\x1b"), Some(Effect::Quit));
}

#[test]
fn in_the_picker_letters_are_text() {
    let mut app = app(App::picker());
    assert_eq!(app.shown().len(), 3, "what isn't ours can't be chosen");
    let _filtered = press(&mut app, "art");
    assert_eq!(press(&mut app, "\r"), Some(Effect::Switch("article".to_owned())));
    let _filtered = press(&mut app, "xyz");
    assert_eq!(press(&mut app, "\r"), None, "nothing matches");
    assert_eq!(press(&mut app, "\x1b"), Some(Effect::Quit));
}

#[test]
fn the_mouse_selects() {
    let mut app = app(App::dashboard(false));
    app.list.set((Rect::new(1, 4, 50, 4), 0));
    let mouse = |kind, row| MouseEvent {
        kind,
        column: 5,
        row,
        modifiers: KeyModifiers::NONE,
    };
    let _looked = app.mouse(mouse(MouseEventKind::Down(MouseButton::Left), 6));
    assert_eq!(chosen(&app), "wp-todos");
    let _looked = app.mouse(mouse(MouseEventKind::ScrollUp, 0));
    assert_eq!(chosen(&app), "article");
    assert_eq!(app.mouse(mouse(MouseEventKind::Down(MouseButton::Left), 20)), None);
    assert_eq!(chosen(&app), "article");
}
