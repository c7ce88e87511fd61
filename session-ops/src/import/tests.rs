use super::*;
use crate::template::Split;

fn imported(text: &str, name: &str) -> Import {
    parse(text.as_bytes(), Path::new(name)).expect("imported")
}

fn remarks(import: &Import) -> Vec<&str> {
    import.remarks.iter().map(|remark| remark.place.as_str()).collect()
}

fn shells(import: &Import) -> Vec<Vec<Option<&str>>> {
    let template = import.projects[0].template.as_ref().expect("a template");
    let panes = |panes: &[PaneTable]| panes.iter().map(|pane| pane.shell.clone()).collect::<Vec<_>>();
    let windows = template.windows.iter();
    let all: Vec<Vec<Option<String>>> = windows.map(|window| panes(&window.panes)).collect();
    let leak = |text: Option<String>| text.map(|text| &*Box::leak(text.into_boxed_str()));
    all.into_iter()
        .map(|window| window.into_iter().map(leak).collect())
        .collect()
}

#[test]
fn a_file_of_tmuxp() {
    let import = imported(
        r#"
session_name: 2-pane.session
start_directory: ~/work
environment: { EDITOR: vim, N: 3 }
before_script: ./bootstrap.sh
shell_command_before:
  - source .venv/bin/activate
windows:
  - window_name: editor
    layout: main-vertical
    options: { main-pane-height: 35 }
    shell_command_before: cd src
    panes:
      - vim
      - shell_command:
          - cmd: tail -f log
            sleep_before: 1
          - cmd: typed only
            enter: false
        focus: true
      - blank
      -
  - window_name: server
    focus: true
    wrongkey: 1
    panes: [pane]
"#,
        "x.yaml",
    );
    let project = &import.projects[0];
    assert_eq!(
        (project.name.as_str(), project.path.as_deref()),
        ("2-pane-session", Some("~/work"))
    );
    let before = "source .venv/bin/activate\ncd src";
    let with = |command: &str| Some(&*Box::leak(format!("{before}\n{command}").into_boxed_str()));
    assert_eq!(
        shells(&import),
        [
            vec![with("vim"), with("tail -f log"), Some(before), Some(before)],
            vec![Some("source .venv/bin/activate")],
        ]
    );
    let template = project.template.as_ref().expect("a template");
    assert_eq!(template.windows[0].layout.as_deref(), Some("main-vertical"));
    assert_eq!(template.windows[0].options["main-pane-height"].text(), "35");
    assert!(template.windows[0].panes[1].focus && template.windows[1].focus);
    assert_eq!(template.windows[1].split, Some(Split::Rows));
    assert_eq!(template.environment["N"].text(), "3");
    assert_eq!(
        remarks(&import),
        [
            "session_name",
            "windows[0].panes[1].shell_command[0].sleep_before",
            "windows[0].panes[1].shell_command[1]",
            "windows[1].wrongkey",
            "before_script",
        ]
    );
    let json = r#"{"session_name": "a", "windows": [{"panes": ["b"]}]}"#;
    assert_eq!(shells(&imported(json, "x.json")), [[Some("b")]]);
}

#[test]
fn a_socket_is_the_server_of_the_project() {
    for (keys, server) in [
        ("socket_name: work", Some("work")),
        ("socket_path: /run/me/s", Some("/run/me/s")),
        ("socket_path: ~/s\nsocket_name: work", Some("~/s")),
        ("socket_name: a/b", None),
        ("socket_path: s", None),
        ("socket_name: ..", None),
        ("socket_name: [a]", None),
    ] {
        let tmuxinator = imported(&format!("{keys}\nwindows: [a]\n"), "x.yml");
        let tmuxp = imported(
            &format!("session_name: x\n{keys}\nwindows: [{{panes: [a]}}]\n"),
            "x.yml",
        );
        for import in [tmuxinator, tmuxp] {
            assert_eq!(import.projects[0].server.as_deref(), server, "{keys}");
            assert_eq!(import.remarks.is_empty(), server.is_some(), "{keys}");
        }
    }
}

