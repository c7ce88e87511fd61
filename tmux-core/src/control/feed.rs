//! A change feed for the whole server.
//!
//! Control mode doesn't say that a pane appeared or ended, and tells layouts of the attached session only. A subscription
//! whose format loops over all sessions does: tmux evaluates it once a second and sends a line when the value changed
//! (at most 0.3 % of a core at 100 sessions). It holds ids, numbers, flags and layouts only: a value with a line feed, such
//! as a name may have, would write lines into the protocol.

use bstr::{BStr, BString, ByteSlice};

use crate::{Arg, Command, PaneId, SessionId, WindowId};

/// The structure of a server at one moment: ids and numbers, no names.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Feed {
    /// The sessions in tmux's order, by name.
    pub sessions: Vec<FeedSession>,
}

/// A session in a [`Feed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedSession {
    /// `#{session_id}`.
    pub id: SessionId,
    /// `#{session_attached}`: how many clients show it, this one included.
    pub attached: u32,
    /// Its windows in index order.
    pub windows: Vec<FeedWindow>,
}

/// A window in a [`Feed`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FeedWindow {
    /// `#{window_id}`.
    pub id: WindowId,
    /// `#{window_active}`: whether it is the session's current one.
    pub active: bool,
    /// `#{window_zoomed_flag}`.
    pub zoomed: bool,
    /// `#{window_layout}`.
    pub layout: BString,
    /// Its panes in index order.
    pub panes: Vec<FeedPane>,
}

/// A pane in a [`Feed`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FeedPane {
    /// `#{pane_id}`.
    pub id: PaneId,
    /// `#{pane_pid}`; 0 where there is none.
    pub pid: u32,
    /// `#{pane_dead}`: its program has ended and it was kept.
    pub dead: bool,
    /// `#{pane_active}`: whether it is the window's active one.
    pub active: bool,
    /// `#{pane_in_mode}`.
    pub in_mode: bool,
}

/// A difference of two [`Feed`]s.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// A session appeared.
    SessionAdded(SessionId),
    /// A session is gone.
    SessionGone(SessionId),
    /// Clients came to or left a session.
    AttachedChanged(SessionId),
    /// A window appeared, anywhere.
    WindowAdded(WindowId),
    /// A window is gone.
    WindowGone(WindowId),
    /// A window's layout, zoom or place is another.
    WindowChanged(WindowId),
    /// A pane appeared, anywhere.
    PaneAdded(PaneId),
    /// A pane is gone.
    PaneGone(PaneId),
    /// A pane's program ended and the pane was kept, or another program runs in it, or it is (no longer) the active one or
    /// in a mode.
    PaneChanged(PaneId),
}

/// A value that isn't a feed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a feed: {part:?}")]
pub struct InvalidFeed {
    /// What can't be read.
    pub part: BString,
}

const FORMAT: &str = "#{S:#{session_id}:#{session_attached}\
    #{W: #{window_id}:#{window_active}:#{window_zoomed_flag}:#{window_layout}\
    #{P: #{pane_id}:#{pane_pid}:#{pane_dead}:#{pane_active}:#{pane_in_mode}}};}";

impl Feed {
    pub(super) const NAME: &'static str = "tmux-core-feed";

    pub(super) fn subscribe() -> Command {
        let value = format!("{}::{FORMAT}", Self::NAME);
        Command::new("refresh-client").option("-B", Arg::Format(value.into()))
    }

    pub(super) fn unsubscribe() -> Command {
        Command::new("refresh-client").option("-B", Arg::Plain(Self::NAME.into()))
    }

    /// Reads a value of the subscription.
    ///
    /// # Errors
    ///
    /// [`InvalidFeed`].
    pub fn parse(value: &[u8]) -> Result<Self, InvalidFeed> {
        let mut sessions = Vec::new();
        for text in value.split_str(";").filter(|text| !text.is_empty()) {
            sessions.push(session(text)?);
        }
        Ok(Self { sessions })
    }

    /// What is another than in an earlier feed of the same server.
    pub fn changes_since(&self, earlier: &Self) -> Vec<Change> {
        let mut changes = Vec::new();
        for session in &self.sessions {
            match earlier.sessions.iter().find(|old| old.id == session.id) {
                None => changes.push(Change::SessionAdded(session.id)),
                Some(old) if old.attached != session.attached => changes.push(Change::AttachedChanged(session.id)),
                Some(_) => {}
            }
        }
        let gone = |old: &&FeedSession| !self.sessions.iter().any(|session| session.id == old.id);
        changes.extend(
            earlier
                .sessions
                .iter()
                .filter(gone)
                .map(|old| Change::SessionGone(old.id)),
        );
        let (before, now) = (earlier.windows(), self.windows());
        compare(
            &before,
            &now,
            |window| window.id,
            |old, new| (old.active, old.zoomed, &old.layout) == (new.active, new.zoomed, &new.layout),
            [Change::WindowAdded, Change::WindowGone, Change::WindowChanged],
            &mut changes,
        );
        let panes = |windows: &[&FeedWindow]| {
            windows
                .iter()
                .flat_map(|window| window.panes.clone())
                .collect::<Vec<_>>()
        };
        let (before, now) = (panes(&before), panes(&now));
        compare(
            &before.iter().collect::<Vec<_>>(),
            &now.iter().collect::<Vec<_>>(),
            |pane| pane.id,
            |old, new| old == new,
            [Change::PaneAdded, Change::PaneGone, Change::PaneChanged],
            &mut changes,
        );
        changes
    }

