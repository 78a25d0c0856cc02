//! Claims: our signatures are compatible: a hundred bodies each way, against independent libraries.

use crate::support::emulator::environment;
use duckops::webhook::{sign, verify};
use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const SECRET: &str = "It's a Secret to Everybody: äöü";
const BODIES: usize = 100;

/// Bodies of every kind: empty, text, every byte, large.
fn bodies() -> Vec<Vec<u8>> {
    let mut state = 7_u64;
    let mut next = move || {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        (state >> 33) as usize
    };
    (0..BODIES)
        .map(|number| match number {
            0 => Vec::new(),
            1 => (0..=255).collect(),
            2 => vec![b'x'; 100_000],
            _ => (0..next() % 400).map(|_| (next() % 256) as u8).collect(),
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Hands a program every body and our signature, a line each; its lines are its own
/// signature and whether it takes ours and refuses a wrong one.
fn compared(name: &str, bodies: &[Vec<u8>], mut command: Command) {
    let mut child = command
        .env("SECRET", SECRET)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    let mut stdin = child.stdin.take().expect("a pipe");
    let lines: String = bodies
        .iter()
        .map(|body| format!("{} {}\n", hex(body), sign(SECRET, body)))
        .collect();
    let writer = std::thread::spawn(move || stdin.write_all(lines.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("a thread").expect("written");
    assert!(output.status.success(), "{name}: {output:?}");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    let answers: Vec<_> = text.lines().collect();
    assert_eq!(answers.len(), bodies.len(), "{name}");
    for (body, answer) in bodies.iter().zip(answers) {
        let (signature, taken) = answer.split_once(' ').expect("two words");
        assert_eq!(taken, "right", "{name} on ours: {}", hex(body));
        assert_eq!(
            verify(SECRET, body, signature),
            Ok(true),
            "ours on {name}: {}",
            hex(body)
        );
    }
    println!("{name}: {} bodies each way", bodies.len());
}

#[test]
fn openssl_signs_as_we_do() {
    let mut compared = 0;
    for body in bodies() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        fs::write(file.path(), &body).expect("written");
        let output = Command::new("openssl")
            .args(["dgst", "-sha256", "-hmac", SECRET, "-r"])
            .arg(file.path())
            .output();
        let Ok(output) = output else {
            eprintln!("NOT RUN: there is no openssl to compare with");
            return;
        };
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let theirs = format!(
            "sha256={}",
            text.split_whitespace().next().expect("a digest")
        );
        assert_eq!(theirs, sign(SECRET, &body), "{}", hex(&body));
        assert_eq!(verify(SECRET, &body, &theirs), Ok(true));
        compared += 1;
    }
    println!("openssl dgst: {compared} bodies each way");
}

#[test]
fn gidgethub_signs_as_we_do() {
    const PROGRAM: &str = r#"
import hashlib, hmac, os, sys
from gidgethub import sansio, ValidationFailure
secret = os.environ["SECRET"]
for line in sys.stdin:
    body, signature = line.rstrip("\n").split(" ")
    body = bytes.fromhex(body)
    sansio.validate_event(body, signature=signature, secret=secret)
    try:
        sansio.validate_event(body + b"x", signature=signature, secret=secret)
        taken = "anything"
    except ValidationFailure:
        taken = "right"
    own = "sha256=" + hmac.new(secret.encode("UTF-8"), msg=body, digestmod=hashlib.sha256).hexdigest()
    sansio.validate_event(body, signature=own, secret=secret)
    print(own, taken)
"#;
    let mut python = Command::new(environment().join("bin/python"));
    python.args(["-c", PROGRAM]);
    compared("gidgethub", &bodies(), python);
}

#[test]
fn octokit_signs_as_we_do() {
    const PROGRAM: &str = r#"
import { sign, verify } from "@octokit/webhooks-methods";
import { createInterface } from "node:readline";
const secret = process.env.SECRET;
for await (const line of createInterface({ input: process.stdin })) {
  const [body, signature] = line.split(" ");
  const text = Buffer.from(body, "hex").toString("latin1");
  const right = await verify(secret, text, signature);
  const wrong = await verify(secret, text + "x", signature);
  console.log(await sign(secret, text), right && !wrong ? "right" : "wrong");
}
"#;
    let Some(folder) = node() else {
        eprintln!("NOT RUN: there is no node 20 or newer with npm to compare with");
        return;
    };
    fs::write(folder.join("compare.mjs"), PROGRAM).expect("written");
    let mut node = Command::new("node");
    node.arg("compare.mjs").current_dir(&folder);
    // It takes text and no bytes: bodies of ASCII, none of them empty.
    let bodies: Vec<Vec<u8>> = bodies()
        .into_iter()
        .map(|body| {
            body.iter()
                .map(|byte| 32 + byte % 95)
                .chain([b'.'])
                .collect()
        })
        .collect();
    compared("@octokit/webhooks-methods", &bodies, node);
}

/// A folder with the library, made on first use; none without node.
fn node() -> Option<PathBuf> {
    let version = Command::new("node").arg("--version").output().ok()?;
    let version = String::from_utf8_lossy(&version.stdout).into_owned();
    let major: u32 = version
        .trim()
        .strip_prefix('v')?
        .split('.')
        .next()?
        .parse()
        .ok()?;
    Command::new("npm")
        .arg("--version")
        .output()
        .ok()
        .filter(|_| major >= 20)?;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("webhook-node");
    fs::create_dir_all(&folder).expect("a folder");
    let lock = fs::File::create(folder.join("lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/webhook");
    for file in ["package.json", "package-lock.json"] {
        fs::copy(own.join(file), folder.join(file)).expect("copied");
    }
    if !folder
        .join("node_modules/@octokit/webhooks-methods")
        .exists()
    {
        let npm = Command::new("npm")
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"])
            .current_dir(&folder)
            .stdin(Stdio::null())
            .output()
            .expect("npm");
        assert!(
            npm.status.success(),
            "npm ci: {}",
            String::from_utf8_lossy(&npm.stderr)
        );
    }
    Some(folder)
}