#[test]
fn a_file_of_tmuxinator() {
    let import = imported(
        r"
name: sample
root: ~/code/sample
on_project_start: rm -rf /
socket_name: work
pre_window: rbenv shell 2.0.0-p247
startup_window: server
startup_pane: 1
windows:
  - editor:
      layout: main-vertical
      root: ~/code/sample/app
      panes:
        - vim
        - guard
        - logs:
          - cd log
          - tail -f x
        -
  - server:
      synchronize: after
      panes: [a, b]
  - console: bundle exec rails c
  - several: [one, two]
  - nothing:
",
        "x.yml",
    );
    let project = &import.projects[0];
    assert_eq!(
        (project.name.as_str(), project.path.as_deref()),
        ("sample", Some("~/code/sample"))
    );
    assert_eq!(project.server.as_deref(), Some("work"));
    let template = project.template.as_ref().expect("a template");
    assert_eq!(template.windows[0].panes[2].title.as_deref(), Some("logs"));
    assert!(template.windows[1].focus && template.windows[1].panes[1].focus);
    assert_eq!(template.windows[1].layout.as_deref(), Some("tiled"));
    assert_eq!(template.windows[1].options["synchronize-panes"].text(), "on");
    assert_eq!(
        template.windows[0].panes[2].shell.as_deref(),
        Some("rbenv shell 2.0.0-p247\ncd log\ntail -f x")
    );
    assert_eq!(
        template.windows[3].panes[0].shell.as_deref(),
        Some("rbenv shell 2.0.0-p247\none\ntwo")
    );
    assert_eq!(template.windows[4].panes.len(), 1);
    assert_eq!(remarks(&import), ["on_project_start"]);
    let nameless = imported("windows: [a, b]\n", "dir/my.app.yml");
    assert_eq!(nameless.projects[0].name, "my-app");
}

#[test]
fn a_file_of_smug() {
    let import = imported(
        r"
session: blog
root: ~/Developer/blog
before_start:
  - docker-compose -f my-microservices/docker-compose.yml up -d
env:
  FOO: bar
windows:
  - name: code
    root: blog
    manual: true
    layout: main-vertical
    commands: [docker-compose start]
    panes:
      - type: horizontal
        root: .
        commands: [docker-compose exec php /bin/sh, clear]
  - name: infrastructure
    root: ~/Developer/blog/my-microservices
    selected: true
    panes:
      - type: horizontal
        commands: [docker-compose up -d]
",
        "blog.yml",
    );
    let project = &import.projects[0];
    let template = project.template.as_ref().expect("a template");
    assert_eq!(template.windows.len(), 1, "the manual one is left out");
    assert_eq!(template.windows[0].split, Some(Split::Columns));
    assert!(template.windows[0].focus);
    assert_eq!(shells(&import), [[None, Some("docker-compose up -d")]]);
    assert_eq!(remarks(&import), ["windows[0].manual", "before_start"]);
}

#[test]
fn saves_of_tmux_resurrect_in_all_their_forms() {
    let now = "pane\twork\t0\t1\t:*Z\t0\tthe title\t:/home/u/my\\ code\t1\tvim\t:vim .\n\
               pane\twork\t0\t1\t:*Z\t1\t\t:/tmp\t0\tbash\t:\n\
               pane\tother one\t2\t0\t:-\t0\tt\t:/\t1\tbash\t:\n\
               window\twork\t0\t:edit\t1\t:*Z\tb2f4,120x40,0,0{60x40,0,0,0,59x40,61,0,1}\toff\n\
               window\tother one\t2\t:bash\t0\t:-\tb25d,80x24,0,0,0\ton\n\
               state\twork\tother one\n";
    let import = imported(now, "last");
    let names: Vec<&str> = import.projects.iter().map(|project| project.name.as_str()).collect();
    assert_eq!(names, ["other-one", "work"]);
    let work = &import.projects[1];
    assert_eq!(work.path.as_deref(), Some("/home/u/my code"));
    let window = &work.template.as_ref().expect("a template").windows[0];
    assert_eq!(
        (window.name.as_deref(), window.focus, window.zoomed),
        (Some("edit"), true, true)
    );
    assert!(
        window
            .layout
            .as_deref()
            .is_some_and(|layout| layout.starts_with("b2f4,"))
    );
    assert_eq!(window.panes[0].shell.as_deref(), Some("vim ."));
    assert_eq!(window.panes[0].title.as_deref(), Some("the title"));
    assert_eq!(
        (
            window.panes[0].directory.as_deref(),
            window.panes[1].directory.as_deref()
        ),
        (None, Some("/tmp"))
    );
    // tmux names it itself.
    assert_eq!(
        import.projects[0].template.as_ref().expect("a template").windows[0].name,
        None
    );
    let before = "pane\twork\t0\t:edit\t1\t:*\t0\t:/code\t1\tvim\t:vim\nwindow\twork\t0\t1\t:*\tb25d,80x24,0,0,0\n";
    let import = imported(before, "tmux_resurrect_2016.txt");
    assert_eq!(shells(&import), [[Some("vim")]]);
    assert_eq!(import.remarks, []);
    let broken = imported("pane\ta\tx\nwhat\n", "last");
    assert_eq!(remarks(&broken), ["line 1", "line 2"]);
}

