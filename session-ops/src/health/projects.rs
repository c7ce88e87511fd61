//! The directories of the projects.

use super::{Check, Scene};
use crate::project::usable_directory;

pub(super) fn directories(scene: &Scene<'_>) -> Vec<Check> {
    let config = &scene.context.config;
    let known = scene.live.known_projects(scene.context);
    let check = |(name, path): (&str, &std::path::Path)| {
        let title = format!("project {name}");
        match usable_directory(path) {
            Ok(_) => Check::ok(title, "directory exists"),
            Err(error) if config.projects.contains_key(name) => Check::error(
                title,
                error.to_string(),
                format!("make the directory, or change projects.{name} in the config"),
            ),
            // Where a project was once is no fault; it can't be brought back, though.
            Err(error) => Check::warning(
                title,
                error.to_string(),
                format!("make the directory anew, or forget the project: remove {name}.state from the state directory"),
            ),
        }
    };
    known.iter().map(check).collect()
}
