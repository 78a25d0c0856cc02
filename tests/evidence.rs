//! Claim: what is missing, torn, mistyped, doubled or denied never counts as proof. One
//! thing at a time is taken away from a world; no step whose verdict stood on it gets any
//! better, and every other step is judged as before.

use crate::support::{Raw, Stage, at_once, http, verdicts, world};
use duckops::fact;
use duckops::fact::Probe;
use duckops::practice::{Fault, Operation, ReceivedRequest, Tree};
use duckops::runbook::Library;
use duckops::runbook::model::{Rule, Runbook};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Where each fact that a rule compares is taken from: the operation, and the path in its
/// answer (the whole answer where the path is empty).
const TAKEN_FROM: &[(&str, &[(Operation, &str)])] = {
    use Operation::{
        Audit, FilterLogEvents, GetAccount, GetAlias, GetCallerIdentity, GetFunctionConfiguration,
        GetMetricData, ListExecutions, ListVersionsByFunction, Status,
    };
    const CALLBACKS: &[(Operation, &str)] =
        &[(Status, "peck_protocol.failure_breakdown.callback_error")];
    const AGENTS: &[(Operation, &str)] = &[
        (Status, "agents.alive"),
        (Status, "agents.dead"),
        (Status, "agents.total_bonded"),
    ];
    const FEED: &[(Operation, &str)] = &[(Audit, "")];
    const LISTED: &[(Operation, &str)] = &[(ListExecutions, "executions"), (GetCallerIdentity, "")];
    const MEASURED: &[(Operation, &str)] = &[(GetMetricData, ""), (GetCallerIdentity, "")];
    const LIMIT: (Operation, &str) = (GetAccount, "SendQuota.Max24HourSend");
    const SENT: (Operation, &str) = (GetAccount, "SendQuota.SentLast24Hours");
    const OWNER: (Operation, &str) = (GetCallerIdentity, "");
    const SENDING: (Operation, &str) = (GetAccount, "SendingEnabled");
    const RATING: (Operation, &str) = (GetAccount, "EnforcementStatus");
    const PRODUCTION: (Operation, &str) = (GetAccount, "ProductionAccessEnabled");
    const REVIEW: (Operation, &str) = (GetAccount, "Details.ReviewDetails.Status");
    const LOGGED: &[(Operation, &str)] = &[(FilterLogEvents, ""), OWNER];
    const TARGET: (Operation, &str) = (GetAlias, "FunctionVersion");
    const STATE: (Operation, &str) = (GetFunctionConfiguration, "State");
    const UPDATE: (Operation, &str) = (GetFunctionConfiguration, "LastUpdateStatus");
    // An answer about another function says nothing of this one.
    const NAMED: (Operation, &str) = (GetFunctionConfiguration, "FunctionArn");
    const POINTS: &[(Operation, &str)] = &[TARGET, OWNER];
    const UP: (Operation, &str) = (Status, "");
    // The feed adds to the totals, and without it they bound the growth alone.
    const DUCKLINGS: (Operation, &str) = (Status, "database.ducklings");
    const CERTIFICATES: (Operation, &str) = (Status, "database.birth_certificates");
    const TOTALS: &[(Operation, &str)] = &[DUCKLINGS, CERTIFICATES];
    &[
        ("api.up", &[(Status, "")]),
        ("api.cause", &[(Status, "")]),
        ("api.refusal", &[(Status, "")]),
        // A document without a `status` field claims nothing bad.
        ("api.claims", &[(Status, "")]),
        // How long the answer took is known of every answer, also of a bad one.
        ("api.seconds", &[]),
        // Dated audit entries add to these; without them the totals bound them alone.
        ("peck.callback_errors_24h_min", CALLBACKS),
        ("peck.callback_errors_24h_max", CALLBACKS),
        ("peck.callback_errors_rising", CALLBACKS),
        ("audit.newest_pecks_callback_errors", FEED),
        ("audit.newest_pecks_callback_error_age", FEED),
        ("audit.pulse_age_min", FEED),
        ("audit.pulse_age", FEED),
        ("audit.pulses", FEED),
        ("audit.reach", FEED),
        ("audit.cert_age_min", FEED),
        ("audit.cert_age", FEED),
        // Denied and expired requests of the feed only make failures fewer.
        ("executions.failures_1h_min", LISTED),
        ("executions.failures_24h_min", LISTED),
        ("executions.failures_24h", LISTED),
        ("executions.outcomes_24h", LISTED),
        ("executions.oldest_running_age_min", LISTED),
        ("executions.oldest_running_age", LISTED),
        ("status.agents.all_dead", AGENTS),
        (
            "status.agents.total_bonded",
            &[(Status, "agents.total_bonded")],
        ),
        ("status.agents.dead", &[(Status, "agents.dead")]),
        ("fleet.state", AGENTS),
        // Only recorded runs say that the API failed lately.
        ("fleet.returning", &[]),
        // One witness of several suffices for this; the counts are the first.
        ("fleet.alive_24h", AGENTS),
        // Recorded totals date the newest certificate as well as the feed does.
        ("certs.waiting_1h", TOTALS),
        ("certs.waiting_24h", TOTALS),
        ("certs.newest_age_min", &[CERTIFICATES]),
        ("certs.newest_age", &[CERTIFICATES]),
        ("certs.backlog", TOTALS),
        ("certs.pace", TOTALS),
        ("logs.errors_about", LOGGED),
        ("logs.errors_15m_min", LOGGED),
        ("logs.errors_15m", LOGGED),
        // Without the alias no move of it is known, and every line counts.
        ("logs.errors_since_move_min", LOGGED),
        ("logs.errors_since_move", LOGGED),
        ("logs.errors_before_move", LOGGED),
        ("logs.cert_failures_1h_min", LOGGED),
        ("logs.cert_failures_1h", LOGGED),
        ("logs.mail_errors_1h_min", LOGGED),
        ("logs.mail_errors_1h", LOGGED),
        // Without the function's time limit the longest one counts.
        ("lambda.throttles_min", MEASURED),
        ("lambda.errors_min", MEASURED),
        // Without the alias or the versions it says that there is no source.
        ("lambda.errors_of", MEASURED),
        ("lambda.stopped", MEASURED),
        ("lambda.seen", MEASURED),
        // While the API answers, nothing is waited for.
        ("recovery.waited", &[(Status, "")]),
        ("alias.latest", POINTS),
        ("alias.weighted", POINTS),
        // Any one witness of what is expected suffices; recorded runs are one.
        ("alias.drift", POINTS),
        ("alias.disputed", POINTS),
        ("alias.standing", &[STATE, UPDATE, NAMED, OWNER]),
        // While the API answers, the rest of what it is made from does not count.
        ("rollback.why", &[UP, TARGET, OWNER]),
        ("rollback.offered", &[UP, TARGET, OWNER]),
        ("recovery.state", &[UP]),
        (
            "rollback.to_known",
            &[TARGET, (ListVersionsByFunction, "Versions"), OWNER],
        ),
        ("email.sending_enabled", &[SENDING, OWNER]),
        ("email.enforcement", &[RATING, OWNER]),
        ("email.blocked", &[SENDING, RATING, OWNER]),
        ("email.review", &[REVIEW, OWNER]),
        // Sign-ups add to it, and without them none are known.
        ("email.unmailed_signups", &[SENT, OWNER]),
        ("email.bounces_24h", MEASURED),
        ("email.production_access", &[PRODUCTION, OWNER]),
        ("email.can_send", &[SENDING, RATING, LIMIT, SENT, OWNER]),
        (
            "mail.posture",
            &[(Status, "ses.sandbox"), PRODUCTION, OWNER],
        ),
        ("email.unlimited", &[LIMIT, OWNER]),
        ("email.used_percent", &[LIMIT, SENT, OWNER]),
        ("email.left_24h", &[LIMIT, SENT, OWNER]),
        ("email.rates_from", MEASURED),
        ("email.sends_24h", MEASURED),
        ("email.bounce_percent", MEASURED),
        ("email.complaint_percent", MEASURED),
        ("growth.ducklings_24h", &[DUCKLINGS]),
        // How the run was asked for, and no answer.
        ("connections.single", &[]),
        // It excuses, where the fleet is proven to be new; without proof it is no excuse.
        ("bonds.unpulsed_expected", &[]),
        // An alarm where the counters show it; without recorded runs it is 0.
        (
            "bonds.untraced_24h",
            &[
                (Audit, ""),
                (Status, "agents.total_bonded"),
                (Status, "agents.alive"),
            ],
        ),
        (
            "bonds.untraced",
            &[
                (Audit, ""),
                (Status, "agents.total_bonded"),
                (Status, "agents.alive"),
            ],
        ),
    ]
};

