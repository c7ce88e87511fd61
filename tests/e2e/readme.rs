//! What the README shows works as it stands there; `documents` runs its other blocks.

use crate::documents::user;

const README: &str = include_str!("../../README.md");

/// The text of each code block of a language.
fn blocks<'a>(language: &str) -> Vec<&'a str> {
    let after = README.split(&*format!("```{language}\n")).skip(1).collect::<Vec<_>>();
    after
        .into_iter()
        .map(|text| text.split("```").next().unwrap())
        .collect()
}

#[test]
fn the_day_of_the_readme_goes_as_told() {
    let env = user();
    let day = *blocks("sh")
        .iter()
        .find(|block| block.starts_with("tsm switch"))
        .unwrap();
    let mut commands = 0;
    for line in day.lines() {
        env.command("sh", ["-c", line]).run().success();
        commands += 1;
    }
    assert_eq!(commands, 14);
    let list = env.tsm(["list", "--json"]).run().success().json();
    let names: Vec<_> = list["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|session| session["name"].clone())
        .collect();
    assert_eq!(names, ["claude-article"]);
}

#[test]
fn the_commands_of_the_opening_are_the_gates() {
    let opening = blocks("shell")[0];
    let commands: Vec<&str> = opening
        .lines()
        .map(|line| line.split('#').next().unwrap().trim())
        .collect();
    assert_eq!(commands, ["cargo xtask run switch .", "cargo xtask test"]);
    let gate = include_str!("../../.ci/run");
    assert!(
        gate.lines().any(|line| line.trim() == "exec cargo xtask test"),
        "{gate}"
    );
}
