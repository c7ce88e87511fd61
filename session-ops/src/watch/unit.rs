//! A systemd user unit that lets the watcher run.

use crate::context::Context;
use crate::error::Error;
use crate::unit::{environment_lines, program};

/// The text of the unit. Directories and the server that aren't the defaults are written into it.
///
/// # Errors
///
/// [`Error::Start`] if there is no `tsm` to run.
pub fn unit(context: &Context) -> Result<String, Error> {
    let tsm = program(context)?;
    let environment = environment_lines(context);
    Ok(format!(
        "# Save as ~/.config/systemd/user/tsm-watch.service, then:\n\
         #     systemctl --user daemon-reload\n\
         #     systemctl --user enable --now tsm-watch.service\n\
         #     loginctl enable-linger\n\
         # The last one lets it live on when you log out.\n\
         [Unit]\n\
         Description=Save the sessions of tsm when they change\n\
         # It saves while the sessions are brought back, too.\n\
         After=tsm-restore.service\n\
         \n\
         [Service]\n\
         Type=exec\n\
         {environment}\
         ExecStart={tsm} watch\n\
         # It saves what has changed before it ends.\n\
         TimeoutStopSec=60\n\
         Restart=on-failure\n\
         RestartSec=10\n\
         Nice=5\n\
         UMask=0077\n\
         NoNewPrivileges=yes\n\
         \n\
         [Install]\n\
         WantedBy=default.target\n"
    ))
}