/// Where a fact is taken from.
fn sources(fact: &str) -> &'static [(Operation, &'static str)] {
    // Everything about requests and bonds comes from the feed; `people` takes that apart.
    let row = TAKEN_FROM.iter().find(|(known, _)| *known == fact);
    let groups = ["pecks.", "bonds.", "callbacks."];
    if row.is_none() && groups.iter().any(|group| fact.starts_with(group)) {
        return &[(Operation::Audit, "")];
    }
    row.unwrap_or_else(|| panic!("TAKEN_FROM does not say where {fact} is taken from"))
        .1
}

/// The probes that put this question.
fn put_by(operation: Operation) -> &'static [Probe] {
    match operation {
        Operation::Status => &[Probe::Status],
        Operation::Audit => &[Probe::Audit, Probe::Connections],
        Operation::ListExecutions => &[Probe::Executions],
        Operation::GetAccount => &[Probe::Email],
        Operation::GetMetricData | Operation::GetMetricStatistics => {
            &[Probe::Metrics, Probe::Lambda]
        }
        Operation::FilterLogEvents => &[Probe::Logs],
        Operation::GetAlias
        | Operation::ListVersionsByFunction
        | Operation::GetFunctionConfiguration => &[Probe::Alias],
        Operation::GetCallerIdentity => &[Probe::Identity],
        Operation::Spaceducks | Operation::PeckList => &[Probe::Connections],
        // Asked only by people, who paste what a rule says.
        Operation::DescribeExecution
        | Operation::ListSuppressedDestinations
        | Operation::ListEmailIdentities
        | Operation::LookupEvents => &[],
        // Asked and sent only by what moves the alias or writes to a bond.
        Operation::Pulse
        | Operation::Rotate
        | Operation::Unpeck
        | Operation::GetPolicy
        | Operation::GetProvisionedConcurrencyConfig
        | Operation::GetFunctionConcurrency
        | Operation::Invoke
        | Operation::UpdateAlias => &[],
    }
}

