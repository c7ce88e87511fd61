//! Where Claude Code keeps its files, and whether it has written anything of a conversation.

use std::fs;
use std::path::{Path, PathBuf};

use bstr::{BStr, BString};

/// The variable that moves Claude Code's directory.
pub const CONFIG_DIR: &str = "CLAUDE_CONFIG_DIR";

/// Claude Code's directory for a program with these variables: `$CLAUDE_CONFIG_DIR`, else `~/.claude`.
pub fn config_dir<'a>(variable: impl Fn(&str) -> Option<&'a BStr>) -> Option<PathBuf> {
    use bstr::ByteSlice;
    let path = |name: &str| {
        let value = variable(name).filter(|value| !value.is_empty())?;
        value.to_path().ok().map(Path::to_owned)
    };
    path(CONFIG_DIR).or_else(|| path("HOME").map(|home| home.join(".claude")))
}

/// The same for a list of variables.
pub fn config_dir_in(variables: &[(BString, BString)]) -> Option<PathBuf> {
    config_dir(|name| {
        let found = variables.iter().rfind(|(known, _)| known == name.as_bytes());
        found.map(|(_, value)| BStr::new(value.as_slice()))
    })
}

/// Whether there is a transcript: resuming a conversation that was never written is an error, and so is beginning one
/// that was.
///
/// The directory in which it lies is never computed, as the rule for its name has changed before.
pub fn has_transcript(config_dir: &Path, conversation: &str) -> bool {
    if !is_plain(conversation) {
        return false;
    }
    let Ok(projects) = fs::read_dir(config_dir.join("projects")) else {
        return false;
    };
    let file = format!("{conversation}.jsonl");
    projects.flatten().any(|project| project.path().join(&file).is_file())
}

/// Whether an id can be a file's name and nothing else: ids come from others.
pub fn is_plain(id: &str) -> bool {
    (1..=128).contains(&id.len())
        && id
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests make files")]
mod tests {
    use super::*;

    #[test]
    fn a_transcript_is_found_by_its_name_alone() {
        let root = tempfile::tempdir().expect("a directory");
        let project = root.path().join("projects/-a-b");
        fs::create_dir_all(&project).expect("made");
        fs::write(project.join("x-1.jsonl"), "{}").expect("written");
        assert!(has_transcript(root.path(), "x-1"));
        for id in ["x-2", "", "../-a-b/x-1", "x-1.jsonl"] {
            assert!(!has_transcript(root.path(), id), "{id}");
        }
    }

    #[test]
    fn the_directory_is_moved_by_its_variable() {
        let variables = |list: &[(&str, &str)]| -> Vec<(BString, BString)> {
            list.iter()
                .map(|(name, value)| ((*name).into(), (*value).into()))
                .collect()
        };
        let home = variables(&[("HOME", "/h"), (CONFIG_DIR, "")]);
        assert_eq!(config_dir_in(&home), Some("/h/.claude".into()));
        let moved = variables(&[("HOME", "/h"), (CONFIG_DIR, "/c")]);
        assert_eq!(config_dir_in(&moved), Some("/c".into()));
        assert_eq!(config_dir_in(&[]), None);
    }
}
