//! Hostile names through every channel that takes one: they come back byte for byte or are refused, nothing of them runs,
//! and the server lives.

use std::path::PathBuf;

use bstr::{BString, ByteSlice};
use tmux_core::{
    BreakPane, Command, EnvironmentScope, Error, ExactName, NewSession, NewWindow, OptionName, OptionScope,
    OptionValue, SplitWindow, UserOptions, WindowPlace,
};

use super::world::{World, each, named};

/// What people, programs and attackers call things. `RAN` is the file that each of the commands would make.
pub(super) fn hostile() -> Vec<BString> {
    let mut names: Vec<BString> = [
        "a|b",
        "a\\|b",
        "||",
        "\\",
        "a\\",
        "\\\\|",
        "\\037",
        "\\n",
        "#(touch RAN)",
        "x#(touch RAN)y",
        "##(touch RAN)",
        "###(touch RAN)",
        "#[fg=red]#(touch RAN)",
        "##[x]#",
        "#{pane_id}",
        "#{E:#(touch RAN)}",
        "#{l:#(touch RAN)}",
        "#{q:#(touch RAN)}",
        "#S",
        "#",
        "##",
        "#,",
        "$(touch RAN)",
        "`touch RAN`",
        "$HOME",
        "${HOME}",
        "a$HOME-x",
        "~",
        "~root",
        "'; touch RAN; '",
        "\"; run-shell 'touch RAN'",
        "; run-shell 'touch RAN'",
        "a;",
        ";",
        "{ run-shell 'touch RAN' }",
        "}",
        "%if 1",
        "%H:%M:%%",
        "-d",
        "--",
        "-t=x",
        "=x",
        "=",
        "@x",
        "%1",
        "{last}",
        "!",
        "+",
        "*",
        "[a-z]*",
        "a b  c",
        " ",
        "  x  ",
        "a.b",
        "a:b",
        "a.b:c.d",
        "\u{e9}\u{4e2d}\u{1f600}",
        "e\u{301}\u{200d}\u{202e}x",
        "\u{a0}",
        "off",
        "on",
        "none",
        "default",
        "tsm",
        "%begin 1 1 1",
        "%end 1 1 1",
    ]
    .into_iter()
    .map(BString::from)
    .collect();
    names.push("x".repeat(300).into());
    names.push("#(touch RAN)".repeat(20).into());
    names
}

/// Names with bytes that some versions store as they are and others refuse.
pub(super) fn raw() -> Vec<BString> {
    [
        b"tab\tx".as_slice(),
        b"line\nfeed",
        b"cr\rx",
        b"\x1b[31mred",
        b"\x1f",
        b"\x7f",
        b"\xff\xfe",
        b"a\xc3",
        b"\x01\x02",
        b"#(touch RAN)\n%exit fake\n",
    ]
    .into_iter()
    .map(BString::from)
    .collect()
}

pub(super) fn nothing_ran(world: &World) {
    assert!(world.process().alive());
    for directory in [
        world.env.home(),
        world.env.root().to_owned(),
        PathBuf::from("/"),
        std::env::current_dir().unwrap(),
    ] {
        assert!(!directory.join("RAN").exists(), "{}", directory.display());
    }
}

/// The name as tmux may store it in session names and in renamed windows: it doubles backslashes, 3.2a to 3.4 put one
/// before `$x`, and up to 3.7 `.` and `:` become `_` in names of sessions.
fn is_stored_form(asked: &[u8], stored: &[u8], session: bool) -> bool {
    let plain = stored.replace(r"\\", "\\");
    let dollar = stored.replace(r"\$", "$").replace(r"\\", "\\");
    let dots: Vec<u8> = asked
        .iter()
        .map(|byte| if session && b".:".contains(byte) { b'_' } else { *byte })
        .collect();
    [asked, &dots]
        .into_iter()
        .any(|asked| stored == asked || plain == asked || dollar == asked)
}

