//! How agents are.
//!
//! What is asked, in this order: Claude Code's registry, if process, start time and pane match; its hooks; the process
//! tree; for other agents patterns on the screen. Whatever can't be read makes the status unknown, never exited.
//!
//! A refresh costs the snapshot that the caller has anyway, one small file an agent, and one look at all processes. Agents
//! that have only their screen cost one more call to tmux for all of them together.

mod observation;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Instant;

use session_lock::{Liveness, boot_id};
use session_recovery::ours;
use tmux_core::{CapturePane, Pane, PaneId};

use super::home::AgentHome;
use super::hooks::{Event, Mark};
use super::kind::StatusSource;
use super::memory::{Entry, Processes};
use super::record::AgentRecord;
use super::registry::{self, Listings, Lookup};
use crate::context::Context;
use crate::leave::is_agents;
use crate::live::{Live, Ours};

pub use observation::Observation;

/// What an agent does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentStatus {
    /// It works on a prompt.
    Working,
    /// It waits for the next prompt.
    Idle,
    /// It waits for an answer.
    Waiting,
    /// It has just been started.
    Starting,
    /// It has ended.
    Exited,
    /// It can't be told.
    Unknown,
}

impl AgentStatus {
    /// The word in JSON documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Working => "working",
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Starting => "starting",
            Self::Exited => "exited",
            Self::Unknown => "unknown",
        }
    }
}

/// What an agent waits for that has a process and no place in the registry.
pub const STARTUP_DIALOG: &str = "startup dialog";

/// Claude Code takes 1 s to get into its registry (measured, 2.1.330); one that isn't there after this time shows a dialog.
const STARTING_MS: u64 = 2000;

/// So many seconds after it began a conversation Claude Code is in its registry, also on a busy machine; if it keeps one.
const SESSION_STARTED: i64 = 5;

/// An agent's pane.
#[derive(Debug, Clone, Copy)]
pub struct AgentPane<'a> {
    /// The session's `@tsm_id`.
    pub session: &'a str,
    /// The pane.
    pub pane: &'a Pane,
}

/// How all agents are; kept from refresh to refresh by whoever watches.
#[derive(Debug, Default)]
pub struct Statuses {
    boot: Option<String>,
    events: BTreeMap<String, Reported>,
    known: BTreeMap<PaneId, (AgentStatus, Instant)>,
}

/// What an agent's hooks reported last.
#[derive(Debug, Default)]
struct Reported {
    mark: Mark,
    last: Option<Event>,
}

/// Our agents' panes.
pub fn agent_panes(live: &Live) -> Vec<AgentPane<'_>> {
    live.all_ours().flat_map(agent_panes_of).collect()
}

