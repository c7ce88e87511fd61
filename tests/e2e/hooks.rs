//! The hooks of the config: when they run, what they are told, and that none of them harms a switch.

use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use tests::{Environment, Output, Process, Signal, wait_for, wait_until};

use crate::agents::Agents;
use crate::autosave::log;
use crate::switch::{sessions, state, wait_gone};

/// Two projects, `alpha` with a session; hooks write what happens into a file.
struct Hooked {
    env: Environment,
    told: PathBuf,
}

impl Hooked {
    /// With a config of these hooks (`[hooks]` and `[projects.NAME.hooks]` tables). `TOLD` in it is the file's path.
    fn new(hooks: &str) -> Self {
        let env = Environment::new();
        let told = env.root().join("told");
        let mut config = hooks.replace("TOLD", &told.display().to_string());
        for name in ["alpha", "beta"] {
            let path = env.project(name);
            config.push_str(&format!("\n[projects.{name}]\npath = \"{}\"\n", path.display()));
        }
        env.tsm_config(&config);
        env.tsm(["create", "alpha"]).env("TSM_HOOKS", "off").run().success();
        Self { env, told }
    }

    fn told(&self) -> Vec<String> {
        let text = fs::read_to_string(&self.told).unwrap_or_default();
        text.lines().map(str::to_owned).collect()
    }

    /// A switch typed into nothing: as a child of the test, but in the pane of alpha.
    fn switch(&self, args: &[&str]) -> Output {
        let pane = self.env.panes("claude-alpha")[1].id.clone();
        let args = [&["switch"], args].concat();
        self.env.tsm(args).in_pane(&pane).run()
    }
}

const EACH: &str =
    r#"echo "$TSM_EVENT $TSM_VERB $TSM_PROJECT from=$TSM_FROM to=$TSM_TO $TSM_SESSION $TSM_DIR" >> TOLD"#;

/// All events write one line.
fn all() -> String {
    let events = "pre_switch post_switch pre_save post_save pre_kill post_create error notify";
    let line = |event: &str| format!("{event} = '''{EACH}'''\n");
    format!("[hooks]\n{}", events.split(' ').map(line).collect::<String>())
}

#[test]
fn a_switch_runs_all_of_its_hooks_in_order_and_tells_them_what_happens() {
    let hooked = Hooked::new(&all());
    hooked.switch(&["beta"]).success();
    let dir = |name: &str| hooked.env.root().join("projects").join(name).display().to_string();
    let (alpha, beta) = (dir("alpha"), dir("beta"));
    let expected = [
        format!("pre_switch switch beta from=alpha to=beta claude-beta {beta}"),
        format!("pre_save switch alpha from=alpha to=beta claude-alpha {alpha}"),
        format!("pre_kill switch alpha from=alpha to=beta claude-alpha {alpha}"),
        format!("post_save switch alpha from=alpha to=beta claude-alpha {alpha}"),
        format!("post_create switch beta from=alpha to=beta claude-beta {beta}"),
        format!("post_switch switch beta from=alpha to=beta claude-beta {beta}"),
    ];
    assert_eq!(hooked.told(), expected);
    wait_gone(&hooked.env, "claude-alpha");
    assert_eq!(sessions(&hooked.env), ["claude-beta"]);

    fs::remove_file(&hooked.told).unwrap();
    let env = &hooked.env;
    env.tsm(["switch", "alpha", "--dry-run"]).run().success();
    assert_eq!(hooked.told(), [""; 0], "nothing is done, so nothing runs");
    env.tsm(["save", "beta"]).run().success();
    env.tsm(["kill", "beta"]).run().success();
    env.tsm(["restore", "beta"]).run().success();
    env.tsm(["switch", "nobody"]).run().code(3);
    let expected = [
        format!("pre_save save beta from= to= claude-beta {beta}"),
        format!("post_save save beta from= to= claude-beta {beta}"),
        format!("pre_save kill beta from= to= claude-beta {beta}"),
        format!("pre_kill kill beta from= to= claude-beta {beta}"),
        format!("post_save kill beta from= to= claude-beta {beta}"),
        format!("post_create restore beta from= to= claude-beta {beta}"),
        "error switch  from= to=  ".to_owned(),
    ];
    assert_eq!(hooked.told(), expected);
    fs::remove_file(&hooked.told).unwrap();
    env.tsm(["autosave-run"]).run().success();
    assert_eq!(hooked.told(), [""; 0], "what saves by itself asks nobody");
}

