//! Templates as one would write them into the config.

use toml_edit::{Array, ArrayOfTables, DocumentMut, InlineTable, Item, Table, Value, value};

use super::table::{PaneTable, Split, TemplateTable, WindowTable, Word};

/// The text of `[templates.NAME]`.
pub fn text(name: &str, template: &TemplateTable) -> String {
    let mut templates = Table::new();
    templates.set_implicit(true);
    templates.insert(name, Item::Table(table(template)));
    let mut document = DocumentMut::new();
    document.insert("templates", Item::Table(templates));
    document.to_string().trim_start().to_owned()
}

pub(crate) fn table(template: &TemplateTable) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    for (key, text) in [("extends", &template.extends), ("description", &template.description)] {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    }
    for (key, entries) in [
        ("variables", &template.variables),
        ("environment", &template.environment),
        ("options", &template.options),
    ] {
        if !entries.is_empty() {
            table.insert(key, Item::Value(words(entries)));
        }
    }
    let mut windows = ArrayOfTables::new();
    for window in &template.windows {
        windows.push(self::window(window));
    }
    if !windows.is_empty() {
        table.insert("windows", Item::ArrayOfTables(windows));
    }
    table
}

fn window(window: &WindowTable) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    for (key, text) in [
        ("name", &window.name),
        ("directory", &window.directory),
        ("layout", &window.layout),
    ] {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    }
    if let Some(split) = window.split {
        table.insert("split", value(word(split)));
    }
    for (key, flag) in [("focus", window.focus), ("zoomed", window.zoomed)] {
        if flag {
            table.insert(key, value(true));
        }
    }
    if !window.options.is_empty() {
        table.insert("options", Item::Value(words(&window.options)));
    }
    if !window.panes.is_empty() {
        table.insert("panes", Item::Value(Value::Array(panes(&window.panes, 1))));
    }
    table
}

fn panes(panes: &[PaneTable], depth: usize) -> Array {
    let mut array = Array::new();
    let indent = "    ".repeat(depth);
    for pane in panes {
        let mut value = Value::InlineTable(self::pane(pane, depth));
        value.decor_mut().set_prefix(format!("\n{indent}"));
        array.push_formatted(value);
    }
    array.set_trailing_comma(true);
    array.set_trailing(format!("\n{}", "    ".repeat(depth - 1)));
    array
}

fn pane(pane: &PaneTable, depth: usize) -> InlineTable {
    let mut table = InlineTable::new();
    if pane.agent {
        table.insert("agent", true.into());
    }
    if !pane.run.is_empty() {
        table.insert("run", Value::Array(pane.run.iter().map(String::as_str).collect()));
    }
    for (key, text) in [
        ("shell", &pane.shell),
        ("title", &pane.title),
        ("directory", &pane.directory),
    ] {
        if let Some(text) = text {
            table.insert(key, text.into());
        }
    }
    if pane.focus {
        table.insert("focus", true.into());
    }
    for (key, number) in [("share", pane.share), ("minimum", pane.minimum)] {
        if let Some(number) = number {
            table.insert(key, i64::from(number).into());
        }
    }
    if let Some(split) = pane.split {
        table.insert("split", word(split).into());
    }
    if !pane.panes.is_empty() {
        table.insert("panes", Value::Array(panes(&pane.panes, depth + 1)));
    }
    table
}

fn words(words: &std::collections::BTreeMap<String, Word>) -> Value {
    let mut table = InlineTable::new();
    for (name, word) in words {
        let value = match word {
            Word::Flag(flag) => Value::from(*flag),
            Word::Number(number) => Value::from(*number),
            Word::Text(text) => Value::from(text),
        };
        table.insert(name, value);
    }
    Value::InlineTable(table)
}

fn word(split: Split) -> &'static str {
    match split {
        Split::Columns => "columns",
        Split::Rows => "rows",
    }
}

#[cfg(test)]
mod tests {
    use super::super::built_in;
    use super::*;

    #[test]
    fn what_is_written_reads_as_it_was() {
        let template: TemplateTable = toml::from_str(
            r##"
            extends = "pair"
            description = "a \"b\" {{c}}"
            variables = { n = 1, on = true, text = "x\ny" }
            environment = { A = "#(x)" }
            options = { mouse = true }
            [[windows]]
            name = "é"
            layout = "tiled"
            zoomed = true
            options = { synchronize-panes = true }
            panes = [{}, { shell = "a\nb '''\"\"\"\\", title = "t" }, { run = ["a b", "c"], focus = true, share = 3, minimum = 2 }]
            [[windows]]
            split = "rows"
            directory = "/d"
            focus = true
            panes = [{ agent = true }, { split = "columns", panes = [{}, { panes = [{}, { directory = "x" }] }] }]
            "##,
        )
        .expect("a template");
        for (name, template) in built_in().iter().chain([(&"mine".to_owned(), &template)]) {
            let text = text(name, template);
            let table: toml::Table = text.parse().unwrap_or_else(|error| panic!("{error}: {text}"));
            let read: TemplateTable = table["templates"][name].clone().try_into().expect("a template");
            assert_eq!(&read, template, "{text}");
        }
        let plain = text("plain", &built_in()["plain"]);
        let expected =
            "[templates.plain]\ndescription = \"one shell\"\n\n[[templates.plain.windows]]\npanes = [\n    {},\n]\n";
        assert_eq!(plain, expected);
    }
}
