//! Every document of `--json` is as its committed schema says, and says nothing that the schema doesn't.

use std::ffi::OsString;
use std::fs;
use std::os::unix::ffi::OsStringExt;
use std::path::{Path, PathBuf};

use boon::{Compiler, Schemas};
use serde_json::Value;
use tests::{Environment, wait_until};

/// Where the schemas are published, as their `$id` says.
const BASE: &str = "https://tsm.invalid/schemas";

/// Fails unless the document is as the committed schema of this name says: `list`, `recovery/detect`.
#[track_caller]
pub(crate) fn check(name: &str, document: &Value) {
    if let Err(why) = checked(name, document) {
        panic!("{name}: {why}\n{document:#}");
    }
}

pub(crate) fn checked(name: &str, document: &Value) -> Result<(), String> {
    let mut compiler = Compiler::new();
    for (url, file) in schemas() {
        let mut schema = read(&file);
        forbid_more(&mut schema);
        compiler.add_resource(&url, schema).expect("a resource");
    }
    let mut compiled = Schemas::new();
    let schema = compiler
        .compile(&format!("{BASE}/{name}.json"), &mut compiled)
        .expect("a schema");
    compiled.validate(document, schema).map_err(|error| error.to_string())
}

fn schemas() -> Vec<(String, PathBuf)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut all = Vec::new();
    for (directory, base) in [
        ("tsm-cli/schemas", BASE.to_owned()),
        ("recovery-cli/schemas", format!("{BASE}/recovery")),
    ] {
        for file in fs::read_dir(root.join(directory)).expect("schemas").flatten() {
            all.push((format!("{base}/{}", file.file_name().to_string_lossy()), file.path()));
        }
    }
    all
}

fn read(file: &Path) -> Value {
    let text = fs::read_to_string(file).expect("a schema");
    serde_json::from_str(&text).expect("JSON")
}

/// Readers must bear fields that are added; here one that no schema names is a field that was forgotten there.
fn forbid_more(schema: &mut Value) {
    let Value::Object(object) = schema else {
        if let Value::Array(items) = schema {
            items.iter_mut().for_each(forbid_more);
        }
        return;
    };
    if object.contains_key("properties") && !object.contains_key("additionalProperties") {
        object.insert("additionalProperties".to_owned(), false.into());
    }
    for (keyword, inner) in object.iter_mut() {
        match (keyword.as_str(), inner) {
            // They speak of some fields only.
            ("if" | "then" | "else", _) => {}
            ("properties" | "$defs", Value::Object(named)) => named.values_mut().for_each(forbid_more),
            (_, inner) => forbid_more(inner),
        }
    }
}

/// With the projects `todo`, which lives, and `other`, which was ended.
fn with_projects() -> Environment {
    let env = Environment::new();
    env.tsm_config("agent = \"shell\"\n");
    for name in ["todo", "other"] {
        let path = env.project(name);
        let _output = env.tsm(["create", "."]).dir(&path).run().success();
    }
    let _output = env.tsm(["kill", "other"]).run().success();
    env
}

#[track_caller]
fn tsm(env: &Environment, schema: &str, line: &str, code: i32) -> Value {
    let document = env.tsm(line.split(' ')).run().code(code).json();
    check(schema, &document);
    document
}

#[track_caller]
fn recovery(env: &Environment, schema: &str, line: &str, code: i32) -> Value {
    let document = env.recovery(line.split(' ')).run().code(code).json();
    check(&format!("recovery/{schema}"), &document);
    document
}

#[test]
fn schemas_are_known_by_their_file() {
    for (url, file) in schemas() {
        let schema = read(&file);
        assert_eq!(schema["$id"], url, "{}", file.display());
        assert!(schema["title"].is_string(), "{}", file.display());
        // That it can be read, and refuses something.
        let name = url
            .strip_prefix(&format!("{BASE}/"))
            .and_then(|name| name.strip_suffix(".json"));
        assert!(checked(name.unwrap_or_default(), &serde_json::json!({ "schema": 2 })).is_err());
    }
}

