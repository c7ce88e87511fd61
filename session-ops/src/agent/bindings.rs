//! Which conversation a session's agent is in, and the log of every change of that.
//!
//! It follows the agent's own word only: an entry of the registry for the recorded process in its pane, or a SessionStart
//! of that process. The newest transcript never decides.

use std::fs;
use std::io::Read;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use session_lock::replace::{create_private_dir, replace_file};
use session_state::Agent;

use super::conversation::{has_transcript, is_plain};
use super::home::AgentHome;
use super::lease;
use super::record::AgentRecord;
use super::registry::{self, Lookup};
use crate::clock::Clock;
use crate::context::Context;
use crate::error::Error;
use crate::log::Entry;

const MAX_BYTES: u64 = 64 * 1024;

/// The conversation of a session's agent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Binding {
    /// Which agent.
    pub kind: String,
    /// Its conversation.
    pub conversation: String,
    /// The agent's directory, which is part of the identity.
    pub config_dir: Option<PathBuf>,
    /// Where the conversation is written, if a hook said so.
    pub transcript: Option<PathBuf>,
    /// The process that said so.
    pub pid: u32,
    /// Its start time in ticks.
    pub start_time: u64,
}

/// Why a conversation is a session's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// tsm began it.
    Begun,
    /// tsm resumed it.
    Resumed,
    /// The agent's registry names it.
    Registry,
    /// A hook of the agent named it.
    Hook,
}

impl Reason {
    fn as_str(self) -> &'static str {
        match self {
            Self::Begun => "begun",
            Self::Resumed => "resumed",
            Self::Registry => "the agent's registry",
            Self::Hook => "a hook of the agent",
        }
    }
}

/// The conversation of a session's agent as it was last known.
pub fn read(home: &AgentHome) -> Option<Binding> {
    let mut text = String::new();
    let file = fs::File::open(home.binding()).ok()?;
    let _length = file.take(MAX_BYTES).read_to_string(&mut text).ok()?;
    toml::from_str::<Binding>(&text)
        .ok()
        .filter(|binding| is_plain(&binding.conversation))
}

/// Binds a conversation to a session, and logs it if that changes anything.
///
/// # Errors
///
/// [`Error::Replace`].
pub fn bind(home: &AgentHome, binding: &Binding, reason: Reason, clock: Clock) -> Result<(), Error> {
    let before = read(home);
    if before.as_ref() == Some(binding) {
        return Ok(());
    }
    create_private_dir(&home.directory())?;
    // Plain values always serialise.
    let text = toml::to_string(binding).unwrap_or_default();
    replace_file(&home.binding(), text.as_bytes())?;
    if before.as_ref().map(|before| &before.conversation) != Some(&binding.conversation) {
        let before = before.map_or_else(|| "none".to_owned(), |before| before.conversation);
        let (now, pid) = (&binding.conversation, binding.pid);
        let reason = reason.as_str();
        log(
            home,
            clock,
            &format!("conversation {before} -> {now} (process {pid}, {reason})"),
        );
    }
    Ok(())
}

/// Logs that a conversation was not bound, and why.
pub fn reject(home: &AgentHome, conversation: &str, why: &str, clock: Clock) {
    log(home, clock, &format!("conversation {conversation} rejected: {why}"));
}

/// The conversation that a session's agent is in now. If its registry names another one than is known, that is bound.
pub fn follow(home: &AgentHome, record: &AgentRecord, clock: Clock) -> Option<String> {
    let bound = read(home);
    let known = bound
        .as_ref()
        .map(|bound| bound.conversation.clone())
        .or_else(|| record.conversation.clone());
    let Some(config_dir) = &record.config_dir else {
        return known;
    };
    let Lookup::Found(entry) = registry::lookup(config_dir, record.pid) else {
        return known;
    };
    // A file is left behind by an agent that was killed, and its number may be another's now: what it says was true then.
    let same = entry.start_time == record.start_time && entry.pane.map(|pane| pane.to_string()) == record.pane;
    let Some(conversation) = entry.conversation.filter(|id| same && is_plain(id)) else {
        return known;
    };
    if known.as_ref() != Some(&conversation) {
        let binding = Binding {
            kind: record.kind.clone(),
            conversation: conversation.clone(),
            config_dir: Some(config_dir.clone()),
            transcript: None,
            pid: record.pid,
            start_time: record.start_time,
        };
        // What can't be written is read again the next time.
        let _followed = bind(home, &binding, Reason::Registry, clock);
        let _leased = lease::move_to(home, record, &conversation, clock);
    }
    Some(conversation)
}

