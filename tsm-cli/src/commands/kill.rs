//! `tsm kill`.

use std::process::ExitCode;
use std::time::Duration;

use session_ops::kill::{KillOutcome, KillRequest, kill};
use session_ops::leave::{Ask, Question};
use session_ops::{Context, Error};

use crate::args::Kill;
use crate::commands::switch::ask;
use crate::output::Output;
use crate::output::json::{Document, OneResult, Results};
use crate::{report, terminal};

pub(crate) fn run(args: Kill, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = KillRequest {
        projects: args.projects,
        all: args.all,
        force: args.force,
        timeout: args.timeout.map(Duration::from_secs),
    };
    let mut question = |question: Question<'_>| ask(output, question);
    let ask: Ask<'_> = if terminal::can_ask() { Some(&mut question) } else { None };
    let killed = kill(context, &request, ask, &mut |event| output.event(event))?;
    if let [only] = killed.as_slice() {
        context.about(&only.project);
    }
    let failed = killed
        .iter()
        .filter(|session| matches!(session.outcome, KillOutcome::Failed(_)))
        .count();
    let code = report::parts(killed.len() - failed, failed);
    let results = killed.into_iter().map(|session| {
        let (outcome, detail) = match session.outcome {
            KillOutcome::Ended => ("ended", None),
            KillOutcome::Ending => ("ended", Some("as soon as this command has ended".to_owned())),
            KillOutcome::Failed(why) => ("failed", Some(why)),
        };
        OneResult {
            project: session.project,
            outcome,
            detail,
        }
    });
    let results: Vec<OneResult> = results.collect();
    if output.is_json() {
        output.document(&Document::new(Results { results }));
    } else {
        print(&results, output);
    }
    Ok(code)
}

/// One line for each result; failures are messages.
pub(crate) fn print(results: &[OneResult], output: &Output) {
    for result in results {
        let detail = result
            .detail
            .as_ref()
            .map(|detail| format!(": {detail}"))
            .unwrap_or_default();
        let line = format!("{} {}{detail}", result.project, result.outcome);
        if result.outcome == "failed" {
            output.message(&format!("tsm: {line}"));
        } else {
            output.sentence(&line);
        }
    }
}
