//! A private server with so many sessions.

use std::fmt::Write;
use std::fs;
use std::time::Duration;

use tests::Environment;

/// What runs in every pane instead of a shell: hundreds of shells that start would be what is measured.
pub(crate) const PANE: &str = "exec sleep 86398";

/// Sessions `s0`, `s1`, … of two panes, 200 by 50, on a server of their own.
pub(crate) fn park(sessions: usize) -> Environment {
    let env = Environment::new().with_leak_grace(Duration::from_secs(60));
    let first = [
        "new-session",
        "-d",
        "-s",
        "s0",
        "-n",
        "w",
        "-x",
        "200",
        "-y",
        "50",
        PANE,
    ];
    env.tmux(["-f", "/dev/null"].iter().chain(&first));
    let mut script = format!("set-option -g default-command '{PANE}'\nset-option -g default-size 200x50\n");
    for n in 0..sessions {
        if n > 0 {
            // Writing to a string can't fail.
            let _infallible = writeln!(script, "new-session -d -s s{n} -n w -x 200 -y 50");
        }
        let _infallible = writeln!(script, "split-window -h -l 20 -t =s{n}:");
    }
    let path = env.root().join("park.conf");
    fs::write(&path, script).expect("a file of commands");
    let source = ["source-file".as_ref(), path.as_os_str()];
    let _nothing = env
        .tmux_command(source)
        .time_limit(Duration::from_secs(300))
        .run()
        .success();
    assert_eq!(panes(&env), sessions * 2);
    env
}

/// The number in words.
pub(crate) fn sessions(count: usize) -> String {
    format!("{count} session{}", if count == 1 { "" } else { "s" })
}

/// How many panes the server has.
pub(crate) fn panes(env: &Environment) -> usize {
    env.tmux(["list-panes", "-a", "-F", "x"]).len() / 2
}
