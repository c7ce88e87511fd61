//! `tsm config schema`, and the reference in `docs/configuration.md` that is made from it.

use std::fmt::Write;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tests::Environment;
use tests::variables::AUTOSAVE;

/// What stands between these lines of the document is made here.
const BEGIN: &str = "<!-- Made from `tsm config schema`; INSTA_UPDATE=always writes it anew. -->\n";
const END: &str = "<!-- The end of what is made. -->\n";

pub(crate) fn schema(env: &Environment) -> Value {
    env.tsm(["config", "schema"]).run().success().json()
}

/// The schema of a table, wherever it is defined, and what stands beside the reference to it.
fn resolve<'a>(root: &'a Value, schema: &'a Value) -> &'a Value {
    let schema = schema["allOf"].get(0).unwrap_or(schema);
    match schema["$ref"].as_str() {
        Some(name) => &root["definitions"][name.trim_start_matches("#/definitions/")],
        None => schema,
    }
}

fn is_table(schema: &Value) -> bool {
    schema["properties"].is_object()
}

/// What kind of value it is, in words.
fn kind(root: &Value, schema: &Value) -> String {
    let schema = resolve(root, schema);
    if let Some(title) = schema["title"].as_str() {
        return title.to_owned();
    }
    for kinds in ["oneOf", "anyOf"] {
        if let Some(kinds) = schema[kinds].as_array() {
            let mut words: Vec<String> = kinds.iter().map(|one| kind(root, one)).collect();
            words.dedup();
            return words.join(" or ");
        }
    }
    if let Some(word) = schema["const"].as_str() {
        return format!("`{word}`");
    }
    match schema["type"].as_str() {
        Some("boolean") => "`true` or `false`".to_owned(),
        Some("integer") => "whole number".to_owned(),
        Some("string") => "text".to_owned(),
        Some("array") => format!("list of {}s", kind(root, &schema["items"])),
        Some("object") if is_table(schema) => "table".to_owned(),
        Some("object") => match kind(root, &schema["additionalProperties"]) {
            several if several.contains(" or ") => format!("by name: {several}"),
            one => format!("{one}s by name"),
        },
        Some(other) => other.to_owned(),
        None => "anything".to_owned(),
    }
}

/// The reference of a table and of those in it.
fn reference(root: &Value, schema: &Value, path: &str, seen: &mut Vec<Value>, text: &mut String) {
    let properties = schema["properties"].as_object().unwrap();
    let mut tables = Vec::new();
    let mut rows = String::new();
    for (key, value) in properties {
        let below = match path {
            "" => key.clone(),
            path => format!("{path}.{key}"),
        };
        let inner = resolve(root, value);
        let (named, listed) = (&inner["additionalProperties"], &inner["items"]);
        if is_table(inner) {
            tables.push((format!("[{below}]"), below, inner, words(value)));
        } else if is_table(resolve(root, named)) {
            let below = format!("{below}.NAME");
            tables.push((format!("[{below}]"), below, resolve(root, named), words(value)));
        } else if is_table(resolve(root, listed)) {
            let listed = resolve(root, listed);
            match seen.contains(listed) {
                // A table that has itself in it.
                true => writeln!(rows, "| `{key}` | list of such tables | | {} |", words(value)).unwrap(),
                false => tables.push((format!("[[{below}]]"), below, listed, words(value))),
            }
        } else {
            let default = match &value["default"] {
                Value::Null => String::new(),
                default => format!("`{default}`"),
            };
            let kind = kind(root, value).replace('|', "\\|");
            writeln!(rows, "| `{key}` | {kind} | {default} | {} |", words(value)).unwrap();
        }
    }
    if !rows.is_empty() {
        writeln!(text, "| key | value | default | |\n|---|---|---|---|\n{rows}").unwrap();
    }
    for (heading, below, inner, about) in tables {
        writeln!(text, "### `{heading}`\n\n{about}\n").unwrap();
        seen.push(inner.clone());
        reference(root, inner, &below, seen, text);
        seen.pop();
    }
}

fn words(schema: &Value) -> String {
    schema["description"].as_str().unwrap_or_default().replace('|', "\\|")
}

#[test]
fn the_reference_is_made_from_the_schema() {
    let env = Environment::new();
    let schema = schema(&env);
    let mut made = "\n### At the top\n\n".to_owned();
    reference(&schema, &schema, "", &mut Vec::new(), &mut made);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let document = fs::read_to_string(&path).unwrap();
    let (before, rest) = document.split_once(BEGIN).expect("where it begins");
    let (stands, after) = rest.split_once(END).expect("where it ends");
    if stands != made && std::env::var("INSTA_UPDATE").is_ok_and(|how| how == "always") {
        fs::write(&path, [before, BEGIN, &made, END, after].concat()).unwrap();
    } else {
        assert!(
            stands == made,
            "docs/configuration.md is out of date: INSTA_UPDATE=always cargo xtask e2e the_reference_is_made"
        );
    }
}

#[test]
fn the_defaults_of_the_schema_are_the_built_in_ones() {
    let env = Environment::new();
    let schema = schema(&env);
    let show = || env.tsm(["config", "show"]).env_remove(AUTOSAVE).run();
    let without = show().success();
    let mut top = String::new();
    let mut tables = String::new();
    for (key, value) in schema["properties"].as_object().unwrap() {
        if !value["default"].is_null() {
            writeln!(top, "{key} = {}", value["default"]).unwrap();
        }
        let defaults = resolve(&schema, value)["properties"].as_object().into_iter().flatten();
        let mut defaults = defaults.filter(|(_, value)| !value["default"].is_null()).peekable();
        if defaults.peek().is_some() {
            writeln!(tables, "[{key}]").unwrap();
            defaults.for_each(|(key, value)| writeln!(tables, "{key} = {}", value["default"]).unwrap());
        }
    }
    env.tsm_config(&(top + &tables));
    let with = show().success();
    // Key, value, and where it came from.
    let values = |text: &str| -> Vec<Vec<String>> {
        let rows = text.lines().skip(2).filter(|row| !row.starts_with("socket"));
        let cells = rows.map(|row| row.split("  ").map(str::trim).filter(|cell| !cell.is_empty()));
        cells.map(|cells| cells.map(str::to_owned).collect()).collect()
    };
    let (with, without) = (values(with.stdout_str()), values(without.stdout_str()));
    assert_eq!(with.len(), without.len());
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(with[..2], without[..2]);
        assert_eq!(with[2], "config file", "{}: the schema has no default of it", with[0]);
    }
}

#[test]
fn it_is_printed_also_where_the_config_is_wrong() {
    let env = Environment::new();
    let right = schema(&env);
    env.tsm_config("prefix = ");
    assert_eq!(schema(&env), right);
    assert_eq!(
        right["properties"]["switch"]["allOf"][0]["$ref"],
        "#/definitions/SwitchTable"
    );
}
