//! Which backups stay: a pure function of what there is, the time and the policy, with a reason for each.
//!
//! The rules are restic's: they are combined by "or", periods are those of the calendar (UTC), only periods that have
//! backups count, the newest of a period stays, and the oldest of all stays as long as a rule has not found as many as
//! it asks for. Each project's backups are a series of their own, and a backup stays if any project in it wants it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use chrono::{DateTime, Datelike, Timelike, Utc};

/// How many backups of a project stay. Rules that are `None` keep nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct RetentionPolicy {
    /// So many of the newest.
    pub last: Option<u32>,
    /// The newest of each hour, for so many hours.
    pub hourly: Option<u32>,
    /// The newest of each day, for so many days.
    pub daily: Option<u32>,
    /// The newest of each week (from Monday), for so many weeks.
    pub weekly: Option<u32>,
    /// The newest of each month, for so many months.
    pub monthly: Option<u32>,
    /// All that are not older than so many days.
    pub within_days: Option<u32>,
}

/// A backup, as far as retention goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// Its name.
    pub id: String,
    /// Its number.
    pub seq: u64,
    /// When it was made, in seconds since 1970 UTC.
    pub created: i64,
    /// The projects in it.
    pub projects: Vec<String>,
    /// Whether nothing is wrong with it. What is damaged counts for no rule, and stays as long as it would if it were
    /// sound.
    pub sound: bool,
    /// The backups whose archives hold contents of it.
    pub refers_to: Vec<String>,
    /// Somebody gave it another name, or made it as a copy: it stays, and counts for no rule.
    pub renamed: bool,
}

/// Why a backup stays.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Keep {
    /// One of the last.
    Last,
    /// The newest of its hour.
    Hourly,
    /// The newest of its day.
    Daily,
    /// The newest of its week.
    Weekly,
    /// The newest of its month.
    Monthly,
    /// Not old enough to go.
    Within,
    /// The newest sound one of this project.
    NewestSound(String),
    /// It is dated in the future: no rule can tell how old it is.
    Future,
    /// Somebody gave it another name, or made it as a copy.
    Renamed,
    /// This backup, which stays, refers to it.
    Needed(String),
}

impl Keep {
    /// Whether it stays because so many are to be kept: then it takes the place of another.
    pub fn counts(&self) -> bool {
        matches!(
            self,
            Self::Last | Self::Hourly | Self::Daily | Self::Weekly | Self::Monthly
        )
    }
}

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Last => f.write_str("one of the last"),
            Self::Hourly => f.write_str("hourly"),
            Self::Daily => f.write_str("daily"),
            Self::Weekly => f.write_str("weekly"),
            Self::Monthly => f.write_str("monthly"),
            Self::Within => f.write_str("not old enough"),
            Self::NewestSound(project) => write!(f, "the newest sound one of {project}"),
            Self::Future => f.write_str("dated in the future"),
            Self::Renamed => f.write_str("not called as it was written: somebody keeps it"),
            Self::Needed(id) => write!(f, "{id} refers to it"),
        }
    }
}

/// What becomes of one backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// Its name.
    pub id: String,
    /// Why it stays; it goes if there is no reason.
    pub keep: BTreeSet<Keep>,
}

/// Why nothing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RetentionError {
    /// A policy without a rule would keep nothing.
    #[error("the policy keeps nothing")]
    Empty,
    /// The last backup was made later than it is now: the clock went back, and every age would be wrong.
    #[error("the last backup is dated {newest}, and the clock shows {now} (seconds since 1970): it went back")]
    ClockWentBack {
        /// When the last backup was made, by its own account.
        newest: i64,
        /// The time.
        now: i64,
    },
}

