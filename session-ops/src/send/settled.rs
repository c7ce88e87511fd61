//! Whether an agent takes keys already. It says how it is before it does: a Claude Code that has just become idle loses an
//! Enter (it stays what was typed), and one whose dialog has just opened loses an answer. On a busy machine that takes
//! seconds (measured, 2.1.330), so no fixed time would do.

use std::time::{Duration, Instant};

use crate::agent::rest::{Rest, Resting};
use crate::agent::status::{AgentStatus, Observation};

/// An agent that isn't older than so many times the age at which it got into its registry may still be starting.
const YOUNG: u64 = 3;

/// For so long a dialog is shown before it takes keys.
const DRAWN: Duration = Duration::from_millis(500);

/// Who has no rest after this time works on something else.
const RESTLESS: Duration = Duration::from_secs(3);

/// What is known of one agent, from look to look.
#[derive(Debug, Default)]
pub(super) struct Settled {
    rest: Rest,
    /// Since when it waits for an answer, as far as we have seen.
    waiting: Option<Instant>,
}

impl Settled {
    /// How long to wait before it is worth another look, at most; `None` if it takes keys, as far as can be told.
    pub(super) fn hold(&mut self, observation: &Observation) -> Option<Duration> {
        let (pid, age) = (observation.pid?, observation.age_ms?);
        match observation.status {
            AgentStatus::Idle => {
                let until = observation.start_ms?.saturating_mul(YOUNG);
                let left = Duration::from_millis(until.checked_sub(age).filter(|left| *left > 0)?);
                match self.rest.look(pid) {
                    Resting::Yes => None,
                    Resting::NotYet(again) => Some(again.min(left)),
                    Resting::Untold => Some(left),
                }
            }
            AgentStatus::Waiting => {
                let seen = self.waiting.get_or_insert_with(Instant::now).elapsed();
                let since = observation.since_ms.map_or(seen, Duration::from_millis).max(seen);
                if let Some(left) = DRAWN.checked_sub(since).filter(|left| !left.is_zero()) {
                    return Some(left);
                }
                let left = RESTLESS.checked_sub(since).filter(|left| !left.is_zero())?;
                match self.rest.look(pid) {
                    Resting::NotYet(again) => Some(again.min(left)),
                    Resting::Yes | Resting::Untold => None,
                }
            }
            _ => None,
        }
    }
}
