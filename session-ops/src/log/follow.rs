//! Reading the log: its last lines, and those to come, also when a new file is begun meanwhile.

use std::collections::VecDeque;
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::fs::inotify;

use super::rotate::older;

/// More older files than anybody keeps.
const MOST_FILES: u32 = 1000;

/// The last lines of the log, older files included, oldest first, without their line feeds.
///
/// # Errors
///
/// If a file can't be read. That there is no log is none.
pub fn tail(path: &Path, lines: usize) -> io::Result<Tail> {
    let mut parts: Vec<VecDeque<Vec<u8>>> = Vec::new();
    let mut wanted = lines;
    let mut offset = None;
    let mut names = vec![path.to_owned()];
    // A crash between two renames leaves a gap of one.
    names.extend((1..MOST_FILES).map(|number| older(path, number)));
    let mut missing = 0;
    for name in names {
        if wanted == 0 && offset.is_some() || missing > 2 {
            break;
        }
        let file = match File::open(&name) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                missing += 1;
                continue;
            }
            Err(error) => return Err(error),
        };
        missing = 0;
        let (last, read) = last_lines(&file, wanted)?;
        offset.get_or_insert((file, read));
        wanted -= last.len();
        parts.push(last);
    }
    Ok(Tail {
        lines: parts.into_iter().rev().flatten().collect(),
        at: offset,
    })
}

/// The last lines of a log, and where they ended.
#[derive(Debug)]
pub struct Tail {
    /// The lines.
    pub lines: Vec<Vec<u8>>,
    at: Option<(File, u64)>,
}

/// So much of the end of a file is looked at first.
const END: u64 = 64 * 1024;

/// The last lines of a file, and where they ended.
fn last_lines(file: &File, wanted: usize) -> io::Result<(VecDeque<Vec<u8>>, u64)> {
    let from = file.metadata()?.len().saturating_sub(END);
    let (last, read) = last_lines_from(file, from, wanted)?;
    match from > 0 && last.len() < wanted {
        true => last_lines_from(file, 0, wanted),
        false => Ok((last, read)),
    }
}

fn last_lines_from(mut file: &File, from: u64, wanted: usize) -> io::Result<(VecDeque<Vec<u8>>, u64)> {
    let mut last = VecDeque::new();
    let mut read = file.seek(SeekFrom::Start(from))?;
    let mut reader = BufReader::new(file);
    if from > 0 {
        // It begins within a line, or right after one, which is then left out, too.
        read += reader.read_until(b'\n', &mut Vec::new())? as u64;
    }
    loop {
        let mut line = Vec::new();
        let length = reader.read_until(b'\n', &mut line)?;
        // A record without its end is still being written.
        if line.pop() != Some(b'\n') {
            break;
        }
        read += length as u64;
        if wanted > 0 {
            if last.len() == wanted {
                last.pop_front();
            }
            last.push_back(line);
        }
    }
    Ok((last, read))
}

/// Reads what is appended to the log, through rotations.
#[derive(Debug)]
pub struct Follower {
    path: PathBuf,
    watch: OwnedFd,
    /// The file that is being written to, and before it the one that was, into which somebody may still write.
    files: VecDeque<Source>,
}

#[derive(Debug)]
struct Source {
    file: File,
    partial: Vec<u8>,
}

impl Follower {
    /// Goes on where a [`Tail`] ended. The directory of the log must be there.
    ///
    /// # Errors
    ///
    /// If the kernel can't watch it.
    pub fn after(tail: Tail, path: &Path) -> io::Result<Self> {
        let directory = path.parent().unwrap_or(Path::new("."));
        let watch = inotify::init(inotify::CreateFlags::CLOEXEC | inotify::CreateFlags::NONBLOCK)?;
        let events = inotify::WatchFlags::MODIFY | inotify::WatchFlags::CREATE | inotify::WatchFlags::MOVE;
        inotify::add_watch(&watch, directory, events)?;
        let mut files = VecDeque::new();
        if let Some((mut file, read)) = tail.at {
            file.seek(SeekFrom::Start(read))?;
            files.push_back(Source {
                file,
                partial: Vec::new(),
            });
        }
        Ok(Self {
            path: path.to_owned(),
            watch,
            files,
        })
    }

    /// The lines that are there by now and weren't yet given; waits until there is one.
    ///
    /// # Errors
    ///
    /// If a file can't be read.
    pub fn next_lines(&mut self) -> io::Result<Vec<Vec<u8>>> {
        loop {
            let lines = self.ready()?;
            if !lines.is_empty() {
                return Ok(lines);
            }
            let mut wait = [PollFd::new(&self.watch, PollFlags::IN)];
            match poll(&mut wait, None) {
                Ok(_) | Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
            self.forget_events()?;
        }
    }

    /// The lines that are there and weren't yet given.
    ///
    /// # Errors
    ///
    /// If a file can't be read.
    pub fn ready(&mut self) -> io::Result<Vec<Vec<u8>>> {
        self.open_new_files()?;
        let mut lines = Vec::new();
        for source in &mut self.files {
            source.read(&mut lines)?;
        }
        Ok(lines)
    }

    /// Opens what was begun since, also if several files were.
    fn open_new_files(&mut self) -> io::Result<()> {
        let known = match self.files.back() {
            Some(source) => Some(identity(&source.file.metadata()?)),
            None => None,
        };
        let mut new = Vec::new();
        let mut missing = 0;
        for number in 0..MOST_FILES {
            let name = if number == 0 {
                self.path.clone()
            } else {
                older(&self.path, number)
            };
            match File::open(&name) {
                Ok(file) if Some(identity(&file.metadata()?)) == known => break,
                Ok(file) => new.push(Source {
                    file,
                    partial: Vec::new(),
                }),
                Err(error) if error.kind() == io::ErrorKind::NotFound => missing += 1,
                Err(error) => return Err(error),
            }
            // Without a file to go on from, only the newest one is new.
            if missing > 2 || known.is_none() {
                break;
            }
        }
        self.files.extend(new.into_iter().rev());
        while self.files.len() > 2 {
            // Nobody writes into a file that is two rotations old; what it holds is read before it goes.
            let mut last = Vec::new();
            if let Some(mut oldest) = self.files.pop_front() {
                oldest.read(&mut last)?;
            }
            if let Some(next) = self.files.front_mut() {
                next.hold(last);
            }
        }
        Ok(())
    }

    fn forget_events(&self) -> io::Result<()> {
        let mut buffer = [MaybeUninit::uninit(); 4096];
        let mut reader = inotify::Reader::new(self.watch.as_fd(), &mut buffer);
        loop {
            match reader.next() {
                Ok(_) => {}
                Err(rustix::io::Errno::AGAIN) => return Ok(()),
                Err(rustix::io::Errno::INTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl Source {
    fn read(&mut self, lines: &mut Vec<Vec<u8>>) -> io::Result<()> {
        self.file.read_to_end(&mut self.partial)?;
        while let Some(end) = self.partial.iter().position(|byte| *byte == b'\n') {
            let mut line: Vec<u8> = self.partial.drain(..=end).collect();
            line.pop();
            lines.push(line);
        }
        Ok(())
    }

    /// Puts lines before what is read next.
    fn hold(&mut self, lines: Vec<Vec<u8>>) {
        let mut held: Vec<u8> = Vec::new();
        for line in lines {
            held.extend(line);
            held.push(b'\n');
        }
        held.append(&mut self.partial);
        self.partial = held;
    }
}

fn identity(metadata: &fs::Metadata) -> (u64, u64) {
    (metadata.dev(), metadata.ino())
}
