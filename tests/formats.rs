//! Claim: what machines read follows the grammar of its format for every verdict, and ends
//! with the same exit code in each. JSON has claims of its own, in `schema.rs`.

use crate::support::missing_tool::not_run;
use crate::support::{Duckops, Ran, Stage, world};
use duckops::practice::{Fault, Operation};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::process::{Command, Stdio};

/// A runbook, or all of them, and a scene for each verdict. The last scene makes
/// everything silent: where labels or families would go missing, they do there.
struct Subject {
    runbook: Option<&'static str>,
    scenes: [(&'static str, &'static str); 5],
}

const SUBJECTS: [Subject; 6] = [
    Subject {
        runbook: None,
        scenes: [
            ("healthy", "ok"),
            ("canary-left", "warning"),
            ("fleet-and-quota", "critical"),
            ("wrong-account", "unknown"),
            ("api-500", "critical"),
        ],
    },
    Subject {
        runbook: Some("inc-001"),
        scenes: [
            ("healthy", "ok"),
            ("canary-left", "warning"),
            ("inc-001", "critical"),
            ("alias-denied", "unknown"),
            ("api-500", "critical"),
        ],
    },
    Subject {
        runbook: Some("inc-002"),
        scenes: [
            ("healthy", "ok"),
            ("certs-24h", "warning"),
            ("inc-002", "critical"),
            ("log-denied", "unknown"),
            ("api-500", "critical"),
        ],
    },
    Subject {
        runbook: Some("inc-003"),
        scenes: [
            ("healthy", "ok"),
            ("fleet-new", "warning"),
            ("inc-003", "critical"),
            ("fleet-new-today", "unknown"),
            ("api-500", "critical"),
        ],
    },
    Subject {
        runbook: Some("inc-004"),
        scenes: [
            ("healthy", "ok"),
            ("stale-16", "warning"),
            ("inc-004", "critical"),
            ("denied", "unknown"),
            ("api-500", "critical"),
        ],
    },
    Subject {
        runbook: Some("inc-005"),
        scenes: [
            ("healthy", "ok"),
            ("quota-160", "warning"),
            ("inc-005", "critical"),
            ("denied-mail", "unknown"),
            ("wrong-account", "unknown"),
        ],
    },
];

/// One run of a subject: what it is called, its verdict, and what it printed.
pub(crate) struct Told {
    pub(crate) name: String,
    runbook: Option<&'static str>,
    pub(crate) verdict: &'static str,
    pub(crate) ran: Ran,
}

/// Every subject with every verdict, in one format. The exit code is the verdict's.
pub(crate) fn told(format: &str) -> Vec<Told> {
    let mut all = Vec::new();
    for subject in &SUBJECTS {
        for (scene, verdict) in subject.scenes {
            let stage = Stage::of(world(scene));
            let mut arguments = vec!["triage"];
            arguments.extend(subject.runbook);
            arguments.extend(["-o", format]);
            let ran = stage.once(&arguments).run();
            let name = format!(
                "{} in {scene} as {format}",
                subject.runbook.unwrap_or("all")
            );
            let code = match verdict {
                "ok" => 0,
                "warning" => 1,
                "critical" => 2,
                _ => 3,
            };
            assert_eq!(ran.code, code, "{name}: {ran:?}");
            all.push(Told {
                name,
                runbook: subject.runbook,
                verdict,
                ran,
            });
        }
    }
    all
}

// ---- nagios: the monitoring plugins' rules ----

/// A number as performance data may hold it: digits, a point, a sign.
fn is_number(text: &str) -> bool {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let allowed = digits.chars().all(|c| c.is_ascii_digit() || c == '.');
    allowed && digits.contains(|c: char| c.is_ascii_digit()) && digits.matches('.').count() <= 1
}

/// `10`, `10:`, `~:10`, `10:20`, `@10:20`; the start is not above the end.
fn is_range(text: &str) -> bool {
    let text = text.strip_prefix('@').unwrap_or(text);
    let (start, end) = match text.split_once(':') {
        Some((start, end)) => (start, end),
        None => return is_number(text),
    };
    let number = |text: &str| text.parse::<f64>().unwrap_or(f64::NAN);
    match (start, end) {
        ("~", end) => is_number(end),
        (start, "") => is_number(start),
        (start, end) => is_number(start) && is_number(end) && number(start) <= number(end),
    }
}

