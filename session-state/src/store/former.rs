//! What is in the place that a state is to take.

use super::{Damage, Loaded};
use crate::SessionState;

/// What is in the place now.
pub(super) enum Former {
    None,
    Good(Box<Loaded>),
    Damaged(Damage),
}

impl Former {
    /// Whether it must be written: the state differs in more than when and why it was saved, or the file isn't as tsm
    /// would have written it.
    pub(super) fn differs_from(&self, state: &SessionState) -> bool {
        match self {
            Self::Good(former) if former.notice.is_none() => {
                let timeless = |state: &SessionState| {
                    let mut state = comparable(state);
                    state.saved.at = 0;
                    state.saved.reason.clear();
                    state
                };
                timeless(&former.state) != timeless(state)
            }
            _ => true,
        }
    }
}

/// Unknown keys have no order.
pub(super) fn comparable(state: &SessionState) -> SessionState {
    let mut state = state.clone();
    state.unknown.sort_by(|a, b| a.key.cmp(&b.key));
    state
}
