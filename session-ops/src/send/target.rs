//! Which pane is meant.

use session_recovery::ours;
use tmux_core::{Pane, Session};

use crate::leave::is_agents;

/// A pane of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PaneChoice {
    /// The agent's; of a session that was asked for without one the left pane.
    Agent,
    /// The first other one.
    Shell,
    /// The one with this index, in the current window or the one with this index.
    Index {
        /// The window.
        window: Option<u32>,
        /// The pane.
        pane: u32,
    },
}

impl PaneChoice {
    /// Reads `agent`, `shell`, `PANE` or `WINDOW.PANE`.
    ///
    /// # Errors
    ///
    /// What is possible.
    pub fn parse(text: &str) -> Result<Self, String> {
        let why = || "agent, shell, a pane's index or WINDOW.PANE are possible".to_owned();
        let number = |text: &str| text.parse().map_err(|_| why());
        Ok(match (text, text.split_once('.')) {
            ("agent" | "left", _) => Self::Agent,
            ("shell" | "right", _) => Self::Shell,
            (_, Some((window, pane))) => Self::Index {
                window: Some(number(window)?),
                pane: number(pane)?,
            },
            (_, None) => Self::Index {
                window: None,
                pane: number(text)?,
            },
        })
    }
}

/// The pane, and the agent that is to be talked to in it.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) pane: &'a Pane,
    pub(super) agent: Option<String>,
}

/// Finds the pane, or says why there is none.
pub(super) fn find<'a>(session: &'a Session, choice: &PaneChoice) -> Result<Found<'a>, String> {
    let is_agent = |pane: &&Pane| ours::agent_kind(pane).is_some();
    match choice {
        PaneChoice::Agent => {
            if let Some(pane) = session.panes().find(is_agent) {
                let agent = ours::agent_kind(pane);
                return Ok(Found { pane, agent });
            }
            let pane = session.panes().next().ok_or("it has no pane")?;
            Ok(Found { pane, agent: None })
        }
        PaneChoice::Shell => {
            // Without an agent the left pane stands for it.
            let agents = session.panes().find(is_agent).or_else(|| session.panes().next());
            let mut others = session.panes().filter(|pane| !is_agent(pane));
            let pane = others.find(|pane| agents.is_none_or(|agents| agents.id != pane.id));
            let pane = pane.ok_or("it has no pane but the agent's")?;
            Ok(Found { pane, agent: None })
        }
        PaneChoice::Index { window, pane } => {
            let mut windows = session.windows.iter();
            let found = match window {
                Some(index) => windows.find(|link| link.index == *index),
                None => windows.find(|link| link.active),
            };
            let found = found.and_then(|link| link.window.panes.iter().find(|known| known.index == *pane));
            let pane = found.ok_or_else(|| format!("it has no pane {pane}"))?;
            // Named by its number, it is taken for what it is now: a shell, if the agent has ended.
            let agent = ours::agent_kind(pane).filter(|_| is_agents(pane));
            Ok(Found { pane, agent })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_have_names_and_numbers() {
        let index = |window, pane| Ok(PaneChoice::Index { window, pane });
        assert_eq!(PaneChoice::parse("agent"), Ok(PaneChoice::Agent));
        assert_eq!(PaneChoice::parse("shell"), Ok(PaneChoice::Shell));
        assert_eq!(PaneChoice::parse("1"), index(None, 1));
        assert_eq!(PaneChoice::parse("2.0"), index(Some(2), 0));
        for text in ["", "-1", "x", "1.", "%3", "1.2.3"] {
            assert!(PaneChoice::parse(text).is_err(), "{text}");
        }
    }
}
