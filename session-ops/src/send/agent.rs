//! Typing into an agent: only when it can take it, and only delivered when it says so.
//!
//! An Enter that meets an open dialog approves what it asks. So the status is read again directly before the text is typed;
//! what remains is the time between that reading and tmux's typing, about a millisecond and more on a busy machine
//! (`cargo xtask bench agents` measures it): a dialog that opens within it gets the Enter. Nothing can close that gap from
//! outside the agent.

use std::time::{Duration, Instant};

use bstr::ByteSlice;
use tmux_core::{CapturePane, Command, Pane, PaneId, Version};

use super::paste::{Submit, paste};
use super::settled::Settled;
use super::{ACKNOWLEDGED, SendOutcome, SendRequest, Verdict, refused};
use crate::agent::AgentKind;
use crate::agent::home::AgentHome;
use crate::agent::hooks::{Event, Mark, Prompt};
use crate::agent::kind::StatusSource;
use crate::agent::memory::Processes;
use crate::agent::status::{AgentPane, AgentStatus, Observation, STARTUP_DIALOG, Statuses};
use crate::agent::watch::Watch;
use crate::context::Context;
use crate::error::Error;
use crate::live::Live;

/// A status that can't be read may just be written.
const READABLE: Duration = Duration::from_millis(500);

/// An agent that works on something since it got a text is about to say on what; a busy machine takes its time for that.
const SAYS_ON_WHAT: Duration = Duration::from_secs(8);

/// A machine under load takes longer to start an agent than it takes to call that a dialog.
const SURELY_DIALOG_MS: u64 = 10_000;

/// An agent's pane as it was found when it could take the text.
struct Ready {
    pane: Pane,
    version: Version,
    observation: Observation,
}

struct Sending<'a> {
    context: &'a Context,
    project: &'a str,
    /// The session's.
    id: &'a str,
    pane: PaneId,
    kind: AgentKind,
    request: &'a SendRequest,
    home: AgentHome,
    statuses: Statuses,
}

pub(super) fn send(
    context: &Context,
    project: &str,
    id: &str,
    pane: PaneId,
    kind: &str,
    request: &SendRequest,
) -> Result<Verdict, Error> {
    let Some(kind) = context.config.agents.get(kind)? else {
        return Ok(refused(format!("the config knows no agent {kind}")));
    };
    let controls = |byte: &u8| byte.is_ascii_control() && !b"\n\r\t".contains(byte);
    if request.text.iter().any(controls) || !request.text.is_utf8() {
        return Ok(refused("an agent's prompt is text without control characters"));
    }
    let mut sending = Sending {
        context,
        project,
        id,
        pane,
        kind,
        request,
        home: AgentHome::of_record(&context.state_home.agent_record(id)),
        statuses: Statuses::new(),
    };
    match sending.wait_ready()? {
        Ok(ready) => sending.type_text(&ready),
        Err(verdict) => Ok(verdict),
    }
}

