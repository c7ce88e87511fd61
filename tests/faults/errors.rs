//! A save of which one system call fails says so, and leaves the old state as it was.

use tests::Extent;
use tests::system_calls::{SystemCall, record, run_with};

use crate::scenario;

const ERRORS: [&str; 5] = ["EIO", "ENOSPC", "EDQUOT", "EMFILE", "EINTR"];

/// Closing a directory can't fail (POSIX names only a wrong descriptor), and the standard library panics if it does.
fn closes_a_directory(call: &SystemCall) -> bool {
    let of_a_file = ["/.tmp-", ".state>", "/store>"]
        .iter()
        .any(|file| call.text.contains(file));
    call.name == "close" && !of_a_file
}

#[test]
fn a_save_with_a_failing_system_call_says_so_and_leaves_the_old_state() {
    let mut extent = Extent::asked();
    for scenario in scenario::all() {
        let root = scenario.start();
        let before = scenario.files(root.path());
        let calls = record(root.path(), &scenario.program(root.path()));
        let failures: Vec<_> = calls
            .iter()
            .filter(|call| call.can_fail() && !closes_a_directory(call))
            .flat_map(|call| ERRORS.map(|error| (call, error)))
            .collect();
        let total = failures.len();
        let points = extent.of(failures, 20);
        println!("{}: {} of {total} failures", scenario.name, points.len());
        for (call, error) in points {
            let root = scenario.start();
            let output = run_with(&[call.fail(error)], &scenario.program(root.path()));
            let context = format!("{}, {error} from {}", scenario.name, call.text);
            let stderr = String::from_utf8_lossy(&output.stderr);
            let acknowledged = output.stdout == b"saved\n";
            match output.status.code() {
                // What failed wasn't needed, or was done in another way.
                Some(0) => {}
                Some(1) if acknowledged => {}
                // Only that it was saved couldn't be said.
                Some(101) if call.text.contains("saved") => {}
                Some(1) => {
                    assert!(
                        stderr.starts_with("error: ") && stderr.contains(": "),
                        "{context}: {stderr}"
                    );
                    let after = scenario.files(root.path());
                    // Several projects are saved each for itself: those that came through are new.
                    assert!(
                        before.len() > 1 || after == before,
                        "{context}: the old file has changed"
                    );
                }
                code => panic!("{context}: exit {code:?}, {stderr}"),
            }
            scenario
                .check(root.path(), acknowledged)
                .and_then(|()| scenario.check_next(root.path()))
                .unwrap_or_else(|wrong| panic!("{context}: {wrong}"));
        }
    }
}
