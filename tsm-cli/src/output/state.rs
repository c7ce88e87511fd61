//! A saved state as JSON and for a shell, and the list of the earlier ones.

use serde::Serialize;
use serde_json::{Map, Value};
use session_ops::clock::rfc3339;
use session_ops::state::{Earlier, FlatValue};

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

#[derive(Serialize)]
pub(crate) struct HistoryDocument {
    project: String,
    history: Vec<HistoryRow>,
}

#[derive(Serialize)]
struct HistoryRow {
    number: u64,
    saved: Option<String>,
    reason: Option<String>,
    lifecycle: Option<&'static str>,
    windows: Option<usize>,
    panes: Option<usize>,
    damage: Option<String>,
}

impl HistoryDocument {
    pub(crate) fn new(project: String, entries: Vec<Earlier>) -> Self {
        let row = |entry: Earlier| {
            let (content, damage) = match entry.content {
                Ok(content) => (Some(content), None),
                Err(damage) => (None, Some(damage)),
            };
            HistoryRow {
                number: entry.seq,
                saved: rfc3339(entry.at),
                lifecycle: content.as_ref().map(|content| content.lifecycle),
                windows: content.as_ref().map(|content| content.windows),
                panes: content.as_ref().map(|content| content.panes),
                reason: content.map(|content| content.reason),
                damage,
            }
        };
        Self {
            project,
            history: entries.into_iter().map(row).collect(),
        }
    }
}

/// One line for each earlier state: number, time, why it was saved, what is in it.
pub(crate) fn history_lines(entries: &[Earlier]) -> Vec<String> {
    let digits = entries
        .iter()
        .map(|entry| entry.seq.to_string().len())
        .max()
        .unwrap_or(1);
    // With its `#`.
    let width = digits + 1;
    let reason = |entry: &Earlier| {
        entry
            .content
            .as_ref()
            .map_or(0, |content| content.reason.chars().count())
    };
    let reason_width = entries.iter().map(reason).max().unwrap_or(0);
    let line = |entry: &Earlier| {
        let number = format!("#{}", entry.seq);
        let time = rfc3339(entry.at).unwrap_or_default();
        let content = match &entry.content {
            Ok(content) => format!(
                "{:reason_width$}  {:6}  {}, {}",
                content.reason,
                content.lifecycle,
                counted(content.windows, "window"),
                counted(content.panes, "pane"),
            ),
            Err(damage) => format!("can't be used: {damage}"),
        };
        format!("{number:>width$}  {time}  {content}")
    };
    entries.iter().map(line).collect()
}

fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
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
    use session_ops::state::EarlierContent;

    use super::*;

    #[test]
    fn a_history_is_a_table() {
        let content = |reason: &str, windows| {
            Ok(EarlierContent {
                reason: reason.to_owned(),
                lifecycle: "live",
                windows,
                panes: 2,
            })
        };
        let entry = |seq, content| Earlier { seq, at: 0, content };
        let entries = [
            entry(10, content("switch", 1)),
            entry(9, content("save", 3)),
            entry(8, Err("it is no regular file".to_owned())),
        ];
        assert_eq!(
            history_lines(&entries),
            [
                "#10  1970-01-01T00:00:00Z  switch  live    1 window, 2 panes",
                " #9  1970-01-01T00:00:00Z  save    live    3 windows, 2 panes",
                " #8  1970-01-01T00:00:00Z  can't be used: it is no regular file",
            ]
        );
    }

    #[test]
    fn a_shell_gets_inert_text() {
        let keys = vec![
            ("PROJECT".to_owned(), FlatValue::Text("a'$(touch x)".to_owned())),
            ("LAST_SAVE".to_owned(), FlatValue::Number(-5)),
        ];
        assert_eq!(shell_assignments(keys), "PROJECT='a'\\''$(touch x)'\nLAST_SAVE=-5\n");
    }
}
