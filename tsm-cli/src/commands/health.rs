//! `tsm health`.

use std::process::ExitCode;

use session_ops::health::{Check, Report, Status, families, health};
use session_ops::metrics::text;
use session_ops::{Class, Context, Error};

use crate::args::Health;
use crate::output::json::{Checks, Document};
use crate::output::{Mark, Output};

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
            print(&report, output);
        }
        report
    };
    Ok(match report.status() {
        Status::Ok | Status::Warning => ExitCode::SUCCESS,
        Status::Error => ExitCode::from(Class::Failed.exit_code()),
    })
}

fn print(report: &Report, output: &Output) {
    for check in &report.checks {
        line(check, output);
    }
    output.line("");
    output.marked(mark(report.status()), &verdict(report));
}

fn line(check: &Check, output: &Output) {
    output.marked(mark(check.status), &format!("{}: {}", check.name, check.detail));
    if let Some(remedy) = &check.remedy {
        output.line(&format!("        {remedy}"));
    }
}

fn mark(status: Status) -> Mark {
    match status {
        Status::Ok => Mark::Good,
        Status::Warning => Mark::Doubtful,
        Status::Error => Mark::Bad,
    }
}

/// The words of the original for a system without fault.
fn verdict(report: &Report) -> String {
    let number = |status, one: &str| match report.count(status) {
        1 => format!("1 {one}"),
        count => format!("{count} {one}S"),
    };
    match report.status() {
        Status::Ok => "SYSTEM STATUS: OPTIMAL".to_owned(),
        Status::Warning => format!("SYSTEM STATUS: {}", number(Status::Warning, "WARNING")),
        Status::Error => format!(
            "SYSTEM STATUS: {}, {}",
            number(Status::Error, "ERROR"),
            number(Status::Warning, "WARNING")
        ),
    }
}
