//! Which template is meant, with everything that it has of those that it extends.

use std::collections::BTreeMap;

use super::built_in::built_in;
use super::error::TemplateError;
use super::table::TemplateTable;
use crate::project::nearest;

/// A chain longer than this has no end.
const MAX_CHAIN: usize = 16;

/// The template of this name: one of the config's, else a built-in one. A template of the config that is called like a
/// built-in one and extends its own name changes that.
///
/// # Errors
///
/// [`TemplateError::Unknown`], [`TemplateError::Circle`].
pub fn resolve(own: &BTreeMap<String, TemplateTable>, name: &str) -> Result<TemplateTable, TemplateError> {
    let mut chain = vec![name.to_owned()];
    let mut found = find(own, name, false)?.clone();
    let mut from_built_in = !own.contains_key(name);
    while let Some(base) = found.extends.take() {
        // Built-in ones extend nothing of the config's.
        let its_own_name = chain.last() == Some(&base);
        let beneath = from_built_in || its_own_name;
        if chain.len() >= MAX_CHAIN || (chain.contains(&base) && !its_own_name) {
            chain.push(base);
            return Err(TemplateError::Circle {
                name: name.to_owned(),
                chain,
            });
        }
        let base_table = find(own, &base, beneath)?;
        from_built_in = beneath || !own.contains_key(&base);
        found = merged(found, base_table.clone());
        chain.push(base);
    }
    Ok(found)
}

/// The names of all templates, sorted.
pub fn names(own: &BTreeMap<String, TemplateTable>) -> Vec<&str> {
    let mut names: Vec<&str> = own.keys().chain(built_in().keys()).map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn find<'a>(
    own: &'a BTreeMap<String, TemplateTable>,
    name: &str,
    only_built_in: bool,
) -> Result<&'a TemplateTable, TemplateError> {
    let of_config = own.get(name).filter(|_| !only_built_in);
    of_config
        .or_else(|| built_in().get(name))
        .ok_or_else(|| TemplateError::Unknown {
            name: name.to_owned(),
            nearest: nearest(names(own).into_iter(), name),
        })
}

/// What `table` doesn't say is as in `base`.
fn merged(table: TemplateTable, base: TemplateTable) -> TemplateTable {
    let both = |mut base: BTreeMap<_, _>, own: BTreeMap<_, _>| {
        base.extend(own);
        base
    };
    TemplateTable {
        extends: base.extends,
        description: table.description.or(base.description),
        variables: both(base.variables, table.variables),
        environment: both(base.environment, table.environment),
        options: both(base.options, table.options),
        windows: if table.windows.is_empty() {
            base.windows
        } else {
            table.windows
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(text: &str) -> BTreeMap<String, TemplateTable> {
        toml::from_str(text).expect("templates")
    }

    #[test]
    fn what_is_not_said_is_as_in_the_template_that_is_extended() {
        let own = own(r#"
            [web]
            extends = "base"
            environment = { PORT = 3000 }
            [base]
            extends = "pair"
            description = "mine"
            environment = { PORT = 1, HOST = "a" }
            variables = { editor = "nvim" }
        "#);
        let web = resolve(&own, "web").expect("resolved");
        assert_eq!(web.description.as_deref(), Some("mine"));
        assert_eq!(web.environment["PORT"].text(), "3000");
        assert_eq!(web.environment["HOST"].text(), "a");
        assert_eq!(web.variables["editor"].text(), "nvim");
        assert_eq!(web.windows, built_in()["pair"].windows);
    }

    #[test]
    fn a_built_in_template_can_be_changed_under_its_own_name() {
        let own = own("[agent]\nextends = \"agent\"\ndescription = \"mine\"\n");
        let agent = resolve(&own, "agent").expect("resolved");
        assert_eq!(agent.description.as_deref(), Some("mine"));
        assert_eq!(agent.windows, built_in()["agent"].windows);
    }

    #[test]
    fn circles_and_unknown_names_are_errors() {
        let own = own(r#"
            a = { extends = "b" }
            b = { extends = "a" }
            c = { extends = "c" }
            d = { extends = "pare" }
        "#);
        let error = resolve(&own, "a").unwrap_err();
        assert_eq!(error.to_string(), "template `a` extends itself: a > b > a");
        let error = resolve(&own, "c").unwrap_err();
        assert!(matches!(error, TemplateError::Unknown { .. }), "{error}");
        let error = resolve(&own, "d").unwrap_err();
        assert_eq!(error.hint().as_deref(), Some("did you mean pair?"));
        let many: BTreeMap<String, TemplateTable> = (0..40)
            .map(|n| {
                let table = TemplateTable {
                    extends: Some(format!("t{}", n + 1)),
                    ..TemplateTable::default()
                };
                (format!("t{n}"), table)
            })
            .collect();
        assert!(matches!(resolve(&many, "t0"), Err(TemplateError::Circle { .. })));
    }
}
