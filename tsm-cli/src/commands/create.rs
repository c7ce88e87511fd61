//! `tsm create`.

use std::process::ExitCode;

use session_ops::create::{CreateRequest, create};
use session_ops::state::Size;
use session_ops::{Context, Error};

use crate::args::Create;
use crate::output::Output;
use crate::output::json::{Document, Switched};
use crate::terminal;

pub(crate) fn run(args: Create, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = CreateRequest {
        project: args.project,
        size: args.size.map(|(width, height)| Size { width, height }),
        terminal: terminal::attachable(context),
        no_agent: args.no_agent,
        template: args.template.wish(),
    };
    let outcome = create(context, &request, &mut |event| output.event(event))?;
    context.about(&outcome.project);
    if output.is_json() {
        output.document(&Document::new(Switched {
            project: outcome.project,
            session: outcome.session,
            created: outcome.created,
            left: None,
            left_outcome: "none",
            detail: (!outcome.created).then(|| "it was there already".to_owned()),
            plan: None,
        }));
    } else if outcome.created {
        output.line(&outcome.session);
    } else {
        output.sentence(&format!("{} is there already", outcome.session));
    }
    Ok(ExitCode::SUCCESS)
}
