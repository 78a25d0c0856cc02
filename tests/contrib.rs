//! Claim: the examples under `contrib/` work as they stand: their command lines are run in the
//! environment that cron, systemd and Icinga give, and what Prometheus reads is read by its
//! own programs.

use crate::support::missing_tool::not_run;
use crate::support::{Stage, world};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

const COLLECTOR: &str = "/var/lib/prometheus/node-exporter";

fn example(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("contrib")
        .join(name);
    std::fs::read_to_string(path).expect("the example")
}

/// A folder with the binary under the name by which the examples call it, a configuration
/// that points to the practice stack, and a folder for the collector.
struct Host {
    stage: Stage,
    bin: PathBuf,
    collector: PathBuf,
}

impl Host {
    fn new(scene: &str) -> Self {
        let stage = Stage::of(world(scene));
        let (bin, collector) = (stage.home().join("bin"), stage.home().join("collector"));
        let config = stage.home().join(".config/duckops");
        for folder in [&bin, &collector, &config] {
            std::fs::create_dir_all(folder).expect("a folder");
        }
        let binary = env!("CARGO_BIN_EXE_duckops");
        std::os::unix::fs::symlink(binary, bin.join("duckops")).expect("a link");
        let program = stage.home().join("page");
        std::fs::write(&program, "#!/bin/sh\ncat >> \"$1\"\n").expect("written");
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&program, mode).expect("0700");
        let text = format!(
            "[stack.prod]\napi_url = {:?}\n[notify.page]\nkind = \"command\"\ncommand = [{program:?}, {:?}]\n",
            stage.practice.api_url(),
            stage.home().join("paged")
        );
        std::fs::write(config.join("config.toml"), text).expect("written");
        Self {
            stage,
            bin,
            collector,
        }
    }

    /// Runs a line of an example as `/bin/sh` does, with nothing else in its environment.
    fn run(&self, line: &str) -> Output {
        let line = line
            .replace(COLLECTOR, self.collector.to_str().expect("a path"))
            .replace(
                "/usr/local/bin/duckops",
                self.bin.join("duckops").to_str().expect("a path"),
            );
        // Only for its check that nothing leaves this machine.
        drop(self.stage.duckops(&["check"]).command());
        Command::new("/bin/sh")
            .args(["-c", &line])
            .env_clear()
            .env("HOME", self.stage.home())
            .env("LOGNAME", "duckops")
            .env("SHELL", "/bin/sh")
            .env("PATH", format!("{}:/usr/bin:/bin", self.bin.display()))
            .env("AWS_ENDPOINT_URL", self.stage.practice.aws_url())
            .env("AWS_ACCESS_KEY_ID", "practice")
            .env("AWS_SECRET_ACCESS_KEY", "practice")
            .env("DUCKOPS_TEST_NOW", "2026-03-22T03:12:09Z")
            .stdin(Stdio::null())
            .output()
            .expect("sh")
    }

    fn textfile(&self) -> String {
        std::fs::read_to_string(self.collector.join("duckops.prom")).expect("the textfile")
    }
}

#[test]
fn the_lines_of_the_crontab_run_under_cron_and_mail_once() {
    let host = Host::new("inc-005");
    let text = example("crontab");
    let commands: Vec<_> = text
        .lines()
        .filter(|line| !line.starts_with('#') && line.contains("duckops "))
        .map(|line| &line[line.find("duckops ").expect("found")..])
        .collect();
    assert_eq!(commands.len(), 2, "{commands:?}");
    // Cron takes an unescaped % for a newline.
    assert!(commands.iter().all(|line| !line.contains('%')));
    let first = host.run(commands[0]);
    assert_eq!(first.status.code(), Some(2), "{first:?}");
    assert!(first.stdout.starts_with(b"CRITICAL prod "), "{first:?}");
    assert!(
        host.textfile()
            .contains("runbook=\"inc-005\",verdict=\"critical\"} 1")
    );
    let paged = || std::fs::read_to_string(host.stage.home().join("paged")).expect("paged");
    assert_eq!(paged().matches("CRITICAL prod INC-005").count(), 1);
    let second = host.run(commands[0]);
    assert_eq!(second.status.code(), Some(2), "{second:?}");
    assert!(
        second.stdout.is_empty() && second.stderr.is_empty(),
        "no second mail: {second:?}"
    );
    assert_eq!(paged().matches("CRITICAL prod INC-005").count(), 1);
    let prune = host.run(commands[1]);
    assert_eq!(prune.status.code(), Some(0), "{prune:?}");
    assert!(prune.stderr.is_empty(), "{prune:?}");
}

