//! What an agent's hooks report: `tsm agent-event` writes each event as one line of a file, in one write.
//!
//! Prompts are not kept: of a prompt there are a digest and its two ends, enough to know a text again that was sent.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use serde::{Deserialize, Serialize};
use session_lock::replace::{create_private_dir, open_append, rename};
use session_recovery::foreground::lineage;

use super::conversation::is_plain;
use super::home::AgentHome;
use super::record::AgentRecord;
use crate::paths::hex_digest;

/// More than this isn't read of what a hook is given.
pub const MAX_INPUT: u64 = 1024 * 1024;

/// A file of events that is longer than this gives way to a new one.
const MAX_FILE: u64 = 1024 * 1024;

/// How much is kept of the beginning and of the end of a prompt.
const HEAD: usize = 512;
const TAIL: usize = 256;

/// A text that is shorter than this may stand within any other.
const TELLING: usize = 16;

/// Words of an event that aren't ids are cut to this.
const WORD: usize = 128;

/// An event, as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// `hook_event_name`
    pub event: String,
    /// Seconds since 1970.
    pub at: i64,
    /// `session_id`: the conversation.
    pub conversation: String,
    /// `source` of a SessionStart, `reason` of a SessionEnd, `notification_type` of a Notification, `tool_name` of a
    /// PermissionRequest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// `transcript_path` of a SessionStart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transcript: Option<String>,
    /// Of a UserPromptSubmit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<Prompt>,
}

/// What is kept of a prompt: of its characters that aren't white space, which the agent changes (a tab becomes blanks).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Prompt {
    /// The first 16 bytes of its SHA-256.
    pub digest: String,
    /// Its beginning.
    pub head: String,
    /// Its end.
    pub tail: String,
}

/// What hooks are given, as far as it matters.
#[derive(Deserialize)]
struct Input {
    hook_event_name: String,
    session_id: String,
    agent_id: Option<serde_json::Value>,
    source: Option<String>,
    reason: Option<String>,
    notification_type: Option<String>,
    tool_name: Option<String>,
    transcript_path: Option<String>,
    prompt: Option<String>,
}

impl Prompt {
    /// Of a prompt, or of a text that is sent as one.
    pub fn of(text: &str) -> Self {
        let dense: String = text.chars().filter(|char| !char.is_whitespace()).collect();
        let head_end = floor(&dense, HEAD.min(dense.len()));
        let tail_start = ceil(&dense, dense.len().saturating_sub(TAIL));
        Self {
            digest: hex_digest(dense.as_bytes(), 16),
            head: dense.get(..head_end).unwrap_or_default().to_owned(),
            tail: dense.get(tail_start..).unwrap_or_default().to_owned(),
        }
    }

    /// Whether this prompt carries a text that was sent: as it is, within the marks that Claude Code puts around a long
    /// paste, or behind a draft that stood there before.
    pub fn carries(&self, sent: &Self) -> bool {
        if self.digest == sent.digest {
            return true;
        }
        // Room for what stands before it.
        let beginning = sent
            .head
            .get(..floor(&sent.head, sent.head.len().min(HEAD / 2)))
            .unwrap_or_default();
        let wrapped = beginning.len() >= TELLING && self.head.contains(beginning);
        !sent.tail.is_empty() && (wrapped || self.tail.ends_with(&sent.tail))
    }
}