#[test]
fn the_projects_of_the_original_scripts() {
    let script = r#"#!/bin/bash
rm -rf "$HOME"
declare -A PROJECTS=(
    ["todo"]="/home/u/www/plugin-todo"
    # a comment
    ['article']='/home/u/a b'
    [staging]="/home/u/staging|the staging"
    ["wp todos"]="/home/u/wp"
    ["home"]="$HOME/x"
    nonsense
)
["late"]="/no"
"#;
    let import = imported(script, "tmux-session-manager.sh");
    let found: Vec<_> = import
        .projects
        .iter()
        .map(|project| (project.name.as_str(), project.path.as_deref().expect("a path")))
        .collect();
    assert_eq!(
        found,
        [
            ("todo", "/home/u/www/plugin-todo"),
            ("article", "/home/u/a b"),
            ("staging", "/home/u/staging"),
            ("wp-todos", "/home/u/wp"),
        ]
    );
    assert_eq!(remarks(&import), ["line 8", "line 9", "line 10"]);
}

#[test]
fn hostile_files_are_errors_with_a_line() {
    let mut laughs = "a0: &a0 [x, x]\n".to_owned();
    for n in 1..9 {
        let alias = format!("*a{}", n - 1);
        laughs.push_str(&format!("a{n}: &a{n} [{}]\n", [alias.as_str(); 9].join(", ")));
    }
    for (text, name, line) in [
        (laughs.as_str(), "x.yaml", 7),
        ("session_name: [\n", "x.yaml", 1),
        ("name: x\nroot: <%= `rm -rf /` %>\nwindows: []\n", "x.yml", 2),
        ("{\"session_name\": ", "x.json", 1),
    ] {
        match parse(text.as_bytes(), Path::new(name)) {
            Err(ImportError::Invalid {
                line: found, message, ..
            }) => {
                assert!(found >= line && !message.contains('\n'), "{found}: {message}");
            }
            other => panic!("{text:.60}: {other:?}"),
        }
    }
    for (text, name) in [
        ("", "x.yaml"),
        ("[]", "x.json"),
        ("a: 1\n", "x.yml"),
        ("hello", "x.txt"),
        ("\0\u{fffd}", "x"),
    ] {
        let refused = parse(text.as_bytes(), Path::new(name));
        assert!(
            matches!(refused, Err(ImportError::UnknownKind { .. })),
            "{text:?}: {refused:?}"
        );
    }
    // Wrong types are remarks, and everything else is taken over.
    let odd = imported(
        "session_name: {a: 1}\nwindows: [1, {panes: 3}, {panes: [[[]], {shell_command: {}}]}]\n",
        "x.yaml",
    );
    assert_eq!(odd.projects[0].name, "imported");
    assert!(odd.remarks.len() >= 4, "{:?}", odd.remarks);
    let many = format!("session_name: a\nwindows:\n{}", "- {panes: [x]}\n".repeat(5000));
    let windows = imported(&many, "x.yaml").projects[0]
        .template
        .clone()
        .expect("a template")
        .windows;
    assert_eq!(windows.len(), MAX_PANES);
}

proptest::proptest! {
    #[test]
    fn nothing_makes_it_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200),
                              text in "(pane|window|state|PROJECTS=\\(|session_name: |windows:|- |\t|:|\n|\\[|\\]|\\{|\\}|\"|a|1|<%|=|'|\\|){0,60}") {
        for name in ["x.yaml", "x.json", "last", "x.sh"] {
            let _import = parse(&bytes, Path::new(name));
            let _import = parse(text.as_bytes(), Path::new(name));
        }
    }
}
