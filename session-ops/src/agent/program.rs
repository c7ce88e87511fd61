//! Where programs are, and what a pane runs in whose shell a program ran.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use bstr::BString;
use rustix::fs::{Access, AtFlags, CWD, accessat};

use crate::context::Context;

/// The argument vector of a pane that runs a program that the config allows to be started by itself: only those are.
pub(crate) fn allowed(context: &Context, argv: &[BString]) -> Option<Vec<BString>> {
    let program = Path::new(OsStr::from_bytes(argv.first()?)).file_name()?.to_str()?;
    let allowed = &context.config.restore_programs.value;
    allowed
        .iter()
        .any(|name| name == program)
        .then(|| run_in_shell(context, argv))
}

/// The argument vector of a pane that runs a program as it ran in the pane's shell: a shell comes after it.
pub(crate) fn run_in_shell(context: &Context, argv: &[BString]) -> Vec<BString> {
    match tsm(context) {
        Some(tsm) => [&[bytes(&tsm), "pane-run".into(), "--".into()], argv].concat(),
        None => argv.to_vec(),
    }
}

/// The argument vector of a pane whose shell runs a line, and goes on from there.
pub(crate) fn run_line(context: &Context, line: &str) -> Vec<BString> {
    match tsm(context) {
        Some(tsm) => vec![bytes(&tsm), "pane-run".into(), "--line".into(), line.into()],
        None => Vec::new(),
    }
}

/// The program `tsm`: this one, or if this is `tsm-recovery` the one beside it, else the one in `PATH`.
pub(crate) fn tsm(context: &Context) -> Option<PathBuf> {
    let this = context.environment.current_exe.as_deref()?;
    if !this
        .file_name()
        .is_some_and(|name| name.as_bytes().starts_with(b"tsm-recovery"))
    {
        return Some(this.to_owned());
    }
    let beside = this.with_file_name("tsm");
    if beside.is_file() {
        return Some(beside);
    }
    find_program("tsm".as_ref(), context.environment.path.as_deref())
}

/// A program by its path, or by its name in `PATH`.
pub fn find_program(name: &Path, path: Option<&OsStr>) -> Option<PathBuf> {
    if name.is_absolute() {
        return is_executable(name).then(|| name.to_owned());
    }
    if name.as_os_str().as_bytes().contains(&b'/') {
        return None;
    }
    let directories = path?
        .as_bytes()
        .split(|byte| *byte == b':')
        .map(OsStr::from_bytes)
        .map(Path::new);
    // An empty entry means the working directory, from which nothing is ever run.
    directories
        .filter(|directory| directory.is_absolute())
        .map(|directory| directory.join(name))
        .find(|candidate| is_executable(candidate))
}

fn is_executable(candidate: &Path) -> bool {
    candidate.is_file() && accessat(CWD, candidate, Access::EXEC_OK, AtFlags::EACCESS).is_ok()
}

pub(crate) fn bytes(path: &Path) -> BString {
    path.as_os_str().as_bytes().into()
}
