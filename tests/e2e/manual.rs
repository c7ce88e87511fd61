//! The manual pages, as `man` shows them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use tests::Environment;

#[test]
fn man_shows_every_page_without_a_warning() {
    let env = Environment::new();
    let directory = env.root().join("man1");
    fs::create_dir(&directory).expect("a directory");
    for program in ["tsm", "tsm-recovery"] {
        let output = env
            .command(env.bin().join(program), ["man".as_ref(), directory.as_os_str()])
            .run()
            .success();
        let files: Vec<&str> = output.stdout_str().lines().collect();
        assert!(files.len() > 5, "{files:?}");
        for file in files {
            let shown = env
                .command("man", ["--warnings", "-E", "UTF-8", "-l", file])
                .env("MANWIDTH", "80")
                .env("MAN_DISABLE_SECCOMP", "1")
                .env("MANPAGER", "cat")
                .run()
                .success();
            assert_eq!(shown.stderr_str(), "", "{file}");
            assert!(
                shown.stdout_str().contains("SYNOPSIS"),
                "{file}: {}",
                shown.stdout_str()
            );
            let mode = fs::metadata(file).expect("a file").permissions().mode();
            assert_eq!(mode & 0o777, 0o644, "{file}");
        }
    }
    let name = |name: &str| directory.join(name).exists();
    for page in [
        "tsm.1",
        "tsm-switch.1",
        "tsm-health.1",
        "tsm-recovery.1",
        "tsm-recovery-backup.1",
    ] {
        assert!(name(page), "{page}");
    }
    for hidden in ["tsm-pane-run.1", "tsm-end-session.1", "tsm-autosave-run.1"] {
        assert!(!name(hidden), "{hidden}");
    }
    let page = env.tsm(["man"]).run().success();
    assert!(page.stdout_str().contains(".TH tsm 1"));
    env.tsm(["man", "/nonexistent"]).run().code(3);
}
