//! The power goes at any system call of a backup, a restore or a cleanup: what had reached the disk by then is old or new, whole, and
//! what was acknowledged is there.
//!
//! The disk is an image with ext4 on it. While it is still mounted its backing file is copied: the copy holds what the
//! kernel had written out at that moment, and mounting it replays the journal, as after a power cut.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use tests::{Environment, Output};

/// How many points of each operation are tried here; with `TSM_SOAK=1` all of them.
const SAMPLE: usize = 6;

const CALLS: &str = "openat,write,fsync,rename,renameat2,linkat,link,unlink,mkdir,rmdir,ftruncate,pwrite64";

/// The default of ext4 hides a missing fsync before a rename: it is switched off.
const OPTIONS: &str = "loop,noauto_da_alloc";

const CLEANUP: [&str; 3] = ["cleanup-backups", "--keep-last", "1"];

/// State files by name.
type States = BTreeMap<String, Vec<u8>>;

struct Disk {
    env: Environment,
    at: PathBuf,
}

impl Disk {
    /// `None` where nothing may be mounted.
    fn new() -> Option<Self> {
        let env = Environment::new();
        let at = env.root().join("disk");
        fs::create_dir(&at).unwrap();
        let disk = Self { env, at };
        let image = disk.image("start");
        fs::File::create(&image).unwrap().set_len(16 * 1024 * 1024).unwrap();
        let made = disk
            .env
            .command("/usr/sbin/mkfs.ext4", ["-q", "-J", "size=4"])
            .arg(&image)
            .run();
        if !made.status.success() || !disk.mount("start").status.success() {
            eprintln!("left out: no image can be made and mounted here");
            return None;
        }
        disk.unmount();
        Some(disk)
    }

    fn image(&self, name: &str) -> PathBuf {
        self.env.root().join(name)
    }

    fn mount(&self, image: &str) -> Output {
        self.env
            .command("/usr/bin/mount", ["-o", OPTIONS])
            .arg(self.image(image))
            .arg(&self.at)
            .run()
    }

    fn unmount(&self) {
        self.env.command("/usr/bin/umount", [&self.at]).run().success();
    }

    /// Always a new file: the kernel may still let go of the loop device of the last one, and mounting the same file would
    /// take that device again, with what it remembers of the old content.
    fn copy(&self, from: &str, to: &str) {
        fs::remove_file(self.image(to)).unwrap_or_default();
        self.env
            .command("cp", ["--sparse=always"])
            .arg(self.image(from))
            .arg(self.image(to))
            .run()
            .success();
    }

    fn recovery(&self, through: &[String], args: &[&str]) -> Output {
        let program = self.env.bin().join("tsm-recovery").display().to_string();
        let mut words: Vec<String> = through.to_vec();
        words.push(program);
        let dir = |name: &str| self.at.join(name).display().to_string();
        words.extend([
            "--state-dir".to_owned(),
            dir("states"),
            "--backup-dir".to_owned(),
            dir("backups"),
        ]);
        words.extend(args.iter().map(|&arg| arg.to_owned()));
        let program = words.remove(0);
        self.env.command(program, words).dir("/").run()
    }

    fn states(&self) -> States {
        let entries = fs::read_dir(self.at.join("states")).into_iter().flatten().flatten();
        let states = entries
            .map(|entry| entry.path())
            .filter(|path| path.extension().is_some_and(|e| e == "state"));
        states
            .map(|path| {
                (
                    path.file_name().unwrap().to_string_lossy().into_owned(),
                    fs::read(&path).unwrap(),
                )
            })
            .collect()
    }

    /// The calls of this operation by name and number.
    fn points(&self, args: &[&str]) -> Vec<(String, usize)> {
        self.copy("ready", "work");
        self.mount("work").success();
        let log = self.image("calls");
        let trace = [
            "strace",
            "-f",
            "-qq",
            "-o",
            log.to_str().unwrap(),
            "-e",
            &format!("trace={CALLS}"),
        ]
        .map(str::to_owned);
        self.recovery(&trace, args).success();
        self.unmount();
        let text = String::from_utf8_lossy(&fs::read(log).unwrap()).into_owned();
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        let mut points = Vec::new();
        let mut begun = false;
        for line in text.lines() {
            let Some((name, _)) = line.split_whitespace().nth(1).and_then(|call| call.split_once('(')) else {
                continue;
            };
            let count = counts.entry(name.to_owned()).or_default();
            *count += 1;
            begun |= line.contains("/disk/");
            if begun {
                points.push((name.to_owned(), *count));
            }
        }
        points
    }

