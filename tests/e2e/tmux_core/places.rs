//! Hostile directories, words of programs, and locales.

use std::os::unix::ffi::OsStrExt;

use bstr::BString;
use tests::Environment;
use tmux_core::{CapturePane, Command, Error, NewSession, NewWindow, SplitWindow};

use super::names::{hostile, nothing_ran, raw};
use super::world::{World, each, named};

#[test]
fn directories_are_the_ones_that_were_meant() {
    each(|world| {
        let main = world.session("main").id;
        let pane = world.session("main").panes().next().unwrap().id;
        let names = hostile().into_iter().chain(raw());
        for name in names.filter(|name| !name.contains(&b'/') && name.len() < 200) {
            let directory = world
                .env
                .root()
                .join("projects")
                .join(std::ffi::OsStr::from_bytes(&name));
            if std::fs::create_dir_all(&directory).is_err() {
                continue;
            }
            let program: Vec<BString> = vec!["sleep".into(), "86396".into()];
            let split = SplitWindow {
                directory: directory.clone(),
                program: program.clone(),
                ..SplitWindow::of(pane)
            };
            let window = NewWindow {
                directory: directory.clone(),
                program: program.clone(),
                ..NewWindow::at(main)
            };
            let session = NewSession {
                directory: directory.clone(),
                program,
                ..named("in a directory")
            };
            let made = [
                world.server.split_window(split).unwrap(),
                world.server.new_window(window).unwrap(),
                world.server.new_session(session).unwrap(),
            ];
            let processes = world.snapshot();
            for made in &made {
                let pid = processes.pane(made.pane).unwrap().pid;
                // tmux may give the directory before its child has gone there.
                tests::wait_until("the directory", || {
                    (std::fs::read_link(format!("/proc/{pid}/cwd")).ok()? == directory).then_some(())
                });
            }
            assert_eq!(processes.session(made[2].session).unwrap().path, directory);
            world
                .server
                .run(vec![
                    Command::kill_session(made[2].session),
                    Command::kill_window(made[1].window),
                    Command::kill_pane(made[0].pane),
                ])
                .unwrap();
        }
        let missing = NewWindow {
            directory: "/no/such/directory".into(),
            ..NewWindow::at(main)
        };
        assert!(matches!(
            world.server.new_window(missing),
            Err(Error::NoDirectory { .. })
        ));
        assert_eq!(world.snapshot().windows.len(), 1);
        nothing_ran(world);
    });
}

#[test]
fn programs_get_their_words_as_they_are() {
    each(|world| {
        let main = world.session("main").id;
        let script = world
            .env
            .script("print-words", "#!/bin/sh\nprintf '<%s>' \"$@\"\nexec sleep 86396\n");
        let words: Vec<BString> = hostile()
            .into_iter()
            .filter(|word| word.len() < 100 && !word.contains(&b'\\'))
            .collect();
        for words in words.chunks(8) {
            let mut program = vec![BString::from(script.as_os_str().as_bytes())];
            program.extend(words.iter().cloned());
            let window = NewWindow {
                program,
                directory: "/".into(),
                ..NewWindow::at(main)
            };
            let made = world.server.new_window(window).unwrap();
            let expected: String = words.iter().map(|word| format!("<{word}>")).collect();
            tests::wait_until("the words", || {
                let capture = CapturePane {
                    join: true,
                    ..CapturePane::screen(made.pane)
                };
                let shown = world
                    .server
                    .capture_panes([capture])
                    .unwrap()
                    .remove(0)
                    .unwrap()
                    .to_string();
                (shown.trim_end() == expected.trim_end()).then_some(())
            });
        }
        // A single word is no line for a shell either.
        let lonely = world.env.script("lonely; touch RAN", "#!/bin/sh\nexec sleep 86396\n");
        let window = NewWindow {
            program: vec![lonely.as_os_str().as_bytes().into()],
            directory: "/".into(),
            ..NewWindow::at(main)
        };
        let made = world.server.new_window(window).unwrap();
        assert!(world.snapshot().pane(made.pane).is_some());
        nothing_ran(world);
    });
}

#[test]
fn nothing_depends_on_the_locale() {
    for locale in ["C", "POSIX", "C.UTF-8"] {
        for way in [
            super::world::Way::Spawn,
            super::world::Way::Direct,
            super::world::Way::Control,
        ] {
            let env = Environment::new().with("LC_ALL", locale).with("LANG", locale);
            let world = World::in_environment(env, way, "");
            let main = world.session("main").id;
            let name = BString::from("\u{e9}\u{4e2d}\u{1f600} |");
            let window = NewWindow {
                name: Some(name.clone()),
                directory: "/".into(),
                ..NewWindow::at(main)
            };
            let made = world.server.new_window(window).unwrap();
            assert_eq!(
                world.snapshot().window(made.window).unwrap().name,
                name,
                "{locale} {way:?}"
            );
        }
    }
}
