//! A Rust source file as tidy sees it: code without comments and literals, attributes, module declarations.
//!
//! This is no parser. It knows just enough of the syntax not to take a comment or a string for code.

/// One .rs file.
pub(crate) struct Source {
    /// From the root of the workspace.
    pub(crate) path: String,
    pub(crate) text: String,
    /// The text with blanks for comments and literals; line numbers are the same.
    pub(crate) code: String,
    pub(crate) attributes: Vec<Attribute>,
}

/// One attribute.
#[derive(Debug)]
pub(crate) struct Attribute {
    pub(crate) line: usize,
    /// `#![…]`.
    pub(crate) inner: bool,
    /// What stands in the brackets, without blanks.
    pub(crate) text: String,
    /// Whether it, or an attribute of the same item, is `cfg(test)`.
    pub(crate) for_tests: bool,
    /// Whether the item is `mod NAME`.
    pub(crate) on_module: bool,
}

/// One `mod NAME;` or `mod NAME {`.
#[derive(Debug, PartialEq)]
pub(crate) struct Module {
    pub(crate) name: String,
    pub(crate) line: usize,
    /// Its body stands in this file.
    pub(crate) inline: bool,
}

impl Source {
    pub(crate) fn new(path: String, text: String) -> Self {
        let code = blanked(&text);
        let attributes = attributes(&code);
        Self {
            path,
            text,
            code,
            attributes,
        }
    }

    pub(crate) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// The folder, from the root of the workspace.
    pub(crate) fn folder(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    pub(crate) fn modules(&self) -> Vec<Module> {
        let mut modules = Vec::new();
        for (at, _) in self.code.match_indices("mod") {
            let follows_word = self.code[..at].ends_with(is_word);
            let rest = &self.code[at + 3..];
            let name = rest.trim_start();
            let (name, after) = name.split_at(name.find(|c| !is_word(c)).unwrap_or(name.len()));
            let end = after.trim_start().chars().next();
            if !follows_word && rest.starts_with(char::is_whitespace) && matches!(end, Some(';' | '{')) {
                let (name, inline) = (name.to_owned(), end == Some('{'));
                modules.push(Module {
                    name,
                    line: line_at(&self.code, at),
                    inline,
                });
            }
        }
        modules
    }

    /// The lines of the code in which `what` stands as a word of its own.
    pub(crate) fn lines_with(&self, what: &str) -> Vec<usize> {
        let hits = self
            .code
            .match_indices(what)
            .filter(|(at, _)| !self.code[..*at].ends_with(is_word));
        hits.map(|(at, _)| line_at(&self.code, at)).collect()
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

fn line_at(text: &str, at: usize) -> usize {
    text[..at].matches('\n').count() + 1
}

/// Blanks comments and literals.
fn blanked(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let after_word = out.ends_with(is_word);
        let length = comment(rest).or_else(|| literal(rest, after_word));
        let (taken, remaining) = rest.split_at(length.unwrap_or(c.len_utf8()));
        match length {
            Some(_) => out.extend(taken.chars().map(|c| if c == '\n' { '\n' } else { ' ' })),
            None => out.push_str(taken),
        }
        rest = remaining;
    }
    out
}

/// The length of the comment that `text` starts with.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    if !text.starts_with("/*") {
        return None;
    }
    let (mut depth, mut at) = (0_usize, 0);
    while at < text.len() {
        if text[at..].starts_with("/*") {
            (depth, at) = (depth + 1, at + 2);
        } else if text[at..].starts_with("*/") {
            (depth, at) = (depth - 1, at + 2);
            if depth == 0 {
                break;
            }
        } else {
            at += text[at..].chars().next().map_or(1, char::len_utf8);
        }
    }
    Some(at)
}

/// The length of the string or character that `text` starts with.
fn literal(text: &str, after_word: bool) -> Option<usize> {
    if let Some(rest) = text.strip_prefix('\'') {
        let mut chars = rest.chars();
        // Anything else with a single quote is a lifetime.
        return match (chars.next()?, chars.next()) {
            ('\\', _) => Some(1 + closing(rest, '\'')),
            (c, Some('\'')) if c != '\'' => Some(c.len_utf8() + 2),
            _ => None,
        };
    }
    if let Some(rest) = text.strip_prefix('"') {
        return Some(1 + closing(rest, '"'));
    }
    let raw = ["r", "br", "cr"]
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .filter(|_| !after_word)?;
    let hashes = raw.len() - raw.trim_start_matches('#').len();
    let body = raw[hashes..].strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let start = text.len() - body.len();
    Some(body.find(&end).map_or(text.len(), |at| start + at + end.len()))
}

