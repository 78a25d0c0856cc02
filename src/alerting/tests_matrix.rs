//! The fault matrix of delivery: every class of answers, for every kind of channel, in every
//! situation. Each message is accepted once by its key, or named as not delivered.
#![allow(clippy::unwrap_used)] // A broken test may say so loudly.

use super::channels::ChannelClient;
use super::delivery::Delivery;
use super::{AlertChannel, AlertState, CheckRun, Debounce, advance, update_state};
use crate::cloud::Http;
use crate::history::{self, BUSY_BUDGET, History, Location, Nowhere, StackKey};
use crate::report::model::{Report, Verdict};
use crate::report::sample;
use crate::stack::{Channel, ChannelKind, Environment, SecretSource};
use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration as Time, Instant};
use time::{Duration, OffsetDateTime};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What the first request is answered with; every later one is accepted.
const CLASSES: [(&str, &str); 24] = [
    ("accepted", ""),
    (
        "page",
        "200 OK\r\ncontent-type: text/html\r\n\r\n<html>log in</html>",
    ),
    ("says no", "200 OK\r\n\r\n{\"ok\":false,\"error\":\"x\"}"),
    ("302", "302 Found\r\nlocation: http://127.0.0.1:9/\r\n\r\n"),
    ("400", "400 Bad\r\n\r\n"),
    ("413", "413 Large\r\n\r\n"),
    ("422", "422 No\r\n\r\n"),
    ("401", "401 No\r\n\r\n"),
    ("403", "403 No\r\n\r\n"),
    ("404", "404 No\r\n\r\n"),
    ("407", "407 Proxy\r\n\r\n"),
    ("410", "410 Gone\r\n\r\n"),
    ("408", "408 Late\r\n\r\n"),
    ("425", "425 Early\r\n\r\n"),
    ("429 in s", "429 Slow\r\nretry-after: 90\r\n\r\n"),
    (
        "429 at",
        "429 Slow\r\nretry-after: Tue, 02 Feb 2026 03:00:00 GMT\r\n\r\n",
    ),
    ("500", "500 Oops\r\n\r\n"),
    ("503", "503 Busy\r\n\r\n"),
    ("torn", "200 OK\r\ncontent-length: 99\r\n\r\n{\"ok\""),
    ("hangs", "-"),
    ("closes", "x"),
    ("204", "204 No Content\r\n\r\n"),
    ("empty", "200 OK\r\n\r\n"),
    ("a word", "200 OK\r\n\r\nno_service"),
];
/// Those that are an acceptance of a webhook, and of no other kind.
const OF_WEBHOOKS: [&str; 3] = ["204", "empty", "a word"];
const KINDS: [&str; 4] = ["slack", "pagerduty", "webhook", "command"];
const SITUATIONS: [&str; 5] = ["first", "behind another", "killed", "clock", "no state"];

fn at(second: i64) -> OffsetDateTime {
    OffsetDateTime::UNIX_EPOCH + Duration::seconds(1_770_000_000 + second)
}

/// What a receiver saw: the key of each message, and whether it accepted it.
type Seen = Arc<Mutex<Vec<(String, bool)>>>;

/// Answers the first request about `inc-004` with `answer`, those about another incident with 500
/// while `is_other_dead`, and accepts everything else.
/// `accepts`: whether its answer is an acceptance to this kind of channel.
async fn receiver(
    (answer, accepts): (&'static str, bool),
    is_other_dead: Arc<Mutex<bool>>,
    seen: Seen,
) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let (seen, dead) = (Arc::clone(&seen), Arc::clone(&is_other_dead));
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut part = [0; 16 * 1024];
                let (key, is_other) = loop {
                    let read = stream.read(&mut part).await.unwrap_or(0);
                    request.extend_from_slice(&part[..read]);
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let whole = text.split_once("\r\n\r\n").filter(|(head, body)| {
                        let length = head
                            .lines()
                            .find_map(|line| line.strip_prefix("content-length: "));
                        length.and_then(|length| length.parse().ok()) == Some(body.len())
                    });
                    if let Some((head, _)) = whole {
                        let mut lines = head.lines();
                        let key = lines.find_map(|line| line.strip_prefix("idempotency-key: "));
                        let key = key.unwrap_or_default().to_owned();
                        break (key.clone(), key.contains("inc-003"));
                    }
                    if read == 0 {
                        return;
                    }
                };
                let is_first = !seen.lock().unwrap().iter().any(|(known, _)| *known == key);
                let answer = match (is_other, is_first) {
                    (true, _) if *dead.lock().unwrap() => "500 Oops\r\n\r\n",
                    (false, true) => answer,
                    _ => "",
                };
                let is_accepted = answer.is_empty() || (accepts && !is_other);
                seen.lock().unwrap().push((key, is_accepted));
                if answer == "x" {
                    return;
                }
                if answer == "-" {
                    tokio::time::sleep(Time::from_secs(8)).await;
                    return;
                }
                let accepted = "202 Accepted\r\n\r\n{\"status\":\"success\",\"ok\":true}";
                let answer = if answer.is_empty() { accepted } else { answer };
                let (head, body) = answer.split_once("\r\n\r\n").unwrap();
                let length = match head.contains("content-length") {
                    true => String::new(),
                    false => format!("content-length: {}\r\n", body.len()),
                };
                let answer = format!("HTTP/1.1 {head}\r\n{length}connection: close\r\n\r\n{body}");
                let _ = stream.write_all(answer.as_bytes()).await;
            });
        }
    });
    format!("http://{address}/")
}

