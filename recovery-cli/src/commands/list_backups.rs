//! `tsm-recovery list-backups`.

use std::process::ExitCode;

use session_ops::backup::{Backup, list_backups};
use session_ops::clock::rfc3339;
use session_ops::terminal_text::columns::{Cell, Column, Cut, Paint};
use session_ops::{Context, Error};

use crate::output::Output;
use crate::output::json::{Backups, Document};
use session_ops::error::with_causes;

pub(crate) fn run(context: &Context, output: &Output) -> Result<ExitCode, Error> {
    print(list_backups(context)?, "written", output);
    Ok(ExitCode::SUCCESS)
}

/// A table, or a document. `sound` is said of a backup with nothing wrong whose bytes were not read just now.
pub(crate) fn print(backups: Vec<Backup>, sound: &str, output: &Output) {
    if output.is_json() {
        output.document(&Document::new(Backups::from(backups)));
        return;
    }
    if backups.is_empty() {
        output.notice("there are no backups");
        return;
    }
    let column = |heading, dispensable, cut| Column {
        heading,
        dispensable,
        cut,
    };
    // The time is in the name of the file, too.
    let columns = [
        column("FILE", 0, Cut::Never),
        column("SIZE", 1, Cut::Never),
        column("CREATED", 3, Cut::Never),
        column("VERIFIED", 0, Cut::Never),
        column("PROJECTS", 2, Cut::End),
    ];
    let row = |backup: &Backup| {
        let file = backup.file.file_name().unwrap_or(backup.file.as_os_str());
        let verified = match backup.verified {
            Some(true) => Cell::new("yes", Paint::Good),
            Some(false) => Cell::new("DAMAGED", Paint::Bad),
            None if backup.errors.is_empty() => Cell::plain(sound),
            None => Cell::new("unreadable", Paint::Attention),
        };
        vec![
            Cell::plain(file.to_string_lossy()),
            Cell::plain(backup.bytes.to_string()),
            Cell::plain(backup.created.and_then(rfc3339).unwrap_or_else(|| "?".to_owned())),
            verified,
            Cell::plain(backup.projects.join(" ")),
        ]
    };
    let rows: Vec<Vec<Cell>> = backups.iter().map(row).collect();
    output.columns(&columns, &rows);
    for error in backups.iter().flat_map(|backup| &backup.errors) {
        output.message(&format!("tsm-recovery: {}", with_causes(error)));
    }
}
