//! From errors to what people and programs see of them.

use std::process::ExitCode;

use session_ops::error::with_causes;
use session_ops::{Class, Error};

use crate::output::Output;
use crate::output::json::{Document, Failure, FailureDetail};

/// `tsm: VERB failed: why`, a hint, and the exit code of the class; with `--json` the same as a document.
pub(crate) fn error(output: &Output, verb: &str, error: &Error) -> ExitCode {
    let message = with_causes(error);
    let message = match output.is_json() {
        true => message,
        false => format!("{verb} failed: {message}"),
    };
    failure(output, error.class(), message, error.hint())
}

/// A message, a hint and the exit code of the class; with `--json` as a document.
pub(crate) fn failure(output: &Output, class: Class, message: String, hint: Option<String>) -> ExitCode {
    if output.is_json() {
        let class = class.name();
        let error = FailureDetail { class, message, hint };
        output.document(&Document::new(Failure { error }));
    } else {
        output.message(&format!("tsm: {message}"));
        if let Some(hint) = hint {
            output.message(&format!("hint: {hint}"));
        }
    }
    ExitCode::from(class.exit_code())
}

/// The exit code where each part has a result of its own: all, none or some of them worked.
pub(crate) fn parts(worked: usize, failed: usize) -> ExitCode {
    match (worked, failed) {
        (_, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(Class::Failed.exit_code()),
        _ => ExitCode::from(Class::Partly.exit_code()),
    }
}
