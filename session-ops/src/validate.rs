//! Whether everything is as the states say: what to look at after a recovery.

use session_recovery::backup::{Backup, list, verify};
use session_recovery::compare::deviations;
use session_state::Lifecycle;

use crate::context::Context;
use crate::detect::{Finding, FindingKind, look};
use crate::error::{Error, with_causes};
use crate::live::{Live, Ours};
use crate::record::record_of;

/// Compares the living sessions with their states, reads the newest backup of every project, and looks for everything
/// that [`detect`](crate::detect::detect) finds. Changes nothing.
///
/// # Errors
///
/// As that, and [`Error::Backup`] if the directory of the backups can't be read.
pub fn validate(context: &Context) -> Result<Vec<Finding>, Error> {
    // That tmux can't be asked is among the findings.
    let (mut findings, live) = look(context)?;
    for ours in live.all_ours() {
        findings.extend(differences(context, &live, ours));
    }
    findings.extend(backups(context, &live)?);
    Ok(findings)
}

/// How a living session differs from its state.
pub(crate) fn differences(context: &Context, live: &Live, ours: Ours<'_>) -> Vec<Finding> {
    let Ok(found) = record_of(context, live, ours, "validate") else {
        return Vec::new();
    };
    let project = &ours.record.project;
    let remedy =
        format!("`tsm save {project}` if it is right as it is, `tsm restore` after `tsm kill {project}` if not");
    deviations(ours.record, &found)
        .into_iter()
        .map(|deviation| {
            let subject = match deviation.place {
                (window, None) => format!("{project} {window}"),
                (window, Some(pane)) => format!("{project} {window}.{pane}"),
            };
            Finding::new(FindingKind::SessionDiffers, subject, deviation.what, &remedy)
        })
        .collect()
}

/// Every byte of the newest backup of each project that has a live state.
fn backups(context: &Context, live: &Live) -> Result<Vec<Finding>, Error> {
    let backups = list(&context.config.backup_dir.value)?;
    let mut findings = Vec::new();
    let mut verified: Vec<&Backup> = Vec::new();
    for record in live.records().filter(|record| record.lifecycle == Lifecycle::Live) {
        let newest = backups.iter().find(|backup| backup.projects.contains(&record.project));
        match newest {
            None => findings.push(Finding::new(
                FindingKind::BackupMissing,
                &record.project,
                "there is no backup of its state",
                "`tsm-recovery backup` makes one",
            )),
            Some(backup) if verified.iter().any(|known| known.file == backup.file) => {}
            Some(backup) => {
                verified.push(backup);
                let error = backup.errors.first().map(|error| with_causes(error));
                let error = error.or_else(|| verify(&backup.file).err().map(|error| with_causes(&error)));
                findings.extend(error.map(|error| {
                    // Most errors begin with the file, and that is what the finding is about.
                    let file = format!("{} ", backup.file.display());
                    let error = error
                        .strip_prefix(&file)
                        .map(|rest| format!("it {rest}"))
                        .unwrap_or(error);
                    let remedy = "`tsm-recovery backup --full` makes a new one";
                    Finding::new(FindingKind::BackupDamaged, backup.file.as_path(), error, remedy)
                }));
            }
        }
    }
    Ok(findings)
}
