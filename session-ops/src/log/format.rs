//! A record as a line: for people, or as JSON.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Entry;
use crate::clock::rfc3339;

/// How the lines of the log look.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    /// For people: `TIME LEVEL [PID] VERB PROJECT: MESSAGE (FIELD=VALUE ...)`.
    #[default]
    Human,
    /// A JSON object a line.
    Json,
}

impl LogFormat {
    /// The word in the config.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Human => "human",
            Self::Json => "json",
        }
    }
}

/// A value longer than this is cut: a record must fit into one write.
const LONGEST_VALUE: usize = 4096;

#[derive(Serialize)]
struct JsonRecord {
    time: String,
    level: &'static str,
    pid: u32,
    verb: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    project: Option<String>,
    message: String,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    fields: serde_json::Map<String, serde_json::Value>,
}

/// The line of a record, its line feed included; there is no other control character in it.
pub(super) fn line(format: LogFormat, now: i64, pid: u32, entry: &Entry<'_>) -> String {
    let time = rfc3339(now).unwrap_or_else(|| now.to_string());
    match format {
        LogFormat::Human => human(&time, pid, entry),
        LogFormat::Json => json(time, pid, entry),
    }
}

fn human(time: &str, pid: u32, entry: &Entry<'_>) -> String {
    let mut line = format!("{time} {:7} [{pid}] {}", entry.level.as_str(), inert(entry.verb));
    if let Some(project) = entry.project {
        line.push(' ');
        line.push_str(&word(project));
    }
    line.push_str(": ");
    line.push_str(&inert(entry.message));
    if !entry.fields.is_empty() {
        let fields: Vec<String> = entry
            .fields
            .iter()
            .map(|(name, value)| format!("{}={}", inert(name), word(value)))
            .collect();
        line.push_str(&format!(" ({})", fields.join(" ")));
    }
    line.push('\n');
    line
}

fn json(time: String, pid: u32, entry: &Entry<'_>) -> String {
    let record = JsonRecord {
        time,
        level: entry.level.as_str(),
        pid,
        verb: inert(entry.verb),
        project: entry.project.map(inert),
        message: inert(entry.message),
        fields: entry
            .fields
            .iter()
            .map(|(name, value)| (inert(name), inert(value).into()))
            .collect(),
    };
    // Made of plain values, which always serialise.
    let mut line = serde_json::to_string(&record).unwrap_or_default();
    line.push('\n');
    line
}

/// Text of a value in a line for people: quoted where it isn't one plain word, so that no value looks like another field.
fn word(text: &str) -> String {
    let text = inert(text);
    let plain = |c: char| c.is_alphanumeric() || "-_./:@+,%#~".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text;
    }
    format!("\"{}\"", text.replace('"', "\\\""))
}

/// Text without what a terminal or a reader of lines obeys: control characters, line separators, and the characters that
/// turn the direction of text.
fn inert(text: &str) -> String {
    let obeyed = |c: char| {
        c.is_control()
            || matches!(c, '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
    };
    let mut inert = String::with_capacity(text.len());
    for c in text.chars() {
        if inert.len() >= LONGEST_VALUE {
            inert.push('…');
            break;
        }
        if obeyed(c) || c == '\\' {
            inert.extend(c.escape_default());
        } else {
            inert.push(c);
        }
    }
    inert
}
