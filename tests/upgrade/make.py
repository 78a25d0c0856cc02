"""Writes a state folder and a DynamoDB table with a released binary, as data for tests/upgrade.rs.

    python tests/upgrade/make.py BINARY OUT

BINARY is the duckops of the version to keep, built without --release: only such a build takes
its clock from DUCKOPS_TEST_NOW. OUT is made, such as tests/upgrade/0.1.0. The Python is that of
the emulator tests (target/emulators-venv), which has moto. Everything talks to 127.0.0.1 only:
the binary's own practice stack, moto, and a receiver of messages in this program.

The stack's key in every file holds the API's address, so the practice stack takes a fixed port
here, and the tests reach whatever port they get through a proxy setting.
"""

import http.server
import json
import os
import pathlib
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

PORT = 18417
MOTO = PORT + 2
RECEIVER = PORT + 3
ACCOUNT = "121546003735"
HOME = pathlib.Path("/tmp/duckops-upgrade")
STATE = HOME / "state"
SECRET_HOOK = "T0KEN-of-the-hook"


def at(minute, second=9):
    return f"2026-03-22T{3 + minute // 60:02}:{minute % 60:02}:{second:02}Z"


class Receiver(http.server.BaseHTTPRequestHandler):
    """Takes every message; /hang never answers."""

    taken = []
    hung = threading.Event()

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        if self.path.startswith("/hang"):
            Receiver.hung.set()
            time.sleep(60)
            return
        Receiver.taken.append(json.loads(body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def environment(minute, **more):
    return {
        "HOME": str(HOME),
        "PATH": "/usr/bin:/bin",
        "USER": "operator",
        "DUCKOPS_TEST_NOW": at(minute),
        "DUCKOPS_STATE_DIR": str(STATE),
        "DUCKOPS_API_URL": f"http://127.0.0.1:{PORT}",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{PORT + 1}",
        "AWS_ENDPOINT_URL_DYNAMODB": f"http://127.0.0.1:{MOTO}",
        "AWS_ACCESS_KEY_ID": "practice",
        "AWS_SECRET_ACCESS_KEY": "practice",
        "AWS_EC2_METADATA_DISABLED": "true",
        **more,
    }


class Stack:
    """The binary's practice stack with one scene, on the fixed ports."""

    def __init__(self, binary, scene, minute, *more):
        self.child = subprocess.Popen(
            [binary, "drill", "serve", "--scene", scene, "--port", str(PORT), *more],
            env=environment(minute),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def __enter__(self):
        wait(PORT)
        return self

    def __exit__(self, *_):
        self.child.terminate()
        self.child.wait()


def wait(port):
    import socket

    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit(f"nothing listens on port {port}")


def private(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(0o600)
    return path


def channel(path):
    hook = private(HOME / "hook.url", f"http://127.0.0.1:{RECEIVER}/{path}/{SECRET_HOOK}")
    private(
        HOME / ".config/duckops/config.toml",
        f'[notify.hook]\nkind = "webhook"\nurl_file = "{hook}"\nfrom = "warning"\n',
    )


def no_channel():
    hook = private(HOME / "hook.url", f"http://127.0.0.1:1/{SECRET_HOOK}")
    private(
        HOME / ".config/duckops/config.toml",
        f'[notify.hook]\nkind = "webhook"\nurl_file = "{hook}"\nfrom = "warning"\n',
    )


def ask(operation, **parameters):
    """One operation of moto's DynamoDB, unsigned: moto checks no signature."""
    request = urllib.request.Request(
        f"http://127.0.0.1:{MOTO}/",
        json.dumps(parameters).encode(),
        {
            "authorization": "AWS4-HMAC-SHA256 Credential=practice/20260322/us-east-1/dynamodb/"
            "aws4_request, SignedHeaders=host, Signature=0",
            "content-type": "application/x-amz-json-1.0",
            "x-amz-target": f"DynamoDB_20120810.{operation}",
        },
    )
    with urllib.request.urlopen(request, timeout=30) as answer:
        return json.load(answer)


def main(binary, out):
    out = pathlib.Path(out)
    if out.exists():
        shutil.rmtree(out)
    if HOME.exists():
        sys.exit(f"{HOME} exists; remove it first")
    HOME.mkdir()
    server = http.server.ThreadingHTTPServer(("127.0.0.1", RECEIVER), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    moto = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(MOTO)],
        env={"PATH": "/usr/bin:/bin", "HOME": str(HOME), "MOTO_ACCOUNT_ID": ACCOUNT},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait(MOTO)
    token = str(private(HOME / "token", "practice-token\n"))

    def run(minute, due, *arguments, **more):
        done = subprocess.run(
            [binary, *arguments], env=environment(minute, **more), capture_output=True, text=True
        )
        if done.returncode != due:
            sys.exit(f"{arguments} ended {done.returncode}, not {due}:\n{done.stdout}{done.stderr}")
        return done.stdout

    try:
        # Bonds: a pulse, a rotation that ends, and one that is killed once it was sent.
        with Stack(binary, "bonds-alive", 0):
            listed = json.loads(run(0, 0, "bond", "list", "-o", "json"))
            bonds = sorted(bond["spaceduck_id"] for bond in listed["bonds"])
            one, two, *_ = bonds
            word = "--endpoint-override"
            secrets = ["--token-file", token]
            run(0, 0, "bond", "rotate", one, "--confirm", one, word, *secrets)
            [key] = (STATE / "keys").glob("*.key")
            pulse = ["--beak-key-file", str(key)]
            run(1, 0, "bond", "pulse", one, "--confirm", one, word, *pulse)
        with Stack(binary, "bonds-alive", 2, "--latency", "1500"):
            rotating = subprocess.Popen(
                [binary, "bond", "rotate", two, "--confirm", two, word, *secrets, "--deadline", "60s"],
                env=environment(2),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            journal = STATE / "journal.jsonl"
            while not any(
                entry["stage"] == "sending" and entry["at"] >= at(2)
                for line in journal.read_text().splitlines()
                for entry in [json.loads(line)["entry"]]
            ):
                if rotating.poll() is not None:
                    sys.exit(f"the rotation of {two} ended {rotating.returncode}")
                time.sleep(0.02)
            time.sleep(0.3)
            rotating.send_signal(signal.SIGKILL)
            rotating.wait()
        # The alias: forward to 60 with approval, and later back from 62 to 61.
        with Stack(binary, "healthy", 3):
            approved = ["--approved-by", "T-JOSH", "--approval-note", "change 118"]
            consent = ["--confirm", "prod@61->60"]
            run(3, 0, "alias", "promote", "--to", "60", *consent, *approved, word)
        with Stack(binary, "inc-001", 4):
            run(4, 2, "check", "inc-001")
            run(4, 0, "alias", "rollback", "--to", "61", "--confirm", "prod@62->61", word)
        # Checks: a mute, a verdict that one of three bad runs does not settle, an escalation
        # that a channel took, messages that no channel took, a snapshot that waits.
        with Stack(binary, "healthy", 6):
            run(6, 0, "check", "inc-001", "inc-002", "--mute", "inc-002", "--until", "20d", "--by", "Ada")
        escalate = ["--endpoint-override", "--operator", "Ada"]
        with Stack(binary, "inc-004", 8):
            run(8, 0, "check", "inc-004", "--for", "3/5")
            channel("take")
            run(8, 0, "escalate", "inc-004", "--confirm", "inc-004", *escalate)
        with Stack(binary, "inc-005", 9):
            no_channel()
            run(9, 2, "check", "inc-005", "--notify")
            run(9, 2, "escalate", "inc-005", "--confirm", "inc-005", *escalate)
            with sqlite3.connect(STATE / "history.db") as held:
                held.execute("BEGIN EXCLUSIVE")
                run(10, 2, "check", "inc-005")
                held.rollback()
        # What this version itself reads in it, from a copy: reading records what waits.
        copy = HOME / "copy"
        shutil.copytree(STATE, copy)
        read = {"DUCKOPS_STATE_DIR": str(copy)}
        exported = run(11, 0, "history", "export", "--jsonl", **read)
        # A shared table: a mute, an escalation that a channel took, a host killed while it pages.
        shared = {
            "DUCKOPS_HISTORY": "dynamodb:duckops-history",
            "DUCKOPS_STATE_DIR": str(HOME / "other-state"),
        }
        channel("take")
        with Stack(binary, "healthy", 6):
            run(6, 0, "history", "init", "--endpoint-override", **shared)
            mute = ["--mute", "inc-001", "--until", "20d", "--by", "Ada"]
            run(6, 0, "check", "inc-001", *mute, **shared)
        with Stack(binary, "inc-004", 8):
            run(8, 2, "check", "inc-004", "--notify", **shared)
            run(8, 0, "escalate", "inc-004", "--confirm", "inc-004", *escalate, **shared)
        with Stack(binary, "inc-005", 9):
            channel("hang")
            paging = subprocess.Popen(
                [binary, "check", "inc-005", "--notify"],
                env=environment(9, **shared),
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            if not Receiver.hung.wait(30):
                sys.exit("the check never reached its channel")
            paging.kill()
            paging.wait()
        table = ask("DescribeTable", TableName="duckops-history")["Table"]
        items = ask("Scan", TableName="duckops-history")["Items"]
        # What the file system can't keep in a repository is said in its README: modes.
        shutil.copytree(STATE, out / "state", ignore=shutil.ignore_patterns("locks", "*-shm", "*-wal"))
        kept = ("TableName", "KeySchema", "AttributeDefinitions", "BillingModeSummary")
        described = {name: table[name] for name in kept if name in table}
        text = json.dumps({"table": described, "items": items}, indent=1, sort_keys=True)
        (out / "table.json").write_text(text + "\n")
        (out / "export.jsonl").write_text(exported)
        (out / "taken.json").write_text(json.dumps(Receiver.taken, indent=1) + "\n")
    finally:
        moto.terminate()
        moto.wait()


main(*sys.argv[1:])
