//! What `tsm agent-event` does, which an agent's hooks call: it keeps the event, if it is about the agent of that session.

use std::io::Read;
use std::path::Path;
use std::time::{Duration, Instant};

use session_lock::Liveness;

use crate::agent::bindings::{self, Binding, Reason};
use crate::agent::home::AgentHome;
use crate::agent::hooks::{self, Event};
use crate::agent::lease;
use crate::agent::record::AgentRecord;
use crate::agent::registry::{self, Entry, Lookup};
use crate::agent::watch::Watch;
use crate::clock::Clock;
use crate::config::env::Environment;
use crate::config::{Config, Flags};
use crate::error::Error;
use crate::log::LogOptions;

/// How long the registry may take to name a conversation that a hook has named.
const REGISTERED: Duration = Duration::from_millis(1500);

/// How long the agent's pane may take to record it.
const RECORDED: Duration = Duration::from_secs(2);

/// Keeps the event that stands on `input`; `record` is that of the session's agent. What is none, or is about another
/// agent, is passed over.
///
/// # Errors
///
/// [`Error::Replace`], [`Error::Log`]; nobody but tests should hear of them, as the agent waits for its hook's success.
pub fn agent_event(record: &Path, input: &mut dyn Read, environment: &Environment) -> Result<(), Error> {
    let clock = environment.now.map_or(Clock::System, Clock::Fixed);
    // A config that can't be read is no reason to lose an event.
    let log = Config::load(&Flags::default(), environment)
        .map_or_else(|_| LogOptions::default(), |config| config.log.options());
    let home = AgentHome::of_record(record).logging(log);
    let Some(event) = hooks::parse(input, clock.now()) else {
        return Ok(());
    };
    // The last event comes of an agent that was recorded long ago, or of one that has gone meanwhile.
    let patience = if event.event == "SessionEnd" {
        Duration::ZERO
    } else {
        RECORDED
    };
    let Some(record) = record_of_reporter(&home, patience) else {
        return Ok(());
    };
    if !is_its_conversation(&home, &record, &event) {
        if event.event == "SessionStart" {
            bindings::reject(&home, &event.conversation, "another agent reported it", clock);
        }
        return Ok(());
    }
    if event.event == "SessionStart" {
        follow(&home, &record, &event, clock)?;
    }
    hooks::append(&home, &event)
}

/// The record, if it is about the agent whose hook this is. An agent may report before its pane has recorded it: then there
/// is no record, or one of an agent that has ended.
fn record_of_reporter(home: &AgentHome, patience: Duration) -> Option<AgentRecord> {
    let watch = Watch::on(home.record().parent());
    let deadline = Instant::now() + patience;
    loop {
        let record = AgentRecord::read(home.record());
        if hooks::is_of_agent(home, std::process::id()) {
            return record;
        }
        let lives = |record: &AgentRecord| {
            record.exit_status.is_none() && matches!(record.process().liveness(), Liveness::Alive | Liveness::Unknown)
        };
        let left = deadline.saturating_duration_since(Instant::now());
        if record.as_ref().is_some_and(lives) || left.is_zero() {
            return None;
        }
        watch.wait(left);
    }
}

/// Whether the event's conversation is the one that the agent is in, by its registry; without one by what is known.
fn is_its_conversation(home: &AgentHome, record: &AgentRecord, event: &Event) -> bool {
    let Some(config_dir) = &record.config_dir else {
        return true;
    };
    let watch = Watch::on([registry::directory(config_dir).as_path()]);
    let deadline = Instant::now() + REGISTERED;
    loop {
        match registry::lookup(config_dir, record.pid) {
            Lookup::Found(entry) if is_of(&entry, record) => {
                if entry.conversation.as_deref() == Some(&event.conversation) {
                    return true;
                }
            }
            // It registers after its first hook, or not at all.
            _ => {
                let bound = bindings::read(home).map(|bound| bound.conversation);
                let known = bound.or_else(|| record.conversation.clone());
                return known.is_none_or(|known| known == event.conversation);
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        watch.wait(left);
    }
}

fn is_of(entry: &Entry, record: &AgentRecord) -> bool {
    entry.start_time == record.start_time
}

fn follow(home: &AgentHome, record: &AgentRecord, event: &Event, clock: Clock) -> Result<(), Error> {
    let before = bindings::read(home);
    let binding = Binding {
        kind: record.kind.clone(),
        conversation: event.conversation.clone(),
        config_dir: record.config_dir.clone(),
        transcript: event.transcript.clone().map(Into::into),
        pid: record.pid,
        start_time: record.start_time,
    };
    bindings::bind(home, &binding, Reason::Hook, clock)?;
    if before.is_none_or(|before| before.conversation != event.conversation)
        && let Err(error) = lease::move_to(home, record, &event.conversation, clock)
    {
        bindings::reject(home, &event.conversation, &format!("no lease: {error}"), clock);
    }
    Ok(())
}
