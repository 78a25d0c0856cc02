#!/usr/bin/env python3
"""Compares `duckops triage` with the runbooks' own commands, in one run, on one world.

Starts the practice stack of the release binary on loopback, runs both sides in turn, and
prints medians and ratios: wall time, CPU time of the whole process tree, peak memory. Before that
it measures how long the binary takes from its start to the first byte of its first request,
on plain HTTP (--start: only that, which needs nothing but this script and the binary).
With --tls it measures runs over TLS at several round trips and nothing else; that needs openssl
and `cargo build --release --example tls-front`. --long measures a log of 100,000 lines and a feed of
a million entries and nothing else. With both, --before names an older binary, which takes turns with
the other one.
Otherwise needs curl, and the `aws` command on the PATH or in the folder named by --aws.

    cargo build --release && python3 benchmarks/compare.py [--rounds 15] [--aws BIN_FOLDER]
"""

import argparse
import glob
import http.server
import json
import multiprocessing
import os
import resource
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))


def serve(binary, *options):
    """A practice stack, and the environment that points at it."""
    process = subprocess.Popen(
        [binary, "drill", "serve", "--scene", "healthy", *options],
        stdout=subprocess.PIPE, text=True, env=clean({}))
    pointed = {}
    for line in process.stdout:
        if line.startswith("export "):
            name, value = line[len("export "):].strip().split("=", 1)
            pointed[name] = value
        if line.startswith("# ends"):
            return process, pointed
    sys.exit("the practice stack did not start")


def clean(pointed, aws=None):
    path = os.environ["PATH"] if aws is None else aws + os.pathsep + os.environ["PATH"]
    home = tempfile.gettempdir()
    return {"PATH": path, "HOME": home, "LANG": "C", "AWS_PAGER": "", **pointed}


