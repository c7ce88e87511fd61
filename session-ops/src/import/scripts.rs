//! The table of projects in the original scripts: `PROJECTS=( ["name"]="/path" … )`, read and never run.

use super::{Import, ImportedProject, Remark, project_name};

pub(super) fn is_it(text: &str) -> bool {
    text.lines().any(|line| begins(line).is_some())
}

pub(super) fn read(text: &str) -> Import {
    let mut import = Import::default();
    let mut inside = false;
    for (n, line) in text.lines().enumerate() {
        let rest = match begins(line) {
            Some(rest) => {
                inside = true;
                rest
            }
            None => line,
        };
        if !inside {
            continue;
        }
        let rest = rest.trim();
        let (entry, ends) = match rest.strip_suffix(')') {
            Some(entry) => (entry.trim(), true),
            None => (rest, false),
        };
        if !entry.is_empty() && !entry.starts_with('#') {
            let place = format!("line {}", n + 1);
            match self::entry(entry) {
                Some((name, path)) if path.contains('$') => {
                    let what = format!("the directory of {name} depends on a variable: {path}");
                    import.remarks.push(Remark::new(&place, what));
                }
                Some((name, path)) => {
                    let name = project_name(name, &place, &mut import.remarks);
                    import.projects.push(ImportedProject {
                        name,
                        path: Some(path.to_owned()),
                        server: None,
                        template: None,
                    });
                }
                None => import
                    .remarks
                    .push(Remark::new(&place, "it isn't [\"name\"]=\"/path\"")),
            }
        }
        inside = !ends;
    }
    import
}

/// What follows `PROJECTS=(`, with or without `declare -A`.
fn begins(line: &str) -> Option<&str> {
    let line = line.trim_start();
    let line = line
        .strip_prefix("declare -A ")
        .or(line.strip_prefix("local -A "))
        .unwrap_or(line);
    line.trim_start().strip_prefix("PROJECTS=(")
}

fn entry(text: &str) -> Option<(&str, &str)> {
    let (name, path) = text.strip_prefix('[')?.split_once("]=")?;
    let unquoted = |text: &'_ str| -> Option<(char, usize)> {
        let quote = text.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
        text.get(1..)?.find(quote).map(|end| (quote, end))
    };
    let inner = |text| match unquoted(text) {
        Some((_, end)) => text.get(1..=end),
        None => text.split_whitespace().next(),
    };
    let (name, path) = (inner(name.trim())?, inner(path.trim())?);
    // Some tables have a description behind the path.
    let path = path.split('|').next()?;
    (!name.is_empty() && !path.is_empty()).then_some((name, path))
}