#[test]
fn argv_and_shell_lines_get_the_same_as_json() {
    let hooked = Hooked::new(
        "[hooks]\npost_switch = [['sh', '-c', 'cat > TOLD', '$HOME'], 'pwd >> TOLD']\n\
         [projects.alpha.hooks]\npost_switch = 'echo of alpha >> TOLD'\n\
         [projects.beta.hooks]\npost_switch = ['sh', '-c', 'echo of $TSM_PROJECT >> TOLD']",
    );
    let env = &hooked.env;
    env.tsm(["switch", "beta", "--no-attach"]).run().success();
    let told = hooked.told();
    let json: serde_json::Value = serde_json::from_str(&told[0]).unwrap();
    let beta = env.project("beta").display().to_string();
    let expected = serde_json::json!({
        "schema": 1, "event": "post_switch", "verb": "switch", "project": "beta", "from": null, "to": "beta",
        "session": "claude-beta", "dir": beta, "socket": env.socket(), "state_dir": env.home().join(".claude/session-states"),
        "error": null, "notice": null, "detail": null, "test": false, "depth": 1,
    });
    assert_eq!(json, expected);
    assert_eq!(
        told[1..],
        [beta, "of beta".to_owned()],
        "its own after all others', in its directory"
    );
}

#[test]
fn a_hook_that_refuses_leaves_everything_as_it_was() {
    for (hooks, key) in [
        ("[hooks]\npre_switch = 'echo no; exit 3'", "hooks.pre_switch"),
        (
            "[projects.alpha.hooks]\npre_save = ['false']",
            "projects.alpha.hooks.pre_save",
        ),
        (
            "[projects.alpha.hooks]\npre_kill = ['/nonexistent']",
            "projects.alpha.hooks.pre_kill",
        ),
        (
            "[hooks]\npre_switch = { run = 'sleep 1000', timeout = 0.2 }",
            "hooks.pre_switch",
        ),
    ] {
        let hooked = Hooked::new(&format!("{hooks}\n"));
        let before = state(&hooked.env, "alpha");
        let output = hooked.switch(&["beta"]).code(7);
        let stderr = output.stderr_str();
        assert!(
            stderr.contains(&format!("tsm: switch failed: the hook {key} stopped it: ")),
            "{stderr}"
        );
        assert!(stderr.contains(&format!("hint: {key} is in ")), "{stderr}");
        assert_eq!(sessions(&hooked.env), ["claude-alpha"]);
        assert_eq!(state(&hooked.env, "alpha"), before);
        assert!(log(&hooked.env).contains(key), "{}", log(&hooked.env));
        let json = hooked.switch(&["beta", "--json"]).code(7).json();
        assert_eq!(json["error"]["class"], "refused");
        // The way out.
        let pane = hooked.env.panes("claude-alpha")[1].id.clone();
        let off = hooked
            .env
            .tsm(["switch", "beta"])
            .env("TSM_HOOKS", "off")
            .in_pane(&pane);
        off.run().success();
        wait_gone(&hooked.env, "claude-alpha");
    }
}

#[test]
fn a_hook_that_only_warns_stops_nothing() {
    let hooked = Hooked::new(
        "[hooks]\npre_switch = { run = 'exit 3', on_failure = 'warn' }\npost_switch = { run = 'sleep 1000', timeout = 0.2 }\n",
    );
    let output = hooked.switch(&["beta"]).success();
    let stderr = output.stderr_str();
    assert!(
        stderr.contains("tsm: the hook hooks.pre_switch failed: `exit 3`: exit status: 3"),
        "{stderr}"
    );
    assert!(
        stderr.contains("tsm: the hook hooks.post_switch failed: `sleep 1000`: ended after"),
        "{stderr}"
    );
    wait_gone(&hooked.env, "claude-alpha");
    assert_eq!(sessions(&hooked.env), ["claude-beta"]);
}