#[test]
fn documents_of_tsm() {
    let env = with_projects();
    tsm(&env, "switch", "switch todo --no-attach --json", 0);
    let plan = tsm(&env, "switch", "switch other --dry-run --json", 0);
    assert!(plan["plan"].as_array().is_some_and(|plan| !plan.is_empty()), "{plan:#}");
    tsm(&env, "create", "create other --json", 0);
    tsm(&env, "create", "create other --json", 0);
    tsm(&env, "save", "save --json", 0);
    env.tmux(["new-window", "-d", "-t", "=claude-todo:"]);
    let saved = tsm(&env, "save", "save --json", 0);
    assert_eq!(saved["results"][0]["outcome"], "saved", "{saved:#}");
    tsm(&env, "send", "send todo,other --pane shell --json true", 0);
    tsm(&env, "send", "send todo --pane 7 --json true", 7);
    tsm(&env, "state", "state todo --json", 0);
    let history = tsm(&env, "state-history", "state todo --history --json", 0);
    assert!(
        history["history"].as_array().is_some_and(|all| !all.is_empty()),
        "{history:#}"
    );
    tsm(&env, "config-show", "config show --json", 0);
    tsm(&env, "restore", "restore todo --json", 0);
    tsm(&env, "kill", "kill other --json", 0);
    let plan = tsm(&env, "restore", "restore other --dry-run --json", 0);
    assert_eq!(plan["plan"][0], "restore other", "{plan:#}");
    let restored = tsm(&env, "restore", "restore other --json", 0);
    assert_eq!(
        restored["sessions"][0]["panes"].as_array().map(Vec::len),
        Some(2),
        "{restored:#}"
    );

    env.tmux(["set-option", "-w", "-t", "=claude-todo:", "remain-on-exit", "on"]);
    env.tmux(["split-window", "-t", "=claude-todo:", "true"]);
    wait_until("the pane to be dead", || {
        let panes = env.tmux(["list-panes", "-t", "=claude-todo:", "-F", "#{pane_dead}"]);
        panes.contains(&b'1').then_some(())
    });
    let plan = tsm(&env, "cleanup", "cleanup --dry-run --json", 0);
    assert!(plan["plan"].is_array(), "{plan:#}");
    let done = tsm(&env, "cleanup", "cleanup --json", 0);
    assert_eq!(done["actions"][0]["done"], true, "{done:#}");

    let strange = env.root().join(OsString::from_vec(vec![0xff, 0xfe]));
    fs::create_dir(&strange).unwrap();
    for (directory, code) in [(env.project("todo"), 1), (strange, 3)] {
        let document = env.tsm(["context", "--json"]).dir(&directory).run().code(code).json();
        check("context", &document);
        assert_eq!(
            document["path_bytes"].is_null(),
            directory.to_str().is_some(),
            "{document:#}"
        );
    }

    let health = env.tsm(["health", "--json"]).run();
    check("health", &health.json());
    for (line, code) in [
        ("state nothing --json", 3),
        ("kill nothing --json", 3),
        ("create a:b --json", 2),
        ("switch --json", 2),
        ("restore todo --at nonsense --json", 2),
        ("-S /nowhere/s send todo x --json", 3),
    ] {
        tsm(&env, "error", line, code);
    }
}

#[test]
fn documents_of_what_is_configured() {
    let env = with_projects();
    let todo = env.project("todo");
    std::process::Command::new("git")
        .args(["init", "-q"])
        .current_dir(&todo)
        .status()
        .expect("git");
    fs::create_dir_all(todo.join(".git/worktrees/fix")).expect("a directory");
    let tree = env.project("fix");
    fs::write(todo.join(".git/worktrees/fix/HEAD"), "ref: refs/heads/fix\n").expect("a file");
    let leads = format!("{}/.git\n", tree.display());
    fs::write(todo.join(".git/worktrees/fix/gitdir"), leads).expect("a file");
    let leads = format!("gitdir: {}/.git/worktrees/fix\n", todo.display());
    fs::write(tree.join(".git"), leads).expect("a file");
    tsm(&env, "hooks-list", "hooks list --json", 0);
    env.tsm_config(&format!(
        "[hooks]\nnotify = ['echo', 'two words']\n[templates.mine]\nwindows = [{{ panes = [{{}}] }}]\n[projects.todo]\n\
         path = {todo:?}\ntemplate = \"mine\"\ndescription = \"what is to do\"\n[projects.todo.hooks]\npre_kill = 'true; true'\n"
    ));
    let projects = tsm(&env, "project-list", "project list --json", 0);
    let sources: Vec<(&str, &str)> = projects["projects"]
        .as_array()
        .expect("projects")
        .iter()
        .map(|one| {
            (
                one["name"].as_str().expect("a name"),
                one["source"].as_str().expect("a source"),
            )
        })
        .collect();
    assert_eq!(
        sources,
        [("other", "state"), ("todo", "config"), ("todo@fix", "worktree")]
    );
    let templates = tsm(&env, "template-list", "template list --json", 0);
    assert_eq!(templates["templates"][1]["source"], "config", "{templates:#}");
    let hooks = tsm(&env, "hooks-list", "hooks list --json", 0);
    assert_eq!(hooks["hooks"][0]["command"], "true; true", "{hooks:#}");
    let context = |code: i32, dir: &Path| {
        let document = env.tsm(["context", "--json"]).dir(dir).run().code(code).json();
        check("context", &document);
        document
    };
    assert_eq!(context(1, &tree)["project"], "todo@fix");
    let unknown = env.root().join(OsString::from_vec(b"\xff".to_vec()));
    fs::create_dir(&unknown).expect("a directory");
    let document = context(3, &unknown);
    assert_eq!(decoded(&document["path_bytes"]), unknown.as_os_str().as_encoded_bytes());
    env.tsm_config("prefix = 7\nnonsense\n");
    for line in ["project list --json", "template list --json", "hooks list --json"] {
        tsm(&env, "error", line, 2);
    }
}

