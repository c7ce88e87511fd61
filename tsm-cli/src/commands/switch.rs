//! `tsm switch`.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use session_ops::leave::{Answer, Ask, Question, RunningProgram};
use session_ops::state::Size;
use session_ops::switch::{LeftOutcome, SwitchOutcome, SwitchRequest, switch};
use session_ops::{Context, Error, programs};

use crate::args::Switch;
use crate::output::Output;
use crate::output::json::{Document, Switched};
use crate::terminal;

pub(crate) fn run(args: Switch, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = SwitchRequest {
        project: args.project,
        keep: args.keep,
        fresh: args.fresh,
        force: args.force,
        no_attach: args.no_attach,
        no_agent: args.no_agent,
        template: args.template.wish(),
        size: args.size.map(|(width, height)| Size { width, height }),
        terminal: terminal::attachable(context),
        dry_run: args.dry_run,
    };
    let mut question = |question: Question<'_>| ask(output, question);
    let ask: Ask<'_> = if terminal::can_ask() { Some(&mut question) } else { None };
    let outcome = switch(context, &request, ask, &mut |event| output.event(event))?;
    context.about(&outcome.project);
    let attach = outcome.attach.clone();
    print(outcome, args.dry_run, attach.is_some(), output);
    match attach {
        Some(argv) => attach_terminal(context, &argv),
        None => Ok(ExitCode::SUCCESS),
    }
}

/// Becomes `tmux attach`; every lock has been given back by now.
pub(crate) fn attach_terminal(context: &Context, argv: &[OsString]) -> Result<ExitCode, Error> {
    let Some((program, args)) = argv.split_first() else {
        return Ok(ExitCode::SUCCESS);
    };
    context.finish(None);
    let source = programs::become_program(Path::new(program), None, args);
    Err(Error::Start {
        program: program.into(),
        source,
    })
}

fn print(outcome: SwitchOutcome, dry_run: bool, attaches: bool, output: &Output) {
    if output.is_json() {
        output.document(&Document::new(Switched {
            project: outcome.project,
            session: outcome.session,
            created: outcome.created,
            left: outcome.left,
            left_outcome: match outcome.left_outcome {
                LeftOutcome::Ended => "ended",
                LeftOutcome::Kept => "kept",
                LeftOutcome::None => "none",
            },
            detail: outcome.detail,
            plan: dry_run.then_some(outcome.plan),
        }));
    } else if dry_run {
        outcome.plan.iter().for_each(|step| output.sentence(step));
    } else if !attaches {
        output.line(&outcome.session);
    }
}

pub(crate) fn ask(output: &Output, question: Question<'_>) -> Answer {
    match question {
        Question::Running(session, programs) => ask_about_programs(output, session, programs),
        Question::Unfinished(unfinished) => {
            let (project, marker, why) = (&unfinished.project, unfinished.marker.display(), unfinished.why);
            match output
                .ask(&format!(
                    "{project} isn't done ({marker} {why}). Leave it all the same? (y/N)"
                ))
                .as_str()
            {
                "y" | "yes" => Answer::End,
                _ => Answer::Cancel,
            }
        }
    }
}

fn ask_about_programs(output: &Output, session: &str, programs: &[RunningProgram]) -> Answer {
    for program in programs {
        output.message(&format!(
            "pane {} of {session} runs `{}`",
            program.pane, program.command
        ));
    }
    loop {
        match output
            .ask(&format!("{session}: (k)eep it, (e)nd it with them, or (c)ancel?"))
            .as_str()
        {
            "k" | "keep" => return Answer::Keep,
            "e" | "end" => return Answer::End,
            "c" | "cancel" | "" => return Answer::Cancel,
            _ => {}
        }
    }
}
