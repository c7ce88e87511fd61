//! The list of files: one TOML literal string, a line a file, `SHA256 SIZE ARCHIVE FLAG NAME`.

use super::{ManifestFile, invalid};
use crate::backup::Damage;

/// What stands before the list. It is in a table of its own: keys after `[archive]` would belong to that.
const BEGIN: &str = "\n[tree]\nfiles = '''\n";

/// What stands after it.
const END: &str = "'''\n";

/// Stands for the archive itself, and for no flag.
const NONE: &str = "-";

/// The flag of a file that kept changing.
const CHANGING: &str = "c";

pub(super) fn write(files: &[ManifestFile]) -> String {
    let mut text = BEGIN.to_owned();
    for file in files {
        let archive = file.archive.as_deref().unwrap_or(NONE);
        let flag = if file.changing { CHANGING } else { NONE };
        text.push_str(&format!(
            "{} {} {archive} {flag} {}\n",
            file.sha256, file.size, file.name
        ));
    }
    text.push_str(END);
    text
}

/// The part before the list, and the lines of the list if there is one and nothing follows it.
pub(super) fn split(text: &str) -> (&str, Option<&str>) {
    match text.split_once(BEGIN) {
        Some((head, rest)) => (head, rest.strip_suffix(END)),
        None => (text, None),
    }
}

pub(super) fn read(list: &str, most: usize) -> Result<Vec<ManifestFile>, Damage> {
    let mut files = Vec::new();
    for line in list.split_terminator('\n') {
        if files.len() == most {
            return Err(Damage::TooMuch {
                limit: most as u64,
                unit: "files",
            });
        }
        files.push(file(line).ok_or_else(|| invalid(line, "is no line of its list"))?);
    }
    Ok(files)
}

fn file(line: &str) -> Option<ManifestFile> {
    let mut words = line.splitn(5, ' ');
    let sha256 = words.next()?.to_owned();
    let digits = words.next()?;
    let size: u64 = digits.parse().ok()?;
    let archive = match words.next()? {
        NONE => None,
        id => Some(id.to_owned()),
    };
    let changing = match words.next()? {
        NONE => false,
        CHANGING => true,
        _ => return None,
    };
    let name = words.next()?.to_owned();
    // Another spelling of the same number would be another text of the same manifest.
    (size.to_string() == digits).then_some(ManifestFile {
        name,
        size,
        sha256,
        archive,
        changing,
    })
}
