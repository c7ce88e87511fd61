//! Whether a template makes sense, wherever it is used.

use std::collections::BTreeMap;

use super::error::TemplateError;
use super::options;
use super::plan::is_layout;
use super::table::{PaneTable, TemplateTable, WindowTable, Word};

/// More panes than this of one session are a mistake or an attack.
const MAX_PANES: usize = 500;

/// Parts in parts in parts: nobody sees more.
const MAX_DEPTH: usize = 16;

/// Checks an expanded template.
///
/// # Errors
///
/// [`TemplateError::Invalid`] with the place of what makes no sense.
pub(crate) fn check(name: &str, template: &TemplateTable) -> Result<(), TemplateError> {
    let mut check = Check {
        template: name,
        panes: 0,
        agents: 0,
    };
    check.environment(&template.environment)?;
    check.options(&template.options, "options")?;
    if template.windows.iter().filter(|window| window.focus).count() > 1 {
        return Err(check.invalid("windows", "more than one has the focus"));
    }
    for (n, window) in template.windows.iter().enumerate() {
        check.window(window, &format!("windows[{n}]"))?;
    }
    Ok(())
}

struct Check<'a> {
    template: &'a str,
    panes: usize,
    agents: usize,
}

impl Check<'_> {
    fn invalid(&self, place: &str, why: impl Into<String>) -> TemplateError {
        TemplateError::Invalid {
            template: self.template.to_owned(),
            place: place.to_owned(),
            why: why.into(),
        }
    }

    fn environment(&self, environment: &BTreeMap<String, Word>) -> Result<(), TemplateError> {
        for (name, value) in environment {
            let place = format!("environment.{name}");
            let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            if !letters || name.is_empty() || name.starts_with(|c: char| c.is_ascii_digit()) {
                return Err(self.invalid(&place, "no variable can be called so"));
            }
            if name.starts_with("TSM_") || name.starts_with("TMUX") {
                return Err(self.invalid(&place, "tsm and tmux set it themselves"));
            }
            self.text(&value.text(), &place)?;
        }
        Ok(())
    }

    fn options(&self, options: &BTreeMap<String, Word>, place: &str) -> Result<(), TemplateError> {
        for (name, value) in options {
            let place = format!("{place}.{name}");
            self.text(&value.text(), &place)?;
            if let Some(why) = options::refused(name, &value.text()) {
                return Err(self.invalid(&place, why));
            }
        }
        Ok(())
    }

    fn window(&mut self, window: &WindowTable, place: &str) -> Result<(), TemplateError> {
        self.options(&window.options, &format!("{place}.options"))?;
        for (text, key) in [(&window.name, "name"), (&window.directory, "directory")] {
            self.optional(text.as_ref(), place, key)?;
        }
        if window.options.keys().any(|name| name.starts_with('@')) {
            return Err(self.invalid(&format!("{place}.options"), "an option of one's own is the session's"));
        }
        if window.layout.is_some() && window.panes.iter().any(|pane| !pane.panes.is_empty()) {
            return Err(self.invalid(
                &format!("{place}.layout"),
                "panes in panes are laid out by their shares",
            ));
        }
        if let Some(layout) = window
            .layout
            .as_ref()
            .filter(|layout| !is_layout(layout, window.panes.len()))
        {
            let why = format!("{layout:?} is no layout of tmux's");
            return Err(self.invalid(&format!("{place}.layout"), why));
        }
        if focused(&window.panes) > 1 {
            return Err(self.invalid(&format!("{place}.panes"), "more than one has the focus"));
        }
        self.parts(&window.panes, place, 0)
    }

    fn parts(&mut self, panes: &[PaneTable], place: &str, depth: usize) -> Result<(), TemplateError> {
        if depth > MAX_DEPTH {
            return Err(self.invalid(place, format!("panes are nested deeper than {MAX_DEPTH}")));
        }
        for (n, pane) in panes.iter().enumerate() {
            self.pane(pane, &format!("{place}.panes[{n}]"), depth)?;
        }
        Ok(())
    }

    fn pane(&mut self, pane: &PaneTable, place: &str, depth: usize) -> Result<(), TemplateError> {
        let key = |key: &str| format!("{place}.{key}");
        if pane.share == Some(0) {
            return Err(self.invalid(&key("share"), "a pane has a share of 1 at least"));
        }
        if !pane.panes.is_empty() {
            let own = pane.agent || pane.focus || !pane.run.is_empty() || pane.shell.is_some() || pane.title.is_some();
            if own || pane.directory.is_some() {
                return Err(self.invalid(
                    place,
                    "a part that is split has nothing of its own but share and minimum",
                ));
            }
            return self.parts(&pane.panes, place, depth + 1);
        }
        self.panes += 1;
        self.agents += usize::from(pane.agent);
        if self.panes > MAX_PANES {
            return Err(self.invalid(place, format!("there are more than {MAX_PANES} panes")));
        }
        if self.agents > 1 {
            return Err(self.invalid(&key("agent"), "a session has one agent at most"));
        }
        let runs = usize::from(pane.agent) + usize::from(!pane.run.is_empty()) + usize::from(pane.shell.is_some());
        if runs > 1 {
            return Err(self.invalid(place, "`agent`, `run` and `shell` exclude one another"));
        }
        if pane.run.first().is_some_and(String::is_empty) {
            return Err(self.invalid(&key("run"), "the program has no name"));
        }
        for word in &pane.run {
            self.text(word, &key("run"))?;
        }
        self.optional(pane.shell.as_ref(), place, "shell")?;
        self.optional(pane.title.as_ref(), place, "title")?;
        self.optional(pane.directory.as_ref(), place, "directory")
    }

    fn optional(&self, text: Option<&String>, place: &str, key: &str) -> Result<(), TemplateError> {
        text.map_or(Ok(()), |text| self.text(text, &format!("{place}.{key}")))
    }

    fn text(&self, text: &str, place: &str) -> Result<(), TemplateError> {
        if text.contains('\0') {
            return Err(self.invalid(place, "it has a NUL byte"));
        }
        Ok(())
    }
}

