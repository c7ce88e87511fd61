//! `tsm template` and `tsm freeze`.

use std::process::ExitCode;

use serde::Serialize;
use session_ops::create::{CreateRequest, create};
use session_ops::freeze::{FreezeRequest, freeze as freeze_session};
use session_ops::template::{TemplateWish, effective, names, resolve, written};
use session_ops::{Context, Error};

use crate::args::setup::{Freeze, TemplateWhat, Templates};
use crate::output::Output;
use crate::output::columns::{Cell, Column, Cut};
use crate::output::json::Document;
use crate::terminal;

const COLUMNS: [Column<'static>; 3] = [
    Column {
        heading: "TEMPLATE",
        dispensable: 0,
        cut: Cut::End,
    },
    Column {
        heading: "FROM",
        dispensable: 1,
        cut: Cut::Never,
    },
    Column {
        heading: "DESCRIPTION",
        dispensable: 2,
        cut: Cut::End,
    },
];

#[derive(Serialize)]
struct TemplateList {
    templates: Vec<OneTemplate>,
}

#[derive(Serialize)]
struct OneTemplate {
    name: String,
    source: &'static str,
    description: Option<String>,
}

pub(crate) fn run(args: Templates, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let own = &context.config.templates;
    match args.what {
        TemplateWhat::List { .. } => list(context, output),
        TemplateWhat::Show { name } => {
            let template = effective(own, &name).map_err(|error| context.config.template_error(error))?;
            print(&written::text(&name, &template), output);
        }
        TemplateWhat::Apply {
            name,
            project,
            set,
            no_agent,
        } => {
            let request = CreateRequest {
                project,
                size: None,
                terminal: terminal::attachable(context),
                no_agent,
                template: TemplateWish {
                    template: Some(name),
                    set: set.into_iter().collect(),
                },
            };
            let outcome = create(context, &request, &mut |event| output.event(event))?;
            if !outcome.created {
                return Err(Error::Lives {
                    project: outcome.project,
                });
            }
            output.line(&outcome.session);
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(context: &Context, output: &Output) {
    let own = &context.config.templates;
    let one = |name: &str| OneTemplate {
        name: name.to_owned(),
        source: if own.contains_key(name) { "config" } else { "built_in" },
        description: resolve(own, name).ok().and_then(|template| template.description),
    };
    let templates: Vec<OneTemplate> = names(own).into_iter().map(one).collect();
    if output.is_json() {
        output.document(&Document::new(TemplateList { templates }));
        return;
    }
    let row = |template: &OneTemplate| {
        let from = template.source.replace('_', " ");
        [
            template.name.as_str(),
            &from,
            template.description.as_deref().unwrap_or_default(),
        ]
        .map(Cell::plain)
        .to_vec()
    };
    let rows: Vec<Vec<Cell>> = templates.iter().map(row).collect();
    output.columns(&COLUMNS, &rows);
}

pub(crate) fn freeze(args: Freeze, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = FreezeRequest {
        session: args.session,
        name: args.name,
        write: args.write,
    };
    let frozen = freeze_session(context, &request)?;
    for remark in &frozen.remarks {
        output.message(&format!("tsm: {remark}"));
    }
    match frozen.written {
        Some(path) => output.line(&format!("templates.{} is in {}", frozen.name, path.display())),
        None => print(&frozen.text, output),
    }
    Ok(ExitCode::SUCCESS)
}

pub(super) fn print(text: &str, output: &Output) {
    text.lines().for_each(|line| output.line(line));
}
