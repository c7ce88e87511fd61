//! Which verbs go to the tmux server of the projects that they name.

use std::ffi::OsString;

use super::setup::TemplateWhat;
use super::{HooksWhat, Verb};
use crate::commands::send;

impl Verb {
    /// The projects that the verb is about, where it goes to their server.
    pub(crate) fn goes_to(&self) -> Vec<OsString> {
        match self {
            Self::Switch(verb) => vec![verb.project.clone()],
            Self::Create(verb) => vec![verb.project.clone()],
            Self::Attach(verb) | Self::Adopt(verb) => vec![verb.project.clone()],
            Self::Kill(verb) => verb.projects.clone(),
            Self::Save(verb) => verb.projects.clone(),
            Self::Restore(verb) => verb.projects.clone(),
            Self::Send(verb) if !verb.all => verb.words.first().map(|first| send::split(first)).unwrap_or_default(),
            Self::Template(verb) => match &verb.what {
                TemplateWhat::Apply { project, .. } => vec![project.clone()],
                _ => Vec::new(),
            },
            Self::Freeze(verb) => vec![verb.session.clone()],
            Self::Hooks(verb) => match &verb.what {
                HooksWhat::Test { project, .. } => project.iter().cloned().collect(),
                HooksWhat::List { .. } => Vec::new(),
            },
            _ => Vec::new(),
        }
    }
}
