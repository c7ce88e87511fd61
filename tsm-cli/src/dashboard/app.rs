//! What the dashboard and the picker show, and what keys do to it. No terminal, no tmux.

use std::cell::Cell;

use ratatui::crossterm::event::{
    KeyCode, KeyEvent, KeyEventKind, KeyModifiers, MouseButton, MouseEvent, MouseEventKind,
};
use ratatui::layout::Rect;
use session_ops::describe::Health;
use session_ops::overview::{Overview, ProjectInfo, Wanted};

use super::worker::Action;
use crate::picker::matches::Matches;

/// So many saves and lines of the log are read; how many are shown depends on the room.
const LINES: usize = 8;

/// What is on the screen above everything else.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Keys are commands.
    Normal,
    /// Keys are the filter's text.
    Filter,
    /// A text for a project is typed.
    Text { project: String, text: String },
    /// May this project's session end?
    Kill { project: String, force: bool },
    /// The keys are explained.
    Help,
}

/// What a key asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Effect {
    Quit,
    /// Leave, and switch to this project.
    Switch(String),
    /// Something else is looked at.
    Look,
    Act(Action),
}

/// What is shown.
#[derive(Debug)]
pub(crate) struct App {
    pub(crate) overview: Option<Overview>,
    pub(crate) mode: Mode,
    pub(crate) filter: String,
    /// What came of the last action.
    pub(crate) message: String,
    /// A picker chooses and does nothing else: every key but a few is text.
    pub(crate) picker: bool,
    /// Sessions that aren't ours, too.
    pub(crate) foreign: bool,
    /// It is printed, not looked at: no keys, no selection.
    pub(crate) printed: bool,
    /// Where the list is on the screen, and the first row of it that is shown; set by who draws.
    pub(crate) list: Cell<(Rect, usize)>,
    matches: Matches,
    /// What matches the filter, as indices of the projects, the best first.
    shown: Vec<usize>,
    /// The key of the selected one.
    selected: Option<String>,
}

impl App {
    pub(crate) fn dashboard(printed: bool) -> Self {
        Self {
            overview: None,
            mode: Mode::Normal,
            filter: String::new(),
            message: String::new(),
            picker: false,
            foreign: false,
            printed,
            list: Cell::default(),
            matches: Matches::new(),
            shown: Vec::new(),
            selected: None,
        }
    }

    pub(crate) fn picker() -> Self {
        Self {
            picker: true,
            mode: Mode::Filter,
            ..Self::dashboard(false)
        }
    }

    /// What the overview must tell.
    pub(crate) fn wanted(&self) -> Wanted {
        Wanted {
            selected: self.selected.clone(),
            foreign: self.foreign,
            log_lines: if self.picker { 0 } else { LINES },
            saves: if self.picker { 0 } else { LINES },
        }
    }

    /// Takes what is new; whether anything changed.
    pub(crate) fn update(&mut self, overview: Overview) -> bool {
        if self.overview.as_ref() == Some(&overview) {
            return false;
        }
        self.overview = Some(overview);
        self.match_again();
        true
    }

    /// Tells the user something.
    pub(crate) fn tell(&mut self, text: String) -> bool {
        self.message = text;
        true
    }

    /// The projects that match the filter.
    pub(crate) fn shown(&self) -> impl ExactSizeIterator<Item = &ProjectInfo> {
        let projects = self
            .overview
            .as_ref()
            .map(|overview| overview.projects.as_slice())
            .unwrap_or_default();
        // They were matched against these very projects.
        self.shown.iter().map(move |n| &projects[*n])
    }

    /// The row of the selected one.
    pub(crate) fn row(&self) -> usize {
        let key = self.selected.as_deref();
        self.shown()
            .position(|project| Some(project.key().as_str()) == key)
            .unwrap_or(0)
    }

    /// The selected one.
    pub(crate) fn chosen(&self) -> Option<&ProjectInfo> {
        self.shown().nth(self.row())
    }

