//! Reading tables of which every key is used, or reported.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::Remark;
use crate::template::Word;

/// A table of a file, and where it is.
pub(super) struct Table {
    place: String,
    map: Map<String, Value>,
}

/// What has no counterpart, as it is found.
pub(super) type Remarks = Vec<Remark>;

impl Table {
    /// `None`, and a remark, if it is none.
    pub(super) fn of(place: &str, value: Value, remarks: &mut Remarks) -> Option<Self> {
        match value {
            Value::Object(map) => Some(Self {
                place: place.to_owned(),
                map,
            }),
            _ => {
                remarks.push(Remark::new(place, "it is no table"));
                None
            }
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    pub(super) fn place(&self, key: &str) -> String {
        match self.place.as_str() {
            "" => key.to_owned(),
            place => format!("{place}.{key}"),
        }
    }

    pub(super) fn take(&mut self, key: &str) -> Option<Value> {
        self.map.remove(key).filter(|value| !value.is_null())
    }

    /// A text; numbers and yes and no have one.
    pub(super) fn text(&mut self, key: &str, remarks: &mut Remarks) -> Option<String> {
        let value = self.take(key)?;
        let text = text(&value);
        if text.is_none() {
            remarks.push(Remark::new(&self.place(key), "it is no text"));
        }
        text
    }

    pub(super) fn flag(&mut self, key: &str, remarks: &mut Remarks) -> bool {
        match self.text(key, remarks).as_deref() {
            Some("true" | "yes" | "on" | "1") => true,
            Some("false" | "no" | "off" | "0") | None => false,
            Some(_) => {
                remarks.push(Remark::new(&self.place(key), "it is neither yes nor no"));
                false
            }
        }
    }

    /// A text, or several.
    pub(super) fn texts(&mut self, key: &str, remarks: &mut Remarks) -> Vec<String> {
        match self.take(key) {
            None => Vec::new(),
            Some(value) => texts(&self.place(key), value, remarks),
        }
    }

    pub(super) fn list(&mut self, key: &str, remarks: &mut Remarks) -> Vec<Value> {
        match self.take(key) {
            None => Vec::new(),
            Some(Value::Array(values)) => values,
            Some(_) => {
                remarks.push(Remark::new(&self.place(key), "it is no list"));
                Vec::new()
            }
        }
    }

    pub(super) fn words(&mut self, key: &str, remarks: &mut Remarks) -> BTreeMap<String, Word> {
        let Some(value) = self.take(key) else {
            return BTreeMap::new();
        };
        let place = self.place(key);
        let Some(table) = Self::of(&place, value, remarks) else {
            return BTreeMap::new();
        };
        let mut words = BTreeMap::new();
        for (key, value) in table.map {
            let word = match value {
                Value::Bool(flag) => Some(Word::Flag(flag)),
                value => text(&value).map(Word::Text),
            };
            match word {
                Some(word) => {
                    words.insert(key, word);
                }
                None => remarks.push(Remark::new(&format!("{place}.{key}"), "it is no text")),
            }
        }
        words
    }

    /// Keys that mean something that tsm doesn't do, or does anyway.
    pub(super) fn without_counterpart(&mut self, keys: &[(&str, &str)], remarks: &mut Remarks) {
        for (key, why) in keys {
            if self.take(key).is_some() {
                remarks.push(Remark::new(&self.place(key), *why));
            }
        }
    }

    /// Its only key and that one's value.
    pub(super) fn only(self) -> Option<(String, Value)> {
        let mut entries = self.map.into_iter();
        entries.next().filter(|_| entries.next().is_none())
    }

    /// What was not taken has no counterpart.
    pub(super) fn finish(self, remarks: &mut Remarks) {
        for (key, value) in &self.map {
            if !value.is_null() {
                remarks.push(Remark::new(&self.place(key), "tsm has nothing like it"));
            }
        }
    }
}

pub(super) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// One text or a list of them.
pub(super) fn texts(place: &str, value: Value, remarks: &mut Remarks) -> Vec<String> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => {
            let mut found = Vec::new();
            for (n, value) in values.into_iter().enumerate() {
                match text(&value) {
                    Some(text) => found.push(text),
                    None if value.is_null() => {}
                    None => remarks.push(Remark::new(&format!("{place}[{n}]"), "it is no text")),
                }
            }
            found
        }
        value => match text(&value) {
            Some(text) => vec![text],
            None => {
                remarks.push(Remark::new(place, "it is no text"));
                Vec::new()
            }
        },
    }
}
