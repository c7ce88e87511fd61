//! Files of other session managers, in the forms that their documentation shows: what they say is what is built.

use std::fs;
use std::path::{Path, PathBuf};

use tests::Environment;

use crate::template::{Places, places, wait_screen, windows};

/// A directory with the files, beside the projects that they are about.
fn write(env: &Environment, name: &str, text: &str) -> PathBuf {
    let directory = env.root().join("files");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join(name);
    fs::write(
        &path,
        text.replace("ROOT", env.root().join("projects").to_str().unwrap()),
    )
    .unwrap();
    path
}

fn import(env: &Environment, path: &Path) -> String {
    let output = env.tsm(["import", path.to_str().unwrap()]).run().success();
    output.stdout_str().to_owned()
}

#[track_caller]
fn built(env: &Environment, project: &str, size: &str) -> Places {
    env.tsm(["create", project, "--size", size, "--no-agent"])
        .run()
        .success();
    places(&env.panes(&format!("claude-{project}")))
}

#[test]
fn a_file_of_tmuxp_becomes_the_session_that_it_describes() {
    let env = Environment::new();
    let (app, src) = (env.project("app"), env.project("app/src"));
    let file = write(
        &env,
        "app.yaml",
        r#"
session_name: app
start_directory: ROOT/app
shell_command_before: MARK=before
environment:
  EDITOR: vi
options:
  status-left: "app "
  default-shell: /bin/false
before_script: ./never.sh
windows:
  - window_name: edit
    layout: main-vertical
    options:
      main-pane-width: 50
    panes:
      - shell_command:
          - cd src
          - echo "$MARK and $EDITOR"
        focus: true
      - start_directory: src
      - echo "{{.Names}} {{project}}"
  - window_name: logs
    start_directory: src
    focus: true
    panes:
      - blank
      - pane
"#,
    );
    let told = import(&env, &file);
    assert!(
        told.contains("options.default-shell: a template can't set this option"),
        "{told}"
    );
    assert!(told.contains("before_script: "), "{told}");
    built(&env, "app", "121x41");
    let first = env.panes("claude-app")[0].id.clone();
    wait_screen(&env, &first, "before and vi");
    let panes = env.panes("claude-app");
    wait_screen(&env, &panes[2].id, "{{.Names}} {{project}}");
    assert_eq!(
        places(&panes),
        [
            // Its shell went there by itself.
            (0, [0, 0, 50, 41], src.clone()),
            (0, [51, 0, 70, 20], src.clone()),
            (0, [51, 21, 70, 20], app),
            (1, [0, 0, 121, 20], src.clone()),
            (1, [0, 21, 121, 20], src),
        ]
    );
    assert_eq!(
        windows(&env, "claude-app", "#{window_name} #{window_active}"),
        ["edit 0", "logs 1"]
    );
}

#[test]
fn a_file_of_tmuxinator_becomes_the_session_that_it_describes() {
    let env = Environment::new();
    let (blog, log) = (env.project("blog"), env.project("blog/log"));
    let file = write(
        &env,
        "blog.yml",
        r"
name: blog
root: ROOT/blog
on_project_start: touch ROOT/PWNED
socket_path: ROOT/../s
pre_window: MARK=yes
startup_window: server
windows:
  - editor:
      layout: even-horizontal
      panes:
        - echo a-$MARK
        -
  - server: echo serving
  - logs:
      root: ROOT/blog/log
      layout: 'tiled'
      panes:
        - tail:
          - echo one
          - echo two
        - b
        - c
",
    );
    let told = import(&env, &file);
    assert!(told.contains("on_project_start: tsm runs nothing of it"), "{told}");
    let config = fs::read_to_string(env.tsm_config_file()).unwrap();
    assert!(
        config.contains(&format!("server = \"{}/projects/../s\"", env.root().display())),
        "{config}"
    );
    let found = built(&env, "blog", "81x25");
    assert_eq!(
        found,
        [
            (0, [0, 0, 40, 25], blog.clone()),
            (0, [41, 0, 40, 25], blog.clone()),
            (1, [0, 0, 81, 25], blog.clone()),
            (2, [0, 0, 40, 12], log.clone()),
            (2, [41, 0, 40, 12], log.clone()),
            (2, [0, 13, 81, 12], log.clone()),
        ]
    );
    assert_eq!(
        windows(&env, "claude-blog", "#{window_name} #{window_active}"),
        ["editor 0", "server 1", "logs 0"]
    );
    let panes = env.panes("claude-blog");
    wait_screen(&env, &panes[0].id, "a-yes");
    wait_screen(&env, &panes[3].id, "two");
    assert_eq!(panes[3].title, "tail");
    assert!(!env.root().join("projects/PWNED").exists());
}

