//! Texts that are sent to sessions.

use std::fs;
use std::time::Duration;

use tests::fake_claude::{
    DEAF_DIALOG, DEAF_START, LATE_REGISTRY, LOSE_ENTER, LOSE_EVERY_ENTER, NO_HOOKS, STARTUP_DIALOG,
};
use tests::process::Signal;
use tests::{Environment, Extent, FakeClaude, wait_for, wait_until};

use crate::agents::Agents;
use crate::switch::type_into;

#[test]
fn an_idle_agent_gets_the_text_and_acknowledges_it() {
    let (agents, start) = Agents::with_todo();
    let output = agents.send(&["todo", "write", "the docs"]).success();
    assert_eq!(output.stdout_str(), "todo delivered\n");
    let long = "a long line of words, with \u{e4}\u{f6}\u{fc} and \u{65e5}\u{672c}\n\tand a tab\n".repeat(150);
    let json = agents
        .env
        .tsm(["send", "todo", "--stdin", "--json"])
        .stdin(long.as_str())
        .run()
        .success()
        .json();
    assert_eq!(
        json,
        serde_json::json!({"schema": 1, "results": [{"project": "todo", "outcome": "delivered", "detail": null}]})
    );
    let long = long.trim_end_matches('\n').replace('\t', "    ");
    assert_eq!(agents.claude.prompts(start.pid), ["write the docs".to_owned(), long]);
}

#[test]
fn what_looks_like_a_key_or_a_command_is_text() {
    let (agents, start) = Agents::with_todo();
    let texts = [
        "Enter",
        "C-c",
        ";",
        "a;",
        "#{pane_id} #(touch x)",
        "$HOME `x` \\",
        "-l",
        "~",
    ];
    for text in texts {
        agents.send(&["todo", "--", text]).success();
    }
    assert_eq!(agents.claude.prompts(start.pid), texts);
    agents.send(&["todo", "\x1b[201~\rrm -rf"]).code(7);
    assert_eq!(agents.claude.prompts(start.pid).len(), texts.len());
}

#[test]
fn a_starting_agent_is_waited_for() {
    let agents = Agents::new();
    agents.claude.delay_start(Duration::from_millis(700));
    let path = agents.env.project("todo");
    agents.env.tsm(["create", "."]).dir(&path).run().success();
    agents.send(&["todo", "hello"]).success();
    let start = agents.started_in("todo", 1);
    assert_eq!(agents.claude.prompts(start.pid), ["hello"]);
    assert!(
        !agents.claude.log(start.pid).contains(&"LOST enter".to_owned()),
        "nothing came too early"
    );
}

/// As the real one on a busy machine.
#[test]
fn an_agent_that_says_idle_before_it_takes_enter_is_given_time() {
    for how in [DEAF_START, LATE_REGISTRY] {
        let agents = Agents::new();
        agents.claude.delay_start(Duration::from_millis(600));
        agents.claude.behave_for(how, Duration::from_millis(700));
        let start = agents.create("todo");
        agents.send(&["todo", "hello"]).success();
        let log = agents.claude.log(start.pid);
        assert!(!log.contains(&"LOST enter".to_owned()), "{how}: {log:?}");
        assert_eq!(agents.claude.prompts(start.pid), ["hello"]);
    }
}

#[test]
fn an_agent_that_does_not_start_in_time_gets_nothing() {
    let agents = Agents::new();
    agents.claude.delay_start(Duration::from_secs(600));
    let start = agents.create("todo");
    let output = agents.send(&["todo", "hello", "--wait", "1"]).code(7);
    assert!(output.stderr_str().contains("todo refused: it "), "{output:?}");
    assert!(agents.claude.log(start.pid).is_empty());
    assert!(start.process().signal(Signal::KILL));
}