    /// What the disk holds if the power goes at this call; `None` is after the end.
    fn cut(&self, args: &[&str], point: Option<&(String, usize)>) -> bool {
        self.copy("ready", "work");
        self.mount("work").success();
        let through = match point {
            None => Vec::new(),
            Some((call, when)) => {
                let inject = format!("inject={call}:signal=KILL:when={when}");
                ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject]
                    .map(str::to_owned)
                    .into()
            }
        };
        let done = self.recovery(&through, args).status.success();
        self.copy("work", "cut");
        self.unmount();
        done
    }

    /// The same at the end of an operation whose syncs were only said to be done, when the journal has been committed by
    /// somebody else's sync: how a forgotten one would show.
    fn cut_unsynced(&self, args: &[&str]) {
        self.copy("ready", "work");
        self.mount("work").success();
        let through = ["strace", "-f", "-qq", "-o", "/dev/null", "-e"].map(str::to_owned);
        let inject = "inject=fsync,fdatasync:retval=0".to_owned();
        self.recovery(&[&through[..], &[inject]].concat(), args).success();
        let mut other = fs::File::create(self.at.join("other")).unwrap();
        other.write_all(b"1").unwrap();
        other.sync_all().unwrap();
        drop(other);
        self.copy("work", "cut");
        self.unmount();
    }

    fn try_all(&self, args: &[&str], check: impl Fn(&str, bool)) {
        let points = self.points(args);
        assert!(points.len() > 10, "{points:?}");
        let soak = std::env::var_os("TSM_SOAK").is_some_and(|soak| soak == "1");
        let step = if soak { 1 } else { points.len().div_ceil(SAMPLE) };
        for point in points.iter().skip(step / 2).step_by(step).map(Some).chain([None]) {
            let done = self.cut(args, point);
            self.mount("cut").success();
            check(&format!("{point:?}"), done);
            self.unmount();
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // After a failure in between it is still mounted.
        let _not_mounted_any_more = self.env.command("/usr/bin/umount", ["-q", "-l"]).arg(&self.at).run();
    }
}

/// Two saved projects, a backup of them, then other states.
fn ready(disk: &Disk) -> (String, States, States) {
    disk.mount("start").success();
    let dir = disk.at.join("states");
    let flag = ["--state-dir", dir.to_str().unwrap()];
    for name in ["alpha", "beta"] {
        let path = disk.env.project(name);
        disk.env
            .tsm(["create", ".", "--no-agent"])
            .args(flag)
            .dir(&path)
            .run()
            .success();
    }
    let file = disk
        .recovery(&[], &["backup", "--full"])
        .success()
        .stdout_str()
        .trim()
        .to_owned();
    let new = disk.states();
    for name in ["alpha", "beta"] {
        disk.env
            .tmux(["rename-window", "-t", &format!("=claude-{name}:"), "changed"]);
    }
    disk.env.tsm(["save"]).args(flag).run().success();
    disk.env.kill_server_hard();
    let old = disk.states();
    assert_ne!(old, new);
    disk.unmount();
    disk.copy("start", "ready");
    let name = Path::new(&file).file_name().unwrap().to_string_lossy().into_owned();
    (name, old, new)
}

#[test]
fn a_restore() {
    let Some(disk) = Disk::new() else { return };
    let (file, old, new) = ready(&disk);
    disk.try_all(&["restore", &file], |what, done| {
        let now = disk.states();
        assert!(now == new || (now == old && !done), "{what}: {:?}", now.keys());
        disk.recovery(&[], &["restore", &file]).success();
        assert_eq!(disk.states(), new, "{what}");
        disk.recovery(&[], &["verify"]).success();
    });
}

#[test]
fn a_backup() {
    let Some(disk) = Disk::new() else { return };
    let (_, old, _) = ready(&disk);
    disk.try_all(&["backup"], |what, done| {
        assert_eq!(disk.states(), old, "{what}");
        let listed = disk.recovery(&[], &["verify", "--json"]).success().json();
        let count = listed["backups"].as_array().unwrap().len();
        assert!(count == 2 || (count == 1 && !done), "{what}: {listed}");
        disk.recovery(&[], &["backup"]).success();
    });
}

#[test]
fn a_cleanup() {
    let Some(disk) = Disk::new() else { return };
    let (_, old, _) = ready(&disk);
    disk.mount("ready").success();
    disk.recovery(&[], &["backup", "--full"]).success();
    disk.unmount();
    disk.try_all(&CLEANUP, |what, done| {
        assert_eq!(disk.states(), old, "{what}");
        let listed = disk.recovery(&[], &["verify", "--json"]).success().json();
        let count = listed["backups"].as_array().unwrap().len();
        assert!(count == 1 || (count == 2 && !done), "{what}: {listed}");
        disk.recovery(&[], &CLEANUP).success();
        let left = disk.recovery(&[], &["verify", "--json"]).success().json();
        assert_eq!(left["backups"].as_array().unwrap().len(), 1, "{what}");
        let files = fs::read_dir(disk.at.join("backups")).unwrap().flatten();
        let names: Vec<_> = files.map(|file| file.file_name()).collect();
        assert_eq!(names.len(), 2, "{what}: an archive and its manifest: {names:?}");
    });
}

/// The harness itself: without any sync, which the system then only says that it did, things are lost.
#[test]
fn what_is_not_synced_is_caught() {
    let Some(disk) = Disk::new() else { return };
    let (file, old, new) = ready(&disk);
    disk.cut_unsynced(&["restore", &file]);
    disk.mount("cut").success();
    assert_ne!(disk.states(), new, "a restore without a sync isn't noticed");
    disk.unmount();
    disk.cut_unsynced(&["backup"]);
    disk.mount("cut").success();
    assert_eq!(disk.states(), old);
    let verified = disk.recovery(&[], &["verify", "--json"]).json();
    let sound = verified["backups"].as_array().unwrap().iter();
    let sound = sound.filter(|backup| backup["verified"] == true).count();
    assert!(sound < 2, "a backup without a sync isn't noticed: {verified}");
    disk.unmount();
}
