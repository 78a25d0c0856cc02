//! Claim: whatever stands where a file is named, every command answers within its deadline and
//! in bounded memory, reads only what is meant to be read, and never writes to anything but a
//! regular file of its own.

use crate::support::{Duckops, Stage, under, world};
use std::fs;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const KEPT: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/tests/recordings/inc-004-1.0.json"
);
/// The limit of every run here is 3 s; what is beyond this waited for a file.
const PATIENCE: Duration = Duration::from_secs(10);
/// Address space of a run, in KiB: an endless device must not fill it.
const MEMORY: u32 = 2_000_000;
const SIGNATURE: &str = "sha256=0000000000000000000000000000000000000000000000000000000000000000";

/// What may stand where a file is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Pipe,
    Socket,
    Folder,
    /// A link to an endless device.
    Device,
    /// A device of its own, where the machine lets us make one.
    Node,
    /// A link to a regular file.
    Link,
    /// A link to nothing.
    Dangling,
}

/// Puts it at a path; false where this machine cannot. What it links to is `target`.
fn place(kind: Kind, path: &Path, target: &Path) -> bool {
    let ran = |program: &str, arguments: &[&str]| {
        let status = Command::new(program)
            .args(arguments)
            .stderr(Stdio::null())
            .status();
        status.expect("the program runs").success()
    };
    let shown = path.to_str().expect("UTF-8");
    match kind {
        Kind::Pipe => ran("mkfifo", &[shown]),
        Kind::Socket => UnixListener::bind(path).is_ok(),
        Kind::Folder => fs::create_dir(path).is_ok(),
        Kind::Device => symlink("/dev/zero", path).is_ok(),
        Kind::Node => {
            // A file system that is mounted without devices cannot open it.
            ran("mknod", &[shown, "c", "1", "5"]) && fs::File::open(path).is_ok()
        }
        Kind::Link => symlink(target, path).is_ok(),
        Kind::Dangling => symlink(target.with_extension("none"), path).is_ok(),
    }
}

/// A run with bounded memory, killed when it takes too long.
fn bounded(call: Duckops) -> (i32, String, Duration) {
    let seconds = PATIENCE.as_secs();
    let script =
        format!("umask 000; ulimit -v {MEMORY}; exec timeout -k 1 {seconds} \"$0\" \"$@\"");
    let mut shell = under(&call.command(), "/bin/sh", &["-c", &script]);
    let began = Instant::now();
    let output = shell.output().expect("a shell");
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).into_owned();
    (output.status.code().unwrap_or(-1), text, began.elapsed())
}

/// An input path that a user can name: the arguments, and the exit code for a file that cannot be
/// used.
struct Input {
    name: &'static str,
    /// The name below the folder of the case.
    file: &'static str,
    arguments: &'static [&'static str],
    code: i32,
}

