//! The mutants: which protection is taken out, where, and the tests that must notice.

/// One protection that is taken out.
pub(super) struct Mutant {
    /// What is missing then.
    pub(super) name: &'static str,
    pub(super) file: &'static str,
    /// The text, which stands there once.
    from: &'static str,
    to: &'static str,
    /// The tests that must fail, as arguments of `cargo test`.
    pub(super) tests: &'static [&'static str],
}

impl Mutant {
    /// The file without the protection.
    pub(super) fn apply(&self, text: &str) -> Result<String, String> {
        match text.matches(self.from).count() {
            1 => Ok(text.replacen(self.from, self.to, 1)),
            count => Err(format!(
                "the mutant {:?} is out of date: its text stands {count} times in {}",
                self.name, self.file
            )),
        }
    }
}

const LOCK: &[&str] = &["--package", "session-lock", "--lib"];
const STATE: &[&str] = &["--package", "session-state", "--lib"];
const SEEN: &[&str] = &["--package", "session-recovery", "--lib", "complete::"];
const FAULTS: &[&str] = &["--package", "tests", "--test", "faults"];
const OPS: &[&str] = &["--package", "session-ops", "--lib"];
const AUTOSAVE: &[&str] = &["--package", "tests", "--test", "e2e", "autosave::"];
const E2E: &[&str] = &["--package", "tests", "--test", "e2e", "incomplete::"];

const SEND: &[&str] = &["--package", "tests", "--test", "e2e", "send::an_open_dialog"];
const SEND_YOUNG: &[&str] = &["--package", "tests", "--test", "e2e", "send::an_agent_that_says_idle"];
const SEND_DIALOG: &[&str] = &["--package", "tests", "--test", "e2e", "send::a_dialog_that_has_just"];
const EARLIER: &[&str] = &["--package", "tests", "--test", "e2e", "agent_status::what_an_earlier"];
const STATUS: &[&str] = &["--package", "tests", "--test", "e2e", "agent_status::a_registry"];
const AGENT: &[&str] = &["--package", "session-ops", "--lib", "agent::"];
const BACKUP: &[&str] = &["--package", "session-recovery", "--lib", "backup::"];
const ENDING: &[&str] = &["--package", "session-ops", "--lib", "end_processes::"];
const SERVERS: &[&str] = &["--package", "tests", "--test", "e2e", "servers::"];
const GUARD: &[&str] = &["--package", "session-ops", "--lib", "guard::"];

const fn mutant(
    name: &'static str,
    file: &'static str,
    from: &'static str,
    to: &'static str,
    tests: &'static [&'static str],
) -> Mutant {
    Mutant {
        name,
        file,
        from,
        to,
        tests,
    }
}

