//! Claim: whatever is wrong with the command line, the configuration, the surroundings or
//! the output, there is a message that says so, the exit code that is promised, and no ok.

use crate::support::{Duckops, NOW, Ran, Raw, Stage, http, step, under, verdicts, world};
use duckops::practice::Operation;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// The one document on standard output.
fn document(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|e| panic!("one JSON document ({e}): {ran:?}"))
}

/// A home with this configuration file.
fn configured(text: &str) -> tempfile::TempDir {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("folders");
    std::fs::write(folder.join("config.toml"), text).expect("a file");
    home
}

fn run(arguments: &[&str]) -> Ran {
    let home = tempfile::tempdir().expect("a folder");
    Duckops::new(home.path(), arguments).run()
}

#[test]
fn a_mistyped_name_is_a_usage_error_that_suggests_the_right_one() {
    let cells: [(&[&str], &[&str]); 9] = [
        (
            &["triage", "inc-04"],
            &["no runbook \"inc-04\"", "did you mean: inc-004"],
        ),
        (&["triage", "inx-005"], &["did you mean: inc-005"]),
        (
            &["triage", "mail"],
            &[
                "runbook \"mail\"",
                "inc-001, inc-002, inc-003, inc-004, inc-005",
            ],
        ),
        (
            &["triage", "inc-004", "executoins"],
            &["no step \"executoins\"", "did you mean: executions"],
        ),
        (
            &["triage", "inc-004", "6"],
            &["step \"6\"", "callback-errors, events"],
        ),
        (&["triage", "inc-004", "0"], &["step \"0\""]),
        (
            &["facts", "status.agent.alive"],
            &["did you mean `status.agents.alive`"],
        ),
        (&["runbook", "show", "inc-4"], &["did you mean: inc-004"]),
        (&["triag"], &["triage"]),
    ];
    for (arguments, said) in cells {
        let ran = run(arguments);
        assert_eq!(ran.code, 64, "{arguments:?}: {ran:?}");
        assert_eq!(ran.stdout, "", "{arguments:?}");
        for words in said {
            assert!(
                ran.stderr.contains(words),
                "{arguments:?}: {words}: {}",
                ran.stderr
            );
        }
    }
}

#[test]
fn an_invalid_setting_is_named_with_its_origin() {
    let flags: [(&str, &str); 14] = [
        ("--api-url", "not a URL"),
        ("--api-url", "ftp://127.0.0.1/"),
        ("--api-url", "http://"),
        ("--api-url", "http://127.0.0.1/prod#"),
        ("--account", "12154600373"),
        ("--account", "prod"),
        ("--region", "somewhere"),
        ("--region", "us east-1"),
        ("--deadline", "soon"),
        ("--deadline", "0s"),
        ("--deadline", "2h"),
        ("--state-dir", "here/and/there"),
        ("--color", "sometimes"),
        ("--output", "yaml"),
    ];
    for (flag, value) in flags {
        let ran = run(&["triage", flag, value]);
        assert_eq!(ran.code, 64, "{flag} {value}: {ran:?}");
        assert!(
            ran.stderr.contains(flag) && ran.stderr.contains(value),
            "{flag} {value}: {}",
            ran.stderr
        );
    }
    let variables = [
        ("DUCKOPS_API_URL", "http:/127.0.0.1"),
        ("DUCKOPS_ACCOUNT", "prod"),
        ("DUCKOPS_DEADLINE", "20"),
        ("DUCKOPS_OUTPUT", "xml"),
        ("DUCKOPS_STATE_DIR", "here"),
        ("DUCKOPS_STACK", "nowhere"),
        ("DUCKOPS_HISTORY", "file"),
        ("DUCKOPS_RUNBOOKS", "/no/such/folder"),
    ];
    for (variable, value) in variables {
        if (variable, value) == ("DUCKOPS_API_URL", "http:/127.0.0.1") {
            continue; // which a URL parser takes for a good one
        }
        let home = tempfile::tempdir().expect("a folder");
        let ran = Duckops::new(home.path(), &["triage"])
            .env(variable, value)
            .run();
        assert_eq!(ran.code, 64, "{variable}={value}: {ran:?}");
        assert!(
            ran.stderr.contains(value),
            "{variable}={value}: {}",
            ran.stderr
        );
    }
}

#[test]
fn a_password_in_a_url_is_refused_and_not_repeated() {
    for value in [
        "http://me:hunter2@127.0.0.1/",
        "http://127.0.0.1/?key=hunter2",
    ] {
        let ran = run(&["triage", "--api-url", value, "--output", "json"]);
        assert_eq!(ran.code, 64, "{ran:?}");
        assert!(
            !ran.stderr.contains("hunter2") && !ran.stdout.contains("hunter2"),
            "{ran:?}"
        );
        assert!(
            ran.stderr.contains("--api-url") && ran.stderr.contains("127.0.0.1"),
            "{ran:?}"
        );
    }
}