/// Hangs, forks, ignores TERM, prints a megabyte, closes its pipes, leaves something in the background.
#[test]
fn the_worst_hooks_are_bounded_and_logged_and_the_switch_is_right() {
    let hooked = Hooked::new(
        "[hooks]\npre_switch = { run = \"trap '' TERM; (trap '' TERM; sleep 1000) & echo $! > TOLD; sleep 1000\", \
         timeout = 0.3, on_failure = 'warn' }\n\
         pre_save = ['head', '-c', '1000000', '/dev/zero']\n\
         post_save = 'yes x | head -n 100000'\n\
         pre_kill = 'exec <&- >&- 2>&-; exit 0'\n\
         post_create = { run = 'exec cat /dev/zero', timeout = 0.3 }\n\
         post_switch = \"printf 'esc \\\\033[2J end\\\\n'; kill -9 $$\"\n",
    );
    let started = Instant::now();
    hooked.switch(&["beta"]).success();
    assert!(started.elapsed().as_secs() < 50);
    wait_gone(&hooked.env, "claude-alpha");
    assert_eq!(sessions(&hooked.env), ["claude-beta"]);
    wait_until("the record of the end", || {
        state(&hooked.env, "alpha")
            .contains("SESSION_LIFECYCLE=\"ended\"")
            .then_some(())
    });
    let pid: u32 = hooked.told()[0].parse().expect("a process id");
    wait_until("its child's end", || {
        Process::of(pid).is_none_or(|left| !left.alive()).then_some(())
    });
    let log = log(&hooked.env);
    assert!(log.len() < 200_000, "{}", log.len());
    for part in [
        "hooks.pre_switch",
        "ended after 0.",
        "hooks.pre_save `head -c 1000000 /dev/zero`: exit status: 0",
        "bytes more",
        "esc \\u{1b}[2J end",
        "signal: 9",
    ] {
        assert!(log.contains(part), "{part}: {log}");
    }
}

#[test]
fn a_hook_may_call_tsm_and_holds_no_lock() {
    let hooked = Hooked::new(
        "[hooks]\n\
         pre_switch = 'tsm --lock-timeout 1 save alpha && tsm list >> TOLD'\n\
         pre_save = 'tsm --lock-timeout 1 create beta; ls -l /proc/self/fd | grep -c \"$HOME.*lock\" >> TOLD || true'\n\
         post_switch = 'tsm --lock-timeout 1 kill beta --force && tsm --lock-timeout 1 switch alpha --no-attach >> TOLD'\n",
    );
    let output = hooked.switch(&["beta", "--keep"]).success();
    assert_eq!(output.stderr_str(), "");
    let told = hooked.told().join("\n");
    assert!(
        !told
            .lines()
            .any(|line| line.trim().parse::<u32>().is_ok_and(|locks| locks > 0)),
        "{told}"
    );
    assert!(told.contains("claude-alpha") || told.contains("alpha"), "{told}");
    assert_eq!(sessions(&hooked.env), ["claude-alpha"], "{}", log(&hooked.env));
}

#[test]
fn hooks_that_call_each_other_end() {
    let hooked = Hooked::new(
        "[hooks]\npost_switch = 'echo $TSM_HOOK_DEPTH >> TOLD; tsm switch alpha --no-attach; tsm switch beta --no-attach'\n",
    );
    hooked.env.tsm(["switch", "beta", "--no-attach"]).run().success();
    let mut depths = hooked.told();
    depths.sort();
    assert_eq!(depths, ["1", "2", "2", "3", "3", "3", "3"]);
    assert!(
        log(&hooked.env).contains("post_switch hooks aren't run"),
        "{}",
        log(&hooked.env)
    );
}

#[test]
fn a_server_that_a_hook_starts_knows_nothing_of_the_hook() {
    let hooked = Hooked::new("[hooks]\nerror = 'tsm create alpha'\n");
    hooked.env.kill_server_hard();
    hooked.env.tsm(["switch", "nobody"]).run().code(3);
    assert_eq!(sessions(&hooked.env), ["claude-alpha"]);
    let environment = hooked.env.tmux(["show-environment", "-g"]);
    let environment = String::from_utf8_lossy(&environment).into_owned();
    for name in ["TSM_EVENT=", "TSM_HOOK_DEPTH=", "TSM_ERROR="] {
        assert!(!environment.contains(name), "{environment}");
    }
}

