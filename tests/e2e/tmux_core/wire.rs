//! The direct transport's bytes: clients that break off, servers that aren't tmux's.

use std::io::{Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use tests::system_calls::{SystemCall, record, run_with};
use tests::{Environment, wait_until};
use tmux_core::{
    Auto, Command, Direct, Error, OptionName, OptionScope, OptionValue, Request, Server, ServerInfo, Socket, Spawn,
    Transport, UserOptions, Version,
};

use super::world::{Way, World, each, identity, named, spawn_binary};

fn direct(env: &Environment, socket: &Path) -> Direct {
    Direct::new(Socket::at_path(socket), identity(env))
}

fn reading() -> Request {
    Request::reading(vec![Command::new("list-sessions")], Duration::from_secs(10))
}

/// What a client sends at first, as a listener sees it.
fn recorded(env: &Environment, request: &Request) -> Vec<u8> {
    let path = env.root().join("listener");
    let listener = UnixListener::bind(&path).unwrap();
    let hearing = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut bytes = vec![0; 65_536];
        let read = stream.read(&mut bytes).unwrap();
        bytes.truncate(read);
        bytes
    });
    let outcome = direct(env, &path).run(&Request {
        limit: Duration::from_secs(5),
        ..request.clone()
    });
    assert!(outcome.is_err());
    std::fs::remove_file(path).unwrap();
    hearing.join().unwrap()
}

#[test]
fn a_client_that_breaks_off_anywhere_ends_no_server() {
    let world = World::new(Way::Direct);
    let changing = Request::reading(vec![named("b").command()], Duration::from_secs(10));
    let bytes = recorded(&world.env, &changing);
    assert!(bytes.len() > 200);
    for end in (0..bytes.len()).step_by(3).chain([bytes.len()]) {
        let mut stream = UnixStream::connect(world.env.socket()).unwrap();
        stream.write_all(&bytes[..end]).unwrap();
        drop(stream);
    }
    // In two pieces, with a rest that never comes.
    for end in [16, 40, 100, bytes.len() - 1] {
        let mut stream = UnixStream::connect(world.env.socket()).unwrap();
        let (first, second) = bytes.split_at(end);
        stream.write_all(first).unwrap();
        stream.write_all(&second[..second.len() / 2]).unwrap();
        drop(stream);
    }
    assert!(world.process().alive());
    wait_until("the session of the whole one", || {
        world.snapshot().session_named(b"b").map(drop)
    });
    assert_eq!(world.snapshot().sessions.len(), 2);
}

/// Answers every connection with these bytes, then closes.
fn impostor(path: &Path, answer: Vec<u8>) {
    let listener = UnixListener::bind(path).unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut heard = [0; 65_536];
            let _heard = stream.read(&mut heard);
            let _said = stream.write_all(&answer);
        }
    });
}

fn frame(kind: u32, length: u32, peer: u32, payload: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for word in [kind, length, peer, 0] {
        bytes.extend(word.to_ne_bytes());
    }
    bytes.extend(payload);
    bytes
}

#[test]
fn what_is_no_tmux_server_is_an_error_and_never_a_hang() {
    let env = Environment::new();
    let answers = [
        ("nothing", Vec::new()),
        ("half", frame(203, 16, 8, b"")[..7].to_vec()),
        ("short", frame(203, 3, 8, b"")),
        ("long", frame(203, 17_000, 8, b"")),
        ("other", frame(12, 16, 7, b"")),
        ("later", frame(203, 16, 9, b"")),
        (
            "http",
            b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n".to_vec(),
        ),
    ];
    for (name, answer) in answers {
        let path = env.root().join(name);
        impostor(&path, answer);
        let started = Instant::now();
        let error = direct(&env, &path).run(&reading()).unwrap_err();
        assert!(started.elapsed() < Duration::from_secs(9), "{name}");
        let expected = match name {
            // "/1.1" is a length that more would have to follow.
            "nothing" | "half" | "http" => matches!(error, Error::ServerLost { .. }),
            "other" | "later" => matches!(error, Error::VersionSkew { .. }),
            _ => matches!(error, Error::Protocol { .. }),
        };
        assert!(expected, "{name}: {error}");
        std::fs::remove_file(path).unwrap();
    }
}

