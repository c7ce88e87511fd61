use std::fs;

use super::super::Status;
use super::*;

struct Fixture {
    directory: tempfile::TempDir,
    machine: Machine,
}

impl Fixture {
    fn new() -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let machine = Machine {
            root: directory.path().to_owned(),
            uid: 1000,
            user: Some("me".to_owned()),
            locale: None,
        };
        Self { directory, machine }
    }

    fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.directory.path().join(path);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a directory");
        fs::write(path, text).expect("a file");
        self
    }

    fn socket(&self, path: &str) -> Status {
        of_socket(&self.machine, Path::new(path)).status
    }

    fn logout(&self, cgroup: &str) -> Status {
        self.write("proc/7/cgroup", cgroup);
        of_logout(&self.machine, 7).status
    }
}

#[test]
fn a_socket_below_a_cleaned_directory_is_told() {
    const DEBIAN: &str = "# comment\nq /tmp 1777 root root 10d\nq /var/tmp 1777 root root 30d\n";
    let fixture = Fixture::new();
    fixture.write("usr/lib/tmpfiles.d/tmp.conf", DEBIAN);
    assert_eq!(
        fixture.socket("/tmp/tmux-1000/default"),
        Status::Ok,
        "nobody applies the rules"
    );
    fixture.write("run/systemd/system/x", "");
    assert_eq!(fixture.socket("/tmp/tmux-1000/default"), Status::Warning);
    assert_eq!(fixture.socket("/var/tmp/s"), Status::Warning);
    assert_eq!(fixture.socket("/run/user/1000/tmux-1000/default"), Status::Ok);
    assert_eq!(fixture.socket("/home/me/tmp/s"), Status::Ok);
    fixture.write("etc/tmpfiles.d/tmux.conf", "x /tmp/tmux-*\n");
    assert_eq!(fixture.socket("/tmp/tmux-1000/default"), Status::Ok);
    assert_eq!(fixture.socket("/tmp/other/s"), Status::Warning);
}

#[test]
fn a_rule_without_age_or_hidden_by_another_file_cleans_nothing() {
    let fixture = Fixture::new();
    fixture.write("run/systemd/system/x", "");
    fixture.write("usr/lib/tmpfiles.d/tmp.conf", "q /tmp 1777 root root 10d\n");
    fixture.write("etc/tmpfiles.d/tmp.conf", "q /tmp 1777 root root -\n");
    assert_eq!(fixture.socket("/tmp/tmux-1000/default"), Status::Ok);
    fixture.write("etc/cron.daily/tmpreaper", "");
    assert_eq!(fixture.socket("/tmp/tmux-1000/default"), Status::Warning);
}

#[test]
fn a_logout_ends_what_belongs_to_a_login_session_where_the_machine_says_so() {
    const SESSION: &str = "0::/user.slice/user-1000.slice/session-3.scope\n";
    let fixture = Fixture::new();
    assert_eq!(fixture.logout(SESSION), Status::Ok, "the default is no");
    fixture.write(
        "etc/systemd/logind.conf",
        "[Login]\n#KillUserProcesses=no\nKillUserProcesses=yes\n",
    );
    assert_eq!(fixture.logout(SESSION), Status::Warning);
    assert_eq!(fixture.logout("0::/system.slice/ssh.service\n"), Status::Ok);
    fixture.write("etc/systemd/logind.conf.d/no.conf", "[Login]\nKillUserProcesses=no\n");
    assert_eq!(fixture.logout(SESSION), Status::Ok);
}

#[test]
fn a_service_manager_that_ends_takes_the_server_with_it() {
    const SCOPE: &str = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-5.scope\n";
    let fixture = Fixture::new();
    assert_eq!(fixture.logout(SCOPE), Status::Warning);
    fixture.write("var/lib/systemd/linger/me", "");
    assert_eq!(fixture.logout(SCOPE), Status::Ok);
}
