//! Where this machine gets Debian packages from: its own apt sources say, or Debian's usual place.

use std::fs;
use std::path::{Path, PathBuf};

const USUAL: &str = "http://deb.debian.org/debian";
const KEYRING: &str = "/usr/share/keyrings/debian-archive-keyring.gpg";

/// An archive, and the file with the keys that sign it.
#[derive(Debug, PartialEq)]
pub(super) struct Archive {
    uri: String,
    keyring: String,
}

impl Archive {
    /// The line for a `sources.list`. Only package lists are wanted, no translations.
    pub(super) fn line(&self, suite: &str) -> String {
        let Self { uri, keyring } = self;
        format!("deb [signed-by={keyring} target=Packages lang=none] {uri} {suite} main\n")
    }
}

/// The Debian archive that this machine uses.
pub(super) fn archive_of_this_machine() -> Result<Archive, String> {
    let texts: Vec<String> = files(Path::new("/etc/apt"))
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .collect();
    let archive = choose(&texts);
    if !Path::new(&archive.keyring).is_file() {
        return Err(format!("there are no keys of Debian's archive ({})", archive.keyring));
    }
    Ok(archive)
}

fn files(apt: &Path) -> Vec<PathBuf> {
    let parts = fs::read_dir(apt.join("sources.list.d")).into_iter().flatten().flatten();
    let mut files: Vec<PathBuf> = parts.map(|entry| entry.path()).collect();
    files.retain(|path| path.extension().is_some_and(|end| end == "list" || end == "sources"));
    files.sort();
    files.insert(0, apt.join("sources.list"));
    files
}

fn choose(texts: &[String]) -> Archive {
    let found = texts.iter().find_map(|text| one_line(text).or_else(|| stanzas(text)));
    found.unwrap_or_else(|| Archive {
        uri: USUAL.to_owned(),
        keyring: KEYRING.to_owned(),
    })
}

/// Whether this is a mirror of the archive, and not the security one or somebody else's.
fn is_debian(uri: &str) -> bool {
    uri.contains("://") && uri.trim_end_matches('/').ends_with("/debian")
}

fn archive(uri: &str, keyring: Option<&str>) -> Archive {
    // Keys may also stand in the sources themselves.
    let keyring = keyring.filter(|path| path.starts_with('/')).unwrap_or(KEYRING);
    Archive {
        uri: uri.to_owned(),
        keyring: keyring.to_owned(),
    }
}

/// `deb [signed-by=FILE arch=amd64] URI SUITE main`
fn one_line(text: &str) -> Option<Archive> {
    text.lines().find_map(|line| {
        let rest = line.trim().strip_prefix("deb ")?.trim();
        let (options, rest) = match rest.strip_prefix('[') {
            Some(rest) => rest.split_once(']')?,
            None => ("", rest),
        };
        let uri = rest.split_whitespace().next().filter(|uri| is_debian(uri))?;
        let signed = options
            .split_whitespace()
            .find_map(|option| option.strip_prefix("signed-by="));
        Some(archive(uri, signed))
    })
}

/// Paragraphs of `Types: deb`, `URIs: …`, `Signed-By: …`.
fn stanzas(text: &str) -> Option<Archive> {
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| {
            let mut lines = stanza.lines().filter_map(|line| line.split_once(':'));
            lines
                .find(|(key, _)| key.eq_ignore_ascii_case(name))
                .map(|(_, value)| value.trim())
        };
        let on = field("Enabled").is_none_or(|value| value != "no");
        let binary = field("Types").is_some_and(|types| types.split_whitespace().any(|word| word == "deb"));
        let uri = field("URIs")?.split_whitespace().find(|uri| is_debian(uri))?;
        (on && binary).then(|| archive(uri, field("Signed-By")))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chosen(texts: &[&str]) -> (String, String) {
        let texts: Vec<String> = texts.iter().map(|text| (*text).to_owned()).collect();
        let archive = choose(&texts);
        (archive.uri, archive.keyring)
    }

    fn pair(uri: &str, keyring: &str) -> (String, String) {
        (uri.to_owned(), keyring.to_owned())
    }

    #[test]
    fn both_notations_are_read() {
        let lines = "# deb http://old/debian x main\ndeb http://s.org/debian-security b main\n\
                     deb [arch=amd64 signed-by=/k.gpg] http://mirror.org/debian/ bookworm main\n";
        assert_eq!(chosen(&[lines]), pair("http://mirror.org/debian/", "/k.gpg"));
        assert_eq!(
            chosen(&["deb http://mirror.org/debian bookworm main"]),
            pair("http://mirror.org/debian", KEYRING)
        );
        let stanzas = "Types: deb-src\nURIs: http://src.org/debian\n\n\
                       Types: deb\nEnabled: no\nURIs: http://off.org/debian\n\n\
                       Types: deb\nURIs: http://s.org/debian-security\nSigned-By: /no.gpg\n\n\
                       Types: deb\n# a comment\nURIs: https://m.org/debian\nSuites: trixie\nSigned-By: /k.gpg\n";
        assert_eq!(chosen(&["", stanzas]), pair("https://m.org/debian", "/k.gpg"));
    }

    #[test]
    fn keys_within_the_sources_are_not_a_path() {
        let stanza = "Types: deb\nURIs: http://m.org/debian\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n";
        assert_eq!(chosen(&[stanza]), pair("http://m.org/debian", KEYRING));
    }

    #[test]
    fn another_distribution_gets_the_usual_place() {
        let ubuntu = "Types: deb\nURIs: http://archive.ubuntu.com/ubuntu\nSuites: noble\n";
        assert_eq!(chosen(&[ubuntu]), pair(USUAL, KEYRING));
        assert_eq!(
            choose(&[]).line("sid"),
            format!("deb [signed-by={KEYRING} target=Packages lang=none] {USUAL} sid main\n")
        );
    }
}
