//! What is asked often, against tmux's own client: `list`, `status`, `config path`, the status line.

use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;
use session_ops::agent::memory::Processes;
use tests::bench::contest::Outcome;
use tests::bench::{Contender, Contest};
use tests::{Environment, FakeClaude, Invocation};
use tmux_core::{BriefPanes, UserOptions};

use crate::hold;
use crate::snapshot::plain_list;

pub(crate) const ABOUT: &str = "\
What is asked often, into a pipe, with 10 and 100 sessions of two panes without agents: the base is one plain `tmux
list-sessions`. And with 20 agents that run, `list --json`, which has everything there is to know of them: its base is one
`tmux list-panes -a` with the fields that it asks for, and after it a reading of all processes in `/proc`, which is also
stated apart.";

const AGENTS: usize = 20;

/// Against plain `tmux list-sessions`.
const LIMIT: f64 = 1.5;

/// `list --json`, against `tmux list-panes` and `/proc`.
const LIMIT_JSON: f64 = 1.0;

pub(crate) fn run() -> Vec<Outcome> {
    vec![plain(10), plain(100), json()]
}

/// Sessions with such an agent.
fn sessions(count: usize, agent: &str) -> (Environment, FakeClaude) {
    let env = Environment::new().with_leak_grace(Duration::from_secs(60));
    let claude = FakeClaude::install(&env);
    env.tsm_config(&format!("agent = \"{agent}\"\n"));
    for n in 0..count {
        let path = env.project(&format!("p{n}"));
        let _output = env.tsm(["create", "."]).dir(&path).run().success();
    }
    (env, claude)
}

fn json() -> Outcome {
    let (env, claude) = sessions(AGENTS, "claude");
    let starts = claude.wait_started(AGENTS);
    starts.iter().for_each(|start| claude.wait_status(start.pid, "idle"));
    with_agents(&env)
}

fn plain(count: usize) -> Outcome {
    let (env, _no_agents) = sessions(count, "shell");
    let pane = env.panes("claude-p0")[1].id.clone();
    let lines = move |stdout: Vec<u8>| {
        assert_eq!(stdout.iter().filter(|byte| **byte == b'\n').count(), count);
    };
    let base = || {
        Contender::new(
            "tmux list-sessions",
            || output(env.tmux_command(["list-sessions"])),
            lines,
        )
    };
    let contest = Contest::new(format!("{count} sessions"), base);
    let env = &env;
    let tsm = |name: &str, args: &'static [&'static str], check: fn(Vec<u8>)| {
        Contender::new(name, move || output(env.tsm(args)), check).limit(LIMIT)
    };
    let format = "#{socket_path},#{pid},#{s/\\$//:session_id}";
    let inside = env.tmux(["display-message", "-p", "-t", &pane, format]);
    let inside = String::from_utf8_lossy(&inside).trim_end().to_owned();
    let context = || {
        let call = env.tsm(["context"]).dir(env.project("p0"));
        output(call.env("TMUX", &inside).env("TMUX_PANE", &pane))
    };
    let contest = contest
        .against(tsm("tsm list", &["list"], |stdout| {
            assert!(says(&stdout, "claude-p9 "));
        }))
        .against(tsm("tsm status", &["status", "p0"], |stdout| {
            assert!(says(&stdout, "Projekt: p0"));
        }))
        .against(
            Contender::new("tsm context", context, |stdout: Vec<u8>| {
                assert!(says(&stdout, "p0"));
            })
            .limit(LIMIT),
        )
        .against(tsm("tsm config path", &["config", "path"], |stdout| {
            assert!(says(&stdout, "config.toml"));
        }))
        .against(tsm("tsm status --tmux", &["status", "--tmux", "p0"], |stdout| {
            assert!(says(&stdout, "#[bold]p0"));
        }));
    hold(contest)
}

fn with_agents(env: &Environment) -> Outcome {
    let options = UserOptions {
        session: &["@tsm_id", "@tsm_project"],
        pane: &["@tsm_agent"],
    };
    let panes = plain_list(|server| server.brief_snapshot(options, BriefPanes::Noted));
    let list = || output(env.tmux_command(&panes));
    let base = || {
        let both = || {
            let stdout = list();
            (stdout, Processes::read())
        };
        Contender::new("tmux list-panes, /proc", both, |(stdout, _)| {
            assert!(!stdout.is_empty());
        })
    };
    let complete = |stdout: Vec<u8>| {
        let document: Value = serde_json::from_slice(&stdout).expect("JSON");
        let sessions = document["sessions"].as_array().expect("sessions");
        let idle = sessions.iter().filter(|session| session["agent"]["status"] == "idle");
        assert_eq!(idle.count(), AGENTS);
    };
    let contest = Contest::new("with agents", base)
        .against(Contender::new("tmux list-panes", list, |stdout| {
            assert!(!stdout.is_empty());
        }))
        .against(Contender::new("/proc", Processes::read, drop))
        .against(Contender::new("tsm list --json", || output(env.tsm(["list", "--json"])), complete).limit(LIMIT_JSON));
    hold(contest)
}

/// What a program prints; both sides are started the same way.
fn output(call: Invocation<'_>) -> Vec<u8> {
    let output = call.prepared().stdin(Stdio::null()).output().expect("it starts");
    assert!(output.status.success(), "{output:?}");
    output.stdout
}

fn says(stdout: &[u8], what: &str) -> bool {
    String::from_utf8_lossy(stdout).contains(what)
}
