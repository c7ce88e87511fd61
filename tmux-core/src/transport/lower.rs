//! Commands as what an ordinary client sends: an argument vector, and bytes for its standard input.

use bstr::{BString, ByteSlice, ByteVec};

use super::Request;
use crate::{Command, Error, Generation, escape};

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
        && let Some(chain) = chain(commands)
    {
        return Ok(chain);
    }
    Ok(Lowered {
        args: sourced(request),
        input: lines(request, None),
    })
}

/// The same, but a server of another generation runs nothing of it; [`is_other_generation`] reads that off its answer.
pub(super) fn lower_for(request: &Request, generation: Generation) -> Result<Lowered, Error> {
    check(request)?;
    if let [commands] = request.groups.as_slice() {
        // Only what stands in the arguments leaves standard input to the data of a command.
        if let Some(data) = only_input(commands) {
            let guarded = only_if(generation, &join(commands, Command::to_client_line));
            if let Some(mut lowered) = chain(std::slice::from_ref(&guarded)) {
                data.clone_into(&mut lowered.input);
                return Ok(lowered);
            }
        } else if let Some(lowered) = chain(&[only_if(generation, &join(commands, Command::to_line))]) {
            return Ok(lowered);
        }
    }
    Ok(Lowered {
        args: sourced(request),
        input: lines(request, Some(generation)),
    })
}

/// Whether the words of complaint are those of [`lower_for`].
pub(super) fn is_other_generation(stderr: &[u8]) -> bool {
    stderr.contains_str(OTHER_GENERATION)
}

/// A line of tmux's language with the commands; `;` stops at the first error.
pub(crate) fn group_line(commands: &[Command]) -> BString {
    join(commands, Command::to_line)
}

/// Nothing can carry a NUL byte but standard input.
pub(crate) fn check(request: &Request) -> Result<(), Error> {
    let alone = matches!(request.groups.as_slice(), [group] if only_input(group).is_some() && chain(group).is_some());
    let nul = request.groups.iter().flatten().find(|command| {
        let inline_input = command.input().filter(|_| !alone).unwrap_or_default();
        command.words().iter().any(|word| word.contains(&0)) || inline_input.contains(&0)
    });
    nul.map_or(Ok(()), |command| {
        Err(Error::NulByte {
            command: command.verb(),
        })
    })
}

/// The data for standard input, if exactly one command has any: a second `-` in a call never returns.
fn only_input(commands: &[Command]) -> Option<&[u8]> {
    let mut inputs = commands.iter().filter_map(Command::input);
    inputs.next().filter(|_| inputs.next().is_none())
}

fn chain(commands: &[Command]) -> Option<Lowered> {
    let inputs = commands.iter().filter(|command| command.input().is_some()).count();
    let words: usize = commands.iter().map(|command| command.words().len() + 1).sum();
    let bytes: usize = commands
        .iter()
        .flat_map(Command::words)
        .map(|word| word.len() + 3)
        .sum();
    if inputs > 1 || words > MAX_ARGUMENTS || bytes > MAX_ARGUMENT_BYTES {
        return None;
    }
    let mut args: Vec<BString> = Vec::with_capacity(words);
    for (n, command) in commands.iter().enumerate() {
        args.extend((n > 0).then(|| ";".into()));
        args.extend(command.words().iter().map(|word| escape::argument(word)));
    }
    let input = only_input(commands).unwrap_or_default().to_vec();
    Some(Lowered { args, input })
}

fn sourced(request: &Request) -> Vec<BString> {
    // `source-file` doesn't start a server, and `start-server` lets it live as long as this client does.
    let start = request.may_start_server.then(|| ["start-server".into(), ";".into()]);
    start
        .into_iter()
        .flatten()
        .chain(["source-file".into(), "-".into()])
        .collect()
}

/// A line is a group: `;` in it stops at the first error, and the next line still runs.
fn lines(request: &Request, generation: Option<Generation>) -> Vec<u8> {
    let mut lines = Vec::new();
    for group in &request.groups {
        let line = group_line(group);
        match generation {
            Some(generation) => lines.push_str(only_if(generation, &line).to_line()),
            None => lines.push_str(line),
        }
        lines.push_byte(b'\n');
    }
    lines
}

fn join(commands: &[Command], print: impl Fn(&Command) -> BString) -> BString {
    let lines: Vec<BString> = commands.iter().map(print).collect();
    bstr::join(" ; ", lines).into()
}

fn only_if(generation: Generation, line: &BString) -> Command {
    let other = Command::new("has-session").target_bytes(format!("={OTHER_GENERATION}:").into());
    Command::if_shell_format(generation.condition().into(), line.clone(), Some(other.to_line()))
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
