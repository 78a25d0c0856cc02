//! Claim: a command that is suggested asks, and changes, what the command that suggests it was asked: it
//! names the same stack, and reads the same DEPLOY-LOG.md where it can.

use crate::support::receiver::{Receiver, configured};
use crate::support::{Stage, deadline, world};
use serde_json::Value;

/// A stage whose configuration knows a second stack, which is the same practice stack.
fn two_stacks(scene: &str) -> Stage {
    let stage = Stage::of(world(scene));
    let config = stage.home().join("config/duckops");
    std::fs::create_dir_all(&config).expect("a folder");
    let section = "[stack.staging]\naccount = \"121546003735\"\n";
    std::fs::write(config.join("config.toml"), section).expect("a file");
    stage
}

/// Every text of a document that is a command of duckops, or ends with one after a colon.
fn commands(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let last = text.rsplit(": ").next().unwrap_or_default();
            if last.starts_with("duckops ") && !last.starts_with("duckops help") {
                found.push(last.to_owned());
            }
        }
        Value::Array(all) => all.iter().for_each(|value| commands(value, found)),
        Value::Object(all) => all.values().for_each(|value| commands(value, found)),
        _ => {}
    }
}

#[test]
fn every_suggested_command_names_the_stack_that_was_asked_about() {
    let mut seen = 0;
    for (scene, asked) in [
        ("inc-001", "triage"),
        ("inc-001", "triage inc-001"),
        ("inc-001", "alias show"),
        ("inc-001", "alias check"),
        ("inc-001", "alias check --to 62"),
        ("inc-001", "alias rollback"),
        ("inc-001", "alias rollback --endpoint-override"),
        (
            "inc-001",
            "alias rollback --endpoint-override --confirm prod@62->61",
        ),
        (
            "healthy",
            "alias promote --to 63 --endpoint-override --approved-by n --approval-note t",
        ),
        ("inc-001", "doctor"),
        ("inc-001", "escalate inc-001"),
        ("inc-001", "escalate inc-004"),
        ("inc-001", "record --deploy-log L.md"),
        ("fleet-one-dead", "triage"),
        ("fleet-one-dead", "bond list"),
        ("fleet-one-dead", "bond show DECAF00000000003"),
        ("fleet-one-dead", "bond verify DECAF00000000003"),
        (
            "fleet-one-dead",
            "bond rotate DECAF00000000003 --endpoint-override",
        ),
        (
            "fleet-one-dead",
            "bond pulse DECAF00000000001 --endpoint-override",
        ),
        ("callbacks-one-dead", "peck list"),
        ("inc-005", "triage inc-005"),
    ] {
        let stage = two_stacks(scene);
        let mut words: Vec<&str> = asked.split(' ').collect();
        words.extend(["--stack", "staging"]);
        let ran = |words: &[&str]| {
            let duckops = stage.once(words);
            duckops.env("XDG_CONFIG_HOME", stage.home().join("config"))
        };
        let (code, document) = ran(&words).json();
        assert_ne!(code, 64, "{asked}: {document:#}");
        let mut found = Vec::new();
        commands(&document, &mut found);
        seen += found.len();
        for command in &found {
            let named = command.matches("--stack staging").count();
            assert_eq!(named, 1, "{asked} suggests: {command}");
        }
        // On the screen a command stands on a line of its own.
        let text = ran(&words).run().stdout;
        for line in text
            .lines()
            .filter(|line| line.trim().starts_with("duckops "))
        {
            let is_named = line.contains("--stack staging") || line.contains("duckops help");
            assert!(is_named, "{asked} suggests: {line}");
        }
    }
    println!("suggested commands that name their stack: {seen}");
    assert!(seen > 60, "{seen}");
}

#[test]
fn a_deploy_log_that_was_read_is_read_by_what_is_suggested_unless_it_was_a_pipe() {
    let stage = Stage::of(world("inc-001"));
    let log = stage.home().join("LOG.md");
    std::fs::write(&log, "- 2026-03-20 v61 by ops\n").expect("a file");
    let log = log.to_str().expect("a path");
    for asked in [&["triage", "inc-001"][..], &["alias", "show"]] {
        let command = |arguments: &[&str]| {
            let (_, document) = stage.once(&[asked, arguments].concat()).json();
            let command = document["next_action"]["command"].as_str();
            command.unwrap_or_default().to_owned()
        };
        let named = command(&["--deploy-log", log]);
        let due = format!("duckops alias rollback --to 61 --deploy-log {log}");
        assert_eq!(named, due, "{asked:?}");
        // Standard input is at its end for whoever would read it again.
        let piped = command(&["--deploy-log", "/dev/stdin"]);
        assert_eq!(piped, "duckops alias rollback --to 61", "{asked:?}");
    }
}

