use std::fs;

use super::*;

fn metrics(directory: &Path) -> Metrics {
    Metrics {
        directory: directory.join("metrics"),
    }
}

fn switch(millis: u64) -> Measured {
    Measured {
        verb: "switch".to_owned(),
        micros: millis * 1000,
        lock_waits: vec![100],
        saved: 1,
        ..Measured::default()
    }
}

#[test]
fn what_was_measured_adds_up() {
    let directory = tempfile::tempdir().expect("a directory");
    let metrics = metrics(directory.path());
    assert_eq!(metrics.totals(0).expect("none yet"), Totals::default());
    assert!(!directory.path().join("metrics").exists(), "looking creates nothing");
    for millis in [1, 30, 6000] {
        metrics.add(&switch(millis)).expect("added");
    }
    let failed = Measured {
        verdict: Verdict::failed(crate::Class::Busy),
        ..switch(1)
    };
    metrics.add(&failed).expect("added");
    for _ in 0..2 {
        let totals = metrics.totals(0).expect("totals");
        assert_eq!(totals.saves["saved"], 4);
        assert_eq!(totals.errors["busy"], 1);
        assert_eq!(totals.calls["switch"]["done"], 3);
        assert_eq!(totals.lock_waits.count(), 4);
        let switches = &totals.durations["switch"];
        assert_eq!(switches.count(), 4);
        assert!((switches.sum() - 6.032).abs() < 1e-9, "{}", switches.sum());
        let at_most = |bound: f64| {
            switches
                .cumulated()
                .iter()
                .find(|(found, _)| *found == bound)
                .expect("a bound")
                .1
        };
        assert_eq!(
            (at_most(0.001), at_most(0.05), at_most(5.0), at_most(10.0)),
            (2, 3, 3, 4)
        );
        assert_eq!(at_most(f64::INFINITY), 4);
    }
}

#[test]
fn a_crash_between_the_totals_and_the_removal_counts_nothing_twice() {
    let directory = tempfile::tempdir().expect("a directory");
    let metrics = metrics(directory.path());
    metrics.add(&switch(1)).expect("added");
    let samples = directory.path().join("metrics/samples");
    let sample = samples::list(&samples).expect("a listing").remove(0);
    let kept = fs::read(&sample).expect("a sample");
    assert_eq!(metrics.totals(0).expect("totals").calls["switch"]["done"], 1);
    // As if the removal hadn't happened.
    fs::write(&sample, kept).expect("the sample is back");
    metrics.add(&switch(1)).expect("added");
    assert_eq!(metrics.totals(0).expect("totals").calls["switch"]["done"], 2);
    assert_eq!(samples::list(&samples).expect("a listing"), Vec::<PathBuf>::new());
}

#[test]
fn damaged_files_count_for_nothing_and_stop_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let metrics = metrics(directory.path());
    metrics.add(&switch(1)).expect("added");
    fs::write(directory.path().join("metrics/samples/empty"), "").expect("a file");
    fs::write(directory.path().join("metrics/samples/.half"), "verb = ").expect("a file");
    assert_eq!(metrics.totals(0).expect("totals").calls["switch"]["done"], 1);
    fs::write(directory.path().join("metrics/totals.toml"), "damaged [").expect("a file");
    metrics.add(&switch(1)).expect("added");
    assert_eq!(metrics.totals(0).expect("totals").calls["switch"]["done"], 1);
}

#[test]
fn many_at_once_lose_nothing_and_nobody_waits() {
    let directory = tempfile::tempdir().expect("a directory");
    std::thread::scope(|scope| {
        for _ in 0..4 {
            let metrics = metrics(directory.path());
            scope.spawn(move || {
                for _ in 0..150 {
                    metrics.add(&switch(1)).expect("added");
                }
            });
        }
    });
    let metrics = metrics(directory.path());
    assert_eq!(metrics.totals(0).expect("totals").calls["switch"]["done"], 600);
}

#[test]
fn verbs_fold_by_themselves_unless_somebody_does() {
    let directory = tempfile::tempdir().expect("a directory");
    let metrics = metrics(directory.path());
    let waiting = || {
        samples::list(&directory.path().join("metrics/samples"))
            .expect("a listing")
            .len()
    };
    for _ in 0..MANY - 1 {
        metrics.add(&switch(1)).expect("added");
    }
    assert_eq!(waiting(), MANY - 1);
    let options = LockOptions {
        wait: Wait::No,
        purpose: "a test".to_owned(),
        now: 0,
        shared: false,
        allow_network_fs: true,
    };
    let held = acquire(&directory.path().join("metrics/lock"), &options).expect("the lock");
    metrics.add(&switch(1)).expect("added, without waiting");
    assert_eq!(waiting(), MANY);
    held.guard.release();
    metrics.add(&switch(1)).expect("added");
    assert_eq!(waiting(), 0);
    assert_eq!(
        metrics.totals(0).expect("totals").calls["switch"]["done"],
        MANY as u64 + 1
    );
}

#[test]
fn the_text_is_as_the_format_has_it() {
    let mut durations = Histogram::default();
    durations.add(Duration::from_millis(3));
    let families = [
        Family::new("tsm_sessions", FamilyKind::Gauge, "", "Live \"sessions\".\nAll")
            .with(&[("state", "a\"b\\c\nd")], 2.0),
        Family::new("tsm_saves", FamilyKind::Counter, "", "Saves").with(&[], 5.0),
        Family::new("tsm_build", FamilyKind::Info, "", "Build").with(&[("version", "1")], 1.0),
        Family::new(
            "tsm_switch_duration_seconds",
            FamilyKind::Histogram,
            "seconds",
            "Switches",
        )
        .with_durations(&[], durations),
    ];
    let text = text(&families);
    for line in [
        "# TYPE tsm_sessions gauge",
        "# HELP tsm_sessions Live \\\"sessions\\\".\\nAll",
        "tsm_sessions{state=\"a\\\"b\\\\c\\nd\"} 2",
        "tsm_saves_total 5",
        "tsm_build_info{version=\"1\"} 1",
        "# UNIT tsm_switch_duration_seconds seconds",
        "tsm_switch_duration_seconds_bucket{le=\"0.0025\"} 0",
        "tsm_switch_duration_seconds_bucket{le=\"0.005\"} 1",
        "tsm_switch_duration_seconds_bucket{le=\"1.0\"} 1",
        "tsm_switch_duration_seconds_bucket{le=\"+Inf\"} 1",
        "tsm_switch_duration_seconds_count 1",
        "tsm_switch_duration_seconds_sum 0.003",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "no {line:?} in\n{text}");
    }
    assert!(text.ends_with("# EOF\n"));
}
