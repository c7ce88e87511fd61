//! `tsm agent-event`, which agents' hooks call.

use std::process::ExitCode;

use session_ops::agent_event::agent_event;
use session_ops::config::env::Environment;

use crate::args::AgentEvent;
use crate::output;

/// Prints nothing and always succeeds: what a hook prints goes into the conversation, and a failure stops the agent.
pub(crate) fn run(args: &AgentEvent, environment: &Environment) -> ExitCode {
    let _lost = output::with_pipes(|input, _output| agent_event(&args.record, input, environment));
    ExitCode::SUCCESS
}
