use proptest::prelude::*;

use super::*;

const SPEC: &str = "80x24,0,0{69x24,0,0,0,10x24,70,0,1}";

fn with_checksum(body: &str) -> String {
    format!("{:04x},{body}", print::checksum(body.as_bytes()))
}

#[test]
fn prints_ids_as_tmux_does() {
    for body in [
        "80x24,0,0,0",
        SPEC,
        "120x40,0,0{108x40,0,0,0,11x40,109,0[11x20,109,0,1,11x19,109,21,2]}",
    ] {
        let text = with_checksum(body);
        let layout = Layout::parse(text.as_bytes()).expect("a layout");
        assert_eq!(layout.print_with_ids(), text);
    }
}

#[test]
fn reads_what_tmux_prints() {
    // Printed by tmux 3.3a for an 80x24 window split with `-h -l 10`.
    let layout = Layout::parse(with_checksum(SPEC).as_bytes()).expect("a layout");
    let sizes: Vec<_> = layout
        .panes()
        .iter()
        .map(|pane| (pane.left, pane.width, pane.height))
        .collect();
    assert_eq!(sizes, [(0, 69, 24), (70, 10, 24)]);
    assert_eq!(layout.check(2), Ok(()));
    assert_eq!(layout.check(3), Err(LayoutFault::PaneCount { leaves: 2, panes: 3 }));
    assert_eq!(layout.print(), with_checksum("80x24,0,0{69x24,0,0,10x24,70,0}"));
}

#[test]
fn floating_panes_of_3_7_are_taken_out_of_the_tree() {
    // Printed by tmux 3.7c, which can't read it.
    let text = b"f3c5,120x40,0,0[120x40,0,0{107x40,0,0,0,12x40,108,0,2},50x10,4,2,1]<50x10,4,2,1>";
    let layout = Layout::parse(text).expect("a layout");
    assert_eq!(layout.check(2), Ok(()));
    let float = &layout.floating[0];
    assert_eq!((float.left, float.top, float.width, float.height), (4, 2, 50, 10));
    assert_eq!(float.pane.id, Some(PaneId(1)));
    assert!(layout.print().ends_with(",120x40,0,0{107x40,0,0,12x40,108,0}"));
    // A window that has nothing else.
    let only = Layout::parse(b"072b,40x6,4,2,5<40x6,4,2,5>");
    assert_eq!(only, Err(ParseLayoutError::NoTiledPane));
}

#[test]
fn the_checksum_is_tmux_own() {
    assert_eq!(print::checksum(b"80x24,0,0,0"), 0xb25d);
}

#[test]
fn refuses_everything_that_kills_a_server() {
    for text in [
        "",
        "zzzz",
        "nonsense",
        "#(x)",
        "{}",
        "[[[",
        "x",
        ",",
        "<",
        "tiled",
        "abc",
        "0000,80x24,0,0,0",
    ] {
        assert!(Layout::parse(text.as_bytes()).is_err(), "{text}");
    }
    for body in [
        "",
        "80x24,0,0{}",
        "80x24,0,0[]",
        "120x40,0,0{107x40,0,0,0,12x40,108,0,1,",
        "120x40,0,0{107x40,0,0,0,12x40,108,0,1}}",
        "120x40,0,0{,07x40,0,0,0,12x40,108,0,1}",
        "120x40,0,0{[07x40,0,0,0,12x40,108,0,1}",
        "120x40,0,0{119x40,0,0}",
        "80x2147483647,0,0,0",
        "4294967295x4294967295,0,0,0",
        "99999999999999999999x24,0,0,0",
        "10001x24,0,0,0",
        "0x24,0,0,0",
        "50x40,0,0{50x40,0,0,0,50x40,51,0,1}",
        "101x40,0,0{50x40,0,0,0,50x39,51,0,1}",
        "80x24,0,0,0 ",
        "+80x24,0,0,0",
    ] {
        assert!(Layout::parse(with_checksum(body).as_bytes()).is_err(), "{body}");
    }
    let deep = format!("{}1x1,0,0{}", "1x1,0,0{".repeat(5000), "}".repeat(5000));
    assert!(Layout::parse(with_checksum(&deep).as_bytes()).is_err());
}

fn any_cell(width: u32, height: u32, depth: u32) -> BoxedStrategy<Cell> {
    let pane = Just(Cell {
        width,
        height,
        left: 0,
        top: 0,
        content: Content::Pane(Leaf::default()),
    });
    if depth == 0 || width < 7 || height < 7 {
        return pane.boxed();
    }
    let beside = (1..width - 2).prop_flat_map(move |first| {
        (
            any_cell(first, height, depth - 1),
            any_cell(width - 1 - first, height, depth - 1),
        )
            .prop_map(move |(a, b)| Cell {
                width,
                height,
                left: 0,
                top: 0,
                content: Content::LeftRight(vec![a, b]),
            })
    });
    let above = (1..height - 2).prop_flat_map(move |first| {
        (
            any_cell(width, first, depth - 1),
            any_cell(width, height - 1 - first, depth - 1),
        )
            .prop_map(move |(a, b)| Cell {
                width,
                height,
                left: 0,
                top: 0,
                content: Content::TopBottom(vec![a, b]),
            })
    });
    prop_oneof![pane, beside, above].boxed()
}

proptest! {
    #[test]
    fn reads_back_what_it_printed(root in any_cell(203, 57, 4)) {
        let layout = Layout::of(root);
        prop_assert_eq!(Layout::parse(layout.print().as_bytes()).expect("a layout"), layout);
    }

    #[test]
    fn no_bytes_make_it_panic(body in "[0-9x,{}\\[\\]]{0,60}") {
        if let Ok(layout) = Layout::parse(with_checksum(&body).as_bytes()) {
            let panes = layout.panes().len();
            prop_assert_eq!(layout.check(panes), Ok(()));
        }
    }
}
