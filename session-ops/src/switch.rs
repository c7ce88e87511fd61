//! Switching to a project.
//!
//! The order is the promise: resolve and check; save the state that is being left; make the target exist; move the
//! client there; only then end the session that was left. Whatever fails before the client has moved leaves the user
//! where they were, with nothing half-made.

mod dry_run;

use std::ffi::OsString;

use session_recovery::ours::{EPOCH_OPTION, claim, epoch, kill_if_still};
use session_state::{Lifecycle, Size};
use tmux_core::{Client, Command, Session, SessionId, SwitchClient};

use crate::agent::stop;
use crate::autosave;
use crate::config::Leave;
use crate::context::Context;
use crate::elsewhere::refuse_from_inside;
use crate::end::{EndRequest, provisional_name};
use crate::ensure::{Checked, Ensured, Making, check, ensure, tell_template_unused, viewer};
use crate::error::Error;
use crate::event::{Event, Events};
use crate::guard;
use crate::hand_over::{HandOver, hand_over};
use crate::hooks::{self, HookEvent, Occasion};
use crate::leave::{Ask, Leaving, Wish, clients, decide, describe, running_programs};
use crate::live::{Live, Ours};
use crate::project::Project;
use crate::record::record_of;
use crate::save::closed;
use crate::template::TemplateWish;

/// Where to, and how.
#[derive(Debug, Clone)]
pub struct SwitchRequest {
    /// A project's name or a directory.
    pub project: OsString,
    /// The session that is left lives on.
    pub keep: bool,
    /// The target is built from its template, whatever lives or was saved.
    pub fresh: bool,
    /// The session that is left ends, whatever runs in it and whoever looks at it.
    pub force: bool,
    /// No client is moved and none is attached; nothing is left.
    pub no_attach: bool,
    /// The target gets no agent if it must be made.
    pub no_agent: bool,
    /// The template that is asked for, for a session that must be made; it is then made from that, whatever was saved.
    pub template: TemplateWish,
    /// The size of a session that must be made.
    pub size: Option<Size>,
    /// The size of the terminal that tsm runs on, if it can be attached.
    pub terminal: Option<Size>,
    /// Nothing is done, only told.
    pub dry_run: bool,
}

impl SwitchRequest {
    /// Whether a session that must be made is made from a template, whatever was saved.
    fn is_fresh(&self) -> bool {
        self.fresh || !self.template.is_empty()
    }
}

/// What became of the session that was left.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftOutcome {
    /// It ends as soon as tsm has ended.
    Ended,
    /// It lives on.
    Kept,
    /// None was left.
    None,
}

/// Where one is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SwitchOutcome {
    /// The project.
    pub project: String,
    /// The session's name.
    pub session: String,
    /// Whether it was made just now.
    pub created: bool,
    /// The session that was left.
    pub left: Option<String>,
    /// What became of it.
    pub left_outcome: LeftOutcome,
    /// Why, if that isn't what was asked for.
    pub detail: Option<String>,
    /// What attaches the terminal; to be executed in tsm's place.
    pub attach: Option<Vec<OsString>>,
    /// With `dry_run`, what would be done.
    pub plan: Vec<String>,
}

