//! Which names a project may have: they become file names, so the set is small.

/// The longest name of a project, in bytes; with the suffixes of history and quarantine it stays below the 255 bytes
/// that file systems allow.
pub const MAX_NAME: usize = 200;

/// Whether `name` may name a project: `[A-Za-z0-9_@-]+`, at most [`MAX_NAME`] bytes.
///
/// A leading `-` is possible, because a directory called `.config` becomes the project `-config`; no path is ever built
/// that begins with a name.
///
/// ```
/// assert!(session_state::is_project_name("todo"));
/// assert!(!session_state::is_project_name("../todo"));
/// ```
pub fn is_project_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'@' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_small_set_is_allowed() {
        for name in ["todo", "a", "-x", "A_b@c-9", &"x".repeat(MAX_NAME)] {
            assert!(is_project_name(name), "{name}");
        }
        for name in [
            "",
            ".",
            "..",
            "a/b",
            "a b",
            "a.b",
            "ü",
            "a\n",
            "a\0",
            &"x".repeat(MAX_NAME + 1),
        ] {
            assert!(!is_project_name(name), "{name}");
        }
    }
}