/// The agents' panes of one session.
pub fn agent_panes_of(ours: Ours<'_>) -> impl Iterator<Item = AgentPane<'_>> {
    let session = ours.record.id.as_deref();
    let panes = ours.session.panes().filter(|pane| ours::agent_kind(pane).is_some());
    panes.filter_map(move |pane| {
        Some(AgentPane {
            session: session?,
            pane,
        })
    })
}

impl Statuses {
    /// Nothing is known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// How the agents in these panes are.
    pub fn refresh(
        &mut self,
        context: &Context,
        panes: &[AgentPane<'_>],
        processes: &Processes,
    ) -> BTreeMap<PaneId, Observation> {
        let mut listings = Listings::default();
        let mut screens = Vec::new();
        let mut observed = BTreeMap::new();
        for pane in panes {
            let kind = ours::agent_kind(pane.pane).unwrap_or_default();
            let home = AgentHome::of_record(&context.state_home.agent_record(pane.session));
            let look = Look {
                context,
                home: &home,
                pane: pane.pane,
                record: AgentRecord::read(home.record()).filter(|record| record.pane_pid == pane.pane.pid),
                processes,
            };
            let source = match context.config.agents.get(&kind) {
                Ok(Some(known)) => known.status(),
                _ => StatusSource::Process,
            };
            let mut observation = look.observe(self, source, &mut listings);
            if observation.status == AgentStatus::Unknown && source == StatusSource::Screen && observation.pid.is_some()
            {
                screens.push((pane.pane.id, kind));
            }
            if let Some(pid) = observation.pid {
                observation.memory_bytes = Some(processes.memory(pid));
                observation.age_ms = processes.age_ms(pid);
            }
            observed.insert(pane.pane.id, observation);
        }
        look_at_screens(context, &screens, &mut observed);
        self.remember(&mut observed);
        observed
    }

    /// What there is to say while tmux can't be asked: unknown, and what was known last.
    pub fn without_tmux(&self, why: &str) -> BTreeMap<PaneId, Observation> {
        let unknown = |(pane, (status, since)): (&PaneId, &(AgentStatus, Instant))| {
            let mut observation = Observation::of(AgentStatus::Unknown);
            observation.why = Some(why.to_owned());
            observation.last_known = Some((*status, since.elapsed()));
            (*pane, observation)
        };
        self.known.iter().map(unknown).collect()
    }

    fn remember(&mut self, observed: &mut BTreeMap<PaneId, Observation>) {
        self.known.retain(|pane, _| observed.contains_key(pane));
        for (pane, observation) in observed {
            if observation.status == AgentStatus::Unknown {
                let known = self.known.get(pane);
                observation.last_known = known.map(|(status, since)| (*status, since.elapsed()));
            } else {
                self.known.insert(*pane, (observation.status, Instant::now()));
            }
        }
    }

    /// The directories in which something changes when one of these agents does, for [`Watch`](super::watch::Watch).
    pub fn directories(&self, context: &Context, panes: &[AgentPane<'_>]) -> BTreeSet<PathBuf> {
        let homes = panes
            .iter()
            .map(|pane| AgentHome::of_record(&context.state_home.agent_record(pane.session)));
        homes
            .flat_map(|home| [self.registry_of(context, &home), home.directory()])
            .collect()
    }

    /// The directory of the registry in which a session's agent is.
    pub(crate) fn registry_of(&self, context: &Context, home: &AgentHome) -> PathBuf {
        let recorded = AgentRecord::read(home.record()).and_then(|record| record.config_dir);
        registry::directory(&recorded.or_else(|| default_config_dir(context)).unwrap_or_default())
    }

    fn is_this_boot(&mut self, boot: &str) -> bool {
        if self.boot.is_none() {
            self.boot = boot_id().ok();
        }
        self.boot.as_deref() == Some(boot)
    }

    /// What the hooks of this agent said last.
    fn reported(&mut self, home: &AgentHome) -> Option<&Event> {
        let reported = self.events.entry(home.session().to_owned()).or_default();
        // What can't be read is read the next time.
        let events = reported.mark.read_on(&home.events()).unwrap_or_default();
        reported.last = events.into_iter().last().or(reported.last.take());
        reported.last.as_ref()
    }
}

/// One look at one agent.
struct Look<'a> {
    context: &'a Context,
    home: &'a AgentHome,
    pane: &'a Pane,
    record: Option<AgentRecord>,
    processes: &'a Processes,
}

impl Look<'_> {
    fn observe(&self, statuses: &mut Statuses, source: StatusSource, listings: &mut Listings) -> Observation {
        if self.pane.dead {
            return Observation::of(AgentStatus::Exited);
        }
        let recorded = self.recorded(statuses);
        if source == StatusSource::Claude
            && let Some(observation) = self.registered(recorded, listings)
        {
            return observation;
        }
        let Some(process) = recorded else {
            return self.without_process();
        };
        if source != StatusSource::Claude {
            return Observation::unknown(Some(process.pid), "nothing tells");
        }
        if let Some(observation) = self.hooked(statuses, process.pid) {
            return observation;
        }
        match self.processes.age_ms(process.pid) {
            Some(age) if age < STARTING_MS => Observation::running(AgentStatus::Starting, process.pid),
            Some(_) => Observation::waiting(process.pid, STARTUP_DIALOG),
            None => Observation::unknown(Some(process.pid), "its age can't be told"),
        }
    }

    /// Where no recorded process is among those that were read.
    fn without_process(&self) -> Observation {
        match &self.record {
            // It was started after they were read.
            Some(record) if record.exit_status.is_none() => match record.process().liveness() {
                Liveness::Alive => Observation::running(AgentStatus::Starting, record.pid),
                Liveness::Unknown => Observation::unknown(None, "its process can't be examined"),
                _ => Observation::of(AgentStatus::Exited),
            },
            Some(_) => Observation::of(AgentStatus::Exited),
            // The pane hasn't recorded its agent yet, or isn't even `tsm pane-run` yet; or has long become a shell.
            None if is_agents(self.pane) => Observation::of(AgentStatus::Starting),
            None => match self.processes.age_ms(self.pane.pid) {
                Some(age) if age >= STARTING_MS => Observation::of(AgentStatus::Exited),
                _ => Observation::of(AgentStatus::Starting),
            },
        }
    }

    /// The recorded process, if it lives.
    fn recorded(&self, statuses: &mut Statuses) -> Option<&Entry> {
        let record = self.record.as_ref().filter(|record| record.exit_status.is_none())?;
        let entry = self.processes.get(record.pid)?;
        (entry.start_time == record.start_time && statuses.is_this_boot(&record.boot_id)).then_some(entry)
    }

    fn config_dir(&self) -> Option<PathBuf> {
        let recorded = self.record.as_ref().and_then(|record| record.config_dir.clone());
        recorded.or_else(|| default_config_dir(self.context))
    }

    /// What the registry says of the recorded process or, where that is a wrapper, or the user has started another agent in
    /// the pane by hand, of the nearest one in it.
    fn registered(&self, recorded: Option<&Entry>, listings: &mut Listings) -> Option<Observation> {
        let config_dir = self.config_dir()?;
        let pids = match listings.pids(&config_dir) {
            Ok(pids) => pids,
            Err(why) => return Some(Observation::unknown(recorded.map(|entry| entry.pid), why.as_str())),
        };
        let tree = self.processes.tree(self.pane.pid);
        let candidates = recorded
            .into_iter()
            .chain(tree)
            .filter(|entry| pids.contains(&entry.pid));
        candidates.into_iter().find_map(|entry| self.entry(&config_dir, entry))
    }

    fn entry(&self, config_dir: &Path, process: &Entry) -> Option<Observation> {
        let entry = match registry::lookup(config_dir, process.pid) {
            Lookup::Found(entry) => entry,
            Lookup::Absent => return None,
            Lookup::Unreadable(why) => return Some(Observation::unknown(Some(process.pid), why)),
        };
        // An earlier process of this number left it behind.
        if entry.start_time != process.start_time || process.ended {
            return None;
        }
        if entry.pane != Some(self.pane.id) {
            return Some(Observation::unknown(
                Some(process.pid),
                "its registry names another pane",
            ));
        }
        let now = u64::try_from(self.context.clock.file_nanos() / 1_000_000).unwrap_or_default();
        let since = |at: Option<u64>| at.and_then(|at| now.checked_sub(at));
        let age = self.processes.age_ms(process.pid);
        Some(Observation {
            start_ms: age
                .zip(since(entry.started_at))
                .and_then(|(age, since)| age.checked_sub(since)),
            since_ms: since(entry.status_at),
            registered: Some((config_dir.to_owned(), entry.start_time)),
            ..Observation::of_entry(&entry)
        })
    }

    /// What the hooks said last, where the registry says nothing. They don't tell of everything: Esc ends a turn without
    /// a word, so that working may be long over, which is the safe side.
    fn hooked(&self, statuses: &mut Statuses, pid: u32) -> Option<Observation> {
        let event = statuses.reported(self.home)?;
        let age = self.context.clock.now().saturating_sub(event.at);
        // Of an earlier agent of the session.
        let lived = self
            .processes
            .age_ms(pid)
            .map_or(i64::MAX, |age| i64::try_from(age / 1000).unwrap_or(i64::MAX));
        if age > lived.saturating_add(1) {
            return None;
        }
        Some(match event.event.as_str() {
            // It says so before it takes keys, and before it gets into its registry.
            "SessionStart" if age < SESSION_STARTED => Observation::running(AgentStatus::Starting, pid),
            "SessionStart" | "Stop" => Observation::running(AgentStatus::Idle, pid),
            "UserPromptSubmit" => Observation::running(AgentStatus::Working, pid),
            "PermissionRequest" => Observation::waiting(pid, "permission prompt"),
            "Notification" if event.detail.as_deref() == Some("idle_prompt") => {
                Observation::running(AgentStatus::Idle, pid)
            }
            "Notification" => {
                Observation::waiting(pid, event.detail.as_deref().unwrap_or("an answer").replace('_', " "))
            }
            _ => Observation::unknown(Some(pid), "its hooks say nothing of it"),
        })
    }
}

fn default_config_dir(context: &Context) -> Option<PathBuf> {
    let environment = &context.environment;
    let home = || environment.home.as_ref().map(|home| home.join(".claude"));
    environment.claude_config_dir.clone().or_else(home)
}

/// One call for all of them.
fn look_at_screens(context: &Context, panes: &[(PaneId, String)], observed: &mut BTreeMap<PaneId, Observation>) {
    if panes.is_empty() {
        return;
    }
    let captures = panes.iter().map(|(pane, _)| CapturePane::screen(*pane));
    let Ok(shown) = context.server.capture_panes(captures) else {
        return;
    };
    for ((pane, kind), shown) in panes.iter().zip(shown) {
        let screen = context
            .config
            .agents
            .get(kind)
            .ok()
            .flatten()
            .and_then(|kind| kind.screen().ok().flatten());
        if let (Some(screen), Ok(shown), Some(observation)) = (screen, shown, observed.get_mut(pane)) {
            observation.status = screen.status(&shown);
            if observation.status == AgentStatus::Waiting {
                observation.waiting_for = Some("an answer".to_owned());
            }
            if observation.status != AgentStatus::Unknown {
                observation.why = None;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn observed(status: AgentStatus) -> BTreeMap<PaneId, Observation> {
        BTreeMap::from([(PaneId(3), Observation::of(status))])
    }

    #[test]
    fn while_tmux_cannot_be_asked_everything_is_unknown_and_nothing_has_exited() {
        let mut statuses = Statuses::new();
        assert!(statuses.without_tmux("it doesn't answer").is_empty());
        statuses.remember(&mut observed(AgentStatus::Working));
        let unknown = statuses.without_tmux("it doesn't answer");
        let observation = &unknown[&PaneId(3)];
        assert_eq!(observation.status, AgentStatus::Unknown);
        assert_eq!(
            observation.last_known.map(|(status, _age)| status),
            Some(AgentStatus::Working)
        );
    }

    #[test]
    fn what_becomes_unknown_is_known_by_what_it_was_until_its_pane_is_gone() {
        let mut statuses = Statuses::new();
        statuses.remember(&mut observed(AgentStatus::Idle));
        let mut unknown = observed(AgentStatus::Unknown);
        statuses.remember(&mut unknown);
        assert_eq!(
            unknown[&PaneId(3)].last_known.map(|(status, _age)| status),
            Some(AgentStatus::Idle)
        );
        statuses.remember(&mut BTreeMap::new());
        assert!(statuses.without_tmux("").is_empty());
    }
}
