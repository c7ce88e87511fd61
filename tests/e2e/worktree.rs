//! Worktrees that `tsm project add --worktree` lets git make, and what the project of a worktree has of its repository's.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tests::{Environment, FakeAgent, Process, Signal, wait_until};

use crate::switch::state;

/// git in a directory, by somebody with a name.
pub(crate) fn git(directory: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new("git");
    for setting in ["user.name=t", "user.email=t@t", "init.defaultBranch=trunk"] {
        command.args(["-c", setting]);
    }
    command
        .args(arguments)
        .current_dir(directory)
        .env("GIT_CONFIG_GLOBAL", "/dev/null");
    let output = command.output().expect("git");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A project `shop` with a commit and a branch `fix/it` that has no worktree.
fn shop(keys: &str) -> (Environment, PathBuf) {
    let env = Environment::new();
    let shop = env.project("shop");
    git(&shop, &["init", "-q"]);
    git(&shop, &["commit", "-q", "--allow-empty", "-m", "one"]);
    git(&shop, &["branch", "fix/it"]);
    env.tsm_config(&keys.replace("SHOP", &shop.display().to_string()));
    (env, shop)
}

const ONLY_SHOP: &str = "[projects.shop]\npath = \"SHOP\"\n";

fn config(env: &Environment) -> String {
    fs::read_to_string(env.home().join(".config/tsm/config.toml")).unwrap()
}

fn branch(directory: &Path) -> String {
    git(directory, &["symbolic-ref", "--short", "HEAD"])
}

#[test]
fn git_makes_the_worktree_and_it_becomes_a_project() {
    let (env, shop) = shop(ONLY_SHOP);
    let beside = env.root().join("projects/shop@fix-it");
    // Without the word nothing is made, and no other directory is taken for it.
    let refused = env.tsm(["project", "add", "shop@fix-it"]).dir(&shop).run().code(3);
    assert!(refused.stderr_str().contains("--worktree makes one"), "{refused:?}");
    // A git that runs tsm in a hook says which repository is meant; not to this one.
    let other = env.project("other");
    git(&other, &["init", "-q"]);
    let added = env
        .tsm(["project", "add", "shop@fix/it", "--worktree", "--description", "a fix"])
        .env("GIT_DIR", other.join(".git"))
        .env("GIT_WORK_TREE", &other)
        .run()
        .success();
    let told = format!("shop@fix-it is {}, a new worktree of fix/it\n", beside.display());
    assert_eq!(added.stdout_str(), told);
    assert_eq!(branch(&beside), "fix/it");
    assert_eq!(
        config(&env),
        format!(
            "{}\n[projects.\"shop@fix-it\"]\npath = {beside:?}\ndescription = \"a fix\"\n",
            ONLY_SHOP.replace("SHOP", &shop.display().to_string())
        )
    );
    env.tsm(["create", "shop@fix-it"]).run().success();
    assert!(env.panes("claude-shop@fix-it").iter().all(|pane| pane.cwd == beside));

    // Where the user wants it, of a branch that is made, too.
    env.tsm([
        "project",
        "add",
        "shop@next",
        "--worktree",
        "--new-branch",
        "../trees/next",
    ])
    .dir(&shop)
    .run()
    .success();
    let next = env.root().join("projects/trees/next");
    assert_eq!(branch(&next), "next");
    let status = env.tsm(["status", ".", "--json"]).dir(&next).run().success().json();
    assert_eq!(status["session"]["project"], "shop@next");
    // An empty directory is as good as none.
    let empty = env.project("empty");
    env.tsm(["project", "add", "shop@a@b", "--worktree", "--new-branch", "empty"])
        .dir(env.root().join("projects"))
        .run()
        .success();
    assert_eq!(branch(&empty), "a@b");
    let listed = env.tsm(["project", "list", "--json"]).run().success().json();
    let projects: Vec<(&str, &str)> = listed["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| (one["name"].as_str().unwrap(), one["source"].as_str().unwrap()))
        .collect();
    let names = ["shop", "shop@a@b", "shop@fix-it", "shop@next"];
    assert_eq!(projects, names.map(|name| (name, "config")));
    // What is taken out of the config stays where it is.
    env.tsm(["project", "remove", "shop@next"]).run().success();
    assert_eq!(branch(&next), "next");
}

#[test]
fn what_git_refuses_is_told_and_changes_nothing() {
    let (env, shop) = shop(ONLY_SHOP);
    let before = config(&env);
    let dirty = env.project("dirty");
    fs::write(dirty.join("mine"), "mine").unwrap();
    let dirty = dirty.display().to_string();
    let add = |words: &[&str]| env.tsm(["project", "add"]).args(words).arg("--worktree").run();
    for (words, code, why) in [
        (&["shop@nope"][..], 3, "has no branch nope"),
        (&["shop@trunk"], 1, "trunk"),
        (&["shop@fix/it", &dirty], 1, "already exists"),
        (&["shop@fix/it", "--new-branch"], 1, "already exists"),
        (
            &["nobody@fix"],
            2,
            "nobody isn't in the config; `tsm project add nobody DIRECTORY`",
        ),
        (&["shop"], 2, "PROJECT@BRANCH"),
        (&["shop@fix/it", "--template", "nope"], 3, "nope"),
        (&["shop@fix/it", "a\nb"], 3, "control character"),
    ] {
        let output = add(words).code(code);
        assert!(output.stderr_str().contains(why), "{words:?}: {output:?}");
        assert_eq!(config(&env), before);
    }
    assert!(add(&["shop@nope"]).stderr_str().contains("hint: --new-branch makes it"));
    assert_eq!(fs::read_to_string(Path::new(&dirty).join("mine")).unwrap(), "mine");
    assert_eq!(
        git(&shop, &["worktree", "list", "--porcelain"])
            .matches("worktree ")
            .count(),
        1
    );
    // What is no repository.
    let plain = env.project("plain");
    env.tsm_config(&format!("[projects.plain]\npath = {plain:?}\n"));
    let refused = add(&["plain@x"]).code(3);
    assert!(refused.stderr_str().contains("isn't a git repository"), "{refused:?}");
    // A config that can't be edited is found out before git makes anything.
    let (env, shop) = self::shop(&format!("{ONLY_SHOP}[projects.\"shop@fix-it\"]\npath = \"/\"\n"));
    env.tsm(["project", "add", "shop@fix/it", "--worktree"]).run().code(7);
    assert_eq!(
        git(&shop, &["worktree", "list", "--porcelain"])
            .matches("worktree ")
            .count(),
        1
    );
}

#[test]
fn hostile_branches_never_reach_git_and_what_git_prints_is_harmless() {
    let (env, _shop) = shop(ONLY_SHOP);
    let called = env.root().join("called");
    let script = |text: &str| env.script("git", &text.replace("CALLED", &called.display().to_string()));
    script("#!/bin/sh\necho \"$@\" >> CALLED\n");
    for branch in [
        "-b",
        "--upload-pack=touch x",
        "a\x1b[2Jb",
        "a\nb",
        "",
        "@{-1}",
        "..",
        "a b",
        "@",
    ] {
        let name = format!("shop@{branch}");
        let refused = env.tsm(["project", "add", &name, "--worktree"]).run().code(2);
        assert!(!refused.stderr.contains(&0x1b), "{refused:?}");
        env.tsm(["project", "add", &name, "--worktree", "--new-branch"])
            .run()
            .code(2);
    }
    assert!(!called.exists());

    script("#!/bin/sh\n[ $1 = show-ref ] && exit\nprintf 'fatal: \\033[2J\\007 #(touch x)\\n' >&2\nexit 128\n");
    let refused = env.tsm(["project", "add", "shop@fix", "--worktree"]).run().code(1);
    assert!(
        refused.stderr_str().contains("git made no worktree: fatal: "),
        "{refused:?}"
    );
    assert!(
        !refused.stderr.contains(&0x1b) && !refused.stderr.contains(&7),
        "{refused:?}"
    );

    // What ends tsm ends the git that it waits for.
    script("#!/bin/sh\n[ $1 = show-ref ] && exit\necho $$ > CALLED.new; mv CALLED.new CALLED\nexec sleep 1000\n");
    let running = env.tsm(["project", "add", "shop@fix", "--worktree"]).start();
    let pid: u32 = wait_until("git", || fs::read_to_string(&called).ok()?.trim().parse().ok());
    let started = Process::of(pid).expect("it runs");
    Process::of(running.pid()).expect("it runs").signal(Signal::TERM);
    assert!(!running.wait().status.success());
    wait_until("its end", || (!started.alive()).then_some(()));

    let output = env
        .tsm(["project", "add", "shop@fix", "--worktree"])
        .env("PATH", "/nonexistent");
    let output = output.run().code(1);
    assert!(output.stderr_str().contains("can't be started"), "{output:?}");
}

/// All of its repository's, at the worktree's own places; as git knows it, and as the config names it.
#[test]
fn the_project_of_a_worktree_has_what_its_repository_has() {
    let (env, shop) = shop(
        "agent = \"shell\"\n[templates.web]\nwindows = [{ panes = [{ agent = true }, {}, {}] }]\n[projects.shop]\npath = \"SHOP\"\n\
         template = \"web\"\nagent = \"claude\"\nenvironment = { FROM_TABLE = \"yes\" }\ncompletion_marker = \"SHOP/.done\"\n\
         task_id_file = \"SHOP/task\"\n[projects.shop.hooks]\npost_create = 'echo \"$TSM_PROJECT $TSM_DIR\" >> told'\n",
    );
    let agent = FakeAgent::install(&env, "claude");
    let tree = env.root().join("projects/tree");
    git(&shop, &["worktree", "add", "-q", tree.to_str().unwrap(), "fix/it"]);
    fs::write(shop.join("task"), "T-1\n").unwrap();
    fs::write(tree.join("task"), "T-2\n").unwrap();
    fs::write(shop.join(".done"), "").unwrap();
    let check = |times: usize| {
        env.tsm(["create", "shop@fix-it"]).run().success();
        let started = agent.wait_started(times).pop().unwrap();
        assert_eq!(started.cwd, tree);
        assert_eq!(started.environment["FROM_TABLE"], "yes");
        assert_eq!(env.panes("claude-shop@fix-it").len(), 3);
        let told = fs::read_to_string(tree.join("told")).unwrap();
        assert_eq!(told, format!("shop@fix-it {}\n", tree.display()).repeat(times));
        env.tsm(["save", "shop@fix-it"]).run().success();
        assert!(state(&env, "shop@fix-it").contains("X_TASK_ID=\"T-2\""));
        // That the repository itself is done says nothing of the worktree.
        let refused = env.tsm(["kill", "shop@fix-it"]).run().code(7);
        let marker = tree.join(".done").display().to_string();
        assert!(refused.stderr_str().contains(&marker), "{refused:?}");
        fs::write(&marker, "").unwrap();
        env.tsm(["kill", "shop@fix-it"]).run().success();
        fs::remove_file(&marker).unwrap();
    };
    check(1);
    env.tsm(["project", "add", "shop@fix-it"]).run().success();
    assert!(config(&env).contains("[projects.\"shop@fix-it\"]"), "{}", config(&env));
    check(2);
    // A program is asked in the worktree, and what the worktree's table says counts before its repository's.
    let text = config(&env).replace(
        &format!("task_id_file = \"{}\"", shop.join("task").display()),
        "task_id_command = [\"sh\", \"-c\", \"cat task; echo no\"]",
    );
    env.tsm_config(&(text + "template = \"plain\"\nenvironment = { OWN = \"1\" }\n"));
    env.tsm(["create", "shop@fix-it", "--template", "plain"])
        .run()
        .success();
    assert_eq!(env.panes("claude-shop@fix-it").len(), 1);
    env.tsm(["save", "shop@fix-it"]).run().success();
    let saved = state(&env, "shop@fix-it");
    assert!(saved.contains("X_TASK_ID=\"T-2\""), "{saved}");
    let environment = env.tmux(["show-environment", "-t", "=claude-shop@fix-it"]);
    let environment = String::from_utf8_lossy(&environment).into_owned();
    assert!(
        environment.contains("OWN=1") && environment.contains("FROM_TABLE=yes"),
        "{environment}"
    );
}
