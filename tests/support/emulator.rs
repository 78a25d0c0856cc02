//! AWS emulators that we did not write: moto and ministack, in a Python environment that the first
//! test to need it makes and all later ones share.
//!
//! One server of each kind serves a whole test run. A test that takes it has it exclusively and
//! finds it empty. It ends with the tests, however they end: it waits for the end of a pipe whose
//! other end is ours.

use serde_json::Value;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const REQUIREMENTS: &str = include_str!("../emulators-requirements.txt");

/// The account that both emulators answer from: the stack's.
pub(crate) const ACCOUNT: &str = "121546003735";

/// Runs a module as `python -m` would, until the pipe on standard input ends.
///
/// moto answers in several threads and looks at an item and changes it in two steps, so that
/// of two conditional writes at once both may succeed, which DynamoDB rules out. Here it
/// answers one request at a time.
const LEASH: &str = r#"
import os, runpy, sys, threading
def leash():
    os.read(0, 1)
    os.killpg(0, 9)
threading.Thread(target=leash, daemon=True).start()
if sys.argv[1] == "moto.server":
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication as Moto
    one_at_a_time, answer = threading.Lock(), Moto.__call__
    def answer_alone(self, environ, start_response):
        with one_at_a_time:
            return answer(self, environ, start_response)
    Moto.__call__ = answer_alone
runpy.run_module(sys.argv.pop(1), run_name="__main__", alter_sys=True)
"#;

/// How long a server may take until it answers; a busy machine needs seconds.
const START: Duration = Duration::from_secs(60);

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Moto,
    Ministack,
}

impl Kind {
    /// The emulator of this kind, empty, for the caller alone.
    pub(crate) fn take(self) -> Turn {
        static MOTO: Mutex<Option<Emulator>> = Mutex::new(None);
        static MINISTACK: Mutex<Option<Emulator>> = Mutex::new(None);
        let shared = match self {
            Kind::Moto => &MOTO,
            Kind::Ministack => &MINISTACK,
        };
        // A test that failed leaves nothing behind that the reset does not take away.
        let mut turn = shared.lock().unwrap_or_else(PoisonError::into_inner);
        let emulator = turn.get_or_insert_with(|| Emulator::start(self));
        emulator.reset();
        Turn(turn)
    }

    fn command(self, port: u16) -> Command {
        let mut command = Command::new(environment().join("bin/python"));
        command.args(["-c", LEASH]).env_clear();
        match self {
            Kind::Moto => command
                .args(["moto.server", "-H", "127.0.0.1", "-p"])
                .arg(port.to_string())
                .env("MOTO_ACCOUNT_ID", ACCOUNT),
            Kind::Ministack => command
                .arg("ministack")
                .env("GATEWAY_PORT", port.to_string())
                .env("BIND_HOST", "127.0.0.1")
                // It would listen for MQTT on every interface.
                .env("IOT_MTLS_ENABLED", "0")
                .env("MINISTACK_ACCOUNT_ID", ACCOUNT),
        };
        command
    }

    /// Where it answers 200 once it is ready, and where it forgets everything.
    fn own_paths(self) -> (&'static str, &'static str) {
        match self {
            Kind::Moto => ("/moto-api/config", "/moto-api/reset"),
            Kind::Ministack => ("/_ministack/health", "/_ministack/reset"),
        }
    }
}

