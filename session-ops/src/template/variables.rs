//! `{{NAME}}` in the texts of a template.

use std::collections::BTreeMap;

use super::error::TemplateError;
use super::table::{PaneTable, TemplateTable, WindowTable, Word};
use crate::project::nearest;

/// A text that grew beyond this is a mistake or an attack.
const MAX_TEXT: usize = 64 * 1024;

/// The template with its variables put in: what the caller sets, else what the template says they are. `given` are those
/// that every template can use (`project`, `directory`, `session`).
///
/// # Errors
///
/// [`TemplateError::Variable`], [`TemplateError::NoSuchVariable`].
pub fn expand(
    name: &str,
    template: &TemplateTable,
    given: &BTreeMap<String, String>,
    set: &BTreeMap<String, String>,
) -> Result<TemplateTable, TemplateError> {
    if let Some(variable) = set.keys().find(|variable| !template.variables.contains_key(*variable)) {
        return Err(TemplateError::NoSuchVariable {
            template: name.to_owned(),
            variable: variable.clone(),
            nearest: nearest(template.variables.keys().map(String::as_str), variable),
        });
    }
    let mut values = given.clone();
    let defaults = Expansion { name, values: given };
    for (variable, default) in &template.variables {
        let value = match set.get(variable) {
            Some(value) => value.clone(),
            None => defaults.text(&default.plain(), &format!("variables.{variable}"))?,
        };
        values.insert(variable.clone(), value);
    }
    Expansion { name, values: &values }.template(template)
}

/// What a variable can be called.
pub(crate) fn is_variable(name: &str) -> bool {
    let letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') && name.chars().all(letter)
}

/// The text so that [`expand`] gives it back as it is.
pub(crate) fn escaped(text: &str) -> String {
    text.replace("{{", &format!("{{{{{OPEN}}}}}"))
}

/// The variable that stands for `{{`, which every template can use.
pub(crate) const OPEN: &str = "open";

struct Expansion<'a> {
    name: &'a str,
    values: &'a BTreeMap<String, String>,
}