const UNITS: [&str; 11] = ["", "s", "us", "ms", "%", "B", "KB", "MB", "GB", "TB", "c"];

/// `label=value[UOM];[warn];[crit];[min];[max]`, or what is wrong with it.
fn datum(text: &str) -> Result<(&str, &str), String> {
    let wrong = |what: &str| Err(format!("{what}: {text}"));
    let Some((label, rest)) = text.split_once('=') else {
        return wrong("no value");
    };
    let known = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    if label.is_empty() || label.len() > 19 || !label.chars().all(known) {
        return wrong("no label");
    }
    let fields: Vec<_> = rest.split(';').collect();
    if fields.len() > 5 {
        return wrong("too many fields");
    }
    let value = fields[0];
    if value != "U" {
        let end = value.find(|c: char| !(c.is_ascii_digit() || "-.".contains(c)));
        let (number, unit) = value.split_at(end.unwrap_or(value.len()));
        if !is_number(number) {
            return wrong("neither a number nor U");
        }
        if !UNITS.contains(&unit) {
            return wrong("no unit of measurement");
        }
        if unit == "c" && number.starts_with('-') {
            return wrong("a counter below zero");
        }
    }
    let field = |nth: usize| fields.get(nth).copied().unwrap_or_default();
    if ![1, 2]
        .iter()
        .all(|&n| field(n).is_empty() || is_range(field(n)))
    {
        return wrong("no range");
    }
    if ![3, 4]
        .iter()
        .all(|&n| field(n).is_empty() || is_number(field(n)))
    {
        return wrong("no bound");
    }
    Ok((label, value))
}

/// The service, the word and the data of one line.
type Line<'a> = (&'a str, &'a str, Vec<(&'a str, &'a str)>);

fn nagios(output: &str) -> Result<Line<'_>, String> {
    let wrong = |what: &str| Err(format!("{what}: {output:?}"));
    let Some(whole) = output.strip_suffix('\n') else {
        return wrong("no end of the line");
    };
    // Long output follows where several incidents need an action each.
    let (line, long) = whole.split_once('\n').unwrap_or((whole, "none"));
    if long.is_empty() {
        return wrong("an empty line");
    }
    let long = if whole == line { "" } else { long };
    if long.contains('|') || long.lines().flat_map(str::chars).any(char::is_control) {
        return wrong("a bar or a control character in the long output");
    }
    if !long.is_empty() && !line.contains("; also ") {
        return wrong("long output without a second incident");
    }
    let Some((text, data)) = line.split_once('|') else {
        return wrong("no performance data");
    };
    if data.contains('|') || line.chars().any(char::is_control) {
        return wrong("a second bar or a control character");
    }
    // The blank before the bar belongs to neither.
    let text = text.strip_suffix(' ').unwrap_or(text);
    if text.len() >= 80 {
        return wrong("not under 80 characters");
    }
    let head = text.split_once(": ").map(|(head, _)| head);
    let words: Vec<_> = head.unwrap_or_default().split(' ').collect();
    let ["DUCKOPS", service, word] = words[..] else {
        return wrong("no head");
    };
    let mut seen = BTreeSet::new();
    let mut all = Vec::new();
    for text in data.split_ascii_whitespace() {
        let (label, value) = datum(text)?;
        if !seen.insert(label) {
            return Err(format!("{label} comes twice: {output}"));
        }
        all.push((label, value));
    }
    Ok((service, word, all))
}

#[test]
fn the_line_for_nagios_follows_the_grammar_for_every_verdict() {
    let mut labels: BTreeMap<Option<&str>, Vec<String>> = BTreeMap::new();
    let (mut lines, mut values, mut undetermined) = (0, 0, 0);
    for told in told("nagios") {
        let name = &told.name;
        let (service, word, data) =
            nagios(&told.ran.stdout).unwrap_or_else(|e| panic!("{name}: {e}"));
        let due = told
            .runbook
            .map_or("TRIAGE".to_owned(), str::to_ascii_uppercase);
        assert_eq!(service, due, "{name}");
        assert_eq!(word, told.verdict.to_ascii_uppercase(), "{name}");
        let own: Vec<_> = data.iter().map(|(label, _)| (*label).to_owned()).collect();
        let first = labels.entry(told.runbook).or_insert_with(|| own.clone());
        assert_eq!(*first, own, "{name}: the labels of a check never change");
        lines += 1;
        values += data.len();
        undetermined += data.iter().filter(|(_, value)| *value == "U").count();
    }
    assert!(undetermined > 0, "the silent scenes show what is not known");
    for id in ["inc-001", "inc-002", "inc-003", "inc-004", "inc-005"] {
        let own = &labels[&Some(id)];
        let all = &labels[&None];
        assert!(
            own.iter().all(|label| all.contains(label)),
            "{id}: {own:?} in {all:?}"
        );
    }
    println!("nagios: {lines} lines, {values} values, {undetermined} of them U");
}