impl Sending<'_> {
    /// Waits until the agent can take the text, or says why it can't.
    fn wait_ready(&mut self) -> Result<Result<Ready, Verdict>, Error> {
        let started = Instant::now();
        let watch = self.watch();
        let mut settled = Settled::default();
        loop {
            let ready = match self.look()? {
                Ok(ready) => ready,
                Err(why) => return Ok(Err(refused(why))),
            };
            let left = |limit: Duration| limit.saturating_sub(started.elapsed());
            let wait = match self.judge(&ready.observation) {
                // When nobody wants to wait any longer it counts what it says.
                Judgement::Go => match settled.hold(&ready.observation) {
                    Some(hold) if !left(self.request.wait).is_zero() => hold.min(left(self.request.wait)),
                    _ => return Ok(Ok(ready)),
                },
                Judgement::No(why) => return Ok(Err(refused(why))),
                Judgement::Later(limit, why) if left(limit).is_zero() => return Ok(Err(refused(why))),
                Judgement::Later(limit, _) => left(limit),
            };
            watch.wait(wait);
        }
    }

    fn judge(&self, observation: &Observation) -> Judgement {
        let waiting_for = || {
            observation
                .waiting_for
                .clone()
                .unwrap_or_else(|| "an answer".to_owned())
        };
        match observation.status {
            AgentStatus::Idle if self.request.answer => Judgement::No("it waits for no answer".to_owned()),
            AgentStatus::Idle => Judgement::Go,
            AgentStatus::Working if self.request.queue => Judgement::Go,
            AgentStatus::Working => Judgement::No("it is working; --queue gives it the text for later".to_owned()),
            AgentStatus::Waiting if observation.waiting_for.as_deref() == Some(STARTUP_DIALOG) => {
                let young = observation.age_ms.is_some_and(|age| age < SURELY_DIALOG_MS);
                let why = "it shows a dialog of its start, which only you can answer".to_owned();
                if young {
                    Judgement::Later(self.request.wait, why)
                } else {
                    Judgement::No(why)
                }
            }
            AgentStatus::Waiting if self.request.answer => Judgement::Go,
            AgentStatus::Waiting => Judgement::No(format!(
                "it waits for an answer ({}); --answer gives it the text as that",
                waiting_for()
            )),
            AgentStatus::Starting => Judgement::Later(self.request.wait, "it is still starting".to_owned()),
            AgentStatus::Exited => Judgement::No("it has ended".to_owned()),
            AgentStatus::Unknown if self.request.force => Judgement::Go,
            AgentStatus::Unknown => {
                let why = observation.why.as_deref().unwrap_or("nothing tells");
                Judgement::Later(
                    READABLE,
                    format!("what it does isn't known ({why}); --force types all the same"),
                )
            }
        }
    }

    /// The agent as it is now, or why there is none.
    fn look(&mut self) -> Result<Result<Ready, &'static str>, Error> {
        let live = Live::read(self.context)?;
        let Some(ours) = live.of_project(self.project) else {
            return Ok(Err("it has no session any more"));
        };
        let pane = ours.session.panes().find(|pane| pane.id == self.pane);
        let (Some(pane), Some(snapshot)) = (pane, &live.snapshot) else {
            return Ok(Err("its pane is gone"));
        };
        if ours.record.id.as_deref() != Some(self.id) {
            return Ok(Err("its session was replaced meanwhile"));
        }
        let panes = [AgentPane { session: self.id, pane }];
        let mut observed = self.statuses.refresh(self.context, &panes, &Processes::read());
        let Some(observation) = observed.remove(&pane.id) else {
            return Ok(Err("its pane is gone"));
        };
        Ok(Ok(Ready {
            pane: pane.clone(),
            version: snapshot.server.version.clone(),
            observation,
        }))
    }

    /// What has changed since that look, read in the last moment before something is typed.
    fn glance(&self, ready: &Ready) -> Result<AgentStatus, Error> {
        if let Some(status) = ready.observation.glance(self.pane) {
            return Ok(status);
        }
        if self.kind.status() != StatusSource::Screen {
            return Ok(ready.observation.status);
        }
        let shown = self.context.server.capture_panes([CapturePane::screen(self.pane)])?;
        let screen = self.kind.screen()?;
        Ok(match (screen, shown.into_iter().next()) {
            (Some(screen), Some(Ok(shown))) => screen.status(&shown),
            _ => AgentStatus::Unknown,
        })
    }

    fn type_text(&mut self, ready: &Ready) -> Result<Verdict, Error> {
        let submit = match self.request.enter {
            true => Submit::Key(self.kind.submit),
            false => Submit::No,
        };
        let text = self.request.text.strip_suffix(b"\n").unwrap_or(&self.request.text);
        let answering = ready.observation.status == AgentStatus::Waiting;
        let mut events = Events::from_now(&self.home, text);
        let watch = self.watch();
        let status = self.glance(ready)?;
        if status != ready.observation.status {
            let mut became = ready.observation.clone();
            became.status = status;
            if let Judgement::No(why) | Judgement::Later(_, why) = self.judge(&became) {
                return Ok(refused(why));
            }
        }
        if answering {
            self.answer(text)?;
            return self.acknowledge_answer(&watch);
        }
        paste(&self.context.server, &ready.pane, text, submit, &ready.version)?;
        if submit == Submit::No {
            return Ok((SendOutcome::Delivered, Some("without Enter".to_owned())));
        }
        if text.is_empty() {
            return Ok((SendOutcome::Delivered, Some("only Enter".to_owned())));
        }
        let commands = self.kind.table.commands.iter().flatten();
        if commands
            .into_iter()
            .any(|beginning| text.starts_with(beginning.as_bytes()))
        {
            return Ok(self.command(ready, status, &watch, &mut events));
        }
        if self.kind.status() == StatusSource::Claude {
            self.acknowledge(ready, status, &watch, &mut events)
        } else {
            self.see_working(status, &watch)
        }
    }

    /// Waits for the event that carries the text. One more Enter is pressed if the agent stands idle without it.
    fn acknowledge(
        &mut self,
        ready: &Ready,
        before: AgentStatus,
        watch: &Watch,
        events: &mut Events,
    ) -> Result<Verdict, Error> {
        let mut seen_working = false;
        for retry in [true, false] {
            let acknowledged = events.wait(watch, ACKNOWLEDGED, || seen_working |= self.is_working(ready));
            if before == AgentStatus::Working {
                return Ok((SendOutcome::Queued, None));
            }
            let mut late = || seen_working && events.are_live && events.wait(watch, SAYS_ON_WHAT, || ());
            if acknowledged || late() {
                return Ok((SendOutcome::Delivered, None));
            }
            if seen_working && !events.are_live {
                return Ok((
                    SendOutcome::Delivered,
                    Some("seen working; its hooks don't report".to_owned()),
                ));
            }
            let now = match self.look()? {
                Ok(now) => now,
                Err(why) => return Ok((SendOutcome::Typed, Some(why.to_owned()))),
            };
            if retry && now.observation.status == AgentStatus::Idle && self.glance(&now)? == AgentStatus::Idle {
                paste(
                    &self.context.server,
                    &now.pane,
                    b"",
                    Submit::Key(self.kind.submit),
                    &now.version,
                )?;
            }
        }
        Ok((SendOutcome::Typed, Some("it hasn't acknowledged the text".to_owned())))
    }

    /// A command of the agent's own, which it doesn't acknowledge: that something comes of it is all that can be seen. No
    /// second Enter: what it has opened might take that for an answer.
    fn command(&self, ready: &Ready, before: AgentStatus, watch: &Watch, events: &mut Events) -> Verdict {
        let mut changed = false;
        let acknowledged = events.wait_for(watch, ACKNOWLEDGED, |events| {
            changed |= self
                .glance(ready)
                .is_ok_and(|status| status != before && status != AgentStatus::Unknown);
            changed || !events.is_empty()
        });
        match (acknowledged, before) {
            (_, AgentStatus::Working) => (SendOutcome::Queued, None),
            (true, _) => (SendOutcome::Delivered, None),
            (false, _) => {
                let why = "commands of its own aren't acknowledged, and nothing was seen to come of it";
                (SendOutcome::Typed, Some(why.to_owned()))
            }
        }
    }

    fn is_working(&self, ready: &Ready) -> bool {
        self.glance(ready).is_ok_and(|status| status == AgentStatus::Working)
    }

    /// An agent without events: that it works is all that can be seen.
    fn see_working(&mut self, before: AgentStatus, watch: &Watch) -> Result<Verdict, Error> {
        if before == AgentStatus::Working {
            return Ok((SendOutcome::Queued, None));
        }
        let deadline = Instant::now() + ACKNOWLEDGED;
        while self.kind.status() == StatusSource::Screen {
            match self.look()? {
                Ok(now) if matches!(now.observation.status, AgentStatus::Working | AgentStatus::Waiting) => {
                    return Ok((SendOutcome::Delivered, None));
                }
                Ok(_) => {}
                Err(why) => return Ok((SendOutcome::Typed, Some(why.to_owned()))),
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            watch.wait(left);
        }
        Ok((SendOutcome::Typed, Some("it wasn't seen working".to_owned())))
    }

    /// Keys, as a dialog takes no paste.
    fn answer(&self, text: &[u8]) -> Result<(), Error> {
        let mut commands = Vec::new();
        if !text.is_empty() {
            commands.push(Command::send_text(self.pane, text.into()));
        }
        if self.request.enter {
            commands.push(Command::send_keys(self.pane, [self.kind.submit]));
        }
        let _reply = self.context.server.run(commands)?;
        Ok(())
    }

    fn acknowledge_answer(&mut self, watch: &Watch) -> Result<Verdict, Error> {
        let deadline = Instant::now() + ACKNOWLEDGED;
        loop {
            if let Ok(now) = self.look()?
                && now.observation.status != AgentStatus::Waiting
            {
                return Ok((SendOutcome::Delivered, None));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok((SendOutcome::Typed, Some("it still waits for an answer".to_owned())));
            }
            watch.wait(left);
        }
    }

    fn watch(&self) -> Watch {
        let registry = self.statuses.registry_of(self.context, &self.home);
        Watch::on([self.home.directory().as_path(), registry.as_path()])
    }
}