#[test]
fn a_wrong_configuration_file_is_named_with_the_line() {
    let cells = [
        ("deadline = \"20s\"\ndedline = \"5s\"\n", 2, "dedline"),
        (
            "[stack.prod]\naccount = \"121546003735\"\nacount = \"1\"\n",
            3,
            "acount",
        ),
        ("\n\ndeadline = 20\n", 3, "20"),
        ("[stack.prod]\n\nregion = [\"us-east-1\"]\n", 3, "string"),
        ("output = \"table\"\n[stack\n", 2, ""),
        ("deadline = \"soon\"\n", 1, "soon"),
        ("\n[stack.prod]\naccount = \"12\"\n", 3, "12"),
        ("\ncolor = \"sometimes\"\n", 2, "sometimes"),
        ("\n\noutput = \"yaml\"\n", 3, "yaml"),
        ("[stack.prod]\ninstance_metadata = \"yes\"\n", 2, ""),
    ];
    for (text, line, word) in cells {
        let home = configured(text);
        let ran = Duckops::new(home.path(), &["triage"]).run();
        let place = format!("config.toml:{line}");
        assert_eq!(ran.code, 64, "{text}: {ran:?}");
        assert!(
            ran.stderr.contains(&place),
            "{text}: {place}: {}",
            ran.stderr
        );
        assert!(ran.stderr.contains(word), "{text}: {}", ran.stderr);
    }
}

#[test]
fn an_unreadable_configuration_is_an_error() {
    let home = tempfile::tempdir().expect("a folder");
    let folder = home.path().join(".config/duckops/config.toml");
    std::fs::create_dir_all(folder).expect("a folder where a file should be");
    let ran = Duckops::new(home.path(), &["triage"]).run();
    assert_eq!(ran.code, 64, "{ran:?}");
    assert!(
        ran.stderr.contains("config.toml cannot be read"),
        "{}",
        ran.stderr
    );

    let home = configured("");
    std::fs::write(
        home.path().join(".config/duckops/config.toml"),
        b"deadline = \"\xff\"",
    )
    .expect("a file");
    let ran = Duckops::new(home.path(), &["triage"]).run();
    assert_eq!(ran.code, 64, "{ran:?}");
}

#[test]
fn an_unknown_stack_lists_the_known_ones() {
    let home = configured("[stack.staging]\n[stack.prod]\n");
    let ran = Duckops::new(home.path(), &["triage", "--stack", "stagging"]).run();
    assert_eq!(ran.code, 64, "{ran:?}");
    for word in ["--stack", "stagging", "prod, staging"] {
        assert!(ran.stderr.contains(word), "{word}: {}", ran.stderr);
    }
}

#[test]
fn a_configuration_in_the_working_folder_is_not_read() {
    let stage = Stage::of(world("healthy"));
    std::fs::write(stage.home().join("config.toml"), "nonsense").expect("a file");
    std::fs::write(stage.home().join("duckops.toml"), "nonsense").expect("a file");
    assert_eq!(stage.duckops(&["triage"]).run().code, 0);
}

#[test]
fn a_flag_beats_the_environment_which_beats_the_file_which_beats_what_is_built_in() {
    let stage = Stage::of(world("healthy"));
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("folders");
    let judged = |file: Option<&str>,
                  variable: Option<&str>,
                  flag: Option<&str>,
                  of: (&str, &str, &str, &str)| {
        let (key, name, option, member) = of;
        let section = file.map(|value| format!("[stack.prod]\n{key} = \"{value}\"\n"));
        std::fs::write(folder.join("config.toml"), section.unwrap_or_default()).expect("a file");
        let mut arguments = vec!["triage", "inc-001"];
        arguments.extend(flag.iter().flat_map(|value| [option, value]));
        let mut call = stage.once(&arguments);
        if let Some(value) = variable {
            call = call.env(name, value);
        }
        let (_, document) = call.json();
        document["stack"][member]
            .as_str()
            .expect("a text")
            .to_owned()
    };
    let account = ("account", "DUCKOPS_ACCOUNT", "--account", "account");
    let (one, two, three) = ("111111111111", "222222222222", "333333333333");
    for (file, variable, flag, due) in [
        (Some(one), Some(two), Some(three), three),
        (Some(one), Some(two), None, two),
        (Some(one), None, Some(three), three),
        (Some(one), None, None, one),
        (None, Some(two), Some(three), three),
        (None, Some(two), None, two),
        (None, Some(""), None, "121546003735"),
        (None, None, None, "121546003735"),
    ] {
        assert_eq!(
            judged(file, variable, flag, account),
            due,
            "{file:?} {variable:?} {flag:?}"
        );
    }
    let region = ("region", "NO_SUCH_VARIABLE", "--region", "region");
    for (file, flag, due) in [
        (Some("eu-west-1"), Some("eu-north-1"), "eu-north-1"),
        (Some("eu-west-1"), None, "eu-west-1"),
        (None, None, "us-east-1"),
    ] {
        assert_eq!(judged(file, None, flag, region), due, "{file:?} {flag:?}");
    }
    // The API URL shows which source was used.
    let nobody = "http://127.0.0.1:1";
    let own = stage.practice.api_url();
    let url = |variable: &str, flag: Option<&str>| {
        let mut arguments = vec!["triage", "inc-001"];
        arguments.extend(flag.iter().flat_map(|value| ["--api-url", value]));
        stage
            .once(&arguments)
            .env("DUCKOPS_API_URL", variable)
            .run()
            .code
    };
    assert_eq!(url(nobody, Some(&own)), 0);
    assert_eq!(url(&own, Some(nobody)), 2);
}

