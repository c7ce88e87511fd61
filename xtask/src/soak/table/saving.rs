//! Seeing sessions whole, saving them, the log and the figures.

use super::{Mutant, mutant};

const SEEN: &[&str] = &["--package", "session-recovery", "--lib", "complete::"];
const OPS: &[&str] = &["--package", "session-ops", "--lib"];
const AUTOSAVE: &[&str] = &["--package", "tests", "--test", "e2e", "autosave::"];
const E2E: &[&str] = &["--package", "tests", "--test", "e2e", "incomplete::"];

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a record of the log may hold control characters",
        "session-ops/src/log/format.rs",
        "c.is_control()\n",
        "false\n",
        OPS,
    ),
    mutant(
        "figures that were folded in before a crash count again",
        "session-ops/src/metrics/totals.rs",
        "self.folded.iter().any(|folded| folded == name)",
        "name.is_empty()",
        OPS,
    ),
    mutant(
        "a quote ends the word that a hook hands to sh",
        "session-ops/src/autosave/hook_text.rs",
        "b'\\'' => quoted.push_str(\"'\\\\''\"),\n",
        "",
        OPS,
    ),
    mutant(
        "the mark of a change outlives the look at it",
        "session-ops/src/autosave/saver.rs",
        "    let _gone_with_its_server = context.server.run(vec![unmark()]);\n",
        "",
        AUTOSAVE,
    ),
    mutant(
        "a saver that finds another at it leaves no mark",
        "session-ops/src/autosave/saver.rs",
        "    open_mark(context, &dirty)?;\n",
        "    if !mark(context, \"saver\").exists() { open_mark(context, &dirty)?; }\n",
        AUTOSAVE,
    ),
    mutant(
        "an answer that was cut off is saved",
        "session-recovery/src/complete.rs",
        "if !snapshot.whole {",
        "if false {",
        SEEN,
    ),
    mutant(
        "windows may be missing",
        "session-recovery/src/complete.rs",
        "if listed != counted || listed == 0 {",
        "if false {",
        SEEN,
    ),
    mutant(
        "panes may be missing",
        "session-recovery/src/complete.rs",
        "if listed != window.pane_count || listed == 0 {",
        "if false {",
        SEEN,
    ),
    mutant(
        "the server may have ended",
        "session-ops/src/record.rs",
        "if let Err(why) = check_server(server) {",
        "if let (true, Err(why)) = (false, check_server(server)) {",
        E2E,
    ),
    mutant(
        "the session may have ended",
        "session-ops/src/record.rs",
        "let steady = ended.is_empty() || ended_before == Some(ended.as_slice());",
        "let steady = true;",
        E2E,
    ),
    mutant(
        "an answer that was cut off closes sessions",
        "session-ops/src/save.rs",
        "let live = read_whole(context)?;",
        "let live = Live::read(context)?;",
        E2E,
    ),
];
