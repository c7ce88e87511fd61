use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::*;

const HOSTILE: &str = "x\n2026-01-01T00:00:00Z info [1] switch: forged\r\u{1b}]0;t\u{7}\u{9b}31m\u{202e}\u{2028}\"\\\0";

fn log(directory: &Path, options: LogOptions) -> Log {
    Log {
        path: directory.join("state/tsm.log"),
        options,
        clock: Clock::Fixed(1_760_000_000),
        failure: Mutex::new(None),
    }
}

#[test]
fn records_are_lines_that_say_who_did_what_and_when() {
    let directory = tempfile::tempdir().expect("a directory");
    let log = log(directory.path(), LogOptions::default());
    let fields = [("ms", "1.5".to_owned()), ("why", "two words".to_owned())];
    log.try_write(&Entry::info("switch", "done").project("todo").fields(&fields))
        .expect("a record");
    log.try_write(&Entry::info("kill", "no").level(Level::Error))
        .expect("a record");
    let text = fs::read_to_string(log.path()).expect("a log");
    let pid = std::process::id();
    assert_eq!(
        text,
        format!(
            "2025-10-09T08:53:20Z info    [{pid}] switch todo: done (ms=1.5 why=\"two words\")\n\
             2025-10-09T08:53:20Z error   [{pid}] kill: no\n"
        )
    );
    let mode = |path: &Path| path.metadata().expect("it is there").permissions().mode() & 0o777;
    assert_eq!(mode(log.path()), 0o600);
    assert_eq!(mode(log.path().parent().expect("a directory")), 0o700);
}

#[test]
fn no_value_can_make_a_line_or_speak_to_a_terminal() {
    for format in [LogFormat::Human, LogFormat::Json] {
        let fields = [(HOSTILE, HOSTILE.to_owned())];
        let entry = Entry {
            level: Level::Info,
            verb: HOSTILE,
            project: Some(HOSTILE),
            message: HOSTILE,
            fields: &fields,
        };
        let line = format::line(format, 0, 1, &entry);
        let body = line.strip_suffix('\n').expect("a line");
        let obeyed = |c: char| c.is_control() || matches!(c, '\u{2028}'..='\u{202e}');
        assert!(!body.contains(obeyed), "{body:?}");
        if format == LogFormat::Json {
            let record: serde_json::Value = serde_json::from_str(body).expect("an object");
            assert_eq!(record["level"], "info");
            assert_eq!(record["pid"], 1);
            assert!(record["message"].as_str().expect("a text").contains("forged"));
            assert!(!record["message"].as_str().expect("a text").contains('\n'));
        }
    }
}

#[test]
fn a_record_has_a_size() {
    let long = "é".repeat(100_000);
    let line = format::line(LogFormat::Human, 0, 1, &Entry::info("save", &long));
    assert!(line.len() < 5000, "{}", line.len());
}

#[test]
fn a_large_log_begins_anew_and_so_many_are_kept() {
    let directory = tempfile::tempdir().expect("a directory");
    let options = LogOptions {
        max_bytes: 600,
        keep: 2,
        ..LogOptions::default()
    };
    let log = log(directory.path(), options);
    for number in 0..100 {
        log.try_write(&Entry::info("save", &format!("record {number}")))
            .expect("a record");
    }
    let mut names: Vec<String> = fs::read_dir(log.path().parent().expect("a directory"))
        .expect("a listing")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names.retain(|name| name != "tsm.log");
    assert_eq!(names, ["tsm.lock", "tsm.log.1", "tsm.log.2"]);
    let all = tail(log.path(), 1000).expect("the log").lines;
    let text: Vec<String> = all
        .iter()
        .map(|line| String::from_utf8_lossy(line).into_owned())
        .collect();
    assert!(text.last().expect("a line").ends_with("record 99"), "{text:?}");
    let numbers: Vec<usize> = text
        .iter()
        .map(|line| line.rsplit(' ').next().expect("a number").parse().expect("a number"))
        .collect();
    assert!(numbers.windows(2).all(|two| two[0] + 1 == two[1]), "{numbers:?}");
    assert!(numbers.len() >= 15, "{numbers:?}");
}

#[test]
fn many_writers_that_rotate_lose_nothing() {
    let directory = tempfile::tempdir().expect("a directory");
    let options = LogOptions {
        max_bytes: 2000,
        keep: 100,
        ..LogOptions::default()
    };
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let log = log(directory.path(), options);
            scope.spawn(move || {
                for number in 0..100 {
                    log.try_write(&Entry::info("save", &format!("{writer}/{number}")))
                        .expect("a record");
                }
            });
        }
    });
    let log = log(directory.path(), options);
    let all = tail(log.path(), 10_000).expect("the log").lines;
    let mut seen: Vec<String> = all
        .iter()
        .map(|line| {
            String::from_utf8_lossy(line)
                .rsplit(' ')
                .next()
                .expect("a word")
                .to_owned()
        })
        .collect();
    seen.sort();
    let mut expected: Vec<String> = (0..4)
        .flat_map(|writer| (0..100).map(move |number| format!("{writer}/{number}")))
        .collect();
    expected.sort();
    assert_eq!(seen, expected);
}

#[test]
fn following_sees_every_record_once_through_rotations() {
    let directory = tempfile::tempdir().expect("a directory");
    let options = LogOptions {
        max_bytes: 600,
        keep: 100,
        ..LogOptions::default()
    };
    let log = log(directory.path(), options);
    log.try_write(&Entry::info("save", "before 0")).expect("a record");
    let first = tail(log.path(), 10).expect("the log");
    assert_eq!(first.lines.len(), 1);
    let mut follower = Follower::after(first, log.path()).expect("a follower");
    assert_eq!(follower.ready().expect("nothing yet"), Vec::<Vec<u8>>::new());
    let mut seen = Vec::new();
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for number in 0..200 {
                log.try_write(&Entry::info("save", &format!("after {number}")))
                    .expect("a record");
            }
        });
        while seen.len() < 200 {
            seen.extend(follower.next_lines().expect("lines"));
        }
    });
    let numbers: Vec<String> = seen
        .iter()
        .map(|line| {
            String::from_utf8_lossy(line)
                .rsplit(' ')
                .next()
                .expect("a number")
                .to_owned()
        })
        .collect();
    let expected: Vec<String> = (0..200).map(|number| number.to_string()).collect();
    assert_eq!(numbers, expected);
    assert_eq!(follower.ready().expect("no more"), Vec::<Vec<u8>>::new());
}

#[test]
fn half_a_line_is_not_shown() {
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("tsm.log");
    fs::write(&path, "one\ntwo\nthr").expect("a log");
    let read = tail(&path, 1).expect("the log");
    assert_eq!(read.lines, [b"two".to_vec()]);
    let mut follower = Follower::after(read, &path).expect("a follower");
    assert!(follower.ready().expect("nothing").is_empty());
    fs::write(&path, "one\ntwo\nthree\n").expect("a log");
    assert_eq!(follower.next_lines().expect("a line"), [b"three".to_vec()]);
    assert!(
        tail(&directory.path().join("none"), 5)
            .expect("no log")
            .lines
            .is_empty()
    );
}
