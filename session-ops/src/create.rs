//! Creating a project's session without going there.

use std::ffi::OsString;

use session_state::Size;

use crate::autosave;
use crate::context::Context;
use crate::ensure::{Checked, Making, check, ensure, tell_template_unused, viewer};
use crate::error::Error;
use crate::event::Events;
use crate::hooks::{self, HookEvent, Occasion};
use crate::live::Live;
use crate::template::TemplateWish;

/// What to create.
#[derive(Debug, Clone)]
pub struct CreateRequest {
    /// A project's name or a directory.
    pub project: OsString,
    /// Its size.
    pub size: Option<Size>,
    /// The size of the terminal that tsm runs on.
    pub terminal: Option<Size>,
    /// No agent in it.
    pub no_agent: bool,
    /// The template that is asked for; with one it is made from that, whatever was saved.
    pub template: TemplateWish,
}

/// What is there now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CreateOutcome {
    /// The project.
    pub project: String,
    /// The session's name.
    pub session: String,
    /// Whether it was made just now.
    pub created: bool,
}

/// Creates the session if it isn't there.
///
/// # Errors
///
/// Before anything was changed, or with what was half-made taken away again.
pub fn create(context: &Context, request: &CreateRequest, events: Events<'_>) -> Result<CreateOutcome, Error> {
    context.config.check_for("create")?;
    let resolve = |live: &Live| live.resolve(context, &request.project);
    let before = Live::read(context)?;
    let wanted = resolve(&before)?;
    context.about(&wanted.name);
    let fresh = !request.template.is_empty();
    let checked = Checked {
        no_agent: request.no_agent,
        fresh,
        beside: false,
        wish: &request.template,
    };
    check(context, &before, &wanted, &checked)?;
    let lock = context.lock_operation("create", events)?;
    let live = Live::read(context)?;
    let project = resolve(&live)?;
    let making = Making {
        size: request.size,
        viewer: viewer(&live, live.inside(context), request.terminal),
        no_agent: request.no_agent,
        fresh,
        beside: None,
        wish: &request.template,
        reason: "create",
    };
    let ensured = ensure(context, &live, &project, &making, events)?;
    tell_template_unused(&request.template, &ensured, &project, events);
    lock.release();
    autosave::begin(context, ensured.created, events);
    if ensured.created {
        let about = Occasion::of("create", &project.name, &ensured.name, &project.path);
        hooks::after(context, HookEvent::PostCreate, &about, events);
    }
    Ok(CreateOutcome {
        project: project.name,
        session: ensured.name,
        created: ensured.created,
    })
}
