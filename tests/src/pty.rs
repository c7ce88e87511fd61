//! The two sides of a terminal.
//!
//! Each is closed on exec: a side that leaked into a program of another test would keep the terminal open.

use std::ffi::OsString;
use std::fs::{File, OpenOptions};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The user's side of a new terminal, and the path of the program's.
pub(crate) fn open() -> (File, PathBuf) {
    let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).expect("a new terminal");
    grantpt(&keyboard).expect("access to the terminal");
    unlockpt(&keyboard).expect("an unlocked terminal");
    let tty = ptsname(&keyboard, Vec::new())
        .expect("the terminal's path")
        .into_bytes();
    (File::from(keyboard), OsString::from_vec(tty).into())
}

/// The program's side. It does not become the terminal of the test itself.
pub(crate) fn open_program_side(tty: &Path) -> File {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .custom_flags(OFlags::NOCTTY.bits().cast_signed());
    options.open(tty).expect("the program's side of a terminal")
}

/// Tells the terminal its size, in cells. The programs in it get SIGWINCH.
pub(crate) fn resize(keyboard: &File, columns: u16, rows: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(keyboard, size).expect("a terminal can be resized");
}
