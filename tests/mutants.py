#!/usr/bin/env python3
"""Whether the tests notice when what matters is changed: draws mutants of some rooms and runs them.

    cargo install cargo-mutants
    python3 tests/mutants.py redact judge write [--seed 17] [--many 25] [--log FILE]

cargo-mutants lists them (`.cargo/mutants.toml` says of what); the seed and the room decide which are
drawn, so that a draw can be repeated. All of a room are built at once: each function that one changes
begins with "if this mutant is the one asked for, do this instead", so that two builds serve a room
and not two a mutant. A mutant that cannot stand beside the original (in a constant, or with a type of
its own) is built alone. Those that do not compile count for nothing, and the next is drawn in their
place. Without a mutant the tests have to pass; then each mutant meets the unit tests of the room and,
where they notice nothing, the claims that concern it. The work tree must be clean, and is again after
each build. Ends 1 where fewer than nine of ten were caught. --again FILE runs the survivors of a log
once more, after new tests.
"""

import argparse
import json
import os
import random
import resource
import signal
import subprocess
import sys
import threading
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
                "alias::the_policy", "alias::reads::"]),
    "evidence": (["evidence::", "judge::", "runbook::", "engine::"],
                 ["thresholds::", "thresholds_functions::", "situations::", "doubts::"]),
}
# A mutant that waits or counts for ever is caught: by the clock, in seconds, and by the time of a
# processor, which a busy machine does not stretch: so many times that of the tests without a mutant.
LONGEST = 1200
BUSIER = 3
# Which mutant runs; the file is named in what is built, since many a test empties the environment.
ASKED = os.path.abspath("target/mutant")
SWITCH = """
#[doc(hidden)]
pub(crate) fn mutant(number: usize) -> bool {
    static ASKED: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    let asked = || std::fs::read_to_string("FILE").ok().and_then(|text| text.parse().ok());
    *ASKED.get_or_init(|| asked().unwrap_or(0)) == number
}
""".replace("FILE", ASKED)


def run(command):
    """What a command prints, and whether it ended well."""
    process = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             stdin=subprocess.DEVNULL, check=False)
    return process.returncode == 0, process.stdout


def tested(command, busiest=resource.RLIM_INFINITY):
    """The first test that fails, after which nothing is waited for, or nothing where all pass."""
    def limited():
        # No session of its own: a test that opens a terminal would get it as its own, and end with it.
        os.setpgid(0, 0)
        resource.setrlimit(resource.RLIMIT_CPU, (busiest, busiest))
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                               errors="replace", stdin=subprocess.DEVNULL, preexec_fn=limited)
    def end():
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
    clock = threading.Timer(LONGEST, end)
    clock.start()
    last = ""
    try:
        for line in process.stdout:
            last = line.strip() or last
            if line.startswith("test ") and line.rstrip().endswith(" ... FAILED"):
                return line.removeprefix("test ").rstrip().removesuffix(" ... FAILED")
        return None if process.wait() == 0 else "no test: " + last[-80:]
    finally:
        clock.cancel()
        end()
        process.wait()


def built(*what):
    """Builds; the executable of tests and nothing, or nothing and what the compiler complains of."""
    _, output = run(["cargo", *what, "--message-format", "json"])
    found = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    errors = [line["message"] for line in found if line["reason"] == "compiler-message"
              and line["message"]["level"] == "error" and line["message"]["spans"]]
    if not any(line["reason"] == "build-finished" and line["success"] for line in found):
        return None, errors or sys.exit(output[-2000:])
    return ([line["executable"] for line in found if line.get("executable")
             and line["target"]["name"] in ("duckops", "claims")] or [None])[-1], []


def drawn(room, seed):
    """The mutants of a room in the order in which they are drawn."""
    command = ["cargo", "mutants", "--list", "--json", "--diff"]
    found = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    found = [mutant for mutant in found if mutant["file"].startswith(f"src/{room}/")]
    found.sort(key=lambda mutant: mutant["name"])
    random.Random(f"{seed} {room}").shuffle(found)
    return found