#[test]
fn names_and_titles_come_back_as_they_were() {
    each(|world| {
        let names = hostile();
        assert!(names.len() >= 40);
        let main = world.session("main");
        let pane = main.panes().next().unwrap().id;
        let value = OptionName::new("@value").unwrap();
        let options = UserOptions {
            session: &["@value"],
            pane: &["@value"],
        };
        for name in &names {
            let window = NewWindow {
                name: Some(name.clone()),
                directory: "/".into(),
                program: vec!["sleep".into(), "86396".into()],
                ..NewWindow::at(main.id)
            };
            let made = world.server.new_window(window).unwrap();
            let commands = vec![
                Command::set_pane_title(made.pane, name.clone()),
                Command::set_option(
                    OptionScope::Session(main.id.into()),
                    &value,
                    OptionValue::Set(name.clone()),
                ),
                Command::set_option(
                    OptionScope::Pane(made.pane.into()),
                    &value,
                    OptionValue::Set(name.clone()),
                ),
                Command::set_environment(EnvironmentScope::Session(main.id), "VALUE".into(), Some(name.clone())),
                Command::load_buffer("b".into(), name.to_vec()),
            ];
            world.server.run(commands).unwrap();
            let snapshot = world.server.snapshot(options).unwrap();
            let found = snapshot.pane(made.pane).unwrap();
            let stored = &snapshot.window(made.window).unwrap().name;
            assert!(is_stored_form(name, stored, false), "{name:?} is {stored:?}");
            let title = &found.title;
            assert!(is_stored_form(name, title, false), "{name:?} is {title:?}");
            assert_eq!(found.user_options, std::slice::from_ref(name));
            assert_eq!(
                snapshot.session(main.id).unwrap().user_options,
                std::slice::from_ref(name)
            );
            let variables = world.server.environment(EnvironmentScope::Session(main.id)).unwrap();
            let variable = variables.iter().find(|variable| variable.name == "VALUE").unwrap();
            assert_eq!(variable.value.as_ref(), Some(name));
            assert_eq!(world.server.buffer("b".into()).unwrap(), *name);
            world
                .server
                .run(vec![Command::rename_window(made.window, name.clone())])
                .unwrap();
            let snapshot = world.snapshot();
            let stored = &snapshot.window(made.window).unwrap().name;
            assert!(is_stored_form(name, stored, false), "{name:?} renamed is {stored:?}");
            world.server.run(vec![Command::kill_window(made.window)]).unwrap();
        }
        // Names of other things: of buffers, channels and variables, of a session's first window, of what a pane gets.
        for name in &names {
            // 3.8 doubles backslashes in names of buffers, and then doesn't find them.
            let buffer = BString::from(format!("b{}", name.replace("\\", "").as_bstr()));
            world
                .server
                .run(vec![Command::load_buffer(buffer.clone(), b"x".to_vec())])
                .unwrap();
            assert_eq!(world.server.buffer(buffer.clone()).unwrap(), b"x", "{name:?}");
            world.server.delete_buffer(buffer).unwrap();
            let signal = Command::wait_for(name.clone(), tmux_core::WaitFor::Signal);
            let wait = Command::wait_for(name.clone(), tmux_core::WaitFor::Wait);
            world.server.run(vec![signal, wait]).unwrap();
            let session = NewSession {
                window_name: Some(name.clone()),
                environment: vec![("VALUE".into(), name.clone())],
                program: vec!["sleep".into(), "86396".into()],
                ..named("with a window")
            };
            let made = world.server.new_session(session).unwrap();
            assert!(
                is_stored_form(name, &made.window_name, false),
                "{name:?} is {:?}",
                made.window_name
            );
            let pid = world.snapshot().pane(made.pane).unwrap().pid;
            let variable = [b"VALUE=".as_slice(), name].concat();
            tests::wait_until("the variable", || {
                let variables = std::fs::read(format!("/proc/{pid}/environ")).unwrap();
                variables
                    .split(|byte| *byte == 0)
                    .any(|found| found == variable)
                    .then_some(())
            });
            world
                .server
                .run(vec![Command::rename_session(
                    made.session,
                    BString::from(format!("r{name}")),
                )])
                .unwrap();
            let stored = world.snapshot().session(made.session).unwrap().name.clone();
            assert!(
                is_stored_form(format!("r{name}").as_bytes(), &stored, true),
                "{name:?} is {stored:?}"
            );
            world.server.run(vec![Command::kill_session(made.session)]).unwrap();
        }
        let broken = BreakPane {
            source: world.server.split_window(SplitWindow::of(pane)).unwrap().pane,
            name: "#(touch RAN)".into(),
            to: None,
            detached: true,
            print: None,
        };
        let made = world.server.break_pane(broken).unwrap();
        assert_eq!(world.snapshot().window(made.window).unwrap().name, "#(touch RAN)");
        world
            .server
            .run(vec![Command::move_window(made.window, WindowPlace::Session(main.id))])
            .unwrap();
        nothing_ran(world);
    });
}

