#!/usr/bin/env python3
"""Whether the tests notice when what matters is changed: draws mutants of some rooms and runs them.

    cargo install cargo-mutants
    python3 tests/mutants.py redact judge write [--seed 17] [--many 25] [--log FILE]

cargo-mutants lists them (`.cargo/mutants.toml` says of what); the seed and the room decide which are
drawn, so that a draw can be repeated. Each is put into the work tree, which must be clean, and taken
out again: first the unit tests of the room run, then, where they notice nothing, the claims that
concern it, against the binary as changed. Those that do not compile count for nothing, and the next
is drawn in their place. Ends 1 where fewer than nine of ten were caught. --again FILE runs the
survivors of a log once more, after new tests.
"""

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time

# Unit tests and claims that concern a room, by the beginning of their names.
ROOMS = {
    "redact": (["redact::"],
               ["secrets::no_eight", "recording::sixty", "recording::an_unredacted",
                "recording::hide_account", "recording::mail_recipients"]),
    "judge": (["judge::", "runbook::", "engine::", "drill::"],
              ["thresholds::", "situations::", "triage::every_scene"]),
    "write": (["write::"],
              ["alias::a_", "alias::an", "alias::every", "alias::nothing", "alias::the_",
               "alias::without", "alias::outcomes::", "alias::canary::", "alias::credentials::",
               "bond::a_", "bond::an", "bond::every", "bond::consent", "bond::verification",
               "bond::concurrent", "bond::canary::"]),
    "alerting": (["alerting::", "engine::"], ["delivery::", "notify::", "escalate::"]),
    "lambda": (["lambda::", "evidence::", "write::"],
               ["last_known_good::", "evidence_functions::", "alias::a_", "alias::alias_check",
                "alias::the_policy"]),
    "evidence": (["evidence::", "judge::", "runbook::", "engine::"],
                 ["thresholds::", "thresholds_functions::", "situations::", "doubts::"]),
}
# A mutant that waits or counts for ever is caught: by the clock, in seconds, and by the time of a
# processor, which a busy machine does not stretch.
LONGEST = 1200
BUSIEST = 150


def run(command, busiest=None):
    """Ends a command with everything it started after the limit; whether it ended well."""
    def limited():
        if busiest:
            resource.setrlimit(resource.RLIMIT_CPU, (busiest, busiest))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               start_new_session=True, stdin=subprocess.DEVNULL, preexec_fn=limited)
    try:
        output, _ = process.communicate(timeout=LONGEST)
        return process.returncode == 0, output
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return False, "timed out"


def built(*what):
    """Builds tests; their executable, or nothing where they do not compile."""
    command = ["cargo", "test", *what, "--no-run", "--message-format", "json"]
    built_well, output = run(command)
    if not built_well:
        return None
    found = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return [line["executable"] for line in found if line.get("executable")
            and line["target"]["name"] in ("duckops", "claims") and line["profile"]["test"]][-1]


def drawn(room, seed):
    """The mutants of a room in the order in which they are drawn."""
    command = ["cargo", "mutants", "--list", "--json", "--diff"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    found = [mutant for mutant in found if mutant["file"].startswith(f"src/{room}/")]
    found.sort(key=lambda mutant: mutant["name"])
    random.Random(f"{seed} {room}").shuffle(found)
    return found


def judged(mutant, room, claims):
    """Whether this mutant is caught, and by what."""
    units, concerned = ROOMS[room]
    path = mutant["file"]
    with open(path, encoding="utf-8") as file:
        original = file.read()
    try:
        subprocess.run(["patch", "-s", path], input=mutant["diff"], text=True, check=True)
        tests = built("--lib")
        if tests is None:
            return "does not compile", ""
        passed, output = run([tests, *units], BUSIEST)
        if not passed:
            return "caught", failed(output)
        if not run(["cargo", "build", "--bin", "duckops"])[0]:
            return "does not compile", ""
        passed, output = run([claims, "--test-threads", "6", *concerned], BUSIEST)
        return ("survived", "") if passed else ("caught", failed(output))
    finally:
        with open(path, "w", encoding="utf-8") as file:
            file.write(original)


def failed(output):
    """The first test that failed."""
    ends = (" ... FAILED",)
    lines = [line for line in output.splitlines() if line.endswith(ends)]
    return lines[0].removeprefix("test ").removesuffix(ends[0]) if lines else "no test: " + output[-80:].strip()


def main():
    asked = argparse.ArgumentParser()
    asked.add_argument("rooms", nargs="+", choices=ROOMS)
    asked.add_argument("--seed", type=int, default=17)
    asked.add_argument("--many", type=int, default=25)
    asked.add_argument("--log", default="target/mutants.jsonl")
    asked.add_argument("--again", help="a log whose survivors are run again")
    asked = asked.parse_args()
    if subprocess.run(["git", "diff", "--quiet", "--", "src"], check=False).returncode:
        sys.exit("the work tree has changes in src")
    # Nobody reads their backtraces, and without them linking takes a third of the time.
    os.environ.update(CARGO_PROFILE_DEV_DEBUG="0", CARGO_PROFILE_TEST_DEBUG="0")
    claims = built("--test", "claims")
    if not claims or not built("--lib"):
        sys.exit("the tests do not compile as they are")
    survivors = None
    if asked.again:
        with open(asked.again, encoding="utf-8") as log:
            lines = [json.loads(line) for line in log]
        survivors = {line["name"] for line in lines if line["outcome"] == "survived"}
    enough = True
    for room in asked.rooms:
        caught = viable = 0
        for mutant in drawn(room, asked.seed):
            # A name holds the line, which other changes move.
            if survivors is not None and mutant["name"] not in survivors:
                continue
            if viable == asked.many:
                break
            began = time.monotonic()
            outcome, by = judged(mutant, room, claims)
            viable += outcome != "does not compile"
            caught += outcome == "caught"
            seconds = round(time.monotonic() - began)
            print(f"{room} {viable:2} {outcome} ({seconds} s) {mutant['name']} {by}", flush=True)
            with open(asked.log, "a", encoding="utf-8") as log:
                line = {"room": room, "seed": asked.seed, "name": mutant["name"],
                        "outcome": outcome, "by": by, "seconds": seconds}
                log.write(json.dumps(line) + "\n")
        print(f"{room}: {caught} of {viable} caught, seed {asked.seed}", flush=True)
        enough &= 10 * caught >= 9 * viable
    sys.exit(0 if enough else 1)


if __name__ == "__main__":
    main()
