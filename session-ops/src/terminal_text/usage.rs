//! Wrong calls, from the text with which clap answers them to a message and a hint like those of all other errors.

/// What is wrong with a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrongCall {
    /// What is wrong, in one line.
    pub message: String,
    /// What to do.
    pub hint: Option<String>,
}

/// Reads clap's text: `error: …`, tips and a line `Usage: …`; or, where a command of a command is missing, the help.
pub fn wrong_call(text: &str) -> WrongCall {
    let usage = after(text, "Usage: ").next().unwrap_or_default().trim();
    let command = command_of(usage);
    let Some(error) = text.strip_prefix("error: ") else {
        return WrongCall {
            message: format!("`{command}` needs a command"),
            hint: Some(format!("{}; `{command} --help` tells more", commands(text).join(", "))),
        };
    };
    let message: Vec<&str> = error
        .lines()
        .map(str::trim)
        .take_while(|line| !line.is_empty())
        .collect();
    let tips: Vec<&str> = after(text, "tip: ").collect();
    let hint = match (tips.as_slice(), usage) {
        ([], "") => text
            .contains("'--help'")
            .then(|| "the verb's `--help` tells more".to_owned()),
        ([], usage) => Some(format!("{usage}; `{command} --help` tells more")),
        (tips, _) => Some(tips.join("; ")),
    };
    WrongCall {
        message: message.join(" "),
        hint,
    }
}

/// The rest of each line that begins so.
fn after<'a>(text: &'a str, beginning: &'a str) -> impl Iterator<Item = &'a str> {
    text.lines().filter_map(move |line| line.trim().strip_prefix(beginning))
}

/// The words of a usage before its options and arguments.
fn command_of(usage: &str) -> String {
    let words = usage.split(' ').take_while(|word| !word.starts_with(['[', '<', '-']));
    words.collect::<Vec<_>>().join(" ")
}

/// The commands that a help lists.
fn commands(help: &str) -> Vec<&str> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let listed = lines.take_while(|line| !line.is_empty());
    // What a command does goes on further to the right.
    let names = listed.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    let first_words = names.filter_map(|line| line.split(' ').next());
    first_words.filter(|name| *name != "help").collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(text: &str) -> (String, String) {
        let WrongCall { message, hint } = wrong_call(text);
        (message, hint.unwrap_or_default())
    }

    #[test]
    fn a_call_is_answered_with_what_is_wrong_and_how_it_is_right() {
        let missing = "error: the following required arguments were not provided:\n  <PROJECT>\n  <TEXT>\n\n\
                       Usage: tsm create [OPTIONS] <PROJECT>\n\nFor more information, try '--help'.\n";
        assert_eq!(
            call(missing),
            (
                "the following required arguments were not provided: <PROJECT> <TEXT>".to_owned(),
                "tsm create [OPTIONS] <PROJECT>; `tsm create --help` tells more".to_owned()
            )
        );
        let tips = "error: unexpected argument '-l' found\n\n  tip: to pass '-l' as a value, use '-- -l'\n  \
                    tip: a similar argument exists: '-L'\n\nUsage: tsm send [OPTIONS]\n";
        assert_eq!(
            call(tips),
            (
                "unexpected argument '-l' found".to_owned(),
                "to pass '-l' as a value, use '-- -l'; a similar argument exists: '-L'".to_owned()
            )
        );
        let value = "error: invalid value 'x' for '--color <WHEN>'\n  [possible values: auto, never]\n\n\
                     For more information, try '--help'.\n";
        assert_eq!(
            call(value),
            (
                "invalid value 'x' for '--color <WHEN>' [possible values: auto, never]".to_owned(),
                "the verb's `--help` tells more".to_owned()
            )
        );
    }

    #[test]
    fn a_missing_command_is_answered_with_those_that_there_are() {
        let help = "The projects\n\nUsage: tsm project [OPTIONS] <COMMAND>\n\nCommands:\n  add     Add one\n  list    \
                    List them: those of\n          the config\n  help    Print this\n\nOptions:\n  -q  Quiet\n";
        assert_eq!(
            call(help),
            (
                "`tsm project` needs a command".to_owned(),
                "add, list; `tsm project --help` tells more".to_owned()
            )
        );
    }

    #[test]
    fn any_text_is_taken() {
        for text in ["", "error: ", "Usage: ", "error: a\n\nUsage: \n"] {
            let _told = wrong_call(text);
        }
    }
}
