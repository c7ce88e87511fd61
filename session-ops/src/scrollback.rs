//! What the panes of a session showed: kept when tsm ends it, and at every save if the user wants that.
//!
//! `<state_dir>/scrollback/<project>/<window>.<pane>.txt.zst`, 0600. What is kept there of panes that are no more stays.

use std::path::PathBuf;

use session_lock::replace::{create_private_dir, stage_all, sweep_leftovers, sync_dir};
use tmux_core::{CapturePane, Line, Pane, Session};

use crate::context::Context;
use crate::error::Error;

/// So many panes are asked for in one call: more than that doesn't fit into little memory, and would stop everybody's
/// typing meanwhile.
const PANES: usize = 2;

/// What a session showed, compressed, to be written.
pub(crate) struct Shown {
    directory: PathBuf,
    files: Vec<(PathBuf, Vec<u8>)>,
}

/// Keeps what a session that ends showed.
pub(crate) fn keep_on_end(context: &Context, project: &str, session: &Session) -> Result<(), Error> {
    look_on_end(context, project, session)?.write()
}

/// Keeps what a session that is saved shows.
pub(crate) fn keep_on_save(context: &Context, project: &str, session: &Session) -> Result<(), Error> {
    look(context, project, session, context.config.scrollback.value)?.write()
}

/// The first half of [`keep_on_end`], which takes memory; the other half is waiting for the disk.
pub(crate) fn look_on_end(context: &Context, project: &str, session: &Session) -> Result<Shown, Error> {
    look(context, project, session, context.config.scrollback_on_end.value)
}

fn look(context: &Context, project: &str, session: &Session, lines: u32) -> Result<Shown, Error> {
    let directory = context.config.state_dir.value.join("scrollback").join(project);
    let mut files = Vec::new();
    let wanted = lines > 0;
    let panes = session.windows.iter().filter(|_| wanted);
    let panes: Vec<(u32, &Pane)> = panes
        .flat_map(|link| link.window.panes.iter().map(|pane| (link.index, pane)))
        .collect();
    for panes in panes.chunks(PANES) {
        for (window, pane, text) in capture(context, panes, lines)? {
            let path = directory.join(format!("{window}.{}.txt.zst", pane.index));
            files.push((path, compressed(&text).map_err(Error::Compress)?));
        }
    }
    Ok(Shown { directory, files })
}

impl Shown {
    pub(crate) fn write(self) -> Result<(), Error> {
        if self.files.is_empty() {
            return Ok(());
        }
        create_private_dir(&self.directory)?;
        // What a save that was cut off has left; what can't be removed now goes another time.
        let _another_time = sweep_leftovers(&self.directory);
        let borrowed = self.files.iter().map(|(path, text)| (path.as_path(), text.as_slice()));
        for staged in stage_all(borrowed) {
            staged?.commit()?;
        }
        Ok(sync_dir(&self.directory)?)
    }
}

/// The index of a window, a pane of it, and what that shows.
type Text<'a> = (u32, &'a Pane, Vec<u8>);

/// The texts of panes with the indices of their windows, in one call. A pane that has just closed shows nothing any more.
fn capture<'a>(context: &Context, panes: &[(u32, &'a Pane)], lines: u32) -> Result<Vec<Text<'a>>, Error> {
    let captures = panes.iter().map(|(_, pane)| CapturePane {
        start: Line::History(lines),
        ..CapturePane::screen(pane.id)
    });
    let texts = context.server.capture_panes(captures)?;
    let mut shown = Vec::new();
    for ((window, pane), text) in panes.iter().zip(texts) {
        match text {
            Ok(text) => shown.push((*window, *pane, text.into())),
            Err(tmux_core::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(shown)
}

fn compressed(text: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = zstd::Encoder::new(Vec::new(), 3)?;
    // For a short text it takes less memory.
    encoder.set_pledged_src_size(Some(text.len() as u64))?;
    // Without it half of all flipped bits go unnoticed.
    encoder.include_checksum(true)?;
    std::io::copy(&mut &*text, &mut encoder)?;
    encoder.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

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
