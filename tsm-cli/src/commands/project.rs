//! `tsm project` and `tsm init`.

use std::process::ExitCode;

use serde::Serialize;
use session_ops::hooks::end_hooks_with_us;
use session_ops::init::{InitRequest, init as init_config};
use session_ops::projects::{AddRequest, ListedProject, NewWorktree, add, list, remove};
use session_ops::{Context, Error};

use crate::args::setup::{Init, Project, ProjectWhat};
use crate::output::Output;
use crate::output::columns::{Cell, Column, Cut, Paint};
use crate::output::json::{Document, path_text};

const COLUMNS: [Column<'static>; 5] = [
    column("PROJECT", 0, Cut::End),
    column("SESSION", 3, Cut::Never),
    column("FROM", 2, Cut::Never),
    column("TEMPLATE", 1, Cut::End),
    column("DIRECTORY", 4, Cut::Start),
];

const fn column(heading: &'static str, dispensable: u8, cut: Cut) -> Column<'static> {
    Column {
        heading,
        dispensable,
        cut,
    }
}

#[derive(Serialize)]
struct Projects {
    projects: Vec<OneProject>,
}

#[derive(Serialize)]
struct OneProject {
    name: String,
    path: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    path_bytes: Option<String>,
    description: Option<String>,
    template: String,
    source: &'static str,
    live: bool,
}

pub(crate) fn run(args: Project, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    match args.what {
        ProjectWhat::Add(args) => {
            let request = AddRequest {
                name: args.name,
                path: args.path,
                description: args.description,
                template: args.template,
                worktree: args.worktree.then_some(NewWorktree {
                    new_branch: args.new_branch,
                }),
            };
            if args.worktree {
                // What ends tsm ends the git that it has started.
                end_hooks_with_us();
            }
            let added = add(context, &request)?;
            let (name, path) = (added.name, added.path.display());
            output.line(&match added.branch {
                Some(branch) => format!("{name} is {path}, a new worktree of {branch}"),
                None => format!("{name} is {path}"),
            });
        }
        ProjectWhat::Remove { name } => {
            remove(context, &name)?;
            output.line(&format!(
                "{name} is no longer in the config; its session and saved state stay"
            ));
        }
        ProjectWhat::List { .. } => print(list(context)?, output),
    }
    Ok(ExitCode::SUCCESS)
}

fn print(projects: Vec<ListedProject>, output: &Output) {
    if output.is_json() {
        let projects = projects.into_iter().map(document).collect();
        output.document(&Document::new(Projects { projects }));
        return;
    }
    let row = |project: ListedProject| {
        let live = if project.live { "live" } else { "-" };
        [
            project.name,
            live.to_owned(),
            project.source.as_str().to_owned(),
            project.template,
            project.path.display().to_string(),
        ]
        .map(|text| Cell {
            text,
            paint: Paint::Plain,
        })
        .to_vec()
    };
    let rows: Vec<Vec<Cell>> = projects.into_iter().map(row).collect();
    output.columns(&COLUMNS, &rows);
}

fn document(project: ListedProject) -> OneProject {
    let (path, path_bytes) = path_text(&project.path);
    OneProject {
        name: project.name,
        path,
        path_bytes,
        description: project.description,
        template: project.template,
        source: project.source.as_str(),
        live: project.live,
    }
}

pub(crate) fn init(args: Init, context: &Context, output: &Output) -> Result<ExitCode, Error> {
    let request = InitRequest {
        force: args.force,
        scan: args.scan,
    };
    let outcome = init_config(context, &request)?;
    if let Some(kept) = outcome.kept {
        output.line(&format!("the config that was there is {} now", kept.display()));
    }
    output.line(&outcome.config.display().to_string());
    for (name, path) in &outcome.added {
        output.line(&format!("project {name}: {}", path.display()));
    }
    if outcome.cut_off {
        output.notice("there is more below these directories than is looked at; scan them one by one");
    }
    Ok(ExitCode::SUCCESS)
}
