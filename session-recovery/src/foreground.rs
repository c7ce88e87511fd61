//! Which program has a pane's terminal, read from `/proc`.
//!
//! tmux knows only the name of that process, and cuts it to fifteen bytes; the argument vector is the kernel's.

use std::fs;
use std::io::Read;

use bstr::{BString, ByteSlice};

/// The leader of the foreground process group of a terminal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreground {
    /// Its process id, which is also the id of its process group.
    pub pid: u32,
    /// Its argument vector; empty for a kernel thread or a process that has just ended.
    pub argv: Vec<BString>,
    /// The file name of its program, for example `bash` or `vim.basic`.
    pub program: BString,
    /// Whether it is that program; else it [`has_not_begun`], and these are what its parent is.
    pub has_begun: bool,
}

/// An argument vector longer than this isn't kept: it could not be put on a command line of tmux again.
const MAX_ARGV_BYTES: u64 = 128 * 1024;

/// Programs that wait for commands and lose nothing when they end while they wait.
const SHELLS: [&str; 17] = [
    "sh", "bash", "dash", "zsh", "fish", "ksh", "ksh93", "mksh", "oksh", "tcsh", "csh", "ash", "busybox", "nu",
    "elvish", "xonsh", "pwsh",
];

/// The program in the foreground of the terminal that `pane_pid` controls; `None` if that process is gone.
pub fn foreground(pane_pid: u32) -> Option<Foreground> {
    let pid = foreground_group(pane_pid)?;
    let (argv, program) = (argv(pid), program(pid));
    Some(Foreground {
        has_begun: !is_parents(pid, &argv, &program),
        pid,
        argv,
        program,
    })
}

/// Whether a program is a shell.
pub fn is_shell(program: &[u8]) -> bool {
    SHELLS.iter().any(|shell| shell.as_bytes() == program)
}

/// A process, as far as job control goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProcessEntry {
    /// Its process id.
    pub pid: u32,
    /// Its parent.
    pub parent: u32,
    /// Its process group.
    pub group: u32,
    /// Its session; of a pane's processes that is the process the pane was started with.
    pub session: u32,
}

/// All processes that haven't ended, in the order of their ids.
pub fn processes() -> Vec<ProcessEntry> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return Vec::new();
    };
    let pids = entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    let mut processes: Vec<ProcessEntry> = pids.filter_map(process).collect();
    processes.sort_unstable_by_key(|process| process.pid);
    processes
}

/// One process; `None` if it has ended.
fn process(pid: u32) -> Option<ProcessEntry> {
    if stat_field(pid, 3)?.starts_with(['Z', 'X', 'x']) {
        return None;
    }
    let number = |field| stat_field(pid, field)?.parse().ok();
    Some(ProcessEntry {
        pid,
        parent: number(4)?,
        group: number(5)?,
        session: number(6)?,
    })
}

/// A process and those above it, the nearest first, without the first process of the machine.
pub fn lineage(pid: u32) -> impl Iterator<Item = u32> {
    std::iter::successors(Some(pid), |current| parent(*current)).take_while(|current| *current > 1)
}

/// The parent of a process.
pub fn parent(pid: u32) -> Option<u32> {
    stat_field(pid, 4)?.parse().ok()
}

/// The file name of a process's program, without the mark of a replaced file.
pub fn program(pid: u32) -> BString {
    let Ok(path) = fs::read_link(format!("/proc/{pid}/exe")) else {
        return BString::default();
    };
    let name = path
        .file_name()
        .map(|name| <[u8]>::from_os_str(name).unwrap_or_default().to_vec())
        .unwrap_or_default();
    name.strip_suffix(b" (deleted)").unwrap_or(&name).into()
}

/// The argument vector of a process.
pub fn argv(pid: u32) -> Vec<BString> {
    let mut text = Vec::new();
    let Ok(file) = fs::File::open(format!("/proc/{pid}/cmdline")) else {
        return Vec::new();
    };
    let Ok(read) = file.take(MAX_ARGV_BYTES + 1).read_to_end(&mut text) else {
        return Vec::new();
    };
    if read as u64 > MAX_ARGV_BYTES {
        return Vec::new();
    }
    // Every argument ends in a NUL, and a process that rewrote its title pads with more of them.
    let text = text.strip_suffix(b"\0").unwrap_or(&text);
    if text.is_empty() {
        Vec::new()
    } else {
        text.split_str("\0").map(BString::from).collect()
    }
}

/// Whether a process was forked and isn't the program yet that it is to become: what its parent is called with is all that
/// can be seen of it. On a machine that is busy a pane's process is that for a while.
pub fn has_not_begun(pid: u32) -> bool {
    is_parents(pid, &argv(pid), &program(pid))
}

/// Whether this, read of a process, is what its parent is.
fn is_parents(pid: u32, its_argv: &[BString], its_program: &BString) -> bool {
    let same = |parent: u32| argv(parent) == its_argv && program(parent) == *its_program;
    !its_argv.is_empty() && parent(pid).is_some_and(same)
}

/// `tpgid`, field 8 of `/proc/PID/stat`; -1 without a terminal.
fn foreground_group(pid: u32) -> Option<u32> {
    stat_field(pid, 8)?.parse().ok()
}

/// A field of `/proc/PID/stat`, numbered from 1 as in proc(5). The name in the second may contain spaces and
/// parentheses, so fields are counted after its last `)`.
fn stat_field(pid: u32, number: usize) -> Option<String> {
    let stat = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let after_name = stat.rsplitn_str(2, ") ").next()?;
    let field = after_name.split_str(" ").nth(number.checked_sub(3)?)?;
    Some(field.to_str_lossy().into_owned())
}

#[cfg(test)]
#[expect(clippy::disallowed_methods, reason = "the tests start programs")]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::process::{Child, Command, Stdio};

    use super::*;

    #[test]
    fn knows_itself() {
        let me = std::process::id();
        assert!(argv(me).len() == std::env::args().count(), "{:?}", argv(me));
        assert!(!program(me).is_empty());
        assert_eq!(parent(me), Some(std::os::unix::process::parent_id()));
    }

    #[test]
    fn what_was_only_forked_has_not_begun() {
        // A shell forks for what is in parentheses, and the last program in there takes its place.
        let start = |line: &str| {
            let mut sh = Command::new("sh");
            sh.args(["-c", line]).stdin(Stdio::piped()).stdout(Stdio::piped());
            sh.spawn().expect("sh runs")
        };
        let told = |child: &mut Child| -> u32 {
            let mut line = String::new();
            let stdout = child.stdout.as_mut().expect("a pipe");
            BufReader::new(stdout).read_line(&mut line).expect("a line");
            line.trim().parse().expect("a process id")
        };
        let end = |mut child: Child| {
            drop(child.stdin.take());
            child.wait().expect("it ends");
        };
        let mut forked = start("exec 3<&0; (read _ <&3; :) & echo $!; wait");
        assert!(has_not_begun(told(&mut forked)));
        end(forked);
        let mut begun = start("exec 3<&0; sh -c 'echo $$; read _' <&3; :");
        assert!(!has_not_begun(told(&mut begun)));
        end(begun);
        assert!(!has_not_begun(std::process::id()));
    }

    #[test]
    fn a_missing_process_is_none() {
        assert_eq!(foreground(u32::MAX), None);
        assert!(!has_not_begun(u32::MAX));
        assert!(argv(u32::MAX).is_empty());
    }
}
