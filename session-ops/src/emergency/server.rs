//! The tmux server in an emergency: when it may be restarted, and how.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use session_lock::{ProcessIdentity, Signal};
use session_recovery::foreground::lineage;
use session_recovery::process_table::ProcessTable;
use tmux_core::Session;

use super::EmergencyRequest;
use crate::context::Context;
use crate::detect::ServerCondition;
use crate::detect::server::{condition, is_tmux};
use crate::end_processes::end_process;
use crate::error::Error;
use crate::live::Live;

/// How long a server may take to end, or to make its socket anew.
const GRACE: Duration = Duration::from_secs(3);

/// How often it is looked whether the socket is there.
const LOOK: Duration = Duration::from_millis(20);

/// Fails if the server doesn't answer and anything but panes of ours runs in it, or if it would be ended and this process
/// runs in it. By then nothing was changed.
pub(super) fn refuse_others(
    context: &Context,
    state: &ServerCondition,
    request: &EmergencyRequest,
) -> Result<(), Error> {
    let process = match state {
        ServerCondition::Hung(process) | ServerCondition::Skew(_, process) => process,
        ServerCondition::Unavailable(why) => {
            return Err(Error::OthersOnServer {
                others: vec![format!("tmux can't be asked: {why}")],
            });
        }
        ServerCondition::Answers(snapshot) if request.restart_server => {
            return refuse_within(snapshot.server.pid);
        }
        _ => return Ok(()),
    };
    if let Some(process) = process {
        refuse_within(process.pid)?;
    }
    if request.restart_server {
        return Ok(());
    }
    let Some(process) = process else {
        return Err(Error::OthersOnServer {
            others: vec!["its process can't be told".to_owned()],
        });
    };
    let ids = our_ids(context)?;
    let table = ProcessTable::read();
    let others: Vec<String> = table
        .children(process.pid)
        .filter(|child| !child.session.as_ref().is_some_and(|id| ids.contains(id)))
        .map(|child| format!("process {} ({})", child.pid, child.name))
        .collect();
    if others.is_empty() {
        Ok(())
    } else {
        Err(Error::OthersOnServer { others })
    }
}

/// What is above this process gets no signal of it.
fn refuse_within(server: u32) -> Result<(), Error> {
    if !lineage(std::process::id()).any(|above| above == server) {
        return Ok(());
    }
    Err(Error::OthersOnServer {
        others: vec!["tsm-recovery itself; run it from outside".to_owned()],
    })
}

/// The ids of all sessions that are recorded.
pub(super) fn our_ids(context: &Context) -> Result<BTreeSet<String>, Error> {
    let loaded = context
        .store
        .load_all()?
        .into_iter()
        .filter_map(|(_, loaded)| loaded.ok());
    Ok(loaded.filter_map(|loaded| loaded.state.id).collect())
}

/// Ends the server, so that the next session starts a new one: if it doesn't answer, if it holds nothing any more (all
/// that it held were ours), or if the user said so. Gives the sessions because of which it goes on.
///
/// A server that held nothing of ours needs no restart.
pub(super) fn restart(
    context: &Context,
    state: &ServerCondition,
    request: &EmergencyRequest,
    before: &Live,
    steps: &mut Vec<String>,
) -> Result<Vec<String>, Error> {
    let mut none = Vec::new();
    let process = match state {
        ServerCondition::Hung(process) | ServerCondition::Skew(_, process) => process.clone(),
        ServerCondition::Answers(_) => {
            let left = condition(context)?;
            let Some(snapshot) = left.snapshot() else {
                return Ok(none);
            };
            let names = |sessions: &mut dyn Iterator<Item = &Session>| -> Vec<String> {
                let mut names: Vec<String> = sessions.map(|session| session.name.to_string()).collect();
                names.sort();
                names
            };
            let is_ours = |session: &&Session| before.ours(session).is_some();
            let others = names(&mut snapshot.sessions.iter().filter(|session| !is_ours(session)));
            let all = names(&mut snapshot.sessions.iter());
            if !all.is_empty() && !request.restart_server {
                steps.push(format!("the tmux server goes on, because it holds {}", all.join(", ")));
                if before.all_ours().next().is_some() {
                    none = others;
                }
                return Ok(none);
            }
            before.server.as_ref().map(|server| server.process.clone())
        }
        _ => return Ok(none),
    };
    if let Some(process) = process.filter(|process| is_tmux(process.pid)) {
        let pid = process.pid;
        end_process(process, Signal::Term, GRACE)?;
        steps.push(format!("ended the tmux server, process {pid}"));
    }
    Ok(none)
}

/// Has a server make its socket anew, and waits until it answers.
pub(crate) fn revive(context: &Context, server: &ProcessIdentity) -> Result<(), Error> {
    let Some(process) = server.open()?.filter(|_| is_tmux(server.pid)) else {
        return Ok(());
    };
    process.signal(Signal::Usr1)?;
    let deadline = Instant::now() + GRACE;
    while Instant::now() < deadline {
        if context.snapshot()?.is_some() || process.wait_exit(LOOK)? {
            return Ok(());
        }
    }
    Err(tmux_core::Error::NoServer {
        socket: context.server.socket_path().to_owned(),
    }
    .into())
}
