//! How agents are started: environment, arguments, permissions.

use std::fs;
use std::path::Path;

use tests::{Environment, FakeAgent, FakeClaude, wait_until};

use crate::agents::{Agents, after};

/// The agent has what the user's login shell exports, whatever shell that is and whatever it prints.
#[test]
fn every_login_shell_is_asked_for_its_environment() {
    for (shell, file, export) in [
        ("bash", ".bash_profile", "export FROM_LOGIN='two\nlines'"),
        ("zsh", ".zprofile", "export FROM_LOGIN='two\nlines'"),
        ("dash", ".profile", "FROM_LOGIN='two\nlines'; export FROM_LOGIN"),
        ("fish", ".config/fish/config.fish", "set -gx FROM_LOGIN 'two\nlines'"),
    ] {
        let program = format!("/usr/bin/{shell}");
        assert!(Path::new(&program).exists(), "{shell} is installed by xtask");
        let env = Environment::new().with("SHELL", program);
        let agent = FakeAgent::install(&env, "claude");
        let path = env.home().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let profile = fs::read_to_string(env.home().join(".profile")).unwrap();
        let noise = "echo a greeting; echo FROM_LOGIN=wrong\n";
        let found = match shell {
            "fish" => format!("{noise}set -gx PATH {}/bin $PATH\n{export}\n", env.root().display()),
            _ => format!("{noise}{profile}\n{export}\n"),
        };
        fs::write(path, found).unwrap();
        let project = env.project("todo");
        env.tsm(["create", "."]).dir(&project).run().success();
        let start = agent.wait_started(1).remove(0);
        assert_eq!(start.environment["FROM_LOGIN"], "two\nlines", "{shell}");
        assert_eq!(
            start.environment["TMUX_PANE"],
            env.panes("claude-todo")[0].id,
            "{shell}"
        );
        assert_eq!(start.cwd, project, "{shell}");
    }
}

#[test]
fn a_login_shell_that_hangs_costs_its_limit_and_no_more() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "claude");
    env.tsm_config("launch.login_environment = 1\n");
    let profile = env.home().join(".profile");
    let text = fs::read_to_string(&profile).unwrap();
    // Only the shell that isn't the pane's own: that one comes after the agent.
    fs::write(&profile, format!("{text}[ -t 0 ] || sleep 1000\nexport FROM_LOGIN=1\n")).unwrap();
    let path = env.project("todo");
    env.tsm(["create", "."]).dir(&path).run().success();
    let start = agent.wait_started(1).remove(0);
    assert!(!start.environment.contains_key("FROM_LOGIN"));
    assert!(start.environment.contains_key("PATH"));
}

#[test]
fn markers_of_an_agent_around_us_do_not_reach_ours() {
    let env = Environment::new()
        .with("CLAUDE_CODE_CHILD_SESSION", "1")
        .with("CLAUDECODE", "1");
    let claude = FakeClaude::install(&env);
    let path = env.project("todo");
    env.tsm(["create", "."]).dir(&path).run().success();
    let start = claude.wait_started(1).remove(0);
    claude.wait_status(start.pid, "idle");
    env.tsm(["send", "todo", "hello"]).run().success();
    let id = after(&start, "--session-id").unwrap();
    assert!(env.home().join(format!(".claude/projects/-fake/{id}.jsonl")).exists());
}

#[test]
fn arguments_mode_and_variables_come_from_the_config() {
    let agents = Agents::new();
    let path = agents.env.project("todo");
    agents.env.tsm_config(&format!(
        "[agents.claude]\nargs = [\"--model\", \"opus\"]\nenvironment = {{ A = \"agent\", B = \"agent\" }}\n\
         [projects.todo]\npath = \"{}\"\npermission_mode = \"plan\"\nagent_args = [\"--verbose\"]\n\
         agent_environment = {{ B = \"secret of todo\" }}\n",
        path.display()
    ));
    let start = agents.create("todo");
    assert_eq!(after(&start, "--permission-mode").as_deref(), Some("plan"));
    assert_eq!(after(&start, "--model").as_deref(), Some("opus"));
    assert!(start.argv.contains(&"--verbose".to_owned()));
    assert_eq!(
        (start.environment["A"].as_str(), start.environment["B"].as_str()),
        ("agent", "secret of todo")
    );
    // Nothing of it stands where others could read it.
    let pane = agents
        .env
        .tmux(["list-panes", "-s", "-t", "=claude-todo:", "-F", "#{pane_start_command}"]);
    assert!(!String::from_utf8_lossy(&pane).contains("secret"));
    let other = agents.create("other");
    assert_eq!(after(&other, "--permission-mode"), None);
    assert_eq!(other.environment["B"], "agent");
}