#[test]
fn the_table_of_sources_knows_every_fact_that_a_rule_compares() {
    let library = Library::open(None).expect("the built-in runbooks");
    let mut facts = BTreeSet::new();
    for runbook in library.all().expect("runbooks without complaints") {
        for rule in runbook.steps.iter().flat_map(|step| &step.rules) {
            facts.extend(rule.when.facts.iter().copied());
        }
    }
    for fact in &facts {
        let (own, _) = fact::find(fact).unwrap_or_else(|| panic!("{fact} is declared"));
        let mut made_from = fact::inputs(fact).to_vec();
        if own != Probe::History {
            made_from.push(own);
        }
        let from_aws = made_from.iter().any(|probe| probe.is_aws());
        for (operation, path) in sources(fact) {
            let right = match operation {
                Operation::GetCallerIdentity => from_aws,
                _ => put_by(*operation).iter().any(|p| made_from.contains(p)),
            };
            assert!(right, "{fact} is not made from {operation} {path}");
        }
        let owned = sources(fact)
            .iter()
            .any(|(operation, _)| *operation == Operation::GetCallerIdentity);
        let asked_of_aws = sources(fact)
            .iter()
            .any(|(operation, _)| put_by(*operation).iter().any(|probe| probe.is_aws()));
        assert_eq!(owned, asked_of_aws, "{fact}: whose account is it from?");
    }
    println!("evidence: {} compared facts, all with sources", facts.len());
}

/// Whether taking away `path` of an answer takes away what stands at `of` in it.
fn takes(path: &str, of: &str) -> bool {
    path.is_empty()
        || path == of
        || of
            .strip_prefix(path)
            .is_some_and(|rest| rest.starts_with('.'))
}

type Place = (String, String);

/// The judgement of a world in which nothing is taken away.
struct Baseline {
    verdicts: BTreeMap<Place, String>,
    /// What each step compared up to the rule that decided it.
    stands_on: BTreeMap<Place, BTreeSet<&'static str>>,
    document: Value,
    runbooks: Vec<Runbook>,
}

impl Baseline {
    fn of(document: &Value) -> Self {
        let library = Library::open(None).expect("the built-in runbooks");
        let mut stands_on = BTreeMap::new();
        let runbooks: Vec<_> = library.all().expect("runbooks without complaints");
        for runbook in &runbooks {
            for index in 0..runbook.steps.len() {
                let place = (runbook.id.clone(), runbook.steps[index].id.clone());
                stands_on.insert(place, compared(runbook, index, document));
            }
        }
        Self {
            verdicts: verdicts(document),
            stands_on,
            document: document.clone(),
            runbooks,
        }
    }

    /// The steps whose verdict stands on what is taken away.
    fn dependent(&self, operation: Operation, path: &str) -> BTreeSet<&Place> {
        self.stands_on
            .iter()
            .filter(|(_, facts)| facts.iter().any(|fact| gone(fact, operation, path)))
            .map(|(place, _)| place)
            .collect()
    }

    /// Whether a step that stood on what is gone was settled by another rule, which stands
    /// on nothing of it: that the API fails is itself a fact, and so is that it answers.
    fn settled_otherwise(&self, place: &Place, cell: &Cell, document: &Value) -> bool {
        let runbook = self.runbooks.iter().find(|r| r.id == place.0);
        let runbook = runbook.expect("the runbook");
        let step = runbook.steps.iter().find(|step| step.id == place.1);
        let step = step.expect("the step");
        let before = crate::support::step(&self.document, &place.0, &place.1);
        let after = crate::support::step(document, &place.0, &place.1);
        let Some(rule) = decided(&step.rules, after).map(|index| &step.rules[index]) else {
            return false;
        };
        let path = if cell.wide { "" } else { &cell.path };
        before["reason_code"] != after["reason_code"]
            && rule.when.steps.is_empty()
            && !rule.when.facts.is_empty()
            && !rule
                .when
                .facts
                .iter()
                .any(|fact| gone(fact, cell.operation, path))
    }
}

/// Whether a fact is gone with this path of an answer.
fn gone(fact: &str, operation: Operation, path: &str) -> bool {
    sources(fact)
        .iter()
        .any(|(from, of)| *from == operation && takes(path, of))
}

/// Which rule decided; none where the step is unknown.
fn decided(rules: &[Rule], judged: &Value) -> Option<usize> {
    let decided = rules.iter().position(|rule| {
        judged["reason_code"] == rule.reason.as_str() && judged["verdict"] == rule.verdict.word()
    });
    assert_eq!(
        decided.is_none(),
        judged["verdict"] == "unknown",
        "{judged:#}"
    );
    decided
}

