//! What a control client asks for when it attaches.

use std::time::Duration;

/// The client flags of `attach-session -f`. tmux passes over flags that it doesn't know; `#{client_flags}` tells what it
/// took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientFlags {
    /// `no-output`: no `%output`. The only safe way to be spared it: `refresh-client -A %n:off` kills servers below 3.7.
    pub no_output: bool,
    /// `ignore-size`: this client has no say in the size of windows.
    pub ignore_size: bool,
    /// `pause-after`: panes are paused when this client is so far behind, in whole seconds, instead of it being dropped
    /// after five minutes.
    pub pause_after: Option<Duration>,
    /// `read-only`. No sandbox: up to 3.7c changing commands still work.
    pub read_only: bool,
    /// `no-detach-on-destroy` (3.6): goes on with another session when this one ends.
    pub no_detach_on_destroy: bool,
    /// `new-layouts` (3.8): layouts as JSON, with floating panes.
    pub new_layouts: bool,
}

impl Default for ClientFlags {
    /// A client that only listens: no output, no say in sizes.
    fn default() -> Self {
        Self {
            no_output: true,
            ignore_size: true,
            pause_after: None,
            read_only: false,
            no_detach_on_destroy: false,
            new_layouts: false,
        }
    }
}

impl ClientFlags {
    /// The value of `-f`.
    pub fn to_argument(&self) -> String {
        let pause = self.pause_after.map(|after| format!("pause-after={}", after.as_secs()));
        let flag = |wanted: bool, name: &str| wanted.then(|| name.to_owned());
        let flags = [
            flag(self.no_output, "no-output"),
            flag(self.ignore_size, "ignore-size"),
            pause,
            flag(self.read_only, "read-only"),
            flag(self.no_detach_on_destroy, "no-detach-on-destroy"),
            flag(self.new_layouts, "new-layouts"),
        ];
        flags.into_iter().flatten().collect::<Vec<_>>().join(",")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_are_written_as_tmux_reads_them() {
        assert_eq!(ClientFlags::default().to_argument(), "no-output,ignore-size");
        let flags = ClientFlags {
            no_output: false,
            pause_after: Some(Duration::from_secs(5)),
            ..ClientFlags::default()
        };
        assert_eq!(flags.to_argument(), "ignore-size,pause-after=5");
    }
}
