//! What control mode tells without being asked.
//!
//! Notifications are hints, not a log: one kill can give the same line three times, and no line says that a pane appeared
//! or ended. Look anew at what they name.

use bstr::{BString, ByteSlice};

use crate::{PaneId, SessionId, WindowId};

/// A line that begins with `%`, of tmux 3.2a to 3.8. Names go to the end of their line, as tmux stores them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notification {
    /// `%output`: a pane of a window in the attached session printed this; `%extended-output` if the client asked to be
    /// paused, with the milliseconds it is behind.
    Output {
        /// The pane.
        pane: PaneId,
        /// How old it is, in milliseconds, where tmux says so.
        age: Option<u64>,
        /// The bytes, unescaped; cut anywhere, also inside characters.
        data: BString,
    },
    /// `%pause`: output of this pane is held back.
    Pause {
        /// The pane.
        pane: PaneId,
    },
    /// `%continue`: output of this pane goes on.
    Continue {
        /// The pane.
        pane: PaneId,
    },
    /// `%layout-change`: a window of the attached session.
    LayoutChange {
        /// The window.
        window: WindowId,
        /// `#{window_layout}`.
        layout: BString,
        /// `#{window_visible_layout}`: as shown, zoomed or not.
        visible_layout: BString,
        /// `#{window_raw_flags}`, for example `*Z`.
        flags: BString,
    },
    /// `%session-changed`: this client shows another session.
    SessionChanged {
        /// The session.
        session: SessionId,
        /// Its name.
        name: BString,
    },
    /// `%client-session-changed`: another client shows another session. A client's name may hold blanks, so the line isn't
    /// split further where that isn't certain.
    ClientSessionChanged {
        /// The client.
        client: BString,
        /// The session.
        session: SessionId,
        /// Its name.
        name: BString,
    },
    /// `%client-detached`: another client left.
    ClientDetached {
        /// The client.
        client: BString,
    },
    /// `%session-renamed`.
    SessionRenamed {
        /// The session.
        session: SessionId,
        /// Its new name.
        name: BString,
    },
    /// `%sessions-changed`: a session came or went.
    SessionsChanged,
    /// `%session-window-changed`: the current window of any session.
    SessionWindowChanged {
        /// The session.
        session: SessionId,
        /// Its current window.
        window: WindowId,
    },
    /// `%window-pane-changed`: the active pane of any window.
    WindowPaneChanged {
        /// The window.
        window: WindowId,
        /// Its active pane.
        pane: PaneId,
    },
    /// `%pane-mode-changed`: any pane entered or left a mode.
    PaneModeChanged {
        /// The pane.
        pane: PaneId,
    },
    /// `%window-add`: linked to the attached session.
    WindowAdd {
        /// The window.
        window: WindowId,
    },
    /// `%window-close`: in the attached session.
    WindowClose {
        /// The window.
        window: WindowId,
    },
    /// `%window-renamed`: in the attached session.
    WindowRenamed {
        /// The window.
        window: WindowId,
        /// Its new name.
        name: BString,
    },
    /// `%unlinked-window-add`: elsewhere.
    UnlinkedWindowAdd {
        /// The window.
        window: WindowId,
    },
    /// `%unlinked-window-close`: elsewhere.
    UnlinkedWindowClose {
        /// The window.
        window: WindowId,
    },
    /// `%unlinked-window-renamed`: elsewhere.
    UnlinkedWindowRenamed {
        /// The window.
        window: WindowId,
        /// Its new name.
        name: BString,
    },
    /// `%subscription-changed`: the value of a subscription.
    SubscriptionChanged {
        /// The subscription's name.
        name: BString,
        /// The session, where one applies.
        session: Option<SessionId>,
        /// The window, where one applies.
        window: Option<WindowId>,
        /// Its index, where one applies.
        window_index: Option<u32>,
        /// The pane, where one applies.
        pane: Option<PaneId>,
        /// The value.
        value: BString,
    },
    /// `%config-error` (3.4).
    ConfigError {
        /// tmux's words.
        text: BString,
    },
    /// `%message` (3.4): what a terminal would show in its status line.
    Message {
        /// tmux's words.
        text: BString,
    },
    /// `%paste-buffer-changed` (3.4).
    PasteBufferChanged {
        /// The buffer.
        name: BString,
    },
    /// `%paste-buffer-deleted` (3.4); overwriting a buffer gives this and then the other.
    PasteBufferDeleted {
        /// The buffer.
        name: BString,
    },
    /// `%exit`: the client ends. Printed by the `tmux` program, so never over a passed descriptor.
    Exit {
        /// Why, for example `detached (from session x)` or `too far behind`.
        reason: Option<BString>,
    },
    /// A line of a name that isn't known, or not of the form that its name has.
    Other {
        /// The whole line.
        line: BString,
    },
}