#[test]
fn the_format_follows_the_same_order() {
    let stage = Stage::of(world("healthy"));
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("folders");
    std::fs::write(folder.join("config.toml"), "output = \"nagios\"\n").expect("a file");
    let head = |call: Duckops| call.run().stdout.chars().take(7).collect::<String>();
    assert_eq!(head(stage.once(&["triage"])), "DUCKOPS");
    assert_eq!(
        head(stage.once(&["triage"]).env("DUCKOPS_OUTPUT", "short")),
        "OK prod"
    );
    let flag = stage
        .once(&["triage", "-o", "markdown"])
        .env("DUCKOPS_OUTPUT", "short");
    assert!(head(flag).starts_with('#'));
}

const FORMATS: [&str; 6] = ["table", "short", "json", "nagios", "prometheus", "markdown"];

#[test]
fn every_format_ends_with_the_same_code() {
    let scenes = [
        ("healthy", 0),
        ("callback-rising", 1),
        ("inc-004", 2),
        ("counter-reset", 3),
        ("api-gone", 2),
    ];
    for (scene, code) in scenes {
        let stage = Stage::of(world(scene));
        for format in FORMATS {
            let ran = stage.once(&["triage", "inc-004", "--output", format]).run();
            assert_eq!(ran.code, code, "{scene} as {format}: {ran:?}");
            assert!(!ran.stdout.is_empty(), "{scene} as {format}");
            let told = stage
                .once(&["triage", "inc-004"])
                .env("DUCKOPS_OUTPUT", format)
                .run();
            assert_eq!(told.code, code, "{scene} as {format} by the environment");
        }
    }
}

#[test]
fn a_usage_error_is_64_and_3_for_a_monitoring_system() {
    let wrong: [&[&str]; 6] = [
        &["triage", "inc-9999"],
        &["triage", "--no-such-flag"],
        &["triage", "--deadline", "soon"],
        &["nonsense"],
        &["triage", "--output"],
        &[],
    ];
    for arguments in wrong {
        assert_eq!(run(arguments).code, 64, "{arguments:?}");
        for format in FORMATS {
            let due = if format == "nagios" { 3 } else { 64 };
            let home = tempfile::tempdir().expect("a folder");
            let ran = Duckops::new(home.path(), arguments)
                .env("DUCKOPS_OUTPUT", format)
                .run();
            assert_eq!(
                ran.code, due,
                "{arguments:?} by the environment as {format}: {ran:?}"
            );
            let as_flag = [&["-o", format], arguments].concat();
            assert_eq!(run(&as_flag).code, due, "{as_flag:?}");
        }
    }
    let home = configured("output = \"nagios\"\n");
    let ran = Duckops::new(home.path(), &["triage", "inc-9999"]).run();
    assert_eq!(ran.code, 3, "by the file: {ran:?}");
    assert!(ran.stdout.starts_with("DUCKOPS UNKNOWN: "), "{ran:?}");
}