#[test]
fn of_several_those_that_a_hook_refuses_stay() {
    let hooked = Hooked::new(
        "[projects.alpha.hooks]\npre_kill = 'exit 1'\npre_save = 'test $TSM_VERB = kill'\n\
         [hooks]\nnotify = 'echo $TSM_NOTICE $TSM_PROJECT $TSM_ERROR >> TOLD'\n",
    );
    let env = &hooked.env;
    env.tsm(["create", "beta"]).run().success();
    let json = env.tsm(["save", "alpha", "beta", "--json"]).run().code(8).json();
    let outcome = |n: usize| {
        (
            json["results"][n]["project"].clone(),
            json["results"][n]["outcome"].clone(),
        )
    };
    let mut outcomes = [outcome(0), outcome(1)];
    outcomes.sort_by_key(|(project, _)| project.to_string());
    assert_eq!(outcomes[0], ("alpha".into(), "failed".into()));
    assert_eq!(outcomes[1].0, "beta");
    assert!(
        hooked.told()[0].starts_with("save_failed alpha the hook"),
        "{:?}",
        hooked.told()
    );
    let output = env.tsm(["kill", "--all"]).run().code(8);
    assert!(
        output
            .stderr_str()
            .contains("alpha failed: the hook projects.alpha.hooks.pre_kill"),
        "{output:?}"
    );
    assert_eq!(sessions(env), ["claude-alpha"]);
}

#[test]
fn error_hooks_are_told_of_each_project_that_failed() {
    let hooked = Hooked::new(
        "[hooks]\nerror = 'echo \"$TSM_VERB $TSM_PROJECT $TSM_SESSION $PWD: $TSM_ERROR\" >> TOLD'\n\
         [projects.alpha.hooks]\npre_save = 'exit 4'\n",
    );
    let env = &hooked.env;
    env.tsm(["create", "beta"]).run().success();
    let shell = env.panes("claude-alpha")[1].id.clone();
    env.tmux(["kill-pane", "-t", &shell]);
    let alpha = env.project("alpha").display().to_string();
    let told = |args: &[&str], why: &str| {
        env.tsm(args).run().code(8);
        let expected = format!("{} alpha claude-alpha {alpha}: {why}", args[0]);
        let told = hooked.told();
        assert!(told.len() == 1 && told[0].starts_with(&expected), "{told:?}");
        fs::remove_file(&hooked.told).unwrap();
    };
    told(&["save", "alpha", "beta"], "the hook projects.alpha.hooks.pre_save");
    told(&["send", "alpha,beta", "true", "--pane", "shell"], "refused: ");
    assert!(log(env).contains("] save alpha: the hook"), "{}", log(env));
    told(&["kill", "--all"], "the hook projects.alpha.hooks.pre_save");
    assert_eq!(sessions(env), ["claude-alpha"]);
    env.tsm(["create", "beta"]).run().success();
    env.kill_server_hard();
    env.tmux(["new-session", "-d", "-s", "claude-alpha"]);
    told(&["restore", "alpha", "beta"], "the session claude-alpha isn't tsm's");
    assert_eq!(sessions(env), ["claude-alpha", "claude-beta"]);

    // If all failed it is told of each, and of what was wrong before anything was done once.
    env.tsm(["send", "beta", "true", "--pane", "9"]).run().code(7);
    env.tsm(["send", "alpha,beta", "true"]).run().code(7);
    let told = hooked.told();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(
        told[0].starts_with("send beta claude-beta") && told[1].starts_with("send  "),
        "{told:?}"
    );
}

#[test]
fn what_ends_tsm_ends_its_hook() {
    let hooked = Hooked::new("[hooks]\npre_switch = 'echo $$ > TOLD; sleep 1000'\n");
    let running = hooked.env.tsm(["switch", "beta", "--no-attach"]).start();
    let pid: u32 = wait_until("the hook", || hooked.told().first()?.parse().ok());
    let hook = Process::of(pid).expect("it runs");
    Process::of(running.pid()).expect("it runs").signal(Signal::TERM);
    let output = running.wait();
    assert!(!output.status.success(), "{output:?}");
    wait_until("the hook's end", || (!hook.alive()).then_some(()));
    assert_eq!(sessions(&hooked.env), ["claude-alpha"]);
}

