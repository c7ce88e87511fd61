//! Completions in the shells themselves, with the projects of the moment.

use std::fs;

use tests::Environment;

fn with_projects() -> Environment {
    let env = Environment::new();
    for name in ["alpha", "alpine", "beta"] {
        let path = env.project(name);
        env.tsm(["create", ".", "-q", "--no-agent"]).dir(&path).run().success();
    }
    env
}

/// What bash offers after these words, the last of which is being typed.
fn bash(env: &Environment, words: &[&str]) -> Vec<String> {
    let script = "source <($1 completions bash)\n\
                  COMP_WORDS=(\"$@\"); COMP_CWORD=$(($# - 1)); COMP_TYPE=9; COMP_LINE=\"$*\"; COMP_POINT=${#COMP_LINE}\n\
                  compopt() { :; }\n\
                  _clap_complete_${1//-/_} $1 \"${COMP_WORDS[COMP_CWORD]}\" \"${COMP_WORDS[COMP_CWORD-1]}\"\n\
                  printf '%s\\n' \"${COMPREPLY[@]}\"\n";
    let output = env
        .command("bash", ["--norc", "-c", script, "bash"])
        .args(words)
        .run()
        .success();
    output.stdout_str().lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_verbs_and_live_projects() {
    let env = with_projects();
    let verbs = bash(&env, &["tsm", "he"]);
    assert!(
        verbs.contains(&"health".to_owned()) && verbs.contains(&"help".to_owned()),
        "{verbs:?}"
    );
    assert_eq!(bash(&env, &["tsm", "switch", "al"]), ["alpha", "alpine"]);
    assert_eq!(bash(&env, &["tsm", "kill", "alpha", "b"]), ["beta"]);
    let gamma = env.project("gamma");
    env.tsm(["create", ".", "-q"]).dir(&gamma).run().success();
    assert_eq!(bash(&env, &["tsm", "status", "g"]), ["gamma"]);
    assert!(bash(&env, &["tsm", "save", "--js"]).contains(&"--json".to_owned()));
    // What is for tsm itself isn't offered.
    let all = bash(&env, &["tsm", ""]);
    assert!(
        !all.iter()
            .any(|verb| ["pane-run", "end-session", "autosave-run"].contains(&verb.as_str())),
        "{all:?}"
    );
}

#[test]
fn bash_completes_what_can_be_backed_up_and_restored() {
    let env = with_projects();
    assert_eq!(
        bash(&env, &["tsm-recovery", "backup", "al"]),
        ["all", "alpha", "alpine"]
    );
    env.recovery(["backup", "alpine"]).run().success();
    let restore = ["tsm-recovery", "restore", "x.tar.zst", "--project", "al"];
    assert_eq!(bash(&env, &restore), ["alpine"]);
}

#[test]
fn fish_completes_live_projects() {
    let env = with_projects();
    let script = "tsm completions fish | source; complete -C 'tsm switch al'";
    let output = env.command("fish", ["--no-config", "-c", script]).run().success();
    let offered: Vec<&str> = output
        .stdout_str()
        .lines()
        .filter_map(|line| line.split('\t').next())
        .collect();
    assert_eq!(offered, ["alpha", "alpine"]);
}

#[test]
fn zsh_completes_live_projects() {
    let env = with_projects();
    fs::write(
        env.home().join(".zshrc"),
        "unsetopt beep\nPS1='ready> '\nautoload -Uz compinit && compinit -u -D\nsource <(tsm completions zsh)\n",
    )
    .expect("a configuration");
    // Only a terminal makes zsh complete. What has one candidate is written out.
    let mut terminal = env.command("zsh", ["-d", "-i"]).in_terminal();
    terminal.wait_screen(|screen| screen.contains("ready>"));
    terminal.type_text("tsm status b\t");
    terminal.wait_screen(|screen| screen.contains("tsm status beta"));
    terminal.type_text("\u{15}exit\r");
    let _status = terminal.exit_status();
}

/// Whatever is wrong with the config or the states, a shell gets no error message into its line.
#[test]
fn completing_is_silent_about_what_is_wrong() {
    let env = with_projects();
    env.tsm_config("damaged [");
    let output = env
        .tsm(["--", "tsm", "switch", ""])
        .env("TSM_COMPLETE", "bash")
        .env("_CLAP_COMPLETE_INDEX", "2")
        .env("_CLAP_IFS", "\n")
        .run()
        .success();
    assert_eq!(output.stderr_str(), "");
    // A variable of somebody else's doesn't make it complete.
    let env = Environment::new();
    env.tsm(["list"]).env("COMPLETE", "anything").run().success();
    assert!(!output.stdout_str().contains("alpha"));
}
