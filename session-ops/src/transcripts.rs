//! Where the conversations of agents lie: Claude Code deletes them after 30 days, and without them nothing can be resumed.

use std::fs;
use std::path::{Path, PathBuf};

use session_recovery::backup::{Extra, transcript_name};
use session_state::SessionState;

use crate::context::Context;

/// How deep the files of one conversation may lie below its directory.
const DEPTH: usize = 4;

/// The directory of all conversations: `projects` in Claude Code's own.
pub(crate) fn directory(context: &Context) -> Option<PathBuf> {
    let environment = &context.environment;
    let base = environment.claude_config_dir.clone();
    let base = base.or_else(|| environment.home.as_ref().map(|home| home.join(".claude")))?;
    Some(base.join("projects"))
}

/// The files of the conversations that these records name.
pub(crate) fn files<'a>(context: &Context, records: impl Iterator<Item = &'a SessionState>) -> Vec<Extra> {
    let Some(root) = directory(context) else {
        return Vec::new();
    };
    let entries = fs::read_dir(&root).into_iter().flatten().flatten();
    let directories: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    let mut extra = Vec::new();
    for record in records {
        let agents = record.panes().filter_map(|pane| pane.agent.as_ref());
        for conversation in agents
            .filter_map(|agent| agent.conversation.as_deref())
            .filter(|id| is_plain(id))
        {
            for directory in &directories {
                let file = directory.join(format!("{conversation}.jsonl"));
                add(&root, &record.project, &file, 0, &mut extra);
                add(&root, &record.project, &directory.join(conversation), DEPTH, &mut extra);
            }
        }
    }
    extra
}

/// An id that is a file's name and nothing else.
fn is_plain(id: &str) -> bool {
    !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}

/// Links are not followed: what they lead to is no conversation.
fn add(root: &Path, project: &str, path: &Path, depth: usize, extra: &mut Vec<Extra>) {
    let Ok(metadata) = fs::symlink_metadata(path) else {
        return;
    };
    if metadata.is_file() {
        let name = path.strip_prefix(root).ok().and_then(Path::to_str);
        extra.extend(name.map(|name| Extra {
            name: transcript_name(project, name),
            path: path.to_owned(),
        }));
    } else if metadata.is_dir() && depth > 0 {
        for entry in fs::read_dir(path).into_iter().flatten().flatten() {
            add(root, project, &entry.path(), depth - 1, extra);
        }
    }
}
