//! How fast what tmux says is read, in bytes a second. `cargo xtask bench decoders` runs it.
#![expect(
    clippy::expect_used,
    reason = "a measurement of something wrong is worth nothing: it ends"
)]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use bstr::ByteSlice;
use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tmux_core::control::{Item, Parser};
use tmux_core::layout::{Orientation, Rounding};
use tmux_core::transport::direct::message::{Decoder, MAX_DATA, Message};
use tmux_core::{Error, Layout, Reply, Request, RowFormat, Server, Socket, Transport, UserOptions};

fn main() {
    divan::main();
}

/// A window of 64 panes beside each other, in both notations.
#[divan::bench(args = ["classic", "json"])]
fn layout(bencher: Bencher<'_, '_>, notation: &str) {
    let text = if notation == "classic" {
        columns(64).print()
    } else {
        json(64)
    };
    assert_eq!(Layout::parse(text.as_bytes()).expect("a layout").panes().len(), 64);
    bencher
        .counter(BytesCount::of_str(&text))
        .bench(|| Layout::parse(black_box(text.as_bytes())));
}

/// 200 rows of 30 short fields, which is what a server with 200 panes says; every third has something to unescape.
#[divan::bench]
fn rows(bencher: Bencher<'_, '_>) {
    let format = RowFormat::new(["pane_title"; 30]);
    let tag = tag(&format.format()).to_owned();
    let row = format!(
        "{tag}|{}\n",
        ["12|", "some\\ name|", "/home/user/project|"].concat().repeat(10)
    );
    let output = row.repeat(200);
    assert_eq!(format.decode(output.as_bytes()).expect("rows").len(), 200);
    bencher
        .counter(BytesCount::of_str(&output))
        .bench(|| format.decode(black_box(output.as_bytes())));
}

/// The answer of a server with 100 sessions of two panes, to the tree.
#[divan::bench]
fn snapshot(bencher: Bencher<'_, '_>) {
    let says = Arc::new(Says {
        sessions: 100,
        ..Says::default()
    });
    let server = Server::over(says.clone(), Socket::at_path("/nowhere"));
    let snapshot = server.snapshot(UserOptions::default()).expect("a snapshot");
    assert_eq!(snapshot.sessions.len(), 100);
    assert!(snapshot.sessions.iter().all(|session| session.panes().count() == 2));
    bencher
        .counter(BytesCount::new(says.length.load(Ordering::Relaxed)))
        .bench(|| server.snapshot(black_box(UserOptions::default())));
}

/// Output of a busy pane, with a block of a hundred lines between each hundred.
#[divan::bench]
fn control(bencher: Bencher<'_, '_>) {
    let output = "%output %1 \\033[32mok\\033[0m some text of a program that prints a lot\\015\\012\n".repeat(100);
    let block = format!(
        "%begin 1795440529 7 1\n{}%end 1795440529 7 1\n",
        "a line of a list\n".repeat(100)
    );
    let stream = [output, block].concat().repeat(100);
    assert_eq!(items(stream.as_bytes()), 101 * 100);
    bencher
        .counter(BytesCount::of_str(&stream))
        .bench(|| items(black_box(stream.as_bytes())));
}

/// Messages of the server's protocol that carry output, as long as they may be.
#[divan::bench]
fn imsg(bencher: Bencher<'_, '_>) {
    let length = u32::try_from(MAX_DATA + 20).expect("16384");
    let mut message: Vec<u8> = [304, length, 8, 1].into_iter().flat_map(u32::to_ne_bytes).collect();
    message.extend(1_i32.to_ne_bytes());
    message.extend(vec![b'x'; MAX_DATA]);
    let stream = message.repeat(64);
    assert_eq!(bytes_written(&stream), MAX_DATA * 64);
    bencher
        .counter(BytesCount::of_slice(&stream))
        .bench(|| bytes_written(black_box(&stream)));
}

/// The stream in pieces as a socket gives them.
fn items(stream: &[u8]) -> usize {
    let mut parser = Parser::default();
    let mut count = 0;
    for piece in stream.chunks(65_536) {
        parser.push(piece).expect("within the limits");
        while let Some(item) = parser.next_item() {
            assert!(!matches!(item, Item::Stray(_)));
            count += 1;
        }
    }
    count
}