/// The facts of every rule down to the one that decided, or of all where none did, those of the steps it asks for too.
fn compared(runbook: &Runbook, index: usize, document: &Value) -> BTreeSet<&'static str> {
    let step = &runbook.steps[index];
    let judged = crate::support::step(document, &runbook.id, &step.id);
    let decided = decided(&step.rules, judged);
    let mut facts = BTreeSet::new();
    let tried = decided.map_or(step.rules.len(), |index| index + 1);
    for rule in &step.rules[..tried] {
        facts.extend(rule.when.facts.iter().copied());
        for named in &rule.when.steps {
            let earlier = runbook.steps.iter().position(|step| step.id == *named);
            facts.extend(compared(
                runbook,
                earlier.expect("an earlier step"),
                document,
            ));
        }
    }
    facts
}

/// One thing taken away.
pub(crate) struct Cell {
    name: String,
    operation: Operation,
    fault: Fault,
    /// What it takes away from the operation's answer.
    path: String,
    /// Whether a client may give up the whole answer over it.
    wide: bool,
}

pub(crate) fn cell(
    operation: Operation,
    name: impl Into<String>,
    fault: Fault,
    path: &str,
) -> Cell {
    Cell {
        name: format!("{operation} {}", name.into()),
        operation,
        fault,
        path: path.to_owned(),
        wide: false,
    }
}

/// How many worlds of a scene are played at the same time. Most cells wait for a retry or
/// for the deadline.
const WORLDS: usize = 6;

/// Runs every cell in a world of this scene.
pub(crate) fn play(scene: &str, cells: &[Cell]) {
    let part = cells.len().div_ceil(WORLDS).max(1);
    // Every world gets some of each kind: those that wait longest are neighbours.
    let parts: Vec<Vec<&Cell>> = (0..cells.len().div_ceil(part))
        .map(|nth| {
            cells
                .iter()
                .skip(nth)
                .step_by(cells.len().div_ceil(part))
                .collect()
        })
        .collect();
    let wrong = at_once(WORLDS, &parts, |part| play_in_turn(scene, part)).concat();
    println!("evidence, {scene}: {} cells", cells.len());
    assert!(
        wrong.is_empty(),
        "{} wrong:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}

fn play_in_turn(scene: &str, cells: &[&Cell]) -> Vec<String> {
    let stage = Stage::of(world(scene));
    let faults = stage.practice.world().faults.clone();
    let (_, document) = stage.once(&["triage"]).json();
    let baseline = Baseline::of(&document);
    let mut wrong = Vec::new();
    for cell in cells {
        let mut broken = faults.clone();
        broken.insert(cell.operation, cell.fault.clone());
        stage.practice.world().faults = broken;
        wrong.extend(tried(&stage, cell, &baseline));
        assert_eq!(stage.practice.unexpected(), 0, "{}", cell.name);
    }
    wrong
}

/// What is wrong about a run that met the fault. What hangs is waited for until the deadline,
/// so that is short, and on a busy machine other questions, or even this one, may not be
/// answered by then: such a run says nothing of the others, and is repeated with more time.
fn tried(stage: &Stage, cell: &Cell, baseline: &Baseline) -> Vec<String> {
    let deadlines: &[&str] = match cell.fault {
        Fault::Hang => &["1s", "4s", "16s"],
        _ => &["20s"],
    };
    let asked = || {
        let seen = stage.practice.requests();
        let own = |seen: &&ReceivedRequest| seen.operation == Some(cell.operation);
        seen.iter().filter(own).count()
    };
    let mut independent = vec![format!("{}: the fault was never met", cell.name)];
    for deadline in deadlines {
        let before = asked();
        let (_, document) = stage.once(&["triage", "--deadline", deadline]).json();
        if asked() == before {
            continue;
        }
        let found = compare(baseline, cell, &document);
        if !found.dependent.is_empty() {
            return found.dependent;
        }
        independent = found.independent;
        if independent.is_empty() {
            break;
        }
    }
    independent
}

/// Steps that a cell moved wrongly.
#[derive(Default)]
struct Moved {
    /// Those that stood on what was taken away.
    dependent: Vec<String>,
    /// Those that did not, and changed all the same.
    independent: Vec<String>,
}

/// That the API fails is itself a fact. Then the alias is compared with what the last good answer came
/// from, and what speaks against a rollback is no longer that the API answers.
fn settled_by_recorded_runs(place: &Place, document: &Value) -> bool {
    let found = |id| crate::support::step(document, "inc-001", id);
    if place.0 != "inc-001" || found("probe")["verdict"] != "critical" {
        return false;
    }
    match place.1.as_str() {
        "alias" => found("alias")["evidence"].as_array().is_some_and(|all| {
            let from = |it: &&Value| it["fact"] == "alias.expected_from";
            all.iter()
                .find(from)
                .is_some_and(|it| it["value"] == "the last good answer")
        }),
        "rollback" => matches!(
            found("rollback")["reason_code"].as_str(),
            Some("gateway" | "no-errors")
        ),
        _ => false,
    }
}

/// What a cell should not have changed, or should have.
fn compare(baseline: &Baseline, cell: &Cell, document: &Value) -> Moved {
    let dependent = baseline.dependent(cell.operation, &cell.path);
    let touched = baseline.dependent(cell.operation, "");
    let found = verdicts(document);
    let mut wrong = Moved::default();
    for (place, before) in &baseline.verdicts {
        let after = &found[place];
        let untouched = after == before;
        let unproven = matches!(after.as_str(), "unknown" | "critical");
        let proven_otherwise = untouched && !matches!(before.as_str(), "ok" | "skipped");
        let right = if dependent.contains(place) {
            unproven
                || proven_otherwise
                || (!untouched || matches!(after.as_str(), "ok" | "skipped"))
                    && baseline.settled_otherwise(place, cell, document)
                || settled_by_recorded_runs(place, document)
        } else if cell.wide && touched.contains(place) {
            unproven || untouched
        } else {
            untouched
        };
        if !right {
            let (kind, list) = match dependent.contains(place) {
                true => ("dependent", &mut wrong.dependent),
                false => ("independent", &mut wrong.independent),
            };
            list.push(format!(
                "{}: {kind} {} {} was {before}, is {after}",
                cell.name, place.0, place.1
            ));
        }
    }
    wrong
}

/// Every path of a document, objects among them.
fn paths(value: &Value, at: &str, found: &mut Vec<String>) {
    for (name, inner) in value.as_object().into_iter().flatten() {
        let path = if at.is_empty() {
            name.clone()
        } else {
            format!("{at}.{name}")
        };
        found.push(path.clone());
        paths(inner, &path, found);
    }
}

fn at<'v>(document: &'v mut Value, path: &str) -> &'v mut Value {
    path.split('.')
        .fold(document, |value, name| &mut value[name])
}