#[test]
fn hooks_are_listed_and_tried() {
    let hooked = Hooked::new(
        "[hooks]\nnotify = ['echo', 'two words', '#(x)']\npre_save = { run = 'echo to $TSM_PROJECT $TSM_HOOK_TEST; exit 2', timeout = 3 }\n\
         [projects.alpha.hooks]\npre_save = ['true']\n",
    );
    let env = &hooked.env;
    let list = env.tsm(["hooks", "list"]).run().success();
    let lines: Vec<&str> = list.stdout_str().lines().map(str::trim_end).collect();
    assert_eq!(lines.len(), 4, "{list:?}");
    assert!(
        lines[1].starts_with("pre_save  all") && lines[1].contains("shell"),
        "{lines:?}"
    );
    assert!(
        lines[3].contains("argv") && lines[3].ends_with("echo 'two words' '#(x)'"),
        "{lines:?}"
    );
    let json = env.tsm(["hooks", "list", "--json"]).run().success().json();
    assert_eq!(json["hooks"][1]["project"], "alpha");
    assert_eq!(json["hooks"][0]["timeout"], 3.0);
    assert_eq!(json["hooks"][0]["on_failure"], "abort");

    let tried = env
        .tsm(["hooks", "test", "pre_save", "--project", "alpha"])
        .run()
        .code(1);
    assert!(
        tried.stdout_str().contains("\nto alpha 1\n-> exit status: 2 ("),
        "{tried:?}"
    );
    assert!(
        tried
            .stdout_str()
            .contains("projects.alpha.hooks.pre_save argv `true`\n-> exit status: 0"),
        "{tried:?}"
    );
    let tried = env.tsm(["hooks", "test", "notify"]).run().success();
    assert!(tried.stdout_str().contains("two words #(x)\n"), "{tried:?}");
    env.tsm(["hooks", "test", "post_switch"]).run().code(3);
    let wrong = env.tsm(["hooks", "test", "pre_swich"]).run().code(2);
    assert!(wrong.stderr_str().contains("pre_switch"), "{wrong:?}");
}

#[test]
fn agents_that_wait_finish_and_die_are_told_of_by_the_watcher() {
    let (agents, start) = Agents::with_todo();
    let env = &agents.env;
    let told = env.root().join("told");
    env.tsm_config(&format!(
        "[hooks]\nnotify = 'echo $TSM_NOTICE $TSM_PROJECT $TSM_DETAIL >> {}'\n",
        told.display()
    ));
    let wait_told = |what: &str| {
        wait_for(what, || match fs::read_to_string(&told).unwrap_or_default() {
            text if text.lines().any(|line| line == what) => Ok(()),
            text => Err((text, log(env))),
        });
    };
    let watcher = env.tsm(["watch"]).start();
    wait_for("the watcher", || match log(env) {
        log if log.contains("there is a server") => Ok(()),
        log => Err(log),
    });
    let other = agents.create("other");
    agents.claude.wait_status(other.pid, "idle");
    agents.send(&["todo", "slow"]).success();
    agents.wait_status("todo", "working");
    // Told of this, the watcher has looked, and has seen the first one at work.
    agents.send(&["other", "ask"]).success();
    wait_told("agent_waiting other permission prompt");
    agents.claude.finish();
    wait_told("agent_finished todo");
    assert!(start.process().signal(Signal::KILL));
    wait_told("agent_died todo");
    assert!(Process::of(watcher.pid()).expect("it runs").signal(Signal::TERM));
    watcher.wait().success();
}

#[test]
fn a_backup_that_fails_is_told() {
    let hooked = Hooked::new("[hooks]\nnotify = 'echo $TSM_NOTICE $TSM_PROJECT: $TSM_ERROR >> TOLD'\n");
    hooked.env.recovery(["backup", "nobody"]).run().code(3);
    assert!(
        hooked.told()[0].starts_with("backup_failed nobody: "),
        "{:?}",
        hooked.told()
    );
}

#[test]
fn a_hostile_config_runs_nothing_and_names_the_line() {
    let hooked = Hooked::new("");
    let env = &hooked.env;
    for (hooks, line, what) in [
        ("[hooks]\npre_save = 3\n", 2, "a shell line"),
        (
            "[hooks]\npre_save = { run = 'touch TOLD', timeout = 'x' }\n",
            2,
            "string",
        ),
        (
            "[hooks]\npost_save = 'touch TOLD'\npre_save = [['touch', 'TOLD'], [3]]\n",
            3,
            "string",
        ),
    ] {
        env.tsm_config(&hooks.replace("TOLD", &hooked.told.display().to_string()));
        let output = env.tsm(["save"]).run().code(2);
        let place = format!("config.toml:{line}");
        let stderr = output.stderr_str();
        assert!(
            stderr.contains(&place) && (stderr.contains(what) || stderr.contains("hooks")),
            "{stderr}"
        );
        assert!(!hooked.told.exists());
    }
}
