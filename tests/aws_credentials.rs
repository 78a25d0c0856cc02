//! Claim: keys from every place where people on AWS keep them sign the requests, and where they
//! cannot be had, the fix is the one for that place.

use crate::support::{Duckops, Ran, Stage, front, http, step, world};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const LATER: &str = "2099-01-01T00:00:00Z";

/// A stage whose AWS hands out keys and keeps which keys signed the rest.
struct Issuer {
    stage: Stage,
    url: String,
    keys: Arc<Mutex<BTreeSet<String>>>,
}

fn sts(action: &str, key: &str) -> Vec<u8> {
    let xml = format!(
        "<{action}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><{action}Result>\
         <Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>s</SecretAccessKey>\
         <SessionToken>t</SessionToken><Expiration>{LATER}</Expiration></Credentials>\
         <AssumedRoleUser><AssumedRoleId>AROA:x</AssumedRoleId>\
         <Arn>arn:aws:sts::121546003735:assumed-role/r/x</Arn></AssumedRoleUser>\
         </{action}Result></{action}Response>"
    );
    http("200 OK", &[("content-type", "text/xml")], xml.as_bytes())
}

/// AWS no longer accepts the keys or the token of a request, in the protocol of STS or of Lambda.
fn expired(is_sts: bool) -> Vec<u8> {
    let (head, body) = match is_sts {
        true => (
            ("content-type", "text/xml"),
            "<ErrorResponse><Error><Type>Sender</Type><Code>ExpiredTokenException</Code>\
             <Message>Token expired</Message></Error></ErrorResponse>",
        ),
        false => (
            ("x-amzn-errortype", "ExpiredTokenException"),
            r#"{"message":"The security token included in the request is expired"}"#,
        ),
    };
    http("403 Forbidden", &[head], body.as_bytes())
}

fn json(key: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"AccessKeyId":"{key}","SecretAccessKey":"s","Token":"t","Expiration":"{LATER}"}}"#
    );
    http(
        "200 OK",
        &[("content-type", "application/json")],
        body.as_bytes(),
    )
}

impl Issuer {
    fn new() -> Self {
        let stage = Stage::of(world("healthy"));
        let keys = Arc::new(Mutex::new(BTreeSet::new()));
        let seen = Arc::clone(&keys);
        let url = front::before(stage.practice.aws_url(), move |request| {
            let body = String::from_utf8_lossy(&request.body);
            if request.key().is_some_and(|key| key.starts_with("ASIAOVER")) {
                return Some(expired(body.contains("Action=")));
            }
            let mut refused = STS_ERRORS.iter();
            let asked = |name: &str| body.contains(&format!("role%2F{name}&"));
            if let Some((_, status, code, message, ..)) = refused.find(|(name, ..)| asked(name)) {
                let xml = format!(
                    "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code>\
                     <Message>{message}</Message></Error></ErrorResponse>"
                );
                let xml_type = ("content-type", "text/xml");
                return Some(http(status, &[xml_type], xml.as_bytes()));
            }
            if body.contains("Action=AssumeRoleWithWebIdentity") && body.contains("role%2Fover") {
                return Some(expired(true));
            }
            if body.contains("Action=AssumeRoleWithWebIdentity") {
                let is_ours = body.contains("WebIdentityToken=token-of-the-pod");
                return Some(sts(
                    "AssumeRoleWithWebIdentity",
                    if is_ours { "ASIAWEB" } else { "X" },
                ));
            }
            if body.contains("Action=AssumeRole&") || body.ends_with("Action=AssumeRole") {
                if body.contains("role%2Fcode") || body.contains("role%2Fclosed") {
                    let xml = "<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code>\
                         <Message>User: arn:aws:iam::121546003735:user/oncall is not authorized to \
                         perform: sts:AssumeRole</Message></Error></ErrorResponse>";
                    let xml_type = ("content-type", "text/xml");
                    return Some(http("403 Forbidden", &[xml_type], xml.as_bytes()));
                }
                let by = request.key().unwrap_or_default();
                return Some(sts("AssumeRole", &format!("ASIAROLEBY{by}")));
            }
            if request.head.starts_with("GET /task-keys") {
                return Some(json("ASIATASK"));
            }
            if request.head.starts_with("GET /federation/credentials") {
                let token = "x-amz-sso_bearer_token: token-of-the-portal";
                let key = if request.head.contains(token) {
                    "ASIASSO"
                } else {
                    "X"
                };
                let body = format!(
                    r#"{{"roleCredentials":{{"accessKeyId":"{key}","secretAccessKey":"s","sessionToken":"t","expiration":4070908800000}}}}"#
                );
                return Some(http("200 OK", &[], body.as_bytes()));
            }
            if let Some(key) = request.key() {
                let mut seen = seen.lock().expect("no thread panicked");
                seen.insert(key.to_owned());
            }
            None
        });
        Self { stage, url, keys }
    }

