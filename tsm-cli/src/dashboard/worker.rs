//! The threads behind the screen: one that looks at everything again and again, one that does what the user asks for. Neither
//! is waited for: a server that hangs keeps nobody from leaving.

use std::ffi::OsString;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use session_ops::create::{CreateRequest, create};
use session_ops::elsewhere::on_server_of;
use session_ops::error::with_causes;
use session_ops::kill::{KillOutcome, KillRequest, kill};
use session_ops::overview::{Overview, Overviews, Wanted};
use session_ops::restore::{RestoreOutcome, RestoreRequest, restore};
use session_ops::save::{SaveOutcome, SaveRequest, save};
use session_ops::send::{PaneChoice, SendRequest, send};
use session_ops::{Context, Error, hooks};

/// What the threads tell.
pub(crate) enum News {
    /// How everything is.
    Overview(Box<Overview>),
    /// What came of an action.
    Done(String),
}

/// What the user asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Action {
    Create(String),
    Kill { project: String, force: bool },
    Send { project: String, text: String },
    Save(Vec<String>),
    Restore(Vec<String>),
}

impl Action {
    fn verb(&self) -> &'static str {
        match self {
            Self::Create(_) => "create",
            Self::Kill { .. } => "kill",
            Self::Send { .. } => "send",
            Self::Save(_) => "save",
            Self::Restore(_) => "restore",
        }
    }

    fn project(&self) -> Option<&str> {
        match self {
            Self::Create(project) | Self::Kill { project, .. } | Self::Send { project, .. } => Some(project),
            Self::Save(projects) | Self::Restore(projects) => match projects.as_slice() {
                [only] => Some(only),
                _ => None,
            },
        }
    }
}

/// The two threads.
pub(crate) struct Workers {
    look: Sender<Wanted>,
    act: Sender<Action>,
    news: Receiver<News>,
    threads: [JoinHandle<()>; 2],
}

impl Workers {
    pub(crate) fn start(context: &Arc<Context>, wanted: Wanted) -> Self {
        let (look, looks) = channel();
        let (act, actions) = channel();
        let (tell, news) = channel();
        let (looker, actor) = (Arc::clone(context), Arc::clone(context));
        let told = tell.clone();
        let threads = [
            thread::spawn(move || look_on(&looker, wanted, &looks, &told)),
            thread::spawn(move || act_on(&actor, &actions, &tell)),
        ];
        Self {
            look,
            act,
            news,
            threads,
        }
    }

    /// Looks again now, and from now on at this.
    pub(crate) fn look(&self, wanted: Wanted) {
        let _ended = self.look.send(wanted);
    }

    pub(crate) fn act(&self, action: Action) {
        let _ended = self.act.send(action);
    }

    /// What was told since the last time; an error if a thread has ended, which it only does by a fault of ours.
    pub(crate) fn news(&self) -> io::Result<Vec<News>> {
        if self.threads.iter().any(JoinHandle::is_finished) {
            return Err(io::Error::other("a thread of it has ended"));
        }
        Ok(self.news.try_iter().collect())
    }
}