/// The document without this path.
pub(crate) fn without(document: &Value, path: &str) -> String {
    let mut changed = document.clone();
    let (parent, name) = path.rsplit_once('.').unwrap_or(("", path));
    let parent = if parent.is_empty() {
        &mut changed
    } else {
        at(&mut changed, parent)
    };
    parent.as_object_mut().expect("an object").remove(name);
    changed.to_string()
}

pub(crate) fn with(document: &Value, path: &str, value: Value) -> String {
    let mut changed = document.clone();
    *at(&mut changed, path) = value;
    changed.to_string()
}

/// The document with the last name of this path standing twice.
fn doubled(document: &Value, path: &str, second: &Value) -> String {
    let mut marked = document.clone();
    let first = at(&mut marked, path).take();
    *at(&mut marked, path) = json!("HERE");
    let name = path.rsplit('.').next().unwrap_or(path);
    let twice = format!("{first},\"{name}\":{second}");
    marked.to_string().replace("\"HERE\"", &twice)
}

/// Everything else that could stand in a value's place.
/// The counts of the status may be text, so there only a text that is no number is wrong.
fn dresses(operation: Operation, value: &Value) -> Vec<(&'static str, Value)> {
    let mut dresses = vec![("null", Value::Null)];
    let word = value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned);
    if value.is_string() {
        dresses.push(("an empty text", json!("")));
    } else if operation == Operation::Status && value.is_number() {
        dresses.push(("a text", json!(format!("{word} of them"))));
    } else {
        dresses.push(("a text", json!(word)));
    }
    if !value.is_number() {
        dresses.push(("a number", json!(1)));
    }
    if !value.is_boolean() {
        dresses.push(("a bool", json!(true)));
    }
    dresses.push(("a list", json!([value])));
    if !value.is_object() {
        dresses.push(("an object", json!({"value": value})));
    }
    if let Some(number) = value.as_f64() {
        dresses.push(("negative", json!(-(number.max(2.0)) as i64)));
        dresses.push(("a fraction", json!(number + 0.5)));
    }
    dresses
}

/// Every path of an answer deleted, nulled, mistyped, made negative, doubled.
pub(crate) fn maimed(operation: Operation, document: &Value, strict_client: bool) -> Vec<Cell> {
    let mut found = Vec::new();
    paths(document, "", &mut found);
    let mut cells = Vec::new();
    for path in found {
        let value = at(&mut document.clone(), &path).take();
        let mut add = |what: &str, body: String| {
            let name = format!("{path} {what}");
            // An answer that calls itself two things is no status object at all.
            let is_whole = operation == Operation::Status && name.starts_with("status doubled");
            let lost = if is_whole { "" } else { &path };
            cells.push(Cell {
                wide: strict_client,
                ..cell(operation, name, Fault::Body(body), lost)
            });
        };
        add("deleted", without(document, &path));
        for (what, dress) in dresses(operation, &value) {
            // A word may well be another word, and a version a number.
            if !(value.is_string() && what == "a number") {
                add(what, with(document, &path, dress));
            }
        }
        add("doubled", doubled(document, &path, &value));
        if let Some(number) = value.as_i64() {
            add(
                "doubled with another",
                doubled(document, &path, &json!(number + 1)),
            );
        }
    }
    cells
}

#[test]
fn removing_any_status_field_makes_dependent_steps_unknown() {
    let status = world("healthy").status;
    play("healthy", &maimed(Operation::Status, &status, false));
}

/// What SES says of the account of a scene.
fn account(scene: &str) -> Value {
    let mail = world(scene).mail;
    let mut account = json!({
        "DedicatedIpAutoWarmupEnabled": false,
        "EnforcementStatus": mail.enforcement,
        "ProductionAccessEnabled": mail.production_access,
        "SendQuota": {
            "Max24HourSend": mail.max_24h,
            "MaxSendRate": mail.max_rate,
            "SentLast24Hours": mail.sent_24h,
        },
        "SendingEnabled": mail.sending_enabled,
    });
    if let Some(review) = mail.review {
        let details = json!({"Status": review.status, "CaseId": review.case});
        account["Details"] = json!({"ReviewDetails": details});
    }
    account
}