#[test]
fn a_dialog_of_the_start_is_told_and_never_answered() {
    let agents = Agents::new();
    agents.claude.behave(STARTUP_DIALOG);
    let start = agents.create("todo");
    let agent = agents.wait_status("todo", "waiting");
    assert_eq!(agent["waiting_for"], "startup dialog");
    let output = agents.send(&["todo", "hello", "--wait", "0"]).code(7);
    assert!(output.stderr_str().contains("a dialog of its start"), "{output:?}");
    agents.send(&["todo", "y", "--wait", "0", "--answer"]).code(7);
    assert!(agents.claude.log(start.pid).is_empty(), "no key was pressed");
    type_into(&agents.env, &agents.env.panes("claude-todo")[0].id, "y");
    agents.wait_status("todo", "idle");
}

#[test]
fn a_working_agent_is_left_alone_or_gets_the_text_for_later() {
    let (agents, start) = Agents::with_todo();
    agents.send(&["todo", "slow", "work"]).success();
    assert_eq!(agents.status("todo")["status"], "working");
    let output = agents.send(&["todo", "hello"]).code(7);
    assert!(
        output.stderr_str().contains("todo refused: it is working"),
        "{output:?}"
    );
    let output = agents.send(&["todo", "later", "--queue"]).success();
    assert_eq!(output.stdout_str(), "todo queued\n");
    agents.claude.finish();
    agents.wait_status("todo", "idle");
    assert_eq!(agents.claude.prompts(start.pid), ["slow work", "later"]);
}

#[test]
fn an_open_dialog_is_answered_only_on_request() {
    let (agents, start) = Agents::with_todo();
    agents.send(&["todo", "ask", "me"]).success();
    let agent = agents.wait_status("todo", "waiting");
    assert_eq!(agent["waiting_for"], "permission prompt");
    for args in [
        &["todo", "hello"][..],
        &["todo", "hello", "--queue"],
        &["todo", "hello", "--force"],
    ] {
        let output = agents.send(args).code(7);
        assert!(output.stderr_str().contains("permission prompt"), "{output:?}");
    }
    assert!(!agents.claude.log(start.pid).contains(&"APPROVED".to_owned()));
    assert_eq!(agents.status("todo")["status"], "waiting", "the dialog is still open");
    agents.send(&["todo", "3", "--answer", "--no-enter"]).success();
    agents.claude.wait_log(start.pid, "DENIED");
    agents.wait_status("todo", "idle");
    assert!(!agents.claude.log(start.pid).contains(&"APPROVED".to_owned()));
    agents.send(&["todo", "1", "--answer"]).code(7);
}

#[test]
fn a_dialog_that_has_just_opened_is_given_time_to_take_keys() {
    let (agents, start) = Agents::with_todo();
    agents.claude.behave_for(DEAF_DIALOG, Duration::from_millis(400));
    agents.send(&["todo", "ask", "me"]).success();
    agents.claude.wait_status(start.pid, "waiting");
    let output = agents.send(&["todo", "3", "--answer", "--no-enter"]).success();
    assert_eq!(output.stdout_str(), "todo delivered\n");
    let log = agents.claude.log(start.pid);
    assert!(!log.contains(&"LOST answer".to_owned()), "{log:?}");
    assert_eq!(log.last().map(String::as_str), Some("DENIED"));
}

#[test]
fn an_enter_that_was_lost_is_pressed_once_more_and_no_more() {
    let (agents, start) = Agents::with_todo();
    agents.claude.behave(LOSE_ENTER);
    agents.send(&["todo", "hello"]).success();
    assert_eq!(agents.claude.prompts(start.pid), ["hello"]);
    agents.claude.behave(LOSE_EVERY_ENTER);
    let output = agents.send(&["todo", "again"]).code(8);
    assert!(output.stderr_str().contains("todo typed"), "{output:?}");
    assert_eq!(agents.claude.prompts(start.pid), ["hello"]);
    let lost = agents
        .claude
        .log(start.pid)
        .iter()
        .filter(|line| *line == "LOST enter")
        .count();
    assert_eq!(lost, 3, "one for the first text, two for the second");
}

#[test]
fn a_draft_of_the_user_goes_with_the_text() {
    let (agents, start) = Agents::with_todo();
    let pane = agents.env.panes("claude-todo")[0].id.clone();
    agents.env.tmux(["send-keys", "-t", &pane, "-l", "a draft "]);
    agents.send(&["todo", "and a text"]).success();
    assert_eq!(agents.claude.prompts(start.pid), ["a draft and a text"]);
}

