//! How long the ways back may take.

use std::fs;
use std::time::Duration;

use tests::Environment;

use crate::Measured;

const SESSIONS: usize = 100;

/// Of an emergency, beyond what ending agents takes: there are none here.
const EMERGENCY: Duration = Duration::from_secs(3);

/// Of refusing an archive that somebody made to do harm.
const REFUSAL: Duration = Duration::from_secs(2);

const TIME_LIMIT: Duration = Duration::from_secs(120);

/// Backup, end and restore of a hundred living sessions of two panes.
pub(crate) fn emergency() -> Vec<Measured> {
    let env = Environment::new().with_leak_grace(Duration::from_secs(60));
    for n in 0..SESSIONS {
        let path = env.project(&format!("p{n}"));
        let _output = env.tsm(["create", ".", "--no-agent"]).dir(&path).run().success();
    }
    let mut machine = Duration::ZERO;
    let took = (0..3).map(|_| {
        machine = machine.max(plain_sessions());
        let output = env
            .recovery(["emergency", "--yes"])
            .time_limit(TIME_LIMIT)
            .run()
            .success();
        let panes = env.tmux(["list-panes", "-a", "-F", "x"]).len() / 2;
        assert_eq!(panes, SESSIONS * 2);
        output.elapsed
    });
    let worst = took.max().unwrap();
    vec![Measured {
        what: format!("emergency recovery of {SESSIONS} sessions, 3 times"),
        worst,
        bound: EMERGENCY,
        machine,
    }]
}

/// How long tmux alone takes to make as many.
fn plain_sessions() -> Duration {
    let env = Environment::new().with_leak_grace(Duration::from_secs(60));
    let file = env.root().join("plain.conf");
    let lines = (0..SESSIONS).map(|n| format!("new-session -d -s s{n} -x 200 -y 50\nsplit-window -h -t =s{n}:\n"));
    fs::write(&file, lines.collect::<String>()).unwrap();
    let call = env.tmux_command(["start-server", ";", "source-file"]).arg(&file);
    call.time_limit(TIME_LIMIT).run().success().elapsed
}

/// Verifying and restoring each of them, with no more memory than 64 MiB.
pub(crate) fn hostile_archives() -> Vec<Measured> {
    let env = Environment::new();
    let mut worst = (Duration::ZERO, String::new());
    let corpus = tests::hostile_archives();
    for (name, bytes) in &corpus {
        let file = env.root().join("hostile.tar.zst");
        fs::write(&file, bytes).unwrap();
        for verb in ["verify", "restore"] {
            let limited = env.command("prlimit", ["--data=67108864"]);
            let call = limited.arg(env.bin().join("tsm-recovery")).arg(verb).arg(&file);
            let output = call.time_limit(TIME_LIMIT).run();
            assert_eq!(output.status.code(), Some(6), "{verb} {name}: {output:?}");
            if output.elapsed > worst.0 {
                worst = (output.elapsed, format!("{verb} {name}"));
            }
        }
    }
    vec![Measured {
        what: format!(
            "to refuse each of {} hostile archives; the slowest is {}",
            corpus.len(),
            worst.1
        ),
        worst: worst.0,
        bound: REFUSAL,
        machine: Duration::ZERO,
    }]
}