    /// The AWS configuration, as a file of the home that the binary has.
    fn config(&self, text: &str) {
        self.file(".aws/config", text);
    }

    fn file(&self, name: &str, text: &str) {
        let path = self.stage.home().join(name);
        let folder = path.parent().expect("a folder");
        std::fs::create_dir_all(folder).expect("made");
        std::fs::write(path, text).expect("written");
    }

    /// A run without keys in the environment.
    fn call(&self, arguments: &[&str]) -> Duckops {
        let call = self.stage.duckops(arguments);
        call.env("AWS_ENDPOINT_URL", self.url.as_str())
            .without("AWS_ACCESS_KEY_ID")
            .without("AWS_SECRET_ACCESS_KEY")
    }

    /// Judges the alias, and yields the keys that signed for it.
    #[track_caller]
    fn signed_with(&self, call: Duckops) -> Vec<String> {
        let (_, document) = call.json();
        let alias = step(&document, "inc-001", "alias");
        assert_ne!(alias["verdict"], "unknown", "{alias:#}");
        let keys = self.keys.lock().expect("no thread panicked");
        keys.iter().cloned().collect()
    }

    /// What the alias step says to do, and its command.
    #[track_caller]
    fn advice(&self, call: Duckops) -> (String, Value) {
        let (_, document) = call.json();
        let alias = step(&document, "inc-001", "alias").clone();
        assert_eq!(alias["verdict"], "unknown", "{alias:#}");
        (
            format!("{} {}", alias["summary"], alias["next_action"]["text"]),
            alias["next_action"]["command"].clone(),
        )
    }
}

/// The name of a role, what STS says to who asks for its keys, and what duckops must say then.
const STS_ERRORS: [(&str, &str, &str, &str, &str); 10] = [
    (
        "clock",
        "403 Forbidden",
        "SignatureDoesNotMatch",
        "Signature expired: 20261130T080000Z is now earlier than 20261130T113000Z (20261130T114500Z - 15 min.)",
        "Set the clock",
    ),
    (
        "throttled",
        "400 Bad Request",
        "Throttling",
        "Rate exceeded",
        "Wait a minute",
    ),
    (
        "busy",
        "500 Internal Server Error",
        "InternalFailure",
        "The request processing has failed because of an unknown error",
        "again in a minute",
    ),
    (
        "organisation",
        "403 Forbidden",
        "AccessDenied",
        "User: arn:aws:iam::121546003735:user/op is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::121546003735:role/organisation with an explicit deny in a service control policy",
        "AWS organisation",
    ),
    (
        "untrusted",
        "403 Forbidden",
        "AccessDenied",
        "User: arn:aws:iam::121546003735:user/op is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::121546003735:role/untrusted",
        "trust policy",
    ),
    (
        "long",
        "400 Bad Request",
        "ValidationError",
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        "duration_seconds",
    ),
    (
        "name",
        "400 Bad Request",
        "ValidationError",
        "1 validation error detected: Value 'duck ops' at 'roleSessionName' failed to satisfy constraint",
        "role_session_name",
    ),
    (
        "region",
        "403 Forbidden",
        "RegionDisabledException",
        "STS is not activated in this region for account:121546003735",
        "region",
    ),
    (
        "pod",
        "403 Forbidden",
        "AccessDenied",
        "Not authorized to perform sts:AssumeRoleWithWebIdentity",
        "trust policy",
    ),
    (
        "provider",
        "400 Bad Request",
        "InvalidIdentityToken",
        "No OpenIDConnect provider found in your account for https://oidc.example/id/X",
        "identity provider",
    ),
];