#[test]
fn hooks_are_given_beside_the_users_own_settings() {
    let (agents, start) = Agents::with_todo();
    let settings = after(&start, "--settings").unwrap();
    assert_eq!(Path::new(&settings), agents.file("todo", "settings.json"));
    for path in [Path::new(&settings), Path::new(&settings).parent().unwrap()] {
        use std::os::unix::fs::PermissionsExt;
        let mode = fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode & 0o077, 0, "{}: {mode:o}", path.display());
    }
    assert!(!agents.env.home().join(".claude/settings.json").exists());
}

#[test]
fn as_root_questions_are_skipped_only_in_a_sandbox() {
    let agents = Agents::new();
    let path = agents.env.project("todo");
    let config = |sandbox: &str| {
        format!(
            "{sandbox}[projects.todo]\npath = \"{}\"\npermission_mode = \"bypassPermissions\"\n",
            path.display()
        )
    };
    agents.env.tsm_config(&config(""));
    let root = rustix::process::geteuid().is_root();
    let output = agents.env.tsm(["create", "todo"]).run();
    if root {
        let output = output.code(2);
        assert!(
            output.stderr_str().contains("this is root") && output.stderr_str().contains("sandbox = true"),
            "{output:?}"
        );
        assert!(agents.claude.starts().is_empty());
        agents.env.tsm_config(&config("[agents.claude]\nsandbox = true\n"));
        let start = agents.create("todo");
        assert_eq!(start.environment.get("IS_SANDBOX").map(String::as_str), Some("1"));
        assert_eq!(after(&start, "--permission-mode").as_deref(), Some("bypassPermissions"));
    } else {
        output.success();
    }
}

#[test]
fn any_program_can_be_an_agent() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "mine");
    let path = env.project("todo");
    env.tsm_config(&format!(
        "[agents.mine]\nprogram = \"mine\"\nargs = [\"--fast\"]\nnew = [\"--id={{conversation}}\"]\n\
         resume = [\"again\", \"{{conversation}}\"]\nscrub = [\"MINE_INSIDE\"]\nstatus = \"screen\"\nstop_signal = \"INT\"\n\
         stop_timeout = 1\n[agents.mine.screen]\nidle = [\"^fake agent ready$\", \"^you typed: \"]\nworking = [\"^run \"]\n\
         waiting = [\"sure\\\\?\"]\n[projects.todo]\npath = \"{}\"\nagent = \"mine\"\n",
        path.display()
    ));
    env.tsm(["create", "todo"]).env("MINE_INSIDE", "1").run().success();
    let start = agent.wait_started(1).remove(0);
    assert!(!start.environment.contains_key("MINE_INSIDE"));
    let id = start.argv[1].strip_prefix("--id=").unwrap().to_owned();
    assert_eq!(start.argv[2], "--fast");
    let status = || env.tsm(["status", "todo", "--json"]).run().success().json()["session"]["agent"].clone();
    wait_until("its prompt", || (status()["status"] == "idle").then_some(()));
    assert_eq!(status()["kind"], "mine");
    // It shows the question that is typed, and answers so that it works no longer.
    let output = env.tsm(["send", "todo", "are you sure?"]).run().success();
    assert_eq!(output.stdout_str(), "todo delivered\n");
    agent.wait_log(start.pid, "LINE are you sure?");
    wait_until("the question", || (status()["status"] == "waiting").then_some(()));
    env.tsm(["send", "todo", "hello"]).run().code(7);
    // It takes the signal that its table names.
    env.tsm(["kill", "todo"]).run().success();
    agent.wait_ended(start.pid);
    let log = agent.log(start.pid);
    assert!(
        log.contains(&"INT".to_owned()) && !log.contains(&"TERM".to_owned()),
        "{log:?}"
    );
    env.tsm(["create", "todo"]).run().success();
    let second = agent.wait_started(2).remove(1);
    assert_eq!(second.argv[1..], ["again".to_owned(), id, "--fast".to_owned()]);
}

#[test]
fn an_agent_that_nothing_tells_of_gets_nothing_unless_forced() {
    let env = Environment::new();
    let agent = FakeAgent::install(&env, "mine");
    env.tsm_config("agent = \"mine\"\nagents.mine.program = \"mine\"\n");
    let path = env.project("todo");
    env.tsm(["create", "."]).dir(&path).run().success();
    let start = agent.wait_started(1).remove(0);
    let status = env.tsm(["status", "todo", "--json"]).run().success().json();
    assert_eq!(status["session"]["agent"]["status"], "unknown");
    env.tsm(["send", "todo", "hello"]).run().code(7);
    env.tsm(["send", "todo", "hello", "--force"]).run().code(8);
    let log = agent.wait_log(start.pid, "LINE hello");
    assert_eq!(log.len(), 1, "{log:?}");
}

#[test]
fn an_unknown_agent_is_an_error_that_names_those_there_are() {
    let env = Environment::new();
    env.tsm_config("agent = \"clade\"\n");
    env.tsm(["list"]).run().success();
    let output = env.tsm(["create", "."]).run().code(2);
    assert!(
        output.stderr_str().contains("aider, claude, codex, gemini, opencode"),
        "{output:?}"
    );
}
