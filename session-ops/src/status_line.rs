//! What tmux's status line shows of us: a few words in tmux's own notation for colours.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::Duration;

use session_lock::replace::replace_cache;
use tmux_core::BriefPanes;

use crate::agent::memory::Processes;
use crate::agent::status::{AgentStatus, Statuses, agent_panes, agent_panes_of};
use crate::context::Context;
use crate::error::Error;
use crate::live::Live;
use crate::paths::{self, hex_digest};

/// tmux asks often, and for nothing urgent.
const LIMIT: Duration = Duration::from_secs(2);

/// How old, in seconds, what was kept may be to be shown, and to be shown without looking anew.
const SHOWN: i64 = 60;
const FRESH: i64 = 3;

/// What is kept of a session without an agent.
const NO_AGENT: &str = "-";

/// The end of what is kept: a power cut may have left a part.
const END: &str = "end\n";

/// What each of our sessions does, by project: all there is to say, whoever asks.
type Known = BTreeMap<String, Option<AgentStatus>>;

/// Tells the line: the project that is looked at with what its agent does, and how many of the other agents work or wait.
/// Without a project it is that of the session one is in, if there is one. Empty without a server.
///
/// With a project, what was kept of the last look is told at once, and only then looked at anew if it is older than some
/// seconds: on a server with many sessions a look takes longer than a status line may.
///
/// # Errors
///
/// [`Error::Tmux`], [`Error::Store`].
pub fn status_line(context: &Context, project: Option<&str>, tell: &mut dyn FnMut(&str)) -> Result<(), Error> {
    let project = project.filter(|project| !project.is_empty());
    let kept = project.and_then(|_| kept(context));
    if let Some((age, known)) = &kept {
        tell(&of(known, project));
        if *age <= FRESH {
            return Ok(());
        }
    }
    let server = context.server.clone().with_limit(LIMIT);
    let live = Live::with_snapshot(context, context.brief_snapshot_of(&server, BriefPanes::All)?)?;
    let known = look(context, &live);
    if kept.is_none() {
        let inside = live.inside(context).and_then(|session| live.ours(session));
        let inside = inside.map(|ours| ours.record.project.as_str());
        tell(&of(&known, project.or(inside)));
    }
    keep(context, &known);
    Ok(())
}

fn look(context: &Context, live: &Live) -> Known {
    let panes = agent_panes(live);
    let observed = match panes.is_empty() {
        true => BTreeMap::new(),
        false => Statuses::new().refresh(context, &panes, &Processes::read()),
    };
    let known = live.all_ours().map(|ours| {
        let status = agent_panes_of(ours).find_map(|pane| observed.get(&pane.pane.id));
        (ours.record.project.clone(), status.map(|seen| seen.status))
    });
    known.collect()
}

/// What was kept, and how old it is in seconds.
fn kept(context: &Context) -> Option<(i64, Known)> {
    let text = std::fs::read_to_string(place(context)).ok()?;
    decoded(&text, context.clock.now())
}

/// Of a text that is too old, from the future, or not whole: nothing.
fn decoded(text: &str, now: i64) -> Option<(i64, Known)> {
    let mut lines = text.strip_suffix(END)?.lines();
    let age = now.checked_sub(lines.next()?.parse().ok()?)?;
    let known = |line: &str| {
        let (project, status) = line.split_once(' ')?;
        let status = match status {
            NO_AGENT => None,
            status => Some(STATUSES.into_iter().find(|known| known.as_str() == status)?),
        };
        Some((project.to_owned(), status))
    };
    let known: Known = lines.map(known).collect::<Option<_>>()?;
    (0..=SHOWN).contains(&age).then_some((age, known))
}

fn encoded(now: i64, known: &Known) -> String {
    let mut text = format!("{now}\n");
    for (project, status) in known {
        let status = status.map_or(NO_AGENT, AgentStatus::as_str);
        let _infallible = writeln!(text, "{project} {status}");
    }
    text.push_str(END);
    text
}

/// Where there is nothing to tell, nothing is kept. What can't be kept is looked at the next time.
fn keep(context: &Context, known: &Known) {
    if known.is_empty() {
        return;
    }
    let text = encoded(context.clock.now(), known);
    let _the_next_looks_again = replace_cache(&place(context), text.as_bytes());
}

fn place(context: &Context) -> PathBuf {
    let socket = paths::resolve(context.server.socket_path(), &context.environment);
    let name = format!("status-line-{}", hex_digest(socket.as_os_str().as_bytes(), 8));
    context.state_home.directory().join(name)
}

const STATUSES: [AgentStatus; 6] = [
    AgentStatus::Working,
    AgentStatus::Idle,
    AgentStatus::Waiting,
    AgentStatus::Starting,
    AgentStatus::Exited,
    AgentStatus::Unknown,
];

fn of(known: &Known, project: Option<&str>) -> String {
    let here = project.and_then(|project| known.get_key_value(project));
    let others = known.iter().filter(|(name, _)| Some(name.as_str()) != project);
    let others: Vec<AgentStatus> = others.filter_map(|(_, status)| *status).collect();
    line(here.map(|(name, status)| (name.as_str(), *status)), &others)
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

    fn known() -> Known {
        let one = |(project, status): (&str, _)| (project.to_owned(), status);
        [("todo", Some(AgentStatus::Waiting)), ("other", None)].map(one).into()
    }

    #[test]
    fn what_was_kept_is_shown_for_a_minute() {
        let text = encoded(1000, &known());
        for (now, age) in [(1000, 0), (1000 + FRESH, FRESH), (1000 + SHOWN, SHOWN)] {
            assert_eq!(decoded(&text, now), Some((age, known())), "{now}");
        }
        assert_eq!(decoded(&text, 1000 + SHOWN + 1), None, "too old");
        assert_eq!(decoded(&text, 999), None, "the clock went back");
        assert_eq!(decoded(&encoded(i64::MIN, &known()), i64::MAX), None);
    }

    #[test]
    fn what_is_damaged_is_looked_at_anew() {
        let text = encoded(1000, &known());
        for length in 0..text.len() {
            assert_eq!(decoded(&text[..length], 1000), None, "the first {length} bytes");
        }
        let zeroes = "\0".repeat(text.len());
        for damaged in [
            "end\n",
            "x\nend\n",
            "1000\ntodo\nend\n",
            "1000\ntodo asleep\nend\n",
            "1000\ntodo idle\nend\nmore\n",
            &zeroes,
        ] {
            assert_eq!(decoded(damaged, 1000), None, "{damaged:?}");
        }
    }

    #[test]
    fn what_was_kept_of_a_hostile_name_is_no_format_either() {
        let (_, known) = decoded("1000\n#(touch\u{a0}x)\x1b[2J idle\nend\n", 1000).unwrap();
        assert_eq!(
            of(&known, Some("#(touch\u{a0}x)\x1b[2J")),
            "#[bold]##(touch\u{a0}x)[2J#[nobold] #[fg=cyan]idle#[fg=default]"
        );
    }

    #[test]
    fn names_are_no_formats() {
        assert_eq!(escaped("a#(id)#[fg=red]\x1b"), "a##(id)##[fg=red]");
    }
}