fn floor(text: &str, at: usize) -> usize {
    (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or_default()
}

fn ceil(text: &str, at: usize) -> usize {
    (at..=text.len())
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(text.len())
}

/// Reads what a hook is given; `None` for what is too long, isn't understood, or is none of ours: an event of a subagent
/// says nothing of the agent.
pub fn parse(input: &mut dyn Read, now: i64) -> Option<Event> {
    let mut text = Vec::new();
    let read = input.take(MAX_INPUT + 1).read_to_end(&mut text).ok()?;
    if read as u64 > MAX_INPUT {
        return None;
    }
    let input: Input = serde_json::from_slice(&text).ok()?;
    let plain_event = input.hook_event_name.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if !plain_event || !is_plain(&input.session_id) || input.agent_id.is_some_and(|id| !id.is_null()) {
        return None;
    }
    let cut = |word: Option<String>| word.map(|word| word.chars().filter(|c| !c.is_control()).take(WORD).collect());
    let started = input.hook_event_name == "SessionStart";
    let prompt = (input.hook_event_name == "UserPromptSubmit").then(|| Prompt::of(&input.prompt.unwrap_or_default()));
    Some(Event {
        event: cut(Some(input.hook_event_name)).unwrap_or_default(),
        at: now,
        conversation: input.session_id,
        detail: cut(input
            .source
            .or(input.reason)
            .or(input.notification_type)
            .or(input.tool_name)),
        transcript: input.transcript_path.filter(|path| started && path.len() < 4096),
        prompt,
    })
}

/// Whether the process that reports an event is the recorded agent's: what another agent's hooks say, even of one that
/// runs inside ours and got our settings, isn't about ours. Its conversation is checked where the event is used.
pub fn is_of_agent(home: &AgentHome, reporter: u32) -> bool {
    AgentRecord::read(home.record()).is_some_and(|record| lineage(reporter).any(|above| above == record.pid))
}

/// Puts away what an earlier agent of the session reported, which says nothing of the one that is about to be started.
///
/// # Errors
///
/// [`crate::Error::Replace`].
pub fn begin(home: &AgentHome) -> Result<(), crate::Error> {
    let path = home.events();
    if path.exists() {
        rename(&path, &path.with_extension("old"))?;
    }
    Ok(())
}

/// Adds an event to the file.
///
/// # Errors
///
/// [`crate::Error::Replace`], [`crate::Error::Log`].
pub fn append(home: &AgentHome, event: &Event) -> Result<(), crate::Error> {
    create_private_dir(&home.directory())?;
    let path = home.events();
    if fs::metadata(&path).is_ok_and(|metadata| metadata.len() > MAX_FILE) {
        rename(&path, &path.with_extension("old"))?;
    }
    // Plain values always serialise.
    let mut line = serde_json::to_vec(event).unwrap_or_default();
    line.push(b'\n');
    let mut file = open_append(&path)?;
    file.write_all(&line)
        .map_err(|source| crate::Error::Log { path, source })
}

/// A place in the file of events, from which on they are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark {
    inode: u64,
    offset: u64,
}

impl Mark {
    /// The end of the file, so that only what comes later is read.
    pub fn end(path: &Path) -> Self {
        use std::os::unix::fs::MetadataExt;
        fs::metadata(path).map_or_else(
            |_| Self::default(),
            |metadata| Self {
                inode: metadata.ino(),
                offset: metadata.len(),
            },
        )
    }

    /// The events since then; this goes on to the end. A file that took the place of the old one is read from its start,
    /// and lines that aren't whole yet are left for later.
    pub fn read_on(&mut self, path: &Path) -> io::Result<Vec<Event>> {
        use std::os::unix::fs::MetadataExt;
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let metadata = file.metadata()?;
        if metadata.ino() != self.inode || metadata.len() < self.offset {
            *self = Self {
                inode: metadata.ino(),
                offset: 0,
            };
        }
        if metadata.len() == self.offset {
            return Ok(Vec::new());
        }
        file.seek(SeekFrom::Start(self.offset))?;
        let mut text = Vec::new();
        let _length = file.take(2 * MAX_FILE).read_to_end(&mut text)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        self.offset += whole as u64;
        let lines = text.get(..whole).unwrap_or_default().split(|byte| *byte == b'\n');
        Ok(lines.filter_map(|line| serde_json::from_slice(line).ok()).collect())
    }
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make files")]
mod tests {
    use super::*;

    fn event(text: &str) -> Option<Event> {
        parse(&mut text.as_bytes(), 7)
    }