#[test]
fn a_file_of_smug_becomes_the_session_that_it_describes() {
    let env = Environment::new();
    let (shop, db) = (env.project("shop"), env.project("shop/db"));
    let file = write(
        &env,
        "shop.yml",
        r"
session: shop
root: ROOT/shop
before_start:
  - touch ROOT/PWNED
env:
  FOO: bar
windows:
  - name: code
    commands: [echo foo-$FOO]
    panes:
      - type: horizontal
        root: db
  - name: db
    root: db
    layout: main-horizontal
    selected: true
    panes:
      - type: vertical
        commands: [echo up]
  - name: later
    manual: true
",
    );
    let told = import(&env, &file);
    assert!(told.contains("windows[2].manual: "), "{told}");
    assert_eq!(
        built(&env, "shop", "101x41"),
        [
            (0, [0, 0, 50, 41], shop.clone()),
            (0, [51, 0, 50, 41], db.clone()),
            (1, [0, 0, 101, 24], db.clone()),
            (1, [0, 25, 101, 16], db.clone()),
        ]
    );
    wait_screen(&env, &env.panes("claude-shop")[0].id, "foo-bar");
    assert!(!env.root().join("projects/PWNED").exists());
}

#[test]
fn a_save_of_tmux_resurrect_becomes_the_sessions_that_it_holds() {
    let env = Environment::new();
    let (work, other) = (env.project("my work"), env.project("other"));
    let file = write(
        &env,
        "last",
        "pane\twork\t0\t1\t:*\t0\ta title\t:ROOT/my\\ work\t1\tsh\t:\n\
         pane\twork\t0\t1\t:*\t1\t\t:ROOT/other\t0\tsleep\t:sleep 1000\n\
         pane\tx.y\t3\t1\t:*\t0\t\t:ROOT/other\t1\tsh\t:\n\
         window\twork\t0\t:edit\t1\t:*\t09c0,120x40,0,0{80x40,0,0,0,39x40,81,0,1}\toff\n\
         window\tx.y\t3\t:sh\t1\t:*\tb25d,80x24,0,0,0\ton\n\
         state\twork\tx.y\n",
    );
    let told = import(&env, &file);
    assert!(told.contains("it is x-y now"), "{told}");
    assert_eq!(
        built(&env, "work", "120x40"),
        [(0, [0, 0, 80, 40], work), (0, [81, 0, 39, 40], other.clone())]
    );
    assert_eq!(built(&env, "x-y", "80x24"), [(0, [0, 0, 80, 24], other)]);
    tests::wait_until("sleep", || {
        (env.panes("claude-work")[1].command == "sleep").then_some(())
    });
}

