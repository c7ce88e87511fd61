//! The config file as a JSON Schema, for editors and for the reference.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::Value;

use super::file::ConfigFile;

/// The schema of the config file, in draft 7: that is what editors of TOML understand.
///
/// It is derived from the types that the file is read into, so it has exactly their keys.
pub fn schema() -> Value {
    let mut schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<ConfigFile>();
    RecursiveTransform(as_toml_has_it).transform(&mut schema);
    schema.insert("title".to_owned(), "The configuration of tsm".into());
    schema.to_value()
}

/// TOML has no null: a key that may be missing is missing. And texts that were broken for the source aren't.
fn as_toml_has_it(schema: &mut Schema) {
    let Some(object) = schema.as_object_mut() else {
        return;
    };
    object.remove("format");
    if let Some(Value::String(text)) = object.get_mut("description") {
        *text = text.replace('\n', " ");
    }
    if let Some(Value::Array(types)) = object.get_mut("type") {
        types.retain(|name| name != "null");
        if let [only] = types.as_slice() {
            let only = only.clone();
            object.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(kinds)) = object.get_mut("anyOf") {
        kinds.retain(|kind| kind.get("type").is_none_or(|name| name != "null"));
        if kinds.len() == 1
            && let Some(Value::Array(kinds)) = object.remove("anyOf")
        {
            object.insert("allOf".to_owned(), kinds.into());
        }
    }
    if object.get("default").is_some_and(Value::is_null) {
        object.remove("default");
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn nothing_is_null_in_it() {
        let text = schema().to_string();
        assert!(!text.contains("null"), "{text}");
        assert!(!text.contains("uint"), "{text}");
    }

    /// Makes a value that fits, and has in it every key there is. Of what may be several things it is the one of this
    /// number.
    struct Sample<'a> {
        root: &'a Value,
        number: usize,
        inside: Vec<&'a str>,
    }

    impl<'a> Sample<'a> {
        fn of(&mut self, schema: &'a Value) -> toml::Value {
            if let Some(name) = schema["$ref"].as_str() {
                let name = name.trim_start_matches("#/definitions/");
                // A pane may have panes in it, and so on.
                if self.inside.contains(&name) {
                    return toml::Table::new().into();
                }
                self.inside.push(name);
                let value = self.of(&self.root["definitions"][name]);
                self.inside.pop();
                return value;
            }
            for kinds in ["allOf", "anyOf", "oneOf"] {
                if let Some(kinds) = schema[kinds].as_array() {
                    return self.of(&kinds[self.number % kinds.len()]);
                }
            }
            if let Some(text) = schema["const"].as_str() {
                return text.into();
            }
            match schema["type"].as_str() {
                Some("boolean") => true.into(),
                Some("integer") => 7.into(),
                Some("number") => 1.5.into(),
                Some("string") => "x".into(),
                Some("array") => toml::Value::Array(vec![self.of(&schema["items"])]),
                Some("object") => {
                    let keys = schema["properties"].as_object().into_iter().flatten();
                    let mut table: toml::Table = keys.map(|(key, value)| (key.clone(), self.of(value))).collect();
                    if schema["additionalProperties"].is_object() {
                        table.insert("name".to_owned(), self.of(&schema["additionalProperties"]));
                    }
                    table.into()
                }
                other => panic!("{other:?} in {schema}"),
            }
        }
    }

    /// The same with something wrong in one place, for each place: a key that there isn't, a value of another kind.
    fn with_one_slip(value: &toml::Value) -> Vec<toml::Value> {
        let mut all = vec![
            toml::Value::Integer(-1),
            toml::Value::Boolean(true),
            "no such word".into(),
        ];
        match value {
            toml::Value::Table(table) => {
                let mut unknown = table.clone();
                unknown.insert("unknown".to_owned(), true.into());
                all.push(unknown.into());
                for (key, inner) in table {
                    for changed in with_one_slip(inner) {
                        let mut table = table.clone();
                        table.insert(key.clone(), changed);
                        all.push(table.into());
                    }
                }
            }
            toml::Value::Array(items) => {
                let changed = items.iter().flat_map(with_one_slip);
                all.extend(changed.map(|item| toml::Value::Array(vec![item])));
            }
            _ => {}
        }
        all
    }

    #[test]
    fn the_parser_and_the_schema_agree() {
        let schema = schema();
        let mut schemas = boon::Schemas::new();
        let mut compiler = boon::Compiler::new();
        compiler.add_resource("config.json", schema.clone()).expect("a schema");
        let compiled = compiler.compile("config.json", &mut schemas).expect("a schema");
        let mut verdicts = [0; 2];
        for number in 0..4 {
            let mut sample = Sample {
                root: &schema,
                number,
                inside: Vec::new(),
            };
            let everything = sample.of(&schema);
            assert!(everything.get("projects").is_some());
            for config in with_one_slip(&everything).into_iter().chain([everything]) {
                let Some(table) = config.as_table() else {
                    continue;
                };
                let text = toml::to_string(table).expect("TOML");
                let parsed = ConfigFile::parse(&text, Path::new("/config"));
                let value = serde_json::to_value(table).expect("JSON");
                let checked = schemas.validate(&value, compiled);
                assert_eq!(parsed.is_ok(), checked.is_ok(), "{parsed:?} {checked:?}\n{text}");
                verdicts[usize::from(parsed.is_ok())] += 1;
            }
        }
        assert!(verdicts.iter().all(|count| *count > 80), "{verdicts:?}");
    }

    #[test]
    fn what_the_schema_calls_a_default_is_of_its_type() {
        let schema = schema();
        let lock_timeout = &schema["properties"]["lock_timeout"];
        assert_eq!(lock_timeout["default"], 30);
        assert_eq!(lock_timeout["type"], "integer");
        let text = format!("lock_timeout = {}", lock_timeout["default"]);
        assert!(ConfigFile::parse(&text, Path::new("/config")).is_ok());
    }
}
