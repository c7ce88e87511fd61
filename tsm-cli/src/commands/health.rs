//! `tsm health`.

use std::process::ExitCode;

use session_ops::health::{Status, families, health};
use session_ops::metrics::text;
use session_ops::{Class, Context, Error};

use crate::args::Health;
use crate::output::json::{Checks, Document};
use crate::output::{Output, checks};

pub(crate) fn run(args: Health, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let report = if args.metrics {
        let (report, families) = families(context)?;
        output.plain(&text(&families));
        report
    } else {
        let report = health(context)?;
        if output.is_json() {
            output.document(&Document::new(Checks::from(&report)));
        } else {
            output.plain(&checks::render(&report, output.style()));
        }
        report
    };
    Ok(match report.status() {
        Status::Ok | Status::Warning => ExitCode::SUCCESS,
        Status::Error => ExitCode::from(Class::Failed.exit_code()),
    })
}
