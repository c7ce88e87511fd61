//! Arguments of the verbs that only tsm calls.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::Args as ClapArgs;

#[derive(Debug, ClapArgs)]
pub(crate) struct PaneRun {
    #[arg(long)]
    pub(crate) record: Option<PathBuf>,
    #[arg(long, default_value = "program")]
    pub(crate) kind: String,
    #[arg(long, default_value = "")]
    pub(crate) project: String,
    #[arg(long)]
    pub(crate) conversation: Option<String>,
    #[arg(long, conflicts_with = "record")]
    pub(crate) line: Option<OsString>,
    #[arg(last = true, required_unless_present = "line")]
    pub(crate) program: Vec<OsString>,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct AgentEvent {
    #[arg(long)]
    pub(crate) record: PathBuf,
}

#[derive(Debug, ClapArgs)]
pub(crate) struct EndSession {
    #[arg(long)]
    pub(crate) project: String,
    #[arg(long, value_parser = session_ops::hand_over::parse_session)]
    pub(crate) session: session_ops::hand_over::SessionId,
    #[arg(long)]
    pub(crate) id: String,
    #[arg(long)]
    pub(crate) epoch: String,
    #[arg(long)]
    pub(crate) verb: String,
    #[arg(long)]
    pub(crate) timeout_ms: u64,
    #[arg(long)]
    pub(crate) after_pid: u32,
    #[arg(long)]
    pub(crate) after_start_time: u64,
    #[arg(long, value_parser = session_ops::hand_over::parse_session)]
    pub(crate) then_rename: Option<session_ops::hand_over::SessionId>,
    #[arg(long)]
    pub(crate) tell: Option<OsString>,
    #[arg(long)]
    pub(crate) unless_running: bool,
}
