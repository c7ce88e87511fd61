//! From errors to what people and programs see of them.

use std::process::ExitCode;

use session_ops::error::with_causes;

use crate::output::Output;
use crate::output::json::{Document, Failure, FailureDetail};

/// `tsm-recovery: VERB failed: why`, a hint, and the exit code of the class; with `--json` the same as a document.
pub(crate) fn failure(output: &Output, verb: &str, error: &session_ops::Error) -> ExitCode {
    if output.is_json() {
        let error = FailureDetail::from(error);
        output.document(&Document::new(Failure { error }));
    } else {
        tell(output, &format!("{verb} failed: {}", with_causes(error)), error.hint());
    }
    ExitCode::from(error.class().exit_code())
}

/// What went wrong, and what to do about it.
pub(crate) fn tell(output: &Output, what: &str, hint: Option<String>) {
    output.message(&format!("tsm-recovery: {what}"));
    if let Some(hint) = hint {
        output.message(&format!("hint: {hint}"));
    }
}
