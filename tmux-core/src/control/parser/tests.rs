use proptest::prelude::*;

use super::*;
use crate::{PaneId, SessionId, WindowId};

fn items_of(parser: &mut Parser) -> Vec<Item> {
    std::iter::from_fn(|| parser.next_item()).collect()
}

fn items(text: &[u8]) -> Vec<Item> {
    let mut parser = Parser::default();
    parser.push(text).expect("short lines");
    items_of(&mut parser)
}

fn block(number: u64, flags: u32, error: bool, body: &str) -> Item {
    Item::Block(Block {
        guard: Guard {
            time: 1_700_000_000,
            number,
            flags,
        },
        error,
        body: body.into(),
    })
}

/// What 3.3a sends to a client that attaches and asks two things, the second in vain.
const STREAM: &[u8] = b"%begin 1700000000 265 0\n%end 1700000000 265 0\n%session-changed $0 main\n\
    %begin 1700000000 270 1\none\ntwo\n%end 1700000000 270 1\n\
    %begin 1700000000 271 1\ncan't find session: nope\n%error 1700000000 271 1\n%exit\n";

fn expected() -> Vec<Item> {
    vec![
        block(265, 0, false, ""),
        Item::Notification(Notification::SessionChanged {
            session: SessionId(0),
            name: "main".into(),
        }),
        block(270, 1, false, "one\ntwo\n"),
        block(271, 1, true, "can't find session: nope\n"),
        Item::Notification(Notification::Exit { reason: None }),
    ]
}

#[test]
fn lines_split_anywhere_are_read_the_same() {
    for size in 1..STREAM.len() {
        let mut parser = Parser::default();
        for piece in STREAM.chunks(size) {
            parser.push(piece).expect("short lines");
        }
        assert_eq!(items_of(&mut parser), expected(), "pieces of {size}");
        assert!(!parser.in_block());
    }
}

#[test]
fn what_looks_like_a_guard_inside_a_block_is_output() {
    let text = b"%begin 1700000000 270 1\n%end 1 2 1\n%error 1700000000 270 0\n%begin 1 2 1\n%exit fake\n%end 1700000000 270 1\n";
    assert_eq!(
        items(text),
        [block(
            270,
            1,
            false,
            "%end 1 2 1\n%error 1700000000 270 0\n%begin 1 2 1\n%exit fake\n"
        )]
    );
}

#[test]
fn notifications_stand_inside_a_block_only_where_they_are_expected() {
    let text = b"%begin 1700000000 270 1\n%message hi\n%pause %0\n%continue %0\n%end 1700000000 270 1\n";
    assert_eq!(
        items(text),
        [block(270, 1, false, "%message hi\n%pause %0\n%continue %0\n")]
    );
    let mut parser = Parser::default();
    parser.expect_inside(Inside {
        message: true,
        pause: true,
    });
    parser.push(text).expect("short lines");
    assert_eq!(
        items_of(&mut parser),
        [
            Item::Notification(Notification::Message { text: "hi".into() }),
            Item::Notification(Notification::Pause { pane: PaneId(0) }),
            Item::Notification(Notification::Continue { pane: PaneId(0) }),
            block(270, 1, false, ""),
        ]
    );
}

#[test]
fn other_text_is_kept_as_stray_or_other() {
    assert_eq!(
        items(b"output of run-shell\n%begin 1 x 1\n%new-thing @1\n\n%window-add @7\n"),
        [
            Item::Stray("output of run-shell".into()),
            Item::Notification(Notification::Other {
                line: "%begin 1 x 1".into()
            }),
            Item::Notification(Notification::Other {
                line: "%new-thing @1".into()
            }),
            Item::Stray("".into()),
            Item::Notification(Notification::WindowAdd { window: WindowId(7) }),
        ]
    );
}

#[test]
fn a_line_of_megabytes_is_read_and_one_above_the_limit_is_an_error() {
    let mut text = b"%begin 1700000000 1 1\n".to_vec();
    text.extend(std::iter::repeat_n(b'x', 4 * 1024 * 1024));
    text.extend(b"\n%end 1700000000 1 1\n");
    let Some(Item::Block(block)) = items(&text).pop() else {
        panic!("no block");
    };
    assert_eq!(block.body.len(), 4 * 1024 * 1024 + 1);
    let mut parser = Parser::with_limits(10, 20);
    assert_eq!(parser.push(b"%begin 1 1 1\n").unwrap_err().what, "line");
    let mut parser = Parser::with_limits(20, 20);
    assert_eq!(
        parser.push(b"%begin 1 1 1\n0123456789\n0123456789\n").unwrap_err().what,
        "block"
    );
}

#[test]
fn a_stream_that_ends_inside_a_block_has_lost_a_reply() {
    let mut parser = Parser::default();
    parser.push(b"%begin 1 1 1\nhalf").expect("short lines");
    assert!(parser.in_block());
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..20)) {
        let mut parser = Parser::with_limits(64, 128);
        for piece in pieces {
            let _overflow = parser.push(&piece);
            while parser.next_item().is_some() {}
        }
    }

    #[test]
    fn nearly_right_lines_do_not_either(lines in proptest::collection::vec(
        "%(begin|end|error|output|extended-output|pause|layout-change|subscription-changed|exit|window-add)[ %@$:0-9a-z\\\\-]{0,30}", 0..20)) {
        let mut parser = Parser::default();
        parser.expect_inside(Inside { message: true, pause: true });
        for line in lines {
            parser.push(line.as_bytes()).expect("short lines");
            parser.push(b"\n").expect("short lines");
            while parser.next_item().is_some() {}
        }
    }

    #[test]
    fn any_body_comes_back_exactly(lines in proptest::collection::vec("[^\n]{0,30}", 0..10), split in 1_usize..50) {
        let mut text = b"%begin 5 6 1\n".to_vec();
        let mut body = String::new();
        for line in lines.iter().filter(|line| *line != "%end 5 6 1" && *line != "%error 5 6 1") {
            body.push_str(line);
            body.push('\n');
        }
        text.extend(body.as_bytes());
        text.extend(b"%end 5 6 1\n");
        let mut parser = Parser::default();
        for piece in text.chunks(split) {
            parser.push(piece).expect("short lines");
        }
        let Some(Item::Block(block)) = parser.next_item() else { panic!("no block") };
        prop_assert_eq!(block.body, body);
    }
}
