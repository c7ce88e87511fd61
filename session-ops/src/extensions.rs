//! Programs called `tsm-NAME` in `PATH`: `tsm NAME` runs them when NAME is no verb.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::agent::find_program;
use crate::config::env;
use crate::context::Context;

/// The path of tsm itself, for its extensions.
pub const TSM_EXE: &str = "TSM_EXE";

const PREFIX: &[u8] = b"tsm-";

/// The names of the extensions in `PATH` and where they are; of one name the first counts, as for a shell.
pub fn extensions(path: Option<&OsStr>) -> BTreeMap<String, PathBuf> {
    let directories = path.unwrap_or_default().as_bytes().split(|byte| *byte == b':');
    let directories = directories.map(|directory| Path::new(OsStr::from_bytes(directory)));
    // An empty entry means the working directory, from which nothing is ever run.
    let absolute = directories.filter(|directory| directory.is_absolute());
    let entries = absolute
        .filter_map(|directory| std::fs::read_dir(directory).ok())
        .flatten()
        .flatten();
    let names = entries.filter_map(|entry| {
        let name = entry.file_name();
        let name = std::str::from_utf8(name.as_bytes().strip_prefix(PREFIX)?).ok()?;
        is_name(name).then(|| name.to_owned())
    });
    let found = |name: String| Some((find(&name, path)?, name));
    names.filter_map(found).map(|(program, name)| (name, program)).collect()
}

/// The program of an extension.
pub fn find(name: &str, path: Option<&OsStr>) -> Option<PathBuf> {
    let program = format!("tsm-{name}");
    find_program(program.as_ref(), path).filter(|_| is_name(name))
}

fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_".contains(c);
    !name.is_empty() && !name.starts_with('-') && name.chars().all(allowed)
}

/// What an extension is told in its environment: what tsm works with, options of the command line and config included.
pub fn variables(context: &Context) -> Vec<(&'static str, OsString)> {
    let config = &context.config;
    let mut variables = vec![
        (env::TSM_STATE_DIR, config.state_dir.value.clone().into_os_string()),
        (env::TSM_BACKUP_DIR, config.backup_dir.value.clone().into_os_string()),
        (
            env::TSM_SOCKET_PATH,
            context.server.socket_path().as_os_str().to_owned(),
        ),
        (
            env::TSM_LOCK_TIMEOUT,
            config.lock_timeout.value.as_secs().to_string().into(),
        ),
        (
            env::TSM_TMUX,
            context
                .environment
                .tmux
                .clone()
                .unwrap_or_else(|| "tmux".into())
                .into_os_string(),
        ),
    ];
    // One that isn't there would be an error if it were named.
    if config.file_exists {
        variables.push((env::TSM_CONFIG, config.file.value.clone().into_os_string()));
    }
    if let Some(this) = &context.environment.current_exe {
        variables.push((TSM_EXE, this.clone().into_os_string()));
    }
    variables
}