impl Notification {
    /// Reads a line without its end; `None` if it doesn't begin with `%` and a letter.
    pub fn parse(line: &[u8]) -> Option<Self> {
        match line {
            [b'%', b'a'..=b'z', ..] => Some(known(line).unwrap_or_else(|| Self::Other { line: line.into() })),
            _ => None,
        }
    }
}

fn known(line: &[u8]) -> Option<Notification> {
    let (name, rest) = match line.split_once_str(" ") {
        Some((name, rest)) => (name, Words(rest)),
        None => (line, Words(b"")),
    };
    let mut words = rest;
    Some(match name {
        b"%output" => Notification::Output {
            pane: words.pane()?,
            age: None,
            data: unescape(words.rest()),
        },
        b"%extended-output" => {
            let pane = words.pane()?;
            // Words that later versions may add stand before the colon.
            let (head, data) = words.rest().split_once_str(" : ")?;
            let age = head.split_str(" ").next()?.to_str().ok()?.parse().ok()?;
            Notification::Output {
                pane,
                age: Some(age),
                data: unescape(data),
            }
        }
        b"%pause" => Notification::Pause { pane: words.pane()? },
        b"%continue" => Notification::Continue { pane: words.pane()? },
        b"%layout-change" => Notification::LayoutChange {
            window: words.window()?,
            layout: words.next().into(),
            visible_layout: words.next().into(),
            flags: words.rest().into(),
        },
        b"%session-changed" => Notification::SessionChanged {
            session: words.session()?,
            name: words.rest().into(),
        },
        b"%client-session-changed" => Notification::ClientSessionChanged {
            client: words.next().into(),
            session: words.session()?,
            name: words.rest().into(),
        },
        b"%client-detached" => Notification::ClientDetached {
            client: words.rest().into(),
        },
        b"%session-renamed" => Notification::SessionRenamed {
            session: words.session()?,
            name: words.rest().into(),
        },
        b"%sessions-changed" => Notification::SessionsChanged,
        b"%session-window-changed" => Notification::SessionWindowChanged {
            session: words.session()?,
            window: words.window()?,
        },
        b"%window-pane-changed" => Notification::WindowPaneChanged {
            window: words.window()?,
            pane: words.pane()?,
        },
        b"%pane-mode-changed" => Notification::PaneModeChanged { pane: words.pane()? },
        b"%window-add" => Notification::WindowAdd {
            window: words.window()?,
        },
        b"%window-close" => Notification::WindowClose {
            window: words.window()?,
        },
        b"%window-renamed" => Notification::WindowRenamed {
            window: words.window()?,
            name: words.rest().into(),
        },
        b"%unlinked-window-add" => Notification::UnlinkedWindowAdd {
            window: words.window()?,
        },
        b"%unlinked-window-close" => Notification::UnlinkedWindowClose {
            window: words.window()?,
        },
        b"%unlinked-window-renamed" => Notification::UnlinkedWindowRenamed {
            window: words.window()?,
            name: words.rest().into(),
        },
        b"%subscription-changed" => subscription(words)?,
        b"%config-error" => Notification::ConfigError {
            text: words.rest().into(),
        },
        b"%message" => Notification::Message {
            text: words.rest().into(),
        },
        b"%paste-buffer-changed" => Notification::PasteBufferChanged {
            name: words.rest().into(),
        },
        b"%paste-buffer-deleted" => Notification::PasteBufferDeleted {
            name: words.rest().into(),
        },
        b"%exit" => Notification::Exit {
            reason: (!words.0.is_empty()).then(|| words.rest().into()),
        },
        _ => return None,
    })
}

