//! Channels, programs in the background, files of commands, and the end of a server.

use std::time::Duration;

use tests::wait_until;
use tmux_core::{Command, Error, OptionName, OptionScope, WaitFor};

use super::world::{Way, World, each, named, run};

#[test]
fn channels_programs_in_the_background_and_files_of_commands() {
    each(|world| {
        // A wait ends at the time limit, and the server goes on.
        let hasty = world.server.clone().with_limit(Duration::from_millis(200));
        let outcome = hasty.run(vec![Command::wait_for("channel".into(), WaitFor::Wait)]);
        assert!(matches!(outcome, Err(Error::TimedOut { .. })), "{outcome:?}");
        run(world, Command::wait_for("other".into(), WaitFor::Signal));
        run(world, Command::wait_for("other".into(), WaitFor::Wait));

        let file = world.env.root().join("made by a ' program");
        let program = ["sh", "-c", "echo noise; echo noise >&2; : >\"$1\"; exit 3", "x"].map(Into::into);
        let program = [&program[..], &[file.to_str().unwrap().into()]].concat();
        run(world, Command::run_in_background(&program));
        wait_until("the program", || file.exists().then_some(()));
        // Its output put no pane into a mode.
        assert!(world.session("main").panes().all(|pane| !pane.in_mode));

        run(
            world,
            Command::source_file(b"set-option -g @a 1\nset-option -g @b 2 # comment\n".to_vec()),
        );
        let value = |name: &str| {
            world
                .server
                .option(OptionScope::GlobalSession, &OptionName::new(name).unwrap(), false)
                .unwrap()
        };
        assert_eq!((value("@a"), value("@b")), (Some("1".into()), Some("2".into())));
        // An error in the language runs nothing, and is told.
        let broken = Command::source_file(b"set-option -g @c 3\nset-option -g @d 4\nno-such-command\n".to_vec());
        assert!(matches!(world.server.run(vec![broken]), Err(Error::Refused { .. })));
        assert_eq!(value("@c"), None);
    });
}

#[test]
fn a_server_that_is_killed_is_gone_when_the_call_returns() {
    for way in [Way::Spawn, Way::Direct, Way::Auto] {
        let world = World::new(way);
        for n in 0..10 {
            let pid = world.process();
            world.server.kill_server().unwrap();
            assert!(!pid.alive());
            world.server.kill_server().unwrap();
            let starter = super::world::server(&world.env, Way::Auto);
            starter.new_session(named(&format!("s{n}"))).unwrap();
            assert_eq!(world.snapshot().sessions.len(), 1);
        }
    }
}
