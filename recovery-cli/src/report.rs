//! From errors to what people and programs see of them.

use std::process::ExitCode;

use session_ops::error::with_causes;

use crate::output::Output;
use crate::output::json::{Document, Failure, FailureDetail};

/// `tsm-recovery: VERB failed: why`, a hint, and the exit code of the class; with `--json` the same as a document.
pub(crate) fn failure(output: &Output, verb: &str, error: &session_ops::Error) -> ExitCode {
    let class = error.class();
    let message = with_causes(error);
    let hint = error.hint();
    if output.is_json() {
        let error = FailureDetail {
            class: class.name(),
            message,
            hint,
        };
        output.document(&Document::new(Failure { error }));
    } else {
        output.message(&format!("tsm-recovery: {verb} failed: {message}"));
        if let Some(hint) = hint {
            output.message(&format!("hint: {hint}"));
        }
    }
    ExitCode::from(class.exit_code())
}
