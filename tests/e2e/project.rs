//! The projects of the config, edited in place; git's worktrees.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::PathBuf;
use std::time::Duration;

use tests::system_calls::{SystemCall, record, start_delayed};
use tests::{Environment, wait_until};

use crate::switch::sessions;
use crate::worktree::git;

fn config(env: &Environment) -> PathBuf {
    env.home().join(".config/tsm/config.toml")
}

const MINE: &str = r#"# My own words.
prefix   =   "p"     # spaced as I like

# About a.
[projects.a]
path = "/"      # the root

# A remark of its own.

# About b.
[projects.b]
path = "/usr"
[switch]
leave = "keep"
# the end"#;

#[test]
fn adding_and_removing_changes_nothing_else() {
    let env = Environment::new();
    let path = env.project("shop");
    env.tsm_config(MINE);
    // A config that lies elsewhere, as dotfiles do, and that others may read.
    let dotfile = env.root().join("dotfile.toml");
    fs::rename(config(&env), &dotfile).unwrap();
    fs::set_permissions(&dotfile, fs::Permissions::from_mode(0o640)).unwrap();
    symlink(&dotfile, config(&env)).unwrap();

    env.tsm(["project", "add", "shop", "--description", "a \"shop\""])
        .dir(&path)
        .run()
        .success();
    let text = fs::read_to_string(&dotfile).unwrap();
    let added = format!("\n[projects.shop]\npath = {path:?}\ndescription = 'a \"shop\"'\n");
    assert_eq!(text.replacen(&added, "", 1), MINE.to_owned(), "{text}");
    assert!(fs::symlink_metadata(config(&env)).unwrap().is_symlink());
    assert_eq!(fs::metadata(&dotfile).unwrap().permissions().mode() & 0o7777, 0o640);
    let again = env.tsm(["project", "add", "shop", "/usr"]).run().code(7);
    assert!(
        again.stderr_str().contains("projects.shop is in"),
        "{}",
        again.stderr_str()
    );

    env.tsm(["project", "remove", "shop"]).run().success();
    assert_eq!(fs::read_to_string(&dotfile).unwrap(), MINE);
    env.tsm(["project", "remove", "b"]).run().success();
    let text = fs::read_to_string(&dotfile).unwrap();
    assert_eq!(
        text,
        MINE.replacen("# About b.\n[projects.b]\npath = \"/usr\"\n", "", 1),
        "{text}"
    );
    env.tsm(["project", "remove", "b"]).run().code(3);

    let broken = "[projects.a]\npath = \n";
    fs::write(&dotfile, broken).unwrap();
    env.tsm(["project", "add", "shop"]).dir(&path).run().code(2);
    assert_eq!(fs::read_to_string(&dotfile).unwrap(), broken);
}

#[test]
fn what_several_add_at_once_is_all_there() {
    let env = Environment::new();
    env.tsm_config(MINE);
    let names: Vec<String> = (0..8).map(|n| format!("at-once-{n}")).collect();
    let adding: Vec<_> = names
        .iter()
        .map(|name| env.tsm(["project", "add", name]).dir(env.project(name)).start())
        .collect();
    for running in adding {
        running.wait().success();
    }
    let mut text = fs::read_to_string(config(&env)).unwrap();
    for name in &names {
        let added = format!("\n[projects.{name}]\npath = {:?}\n", env.project(name));
        assert_eq!(text.matches(&added).count(), 1, "{text}");
        text = text.replacen(&added, "", 1);
    }
    assert_eq!(text, MINE);
}