fn bytes_written(stream: &[u8]) -> usize {
    let mut decoder = Decoder::default();
    let mut bytes = 0;
    for piece in stream.chunks(65_536) {
        decoder.push(piece);
        while let Some(message) = decoder.next_message().expect("messages") {
            if let Message::Write { data, .. } = message {
                bytes += black_box(data).len();
            }
        }
    }
    bytes
}

fn columns(panes: u32) -> Layout {
    Layout::even(Orientation::LeftRight, panes, panes * 11 - 1, 50, Rounding::First).expect("a layout")
}

fn json(panes: u32) -> String {
    let cells: Vec<String> = (0..panes)
        .map(|n| {
            let left = n * 11;
            format!(r#"{{"t":"p","w":10,"h":50,"x":{left},"y":0,"i":{n},"I":"%{n}"}}"#)
        })
        .collect();
    let (width, cells) = (panes * 11 - 1, cells.join(","));
    format!(r#"{{"V":2,"L":{{"t":"h","w":{width},"h":50,"x":0,"y":0,"c":[{cells}]}}}}"#)
}

/// What stands before the first field.
fn tag(format: &str) -> &str {
    format.split('|').next().unwrap_or_default()
}

/// Answers each question for rows with some, as a server with so many sessions of two panes.
#[derive(Debug, Default)]
struct Says {
    sessions: usize,
    /// By verb, the rows without their tag, which is another one in each question: made once, so that what is measured is
    /// hardly more than the decoder.
    rows: Mutex<BTreeMap<String, Vec<String>>>,
    /// The last answer's length.
    length: AtomicUsize,
}

impl Transport for Says {
    fn run(&self, request: &Request) -> Result<Reply, Error> {
        let mut rows = self.rows.lock().expect("one thread");
        let mut stdout = Vec::with_capacity(self.length.load(Ordering::Relaxed));
        for command in request.groups.iter().flatten() {
            let words = command.words();
            let Some(format) = words
                .iter()
                .find_map(|word| word.to_str().ok().filter(|word| word.contains("|#{q:")))
            else {
                continue;
            };
            let tag = tag(format);
            let verb = command.verb();
            for row in rows.entry(verb.clone()).or_insert_with(|| self.rows(&verb, format)) {
                stdout.extend_from_slice(tag.as_bytes());
                stdout.extend_from_slice(row.as_bytes());
            }
        }
        self.length.store(stdout.len(), Ordering::Relaxed);
        Ok(Reply {
            stdout,
            ..Reply::default()
        })
    }
}

impl Says {
    fn rows(&self, verb: &str, format: &str) -> Vec<String> {
        let count = match verb {
            "display-message" => 1,
            "list-panes" => self.sessions * 2,
            "list-sessions" | "list-windows" => self.sessions,
            _ => 0,
        };
        let fields: Vec<&str> = format
            .split("#{q:")
            .skip(1)
            .filter_map(|rest| rest.split('}').next())
            .collect();
        let row = |n: usize| {
            let values = fields.iter().map(|field| value(field, n, count > self.sessions));
            let values: Vec<String> = values.map(|value| format!("{value}|")).collect();
            format!("|{}\n", values.concat())
        };
        (0..count).map(row).collect()
    }
}

/// What the field of the `n`th row holds.
fn value(field: &str, n: usize, is_pane: bool) -> String {
    let owner = if is_pane { n / 2 } else { n };
    match field {
        "session_id" => format!("\\${owner}"),
        "window_id" => format!("@{owner}"),
        "pane_id" => format!("\\%{n}"),
        "window_panes" => "2".to_owned(),
        "version" => "3.8".to_owned(),
        "session_name" | "window_name" | "pane_title" => format!("a\\ name\\ {n}"),
        "session_path" | "pane_current_path" => "/home/user/project".to_owned(),
        "window_layout" => "f0ab,200x50,0,0\\{179x50,0,0,0,20x50,180,0,1\\}".to_owned(),
        _ => "1".to_owned(),
    }
}
