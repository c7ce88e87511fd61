//! The `KEY=value` lines of a shell script that was never meant to be parsed.

use std::collections::BTreeMap;

/// The specification's keys: a line that begins with one is an assignment even inside of an open quote, because the
/// scripts didn't escape quotes in values.
const KEYS: [&str; 8] = [
    "PROJECT",
    "SESSION_NAME",
    "WORKING_DIR",
    "CURRENT_PATH",
    "LAST_SAVE",
    "WINDOW_LAYOUT",
    "PANE_INFO",
    "CLAUDE_PID",
];

/// The values by key; of a key that is assigned twice the last, as in a shell.
pub(super) fn parse(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
    let mut values = BTreeMap::new();
    let mut current: Option<Assignment> = None;
    for line in bytes.split(|&byte| byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let open = current.as_ref().is_some_and(|assignment| assignment.open.is_some());
        match (assignment(line), &mut current) {
            (Some((key, raw)), _) if !open || KEYS.contains(&key) => {
                values.extend(current.replace(Assignment::begin(key, raw)).map(Assignment::end));
            }
            (_, Some(assignment)) => assignment.go_on(line),
            (_, None) => {}
        }
    }
    values.extend(current.map(Assignment::end));
    values
}

/// An assignment whose end isn't known yet.
struct Assignment {
    key: String,
    /// The value so far; escapes aren't resolved while a quote is open.
    value: Vec<u8>,
    /// The quote that is open.
    open: Option<u8>,
}

impl Assignment {
    fn begin(key: &str, raw: &[u8]) -> Self {
        let raw = raw.trim_ascii();
        let mut assignment = Self {
            key: key.to_owned(),
            value: Vec::new(),
            open: None,
        };
        match raw.split_first() {
            Some((&quote @ (b'"' | b'\''), rest)) => {
                assignment.open = Some(quote);
                assignment.push_quoted(rest, quote);
            }
            _ => assignment.value = without_comment(raw).to_owned(),
        }
        assignment
    }

    /// A further line. After a complete value it belongs to it all the same, unless it is empty or a comment: the
    /// scripts wrote several process ids that way.
    fn go_on(&mut self, line: &[u8]) {
        if let Some(quote) = self.open {
            self.value.push(b'\n');
            self.push_quoted(line, quote);
            return;
        }
        let line = without_comment(line.trim_ascii());
        if !line.is_empty() {
            self.value
                .extend_from_slice(if self.value.is_empty() { b"" } else { b"\n" });
            self.value.extend_from_slice(line);
        }
    }

    fn push_quoted(&mut self, text: &[u8], quote: u8) {
        match closing(text, quote) {
            None => self.value.extend_from_slice(text),
            Some(end) => {
                self.value.extend_from_slice(text.get(..end).unwrap_or_default());
                self.value = unescaped(&self.value, quote);
                self.open = None;
            }
        }
    }

    /// Key and value.
    fn end(self) -> (String, Vec<u8>) {
        (self.key, self.value)
    }
}

/// Key and the rest of a line, if it is an assignment.
fn assignment(line: &[u8]) -> Option<(&str, &[u8])> {
    let line = line.trim_ascii_start();
    let line = line.strip_prefix(b"export ").unwrap_or(line);
    let end = line.iter().position(|&byte| byte == b'=')?;
    let key = std::str::from_utf8(line.get(..end)?).ok()?;
    let is_name = key.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins_well = key.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
    (is_name && begins_well).then_some((key, line.get(end + 1..)?))
}

/// Where a quoted value ends: at the last quote, since quotes inside aren't escaped, or at the last before a comment,
/// which may hold quotes of its own.
fn closing(text: &[u8], quote: u8) -> Option<usize> {
    let last_in = |text: &[u8]| {
        let last = text.iter().rposition(|&byte| byte == quote)?;
        text.get(last + 1..)?.trim_ascii().is_empty().then_some(last)
    };
    last_in(text).or_else(|| last_in(text.get(..comment(text)?)?))
}

/// Where a comment begins.
fn comment(text: &[u8]) -> Option<usize> {
    text.windows(2).position(|pair| matches!(pair, [b' ' | b'\t', b'#']))
}

fn without_comment(text: &[u8]) -> &[u8] {
    if text.starts_with(b"#") {
        return b"";
    }
    text.get(..comment(text).unwrap_or(text.len()))
        .unwrap_or_default()
        .trim_ascii_end()
}

/// What a shell makes of the text between two quotes, except that nothing is ever expanded.
fn unescaped(text: &[u8], quote: u8) -> Vec<u8> {
    if quote == b'\'' {
        return text.to_owned();
    }
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match bytes.next_if(|next| byte == b'\\' && matches!(next, b'$' | b'`' | b'"' | b'\\')) {
            Some(escaped) => out.push(escaped),
            None => out.push(byte),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(text: &str) -> String {
        let mut values = parse(text.as_bytes());
        String::from_utf8(values.remove("A").unwrap()).unwrap()
    }

    #[test]
    fn values_are_read_as_the_scripts_wrote_them() {
        let cases = [
            ("A=", ""),
            ("A=\"\"", ""),
            ("A=1 # one", "1"),
            ("A=\"x y\"  # a \"quoted\" remark", "x y"),
            ("A='$(id)'", "$(id)"),
            ("A=\"$(id)\"", "$(id)"),
            ("A=\"a\"b\"", "a\"b"),
            (r#"A="\$x \"y\" \z""#, r#"$x "y" \z"#),
            ("export A=\"x\"\r\n", "x"),
            ("A=1\nA=2", "2"),
            ("A=1\n2\n\n# no\n3\n", "1\n2\n3"),
            ("A=\"1\n2\nB=3\"\n", "1\n2\nB=3"),
            ("A=\"open\nPROJECT=\"x\"\n", "open"),
            ("A=#x", ""),
        ];
        for (text, expected) in cases {
            assert_eq!(value(text), expected, "{text:?}");
        }
    }

    #[test]
    fn what_is_no_assignment_is_none() {
        for text in ["", "# A=1", "echo A", "=1", "1A=2", "A B=1", "\n\n"] {
            assert!(parse(text.as_bytes()).is_empty(), "{text:?}");
        }
    }
}