/// Whenever an editor, which knows nothing of locks, writes the file while tsm edits it: both are there, or theirs alone.
#[test]
fn what_an_editor_writes_meanwhile_is_never_lost() {
    let prepared = || {
        let env = Environment::new();
        env.tsm_config("[projects.a]\npath = \"/\"\n");
        let path = env.project("shop");
        let add = env.tsm(["project", "add", "shop"]).dir(path);
        let program = add.prepared();
        (env, program)
    };
    let (env, program) = prepared();
    let calls = record(env.root(), &program);
    let about_it = |call: &&SystemCall| call.can_fail() && call.text.contains("/home/.config/tsm");
    let pairs: Vec<&[SystemCall]> = calls.windows(2).filter(|pair| about_it(&&pair[1])).collect();
    assert!(pairs.iter().any(|pair| pair[1].name == "renameat2"), "{pairs:?}");
    let mut changed = 0;
    for (n, pair) in pairs.into_iter().enumerate() {
        let [before, call] = pair else { unreachable!() };
        let (env, program) = prepared();
        let trace = env.root().join("trace");
        let running = start_delayed(call, Duration::from_millis(400), &trace, &program);
        wait_until("the call before it", || {
            let text = fs::read_to_string(&trace).unwrap_or_default();
            let is_it = |line: &&str| line.starts_with(&format!("{}(", before.name));
            (text.lines().filter(is_it).count() >= before.ordinal).then_some(())
        });
        let mut text = fs::read_to_string(config(&env)).unwrap();
        text.push_str("# mine\n");
        // As editors do.
        fs::write(config(&env).with_file_name("new"), &text).unwrap();
        fs::rename(config(&env).with_file_name("new"), config(&env)).unwrap();
        let output = running.wait_with_output().unwrap();
        let after = fs::read_to_string(config(&env)).unwrap();
        assert!(after.contains("# mine\n"), "{n} {call:?}: {after}");
        assert_eq!(
            after.contains("[projects.shop]"),
            output.status.success(),
            "{n} {call:?}: {after}"
        );
        if !output.status.success() {
            assert_eq!(
                (output.status.code(), after),
                (Some(4), text),
                "{n} {call:?}: {output:?}"
            );
            changed += 1;
        }
        assert_eq!(
            fs::read_dir(config(&env).parent().unwrap()).unwrap().count(),
            1,
            "{n} {call:?}"
        );
    }
    assert!(changed > 0);
}

#[test]
fn every_form_of_a_table_can_be_added_to() {
    let env = Environment::new();
    let path = env.project("shop");
    for text in [
        "",
        "projects = { a = { path = \"/\" } }\n",
        "projects.a.path = \"/\"\n",
        "projects.a = { path = \"/\" }\n[switch]\nleave = \"keep\"\n",
        "[projects]\na = { path = \"/\" }\n",
        "[projects.a]\npath = \"/\"",
    ] {
        env.tsm_config(text);
        env.tsm(["project", "add", "shop"]).dir(&path).run().success();
        let after = fs::read_to_string(config(&env)).unwrap();
        let listed = env.tsm(["project", "list", "--json"]).run().success().json();
        let names: Vec<&str> = listed["projects"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["name"].as_str().unwrap())
            .collect();
        assert!(names.contains(&"shop"), "{after}");
        assert_eq!(names.contains(&"a"), !text.is_empty(), "{after}");
        env.tsm(["project", "remove", "shop"]).run().success();
        assert_eq!(fs::read_to_string(config(&env)).unwrap().trim(), text.trim());
    }
}

#[test]
fn init_writes_a_config_and_finds_repositories() {
    let env = Environment::new();
    for repository in [
        "one/.git",
        "deep/er/two/.git",
        "other/one/.git",
        ".hidden/three/.git",
        "one/inner/.git",
    ] {
        env.project(repository);
    }
    let root = env.root().join("projects");
    symlink(&root, root.join("loop")).unwrap();
    env.tsm(["init"]).run().success();
    let first = fs::read_to_string(config(&env)).unwrap();
    assert!(first.starts_with('#'));
    env.tsm(["config", "check"]).run().success();
    assert!(env.tsm(["init"]).run().code(7).stderr_str().contains("already"));
    env.tsm(["init", "--scan", root.to_str().unwrap()]).run().success();
    let listed = env.tsm(["project", "list", "--json"]).run().success().json();
    let projects = listed["projects"].as_array().unwrap();
    let paths: Vec<String> = projects
        .iter()
        .map(|p| env.normalise(p["path"].as_str().unwrap()))
        .collect();
    assert_eq!(projects.len(), 3, "{projects:?}");
    for path in [
        "<root>/projects/deep/er/two",
        "<root>/projects/one",
        "<root>/projects/other/one",
    ] {
        assert!(paths.contains(&path.to_owned()), "{paths:?}");
    }
    // Looked through again, nothing is added twice, and what was written stays.
    let before = fs::read_to_string(config(&env)).unwrap();
    env.tsm(["init", "--scan", root.to_str().unwrap()]).run().success();
    assert_eq!(fs::read_to_string(config(&env)).unwrap(), before);
    assert!(before.starts_with(&first[..first.len() - 1]));
    // A broken one gives way, and is kept.
    env.tsm_config("nonsense");
    env.tsm(["init", "--force"]).run().success();
    assert_eq!(fs::read_to_string(config(&env)).unwrap(), first);
    assert_eq!(
        fs::read_to_string(config(&env).with_file_name("config.toml.old-1")).unwrap(),
        "nonsense"
    );
}