#[test]
fn the_service_runs_and_systemd_understands_it() {
    let host = Host::new("healthy");
    let unit = example("duckops-check.service");
    let line = unit
        .lines()
        .find_map(|line| line.strip_prefix("ExecStart="))
        .expect("a command");
    assert!(unit.contains("\nEnvironment=DUCKOPS_STATE_DIR=/var/lib/duckops\n"));
    let state = host.stage.state();
    let ran = host.run(&format!("DUCKOPS_STATE_DIR={} {line}", state.display()));
    assert_eq!(ran.status.code(), Some(0), "{ran:?}");
    assert!(ran.stdout.is_empty() && ran.stderr.is_empty(), "{ran:?}");
    assert!(host.textfile().contains("duckops_run_verdict"));
    if Command::new("systemd-analyze")
        .arg("--version")
        .output()
        .is_err()
    {
        println!("NOT RUN: systemd-analyze is not installed");
        return;
    }
    // It looks for the program and for the user, which are not on this machine.
    let binary = host.bin.join("duckops");
    let unit = unit
        .replace("/usr/local/bin/duckops", binary.to_str().expect("a path"))
        .replace("User=duckops", "User=daemon")
        .replace("Documentation=man:duckops(1)\n", "");
    for (name, text) in [
        ("duckops-check.service", unit),
        ("duckops-check.timer", example("duckops-check.timer")),
    ] {
        std::fs::write(host.stage.home().join(name), text).expect("written");
    }
    let verified = Command::new("systemd-analyze")
        .args([
            "verify",
            "--man=no",
            "./duckops-check.timer",
            "./duckops-check.service",
        ])
        .current_dir(host.stage.home())
        .output()
        .expect("systemd-analyze");
    let said = String::from_utf8_lossy(&verified.stderr).into_owned();
    assert!(!said.contains("duckops-check"), "{said}");
}

#[test]
fn the_command_of_icinga_gives_one_line_for_each_runbook() {
    let host = Host::new("inc-005");
    let text = example("icinga2.conf");
    let line = text
        .lines()
        .find_map(|line| line.trim().strip_prefix("command = ["))
        .expect("a command");
    let words: Vec<_> = line
        .trim_end_matches(" ]")
        .split(',')
        .map(|word| word.trim().trim_matches('"'))
        .collect();
    for (runbook, code, word) in [("inc-005", 2, "CRITICAL"), ("inc-003", 0, "OK")] {
        let line = words.join(" ").replace("$duckops_runbook$", runbook);
        let ran = host.run(&line);
        assert_eq!(ran.status.code(), Some(code), "{ran:?}");
        let out = String::from_utf8(ran.stdout).expect("text");
        let head = format!("DUCKOPS {} {word}: ", runbook.to_uppercase());
        assert!(out.starts_with(&head), "{out}");
        assert_eq!(out.lines().count(), 1, "{out}");
    }
}