#[test]
fn whoever_looks_back_through_the_pane_sees_the_text_arrive() {
    let (agents, start) = Agents::with_todo();
    let pane = agents.env.panes("claude-todo")[0].id.clone();
    agents.env.tmux(["copy-mode", "-t", &pane]);
    agents.send(&["todo", "hello\nyou"]).success();
    assert_eq!(agents.claude.prompts(start.pid), ["hello\nyou"]);
    let mode = agents
        .env
        .tmux(["display-message", "-p", "-t", &pane, "#{pane_in_mode}"]);
    assert_eq!(mode, b"0\n");
}

#[test]
fn where_the_agent_has_ended_its_prompt_is_no_command() {
    let (agents, start) = Agents::with_todo();
    assert!(start.process().signal(Signal::TERM));
    agents.wait_status("todo", "exited");
    let output = agents.send(&["todo", "touch", "prompt"]).code(7);
    assert!(output.stderr_str().contains("it has ended"), "{output:?}");
    // Named by its number, the pane is the shell that it is now.
    agents.send(&["todo", "touch command", "--pane", "0"]).success();
    let path = agents.env.project("todo");
    wait_until("the command", || path.join("command").exists().then_some(()));
    assert!(!path.join("prompt").exists());
}

#[test]
fn an_agent_that_crashed_is_exited_whatever_its_registry_says() {
    let (agents, start) = Agents::with_todo();
    type_into(&agents.env, &agents.env.panes("claude-todo")[0].id, "crash");
    agents.claude.wait_log(start.pid, "CRASH");
    assert!(agents.claude.registry(start.pid).exists());
    agents.wait_status("todo", "exited");
    agents.send(&["todo", "hello"]).code(7);
}

#[test]
fn without_hooks_it_counts_that_the_agent_works() {
    let agents = Agents::new();
    agents.claude.behave(NO_HOOKS);
    let start = agents.create("todo");
    agents.claude.wait_status(start.pid, "idle");
    let json = agents
        .env
        .tsm(["send", "todo", "slow", "--json"])
        .run()
        .success()
        .json();
    assert_eq!(json["results"][0]["detail"], "seen working; its hooks don't report");
}

#[test]
fn without_a_registry_its_hooks_tell() {
    let agents = Agents::new();
    agents.claude.behave(tests::fake_claude::NO_REGISTRY);
    let start = agents.create("todo");
    agents.wait_status("todo", "idle");
    agents.send(&["todo", "ask"]).success();
    assert_eq!(
        agents.wait_status("todo", "waiting")["waiting_for"],
        "permission prompt"
    );
    agents.send(&["todo", "hello"]).code(7);
    assert!(!agents.claude.log(start.pid).contains(&"APPROVED".to_owned()));
}

#[test]
fn commands_of_the_agent_itself_are_delivered_when_something_comes_of_them() {
    let (agents, start) = Agents::with_todo();
    agents.send(&["todo", "/clear"]).success();
    assert_eq!(agents.claude.prompts(start.pid), ["/clear"]);
}

#[test]
fn a_shell_gets_bytes_of_any_number_as_they_are() {
    let env = Environment::new();
    let path = env.project("todo");
    env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
    let mut bytes: Vec<u8> = "Enter C-c ; #{pane_id} $(touch x) `x` \u{e4}\u{65e5}\n\t'\"\\ ~ "
        .bytes()
        .cycle()
        .take(200_000)
        .collect();
    while std::str::from_utf8(&bytes).is_err() {
        bytes.pop();
    }
    let count = bytes.len();
    let read = format!("stty raw -echo; : > ready; head -c {count} > out; stty sane; mv out done");
    env.tsm(["send", "todo", &read, "--pane", "shell"]).run().success();
    wait_until("the reader", || path.join("ready").exists().then_some(()));
    env.tsm(["send", "todo", "--stdin", "--pane", "1", "--no-enter"])
        .stdin(bytes.clone())
        .run()
        .success();
    wait_until("the bytes", || path.join("done").exists().then_some(()));
    assert!(fs::read(path.join("done")).unwrap() == bytes);
    assert!(!path.join("x").exists());
}

