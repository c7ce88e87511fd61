//! The newest backup.

use super::{Check, Scene, number};
use crate::backup::list_backups;
use crate::error::with_causes;

const DAY: i64 = 86_400;

/// The newest backup should be younger than this.
const WEEK: i64 = 7 * DAY;

pub(super) fn newest(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "last backup";
    let make = "`tsm-recovery backup` makes one";
    let backups = match list_backups(scene.context) {
        Ok(backups) => backups,
        Err(error) => return vec![Check::error(NAME, with_causes(&error), "make the directory readable")],
    };
    let sound = backups
        .iter()
        .filter(|backup| backup.verified != Some(false) && backup.errors.is_empty());
    let newest = sound.clone().filter_map(|backup| backup.created).max();
    let damaged = backups.len() - sound.count();
    let mut checks = vec![match newest {
        None if scene.live.recorded_projects().next().is_none() => Check::ok(NAME, "none, and nothing to back up"),
        None => Check::warning(NAME, "there is none", make),
        Some(created) => {
            let age = scene.context.clock.now().saturating_sub(created);
            let detail = match age / DAY {
                days if days < 1 => "of today".to_owned(),
                days => format!("{} old", number(usize::try_from(days).unwrap_or(usize::MAX), "day")),
            };
            if age > WEEK {
                Check::warning(NAME, detail, make)
            } else {
                Check::ok(NAME, detail)
            }
        }
    }];
    if damaged > 0 {
        checks.push(Check::warning(
            "backups",
            format!("{} damaged", number(damaged, "backup")),
            "`tsm-recovery verify` tells what is wrong with them",
        ));
    }
    checks
}
