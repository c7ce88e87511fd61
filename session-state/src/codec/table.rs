//! Typed access to the flat keys of a file; each key that is read is taken away, so that the unknown ones remain.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bstr::BString;
use toml::{Table, Value};

use super::CodecError;
use super::bound::repeated;

/// The ending of the key that holds the exact bytes of a text that is no UTF-8, in base64.
pub(super) const BYTES: &str = "_BYTES";

/// The keys that weren't read yet.
pub(super) struct Keys {
    table: Table,
    /// Whether any text has its exact bytes beside it, which is rare.
    exact: bool,
}

impl Keys {
    pub(super) fn new(table: Table) -> Self {
        let exact = table.keys().any(|key| key.ends_with(BYTES));
        Self { table, exact }
    }

    /// The keys that nobody asked for.
    pub(super) fn into_rest(self) -> Table {
        self.table
    }

    /// Takes a key away whose value isn't of interest.
    pub(super) fn skip(&mut self, key: &str) {
        self.table.remove(key);
        if self.exact {
            self.table.remove(&format!("{key}{BYTES}"));
        }
    }

    /// UTF-8 text.
    pub(super) fn string(&mut self, key: &str) -> Result<String, CodecError> {
        self.opt_string(key)?.ok_or_else(|| missing(key))
    }

    /// UTF-8 text, if there is any.
    pub(super) fn opt_string(&mut self, key: &str) -> Result<Option<String>, CodecError> {
        match self.table.remove(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(wrong(key, "a string")),
        }
    }

    /// Any bytes.
    pub(super) fn bytes(&mut self, key: &str) -> Result<BString, CodecError> {
        self.opt_bytes(key)?.ok_or_else(|| missing(key))
    }

    /// Any bytes, if there are any. If somebody edited the text and left the bytes alone, the text is meant.
    pub(super) fn opt_bytes(&mut self, key: &str) -> Result<Option<BString>, CodecError> {
        if !self.exact {
            return Ok(self.opt_string(key)?.map(Into::into));
        }
        let exact_key = format!("{key}{BYTES}");
        let exact = match self.opt_string(&exact_key)? {
            None => None,
            Some(text) => Some(STANDARD.decode(text).map_err(|_| wrong(&exact_key, "base64"))?),
        };
        let text = self.opt_string(key)?;
        Ok(match (text, exact) {
            (Some(text), Some(exact)) if String::from_utf8_lossy(&exact) == text => Some(exact.into()),
            (Some(text), _) => Some(text.into()),
            (None, Some(_)) => return Err(missing(key)),
            (None, None) => None,
        })
    }

    /// A signed number.
    pub(super) fn i64(&mut self, key: &str) -> Result<i64, CodecError> {
        match self.table.remove(key).ok_or_else(|| missing(key))? {
            Value::Integer(number) => Ok(number),
            _ => Err(wrong(key, "an integer")),
        }
    }

    /// A number; one that TOML's integers can't hold is written as text.
    pub(super) fn u64(&mut self, key: &str) -> Result<u64, CodecError> {
        let number = match self.table.remove(key).ok_or_else(|| missing(key))? {
            Value::Integer(number) => u64::try_from(number).ok(),
            Value::String(digits) => digits.parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| wrong(key, "a number from 0 to 18446744073709551615"))
    }

    /// A number.
    pub(super) fn u32(&mut self, key: &str) -> Result<u32, CodecError> {
        self.opt_u32(key)?.ok_or_else(|| missing(key))
    }

    /// A number, if there is one.
    pub(super) fn opt_u32(&mut self, key: &str) -> Result<Option<u32>, CodecError> {
        let Some(value) = self.table.remove(key) else {
            return Ok(None);
        };
        let number = value.as_integer().and_then(|number| u32::try_from(number).ok());
        number
            .map(Some)
            .ok_or_else(|| wrong(key, "a number from 0 to 4294967295"))
    }

    /// `true` or `false`.
    pub(super) fn bool(&mut self, key: &str) -> Result<bool, CodecError> {
        let value = self.table.remove(key).ok_or_else(|| missing(key))?;
        value.as_bool().ok_or_else(|| wrong(key, "true or false"))
    }

    /// Different numbers separated by spaces, in their order.
    pub(super) fn indices(&mut self, key: &str) -> Result<Vec<u32>, CodecError> {
        let text = self.string(key)?;
        let numbers: Result<Vec<u32>, _> = text.split_ascii_whitespace().map(str::parse).collect();
        let numbers = numbers.map_err(|_| wrong(key, "a list of numbers separated by spaces"))?;
        match repeated(numbers.iter().copied()) {
            Some(twice) => Err(CodecError::Twice {
                what: format!("{twice} in key {key}"),
            }),
            None => Ok(numbers),
        }
    }
}

fn missing(key: &str) -> CodecError {
    CodecError::Missing { key: key.to_owned() }
}

fn wrong(key: &str, expected: &'static str) -> CodecError {
    CodecError::Value {
        key: key.to_owned(),
        expected,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(text: &str) -> Keys {
        Keys::new(text.parse().unwrap())
    }

    #[test]
    fn exact_bytes_count_unless_the_text_was_edited() {
        let mut file = keys("A=\"x\u{fffd}\"\nA_BYTES=\"eP8=\"\nB=\"y\"\nB_BYTES=\"eP8=\"\n");
        assert_eq!(file.bytes("A").unwrap(), &b"x\xff"[..]);
        assert_eq!(file.bytes("B").unwrap(), "y");
        assert!(file.into_rest().is_empty());
    }

    #[test]
    fn wrong_values_are_named() {
        let mut file = keys("A=-1\nB=\"1 1\"\nC=\"1 x\"\nD_BYTES=\"!\"\nE=1\nF_BYTES=\"\"\n");
        assert_eq!(file.u32("A"), Err(wrong("A", "a number from 0 to 4294967295")));
        assert_eq!(
            file.indices("B"),
            Err(CodecError::Twice {
                what: "1 in key B".to_owned()
            })
        );
        assert_eq!(
            file.indices("C"),
            Err(wrong("C", "a list of numbers separated by spaces"))
        );
        assert_eq!(file.bytes("D"), Err(wrong("D_BYTES", "base64")));
        assert_eq!(file.bool("E"), Err(wrong("E", "true or false")));
        assert_eq!(file.bytes("F"), Err(missing("F")));
        assert_eq!(file.i64("G"), Err(missing("G")));
    }
}