def body(text, mutant):
    """Where the body of the changed function begins, within its braces, and where it ends."""
    lines = text.splitlines(keepends=True)
    def place(at):
        return sum(len(line) for line in lines[:at["line"] - 1]) + at["column"] - 1
    span = mutant["function"]["span"]
    start, end = place(span["start"]), place(span["end"]) - 1
    changed = place(mutant["span"]["start"]), place(mutant["span"]["end"])
    depth, at = 0, start
    while text[at] != "{" or depth:
        if text.startswith("//", at):
            at = text.index("\n", at)
        elif text.startswith("#[", at):
            at = text.index("]", at)
        else:
            depth += (text[at] in "([") - (text[at] in ")]")
        at += 1
    return at + 1, end, changed


class Together:
    """Mutants in one build, each in the function that it changes, by number from 1."""

    def __init__(self, mutants):
        self.texts = {}
        places = {}
        for number, mutant in mutants.items():
            path = mutant["file"]
            if path not in self.texts:
                with open(path, encoding="utf-8") as file:
                    self.texts[path] = file.read()
            start, end, changed = body(self.texts[path], mutant)
            places.setdefault(path, {}).setdefault((start, end), []).append((number, mutant, changed))
        self.lines = {}
        self.changed = {}
        for path, functions in places.items():
            text, new, at = self.texts[path], "", 0
            for (start, end), here in sorted(functions.items()):
                new += text[at:start]
                for number, mutant, (first, last) in here:
                    begins = new.count("\n") + 2
                    replaced = text[start:first] + mutant["replacement"] + text[last:end]
                    new += f"\nif crate::mutant({number}) {{ return {{ {replaced} }}; }}\n"
                    self.lines[number] = path, range(begins, new.count("\n") + 1)
                at = start
            self.changed[path] = new + text[at:]

    def __enter__(self):
        for path, text in self.changed.items():
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        with open("src/lib.rs", encoding="utf-8") as file:
            self.texts["src/lib.rs"] = file.read()
        with open("src/lib.rs", "a", encoding="utf-8") as file:
            file.write(SWITCH)

    def __exit__(self, *_):
        for path, text in self.texts.items():
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)

    def blamed(self, number, errors):
        """The errors that stand in one of the mutants."""
        path, lines = self.lines[number]
        return [error for error in errors if any(
            span["file_name"] == path and span["line_start"] in lines for span in error["spans"])]


class Alone:
    """One mutant, in the place of the original."""

    def __init__(self, mutant):
        self.mutant = mutant

    def __enter__(self):
        with open(self.mutant["file"], encoding="utf-8") as file:
            self.text = file.read()
        subprocess.run(["patch", "-s", self.mutant["file"]], input=self.mutant["diff"], text=True, check=True)

    def __exit__(self, *_):
        with open(self.mutant["file"], "w", encoding="utf-8") as file:
            file.write(self.text)


def compiles(mutant, errors):
    """Whether a mutant that does not compile beside the original may do so alone."""
    returns = (mutant.get("function") or {}).get("return_type", "")
    codes = {(error["code"] or {}).get("code") for error in errors}
    # A constant, and types of its own for each of two closures or iterators.
    if mutant.get("function") and "impl " not in returns and not codes & {"E0015", "E0493"}:
        return False
    with Alone(mutant):
        return not built("check", "--lib")[1]


def nested(mutant, others):
    """Whether its function stands in one of theirs, or one of theirs in its own."""
    if not mutant.get("function"):
        return True
    def lines(one):
        span = one["function"]["span"]
        return span["start"]["line"], span["end"]["line"]
    first, last = lines(mutant)
    return any(other["file"] == mutant["file"] and lines(other) != (first, last)
               and lines(other)[0] <= last and first <= lines(other)[1] for other in others)


