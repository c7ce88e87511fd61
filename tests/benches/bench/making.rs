//! `create` and `switch`, with hooks that save by themselves and without, against the same by hand.

use std::cell::RefCell;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use tests::bench::contest::Outcome;
use tests::bench::{Contender, Contest};
use tests::{AttachedClient, Environment, wait_until};

use crate::hold;

pub(crate) const ABOUT: &str = "\
`tsm create` and `tsm switch` to a project that has no session, which end with the state on disk; with the hooks of saving
by itself in the server and without. The base is a script that does the same by hand: `tmux new-session`, `split-window`,
and to switch also `switch-client` and `kill-session`. Panes run `sh`, there is no agent.";

/// Against by hand.
const CREATE: f64 = 1.0;
const SWITCH: f64 = 1.1;

const BY_HAND: &str = "#!/bin/sh
set -e
tmux -S \"$TSM_SOCKET_PATH\" new-session -d -s claude-b -n main -x 200 -y 50 -c \"$1\"
tmux -S \"$TSM_SOCKET_PATH\" split-window -d -h -l 10% -t =claude-b: -c \"$1\"
if [ -n \"$2\" ]; then
    tmux -S \"$TSM_SOCKET_PATH\" switch-client -c \"$2\" -t =claude-b:
    tmux -S \"$TSM_SOCKET_PATH\" kill-session -t =claude-a
fi
";

/// Whether there are hooks in the server, and how that is called.
const WAYS: [(bool, &str); 2] = [(false, "without saving by itself"), (true, "saving by itself")];

pub(crate) fn run() -> Vec<Outcome> {
    let env = Environment::new().with_leak_grace(Duration::from_secs(60));
    env.tsm_config(&format!(
        "agent = \"shell\"\nswitch.running = \"end\"\n[projects.a]\npath = {:?}\n[projects.b]\npath = {:?}\n",
        env.project("a"),
        env.project("b")
    ));
    env.script("by-hand", BY_HAND);
    // What holds the server when the others are gone.
    env.tmux(["new-session", "-d", "-s", "park", "exec sleep 86398"]);
    vec![create(&env), switch(&env)]
}

fn create(env: &Environment) -> Outcome {
    let start_over = |autosave: bool| {
        let _none = env.tmux_command(["kill-session", "-t", "=claude-b"]).run();
        hooks(env, autosave);
    };
    let check = || assert_eq!(env.panes("claude-b").len(), 2);
    let by_hand = || {
        let prepare = || {
            start_over(false);
            env.command("by-hand", [env.project("b")]).prepared()
        };
        contender("by hand", prepare, check)
    };
    let mut contest = Contest::new("create", by_hand).pause(Duration::from_millis(100));
    for (autosave, name) in WAYS {
        let prepare = move || {
            start_over(autosave);
            let call = env.tsm(["create", "b", "-q"]);
            call.env("TSM_AUTOSAVE", if autosave { "on" } else { "off" }).prepared()
        };
        contest = contest.against(contender(&format!("tsm, {name}"), prepare, check).limit(CREATE));
    }
    hold(contest)
}

fn switch(env: &Environment) -> Outcome {
    let client = &env.attach("park");
    let check = || {
        client.wait_session("claude-b");
        wait_until("the session that was left to end", || {
            let names = env.tmux(["list-sessions", "-F", "#{session_name}"]);
            (!names.starts_with(b"claude-a\n")).then_some(())
        });
    };
    let by_hand = || {
        let prepare = || {
            start_from_a(env, client, false);
            let path = env.project("b");
            env.command("by-hand", [path.as_os_str(), client.tty().as_ref()])
                .prepared()
        };
        contender("by hand", prepare, check)
    };
    let mut contest = Contest::new("switch", by_hand).pause(Duration::from_millis(100));
    for (autosave, name) in WAYS {
        let prepare = move || {
            start_from_a(env, client, autosave);
            let pane = env.panes("claude-a")[0].id.clone();
            let call = env.tsm(["switch", "b", "-q"]).in_pane(&pane);
            call.env("TSM_AUTOSAVE", if autosave { "on" } else { "off" }).prepared()
        };
        contest = contest.against(contender(&format!("tsm, {name}"), prepare, check).limit(SWITCH));
    }
    hold(contest)
}

/// The client looks at `a`, and there is no `b`.
fn start_from_a(env: &Environment, client: &AttachedClient<'_>, autosave: bool) {
    let _created = env.tsm(["create", "a", "-q"]).run().success();
    env.tmux(["switch-client", "-c", client.tty(), "-t", "=claude-a:"]);
    client.wait_session("claude-a");
    let _none = env.tmux_command(["kill-session", "-t", "=claude-b"]).run();
    hooks(env, autosave);
}

fn hooks(env: &Environment, on: bool) {
    let _done = env.tsm(["autosave", if on { "on" } else { "off" }]).run().success();
}

/// Runs the command that was prepared, which alone is measured.
fn contender<'a>(name: &str, prepare: impl Fn() -> Command + 'a, check: impl Fn() + 'a) -> Contender<'a> {
    let ready = Rc::new(RefCell::new(None));
    let prepared = Rc::clone(&ready);
    let run = move || {
        let mut command: Command = ready.borrow_mut().take().expect("a command");
        let output = command.output().expect("it starts");
        assert!(output.status.success(), "{output:?}");
    };
    let prepare = move || *prepared.borrow_mut() = Some(prepare());
    Contender::new(name, run, move |()| check()).prepared_by(prepare)
}
