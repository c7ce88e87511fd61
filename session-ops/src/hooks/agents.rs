//! What agents do that somebody wants to be told of: they begin to wait, finish, or die.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::Occasion;
use crate::agent::memory::Processes;
use crate::agent::status::{AgentStatus, Statuses, agent_panes_of};
use crate::context::Context;
use crate::live::Live;

/// How often agents are looked at. A look that costs more than a fiftieth of that makes it rarer.
const PERIOD: Duration = Duration::from_secs(1);

/// However long a look takes, this is how rare it gets.
const RAREST: Duration = Duration::from_secs(5);

/// Looks at agents from time to time, and tells what has become of them since.
#[derive(Debug, Default)]
pub(crate) struct AgentNotices {
    statuses: Statuses,
    known: BTreeMap<String, AgentStatus>,
    next: Option<Instant>,
}

impl AgentNotices {
    /// What happened since the last look, if it is time for one. What can't be read tells nothing.
    pub(crate) fn look(&mut self, context: &Context) -> Vec<Occasion> {
        let started = Instant::now();
        if self.next.is_some_and(|next| started < next) {
            return Vec::new();
        }
        let told = Live::read(context)
            .map(|live| self.compare(context, &live))
            .unwrap_or_default();
        self.next = Some(Instant::now() + (started.elapsed() * 50).clamp(PERIOD, RAREST));
        told
    }

    fn compare(&mut self, context: &Context, live: &Live) -> Vec<Occasion> {
        let panes: Vec<_> = live.all_ours().flat_map(agent_panes_of).collect();
        let observed = match panes.is_empty() {
            true => BTreeMap::new(),
            false => self.statuses.refresh(context, &panes, &Processes::read()),
        };
        // What is there at the first look may be so for long; what came since then has begun.
        let new = self.next.map(|_looked| AgentStatus::Starting);
        let mut told = Vec::new();
        let mut known = BTreeMap::new();
        for ours in live.all_ours() {
            for agent in agent_panes_of(ours) {
                let Some(observation) = observed.get(&agent.pane.id) else {
                    continue;
                };
                let key = format!("{} {}", agent.session, agent.pane.id);
                let before = self.known.get(&key).copied().or(new);
                // Unknown is no news, and neither is what comes after it if it is what was before.
                let now = match observation.status {
                    AgentStatus::Unknown => before.unwrap_or(AgentStatus::Unknown),
                    now => now,
                };
                known.insert(key, now);
                if let Some(notice) = before.and_then(|before| notice(before, now)) {
                    let (project, session) = (&ours.record.project, ours.session.name.to_string());
                    told.push(Occasion {
                        notice: Some(notice),
                        detail: observation.waiting_for.clone(),
                        ..Occasion::of("watch", project, &session, &ours.record.working_dir)
                    });
                }
            }
        }
        self.known = known;
        told
    }
}

fn notice(before: AgentStatus, now: AgentStatus) -> Option<&'static str> {
    match (before, now) {
        (before, now) if before == now => None,
        (_, AgentStatus::Waiting) => Some("agent_waiting"),
        // It was never seen doing anything.
        (AgentStatus::Unknown, _) => None,
        (AgentStatus::Working, AgentStatus::Idle) => Some("agent_finished"),
        (_, AgentStatus::Exited) => Some("agent_died"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::AgentStatus::{Exited, Idle, Starting, Unknown, Waiting, Working};
    use super::notice;

    #[test]
    fn what_is_news() {
        for (before, now, expected) in [
            (Working, Idle, Some("agent_finished")),
            (Working, Waiting, Some("agent_waiting")),
            (Starting, Waiting, Some("agent_waiting")),
            (Idle, Exited, Some("agent_died")),
            (Waiting, Idle, None),
            (Idle, Working, None),
            (Starting, Idle, None),
            (Idle, Idle, None),
            (Unknown, Exited, None),
            (Unknown, Waiting, Some("agent_waiting")),
        ] {
            assert_eq!(notice(before, now), expected, "{before:?} {now:?}");
        }
    }
}