/// `FILE` is the path in question, `GOOD` a recording, `SECRET` a secret file, `DIR` the
/// folder of the case.
const INPUTS: &[Input] = &[
    Input {
        name: "configuration",
        file: "duckops/config.toml",
        arguments: &["check", "inc-005"],
        code: 64,
    },
    Input {
        name: "runbook",
        file: "rb/inc-009.toml",
        arguments: &["triage", "inc-005", "--runbooks", "DIR/rb"],
        code: 64,
    },
    Input {
        name: "triage --deploy-log",
        file: "log",
        arguments: &["triage", "inc-001", "--deploy-log", "FILE"],
        code: 64,
    },
    Input {
        name: "alias check --deploy-log",
        file: "log",
        arguments: &["alias", "check", "--deploy-log", "FILE"],
        code: 64,
    },
    Input {
        name: "triage --from",
        file: "rec",
        arguments: &["triage", "--from", "FILE"],
        code: 64,
    },
    Input {
        name: "drill --from",
        file: "rec",
        arguments: &["drill", "--from", "FILE"],
        code: 64,
    },
    Input {
        name: "record --from",
        file: "rec",
        arguments: &["record", "inc-004", "--dry-run", "--from", "FILE"],
        code: 64,
    },
    Input {
        name: "diff, first",
        file: "rec",
        arguments: &["diff", "FILE", "GOOD"],
        code: 64,
    },
    Input {
        name: "diff, second",
        file: "rec",
        arguments: &["diff", "GOOD", "FILE"],
        code: 64,
    },
    Input {
        name: "runbook case",
        file: "rec",
        arguments: &["runbook", "case", "FILE"],
        code: 64,
    },
    Input {
        name: "webhook verify",
        file: "body",
        arguments: &[
            "webhook",
            "verify",
            "FILE",
            "--secret-file",
            "SECRET",
            "--signature",
            SIGNATURE,
        ],
        code: 64,
    },
    Input {
        name: "webhook bundle --data",
        file: "body",
        arguments: &[
            "webhook",
            "bundle",
            "duck.pulse",
            "--url",
            "http://127.0.0.1:1/",
            "--secret-file",
            "SECRET",
            "--out",
            "DIR/out",
            "--data",
            "FILE",
        ],
        code: 64,
    },
    Input {
        name: "--secret-file",
        file: "secret",
        arguments: &[
            "webhook",
            "verify",
            "GOOD",
            "--secret-file",
            "FILE",
            "--signature",
            SIGNATURE,
        ],
        code: 64,
    },
    Input {
        name: "bond list --token-file",
        file: "token",
        arguments: &["bond", "list", "--token-file", "FILE"],
        code: 64,
    },
    Input {
        name: "peck list --beak-key-file",
        file: "key",
        arguments: &["peck", "list", "--beak-key-file", "FILE"],
        code: 64,
    },
    Input {
        name: "bond pulse --beak-key-file",
        file: "key",
        arguments: &[
            "bond",
            "pulse",
            "A1",
            "--confirm",
            "A1",
            "--endpoint-override",
            "--beak-key-file",
            "FILE",
        ],
        code: 1,
    },
    Input {
        name: "journal",
        file: "state/journal.jsonl",
        arguments: &["journal"],
        code: 3,
    },
    Input {
        name: "history",
        file: "state/history.db",
        arguments: &["history", "email.sent_24h"],
        code: 3,
    },
];

fn filled(arguments: &[&str], folder: &Path, file: &Path, secret: &Path) -> Vec<String> {
    let shown = |path: &Path| path.to_str().expect("UTF-8").to_owned();
    arguments
        .iter()
        .map(|argument| match *argument {
            "FILE" => shown(file),
            "GOOD" => KEPT.to_owned(),
            "SECRET" => shown(secret),
            other => other.replace("DIR", &shown(folder)),
        })
        .collect()
}

fn secret_file(folder: &Path) -> PathBuf {
    let path = folder.join("a-secret");
    fs::write(&path, "practice-Secret-123\n").expect("written");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("set");
    path
}

fn call(stage: &Stage, folder: &Path, arguments: &[String]) -> Duckops {
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--deadline", "3s"]);
    stage
        .duckops(&arguments)
        .env("XDG_CONFIG_HOME", folder)
        .env("DUCKOPS_STATE_DIR", folder.join("state"))
}

#[test]
fn reading_anything_but_a_regular_file_is_refused_within_the_deadline() {
    let stage = Stage::of(world("inc-004"));
    let (mut runs, mut slowest, mut wrong) = (0, Duration::ZERO, Vec::new());
    for input in INPUTS {
        for kind in [
            Kind::Pipe,
            Kind::Socket,
            Kind::Folder,
            Kind::Device,
            Kind::Node,
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let file = folder.path().join(input.file);
            fs::create_dir_all(file.parent().expect("a parent")).expect("made");
            let secret = secret_file(folder.path());
            if !place(kind, &file, &secret) {
                continue;
            }
            let arguments = filled(input.arguments, folder.path(), &file, &secret);
            let (code, text, took) = bounded(call(&stage, folder.path(), &arguments));
            runs += 1;
            slowest = slowest.max(took);
            if code != input.code || took > PATIENCE {
                wrong.push(format!(
                    "{} {kind:?}: exit {code} in {took:?}: {text}",
                    input.name
                ));
            }
            let named = file
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if !text.contains(&named) {
                wrong.push(format!(
                    "{} {kind:?}: the file is not named: {text}",
                    input.name
                ));
            }
        }
    }
    println!("files: {runs} reads refused, the slowest run took {slowest:?}");
    assert_eq!(wrong, Vec::<String>::new());
    assert!(runs >= INPUTS.len() * 4, "only {runs} runs");
}

