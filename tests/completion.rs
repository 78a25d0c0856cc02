//! Claim: bash, zsh and fish complete commands, runbooks, steps, states, facts, versions, profiles
//! and stacks, from files of this machine alone.
//!
//! bash is always asked; zsh and fish where they are installed, and it is said where not.

use crate::support::pty::Pty;
use crate::support::{Duckops, Stage, world};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A home with an AWS profile, a configured stack and a recorded version.
fn stage() -> Stage {
    let stage = Stage::of(world("healthy"));
    let write = |path: &str, text: &str| {
        let path = stage.home().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("a file");
    };
    write(
        ".aws/config",
        "[default]\n[profile duck-prod]\nregion = us-east-1\n",
    );
    write(
        ".config/duckops/config.toml",
        "[stack.prod]\n[stack.rehearsal]\n",
    );
    // The binary under the name by which the script calls it.
    let bin = stage.home().join("bin");
    std::fs::create_dir(&bin).expect("a folder");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_duckops"), bin.join("duckops")).expect("a link");
    stage
}

/// A shell with the surroundings of a call.
fn shell(stage: &Stage, program: &str, arguments: &[&str]) -> Command {
    let path = format!("{}:/usr/bin:/bin", stage.home().join("bin").display());
    let call = stage.duckops(&[]).env("PATH", path).command();
    let mut shell = Command::new(program);
    shell
        .args(arguments)
        .env_clear()
        .envs(call.get_envs().filter_map(|(k, v)| Some((k, v?))))
        .current_dir(stage.home());
    shell
}

fn script(stage: &Stage, shell: &str) -> PathBuf {
    let ran = stage.duckops(&["completions", shell]).run();
    assert_eq!(ran.code, 0, "{ran:?}");
    let path = stage.home().join(format!("_duckops.{shell}"));
    std::fs::write(&path, ran.stdout).expect("a script");
    path
}

/// What is typed, and what is due among the candidates.
const CELLS: [(&str, &str); 17] = [
    ("webhook send duck.bo", "duck.bonded"),
    ("tri", "triage"),
    ("alias ro", "rollback"),
    ("triage inc-00", "inc-004"),
    ("triage inc-004 ex", "executions"),
    ("triage 5 q", "quota"),
    ("escalate inc-00", "inc-002"),
    ("peck guide call", "callback-error"),
    ("bond guide ro", "rotate"),
    ("facts status.agents.al", "status.agents.alive"),
    ("alias check --to ", "61"),
    ("triage --profile duck", "duck-prod"),
    ("--stack reh", "rehearsal"),
    ("drill --scene fleet-and-q", "fleet-and-quota"),
    ("triage -o js", "json"),
    ("check -o ju", "junit"),
    ("help exit", "exit-codes"),
];

fn is_installed(shell: &str) -> bool {
    let is_there = ["/usr/bin", "/bin"]
        .iter()
        .any(|folder| Path::new(folder).join(shell).exists());
    if !is_there {
        println!("completion: {shell} is not installed, so nothing is shown for it here");
    }
    is_there
}

fn asked_no_network(stage: &Stage) {
    let requests = stage.practice.requests();
    assert!(requests.is_empty(), "completing sent {requests:?}");
}

#[test]
fn bash_completes() {
    let stage = stage();
    let script = script(&stage, "bash");
    let text = std::fs::read_to_string(&script).expect("the script");
    for value in [
        "inc-004",
        "callback-error",
        "rotate",
        "duck.bonded",
        "nagios",
    ] {
        assert!(text.contains(value), "the script does not name {value}");
    }
    for (typed, due) in CELLS {
        let line = format!("duckops {typed}");
        let program = format!(
            "source {}; line='{line}'; read -ra COMP_WORDS <<< \"$line\"; \
             [[ $line == *' ' ]] && COMP_WORDS+=(''); COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _clap_complete_duckops duckops \"${{COMP_WORDS[COMP_CWORD]}}\" x; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\"; complete -p duckops",
            script.display()
        );
        let output = shell(&stage, "bash", &["--norc", "-c", &program])
            .output()
            .expect("bash runs");
        let text = String::from_utf8_lossy(&output.stdout);
        assert!(
            text.lines().any(|line| line == due),
            "{typed}: {text} {output:?}"
        );
        assert!(text.contains("-F _clap_complete_duckops duckops"), "{text}");
    }
    asked_no_network(&stage);
}

#[test]
fn fish_completes() {
    if !is_installed("fish") {
        return;
    }
    let stage = stage();
    let script = script(&stage, "fish");
    for (typed, due) in CELLS {
        let program = format!("source {}; complete -C 'duckops {typed}'", script.display());
        let output = shell(&stage, "fish", &["--no-config", "-c", &program])
            .output()
            .expect("fish runs");
        let text = String::from_utf8_lossy(&output.stdout);
        let is_due = |line: &str| line.split('\t').next() == Some(due);
        assert!(text.lines().any(is_due), "{typed}: {text} {output:?}");
    }
    asked_no_network(&stage);
}

#[test]
fn zsh_completes_from_the_first_key_on() {
    if !is_installed("zsh") {
        return;
    }
    let stage = stage();
    let folder = stage.home().join("functions");
    std::fs::create_dir(&folder).expect("a folder");
    std::fs::copy(script(&stage, "zsh"), folder.join("_duckops")).expect("a copy");
    for (typed, due) in CELLS {
        let mut zsh = Pty::start(shell(&stage, "zsh", &["-f", "-i"]), 40, 120);
        zsh.press(
            "PS1='ready> '; fpath=(functions $fpath); autoload -U compinit; compinit -u -D\n",
        );
        zsh.wait("a prompt", |screen| screen.trim_end().ends_with("\nready>"));
        zsh.press(&format!("duckops {typed}\t"));
        zsh.wait(due, |screen| {
            let (_, shown) = screen.split_once("duckops ").unwrap_or_default();
            shown.split_whitespace().any(|word| word == due) && !shown.trim_end().ends_with(typed)
        });
        zsh.press("\x15exit\n");
        zsh.end();
    }
    asked_no_network(&stage);
}

#[test]
fn a_question_that_names_no_known_shell_fails_and_prints_nothing() {
    let home = tempfile::tempdir().expect("a folder");
    let ran = Duckops::new(home.path(), &["--", "duckops", "tri"])
        .env("DUCKOPS_COMPLETE", "csh")
        .run();
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""), "{ran:?}");
}