#[test]
fn what_was_typed_is_what_is_confirmed() {
    let stage = Stage::of(world("inc-001"));
    let asked = ["alias", "rollback", "--endpoint-override", "--wait", "30s"];
    let (code, document) = stage.once(&asked).json();
    assert_eq!(code, 5, "{document:#}");
    let typed = asked.join(" ");
    let due = format!("duckops {typed} --output json --to 61 --confirm 'prod@62->61'");
    assert_eq!(document["next_action"]["command"], due.as_str());
}

#[test]
fn a_notification_names_the_stack_to_whoever_reads_it_and_nothing_of_the_host() {
    let stage = Stage::of(world("inc-001"));
    let receiver = Receiver::well();
    configured(&stage, &[("hook", "webhook", &receiver.url())]);
    let config = stage.home().join(".config/duckops/config.toml");
    let text = std::fs::read_to_string(&config).expect("the configuration");
    let section = "[stack.staging]\naccount = \"121546003735\"\n";
    std::fs::write(&config, format!("{text}{section}")).expect("written");
    let state = stage.home().join("state of cron");
    let state = state.to_str().expect("a path");
    let check = ["check", "inc-001", "--notify", "--state-dir", state];
    // Whoever reads it has not set the variable of the host.
    let ran = stage.duckops(&check).env("DUCKOPS_STACK", "staging").run();
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stdout.contains(&format!("--state-dir '{state}'")),
        "{ran:?}"
    );
    let came = receiver.came();
    let due = "duckops alias rollback --to 61 --stack staging";
    assert_eq!(came[0]["command"], due, "{came:#?}");
    let text = came[0].to_string();
    assert!(!text.contains("state of cron"), "{text}");
}

/// In each scene whose next action is an escalation, one is due: nobody is sent in a circle.
#[test]
fn an_escalation_that_is_suggested_is_due() {
    let listed = include_str!("plain.txt").lines().filter_map(|line| {
        let scene = line.split(" | ").next()?;
        let (_, incident) = line.split_once("| duckops escalate ")?;
        Some((scene, incident.trim()))
    });
    let mut tried = 0;
    for (scene, incident) in listed {
        let world = world(scene);
        let deadline = deadline(&world);
        let stage = Stage::of(world);
        let call = stage.once(&["escalate", incident, "--dry-run", "--deadline", deadline]);
        let (code, document) = call.json();
        assert_eq!(
            (code, &document["outcome"]),
            (0, &"dry-run".into()),
            "{scene}: {document:#}"
        );
        tried += 1;
    }
    println!("suggested escalations that are due: {tried}");
    assert!(tried > 20, "{tried}");
}

#[test]
fn what_is_suggested_about_agents_and_requests_comes_to_an_end() {
    for (scene, asked) in [
        ("fleet-new", "triage"),
        ("fleet-new", "triage bond"),
        ("peck-rivals", "triage"),
        ("peck-closing", "peck show peck_a1"),
        ("peck-pending", "peck list"),
        ("peck-callback-error", "triage"),
        ("peck-denied", "peck list"),
        ("pulse-30", "bond list"),
        ("bond-slow", "triage"),
        ("bond-offline", "triage"),
        ("bonds-alive", "bond list"),
    ] {
        let stage = Stage::of(world(scene));
        let mut seen = vec![format!("duckops {asked}")];
        // A guide of a state has no further suggestion.
        while let Some(last) = seen.last().filter(|last| !last.contains(" guide ")) {
            let words: Vec<&str> = last.split(' ').skip(1).collect();
            if !matches!(words[0], "triage" | "bond" | "peck") {
                break;
            }
            let (_, document) = stage.once(&words).json();
            let Some(next) = document["next_action"]["command"].as_str() else {
                break;
            };
            assert!(
                !seen.contains(&next.to_owned()),
                "{scene}: {seen:?}, then {next}"
            );
            seen.push(next.to_owned());
        }
    }
}