#[test]
fn removing_any_mail_account_field_makes_dependent_steps_unknown() {
    for scene in ["healthy", "inc-005", "access-pending", "access-denied"] {
        play(scene, &maimed(Operation::GetAccount, &account(scene), true));
    }
}

const USED: [Operation; 10] = [
    Operation::Status,
    Operation::Audit,
    Operation::GetCallerIdentity,
    Operation::ListExecutions,
    Operation::GetAccount,
    Operation::GetMetricData,
    Operation::FilterLogEvents,
    Operation::GetAlias,
    Operation::GetFunctionConfiguration,
    Operation::ListVersionsByFunction,
];

/// Every way in which a whole answer can fail.
fn failures(operation: Operation) -> Vec<Cell> {
    let cell = |name: &str, fault| cell(operation, name, fault, "");
    let mut cells = vec![
        cell("denied", Fault::Deny),
        cell("throttled", Fault::Throttle),
        cell("expired", Fault::ExpiredToken),
        cell("hanging", Fault::Hang),
        cell("reset", Fault::Reset),
        cell("cut", Fault::CutBody),
        cell("a web page", Fault::Html),
        cell("empty", Fault::Empty),
        cell("a redirect", Fault::Redirect("http://127.0.0.1:1/".into())),
    ];
    for status in [201, 204, 400, 404, 500, 502, 503] {
        cells.push(cell(&format!("HTTP {status}"), Fault::Status(status)));
    }
    for body in [
        "garbage",
        "\u{1}\u{2}\u{3}",
        "null",
        "[]",
        "\"ok\"",
        "true",
        "0",
        "{",
        "{\"error\":\"Internal server error\"}",
        "{\"a\":1e400}",
        "{}{}",
        "<GetCallerIdentityResponse/>",
    ] {
        cells.push(cell(
            &format!("the body {body:?}"),
            Fault::Body(body.into()),
        ));
    }
    cells
}

#[test]
fn a_failing_operation_leaves_no_dependent_step_ok() {
    for scene in ["healthy", "inc-005"] {
        let cells: Vec<_> = USED.into_iter().flat_map(failures).collect();
        play(scene, &cells);
    }
}

#[test]
fn a_truncated_or_concatenated_status_is_unknown() {
    let status = world("healthy").status;
    let text = status.to_string();
    let mut cells = Vec::new();
    let cell = |name: String, body: String| cell(Operation::Status, name, Fault::Body(body), "");
    for part in 1..16 {
        let end = text.len() * part / 16;
        cells.push(cell(
            format!("torn after {end} bytes"),
            text[..end].to_owned(),
        ));
    }
    cells.push(cell("twice".into(), format!("{text}{text}")));
    cells.push(cell("then more".into(), format!("{text} and more")));
    cells.push(cell("in a list".into(), format!("[{text}]")));
    cells.push(cell("in a text".into(), json!(text).to_string()));
    let mut with_error = status.clone();
    with_error["error"] = json!("half of it is made up");
    cells.push(cell("with an error".into(), with_error.to_string()));
    let out_of_range = text.replace("\"alive\":3", "\"alive\":1e999");
    assert_ne!(out_of_range, text);
    cells.push(cell("with a number that is none".into(), out_of_range));
    play("healthy", &cells);
}

/// Lists of executions that lack something.
fn wrong_lists() -> Vec<(&'static str, Value)> {
    let entry = json!({
        "executionArn": "arn:aws:states:us-east-1:121546003735:execution:peck-approval-workflow:peck-0004",
        "stateMachineArn": "arn:aws:states:us-east-1:121546003735:stateMachine:peck-approval-workflow",
        "name": "peck-0004", "status": "RUNNING", "startDate": crate::support::NOW - 60,
    });
    let started = |value: Value| {
        let mut entry = entry.clone();
        entry["startDate"] = value;
        json!({"executions": [entry]})
    };
    let mut undated = entry.clone();
    undated
        .as_object_mut()
        .expect("an object")
        .remove("startDate");
    vec![
        ("an empty object", json!({})),
        ("no list", json!({"executions": null})),
        ("a text for a list", json!({"executions": "none"})),
        ("a number for a list", json!({"executions": 0})),
        ("a bool for a list", json!({"executions": false})),
        ("an object for a list", json!({"executions": {}})),
        ("another name", json!({"items": []})),
        ("an entry that is null", json!({"executions": [null]})),
        ("an entry that is a number", json!({"executions": [3]})),
        (
            "an entry that is a text",
            json!({"executions": ["peck-0004"]}),
        ),
        ("an entry that is a list", json!({"executions": [[]]})),
        ("an entry that is empty", json!({"executions": [{}]})),
        ("an entry without a start", json!({"executions": [undated]})),
        ("a start of null", started(Value::Null)),
        ("a start of 1970", started(json!(0))),
        ("a start before 1970", started(json!(-5))),
        ("a start in words", started(json!("a minute ago"))),
        (
            "a start that is a list",
            started(json!([crate::support::NOW])),
        ),
        ("a start that is a bool", started(json!(true))),
        (
            "a start in the future",
            started(json!(crate::support::NOW + 3_600)),
        ),
        (
            "a start in milliseconds",
            started(json!(crate::support::NOW * 1_000)),
        ),
        ("a start beyond all time", started(json!(1e300))),
        (
            "a next page that is a number",
            json!({"executions": [], "nextToken": 2}),
        ),
        ("two lists", json!("two lists")),
    ]
}