/// The same inputs are accepted where they are what they should be, as a link as well:
/// otherwise the refusals above would prove nothing.
#[test]
fn a_link_to_a_regular_file_is_read_where_links_are_followed() {
    let stage = Stage::of(world("inc-004"));
    for (file, text, arguments) in [
        (
            "duckops/config.toml",
            "deadline = \"3s\"\n",
            ["check", "inc-005"].as_slice(),
        ),
        (
            "log",
            "2026-03-20 v61\n",
            &["triage", "inc-001", "--deploy-log", "FILE"],
        ),
        (
            "token",
            "t-practice\n",
            &["bond", "list", "--token-file", "FILE"],
        ),
        ("rec", "", &["triage", "--from", "FILE"]),
        ("rec", "", &["diff", "FILE", "GOOD"]),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join(file);
        fs::create_dir_all(path.parent().expect("a parent")).expect("made");
        let target = folder.path().join("target");
        fs::write(&target, text).expect("written");
        fs::set_permissions(&target, fs::Permissions::from_mode(0o600)).expect("set");
        symlink(
            if text.is_empty() {
                Path::new(KEPT)
            } else {
                &target
            },
            &path,
        )
        .expect("linked");
        let arguments = filled(arguments, folder.path(), &path, &target);
        let (code, text, _) = bounded(call(&stage, folder.path(), &arguments));
        assert!(
            (0..=2).contains(&code) || !text.contains(file),
            "{file}: exit {code}: {text}"
        );
        assert_ne!(code, 64, "{file}: {text}");
    }
}

#[test]
fn a_file_beyond_its_limit_is_refused_by_name_and_limit() {
    let stage = Stage::of(world("inc-004"));
    for (name, limit) in [
        ("configuration", "1 MiB"),
        ("runbook", "1 MiB"),
        ("triage --deploy-log", "16 MiB"),
        ("triage --from", "16 MiB"),
        ("webhook verify", "1 MiB"),
    ] {
        let input = INPUTS
            .iter()
            .find(|input| input.name == name)
            .expect("a row");
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join(input.file);
        fs::create_dir_all(file.parent().expect("a parent")).expect("made");
        let secret = secret_file(folder.path());
        // Sparse: it takes no room.
        let sparse = fs::File::create(&file).expect("made");
        sparse.set_len(40 << 30).expect("long");
        let arguments = filled(input.arguments, folder.path(), &file, &secret);
        let (code, text, _) = bounded(call(&stage, folder.path(), &arguments));
        assert_eq!(code, 64, "{name}: {text}");
        assert!(
            text.contains(&format!("larger than {limit}")),
            "{name}: {text}"
        );
    }
}

