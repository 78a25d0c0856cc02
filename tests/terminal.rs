//! Claim: on a real terminal the report is coloured and nothing else, unless colour is switched
//! off; it fits the width; and the verdict is there in words either way.

use crate::support::emulator::environment;
use crate::support::{Duckops, Stage, under, world};

/// Runs a program with standard output on a terminal of this width.
const TERMINAL: &str = r#"
import fcntl, os, pty, struct, subprocess, sys, termios
ours, theirs = pty.openpty()
fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, int(sys.argv[1]), 0, 0))
modes = termios.tcgetattr(theirs)
modes[1] &= ~termios.OPOST
termios.tcsetattr(theirs, termios.TCSANOW, modes)
child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=theirs)
os.close(theirs)
while True:
    try:
        piece = os.read(ours, 65536)
    except OSError:
        break
    if not piece:
        break
    sys.stdout.buffer.write(piece)
sys.exit(child.wait())
"#;

/// The output of a call on a terminal of this width, and its exit code.
fn on_a_terminal(call: Duckops, columns: u16) -> (String, i32) {
    let call = call.command();
    let python = environment().join("bin/python");
    let columns = columns.to_string();
    let mut terminal = under(&call, python, &["-I", "-c", TERMINAL, &columns]);
    let output = terminal.output().expect("python runs");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    assert!(
        !text.is_empty(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    (text, output.status.code().unwrap_or(-1))
}

/// The text without its colours and weights, and how many of them there were. Any other
/// control character but the newline is an error.
fn plain(text: &str) -> Result<(String, usize), String> {
    let mut pieces = text.split("\x1b[");
    let mut out = pieces.next().unwrap_or_default().to_owned();
    let mut count = 0;
    for piece in pieces {
        let end = piece.find(|c: char| !(c.is_ascii_digit() || c == ';'));
        let Some(rest) = end.and_then(|end| piece[end..].strip_prefix('m')) else {
            return Err(format!("a sequence that is no colour: {piece:?}"));
        };
        out.push_str(rest);
        count += 1;
    }
    match out.chars().find(|c| c.is_control() && *c != '\n') {
        Some(other) => Err(format!("{other:?} in {out:?}")),
        None => Ok((out, count)),
    }
}

/// Without what differs from run to run.
fn timeless(text: &str) -> Vec<String> {
    let is_timed = |line: &&str| line.contains(" s \u{b7} exit ");
    let lines = text.lines().filter(|line| !is_timed(line));
    lines.map(str::to_owned).collect()
}

#[test]
fn a_terminal_gets_colour_unless_it_is_disabled() {
    let stage = Stage::of(world("inc-004"));
    let call = |more: &[&str]| {
        let arguments = [&["triage", "inc-004"], more].concat();
        stage.once(&arguments).env("TERM", "xterm")
    };
    let (coloured, code) = on_a_terminal(call(&[]), 80);
    assert_eq!(code, 2, "{coloured}");
    let (words, colours) = plain(&coloured).unwrap_or_else(|e| panic!("{e}"));
    assert!(colours > 10, "{colours} in {coloured:?}");

    let without = [
        ("NO_COLOR", call(&[]).env("NO_COLOR", "1")),
        ("TERM=dumb", call(&[]).env("TERM", "dumb")),
        ("CLICOLOR=0", call(&[]).env("CLICOLOR", "0")),
        ("--color never", call(&["--color", "never"])),
        (
            "--color never over all",
            call(&["--color", "never"]).env("CLICOLOR_FORCE", "1"),
        ),
        (
            "NO_COLOR over CLICOLOR_FORCE",
            call(&[]).env("NO_COLOR", "1").env("CLICOLOR_FORCE", "1"),
        ),
    ];
    for (why, call) in without {
        let (text, code) = on_a_terminal(call, 80);
        assert_eq!(code, 2, "{why}: {text}");
        let (bare, colours) = plain(&text).unwrap_or_else(|e| panic!("{why}: {e}"));
        assert_eq!(colours, 0, "{why}: {text:?}");
        assert_eq!(timeless(&bare), timeless(&words), "{why}");
    }

    let piped = call(&[]).run();
    assert_eq!(plain(&piped.stdout).map(|(_, colours)| colours), Ok(0));
    let with = [
        call(&[]).env("CLICOLOR_FORCE", "1"),
        call(&["--color", "always"]).env("NO_COLOR", "1"),
        // Empty counts as not set.
        call(&[]).env("CLICOLOR_FORCE", "1").env("NO_COLOR", ""),
    ];
    for call in with {
        let forced = call.run();
        let (bare, colours) = plain(&forced.stdout).unwrap_or_else(|e| panic!("{e}"));
        assert!(colours > 10, "{forced:?}");
        assert_eq!(timeless(&bare), timeless(&words));
    }
    for word in ["CRITICAL", "CRIT 1", "WARN 2", "CRIT 4"] {
        assert!(words.contains(word), "{word} is not in {words}");
    }
}

#[test]
fn the_escape_sequence_check_finds_a_planted_sequence() {
    assert_eq!(
        plain("\x1b[1;31mCRIT\x1b[0m\n"),
        Ok(("CRIT\n".to_owned(), 2))
    );
    for bad in ["\x1b[2J", "\x1b]0;title\x07", "a\rb", "\x1b[", "a\x08"] {
        assert!(plain(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn terminal_output_fits_its_width() {
    let stage = Stage::of(world("inc-001"));
    let calls: [(&[&str], i32); 5] = [
        (&["triage", "inc-001"], 2),
        (&["triage"], 2),
        (&["doctor"], 2),
        (&["facts"], 0),
        (&["drill", "scenes"], 0),
    ];
    for (arguments, due) in calls {
        let mut widest = Vec::new();
        for columns in [60, 80, 200] {
            let call = stage.once(arguments).env("TERM", "dumb");
            let (text, code) = on_a_terminal(call, columns);
            assert_eq!(code, due, "{arguments:?}: {text}");
            // A command to be pasted is never broken, and neither is a fix.
            let is_command = |line: &&str| {
                let line = line.trim_start();
                ["ask by hand: ", "aws ", "fix "]
                    .iter()
                    .any(|start| line.starts_with(start))
            };
            let lines = text.lines().filter(|line| !is_command(line));
            let longest = lines
                .max_by_key(|line| line.chars().count())
                .unwrap_or_default();
            let length = longest.chars().count();
            assert!(
                length <= usize::from(columns),
                "{arguments:?} at {columns}: {longest}"
            );
            widest.push(length);
        }
        assert!(
            widest[2] >= widest[1] && widest[1] >= widest[0],
            "{arguments:?} gains nothing from more columns: {widest:?}"
        );
    }
}

#[test]
fn a_locale_that_writes_no_utf_8_gets_ascii() {
    let stage = Stage::of(world("inc-001"));
    for (locale, is_ascii) in [("C", true), ("POSIX", true), ("C.UTF-8", false)] {
        let ran = stage.duckops(&["triage"]).env("LC_ALL", locale).run();
        assert_eq!(ran.stdout.is_ascii(), is_ascii, "{locale}: {ran:?}");
        assert!(ran.stdout.contains("exit 2"), "{locale}: {ran:?}");
    }
}
