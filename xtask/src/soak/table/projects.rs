//! Projects: their servers, hooks, templates and worktrees; switching.

use super::{Mutant, mutant};

const SERVERS: &[&str] = &["--package", "tests", "--test", "e2e", "servers"];
const HOOK_WARNS: &[&str] = &["--package", "tests", "--test", "e2e", "hooks::a_hook_that_only_warns"];
const HOOK_REFUSES: &[&str] = &["--package", "tests", "--test", "e2e", "hooks::a_hook_that_refuses"];
const HOOK_CALLS: &[&str] = &["--package", "tests", "--test", "e2e", "hooks::a_hook_may_call"];
const HOOK_ERRORS: &[&str] = &["--package", "tests", "--test", "e2e", "hooks::error_hooks"];
const TEMPLATE: &[&str] = &["--package", "session-ops", "--lib", "template::"];
const WORKTREE_HOSTILE: &[&str] = &["--package", "tests", "--test", "e2e", "worktree::hostile"];
const WORKTREE_HAS: &[&str] = &["--package", "tests", "--test", "e2e", "worktree::the_project"];
const SERVERS_PATH: &[&str] = &["--package", "tests", "--test", "e2e", "servers_apart::a_servers_path"];
const FRESH: &[&str] = &["--package", "tests", "--test", "e2e", "switch::fresh_from_a_terminal"];

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "a project gets a second session in another server",
        "session-ops/src/elsewhere.rs",
        "Ok((_, other)) if other.of_project(project).is_none() => Ok(()),",
        "Ok(_) => Ok(()),",
        SERVERS,
    ),
    mutant(
        "all of a server are restored in another one",
        "session-ops/src/elsewhere.rs",
        "Some(_) => home(context, project).is_none(),",
        "Some(_) => true,",
        SERVERS,
    ),
    mutant(
        "what an agent of another server works with is ended",
        "session-ops/src/detect/processes.rs",
        "if entry.agent.as_deref().is_some_and(at_work_elsewhere) {",
        "if entry.agent.as_deref().is_some_and(|_| false) {",
        SERVERS,
    ),
    mutant(
        "a hook may take as long as it likes",
        "session-ops/src/hooks/run.rs",
        "started + limit, &mut ran",
        "started + limit.max(Duration::from_secs(86_400)), &mut ran",
        HOOK_WARNS,
    ),
    mutant(
        "a hook that fails stops nothing",
        "session-ops/src/hooks.rs",
        "match hook.on_failure {",
        "match OnFailure::Warn {",
        HOOK_REFUSES,
    ),
    mutant(
        "a hook runs while tsm holds the lock",
        "session-ops/src/switch.rs",
        "hooks::before(context, HookEvent::PreSwitch, &about, events)?;",
        "let held = context.lock_operation(\"switch\", events)?; hooks::before(context, HookEvent::PreSwitch, &about, events)?; \
         held.release();",
        HOOK_CALLS,
    ),
    mutant(
        "the hooks of errors hear nothing of what failed beside what worked",
        "session-ops/src/hooks.rs",
        "for part in context.account.take_failed() {",
        "for part in context.account.take_failed().into_iter().skip(usize::MAX) {",
        HOOK_ERRORS,
    ),
    mutant(
        "a template's variable has no value",
        "session-ops/src/template/variables.rs",
        "expanded.push_str(value);",
        "expanded.push_str(variable);",
        TEMPLATE,
    ),
    mutant(
        "all panes of a template have the same share",
        "session-ops/src/template/plan.rs",
        "share: pane.share.unwrap_or(average),",
        "share: average,",
        TEMPLATE,
    ),
    mutant(
        "any text is a branch",
        "session-ops/src/projects.rs",
        "if let Some(why) = unusable(branch) {",
        "if let Some(why) = unusable(branch).filter(|_| false) {",
        WORKTREE_HOSTILE,
    ),
    mutant(
        "a worktree is done when its repository is",
        "session-ops/src/config/projects.rs",
        "|within| to.join(within))",
        "|_within| path.to_owned())",
        WORKTREE_HAS,
    ),
    mutant(
        "a file gives way to a server's socket",
        "session-ops/src/build.rs",
        "        check_place(context.server.socket_path())?;\n",
        "",
        SERVERS_PATH,
    ),
    mutant(
        "the end of a session that is replaced waits for the client that tsm becomes",
        "session-ops/src/switch.rs",
        "last.map(HandOver::go_now)",
        "last.map(HandOver::go)",
        FRESH,
    ),
];
