//! Claim: of several operators with the same plan and different targets one wins, and every
//! other one gets the conflict and the version that won.
//!
//! A part of it runs with every test. The whole, 500 rounds for each number of operators:
//! `cargo test --test claims -- --ignored --nocapture race`.

use super::{alias, puts};
use crate::support::{Stage, world};
use duckops::cloud::{Aws, Http};
use duckops::lambda::function_state::Caller;
use duckops::practice::{FakeStack, Operation, Practice, Version};
use duckops::stack::{Flags, Settings, Stack};
use duckops::state_dir::journal::Journal;
use duckops::write::Clock;
use duckops::write::alias::plan::{AliasPlan, Purpose};
use duckops::write::alias::update::{AliasUpdate, MoveOutcome, alias_now};
use duckops::write::consent::{Consent, Reply, ReplyText};
use duckops::write::guarded::{Operator, WriteContext, WritePlan, carry_out};
use duckops::write::report::WriteReport;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Barrier;

/// How many rounds one journal of an operator has.
const ROUNDS_PER_JOURNAL: usize = 20;

/// A world in which there is a version for every operator.
fn crowd(operators: usize) -> FakeStack {
    let mut world = world("inc-001");
    let newest = world.versions.last().expect("a version").clone();
    world.versions.extend((0..operators).map(|n| Version {
        number: (100 + n).to_string(),
        code_sha256: format!("RACE{n}="),
        ..newest.clone()
    }));
    world.alias_target.weights = vec![("61".to_owned(), 0.1)];
    world.together = Some(Arc::new(Barrier::new(operators)));
    world
}

/// What a number of rounds came to.
#[derive(Default)]
struct Figures {
    rounds: usize,
    winners: usize,
    conflicts: usize,
    requests: usize,
    took: Vec<Duration>,
}

impl Figures {
    fn print(&mut self, what: &str, operators: usize) {
        self.took.sort();
        let at = |part: usize| self.took[(self.took.len() - 1) * part / 100];
        println!(
            "race of {operators} {what}: {} rounds, {} winners, {} conflicts, {} requests, p50 {:.0?}, p99 {:.0?}",
            self.rounds,
            self.winners,
            self.conflicts,
            self.requests,
            at(50),
            at(99)
        );
        assert_eq!(self.winners, self.rounds);
        assert_eq!(self.conflicts, self.rounds * (operators - 1));
        assert_eq!(self.requests, self.rounds * operators);
    }
}

/// Whole commands, each a process of its own.
fn commands(operators: usize, rounds: usize) {
    let mut figures = Figures::default();
    for _ in 0..rounds {
        let stage = Stage::of(crowd(operators));
        let ran: Vec<_> = std::thread::scope(|scope| {
            let running: Vec<_> = (0..operators)
                .map(|n| {
                    let stage = &stage;
                    scope.spawn(move || {
                        let target = (100 + n).to_string();
                        let consent = format!("--confirm=prod@62->{target}");
                        let began = Instant::now();
                        let state = stage.home().join(format!("operator-{n}"));
                        let duckops = alias(
                            stage,
                            &[
                                "rollback",
                                "--to",
                                &target,
                                &consent,
                                "--wait",
                                "0s",
                                "--deadline",
                                "60s",
                            ],
                        );
                        let ran = duckops.env("DUCKOPS_STATE_DIR", state).json();
                        (target, ran, began.elapsed())
                    })
                })
                .collect();
            running
                .into_iter()
                .map(|r| r.join().expect("it ends"))
                .collect()
        });
        let end = stage.practice.world().alias_target.clone();
        assert!(end.weights.is_empty(), "{end:?}");
        figures.rounds += 1;
        figures.requests += puts(&stage).len();
        for (target, (code, document), took) in ran {
            figures.took.push(took);
            // The API is not waited for here, so the winner's move is not verified.
            match (code, document["outcome"].as_str().unwrap_or_default()) {
                (2, "not-verified") => {
                    figures.winners += 1;
                    assert_eq!(end.version, target);
                }
                (4, "conflict") => {
                    figures.conflicts += 1;
                    let named = format!("version {}", end.version);
                    assert!(
                        document["summary"].to_string().contains(&named),
                        "{document:#}"
                    );
                }
                _ => panic!("{document:#}"),
            }
        }
    }
    figures.print("commands", operators);
}

#[test]
fn one_of_several_concurrent_commands_wins() {
    commands(2, 2);
    commands(4, 1);
}

#[test]
#[ignore = "takes long; see the head of this file"]
fn race_of_sixteen_commands() {
    commands(16, 3);
}

fn stack(practice: &Practice) -> Stack {
    let flags = Flags {
        api_url: Some(practice.api_url()),
        ..Flags::default()
    };
    Settings::resolve(&flags, &|_| None)
        .expect("settings")
        .stack
}