#[test]
fn documents_of_recovery() {
    let env = with_projects();
    let none = recovery(&env, "detect", "detect --json", 0);
    assert_eq!(none["findings"], serde_json::json!([]));
    recovery(&env, "validate", "validate --json", 1);
    let backup = recovery(&env, "backup", "backup --json", 0);
    recovery(&env, "backup", "backup todo --json", 0);
    recovery(&env, "validate", "validate --json", 0);
    recovery(&env, "list-backups", "list-backups --json", 0);
    recovery(&env, "verify", "verify --json", 0);
    let file = backup["file"].as_str().expect("a path").to_owned();
    fs::remove_file(env.home().join(".claude/session-states/other.state")).expect("a state");
    let plan = recovery(&env, "restore", &format!("restore {file} --dry-run --json"), 0);
    assert!(plan["plan"].as_array().is_some_and(|plan| plan.len() == 1), "{plan:#}");
    let restored = recovery(&env, "restore", &format!("restore {file} --sessions --json"), 0);
    assert_eq!(restored["sessions"].as_array().map(Vec::len), Some(2), "{restored:#}");
    let plan = recovery(
        &env,
        "cleanup-backups",
        "cleanup-backups --keep-last 1 --dry-run --json",
        0,
    );
    assert!(plan["plan"].is_array(), "{plan:#}");
    recovery(&env, "cleanup-backups", "cleanup-backups --keep-last 1 --json", 0);
    recovery(&env, "emergency", "emergency --yes --json", 0);
    env.kill_server();
    let lost = recovery(&env, "detect", "detect --json", 1);
    assert_eq!(lost["findings"][0]["kind"], "session_lost", "{lost:#}");

    let damaged = fs::read(&file).expect("a backup");
    fs::write(&file, &damaged[..damaged.len() / 2]).expect("a backup");
    let verified = recovery(&env, "verify", "verify --json", 6);
    let errors = verified["backups"].as_array().expect("backups").iter();
    assert!(
        errors.clone().any(|one| one["errors"] != serde_json::json!([])),
        "{verified:#}"
    );
    for (line, code) in [
        (format!("restore {file} --json"), 6),
        ("restore nothing.tar.zst --json".to_owned(), 3),
        ("cleanup-backups 0 --json".to_owned(), 2),
        ("backup --json --nonsense".to_owned(), 2),
        ("emergency --json".to_owned(), 7),
    ] {
        recovery(&env, "error", &line, code);
    }
}

/// What isn't UTF-8 is told lossily, and beside it by its bytes.
#[test]
fn bytes_that_are_no_text_are_told_in_base64() {
    let env = with_projects();
    let name = |start: &str| {
        let bytes = [env.root().as_os_str().as_encoded_bytes(), start.as_bytes(), b"\xff"].concat();
        OsString::from_vec(bytes)
    };
    let (states, backups) = (name("/states"), name("/backups"));
    let run = |recovery: bool, args: &[&str]| {
        let call = match recovery {
            true => env.recovery(args),
            false => env.tsm(args),
        };
        let call = call.dir(env.project("other"));
        call.env("TSM_STATE_DIR", &states)
            .env("TSM_BACKUP_DIR", &backups)
            .run()
            .json()
    };
    let settings = run(false, &["config", "show", "--json"]);
    check("config-show", &settings);
    let states_row = settings["settings"].as_array().expect("settings").iter();
    let states_row = states_row
        .clone()
        .find(|row| row["key"] == "state_dir")
        .expect("state_dir");
    assert!(
        states_row["value"]
            .as_str()
            .is_some_and(|text| text.ends_with('\u{fffd}')),
        "{states_row}"
    );
    assert_eq!(decoded(&states_row["value_bytes"]), states.as_encoded_bytes());

    check("create", &run(false, &["create", ".", "--json"]));
    let backup = run(true, &["backup", "--json"]);
    check("recovery/backup", &backup);
    let file = decoded(&backup["file_bytes"]);
    assert!(file.starts_with(backups.as_encoded_bytes()), "{backup}");
    let listed = run(true, &["list-backups", "--json"]);
    check("recovery/list-backups", &listed);
    assert_eq!(decoded(&listed["backups"][0]["file_bytes"]), file);

    // What a killed run left, and what is found of it.
    fs::write(Path::new(&states).join(".tmp-4194300-1-1"), "").expect("a leftover");
    let found = run(true, &["detect", "--json"]);
    check("recovery/detect", &found);
    let leftover = found["findings"].as_array().expect("findings").iter();
    let leftover = leftover
        .clone()
        .find(|one| one["kind"] == "leftover")
        .expect("a leftover");
    assert!(
        decoded(&leftover["subject_bytes"]).starts_with(states.as_encoded_bytes()),
        "{leftover}"
    );
    let cleaned = run(false, &["cleanup", "--json"]);
    check("cleanup", &cleaned);
    assert!(cleaned["actions"][0]["subject_bytes"].is_string(), "{cleaned}");
}

#[track_caller]
fn decoded(base64: &Value) -> Vec<u8> {
    use base64::Engine;
    let text = base64.as_str().expect("base64");
    base64::engine::general_purpose::STANDARD.decode(text).expect("base64")
}
