//! `tsm config`.

use std::ffi::OsString;
use std::process::ExitCode;

use session_ops::config::{Config as Effective, Leave, Origin, Running, Setting};
use session_ops::{Class, Context, Error};

use crate::args::{Config, ConfigWhat};
use crate::output::Output;
use crate::output::columns::{Cell, Column, Cut, needed};
use crate::output::json::{Document, Settings};

pub(crate) fn run(args: Config, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let config = &context.config;
    match args.what {
        ConfigWhat::Path => output.line(&config.file.value.display().to_string()),
        ConfigWhat::Check if !config.problems.is_empty() => {
            for problem in &config.problems {
                output.message(&format!("tsm: {problem}"));
            }
            let count = config.problems.len();
            let problems = if count == 1 { "problem" } else { "problems" };
            output.line(&format!("{}: {count} {problems}", config.file.value.display()));
            return Ok(ExitCode::from(Class::Usage.exit_code()));
        }
        // The templates are checked when one is used.
        ConfigWhat::Check if config.file_exists => {
            config.check_templates()?;
            output.sentence(&format!(
                "{}: {} projects, no errors",
                config.file.value.display(),
                config.projects.len()
            ));
        }
        ConfigWhat::Check => output.sentence(&format!(
            "{}: not there, built-in defaults",
            config.file.value.display()
        )),
        ConfigWhat::Show { .. } => show(rows(config, context), output),
        ConfigWhat::Schema => return Ok(schema(output)),
    }
    Ok(ExitCode::SUCCESS)
}

/// `tsm config schema`, which needs no config.
pub(crate) fn schema(output: &Output) -> ExitCode {
    output.plain(&format!("{:#}\n", session_ops::config::schema()));
    ExitCode::SUCCESS
}

/// A value of the configuration.
struct Row {
    key: String,
    value: OsString,
    /// Where it came from, if it was chosen.
    from: Option<String>,
}

/// A table where the terminal is wide enough, else a line each: a path that was cut is no path.
fn show(rows: Vec<Row>, output: &Output) {
    if output.is_json() {
        output.document(&Document::new(Settings::new(
            rows.into_iter().map(|row| (row.key, row.value, row.from)),
        )));
        return;
    }
    let columns = ["KEY", "VALUE", "FROM"].map(|heading| Column {
        heading,
        dispensable: 0,
        cut: Cut::Never,
    });
    let text = |row: &Row| {
        let (key, value) = (row.key.clone(), row.value.to_string_lossy().into_owned());
        (key, value, row.from.clone().unwrap_or_default())
    };
    let texts: Vec<_> = rows.iter().map(text).collect();
    let cells = |(key, value, from): &(String, String, String)| [key, value, from].map(Cell::plain).to_vec();
    let cells: Vec<Vec<Cell>> = texts.iter().map(cells).collect();
    if output
        .style()
        .width
        .is_none_or(|width| needed(&columns, &cells) <= width)
    {
        output.columns(&columns, &cells);
        return;
    }
    for (key, value, from) in texts {
        let from = if from.is_empty() { from } else { format!(" ({from})") };
        output.sentence(&format!("{key}: {value}{from}"));
    }
}

fn rows(config: &Effective, context: &Context) -> Vec<Row> {
    fn row<T, V: Into<OsString>>(name: &str, setting: &Setting<T>, text: impl Fn(&T) -> V) -> Row {
        Row {
            key: name.to_owned(),
            value: text(&setting.value).into(),
            from: Some(setting.origin.to_string()),
        }
    }
    let seconds = |duration: &std::time::Duration| format!("{} s", duration.as_secs());
    let fraction = |duration: &std::time::Duration| format!("{} s", duration.as_secs_f64());
    let path = std::path::PathBuf::clone;
    let leave = |leave: &Leave| (if *leave == Leave::End { "end" } else { "keep" }).to_owned();
    let running = |running: &Running| match running {
        Running::Ask => "ask".to_owned(),
        Running::Keep => "keep".to_owned(),
        Running::End => "end".to_owned(),
    };
    let mut rows = vec![
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
        Row {
            key: "socket".to_owned(),
            value: context.server.socket_path().into(),
            from: None,
        },
    ];
    for (name, project) in &config.projects {
        rows.push(Row {
            key: format!("projects.{name}"),
            value: project.path.clone().into(),
            from: Some(Origin::File.to_string()),
        });
    }
    rows
}
