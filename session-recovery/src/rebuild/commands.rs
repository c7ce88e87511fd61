//! From a plan to tmux's commands: one group that makes the session and everything in it.
//!
//! The session's id isn't known before the call, so its parts are addressed through its exact name; nothing else can
//! have that name, because the first command of the group fails if it is taken, and ends the group.

use bstr::BString;
use tmux_core::{Command, ExactName, LayoutFault, NewSession, NewWindow, RowFormat, SplitWindow, Target};

use super::{PanePlan, Plan, WindowPlan};
use crate::ours::{AGENT_OPTION, ID_OPTION, PROJECT_OPTION, SESSION_VARIABLE};

/// `created` is printed with the session's id when the session has been made. It carries its project when everything in it
/// has been made.
pub(super) fn commands(plan: &Plan, name: &ExactName, created: &RowFormat) -> Result<Vec<Command>, LayoutFault> {
    let mut commands = Vec::new();
    for (n, window) in plan.windows.iter().enumerate() {
        let Some((first, others)) = window.panes.split_first() else {
            continue;
        };
        if n == 0 {
            commands.push(new_session(plan, window, first, created.format()));
            commands.push(Command::set_user_option(
                name.clone(),
                ID_OPTION,
                plan.id.as_str().into(),
            ));
            commands.extend(window.index.map(|index| Command::place_window(name, index)));
        } else {
            commands.push(new_window(window, first, name));
        }
        let target = window_target(name, window.index, n);
        commands.extend(mark(first, &target));
        for pane in others {
            commands.push(split(pane, &target));
            commands.extend(mark(pane, &target));
            // Plain splits of the last pane run out of room at the fifth.
            if window.panes.len() > 2 {
                commands.push(Command::select_layout_tiled(target.clone()));
            }
        }
        commands.extend(arrange(plan, window, name, n, &target)?);
    }
    commands.extend(select(plan, name));
    let project = plan.project.as_str().into();
    commands.push(Command::set_user_option(name.clone(), PROJECT_OPTION, project));
    Ok(commands)
}

/// The windows that shall be the last and the current one. Those without an index of their own are counted from the first,
/// which is the current one until then.
fn select(plan: &Plan, name: &ExactName) -> Vec<Command> {
    let last = plan.windows.iter().enumerate().filter(|(_, window)| window.last);
    let last = last.filter(|(_, window)| window.index.is_some());
    let active = plan.windows.iter().enumerate().filter(|(_, window)| window.active);
    last.chain(active)
        .filter(|(n, window)| window.index.is_some() || *n > 0)
        .map(|(n, window)| Command::select_window(window_target(name, window.index, n)))
        .collect()
}

fn new_session(plan: &Plan, window: &WindowPlan, pane: &PanePlan, print: String) -> Command {
    NewSession {
        name: plan.session_name.as_str().into(),
        window_name: window.name.clone(),
        directory: pane.directory.clone(),
        size: plan.size.map(|size| (size.width, size.height)),
        environment: plan
            .environment
            .iter()
            .cloned()
            .chain([(SESSION_VARIABLE.into(), plan.id.as_str().into())])
            .collect(),
        program: pane.program.clone(),
        print: Some(print),
        ..NewSession::default()
    }
    .command()
}

fn new_window(window: &WindowPlan, pane: &PanePlan, name: &ExactName) -> Command {
    NewWindow {
        name: window.name.clone(),
        directory: pane.directory.clone(),
        program: pane.program.clone(),
        ..NewWindow::at(match window.index {
            Some(index) => Target::NamedWindow(name.clone(), index),
            // The next free one.
            None => Target::Named(name.clone()),
        })
    }
    .command()
}

/// The new pane comes after the last one and becomes the active one, which the next split is of.
fn split(pane: &PanePlan, window: &Target) -> Command {
    SplitWindow {
        left_right: true,
        directory: pane.directory.clone(),
        program: pane.program.clone(),
        ..SplitWindow::of(window.clone())
    }
    .command()
}

/// Marks and title of the pane that was just made, which is the active one.
fn mark(pane: &PanePlan, window: &Target) -> Vec<Command> {
    let agent = pane
        .agent
        .iter()
        .map(|kind| Command::set_pane_user_option(window.clone(), AGENT_OPTION, BString::from(kind.as_str())));
    let title = pane
        .title
        .iter()
        .map(|title| Command::set_pane_title(window.clone(), title.clone()));
    agent.chain(title).collect()
}

fn arrange(
    plan: &Plan,
    window: &WindowPlan,
    name: &ExactName,
    n: usize,
    target: &Target,
) -> Result<Vec<Command>, LayoutFault> {
    let mut commands = Vec::new();
    let count = window.panes.len();
    let floats = window.layout.as_ref().is_some_and(|layout| !layout.floating.is_empty());
    if count > 1 {
        commands.push(match (&window.layout, &plan.tmux) {
            (Some(layout), Some(tmux)) if floats => {
                let tiled = count.saturating_sub(layout.floating.len());
                Command::select_layout_on(tmux, target.clone(), layout, tiled)?
            }
            (Some(layout), _) => Command::select_layout(target.clone(), layout, count)?,
            (None, _) => Command::select_layout_tiled(target.clone()),
        });
    }
    if let Some(size) = plan.resize {
        commands.push(Command::resize_window(target.clone(), size.width, size.height));
        // That alone would keep the size for ever, whoever looks at it.
        commands.push(Command::automatic_size(target.clone()));
    }
    // A layout with floating panes says itself which pane is the active one.
    if count > 1 && !floats {
        // The last pane is the active one; so many places after it, counted round, comes the one that shall be.
        let active = window.panes.iter().position(|pane| pane.active).unwrap_or(0);
        let places = active + 1;
        commands.push(Command::select_pane(match window.index {
            Some(_) => Target::NamedPaneAfterActive(name.clone(), window.index, places),
            None => Target::NamedPaneAfter(name.clone(), n, places),
        }));
    }
    if window.zoomed && count > 1 {
        commands.push(Command::toggle_zoom(target.clone()));
    }
    Ok(commands)
}

/// `n` is the window's place in the plan: without an index it is found by that.
fn window_target(name: &ExactName, index: Option<u32>, n: usize) -> Target {
    match index {
        Some(index) => Target::NamedWindow(name.clone(), index),
        None => Target::NamedWindowAfter(name.clone(), n),
    }
}
