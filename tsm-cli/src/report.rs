//! From errors to what people and programs see of them.

use std::process::ExitCode;

use session_ops::error::with_causes;
use session_ops::{Class, Error};

use crate::output::Output;
use crate::output::json::{Document, Failure, FailureDetail};

/// `tsm: VERB failed: why`, a hint, and the exit code of the class; with `--json` the same as a document.
pub(crate) fn error(output: &Output, verb: &str, error: &Error) -> ExitCode {
    let class = error.class();
    let message = with_causes(error);
    if output.is_json() {
        let error = FailureDetail {
            class: class.name(),
            message,
            hint: error.hint(),
        };
        output.document(&Document::new(Failure { error }));
        return ExitCode::from(class.exit_code());
    }
    plain(
        output,
        &format!("{verb} failed: {message}"),
        error.hint().as_deref(),
        class.exit_code(),
    )
}

/// A message, a hint and an exit code.
pub(crate) fn plain(output: &Output, message: &str, hint: Option<&str>, code: u8) -> ExitCode {
    output.message(&format!("tsm: {message}"));
    if let Some(hint) = hint {
        output.message(&format!("hint: {hint}"));
    }
    ExitCode::from(code)
}

/// The exit code where each part has a result of its own: all, none or some of them worked.
pub(crate) fn parts(worked: usize, failed: usize) -> ExitCode {
    match (worked, failed) {
        (_, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(Class::Failed.exit_code()),
        _ => ExitCode::from(Class::Partly.exit_code()),
    }
}