/// `<(…)` and `-`, as the contract has them; and one that never ends does not hold up the run.
#[test]
fn descriptors_are_read_and_bounded_by_the_deadline() {
    let stage = Stage::of(world("inc-004"));
    let folder = tempfile::tempdir().expect("a folder");
    let body = folder.path().join("body");
    fs::write(&body, "{\"a\":1}").expect("written");
    let signature = duckops::webhook::sign("practice-Secret-123", b"{\"a\":1}");
    let script = |script: &str| {
        let inner = call(&stage, folder.path(), &[]).command();
        let mut shell = Command::new("bash");
        shell
            .arg("-c")
            .arg(script)
            .env_clear()
            .current_dir(folder.path());
        shell.envs(
            inner
                .get_envs()
                .filter_map(|(name, value)| Some((name, value?))),
        );
        shell.env("D", env!("CARGO_BIN_EXE_duckops"));
        shell.env("SIG", &signature).env("GOOD", KEPT);
        let began = Instant::now();
        let output = shell.output().expect("bash");
        let text = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
        assert!(began.elapsed() < PATIENCE, "{script}: {text}");
        (output.status.code().unwrap_or(-1), text)
    };
    for (text, code) in [
        (
            "$D webhook verify body --secret-file <(printf practice-Secret-123) --signature $SIG",
            0,
        ),
        (
            "printf practice-Secret-123 | $D webhook verify body --secret-file - --signature $SIG",
            0,
        ),
        (
            "$D webhook verify - --secret-file <(printf practice-Secret-123) --signature $SIG <body",
            0,
        ),
        (
            "$D webhook verify <(cat body) --secret-file <(echo other) --signature $SIG",
            2,
        ),
        ("$D triage --from <(cat $GOOD)", 2),
        ("$D triage --from - <$GOOD", 2),
        ("$D triage --from <(exec sleep 30 2>&-) --deadline 1s", 64),
        (
            "exec 3< <(exec sleep 30 2>&-); $D triage --from - --deadline 1s <&3",
            64,
        ),
        (
            "$D webhook verify body --secret-file <(exec sleep 30 2>&-) --deadline 1s --signature $SIG",
            64,
        ),
        (
            "ulimit -v 2000000; $D triage --from - --deadline 3s </dev/zero",
            64,
        ),
        (
            "ulimit -v 2000000; $D webhook verify body --secret-file - --signature $SIG </dev/zero",
            64,
        ),
    ] {
        let (ended, said) = script(text);
        assert_eq!(ended, code, "{text}: {said}");
    }
}

/// An output path that a user can name: the arguments, and the mode of the new file.
struct Output {
    name: &'static str,
    arguments: &'static [&'static str],
    mode: u32,
}

const OUTPUTS: &[Output] = &[
    Output {
        name: "history --svg",
        arguments: &["history", "email.sent_24h", "--svg", "FILE"],
        mode: 0o600,
    },
    Output {
        name: "report --html",
        arguments: &["report", "inc-004", "--html", "FILE"],
        mode: 0o600,
    },
    Output {
        name: "check --textfile",
        arguments: &["check", "inc-004", "--textfile", "FILE"],
        mode: 0o644,
    },
    Output {
        name: "triage --save",
        arguments: &["triage", "inc-004", "--save", "FILE"],
        mode: 0o600,
    },
    Output {
        name: "record --log",
        arguments: &["record", "inc-004", "--from", "GOOD", "--log", "FILE"],
        mode: 0o600,
    },
    Output {
        name: "runbook new",
        arguments: &["runbook", "new", "inc-009", "--runbooks", "DIR"],
        mode: 0o600,
    },
    Output {
        name: "webhook bundle --out",
        arguments: &[
            "webhook",
            "bundle",
            "duck.pulse",
            "--url",
            "http://127.0.0.1:1/",
            "--secret-file",
            "SECRET",
            "--out",
            "FILE",
        ],
        mode: 0o700,
    },
];

fn output_path(output: &Output, folder: &Path) -> PathBuf {
    match output.name {
        "runbook new" => folder.join("inc-009.toml"),
        _ => folder.join("out"),
    }
}

fn stage_with_history() -> Stage {
    let stage = Stage::of(world("inc-004"));
    let ran = stage.duckops(&["check"]).run();
    assert!((0..=3).contains(&ran.code), "{ran:?}");
    stage
}

/// A call that keeps what the stage recorded.
fn recorded(stage: &Stage, arguments: &[String]) -> Duckops {
    let mut arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    arguments.extend(["--deadline", "3s"]);
    stage.once(&arguments)
}

