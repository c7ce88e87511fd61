//! Which template a project's session is made from, with which variables; and from which one it was made.

use std::collections::BTreeMap;

use session_state::{SessionState, UnknownKey};

use super::check::check;
use super::error::TemplateError;
use super::resolve::resolve;
use super::table::{PaneTable, TemplateTable, Word};
use super::variables::{OPEN, expand};
use crate::config::Config;
use crate::paths::hex_digest;
use crate::project::Project;

/// The keys of a record that say from what its session was made.
const NAME: &str = "X_TEMPLATE";
const DIGEST: &str = "X_TEMPLATE_DIGEST";
const WISH: &str = "X_TEMPLATE_WISH";
const KEYS: [&str; 3] = [NAME, DIGEST, WISH];

/// What the user asks for: `--template` and `--set`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TemplateWish {
    /// The template, if not the project's.
    pub template: Option<String>,
    /// Variables.
    pub set: BTreeMap<String, String>,
}

impl TemplateWish {
    /// Whether nothing is asked for.
    pub fn is_empty(&self) -> bool {
        self.template.is_none() && self.set.is_empty()
    }
}

/// A template with its variables put in, checked.
#[derive(Debug, Clone)]
pub(crate) struct Chosen {
    pub(crate) name: String,
    pub(crate) table: TemplateTable,
    wish: TemplateWish,
}

impl Chosen {
    /// That of a project.
    pub(crate) fn of(config: &Config, project: &Project, wish: &TemplateWish) -> Result<Self, TemplateError> {
        let configured = config.configured(&project.name);
        let own = configured.and_then(|configured| configured.template.as_deref());
        let own = own.unwrap_or(&config.template.value);
        let name = wish.template.as_deref().unwrap_or(own);
        let template = resolve(&config.templates, name)?;
        let mut set = BTreeMap::new();
        for (variable, word) in configured.into_iter().flat_map(|configured| &configured.variables) {
            // They are for the project's template; another one may not have them.
            if name == own || template.variables.contains_key(variable) {
                set.insert(variable.clone(), word.plain());
            }
        }
        set.extend(wish.set.clone());
        let given = given(
            &project.name,
            &project.path.to_string_lossy(),
            &config.session_name(&project.name),
        );
        let mut table = expand(name, &template, &given, &set)?;
        for (variable, word) in configured.into_iter().flat_map(|configured| &configured.environment) {
            table.environment.insert(variable.clone(), Word::Text(word.plain()));
        }
        check(name, &table)?;
        Ok(Self {
            name: name.to_owned(),
            table,
            wish: wish.clone(),
        })
    }

    /// Whether a pane of it has the agent.
    pub(crate) fn has_agent(&self) -> bool {
        fn any(panes: &[PaneTable]) -> bool {
            panes.iter().any(|pane| pane.agent || any(&pane.panes))
        }
        self.table.windows.iter().any(|window| any(&window.panes))
    }

    /// What differs when the template does. Its description doesn't count.
    pub(crate) fn digest(&self) -> String {
        let table = TemplateTable {
            description: None,
            ..self.table.clone()
        };
        let text = toml::to_string(&table).unwrap_or_default();
        hex_digest(text.as_bytes(), 8)
    }

    /// Notes in the record that its session was made from this.
    pub(crate) fn note(&self, record: &mut SessionState) {
        record.unknown.retain(|key| !KEYS.contains(&key.key.as_str()));
        record.unknown.push(UnknownKey::text(NAME, &self.name));
        record.unknown.push(UnknownKey::text(DIGEST, &self.digest()));
        if !self.wish.is_empty() {
            let wish = serde_json::json!({ "template": self.wish.template, "set": self.wish.set });
            record.unknown.push(UnknownKey::text(WISH, &wish.to_string()));
        }
    }
}

/// From what a session was made, as its record has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Made {
    /// The template's name.
    pub(crate) template: String,
    digest: String,
    wish: TemplateWish,
}

impl Made {
    /// `None` for a session that wasn't made from a template, or by an older version.
    pub(crate) fn of(record: &SessionState) -> Option<Self> {
        let text = |key: &str| {
            let found = record.unknown.iter().find(|unknown| unknown.key == key)?;
            found.as_text()
        };
        let wish = text(WISH).and_then(|text| serde_json::from_str::<serde_json::Value>(&text).ok());
        let template = wish.as_ref().and_then(|wish| wish.get("template")?.as_str());
        let set = wish.as_ref().and_then(|wish| wish.get("set")?.as_object());
        Some(Self {
            template: text(NAME)?,
            digest: text(DIGEST)?,
            wish: TemplateWish {
                template: template.map(str::to_owned),
                set: set
                    .into_iter()
                    .flatten()
                    .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
                    .collect(),
            },
        })
    }

    /// Whether the config gives a session of it an agent; `None` if its template is gone or broken.
    pub(crate) fn has_agent(&self, config: &Config, project: &Project) -> Option<bool> {
        let chosen = Chosen::of(config, project, &self.wish).ok()?;
        Some(chosen.has_agent())
    }

    /// Whether the config makes another session of it now. What can't be told, because the config's template is broken, is a
    /// difference, too.
    pub(crate) fn differs(&self, config: &Config, project: &Project) -> bool {
        Chosen::of(config, project, &self.wish)
            .map_or(true, |now| now.name != self.template || now.digest() != self.digest)
    }
}

/// The template of this name as the config has it, checked with its variables' own values.
///
/// # Errors
///
/// [`TemplateError`].
pub fn effective(templates: &BTreeMap<String, TemplateTable>, name: &str) -> Result<TemplateTable, TemplateError> {
    let template = resolve(templates, name)?;
    check(name, &expanded_for_check(name, &template)?)?;
    Ok(template)
}

/// A template as it would be for some project.
pub(crate) fn expanded_for_check(name: &str, template: &TemplateTable) -> Result<TemplateTable, TemplateError> {
    expand(name, template, &given("project", "/", "session"), &BTreeMap::new())
}

fn given(project: &str, directory: &str, session: &str) -> BTreeMap<String, String> {
    [
        ("project", project),
        ("directory", directory),
        ("session", session),
        (OPEN, "{{"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into()
}
