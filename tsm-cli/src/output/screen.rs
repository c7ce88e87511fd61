//! The whole terminal as a screen, and back to how it was: on the way out, on errors, on panics and on signals.

use std::io::{self, Stdout};
use std::panic;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use ratatui::Terminal;
use ratatui::backend::CrosstermBackend;
use ratatui::buffer::{Buffer, Cell};
use ratatui::crossterm::cursor::Show;
use ratatui::crossterm::event::{DisableMouseCapture, EnableMouseCapture};
use ratatui::crossterm::execute;
use ratatui::crossterm::terminal::{EnterAlternateScreen, LeaveAlternateScreen, disable_raw_mode, enable_raw_mode};
use ratatui::style::{Color, Modifier};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use unicode_width::UnicodeWidthStr;

/// Whether the terminal is ours now; whoever resets it does that once.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// A terminal that is a screen as long as this lives.
pub(crate) struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    signal: Arc<AtomicUsize>,
}

impl Screen {
    /// Takes the terminal.
    pub(crate) fn take() -> io::Result<Self> {
        let signal = Arc::new(AtomicUsize::new(0));
        for number in [SIGTERM, SIGHUP, SIGINT] {
            let value = usize::try_from(number).unwrap_or(1);
            signal_hook::flag::register_usize(number, Arc::clone(&signal), value)?;
        }
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            give_back();
            before(info);
        }));
        enable_raw_mode()?;
        TAKEN.store(true, Ordering::SeqCst);
        let taken = execute!(io::stdout(), EnterAlternateScreen, EnableMouseCapture)
            .and_then(|()| Terminal::new(CrosstermBackend::new(io::stdout())));
        match taken {
            Ok(terminal) => Ok(Self { terminal, signal }),
            Err(error) => {
                give_back();
                Err(error)
            }
        }
    }

    /// Draws; `paint` fills the whole buffer and says where the cursor stands, if anywhere.
    pub(crate) fn draw(
        &mut self,
        color: bool,
        paint: impl FnOnce(&mut Buffer) -> Option<(u16, u16)>,
    ) -> io::Result<()> {
        self.terminal.draw(|frame| {
            let cursor = paint(frame.buffer_mut());
            if !color {
                without_colors(frame.buffer_mut());
            }
            if let Some(cursor) = cursor {
                frame.set_cursor_position(cursor);
            }
        })?;
        Ok(())
    }

    /// The signal that asks this program to end, if one came.
    pub(crate) fn signal(&self) -> Option<i32> {
        i32::try_from(self.signal.load(Ordering::SeqCst))
            .ok()
            .filter(|signal| *signal != 0)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        let _nothing_more_to_do = execute!(io::stdout(), DisableMouseCapture, LeaveAlternateScreen, Show);
        let _nothing_more_to_do = disable_raw_mode();
    }
}

/// Ends this program as the signal would have.
pub(crate) fn end_by(signal: i32) {
    let _it_goes_on = signal_hook::low_level::emulate_default_handler(signal);
}

fn without_colors(buffer: &mut Buffer) {
    for cell in &mut buffer.content {
        (cell.fg, cell.bg) = (Color::Reset, Color::Reset);
    }
}

/// A screen as lines of text, with colours or without.
pub(crate) fn text_of(buffer: &Buffer, color: bool) -> String {
    let mut text = String::new();
    for row in buffer.content.chunks(usize::from(buffer.area.width).max(1)) {
        let mut line = String::new();
        let mut now = String::new();
        let mut covered = 0;
        let end = row
            .iter()
            .rposition(|cell| cell.symbol() != " ")
            .map_or(0, |last| last + 1);
        for cell in row.iter().take(end) {
            if covered > 0 {
                covered -= 1;
                continue;
            }
            // What a wide character covers isn't printed.
            covered = cell.symbol().width().saturating_sub(1);
            let style = if color { style(cell) } else { String::new() };
            if style != now {
                line.push_str("\x1b[0m");
                line.push_str(&style);
                now = style;
            }
            line.push_str(cell.symbol());
        }
        if !now.is_empty() {
            line.push_str("\x1b[0m");
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

fn style(cell: &Cell) -> String {
    let mut parameters = Vec::new();
    for (modifier, number) in [(Modifier::BOLD, "1"), (Modifier::DIM, "2"), (Modifier::REVERSED, "7")] {
        if cell.modifier.contains(modifier) {
            parameters.push(number);
        }
    }
    parameters.extend(match cell.fg {
        Color::Red => Some("31"),
        Color::Green => Some("32"),
        Color::Yellow => Some("33"),
        Color::Cyan => Some("36"),
        _ => None,
    });
    match parameters.is_empty() {
        true => String::new(),
        false => format!("\x1b[{}m", parameters.join(";")),
    }
}
