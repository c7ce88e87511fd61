//! `tsm-recovery list-backups`.

use std::process::ExitCode;

use session_ops::backup::{Backup, list_backups};
use session_ops::clock::rfc3339;
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
        output.message("tsm-recovery: there are no backups");
        return;
    }
    let heading = ["FILE", "SIZE", "CREATED", "VERIFIED", "PROJECTS"]
        .map(str::to_owned)
        .to_vec();
    let row = |backup: &Backup| {
        let file = backup.file.file_name().unwrap_or(backup.file.as_os_str());
        let verified = match backup.verified {
            Some(true) => "yes",
            Some(false) => "DAMAGED",
            None if backup.errors.is_empty() => sound,
            None => "unreadable",
        };
        vec![
            file.to_string_lossy().into_owned(),
            backup.bytes.to_string(),
            backup.created.and_then(rfc3339).unwrap_or_else(|| "?".to_owned()),
            verified.to_owned(),
            backup.projects.join(" "),
        ]
    };
    output.table(std::iter::once(heading).chain(backups.iter().map(row)).collect());
    for error in backups.iter().flat_map(|backup| &backup.errors) {
        output.message(&format!("tsm-recovery: {}", with_causes(error)));
    }
}