/// Switches.
///
/// # Errors
///
/// Before anything was changed, or with everything taken back that was changed for it.
pub fn switch(
    context: &Context,
    request: &SwitchRequest,
    mut ask: Ask<'_>,
    events: Events<'_>,
) -> Result<SwitchOutcome, Error> {
    context.config.check_for("switch")?;
    let before = Live::read(context)?;
    let project = before.resolve(context, &request.project)?;
    if !request.no_attach {
        refuse_from_inside(context, &project.name)?;
    }
    let replaced = replaced(&before, &project, request);
    let checked = Checked {
        no_agent: request.no_agent,
        fresh: request.is_fresh(),
        beside: replaced.is_some(),
        wish: &request.template,
    };
    check(context, &before, &project, &checked)?;
    refuse_replacing_work(&before, &project, request)?;
    let wish = Wish {
        keep: request.keep || context.config.leave.value == Leave::Keep,
        force: request.force,
        running: context.config.running.value,
    };
    // Questions come before the lock: whoever thinks about the answer keeps nobody waiting.
    if let Some(ours) = left(context, &before, &project, request).and_then(|left| before.ours(left))
        && !wish.keep
        && !request.dry_run
    {
        guard::check(context, ours, "switch", wish.force, &mut ask)?;
    }
    let decision = match left(context, &before, &project, request) {
        Some(left) => decide_for(&before, left, &wish, if request.dry_run { None } else { ask }),
        None => Leaving::Keep(None),
    };
    if decision == Leaving::Cancel {
        return Err(Error::Cancelled);
    }
    if request.dry_run {
        return Ok(dry_run::tell(context, &before, &project, request, &decision));
    }
    let session = context.config.session_name(&project.name);
    let leaves = left(context, &before, &project, request).and_then(|left| before.ours(left));
    let about = Occasion {
        from: leaves.map(|ours| ours.record.project.clone()),
        to: Some(project.name.clone()),
        ..Occasion::of("switch", &project.name, &session, &project.path)
    };
    context.about(&project.name);
    let of_left = leaves.map(|ours| about_left(ours, &about));
    hooks::before(context, HookEvent::PreSwitch, &about, events)?;
    if let Some(of_left) = &of_left {
        hooks::before(context, HookEvent::PreSave, of_left, events)?;
        if matches!(decision, Leaving::End { .. }) {
            hooks::before(context, HookEvent::PreKill, of_left, events)?;
        }
    }
    let lock = context.lock_operation("switch", events)?;
    // Everything again, now that nobody else changes it.
    let live = Live::read(context)?;
    let project = live.resolve(context, &request.project)?;
    refuse_replacing_work(&live, &project, request)?;
    let left = left(context, &live, &project, request);
    let decision = match (left, decision) {
        (Some(left), Leaving::End { unasked: true }) => decide_for(&live, left, &wish, None),
        (_, decision) => decision,
    };
    let carried_out = Switch {
        context,
        live: &live,
        project: &project,
        request,
        left,
    }
    .carry_out(decision, events);
    lock.release();
    let (outcome, last) = carried_out?;
    autosave::begin(context, outcome.created, events);
    let about = Occasion {
        session: Some(outcome.session.clone()),
        ..about
    };
    if let Some(of_left) = of_left.filter(|_| outcome.left.is_some()) {
        hooks::after(context, HookEvent::PostSave, &of_left, events);
    }
    if outcome.created {
        hooks::after(context, HookEvent::PostCreate, &about, events);
    }
    hooks::after(context, HookEvent::PostSwitch, &about, events);
    if let Some(Err(error)) = last.map(HandOver::go_now) {
        events(Event::SessionKept {
            session: format!("the session that {} replaces", outcome.session),
            why: error.to_string(),
        });
    }
    Ok(outcome)
}

/// The same for the hooks that are about the session that is left.
fn about_left(ours: Ours<'_>, about: &Occasion) -> Occasion {
    let (project, session) = (&ours.record.project, ours.session.name.to_string());
    Occasion {
        from: about.from.clone(),
        to: about.to.clone(),
        ..Occasion::of("switch", project, &session, &ours.record.working_dir)
    }
}

/// The session that is left: ours, tsm runs in it, and it isn't the target.
fn left<'a>(context: &Context, live: &'a Live, project: &Project, request: &SwitchRequest) -> Option<&'a Session> {
    let inside = live.inside(context).filter(|_| !request.no_attach)?;
    let ours = live.ours(inside)?;
    (ours.record.project != project.name).then_some(inside)
}

/// `--fresh` ends the session that it replaces, but not with work in it.
fn refuse_replacing_work(live: &Live, project: &Project, request: &SwitchRequest) -> Result<(), Error> {
    let replaced = live
        .of_project(&project.name)
        .filter(|_| request.fresh && !request.force);
    let programs = replaced.map(|ours| running_programs(ours.session)).unwrap_or_default();
    if programs.is_empty() {
        return Ok(());
    }
    Err(Error::Kept {
        project: project.name.clone(),
        why: describe(&programs),
    })
}

/// The living session of the target that gives way to a new one: because the user wants a fresh one, or because nothing
/// lives in it any more.
fn replaced<'a>(live: &'a Live, project: &Project, request: &SwitchRequest) -> Option<&'a Session> {
    let ours = live.of_project(&project.name)?;
    let dead = ours.session.panes().all(|pane| pane.dead);
    (request.fresh || dead).then_some(ours.session)
}

