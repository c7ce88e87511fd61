//! What the README and the documents show works as it stands there.
//!
//! The blocks of a document run in order, in one environment with the projects `~/code/todo` and `~/code/article`:
//!
//! | fence | what happens |
//! |---|---|
//! | `sh` | bash runs it, and stops at the first command that fails |
//! | `console` | what follows `$ ` runs, and must print the lines below it; `...` stands for any text |
//! | `console NAME` | the same in the session of this project |
//! | `zsh`, `fish` | that shell runs it |
//! | `toml` | becomes the config file, in which nothing may be wrong |
//! | `tmux` | the server reads it |
//! | `json` | is JSON; of Claude Code's settings the hooks are run |
//! | `shell` | calls of cargo in a clone; `readme` has what is to be checked of them |
//! | `text` | isn't run; it may not begin a line with a call of ours |

use std::fs;
use std::path::{Path, PathBuf};

use tests::{Environment, FakeClaude};

use crate::configuration::schema;

/// One fenced block.
#[derive(Debug)]
struct Block {
    language: String,
    text: String,
    /// Of its first line, from 1.
    line: usize,
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

fn blocks(document: &str) -> Vec<Block> {
    let text = fs::read_to_string(folder().join(document)).unwrap();
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (number, line) in text.lines().enumerate() {
        match line.strip_prefix("```") {
            Some(_) if open => open = false,
            Some(language) => {
                open = true;
                blocks.push(Block {
                    language: language.to_owned(),
                    text: String::new(),
                    line: number + 2,
                });
            }
            None if open => {
                let block = blocks.last_mut().unwrap();
                block.text.push_str(line);
                block.text.push('\n');
            }
            None => {}
        }
    }
    assert!(!open, "{document}: a block without an end");
    blocks
}

/// A user with two projects who has just installed tsm. What they call `tmux` is the private server.
pub(crate) fn user() -> Environment {
    let env = Environment::new();
    let tmux = std::env::var("TSM_TMUX").unwrap_or_else(|_| {
        let found = env.command("sh", ["-c", "command -v tmux"]).run().success();
        found.stdout_str().trim().to_owned()
    });
    fs::remove_file(env.bin().join("tmux")).ok();
    env.script(
        "tmux",
        &format!("#!/bin/sh\nexec '{tmux}' -S '{}' \"$@\"\n", env.socket().display()),
    );
    let env = env.with("TSM_TMUX", tmux);
    FakeClaude::install(&env);
    for name in ["todo", "article"] {
        fs::create_dir_all(env.home().join("code").join(name)).unwrap();
    }
    env
}

fn play(document: &str) {
    let env = user();
    for block in blocks(document) {
        let at = format!("{document}:{}", block.line);
        match block.language.as_str() {
            "sh" => {
                let output = env.command("bash", ["-e", "-o", "pipefail", "-c", &block.text]).run();
                assert!(output.status.success(), "{at}: {output:?}");
            }
            "zsh" | "fish" => {
                let quiet = if block.language == "zsh" { "-f" } else { "--no-config" };
                let output = env.command(&block.language, [quiet, "-c", &block.text]).run();
                assert!(output.status.success() && output.stderr.is_empty(), "{at}: {output:?}");
            }
            "toml" => {
                env.tsm_config(&block.text);
                let output = env.tsm(["config", "check"]).run();
                assert!(output.status.success() && output.stderr.is_empty(), "{at}: {output:?}");
                fits_the_schema(&env, &block.text, &at);
            }
            "tmux" => {
                let file = env.root().join("block.conf");
                fs::write(&file, &block.text).unwrap();
                let output = env.tmux_command(["source-file"]).arg(&file).run();
                assert!(output.status.success(), "{at}: {output:?}");
            }
            "json" => {
                let parsed: serde_json::Value = serde_json::from_str(&block.text).expect(&at);
                run_hooks(&env, &parsed, &at);
            }
            "shell" => assert!(block.text.lines().all(|line| line.starts_with("cargo ")), "{at}"),
            "text" => {
                let ours = block.text.lines().find(|line| line.starts_with("tsm"));
                assert!(ours.is_none(), "{at}: {ours:?} could run");
            }
            console if console.starts_with("console") => session(&env, &block, &at),
            other => panic!("{at}: nothing is known of ```{other}"),
        }
    }
}

/// What the schema for editors says of a config.
fn fits_the_schema(env: &Environment, text: &str, at: &str) {
    let value: serde_json::Value = toml::from_str(text).unwrap();
    let (mut schemas, mut compiler) = (boon::Schemas::new(), boon::Compiler::new());
    compiler.add_resource("config.json", schema(env)).unwrap();
    let compiled = compiler.compile("config.json", &mut schemas).unwrap();
    let checked = schemas.validate(&value, compiled).map_err(|error| error.to_string());
    assert_eq!(checked, Ok(()), "{at}");
}

/// A session at a terminal: commands behind `$ `, each followed by what it prints.
fn session(env: &Environment, block: &Block, at: &str) {
    let mut script = String::new();
    let mut expected: Vec<(&str, Vec<&str>)> = Vec::new();
    for line in block.text.lines() {
        match (line.strip_prefix("$ "), expected.last_mut()) {
            (Some(command), _) => {
                script.push_str(&format!("{command}\nprintf '\\036'\n"));
                expected.push((command, Vec::new()));
            }
            (None, Some((_, printed))) => printed.push(line),
            (None, None) => panic!("{at}: it begins without a command"),
        }
    }
    let call = env.command("bash", ["-c", &format!("exec 2>&1\n{script}")]);
    let output = match block.language.strip_prefix("console ") {
        Some(project) => call.in_pane(&env.panes(&format!("claude-{project}"))[1].id).run(),
        None => call.run(),
    };
    let printed = output.stdout_str().replace(&*env.home().to_string_lossy(), "/home/you");
    for ((command, lines), printed) in expected.iter().zip(printed.split('\u{1e}')) {
        let wanted = lines.join("\n");
        assert!(
            fits(&wanted, printed.trim_end()),
            "{at}: `{command}` prints\n{printed}\nand not\n{wanted}"
        );
    }
}

/// The commands of hooks in Claude Code's settings: none may be missing or stop what it does in the home directory.
fn run_hooks(env: &Environment, settings: &serde_json::Value, at: &str) {
    for (event, entries) in settings["hooks"].as_object().into_iter().flatten() {
        let input = serde_json::json!({"hook_event_name": event, "cwd": env.home()}).to_string();
        for hook in entries
            .as_array()
            .into_iter()
            .flatten()
            .flat_map(|entry| entry["hooks"].as_array())
        {
            for hook in hook {
                let command = hook["command"].as_str().expect(at);
                env.command("sh", ["-c", command]).stdin(input.as_str()).run().success();
            }
        }
    }
}

/// Whether a text is this pattern, in which `...` stands for any text.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once("...") {
        None => pattern == text,
        Some((before, rest)) => text.strip_prefix(before).is_some_and(|text| {
            let starts = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            starts.into_iter().any(|at| fits(rest, &text[at..]))
        }),
    }
}

