//! Agents, and ending what runs.

use super::{Mutant, mutant};

const SEND: &[&str] = &["--package", "tests", "--test", "e2e", "send::an_open_dialog"];
const SEND_YOUNG: &[&str] = &["--package", "tests", "--test", "e2e", "send::an_agent_that_says_idle"];
const SEND_DIALOG: &[&str] = &["--package", "tests", "--test", "e2e", "send::a_dialog_that_has_just"];
const EARLIER: &[&str] = &["--package", "tests", "--test", "e2e", "agent_status::what_an_earlier"];
const STATUS: &[&str] = &["--package", "tests", "--test", "e2e", "agent_status::a_registry"];
const AGENT: &[&str] = &["--package", "session-ops", "--lib", "agent::"];
const ENDING: &[&str] = &["--package", "session-ops", "--lib", "end_processes::"];
const GUARD: &[&str] = &["--package", "session-ops", "--lib", "guard::"];

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a dialog doesn't matter",
        "session-ops/src/send/agent.rs",
        "AgentStatus::Waiting if self.request.answer => Judgement::Go,",
        "AgentStatus::Waiting => Judgement::Go,",
        SEND,
    ),
    mutant(
        "an agent that is still starting gets its text at once",
        "session-ops/src/send/settled.rs",
        "const YOUNG: u64 = 3;",
        "const YOUNG: u64 = 0;",
        SEND_YOUNG,
    ),
    mutant(
        "the first hook of an agent makes it idle",
        "session-ops/src/agent/status.rs",
        "const SESSION_STARTED: i64 = 5;",
        "const SESSION_STARTED: i64 = -1;",
        SEND_YOUNG,
    ),
    mutant(
        "a dialog that has just opened gets its answer at once",
        "session-ops/src/send/settled.rs",
        "const DRAWN: Duration = Duration::from_millis(500);",
        "const DRAWN: Duration = Duration::ZERO;",
        SEND_DIALOG,
    ),
    mutant(
        "what an earlier agent reported counts",
        "session-ops/src/agent/hooks.rs",
        "if path.exists() {",
        "if path.exists() && path.as_os_str().is_empty() {",
        EARLIER,
    ),
    mutant(
        "an acknowledgement of any text will do",
        "session-ops/src/agent/hooks.rs",
        "if self.digest == sent.digest {",
        "if !sent.digest.is_empty() {",
        AGENT,
    ),
    mutant(
        "a file of an earlier process is believed",
        "session-ops/src/agent/status.rs",
        "if entry.start_time != process.start_time || process.ended {",
        "if process.ended {",
        STATUS,
    ),
    mutant(
        "an entry about another pane is believed",
        "session-ops/src/agent/status.rs",
        "if entry.pane != Some(self.pane.id) {",
        "if entry.pane.is_none() {",
        STATUS,
    ),
    mutant(
        "a conversation is opened twice",
        "session-ops/src/agent/lease.rs",
        "!mine.contains(&owner.pid) && matches!",
        "owner.pid == 0 && matches!",
        AGENT,
    ),
    mutant(
        "a link is a completion marker",
        "session-ops/src/guard.rs",
        "fs::symlink_metadata(marker)",
        "fs::metadata(marker)",
        GUARD,
    ),
    mutant(
        "tsm may signal itself",
        "session-ops/src/end_processes.rs",
        "if above.contains(&identity.pid) {",
        "if false {",
        ENDING,
    ),
];