def once(command, env):
    """Wall seconds, CPU seconds and peak KiB of one run with everything it starts."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        # A child of its own, so that the usage of its children is its own too.
        os.close(read)
        began = time.perf_counter()
        done = subprocess.run(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wall = time.perf_counter() - began
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        figures = [wall, used.ru_utime + used.ru_stime, used.ru_maxrss, done.returncode]
        os.write(write, json.dumps(figures).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        figures = json.load(pipe)
    os.waitpid(pid, 0)
    return figures


def compare(label, theirs, ours, env, rounds, limit=None):
    """Both sides in turn, so that whatever else the machine does meets both."""
    once(ours, env), once(theirs, env)
    pairs = [(once(theirs, env), once(ours, env)) for _ in range(rounds)]
    median = lambda side, column: statistics.median(pair[side][column] for pair in pairs)
    codes = {pair[1][3] for pair in pairs}
    wall, cpu = (median(0, 0), median(1, 0)), (median(0, 1), median(1, 1))
    memory = max(pair[1][2] for pair in pairs) / 1024
    line = (f"| {label} | {wall[0]:.3f} / {cpu[0]:.3f} | {wall[1]:.4f} / {cpu[1]:.4f} "
            f"| {wall[0] / wall[1]:.1f} | {cpu[0] / cpu[1]:.0f} | {memory:.1f} |")
    if limit:
        line += f" {wall[1] / limit:.2f} of the slowest chain |"
    print(line + f" exit {sorted(codes)}", flush=True)


def first_byte(binary, *arguments):
    """Seconds from just before the process is made to the first byte it sends to anybody."""
    with socket.create_server(("127.0.0.1", 0)) as listener, tempfile.TemporaryDirectory() as home:
        listener.settimeout(10)
        here = f"http://127.0.0.1:{listener.getsockname()[1]}"
        env = {
            "PATH": os.environ["PATH"], "HOME": home, "DUCKOPS_STATE_DIR": home,
            "DUCKOPS_API_URL": here, "AWS_ENDPOINT_URL": here, "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_ACCESS_KEY_ID": "practice", "AWS_SECRET_ACCESS_KEY": "practice"}
        began = time.perf_counter()
        process = subprocess.Popen(
            [binary, *arguments], env=env, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            connections = []
            waited = selectors.DefaultSelector()
            waited.register(listener, selectors.EVENT_READ)
            while True:
                ready = waited.select(10)
                if not ready:
                    sys.exit(f"{' '.join(arguments)}: no request within 10 s")
                for key, _ in ready:
                    if key.fileobj is listener:
                        connections.append(listener.accept()[0])
                        waited.register(connections[-1], selectors.EVENT_READ)
                    elif key.fileobj.recv(1):
                        return time.perf_counter() - began
                    else:
                        waited.unregister(key.fileobj)
        finally:
            process.kill()
            process.wait()
            for connection in connections:
                connection.close()


def started(binary, rounds):
    """The figures of the start; what any process costs on this machine stands beside them."""
    print("| start to the first byte, ms | median | fastest | slowest |")
    print("|---|---|---|---|")
    cases = (("triage",), ("triage", "inc-001", "probe"), ("facts", "status"))
    taken = {case: [] for case in cases}
    for case in cases:
        first_byte(binary, *case)
    nothing = []
    for _ in range(rounds):
        for case in cases:
            taken[case].append(first_byte(binary, *case))
        began = time.perf_counter()
        subprocess.run([binary, "--version"], stdout=subprocess.DEVNULL, env=clean({}), check=True)
        nothing.append(time.perf_counter() - began)
    rows = [(f"duckops {' '.join(case)}", times) for case, times in taken.items()]
    for name, times in [*rows, ("(whole run of duckops --version)", nothing)]:
        figures = statistics.median(times), min(times), max(times)
        print(f"| {name} | " + " | ".join(f"{1000 * figure:.1f}" for figure in figures) + " |", flush=True)
    print()


SERVICES = ("LAMBDA", "CLOUDWATCH", "CLOUDWATCH_LOGS", "SFN", "SESV2", "STS")
ROUND_TRIPS = (5, 30, 100)


def certificates(folder):
    """A CA of our own and a certificate of 127.0.0.1 by it: the paths of CA, chain and key."""
    at = lambda name: os.path.join(folder, name)
    run = lambda *words: subprocess.run(["openssl", *words], check=True, stderr=subprocess.DEVNULL)
    new = ("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    run(*new, "-x509", "-days", "2", "-keyout", at("ca.key"), "-out", at("ca.pem"), "-subj", "/CN=benchmark CA")
    run(*new, "-keyout", at("key.pem"), "-out", at("request.pem"), "-subj", "/CN=127.0.0.1")
    with open(at("names"), "w") as names:
        names.write("subjectAltName=IP:127.0.0.1\n")
    run("x509", "-req", "-days", "2", "-in", at("request.pem"), "-CA", at("ca.pem"), "-CAkey", at("ca.key"),
        "-CAcreateserial", "-extfile", at("names"), "-out", at("chain.pem"))
    return at("ca.pem"), at("chain.pem"), at("key.pem")


def over_tls(binary, before, rounds):
    """Wall time of runs over TLS, against the least: a round trip each for connection, handshake, request."""
    front_binary = os.path.join(os.path.dirname(binary), "examples", "tls-front")
    if not os.path.exists(front_binary):
        sys.exit(f"{front_binary} is missing: cargo build --release --example tls-front")
    print("| round trip | run | binary | wall, ms | CPU, ms | times the least | over the least, ms |")
    print("|---|---|---|---|---|---|---|")
    stack, pointed = serve(binary)
    address = lambda name: pointed[name].removeprefix("http://").rstrip("/")
    with tempfile.TemporaryDirectory() as folder:
        ca, chain, key = certificates(folder)
        for trip in ROUND_TRIPS:
            front = subprocess.Popen(
                [front_binary, str(trip), chain, key, address("DUCKOPS_API_URL"), address("AWS_ENDPOINT_URL"),
                 str(len(SERVICES))], stdout=subprocess.PIPE, text=True)
            ports = [line.strip() for line in iter(front.stdout.readline, "ready\n")]
            here = [f"https://127.0.0.1:{port}" for port in ports]
            env = clean(pointed)
            env.update(DUCKOPS_API_URL=here[0], AWS_ENDPOINT_URL=here[1], SSL_CERT_FILE=ca)
            env.update({f"AWS_ENDPOINT_URL_{name}": url for name, url in zip(SERVICES, here[1:])})
            for run in (("inc-004",), ("inc-001",), ()):
                binaries = [path for path in (before, binary) if path]
                commands = [[path, "triage", *run] for path in binaries]
                for command in commands:
                    once(command, env)
                figures = [[once(command, env) for command in commands] for _ in range(rounds)]
                for which, path in enumerate(binaries):
                    wall = statistics.median(figure[which][0] for figure in figures) * 1000
                    cpu = statistics.median(figure[which][1] for figure in figures) * 1000
                    codes = sorted({figure[which][3] for figure in figures})
                    name = "before" if path == before else "this one"
                    print(f"| {trip} ms | triage {' '.join(run)} | {name} | {wall:.1f} | {cpu:.1f} "
                          f"| {wall / (3 * trip):.2f} | {wall - 3 * trip:.1f} | exit {codes}", flush=True)
            front.terminate()
            front.wait()
    stack.terminate()
    stack.wait()


LINES, PAGE = 100_000, 10_000
# What is cut by the deadline would be measured as fast.
PATIENT = ("--deadline", "120s")


def log_pages():
    """A log of LINES lines of the last ten minutes as answers of FilterLogEvents: the corpus of the tests,
    over and over."""
    corpus = sorted(glob.glob(os.path.join(HERE, "..", "tests", "corpus", "logs", "*.json")))
    lines = []
    for path in corpus:
        with open(path, encoding="utf-8") as case:
            lines.append(json.load(case)["line"])
    now = time.time()
    pages = []
    for first in range(0, LINES, PAGE):
        events = [{"timestamp": int((now - 600 + 600 * n / LINES) * 1000), "message": lines[n % len(lines)],
                   "logStreamName": "2026/03/22/[61]0f1e2d3c", "ingestionTime": int(now * 1000), "eventId": str(n)}
                  for n in range(first, first + PAGE)]
        page = {"events": events, "searchedLogStreams": []}
        if first + PAGE < LINES:
            page["nextToken"] = str(first // PAGE + 1)
        pages.append(json.dumps(page).encode())
    return pages


def serve_log(told):
    """Answers every search with all lines: the filter of the server only narrows, and this one does not."""
    pages = log_pages()

    class Log(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            page = pages[int(asked.get("nextToken") or 0)]
            self.send_response(200)
            self.send_header("Content-Type", "application/x-amz-json-1.1")
            self.send_header("Content-Length", str(len(page)))
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, *words):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Log)
    told.send((server.server_address[1], sum(map(len, pages))))
    server.serve_forever()


def long_inputs(binary, before, rounds):
    """A long log and a long feed, each read by both binaries in turns."""
    binaries = [("before", before), ("this one", binary)] if before else [("this one", binary)]
    print("| read | binary | wall s | CPU s | peak MiB | |")
    print("|---|---|---|---|---|---|")
    ours, told = multiprocessing.Pipe()
    log = multiprocessing.Process(target=serve_log, args=(told,), daemon=True)
    log.start()
    port, size = ours.recv()
    short, pointed = serve(binary)
    with_log = {**clean(pointed), "AWS_ENDPOINT_URL_CLOUDWATCH_LOGS": f"http://127.0.0.1:{port}"}
    label = f"{LINES:,} log lines twice, {2 * size / 1e6:.0f} MB"
    turns(label, [(name, [path, "facts", "logs", *PATIENT]) for name, path in binaries], with_log, rounds)
    short.terminate()
    short.wait()
    log.terminate()
    stack, pointed = serve(binary, "--feed", "1000000")
    turns("a feed of a million", [(name, [path, "facts", "audit", *PATIENT]) for name, path in binaries], clean(pointed), rounds)
    stack.terminate()
    stack.wait()


def turns(label, commands, env, rounds):
    figures = {name: [] for name, _ in commands}
    for _, command in commands:
        once(command, env)
    for _ in range(rounds):
        for name, command in commands:
            figures[name].append(once(command, env))
    for name, runs in figures.items():
        wall, cpu = (statistics.median(run[column] for run in runs) for column in (0, 1))
        memory, codes = max(run[2] for run in runs) / 1024, sorted({run[3] for run in runs})
        print(f"| {label} | {name} | {wall:.3f} | {cpu:.3f} | {memory:.1f} | exit {codes}", flush=True)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--start", action="store_true", help="measure only the start")
    arguments.add_argument("--tls", action="store_true", help="measure only runs over TLS")
    arguments.add_argument("--long", action="store_true", help="measure only a long log and a long feed")
    arguments.add_argument("--before", help="an older binary to take turns with, for --tls and --long")
    arguments.add_argument("--aws", help="folder that holds the aws command")
    arguments.add_argument("--duckops", default=os.path.join(HERE, "..", "target", "release", "duckops"))
    options = arguments.parse_args()
    binary = os.path.abspath(options.duckops)
    if options.tls:
        over_tls(binary, options.before, options.rounds)
        return
    if options.long:
        long_inputs(binary, options.before, options.rounds)
        return
    started(binary, max(15, options.rounds))
    if options.start:
        return
    path = clean({}, options.aws)["PATH"]
    for needed in ("curl", "aws", "python3", "bash"):
        if shutil.which(needed, path=path) is None:
            sys.exit(f"{needed} is not on the PATH; for aws: pip install awscli, then --aws FOLDER")
    script = os.path.join(HERE, "commands.sh")
    print("| case | commands, wall / CPU s | duckops, wall / CPU s | wall ratio | CPU ratio | peak MiB |")
    print("|---|---|---|---|---|---|")
    for latency in (0, 100):
        stack, pointed = serve(binary, "--latency", str(latency))
        env = clean(pointed, options.aws)
        limit = latency / 1000 or None
        for case, runbook in (("inc-001", "inc-001"), ("inc-004", "inc-004"), ("inc-004-six", "inc-004")):
            compare(f"{case}, {latency} ms", ["bash", script, case], [binary, "triage", runbook],
                    env, options.rounds if latency == 0 else max(3, options.rounds // 3), limit)
        stack.terminate()
        stack.wait()
    stack, pointed = serve(binary, "--feed", "1000000")
    env = clean(pointed, options.aws)
    compare("feed of a million", ["bash", script, "feed"], [binary, "facts", "audit"], env, 3)
    compare("its 100,000 bonds against the feed alone", [binary, "facts", "audit"], [binary, "bond", "list"], env, 5)
    stack.terminate()
    stack.wait()


if __name__ == "__main__":
    main()