/// The runbooks as an operator might have edited them: a limit, its line before and after.
const EDITED: [(&str, &str, &str); 6] = [
    ("inc-001", "slow    = 5.0", "slow    = 2.5"),
    ("inc-003", "\"12m\"   # agents", "\"14m\"   # agents"),
    ("inc-003", "\"30m\"   # and", "\"1h\"   # and"),
    ("inc-004", "per_day     = 10 ", "per_day     = 30 "),
    (
        "inc-005",
        "used_critical      = 95 ",
        "used_critical      = 60.5 ",
    ),
    (
        "inc-005",
        "used_warning       = 80 ",
        "used_warning       = 50 ",
    ),
];

#[test]
fn a_limit_that_the_operator_edited_is_the_range_and_the_gauge() {
    let stage = Stage::of(world("healthy"));
    let folder = stage.home().join("runbooks");
    std::fs::create_dir(&folder).expect("a folder");
    for (id, before, after) in EDITED {
        let file = folder.join(format!("{id}.toml"));
        let own = format!("{}/runbooks/{id}.toml", env!("CARGO_MANIFEST_DIR"));
        let text = std::fs::read_to_string(&file).or_else(|_| std::fs::read_to_string(own));
        let text = text.expect("a runbook");
        assert_eq!(text.matches(before).count(), 1, "{id}: {before}");
        std::fs::write(&file, text.replace(before, after)).expect("written");
    }
    let folder = folder.to_string_lossy().into_owned();
    let told = |format: &str, edited: bool| {
        let mut arguments = vec!["triage", "-o", format];
        if edited {
            arguments.extend(["--runbooks", &folder]);
        }
        let ran = stage.once(&arguments).run();
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout
    };
    // Of a number: what follows its value.
    let ranges = |line: &str| -> BTreeMap<String, String> {
        let (_, _, data) = nagios(line).expect("a line");
        let whole = line.split(' ').filter_map(|part| part.split_once('='));
        let whole: BTreeMap<_, _> = whole.collect();
        data.iter()
            .filter_map(|(label, value)| {
                let range = whole[label].trim_end().strip_prefix(value)?;
                (!range.is_empty()).then(|| ((*label).to_owned(), range.to_owned()))
            })
            .collect()
    };
    let due = |all: [(&str, &str); 5]| all.map(|(l, r)| (l.to_owned(), r.to_owned())).into();
    assert_eq!(
        ranges(&told("nagios", false)),
        due([
            ("api_seconds", ";5;;0"),
            ("bonds_pulse_age", ";599;1799;0"),
            ("pulse_age", ";719;1799;0"),
            ("cb_errors_24h_min", ";;10;0"),
            ("ses_used", ";159;190;0;200"),
        ])
    );
    assert_eq!(
        ranges(&told("nagios", true)),
        due([
            ("api_seconds", ";2.5;;0"),
            ("bonds_pulse_age", ";599;1799;0"),
            ("pulse_age", ";839;3599;0"),
            ("cb_errors_24h_min", ";;30;0"),
            ("ses_used", ";99;121;0;200"),
        ])
    );
    let limits = |edited: bool| -> BTreeMap<String, f64> {
        samples(&told("prometheus", edited))
            .expect("a file")
            .into_iter()
            .filter(|sample| sample.name == "duckops_limit")
            .map(|s| {
                (
                    format!("{} {}", s.labels["runbook"], s.labels["limit"]),
                    s.value,
                )
            })
            .collect()
    };
    let (before, after) = (limits(false), limits(true));
    let names = |all: &BTreeMap<String, f64>| all.keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&before), names(&after));
    let changed: Vec<_> = before
        .iter()
        .filter(|(name, value)| after[*name] != **value)
        .map(|(name, value)| (name.as_str(), *value, after[name]))
        .collect();
    assert_eq!(
        changed,
        [
            ("inc-001 slow", 5.0, 2.5),
            ("inc-003 pulse_offline", 1800.0, 3600.0),
            ("inc-003 pulse_slow", 720.0, 840.0),
            ("inc-004 per_day", 10.0, 30.0),
            ("inc-005 used_critical", 95.0, 60.5),
            ("inc-005 used_warning", 80.0, 50.0),
        ]
    );
    println!("{} limits, {} edited", before.len(), changed.len());
}