/// What is meant for an agent would be a shell's commands.
#[test]
fn without_an_agent_only_a_shell_that_was_asked_for_gets_the_text() {
    let env = Environment::new();
    let path = env.project("todo");
    let text = "echo typed > here";
    let made = env.tsm(["create", "."]).dir(&path).run().success();
    assert!(made.stderr_str().contains("isn't in PATH"), "{made:?}");
    let refused = env.tsm(["send", "todo", text]).run().code(7);
    assert!(
        refused
            .stderr_str()
            .contains("todo refused: it has no agent; `--pane shell`"),
        "{refused:?}"
    );
    env.tsm(["send", "todo", "--pane", "agent", text]).run().code(7);
    assert!(!path.join("here").exists());
    env.tsm(["send", "todo", "--pane", "0", text]).run().success();
    wait_until("the file", || path.join("here").exists().then_some(()));
    // A session that came back without its agent is no different.
    env.tsm(["kill", "todo"]).run().success();
    env.tsm(["restore", "todo"]).run().success();
    env.tsm(["send", "todo", text]).run().code(7);

    let asked = |name: &str, args: &[&str]| {
        let path = env.project(name);
        env.tsm(["create", "."]).args(args).dir(&path).run().success();
        let sent = || {
            env.tsm(["send", name, text]).run().success();
            wait_until("the file", || fs::remove_file(path.join("here")).ok());
        };
        sent();
        env.tsm(["kill", name]).run().success();
        env.tsm(["restore", name]).run().success();
        sent();
    };
    asked("none", &["--no-agent"]);
    asked("plain", &["--template", "plain"]);
    env.tsm_config("agent = \"shell\"\n");
    asked("shell", &[]);
    // With an agent that is wanted again, it isn't any more.
    env.tsm_config("");
    env.tsm(["kill", "none"]).run().success();
    env.tsm(["switch", "none", "--fresh", "--no-attach"]).run().success();
    env.tsm(["send", "none", text]).run().code(7);
}

/// Refused is what a guard refuses.
#[test]
fn what_keeps_tsm_from_trying_is_an_error() {
    let env = Environment::new();
    for name in ["one", "two"] {
        let path = env.project(name);
        env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
        env.tsm(["send", name, "true"]).run().success();
    }
    let locks = fs::read_dir(env.home().join(".local/state/tsm/locks"))
        .unwrap()
        .flatten();
    for lock in locks.filter(|lock| lock.file_name().to_string_lossy().starts_with("send-")) {
        fs::remove_file(lock.path()).unwrap();
        fs::create_dir(lock.path()).unwrap();
    }
    let output = env.tsm(["send", "one", "true"]).run().code(1);
    assert!(output.stderr_str().starts_with("tsm: send failed: "), "{output:?}");
    // Of several each has a result.
    let output = env.tsm(["send", "one,two", "true"]).run().code(7);
    assert!(output.stderr_str().contains("tsm: two refused: "), "{output:?}");
}

#[test]
fn several_projects_have_a_result_each() {
    let agents = Agents::new();
    let first = agents.create("one");
    let second = agents.create("two");
    agents.wait_status("one", "idle");
    agents.wait_status("two", "idle");
    agents.send(&["two", "ask"]).success();
    agents.wait_status("two", "waiting");
    let json = agents
        .env
        .tsm(["send", "one,two", "hello", "--json"])
        .run()
        .code(8)
        .json();
    let outcome = |n: usize| {
        (
            json["results"][n]["project"].clone(),
            json["results"][n]["outcome"].clone(),
        )
    };
    assert_eq!(outcome(0), ("one".into(), "delivered".into()));
    assert_eq!(outcome(1), ("two".into(), "refused".into()));
    assert_eq!(agents.claude.prompts(first.pid), ["hello"]);
    let refused = agents.send(&["--all", "--pane", "agent", "slow"]).code(8);
    assert!(refused.stdout_str().contains("one delivered"), "{refused:?}");
    assert_eq!(agents.claude.prompts(second.pid), ["ask"]);
    // Nothing is typed anywhere if one of them isn't there.
    let output = agents.send(&["one,nowhere", "hello", "--queue"]).code(3);
    assert!(output.stderr_str().contains("nowhere"), "{output:?}");
    assert_eq!(agents.claude.prompts(first.pid), ["hello", "slow"]);
}

