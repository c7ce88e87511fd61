//! What people read of a contest.

use std::fmt::Write;

use super::contest::{Line, Outcome};
use super::statistics::Verdict;

/// Outcomes as one table in Markdown, which is also readable as it is.
pub fn table(outcomes: &[Outcome]) -> String {
    let head = [
        "",
        "ratio",
        "95 % interval",
        "limit",
        "verdict",
        "ms median",
        "ms min",
        "rounds",
    ];
    let mut rows = vec![head.map(str::to_owned)];
    for outcome in outcomes {
        rows.extend(outcome.lines.iter().map(|line| row(outcome, line)));
    }
    let width = |column: usize| {
        rows.iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let mut text = String::new();
    for (n, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .enumerate()
            .map(|(column, cell)| padded(column, cell))
            .collect();
        // Writing to a string can't fail.
        let _infallible = writeln!(text, "| {} |", cells.join(" | "));
        if n == 0 {
            let rules: Vec<String> = widths
                .iter()
                .enumerate()
                .map(|(column, width)| rule(column, *width))
                .collect();
            let _infallible = writeln!(text, "|{}|", rules.join("|"));
        }
    }
    text
}

/// The first column is text, the others are numbers.
fn padded(column: usize, (cell, width): (&String, &usize)) -> String {
    if column == 0 {
        format!("{cell:<width$}")
    } else {
        format!("{cell:>width$}")
    }
}

fn rule(column: usize, width: usize) -> String {
    if column == 0 {
        "-".repeat(width + 2)
    } else {
        format!("{}:", "-".repeat(width + 1))
    }
}

fn row(outcome: &Outcome, line: &Line) -> [String; 8] {
    let verdict = match line.verdict {
        Verdict::NoLimit => "",
        Verdict::Kept => "kept",
        Verdict::Broken => "BROKEN",
        Verdict::Unsettled => "unsettled",
    };
    [
        format!("{}: {}", outcome.name, line.name),
        line.ratio
            .map_or_else(|| "1".to_owned(), |ratio| format!("{:.2}", ratio.median)),
        line.ratio.map_or_else(String::new, |ratio| {
            format!("{:.2} to {:.2}", ratio.interval.low, ratio.interval.high)
        }),
        line.limit.map_or_else(String::new, |limit| limit.to_string()),
        verdict.to_owned(),
        millis(line.median),
        millis(line.min),
        outcome.rounds.to_string(),
    ]
}

/// Three digits that count.
fn millis(value: f64) -> String {
    let digits = if value < 1.0 {
        3
    } else if value < 100.0 {
        2
    } else {
        0
    };
    format!("{value:.digits$}")
}

#[cfg(test)]
mod tests {
    use super::super::statistics::{Interval, Ratio};
    use super::*;

    #[test]
    fn a_table_is_markdown_and_aligned() {
        let line = |name: &str, ratio: Option<f64>, limit, verdict, median| Line {
            name: name.to_owned(),
            ratio: ratio.map(|median| Ratio {
                median,
                interval: Interval {
                    low: median - 0.1,
                    high: median + 0.1,
                },
            }),
            limit,
            verdict,
            median,
            min: median / 2.0,
        };
        let outcome = Outcome {
            name: "10 sessions".to_owned(),
            rounds: 30,
            lines: vec![
                line("tmux", None, None, Verdict::NoLimit, 3.5),
                line("direct", Some(0.2), Some(0.8), Verdict::Kept, 0.41),
                line("spawn", Some(1.3), Some(1.05), Verdict::Broken, 123.4),
            ],
        };
        let expected = "\
|                     | ratio | 95 % interval | limit | verdict | ms median | ms min | rounds |
|---------------------|------:|--------------:|------:|--------:|----------:|-------:|-------:|
| 10 sessions: tmux   |     1 |               |       |         |      3.50 |   1.75 |     30 |
| 10 sessions: direct |  0.20 |  0.10 to 0.30 |   0.8 |    kept |     0.410 |  0.205 |     30 |
| 10 sessions: spawn  |  1.30 |  1.20 to 1.40 |  1.05 |  BROKEN |       123 |  61.70 |     30 |
";
        assert_eq!(table(&[outcome]), expected);
    }
}
