//! A server that is killed while its sessions change loses at most what came after the last save by itself.

use std::time::{Duration, Instant};

use tests::wait::wait_until_within;
use tests::{Environment, Extent, Random};

use crate::autosave::{create, log};

/// What the hooks promise, and the watcher.
const BOUND: Duration = Duration::from_secs(2);

const SESSIONS: [&str; 2] = ["a", "b"];

/// What a session looked like: its windows by index, each with its number of panes.
type Shape = Vec<(u32, usize)>;

fn shape(env: &Environment, project: &str) -> Shape {
    let mut shape: Shape = Vec::new();
    for pane in env.panes(&format!("claude-{project}")) {
        match shape.last_mut() {
            Some((window, panes)) if *window == pane.window => *panes += 1,
            _ => shape.push((pane.window, 1)),
        }
    }
    shape
}

/// A change, if there is room for it.
fn change(env: &Environment, project: &str, shape: &Shape, random: &mut Random) {
    let (window, panes) = shape[random.below(shape.len())];
    let target = format!("=claude-{project}:{window}");
    let pane = format!("{target}.{}", random.below(panes));
    let free = (0..).find(|index| shape.iter().all(|(window, _)| window != index));
    let place = format!("=claude-{project}:{}", free.expect("a free index"));
    let command: &[&str] = match random.below(4) {
        0 if shape.len() < 4 => &["new-window", "-d", "-t", &place, "exec sleep 1000"],
        1 if shape.len() > 1 => &["kill-window", "-t", &target],
        2 if panes > 1 => &["kill-pane", "-t", &pane],
        _ if panes < 4 => &["split-window", "-d", "-t", &pane, "exec sleep 1000"],
        _ => &["kill-pane", "-t", &pane],
    };
    // A pane may be too small to be split.
    let _whatever = env.tmux_command(command).run();
}

/// What a session was from when on.
struct Moment {
    from: Instant,
    shape: Shape,
}

/// Kills the server after so long, restores, and says which session isn't what it was within the bound.
fn round(env: &Environment, random: &mut Random, bound: Duration) -> Option<String> {
    for project in SESSIONS {
        let path = env.project(project);
        env.tsm(["switch", ".", "--no-attach", "-q"]).dir(path).run().success();
    }
    let mut seen: Vec<Vec<Moment>> = SESSIONS
        .iter()
        .map(|project| {
            vec![Moment {
                from: Instant::now(),
                shape: shape(env, project),
            }]
        })
        .collect();
    let started = Instant::now();
    let life = Duration::from_millis(300 + u64::try_from(random.below(4500)).unwrap());
    while started.elapsed() < life {
        let which = random.below(SESSIONS.len());
        let before = seen[which].last().expect("a first look").shape.clone();
        change(env, SESSIONS[which], &before, random);
        let shape = shape(env, SESSIONS[which]);
        seen[which].push(Moment {
            from: Instant::now(),
            shape,
        });
        // Now and then nothing happens for a while.
        if random.below(8) == 0 {
            let quiet = Instant::now() + Duration::from_millis(u64::try_from(random.below(700)).unwrap());
            wait_until_within(Duration::from_secs(5), "a quiet moment to pass", || {
                (Instant::now() >= quiet).then_some(())
            });
        }
    }
    let killed = Instant::now();
    env.kill_server_hard();
    env.tsm(["restore", "-q"]).run().success();
    SESSIONS.iter().zip(&seen).find_map(|(project, moments)| {
        let restored = shape(env, project);
        // A moment lasts until the next one begins.
        let ends = moments.iter().skip(1).map(|next| next.from).chain([killed]);
        let within = moments
            .iter()
            .zip(ends)
            .filter(|(_, end)| *end + bound >= killed)
            .any(|(moment, _)| moment.shape == restored);
        let last: Vec<(Duration, &Shape)> = moments
            .iter()
            .rev()
            .take(12)
            .map(|moment| (killed - moment.from, &moment.shape))
            .collect();
        (!within).then(|| format!("{project} came back as {restored:?}; it was {last:?}\n{}", log(env)))
    })
}

/// Rounds and the config: the gate waits less between a change and its save than a user does, and promises the same.
fn extent(extent: &Extent) -> (usize, &'static str) {
    extent.amount((100, ""), (5, "autosave.delay = 0.3\n"))
}

#[test]
fn hooks_lose_at_most_two_seconds() {
    let asked = Extent::asked();
    let (rounds, config) = extent(&asked);
    let mut random = match asked {
        Extent::Sample(random) => random,
        Extent::Exhaustive => Random::asked(),
    };
    let env = Environment::new().with("TSM_AUTOSAVE", "on");
    env.tsm_config(config);
    let lost: Vec<String> = (0..rounds).filter_map(|_| round(&env, &mut random, BOUND)).collect();
    assert!(lost.is_empty(), "{} of {rounds}: {}", lost.len(), lost[0]);
}

#[test]
fn a_watcher_loses_at_most_two_seconds() {
    let asked = Extent::asked();
    let (rounds, config) = extent(&asked);
    let mut random = match asked {
        Extent::Sample(random) => random,
        Extent::Exhaustive => Random::asked(),
    };
    let env = Environment::new();
    env.tsm_config(config);
    create(&env, "a");
    let watcher = env.tsm(["watch", "-q"]).time_limit(Duration::from_secs(3600)).start();
    let watcher_process = tests::Process::of(watcher.pid()).expect("a watcher");
    let lost: Vec<String> = (0..rounds).filter_map(|_| round(&env, &mut random, BOUND)).collect();
    watcher_process.signal(tests::Signal::TERM);
    watcher.wait().success();
    assert!(lost.is_empty(), "{} of {rounds}: {}", lost.len(), lost[0]);
}