/// `name $session @window index %pane : value`, `-` for what doesn't apply.
fn subscription(words: Words<'_>) -> Option<Notification> {
    let (head, value) = match words.0.split_once_str(" : ") {
        Some(parts) => parts,
        None => (words.0.strip_suffix(b" :")?, b"".as_slice()),
    };
    let mut words = Words(head);
    let name = words.next().into();
    let (session, window, index, pane) = (words.next(), words.next(), words.next(), words.next());
    Some(Notification::SubscriptionChanged {
        name,
        session: SessionId::parse(session).ok(),
        window: WindowId::parse(window).ok(),
        window_index: index.to_str().ok().and_then(|index| index.parse().ok()),
        pane: PaneId::parse(pane).ok(),
        value: value.into(),
    })
}

struct Words<'a>(&'a [u8]);

impl<'a> Words<'a> {
    fn next(&mut self) -> &'a [u8] {
        let (word, rest) = self.0.split_once_str(" ").unwrap_or((self.0, b""));
        self.0 = rest;
        word
    }

    fn rest(&self) -> &'a [u8] {
        self.0
    }

    fn session(&mut self) -> Option<SessionId> {
        SessionId::parse(self.next()).ok()
    }

    fn window(&mut self) -> Option<WindowId> {
        WindowId::parse(self.next()).ok()
    }

    fn pane(&mut self) -> Option<PaneId> {
        PaneId::parse(self.next()).ok()
    }
}

/// Bytes below 0x20 and the backslash come as `\ooo`, all others as they are.
fn unescape(text: &[u8]) -> BString {
    let mut data = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', after @ ..]) => {
                data.push((a - b'0') * 64 + (b - b'0') * 8 + (c - b'0'));
                rest = after;
            }
            _ => {
                data.push(*first);
                rest = after;
            }
        }
    }
    data.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(line: &str) -> Notification {
        Notification::parse(line.as_bytes()).expect("a notification")
    }

    #[test]
    fn every_notification_of_3_2a_to_3_8_is_known() {
        for line in [
            "%output %1 x",
            "%extended-output %1 12 : x",
            "%pause %1",
            "%continue %1",
            "%layout-change @1 b25d,80x24,0,0,0 b25d,80x24,0,0,0 *Z",
            "%layout-change @1 b25d,80x24,0,0,0 b25d,80x24,0,0,0 ",
            "%session-changed $1 a b",
            "%client-session-changed /dev/pts/1 $1 a b",
            "%client-detached /dev/pts/1",
            "%session-renamed $1 a b",
            "%sessions-changed",
            "%session-window-changed $1 @1",
            "%window-pane-changed @1 %1",
            "%pane-mode-changed %1",
            "%window-add @1",
            "%window-close @1",
            "%window-renamed @1 a b",
            "%unlinked-window-add @1",
            "%unlinked-window-close @1",
            "%unlinked-window-renamed @1 a b",
            "%subscription-changed n $1 @1 1 %1 : v",
            "%subscription-changed n $1 - - - : v",
            "%config-error x",
            "%message x",
            "%paste-buffer-changed b",
            "%paste-buffer-deleted b",
            "%exit",
            "%exit too far behind",
        ] {
            assert!(!matches!(parse(line), Notification::Other { .. }), "{line}");
        }
        assert!(matches!(parse("%window-add 1"), Notification::Other { .. }));
        assert_eq!(Notification::parse(b"%1"), None);
        assert_eq!(Notification::parse(b"x"), None);
    }

    #[test]
    fn output_is_unescaped_and_keeps_every_byte() {
        let line = b"%output %3 a\\015\\012\\134\\000\xff\\9z\\".as_slice();
        let Some(Notification::Output { pane, data, .. }) = Notification::parse(line) else {
            panic!("no output");
        };
        assert_eq!((pane, data), (PaneId(3), b"a\r\n\\\0\xff\\9z\\".into()));
        assert_eq!(
            parse("%extended-output %3 250 later words : x : y"),
            Notification::Output {
                pane: PaneId(3),
                age: Some(250),
                data: "x : y".into()
            }
        );
    }

    #[test]
    fn a_subscription_says_what_it_is_about() {
        assert_eq!(
            parse("%subscription-changed feed $0 - - - : a b : c"),
            Notification::SubscriptionChanged {
                name: "feed".into(),
                session: Some(SessionId(0)),
                window: None,
                window_index: None,
                pane: None,
                value: "a b : c".into()
            }
        );
    }
}