#[test]
fn prometheus_takes_the_configuration_and_its_exporter_serves_the_file() {
    let host = Host::new("inc-005");
    if Command::new("promtool").arg("--version").output().is_ok() {
        let rules = host.stage.duckops(&["rules", "--interval", "5m"]).run();
        let folder = host.stage.home();
        std::fs::write(folder.join("duckops.rules.yml"), rules.stdout).expect("written");
        std::fs::write(folder.join("prometheus.yml"), example("prometheus.yml")).expect("written");
        let checked = Command::new("promtool")
            .args(["check", "config", "prometheus.yml"])
            .current_dir(folder)
            .output()
            .expect("promtool");
        assert!(checked.status.success(), "{checked:?}");
    } else {
        not_run("promtool is not installed");
    }
    let ran = host.run(&format!(
        "duckops check -q --textfile {COLLECTOR}/duckops.prom"
    ));
    assert_eq!(ran.status.code(), Some(2), "{ran:?}");
    // What a run that was killed leaves beside it is not read.
    std::fs::write(host.collector.join("duckops.prom.1.tmp"), "half a li").expect("written");
    let port = TcpListener::bind("127.0.0.1:0")
        .and_then(|listener| listener.local_addr())
        .expect("a port");
    let exporter = Command::new("prometheus-node-exporter")
        .arg(format!("--web.listen-address={port}"))
        .args(["--collector.disable-defaults", "--collector.textfile"])
        .arg(format!(
            "--collector.textfile.directory={}",
            host.collector.display()
        ))
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut exporter) = exporter else {
        not_run("prometheus-node-exporter is not installed");
        return;
    };
    let began = Instant::now();
    let mut page = String::new();
    while page.is_empty() && began.elapsed() < Duration::from_secs(20) {
        std::thread::sleep(Duration::from_millis(50));
        let Ok(mut stream) = TcpStream::connect(port) else {
            continue;
        };
        let asked = stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n");
        let _ = asked.and_then(|()| stream.read_to_string(&mut page));
    }
    exporter.kill().expect("killed");
    exporter.wait().expect("ended");
    assert!(page.contains("\nnode_textfile_scrape_error 0"), "{page}");
    let due = "duckops_run_verdict{run=\"bond+inc-001+inc-002+inc-003+inc-004+inc-005+peck\",stack=\"prod\",verdict=\"critical\"} 1";
    assert!(page.contains(due), "{page}");
}

/// A part of the thousand; the whole by
/// `cargo test --test claims -- --ignored --nocapture a_thousand_kills`.
#[test]
fn readers_never_see_a_partial_textfile_even_after_kills() {
    kills(40);
}

#[test]
#[ignore = "takes minutes"]
fn a_thousand_kills_never_leave_part_of_a_textfile() {
    kills(1_000);
}

fn kills(times: u64) {
    let host = Host::new("inc-005");
    let path = host.collector.join("duckops.prom");
    let file = path.to_str().expect("a path");
    let arguments = ["check", "inc-005", "--history", "none", "--textfile", file];
    let began = Instant::now();
    assert_eq!(host.stage.duckops(&arguments).run().code, 2);
    let took = began.elapsed();
    let whole = host.textfile();
    let lines = whole.lines().count();
    let (mut killed, mut beside, mut ended) = (0, 0, 0);
    for i in 0..times {
        let mut command = host.stage.duckops(&arguments).command();
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("it starts");
        // Anywhere between its begin and a little after its end, the end above all.
        let share = 40 + (i * 7_919) % 75;
        std::thread::sleep(took.mul_f64(share as f64 / 100.0));
        child.kill().expect("killed");
        match child.wait().expect("ended").code() {
            Some(_) => ended += 1,
            None => killed += 1,
        }
        let text = std::fs::read_to_string(&path).expect("it is always there");
        assert_eq!(text.lines().count(), lines, "{text}");
        assert!(
            text.ends_with('\n') && text.contains("duckops_build_info{"),
            "{text}"
        );
        let left = std::fs::read_dir(&host.collector)
            .expect("a folder")
            .count()
            - 1;
        beside = beside.max(left);
    }
    assert!(killed > 0);
    println!(
        "textfile: {times} runs, {killed} killed, {ended} ended, never a part; at most {beside} left beside it"
    );
    assert_eq!(host.stage.duckops(&arguments).run().code, 2);
    let left = std::fs::read_dir(&host.collector)
        .expect("a folder")
        .count();
    assert_eq!(left, 1, "the next run tidies up");
}