/// The agent of a record with the conversation that it was in last: it may have gone to another one after the record was
/// written. Not so if that one's transcript is gone.
pub fn latest(context: &Context, agent: &Agent, id: &str) -> Agent {
    let home = AgentHome::of_record(&context.state_home.agent_record(id));
    let bound = read(&home).filter(|bound| {
        let there = |directory: &PathBuf| has_transcript(directory, &bound.conversation);
        bound.kind == agent.kind && bound.config_dir.as_ref().is_none_or(there)
    });
    Agent {
        conversation: bound
            .map(|bound| bound.conversation)
            .or_else(|| agent.conversation.clone()),
        ..agent.clone()
    }
}

fn log(home: &AgentHome, clock: Clock, text: &str) {
    let session = [("session", home.session().to_owned())];
    home.log(clock).write(&Entry::info("agent", text).fields(&session));
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make files")]
mod tests {
    use super::*;

    fn binding(conversation: &str) -> Binding {
        Binding {
            kind: "claude".to_owned(),
            conversation: conversation.to_owned(),
            config_dir: Some("/c".into()),
            transcript: None,
            pid: 42,
            start_time: 7,
        }
    }

    fn record(config_dir: &std::path::Path) -> AgentRecord {
        AgentRecord {
            kind: "claude".to_owned(),
            conversation: Some("a".to_owned()),
            pid: 42,
            start_time: 7,
            boot_id: "b".to_owned(),
            pane_pid: 41,
            exit_status: None,
            config_dir: Some(config_dir.to_owned()),
            pane: Some("%3".to_owned()),
            state_dir: None,
            server: None,
        }
    }

    fn home(root: &std::path::Path) -> AgentHome {
        AgentHome::of_record(&root.join("tsm/agents/id.toml"))
    }

    #[test]
    fn every_change_is_logged_once() {
        let root = tempfile::tempdir().expect("a directory");
        let home = home(root.path());
        assert_eq!(read(&home), None);
        for conversation in ["a", "a", "b"] {
            bind(&home, &binding(conversation), Reason::Hook, Clock::Fixed(0)).expect("bound");
        }
        reject(&home, "c", "it is a stranger's", Clock::Fixed(0));
        assert_eq!(read(&home), Some(binding("b")));
        let log = fs::read_to_string(root.path().join("tsm/tsm.log")).expect("a log");
        let lines: Vec<&str> = log.lines().collect();
        let expected = [
            "conversation none -> a (process 42, a hook of the agent)",
            "conversation a -> b (process 42, a hook of the agent)",
            "conversation c rejected: it is a stranger's",
        ];
        assert_eq!(lines.len(), expected.len(), "{log}");
        for (line, expected) in lines.into_iter().zip(expected) {
            assert!(line.contains(expected) && line.contains("session=id"), "{line}");
        }
    }

    #[test]
    fn the_registry_is_followed_only_for_our_process_in_our_pane() {
        let root = tempfile::tempdir().expect("a directory");
        let home = home(root.path());
        let sessions = registry::directory(root.path());
        fs::create_dir(&sessions).expect("made");
        let record = record(root.path());
        let says = |start: u64, pane: &str, id: &str| {
            let text = format!(r#"{{"pid":42,"procStart":"{start}","tmux":"a:@0.{pane}","sessionId":"{id}"}}"#);
            fs::write(sessions.join("42.json"), text).expect("written");
            follow(&home, &record, Clock::Fixed(0))
        };
        assert_eq!(follow(&home, &record, Clock::Fixed(0)).as_deref(), Some("a"));
        assert_eq!(says(8, "%3", "b").as_deref(), Some("a"), "its number is another's");
        assert_eq!(says(7, "%4", "b").as_deref(), Some("a"), "it is in another pane");
        assert_eq!(says(7, "%3", "../b").as_deref(), Some("a"), "that is no id");
        assert_eq!(says(7, "%3", "b").as_deref(), Some("b"));
        assert_eq!(read(&home).expect("a binding").conversation, "b");
        fs::remove_file(sessions.join("42.json")).expect("removed");
        assert_eq!(follow(&home, &record, Clock::Fixed(0)).as_deref(), Some("b"));
    }
}
