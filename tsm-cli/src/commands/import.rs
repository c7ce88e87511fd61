//! `tsm import`.

use std::process::ExitCode;

use session_ops::import::{ImportRequest, import};
use session_ops::{Class, Context, Error};

use super::templates::print;
use crate::args::setup::Import;
use crate::output::Output;

pub(crate) fn run(args: Import, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = ImportRequest {
        path: args.path,
        dry_run: args.dry_run,
    };
    let outcome = import(context, &request)?;
    for file in &outcome.files {
        output.line(&format!("{}:", file.path.display()));
        if let Some(error) = &file.error {
            output.line(&format!("  not imported: {}", session_ops::error::with_causes(error)));
        }
        for project in &file.projects {
            output.line(&match &project.outcome {
                Ok(()) => format!("  project {}: {}", project.name, project.path),
                Err(why) => format!("  project {} isn't imported: {why}", project.name),
            });
        }
        for remark in &file.remarks {
            output.line(&format!("  {}: {}", remark.place, remark.what));
        }
    }
    if outcome.files.is_empty() {
        output.line(&format!("{}: no file that could be imported", request.path.display()));
    } else if request.dry_run {
        output.line(&format!("{} would get:", outcome.config.display()));
        output.line("");
        print(&outcome.text, output);
    } else if !outcome.text.is_empty() {
        output.line(&format!("written to {}", outcome.config.display()));
    }
    Ok(match outcome.is_partial() {
        true => ExitCode::from(Class::Partly.exit_code()),
        false => ExitCode::SUCCESS,
    })
}
