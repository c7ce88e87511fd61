//! `tsm dashboard`: all projects on one screen, and the keys to act on them.
//!
//! The thread of the screen never waits for tmux: [`worker`] has one thread that looks and one that acts, and both tell by a
//! channel. [`app`] is what is shown and what keys do to it, [`view`] how it looks; neither touches a terminal.

pub(crate) mod app;
pub(crate) mod view;
pub(crate) mod worker;

use std::io;
use std::sync::Arc;
use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{self, Event};
use ratatui::layout::Rect;
use session_ops::Context;
use session_ops::overview::Overviews;

use crate::output::Output;
use crate::output::screen::{Screen, end_by};
use app::{App, Effect};
use worker::{News, Workers};

/// How often the thread of the screen looks for news; also how late they are shown at most.
const TICK: Duration = Duration::from_millis(40);

/// How many lines a frame that is printed has; what is empty at its end is none.
const PRINTED_ROWS: u16 = 400;

/// Shows it until the user is done; the project to switch to, if that is why.
pub(crate) fn show(context: &Arc<Context>, output: &Output, mut app: App) -> io::Result<Option<String>> {
    let mut screen = Screen::take()?;
    let workers = Workers::start(context, app.wanted());
    let mut dirty = true;
    let outcome = loop {
        if let Some(signal) = screen.signal() {
            drop(screen);
            end_by(signal);
            return Ok(None);
        }
        if dirty {
            screen.draw(output.has_color(), |buffer| view::draw(&mut app, buffer))?;
            dirty = false;
        }
        let mut effect = None;
        if event::poll(TICK)? {
            dirty = true;
            effect = match event::read()? {
                Event::Key(key) => app.key(key),
                Event::Mouse(mouse) => app.mouse(mouse),
                Event::Paste(text) => app.paste(&text),
                _ => None,
            };
        }
        for news in workers.news()? {
            dirty |= match news {
                News::Overview(overview) => app.update(*overview),
                News::Done(text) => app.tell(text),
            };
        }
        match effect {
            None => {}
            Some(Effect::Quit) => break None,
            Some(Effect::Switch(project)) => break Some(project),
            Some(Effect::Look) => workers.look(app.wanted()),
            Some(Effect::Act(action)) => workers.act(action),
        }
    };
    Ok(outcome)
}

/// Prints it once, as wide as the terminal and as long as it needs to be.
pub(crate) fn print(context: &Context, output: &Output) {
    let mut app = App::dashboard(true);
    let overview = Overviews::new(context).refresh(context, &app.wanted());
    let width = crate::output::width().map_or(100, |width| u16::try_from(width).unwrap_or(u16::MAX));
    app.update(overview);
    let rows = view::rows_needed(&app).min(PRINTED_ROWS);
    let mut buffer = Buffer::empty(Rect::new(
        0,
        0,
        width.clamp(view::LEAST.0, 300),
        rows.max(view::LEAST.1),
    ));
    let _no_cursor = view::draw(&mut app, &mut buffer);
    output.screen(&buffer);
}
