//! A pseudo-terminal for a program, with a screen drawn by an independent emulator.

use super::under;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use std::fs::File;
use std::io::{Read, Write};
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// For so long something is waited for on the screen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A program on a terminal.
pub(crate) struct Pty {
    ours: File,
    child: Child,
    seen: Arc<Mutex<Seen>>,
}

struct Seen {
    screen: vt100::Parser,
    /// Every byte that the program wrote.
    all: Vec<u8>,
    is_over: bool,
}

#[allow(
    dead_code,
    reason = "what a program on a terminal can be asked, used or not"
)]
impl Pty {
    /// Starts a program with all three streams on a terminal that controls it.
    pub(crate) fn start(command: Command, rows: u16, columns: u16) -> Self {
        Self::starting(command, rows, columns, false)
    }

    /// With standard output into an unread pipe, so that only standard error is seen.
    pub(crate) fn without_output(command: Command, rows: u16, columns: u16) -> Self {
        Self::starting(command, rows, columns, true)
    }

    fn starting(command: Command, rows: u16, columns: u16, is_output_null: bool) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&ours).expect("granted");
        unlockpt(&ours).expect("unlocked");
        let name = ptsname(&ours, Vec::new()).expect("a name");
        let theirs = || {
            let path = name.to_str().expect("UTF-8");
            let open = File::options().read(true).write(true).open(path);
            OwnedFd::from(open.expect("the terminal"))
        };
        // Made its controlling terminal, so that Ctrl-C reaches it as it does a person's.
        let mut inside = under(&command, "setsid", &["--ctty", "--wait"]);
        if command.get_envs().all(|(name, _)| name != "TERM") {
            inside.env("TERM", "xterm-256color");
        }
        let stdout = match is_output_null {
            true => Stdio::null(),
            false => Stdio::from(theirs()),
        };
        let child = inside
            .stdin(Stdio::from(theirs()))
            .stdout(stdout)
            .stderr(Stdio::from(theirs()));
        let first = theirs();
        set_size(&first, rows, columns);
        let child = child.spawn().expect("it runs");
        drop((inside, first));
        let ours = File::from(ours);
        let seen = Arc::new(Mutex::new(Seen {
            screen: vt100::Parser::new(rows, columns, 0),
            all: Vec::new(),
            is_over: false,
        }));
        let (mut reader, shared) = (ours.try_clone().expect("a handle"), Arc::clone(&seen));
        std::thread::spawn(move || {
            let mut piece = [0; 4096];
            // Reading fails when the other side is gone.
            while let Ok(read @ 1..) = reader.read(&mut piece) {
                let mut seen = shared.lock().expect("the screen");
                seen.screen.process(&piece[..read]);
                seen.all.extend_from_slice(&piece[..read]);
            }
            shared.lock().expect("the screen").is_over = true;
        });
        Self { ours, child, seen }
    }

    /// What stands on the screen.
    pub(crate) fn screen(&self) -> String {
        let seen = self.seen.lock().expect("the screen");
        seen.screen.screen().contents()
    }

    /// Whether the program is on the alternate screen, and whether the cursor is hidden.
    pub(crate) fn modes(&self) -> (bool, bool) {
        let seen = self.seen.lock().expect("the screen");
        let screen = seen.screen.screen();
        (screen.alternate_screen(), screen.hide_cursor())
    }

    /// Everything that was written so far.
    pub(crate) fn written(&self) -> String {
        let seen = self.seen.lock().expect("the screen");
        String::from_utf8_lossy(&seen.all).into_owned()
    }

    /// Waits until the screen satisfies this.
    pub(crate) fn wait(&self, what: &str, is_there: impl Fn(&str) -> bool) -> String {
        let end = Instant::now() + PATIENCE;
        loop {
            let screen = self.screen();
            if is_there(&screen) {
                return screen;
            }
            let is_over = self.seen.lock().expect("the screen").is_over;
            assert!(
                Instant::now() < end && !is_over,
                "no {what} (over: {is_over}) on:\n{screen}\n--- written:\n{}",
                self.written()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until these words stand on the screen.
    pub(crate) fn wait_for(&self, words: &str) -> String {
        self.wait(words, |screen| screen.contains(words))
    }

    /// Presses keys.
    pub(crate) fn press(&mut self, keys: &str) {
        self.ours.write_all(keys.as_bytes()).expect("typed");
    }

    /// Asks the program to end, as another process would. The child that was started is it:
    /// `setsid` becomes the program.
    pub(crate) fn terminate(&self) {
        let id = i32::try_from(self.child.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        let id = id.expect("a process");
        rustix::process::kill_process(id, rustix::process::Signal::TERM).expect("a signal");
    }

    /// Gives the terminal another size.
    pub(crate) fn resize(&mut self, rows: u16, columns: u16) {
        let mut seen = self.seen.lock().expect("the screen");
        seen.screen.screen_mut().set_size(rows, columns);
        set_size(&self.ours, rows, columns);
    }

    /// Waits for the end: the exit code, and everything that was written.
    pub(crate) fn end(mut self) -> (i32, String) {
        let end = Instant::now() + PATIENCE;
        let code = loop {
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status.code().unwrap_or(-1);
            }
            if Instant::now() > end {
                let _ = self.child.kill();
                panic!("it does not end; on its screen:\n{}", self.screen());
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        // What it wrote last may still be on its way.
        std::thread::sleep(Duration::from_millis(100));
        (code, self.written())
    }
}

fn set_size(terminal: impl std::os::fd::AsFd, rows: u16, columns: u16) {
    let size = Winsize {
        ws_row: rows,
        ws_col: columns,
        ws_xpixel: 0,
        ws_ypixel: 0,
    };
    tcsetwinsize(terminal, size).expect("a size");
}
