//! `tsm config`.

use std::process::ExitCode;

use session_ops::config::{Config as Effective, Leave, Origin, Running, Setting};
use session_ops::{Class, Context, Error};

use crate::args::{Config, ConfigWhat};
use crate::output::Output;

pub(crate) fn run(args: Config, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let config = &context.config;
    match args.what {
        ConfigWhat::Path => output.line(&config.file.value.display().to_string()),
        ConfigWhat::Check if !config.problems.is_empty() => {
            for problem in &config.problems {
                output.message(&format!("tsm: {problem}"));
            }
            let count = config.problems.len();
            output.line(&format!("{}: {count} problems", config.file.value.display()));
            return Ok(ExitCode::from(Class::Usage.exit_code()));
        }
        // The templates are checked when one is used.
        ConfigWhat::Check if config.file_exists => {
            config.check_templates()?;
            output.line(&format!(
                "{}: {} projects, no errors",
                config.file.value.display(),
                config.projects.len()
            ));
        }
        ConfigWhat::Check => output.line(&format!(
            "{}: not there, built-in defaults",
            config.file.value.display()
        )),
        ConfigWhat::Show => output.table(rows(config, context)),
        ConfigWhat::Schema => return Ok(schema(output)),
    }
    Ok(ExitCode::SUCCESS)
}

/// `tsm config schema`, which needs no config.
pub(crate) fn schema(output: &Output) -> ExitCode {
    output.plain(&format!("{:#}\n", session_ops::config::schema()));
    ExitCode::SUCCESS
}

fn rows(config: &Effective, context: &Context) -> Vec<Vec<String>> {
    fn row<T>(name: &str, setting: &Setting<T>, text: impl Fn(&T) -> String) -> Vec<String> {
        vec![name.to_owned(), text(&setting.value), setting.origin.to_string()]
    }
    let seconds = |duration: &std::time::Duration| format!("{} s", duration.as_secs());
    let fraction = |duration: &std::time::Duration| format!("{} s", duration.as_secs_f64());
    let path = |path: &std::path::PathBuf| path.display().to_string();
    let leave = |leave: &Leave| (if *leave == Leave::End { "end" } else { "keep" }).to_owned();
    let running = |running: &Running| match running {
        Running::Ask => "ask".to_owned(),
        Running::Keep => "keep".to_owned(),
        Running::End => "end".to_owned(),
    };
    let mut rows = vec![
        ["KEY", "VALUE", "FROM"].map(str::to_owned).to_vec(),
        row("config", &config.file, path),
        row("prefix", &config.prefix, String::clone),
        row("window_name", &config.window_name, String::clone),
        row("template", &config.template, String::clone),
        row("agent", &config.agent, |agent| agent.to_string()),
        row("state_dir", &config.state_dir, path),
        row("backup_dir", &config.backup_dir, path),
        row("lock_timeout", &config.lock_timeout, seconds),
        row("allow_network_fs", &config.allow_network_fs, bool::to_string),
        row("switch.leave", &config.leave, leave),
        row("switch.running", &config.running, running),
        row("launch.login_environment", &config.login_environment, seconds),
        row("stop.timeout", &config.stop_timeout, seconds),
        row("state.scrollback", &config.scrollback, u32::to_string),
        row("state.scrollback_on_end", &config.scrollback_on_end, u32::to_string),
        row("restore.programs", &config.restore_programs, |names| {
            match names.as_slice() {
                [] => "none".to_owned(),
                names => names.join(" "),
            }
        }),
        row("autosave.hooks", &config.autosave.hooks, bool::to_string),
        row("autosave.delay", &config.autosave.delay, fraction),
        row("autosave.interval", &config.autosave.interval, fraction),
        row("log.format", &config.log.format, |format| format.as_str().to_owned()),
        row("log.max_bytes", &config.log.max_bytes, u64::to_string),
        row("log.keep", &config.log.keep, u32::to_string),
        vec![
            "socket".to_owned(),
            context.server.socket_path().display().to_string(),
            String::new(),
        ],
    ];
    for (name, project) in &config.projects {
        let value = project.path.display().to_string();
        rows.push(vec![format!("projects.{name}"), value, Origin::File.to_string()]);
    }
    rows
}