const ALIAS: [&str; 5] = ["triage", "inc-001", "alias", "--deadline", "15s"];

#[test]
fn keys_of_every_source_sign_the_requests() {
    let issuer = Issuer::new();
    let web = issuer.stage.home().join("token");
    std::fs::write(&web, "token-of-the-pod").expect("written");
    issuer.config(
        "[profile static]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = s\n\
         [profile process]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"AKIAPROCESS\",\"SecretAccessKey\":\"s\"}'\n\
         [profile role]\nrole_arn = arn:aws:iam::121546003735:role/r\nsource_profile = static\n\
         [profile role-of-process]\nrole_arn = arn:aws:iam::121546003735:role/r\nsource_profile = process\n\
         [profile sso]\nsso_session = duck\nsso_account_id = 121546003735\nsso_role_name = r\n\
         [sso-session duck]\nsso_region = us-east-1\nsso_start_url = http://127.0.0.1:1/start\n\
         [profile login]\nlogin_session = arn:aws:iam::121546003735:user/oncall\n",
    );
    // Named after the SHA-1 of the session's name, as the AWS CLI does.
    issuer.file(
        ".aws/sso/cache/5ece240085b9ad85b64896082e3761c54ef581de.json",
        &format!(r#"{{"accessToken":"token-of-the-portal","expiresAt":"{LATER}"}}"#),
    );
    // Named after the SHA-256 of the session.
    issuer.file(
        ".aws/login/cache/b68e295be405f602ae6b3cdacec0f653978b43cbea14b71017081e26b4395b4a.json",
        &format!(
            r#"{{"accessToken":{{"accessKeyId":"ASIALOGIN","secretAccessKey":"s","sessionToken":"t","accountId":"121546003735","expiresAt":"{LATER}"}},"tokenType":"aws_sigv4","refreshToken":"r","idToken":"i","clientId":"c","dpopKey":"k"}}"#
        ),
    );
    let profile = |name: &str| issuer.call(&ALIAS).env("AWS_PROFILE", name);
    let calls = [
        ("AKIASTATIC", profile("static")),
        ("AKIAPROCESS", profile("process")),
        ("ASIAROLEBYAKIASTATIC", profile("role")),
        ("ASIAROLEBYAKIAPROCESS", profile("role-of-process")),
        ("ASIASSO", profile("sso")),
        ("ASIALOGIN", profile("login")),
        (
            "ASIAWEB",
            issuer
                .call(&ALIAS)
                .env("AWS_WEB_IDENTITY_TOKEN_FILE", web.as_os_str())
                .env("AWS_ROLE_ARN", "arn:aws:iam::121546003735:role/r"),
        ),
        (
            "ASIATASK",
            issuer.call(&ALIAS).env(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                format!("{}/task-keys", issuer.url),
            ),
        ),
    ];
    for (key, call) in calls {
        issuer.keys.lock().expect("no thread panicked").clear();
        assert_eq!(issuer.signed_with(call), [key]);
    }
}

#[test]
fn a_source_that_fails_is_named_with_its_own_fix() {
    let issuer = Issuer::new();
    issuer.config(
        "[profile sso]\nsso_session = duck\nsso_account_id = 121546003735\nsso_role_name = r\n\
         [sso-session duck]\nsso_region = us-east-1\nsso_start_url = http://127.0.0.1:1/start\n\
         [profile login]\nlogin_session = arn:aws:iam::121546003735:user/oncall\n\
         [profile static]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = s\n\
         [profile code]\nrole_arn = arn:aws:iam::121546003735:role/code\nsource_profile = static\nmfa_serial = arn:aws:iam::121546003735:mfa/oncall\n\
         [profile closed]\nrole_arn = arn:aws:iam::121546003735:role/closed\nsource_profile = static\n\
         [profile orphan]\nrole_arn = arn:aws:iam::121546003735:role/r\nsource_profile = gone\n\
         [profile process]\ncredential_process = echo no vault here >&2; exit 3\n\
         [profile odd]\ncredential_process = echo '{\"Version\":1,\"SecretAccessKey\":\"s3cr3t-of-odd\"}'\n\
         [profile no-region]\nsso_session = half\nsso_account_id = 121546003735\nsso_role_name = r\n\
         [sso-session half]\nsso_start_url = http://127.0.0.1:1/start\n\
         [profile old-form]\nsso_start_url = http://127.0.0.1:1/start\nsso_region = us-east-1\nsso_account_id = 121546003735\n\
         [profile half]\naws_access_key_id = AKIASTATIC\n\
         [profile role-alone]\nrole_arn = arn:aws:iam::121546003735:role/r\n\
         [profile of-environment]\nrole_arn = arn:aws:iam::121546003735:role/r\ncredential_source = Environment\n\
         [profile of-instance]\nrole_arn = arn:aws:iam::121546003735:role/r\ncredential_source = Ec2InstanceMetadata\n\
         [profile of-task]\nrole_arn = arn:aws:iam::121546003735:role/r\ncredential_source = EcsContainer\n\
         [profile unfinished]\nsso_session = nowhere\nsso_account_id = 121546003735\nsso_role_name = r\n",
    );
    let profile = |name: &str| issuer.call(&ALIAS).env("AWS_PROFILE", name);
    let missing = issuer.stage.home().join("no-token");
    let cases = [
        (profile("sso"), "", "aws sso login --profile sso"),
        (profile("login"), "", "aws login --profile login"),
        (
            profile("code"),
            "mfa_serial",
            "eval \"$(aws configure export-credentials --profile code --format env)\"",
        ),
        (
            profile("closed"),
            "trust policy",
            "aws sts get-caller-identity --profile static",
        ),
        (
            profile("process"),
            "exit status: 3: no vault here",
            "aws configure get credential_process --profile process",
        ),
        (
            profile("odd"),
            "printed no keys",
            "aws configure get credential_process --profile odd",
        ),
        (
            profile("unfinished"),
            "profile unfinished names sso-session nowhere",
            "aws configure sso --profile unfinished",
        ),
        (
            profile("no-region"),
            "profile no-region has no sso_region",
            "aws configure sso --profile no-region",
        ),
        (
            profile("old-form"),
            "profile old-form has no sso_role_name",
            "aws configure sso --profile old-form",
        ),
        (
            profile("half"),
            "profile half has no aws_secret_access_key",
            "aws configure list --profile half",
        ),
        (
            profile("role-alone"),
            "profile role-alone has no source_profile",
            "aws configure list --profile role-alone",
        ),
        (
            profile("of-environment"),
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
            "aws configure list --profile of-environment",
        ),
        (
            profile("of-instance"),
            "on an instance with a role",
            "aws configure list --profile of-instance",
        ),
        (
            profile("of-task"),
            "in a task with a role",
            "aws configure list --profile of-task",
        ),
        (
            issuer.call(&ALIAS).env("AWS_ACCESS_KEY_ID", "AKIA"),
            "AWS_SECRET_ACCESS_KEY is not",
            "duckops doctor",
        ),
        (
            issuer
                .call(&ALIAS)
                .env("AWS_ACCESS_KEY_ID", "AKIA\r")
                .env("AWS_SECRET_ACCESS_KEY", "s"),
            "the access key id holds a line break",
            "duckops doctor",
        ),
        (
            profile("other"),
            "no such AWS profile",
            "aws configure list-profiles",
        ),
        (
            profile("orphan"),
            "profile orphan names profile gone",
            "aws configure list-profiles",
        ),
        (
            issuer
                .call(&ALIAS)
                .env("AWS_WEB_IDENTITY_TOKEN_FILE", missing.as_os_str())
                .env("AWS_ROLE_ARN", "arn:aws:iam::121546003735:role/r"),
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "duckops doctor",
        ),
        (
            issuer.call(&ALIAS).env(
                "AWS_CONTAINER_CREDENTIALS_FULL_URI",
                "http://127.0.0.1:1/task-keys",
            ),
            "network",
            "duckops doctor",
        ),
    ];
    for (call, words, command) in cases {
        let (text, given) = issuer.advice(call);
        assert!(text.contains(words), "{words}: {text}");
        assert_eq!(given, command, "{text}");
        assert!(!text.contains("s3cr3t"), "{text}");
    }
}

#[test]
fn what_sts_says_to_a_request_for_keys_has_the_fix_of_any_other_answer() {
    let issuer = Issuer::new();
    let mut config =
        "[profile static]\naws_access_key_id = AKIASTATIC\naws_secret_access_key = s\n".to_owned();
    for (name, ..) in STS_ERRORS {
        config.push_str(&format!(
            "[profile {name}]\nrole_arn = arn:aws:iam::121546003735:role/{name}\nsource_profile = static\n"
        ));
    }
    issuer.config(&config);
    let token = issuer.stage.home().join("token");
    std::fs::write(&token, "token-of-the-pod").expect("written");
    let mut wrong = Vec::new();
    for (name, _, _, _, words) in STS_ERRORS {
        let call = issuer.call(&ALIAS);
        let call = match name {
            "pod" | "provider" => call
                .env("AWS_WEB_IDENTITY_TOKEN_FILE", token.as_os_str())
                .env(
                    "AWS_ROLE_ARN",
                    format!("arn:aws:iam::121546003735:role/{name}").as_str(),
                ),
            _ => call.env("AWS_PROFILE", name),
        };
        let (text, command) = issuer.advice(call);
        let command = command.as_str().unwrap_or_default();
        if !text.contains(words) || command.contains("sso login") {
            wrong.push(format!("{name}: {text} {command}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn keys_that_have_expired_are_renewed_where_they_came_from() {
    let issuer = Issuer::new();
    issuer.config(
        "[profile file]\naws_access_key_id = ASIAOVER\naws_secret_access_key = s\naws_session_token = t\n\
         [profile role]\nrole_arn = arn:aws:iam::121546003735:role/r\nsource_profile = file\n\
         [profile process]\ncredential_process = echo '{\"Version\":1,\"AccessKeyId\":\"ASIAOVER\",\"SecretAccessKey\":\"s\",\"SessionToken\":\"t\"}'\n",
    );
    let web = issuer.stage.home().join("token");
    std::fs::write(&web, "token-of-the-pod").expect("written");
    let profile = |name: &str| issuer.call(&ALIAS).env("AWS_PROFILE", name);
    let cases = [
        (
            profile("file"),
            "~/.aws/credentials",
            "aws configure list --profile file",
        ),
        (
            profile("role"),
            "~/.aws/credentials",
            "aws configure list --profile file",
        ),
        (
            profile("process"),
            "AWS session expired",
            "aws configure get credential_process --profile process",
        ),
        (
            issuer
                .call(&ALIAS)
                .env("AWS_ACCESS_KEY_ID", "ASIAOVER")
                .env("AWS_SECRET_ACCESS_KEY", "s")
                .env("AWS_SESSION_TOKEN", "t"),
            "keys of the environment are not renewed",
            "unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN",
        ),
        (
            issuer
                .call(&ALIAS)
                .env("AWS_WEB_IDENTITY_TOKEN_FILE", web.as_os_str())
                .env("AWS_ROLE_ARN", "arn:aws:iam::121546003735:role/over"),
            "AWS_WEB_IDENTITY_TOKEN_FILE",
            "duckops doctor",
        ),
    ];
    for (call, words, command) in cases {
        let (text, given) = issuer.advice(call);
        assert!(text.contains(words), "{words}: {text}");
        assert_eq!(given, command, "{text}");
    }
}

/// Whether a process is running. (One that was killed and not yet waited for is not.)
fn is_running(id: &str) -> bool {
    let stat = std::fs::read_to_string(Path::new("/proc").join(id).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

#[test]
fn a_credential_process_that_hangs_ends_with_its_children_and_one_that_is_slow_has_its_setting() {
    let issuer = Issuer::new();
    let child = issuer.stage.home().join("child");
    issuer.config(&format!(
        "[profile hangs]\ncredential_process = sleep 600 & echo $! > {}; wait\n\
         [profile floods]\ncredential_process = cat /dev/zero\n\
         [profile slow]\ncredential_process = sleep 2; echo '{{\"Version\":1,\"AccessKeyId\":\"AKIASLOW\",\"SecretAccessKey\":\"s\"}}'\n",
        child.display()
    ));
    let limited = |limit: &str, profile: &str| {
        let text = format!("[stack.prod]\ncredentials_timeout = \"{limit}\"\n");
        issuer.file(".config/duckops/config.toml", &text);
        issuer.call(&ALIAS).env("AWS_PROFILE", profile)
    };
    let (text, _) = issuer.advice(limited("1s", "hangs"));
    assert!(text.contains("within 1 s"), "{text}");
    let id = std::fs::read_to_string(&child).expect("the process began");
    let began = Instant::now();
    while is_running(id.trim()) && began.elapsed() < Duration::from_secs(10) {
        std::thread::sleep(Duration::from_millis(20));
    }
    assert!(
        !is_running(id.trim()),
        "the child of the process still runs"
    );
    let (text, _) = issuer.advice(limited("5s", "floods"));
    assert!(text.contains("printed over"), "{text}");
    let (text, _) = issuer.advice(limited("1s", "slow"));
    assert!(text.contains("credentials_timeout"), "{text}");
    assert_eq!(issuer.signed_with(limited("30s", "slow")), ["AKIASLOW"]);
}

#[test]
fn a_profile_of_another_region_is_said_and_changes_nothing() {
    let issuer = Issuer::new();
    issuer.config("[profile far]\nregion = eu-west-1\naws_access_key_id = AKIAFAR\naws_secret_access_key = s\n");
    let notes = |region: &[(&str, &str)]| {
        let mut call = issuer.call(&ALIAS).env("AWS_PROFILE", "far");
        for (name, value) in region {
            call = call.env(name, *value);
        }
        let (code, document) = call.json();
        (code, document["notes"].to_string())
    };
    let (code, said) = notes(&[]);
    assert!(said.contains("profile far names eu-west-1"), "{said}");
    assert_eq!(code, 0, "{said}");
    let (_, said) = notes(&[("AWS_REGION", "us-east-1")]);
    assert!(!said.contains("profile far"), "{said}");
}

/// A SOCKS5 proxy without passwords, as RFC 1928 has it, that serves one connection after another.
fn socks(places: Arc<Mutex<Vec<u16>>>) -> String {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener, TcpStream};
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let serve = move |mut client: TcpStream| -> std::io::Result<()> {
        let mut greeting = [0; 2];
        client.read_exact(&mut greeting)?;
        client.read_exact(&mut vec![0; usize::from(greeting[1])])?;
        client.write_all(&[5, 0])?;
        let mut request = [0; 10];
        client.read_exact(&mut request)?;
        assert_eq!(
            (request[1], request[3]),
            (1, 1),
            "CONNECT to an IPv4 address"
        );
        let port = u16::from_be_bytes([request[8], request[9]]);
        places.lock().expect("no thread panicked").push(port);
        let mut target = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
        client.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0])?;
        let (mut back, mut to) = (target.try_clone()?, client.try_clone()?);
        std::thread::spawn(move || std::io::copy(&mut back, &mut to));
        std::io::copy(&mut client, &mut target).map(drop)
    };
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            let serve = serve.clone();
            std::thread::spawn(move || drop(serve(client)));
        }
    });
    format!("socks5://{address}")
}

#[test]
fn a_socks_proxy_of_the_environment_is_used_and_said() {
    let stage = Stage::of(world("healthy"));
    let places = Arc::default();
    let proxy = socks(Arc::clone(&places));
    let (code, document) = stage
        .duckops(&["triage"])
        .env("ALL_PROXY", proxy.as_str())
        .json();
    assert_eq!(code, 0, "{document:#}");
    let notes = document["notes"].to_string();
    assert!(notes.contains(&format!("via proxy {proxy}")), "{notes}");
    assert!(!places.lock().expect("no thread panicked").is_empty());
    let gone = "socks5://127.0.0.1:1";
    let ran: Ran = stage.duckops(&["triage"]).env("ALL_PROXY", gone).run();
    assert_eq!(ran.code, 3, "{ran:?}");
}
