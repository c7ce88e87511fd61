//! Options of a rebuilt session and its windows. They are set one by one when everything stands: none that this tmux
//! doesn't know keeps the others from being set, or the session from being built.

use std::collections::BTreeMap;

use bstr::{BString, ByteSlice};
use session_state::SessionState;
use tmux_core::{Batch, Command, CommandResult, Error, OptionName, OptionScope, OptionValue, Server, Session};

use super::Plan;

/// An option of a session or of one of its windows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlannedOption {
    /// The place of the window in the plan; `None` is the session.
    pub window: Option<usize>,
    /// Its name.
    pub name: BString,
    /// Its value.
    pub value: BString,
}

/// An option that wasn't set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedOption {
    /// Which.
    pub option: PlannedOption,
    /// What tmux said.
    pub why: String,
}

/// Sets the options of a plan on the session that was built from it, and tells which tmux didn't take. Without any, tmux
/// isn't asked.
///
/// # Errors
///
/// Only if the call as a whole didn't come through.
pub fn set_options(server: &Server, plan: &Plan, session: &Session) -> Result<Vec<RefusedOption>, Error> {
    let mut batch = Batch::go_on();
    let mut sent = Vec::new();
    let mut refused = Vec::new();
    for option in &plan.options {
        match command(option, session) {
            Some(command) => {
                batch.push(command);
                sent.push(option);
            }
            None => refused.push(RefusedOption {
                option: option.clone(),
                why: "there is no such option or window".to_owned(),
            }),
        }
    }
    if sent.is_empty() {
        return Ok(refused);
    }
    let results = server.run_batch(&batch)?;
    for (option, result) in sent.into_iter().zip(results) {
        if let CommandResult::Failed(error) = result {
            refused.push(RefusedOption {
                option: option.clone(),
                why: error.to_string(),
            });
        }
    }
    Ok(refused)
}

/// The options as a record keeps them: those of a window with its index and a colon before their names.
pub fn recorded_options(options: &[PlannedOption], session: &Session) -> BTreeMap<BString, BString> {
    let name = |option: &PlannedOption| match option.window {
        None => Some(option.name.clone()),
        Some(place) => {
            let index = session.windows.get(place)?.index;
            Some(format!("{index}:{}", option.name).into())
        }
    };
    let named = options
        .iter()
        .filter_map(|option| Some((name(option)?, option.value.clone())));
    named.collect()
}

/// The options of a record, for a plan that has its windows in their order.
pub(super) fn planned_options(record: &SessionState) -> Vec<PlannedOption> {
    let planned = |(name, value): (&BString, &BString)| {
        let (window, name) = match name.split_once_str(":") {
            None => (None, name.as_bstr()),
            Some((index, name)) => {
                let index: u32 = index.to_str().ok()?.parse().ok()?;
                let place = record.windows.iter().position(|window| window.index == index)?;
                (Some(place), name.as_bstr())
            }
        };
        Some(PlannedOption {
            window,
            name: name.to_owned(),
            value: value.clone(),
        })
    };
    record.options.iter().filter_map(planned).collect()
}

fn command(option: &PlannedOption, session: &Session) -> Option<Command> {
    let name = OptionName::new(option.name.to_str().ok()?)?;
    let scope = match option.window {
        None => OptionScope::Session(session.id.into()),
        Some(place) => OptionScope::Window(session.windows.get(place)?.window.id.into()),
    };
    Some(Command::set_option(
        scope,
        &name,
        OptionValue::Set(option.value.clone()),
    ))
}
