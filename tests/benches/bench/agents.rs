//! Watching agents, and how long a text that is sent is on its way after the last look at its agent.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};
use session_ops::Context;
use session_ops::agent::memory::Processes;
use session_ops::agent::registry::{Lookup, lookup};
use session_ops::agent::status::{AgentStatus, Statuses, agent_panes};
use session_ops::config::Flags;
use session_ops::config::env::Environment as Variables;
use session_ops::live::Live;
use tests::bench::contest::Outcome;
use tests::bench::{Contender, Contest};
use tests::{Environment, FakeClaude, wait_until};
use tmux_core::Paste;

use crate::transports::say;
use crate::{bare, hold};

pub(crate) const ABOUT: &str = "\
Watching 20 sessions with agents, once a second for a minute: the processor's time of one refresh (the snapshot, the
records, all processes, the registry) beside one percent of one core's second. And the time from the last look at an
agent's registry until tmux has typed a text and its Enter: a dialog that opens within it gets the Enter. The base of that
is one `tmux` program that prints a word.";

const SESSIONS: usize = 20;

/// One percent of a second.
const PERCENT: Duration = Duration::from_millis(10);

pub(crate) fn run() -> Vec<Outcome> {
    let env = Environment::new().with_leak_grace(Duration::from_secs(60));
    let claude = FakeClaude::install(&env);
    for n in 0..SESSIONS {
        let path = env.project(&format!("p{n}"));
        let _output = env.tsm(["create", "."]).dir(&path).run().success();
    }
    let starts = claude.wait_started(SESSIONS);
    starts.iter().for_each(|start| claude.wait_status(start.pid, "idle"));
    let variables = Variables {
        home: Some(env.home()),
        ..Variables::default()
    };
    let flags = Flags {
        socket_path: Some(env.socket()),
        ..Flags::default()
    };
    let context = Context::new(&flags, variables, None).expect("a context");
    vec![watch(&context), gap(&env, &context)]
}

fn watch(context: &Context) -> Outcome {
    let mut statuses = Statuses::new();
    let refresh = move || {
        let before = processor_time();
        let live = Live::read(context).expect("a snapshot");
        let observed = statuses.refresh(context, &agent_panes(&live), &Processes::read());
        let idle = observed.values().filter(|agent| agent.status == AgentStatus::Idle);
        assert_eq!(idle.count(), SESSIONS);
        processor_time() - before
    };
    let base = || Contender::timed("1 % of one core for a second", || PERCENT);
    let contest = Contest::new(format!("{SESSIONS} sessions watched"), base);
    // Three measurements a round, so that a round is a second.
    let contest = contest.pause(Duration::from_millis(333)).rounds(60, 60);
    hold(contest.against(Contender::timed("a refresh a second", refresh).limit(1.0)))
}

fn gap(env: &Environment, context: &Context) -> Outcome {
    let args = bare::args(&[say("x")]);
    let socket = env.socket();
    let base = || {
        Contender::new(
            "tmux",
            || bare::call(&socket, &args),
            |stdout| assert_eq!(stdout, b"x\n"),
        )
    };
    let snapshot = context.snapshot().expect("a snapshot").expect("a server");
    let session = snapshot.session_named(b"claude-p0").expect("a session");
    let pane = session.panes().next().expect("a pane").id;
    let record = context.state_home.directory().join("agents");
    let records = std::fs::read_dir(record).expect("records").flatten();
    let records = records.filter_map(|entry| session_ops::agent::record::AgentRecord::read(&entry.path()));
    let mut records: Vec<_> = records.filter(|record| record.pane == Some(pane.to_string())).collect();
    let record = records.pop().expect("the record of the agent");
    let config_dir = record.config_dir.expect("its directory");
    let how = Paste {
        bracketed: true,
        enter: true,
    };
    let send = || {
        let Lookup::Found(entry) = lookup(&config_dir, record.pid) else {
            return None;
        };
        context
            .server
            .paste(pane, b"a text", how, &snapshot.server.version)
            .expect("typed");
        entry.status
    };
    let idle = || {
        wait_until("the agent", || match lookup(&config_dir, record.pid) {
            Lookup::Found(entry) => (entry.status.as_deref() == Some("idle")).then_some(()),
            _ => None,
        });
    };
    let check = |status: Option<String>| assert_eq!(status.as_deref(), Some("idle"));
    let contest = Contest::new("a text to an idle agent", base);
    hold(contest.against(Contender::new("last look to typed", send, check).prepared_by(idle)))
}

/// Of this process, all its threads.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::try_from(time).expect("a time")
}