    /// What a key does.
    pub(crate) fn key(&mut self, key: KeyEvent) -> Option<Effect> {
        if key.kind == KeyEventKind::Release {
            return None;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        if control && matches!(key.code, KeyCode::Char('c')) {
            return Some(Effect::Quit);
        }
        match self.mode.clone() {
            Mode::Help => {
                self.mode = Mode::Normal;
                None
            }
            Mode::Kill { project, force } => self.answer(key.code, project, force),
            Mode::Text { project, text } => self.type_text(key, project, text),
            Mode::Filter => self.type_filter(key),
            Mode::Normal => self.command(key),
        }
    }

    fn command(&mut self, key: KeyEvent) -> Option<Effect> {
        if let Some(effect) = self.moved(key) {
            return effect;
        }
        self.message.clear();
        let chosen = self.chosen().cloned();
        let project = chosen.as_ref().and_then(|chosen| chosen.session.project.clone());
        match key.code {
            KeyCode::Char('q') => Some(Effect::Quit),
            KeyCode::Esc if self.filter.is_empty() => Some(Effect::Quit),
            KeyCode::Esc => {
                self.filter.clear();
                self.filtered()
            }
            KeyCode::Char('/') => {
                self.mode = Mode::Filter;
                None
            }
            KeyCode::Char('?') => {
                self.mode = Mode::Help;
                None
            }
            KeyCode::Char('f') => {
                self.foreign = !self.foreign;
                Some(Effect::Look)
            }
            KeyCode::Char('S') => Some(Effect::Act(Action::Save(Vec::new()))),
            KeyCode::Char('R') => Some(Effect::Act(Action::Restore(Vec::new()))),
            KeyCode::Enter | KeyCode::Char('c' | 'k' | 't' | 's' | 'r') => {
                let Some(project) = project else {
                    let what = if chosen.is_some() {
                        "that isn't tsm's session"
                    } else {
                        "there is no project"
                    };
                    self.message = what.to_owned();
                    return None;
                };
                self.act(key.code, project)
            }
            _ => None,
        }
    }

    fn act(&mut self, key: KeyCode, project: String) -> Option<Effect> {
        let busy = |this: &mut Self, what: &str| this.message = format!("{what} {project} …");
        Some(Effect::Act(match key {
            KeyCode::Enter => return Some(Effect::Switch(project)),
            KeyCode::Char('k') => {
                self.mode = Mode::Kill { project, force: false };
                return None;
            }
            KeyCode::Char('t') => {
                let text = String::new();
                self.mode = Mode::Text { project, text };
                return None;
            }
            KeyCode::Char('c') => {
                busy(self, "creating");
                Action::Create(project)
            }
            KeyCode::Char('s') => {
                busy(self, "saving");
                Action::Save(vec![project])
            }
            _ => {
                busy(self, "restoring");
                Action::Restore(vec![project])
            }
        }))
    }

    /// Up and down, in lists that take letters, too.
    fn moved(&mut self, key: KeyEvent) -> Option<Option<Effect>> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        let page = i64::from(self.list.get().0.height.max(2)) - 1;
        let by = match key.code {
            KeyCode::Up => -1,
            KeyCode::Down => 1,
            KeyCode::Char('p') if control => -1,
            KeyCode::Char('n') if control => 1,
            KeyCode::PageUp => -page,
            KeyCode::PageDown => page,
            KeyCode::Home => i64::MIN / 2,
            KeyCode::End => i64::MAX / 2,
            _ => return None,
        };
        Some(self.go(by))
    }

    fn go(&mut self, by: i64) -> Option<Effect> {
        let last = i64::try_from(self.shown().len()).unwrap_or(i64::MAX) - 1;
        let row = i64::try_from(self.row())
            .unwrap_or(0)
            .saturating_add(by)
            .clamp(0, last.max(0));
        self.select(usize::try_from(row).unwrap_or(0))
    }

    fn select(&mut self, row: usize) -> Option<Effect> {
        let key = self.shown().nth(row).map(ProjectInfo::key)?;
        let other = self.selected.as_ref() != Some(&key);
        self.selected = Some(key);
        other.then_some(Effect::Look)
    }