#[test]
fn outputs_never_go_through_a_link_nor_over_what_is_no_regular_file() {
    let stage = stage_with_history();
    let (mut runs, mut wrong) = (0, Vec::new());
    for output in OUTPUTS {
        for kind in [
            Kind::Pipe,
            Kind::Socket,
            Kind::Folder,
            Kind::Device,
            Kind::Node,
            Kind::Link,
            Kind::Dangling,
        ] {
            let folder = tempfile::tempdir().expect("a folder");
            let aside = tempfile::tempdir().expect("a folder");
            let target = aside.path().join("target");
            fs::write(&target, "theirs").expect("written");
            fs::set_permissions(&target, fs::Permissions::from_mode(0o640)).expect("set");
            let secret = secret_file(aside.path());
            let file = output_path(output, folder.path());
            if !place(kind, &file, &target) {
                continue;
            }
            let seen = |path: &Path| {
                let seen = fs::symlink_metadata(path).expect("still there");
                (seen.file_type(), seen.ino(), seen.rdev(), seen.mode())
            };
            let before = (seen(&file), seen(&target));
            let arguments = filled(output.arguments, folder.path(), &file, &secret);
            let (code, text, took) = bounded(recorded(&stage, &arguments));
            runs += 1;
            let what = format!("{} over {kind:?}: exit {code}: {text}", output.name);
            if took > PATIENCE || [101, 124, 137].contains(&code) {
                wrong.push(format!("too late: {what}"));
            }
            // What was asked for was not done, and that is said.
            let name = file
                .file_name()
                .expect("a name")
                .to_string_lossy()
                .into_owned();
            if !text.contains(&name) || code == 0 {
                wrong.push(format!("not said: {what}"));
            }
            if (seen(&file), seen(&target)) != before
                || fs::read(&target).expect("read") != b"theirs"
                || target.with_extension("none").exists()
            {
                wrong.push(format!("changed: {what}"));
            }
            if kind == Kind::Folder && fs::read_dir(&file).expect("listed").count() > 0 {
                wrong.push(format!("filled: {what}"));
            }
            if fs::read_dir(folder.path()).expect("listed").count() != 1 {
                wrong.push(format!("something is left beside it: {what}"));
            }
        }
    }
    println!("files: {runs} writes refused");
    assert_eq!(wrong, Vec::<String>::new());
    assert!(runs >= OUTPUTS.len() * 6, "only {runs} runs");
}

/// The calls above do write where they may; with the mode that is promised, whatever the umask.
#[test]
fn outputs_are_private_files_whatever_the_umask() {
    let stage = stage_with_history();
    for output in OUTPUTS {
        let folder = tempfile::tempdir().expect("a folder");
        let aside = tempfile::tempdir().expect("a folder");
        let secret = secret_file(aside.path());
        let file = output_path(output, folder.path());
        let arguments = filled(output.arguments, folder.path(), &file, &secret);
        let (code, text, _) = bounded(recorded(&stage, &arguments));
        let seen = fs::symlink_metadata(&file);
        let seen = seen.unwrap_or_else(|_| panic!("{}: exit {code}: {text}", output.name));
        assert!(!seen.file_type().is_fifo());
        assert_eq!(seen.mode() & 0o7777, output.mode, "{}", output.name);
        // A new runbook has the schema that its first line names beside it.
        let written = match output.name {
            "runbook new" => 2,
            _ => 1,
        };
        let found = fs::read_dir(folder.path()).expect("listed").count();
        assert_eq!(found, written, "{}", output.name);
    }
}

#[test]
fn a_file_is_never_written_under_the_name_of_standard_input() {
    let home = tempfile::tempdir().expect("a folder");
    for arguments in [
        &["triage", "--save", "-"][..],
        &["report", "inc-004", "--html", "-"],
        &["history", "callbacks.errors", "--svg", "-"],
        &["check", "--textfile", "-"],
        &["record", "inc-004", "--log", "-"],
        &["record", "--deploy-log", "-"],
    ] {
        let mut command = Duckops::new(home.path(), arguments).command();
        command.current_dir(home.path());
        let ended = command.output().expect("a run");
        assert_eq!(ended.status.code(), Some(64), "{arguments:?}: {ended:?}");
        let said = String::from_utf8_lossy(&ended.stderr);
        assert!(said.contains("use the name of a file"), "{said}");
        assert!(!home.path().join("-").exists(), "{arguments:?}");
    }
}
