//! A saved state as JSON and for a shell.

use serde::Serialize;
use serde_json::{Map, Value};
use session_ops::state::FlatValue;

#[derive(Serialize)]
pub(crate) struct StateDocument {
    project: String,
    state: Map<String, Value>,
}

impl StateDocument {
    pub(crate) fn new(project: String, keys: Vec<(String, FlatValue)>) -> Self {
        let json = |value| match value {
            FlatValue::Text(text) => Value::from(text),
            FlatValue::Number(number) => Value::from(number),
            FlatValue::Flag(flag) => Value::from(flag),
        };
        Self {
            project,
            state: keys.into_iter().map(|(key, value)| (key, json(value))).collect(),
        }
    }
}

/// The keys as assignments that any POSIX shell can `eval`: single quotes around every text.
pub(crate) fn shell_assignments(keys: Vec<(String, FlatValue)>) -> String {
    let mut assignments = String::new();
    for (key, value) in keys {
        let value = match value {
            FlatValue::Text(text) => format!("'{}'", text.replace('\'', "'\\''")),
            FlatValue::Number(number) => number.to_string(),
            FlatValue::Flag(flag) => flag.to_string(),
        };
        assignments.push_str(&format!("{key}={value}\n"));
    }
    assignments
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_gets_inert_text() {
        let keys = vec![
            ("PROJECT".to_owned(), FlatValue::Text("a'$(touch x)".to_owned())),
            ("LAST_SAVE".to_owned(), FlatValue::Number(-5)),
        ];
        assert_eq!(shell_assignments(keys), "PROJECT='a'\\''$(touch x)'\nLAST_SAVE=-5\n");
    }
}
