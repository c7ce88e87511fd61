//! The planner against rules written down a second time, and what people know from restic.

use proptest::prelude::*;

use super::*;

const DAY: i64 = 86_400;
/// Wednesday, 2023-11-15, noon.
const NOW: i64 = 1_700_049_600;

fn backup(n: u64, created: i64, projects: &[&str]) -> Candidate {
    Candidate {
        id: format!("b{n}"),
        seq: n,
        created,
        projects: projects.iter().map(|&project| project.to_owned()).collect(),
        sound: true,
        refers_to: Vec::new(),
        renamed: false,
    }
}

fn kept(backups: &[Candidate], policy: &RetentionPolicy) -> Vec<String> {
    let verdicts = retention(backups, NOW, policy).unwrap();
    verdicts
        .into_iter()
        .filter(|verdict| !verdict.keep.is_empty())
        .map(|verdict| verdict.id)
        .collect()
}

fn days(count: u32) -> RetentionPolicy {
    RetentionPolicy {
        within_days: Some(count),
        ..RetentionPolicy::default()
    }
}

#[test]
fn an_empty_policy_is_refused() {
    let backups = [backup(1, NOW, &["a"])];
    for policy in [RetentionPolicy::default(), days(0)] {
        assert_eq!(retention(&backups, NOW, &policy), Err(RetentionError::Empty));
    }
}

#[test]
fn nothing_goes_after_the_clock_went_back() {
    let backups = [backup(1, NOW - 90 * DAY, &["a"]), backup(2, NOW + 1, &["a"])];
    let error = RetentionError::ClockWentBack {
        newest: NOW + 1,
        now: NOW,
    };
    assert_eq!(retention(&backups, NOW, &days(7)), Err(error));
}

#[test]
fn what_is_dated_in_the_future_stays_and_counts_for_nothing() {
    let backups = [
        backup(1, NOW + DAY, &["a"]),
        backup(2, NOW - 30 * DAY, &["a"]),
        backup(3, NOW - 20 * DAY, &["a"]),
    ];
    assert_eq!(kept(&backups, &days(7)), ["b1", "b3"]);
}

#[test]
fn the_newest_sound_one_of_each_project_stays_however_old() {
    let mut backups = [
        backup(1, NOW - 900 * DAY, &["a", "b"]),
        backup(2, NOW - 800 * DAY, &["a"]),
        backup(3, NOW - 700 * DAY, &["a"]),
    ];
    assert_eq!(kept(&backups, &days(7)), ["b1", "b3"]);
    backups[2].sound = false;
    assert_eq!(kept(&backups, &days(7)), ["b1", "b2"]);
}

#[test]
fn what_others_need_stays() {
    let mut backups = [
        backup(1, NOW - 90 * DAY, &["a"]),
        backup(2, NOW - 80 * DAY, &["a"]),
        backup(3, NOW, &["a"]),
    ];
    backups[2].refers_to = vec!["b1".to_owned()];
    assert_eq!(kept(&backups, &days(7)), ["b1", "b3"]);
    let verdicts = retention(&backups, NOW, &days(7)).unwrap();
    assert_eq!(verdicts[0].keep, [Keep::Needed("b3".to_owned())].into());
}

/// 120 backups, one every seven hours, the last an hour ago.
fn many() -> Vec<Candidate> {
    (0..120)
        .map(|n| backup(n, NOW - 3600 - (119 - n as i64) * 7 * 3600, &["a"]))
        .collect()
}