impl Expansion<'_> {
    fn template(&self, template: &TemplateTable) -> Result<TemplateTable, TemplateError> {
        let windows = template.windows.iter().enumerate();
        Ok(TemplateTable {
            extends: None,
            description: template.description.clone(),
            variables: BTreeMap::new(),
            environment: self.words(&template.environment, "environment", Word::plain)?,
            options: self.words(&template.options, "options", Word::text)?,
            windows: windows
                .map(|(n, window)| self.window(window, &format!("windows[{n}]")))
                .collect::<Result<_, _>>()?,
        })
    }

    fn window(&self, window: &WindowTable, place: &str) -> Result<WindowTable, TemplateError> {
        let optional = |text: &Option<String>, key| self.optional(text.as_ref(), place, key);
        Ok(WindowTable {
            name: optional(&window.name, "name")?,
            directory: optional(&window.directory, "directory")?,
            options: self.words(&window.options, &format!("{place}.options"), Word::text)?,
            panes: self.panes(&window.panes, place)?,
            ..window.clone()
        })
    }

    fn panes(&self, panes: &[PaneTable], place: &str) -> Result<Vec<PaneTable>, TemplateError> {
        let panes = panes.iter().enumerate();
        panes
            .map(|(n, pane)| {
                let place = format!("{place}.panes[{n}]");
                let optional = |text: &Option<String>, key| self.optional(text.as_ref(), &place, key);
                let run = pane.run.iter().map(|word| self.text(word, &format!("{place}.run")));
                Ok(PaneTable {
                    run: run.collect::<Result<_, _>>()?,
                    shell: optional(&pane.shell, "shell")?,
                    directory: optional(&pane.directory, "directory")?,
                    title: optional(&pane.title, "title")?,
                    panes: self.panes(&pane.panes, &place)?,
                    ..pane.clone()
                })
            })
            .collect()
    }

    fn words(
        &self,
        words: &BTreeMap<String, Word>,
        place: &str,
        spelt: fn(&Word) -> String,
    ) -> Result<BTreeMap<String, Word>, TemplateError> {
        let words = words.iter().map(|(key, word)| {
            let text = self.text(&spelt(word), &format!("{place}.{key}"))?;
            Ok((key.clone(), Word::Text(text)))
        });
        words.collect()
    }

    fn optional(&self, text: Option<&String>, place: &str, key: &str) -> Result<Option<String>, TemplateError> {
        text.map(|text| self.text(text, &format!("{place}.{key}"))).transpose()
    }

    /// Values are put in as they are: what looks like a variable in them is none.
    fn text(&self, text: &str, place: &str) -> Result<String, TemplateError> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let Some((variable, behind)) = after.split_once("}}") else {
                break;
            };
            let variable = variable.trim();
            if !is_variable(variable) {
                // Other programs have such braces, too: `docker ps --format '{{.Names}}'`.
                expanded.push_str(before);
                expanded.push_str("{{");
                rest = after;
                continue;
            }
            let value = self.values.get(variable).ok_or_else(|| TemplateError::Variable {
                template: self.name.to_owned(),
                place: place.to_owned(),
                variable: variable.to_owned(),
                nearest: nearest(self.values.keys().map(String::as_str), variable),
            })?;
            expanded.push_str(before);
            expanded.push_str(value);
            if expanded.len() > MAX_TEXT {
                return Err(TemplateError::Invalid {
                    template: self.name.to_owned(),
                    place: place.to_owned(),
                    why: format!("it grows beyond {MAX_TEXT} bytes"),
                });
            }
            rest = behind;
        }
        expanded.push_str(rest);
        Ok(expanded)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn template(text: &str) -> TemplateTable {
        toml::from_str(text).expect("a template")
    }

    fn values(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
        let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        pairs.iter().map(owned).collect()
    }

    #[test]
    fn what_is_set_wins_and_values_are_put_in_as_they_are() {
        let template = template(
            r#"
            variables = { port = 3000, log = "{{directory}}/log", other = "x" }
            environment = { PORT = "{{ port }}", BOTH = "{{port}}{{other}}" }
            [[windows]]
            name = "{{project}}"
            panes = [{ shell = "tail {{log}}", panes = [{ run = ["a", "{{other}}"], title = "{{" }] }]
            "#,
        );
        let given = values(&[("project", "todo"), ("directory", "/code/todo")]);
        let expanded = expand("web", &template, &given, &values(&[("other", "{{port}}")])).expect("expanded");
        assert_eq!(expanded.environment["PORT"].text(), "3000");
        assert_eq!(expanded.environment["BOTH"].text(), "3000{{port}}");
        let window = &expanded.windows[0];
        assert_eq!(window.name.as_deref(), Some("todo"));
        assert_eq!(window.panes[0].shell.as_deref(), Some("tail /code/todo/log"));
        assert_eq!(window.panes[0].panes[0].run, ["a", "{{port}}"]);
        assert_eq!(window.panes[0].panes[0].title.as_deref(), Some("{{"));
    }

    #[test]
    fn braces_of_others_are_left_alone_and_any_text_can_be_escaped() {
        let given = values(&[("open", "{{"), ("project", "todo")]);
        for text in [
            "docker ps --format '{{.Names}} {{json .}}'",
            "{{project}}",
            "{{{project}}}",
            "a {{",
            "{{}}",
        ] {
            let name = Word::Text(escaped(text));
            let template = TemplateTable {
                environment: [("A".to_owned(), name)].into(),
                ..TemplateTable::default()
            };
            let expanded = expand("x", &template, &given, &BTreeMap::new()).expect("expanded");
            assert_eq!(expanded.environment["A"].text(), text);
        }
        let own =
            template("environment = { A = \"{{.Names}} {{ project }}\", B = true }\noptions = { mouse = true }\n");
        let expanded = expand("x", &own, &given, &BTreeMap::new()).expect("expanded");
        assert_eq!(expanded.environment["A"].text(), "{{.Names}} todo");
        assert_eq!(expanded.environment["B"].text(), "true");
        assert_eq!(expanded.options["mouse"].text(), "on");
    }

    #[test]
    fn what_nobody_sets_is_an_error_with_its_place() {
        let unset = template("[[windows]]\npanes = [{}, { run = [\"x\", \"{{prot}}\"] }]\n");
        let error = expand("web", &unset, &values(&[("port", "1")]), &BTreeMap::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "template `web`, windows[0].panes[1].run: nothing is called `{{prot}}`"
        );
        assert_eq!(error.hint().as_deref(), Some("did you mean port?"));
        let error = expand("web", &unset, &BTreeMap::new(), &values(&[("prot", "1")])).unwrap_err();
        assert_eq!(error.to_string(), "template `web` has no variable `prot`");
    }

    #[test]
    fn a_text_does_not_grow_without_end() {
        let long = "{{a}}".repeat(100_000);
        let growing = template(&format!(
            "variables = {{ a = \"{}\" }}\n[[windows]]\nname = \"{long}\"\n",
            "x".repeat(1000)
        ));
        let error = expand("web", &growing, &BTreeMap::new(), &BTreeMap::new()).unwrap_err();
        assert!(matches!(error, TemplateError::Invalid { .. }), "{error}");
    }
}