fn decide_for(live: &Live, left: &Session, wish: &Wish, ask: Ask<'_>) -> Leaving {
    match &live.snapshot {
        Some(snapshot) => decide(left, snapshot, wish, ask),
        None => Leaving::Keep(None),
    }
}

struct Switch<'a> {
    context: &'a Context,
    live: &'a Live,
    project: &'a Project,
    request: &'a SwitchRequest,
    left: Option<&'a Session>,
}

impl Switch<'_> {
    /// The process that ends what is replaced is returned if tsm isn't in that: whoever attaches doesn't end before it.
    fn carry_out(&self, decision: Leaving, events: Events<'_>) -> Result<(SwitchOutcome, Option<HandOver>), Error> {
        self.save_left()?;
        let replaced = replaced(self.live, self.project, self.request);
        let target = self.make_target(replaced.is_some(), events)?;
        // Until the client has moved, a failure takes everything back; after that, nothing does.
        let moved = self.prepare_ends(&target, replaced, &decision).and_then(|enders| {
            self.move_client(&target)?;
            Ok(enders)
        });
        let (of_left, of_replaced) = match moved {
            Ok(enders) => enders,
            Err(error) => {
                self.take_back(&target);
                return Err(error);
            }
        };
        self.move_others(&target, replaced);
        self.take_name(&target, replaced);
        let inside = self.live.inside(self.context).map(|session| session.id);
        let (with_us, last) = match of_replaced {
            Some(ender) if replaced.map(|session| session.id) == inside => (Some(ender), None),
            ender => (None, ender),
        };
        let told = of_left.into_iter().chain(with_us).try_for_each(HandOver::go);
        let decision = match told {
            Ok(()) => decision,
            Err(error) => Leaving::Keep(Some(error.to_string())),
        };
        let (detail, left_outcome) = self.leaving(decision, events);
        let attach = inside.is_none() && self.request.terminal.is_some() && !self.request.no_attach;
        let outcome = SwitchOutcome {
            project: self.project.name.clone(),
            session: replaced.map_or_else(|| target.name.clone(), |replaced| replaced.name.to_string()),
            created: target.created,
            left: self.left.map(|left| left.name.to_string()),
            left_outcome,
            detail,
            attach: attach.then(|| self.context.tmux.attach_session(target.session)),
            plan: Vec::new(),
        };
        Ok((outcome, last))
    }

    /// The state that is being left is on disk before anything changes. That others were closed is recorded along the
    /// way, and whatever is wrong with their records is no reason not to switch.
    fn save_left(&self) -> Result<(), Error> {
        let ours = self.left.and_then(|left| self.live.ours(left));
        let left = ours.map(|ours| record_of(self.context, self.live, ours, "switch"));
        let left = left.transpose()?;
        let closed = closed(self.context, self.live);
        if left.is_none() && closed.is_empty() {
            return Ok(());
        }
        let store = self.context.store.lock(&self.context.lock_options("switch"))?;
        if let Some(left) = left {
            let _saving = store.save(&left)?;
        }
        let _as_far_as_it_goes = store.save_all(&closed);
        Ok(())
    }

    fn make_target(&self, beside_the_old: bool, events: Events<'_>) -> Result<Ensured, Error> {
        let name = self.context.config.session_name(&self.project.name);
        let making = Making {
            size: self.request.size,
            viewer: viewer(self.live, self.live.inside(self.context), self.request.terminal),
            no_agent: self.request.no_agent,
            fresh: self.request.is_fresh(),
            wish: &self.request.template,
            beside: beside_the_old.then(|| format!("{}{}", provisional_name(&name), std::process::id())),
            reason: "switch",
        };
        let ensured = ensure(self.context, self.live, self.project, &making, events)?;
        tell_template_unused(&self.request.template, &ensured, self.project, events);
        Ok(ensured)
    }

    /// Starts the processes that end what is left and what is replaced. They stand ready, and do nothing until they are told.
    fn prepare_ends(
        &self,
        target: &Ensured,
        replaced: Option<&Session>,
        decision: &Leaving,
    ) -> Result<(Option<HandOver>, Option<HandOver>), Error> {
        let left = match (self.left, decision) {
            (Some(left), Leaving::End { unasked }) => self.end_of(left, *unasked, None),
            _ => None,
        };
        let replaced = replaced.and_then(|session| self.end_of(session, false, Some(target.session)));
        let start = |request: Option<EndRequest>| request.map(|request| hand_over(self.context, &request)).transpose();
        Ok((start(left)?, start(replaced)?))
    }

    /// Moves the client that the user looks through, if there is one. Whoever was about to end the target learns that
    /// somebody came.
    fn move_client(&self, target: &Ensured) -> Result<(), Error> {
        let epoch = guard::new_epoch(self.context.clock);
        let came = Command::set_user_option(target.session, EPOCH_OPTION, epoch.into());
        let moving = self.user_client().map(|client| switch_client(client, target));
        self.context.server.run(std::iter::once(came).chain(moving).collect())?;
        Ok(())
    }

    /// Moves the clients that looked at the session that is replaced; one that has gone meanwhile needs no moving.
    fn move_others(&self, target: &Ensured, replaced: Option<&Session>) {
        let (Some(snapshot), Some(replaced)) = (&self.live.snapshot, replaced) else {
            return;
        };
        let first = self.user_client();
        let others = clients(snapshot, replaced)
            .into_iter()
            .filter(|client| Some(*client) != first);
        let groups: Vec<Vec<Command>> = others.map(|client| vec![switch_client(client, target)]).collect();
        if !groups.is_empty() {
            let _those_that_are_left = self.context.server.run_groups_or_start(groups);
        }
    }

    /// From now on the new session has the name: whoever is told it doesn't meet the old one, whose agent takes its time. If
    /// it can't be, the process that ends the old one gives the name.
    fn take_name(&self, target: &Ensured, replaced: Option<&Session>) {
        let Some(replaced) = replaced else { return };
        let aside = [
            replaced.name.as_slice(),
            format!("-old-{}", std::process::id()).as_bytes(),
        ]
        .concat();
        let same_server = format!("#{{==:#{{pid}},{}}}", target.server_pid);
        let rename = |session, name| Command::rename_session(session, name).when(session, same_server.clone());
        let names = vec![
            rename(replaced.id, aside.into()),
            rename(target.session, replaced.name.clone()),
        ];
        let _or_later = self.context.server.run(names);
    }

    /// Of the clients that look at the session tsm runs in, the one used last.
    fn user_client(&self) -> Option<&Client> {
        let snapshot = self.live.snapshot.as_ref()?;
        let inside = self.live.inside(self.context).filter(|_| !self.request.no_attach)?;
        clients(snapshot, inside).into_iter().next()
    }

    fn end_of(&self, session: &Session, unasked: bool, then_rename: Option<SessionId>) -> Option<EndRequest> {
        let (id, project) = claim(session)?;
        Some(EndRequest {
            project,
            session: session.id,
            id,
            epoch: epoch(session),
            verb: "switch".to_owned(),
            unless_running: unasked,
            timeout: stop::timeout(self.context, session),
            then_rename,
            tell: self.user_client().map(|client| client.name.clone()),
        })
    }

    fn leaving(&self, decision: Leaving, events: Events<'_>) -> (Option<String>, LeftOutcome) {
        match (self.left, decision) {
            (None, _) => (None, LeftOutcome::None),
            (Some(_), Leaving::End { .. } | Leaving::Cancel) => (None, LeftOutcome::Ended),
            (Some(left), Leaving::Keep(why)) => {
                if let Some(why) = &why {
                    events(Event::SessionKept {
                        session: left.name.to_string(),
                        why: why.clone(),
                    });
                }
                (why, LeftOutcome::Kept)
            }
        }
    }

    /// What was made for a switch that failed goes again; what was there before stays. The failure is what is told, so
    /// what fails here isn't.
    fn take_back(&self, target: &Ensured) {
        if !target.created {
            return;
        }
        let kill = kill_if_still(target.session, &target.id, target.server_pid, None);
        let _the_server_may_be_gone = self.context.server.run(vec![kill]);
        let Ok(store) = self.context.store.lock(&self.context.lock_options("switch")) else {
            return;
        };
        let _as_it_was = match self.live.record(self.context, &self.project.name) {
            Ok(Some(record)) => store.save(record),
            _ => store.mark(
                &self.project.name,
                Lifecycle::Ended {
                    by: "switch".to_owned(),
                },
            ),
        };
    }
}

fn switch_client(client: &Client, target: &Ensured) -> Command {
    SwitchClient {
        client: client.name.clone(),
        session: target.session.into(),
    }
    .command()
}
