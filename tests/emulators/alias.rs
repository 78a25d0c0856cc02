//! Moving the alias: what is sent to a Lambda that others wrote, and what duckops makes of
//! its answers. A relay between the two is the witness of what was sent.

use super::{stage, this_second};
use crate::support::emulator::{Emulator, Kind, environment};
use crate::support::{Stage, at_once, http_put};

use serde_json::{Value, json};
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::{Arc, Mutex};
use time::format_description::well_known::Rfc3339;

const MAKE: &str = include_str!("function.py");
const ALIAS: &str = "/2015-03-31/functions/mission-control-api/aliases/prod";

/// An emulator with the function, its versions 1 to 3, and `prod` on 3.
fn with_function(kind: Kind) -> crate::support::emulator::Turn {
    let emulator = kind.take();
    let made = Command::new(environment().join("bin/python"))
        .args(["-c", MAKE, &emulator.url()])
        .env_clear()
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .stdin(Stdio::null())
        .output()
        .expect("python runs");
    let said = String::from_utf8_lossy(&made.stderr);
    assert!(made.status.success(), "{kind:?}: {said}");
    emulator
}

/// Where the alias points, as the emulator itself says.
fn pointing(emulator: &Emulator) -> Value {
    emulator.lambda(ALIAS)
}

/// Passes every byte on, and keeps what duckops sent.
struct Relay {
    url: String,
    sent: Arc<Mutex<Vec<u8>>>,
}

impl Relay {
    /// `before` is called before anything that changes the alias goes on.
    fn to(emulator: &Emulator, before: impl Fn() + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("its address"));
        let sent: Arc<Mutex<Vec<u8>>> = Arc::default();
        let (there, kept) = (emulator.url().replace("http://", ""), Arc::clone(&sent));
        let before = Arc::new(before);
        std::thread::spawn(move || {
            for here in listener.incoming().flatten() {
                let onward = TcpStream::connect(&there).expect("the emulator");
                let (mut back, mut answer) = (onward.try_clone(), here.try_clone());
                std::thread::spawn(move || {
                    if let (Ok(back), Ok(answer)) = (&mut back, &mut answer) {
                        let _ = std::io::copy(back, answer);
                        let _ = answer.shutdown(Shutdown::Both);
                    }
                });
                let (kept, before) = (Arc::clone(&kept), Arc::clone(&before));
                std::thread::spawn(move || pass_on(here, onward, &kept, &*before));
            }
        });
        Self { url, sent }
    }

    /// The requests that change the alias, each from its first line on.
    fn puts(&self) -> Vec<String> {
        let sent = self.sent.lock().expect("the bytes");
        let text = String::from_utf8_lossy(&sent).into_owned();
        let put = format!("PUT {ALIAS} ");
        let requests = text.split(&put).skip(1);
        assert_eq!(text.matches("PUT ").count(), requests.clone().count());
        requests.map(str::to_owned).collect()
    }
}

fn pass_on(mut here: TcpStream, mut onward: TcpStream, kept: &Mutex<Vec<u8>>, before: &dyn Fn()) {
    let mut bytes = [0; 65_536];
    while let Ok(many @ 1..) = here.read(&mut bytes) {
        if bytes[..many].starts_with(b"PUT ") {
            before();
        }
        kept.lock()
            .expect("the bytes")
            .extend_from_slice(&bytes[..many]);
        if onward.write_all(&bytes[..many]).is_err() {
            break;
        }
    }
    let _ = onward.shutdown(Shutdown::Both);
}

/// `duckops alias …` with Lambda and the identity behind the relay.
fn duckops(
    stage: &Stage,
    relay: &Relay,
    arguments: &[&str],
    more: &[(&str, &str)],
) -> (i32, Value) {
    let all = [&["alias"], arguments].concat();
    let now = stage.practice.world().now;
    let mut duckops = stage
        .duckops(&all)
        .env("DUCKOPS_TEST_NOW", now.format(&Rfc3339).expect("a time"))
        .env("AWS_ENDPOINT_URL_LAMBDA", &relay.url)
        .env("AWS_ENDPOINT_URL_STS", &relay.url);
    for (name, value) in more {
        duckops = duckops.env(name, *value);
    }
    duckops.json()
}

const WORD: &str = "--endpoint-override";

