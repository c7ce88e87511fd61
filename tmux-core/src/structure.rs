//! The structure of a whole server as one text, to be compared with a later one.

use bstr::{BString, ByteSlice};

use crate::{Arg, Command};

/// Names may hold anything, line feeds too: what is between two marks of our own is compared, not read.
///
/// There is no loop over panes: the layout names them all. The fields of a pane are those of the window's active one.
const FORMAT: &str = "#{S:#{session_id} #{session_name} #{session_attached}\
    #{W: #{window_id} #{window_index} #{window_active} #{window_zoomed_flag} #{window_name} #{window_layout} \
    #{pane_id} #{pane_pid} #{pane_dead}};}";

/// The question, and how its answer is found.
#[derive(Debug)]
pub(crate) struct Question {
    mark: String,
}

impl Default for Question {
    fn default() -> Self {
        Self {
            mark: crate::tag::tag(),
        }
    }
}

impl Question {
    pub(crate) fn command(&self) -> Command {
        let format = format!("{mark}{FORMAT}{mark}", mark = self.mark);
        Command::new("display-message")
            .flag("-p")
            .operands([Arg::Format(format.into())])
    }

    /// `None` if it isn't whole. What hooks of the user print stands outside the marks.
    pub(crate) fn answer(&self, output: &[u8]) -> Option<BString> {
        let (_, rest) = output.split_once_str(&self.mark)?;
        let (structure, _) = rest.split_once_str(&self.mark)?;
        Some(structure.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_answer_counts() {
        let question = Question::default();
        let mark = &question.mark;
        let whole = format!("hook\n{mark}$0 a\nb 0;{mark}\nhook");
        assert_eq!(question.answer(whole.as_bytes()), Some("$0 a\nb 0;".into()));
        for text in ["", "x", mark.as_str(), &format!("{mark}$0")] {
            assert_eq!(question.answer(text.as_bytes()), None, "{text}");
        }
    }
}