#[test]
fn the_grammar_for_nagios_refuses_what_breaks_it() {
    let fine = "DUCKOPS INC-005 OK: fine | time=0.1s ses_used=12;159;190;0;200 x=U\n";
    nagios(fine).expect("a good line");
    let broken = [
        ("time=0.1s", "TIME=0.1s"),
        ("time=0.1s", "a_label_of_twenty_ab=1"),
        ("time=0.1s", "time="),
        ("time=0.1s", "time=0,1s"),
        ("time=0.1s", "time=0.1h"),
        ("time=0.1s", "time=NaN"),
        ("time=0.1s", "time=-4c"),
        ("time=0.1s", "time"),
        ("time=0.1s", "ses_used=1"),
        (";159;", ";>159;"),
        (";159;", ";9:3;"),
        (";200", ";200;7"),
        (";0;", ";0:;"),
        ("x=U", "x=u"),
        ("x=U", "x=U | y=1"),
        (
            "fine",
            "a text that is longer than a pager shows, and than the rules of the plugins allow",
        ),
        ("DUCKOPS", "OK"),
        (" | ", " "),
        ("\n", "\n\n"),
    ];
    for (from, to) in broken {
        let line = fine.replacen(from, to, 1);
        assert_ne!(line, fine, "{from}");
        assert!(nagios(&line).is_err(), "{line}");
    }
    for range in ["10", "10:", "~:10", "10:20", "@10:20", "-5:0.5"] {
        assert!(is_range(range), "{range}");
    }
    for range in ["", ":", ":10", "~", "~:", "a", "20:10", "10:20:30", "@"] {
        assert!(!is_range(range), "{range}");
    }
}

#[test]
fn a_failure_for_nagios_is_one_short_line_and_unknown() {
    let home = tempfile::tempdir().expect("a folder");
    for arguments in [
        &["triage", "inc-999", "-o", "nagios"][..],
        &["triage", "--no-such-flag", "-o", "nagios"],
        &["triage", "--deadline", "soon", "-o", "nagios"],
        &["triage", "inc-004", "no-such-step", "-o", "nagios"],
    ] {
        let ran = Duckops::new(home.path(), arguments).run();
        assert_eq!(ran.code, 3, "{ran:?}");
        let line = ran.stdout.strip_suffix('\n').unwrap_or_default();
        let head = line.split('|').next().unwrap_or_default();
        assert!(head.starts_with("DUCKOPS UNKNOWN: "), "{ran:?}");
        assert!(head.len() < 80 && !line.contains('\n'), "{ran:?}");
    }
}

// ---- prometheus: the text format, as the textfile collector reads it ----

struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

/// One sample without a time stamp, or what is wrong with it.
fn sample(line: &str) -> Result<Sample, String> {
    let wrong = |what: &str| Err(format!("{what}: {line}"));
    let (name, rest) = match line.split_once('{') {
        Some(parts) => parts,
        None => return wrong("no labels"),
    };
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if name.is_empty() || !name.chars().all(word) || name.starts_with(|c: char| c.is_ascii_digit())
    {
        return wrong("no name");
    }
    let mut labels = BTreeMap::new();
    let mut rest = rest;
    let rest = loop {
        let Some((label, after)) = rest.split_once("=\"") else {
            return wrong("no label");
        };
        if label.is_empty() || !label.chars().all(word) {
            return wrong("no name of a label");
        }
        let mut text = String::new();
        let mut chars = after.char_indices();
        let end = loop {
            match chars.next() {
                Some((_, '\\')) => match chars.next() {
                    Some((_, 'n')) => text.push('\n'),
                    Some((_, c @ ('\\' | '"'))) => text.push(c),
                    _ => return wrong("an escape that is none"),
                },
                Some((at, '"')) => break at + 1,
                Some((_, c)) => text.push(c),
                None => return wrong("a label without an end"),
            }
        };
        if labels.insert(label.to_owned(), text).is_some() {
            return wrong("a label twice");
        }
        rest = &after[end..];
        match rest.strip_prefix(',') {
            Some(more) => rest = more,
            None => break rest,
        }
    };
    let Some(value) = rest.strip_prefix("} ") else {
        return wrong("no end of the labels");
    };
    // A second number would be a time stamp, and cost the whole file.
    match value.parse() {
        Ok(value) => Ok(Sample {
            name: name.to_owned(),
            labels,
            value,
        }),
        Err(_) => wrong("not one number"),
    }
}

