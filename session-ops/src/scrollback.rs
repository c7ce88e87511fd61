//! What the panes of a session showed: kept when tsm ends it, and at every save if the user wants that.
//!
//! `<state_dir>/scrollback/<project>/<window>.<pane>.txt.zst`, 0600. What is kept there of panes that are no more stays.

use std::path::PathBuf;

use session_lock::replace::{create_private_dir, stage_all, sweep_leftovers, sync_dir};
use tmux_core::{CapturePane, Line, Pane, Session};

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
    // What a save that was cut off has left; what can't be removed now goes another time.
    let _another_time = sweep_leftovers(&directory);
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
/// fits into little memory, and would stop everybody's typing meanwhile. A pane that has just closed shows nothing any more.
fn capture<'a>(context: &Context, session: &'a Session, lines: u32) -> Result<Vec<Shown<'a>>, Error> {
    let panes: Vec<(u32, &Pane)> = session
        .windows
        .iter()
        .flat_map(|link| link.window.panes.iter().map(|pane| (link.index, pane)))
        .collect();
    let captures = panes.iter().map(|(_, pane)| CapturePane {
        start: Line::History(lines),
        ..CapturePane::screen(pane.id)
    });
    let texts = context.server.capture_panes(captures)?;
    let mut shown = Vec::new();
    for ((window, pane), text) in panes.into_iter().zip(texts) {
        match text {
            Ok(text) => shown.push((window, pane, text.into())),
            Err(tmux_core::Error::NotFound { .. }) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(shown)
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
