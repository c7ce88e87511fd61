//! From errors to what people and programs see of them.

use std::error::Error;
use std::process::ExitCode;

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

/// An error and what caused it.
pub(crate) fn with_causes(error: &dyn Error) -> String {
    let mut message = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let text = cause.to_string();
        // Errors that stand for their source word for word would say it twice.
        if !message.ends_with(&text) {
            message = format!("{message}: {text}");
        }
        source = cause.source();
    }
    message
}