/// A channel of a kind that leads to this receiver, or to a program that fails the first time.
fn channel(kind: &str, folder: &Path, class: &str) -> ChannelKind {
    let url = || SecretSource::Environment("URL".to_owned());
    match kind {
        "slack" => ChannelKind::Slack { url: url() },
        "pagerduty" => ChannelKind::PagerDuty {
            key: SecretSource::Environment("KEY".to_owned()),
            url: None,
        },
        "webhook" => ChannelKind::Webhook {
            url: url(),
            secret: None,
        },
        _ => {
            let program = folder.join("page");
            let first = match class {
                "accepted" => "exit 0",
                "hangs" => "sleep 30",
                _ => "exit 7",
            };
            let script = format!(
                "#!/bin/sh\nkey=$(sed -n 's/^Message //p')\nif grep -qs \"$key\" {0}/log; then echo \"$key yes\" >> {0}/log; exit 0; fi\necho \"$key first\" >> {0}/log\ncase $key in *inc-003*) [ -e {0}/dead ] && exit 1; exit 0;; esac\n{first}\n",
                folder.display()
            );
            std::fs::write(&program, script).unwrap();
            std::fs::set_permissions(&program, PermissionsExt::from_mode(0o700)).unwrap();
            ChannelKind::Command {
                line: vec![program.display().to_string()],
            }
        }
    }
}

fn report(ids: &[&str]) -> Report {
    let mut report = sample::one_bad_runbook();
    let one = report.runbooks[0].clone();
    report.runbooks = ids
        .iter()
        .map(|id| {
            let mut runbook = one.clone();
            runbook.id = (*id).into();
            runbook.verdict = Verdict::Critical;
            runbook
        })
        .collect();
    report
}

struct DeliveryCase {
    place: Location,
    clients: Arc<Vec<ChannelClient>>,
    channels: Vec<AlertChannel>,
    has_state: bool,
    ids: &'static [&'static str],
}

impl DeliveryCase {
    fn history(&self) -> Box<dyn History> {
        match self.has_state {
            true => history::open(&self.place, BUSY_BUDGET).unwrap(),
            false => Box::new(Nowhere),
        }
    }

    /// One check; `dies` before it notes what came of its messages.
    async fn check(&self, number: usize, second: i64, dies: bool) {
        let key = StackKey("prod".to_owned());
        let id = format!("run-{number}");
        let check = CheckRun {
            at: at(second),
            id: &id,
            host: "a",
            debounce: Debounce::NONE,
            channels: &self.channels,
            stack: "prod",
            has_state: self.has_state,
            runbook_url: None,
        };
        let mut history = self.history();
        let claimed = update_state(history.as_mut(), &key, &id, |state| {
            let mut next = advance(state, &check, &mut report(self.ids));
            next.note_closed(check.at, &self.channels, &[]);
            let claimed = next.claim(check.at, &id, &self.channels);
            *state = next;
            claimed
        })
        .unwrap();
        if dies {
            for message in &claimed {
                let http = Http::direct(None);
                self.clients[0]
                    .send(&http, message, Time::from_secs(5), at(second))
                    .await;
            }
            return;
        }
        let delivery = Delivery {
            http: Http::direct(None),
            key,
            run: id.clone(),
            host: "a".to_owned(),
            end: Instant::now() + Time::from_secs(20),
            began: (at(second), Instant::now()),
            channels: self.channels.clone(),
        };
        delivery
            .deliver(claimed, Arc::clone(&self.clients), history)
            .await;
    }

    fn state(&self) -> AlertState {
        let left = self.history().ledger(&StackKey("prod".to_owned())).unwrap();
        AlertState::read(&left.document).unwrap()
    }
}