enum Judgement {
    Go,
    No(String),
    /// Perhaps in a while, up to this time after the beginning; then no.
    Later(Duration, String),
}

/// The events since a text was about to be typed.
struct Events {
    path: std::path::PathBuf,
    mark: Mark,
    sent: Prompt,
    /// Whether the agent's hooks have ever reported.
    are_live: bool,
}

impl Events {
    fn from_now(home: &AgentHome, text: &[u8]) -> Self {
        let path = home.events();
        Self {
            mark: Mark::end(&path),
            sent: Prompt::of(&text.to_str_lossy()),
            are_live: path.exists(),
            path,
        }
    }

    /// Whether the text is acknowledged within this time; `meanwhile` is called now and then.
    fn wait(&mut self, watch: &Watch, limit: Duration, mut meanwhile: impl FnMut()) -> bool {
        let sent = self.sent.clone();
        self.wait_for(watch, limit, |events| {
            meanwhile();
            let mut prompts = events.iter().filter_map(|event| event.prompt.as_ref());
            prompts.any(|prompt| prompt.carries(&sent))
        })
    }

    /// Whether `enough` says so of the events that have come since it was asked last, within this time.
    fn wait_for(&mut self, watch: &Watch, limit: Duration, mut enough: impl FnMut(&[Event]) -> bool) -> bool {
        let deadline = Instant::now() + limit;
        loop {
            // What can't be read now is read the next time.
            let events = self.mark.read_on(&self.path).unwrap_or_default();
            if enough(&events) {
                return true;
            }
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return false;
            }
            watch.wait(left);
        }
    }
}