/// From the plan on: consent, request, reading back and journal, in one process.
async fn requests_only(operators: usize, rounds: usize) {
    let mut figures = Figures::default();
    let mut seen = 0;
    let practice = Practice::start(crowd(operators), 0)
        .await
        .expect("a free port");
    let stack = Arc::new(stack(&practice));
    let http = Http::direct(None);
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..rounds {
        // What a long journal costs is not what is asked here.
        let journals = folder.path().join((round / ROUNDS_PER_JOURNAL).to_string());
        {
            let mut world = practice.world();
            world.alias_target.version = "62".to_owned();
            world.alias_target.weights = vec![("61".to_owned(), 0.1)];
        }
        let running: Vec<_> = (0..operators)
            .map(|n| {
                let (stack, url) = (Arc::clone(&stack), practice.aws_url());
                let aws = Aws::practice(&stack, http.clone(), &url);
                let state = journals.join(n.to_string());
                let journal = Journal::in_folder(&state);
                let target = (100 + n).to_string();
                let http = http.clone();
                tokio::spawn(async move {
                    let clock = Clock {
                        now: crate::support::now(),
                        began: Instant::now(),
                    };
                    let context = WriteContext {
                        stack: &stack,
                        http: &http,
                        aws: &aws,
                        state: &state,
                        journal: &journal,
                        clock,
                        operator: &Unattended,
                    };
                    let plan = plan(&context, &url, &target).await;
                    let confirm = format!("prod@62->{target}");
                    let consent = Consent::from(&plan.terms(), ReplyText::Confirmed(&confirm));
                    let began = Instant::now();
                    let consent = consent.expect("consent");
                    let applied = carry_out(&context, &AliasUpdate, &plan, consent).await;
                    let outcome = applied.expect("it was sent").outcome;
                    (target, outcome, began.elapsed())
                })
            })
            .collect();
        let mut ended = Vec::new();
        for running in running {
            ended.push(running.await.expect("it ends"));
        }
        let end = practice.world().alias_target.clone();
        assert!(end.weights.is_empty(), "{end:?}");
        figures.rounds += 1;
        for (target, outcome, took) in ended {
            figures.took.push(took);
            match outcome {
                MoveOutcome::InForce { alias, odd: None } => {
                    figures.winners += 1;
                    assert_eq!(
                        (&alias.version, &alias.revision),
                        (&end.version, &end.revision)
                    );
                    assert_eq!(alias.version, target);
                }
                MoveOutcome::Conflict { alias } => {
                    figures.conflicts += 1;
                    assert_eq!(alias.version, end.version);
                }
                other => panic!("{other:?}"),
            }
        }
        let requests = practice.requests();
        let sent = |seen: &&duckops::practice::ReceivedRequest| {
            seen.operation == Some(Operation::UpdateAlias)
        };
        figures.requests += requests[seen..].iter().filter(sent).count();
        seen = requests.len();
    }
    for n in 0..operators {
        let mut entries = 0;
        for number in 0..rounds.div_ceil(ROUNDS_PER_JOURNAL) {
            let state = folder.path().join(number.to_string()).join(n.to_string());
            let chain = Journal::in_folder(&state).read().expect("a journal");
            assert!(chain.is_whole() && chain.open().is_empty());
            entries += chain.entries.len();
        }
        assert_eq!(entries, rounds * 4);
    }
    figures.print("requests", operators);
}

async fn plan(context: &WriteContext<'_>, host: &str, target: &str) -> AliasPlan {
    let from = alias_now(context).await.expect("the alias");
    let stack = context.stack;
    AliasPlan {
        id: format!("{target}-{}", from.revision),
        purpose: Purpose::Rollback,
        function: stack.function.value.clone(),
        alias: stack.alias.value.clone(),
        region: stack.region.value.clone(),
        caller: Caller {
            account: stack.account.value.clone(),
            arn: "arn:aws:sts::121546003735:assumed-role/ops/race".to_owned(),
            host: host.to_owned(),
        },
        host: host.to_owned(),
        from,
        version: target.to_owned(),
        weights: BTreeMap::new(),
        to: target.to_owned(),
        differences: Vec::new(),
        then: None,
        approval: None,
    }
}

fn on_a_runtime(rounds: usize) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("a runtime");
    for operators in [2, 4, 16] {
        runtime.block_on(requests_only(operators, rounds));
    }
}

#[test]
fn one_of_several_operators_with_the_same_plan_wins() {
    on_a_runtime(10);
}

#[test]
#[ignore = "takes long; see the head of this file"]
fn race_in_500_rounds() {
    on_a_runtime(500);
}

/// No one to ask.
struct Unattended;

impl Operator for Unattended {
    fn ask<'a>(
        &'a self,
        _: &'a WriteReport,
        _: &'a str,
    ) -> Pin<Box<dyn Future<Output = Reply> + Send + 'a>> {
        Box::pin(std::future::ready(Reply::Nothing))
    }

    fn warn(&self, _: &str) {}

    fn progress(&self, _: &str) {}

    fn sending(&self, _: &str) {}

    fn not_sent(&self) {}

    fn wants_to_end(&self) -> bool {
        false
    }
}
