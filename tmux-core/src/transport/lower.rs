//! Commands as what an ordinary client sends: an argument vector, and bytes for its standard input.

use bstr::{BString, ByteSlice, ByteVec};

use super::Request;
use crate::command::{arranged, joined};
use crate::{Command, Error, Generation, Layout, LayoutName, escape};

/// Above these a call goes through `source-file -`. A client's message takes 16 364 bytes of arguments, and 3.7 and
/// newer at most 1000 of them.
const MAX_ARGUMENT_BYTES: usize = 16_000;
const MAX_ARGUMENTS: usize = 900;

/// tmux says that it can't find this session if the server isn't the one that was meant.
const OTHER_GENERATION: &str = "another-life-of-the-server";

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lowered {
    pub(super) args: Vec<BString>,
    pub(super) input: Vec<u8>,
}

/// A chain of arguments where that does, else tmux's language on standard input.
pub(super) fn lower(request: &Request) -> Result<Lowered, Error> {
    check(request)?;
    // A chain stops at the first error, so it can carry only one group.
    if let [commands] = request.groups.as_slice()
        && let Some(lowered) = chain(commands, |arranged| arranged)
    {
        return Ok(lowered);
    }
    sourced(request, None)
}

/// The same, but a server of another generation runs nothing of it; [`is_other_generation`] reads that off its answer.
pub(super) fn lower_for(request: &Request, generation: Generation) -> Result<Lowered, Error> {
    check(request)?;
    if let [commands] = request.groups.as_slice()
        && let Some(lowered) = chain(commands, |arranged| vec![only_if(generation, &arranged)])
    {
        return Ok(lowered);
    }
    sourced(request, Some(generation))
}

/// Whether the words of complaint are those of [`lower_for`].
pub(super) fn is_other_generation(stderr: &[u8]) -> bool {
    stderr.contains_str(OTHER_GENERATION)
}

/// A line of tmux's language with the commands; `;` stops at the first error.
pub(crate) fn group_line(commands: &[Command]) -> BString {
    joined(&arranged(commands, Command::to_line), Command::to_line)
}

/// What must not be sent, whatever the transport.
pub(crate) fn check(request: &Request) -> Result<(), Error> {
    request.groups.iter().flatten().try_for_each(check_command)
}

fn check_command(command: &Command) -> Result<(), Error> {
    if let Some(nested) = command.nested() {
        // Their data is written out, which can't carry a NUL byte.
        let inputs = nested.commands().filter_map(Command::input);
        if inputs.into_iter().any(|input| input.contains(&0)) {
            return Err(nul_byte(command));
        }
        nested.commands().try_for_each(check_command)?;
    }
    let words = command.words();
    if words.iter().any(|word| word.contains(&0)) {
        return Err(nul_byte(command));
    }
    if let Some(missing) = command.directories().iter().find(|directory| !directory.is_dir()) {
        return Err(Error::NoDirectory { path: missing.clone() });
    }
    let after = |flag: &str| {
        let at = words.iter().position(|word| word == flag)?;
        words.get(at + 1)
    };
    match command.verb().as_str() {
        "new-session" if after("-s").is_some_and(|name| name.is_empty()) => Err(Error::EmptyName),
        "rename-session" if words.last().is_some_and(|name| name.is_empty()) => Err(Error::EmptyName),
        "select-layout" => match after("--") {
            Some(layout) if !is_layout(layout) => Err(Error::Deadly {
                command: "select-layout",
                why: "a layout that can't be read ends servers of some versions",
            }),
            _ => Ok(()),
        },
        "refresh-client" if words.iter().any(|word| word == "-l" || word.ends_with(b":off")) => Err(Error::Deadly {
            command: "refresh-client",
            why: "`-l` and `:off` end servers of some versions",
        }),
        _ => Ok(()),
    }
}

fn is_layout(text: &[u8]) -> bool {
    LayoutName::ALL.iter().any(|name| name.as_str().as_bytes() == text) || Layout::parse(text).is_ok()
}

fn nul_byte(command: &Command) -> Error {
    Error::NulByte {
        command: command.verb(),
    }
}

/// The data for standard input, if exactly one command has any: a second `-` in a call never returns.
fn only_input(commands: &[Command]) -> Option<&[u8]> {
    let mut inputs = commands.iter().filter_map(Command::input);
    inputs.next().filter(|_| inputs.next().is_none())
}

fn chain(commands: &[Command], guard: impl FnOnce(Vec<Command>) -> Vec<Command>) -> Option<Lowered> {
    let inputs = commands.iter().filter(|command| command.input().is_some()).count();
    if inputs > 1 {
        return None;
    }
    // A command whose data is on standard input stands as it is, also inside another one.
    let commands_and_guard = guard(arranged(commands, Command::to_client_line));
    let words: usize = commands_and_guard.iter().map(|command| command.words().len() + 1).sum();
    let bytes: usize = commands_and_guard
        .iter()
        .flat_map(Command::words)
        .map(|word| word.len() + 3)
        .sum();
    if words > MAX_ARGUMENTS || bytes > MAX_ARGUMENT_BYTES {
        return None;
    }
    let mut args: Vec<BString> = Vec::with_capacity(words);
    for (n, command) in commands_and_guard.iter().enumerate() {
        args.extend((n > 0).then(|| ";".into()));
        args.extend(command.words().iter().map(|word| escape::argument(word)));
    }
    let input = only_input(commands).unwrap_or_default().to_vec();
    Some(Lowered { args, input })
}

