//! Claim: an error that a user can cause says what failed and why, and below it what to do, as a
//! command where there is one.

use crate::support::{Duckops, Ran};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

/// How a line begins that says what to do.
const REMEDIES: [&str; 27] = [
    "use ",
    "give ",
    "make ",
    "name ",
    "set ",
    "set one up: ",
    "list: ",
    "list the ids: ",
    "help: ",
    "runbooks: ",
    "steps: ",
    "states: ",
    "commands: ",
    "stacks: ",
    "channels: ",
    "did you mean ",
    "did you mean: ",
    "add it ",
    "correct this line",
    "free space ",
    "put the secret ",
    "see where ",
    "use it ",
    "use another ",
    "run it again",
    "`duckops ",
    "without one: ",
];

/// What the errors name: files and folders of every kind.
fn surroundings(home: &Path) {
    let write = |name: &str, text: &[u8]| {
        let path = home.join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("folders");
        std::fs::write(path, text).expect("a file");
    };
    write("text", b"no recording");
    write("utf16", b"\xff\xfea\0");
    write("empty", b"");
    write("taken.json", b"{}");
    write("open-secret", b"s3cret-of-many-letters\n");
    write("broken/inc-004.toml", b"id = ");
    symlink("/dev/null", home.join("device")).expect("a link");
    std::fs::set_permissions(home.join("open-secret"), PermissionsExt::from_mode(0o644))
        .expect("a mode");
    std::fs::set_permissions(home.join("empty"), PermissionsExt::from_mode(0o600)).expect("a mode");
}

fn run(arguments: &str, variables: &[(&str, &str)], configuration: &str) -> (Ran, String) {
    let home = tempfile::tempdir().expect("a folder");
    surroundings(home.path());
    if !configuration.is_empty() {
        let folder = home.path().join(".config/duckops");
        std::fs::create_dir_all(&folder).expect("folders");
        std::fs::write(folder.join("config.toml"), configuration).expect("a file");
    }
    let place = home.path().to_str().expect("a path").to_owned();
    let arguments = arguments.replace("HOME/", &format!("{place}/"));
    let arguments: Vec<_> = arguments.split_whitespace().collect();
    let call = Duckops::new(home.path(), &arguments);
    let call = variables
        .iter()
        .fold(call, |call, (name, value)| call.env(name, value));
    (call.run(), place)
}

/// Whether these lines of standard error name the failure first and then a remedy.
fn complaint(ran: &Ran, named: &str) -> Option<String> {
    let lines: Vec<&str> = ran.stderr.lines().collect();
    let (first, others) = lines.split_first()?;
    let says = first.strip_prefix("duckops: ");
    match says {
        None => return Some("does not begin with `duckops: `".to_owned()),
        Some(says) if !says.contains(named) => return Some(format!("does not name {named}")),
        Some(_) => {}
    }
    let is_remedy = |line: &&str| REMEDIES.iter().any(|begin| line.starts_with(begin));
    match others.iter().any(is_remedy) {
        true if others.iter().any(|line| line.contains("os error")) => {
            Some("shows a number of the system".to_owned())
        }
        true => None,
        false => Some("says nothing of what to do".to_owned()),
    }
}