/// The samples of a file, each under its family's HELP and TYPE.
fn samples(file: &str) -> Result<Vec<Sample>, String> {
    if !file.ends_with('\n') || file.ends_with("\n\n") {
        return Err("it does not end with one newline".to_owned());
    }
    let (mut helped, mut typed) = (Vec::new(), Vec::new());
    let mut all: Vec<Sample> = Vec::new();
    let mut series = BTreeSet::new();
    for line in file.lines() {
        if let Some(rest) = line.strip_prefix("# HELP ") {
            let (family, help) = rest.split_once(' ').ok_or(format!("no help: {line}"))?;
            if helped.contains(&family) || help.is_empty() {
                return Err(format!("a second or an empty HELP: {line}"));
            }
            helped.push(family);
        } else if let Some(rest) = line.strip_prefix("# TYPE ") {
            let (family, kind) = rest.split_once(' ').ok_or(format!("no type: {line}"))?;
            if typed.contains(&family) || helped.last() != Some(&family) {
                return Err(format!("a second TYPE, or one without its HELP: {line}"));
            }
            if !["gauge", "counter"].contains(&kind) {
                return Err(format!("no type that is allowed here: {line}"));
            }
            typed.push(family);
        } else {
            let sample = sample(line)?;
            if typed.last() != Some(&sample.name.as_str()) {
                return Err(format!("not under its own family: {line}"));
            }
            if !series.insert((sample.name.clone(), sample.labels.clone())) {
                return Err(format!("a series twice: {line}"));
            }
            all.push(sample);
        }
    }
    match helped == typed {
        true => Ok(all),
        false => Err(format!("HELP of {helped:?}, TYPE of {typed:?}")),
    }
}

const STATES: [&str; 5] = ["ok", "warning", "critical", "unknown", "skipped"];

/// Every state set has all five states and one of them in force: its labels, and which.
fn states(samples: &[Sample]) -> BTreeMap<(String, String, String), String> {
    let mut sets: BTreeMap<_, BTreeMap<String, f64>> = BTreeMap::new();
    for sample in samples.iter().filter(|s| s.name.ends_with("_verdict")) {
        let label = |name: &str| sample.labels.get(name).cloned().unwrap_or_default();
        let key = (sample.name.clone(), label("runbook"), label("step"));
        sets.entry(key)
            .or_default()
            .insert(label("verdict"), sample.value);
    }
    sets.into_iter()
        .map(|(key, set)| {
            let names: BTreeSet<_> = set.keys().map(String::as_str).collect();
            assert_eq!(names, STATES.into(), "{key:?}");
            assert!(
                set.values().all(|v| [0.0, 1.0].contains(v)),
                "{key:?}: {set:?}"
            );
            assert_eq!(set.values().sum::<f64>(), 1.0, "{key:?}: {set:?}");
            let (state, _) = set.iter().find(|(_, v)| **v == 1.0).expect("one is 1");
            (key, state.clone())
        })
        .collect()
}

/// What promtool says of a file; none if it is not installed.
fn promtool(file: &str) -> Option<(bool, String)> {
    let child = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return None,
        Err(error) => panic!("promtool does not start: {error}"),
    };
    let mut input = child.stdin.take().expect("a pipe");
    input.write_all(file.as_bytes()).expect("promtool reads");
    drop(input);
    let output = child.wait_with_output().expect("promtool ends");
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    Some((output.status.success(), said))
}

