//! What tmux's status line shows of us: a few words in tmux's own notation for colours.

use std::fmt::Write;
use std::time::Duration;

use tmux_core::Session;

use crate::agent::memory::Processes;
use crate::agent::status::{AgentStatus, Statuses, agent_panes, agent_panes_of};
use crate::context::Context;
use crate::error::Error;
use crate::live::Live;

/// tmux asks often, and for nothing urgent.
const LIMIT: Duration = Duration::from_secs(2);

/// The project one is in with what its agent does, and how many of the other agents work or wait. `project` is the one
/// that is looked at; without it that of the session one is in, if there is one. Empty without a server.
///
/// # Errors
///
/// [`Error::Tmux`], [`Error::Store`].
pub fn status_line(context: &Context, project: Option<&str>) -> Result<String, Error> {
    let server = context.server.clone().with_limit(LIMIT);
    let live = Live::with_snapshot(context, context.snapshot_of(&server)?)?;
    let inside = live.inside(context).and_then(|session| live.ours(session));
    let here = project.and_then(|name| live.of_project(name)).or(inside);
    let panes = agent_panes(&live);
    let observed = match panes.is_empty() {
        true => Default::default(),
        false => Statuses::new().refresh(context, &panes, &Processes::read()),
    };
    let of = |session: &Session| {
        let ours = live.ours(session)?;
        let mut panes = agent_panes_of(ours);
        panes
            .find_map(|pane| observed.get(&pane.pane.id))
            .map(|seen| seen.status)
    };
    let others = live
        .all_ours()
        .filter(|ours| here.map(|here| here.session.id) != Some(ours.session.id));
    let others: Vec<AgentStatus> = others.filter_map(|ours| of(ours.session)).collect();
    let here = here.map(|here| (here.record.project.as_str(), of(here.session)));
    Ok(line(here, &others))
}

fn line(here: Option<(&str, Option<AgentStatus>)>, others: &[AgentStatus]) -> String {
    let mut words = Vec::new();
    if let Some((project, status)) = here {
        let mut word = format!("#[bold]{}#[nobold]", escaped(project));
        if let Some(status) = status {
            let _infallible = write!(word, " #[fg={}]{}#[fg=default]", colour(status), status.as_str());
        }
        words.push(word);
    }
    for status in [AgentStatus::Waiting, AgentStatus::Working] {
        let count = others.iter().filter(|other| **other == status).count();
        if count > 0 {
            words.push(format!(
                "#[fg={}]+{count} {}#[fg=default]",
                colour(status),
                status.as_str()
            ));
        }
    }
    words.join(" ")
}

/// A colour of tmux.
fn colour(status: AgentStatus) -> &'static str {
    match status {
        AgentStatus::Working => "green",
        AgentStatus::Idle => "cyan",
        AgentStatus::Waiting => "yellow",
        AgentStatus::Starting => "blue",
        AgentStatus::Exited => "red",
        AgentStatus::Unknown => "magenta",
    }
}

/// tmux reads what a `#()` printed as a format and as styles once more. No control characters, either.
fn escaped(text: &str) -> String {
    let shown = text.chars().filter(|c| !c.is_control());
    shown
        .flat_map(|c| std::iter::repeat_n(c, if c == '#' { 2 } else { 1 }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_short_and_says_what_needs_somebody_first() {
        use AgentStatus::{Exited, Idle, Waiting, Working};
        assert_eq!(line(None, &[]), "");
        assert_eq!(line(Some(("todo", None)), &[Idle]), "#[bold]todo#[nobold]");
        assert_eq!(
            line(Some(("todo", Some(Idle))), &[Working, Waiting, Exited, Working]),
            "#[bold]todo#[nobold] #[fg=cyan]idle#[fg=default] #[fg=yellow]+1 waiting#[fg=default] \
             #[fg=green]+2 working#[fg=default]"
        );
    }

    #[test]
    fn names_are_no_formats() {
        assert_eq!(escaped("a#(id)#[fg=red]\x1b"), "a##(id)##[fg=red]");
    }
}