#[test]
fn dots_stand_for_any_text() {
    for (pattern, text, expected) in [
        ("a", "a", true),
        ("a", "ab", false),
        ("a ... c", "a b c", true),
        ("a...", "a", true),
        ("...\nb", "x\ny\nb", true),
        ("... b", "a c", false),
    ] {
        assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn every_document_is_played() {
    let names = fs::read_dir(folder().join("docs")).unwrap();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".md")).collect();
    names.sort();
    assert_eq!(names, DOCUMENTS);
    let this = include_str!("documents.rs");
    for name in DOCUMENTS {
        assert!(this.contains(&format!("play(\"docs/{name}\")")), "{name}");
    }
}

/// Every link from one document to another, or to a file, leads somewhere.
#[test]
fn links_lead_somewhere() {
    let documents = DOCUMENTS.iter().map(|name| format!("docs/{name}"));
    for document in documents.chain(["README.md".to_owned()]) {
        let text = fs::read_to_string(folder().join(&document)).unwrap();
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("http") {
                continue;
            }
            let (path, heading) = link
                .split_once('#')
                .map_or((link, None), |(path, heading)| (path, Some(heading)));
            let here = folder().join(&document);
            let target = if path.is_empty() {
                here
            } else {
                here.parent().unwrap().join(path)
            };
            assert!(target.exists(), "{document}: {link}");
            if let Some(heading) = heading {
                let text = fs::read_to_string(&target).unwrap();
                assert!(
                    text.lines().any(|line| anchor(line).as_deref() == Some(heading)),
                    "{document}: {link}"
                );
            }
        }
    }
}

/// The name under which a heading can be linked to.
fn anchor(line: &str) -> Option<String> {
    let title = line.strip_prefix('#')?.trim_start_matches('#').trim().to_lowercase();
    let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    Some(kept.map(|c| if c == ' ' { '-' } else { c }).collect())
}

const DOCUMENTS: [&str; 13] = [
    "agents.md",
    "configuration.md",
    "context.md",
    "exit-codes.md",
    "extensions.md",
    "hooks.md",
    "moving.md",
    "quick-start.md",
    "recipes.md",
    "saving.md",
    "specification.md",
    "templates.md",
    "troubleshooting.md",
];

#[test]
fn the_readme() {
    play("README.md");
}

#[test]
fn agents() {
    play("docs/agents.md");
}

#[test]
fn configuring() {
    play("docs/configuration.md");
}

#[test]
fn the_context() {
    play("docs/context.md");
}

#[test]
fn exit_codes() {
    play("docs/exit-codes.md");
}

#[test]
fn extensions() {
    play("docs/extensions.md");
}

#[test]
fn hooks() {
    play("docs/hooks.md");
}

#[test]
fn moving_here() {
    play("docs/moving.md");
}

#[test]
fn the_quick_start() {
    play("docs/quick-start.md");
}

#[test]
fn the_recipes() {
    play("docs/recipes.md");
}

#[test]
fn saving() {
    play("docs/saving.md");
}

#[test]
fn the_specifications_exceptions() {
    play("docs/specification.md");
}

#[test]
fn templates() {
    play("docs/templates.md");
}

#[test]
fn troubleshooting() {
    play("docs/troubleshooting.md");
}