#[test]
fn every_usage_error_says_what_failed_and_what_to_do() {
    // Arguments, what the first line names, environment, configuration.
    type Case<'a> = (&'a str, &'a str, &'a [(&'a str, &'a str)], &'a str);
    let cases: [Case<'_>; 62] = [
        ("nope", "unknown command", &[], ""),
        ("triag", "unknown command", &[], ""),
        ("rollback", "unknown command", &[], ""),
        ("alias nope", "unknown command", &[], ""),
        ("triage --nope", "unknown flag `--nope`", &[], ""),
        ("triage --explian", "unknown flag `--explian`", &[], ""),
        ("triage inc-004 5 6", "unknown argument `6`", &[], ""),
        (
            "alias rollback --to 61 --yes",
            "unknown flag `--yes`",
            &[],
            "",
        ),
        ("check --mute inc-005", "missing: --until", &[], ""),
        ("peck show", "missing: <PECK_ID>", &[], ""),
        ("escalate", "missing: <RUNBOOK>", &[], ""),
        ("history export", "missing: ", &[], ""),
        ("webhook listen --port x", "`x` cannot be used", &[], ""),
        ("triage --deadline", "--deadline", &[], ""),
        (
            "triage --watch 30s --wait 5m",
            "does not go together with",
            &[],
            "",
        ),
        (
            "triage --deadline 1s --deadline 2s",
            "more than once",
            &[],
            "",
        ),
        ("triage inc-009", "no runbook \"inc-009\"", &[], ""),
        ("triage inc-004 nope", "no step \"nope\"", &[], ""),
        ("runbook show nope", "no runbook \"nope\"", &[], ""),
        ("peck guide nope", "no state \"nope\"", &[], ""),
        ("help nope", "no command \"nope\"", &[], ""),
        ("drill --scene nope", "no scene \"nope\"", &[], ""),
        ("facts nope", "`nope`", &[], ""),
        ("triage --deadline 5", "--deadline: `5`", &[], ""),
        ("triage --output yaml", "--output: `yaml`", &[], ""),
        ("triage --color maybe", "--color: `maybe`", &[], ""),
        ("triage -o junit", "-o junit", &[], ""),
        ("check --strict", "--strict", &[], ""),
        ("triage --watch 1s", "--watch: `1s`", &[], ""),
        ("triage --wait soon", "--wait: `soon`", &[], ""),
        ("timeline --since soon", "--since: `soon`", &[], ""),
        ("audit --since soon", "--since: `soon`", &[], ""),
        ("audit --follow 5s -o json", "--follow", &[], ""),
        ("rules --interval 9d", "--interval: `9d`", &[], ""),
        ("triage --api-url ftp://x", "--api-url: `ftp://x`", &[], ""),
        ("triage --account prod", "--account: `prod`", &[], ""),
        ("triage --region nowhere", "--region: `nowhere`", &[], ""),
        ("triage --state-dir here", "--state-dir: `here`", &[], ""),
        ("triage --history file", "--history", &[], ""),
        ("triage --stack nope", "[stack.nope]", &[], ""),
        (
            "triage",
            "DUCKOPS_DEADLINE",
            &[("DUCKOPS_DEADLINE", "20")],
            "",
        ),
        (
            "triage",
            "[stack.nope]",
            &[("DUCKOPS_STACK", "nope")],
            "[stack.prod]\n",
        ),
        ("triage", "config.toml:2", &[], "[stack.prod]\nnope = 1\n"),
        ("triage", "config.toml:1", &[], "[stack\n"),
        ("triage --runbooks HOME/none", "HOME/none", &[], ""),
        (
            "triage inc-004 --runbooks HOME/broken",
            "inc-004.toml",
            &[],
            "",
        ),
        ("triage --from HOME/none", "--from: HOME/none", &[], ""),
        ("triage --from HOME/text", "no recording", &[], ""),
        ("triage --from HOME/device", "device", &[], ""),
        ("triage --save HOME/taken.json", "taken.json", &[], ""),
        ("triage --save HOME/none/a.json", "a.json", &[], ""),
        ("diff HOME/none HOME/text", "HOME/none", &[], ""),
        ("record inc-004", "no log", &[], ""),
        ("escalate inc-004 --channel nope", "[notify.nope]", &[], ""),
        ("history init", "shared table", &[], ""),
        ("bond rotate a/b", "no spaceduck id", &[], ""),
        (
            "bond rotate A1 --verify --wait soon",
            "--wait: `soon`",
            &[],
            "",
        ),
        (
            "webhook send nope --url http://127.0.0.1:9 --secret-file HOME/open-secret",
            "open-secret is refused",
            &[],
            "",
        ),
        (
            "webhook listen --secret-file HOME/empty",
            "holds no secret",
            &[],
            "",
        ),
        (
            "triage inc-004 --guide",
            "--guide needs a terminal",
            &[],
            "",
        ),
        ("triage --guide", "missing: <RUNBOOK>", &[], ""),
        ("init", "init asks at a terminal", &[], ""),
    ];
    let mut wrong = Vec::new();
    for (arguments, named, variables, configuration) in cases {
        let (ran, place) = run(arguments, variables, configuration);
        let named = named.replace("HOME/", &format!("{place}/"));
        let complaint = match ran.code {
            64 => complaint(&ran, &named),
            code => Some(format!("ends with {code}")),
        };
        if let Some(complaint) = complaint {
            wrong.push(format!("{arguments}: {complaint}\n{}", ran.stderr));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn aws_is_called_unreachable_only_where_it_was_asked() {
    let home = tempfile::tempdir().expect("a folder");
    let both = Duckops::new(home.path(), &["triage"]).run();
    assert_eq!(both.code, 3, "{both:?}");
    assert!(
        both.stdout.contains("API and AWS both unreachable"),
        "{both:?}"
    );
    let unasked = Duckops::new(home.path(), &["triage"])
        .without("AWS_ACCESS_KEY_ID")
        .without("AWS_SECRET_ACCESS_KEY")
        .run();
    assert_eq!(unasked.code, 3, "{unasked:?}");
    assert!(
        unasked
            .stdout
            .contains("API unreachable, no AWS credentials")
            && !unasked.stdout.contains("both unreachable"),
        "{unasked:?}"
    );
}