def sorted_out(mutants, many):
    """The first that compile, by number: those that can stand together, and those built alone."""
    together, apart, errors_of = {}, {}, {}
    for number, mutant in enumerate(mutants[:3 * many], 1):
        (apart if nested(mutant, together.values()) else together)[number] = mutant
    while True:
        tree = Together(together)
        with tree:
            _, errors = built("check", "--lib")
        if not errors:
            break
        blamed = {number: of for number in together if (of := tree.blamed(number, errors))}
        if not blamed:
            sys.exit("cannot tell which mutant does not compile: " + errors[0]["rendered"])
        print(f"{len(blamed)} of {len(together)} do not compile so", flush=True)
        errors_of.update(blamed)
        apart.update({number: together.pop(number) for number in blamed})
    kept, alone = {}, {}
    for number in sorted([*together, *apart]):
        if len(kept) + len(alone) == many:
            break
        if number in together:
            kept[number] = together[number]
        elif compiles(apart[number], errors_of.get(number, [])):
            alone[number] = apart[number]
    return kept, alone


class Tests:
    """The tests of a room: its unit tests, and the claims that concern it."""

    def __init__(self, room, claims):
        self.room, self.claims = room, claims
        self.limits = [resource.RLIM_INFINITY] * 2

    def caught_by(self, units):
        """By what the mutant that is asked for is caught, if it is."""
        for at, command in enumerate([[units, *ROOMS[self.room][0]],
                                      [self.claims, "--test-threads", "6", *ROOMS[self.room][1]]]):
            before = busy()
            by = tested(command, self.limits[at])
            if by and tested([command[0], "--exact", by], self.limits[at]) is None:
                # On a machine with too much to do a test may fail by itself: all are run once more.
                by = tested(command, self.limits[at])
            if by:
                return by
            if self.limits[at] == resource.RLIM_INFINITY:
                self.limits[at] = int(BUSIER * (busy() - before)) + 20
        return None


def busy():
    """The time of a processor that ended children took, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def outcomes(room, mutants, many, claims):
    """Each mutant with what caught it, if anything did."""
    together, alone = sorted_out(mutants, many)
    with Together(together):
        units, _ = built("test", "--lib", "--no-run")
        built("build", "--bin", "duckops")
    tests = Tests(room, claims)
    for number in [0, *together]:
        with open(ASKED, "w", encoding="utf-8") as file:
            file.write(str(number))
        began = time.monotonic()
        by = tests.caught_by(units)
        if number:
            yield together[number], by, time.monotonic() - began
        elif by:
            sys.exit(f"a test of {room} fails without a mutant: {by}")
    os.remove(ASKED)
    for mutant in alone.values():
        began = time.monotonic()
        with Alone(mutant):
            units, _ = built("test", "--lib", "--no-run")
            built("build", "--bin", "duckops")
        yield mutant, tests.caught_by(units), time.monotonic() - began


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
    claims, errors = built("test", "--test", "claims", "--no-run")
    if errors:
        sys.exit("the tests do not compile as they are")
    survivors = None
    if asked.again:
        with open(asked.again, encoding="utf-8") as log:
            lines = [json.loads(line) for line in log]
        survivors = {line["name"] for line in lines if not line["by"]}
    enough = True
    for room in asked.rooms:
        mutants = drawn(room, asked.seed)
        if survivors is not None:
            # A name holds the line, which other changes move.
            mutants = [mutant for mutant in mutants if mutant["name"] in survivors]
        seen = caught = 0
        for mutant, by, seconds in outcomes(room, mutants, asked.many, claims):
            seen += 1
            caught += by is not None
            print(f"{room} {seen:2} {mutant['name']}: {by or 'SURVIVED'} ({seconds:.0f} s)", flush=True)
            with open(asked.log, "a", encoding="utf-8") as log:
                line = {"room": room, "seed": asked.seed, "name": mutant["name"], "by": by,
                        "seconds": round(seconds)}
                log.write(json.dumps(line) + "\n")
        print(f"{room}: {caught} of {seen} caught, seed {asked.seed}", flush=True)
        enough &= 10 * caught >= 9 * seen
    sys.exit(0 if enough else 1)


if __name__ == "__main__":
    main()
