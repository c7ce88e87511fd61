//! A power cut at any system call of a save: what the disk holds then, replayed by another mount.
//!
//! The image of a mounted ext4 is copied as it is at that moment, which is what a disk would hold that got everything
//! that was sent to it. ext4's defaults hide a missing fsync, so `noauto_da_alloc` is tried too.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;
use tests::Extent;
use tests::system_calls::{Injection, SystemCall, record, run_with};

use crate::namespace::Namespace;
use crate::scenario::{self, Scenario};

/// Where an ext4 image can be mounted.
struct Machine {
    namespace: Namespace,
    images: TempDir,
}

/// How a power cut is made.
#[derive(Clone, Copy, Debug)]
struct Cut {
    options: &'static str,
    /// Another file is synced before, which commits the journal.
    commit: bool,
}

const CUTS: [Cut; 4] = [
    Cut {
        options: "loop",
        commit: false,
    },
    Cut {
        options: "loop",
        commit: true,
    },
    Cut {
        options: "loop,noauto_da_alloc",
        commit: false,
    },
    Cut {
        options: "loop,noauto_da_alloc",
        commit: true,
    },
];

impl Machine {
    /// `None` if the system doesn't let us mount an image; it is told why.
    fn new() -> Option<Self> {
        let left_out = |why: String| {
            tests::left_out("power cuts, which need an ext4 on a loop device", &why);
            None
        };
        // Not in a user namespace, whose root may mount other things.
        if !rustix::process::geteuid().is_root() {
            return left_out("that needs root".to_owned());
        }
        let namespace = match Namespace::new() {
            Ok(namespace) => namespace,
            Err(why) => return left_out(why),
        };
        let machine = Self {
            namespace,
            images: tempfile::tempdir().unwrap(),
        };
        let image = machine.image("empty");
        File::create(&image).unwrap().set_len(16 << 20).unwrap();
        let made = Command::new("mkfs.ext4")
            .args(["-q", "-F", "-b", "4096", "-J", "size=4"])
            .arg(&image)
            .output();
        let made = made.expect("mkfs.ext4 of e2fsprogs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        match machine.namespace.mount(&["-o", "loop", image.to_str().unwrap()]) {
            Ok(()) => {
                machine.namespace.unmount();
                Some(machine)
            }
            Err(why) => left_out(why),
        }
    }

    fn image(&self, name: &str) -> PathBuf {
        self.images.path().join(name)
    }

    /// Does something with an image mounted.
    fn with<T>(&self, options: &str, image: &Path, work: impl FnOnce(&Path) -> T) -> T {
        self.namespace.mount(&["-o", options, image.to_str().unwrap()]).unwrap();
        let result = work(&self.namespace.path().join("root"));
        self.namespace.unmount();
        result
    }

    /// An image with what is there before, and the system calls of the save in it.
    fn prepare(&self, scenario: &Scenario) -> Vec<SystemCall> {
        let start = self.image("start");
        fresh(&self.image("empty"), &start);
        self.with("loop", &start, |root| {
            fs::create_dir(root).unwrap();
            scenario.start_in(root);
            fs::write(root.with_file_name("other"), "0").unwrap();
        });
        let scratch = self.image("scratch");
        fresh(&start, &scratch);
        self.with("loop", &scratch, |root| record(root, &scenario.program(root)))
    }

    /// Runs the save with something happening to it, cuts the power when it has ended, and says what is wrong with what
    /// is there when it is back.
    fn cut(&self, scenario: &Scenario, cut: Cut, injections: &[Injection]) -> Result<(), String> {
        let (disk, after) = (self.image("disk"), self.image("after"));
        fresh(&self.image("start"), &disk);
        let acknowledged = self.with(cut.options, &disk, |root| {
            let output = run_with(injections, &scenario.program(root));
            if cut.commit {
                let mut other = File::options().append(true).open(root.with_file_name("other")).unwrap();
                other.write_all(b"1").unwrap();
                other.sync_all().unwrap();
            }
            fresh(&disk, &after);
            output.stdout == b"saved\n"
        });
        self.with(cut.options, &after, |root| {
            scenario
                .check(root, acknowledged)
                .and_then(|()| scenario.check_next(root))
        })
    }
}

/// Copies into a new file: the kernel may still let go of the loop device of the last one, and mounting the same file would
/// take that device again, with what it remembers of the old content.
fn fresh(from: &Path, to: &Path) {
    fs::remove_file(to).unwrap_or_default();
    fs::copy(from, to).unwrap();
}

#[test]
fn a_power_cut_at_any_system_call_loses_nothing() {
    let Some(machine) = Machine::new() else { return };
    let mut extent = Extent::asked();
    for scenario in scenario::all() {
        let calls = machine.prepare(&scenario);
        let total = calls.len() * CUTS.len();
        let points = calls.into_iter().flat_map(|call| CUTS.map(|cut| (call.clone(), cut)));
        let points = extent.of(points.collect(), 5);
        println!("{}: {} of {total} points", scenario.name, points.len());
        for (call, cut) in points {
            machine
                .cut(&scenario, cut, &[call.kill()])
                .unwrap_or_else(|wrong| panic!("{}, {cut:?} before {}: {wrong}", scenario.name, call.text));
        }
        for cut in CUTS {
            machine
                .cut(&scenario, cut, &[])
                .unwrap_or_else(|wrong| panic!("{}, {cut:?} after the end: {wrong}", scenario.name));
        }
    }
}

/// The harness itself: without one of the syncs, which the system then only says that it did, a state is lost.
#[test]
fn a_save_that_does_not_sync_is_caught() {
    let Some(machine) = Machine::new() else { return };
    let scenario = scenario::all().remove(1);
    let calls = machine.prepare(&scenario);
    let syncs = |what: &str| -> Vec<Injection> {
        let of_it = calls
            .iter()
            .filter(|call| call.name == "fsync" && call.text.contains(what));
        of_it.map(SystemCall::skip).collect()
    };
    let [_, _, bare, committed] = CUTS;
    let no_sync = [Injection::skip_all("fsync"), Injection::skip_all("fdatasync")];
    let mutants = [
        ("no sync at all", committed, no_sync.to_vec()),
        ("no sync of the file", committed, syncs("/.tmp-")),
        ("no sync of the directory", bare, syncs("/states>")),
    ];
    for (mutant, cut, injections) in mutants {
        assert!(!injections.is_empty(), "{mutant}: there is no such sync: {calls:#?}");
        let found = machine.cut(&scenario, cut, &injections);
        assert!(found.is_err(), "{mutant} isn't noticed");
        println!("{mutant}: {}", found.unwrap_err());
    }
}