#[test]
fn a_connection_that_is_lost_is_tried_again_only_for_reading() {
    let env = Environment::new();
    let path = env.root().join("loser");
    let listener = UnixListener::bind(&path).unwrap();
    let counting = thread::spawn(move || {
        let mut count = 0;
        listener.set_nonblocking(false).unwrap();
        // One connection more, empty, ends the counting.
        for stream in listener.incoming() {
            let mut heard = [0; 65_536];
            if stream.unwrap().read(&mut heard).unwrap() == 0 {
                return count;
            }
            count += 1;
        }
        count
    });
    let direct = direct(&env, &path);
    let read = direct.run(&reading()).unwrap_err();
    assert!(read.is_outcome_unknown(), "{read}");
    let changing = Request::reading(vec![named("b").command()], Duration::from_secs(5));
    let change = direct.run(&changing).unwrap_err();
    assert!(
        matches!(
            change,
            Error::ServerLost {
                server_pid: Some(_),
                ..
            }
        ),
        "{change}"
    );
    drop(UnixStream::connect(&path).unwrap());
    assert_eq!(counting.join().unwrap(), 3);
}

#[test]
fn a_server_whose_version_is_known_is_not_asked_for_it() {
    let env = Environment::new();
    // It breaks off each time: a question would be asked twice before it is given up, the change is sent once.
    for (n, (version, connections)) in [("3.8", 1), ("3.2", 2), ("3.9", 2)].into_iter().enumerate() {
        let path = env.root().join(format!("met-{n}"));
        let listener = UnixListener::bind(&path).unwrap();
        let counting = thread::spawn(move || {
            let heard = |stream: std::io::Result<UnixStream>| stream.unwrap().read(&mut [0; 65_536]).unwrap();
            listener.incoming().map(heard).take_while(|heard| *heard > 0).count()
        });
        let socket = Socket::at_path(&path);
        let auto = Auto::new(direct(&env, &path), Spawn::new("tmux", socket.clone()));
        let server = Server::over(Arc::new(auto), socket);
        server.met(&ServerInfo {
            pid: std::process::id(),
            start_time: 1,
            version: Version::parse(version),
        });
        let error = server.run(vec![named("b").command()]).unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        drop(UnixStream::connect(&path).unwrap());
        assert_eq!(counting.join().unwrap(), connections, "{version}");
    }
}

#[test]
fn a_met_server_of_another_protocol_is_talked_to_by_its_program() {
    let env = Environment::new();
    let path = env.root().join("other");
    impostor(&path, frame(12, 16, 7, b""));
    let socket = Socket::at_path(&path);
    let answering = env.script(
        "met-tmux",
        "#!/bin/sh\necho \"$@\" >>\"$0.calls\"\nfor mark; do :; done\necho \"$mark\"\n",
    );
    let auto = Auto::new(direct(&env, &path), Spawn::new(&answering, socket.clone()));
    let server = Server::over(Arc::new(auto), socket);
    server.met(&ServerInfo {
        pid: std::process::id(),
        start_time: 1,
        version: Version::parse("3.3a"),
    });
    server
        .run(vec![Command::kill_session(tmux_core::SessionId(3))])
        .unwrap();
    let calls = std::fs::read_to_string(env.bin().join("met-tmux.calls")).unwrap();
    assert_eq!(calls.lines().count(), 1, "{calls}");
    assert!(calls.contains("kill-session -t $3"), "{calls}");
}

#[test]
fn a_server_of_another_protocol_is_talked_to_by_its_program() {
    let env = Environment::new();
    let path = env.root().join("other");
    impostor(&path, frame(12, 16, 7, b""));
    let socket = Socket::at_path(&path);
    let answering = env.script(
        "answering-tmux",
        "#!/bin/sh\necho \"$@\" >>\"$0.calls\"\nfor mark; do :; done\necho \"$mark\"\n",
    );
    let auto = Auto::new(direct(&env, &path), Spawn::new(&answering, socket.clone()));
    let server = Server::over(Arc::new(auto), socket);
    // Nothing of it ran twice: what changes something is preceded by a question.
    server
        .run(vec![Command::kill_session(tmux_core::SessionId(3))])
        .unwrap();
    server
        .run(vec![Command::kill_session(tmux_core::SessionId(4))])
        .unwrap();
    let calls = std::fs::read_to_string(env.bin().join("answering-tmux.calls")).unwrap();
    assert_eq!(calls.lines().count(), 2, "{calls}");
    assert!(
        calls.contains("kill-session -t $3") && calls.contains("kill-session -t $4"),
        "{calls}"
    );
}

#[test]
fn a_client_of_another_version_that_hangs_is_named() {
    let world = World::new(Way::Direct);
    let hanging = world.env.script(
        "hanging-tmux",
        "#!/bin/sh\ncase $1 in -V) echo tmux 3.2a;; *) exec sleep 86394;; esac\n",
    );
    let spawn = Spawn::new(hanging, Socket::at_path(world.env.socket()));
    let error = spawn
        .run(&Request {
            limit: Duration::from_millis(300),
            ..reading()
        })
        .unwrap_err();
    // Something may have run: it is no refusal, and nothing is sent again.
    assert!(error.is_outcome_unknown(), "{error}");
    let version = world.snapshot().server.version;
    let text = error.to_string();
    assert!(text.contains("3.2a") && text.contains(version.as_str()), "{text}");
}