#[test]
fn nothing_is_sent_without_consent_or_against_a_check() {
    type Case = (
        &'static [&'static str],
        &'static [(&'static str, &'static str)],
        i32,
        &'static str,
    );
    const OTHER: &[(&str, &str)] = &[("DUCKOPS_ACCOUNT", "111122223333")];
    const BACK: &[&str] = &["rollback", "--to", "2", WORD, "--confirm", "prod@3->2"];
    const CASES: &[Case] = &[
        (
            &["rollback", "--to", "2", WORD],
            &[],
            5,
            "--confirm 'prod@3->2'",
        ),
        (
            &["rollback", "--to", "2", WORD, "--confirm", "prod@2->1"],
            &[],
            5,
            "not this plan",
        ),
        (
            &["rollback", "--to", "2", "--confirm", "prod@3->2"],
            &[],
            1,
            WORD,
        ),
        (BACK, OTHER, 1, "111122223333"),
        (
            &["rollback", "--to", "7", WORD, "--confirm", "prod@3->7"],
            &[],
            1,
            "version 7 does not exist",
        ),
        (
            &["rollback", "--to", "3", WORD, "--confirm", "prod@3->3"],
            &[],
            1,
            "already",
        ),
        (
            &[
                "rollback",
                "--to",
                "$LATEST",
                WORD,
                "--confirm",
                "prod@3->$LATEST",
            ],
            &[],
            1,
            "not a published version",
        ),
        (
            &["promote", "--to", "2", WORD, "--confirm", "prod@3->2"],
            &[],
            5,
            "approval",
        ),
        (
            &["rollback", WORD, "--confirm", "prod@3->2"],
            &[],
            1,
            "no version is proven to be good",
        ),
    ];
    for kind in [Kind::Moto, Kind::Ministack] {
        let emulator = with_function(kind);
        let relay = Relay::to(&emulator, || {});
        let before = pointing(&emulator);
        at_once(4, CASES, |(arguments, more, due, says)| {
            let stage = stage(this_second());
            let (code, document) = duckops(&stage, &relay, arguments, more);
            assert_eq!(code, *due, "{kind:?} {arguments:?}: {document:#}");
            let said = document.to_string();
            assert!(said.contains(says), "{kind:?} {arguments:?}: {document:#}");
        });
        assert_eq!(relay.puts(), Vec::<String>::new(), "{kind:?}");
        assert_eq!(pointing(&emulator), before, "{kind:?}");
        println!(
            "{kind:?}: {} refusals, no request that changes anything",
            CASES.len()
        );
    }
}

/// One request, with the revision that was read and weights of nothing. ministack changes the
/// revision as AWS does. moto never does: what it says afterwards proves nothing, and duckops
/// does not call it done.
#[test]
fn a_move_is_one_request_and_done_only_when_reading_back_shows_it() {
    for (kind, due) in [
        (Kind::Ministack, (0, "done")),
        (Kind::Moto, (2, "overtaken")),
    ] {
        let emulator = with_function(kind);
        let relay = Relay::to(&emulator, || {});
        let revision = pointing(&emulator)["RevisionId"].clone();
        let stage = stage(this_second());
        {
            let status = &mut stage.practice.world().status;
            status["lambda_version"] = "v2".into();
            status["lambda_alias_version"] = "2".into();
            status["lambda"]["version"] = "2".into();
        }
        let back = [
            "rollback",
            "--to",
            "2",
            WORD,
            "--confirm",
            "prod@3->2",
            "--wait",
            "20s",
        ];
        let (code, document) = duckops(&stage, &relay, &back, &[]);
        let outcome = document["outcome"].as_str().expect("a word");
        assert_eq!((code, outcome), due, "{kind:?}: {document:#}");
        let [put] = &relay.puts()[..] else {
            panic!("{kind:?}: {:?}", relay.puts())
        };
        let (_, body) = put.split_once("\r\n\r\n").expect("a body");
        let mut body = serde_json::Deserializer::from_str(body).into_iter::<Value>();
        let sent = json!({
            "FunctionVersion": "2",
            "RevisionId": revision,
            "RoutingConfig": {"AdditionalVersionWeights": {}},
        });
        let body = body.next().expect("a document");
        assert!(
            matches!(&body, Ok(body) if *body == sent),
            "{kind:?}: {put}"
        );
        assert_eq!(pointing(&emulator)["FunctionVersion"], "2", "{kind:?}");
    }
}

/// The alias is moved between our reading it and our request: ministack compares the revision, as
/// AWS does.
#[test]
fn the_second_mover_changes_nothing_and_learns_of_the_first() {
    let emulator = with_function(Kind::Ministack);
    let url = format!("{}{ALIAS}", emulator.url());
    let relay = Relay::to(&emulator, move || {
        let answer = http_put(&url, &json!({"FunctionVersion": "1"}).to_string());
        assert!(answer.contains(" 200 "), "{answer}");
    });
    let stage = stage(this_second());
    let back = ["rollback", "--to", "2", WORD, "--confirm", "prod@3->2"];
    let (code, document) = duckops(&stage, &relay, &back, &[]);
    assert_eq!(
        (code, &document["outcome"]),
        (4, &json!("conflict")),
        "{document:#}"
    );
    assert!(
        document["summary"].to_string().contains("version 1"),
        "{document:#}"
    );
    assert_eq!(relay.puts().len(), 1);
    assert_eq!(pointing(&emulator)["FunctionVersion"], "1");
}
