//! `tsm-recovery emergency`.

use std::process::ExitCode;

use session_ops::emergency::{EmergencyRequest, Recovered, emergency};
use session_ops::{Class, Context, Error};

use crate::args::Emergency;
use crate::output::Output;
use crate::output::json::{Document, FailureDetail, RecoveredProjects};
use crate::report;

/// What is asked on a terminal. The sessions end whatever runs in them.
const QUESTION: &str = "All sessions of tsm's are saved, ended with everything that runs in them, and brought back.\n\
                        Type YES to go on: ";

pub(crate) fn run(args: &Emergency, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    if !args.yes && !output.asks(QUESTION, "YES") {
        return Err(Error::Cancelled);
    }
    let request = EmergencyRequest {
        restart_server: args.restart_server,
    };
    let recovered = emergency(context, &request, &mut |event| output.event(event))?;
    let kept = (!recovered.others.is_empty()).then(|| Error::ServerKept {
        others: recovered.others.clone(),
    });
    let code = match &kept {
        _ if !recovered.is_complete() => ExitCode::from(Class::Partly.exit_code()),
        Some(kept) => ExitCode::from(kept.class().exit_code()),
        None => ExitCode::SUCCESS,
    };
    if output.is_json() {
        let document = RecoveredProjects::new(recovered, kept.as_ref().map(FailureDetail::from));
        output.document(&Document::new(document));
        return Ok(code);
    }
    print(&recovered, output);
    if let Some(kept) = kept {
        report::tell(output, &kept.to_string(), kept.hint());
    }
    Ok(code)
}

fn print(recovered: &Recovered, output: &Output) {
    recovered.steps.iter().for_each(|step| output.sentence(step));
    for project in &recovered.projects {
        match &project.detail {
            Some(detail) => output.sentence(&format!("{} {}: {detail}", project.project, project.outcome)),
            None => output.sentence(&format!("{} {}", project.project, project.outcome)),
        }
    }
    for finding in &recovered.findings {
        output.sentence(&format!(
            "{}: {}: {}",
            finding.kind.as_str(),
            finding.subject,
            finding.detail
        ));
    }
}
