//! `tsm-recovery detect`.

use std::process::ExitCode;

use session_ops::detect::{Finding, detect};
use session_ops::{Class, Context, Error};

use crate::output::Output;
use crate::output::json::{Document, Findings};

pub(crate) fn run(context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let findings = detect(context)?;
    Ok(print(&findings, "nothing is broken", output))
}

/// What was found with its remedy, or `none` if there is nothing.
pub(crate) fn print(findings: &[Finding], none: &str, output: &Output) -> ExitCode {
    if output.is_json() {
        output.document(&Document::new(Findings::from(findings)));
    } else if findings.is_empty() {
        output.sentence(none);
    } else {
        for finding in findings {
            output.sentence(&format!(
                "{}: {}: {}",
                finding.kind.as_str(),
                finding.subject,
                finding.detail
            ));
            output.sentence(&format!("    {}", finding.remedy));
        }
    }
    if findings.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::from(Class::Failed.exit_code())
    }
}