pub(super) const MUTANTS: &[Mutant] = &[
    mutant(
        "the lock isn't released before its descriptor is closed",
        "session-lock/src/guard.rs",
        "let _closing_does_it_too = flock::unlock(&self.file);",
        "",
        LOCK,
    ),
    mutant(
        "any process that has the guard releases the lock",
        "session-lock/src/guard.rs",
        "if std::process::id() != self.holder {",
        "if false {",
        LOCK,
    ),
    mutant(
        "a lock file that was removed while it was waited for counts",
        "session-lock/src/acquire.rs",
        "!= Some(inode) {",
        "== None {",
        LOCK,
    ),
    mutant(
        "a crash isn't reported",
        "session-lock/src/guard.rs",
        "Record::Held(owner) => Previous::Crashed(owner),",
        "Record::Held(_) => Previous::Clean,",
        LOCK,
    ),
    mutant(
        "an abandoned waiter keeps the lock that it gets",
        "session-lock/src/acquire.rs",
        "let _closing_does_it_too = flock::unlock(&file);",
        "std::mem::forget(file);",
        LOCK,
    ),
    mutant(
        "waiting is polling",
        "session-lock/src/acquire.rs",
        "let outcome = lock_in_turn(&file, exclusive, in_turn);",
        "let mut pause = 1; let outcome = loop { match flock::try_lock(&file, exclusive) { Ok(false) => \
         { thread::sleep(Duration::from_millis(pause)); pause = (pause * 2).min(50); } other => break other.map(|_| ()) } };",
        FAULTS,
    ),
    mutant(
        "nobody queues up for a lock",
        "session-lock/src/acquire.rs",
        "let _place = in_turn.then(|| queue::wait_for_turn(file).ok()).flatten();",
        "",
        LOCK,
    ),
    mutant(
        "who comes when a lock was released overtakes those who wait",
        "session-lock/src/acquire.rs",
        "!in_turn || queue::is_empty(&file)",
        "true",
        LOCK,
    ),
    mutant(
        "who leaves the queue lets those behind it go past those before it",
        "session-lock/src/queue.rs",
        "length => taken_in(file, FIRST, length)?,",
        "_ => None,",
        LOCK,
    ),
    mutant(
        "links are followed to a lock file",
        "session-lock/src/open.rs",
        "OFlags::NOFOLLOW | OFlags::NONBLOCK",
        "OFlags::NONBLOCK",
        LOCK,
    ),
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
        "a lock file may be no file",
        "session-lock/src/open.rs",
        "if !metadata.is_file() {",
        "if false {",
        LOCK,
    ),
    mutant(
        "a lock file may have a second name",
        "session-lock/src/open.rs",
        "metadata.nlink() > 1",
        "false",
        LOCK,
    ),
    mutant(
        "a lock file may be open to others",
        "session-lock/src/open.rs",
        "metadata.mode() & 0o077 != 0",
        "false",
        LOCK,
    ),
    mutant(
        "a lock file may be another user's",
        "session-lock/src/open.rs",
        "metadata.uid() != rustix::process::geteuid().as_raw()",
        "false",
        LOCK,
    ),
    mutant(
        "a network file system is as good as any",
        "session-lock/src/acquire.rs",
        ".filter(|_| !options.allow_network_fs)",
        ".filter(|_| false)",
        LOCK,
    ),
    mutant(
        "a lock file may be truncated",
        "session-lock/src/open.rs",
        "OFlags::RDWR | OFlags::CREATE",
        "OFlags::RDWR | OFlags::CREATE | OFlags::TRUNC",
        LOCK,
    ),
    mutant(
        "a directory may be writable by others",
        "session-lock/src/replace/private_dir.rs",
        "metadata.mode() & 0o022 != 0",
        "false",
        LOCK,
    ),
    mutant(
        "a forked process holds what its parent does",
        "session-lock/src/registry.rs",
        ".contains(&(process, inode))",
        ".iter().any(|held| held.1 == inode)",
        LOCK,
    ),
    mutant(
        "a durable record has no durable name",
        "session-lock/src/guard.rs",
        "self.directory.sync_all()",
        "Ok(())",
        FAULTS,
    ),
    mutant(
        "who couldn't record itself releases the crashed holder's record",
        "session-lock/src/guard.rs",
        "self.recorded = *previous == Previous::Clean;",
        "self.recorded = true;",
        LOCK,
    ),
    mutant(
        "a reused process id is the process",
        "session-lock/src/process.rs",
        "Some(stat) if stat.start_time != self.start_time => Liveness::Reused,",
        "",
        FAULTS,
    ),
    mutant(
        "the first thread speaks for the process",
        "session-lock/src/process.rs",
        "if descriptor.is_none_or(has_ended) => Liveness::Zombie",
        "=> Liveness::Zombie",
        LOCK,
    ),
    mutant(
        "a zombie is alive",
        "session-lock/src/process.rs",
        "if descriptor.is_none_or(has_ended) => Liveness::Zombie",
        "=> Liveness::Alive",
        LOCK,
    ),
    mutant(
        "any number is a process id",
        "session-lock/src/process.rs",
        "if !(2..=MAX_PID).contains(&pid) {",
        "if false {",
        LOCK,
    ),
    mutant(
        "another machine is this one after a reboot",
        "session-lock/src/record.rs",
        "if self.host != host() {",
        "if false {",
        LOCK,
    ),
    mutant(
        "another namespace's process ids are ours",
        "session-lock/src/record.rs",
        "|| self.pid_namespace == pid_namespace()",
        "|| true",
        LOCK,
    ),
    mutant(
        "a file isn't synced",
        "session-lock/src/replace/staged.rs",
        ".sync_all()",
        ".metadata().map(drop)",
        FAULTS,
    ),
    mutant(
        "a directory isn't synced",
        "session-lock/src/replace.rs",
        "file.sync_all()",
        "file.metadata().map(drop)",
        FAULTS,
    ),
    mutant(
        "a new file is open to others",
        "session-lock/src/replace/staged.rs",
        ".mode(0o600)",
        ".mode(0o644)",
        LOCK,
    ),
    mutant(
        "leftovers aren't swept",
        "session-state/src/store.rs",
        "sweep_leftovers(&self.dir)?;",
        "",
        STATE,
    ),
    mutant(
        "leftovers of the living are swept",
        "session-lock/src/replace/leftovers.rs",
        "is_file && is_dead(writer)",
        "is_file",
        LOCK,
    ),
    mutant(
        "what was written isn't read back",
        "session-state/src/store/pass.rs",
        "Some((staged, bytes)) if !reads_back(&staged, bytes)? =>",
        "Some((staged, _)) if false =>",
        FAULTS,
    ),
    mutant(
        "the former state isn't kept",
        "session-state/src/store/pass.rs",
        "Former::Good(loaded) if job.saving.changed => {",
        "Former::Good(loaded) if false => {",
        STATE,
    ),
    mutant(
        "the history isn't synced before the rename",
        "session-state/src/store/pass.rs",
        "        self.sync_second_names(&mut jobs);\n",
        "",
        FAULTS,
    ),
    mutant(
        "a save whose directory couldn't be synced isn't undone",
        "session-state/src/store/pass.rs",
        "                job.put_back();\n",
        "",
        FAULTS,
    ),
    mutant(
        "a damaged file isn't put aside",
        "session-state/src/store/pass.rs",
        "                job.saving.quarantined = Some(aside.clone());\n                job.second_name = Some(aside);\n",
        "                let _removed = remove_file(&aside);\n",
        STATE,
    ),
    mutant(
        "a newer file is written over",
        "session-state/src/store/save.rs",
        "=> Err(StoreError::NewerVersion {\n                path: path.to_owned(),\n                version,\n            }),",
        "=> { let _ = version; Ok(Former::None) }",
        STATE,
    ),
    mutant(
        "a digest that doesn't match isn't noticed",
        "session-state/src/codec/header.rs",
        "self.digest.as_ref() == Some(&hex(body))",
        "true",
        STATE,
    ),
    mutant(
        "a shell sees what is between double quotes",
        "session-state/src/codec/quote.rs",
        "!text.contains(['$', '`', '\"', '\\\\'])",
        "!text.contains(['\"', '\\\\'])",
        STATE,
    ),
    mutant(
        "a state of another project will do",
        "session-state/src/store/file.rs",
        "if decoded.state.project != project {",
        "if false {",
        STATE,
    ),
    mutant(
        "an entry that was tampered with is as good as any",
        "session-state/src/store/load.rs",
        "if matches!(found.1.notice, None | Some(Notice::OriginalScript)) {",
        "if true {",
        STATE,
    ),
    mutant(
        "a clock that was ahead makes the history old",
        "session-state/src/store/pass.rs",
        "newest.chain([former.saved.at]).min().unwrap_or_default()",
        "newest.map(|_| former.saved.at).last().unwrap_or_default()",
        STATE,
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
        "an answer that was cut off closes sessions",
        "session-ops/src/save.rs",
        "let live = read_whole(context)?;",
        "let live = Live::read(context)?;",
        E2E,
    ),
    mutant(
        "a backup counts that doesn't read back",
        "session-recovery/src/backup/create.rs",
        "drop(verified?);",
        "drop(verified);",
        BACKUP,
    ),
    mutant(
        "a damaged backup takes the place of a sound one",
        "session-recovery/src/backup/prune.rs",
        "candidate.sound &= is_sound;",
        "candidate.sound |= is_sound;",
        BACKUP,
    ),
    mutant(
        "somebody's copy of a backup goes",
        "session-recovery/src/backup/prune.rs",
        "renamed: backup.renamed,",
        "renamed: false,",
        BACKUP,
    ),
    mutant(
        "what is written while a restore is staged is lost",
        "session-recovery/src/backup/swap.rs",
        "self.carry_over(Path::new(\"\"))?;",
        "",
        BACKUP,
    ),
    mutant(
        "what somebody made since the plan is overwritten",
        "session-recovery/src/backup/restore/apply.rs",
        "if std::fs::symlink_metadata(&target).is_ok() {",
        "if false {",
        BACKUP,
    ),
    mutant(
        "scrollback is replaced that can't be backed up",
        "session-recovery/src/backup/restore.rs",
        "matches!(state, Present::File(_))",
        "matches!(state, _)",
        BACKUP,
    ),
    mutant(
        "tsm may signal itself",
        "session-ops/src/end_processes.rs",
        "if above.contains(&identity.pid) {",
        "if false {",
        ENDING,
    ),
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
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cargo;

    #[test]
    fn every_mutant_still_finds_its_text() {
        for mutant in MUTANTS {
            let text = std::fs::read_to_string(cargo::root().join(mutant.file)).unwrap();
            let mutated = mutant.apply(&text).unwrap();
            assert_ne!(mutated, text, "{}", mutant.name);
        }
    }
}