/// Which backups stay and why, in the order in which they are given.
///
/// # Errors
///
/// [`RetentionError`], by which nothing goes.
pub fn retention(backups: &[Candidate], now: i64, policy: &RetentionPolicy) -> Result<Vec<Verdict>, RetentionError> {
    let rules = [
        policy.last,
        policy.hourly,
        policy.daily,
        policy.weekly,
        policy.monthly,
        policy.within_days,
    ];
    if rules.iter().all(|rule| rule.unwrap_or(0) == 0) {
        return Err(RetentionError::Empty);
    }
    if let Some(last) = backups.iter().max_by_key(|backup| backup.seq)
        && last.created > now
    {
        return Err(RetentionError::ClockWentBack {
            newest: last.created,
            now,
        });
    }
    let mut keep: BTreeMap<&str, BTreeSet<Keep>> = BTreeMap::new();
    for backup in backups.iter().filter(|backup| backup.created > now) {
        keep.entry(&backup.id).or_default().insert(Keep::Future);
    }
    for backup in backups.iter().filter(|backup| backup.renamed) {
        keep.entry(&backup.id).or_default().insert(Keep::Renamed);
    }
    let projects: BTreeSet<&String> = backups.iter().flat_map(|backup| &backup.projects).collect();
    for project in projects {
        let mut series: Vec<&Candidate> = backups
            .iter()
            .filter(|backup| backup.created <= now && !backup.renamed && backup.projects.contains(project))
            .collect();
        series.sort_by(|one, other| (other.created, other.seq, &other.id).cmp(&(one.created, one.seq, &one.id)));
        for (id, why) in series_rules(&series, now, policy, project) {
            keep.entry(id).or_default().insert(why);
        }
    }
    mark(backups, &mut keep);
    let verdict = |backup: &Candidate| Verdict {
        id: backup.id.clone(),
        keep: keep.get(backup.id.as_str()).cloned().unwrap_or_default(),
    };
    Ok(backups.iter().map(verdict).collect())
}

/// What the rules say of one project's backups, the newest first.
fn series_rules<'a>(
    series: &[&'a Candidate],
    now: i64,
    policy: &RetentionPolicy,
    project: &str,
) -> Vec<(&'a str, Keep)> {
    let mut kept = Vec::new();
    if let Some(newest) = series.iter().find(|backup| backup.sound) {
        kept.push((newest.id.as_str(), Keep::NewestSound(project.to_owned())));
    }
    if let Some(days) = policy.within_days {
        let oldest = now.saturating_sub(i64::from(days) * 86_400);
        let young = series.iter().filter(|backup| days > 0 && backup.created >= oldest);
        kept.extend(young.map(|backup| (backup.id.as_str(), Keep::Within)));
    }
    for (count, why, period) in [
        (policy.last, Keep::Last, None),
        (policy.hourly, Keep::Hourly, Some(hour as Period)),
        (policy.daily, Keep::Daily, Some(day as Period)),
        (policy.weekly, Keep::Weekly, Some(week as Period)),
        (policy.monthly, Keep::Monthly, Some(month as Period)),
    ] {
        let mut left = count.unwrap_or(0);
        let mut current = None;
        for (n, backup) in series.iter().enumerate() {
            if left == 0 {
                break;
            }
            let in_period = period.map(|period| period(backup.created));
            let is_last = n + 1 == series.len() && period.is_some();
            // Of each period the newest, and the oldest of all while there is room.
            if in_period.is_none() || in_period != current || is_last {
                kept.push((backup.id.as_str(), why.clone()));
                // A damaged one takes no sound one's place.
                if backup.sound {
                    left -= 1;
                    current = in_period;
                }
            }
        }
    }
    kept
}

/// What a backup that stays refers to stays too. References never go through a second archive, but marking does.
fn mark<'a>(backups: &'a [Candidate], keep: &mut BTreeMap<&'a str, BTreeSet<Keep>>) {
    loop {
        let mut needed = Vec::new();
        for backup in backups.iter().filter(|backup| keep.contains_key(backup.id.as_str())) {
            for id in &backup.refers_to {
                let why = Keep::Needed(backup.id.clone());
                if keep.get(id.as_str()).is_none_or(|reasons| !reasons.contains(&why)) {
                    needed.push((id.as_str(), why));
                }
            }
        }
        if needed.is_empty() {
            return;
        }
        for (id, why) in needed {
            keep.entry(id).or_default().insert(why);
        }
    }
}

/// A number that is the same for all times of one period.
type Period = fn(i64) -> i64;

fn time(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(seconds, 0).unwrap_or_default()
}

fn hour(seconds: i64) -> i64 {
    day(seconds) * 24 + i64::from(time(seconds).hour())
}

fn day(seconds: i64) -> i64 {
    i64::from(time(seconds).num_days_from_ce())
}

fn week(seconds: i64) -> i64 {
    let week = time(seconds).iso_week();
    i64::from(week.year()) * 100 + i64::from(week.week())
}

fn month(seconds: i64) -> i64 {
    let time = time(seconds);
    i64::from(time.year()) * 12 + i64::from(time.month())
}

#[cfg(test)]
mod tests;
