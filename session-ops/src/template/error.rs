//! Why a template can't be used.

/// Why a template can't be used. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// There is none of this name.
    #[error("there is no template `{name}`")]
    Unknown {
        /// The name.
        name: String,
        /// Those that may have been meant.
        nearest: Vec<String>,
    },
    /// Templates extend each other in a circle, or without end.
    #[error("template `{name}` extends itself: {}", chain.join(" > "))]
    Circle {
        /// The template that was asked for.
        name: String,
        /// Who extends whom.
        chain: Vec<String>,
    },
    /// A text has a variable that nobody sets.
    #[error("template `{template}`, {place}: nothing is called `{{{{{variable}}}}}`")]
    Variable {
        /// The template.
        template: String,
        /// Where, for example `windows[0].panes[1].run`.
        place: String,
        /// The variable.
        variable: String,
        /// Those that may have been meant.
        nearest: Vec<String>,
    },
    /// A variable is set that the template doesn't have.
    #[error("template `{template}` has no variable `{variable}`")]
    NoSuchVariable {
        /// The template.
        template: String,
        /// The variable.
        variable: String,
        /// Those that may have been meant.
        nearest: Vec<String>,
    },
    /// Something in it makes no sense.
    #[error("template `{template}`, {place}: {why}")]
    Invalid {
        /// The template.
        template: String,
        /// Where.
        place: String,
        /// Why not.
        why: String,
    },
}

impl TemplateError {
    /// What to do about it.
    pub fn hint(&self) -> Option<String> {
        match self {
            Self::Unknown { nearest, .. } | Self::Variable { nearest, .. } | Self::NoSuchVariable { nearest, .. }
                if !nearest.is_empty() =>
            {
                Some(format!("did you mean {}?", nearest.join(" or ")))
            }
            Self::Unknown { .. } => Some("`tsm template list` shows them".to_owned()),
            Self::Variable { template, variable, .. } => {
                Some(format!("templates.{template}.variables.{variable} gives it a value"))
            }
            _ => None,
        }
    }
}
