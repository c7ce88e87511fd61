//! Where something is in the config file.

use std::path::Path;

use toml_edit::{Document, Item};

use super::file::text_of;
use crate::template::TemplateError;

/// The line, from 1, of what is wrong with a template; of the template itself if that is in one that it extends, and of the
/// name if there is no such template.
pub(super) fn line_of_template(file: &Path, error: &TemplateError) -> Option<usize> {
    let text = text_of(file).ok()?;
    let document = Document::parse(text.as_str()).ok()?;
    let (template, place) = match error {
        TemplateError::Unknown { name, .. } => return named(document.as_item(), name, &text),
        TemplateError::Circle { name, .. } => (name, "extends"),
        TemplateError::Variable { template, place, .. } | TemplateError::Invalid { template, place, .. } => {
            (template, place.as_str())
        }
        TemplateError::NoSuchVariable { template, .. } => (template, "variables"),
    };
    let mut item = document.as_item().get("templates")?.get(template)?;
    let mut start = item.span()?.start;
    for step in place.split(['.', '[']) {
        let next = match step.strip_suffix(']') {
            Some(index) => item.get(index.parse::<usize>().ok()?),
            None => item.get(step),
        };
        let Some(next) = next else {
            break;
        };
        item = next;
        start = item.span().map_or(start, |span| span.start);
    }
    line(&text, start)
}

/// Who says that a template is called so.
fn named(document: &Item, name: &str, text: &str) -> Option<usize> {
    let tables = |key: &str| document.get(key).and_then(Item::as_table_like);
    let below = ["projects", "templates"].into_iter().filter_map(tables);
    let tables = below.flat_map(|table| table.iter().map(|(_, item)| item));
    let mut values = std::iter::once(document)
        .chain(tables)
        .flat_map(|item| ["template", "extends"].into_iter().filter_map(|key| item.get(key)));
    let value = values.find(|value| value.as_str() == Some(name))?;
    line(text, value.span()?.start)
}

fn line(text: &str, at: usize) -> Option<usize> {
    Some(text.get(..at)?.matches('\n').count() + 1)
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests write files")]
mod tests {
    use super::*;

    #[test]
    fn a_place_has_its_line() {
        let root = tempfile::tempdir().expect("a directory");
        let file = root.path().join("c.toml");
        let text = "template = \"nope\"\n\n[templates.web]\nextends = \"pair\"\n\n[[templates.web.windows]]\nname = \"a\"\n\
                    \n[[templates.web.windows]]\npanes = [\n    {},\n    { run = [\"x\"],\n      shell = \"y\" },\n]\n";
        std::fs::write(&file, text).expect("written");
        let invalid = |place: &str| TemplateError::Invalid {
            template: "web".to_owned(),
            place: place.to_owned(),
            why: String::new(),
        };
        for (place, line) in [
            ("windows[1].panes[1].run", 12),
            ("windows[1].panes[1].shell", 13),
            ("windows[0].name", 7),
            ("windows[7].name", 6),
            ("environment.A", 3),
        ] {
            let found = line_of_template(&file, &invalid(place));
            assert_eq!(found, Some(line), "{place}");
        }
        let unknown = |name: &str| TemplateError::Unknown {
            name: name.to_owned(),
            nearest: Vec::new(),
        };
        assert_eq!(line_of_template(&file, &unknown("nope")), Some(1));
        assert_eq!(line_of_template(&file, &unknown("pair")), Some(4));
        assert_eq!(line_of_template(&file, &unknown("other")), None);
    }
}