#[test]
fn an_incomplete_execution_list_is_not_empty() {
    let cells: Vec<_> = wrong_lists()
        .into_iter()
        .map(|(name, body)| {
            let body = match name {
                "two lists" => "{\"executions\":[],\"executions\":[]}".to_owned(),
                _ => body.to_string(),
            };
            cell(
                Operation::ListExecutions,
                name,
                Fault::Body(body),
                "executions",
            )
        })
        .collect();
    play("healthy", &cells);
}

/// The dates that a step of the executions stands on: where one is gone, null or mistyped, the step
/// is not ok.
#[test]
fn an_execution_without_the_date_that_decides_is_unknown() {
    // Every list is answered with it, so it names no status.
    let item = |start: i64, more: &[(&str, Value)]| {
        let mut item = json!({
            "executionArn": "arn:aws:states:us-east-1:121546003735:execution:peck-approval-workflow:peck-0004",
            "stateMachineArn": "arn:aws:states:us-east-1:121546003735:stateMachine:peck-approval-workflow",
            "name": "peck-0004", "startDate": crate::support::NOW - start,
        });
        for (name, value) in more {
            item[name] = value.clone();
        }
        item
    };
    let ago = |seconds: i64| json!(crate::support::NOW - seconds);
    let cases = [
        (
            "executions",
            "stopDate",
            item(111_600, &[("stopDate", ago(108_000))]),
        ),
        (
            "executions",
            "stateMachineArn",
            item(111_600, &[("stopDate", ago(108_000))]),
        ),
        (
            "stale",
            "redriveDate",
            item(
                259_200,
                &[("redriveCount", json!(1)), ("redriveDate", ago(240))],
            ),
        ),
    ];
    let (mut wrong, mut tried) = (Vec::new(), 0);
    for (of, field, honest) in cases {
        let stage = Stage::of(world("healthy"));
        let verdict = |item: &Value| {
            let body = json!({"executions": [item]}).to_string();
            let fault = Fault::Body(body);
            stage
                .practice
                .world()
                .faults
                .insert(Operation::ListExecutions, fault);
            let (_, document) = stage.once(&["triage", "inc-004"]).json();
            crate::support::step(&document, "inc-004", of)["verdict"].clone()
        };
        assert_eq!(verdict(&honest), "ok", "{of}: {honest}");
        let mut gone = honest.clone();
        gone.as_object_mut().expect("an object").remove(field);
        let mut maimed = vec![("gone", gone)];
        for (what, value) in dresses(Operation::ListExecutions, &honest[field]) {
            let mut changed = honest.clone();
            changed[field] = value;
            maimed.push((what, changed));
        }
        for (what, item) in maimed {
            tried += 1;
            // A date of a fraction more is the same date.
            if what != "a fraction" && verdict(&item) == "ok" {
                wrong.push(format!("{of}: {field} {what}"));
            }
        }
    }
    println!("evidence, dates of executions: {tried} cells");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Servers of an empty list that goes on for ever: with the same token, and with two in turn.
pub(crate) fn endless_pages(list: &str, version: &str) -> [Raw; 2] {
    let kind = format!("application/x-amz-json-{version}");
    let page = |token: &str| {
        let body = json!({list: [], "nextToken": token}).to_string();
        http("200 OK", &[("content-type", &kind)], body.as_bytes())
    };
    let (tick, tock) = (page("tick"), page("tock"));
    [
        Raw::answering(page("more")),
        Raw::with(move |asked| match asked.contains("tick") {
            true => tock.clone(),
            false => tick.clone(),
        }),
    ]
}

#[test]
fn endless_pagination_is_unknown() {
    let stage = Stage::of(world("healthy"));
    for pages in endless_pages("executions", "1.0") {
        let call = stage.once(&["triage", "inc-004", "--deadline", "2s"]);
        let (_, document) = call.env("AWS_ENDPOINT_URL_SFN", pages.url()).json();
        assert!(pages.connections() >= 8, "four lists of two pages at least");
        for id in ["executions", "stale"] {
            let step = crate::support::step(&document, "inc-004", id);
            assert_eq!(step["verdict"], "unknown", "{step:#}");
        }
    }
}

#[test]
fn an_identity_without_an_account_proves_no_account() {
    let identity = |inner: &str| {
        format!(
            "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
             <GetCallerIdentityResult>{inner}</GetCallerIdentityResult></GetCallerIdentityResponse>"
        )
    };
    let arn = "<Arn>arn:aws:iam::121546003735:user/duck</Arn>";
    let bodies = [
        ("nothing in it", identity("")),
        ("no account", identity(arn)),
        (
            "an empty account",
            identity(&format!("{arn}<Account></Account>")),
        ),
        (
            "a blank account",
            identity(&format!("{arn}<Account> </Account>")),
        ),
        (
            "another account",
            identity("<Account>210987654321</Account>"),
        ),
        (
            "the account and more",
            identity("<Account>1215460037351</Account>"),
        ),
        ("the wrong element", format!("<Result>{arn}</Result>")),
        ("a torn document", identity(arn)[..80].to_owned()),
    ];
    let cells: Vec<_> = bodies
        .into_iter()
        .map(|(name, body)| cell(Operation::GetCallerIdentity, name, Fault::Body(body), ""))
        .collect();
    play("healthy", &cells);
}

/// An answer of CloudWatch in which nothing bounces, changed by `change`.
fn measured(change: impl Fn(&str, &mut Vec<(Tree, Tree)>) -> bool) -> Vec<u8> {
    let stamp = || Tree::Tag(1, Box::new(Tree::from(crate::support::NOW - 3_600)));
    let results = [
        ("send", 100.0),
        ("bounce", 0.0),
        ("complaint", 0.0),
        ("bouncerate", 0.0),
        ("complaintrate", 0.0),
    ]
    .into_iter()
    .filter_map(|(id, value)| {
        let mut members = vec![
            ("Id".into(), id.into()),
            ("Label".into(), id.into()),
            ("Timestamps".into(), Tree::Array(vec![stamp()])),
            ("Values".into(), Tree::Array(vec![Tree::Float(value)])),
            ("StatusCode".into(), "Complete".into()),
        ];
        change(id, &mut members).then_some(Tree::Map(members))
    })
    .collect();
    cbor(&Tree::Map(vec![(
        "MetricDataResults".into(),
        Tree::Array(results),
    )]))
}

pub(crate) fn cbor(tree: &Tree) -> Vec<u8> {
    tree.encoded()
}

#[test]
fn incomplete_metrics_prove_no_low_rate() {
    let stage = Stage::of(world("healthy"));
    let ask = |body: Vec<u8>| {
        let headers = [
            ("content-type", "application/cbor"),
            ("smithy-protocol", "rpc-v2-cbor"),
        ];
        let cloudwatch = Raw::answering(http("200 OK", &headers, &body));
        let call = stage.once(&["triage", "inc-005", "--deadline", "30s"]);
        let (_, document) = call
            .env("AWS_ENDPOINT_URL_CLOUDWATCH", cloudwatch.url())
            .json();
        assert!(cloudwatch.connections() > 0, "CloudWatch was never asked");
        document
    };
    let verdict =
        |document: &Value| crate::support::step(document, "inc-005", "bounces")["verdict"].clone();
    let whole = ask(measured(|_, _| true));
    assert_eq!(verdict(&whole), "ok", "the honest answer: {whole:#}");

    let mut cells = vec![
        ("an empty object".to_owned(), cbor(&Tree::Map(vec![]))),
        (
            "no results".to_owned(),
            cbor(&Tree::Map(vec![(
                "MetricDataResults".into(),
                Tree::Array(vec![]),
            )])),
        ),
        (
            "null results".to_owned(),
            cbor(&Tree::Map(vec![("MetricDataResults".into(), Tree::Null)])),
        ),
        ("torn".to_owned(), {
            let mut whole = measured(|_, _| true);
            whole.truncate(whole.len() / 2);
            whole
        }),
    ];
    for metric in ["send", "bounce", "complaint", "bouncerate", "complaintrate"] {
        cells.push((format!("{metric} left out"), measured(|id, _| id != metric)));
        for member in ["Id", "Timestamps", "Values", "StatusCode"] {
            let body = measured(|id, members| {
                members.retain(|(name, _)| id != metric || *name != Tree::from(member));
                true
            });
            cells.push((format!("{metric} without {member}"), body));
        }
        let changes: [(&str, &str, Tree); 6] = [
            ("StatusCode", "InternalError", "InternalError".into()),
            ("StatusCode", "Forbidden", "Forbidden".into()),
            (
                "StatusCode",
                "PartialData and no next page",
                "PartialData".into(),
            ),
            (
                "Values",
                "a negative value",
                Tree::Array(vec![Tree::Float(-1.0)]),
            ),
            (
                "Values",
                "no number",
                Tree::Array(vec![Tree::Float(f64::NAN)]),
            ),
            (
                "Values",
                "two values at one time",
                Tree::Array(vec![Tree::Float(0.0), Tree::Float(0.0)]),
            ),
        ];
        for (member, name, value) in changes {
            let body = measured(|id, members| {
                for (key, old) in members.iter_mut() {
                    if id == metric && *key == Tree::from(member) {
                        *old = value.clone();
                    }
                }
                true
            });
            cells.push((format!("{metric} with {name}"), body));
        }
    }
    println!("evidence, metrics: {} cells", cells.len());
    at_once(4, &cells, |(name, body)| {
        let document = ask(body.clone());
        assert_eq!(verdict(&document), "unknown", "{name}: {document:#}");
        let quota = crate::support::step(&document, "inc-005", "quota");
        assert_eq!(
            quota["verdict"], "ok",
            "{name} has nothing to do with the quota"
        );
    });
}
