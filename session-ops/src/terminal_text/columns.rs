//! Rows and columns that fit a terminal: what is too wide is cut, then the least important columns are left out. Nothing
//! ever wraps. Widths are those of the screen: a wide character takes two cells, a combining one none.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::safe;

/// Cells between two columns.
pub const GAP: usize = 2;

/// Less of a column that may be cut says nothing.
const LEAST: usize = 12;

/// A column.
#[derive(Debug, Clone, Copy)]
pub struct Column<'a> {
    /// What stands above it.
    pub heading: &'a str,
    /// The higher, the sooner it is left out; 0 never is.
    pub dispensable: u8,
    /// Where a cell that is too wide is cut.
    pub cut: Cut,
}

/// Where a cell that is too wide is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cut {
    /// Not at all, as long as another column can be left out.
    Never,
    /// The beginning stays, as of a sentence.
    End,
    /// The end stays, as of a path.
    Start,
}

/// How a text stands out, where there are colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Paint {
    /// As everything.
    #[default]
    Plain,
    /// Bold.
    Heading,
    /// Green.
    Good,
    /// Cyan.
    Busy,
    /// Yellow.
    Attention,
    /// Red.
    Bad,
    /// Faint.
    Dim,
}

impl Paint {
    /// The parameters of the escape sequence.
    fn parameters(self) -> Option<&'static str> {
        match self {
            Self::Plain => None,
            Self::Heading => Some("1"),
            Self::Good => Some("32"),
            Self::Busy => Some("36"),
            Self::Attention => Some("33"),
            Self::Bad => Some("31"),
            Self::Dim => Some("2"),
        }
    }

    /// The text in this colour; it must be safe already.
    pub fn on(self, text: &str, color: bool) -> String {
        match self.parameters().filter(|_| color && !text.is_empty()) {
            Some(parameters) => format!("\x1b[{parameters}m{text}\x1b[0m"),
            None => text.to_owned(),
        }
    }
}

/// A cell.
#[derive(Debug, Clone, Default)]
pub struct Cell {
    /// Safe to print.
    pub text: String,
    /// How it stands out.
    pub paint: Paint,
}

impl Cell {
    /// What others chose becomes safe here.
    pub fn new(text: impl AsRef<str>, paint: Paint) -> Self {
        Self {
            text: safe(text.as_ref()),
            paint,
        }
    }

    /// The same without colour.
    pub fn plain(text: impl AsRef<str>) -> Self {
        Self::new(text, Paint::Plain)
    }
}

