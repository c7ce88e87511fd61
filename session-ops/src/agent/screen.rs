//! What the screen of an agent shows that has nothing better to tell how it is: patterns, which are data.

use bstr::ByteSlice;

use super::kind::Screen;
use super::status::AgentStatus;

impl Screen {
    /// How the agent is; what no pattern knows is unknown. A question counts before everything else.
    pub fn status(&self, shown: &[u8]) -> AgentStatus {
        let lines: Vec<&[u8]> = shown.lines().filter(|line| !line.trim_ascii().is_empty()).collect();
        let last = lines.get(lines.len().saturating_sub(self.lines)..).unwrap_or_default();
        let groups = [
            (&self.waiting, AgentStatus::Waiting),
            (&self.working, AgentStatus::Working),
            (&self.idle, AgentStatus::Idle),
        ];
        let matching = groups.into_iter().find(|(patterns, _)| {
            patterns
                .iter()
                .any(|pattern| last.iter().any(|line| pattern.is_match(line)))
        });
        matching.map_or(AgentStatus::Unknown, |(_, status)| status)
    }
}

#[cfg(test)]
mod tests {
    use crate::agent::kind::AgentKinds;

    use super::*;

    #[test]
    fn a_question_counts_before_work_and_work_before_a_prompt() {
        let config =
            "[a]\nprogram = \"a\"\n[a.screen]\nwaiting = ['\\[y/n\\]']\nworking = ['esc']\nidle = ['^> ']\nlines = 3\n";
        let kinds = AgentKinds::new(toml::from_str(config).expect("a table")).expect("kinds");
        let screen = kinds
            .get("a")
            .expect("a kind")
            .expect("there")
            .screen()
            .expect("patterns")
            .expect("some");
        for (shown, status) in [
            ("> \n\n", AgentStatus::Idle),
            ("> \nesc to stop", AgentStatus::Working),
            ("esc\n> \nsure [y/n]", AgentStatus::Waiting),
            ("[y/n]\na\nb\n> \n\n\n", AgentStatus::Idle),
            ("hello\n", AgentStatus::Unknown),
            ("", AgentStatus::Unknown),
        ] {
            assert_eq!(screen.status(shown.as_bytes()), status, "{shown:?}");
        }
    }
}