    fn type_filter(&mut self, key: KeyEvent) -> Option<Effect> {
        if let Some(effect) = self.moved(key) {
            return effect;
        }
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Enter if self.picker => {
                let project = self.chosen().and_then(|chosen| chosen.session.project.clone());
                return project.map(Effect::Switch);
            }
            KeyCode::Esc if self.picker => return Some(Effect::Quit),
            KeyCode::Enter => {
                self.mode = Mode::Normal;
                return None;
            }
            KeyCode::Esc => {
                self.mode = Mode::Normal;
                self.filter.clear();
            }
            KeyCode::Backspace => {
                self.filter.pop();
            }
            KeyCode::Char('u') if control => self.filter.clear(),
            KeyCode::Char(c) if !control => self.filter.push(c),
            _ => return None,
        }
        self.filtered()
    }

    /// The best match is the one that is meant.
    fn filtered(&mut self) -> Option<Effect> {
        self.match_again();
        self.selected = None;
        self.select(0)
    }

    fn type_text(&mut self, key: KeyEvent, project: String, mut text: String) -> Option<Effect> {
        let control = key.modifiers.contains(KeyModifiers::CONTROL);
        match key.code {
            KeyCode::Esc => {
                self.mode = Mode::Normal;
                return None;
            }
            KeyCode::Enter => {
                self.mode = Mode::Normal;
                if text.is_empty() {
                    return None;
                }
                self.message = format!("sending to {project} …");
                return Some(Effect::Act(Action::Send { project, text }));
            }
            KeyCode::Backspace => {
                text.pop();
            }
            KeyCode::Char('u') if control => text.clear(),
            KeyCode::Char(c) if !control => text.push(c),
            _ => {}
        }
        self.mode = Mode::Text { project, text };
        None
    }

    fn answer(&mut self, key: KeyCode, project: String, force: bool) -> Option<Effect> {
        match key {
            KeyCode::Char('f') => {
                self.mode = Mode::Kill { project, force: !force };
                None
            }
            KeyCode::Char('y' | 'Y') => {
                self.mode = Mode::Normal;
                self.message = format!("ending {project} …");
                Some(Effect::Act(Action::Kill { project, force }))
            }
            _ => {
                self.mode = Mode::Normal;
                self.message = format!("{project} is kept");
                None
            }
        }
    }

    /// Text that was pasted is text, never commands.
    pub(crate) fn paste(&mut self, pasted: &str) -> Option<Effect> {
        let line: String = pasted.chars().filter(|c| !c.is_control()).collect();
        match &mut self.mode {
            Mode::Text { text, .. } => {
                text.push_str(&line);
                None
            }
            Mode::Filter => {
                self.filter.push_str(&line);
                self.filtered()
            }
            _ => None,
        }
    }

    /// A click selects, the wheel moves.
    pub(crate) fn mouse(&mut self, mouse: MouseEvent) -> Option<Effect> {
        if !matches!(self.mode, Mode::Normal | Mode::Filter) {
            return None;
        }
        let (area, first) = self.list.get();
        match mouse.kind {
            MouseEventKind::ScrollUp => self.go(-1),
            MouseEventKind::ScrollDown => self.go(1),
            MouseEventKind::Down(MouseButton::Left) if area.contains((mouse.column, mouse.row).into()) => {
                self.select(first + usize::from(mouse.row - area.y))
            }
            _ => None,
        }
    }

    /// Which projects match, and that the selected one stays the same wherever it has gone.
    fn match_again(&mut self) {
        let projects = self
            .overview
            .as_ref()
            .map(|overview| overview.projects.as_slice())
            .unwrap_or_default();
        let choosable: Vec<usize> = (0..projects.len())
            .filter(|n| !self.picker || projects[*n].session.health != Health::Foreign)
            .collect();
        self.shown = self.matches.best(&self.filter, &choosable, |n| text_of(&projects[n]));
        if self.selected.is_none() || self.chosen().map(ProjectInfo::key) != self.selected {
            let first = self.shown().next().map(ProjectInfo::key);
            self.selected = first;
        }
    }
}

/// What a filter looks at.
fn text_of(project: &ProjectInfo) -> String {
    let name = project.session.project.as_ref().unwrap_or(&project.session.name);
    let description = project.description.as_deref().unwrap_or_default();
    format!("{name} {description}")
}

#[cfg(test)]
mod tests;
