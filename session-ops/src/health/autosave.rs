//! Whether anything saves by itself: where peers fail without a word.

use super::{Check, Scene};
use crate::autosave::{self, Hooks};

pub(super) fn running(scene: &Scene<'_>) -> Vec<Check> {
    const NAME: &str = "autosave";
    let context = scene.context;
    if let Some(watcher) = autosave::watcher(context) {
        return vec![Check::ok(NAME, format!("watched by process {watcher}"))];
    }
    if scene.condition.snapshot().is_none() {
        return vec![Check::ok(NAME, "nothing to save")];
    }
    let turn_on = "`tsm autosave on`";
    vec![match autosave::hooks(context) {
        Ok(Hooks::Installed) => Check::ok(
            NAME,
            "by hooks: windows and panes, not directories; `tsm watch --unit` shows how to have all",
        ),
        Ok(Hooks::Other) => Check::warning(NAME, "its hooks are of another tsm, or not all there", turn_on),
        Ok(Hooks::Absent) => Check::warning(
            NAME,
            "it isn't running: what changes is saved only when a verb of tsm's does it",
            turn_on,
        ),
        Err(error) => Check::warning(NAME, format!("it can't be told: {error}"), turn_on),
    }]
}