/// A line is a group: `;` in it stops at the first error, and the next line still runs.
fn sourced(request: &Request, generation: Option<Generation>) -> Result<Lowered, Error> {
    let mut input = Vec::new();
    for group in &request.groups {
        // Data is written out here, which can't carry a NUL byte.
        let nul = group
            .iter()
            .find(|command| command.input().is_some_and(|input| input.contains(&0)));
        if let Some(command) = nul {
            return Err(nul_byte(command));
        }
        match generation {
            Some(generation) => input.push_str(only_if(generation, &arranged(group, Command::to_line)).to_line()),
            None => input.push_str(group_line(group)),
        }
        input.push_byte(b'\n');
    }
    // `source-file` doesn't start a server, and `start-server` lets it live as long as this client does.
    let start = request.may_start_server.then(|| ["start-server".into(), ";".into()]);
    let args = start.into_iter().flatten().chain(["source-file".into(), "-".into()]);
    Ok(Lowered {
        args: args.collect(),
        input,
    })
}

fn only_if(generation: Generation, commands: &[Command]) -> Command {
    let other = Command::new("has-session").target_bytes(format!("={OTHER_GENERATION}:").into());
    let line = joined(commands, Command::to_client_line);
    Command::if_shell_format(generation.condition().into(), line, Some(other.to_line()))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn request(groups: Vec<Vec<Command>>) -> Request {
        Request {
            groups,
            ..Request::reading(Vec::new(), Duration::from_secs(5))
        }
    }

    fn args(lowered: &Lowered) -> Vec<String> {
        lowered.args.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn small_calls_are_one_chain_of_arguments() {
        let two = vec![Command::new("list-panes"), Command::new("list-clients")];
        let lowered = lower(&request(vec![two])).expect("a call");
        assert_eq!(args(&lowered), ["list-panes", ";", "list-clients"]);
    }

    #[test]
    fn large_calls_and_several_groups_are_sourced() {
        let mut many = request(vec![vec![Command::new("list-panes"); 1000]]);
        many.may_start_server = true;
        let lowered = lower(&many).expect("a call");
        assert_eq!(args(&lowered), ["start-server", ";", "source-file", "-"]);
        assert_eq!(lowered.input.iter().filter(|byte| **byte == b'\n').count(), 1);
        let two = request(vec![vec![Command::new("list-panes")]; 2]);
        assert_eq!(lower(&two).expect("a call").input, b"\"list-panes\"\n\"list-panes\"\n");
    }

    #[test]
    fn one_command_with_data_gets_standard_input_and_two_get_none() {
        let load = |data: &[u8]| Command::load_buffer("b".into(), data.to_vec());
        let one = lower(&request(vec![vec![load(b"a\0b")]])).expect("a call");
        assert_eq!(
            (args(&one), one.input),
            (
                vec!["load-buffer".into(), "-b".into(), "b".into(), "-".into()],
                b"a\0b".to_vec()
            )
        );
        let two = lower(&request(vec![vec![load(b"a"), load(b"\xff")]])).expect("a call");
        assert_eq!(args(&two), ["source-file", "-"]);
        assert_eq!(
            two.input.as_bstr(),
            "\"set-buffer\" \"-b\" \"b\" \"--\" \"a\" ; \"set-buffer\" \"-b\" \"b\" \"--\" \"\\377\"\n"
        );
        // What the language can't carry is refused before anything is sent.
        let refused = lower(&request(vec![vec![load(b"a"), load(b"\0")]]));
        assert!(matches!(refused, Err(Error::NulByte { .. })));
    }

    #[test]
    fn a_generation_guards_every_group() {
        let generation = Generation { pid: 7, start_time: 9 };
        let one = lower_for(&request(vec![vec![Command::new("list-panes")]]), generation).expect("a call");
        let words = args(&one);
        assert_eq!(words[..4], ["if-shell", "-F", "--", "#{==:#{pid}:#{start_time},7:9}"]);
        assert_eq!(words[4], "\"list-panes\"");
        let two = lower_for(&request(vec![vec![Command::new("list-panes")]; 2]), generation).expect("a call");
        assert_eq!(two.input.find_iter("another-life").count(), 2);
        assert!(is_other_generation(b"can't find session: another-life-of-the-server\n"));
        // Data still goes over standard input.
        let load = Command::load_buffer("b".into(), b"\0".to_vec());
        let loaded = lower_for(&request(vec![vec![load]]), generation).expect("a call");
        assert_eq!(loaded.input, b"\0");
    }

    #[test]
    fn nul_bytes_are_refused_before_anything_starts() {
        let command = Command::set_user_option(crate::SessionId(1), "@x", "a\0b".into());
        assert!(matches!(
            lower(&request(vec![vec![command]])),
            Err(Error::NulByte { .. })
        ));
    }
}