#[test]
fn the_original_scripts_name_takes_its_three_words() {
    let (agents, start) = Agents::with_todo();
    let script = agents.env.bin().join("tmux-session-manager.sh");
    std::os::unix::fs::symlink(agents.env.bin().join("tsm"), &script).unwrap();
    let call = |args: &[&str]| agents.env.command(&script, args).run();
    call(&["send", "todo", "./todo complete"]).success();
    assert_eq!(agents.claude.prompts(start.pid), ["./todo complete"]);
    call(&["send", "todo", "touch here", "1"]).success();
    let path = agents.env.project("todo");
    wait_until("the command", || path.join("here").exists().then_some(()));
    assert!(
        call(&["status", "todo"])
            .success()
            .stdout_str()
            .contains("Projekt: todo")
    );
}

#[test]
fn two_who_send_at_once_both_arrive() {
    let (agents, start) = Agents::with_todo();
    let calls: Vec<_> = (0..6)
        .map(|n| agents.env.tsm(["send", "todo", &format!("text {n}")]).start())
        .collect();
    for call in calls {
        call.wait().success();
    }
    let mut prompts = agents.claude.prompts(start.pid);
    prompts.sort();
    assert_eq!(prompts, (0..6).map(|n| format!("text {n}")).collect::<Vec<_>>());
}

/// All of 200 and 50 in `cargo xtask soak agents`.
#[test]
fn every_warm_send_is_delivered() {
    let (agents, start) = Agents::with_todo();
    let count = Extent::asked().amount(200, 15);
    for n in 0..count {
        let text = format!("text {n}{}", if n % 3 == 0 { "\nof two lines" } else { "" });
        agents.send(&["todo", &text]).success();
        assert_eq!(agents.claude.prompts(start.pid).last(), Some(&text));
    }
    assert_eq!(agents.claude.prompts(start.pid).len(), count);
}

#[test]
fn every_cold_send_is_delivered() {
    let mut extent = Extent::asked();
    let delays: Vec<u64> = (0..50).map(|n| n * 30).collect();
    for delay in extent.of(delays, 3) {
        let env = Environment::new();
        let claude = FakeClaude::install(&env);
        claude.delay_start(Duration::from_millis(delay));
        let path = env.project("todo");
        env.tsm(["create", "."]).dir(&path).run().success();
        env.tsm(["send", "todo", "first"]).run().success();
        let start = claude.wait_started(1).remove(0);
        assert_eq!(claude.prompts(start.pid), ["first"], "after {delay} ms");
    }
}

/// However often: a dialog that was open at the check gets no Enter.
#[test]
fn no_send_answers_a_dialog() {
    let (agents, start) = Agents::with_todo();
    let count = Extent::asked().amount(200, 5);
    let pane = agents.env.panes("claude-todo")[0].id.clone();
    for _ in 0..count {
        agents.send(&["todo", "ask"]).success();
        agents.claude.wait_status(start.pid, "waiting");
        agents.send(&["todo", "hello", "--queue"]).code(7);
        agents.env.tmux(["send-keys", "-t", &pane, "3"]);
        wait_for("the answer", || {
            let log = agents.claude.log(start.pid);
            if log.last().is_some_and(|line| line == "DENIED") {
                Ok(())
            } else {
                Err(log)
            }
        });
        agents.claude.wait_status(start.pid, "idle");
    }
    let log = agents.claude.log(start.pid);
    assert!(!log.contains(&"APPROVED".to_owned()), "{log:?}");
}