#[test]
fn sessions_of_any_name_are_found_by_it_or_refused() {
    each(|world| {
        for name in hostile() {
            let session = NewSession {
                name: name.clone(),
                program: vec!["sleep".into(), "86396".into()],
                ..named("")
            };
            let made = match world.server.new_session(session) {
                Ok(made) => made,
                // Only what that version of tmux has no name for.
                Err(Error::Refused { .. }) => continue,
                // `a.b` and `a:b` are stored as the same name by older versions.
                Err(Error::Exists { .. }) if name.contains(&b'.') || name.contains(&b':') => continue,
                Err(error) => panic!("{name:?}: {error}"),
            };
            let snapshot = world.snapshot();
            let stored = snapshot.session(made.session).unwrap().name.clone();
            assert!(is_stored_form(&name, &stored, true), "{name:?} is {stored:?}");
            // The stored name addresses this session and no other, or can't be addressed at all.
            if let Some(exact) = ExactName::new(stored.clone()) {
                let id = Command::new("display-message")
                    .flag("-p")
                    .target(exact)
                    .operands([tmux_core::Arg::Format("#{session_id}".into())]);
                let printed = world.server.run(vec![id]).unwrap().stdout;
                assert_eq!(
                    printed.trim_end_with(|c| c == '\n'),
                    made.session.to_string().as_bytes(),
                    "{stored:?}"
                );
            }
            world.server.run(vec![Command::kill_session(made.session)]).unwrap();
        }
        assert!(matches!(world.server.new_session(named("")), Err(Error::EmptyName)));
        // Nobody else's session was hit.
        assert_eq!(world.snapshot().sessions.len(), 1);
        nothing_ran(world);
    });
}

#[test]
fn raw_bytes_survive_or_are_refused() {
    each(|world| {
        let main = world.session("main").id;
        let value = OptionName::new("@value").unwrap();
        let options = UserOptions {
            session: &["@value"],
            pane: &[],
        };
        for name in raw() {
            let window = NewWindow {
                name: Some(name.clone()),
                directory: "/".into(),
                program: vec!["sleep".into(), "86396".into()],
                ..NewWindow::at(main)
            };
            match world.server.new_window(window) {
                // Stored as it is, or made printable.
                Ok(made) => {
                    let snapshot = world.snapshot();
                    let stored = snapshot.window(made.window).unwrap().name.clone();
                    let printable = stored.iter().all(|byte| *byte >= 0x20);
                    assert!(stored == name || printable, "{name:?} is {stored:?}");
                    world.server.run(vec![Command::kill_window(made.window)]).unwrap();
                }
                Err(error) => assert!(matches!(error, Error::Refused { .. }), "{name:?}: {error}"),
            }
            let set = Command::set_option(
                OptionScope::Session(main.into()),
                &value,
                OptionValue::Set(name.clone()),
            );
            world.server.run(vec![set]).unwrap();
            let snapshot = world.server.snapshot(options).unwrap();
            assert_eq!(
                snapshot.session(main).unwrap().user_options,
                std::slice::from_ref(&name)
            );
            let variable =
                Command::set_environment(EnvironmentScope::Session(main), "VALUE".into(), Some(name.clone()));
            world.server.run(vec![variable]).unwrap();
            let variables = world.server.environment(EnvironmentScope::Session(main)).unwrap();
            assert!(
                variables.iter().any(|variable| variable.value.as_ref() == Some(&name)),
                "{name:?}"
            );
        }
        // NUL can stand nowhere but in a buffer: refused before tmux is called.
        let nul = Command::rename_session(main, "a\0b".into());
        assert!(matches!(world.server.run(vec![nul]), Err(Error::NulByte { .. })));
        nothing_ran(world);
    });
}