#[test]
fn a_call_that_the_end_of_the_server_cuts_off_is_no_success() {
    for way in [Way::Direct, Way::Auto] {
        let world = World::new(way);
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let reached = OptionName::new("@reached").unwrap();
                let reached = Command::set_option(OptionScope::GlobalSession, &reached, OptionValue::Set("1".into()));
                let wait = Command::wait_for("channel".into(), tmux_core::WaitFor::Wait);
                world.server.run(vec![reached, wait])
            });
            // A call that the server hasn't read yet when it ends was never made: that is another error.
            wait_until("the waiting call", || {
                (world.env.tmux(["show-options", "-gqv", "@reached"]) == b"1\n").then_some(())
            });
            world.env.kill_server();
            let outcome = waiting.join().unwrap();
            assert!(matches!(outcome, Err(Error::ServerLost { .. })), "{way:?}: {outcome:?}");
        });
    }
}

#[test]
fn a_server_that_is_stopped_costs_the_time_limit_and_no_more() {
    each(|world| {
        let hasty = world.server.clone().with_limit(Duration::from_millis(500));
        hasty.snapshot(UserOptions::default()).unwrap();
        let process = world.process();
        process.signal(tests::Signal::STOP);
        let started = Instant::now();
        let error = hasty.snapshot(UserOptions::default()).unwrap_err();
        assert!(matches!(error, Error::TimedOut { .. }), "{error}");
        // A change over it isn't known to have happened or not.
        let error = hasty.run(vec![named("late").command()]).unwrap_err();
        assert!(error.is_outcome_unknown(), "{error}");
        assert!(started.elapsed() < Duration::from_secs(4), "{:?}", started.elapsed());
        process.signal(tests::Signal::CONT);
        // It answers again, also over a control client that had to be given up.
        world.snapshot();
    });
}

#[test]
fn a_socket_of_a_label_must_lie_in_a_directory_of_ours_alone() {
    use std::os::unix::fs::PermissionsExt;
    let env = Environment::new();
    let uid = rustix::process::geteuid().as_raw();
    let socket = Socket::named("label", Some(env.root()), uid);
    let direct = Direct::new(socket.clone(), identity(&env));
    assert!(matches!(direct.run(&reading()), Err(Error::NoServer { .. })));
    let directory = socket.path().parent().unwrap();
    std::fs::create_dir(directory).unwrap();
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o777)).unwrap();
    let _listener = UnixListener::bind(socket.path()).unwrap();
    assert!(matches!(direct.run(&reading()), Err(Error::AccessDenied { .. })));
    std::fs::set_permissions(directory, std::fs::Permissions::from_mode(0o700)).unwrap();
    assert!(!matches!(
        direct.run(&Request {
            limit: Duration::from_millis(100),
            ..reading()
        }),
        Err(Error::AccessDenied { .. })
    ));
}

#[test]
fn many_threads_at_once_are_all_answered() {
    let world = World::new(Way::Direct);
    thread::scope(|scope| {
        for thread in 0..8 {
            let world = &world;
            scope.spawn(move || {
                for n in 0..100 {
                    let text = format!("{thread}-{n}");
                    let print = Command::new("display-message")
                        .flag("-p")
                        .operands([tmux_core::Arg::Literal(text.as_str().into())]);
                    let reply = world.server.run(vec![print]).unwrap();
                    assert_eq!(reply.stdout, format!("{text}\n").into_bytes());
                }
            });
        }
    });
    assert!(world.snapshot().clients.is_empty());
    let spawn = Spawn::new(spawn_binary(&world.env), Socket::at_path(world.env.socket()));
    assert!(spawn.run(&reading()).is_ok());
}

/// `partial-identify` (E3): a control client is killed before each of the system calls with which it introduces itself.
#[test]
fn a_control_client_that_dies_while_it_introduces_itself_ends_no_server() {
    let world = World::new(Way::Direct);
    let program = || {
        let mut command = std::process::Command::new(tests::programs::built("examples/watch_events"));
        command.arg(world.env.socket()).arg("1");
        command
    };
    let calls = record(world.env.root(), &program());
    let talking =
        |call: &&SystemCall| ["connect", "sendto", "sendmsg", "write", "close", "shutdown"].contains(&&*call.name);
    let calls: Vec<SystemCall> = calls.iter().filter(talking).cloned().collect();
    assert!(calls.iter().any(|call| call.name == "sendmsg"), "{calls:?}");
    for call in calls {
        run_with(&[call.kill()], &program());
        assert!(world.process().alive(), "{}", call.text);
        world.snapshot();
    }
    wait_until("all clients to be gone", || {
        world.snapshot().clients.is_empty().then_some(())
    });
}
