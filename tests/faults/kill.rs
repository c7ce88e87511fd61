//! A save that is killed before any of its system calls leaves the old or the new state, and the next one needs no help.

use std::os::unix::process::ExitStatusExt;

use tests::Extent;
use tests::system_calls::{record, run_with};

use crate::scenario;

#[test]
fn a_save_killed_before_any_system_call_loses_nothing() {
    let mut extent = Extent::asked();
    for scenario in scenario::all().into_iter().chain([scenario::many()]) {
        let root = scenario.start();
        let calls = record(root.path(), &scenario.program(root.path()));
        scenario.check(root.path(), true).unwrap();
        let total = calls.len();
        let mut killed = 0;
        let points = extent.of(calls, 16);
        println!("{}: {} of {total} points", scenario.name, points.len());
        for call in points {
            let root = scenario.start();
            let output = run_with(&[call.kill()], &scenario.program(root.path()));
            killed += usize::from(output.status.signal() == Some(9));
            let acknowledged = output.stdout == b"saved\n";
            scenario
                .check(root.path(), acknowledged)
                .and_then(|()| scenario.check_next(root.path()))
                .unwrap_or_else(|wrong| panic!("{}, killed before {}: {wrong}", scenario.name, call.text));
        }
        // Else the calls weren't where they were looked for, and this test tested nothing.
        assert!(killed > 0, "{}: nothing was killed", scenario.name);
    }
}