#[test]
fn a_worktree_is_a_project_of_its_own() {
    let env = Environment::new();
    let main = env.project("shop");
    git(&main, &["init", "-q"]);
    git(&main, &["commit", "-q", "--allow-empty", "-m", "one"]);
    let tree = env.root().join("projects/shop-fix");
    git(
        &main,
        &["worktree", "add", "-q", tree.to_str().unwrap(), "-b", "fix/it"],
    );
    env.tsm_config(&format!(
        "[templates.web]\nwindows = [{{ panes = [{{}}, {{}}, {{}}] }}]\n[projects.shop]\npath = {main:?}\ntemplate = \"web\"\n"
    ));
    let listed = env.tsm(["project", "list"]).run().success();
    assert!(listed.stdout_str().contains("shop@fix-it"), "{}", listed.stdout_str());
    env.tsm(["create", "shop@fix-it"]).run().success();
    env.tsm(["create", "shop"]).run().success();
    assert_eq!(sessions(&env), ["claude-shop", "claude-shop@fix-it"]);
    let panes = env.panes("claude-shop@fix-it");
    assert_eq!(panes.len(), 3, "the template of its project");
    assert!(panes.iter().all(|pane| pane.cwd == tree), "{panes:?}");
    let status = env.tsm(["status", ".", "--json"]).dir(&tree).run().success().json();
    assert_eq!(status["session"]["project"], "shop@fix-it");
    env.tsm(["status", "shop@nope"]).run().code(3);
    // Also one that nobody has been in, and that lies in its repository.
    let inner = main.join(".trees/inner");
    git(
        &main,
        &["worktree", "add", "-q", inner.to_str().unwrap(), "-b", "inner"],
    );
    for (directory, project) in [(&main, "shop"), (&tree, "shop@fix-it"), (&inner, "shop@inner")] {
        let context = env.tsm(["context", "--json"]).dir(directory).run().code(1).json();
        assert_eq!(context["project"], project);
    }
    assert_eq!(
        env.tsm(["status", "shop@trunk", "--json"]).run().success().json()["session"]["project"],
        "shop"
    );
}

#[test]
fn a_config_that_changed_is_told_and_fresh_follows_it() {
    let env = Environment::new();
    let path = env.project("shop");
    let text = |panes: &str, port: u32| {
        format!(
            "[templates.web]\nvariables = {{ port = 1 }}\n[[templates.web.windows]]\npanes = [{panes}]\n[projects.shop]\n\
             path = {path:?}\ntemplate = \"web\"\nvariables = {{ port = {port} }}\n"
        )
    };
    let differs = || {
        let status = env.tsm(["status", "shop", "--json"]).run().success().json();
        status["session"]["template"]["differs_from_config"].as_bool().unwrap()
    };
    env.tsm_config(&text("{}, {}", 1));
    env.tsm(["create", "shop"]).run().success();
    assert!(!differs());
    // What makes no other session is no difference.
    env.tsm_config(&format!("# a remark\n{}", text("{}, {}", 7)));
    assert!(!differs());
    env.tsm_config(&text("{}, {}, {}", 1));
    assert!(differs());
    let human = env.tsm(["status", "shop"]).run().success();
    assert!(
        human.stdout_str().contains("web, differs from config"),
        "{}",
        human.stdout_str()
    );
    // It survives a save and the end of the server.
    env.tsm(["save", "shop"]).run().success();
    env.tmux(["kill-server"]);
    env.tsm(["restore", "shop"]).run().success();
    assert!(differs());
    assert_eq!(env.panes("claude-shop").len(), 2);
    env.tsm(["switch", "shop", "--fresh", "--no-attach"]).run().success();
    crate::switch::wait_gone(&env, "claude-shop-new");
    wait_until("three panes", || {
        (sessions(&env) == ["claude-shop"] && env.panes("claude-shop").len() == 3).then_some(())
    });
    assert!(!differs());
}