fn look_on(context: &Context, mut wanted: Wanted, looks: &Receiver<Wanted>, tell: &Sender<News>) {
    let mut overviews = Overviews::new(context);
    loop {
        let overview = overviews.refresh(context, &wanted);
        if tell.send(News::Overview(Box::new(overview))).is_err() {
            return;
        }
        match looks.recv_timeout(overviews.pause()) {
            // Of many wishes only the last counts; nobody's keys are faster than this.
            Ok(newer) => wanted = looks.try_iter().last().unwrap_or(newer),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn act_on(context: &Context, actions: &Receiver<Action>, tell: &Sender<News>) {
    for action in actions {
        let text = act(context, &action).unwrap_or_else(|error| {
            let hint = error.hint().map(|hint| format!(" ({hint})")).unwrap_or_default();
            format!("{}{hint}", with_causes(&error))
        });
        if tell.send(News::Done(text)).is_err() {
            return;
        }
    }
}

fn act(context: &Context, action: &Action) -> Result<String, Error> {
    let silent = &mut |_event| {};
    let projects: Vec<OsString> = match action {
        Action::Create(project) | Action::Kill { project, .. } | Action::Send { project, .. } => vec![project.into()],
        Action::Save(projects) | Action::Restore(projects) => projects.iter().map(Into::into).collect(),
    };
    let other = on_server_of(context, &projects, silent)?;
    let context = other.as_ref().unwrap_or(context);
    let done = act_at(context, action);
    hooks::on_failed_parts(context, action.verb(), silent);
    if let Err(error) = &done {
        hooks::on_error(context, action.verb(), action.project(), error, silent);
    }
    done
}

/// On the server of its projects.
fn act_at(context: &Context, action: &Action) -> Result<String, Error> {
    let silent = &mut |_event| {};
    match action {
        Action::Create(project) => {
            let request = CreateRequest {
                project: project.into(),
                size: None,
                terminal: None,
                no_agent: false,
                template: Default::default(),
            };
            let outcome = create(context, &request, silent)?;
            Ok(match outcome.created {
                true => format!("{} created", outcome.session),
                false => format!("{} is there already", outcome.session),
            })
        }
        Action::Kill { project, force } => {
            let request = KillRequest {
                projects: vec![project.into()],
                all: false,
                force: *force,
                timeout: None,
            };
            let killed = kill(context, &request, None, silent)?;
            let texts = killed.into_iter().map(|killed| match killed.outcome {
                KillOutcome::Ended => format!("{} saved and ended", killed.project),
                KillOutcome::Ending => format!("{} ends when the dashboard does", killed.project),
                KillOutcome::Failed(why) => format!("{} failed: {why}", killed.project),
            });
            Ok(texts.collect::<Vec<_>>().join(", "))
        }
        Action::Send { project, text } => {
            let sent = send(
                context,
                &SendRequest {
                    projects: vec![project.into()],
                    all: false,
                    text: text.clone().into_bytes(),
                    pane: PaneChoice::Agent,
                    enter: true,
                    queue: true,
                    answer: false,
                    force: false,
                    wait: Duration::from_secs(15),
                },
            )?;
            let texts = sent.into_iter().map(|sent| {
                let detail = sent.detail.map(|detail| format!(": {detail}")).unwrap_or_default();
                format!("{} {}{detail}", sent.project, sent.outcome.as_str())
            });
            Ok(texts.collect::<Vec<_>>().join(", "))
        }
        Action::Save(projects) => {
            let request = SaveRequest {
                projects: projects.iter().map(Into::into).collect(),
            };
            let saved = save(context, &request, silent)?;
            let texts = saved.into_iter().map(|saved| match saved.outcome {
                SaveOutcome::Saved => format!("{} saved", saved.project),
                SaveOutcome::Unchanged => format!("{} unchanged", saved.project),
                SaveOutcome::Failed(why) => format!("{} failed: {why}", saved.project),
            });
            Ok(or(texts, "nothing to save"))
        }
        Action::Restore(projects) => {
            let request = RestoreRequest {
                projects: projects.iter().map(Into::into).collect(),
                at: None,
                run: false,
                dry_run: false,
            };
            let restored = restore(context, &request, silent)?;
            let texts = restored.into_iter().map(|restored| match restored.outcome {
                RestoreOutcome::Restored => format!("{} restored", restored.project),
                RestoreOutcome::AlreadyLive => format!("{} lives already", restored.project),
                RestoreOutcome::Skipped(why) => format!("{} skipped: {why}", restored.project),
                RestoreOutcome::Failed(why) => format!("{} failed: {why}", restored.project),
            });
            Ok(or(texts, "nothing to restore"))
        }
    }
}

fn or(texts: impl Iterator<Item = String>, nothing: &str) -> String {
    match texts.collect::<Vec<_>>() {
        texts if texts.is_empty() => nothing.to_owned(),
        texts => texts.join(", "),
    }
}
