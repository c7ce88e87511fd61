//! Layouts that are made and scaled without asking tmux are those that tmux would make.

use tmux_core::layout::{Content, Orientation, Rounding};
use tmux_core::{Command, Layout, LayoutName, SplitWindow, UserOptions, WindowId};

use super::world::{Way, World};

const SIZES: [(u32, u32); 6] = [(120, 40), (80, 24), (203, 57), (33, 17), (9, 9), (61, 8)];

fn window(world: &World) -> WindowId {
    world.session("main").windows[0].window.id
}

fn layout(world: &World) -> Layout {
    let snapshot = world.server.snapshot(UserOptions::default()).unwrap();
    Layout::parse(&snapshot.session_named(b"main").unwrap().windows[0].window.layout).unwrap()
}

/// Widths, heights and places alone: a layout of our own knows no ids.
fn shape(layout: &Layout) -> String {
    layout.print()
}

/// Splits until the window has so many panes.
fn with_panes(world: &World, panes: usize) {
    let window = window(world);
    world.server.run(vec![Command::resize_window(window, 203, 57)]).unwrap();
    while world.session("main").windows[0].window.panes.len() < panes {
        world
            .server
            .run(vec![
                SplitWindow {
                    detached: true,
                    ..SplitWindow::of(window)
                }
                .command(),
                Command::select_layout_tiled(window),
            ])
            .unwrap();
    }
}

#[test]
fn named_layouts_are_those_of_tmux() {
    let world = World::new(Way::Direct);
    let window = window(&world);
    let rounding = Rounding::of(&world.snapshot().server.version);
    for panes in 2..=9_u32 {
        with_panes(&world, panes as usize);
        for (width, height) in SIZES {
            let expected = |name: LayoutName| match name {
                LayoutName::EvenHorizontal => Layout::even(Orientation::LeftRight, panes, width, height, rounding),
                LayoutName::EvenVertical => Layout::even(Orientation::TopBottom, panes, width, height, rounding),
                LayoutName::MainHorizontal => Layout::main(Orientation::TopBottom, panes, width, height, 24, rounding),
                LayoutName::MainVertical => Layout::main(Orientation::LeftRight, panes, width, height, 80, rounding),
                LayoutName::Tiled => Layout::tiled(panes, width, height),
            };
            for name in [
                LayoutName::EvenHorizontal,
                LayoutName::EvenVertical,
                LayoutName::MainHorizontal,
                LayoutName::MainVertical,
                LayoutName::Tiled,
            ] {
                world
                    .server
                    .run(vec![
                        Command::select_layout_tiled(window),
                        Command::resize_window(window, width, height),
                        Command::select_named_layout(window, name),
                    ])
                    .unwrap();
                let expected = shape(&expected(name).unwrap());
                assert_eq!(
                    shape(&layout(&world)),
                    expected,
                    "{name:?} of {panes} in {width}x{height}"
                );
            }
        }
    }
}

#[test]
fn scaling_is_that_of_tmux() {
    let world = World::new(Way::Direct);
    let window = window(&world);
    with_panes(&world, 7);
    let made = |direction: Orientation, parts: Vec<Layout>, width: u32, height: u32| {
        let mut layout = Layout::even(
            direction,
            u32::try_from(parts.len()).unwrap(),
            width,
            height,
            Rounding::First,
        )
        .unwrap();
        let (Content::LeftRight(cells) | Content::TopBottom(cells)) = &mut layout.root.content else {
            panic!("no split");
        };
        for (cell, part) in cells.iter_mut().zip(parts) {
            cell.content = part.resized(cell.width, cell.height).root.content;
        }
        layout.resized(width, height)
    };
    let rows = |panes| Layout::even(Orientation::TopBottom, panes, 50, 50, Rounding::First).unwrap();
    let columns = |panes| Layout::even(Orientation::LeftRight, panes, 50, 50, Rounding::First).unwrap();
    let one = || Layout::single(50, 50);
    let starts = [
        made(Orientation::LeftRight, vec![rows(3), one(), rows(2), one()], 203, 57),
        made(Orientation::TopBottom, vec![columns(2), columns(4), one()], 203, 57),
        made(
            Orientation::LeftRight,
            vec![made(Orientation::TopBottom, vec![columns(3), one()], 90, 50), rows(3)],
            203,
            57,
        ),
        Layout::shares(Orientation::LeftRight, &[50, 1, 10, 3, 20, 7, 9], 1, 203, 57).unwrap(),
    ];
    for start in &starts {
        for (width, height) in SIZES.into_iter().chain([(204, 58), (202, 56), (400, 100), (13, 7)]) {
            let restart = Command::select_layout(window, start, 7).unwrap();
            world
                .server
                .run(vec![
                    Command::resize_window(window, 203, 57),
                    restart,
                    Command::resize_window(window, width, height),
                ])
                .unwrap();
            assert_eq!(
                shape(&layout(&world)),
                shape(&start.resized(width, height)),
                "{width}x{height}"
            );
        }
    }
}
