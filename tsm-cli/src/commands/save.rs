//! `tsm save`.

use std::process::ExitCode;

use session_ops::save::{SaveOutcome, SaveRequest, save};
use session_ops::{Context, Error};

use crate::args::Save;
use crate::commands::kill::print;
use crate::output::Output;
use crate::output::json::{Document, OneResult, Results};
use crate::report;

pub(crate) fn run(args: Save, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let saved = save(
        context,
        &SaveRequest {
            projects: args.projects,
        },
        &mut |event| output.event(event),
    )?;
    if let [only] = saved.as_slice() {
        context.about(&only.project);
    }
    let failed = saved
        .iter()
        .filter(|session| matches!(session.outcome, SaveOutcome::Failed(_)))
        .count();
    let code = report::parts(saved.len() - failed, failed);
    let results: Vec<OneResult> = saved
        .into_iter()
        .map(|session| {
            let (outcome, detail) = match session.outcome {
                SaveOutcome::Saved => ("saved", None),
                SaveOutcome::Unchanged => ("unchanged", None),
                SaveOutcome::Failed(why) => ("failed", Some(why)),
            };
            OneResult {
                project: session.project,
                outcome,
                detail,
            }
        })
        .collect();
    if output.is_json() {
        output.document(&Document::new(Results { results }));
    } else {
        print(&results, output);
    }
    Ok(code)
}