/// The width of each column, `None` of one that is left out. Without a `width` there is room for all.
pub fn fit(columns: &[Column<'_>], rows: &[Vec<Cell>], width: Option<usize>) -> Vec<Option<usize>> {
    let needed = columns.iter().enumerate().map(|(n, column)| {
        let cells = rows.iter().filter_map(|row| row.get(n)).map(|cell| cell.text.width());
        cells.max().unwrap_or(0).max(column.heading.width())
    });
    let needed: Vec<usize> = needed.collect();
    let mut widths: Vec<Option<usize>> = needed.iter().copied().map(Some).collect();
    let Some(width) = width else { return widths };
    let total = |widths: &[Option<usize>]| {
        let shown: Vec<usize> = widths.iter().flatten().copied().collect();
        shown.iter().sum::<usize>() + GAP * shown.len().saturating_sub(1)
    };
    let names = |column: &Column<'_>| column.cut != Cut::Never && column.dispensable == 0;
    if total(&widths) > width {
        // One long name doesn't take the place of all else.
        for (room, _) in widths.iter_mut().zip(columns).filter(|(_, column)| names(column)) {
            *room = room.map(|room| room.min((width / 2).max(LEAST)));
        }
    }
    loop {
        let over = total(&widths).saturating_sub(width);
        if over == 0 {
            // What another column left is for those that were cut.
            for n in 0..columns.len() {
                let left = width.saturating_sub(total(&widths));
                widths[n] = widths[n].map(|room| needed[n].min(room + left));
            }
            return widths;
        }
        let can_be_cut = |n: &usize| {
            let column = &columns[*n];
            column.cut != Cut::Never && column.dispensable > 0 && widths[*n].is_some_and(|width| width > LEAST)
        };
        let shown = (0..columns.len()).filter(|n| widths[*n].is_some());
        if let Some(n) = shown.clone().filter(can_be_cut).max_by_key(|n| widths[*n]) {
            widths[n] = widths[n].map(|width| width.saturating_sub(over).max(LEAST));
        } else if let Some(n) = shown
            .clone()
            .filter(|n| columns[*n].dispensable > 0)
            .max_by_key(|n| columns[*n].dispensable)
        {
            widths[n] = None;
        } else if let Some(n) = shown
            .clone()
            .max_by_key(|n| widths[*n])
            .filter(|n| widths[*n] > Some(1))
        {
            widths[n] = widths[n].map(|width| width.saturating_sub(over).max(1));
        } else {
            return widths;
        }
    }
}

/// The width of all of it, nothing cut or left out.
pub fn needed(columns: &[Column<'_>], rows: &[Vec<Cell>]) -> usize {
    let widths: Vec<usize> = fit(columns, rows, None).into_iter().flatten().collect();
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// All of it as lines, the headings first.
pub fn lay_out(columns: &[Column<'_>], rows: &[Vec<Cell>], width: Option<usize>, color: bool) -> String {
    let widths = fit(columns, rows, width);
    let heading: Vec<Cell> = columns
        .iter()
        .map(|column| Cell::new(column.heading, Paint::Heading))
        .collect();
    let mut text = String::new();
    for row in std::iter::once(&heading).chain(rows) {
        let mut blanks = 0;
        for ((column, width), cell) in columns.iter().zip(&widths).zip(row) {
            let Some(width) = width else { continue };
            let shown = match column.cut {
                Cut::Start => cut_start(&cell.text, *width),
                Cut::End | Cut::Never => cut_end(&cell.text, *width),
            };
            if !shown.is_empty() {
                text.push_str(&" ".repeat(blanks));
                blanks = 0;
                text.push_str(&cell.paint.on(&shown, color));
            }
            // Blanks at the end of a line are none.
            blanks += width.saturating_sub(shown.width()) + GAP;
        }
        text.push('\n');
    }
    text
}

/// The beginning of a text, at most so wide; `…` says that there was more.
pub fn cut_end(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let fits = text.chars().take_while(|c| {
        let wide = c.width().unwrap_or(0);
        let fits = wide <= left;
        left = left.saturating_sub(wide);
        fits
    });
    let mut cut: String = fits.collect();
    cut.push_str(if width > 0 { "…" } else { "" });
    cut
}

/// The end of a text, at most so wide.
pub fn cut_start(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut left = width.saturating_sub(1);
    let mut kept = 0;
    for (at, c) in text.char_indices().rev() {
        let wide = c.width().unwrap_or(0);
        if wide > left {
            break;
        }
        left -= wide;
        kept = text.len() - at;
    }
    let tail = text.get(text.len() - kept..).unwrap_or_default();
    format!("{}{tail}", if width > 0 { "…" } else { "" })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> [Column<'static>; 3] {
        let column = |heading, dispensable, cut| Column {
            heading,
            dispensable,
            cut,
        };
        [
            column("NAME", 0, Cut::Never),
            column("STATE", 1, Cut::Never),
            column("DIRECTORY", 2, Cut::Start),
        ]
    }

    #[test]
    fn narrow_terminals_lose_the_least_important_first_and_never_wrap() {
        let rows = [
            ["claude-todo", "healthy", "/home/rodemkay/www/react/plugin-todo"],
            ["日本語の名前", "dead\x1b[31m", "/x"],
        ]
        .map(|row| row.map(Cell::plain).to_vec());
        for width in 1..100 {
            let text = lay_out(&columns(), &rows, Some(width), false);
            assert!(text.lines().all(|line| line.width() <= width), "{width}:\n{text}");
            assert!(text.lines().all(|line| !line.ends_with(' ')));
        }
        let text = |width| lay_out(&columns(), &rows, Some(width), false);
        insta::assert_snapshot!(text(50), @r"
        NAME          STATE           DIRECTORY
        claude-todo   healthy         …w/react/plugin-todo
        日本語の名前  dead\u{1b}[31m  /x
        ");
        insta::assert_snapshot!(text(30), @r"
        NAME          STATE
        claude-todo   healthy
        日本語の名前  dead\u{1b}[31m
        ");
        insta::assert_snapshot!(text(9), @r"
        NAME
        claude-t…
        日本語の…
        ");
    }

    #[test]
    fn texts_are_cut_at_whole_characters() {
        assert_eq!(cut_end("日本語", 5), "日本…");
        assert_eq!(cut_end("日本語", 4), "日…");
        assert_eq!(cut_end("abc", 3), "abc");
        assert_eq!(cut_end("abc", 0), "");
        assert_eq!(cut_start("/a/日本語", 5), "…本語");
        assert_eq!(cut_start("/a/日本語", 4), "…語");
        assert_eq!(cut_start("abc", 0), "");
    }
}
