//! `[hooks]` of the config file: what may stand there, and the hooks that come of it.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer};

use super::{Hook, HookCommand, HookEvent, OnFailure};
use crate::error::Error;

/// How long a hook may take that says nothing of it.
const TIMEOUT: f64 = 10.0;

/// A hook that takes an hour is no hook.
const LONGEST: f64 = 3600.0;

/// Nobody has more commands for one event.
const MOST: usize = 32;

/// `[hooks]` or `[projects.NAME.hooks]`: the commands of each event.
pub type HooksTable = BTreeMap<HookEvent, HookCommands>;

/// What stands behind an event: a shell line, an argument vector, a table, or a list of these.
#[derive(Debug, Clone, PartialEq)]
pub struct HookCommands(Vec<HookTable>);

/// A command as a table.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct HookTable {
    run: HookCommand,
    timeout: Option<f64>,
    on_failure: Option<OnFailure>,
}

impl From<HookCommand> for HookTable {
    fn from(run: HookCommand) -> Self {
        Self {
            run,
            timeout: None,
            on_failure: None,
        }
    }
}

const EXPECTED: &str = "a shell line, a list of a program and its arguments, a table with `run`, or a list of these";

/// One element of a list.
enum Element {
    Word(String),
    Command(HookTable),
}

impl<'de> Deserialize<'de> for Element {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Element;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a shell line, a list of a program and its arguments, or a table with `run`")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Element, E> {
                Ok(Element::Word(text.to_owned()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Element, A::Error> {
                Ok(Element::Command(argv(words(seq)?)?.into()))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Element, A::Error> {
                HookTable::deserialize(MapAccessDeserializer::new(map)).map(Element::Command)
            }
        }
        deserializer.deserialize_any(Any)
    }
}

fn words<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<String>, A::Error> {
    let mut words = Vec::new();
    while let Some(word) = seq.next_element()? {
        words.push(word);
    }
    Ok(words)
}

fn argv<E: de::Error>(words: Vec<String>) -> Result<HookCommand, E> {
    match words.first() {
        Some(program) if !program.is_empty() && !words.iter().any(|word| word.contains('\0')) => {
            Ok(HookCommand::Argv(words))
        }
        _ => Err(E::custom("a hook's list begins with a program")),
    }
}

fn line<E: de::Error>(text: &str) -> Result<HookCommand, E> {
    if text.trim().is_empty() || text.contains('\0') {
        return Err(E::custom("a hook's shell line is empty"));
    }
    Ok(HookCommand::Line(text.to_owned()))
}

impl<'de> Deserialize<'de> for HookCommand {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Run;
        impl<'de> Visitor<'de> for Run {
            type Value = HookCommand;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a shell line, or a list of a program and its arguments")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<HookCommand, E> {
                line(text)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<HookCommand, A::Error> {
                argv(words(seq)?)
            }
        }
        deserializer.deserialize_any(Run)
    }
}

impl<'de> Deserialize<'de> for HookCommands {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Commands;
        impl<'de> Visitor<'de> for Commands {
            type Value = HookCommands;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(EXPECTED)
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<HookCommands, E> {
                Ok(HookCommands(vec![line(text)?.into()]))
            }
            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<HookCommands, A::Error> {
                let table = HookTable::deserialize(MapAccessDeserializer::new(map))?;
                Ok(HookCommands(vec![table]))
            }
            /// A list of strings alone is one command: a program and its arguments. Among others a string is a shell line.
            fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<HookCommands, A::Error> {
                let mut elements: Vec<Element> = Vec::new();
                while let Some(element) = seq.next_element()? {
                    elements.push(element);
                }
                let word = |element: &Element| match element {
                    Element::Word(word) => Some(word.clone()),
                    Element::Command(_) => None,
                };
                if let Some(words) = elements.iter().map(word).collect::<Option<Vec<String>>>() {
                    return match words.is_empty() {
                        true => Ok(HookCommands(Vec::new())),
                        false => Ok(HookCommands(vec![argv(words)?.into()])),
                    };
                }
                if elements.len() > MOST {
                    return Err(de::Error::custom(format!("{MOST} commands for an event are possible")));
                }
                let table = |element| match element {
                    Element::Word(text) => line(&text).map(HookTable::from),
                    Element::Command(table) => Ok(table),
                };
                elements
                    .into_iter()
                    .map(table)
                    .collect::<Result<_, _>>()
                    .map(HookCommands)
            }
        }
        deserializer.deserialize_any(Commands)
    }
}