    /// Each window once, also if it is linked into several sessions.
    fn windows(&self) -> Vec<&FeedWindow> {
        let mut windows: Vec<&FeedWindow> = self.sessions.iter().flat_map(|session| &session.windows).collect();
        windows.sort_by_key(|window| window.id);
        windows.dedup_by_key(|window| window.id);
        windows
    }
}

fn compare<T, Id: Ord + Copy>(
    before: &[&T],
    now: &[&T],
    id: impl Fn(&T) -> Id,
    same: impl Fn(&T, &T) -> bool,
    [added, gone, changed]: [fn(Id) -> Change; 3],
    changes: &mut Vec<Change>,
) {
    let index = |items: &[&T]| -> std::collections::BTreeMap<Id, usize> {
        items.iter().enumerate().map(|(n, item)| (id(item), n)).collect()
    };
    let old = index(before);
    let new = index(now);
    for item in now {
        match old.get(&id(item)).and_then(|n| before.get(*n)) {
            None => changes.push(added(id(item))),
            Some(earlier) if !same(earlier, item) => changes.push(changed(id(item))),
            Some(_) => {}
        }
    }
    changes.extend(old.keys().filter(|key| !new.contains_key(key)).map(|key| gone(*key)));
}

fn session(text: &[u8]) -> Result<FeedSession, InvalidFeed> {
    let mut words = text.split_str(" ");
    let head = words.next().unwrap_or_default();
    let mut parts = Parts::of(head);
    let mut session = FeedSession {
        id: parts.read(|part| SessionId::parse(part).ok())?,
        attached: parts.number()?,
        windows: Vec::new(),
    };
    for word in words {
        let mut parts = Parts::of(word);
        if word.starts_with(b"@") {
            session.windows.push(FeedWindow {
                id: parts.read(|part| WindowId::parse(part).ok())?,
                active: parts.number::<u32>()? != 0,
                zoomed: parts.number::<u32>()? != 0,
                layout: parts.rest.into(),
                panes: Vec::new(),
            });
        } else {
            let pane = FeedPane {
                id: parts.read(|part| PaneId::parse(part).ok())?,
                pid: parts.number()?,
                dead: parts.number::<u32>()? != 0,
                active: parts.number::<u32>()? != 0,
                in_mode: parts.number::<u32>()? != 0,
            };
            let window = session.windows.last_mut().ok_or_else(|| invalid(word))?;
            window.panes.push(pane);
        }
    }
    Ok(session)
}

fn invalid(part: &[u8]) -> InvalidFeed {
    InvalidFeed { part: part.into() }
}

struct Parts<'a> {
    whole: &'a [u8],
    rest: &'a BStr,
}

impl<'a> Parts<'a> {
    fn of(whole: &'a [u8]) -> Self {
        Self {
            whole,
            rest: whole.as_bstr(),
        }
    }

    fn read<T>(&mut self, parse: impl FnOnce(&[u8]) -> Option<T>) -> Result<T, InvalidFeed> {
        let (part, rest) = self.rest.split_once_str(":").unwrap_or((self.rest, b""));
        self.rest = rest.as_bstr();
        parse(part).ok_or_else(|| invalid(self.whole))
    }

    /// An empty part is 0: a pane without a program has no pid.
    fn number<T: std::str::FromStr + Default>(&mut self) -> Result<T, InvalidFeed> {
        self.read(|part| match part {
            b"" => Some(T::default()),
            part => part.to_str().ok()?.parse().ok(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEFORE: &[u8] = b"$0:1 @0:1:0:b25d,80x24,0,0,0 %0:10:0:1:0;$3:0 @4:1:0:aaaa,80x24,0,0{40x24,0,0,7,39x24,41,0,8} %7:11:0:1:0 %8:12:0:0:0;";

    #[test]
    fn reads_what_tmux_sends() {
        let feed = Feed::parse(BEFORE).expect("a feed");
        assert_eq!(feed.sessions.len(), 2);
        assert_eq!(feed.sessions[1].windows[0].panes[1].id, PaneId(8));
        assert_eq!(
            feed.sessions[1].windows[0].layout,
            "aaaa,80x24,0,0{40x24,0,0,7,39x24,41,0,8}"
        );
        assert_eq!(Feed::parse(b"").expect("a feed"), Feed::default());
        for text in ["x", "$0", "$0:x", "$0:1 %0:1:0:1:0", "$0:1 @0:1:0:l %x"] {
            assert!(text == "$0" || Feed::parse(text.as_bytes()).is_err(), "{text}");
        }
    }

    #[test]
    fn tells_what_changed_anywhere() {
        let before = Feed::parse(BEFORE).expect("a feed");
        let now = Feed::parse(
            b"$0:2 @0:1:0:b25d,80x24,0,0,0 %0:10:0:1:0;$5:0 @4:1:0:bbbb,80x24,0,0,8 %8:12:1:1:0 %9:0:0:0:0;",
        )
        .expect("a feed");
        assert_eq!(
            now.changes_since(&before),
            [
                Change::AttachedChanged(SessionId(0)),
                Change::SessionAdded(SessionId(5)),
                Change::SessionGone(SessionId(3)),
                Change::WindowChanged(WindowId(4)),
                Change::PaneChanged(PaneId(8)),
                Change::PaneAdded(PaneId(9)),
                Change::PaneGone(PaneId(7)),
            ]
        );
        assert_eq!(now.changes_since(&now), []);
    }
}