/// Plays one case to its end; what was accepted by key, or that it is named.
async fn play(
    kind: &'static str,
    class: (&'static str, &'static str),
    situation: &'static str,
) -> &'static str {
    let name = format!("{kind} / {} / {situation}", class.0);
    let folder = tempfile::tempdir().unwrap();
    let seen = Seen::default();
    let other_dead = Arc::new(Mutex::new(true));
    std::fs::write(folder.path().join("dead"), "").unwrap();
    let accepts = kind == "webhook" && OF_WEBHOOKS.contains(&class.0);
    let answer = (class.1, accepts);
    let url = receiver(answer, Arc::clone(&other_dead), Arc::clone(&seen)).await;
    let mut kind_of = channel(kind, folder.path(), class.0);
    if let ChannelKind::PagerDuty { url: address, .. } = &mut kind_of {
        *address = url.parse().ok();
    }
    let env: Environment = [
        ("URL", url.as_str()),
        ("KEY", "k3y-0f-the-pager"),
        ("PATH", "/usr/bin:/bin"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    let channel = Channel {
        name: "it".to_owned(),
        kind: kind_of,
        from: "critical".to_owned(),
        priorities: Vec::new(),
        recipients: Vec::new(),
    };
    let case = DeliveryCase {
        place: Location::Sqlite(folder.path().join("history.db")),
        clients: Arc::new(vec![ChannelClient::open(&channel, &env).unwrap()]),
        channels: vec![AlertChannel::new("it", Verdict::Critical)],
        has_state: situation != "no state",
        ids: match situation {
            "behind another" => &["inc-003", "inc-004"],
            _ => &["inc-004"],
        },
    };
    let times: &[i64] = match situation {
        "clock" => &[3 * 86_400, 0, 62, 4_000],
        "killed" => &[0, 30, 62, 4_000],
        _ => &[0, 62, 200, 4_000],
    };
    for (number, second) in times.iter().enumerate() {
        if number == 2 {
            *other_dead.lock().unwrap() = false;
            std::fs::remove_file(folder.path().join("dead")).unwrap();
        }
        case.check(number, *second, situation == "killed" && number == 0)
            .await;
    }
    let seen = match kind {
        "command" => {
            let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
            let fails_first = class.0 != "accepted";
            let line = |line: &str| {
                let (key, how) = line.split_once(' ').unwrap();
                let fails = how == "first" && (fails_first || key.contains("inc-003"));
                (key.to_owned(), !fails)
            };
            log.lines().map(line).collect()
        }
        _ => seen.lock().unwrap().clone(),
    };
    let mut accepted: BTreeMap<&str, usize> = BTreeMap::new();
    for (key, _) in seen.iter().filter(|(_, accepted)| *accepted) {
        *accepted.entry(key).or_default() += 1;
    }
    let of = |id: &str| -> Vec<(&&str, &usize)> {
        accepted
            .iter()
            .filter(|(key, _)| key.contains(id))
            .collect()
    };
    let refused = case
        .state()
        .refused
        .iter()
        .any(|refused| refused.runbook == "inc-004");
    let requests = seen
        .iter()
        .filter(|(key, _)| key.contains("inc-004"))
        .count();
    // Within three days of the clock's jump, and within an hour else.
    match of("inc-004").as_slice() {
        [(_, many)] => {
            // A run that died before it noted, and one that knows nothing, may repeat the key.
            let may_repeat = ["killed", "no state"].contains(&situation);
            assert!(**many == 1 || may_repeat, "{name}: {seen:?}");
            assert!(!refused, "{name}: delivered and named as refused");
        }
        [] => {
            assert!(refused, "{name}: neither delivered nor named: {seen:?}");
            assert_eq!(requests, 1, "{name}: refused for good and sent again");
        }
        more => panic!("{name}: several keys: {more:?}"),
    }
    if situation == "behind another" {
        assert_eq!(of("inc-003").len(), 1, "{name}: {seen:?}");
        let first = seen.iter().position(|(key, _)| key.contains("inc-004"));
        assert!(
            first.is_some_and(|first| first < 2),
            "{name}: it was held back: {seen:?}"
        );
    }
    if case.has_state {
        assert_eq!(
            case.state().waiting(),
            0,
            "{name}: something still waits: {seen:?}"
        );
    }
    if refused { "named" } else { "delivered" }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_message_is_accepted_once_by_its_key_or_named_as_not_delivered() {
    // More at once would only wait for each other until their time-outs.
    let places = Arc::new(tokio::sync::Semaphore::new(12));
    let mut running = tokio::task::JoinSet::new();
    for kind in KINDS {
        for class in CLASSES {
            for situation in SITUATIONS {
                let places = Arc::clone(&places);
                running.spawn(async move {
                    let _place = places.acquire_owned().await.unwrap();
                    play(kind, class, situation).await
                });
            }
        }
    }
    let (mut delivered, mut named) = (0, 0);
    while let Some(ended) = running.join_next().await {
        match ended.unwrap() {
            "named" => named += 1,
            _ => delivered += 1,
        }
    }
    let all = KINDS.len() * CLASSES.len() * SITUATIONS.len();
    println!("{all} cases: {delivered} delivered once by key, {named} named as not delivered");
    assert_eq!(delivered + named, all);
    // 400, 413 and 422 of three kinds that speak HTTP, where the outcome was noted and kept.
    assert_eq!(named, 3 * 3 * 3);
}