/// An emulator for one test alone.
pub(crate) struct Turn(MutexGuard<'static, Option<Emulator>>);

impl std::ops::Deref for Turn {
    type Target = Emulator;

    fn deref(&self) -> &Emulator {
        self.0.as_ref().expect("started when it was taken")
    }
}

/// A running server.
pub(crate) struct Emulator {
    kind: Kind,
    port: u16,
    child: Child,
    home: tempfile::TempDir,
    http: reqwest::Client,
    runtime: tokio::runtime::Runtime,
}

impl Emulator {
    /// Starts one and waits until it answers.
    pub(crate) fn start(kind: Kind) -> Self {
        // Another process may take the port between our finding it and the server's start.
        let mut last = String::new();
        for _ in 0..3 {
            match Self::try_start(kind) {
                Ok(emulator) => return emulator,
                Err(why) => last = why,
            }
        }
        panic!("{kind:?} did not start three times; the last time:\n{last}");
    }

    fn try_start(kind: Kind) -> Result<Self, String> {
        let free = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let port = free.local_addr().expect("its address").port();
        drop(free);
        let home = tempfile::tempdir().expect("a folder");
        let log = File::create(home.path().join("log")).expect("a log");
        let child = kind
            .command(port)
            .env("PATH", "/usr/bin:/bin")
            .env("HOME", home.path())
            .env("TMPDIR", home.path())
            .current_dir(home.path())
            .stdin(Stdio::piped())
            .stdout(log.try_clone().expect("a second handle"))
            .stderr(log)
            .process_group(0)
            .spawn()
            .map_err(|error| error.to_string())?;
        let mut emulator = Self {
            kind,
            port,
            child,
            home,
            http: client(),
            runtime: tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .expect("a runtime"),
        };
        let began = Instant::now();
        loop {
            if let Ok(Some(status)) = emulator.child.try_wait() {
                return Err(format!("{status}\n{}", emulator.log()));
            }
            if emulator.send(emulator.get(kind.own_paths().0)).is_ok() {
                return Ok(emulator);
            }
            if began.elapsed() > START {
                return Err(format!("no answer in {START:?}\n{}", emulator.log()));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Where it listens.
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it printed.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(self.home.path().join("log")).unwrap_or_default()
    }

    fn reset(&self) {
        self.must(self.post(self.kind.own_paths().1));
    }

    fn get(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.get(format!("{}{path}", self.url()))
    }

    /// A POST to it, unsigned.
    pub(crate) fn post(&self, path: &str) -> reqwest::RequestBuilder {
        self.http.post(format!("{}{path}", self.url()))
    }

    /// A POST of this form in the query protocol.
    pub(crate) fn form(&self, service: &str, form: &str) -> String {
        let request = self
            .post("/")
            .header("authorization", scope(service))
            .header("content-type", "application/x-www-form-urlencoded");
        self.must(request.body(form.to_owned()))
    }

    /// One Step Functions operation.
    pub(crate) fn step_functions(&self, operation: &str, input: &Value) -> Value {
        let answer = self.must(self.step_functions_request(operation, input));
        serde_json::from_str(&answer).expect("JSON")
    }

    /// The same operation many times, a few at once.
    pub(crate) fn step_functions_often(&self, operation: &str, inputs: &[Value]) {
        use futures_util::{StreamExt, stream};
        let requests: Vec<_> = inputs
            .iter()
            .map(|input| self.step_functions_request(operation, input))
            .collect();
        let refused: Vec<String> = self.runtime.block_on(
            stream::iter(requests)
                .map(exchange)
                .buffer_unordered(4)
                .filter_map(|answer| std::future::ready(answer.err()))
                .collect(),
        );
        assert!(refused.is_empty(), "{operation}: {refused:?}");
    }

    /// What a read of Lambda answers.
    pub(crate) fn lambda(&self, path: &str) -> Value {
        let request = self.get(path).header("authorization", scope("lambda"));
        serde_json::from_str(&self.must(request)).expect("JSON")
    }

    /// One DynamoDB operation.
    pub(crate) fn dynamodb(&self, operation: &str, input: &Value) -> Value {
        let request = self
            .post("/")
            .header("authorization", scope("dynamodb"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("DynamoDB_20120810.{operation}"));
        let answer = self.must(request.body(input.to_string()));
        serde_json::from_str(&answer).expect("JSON")
    }

    fn step_functions_request(&self, operation: &str, input: &Value) -> reqwest::RequestBuilder {
        self.post("/")
            .header("authorization", scope("states"))
            .header("content-type", "application/x-amz-json-1.0")
            .header("x-amz-target", format!("AWSStepFunctions.{operation}"))
            .body(input.to_string())
    }

    /// Sends a request that has to succeed.
    pub(crate) fn must(&self, request: reqwest::RequestBuilder) -> String {
        self.send(request)
            .unwrap_or_else(|why| panic!("{:?}: {why}\n{}", self.kind, self.log()))
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Result<String, String> {
        self.runtime.block_on(exchange(request))
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // The group is the child's own, and its id is held until it is waited for.
        let kill = format!("kill -KILL -{}", self.child.id());
        let _ = Command::new("/bin/sh").args(["-c", &kill]).status();
        let _ = self.child.wait();
    }
}

async fn exchange(request: reqwest::RequestBuilder) -> Result<String, String> {
    let answer = request.send().await.map_err(|error| format!("{error:?}"))?;
    let status = answer.status();
    let body = answer.text().await.map_err(|error| format!("{error:?}"))?;
    if status.is_success() {
        Ok(body)
    } else {
        Err(format!("{status}: {body}"))
    }
}

/// Who asks for what, as a signature would say it; neither emulator checks one.
fn scope(service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential=practice/20260322/us-east-1/{service}/aws4_request, \
         SignedHeaders=host, Signature=0"
    )
}

/// A client that cannot leave this machine by a proxy or a redirect.
fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .tls_certs_only([])
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .build()
        .expect("a client")
}

/// The Python environment, made on first use and again whenever the requirements or the
/// Python that made it change.
pub(crate) fn environment() -> PathBuf {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR"))
        .parent()
        .expect("the target folder");
    let environment = target.join("emulators-venv");
    // Other threads and other processes wait here until it is made.
    let lock = File::create(target.join("emulators-venv.lock")).expect("a lock file");
    lock.lock().expect("the lock");
    let version = python(&["-c", "import sys; print(sys.executable, sys.version)"]);
    let wanted = format!("{version}\n{REQUIREMENTS}");
    let stamp = environment.join("made-from");
    if fs::read_to_string(&stamp).is_ok_and(|made| made == wanted) {
        return environment;
    }
    match fs::remove_dir_all(&environment) {
        Err(error) if error.kind() != ErrorKind::NotFound => {
            panic!("{} is in the way: {error}", environment.display())
        }
        _ => {}
    }
    python(&["-m", "venv", &environment.to_string_lossy()]);
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/emulators-requirements.txt");
    let pip = Command::new(environment.join("bin/python"))
        .args(["-m", "pip", "install", "--quiet", "--no-input"])
        .args([
            "--disable-pip-version-check",
            "--no-compile",
            "--requirement",
        ])
        .arg(file)
        .stdin(Stdio::null())
        .output();
    succeeded("pip install", pip);
    fs::write(&stamp, wanted).expect("the stamp");
    environment
}

fn python(arguments: &[&str]) -> String {
    let output = Command::new("python3")
        .args(arguments)
        .stdin(Stdio::null())
        .output();
    succeeded(&format!("python3 {}", arguments.join(" ")), output)
}

/// What it printed, or the end of the test with what is needed.
fn succeeded(what: &str, output: std::io::Result<Output>) -> String {
    const NEEDED: &str = "the emulator tests need Python 3.11 or newer on the PATH as python3, \
        with its venv module (Debian and Ubuntu: apt-get install python3-venv), and on first use \
        a package registry that pip can reach; they are not skipped without";
    match output {
        Ok(output) if output.status.success() => {
            String::from_utf8_lossy(&output.stdout).trim().to_owned()
        }
        Ok(output) => panic!(
            "{NEEDED}.\n`{what}` ended with {}:\n{}{}",
            output.status,
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ),
        Err(error) => panic!("{NEEDED}.\n`{what}` could not be started: {error}"),
    }
}
