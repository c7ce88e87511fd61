//! Version strings.

use tmux_core::Version;

use crate::memory::bounded;

pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    bounded(text.len(), 16, || {
        let version = Version::parse(&text);
        let printed = version.to_string();
        let again = Version::parse(&printed);
        assert_eq!(again.to_string(), printed);
        assert_eq!(again, version);
        // Whoever has a release has the ones before it.
        for minor in 1..12 {
            assert!(!version.at_least(3, minor) || version.at_least(3, minor - 1), "{minor}");
        }
        assert!(!version.is_supported() || version.at_least(3, 2));
    });
}