#[test]
fn policies_keep_what_people_know_from_restic() {
    let mut text = String::new();
    for (last, hourly, daily, weekly, monthly, within_days) in [
        (1, 0, 0, 0, 0, 0),
        (3, 0, 0, 0, 0, 0),
        (200, 0, 0, 0, 0, 0),
        (0, 1, 0, 0, 0, 0),
        (0, 5, 0, 0, 0, 0),
        (0, 24, 0, 0, 0, 0),
        (0, 0, 1, 0, 0, 0),
        (0, 0, 7, 0, 0, 0),
        (0, 0, 30, 0, 0, 0),
        (0, 0, 0, 1, 0, 0),
        (0, 0, 0, 4, 0, 0),
        (0, 0, 0, 52, 0, 0),
        (0, 0, 0, 0, 1, 0),
        (0, 0, 0, 0, 2, 0),
        (0, 0, 0, 0, 12, 0),
        (0, 0, 0, 0, 0, 1),
        (0, 0, 0, 0, 0, 7),
        (0, 0, 0, 0, 0, 99),
        (2, 3, 4, 2, 2, 0),
        (1, 0, 7, 4, 12, 0),
        (0, 48, 7, 4, 24, 0),
        (5, 0, 5, 0, 0, 2),
        (1, 1, 1, 1, 1, 1),
        (0, 3, 0, 3, 0, 0),
    ] {
        let policy = RetentionPolicy {
            last: Some(last),
            hourly: Some(hourly),
            daily: Some(daily),
            weekly: Some(weekly),
            monthly: Some(monthly),
            within_days: Some(within_days),
        };
        let kept = kept(&many(), &policy);
        text.push_str(&format!(
            "last {last} hourly {hourly} daily {daily} weekly {weekly} monthly {monthly} days {within_days}: {}\n",
            kept.iter().map(|id| &id[1..]).collect::<Vec<_>>().join(" ")
        ));
    }
    insta::assert_snapshot!(text);
}

/// The same rules, each backup judged on its own by counting the periods between it and now.
fn oracle(backups: &[Candidate], policy: &RetentionPolicy) -> BTreeSet<String> {
    let mut kept: BTreeSet<String> = backups
        .iter()
        .filter(|b| b.created > NOW)
        .map(|b| b.id.clone())
        .collect();
    for backup in backups.iter().filter(|b| b.created <= NOW) {
        for project in &backup.projects {
            let newer = |other: &&Candidate| {
                other.created <= NOW
                    && other.projects.contains(project)
                    && (other.created, other.seq, &other.id) > (backup.created, backup.seq, &backup.id)
            };
            let newer: Vec<&Candidate> = backups.iter().filter(newer).collect();
            let oldest = !backups.iter().any(|other| {
                other.projects.contains(project)
                    && (other.created, other.seq, &other.id) < (backup.created, backup.seq, &backup.id)
            });
            let mut keep = newer.is_empty() || newer.len() < policy.last.unwrap_or(0) as usize;
            keep |= policy
                .within_days
                .is_some_and(|days| days > 0 && NOW - backup.created <= i64::from(days) * DAY);
            let periods: [(Option<u32>, Period); 4] = [
                (policy.hourly, hour),
                (policy.daily, day),
                (policy.weekly, week),
                (policy.monthly, month),
            ];
            for (count, period) in periods {
                let seen: BTreeSet<i64> = newer.iter().map(|other| period(other.created)).collect();
                let first = !seen.contains(&period(backup.created));
                keep |= (seen.len() as u32) < count.unwrap_or(0) && (first || oldest);
            }
            if keep {
                kept.insert(backup.id.clone());
            }
        }
    }
    kept
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn the_plan_is_what_the_rules_say(
        times in proptest::collection::vec((-100_i64..12_000, 1_usize..4), 0..25),
        rules in proptest::collection::vec(proptest::option::of(0_u32..6), 6),
    ) {
        let mut backups: Vec<Candidate> = times
            .iter()
            .enumerate()
            .map(|(n, (hours, mask))| {
                let projects: Vec<&str> = [(1, "a"), (2, "b")].iter().filter(|p| mask & p.0 != 0).map(|p| p.1).collect();
                backup(n as u64, NOW - hours * 1800, &projects)
            })
            .collect();
        // The last one is not from the future: that is another case.
        backups.push(backup(999, NOW, &["a"]));
        let policy = RetentionPolicy {
            last: rules[0], hourly: rules[1], daily: rules[2], weekly: rules[3], monthly: rules[4], within_days: rules[5],
        };
        match retention(&backups, NOW, &policy) {
            Err(error) => {
                prop_assert_eq!(error, RetentionError::Empty);
                prop_assert!(rules.iter().all(|rule| rule.unwrap_or(0) == 0));
            }
            Ok(verdicts) => {
                let kept: BTreeSet<String> =
                    verdicts.into_iter().filter(|verdict| !verdict.keep.is_empty()).map(|verdict| verdict.id).collect();
                prop_assert_eq!(kept, oracle(&backups, &policy));
            }
        }
    }
}