/// A format that is set for all commands is no mistake of the one that has none of it.
#[test]
fn a_format_that_a_command_does_not_have_is_refused_before_any_request() {
    let stage = Stage::of(world("healthy"));
    for (command, format) in [
        (&["audit"][..], "short"),
        (&["audit"], "markdown"),
        (&["facts", "api.up"], "short"),
        (&["facts", "api.up"], "prometheus"),
        (&["history"], "markdown"),
        (&["journal"], "short"),
        (&["timeline"], "short"),
    ] {
        let asked = || stage.practice.requests().len();
        let before = asked();
        let ran = stage.once(&[command, &["-o", format]].concat()).run();
        assert_eq!((ran.code, ran.stdout.as_str()), (64, ""), "{ran:?}");
        assert!(ran.stderr.contains("use table, json"), "{ran:?}");
        assert_eq!(asked(), before, "{command:?} {format}");
        let ran = stage.once(command).env("DUCKOPS_OUTPUT", format).run();
        assert_eq!(ran.code, 0, "{ran:?}");
    }
    let ran = stage.once(&["timeline", "-o", "markdown"]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
}

#[test]
fn every_failure_is_one_json_document() {
    let ways: [&[&str]; 6] = [
        &["--output", "json"],
        &["--output=json"],
        &["-o", "json"],
        &["-ojson"],
        &["-o=json"],
        &["-qojson"],
    ];
    let wrong: [&[&str]; 7] = [
        &["triage", "inc-9999"],
        &["triage", "inc-004", "9"],
        &["triage", "--no-such-flag"],
        &["triage", "--deadline", "soon"],
        &["triage", "--runbooks", "/no/such/folder"],
        &["nonsense"],
        &["triage", "--stack", "nowhere"],
    ];
    let mut cells = 0;
    for way in ways {
        for what in wrong {
            for arguments in [[way, what].concat(), [what, way].concat()] {
                let ran = run(&arguments);
                let document = document(&ran);
                assert_eq!(ran.code, 64, "{arguments:?}: {ran:?}");
                assert_eq!(document["exit_code"], 64, "{arguments:?}");
                assert_eq!(document["verdict"], "unknown", "{arguments:?}");
                assert_eq!(document["complete"], true, "{arguments:?}");
                assert!(
                    !ran.stderr.is_empty(),
                    "{arguments:?}: a person wants to know too"
                );
                cells += 1;
            }
        }
    }
    println!("usage: {cells} failures as JSON");
    let home = configured("output = \"json\"\n");
    let ran = Duckops::new(home.path(), &["triage", "inc-9999"]).run();
    assert_eq!(document(&ran)["exit_code"], 64, "by the file");
    let home = configured("\nnonsense = 1\n");
    let ran = Duckops::new(home.path(), &["triage", "-o", "json"]).run();
    assert_eq!(document(&ran)["exit_code"], 64, "a file that is wrong");
}

#[test]
fn help_and_version_are_answers() {
    for arguments in [
        &["--help"][..],
        &["-h"],
        &["--version"],
        &["-V"],
        &["triage", "--help"],
        &["runbook", "lint", "-h"],
        &["--help", "-o", "nagios"],
    ] {
        let ran = run(arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {ran:?}");
        assert!(
            !ran.stdout.is_empty() && ran.stderr.is_empty(),
            "{arguments:?}: {ran:?}"
        );
    }
}

#[test]
fn quiet_prints_nothing_when_ok_and_everything_when_not() {
    let well = Stage::of(world("healthy"));
    let ill = Stage::of(world("inc-004"));
    for format in FORMATS {
        let ran = well.once(&["triage", "-q", "-o", format]).run();
        assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{format}");
        let ran = ill.once(&["triage", "-q", "-o", format]).run();
        assert_eq!(ran.code, 2, "{format}");
        assert!(!ran.stdout.is_empty(), "{format}");
    }
}

/// The exit code that a shell sees, with standard output as the shell makes it.
fn in_a_shell(call: Duckops, script: &str) -> (i32, String) {
    let mut shell = under(&call.command(), "sh", &["-c", script]);
    let output = shell.output().expect("a shell");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code().unwrap_or(-1), stderr)
}

#[test]
fn a_closed_pipe_does_not_change_the_verdict() {
    for (scene, code) in [("healthy", 0), ("inc-004", 2), ("counter-reset", 3)] {
        let stage = Stage::of(world(scene));
        for format in FORMATS {
            let call = || stage.once(&["triage", "inc-004", "-o", format]);
            let (closed, _) = in_a_shell(call(), "exec \"$0\" \"$@\" >&-");
            assert_eq!(closed, code, "{scene} as {format}, closed");
            let (_, said) = in_a_shell(
                call(),
                "{ \"$0\" \"$@\"; echo \"ended $?\" >&2; } | head -c1 >&2",
            );
            assert!(
                said.contains(&format!("ended {code}")),
                "{scene} as {format}, one byte read: {said}"
            );
        }
    }
}

#[test]
fn a_closed_standard_output_does_not_change_the_verdict() {
    for (scene, code) in [("healthy", 0), ("inc-004", 2), ("counter-reset", 3)] {
        let stage = Stage::of(world(scene));
        for format in FORMATS {
            let (reader, writer) = std::io::pipe().expect("a pipe");
            drop(reader);
            let mut command = stage.once(&["triage", "inc-004", "-o", format]).command();
            let output = command
                .stdin(Stdio::null())
                .stdout(writer)
                .stderr(Stdio::piped())
                .spawn()
                .and_then(std::process::Child::wait_with_output)
                .expect("it ends");
            assert_eq!(
                output.status.code(),
                Some(code),
                "{scene} as {format}: {}",
                String::from_utf8_lossy(&output.stderr)
            );
        }
    }
}

#[test]
fn an_ok_that_could_not_be_written_is_unknown() {
    for (scene, code) in [
        ("healthy", 3),
        ("callback-rising", 1),
        ("inc-004", 2),
        ("counter-reset", 3),
    ] {
        let stage = Stage::of(world(scene));
        for format in FORMATS {
            let call = stage.once(&["triage", "inc-004", "-o", format]);
            let (full, said) = in_a_shell(call, "exec \"$0\" \"$@\" >/dev/full");
            assert_eq!(full, code, "{scene} as {format}: {said}");
            assert!(
                said.contains("cannot write output: No space left on device\n"),
                "{scene} as {format}: {said}"
            );
        }
    }
}

#[test]
fn standard_error_that_is_full_or_closed_changes_nothing() {
    let stage = Stage::of(world("healthy"));
    for script in [
        "exec \"$0\" \"$@\" 2>&-",
        "exec \"$0\" \"$@\" 2>/dev/full",
        "exec \"$0\" \"$@\" <&- 2>&-",
    ] {
        let (code, _) = in_a_shell(stage.once(&["triage", "-v"]), script);
        assert_eq!(code, 0, "{script}");
    }
}

fn notes(document: &Value) -> String {
    document["notes"].to_string()
}

#[test]
fn without_home_the_verdict_is_the_same_with_a_note() {
    // Dead fleet: critical with or without history.
    let mut dead = world("healthy");
    dead.status["agents"] = serde_json::json!({"alive": 0, "dead": 3, "total_bonded": 3});
    let stage = Stage::of(dead);
    let bare = || {
        stage
            .once(&["triage", "inc-004"])
            .without("DUCKOPS_STATE_DIR")
    };
    let cells = [
        (
            "no HOME",
            bare().without("HOME").without("PATH"),
            "no state directory",
        ),
        (
            "an empty HOME",
            bare().env("HOME", ""),
            "no state directory",
        ),
        (
            "a relative HOME",
            bare().env("HOME", "somewhere"),
            "no state directory",
        ),
        (
            "a HOME that is nowhere",
            bare().env("HOME", "/proc/nowhere"),
            "not recorded",
        ),
    ];
    let before: Vec<_> = listed(stage.home());
    for (name, call, said) in cells {
        let (code, document) = call.json();
        assert_eq!(code, 2, "{name}: {document:#}");
        assert_eq!(
            step(&document, "inc-004", "agents")["verdict"],
            "critical",
            "{name}"
        );
        assert!(notes(&document).contains(said), "{name}: {document:#}");
    }
    let made: Vec<_> = listed(stage.home())
        .into_iter()
        .filter(|name| !before.contains(name) && !name.starts_with("state-"))
        .collect();
    assert_eq!(
        made,
        Vec::<String>::new(),
        "nothing is written into the working folder"
    );
}

fn listed(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    entries
        .flatten()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect()
}

#[test]
fn without_credentials_aws_is_unknown_soon_and_no_metadata_service_is_asked() {
    let stage = Stage::of(world("healthy"));
    let recorder = Raw::answering(http("200 OK", &[], b"{}"));
    let call = || {
        stage
            .once(&["triage"])
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
            .without("AWS_EC2_METADATA_DISABLED")
            .env("AWS_EC2_METADATA_SERVICE_ENDPOINT", recorder.url())
    };
    let began = Instant::now();
    let (code, document) = call().json();
    assert!(
        began.elapsed() < Duration::from_secs(3),
        "took {:?}",
        began.elapsed()
    );
    assert_eq!(code, 3, "{document:#}");
    assert_eq!(recorder.connections(), 0, "the metadata service was asked");
    for (runbook, id) in [
        ("inc-004", "executions"),
        ("inc-004", "stale"),
        ("inc-005", "quota"),
        ("inc-005", "bounces"),
    ] {
        let step = step(&document, runbook, id);
        assert_eq!(step["verdict"], "unknown", "{step:#}");
        assert_eq!(step["reason_code"], "no-credentials", "{step:#}");
        assert_eq!(
            step["summary"], "not judged: no AWS credentials",
            "{step:#}"
        );
    }
    // Where they were looked for is said once.
    let notes = document["notes"].to_string();
    for place in [
        "environment",
        "profile default",
        "web identity",
        "container",
        "not the instance metadata service",
    ] {
        assert_eq!(notes.matches(place).count(), 1, "{place}: {notes}");
    }
    assert_eq!(
        step(&document, "inc-004", "agents")["verdict"],
        "ok",
        "the API needs no credentials"
    );

    // The recorder does record: who wants the metadata service says so.
    let folder = stage.home().join(".config/duckops");
    std::fs::create_dir_all(&folder).expect("folders");
    std::fs::write(
        folder.join("config.toml"),
        "[stack.prod]\ninstance_metadata = true\n",
    )
    .expect("a file");
    call().json();
    assert!(recorder.connections() > 0, "with the setting it is asked");
}

#[test]
fn a_wrong_account_is_reported_with_both_numbers() {
    let stage = Stage::of(world("wrong-account"));
    let (code, document) = stage.duckops(&["triage", "inc-005"]).json();
    assert_eq!(code, 3);
    let quota = step(&document, "inc-005", "quota");
    assert_eq!(quota["reason_code"], "wrong-account");
    for number in ["210987654321", "121546003735"] {
        assert!(quota["summary"].to_string().contains(number), "{quota:#}");
        assert!(notes(&document).contains(number), "{document:#}");
    }
}

#[test]
fn a_wrong_region_is_reported_with_both_names_and_origins() {
    let stage = Stage::of(world("healthy"));
    for variable in ["AWS_REGION", "AWS_DEFAULT_REGION"] {
        let (code, document) = stage
            .once(&["triage", "inc-005"])
            .env(variable, "eu-west-1")
            .json();
        assert_eq!(code, 3);
        let quota = step(&document, "inc-005", "quota");
        assert_eq!(quota["reason_code"], "wrong-region", "{quota:#}");
        for word in ["eu-west-1", "us-east-1", variable] {
            assert!(
                quota["summary"].to_string().contains(word),
                "{word}: {quota:#}"
            );
        }
        let told = stage
            .once(&["triage", "inc-005", "--region", "us-east-1"])
            .env(variable, "eu-west-1");
        assert_eq!(told.json().0, 0, "who says --region means it");
    }
    // Blanks around a name, as a file that is read into a variable leaves them, are no other region.
    for same in ["us-east-1", " us-east-1", "us-east-1\n"] {
        let ran = stage.once(&["triage", "inc-005"]).env("AWS_REGION", same);
        assert_eq!(ran.json().0, 0, "{same:?}");
    }
}

/// Verdicts with a history that cannot be used, and what is said about it.
fn without_history(stage: &Stage, call: Duckops, name: &str) -> String {
    let (code, document) = call.json();
    // Eighteen dated callback errors are enough without any history.
    assert_eq!(code, 2, "{name}: {document:#}");
    assert_eq!(
        step(&document, "inc-004", "callback-errors")["verdict"],
        "critical",
        "{name}"
    );
    assert_eq!(verdicts(&document).len(), 5, "{name}");
    assert!(
        stage
            .practice
            .requests()
            .iter()
            .any(|s| s.operation == Some(Operation::Status))
    );
    notes(&document)
}

#[test]
fn an_unwritable_state_folder_does_not_change_the_verdict() {
    let stage = Stage::of(world("inc-004"));
    for folder in ["/proc/duckops", "/dev/null/duckops", "/sys/duckops"] {
        let call = stage
            .once(&["triage", "inc-004"])
            .env("DUCKOPS_STATE_DIR", folder);
        let notes = without_history(&stage, call, folder);
        assert!(
            notes.contains("not recorded") || notes.contains("not read"),
            "{folder}: {notes}"
        );
    }
}

#[test]
fn a_full_disk_loses_neither_verdict_nor_recorded_history() {
    for (scene, due) in [("healthy", "ok"), ("inc-004", "critical")] {
        let stage = Stage::of(world(scene));
        // No file may grow at all, which is what a full disk looks like.
        let call = stage.once(&["triage", "inc-004", "-o", "json"]);
        let (code, said) = in_a_shell(call, "ulimit -f 0; \"$0\" \"$@\" | cat >&2; :");
        assert_eq!(code, 0, "{said}");
        let document: Value = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"));
        assert_eq!(document["verdict"], due, "{said}");
        assert!(notes(&document).contains("not recorded"), "{said}");

        let disk = tempfile::tempdir().expect("a folder");
        let shell = |script: &str| {
            let shell = std::process::Command::new("sh")
                .args(["-c", script])
                .arg(disk.path())
                .output();
            shell.expect("a shell").status.success()
        };
        if !shell("mount -t tmpfs -o size=256k tmpfs \"$0\" 2>/dev/null") {
            eprintln!("NOT RUN: no way to mount a small disk");
            continue;
        }
        let recorded = stage.state().join("history.db");
        let small = disk.path().join("history.db");
        let copied = std::fs::copy(recorded, &small);
        // What is left of the disk is filled up: the copy ends because nothing fits.
        let filled = shell("! cat /dev/zero > \"$0/rest\" 2>/dev/null");
        let (code, document) = stage
            .duckops(&["triage", "inc-004"])
            .env("DUCKOPS_STATE_DIR", disk.path())
            .json();
        assert!(shell("umount \"$0\""), "the disk is given back");
        assert!(copied.is_ok() && filled, "{copied:?} {filled}");
        assert_eq!(document["verdict"], due, "{code} {document:#}");
        assert!(notes(&document).contains("not recorded"), "{document:#}");
    }
}

#[test]
fn a_corrupt_history_is_left_unchanged() {
    let stage = Stage::of(world("inc-004"));
    let whole = std::fs::read(stage.state().join("history.db")).expect("a history");
    let mut flipped = whole.clone();
    flipped[100..1_000].fill(0x5a);
    let mut headless = whole.clone();
    headless[..16].fill(0);
    let bodies = [
        (
            "no database at all",
            b"not a database, but long enough to be one ".repeat(40),
        ),
        ("a page that is overwritten", flipped),
        ("no header", headless),
        ("cut in the middle", whole[..whole.len() / 2].to_vec()),
        ("one byte", vec![0]),
    ];
    for (name, bytes) in bodies {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("history.db");
        std::fs::write(&path, &bytes).expect("a file");
        let call = stage
            .duckops(&["triage", "inc-004"])
            .env("DUCKOPS_STATE_DIR", folder.path());
        let notes = without_history(&stage, call, name);
        assert!(notes.contains("history"), "{name}: {notes}");
        assert_eq!(
            std::fs::read(&path).expect("still there"),
            bytes,
            "{name}: not a byte is changed"
        );
    }
}

#[test]
fn a_history_that_is_not_a_regular_file_is_refused() {
    let stage = Stage::of(world("inc-004"));
    let folder = tempfile::tempdir().expect("a folder");
    let fifo = folder.path().join("fifo");
    let made = std::process::Command::new("mkfifo")
        .arg(&fifo)
        .status()
        .expect("mkfifo");
    assert!(made.success());
    let target = folder.path().join("target.db");
    std::fs::copy(stage.state().join("history.db"), &target).expect("a copy");
    let bytes = std::fs::read(&target).expect("a file");
    let link = folder.path().join("link");
    std::os::unix::fs::symlink(&target, &link).expect("a link");
    let cells: [(&Path, &str); 4] = [
        (&fifo, "pipe"),
        (&link, "symbolic link"),
        (folder.path(), "folder"),
        (Path::new("/dev/null"), "device"),
    ];
    for (path, word) in cells {
        let place = format!("sqlite:{}", path.display());
        let call = stage.once(&["triage", "inc-004", "--history", &place, "--deadline", "6s"]);
        let notes = without_history(&stage, call, word);
        assert!(notes.contains(word), "{word}: {notes}");
        // Nothing of the short format says so.
        let call = ["check", "inc-004", "--history", &place, "--deadline", "6s"];
        let ran = stage.once(&call).run();
        assert!(ran.stderr.contains("not compared"), "{word}: {ran:?}");
    }
    assert_eq!(
        std::fs::read(&target).expect("a file"),
        bytes,
        "links are not followed"
    );
}

#[test]
fn interrupted_is_130_and_terminated_is_143_with_one_document() {
    for (signal, code) in [("INT", 130), ("TERM", 143)] {
        let (asked, waiting) = mpsc::channel();
        let hanging = Raw::with(move |_| {
            asked.send(()).expect("somebody waits");
            loop {
                std::thread::park();
            }
        });
        let home = tempfile::tempdir().expect("a folder");
        let mut command = Duckops::new(home.path(), &["triage", "-o", "json", "--deadline", "60s"])
            .env("DUCKOPS_API_URL", hanging.url())
            .command();
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("it runs");
        waiting
            .recv_timeout(Duration::from_secs(20))
            .expect("it asks");
        let kill = format!("kill -{signal} {}", child.id());
        assert!(
            std::process::Command::new("sh")
                .args(["-c", &kill])
                .status()
                .expect("a shell")
                .success()
        );
        let output = child.wait_with_output().expect("it ends");
        let ran = Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        assert_eq!(ran.code, code, "{ran:?}");
        assert_eq!(document(&ran)["exit_code"], code, "{ran:?}");
        assert!(ran.stderr.contains("interrupted"), "{ran:?}");
    }
}

/// The document without what differs from run to run.
fn timeless(mut document: Value) -> Value {
    fn clean(value: &mut Value) {
        match value {
            Value::Object(members) => {
                members.retain(|name, _| name != "duration_ms" && name != "took_ms");
                members.values_mut().for_each(clean);
                if members
                    .get("fact")
                    .is_some_and(|fact| fact == "api.seconds")
                {
                    members.insert("value".into(), Value::Null);
                }
            }
            Value::Array(items) => items.iter_mut().for_each(clean),
            Value::String(text) if text.starts_with("200 in ") => text.clear(),
            _ => {}
        }
    }
    clean(&mut document);
    document
}

#[test]
fn time_zone_and_locale_change_nothing() {
    let stage = Stage::of(world("inc-004"));
    let (_, due) = stage.once(&["triage"]).json();
    for (name, value) in [
        ("TZ", "America/New_York"),
        ("TZ", "Asia/Kolkata"),
        ("TZ", ":bogus"),
        ("TZ", ""),
        ("TZ", "UTC+25"),
        ("LANG", "de_DE.UTF-8"),
        ("LC_ALL", "tr_TR"),
        ("LC_ALL", "C"),
    ] {
        let (_, document) = stage.once(&["triage"]).env(name, value).json();
        assert_eq!(timeless(document), timeless(due.clone()), "{name}={value}");
    }
    assert_eq!(due["started_at"], "2026-03-22T03:12:09Z", "at {NOW}");
}

#[test]
fn colour_follows_the_settings_and_never_enters_machine_formats() {
    let stage = Stage::of(world("inc-004"));
    let painted = |arguments: &[&str], variables: &[(&str, &str)]| {
        let mut call = stage.once(&[&["triage", "inc-004"], arguments].concat());
        for (name, value) in variables {
            call = call.env(name, *value);
        }
        let ran = call.run();
        assert_eq!(ran.code, 2);
        assert!(
            ran.stdout.contains("CRITICAL") || ran.stdout.contains("critical"),
            "the word is always there"
        );
        ran.stdout.contains('\x1b')
    };
    type Cell<'a> = (&'a [&'a str], &'a [(&'a str, &'a str)], bool);
    let cells: [Cell<'_>; 11] = [
        (&[], &[], false),
        (&[], &[("CLICOLOR_FORCE", "1")], true),
        (&[], &[("CLICOLOR_FORCE", "0")], false),
        (&[], &[("CLICOLOR_FORCE", "")], false),
        (&[], &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
        (&["--color", "always"], &[("NO_COLOR", "1")], true),
        (&["--color", "always"], &[("TERM", "dumb")], true),
        (&["--color", "never"], &[("CLICOLOR_FORCE", "1")], false),
        (&["--color", "auto"], &[("CLICOLOR_FORCE", "1")], true),
        (&["--color", "auto"], &[("NO_COLOR", "1")], false),
        (&[], &[("NO_COLOR", ""), ("CLICOLOR_FORCE", "1")], true),
    ];
    for (arguments, variables, due) in cells {
        assert_eq!(
            painted(arguments, variables),
            due,
            "{arguments:?} {variables:?}"
        );
    }
    for format in ["json", "nagios", "prometheus", "markdown"] {
        assert!(
            !painted(
                &["--color", "always", "-o", format],
                &[("CLICOLOR_FORCE", "1")]
            ),
            "{format}"
        );
    }
}

#[test]
fn a_panic_exits_3_with_one_document() {
    // Only a debug build takes the time from the environment, and panics on an invalid one.
    let stage = Stage::of(world("inc-004"));
    let ran = stage
        .once(&["triage", "inc-004", "-o", "json"])
        .env("DUCKOPS_TEST_NOW", "no time")
        .run();
    assert_eq!(ran.code, 3, "{ran:?}");
    assert!(ran.stderr.contains("internal error"), "{ran:?}");
    assert_eq!(document(&ran)["exit_code"], 3, "{ran:?}");
    assert_eq!(document(&ran)["verdict"], "unknown", "{ran:?}");
}

#[test]
fn extreme_clock_values_do_not_panic() {
    // Five minutes after it there is no deadline: the escalation of a critical step cannot
    // be reckoned, and is due now.
    let stage = Stage::of(world("inc-004"));
    let end_of_time = "9999-12-31T23:59:59Z";
    {
        let mut world = stage.practice.world();
        let last = time::OffsetDateTime::parse(
            end_of_time,
            &time::format_description::well_known::Rfc3339,
        );
        world.now = last.expect("a time");
        let at = world.now.unix_timestamp();
        world.audit = (0..12)
            .map(|n| serde_json::json!({"event_type": "peck.callback_error", "timestamp": at - n}))
            .collect();
    }
    let ran = stage
        .once(&["triage", "inc-004", "-o", "json"])
        .env("DUCKOPS_TEST_NOW", end_of_time)
        .run();
    assert_eq!(ran.code, 2, "{ran:?}");
    let escalation = document(&ran)["escalation"].clone();
    assert_eq!(escalation["to"], "T-JOSH", "{ran:?}");
    assert!(escalation["due"].is_null(), "{ran:?}");
}

#[test]
fn verbose_shows_each_request_with_its_time() {
    let stage = Stage::of(world("healthy"));
    let ran = stage.once(&["triage", "-v"]).run();
    let lines: Vec<_> = ran
        .stderr
        .lines()
        .filter(|line| line.contains(" ms ") && line.contains("->"))
        .collect();
    assert_eq!(
        lines.len(),
        stage.practice.requests().len(),
        "{}",
        ran.stderr
    );
    let quiet: PathBuf = stage.home().join("unused");
    assert!(!quiet.exists());
}

#[test]
fn configuration_is_never_read_from_the_working_folder() {
    let (home, folder) = (configured(""), configured("nonsense = 1\n"));
    for name in [
        "config.toml",
        "duckops.toml",
        ".duckops.toml",
        "duckops/config.toml",
    ] {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, "nonsense = 1\n").expect("a file");
    }
    // A relative folder names none: it would be another one in each working folder.
    for (name, value) in [
        ("XDG_CONFIG_HOME", None),
        ("XDG_CONFIG_HOME", Some("")),
        ("XDG_CONFIG_HOME", Some(".")),
        ("XDG_CONFIG_HOME", Some(".config")),
        ("HOME", Some("")),
        ("HOME", Some(".")),
    ] {
        let call = Duckops::new(home.path(), &["triage", "inc-001", "--deadline", "3s"]);
        let call = match value {
            Some(value) => call.env(name, value),
            None => call,
        };
        let output = call.command().current_dir(folder.path()).output();
        let output = output.expect("the binary runs");
        assert_eq!(
            output.status.code(),
            Some(3),
            "{name}={value:?}: {output:?}"
        );
    }
    let read = Duckops::new(folder.path(), &["triage", "inc-001"]).run();
    assert_eq!(read.code, 64, "where it belongs it is read: {read:?}");
}