/// The hooks of a table; `project` is `None` for those of all projects.
pub(super) fn hooks_of(table: &HooksTable, project: Option<&str>) -> Result<Vec<Hook>, Error> {
    let mut hooks = Vec::new();
    for (event, commands) in table {
        let key = |last: &str| {
            let event = event.as_str();
            project.map_or_else(
                || format!("hooks.{event}.{last}"),
                |project| format!("projects.{project}.hooks.{event}.{last}"),
            )
        };
        for command in &commands.0 {
            let seconds = command.timeout.unwrap_or(TIMEOUT);
            if !(0.05..=LONGEST).contains(&seconds) {
                return Err(Error::Value {
                    name: key("timeout"),
                    value: seconds.to_string(),
                    why: format!("0.05 to {LONGEST} seconds are possible"),
                });
            }
            if command.on_failure == Some(OnFailure::Abort) && !event.is_before() {
                return Err(Error::Value {
                    name: key("on_failure"),
                    value: "abort".to_owned(),
                    why: "only what runs before something can abort it".to_owned(),
                });
            }
            hooks.push(Hook {
                event: *event,
                project: project.map(str::to_owned),
                command: command.run.clone(),
                timeout: Duration::from_secs_f64(seconds),
                on_failure: command.on_failure.unwrap_or(match event.is_before() {
                    true => OnFailure::Abort,
                    false => OnFailure::Warn,
                }),
            });
        }
    }
    Ok(hooks)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hooks(text: &str) -> Result<Vec<String>, String> {
        let table: HooksTable = toml::from_str(text).map_err(|error| error.message().to_owned())?;
        let hooks = hooks_of(&table, None).map_err(|error| error.to_string())?;
        Ok(hooks
            .iter()
            .map(|hook| {
                let (event, form) = (hook.event.as_str(), hook.command.form());
                let (seconds, failure) = (hook.timeout.as_secs_f64(), hook.on_failure.as_str());
                format!("{event} {form} {} {seconds} {failure}", hook.command)
            })
            .collect())
    }

    #[test]
    fn a_string_is_a_shell_line_and_a_list_of_strings_a_program_with_its_arguments() {
        for (text, expected) in [
            ("pre_save = 'a | b'", vec!["pre_save shell a | b 10 abort"]),
            ("post_save = ['a', 'b c']", vec!["post_save argv a 'b c' 10 warn"]),
            ("notify = []", vec![]),
            (
                "error = [['a', 'b'], 'c | d', { run = ['e'], timeout = 0.5 }]",
                vec![
                    "error argv a b 10 warn",
                    "error shell c | d 10 warn",
                    "error argv e 0.5 warn",
                ],
            ),
            (
                "pre_kill = { run = 'x', timeout = 2, on_failure = 'warn' }",
                vec!["pre_kill shell x 2 warn"],
            ),
        ] {
            assert_eq!(hooks(text).expect(text), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_hook_is_refused() {
        for (text, why) in [
            ("pre_safe = 'x'", "unknown variant"),
            ("pre_save = 3", "a shell line, a list of a program"),
            ("pre_save = ''", "empty"),
            ("pre_save = ['']", "begins with a program"),
            ("pre_save = [[]]", "begins with a program"),
            ("pre_save = [['a', 1]]", "string"),
            ("pre_save = { timeout = 1 }", "missing field `run`"),
            ("pre_save = { run = 'x', every = 1 }", "unknown field"),
            ("pre_save = { run = 'x', timeout = 0 }", "0.05 to 3600"),
            ("pre_save = { run = 'x', timeout = nan }", "0.05 to 3600"),
            ("post_save = { run = 'x', on_failure = 'abort' }", "can abort it"),
            ("pre_save = { run = 'x', on_failure = 'retry' }", "unknown variant"),
        ] {
            let error = hooks(text).expect_err(text);
            assert!(error.contains(why), "{text}: {error}");
        }
        let many = format!("notify = [{}]", "['a'],".repeat(MOST + 1));
        assert!(hooks(&many).expect_err("many").contains("32 commands"));
    }
}
