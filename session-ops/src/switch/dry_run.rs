//! What a switch would do.

use super::{LeftOutcome, SwitchOutcome, SwitchRequest, left};
use crate::config::Leave;
use crate::context::Context;
use crate::guard;
use crate::leave::Leaving;
use crate::live::Live;
use crate::project::Project;

pub(super) fn tell(
    context: &Context,
    live: &Live,
    project: &Project,
    request: &SwitchRequest,
    decision: &Leaving,
) -> SwitchOutcome {
    let target = live.of_project(&project.name);
    let session = target.map_or_else(
        || context.config.session_name(&project.name),
        |ours| ours.session.name.to_string(),
    );
    let left = left(context, live, project, request);
    let mut plan = Vec::new();
    if let Some(ours) = left.and_then(|left| live.ours(left))
        && !(request.keep || request.force || context.config.leave.value == Leave::Keep)
        && let Some(unfinished) = guard::unfinished(context, ours)
    {
        let (marker, why) = (unfinished.marker.display(), unfinished.why);
        plan.push(format!("ask, as {} isn't done: {marker} {why}", unfinished.project));
    }
    plan.extend(left.map(|left| format!("save {}", left.name)));
    match (target, request.fresh) {
        (Some(_), false) => plan.push(format!("use {session}")),
        (Some(_), true) => plan.push(format!("replace {session} by a new one")),
        (None, _) => plan.push(format!("make {session}")),
    }
    plan.push(if request.no_attach {
        "attach nothing".to_owned()
    } else {
        format!("show {session}")
    });
    let (left_outcome, detail) = match (left, decision) {
        (None, _) => (LeftOutcome::None, None),
        (Some(left), Leaving::Keep(why)) => {
            plan.push(format!("keep {}", left.name));
            (LeftOutcome::Kept, why.clone())
        }
        (Some(left), _) => {
            plan.push(format!("end {}", left.name));
            (LeftOutcome::Ended, None)
        }
    };
    SwitchOutcome {
        project: project.name.clone(),
        session,
        created: target.is_none(),
        left: left.map(|left| left.name.to_string()),
        left_outcome,
        detail,
        attach: None,
        plan,
    }
}
