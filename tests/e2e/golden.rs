//! What people see, of every verb that prints: in terminals of 60, 80 and 160 columns, with colours and without. One
//! snapshot a command holds all its pictures; `↩` marks a row that goes on in the next one because a word is too long.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use regex::{Captures, Regex};
use tests::Environment;

/// When everything happens: 2026-09-21.
const NOW: i64 = 1_790_000_000;

/// A name that needs much of a narrow terminal.
const LONG: &str = "a-project-with-a-rather-long-name-for-a-narrow-terminal";

const WIDTHS: [u16; 3] = [60, 80, 160];

/// A command line whose pictures are taken: a name, command lines that come before each picture, the line itself.
type Shown = (&'static str, &'static [&'static str], &'static str);

/// What tells and changes nothing.
const READING: &[Shown] = &[
    ("list", &[], "tsm list --all"),
    ("status", &[], "tsm status todo"),
    ("status-several", &[], "tsm status wide offline"),
    ("state", &[], "tsm state old"),
    ("state-history", &[], "tsm state todo --history"),
    ("state-missing", &[], "tsm state nothing"),
    ("state-damaged", &[], "tsm state damaged"),
    ("config-path", &[], "tsm config path"),
    ("config-check", &[], "tsm config check"),
    ("config-check-damaged", &[], "tsm --config broken.toml config check"),
    ("config-show", &[], "tsm config show"),
    ("autosave-status", &[], "tsm autosave status"),
    ("logs", &["write-log"], "tsm logs -n 4"),
    ("switch-dry-run", &[], "tsm switch todo --dry-run"),
    ("switch-new-dry-run", &[], "tsm switch projects/new --dry-run"),
    ("restore-dry-run", &[], "tsm restore offline old --dry-run"),
    ("restore-live", &[], "tsm restore todo wide"),
    ("restore-nothing", &[], "tsm restore"),
    ("cleanup-nothing", &[], "tsm cleanup --dry-run"),
    ("project-list", &[], "tsm project list"),
    ("template-list", &[], "tsm template list"),
    ("hooks-list", &[], "tsm --config hooks.toml hooks list"),
    ("hooks-list-none", &[], "tsm hooks list"),
    ("not-found", &[], "tsm status nothing"),
    ("bad-name", &[], "tsm create a:b"),
    ("no-such-verb", &[], "tsm lsit"),
    ("no-argument", &[], "tsm create"),
    ("help-of-a-verb", &[], "tsm send --help"),
];

/// What changes something, with what makes that possible once more.
const CHANGING: &[Shown] = &[
    ("create", &["tsm kill new"], "tsm create projects/new"),
    ("create-again", &[], "tsm create todo"),
    ("save", &["tmux-here new-window -d -t claude-todo:"], "tsm save"),
    ("send", &[], "tsm send todo,wide --pane shell true"),
    ("send-refused", &[], "tsm send todo --pane 7 hello"),
    ("kill", &["tsm create todo", "tsm create wide"], "tsm kill todo wide"),
    ("kill-nothing", &["tsm kill wide"], "tsm kill wide"),
    ("restore", &["tsm kill todo"], "tsm restore todo"),
    ("switch-no-attach", &[], "tsm switch todo --no-attach"),
    (
        "adopt",
        &[
            "tmux-here kill-session -t claude-mine",
            "tmux-here new-session -d -s claude-mine",
        ],
        "tsm adopt projects/mine",
    ),
    (
        "cleanup-dry-run",
        &["tsm cleanup", "dead-pane"],
        "tsm cleanup --dry-run",
    ),
    ("cleanup", &["tsm cleanup", "dead-pane"], "tsm cleanup"),
    ("autosave-on", &[], "tsm autosave on"),
    ("autosave-off", &["tsm autosave on"], "tsm autosave off"),
    ("autosave-off-again", &["tsm autosave off"], "tsm autosave off"),
];

const NO_BACKUPS: &str = "rm -rf .claude/backups";
const OLD_BACKUP: &str = "env TSM_NOW=1789000000 tsm-recovery backup";
const BACKUP: &str = "tsm-recovery backup --full";
const NO_STATE: &str = "rm -f .claude/session-states/todo.state";

const RECOVERY: &[Shown] = &[
    ("validate", &[], "tsm-recovery validate"),
    ("detect-nothing", &[], "tsm-recovery detect"),
    ("list-backups-nothing", &[NO_BACKUPS], "tsm-recovery list-backups"),
    ("backup", &[NO_BACKUPS], "tsm-recovery backup"),
    (
        "list-backups",
        &[NO_BACKUPS, OLD_BACKUP, BACKUP],
        "tsm-recovery list-backups",
    ),
    ("verify", &[NO_BACKUPS, OLD_BACKUP, BACKUP], "tsm-recovery verify"),
    ("validate-nothing", &[], "tsm-recovery validate"),
    (
        "restore-backup-dry-run",
        &[NO_BACKUPS, BACKUP, "name-backup", NO_STATE],
        "tsm-recovery restore b.tar.zst --dry-run",
    ),
    (
        "restore-backup",
        &[NO_BACKUPS, BACKUP, "name-backup", NO_STATE],
        "tsm-recovery restore b.tar.zst",
    ),
    ("restore-backup-missing", &[], "tsm-recovery restore nothing.tar.zst"),
    (
        "cleanup-backups-dry-run",
        &[NO_BACKUPS, OLD_BACKUP, BACKUP],
        "tsm-recovery cleanup-backups --dry-run",
    ),
    (
        "cleanup-backups",
        &[NO_BACKUPS, OLD_BACKUP, BACKUP],
        "tsm-recovery cleanup-backups",
    ),
    ("cleanup-backups-all", &[], "tsm-recovery cleanup-backups 0"),
    (
        "emergency",
        &["tmux-here new-session -d -s stranger"],
        "tsm-recovery emergency --yes",
    ),
    ("verify-damaged", &[NO_BACKUPS, BACKUP, "damage"], "tsm-recovery verify"),
    ("list-backups-damaged", &[], "tsm-recovery list-backups"),
    (
        "detect",
        &["tsm cleanup", "dead-pane", "leave-behind"],
        "tsm-recovery detect",
    ),
    (
        "validate-findings",
        &["tmux-here kill-pane -t claude-wide:.1"],
        "tsm-recovery validate",
    ),
    ("recovery-help", &[], "tsm-recovery restore --help"),
    ("no-such-recovery-verb", &[], "tsm-recovery detcet"),
];

/// A state file of the original scripts.
const OLD: &str = "PROJECT=\"old\"\nSESSION_NAME=\"claude-old\"\nWORKING_DIR=\"/srv/old\"\nCURRENT_PATH=\"/srv/old\"\n\
                   LAST_SAVE=1724513234\nWINDOW_LAYOUT=\"b2f4,120x40,0,0,0{108x40,0,0,0,11x40,109,0,1}\"\n\
                   PANE_INFO=\"0:108x40 1:11x40\"\nCLAUDE_PID=3520856\nX_NOTE=\"a\x1b[2J\u{202e}日本\"\n";

const HOOKS: &str = "[hooks]\nnotify = ['logger', '-t', 'tsm', 'an agent wants something']\npre_switch = \"printf '\\\\033[2J'\"\n\
                     [projects.todo]\npath = \"/\"\n[projects.todo.hooks]\npre_kill = { run = \"! test -e .busy\", timeout = 0.5 }\n\
                     post_save = { run = [\"\\u001b[2J\u{202e}日本\"], on_failure = 'warn' }\n";

const LOG: &str = "2026-09-21T13:44:20Z info    [12343] save: done (ms=21.9)\n\
                   2026-09-21T13:44:21Z info    [12346] create offline: done (ms=90.0)\n\
                   2026-09-21T13:44:22Z error   [12364] switch todo: failed: can't reach the tmux server: it doesn't answer (ms=2000.0)\n\
                   2026-09-21T13:44:23Z info    [12372] a\x1b[2J\u{202e}日本: forged\n";

/// Projects with a plain path, a long name, and a path with what a terminal would obey.
fn fixture() -> Environment {
    // Tables depend on the lengths of paths.
    let env = Environment::below(Path::new("/tmp")).at(NOW);
    let hostile = env.root().join("projects/\u{1b}[2J日本語プロジェクト\u{202e}");
    fs::create_dir_all(&hostile).expect("a directory");
    let mut config = String::from("agent = \"shell\"\n");
    for (name, path) in [
        ("todo", env.project("todo")),
        ("wide", hostile),
        ("offline", env.project("offline")),
        (LONG, env.project(LONG)),
    ] {
        let path = path.to_string_lossy().replace('\u{1b}', "\\u001b");
        config.push_str(&format!("[projects.{name}]\npath = \"{path}\"\n"));
    }
    env.tsm_config(&config);
    let home = env.home();
    fs::write(home.join("broken.toml"), "agent = \"shell\"\nprefix = 7\n").expect("a file");
    fs::write(home.join("hooks.toml"), HOOKS).expect("a file");
    env.project("new");
    env.project("mine");
    symlink(env.root().join("projects"), home.join("projects")).expect("a link");
    fs::write(home.join("log"), LOG).expect("a file");
    env.script("show", "#!/bin/sh\n\"$@\"\necho \"exit $?\"\n");
    env.script("tmux-here", "#!/bin/sh\nexec tmux -S \"$TSM_SOCKET_PATH\" \"$@\"\n");
    env.script("write-log", "#!/bin/sh\ncp log .local/state/tsm/tsm.log\n");
    env.script(
        "leave-behind",
        "#!/bin/sh\n: > .claude/session-states/.tmp-4194300-1-1\n",
    );
    env.script(
        "damage",
        "#!/bin/sh\nfor file in .claude/backups/*.zst; do printf x >> \"$file\"; done\n",
    );
    env.script(
        "name-backup",
        "#!/bin/sh\ncp .claude/backups/*.zst b.tar.zst\ncp .claude/backups/*.toml b.toml\n",
    );
    env.script(
        "dead-pane",
        "#!/bin/sh\nset -e\ntmux-here set-option -w -t claude-todo: remain-on-exit on\n\
         tmux-here split-window -t claude-todo: true\n\
         until tmux-here list-panes -t claude-todo: -F '#{pane_dead}' | grep -q 1; do sleep 0.1; done\n",
    );
    for (name, ago) in [("todo", 3600), ("wide", 3000), (LONG, 2400), ("offline", 1800)] {
        let _created = env.tsm(["create", name]).at(NOW - ago).run().success();
    }
    let _killed = env.tsm(["kill", "offline"]).run().success();
    fs::write(home.join(".claude/session-states/old.state"), OLD).expect("a state");
    fs::write(home.join(".claude/session-states/damaged.state"), "PROJECT=\"dam").expect("a state");
    env
}

/// What a command shows in a terminal of this width.
fn picture(env: &Environment, line: &str, width: u16, colour: bool) -> String {
    let mut invocation = env.command(env.bin().join("show"), line.split(' '));
    if !colour {
        invocation = invocation.env("NO_COLOR", "1");
    }
    let terminal = invocation.in_terminal_of((width, 200));
    terminal.wait_screen(|screen| screen.lines().last().is_some_and(|line| line.starts_with("exit ")));
    normalised(env, &terminal.picture())
}

/// Without what is another each time; of the same widths.
fn normalised(env: &Environment, picture: &str) -> String {
    let name = env.root().file_name().unwrap_or_default().to_string_lossy();
    // A path that is too long for a row, or was cut, has only a part of it.
    let mut text = picture.to_owned();
    for at in 0..=name.len().saturating_sub(5) {
        let (cut, known) = (&name[..name.len() - at], &"tsm-RANDOM"[..name.len() - at]);
        text = text.replace(&format!("/{cut}"), &format!("/{known}"));
        text = text.replace(&format!("…{}/", &name[at..]), &format!("…{}/", &"tsm-RANDOM"[at..]));
    }
    let each = |text: String, pattern: &str, known: fn(&str) -> String| {
        let pattern = Regex::new(pattern).expect("a pattern");
        pattern
            .replace_all(&text, |found: &Captures<'_>| known(&found[0]))
            .into_owned()
    };
    let digits = |text: &str| text.replace(|c: char| c.is_ascii_digit(), "9");
    text = each(
        text,
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z",
        |time| match time {
            ours if ours.starts_with("2026-09-") => ours.to_owned(),
            _ => "<the server's time.>".to_owned(),
        },
    );
    // Names of backups end in random digits, which a narrow terminal breaks.
    text = each(text, r"Z-(?:[0-9a-f](?:↩\n)?){16}", |name| {
        name.replace(|c: char| c.is_ascii_hexdigit(), "0")
    });
    text = each(text, "%[0-9]+", |_| "%1".to_owned());
    text = each(text, r"zst +[0-9]+ |[0-9]+ bytes instead of [0-9]+", digits);
    text
}

fn take(all: &[Shown]) {
    let env = fixture();
    for (name, before, line) in all {
        let mut pictures = format!("$ {line}\n");
        for width in WIDTHS {
            let [plain, coloured] = [false, true].map(|colour| {
                for line in *before {
                    let mut words = line.split(' ');
                    // As often as not there is nothing to prepare.
                    let _whatever = env.command(words.next().unwrap_or_default(), words).run();
                }
                picture(&env, line, width, colour)
            });
            let coloured = (coloured != plain).then(|| format!("\n{width} columns, with colours:\n{coloured}\n"));
            pictures.push_str(&format!(
                "\n{width} columns:\n{plain}\n{}",
                coloured.unwrap_or_default()
            ));
        }
        insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
            insta::assert_snapshot!(*name, pictures);
        });
    }
}

#[test]
fn golden_what_verbs_tell() {
    take(READING);
}

#[test]
fn golden_what_verbs_do() {
    take(CHANGING);
}

#[test]
fn golden_recovery() {
    take(RECOVERY);
}