fn focused(panes: &[PaneTable]) -> usize {
    panes
        .iter()
        .map(|pane| usize::from(pane.focus) + focused(&pane.panes))
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_makes_no_sense_is_an_error_with_its_place() {
        for (text, expected) in [
            (
                "windows = [{ panes = [{ agent = true }, { agent = true }] }]",
                "windows[0].panes[1].agent: a session has one agent",
            ),
            (
                "windows = [{ panes = [{ run = [\"a\"], shell = \"b\" }] }]",
                "windows[0].panes[0]: `agent`, `run`",
            ),
            ("windows = [{ panes = [{ share = 0 }] }]", "windows[0].panes[0].share: "),
            (
                "windows = [{ panes = [{ title = \"x\", panes = [{}] }] }]",
                "windows[0].panes[0]: a part that",
            ),
            (
                "windows = [{ layout = \"tiled\", panes = [{ panes = [{}] }] }]",
                "windows[0].layout: ",
            ),
            (
                "windows = [{ focus = true }, { focus = true }]",
                "windows: more than one",
            ),
            (
                "windows = [{ panes = [{ focus = true }, { focus = true }] }]",
                "windows[0].panes: more than one",
            ),
            (
                "windows = [{ panes = [{ run = [\"\"] }] }]",
                "windows[0].panes[0].run: ",
            ),
            (
                "windows = [{ panes = [{ shell = \"a\\u0000\" }] }]",
                "windows[0].panes[0].shell: it has a NUL",
            ),
            ("environment = { \"A-B\" = 1 }", "environment.A-B: "),
            ("environment = { TSM_SESSION = 1 }", "environment.TSM_SESSION: "),
            ("options = { default-command = \"x\" }", "options.default-command: "),
            (
                "windows = [{ options = { window-status-format = \"#(x)\" } }]",
                "windows[0].options.window-status-format: `#(`",
            ),
        ] {
            let template: TemplateTable = toml::from_str(text).expect("a template");
            let error = check("t", &template).unwrap_err().to_string();
            assert!(error.starts_with(&format!("template `t`, {expected}")), "{error}");
        }
        let mut deep = PaneTable::default();
        for _ in 0..40 {
            deep = PaneTable {
                panes: vec![deep],
                ..PaneTable::default()
            };
        }
        let many = |panes| TemplateTable {
            windows: vec![WindowTable {
                panes,
                ..WindowTable::default()
            }],
            ..TemplateTable::default()
        };
        assert!(check("t", &many(vec![deep])).is_err());
        assert!(check("t", &many(vec![PaneTable::default(); 501])).is_err());
        assert_eq!(check("t", &many(vec![PaneTable::default(); 500])), Ok(()));
    }

    #[test]
    fn the_built_in_ones_make_sense() {
        for (name, template) in super::super::built_in() {
            assert_eq!(check(name, template), Ok(()));
        }
    }
}
