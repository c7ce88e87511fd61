//! Many commands in one call.

use tmux_core::{Batch, Command, CommandResult, Error, SessionId};

use super::world::{World, each, named};

fn told(results: Vec<CommandResult>) -> Vec<String> {
    let tell = |result| match result {
        CommandResult::Done(output) => format!("done {}", output.to_string().trim_end()),
        CommandResult::Failed(error) => format!("failed {error}"),
        CommandResult::NotRun => "not run".to_owned(),
    };
    results.into_iter().map(tell).collect()
}

fn print(text: &str) -> Command {
    Command::new("display-message")
        .flag("-p")
        .operands([tmux_core::Arg::Literal(text.into())])
}

fn missing() -> Command {
    Command::kill_session(SessionId(777))
}

/// A text that makes a batch larger than arguments may be.
fn padding(size: usize) -> Command {
    Command::set_user_option(SessionId(0), "@padding", vec![b'x'; size].into())
}

fn sizes(world: &World, test: impl Fn(&World, usize)) {
    for size in [10, 20_000, 300_000] {
        test(world, size);
    }
}

#[test]
fn a_batch_that_stops_says_where() {
    each(|world| {
        sizes(world, |world, size| {
            let mut batch = Batch::stop();
            batch.extend([print("a"), padding(size), print("b"), missing(), print("c")]);
            let results = told(world.server.run_batch(&batch).unwrap());
            assert_eq!(
                results,
                [
                    "done a",
                    "done ",
                    "done b",
                    "failed tmux: can't find session: $777",
                    "not run"
                ]
            );
            let Err(Error::Batch(error)) = world.server.run_whole_batch(&batch) else {
                panic!("no error");
            };
            assert_eq!(
                (error.index, error.command.as_str()),
                (3, r#""kill-session" "-t" "\044777""#)
            );
        });
    });
}

#[test]
fn a_batch_that_goes_on_has_a_result_for_each() {
    each(|world| {
        sizes(world, |world, size| {
            let mut batch = Batch::go_on();
            batch.extend([
                missing(),
                padding(size),
                print("a"),
                named("main").command(),
                print("b"),
            ]);
            let results = told(world.server.run_batch(&batch).unwrap());
            let expected = [
                "failed tmux: can't find session: $777",
                "done ",
                "done a",
                "failed tmux: duplicate session: main",
                "done b",
            ];
            assert_eq!(results, expected);
        });
    });
}

#[test]
fn thousands_of_commands_are_one_call() {
    each(|world| {
        let mut batch = Batch::stop();
        batch.extend((0..3000).map(|n| print(&format!("line {n}"))));
        let results = world.server.run_whole_batch(&batch).unwrap();
        assert_eq!(results.len(), 3000);
        assert_eq!(results[2999], "line 2999\n");
    });
}

#[test]
fn a_failure_beside_one_of_a_hook_is_not_given_its_words() {
    each(|world| {
        world
            .env
            .tmux(["set-hook", "-g", "after-set-option", "has-session -t =nope"]);
        let mut batch = Batch::go_on();
        batch.extend([padding(5), named("main").command()]);
        let results = world.server.run_batch(&batch).unwrap();
        let [CommandResult::Done(_), CommandResult::Failed(error)] = &results[..] else {
            panic!("{results:?}");
        };
        assert!(error.to_string().contains("duplicate session: main"), "{error}");
        assert!(!matches!(error, Error::NotFound { .. }), "{error}");
    });
}

#[test]
fn names_that_read_like_complaints_are_no_complaints() {
    each(|world| {
        for name in [
            "no such session",
            "access not allowed",
            "index in use: x",
            "no space for new pane",
        ] {
            world.server.new_session(named(name)).unwrap();
            let again = world.server.new_session(named(name));
            assert!(matches!(again, Err(Error::Exists { .. })), "{name}: {again:?}");
        }
    });
}

#[test]
fn hooks_of_the_user_spoil_no_result() {
    each(|world| {
        for verb in [
            "list-panes",
            "list-sessions",
            "list-windows",
            "list-clients",
            "new-window",
            "split-window",
            "set-option",
            "display-message",
        ] {
            world.env.tmux([
                "set-hook",
                "-g",
                &format!("after-{verb}"),
                "list-buffers -F x ; has-session -t =nope",
            ]);
        }
        for verb in ["rename-session", "load-buffer", "rename-window"] {
            world
                .env
                .tmux(["set-hook", "-g", &format!("after-{verb}"), "has-session -t =nope"]);
        }
        // What came through came through, whatever a hook says of it.
        let main = world.session("main").id;
        world
            .server
            .run(vec![Command::rename_session(main, "other".into())])
            .unwrap();
        world
            .server
            .run(vec![Command::rename_session(main, "main".into())])
            .unwrap();
        world
            .server
            .run(vec![Command::load_buffer("b".into(), b"data".to_vec())])
            .unwrap();
        world
            .env
            .tmux(["set-hook", "-g", "after-save-buffer", "list-sessions -F HOOKED"]);
        assert_eq!(world.server.buffer("b".into()).unwrap(), b"data");
        // Reads decode all the same, and what was made is known.
        let snapshot = world.snapshot();
        assert_eq!(snapshot.sessions.len(), 1);
        let made = world
            .server
            .new_window(tmux_core::NewWindow::at(snapshot.sessions[0].id))
            .unwrap();
        assert!(world.snapshot().window(made.window).is_some());
        let mut batch = Batch::stop();
        batch.extend([padding(5), Command::select_window(made.window)]);
        let results = world.server.run_batch(&batch).unwrap();
        assert!(
            results.iter().all(|result| matches!(result, CommandResult::Done(_))),
            "{results:?}"
        );
    });
}

#[test]
fn an_alias_of_the_user_that_replaces_our_command_is_named() {
    each(|world| {
        let pane = world.snapshot().windows[0].panes[0].id;
        world
            .server
            .run(vec![tmux_core::SplitWindow::of(pane).command()])
            .unwrap();
        let alias = |alias: &str| world.env.tmux(["set-option", "-s", "command-alias[99]", alias]);
        alias("list-panes=list-windows");
        let error = world.server.snapshot(tmux_core::UserOptions::default()).unwrap_err();
        assert!(error.to_string().contains("command-alias"), "{error}");
        alias("list-sessions=list-buffers");
        let snapshot = world.server.snapshot(tmux_core::UserOptions::default());
        assert!(snapshot.is_err(), "{snapshot:?}");
        // One that can't take our words is refused, with tmux's words.
        alias("list-panes=kill-session");
        assert!(world.server.snapshot(tmux_core::UserOptions::default()).is_err());
        world.env.tmux(["set-option", "-su", "command-alias[99]"]);
        assert_eq!(world.snapshot().windows[0].panes.len(), 2);
    });
}

#[test]
fn an_unknown_flag_is_the_fault_of_its_command() {
    each(|world| {
        let mut batch = Batch::stop();
        batch.extend([print("a"), Command::new("list-panes").flag("-Z")]);
        let results = told(world.server.run_batch(&batch).unwrap());
        assert!(results[1].starts_with("failed "), "{results:?}");
        assert!(results[0] == "not run" || results[0] == "done a", "{results:?}");
    });
}