/// The length up to and with the closing quote, which a backslash can escape.
fn closing(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        if c == quote && !escaped {
            return at + 1;
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

fn attributes(code: &str) -> Vec<Attribute> {
    let (mut found, mut group) = (Vec::<Attribute>::new(), 0);
    let mut from = 0;
    while let Some(at) = code[from..].find('#').map(|at| from + at) {
        from = at + 1;
        let Some((inner, text, end)) = attribute(code, at) else {
            continue;
        };
        found.push(Attribute {
            line: line_at(code, at),
            inner,
            text,
            for_tests: false,
            on_module: false,
        });
        from = end;
        let item = code[end..].trim_start();
        if !item.starts_with('#') {
            let of_item = &mut found[group..];
            let for_tests = of_item
                .iter()
                .any(|attribute| !attribute.inner && attribute.text == "cfg(test)");
            let on_module = is_module(item);
            for attribute in of_item {
                (attribute.for_tests, attribute.on_module) = (for_tests, on_module);
            }
            group = found.len();
        }
    }
    found
}

/// The attribute that starts at `at`: whether it is an inner one, its text, its end.
fn attribute(code: &str, at: usize) -> Option<(bool, String, usize)> {
    let rest = code[at + 1..].trim_start();
    let inner = rest.starts_with('!');
    let body = rest.trim_start_matches('!').trim_start().strip_prefix('[')?;
    let mut depth = 1_usize;
    let length = body.find(|c| {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        depth == 0
    })?;
    let text = body[..length].split_whitespace().collect();
    Some((inner, text, code.len() - body.len() + length + 1))
}

fn is_module(item: &str) -> bool {
    let item = item.strip_prefix("pub").map_or(item, |rest| {
        let rest = rest.trim_start();
        rest.strip_prefix('(')
            .and_then(|rest| rest.split_once(')'))
            .map_or(rest, |(_, rest)| rest)
    });
    item.trim_start()
        .strip_prefix("mod")
        .is_some_and(|rest| rest.starts_with(char::is_whitespace))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blank() {
        let cases = [
            ("a // todo!()\nb", "a b"),
            ("/* x /* y */ z */c", "c"),
            (r#"f("a\"b\\") + g"#, "f( ) + g"),
            (r###"r#"a"b"# + r"\" + br"x" + b"y""###, "+ + + b"),
            ("r#mod: 'a' '\\'' '\\u{1F}' '\\\\' x", "r#mod: x"),
            ("fn f<'a>(x: &'a str, y: '_) {}", "fn f<'a>(x: &'a str, y: '_) {}"),
            ("for\"x\"", "for"),
            ("\"two\nlines\" 'ü' x", "x"),
            ("\"never closed", ""),
            ("/* never closed ü", ""),
        ];
        for (text, left) in cases {
            let code = blanked(text);
            assert_eq!(code.split_whitespace().collect::<Vec<_>>().join(" "), left, "{text}");
            assert_eq!(code.chars().count(), text.chars().count(), "{text}");
            assert_eq!(code.lines().count(), text.lines().count(), "{text}");
        }
    }

    #[test]
    fn attributes_know_their_item() {
        let code = "#![warn(a)]\n#![expect(\n    b::c,\n)]\nuse x;\n#[cfg(test)]\n#[expect(d)]\npub(crate) mod tests;\n#[e]\nfn f() {}";
        let source = Source::new("x.rs".to_owned(), code.to_owned());
        let seen: Vec<_> = source
            .attributes
            .iter()
            .map(|a| (a.line, a.inner, &*a.text, a.for_tests, a.on_module))
            .collect();
        let expected = [
            (1, true, "warn(a)", false, false),
            (2, true, "expect(b::c,)", false, false),
            (6, false, "cfg(test)", true, true),
            (7, false, "expect(d)", true, true),
            (9, false, "e", false, false),
        ];
        assert_eq!(seen, expected);
    }

    #[test]
    fn modules_are_found() {
        let code = "pub mod a;\n// mod no;\npub(crate) mod b {\n    mod c ;\n}\nlet module = model;\nfn mod_x() {}\n";
        let modules = Source::new("x.rs".to_owned(), code.to_owned()).modules();
        let seen: Vec<_> = modules.iter().map(|m| (&*m.name, m.line, m.inline)).collect();
        assert_eq!(seen, [("a", 1, false), ("b", 3, true), ("c", 4, false)]);
    }
}
