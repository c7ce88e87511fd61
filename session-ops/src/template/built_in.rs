//! The templates that need not be written.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::table::TemplateTable;

/// The template of sessions for which none was chosen.
pub const DEFAULT: &str = "agent";

/// As one would write them in the config.
const TEXT: &str = r#"
[agent]
description = "the agent on the left, a shell on the right"

[[agent.windows]]
split = "columns"
panes = [
    { agent = true, share = 90, minimum = 40, focus = true },
    { share = 10, minimum = 12 },
]

[pair]
description = "the agent on the left, an editor above a shell on the right"
variables = { editor = "vi" }

[[pair.windows]]
split = "columns"
panes = [
    { agent = true, share = 50, minimum = 40, focus = true },
    { share = 50, minimum = 40, split = "rows", panes = [
        { run = ["{{editor}}", "."], share = 70, minimum = 10 },
        { share = 30, minimum = 5 },
    ] },
]

[plain]
description = "one shell"

[[plain.windows]]
panes = [{}]
"#;

/// The built-in templates by name.
pub fn built_in() -> &'static BTreeMap<String, TemplateTable> {
    static TEMPLATES: LazyLock<BTreeMap<String, TemplateTable>> =
        // A test reads it: what is compiled in is what was tested.
        LazyLock::new(|| toml::from_str(TEXT).unwrap_or_default());
    &TEMPLATES
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_there() {
        let names: Vec<&str> = built_in().keys().map(String::as_str).collect();
        assert_eq!(names, ["agent", "pair", "plain"]);
        assert!(built_in().values().all(|template| template.description.is_some()));
    }
}