#[test]
fn the_prometheus_file_is_accepted_by_its_collector() {
    let (mut files, mut count, mut checked) = (0, 0, 0);
    let mut help: BTreeMap<String, String> = BTreeMap::new();
    let mut families: BTreeMap<Option<&str>, BTreeSet<_>> = BTreeMap::new();
    for told in told("prometheus") {
        let (name, file) = (&told.name, &told.ran.stdout);
        let all = samples(file).unwrap_or_else(|e| panic!("{name}: {e}\n{file}"));
        let states = states(&all);
        let run = (
            "duckops_run_verdict".to_owned(),
            String::new(),
            String::new(),
        );
        assert_eq!(states[&run], told.verdict, "{name}");
        let steps = if told.runbook.is_some() { 5 } else { 35 };
        assert_eq!(states.len(), 1 + steps / 5 + steps, "{name}");
        for (key, state) in &states {
            let whole = key.0 == "duckops_runbook_verdict";
            if whole && told.runbook.is_some() && told.verdict != "critical" {
                assert_eq!(state, told.verdict, "{name}: {key:?}");
            }
        }
        for needed in [
            "duckops_last_run_timestamp_seconds",
            "duckops_last_complete_run_timestamp_seconds",
            "duckops_run_duration_seconds",
            "duckops_build_info",
        ] {
            assert_eq!(
                all.iter().filter(|s| s.name == needed).count(),
                1,
                "{name}: {needed}"
            );
        }
        // The same words for a family in every file, and the same series of states for a
        // check whatever was found: a series that stops is taken for one that is well.
        for line in file.lines().filter(|line| line.starts_with("# ")) {
            let family = line.splitn(4, ' ').take(3).collect::<Vec<_>>().join(" ");
            let known = help.entry(family).or_insert_with(|| line.to_owned());
            assert_eq!(known, line, "{name}");
        }
        let own: BTreeSet<_> = states.into_keys().collect();
        let first = families.entry(told.runbook).or_insert_with(|| own.clone());
        assert_eq!(*first, own, "{name}");
        if let Some((fine, said)) = promtool(file) {
            assert!(fine, "{name}: promtool says {said}\n{file}");
            checked += 1;
        }
        files += 1;
        count += all.len();
    }
    match checked {
        0 => not_run("promtool is not on the PATH (Debian and Ubuntu: the package prometheus)"),
        _ => println!("promtool check metrics accepts {checked} of {files} files"),
    }
    assert!(checked == 0 || checked == files);
    println!("prometheus: {files} files, {count} samples");
}

#[test]
fn the_grammar_for_prometheus_refuses_what_breaks_it() {
    let fine = "# HELP a Words.\n# TYPE a gauge\na{b=\"c\\\"\\\\\"} 1\na{b=\"d\",e=\"f\"} NaN\n";
    assert_eq!(samples(fine).expect("a good file").len(), 2);
    for (from, to) in [
        ("} 1\n", "} 1 1774149129\n"),
        ("} 1\n", "} one\n"),
        ("} 1\n", "}\n"),
        ("# HELP a Words.\n", ""),
        ("# TYPE a gauge\n", ""),
        ("a{b=\"d\"", "# TYPE a gauge\na{b=\"d\""),
        ("a{b=\"d\"", "# HELP a Words.\na{b=\"d\""),
        ("a{b=\"d\",e=\"f\"}", "a{b=\"d\",b=\"f\"}"),
        ("a{b=\"d\",e=\"f\"}", "a{b=\"c\\\"\\\\\"}"),
        ("a{b=\"d\"", "z{b=\"d\""),
        ("\\\\", "\\x"),
        ("NaN\n", "NaN"),
        ("NaN\n", "NaN\n\n"),
    ] {
        let file = fine.replacen(from, to, 1);
        assert_ne!(file, fine, "{from}");
        assert!(samples(&file).is_err(), "{file}");
    }
    if let Some((fine, _)) = promtool("duckops_x{a=\"b\"} one\n") {
        assert!(!fine, "promtool takes anything");
    }
}

// ---- markdown ----

/// What in a document of ours could act: anything that is not structure of ours.
fn live(text: &str) -> Vec<String> {
    let mut wrong = Vec::new();
    let plain = |line: &str| {
        let mut out = String::new();
        let mut chars = line.chars();
        while let Some(c) = chars.next() {
            match c {
                '\\' => drop(chars.next()),
                c => out.push(c),
            }
        }
        out
    };
    let mut cells = None;
    for line in text.lines() {
        // A block of its own: nothing in it has a meaning.
        if line.starts_with("    ") {
            continue;
        }
        if line.chars().any(char::is_control) {
            wrong.push(format!("a control character: {line:?}"));
        }
        let mut rest = plain(line);
        if line.starts_with('|') {
            let bars = rest.matches('|').count();
            if *cells.get_or_insert(bars) != bars {
                wrong.push(format!("{bars} cells: {line}"));
            }
            rest = rest.replace('|', "");
        } else {
            cells = None;
        }
        // The label at the beginning of a line, and the heading.
        if let Some(labelled) = rest.strip_prefix("**") {
            rest = labelled.replacen("**", "", 1);
        }
        let rest = rest.trim_start_matches('#');
        for mark in ["<", ">", "`", "*", "[", "]", "|", "~", "#", "!", "://"] {
            if rest.contains(mark) {
                wrong.push(format!("{mark} is live: {line}"));
            }
        }
        if rest.trim_start().starts_with(['-', '+', '=']) && !line.starts_with('|') {
            wrong.push(format!("a list or a rule: {line}"));
        }
    }
    wrong
}

