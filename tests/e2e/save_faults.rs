//! `tsm save`, killed or refused at any of its system calls: the state is the old or the new one, and the next save
//! needs no help.

use std::fs;

use tests::system_calls::{SystemCall, record, run_with};
use tests::{Environment, Extent};

use crate::switch::state;

/// A session that was saved, the calls of a save, and something new to save before each of them.
struct Saving {
    env: Environment,
    count: usize,
}

impl Saving {
    fn new() -> (Self, Vec<SystemCall>) {
        let env = Environment::new();
        let path = env.project("alpha");
        env.tsm(["create", "."]).dir(&path).run().success();
        let mut saving = Self { env, count: 0 };
        saving.change();
        // Reading the config is the first that it does by itself.
        let config = saving.env.home().join(".config");
        let calls = record(&config, &saving.env.tsm(["save"]).prepared());
        assert!(state(&saving.env, "alpha").contains("change-1."));
        (saving, calls)
    }

    fn change(&mut self) -> String {
        self.count += 1;
        let name = format!("change-{}.", self.count);
        self.env.tmux(["rename-window", "-t", "claude-alpha:0", &name]);
        name
    }

    /// What holds after a save that was acknowledged or not, and after the next.
    fn check(&self, before: &str, name: &str, acknowledged: bool, context: &str) {
        let after = state(&self.env, "alpha");
        let is_new = after.contains(name);
        assert!(is_new || !acknowledged, "{context}: acknowledged and not there");
        assert!(is_new || after == before, "{context}: neither old nor new:\n{after}");
        self.env.tsm(["save"]).run().success();
        assert!(
            state(&self.env, "alpha").contains(name),
            "{context}: the next save isn't there"
        );
        let directory = self.env.home().join(".claude/session-states");
        let left = fs::read_dir(&directory)
            .unwrap()
            .flatten()
            .find(|entry| entry.file_name().to_string_lossy().starts_with(".tmp-"));
        assert!(left.is_none(), "{context}: left behind: {left:?}");
        assert!(!directory.join("corrupt").exists(), "{context}: something was damaged");
    }
}

#[test]
fn tsm_save_killed_before_any_system_call_loses_nothing() {
    let mut extent = Extent::asked();
    let (mut saving, calls) = Saving::new();
    let total = calls.len();
    let points = extent.of(calls, 12);
    println!("{} of {total} points", points.len());
    for call in points {
        let name = saving.change();
        let before = state(&saving.env, "alpha");
        let output = run_with(&[call.kill()], &saving.env.tsm(["save"]).prepared());
        let context = format!("killed before {}", call.text);
        saving.check(&before, &name, output.status.success(), &context);
    }
}

#[test]
fn tsm_save_with_a_failing_system_call_says_so() {
    let mut extent = Extent::asked();
    let (mut saving, calls) = Saving::new();
    // What a failing close means is tested where no directories are closed, at which the standard library panics.
    let failures = calls.into_iter().filter(|call| call.can_fail() && call.name != "close");
    let failures: Vec<_> = failures
        .flat_map(|call| ["EIO", "ENOSPC", "EDQUOT", "EMFILE", "EINTR"].map(|error| (call.clone(), error)))
        .collect();
    let total = failures.len();
    let points = extent.of(failures, 12);
    println!("{} of {total} failures", points.len());
    for (call, error) in points {
        let name = saving.change();
        let before = state(&saving.env, "alpha");
        let output = run_with(
            &[call.fail(error)],
            &saving.env.tsm(["save"]).env("DEBUG", "1").prepared(),
        );
        let stderr = String::from_utf8_lossy(&output.stderr);
        let context = format!("{error} from number {} of {}\n{stderr}", call.ordinal, call.text);
        match output.status.code() {
            Some(0) => {}
            Some(1..=8) => {
                assert!(stderr.contains("tsm: "), "{context}: {stderr}");
                // An error means that nothing has changed.
                assert_eq!(state(&saving.env, "alpha"), before, "{context}");
            }
            code => panic!("{context}: exit {code:?}: {stderr}"),
        }
        saving.check(&before, &name, output.status.success(), &context);
    }
}
