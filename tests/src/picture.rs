//! A terminal as it looks, in text, for snapshots.

use vt100::{Cell, Color, Screen};

/// A line for each row down to the last with anything in it.
pub(crate) fn of(screen: &Screen) -> String {
    let (rows, columns) = screen.size();
    let mut lines: Vec<String> = (0..rows.get()).map(|row| line(screen, row, columns.get())).collect();
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.join("\n")
}

fn line(screen: &Screen, row: u16, columns: u16) -> String {
    let mut line = String::new();
    let mut style = String::new();
    let mut blanks = 0;
    let cells = (0..columns).filter_map(|column| screen.cell(row, column));
    for cell in cells.filter(|cell| !cell.is_wide_continuation()) {
        let looks = parameters(cell);
        if !cell.has_contents() && looks.is_empty() {
            blanks += 1;
            continue;
        }
        if style != looks && !style.is_empty() {
            line.push_str("‹›");
        }
        line.extend(std::iter::repeat_n(' ', std::mem::take(&mut blanks)));
        if style != looks && !looks.is_empty() {
            line.push_str(&format!("‹{looks}›"));
        }
        style = looks;
        line.push_str(if cell.has_contents() { cell.contents() } else { " " });
    }
    if !style.is_empty() {
        line.push_str("‹›");
    }
    if screen.row_wrapped(row) {
        line.push('↩');
        return line;
    }
    line.trim_end().to_owned()
}

/// The parameters of the escape sequence that makes a cell look so.
fn parameters(cell: &Cell) -> String {
    let mut all = Vec::new();
    for (set, parameter) in [
        (cell.bold(), "1"),
        (cell.dim(), "2"),
        (cell.italic(), "3"),
        (cell.underline(), "4"),
        (cell.inverse(), "7"),
    ] {
        all.extend(set.then(|| parameter.to_owned()));
    }
    for (color, base) in [(cell.fgcolor(), 30), (cell.bgcolor(), 40)] {
        match color {
            Color::Default => {}
            Color::Idx(index @ 0..8) => all.push((base + u32::from(index)).to_string()),
            Color::Idx(index) => all.push(format!("{};5;{index}", base + 8)),
            Color::Rgb(red, green, blue) => all.push(format!("{};2;{red};{green};{blue}", base + 8)),
        }
    }
    all.join(";")
}
