//! Keys, pastes and buffers, byte for byte.

use tests::wait_until;
use tmux_core::{CapturePane, Command, Error, Key, KeyCode, NewWindow, PaneId, Paste};

use super::world::{World, each, run};

/// A pane whose program writes what it reads into a file, byte for byte.
fn recording(world: &World) -> (PaneId, std::path::PathBuf) {
    let file = world.env.root().join("typed");
    std::fs::write(&file, "").unwrap();
    let script = format!("stty raw -echo; echo ready; exec cat >{}", file.display());
    let window = NewWindow {
        program: vec!["sh".into(), "-c".into(), script.into()],
        directory: "/".into(),
        ..NewWindow::at(world.session("main").id)
    };
    let pane = world.server.new_window(window).unwrap().pane;
    wait_until("the program", || {
        let shown = world
            .server
            .capture_panes([CapturePane::screen(pane)])
            .unwrap()
            .remove(0)
            .unwrap();
        shown.starts_with(b"ready").then_some(())
    });
    (pane, file)
}

#[track_caller]
fn wait_for_bytes(file: &std::path::Path, expected: &[u8]) {
    wait_until("the bytes", || {
        let typed = std::fs::read(file).unwrap();
        assert!(expected.starts_with(&typed), "{:?}", bstr::BStr::new(&typed));
        (typed == expected).then_some(())
    });
}

#[test]
fn what_is_typed_arrives_byte_for_byte() {
    each(|world| {
        let version = world.snapshot().server.version;
        let (pane, file) = recording(world);
        let mut expected: Vec<u8> = Vec::new();
        // Words that are names of keys, a final semicolon, a leading dash, formats.
        for text in [
            "Enter",
            "C-c",
            "-x",
            "a;",
            "#(touch x)",
            "\u{e9}\u{4e2d}",
            "$HOME '\"\\",
        ] {
            run(world, Command::send_text(pane, text.into()));
            expected.extend(text.as_bytes());
            wait_for_bytes(&file, &expected);
        }
        run(
            world,
            Command::send_keys(pane, [Key::new(KeyCode::Char('x')).unwrap(), Key::ENTER]),
        );
        expected.extend(b"x\r");
        run(world, Command::send_bytes(pane, &[0, 1, 0x1b, 0xff, 0xc3]));
        expected.extend([0, 1, 0x1b, 0xff, 0xc3]);
        wait_for_bytes(&file, &expected);
        let large: Vec<u8> = (0..20_000_u32).map(|n| u8::try_from(n % 255 + 1).unwrap()).collect();
        let enter = Paste {
            enter: true,
            ..Paste::default()
        };
        world.server.paste(pane, &large, enter, &version).unwrap();
        expected.extend(&large);
        expected.push(b'\r');
        wait_for_bytes(&file, &expected);
        // Into a mode a paste goes to the program all the same.
        world.env.tmux(["copy-mode", "-t", &pane.to_string()]);
        world.server.paste(pane, b"pasted", Paste::default(), &version).unwrap();
        expected.extend(b"pasted");
        wait_for_bytes(&file, &expected);
        run(world, Command::leave_mode(pane));
        assert!(!world.snapshot().pane(pane).unwrap().in_mode);
        let buffers = world.env.tmux(["list-buffers"]);
        assert!(buffers.is_empty(), "{:?}", bstr::BStr::new(&buffers));
    });
}

#[test]
fn a_paste_that_fails_leaves_no_buffer_and_presses_no_key() {
    each(|world| {
        let version = world.snapshot().server.version;
        let how = Paste {
            enter: true,
            ..Paste::default()
        };
        let outcome = world.server.paste(PaneId(777), b"secret", how, &version);
        assert!(matches!(outcome, Err(Error::NotFound { .. })), "{outcome:?}");
        assert!(world.env.tmux(["list-buffers"]).is_empty());
    });
}

#[test]
fn buffers_carry_any_byte_and_a_missing_one_costs_no_other() {
    each(|world| {
        let data: Vec<u8> = (0..100_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        run(world, Command::load_buffer("b".into(), data.clone()));
        assert_eq!(world.server.buffer("b".into()).unwrap(), data);
        // Two in one call: only one can have the standard input.
        let two = vec![
            Command::load_buffer("c".into(), b"x\n\xff;".to_vec()),
            Command::load_buffer("d".into(), vec![b'y'; 50_000]),
        ];
        world.server.run(two).unwrap();
        assert_eq!(world.server.buffer("c".into()).unwrap(), b"x\n\xff;");
        assert_eq!(world.server.buffer("d".into()).unwrap(), vec![b'y'; 50_000]);
        assert!(world.server.delete_buffer("absent".into()).is_err());
        for name in ["b", "c", "d"] {
            world.server.delete_buffer(name.into()).unwrap();
        }
        assert!(world.env.tmux(["list-buffers"]).is_empty());
    });
}
