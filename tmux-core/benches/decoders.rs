//! How fast what tmux says is read, in bytes a second. `cargo xtask bench decoders` runs it.
#![expect(
    clippy::expect_used,
    reason = "a measurement of something wrong is worth nothing: it ends"
)]

use std::sync::Arc;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use tmux_core::control::{Item, Parser};
use tmux_core::layout::{Cell, Content};
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
    let row = format!("{tag}|{}\n", ["12|", "some\\ name|", "/home/user/project|"].concat().repeat(10));
    let output = row.repeat(200);
    assert_eq!(format.decode(output.as_bytes()).expect("rows").len(), 200);
    bencher
        .counter(BytesCount::of_str(&output))
        .bench(|| format.decode(black_box(output.as_bytes())));
}

/// The answer of a server with 100 sessions of two panes, to the tree.
#[divan::bench]
fn snapshot(bencher: Bencher<'_, '_>) {
    let says = Arc::new(Says { sessions: 100 });
    let server = Server::over(says.clone(), Socket::at_path("/nowhere"));
    let snapshot = server.snapshot(UserOptions::default()).expect("a snapshot");
    assert_eq!(snapshot.sessions.len(), 100);
    assert_eq!(snapshot.panes_in_all(), 200);
    bencher
        .counter(BytesCount::of_slice(&says.answer_to_a_snapshot(&server)))
        .bench(|| server.snapshot(black_box(UserOptions::default())));
}

/// Output of a busy pane, with a block of a hundred lines between each hundred.
#[divan::bench]
fn control(bencher: Bencher<'_, '_>) {
    let output = "%output %1 \\033[32mok\\033[0m some text of a program that prints a lot\\015\\012\n".repeat(100);
    let block = format!("%begin 1795440529 7 1\n{}%end 1795440529 7 1\n", "a line of a list\n".repeat(100));
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
                bytes += data.len();
            }
        }
    }
    bytes
}

fn columns(panes: u32) -> Layout {
    let cell = |left, width, content| Cell {
        width,
        height: 50,
        left,
        top: 0,
        content,
    };
    let cells = (0..panes).map(|n| cell(n * 11, 10, Content::Pane(None)));
    Layout {
        root: cell(0, panes * 11 - 1, Content::LeftRight(cells.collect())),
    }
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

