//! What may stand in `[hooks]`, for the schema of the config file.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value};

use super::HookEvent;

/// Stands for [`HooksTable`](super::HooksTable): a key for each event.
pub struct HooksSchema;

impl JsonSchema for HooksSchema {
    fn schema_name() -> Cow<'static, str> {
        "HooksTable".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let commands = generator.subschema_for::<Commands>();
        let mut properties = Map::new();
        // The names of the events, and what is said of each.
        let events = HookEvent::json_schema(generator);
        for event in events.get("oneOf").and_then(Value::as_array).into_iter().flatten() {
            let mut property = commands.clone();
            property.insert(
                "description".to_owned(),
                event.get("description").cloned().unwrap_or_default(),
            );
            if let Some(name) = event.get("const").and_then(Value::as_str) {
                properties.insert(name.to_owned(), property.to_value());
            }
        }
        json_schema!({"type": "object", "additionalProperties": false, "properties": properties})
    }
}

/// A command, or several.
struct Commands;

impl JsonSchema for Commands {
    fn schema_name() -> Cow<'static, str> {
        "HookCommands".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<Table>();
        let line = json_schema!({"type": "string", "minLength": 1, "description": "A line that `sh -c` runs."});
        let argv = json_schema!({
            "type": "array",
            "items": {"type": "string"},
            "description": "A program and its arguments, without a shell.",
        });
        json_schema!({
            "title": "a shell line, a program and its arguments, a table with `run`, or a list of these",
            "anyOf": [line, argv, table, {"type": "array", "items": {"anyOf": [line, argv, table]}}],
        })
    }
}

/// A command with what is to be known of it.
#[derive(JsonSchema)]
#[schemars(rename = "HookTable", deny_unknown_fields)]
#[expect(dead_code, reason = "only its schema is wanted")]
struct Table {
    /// A shell line, or a list of a program and its arguments.
    run: Run,
    /// Seconds that it may take: from 0.05 to 3600.
    #[schemars(extend("default" = 10))]
    timeout: Option<f64>,
    /// `abort` or `warn`. What comes before something aborts it, unless this says otherwise.
    on_failure: Option<super::OnFailure>,
}

/// A shell line, or a list of a program and its arguments.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "only its schema is wanted")]
enum Run {
    /// A line that `sh -c` runs.
    Line(String),
    /// A program and its arguments, without a shell.
    Argv(Vec<String>),
}
