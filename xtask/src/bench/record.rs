//! `BENCHMARKS.md`: a section for each subject, replaced when it is measured anew.

const HEAD: &str = "\
# Benchmarks

Written by `cargo xtask bench --write`, not by hand.

What counts are the ratios: the contenders take turns with a base, each round is divided by its own base, and the table
has the median of these ratios and the interval in which 95 of 100 repetitions would have theirs. The base runs twice; what
it differs from itself by (\"again\") is noise. Milliseconds depend on the machine and its load, ratios hardly do. A
limit is kept when the median keeps it, broken when the whole interval lies above it, else unsettled.
";

/// What was measured of a subject.
#[derive(Debug)]
pub(super) struct Section {
    name: String,
    text: String,
}

pub(super) fn section(name: &str, machine: &str, measured: &str) -> Section {
    Section {
        name: name.to_owned(),
        text: format!("## {name}\n\n{machine}.\n\n{}\n", measured.trim()),
    }
}

/// The table that the decoders' benchmark prints, as Markdown.
pub(super) fn decoders(printed: &str) -> String {
    // Without colours; what comes before the table is about the clock.
    let table: Vec<&str> = printed
        .lines()
        .map(str::trim_end)
        .skip_while(|line| !line.starts_with("decoders"))
        .collect();
    let table = table.join("\n");
    if table.trim().is_empty() {
        return String::new();
    }
    let about = "What tmux says, decoded, in bytes a second.";
    format!("{about}\n\n```text\n{}\n```\n", table.trim_end())
}

/// What the bounds print, as Markdown.
pub(super) fn bounds(printed: &str) -> String {
    // The seed of a sample is nothing to record.
    let lines: Vec<&str> = printed
        .lines()
        .filter(|line| {
            ["kept", "BROKEN", "NOT JUDGED"]
                .iter()
                .any(|verdict| line.starts_with(verdict))
        })
        .collect();
    let about = "What must be done in so many milliseconds, the worst of all tries.";
    format!("{about}\n\n```text\n{}\n```\n", lines.join("\n"))
}

/// The file with this section in its place; `order` is that of the subjects.
pub(super) fn with(before: &str, section: &Section, order: &[String]) -> String {
    let mut sections: Vec<(String, String)> = before
        .split("\n## ")
        .skip(1)
        .filter_map(|rest| {
            let (name, _) = rest.split_once('\n')?;
            Some((name.to_owned(), format!("## {}\n", rest.trim_end())))
        })
        .filter(|(name, _)| *name != section.name)
        .collect();
    sections.push((section.name.clone(), section.text.clone()));
    // A subject that is no more measured goes.
    let place = |name: &str| order.iter().position(|known| known == name);
    sections.retain(|(name, _)| place(name).is_some());
    sections.sort_by_key(|(name, _)| place(name));
    let sections: Vec<String> = sections.into_iter().map(|(_, text)| text).collect();
    format!("{HEAD}\n{}", sections.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn sections_are_replaced_and_keep_their_order() {
        let order = order(&["calls", "snapshot", "decoders"]);
        let one = with("", &section("snapshot", "today", "| a |\n"), &order);
        assert_eq!(one, format!("{HEAD}\n## snapshot\n\ntoday.\n\n| a |\n"));
        let two = with(&one, &section("calls", "today", "| b |\n"), &order);
        assert_eq!(
            two,
            format!("{HEAD}\n## calls\n\ntoday.\n\n| b |\n\n## snapshot\n\ntoday.\n\n| a |\n")
        );
        let three = with(&two, &section("calls", "later", "| c |\n\n"), &order);
        assert_eq!(three, two.replace("today.\n\n| b |", "later.\n\n| c |"));
        assert_eq!(with(&three, &section("calls", "later", "| c |"), &order), three);
    }

    #[test]
    fn subjects_that_are_gone_go() {
        let before = with("", &section("old", "today", "x"), &order(&["old"]));
        let after = with(&before, &section("new", "today", "y"), &order(&["new"]));
        assert!(after.contains("## new") && !after.contains("## old"), "{after}");
    }

    #[test]
    fn the_decoders_table_is_kept_as_it_is() {
        let printed = "Timer precision: 17 ns\ndecoders       fastest  \n├─ control     1.6 ms\n\n";
        let text = decoders(printed);
        assert!(
            text.ends_with("```text\ndecoders       fastest\n├─ control     1.6 ms\n```\n"),
            "{text}"
        );
        assert_eq!(decoders("nothing\n"), "");
    }
}
