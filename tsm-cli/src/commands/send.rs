//! `tsm send`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::ExitCode;
use std::time::Duration;

use session_ops::send::{SendOutcome, SendRequest, Sent, send};
use session_ops::{Class, Context, Error};

use crate::args::Send;
use crate::output::json::{Document, OneResult, Results};
use crate::output::{self, Output};

pub(crate) fn run(args: Send, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let mut words = args.words.into_iter();
    let projects = match words.next() {
        Some(first) if args.all => {
            words = std::iter::once(first)
                .chain(words)
                .collect::<Vec<OsString>>()
                .into_iter();
            Vec::new()
        }
        Some(first) => split(&first),
        None => Vec::new(),
    };
    let words: Vec<OsString> = words.collect();
    let text = match args.stdin {
        true => stdin()?,
        false => words.join(OsStr::new(" ")).as_bytes().to_vec(),
    };
    if args.stdin && !words.is_empty() || !args.stdin && words.is_empty() {
        return Err(Error::Value {
            name: "TEXT".to_owned(),
            value: words.join(OsStr::new(" ")).to_string_lossy().into_owned(),
            why: "it stands either on the command line or, with --stdin, on standard input".to_owned(),
        });
    }
    let sent = send(
        context,
        &SendRequest {
            projects,
            all: args.all,
            text,
            pane: args.pane,
            enter: !args.no_enter,
            queue: args.queue,
            answer: args.answer,
            force: args.force,
            wait: Duration::from_secs(args.wait),
        },
    )?;
    let code = exit_code(&sent);
    let results: Vec<OneResult> = sent
        .into_iter()
        .map(|sent| OneResult {
            project: sent.project,
            outcome: sent.outcome.as_str(),
            detail: sent.detail,
        })
        .collect();
    if output.is_json() {
        output.document(&Document::new(Results { results }));
    } else {
        results.iter().for_each(|result| print(result, output));
    }
    Ok(code)
}

/// A directory's path may have a comma in it, a name not.
pub(crate) fn split(projects: &OsStr) -> Vec<OsString> {
    if projects.as_bytes().contains(&b'/') {
        return vec![projects.to_owned()];
    }
    let names = projects
        .as_bytes()
        .split(|byte| *byte == b',')
        .filter(|name| !name.is_empty());
    names.map(|name| OsStr::from_bytes(name).to_owned()).collect()
}

fn stdin() -> Result<Vec<u8>, Error> {
    let mut text = Vec::new();
    let read = output::with_pipes(|input, _output| input.read_to_end(&mut text));
    read.map_err(|error| Error::Value {
        name: "TEXT".to_owned(),
        value: String::new(),
        why: format!("standard input can't be read: {error}"),
    })?;
    Ok(text)
}

fn exit_code(sent: &[Sent]) -> ExitCode {
    let all = |outcome: SendOutcome| sent.iter().all(|sent| sent.outcome == outcome);
    let arrived = |sent: &Sent| matches!(sent.outcome, SendOutcome::Delivered | SendOutcome::Queued);
    if sent.iter().all(arrived) {
        ExitCode::SUCCESS
    } else if all(SendOutcome::Refused) {
        ExitCode::from(Class::Refused.exit_code())
    } else {
        ExitCode::from(Class::Partly.exit_code())
    }
}

fn print(result: &OneResult, output: &Output) {
    let detail = result
        .detail
        .as_ref()
        .map(|detail| format!(": {detail}"))
        .unwrap_or_default();
    let line = format!("{} {}{detail}", result.project, result.outcome);
    if ["delivered", "queued"].contains(&result.outcome) {
        output.sentence(&line);
    } else {
        output.message(&format!("tsm: {line}"));
    }
}
