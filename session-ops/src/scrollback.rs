//! What the panes of a session showed: kept when tsm ends it, and at every save if the user wants that.
//!
//! `<state_dir>/scrollback/<project>/<window>.<pane>.txt.zst`, 0600. What is kept there of panes that are no more stays.

use std::path::PathBuf;

use bstr::ByteSlice;
use session_lock::replace::{create_private_dir, stage_all, sync_dir};
use tmux_core::{Arg, Command, Pane, Session};
use uuid::Uuid;

use crate::context::Context;
use crate::error::Error;

/// The index of a window, a pane of it, and what that shows.
type Shown<'a> = (u32, &'a Pane, Vec<u8>);

/// Keeps what a session that ends showed.
pub(crate) fn keep_on_end(context: &Context, project: &str, session: &Session) -> Result<(), Error> {
    keep(context, project, session, context.config.scrollback_on_end.value)
}

/// Keeps what a session that is saved shows.
pub(crate) fn keep_on_save(context: &Context, project: &str, session: &Session) -> Result<(), Error> {
    keep(context, project, session, context.config.scrollback.value)
}

fn keep(context: &Context, project: &str, session: &Session, lines: u32) -> Result<(), Error> {
    if lines == 0 {
        return Ok(());
    }
    let directory = context.config.state_dir.value.join("scrollback").join(project);
    create_private_dir(&directory)?;
    let mut files: Vec<(PathBuf, Vec<u8>)> = Vec::new();
    for (window, pane, text) in capture(context, session, lines)? {
        let path = directory.join(format!("{window}.{}.txt.zst", pane.index));
        files.push((path, compressed(&text).map_err(Error::Compress)?));
    }
    let borrowed = files.iter().map(|(path, text)| (path.as_path(), text.as_slice()));
    for staged in stage_all(borrowed) {
        staged?.commit()?;
    }
    Ok(sync_dir(&directory)?)
}

/// The texts of all panes with the indices of their windows, in one call: for all sessions at once it would be more than
/// fits into little memory, and would stop everybody's typing meanwhile.
fn capture<'a>(context: &Context, session: &'a Session, lines: u32) -> Result<Vec<Shown<'a>>, Error> {
    let panes: Vec<(u32, &Pane)> = session
        .windows
        .iter()
        .flat_map(|link| link.window.panes.iter().map(|pane| (link.index, pane)))
        .collect();
    let marker = Uuid::new_v4().simple().to_string();
    let mark = |n: usize| {
        let text = Arg::Format(format!("{marker}-{n}").into());
        Command::new("display-message").flag("-p").operands([text])
    };
    let mut commands = Vec::new();
    for (n, (_window, pane)) in panes.iter().enumerate() {
        commands.extend([mark(n), Command::capture_pane(pane.id, lines)]);
    }
    commands.push(mark(panes.len()));
    match context.server.run(commands) {
        Ok(reply) => {
            let texts = split(&reply.stdout, &marker, panes.len());
            let texts = texts.ok_or(tmux_core::Error::Decode(tmux_core::DecodeError::Truncated))?;
            let all = panes.into_iter().zip(texts);
            Ok(all.map(|((window, pane), text)| (window, pane, text)).collect())
        }
        // A pane has just closed, which ended the call: then each for itself.
        Err(tmux_core::Error::NotFound { .. }) => each(context, panes, lines),
        Err(error) => Err(error.into()),
    }
}

fn each<'a>(context: &Context, panes: Vec<(u32, &'a Pane)>, lines: u32) -> Result<Vec<Shown<'a>>, Error> {
    let mut texts = Vec::new();
    for (window, pane) in panes {
        match context.server.run(vec![Command::capture_pane(pane.id, lines)]) {
            Ok(reply) => texts.push((window, pane, reply.stdout)),
            // It shows nothing any more.
            Err(tmux_core::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(texts)
}

/// The texts between the marks, which no pane can know.
fn split(output: &[u8], marker: &str, count: usize) -> Option<Vec<Vec<u8>>> {
    let mark = |n: usize| format!("{marker}-{n}\n");
    let start = output.find(mark(0))?;
    let mut rest = output.get(start..)?.strip_prefix(mark(0).as_bytes())?;
    let mut texts = Vec::with_capacity(count);
    for n in 1..=count {
        let end = rest.find(mark(n))?;
        let (text, after) = rest.split_at(end);
        texts.push(text.to_owned());
        rest = after.strip_prefix(mark(n).as_bytes())?;
    }
    Some(texts)
}

fn compressed(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3)?;
    // Without it half of all flipped bits go unnoticed.
    encoder.include_checksum(true)?;
    std::io::copy(&mut &*text, &mut encoder)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_lie_between_the_marks() {
        let output = b"of a hook\nm-0\none\n\nm-9\nm-1\nm-2\nthree";
        let texts = split(output, "m", 2).unwrap();
        assert_eq!(texts, [b"one\n\nm-9\n".to_vec(), Vec::new()]);
        assert_eq!(split(output, "m", 3), None);
        assert_eq!(split(b"", "m", 0), None);
        assert_eq!(split(b"m-0\n", "m", 0), Some(Vec::new()));
    }

    #[test]
    fn a_flipped_bit_of_a_kept_text_is_noticed() {
        let text = b"precious\n".repeat(20);
        let whole = compressed(&text).unwrap();
        assert_eq!(zstd::decode_all(whole.as_slice()).unwrap(), text);
        for at in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            let read = zstd::decode_all(flipped.as_slice());
            assert!(read.is_err() || read.is_ok_and(|read| read == text), "bit {at}");
        }
    }
}