/// What a log line or a name may try.
const MARKS: &str = "[ERROR] cert <b>failed</b> | x | `code` **bold** [a](http://127.0.0.1/) ![i](c) ~~s~~ # h <!-- c -->";

#[test]
fn markdown_holds_only_our_own_markup() {
    let mut texts: Vec<_> = told("markdown")
        .into_iter()
        .map(|told| (told.name, told.ran.stdout))
        .collect();
    let mut world = world("inc-002");
    let mut line = world.log_events.last().expect("a line").clone();
    line.message = MARKS.to_owned();
    world.log_events.push(line);
    world.mail.enforcement = MARKS.to_owned();
    world.status["lambda_version"] = MARKS.into();
    let stage = Stage::of(world);
    let ran = stage.once(&["triage", "-o", "markdown"]).run();
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stdout.contains("bold"),
        "the marks come through: {ran:?}"
    );
    texts.push(("marks".to_owned(), ran.stdout));
    for (name, text) in &texts {
        assert_eq!(live(text), Vec::<String>::new(), "{name}\n{text}");
        assert!(
            text.starts_with("# ") && text.ends_with('\n'),
            "{name}\n{text}"
        );
    }
    println!("markdown: {} documents", texts.len());
    assert!(!live("| a | b |\n| a \\| b |\n").is_empty());
    for bad in [
        "a <b>",
        "**a:** *b*",
        "[a](b)",
        "- a",
        "see http://x",
        "a\u{7}",
    ] {
        assert!(!live(bad).is_empty(), "{bad}");
    }
}

#[test]
fn one_code_in_every_format_for_every_verdict() {
    for (scene, due) in [
        ("healthy", 0),
        ("canary-left", 1),
        ("fleet-and-quota", 2),
        ("denied", 3),
    ] {
        let stage = Stage::of(world(scene));
        for format in ["table", "short", "json", "nagios", "prometheus", "markdown"] {
            let ran = stage.once(&["triage", "-o", format]).run();
            assert_eq!(ran.code, due, "{scene} as {format}: {ran:?}");
        }
    }
    // What a broken API says of itself is no other code either.
    let mut world = world("healthy");
    world
        .faults
        .insert(duckops::practice::Operation::Status, Fault::Html);
    let stage = Stage::of(world);
    for format in ["table", "short", "json", "nagios", "prometheus", "markdown"] {
        assert_eq!(
            stage.once(&["triage", "-o", format]).run().code,
            3,
            "{format}"
        );
    }
}

#[test]
fn requests_and_bonds_are_plotted_with_the_limits_of_their_runbook() {
    for (scene, runbook, told) in [
        ("bond", "bond", "bonds_pulse_age=2700s;599;1799"),
        ("bond", "bond", "bonds_offline_min=1"),
        ("bonds-alive", "bond", "bonds_pulse_age=540s;599;1799"),
        ("peck", "peck", "pecks_cb_errors_min=1"),
        ("peck", "peck", "pecks_denied_min=2"),
    ] {
        let ran = Stage::of(world(scene))
            .duckops(&["triage", runbook, "-o", "nagios"])
            .run();
        assert!(ran.stdout.contains(told), "{scene}: {told}: {ran:?}");
    }
    // What is not known is not zero.
    let mut silent = world("bonds-alive");
    silent.faults.insert(Operation::Audit, Fault::Status(500));
    let ran = Stage::of(silent)
        .duckops(&["triage", "bond", "-o", "nagios"])
        .run();
    for told in ["bonds_alive=U", "bonds_offline_min=U", "bonds_pulse_age=U"] {
        assert!(ran.stdout.contains(told), "{told}: {ran:?}");
    }
}