#[test]
fn a_directory_is_imported_file_by_file_and_nothing_is_overwritten() {
    let env = Environment::new();
    let todo = env.project("todo");
    write(
        &env,
        "a.yaml",
        "session_name: a\nstart_directory: ROOT/todo\nwindows: [{panes: [x]}]\n",
    );
    write(&env, "b.yml", "name: b\nroot: <%= 1 %>\nwindows: [x: y]\n");
    write(&env, "c.json", "{\"session_name\": \"taken\", \"windows\": []}");
    write(
        &env,
        "tmux-session-manager.sh",
        "declare -A PROJECTS=(\n  [\"todo\"]=\"ROOT/todo\"\n)\ntouch ROOT/PWNED\n",
    );
    write(&env, "notes.txt", "nothing");
    env.tsm_config("# mine\n[projects.taken]\npath = \"/usr\"\n");
    let config = env.tsm_config_file();
    let before = fs::read_to_string(&config).unwrap();
    let files = env.root().join("files");
    let dry = env.tsm(["import", "--dry-run", files.to_str().unwrap()]).run().code(8);
    assert!(dry.stdout_str().contains("[projects.todo]"), "{}", dry.stdout_str());
    assert_eq!(fs::read_to_string(&config).unwrap(), before);
    let told = env.tsm(["import", files.to_str().unwrap()]).run().code(8);
    let text = told.stdout_str();
    assert!(text.contains("b.yml:2: it is an ERB template"), "{text}");
    assert!(text.contains("projects.taken already, which stays as it is"), "{text}");
    let after = fs::read_to_string(&config).unwrap();
    assert!(after.starts_with(&before), "{after}");
    let listed = env.tsm(["project", "list", "--json"]).run().success().json();
    let names: Vec<&str> = listed["projects"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["name"].as_str().unwrap())
        .collect();
    assert_eq!(names, ["a", "taken", "todo"]);
    assert_eq!(listed["projects"][2]["path"], todo.to_str().unwrap());
    // Once more: all are there, and stay.
    env.tsm(["import", files.to_str().unwrap()]).run().code(8);
    assert_eq!(fs::read_to_string(&config).unwrap(), after);
    assert!(!env.root().join("projects/PWNED").exists());
}

#[test]
fn hostile_files_are_refused_with_file_and_line_and_nothing_is_run_or_written() {
    let env = Environment::new();
    let mut laughs = "a0: &a0 [x, x]\n".to_owned();
    for n in 1..12 {
        laughs.push_str(&format!(
            "a{n}: &a{n} [{}]\n",
            vec![format!("*a{}", n - 1); 9].join(", ")
        ));
    }
    let deep = format!(
        "session_name: a\nwindows: {}{}\n",
        "[".repeat(20_000),
        "]".repeat(20_000)
    );
    let erb = "name: x\n\nroot: <%= `touch PWNED` %>\nwindows: []\n";
    let big = "a".repeat(5 * 1024 * 1024);
    for (name, text, expected) in [
        ("laughs.yaml", laughs.as_str(), "laughs.yaml:"),
        ("deep.yaml", deep.as_str(), "deep.yaml:"),
        ("erb.yml", erb, "erb.yml:3: "),
        ("open.json", "{\"session_name\": ", "open.json:1: "),
        ("big.yaml", big.as_str(), "is larger than"),
        ("what.yaml", "a: 1\n", "of no kind that tsm knows"),
    ] {
        let path = write(&env, name, text);
        let output = env.tsm(["import", path.to_str().unwrap()]).run().code(2);
        assert!(
            output.stderr_str().contains(expected),
            "{name}: {}",
            output.stderr_str()
        );
        assert!(output.stderr_str().len() < 2000, "{name}");
    }
    // What tmux would run, and sizes that kill servers.
    let path = write(
        &env,
        "run.yaml",
        "session_name: '#(touch PWNED)'\nstart_directory: ROOT\noptions: {status-left: '#(touch PWNED)', lock-command: x}\n\
         environment: {LD PRELOAD: x, TSM_SESSION: y}\nwindows:\n- window_name: '#(touch PWNED)'\n  layout: \
         '5a63,4294967295x4294967295,0,0,0'\n  start_directory: '#(touch PWNED)'\n  panes: [{title: '#(touch PWNED)'}, {}]\n",
    );
    let told = import(&env, &path);
    for part in [
        "options.status-left: ",
        "options.lock-command: ",
        "environment.LD PRELOAD: ",
        "windows[0].layout: ",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert_eq!(built(&env, "--touch-PWNED-".trim_start_matches('-'), "80x24").len(), 2);
    let found = fs::read_dir(env.root().join("projects")).unwrap().count();
    assert_eq!(found, 0, "nothing was run");
}
