//! Options, environments and hooks.

use tmux_core::{Command, EnvironmentScope, Error, HookMark, OptionName, OptionScope, OptionValue, Variable};

use super::world::{each, run};

#[test]
fn options_and_environments_are_set_read_and_forgotten() {
    each(|world| {
        let main = world.session("main").id;
        let pane = world.session("main").panes().next().unwrap().id;
        let scope = |n: u32| match n {
            0 => OptionScope::Session(main.into()),
            1 => OptionScope::Pane(pane.into()),
            2 => OptionScope::Window(pane.into()),
            3 => OptionScope::GlobalSession,
            _ => OptionScope::Server,
        };
        let name = OptionName::new("@value").unwrap();
        let hostile = "a\nb #(touch x) $HOME \\ ; \u{e9}";
        for n in 0..5 {
            assert_eq!(world.server.option(scope(n), &name, false).unwrap(), None, "{n}");
            run(
                world,
                Command::set_option(scope(n), &name, OptionValue::Set(hostile.into())),
            );
            run(
                world,
                Command::set_option(scope(n), &name, OptionValue::Append("+".into())),
            );
            run(
                world,
                Command::set_option(scope(n), &name, OptionValue::SetIfUnset("no".into())).when(main, "0".into()),
            );
            let value = world.server.option(scope(n), &name, false).unwrap().unwrap();
            assert_eq!(value, format!("{hostile}+"), "{n}");
            run(world, Command::set_option(scope(n), &name, OptionValue::Unset));
            assert_eq!(world.server.option(scope(n), &name, false).unwrap(), None, "{n}");
        }
        run(
            world,
            Command::set_option(scope(3), &name, OptionValue::Expand("#{session_id}".into())),
        );
        assert!(world.server.option(scope(0), &name, true).unwrap().is_some());
        assert_eq!(world.server.option(scope(0), &name, false).unwrap(), None);

        let environment = EnvironmentScope::Session(main);
        for (name, value) in [("A", Some(hostile)), ("B", None), ("C", Some(""))] {
            run(
                world,
                Command::set_environment(environment, name.into(), value.map(Into::into)),
            );
        }
        let variables = world.server.environment(environment).unwrap();
        for (name, value) in [("A", Some(hostile)), ("B", None), ("C", Some(""))] {
            let expected = Variable {
                name: name.into(),
                value: value.map(Into::into),
            };
            assert!(variables.contains(&expected), "{name}: {variables:?}");
        }
        run(world, Command::unset_environment(environment, "A".into()));
        let variables = world.server.environment(environment).unwrap();
        // A name with a line feed, too.
        run(
            world,
            Command::set_environment(environment, "X\nY".into(), Some("z".into())),
        );
        let odd = world.server.environment(environment).unwrap();
        assert!(odd.iter().any(|variable| variable.name == "X\nY"), "{odd:?}");
        assert!(variables.iter().all(|variable| variable.name != "A"));
    });
}

#[test]
fn hooks_of_others_stay_as_they_are() {
    each(|world| {
        world
            .env
            .tmux(["set-hook", "-g", "session-created[3]", "display-message theirs"]);
        let hook = OptionName::new("session-created").unwrap();
        let mark = HookMark::new("our-mark").unwrap();
        let ours = Command::run_in_background(&["/bin/true".into(), "our-mark".into()]);
        let scope = OptionScope::GlobalSession;
        let before = world.server.hooks(scope.clone(), &hook).unwrap();
        for _ in 0..2 {
            world.server.add_hook(scope.clone(), &hook, &ours, &mark).unwrap();
        }
        let entries = world.server.hooks(scope.clone(), &hook).unwrap();
        assert_eq!(entries.len(), before.len() + 1);
        assert!(before.iter().all(|entry| entries.contains(entry)));
        assert_eq!(world.server.remove_hooks(scope.clone(), &hook, &mark).unwrap(), 1);
        assert_eq!(world.server.hooks(scope.clone(), &hook).unwrap(), before);
        assert_eq!(world.server.remove_hooks(scope.clone(), &hook, &mark).unwrap(), 0);
        let other = HookMark::new("another-mark").unwrap();
        let outcome = world.server.add_hook(scope, &hook, &ours, &other);
        assert!(matches!(outcome, Err(Error::NoMark { .. })), "{outcome:?}");
        for text in ["", "short", "with a blank", "it's quoted"] {
            assert_eq!(HookMark::new(text), None, "{text}");
        }
    });
}