    #[test]
    fn events_are_read() {
        let event = event(
            r#"{"session_id":"a-1","transcript_path":"/t.jsonl","cwd":"/","hook_event_name":"SessionStart","source":"clear"}"#,
        )
        .expect("an event");
        assert_eq!(
            (event.event.as_str(), event.conversation.as_str(), event.at),
            ("SessionStart", "a-1", 7)
        );
        assert_eq!(
            (event.detail.as_deref(), event.transcript.as_deref()),
            (Some("clear"), Some("/t.jsonl"))
        );
    }

    #[test]
    fn subagents_and_what_is_no_event_are_left_out() {
        for text in [
            "",
            "{",
            "[]",
            r#"{"hook_event_name":"Stop"}"#,
            r#"{"session_id":"a","hook_event_name":"Stop","agent_id":"sub"}"#,
            r#"{"session_id":"../../x","hook_event_name":"Stop"}"#,
            r#"{"session_id":"","hook_event_name":"Stop"}"#,
            r#"{"session_id":"a","hook_event_name":"St\u001bop"}"#,
        ] {
            assert_eq!(event(text), None, "{text}");
        }
        assert!(event(r#"{"session_id":"a","hook_event_name":"Stop","agent_id":null}"#).is_some());
    }

    #[test]
    fn a_mebibyte_is_read_and_no_more() {
        let text = |length: usize| {
            let frame = r#"{"session_id":"a","hook_event_name":"UserPromptSubmit","prompt":""}"#.len();
            let prompt = "x".repeat(length - frame);
            format!(r#"{{"session_id":"a","hook_event_name":"UserPromptSubmit","prompt":"{prompt}"}}"#)
        };
        let limit = usize::try_from(MAX_INPUT).expect("a size");
        assert!(event(&text(limit)).is_some());
        assert_eq!(event(&text(limit + 1)), None);
    }

    #[test]
    fn a_prompt_is_known_again_however_the_agent_wraps_it() {
        let long: String = (0..900).map(|n| format!("word{n} ")).collect();
        for (sent, prompt) in [
            ("hello there", "hello there".to_owned()),
            ("a\n\tb\n", "a\n    b".to_owned()),
            (
                "añ".repeat(700).as_str(),
                format!("\n\n<pasted_content id=\"x\">\n{}\n</pasted_content>", "añ".repeat(700)),
            ),
            (
                long.as_str(),
                format!("\n\n<pasted_content id=\"x\">\n{long}\n</pasted_content>"),
            ),
            ("and this", "a draft and this".to_owned()),
        ] {
            assert!(Prompt::of(&prompt).carries(&Prompt::of(sent)), "{prompt}");
        }
        for (sent, prompt) in [
            ("hello", "hell"),
            ("", "anything"),
            ("y", "yes, why not?"),
            ("do", "do not"),
            (long.as_str(), "word0"),
            ("yes", "no"),
        ] {
            assert!(!Prompt::of(prompt).carries(&Prompt::of(sent)), "{prompt}");
        }
        assert!(
            !format!("{:?}", Prompt::of(&long)).contains("word500"),
            "the middle isn't kept"
        );
    }

    #[test]
    fn later_events_are_read_in_whole_lines_also_of_a_new_file() {
        let root = tempfile::tempdir().expect("a directory");
        let home = AgentHome::of_record(&root.path().join("agents/id.toml"));
        let mut mark = Mark::end(&home.events());
        assert_eq!(mark.read_on(&home.events()).expect("read"), []);
        let stop = event(r#"{"session_id":"a","hook_event_name":"Stop"}"#).expect("an event");
        append(&home, &stop).expect("written");
        assert_eq!(
            mark.read_on(&home.events()).expect("read").as_slice(),
            std::slice::from_ref(&stop)
        );
        let mut later = Mark::end(&home.events());
        append(&home, &stop).expect("written");
        let mut file = fs::OpenOptions::new().append(true).open(home.events()).expect("opened");
        file.write_all(b"{\"half").expect("written");
        assert_eq!(later.read_on(&home.events()).expect("read").len(), 1);
        assert_eq!(later.read_on(&home.events()).expect("read"), []);
        fs::remove_file(home.events()).expect("removed");
        append(&home, &stop).expect("written");
        assert_eq!(later.read_on(&home.events()).expect("read").len(), 1);
    }
}
