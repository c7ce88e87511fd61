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
            Self::Good(former) if former.notice.is_none() => !is_same(&former.state, &as_of(&former.state, state)),
            _ => true,
        }
    }

    /// The state with the former's time, if that is sound and `same` says that it is the same.
    pub(super) fn amended(
        &self,
        state: &SessionState,
        same: impl Fn(&SessionState, &SessionState) -> bool,
    ) -> Option<SessionState> {
        match self {
            Self::Good(former) if former.notice.is_none() && same(&former.state, state) => {
                Some(as_of(&former.state, state))
            }
            _ => None,
        }
    }
}

/// Whether they say the same. Unknown keys have no order.
pub(super) fn is_same(one: &SessionState, other: &SessionState) -> bool {
    if one.unknown == other.unknown {
        return one == other;
    }
    let sorted = |state: &SessionState| {
        let mut state = state.clone();
        state.unknown.sort_by(|a, b| a.key.cmp(&b.key));
        state
    };
    sorted(one) == sorted(other)
}

/// The state with the former's time and reason.
fn as_of(former: &SessionState, state: &SessionState) -> SessionState {
    let mut state = state.clone();
    state.saved.at = former.saved.at;
    state.saved.reason.clone_from(&former.saved.reason);
    state
}
