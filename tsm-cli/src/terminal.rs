//! The terminal that tsm runs on.

use std::io::IsTerminal;

use rustix::termios::tcgetwinsize;
use session_ops::Context;
use session_ops::state::Size;

/// The size that a session gets when this terminal is attached; `None` if it can't be: no terminal, or one inside tmux.
pub(crate) fn attachable(context: &Context) -> Option<Size> {
    let (input, output) = (std::io::stdin(), rustix::stdio::stdout());
    if !input.is_terminal() || !output.is_terminal() || context.environment.inside.is_some() {
        return None;
    }
    let size = tcgetwinsize(output).ok()?;
    // The status line takes a row.
    let height = u32::from(size.ws_row).checked_sub(1).filter(|height| *height > 0)?;
    let width = Some(u32::from(size.ws_col)).filter(|width| *width > 0)?;
    Some(Size { width, height })
}

/// Whether somebody looks at a screen here and types.
pub(crate) fn is_a_screen() -> bool {
    std::io::stdin().is_terminal() && rustix::stdio::stdout().is_terminal()
}

/// Whether somebody is there to be asked.
pub(crate) fn can_ask() -> bool {
    std::io::stdin().is_terminal() && rustix::stdio::stderr().is_terminal()
}
