//! `tsm context`.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;
use session_ops::error::with_causes;
use session_ops::whereabouts::{Whereabouts, of_hook_input, whereabouts};
use session_ops::{Class, Context, Error};

use crate::args::WhereAmI;
use crate::output::json::{Document, path_text};
use crate::output::{self, Output};

/// What stops Claude Code, with the message on standard error. Any other status but 0 only shows the message.
const STOP: u8 = 2;

/// What its hooks are given is smaller; a prompt is in it.
const LONGEST_INPUT: u64 = 16 * 1024 * 1024;

pub(crate) fn run(args: &WhereAmI, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    if args.hook {
        return Ok(hook(context, output));
    }
    if args.prompt {
        // A prompt is shown whatever happens.
        if let Ok(found) = whereabouts(context, args.dir.as_deref())
            && let Some((current, project)) = strayed(&found)
        {
            output.line(&format!("{current}!={project}"));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let found = whereabouts(context, args.dir.as_deref())?;
    let class = match &found.project {
        None => Some(Class::NotFound),
        Some(_) if found.matches() => None,
        Some(_) => Some(Class::Failed),
    };
    if output.is_json() {
        let (path, path_bytes) = path_text(&found.path);
        output.document(&Document::new(ContextDocument {
            project: found.project.clone(),
            path,
            path_bytes,
            current: found.current.clone(),
            matches: found.matches(),
        }));
    } else {
        print(&found, output);
    }
    Ok(class.map_or(ExitCode::SUCCESS, |class| ExitCode::from(class.exit_code())))
}

#[derive(Serialize)]
struct ContextDocument {
    project: Option<String>,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    current: Option<String>,
    matches: bool,
}

fn print(found: &Whereabouts, output: &Output) {
    let Some(project) = &found.project else {
        output.message(&format!("tsm: {} belongs to no project", found.path.display()));
        output.message("hint: `tsm switch .` makes it one");
        return;
    };
    output.line(project);
    if !found.matches() {
        let session = match &found.current {
            Some(current) => format!("this is the session of {current}"),
            None => "this is no session of tsm's".to_owned(),
        };
        output.message(&format!("tsm: {session}, and the directory belongs to {project}"));
        output.message(&format!("hint: tsm switch {project}"));
    }
}

/// In the session of one project and a directory of another.
fn strayed(found: &Whereabouts) -> Option<(&str, &str)> {
    let (current, project) = (found.current.as_deref()?, found.project.as_deref()?);
    (current != project).then_some((current, project))
}

/// What isn't in order with tsm itself is told, and stops nobody: an agent outside of our sessions isn't ours to stop.
fn hook(context: &Context, output: &Output) -> ExitCode {
    let input = output::with_pipes(|input, _output| {
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(input, LONGEST_INPUT), &mut text).map(|_read| text)
    });
    let failed = |why: &str| {
        output.message(&format!("tsm: context failed: {why}"));
        ExitCode::from(Class::Failed.exit_code())
    };
    let text = match input {
        Ok(text) => text,
        Err(error) => return failed(&error.to_string()),
    };
    let (directory, stops) = match of_hook_input(&text) {
        Ok(input) => input,
        Err(error) => return failed(&format!("this is no input of a hook: {error}")),
    };
    match whereabouts(context, Some(Path::new(&directory))) {
        Ok(found) => match strayed(&found) {
            None => ExitCode::SUCCESS,
            Some((current, project)) => {
                let message = format!(
                    "This is the session of the project {current}, and {} belongs to {project}. Go back, or run: tsm \
                     switch {project}",
                    found.path.display()
                );
                match stops {
                    true => {
                        output.message(&message);
                        ExitCode::from(STOP)
                    }
                    false => {
                        output.line(&message);
                        ExitCode::SUCCESS
                    }
                }
            }
        },
        Err(error) => failed(&with_causes(&error)),
    }
}
