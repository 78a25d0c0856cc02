//! Claim: `init` writes a first configuration that the next command reads, never over another one,
//! and asks only on a terminal.

use crate::support::pty::Pty;
use crate::support::{Duckops, Stage, world};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

const FLAGS: [&str; 9] = [
    "init",
    "--profile",
    "none",
    "--api-url",
    "URL",
    "--channel",
    "none",
    "--governance-log",
    "none",
];

fn file(stage: &Stage) -> PathBuf {
    stage.home().join(".config/duckops/config.toml")
}

/// `init` with every flag; the address is that of the stage.
fn with_flags(stage: &Stage, changed: &[(&str, &str)]) -> Duckops {
    let url = stage.practice.api_url();
    let mut words: Vec<String> = FLAGS.map(|word| word.replace("URL", &url)).into();
    for (flag, value) in changed {
        let at = words.iter().position(|word| word == flag).expect("a flag");
        words[at + 1] = (*value).to_owned();
    }
    stage.duckops(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn flags_write_a_private_configuration_that_doctor_then_reads() {
    let stage = Stage::of(world("healthy"));
    let log = stage.home().join("GOVERNANCE-LOG.md");
    let log = log.to_str().expect("UTF-8");
    let changed = [
        ("--channel", "command:/usr/bin/logger"),
        ("--governance-log", log),
        ("--profile", "duck"),
    ];
    let ran = with_flags(&stage, &changed).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    for words in [
        "DONE ",
        "configuration written",
        "*/5 * * * * duckops check --changes --notify",
        "OnCalendar",
        "duckops doctor",
        "MISSING ",
    ] {
        assert!(
            ran.stdout.contains(words),
            "{words} is not in {}",
            ran.stdout
        );
    }
    // What is to be done is what a terminal still shows at the end.
    let last: Vec<_> = ran.stdout.lines().rev().take(20).collect();
    assert_eq!(last.first(), Some(&"         duckops doctor"));
    assert!(
        last.iter().any(|line| line.starts_with("DONE  ")),
        "{last:?}"
    );
    let mode = file(&stage)
        .metadata()
        .expect("a file")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(file(&stage)).expect("the file");
    let read: toml::Value = toml::from_str(&text).expect("TOML");
    assert_eq!(read["stack"]["prod"]["profile"].as_str(), Some("duck"));
    assert_eq!(read["stack"]["prod"]["governance_log"].as_str(), Some(log));
    assert_eq!(
        read["notify"]["command"]["command"][0].as_str(),
        Some("/usr/bin/logger")
    );
    let (_, doctor) = stage.duckops(&["doctor"]).json();
    let checks = doctor["checks"].as_array().expect("checks");
    assert!(
        checks.iter().any(|check| check["found"]
            .as_str()
            .is_some_and(|found| found.contains("duck (config.toml"))
            || check["found"]
                .as_str()
                .is_some_and(|found| found.contains("config.toml:"))),
        "{doctor:#}"
    );
}

#[test]
fn an_existing_configuration_stays_and_the_difference_is_shown() {
    let stage = Stage::of(world("healthy"));
    assert_eq!(with_flags(&stage, &[]).run().code, 0);
    let before = std::fs::read(file(&stage)).expect("the file");
    let same = with_flags(&stage, &[]).run();
    assert!(
        same.code == 1 && same.stdout.contains("says the same"),
        "{same:?}"
    );
    let (code, document) = with_flags(&stage, &[("--profile", "other")]).json();
    assert_eq!(
        (code, document["written"].as_bool()),
        (1, Some(false)),
        "{document}"
    );
    assert_eq!(
        document["difference"],
        serde_json::json!(["+ profile = \"other\""])
    );
    assert_eq!(std::fs::read(file(&stage)).expect("the file"), before);
}

#[test]
fn without_a_terminal_the_missing_flags_are_named() {
    let stage = Stage::of(world("healthy"));
    let ran = stage.duckops(&["init", "--channel", "none"]).run();
    assert_eq!((ran.code, ran.stdout.as_str()), (64, ""), "{ran:?}");
    assert!(
        ran.stderr
            .contains("--profile, --api-url, --governance-log"),
        "{ran:?}"
    );
    assert!(!ran.stderr.contains("--channel,"), "{ran:?}");
    for (flag, value) in [
        ("--channel", "mail:/x"),
        ("--channel", "slack:here"),
        ("--governance-log", "log.md"),
        ("--api-url", "nonsense"),
    ] {
        let ran = with_flags(&stage, &[(flag, value)]).run();
        assert_eq!(ran.code, 64, "{flag} {value}: {ran:?}");
        assert!(ran.stderr.contains(flag), "{flag} {value}: {ran:?}");
    }
    assert!(!file(&stage).exists());
    assert!(stage.practice.requests().is_empty(), "nothing was asked");
}

#[test]
fn at_a_terminal_each_question_is_asked_once_and_a_wrong_answer_again() {
    let stage = Stage::of(world("healthy"));
    let mut pty = Pty::start(
        stage.duckops(&["init"]).env("TERM", "xterm").command(),
        60,
        120,
    );
    for (question, typed) in [
        ("AWS profile [none]: ", "duck\n"),
        ("Base URL of the API [", "\n"),
        ("Channel, such as", "mail\n"),
        ("not usable", "slack:/etc/duckops/chat.url\n"),
        ("GOVERNANCE-LOG.md, from the root on [none]: ", "\n"),
    ] {
        pty.wait_for(question);
        pty.press(typed);
    }
    let (code, written) = pty.end();
    assert_eq!(code, 0, "{written}");
    let text = std::fs::read_to_string(file(&stage)).expect("the file");
    assert!(
        text.contains("profile = \"duck\"")
            && text.contains("url_file = \"/etc/duckops/chat.url\""),
        "{text}"
    );
    assert!(written.contains("MISSING  governance log"), "{written}");
}

#[test]
fn with_a_configuration_init_asks_nothing_and_shows_how_a_channel_is_added() {
    let stage = Stage::of(world("healthy"));
    assert_eq!(with_flags(&stage, &[]).run().code, 0);
    let before = std::fs::read_to_string(file(&stage)).expect("the file");
    let pty = Pty::start(
        stage.duckops(&["init"]).env("TERM", "xterm").command(),
        24,
        80,
    );
    pty.wait_for("duckops doctor");
    let (code, written) = pty.end();
    assert_eq!(code, 1, "{written}");
    assert!(!written.contains("[none]:"), "a question: {written}");
    // What it shows can be appended as it stands.
    let lines = written.lines().map(str::trim_end);
    let shown: Vec<_> = lines
        .skip_while(|line| !line.starts_with("  [notify."))
        .take_while(|line| line.starts_with("  "))
        .collect();
    let file = format!("{before}\n{}\n", shown.join("\n"));
    let read: toml::Value = toml::from_str(&file).expect("TOML");
    let kinds = read["notify"].as_table().expect("channels").len();
    assert_eq!(kinds, 3, "{written}");
}

#[test]
fn a_wrong_answer_is_explained_on_lines_of_its_own() {
    let stage = Stage::of(world("healthy"));
    let mut pty = Pty::start(
        stage.duckops(&["init"]).env("TERM", "xterm").command(),
        60,
        120,
    );
    for typed in ["none\n", "nonsense\n", "\n", "none\n", "none\n"] {
        pty.wait_for(": ");
        pty.press(typed);
    }
    let (_, written) = pty.end();
    assert!(!written.contains("\\n"), "{written}");
    assert!(written.contains("nonsense"), "{written}");
}

#[test]
fn an_input_that_ends_writes_nothing() {
    let stage = Stage::of(world("healthy"));
    let mut pty = Pty::start(
        stage.duckops(&["init"]).env("TERM", "xterm").command(),
        60,
        120,
    );
    pty.wait_for("AWS profile [none]: ");
    pty.press("\x04\x04");
    let (code, written) = pty.end();
    assert_eq!(code, 64, "{written}");
    assert!(!file(&stage).exists());
}
