//! Everything at once: many processes save, switch, kill, restore and read the same projects.

use std::collections::BTreeMap;
use std::fs;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use session_state::{At, Lifecycle, Store};
use tests::{Environment, Extent, Random};

use crate::switch::sessions;

const PROCESSES: usize = 8;
const PROJECTS: [&str; 6] = ["p0", "p1", "p2", "p3", "p4", "p5"];

/// One operation, and how it may end: done, or there is nothing to do it with.
fn operation(random: &mut Random) -> (Vec<String>, i32) {
    let project = PROJECTS[random.below(PROJECTS.len())];
    let (words, code) = match random.below(10) {
        0 => (vec!["save"], 0),
        1 | 2 => (vec!["save", project], 3),
        3 | 4 => (vec!["switch", project, "--no-attach"], 0),
        5 => (vec!["kill", project], 3),
        6 => (vec!["restore", project], 3),
        7 => (vec!["state", project, "--json"], 3),
        8 => (vec!["state", project, "--history"], 3),
        _ => (vec!["list", "--json"], 0),
    };
    (words.into_iter().map(str::to_owned).collect(), code)
}

fn store(env: &Environment) -> Store {
    let home = env.home();
    Store::open(&home.join(".claude/session-states"), &home.join("unused"))
}

/// What holds at any moment: every state can be read, and is what it was when it was written.
fn check_states(env: &Environment) {
    let store = store(env);
    for (project, loaded) in store.load_all().unwrap() {
        let loaded = loaded.unwrap_or_else(|error| panic!("{project}: {error}"));
        assert_eq!(loaded.notice, None, "{project}");
    }
}

#[test]
fn mixed_operations_of_many_processes_succeed_or_fail_cleanly() {
    let extent = Extent::asked();
    let operations = extent.amount(10_000, 160);
    let mut seeds = match &extent {
        Extent::Exhaustive => Random::asked(),
        Extent::Sample(random) => random.clone(),
    };
    let env = Environment::new();
    env.tsm_config("agent = \"shell\"\n");
    for project in PROJECTS {
        let path = env.project(project);
        env.tsm(["create", "."]).dir(&path).run().success();
    }
    let done = AtomicUsize::new(0);
    let outcomes: Vec<BTreeMap<i32, usize>> = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..PROCESSES)
            .map(|_| {
                let mut random = Random::seeded(seeds.next_number());
                let (env, done) = (&env, &done);
                scope.spawn(move || {
                    let mut outcomes = BTreeMap::new();
                    while done.fetch_add(1, Ordering::Relaxed) < operations {
                        let (words, nothing_there) = operation(&mut random);
                        let output = env.tsm(&words).time_limit(Duration::from_secs(120)).run();
                        let code = output.status.code().unwrap_or(-1);
                        // 4 is a lock that wasn't had in time.
                        assert!([0, nothing_there, 4].contains(&code), "{words:?}: {output:?}");
                        *outcomes.entry(code).or_default() += 1;
                        check_states(env);
                    }
                    outcomes
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).collect()
    });
    let mut total: BTreeMap<i32, usize> = BTreeMap::new();
    for (code, count) in outcomes.into_iter().flatten() {
        *total.entry(code).or_default() += count;
    }
    println!("{operations} operations, by exit code: {total:?}");
    check_end(&env);
}

/// What holds when all is quiet.
fn check_end(env: &Environment) {
    env.tsm(["switch", PROJECTS[0], "--no-attach"]).run().success();
    env.tsm(["save"]).run().success();
    check_states(env);
    let live = sessions(env);
    let store = store(env);
    for project in PROJECTS {
        let state = store.load(project).unwrap().unwrap().state;
        let name = format!("claude-{project}");
        let count = live.iter().filter(|session| **session == name).count();
        let expected = usize::from(state.lifecycle == Lifecycle::Live);
        assert_eq!(
            count, expected,
            "{project} is recorded as {:?}; {live:?}",
            state.lifecycle
        );
        assert_eq!(state.panes().count(), 2, "{project}");
        for entry in store.history(project).unwrap() {
            let earlier = store.load_at(project, At::Sequence(entry.seq));
            assert!(earlier.is_ok(), "{project} #{}: {earlier:?}", entry.seq);
        }
    }
    assert!(live.iter().all(|session| session.starts_with("claude-p")), "{live:?}");
    let names = fs::read_dir(store.dir())
        .unwrap()
        .flatten()
        .map(|entry| entry.file_name());
    let strange: Vec<_> = names
        .filter(|name| {
            let name = name.to_string_lossy();
            name.starts_with(".tmp-") || name == "corrupt"
        })
        .collect();
    assert!(strange.is_empty(), "{strange:?}");
}
