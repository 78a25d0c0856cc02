//! A season from its first check to its last: calm days first, then the incidents one after another,
//! each with the time that it is felt afterwards.

use super::board::{Board, NotOk, Outcome};
use super::dice::Dice;
use super::incident::{Incident, Kind, record};
use super::platform::{DAY, Event, HOUR, MINUTE, Platform, Profile, moment};
use super::watch::{Checked, Watch};
use duckops::practice::FakeStack;
use duckops::report::model::{Report, Verdict};

/// How often is checked.
const EVERY: i64 = 5 * MINUTE;
/// How long after a stray error its traces may be reported.
const STRAY: i64 = 60 * MINUTE;

/// What happens in a season.
#[derive(Clone, Debug)]
pub(super) struct Timetable {
    /// Days without incident, the first day of the installation among them.
    pub(super) calm_days: i64,
    pub(super) incidents: Vec<Kind>,
    pub(super) is_shuffled: bool,
    /// Calm hours between two incidents, at most twice as many.
    pub(super) gap: i64,
}

/// A season that is being played.
pub(super) struct Season {
    platform: Platform,
    watch: Watch,
    dice: Dice,
    board: Board,
    begins: i64,
    coming: Vec<Kind>,
    gap: i64,
    calm_until: i64,
    running: Option<Incident>,
    /// When the next ordinary thing happens: a stray, a fine deploy, a reboot.
    ordinary: [(i64, Ordinary); 4],
    moves: Vec<(&'static str, u32, u32)>,
}

#[derive(Clone, Copy, Debug)]
enum Ordinary {
    StrayCallback,
    StrayError,
    Deploy,
    Reboot,
}

impl Season {
    pub(super) fn new(seed: u64, timetable: Timetable) -> Self {
        let mut dice = Dice::new(seed ^ 0x5ea50);
        // Some moment of some day of 2026.
        let begins = 1_772_323_200 + dice.between(0, 14 * DAY);
        let mut world = FakeStack::empty(moment(begins));
        world.frozen = true;
        world.status["status"] = "operational".into();
        let profile = Profile::of(seed);
        let platform = Platform::new(seed, profile, begins, &mut world);
        let mut watch = Watch::over(world);
        if !profile.journal {
            watch.expect(platform.function.serving);
        }
        let mut coming = timetable.incidents.to_vec();
        if timetable.is_shuffled {
            for nth in (1..coming.len()).rev() {
                coming.swap(nth, dice.index(nth + 1));
            }
        }
        coming.reverse();
        let mut first = |mean| begins + dice.wait(mean);
        let ordinary = [
            (first(4 * DAY), Ordinary::StrayCallback),
            (first(4 * DAY), Ordinary::StrayError),
            (first(2 * DAY), Ordinary::Deploy),
            (first(4 * DAY), Ordinary::Reboot),
        ];
        Self {
            platform,
            watch,
            board: Board::new(seed, profile),
            begins,
            coming,
            gap: timetable.gap,
            calm_until: begins + timetable.calm_days * DAY,
            running: None,
            ordinary,
            moves: Vec::new(),
            dice,
        }
    }

    pub(super) fn play(mut self) -> Board {
        let mut at = self.begins;
        loop {
            at += EVERY + self.dice.between(0, 9);
            if !self.live(at) {
                return self.board;
            }
            let checked = self.watch.check();
            self.judge(&checked, at);
        }
    }

    /// Lets the platform live until this moment; nothing more comes once the season is over.
    fn live(&mut self, at: i64) -> bool {
        let mut world = self.watch.world();
        let platform = &mut self.platform;
        platform.advance(at, &mut world);
        match &mut self.running {
            Some(incident) => {
                incident.go_on(platform, &mut world);
                if incident.fixed.is_none() && incident.is_over(platform, &world) {
                    incident.fix(platform, &mut world, &mut self.moves);
                }
            }
            None if at >= self.calm_until => {
                let Some(kind) = self.coming.pop() else {
                    return false;
                };
                let incident = Incident::begin(kind, platform, &mut world, &mut self.moves);
                self.running = Some(incident);
            }
            None => {
                // Production access is for the account of another season.
                if world.mail.production_access {
                    world.mail.production_access = false;
                    world.mail.max_24h = 200.0;
                }
                for (due, what) in &mut self.ordinary {
                    if *due > at {
                        continue;
                    }
                    let mean = match what {
                        Ordinary::StrayCallback => {
                            platform.stray_callback_error(&mut world);
                            5 * DAY
                        }
                        Ordinary::StrayError => {
                            platform.plan(1, Event::StrayError);
                            5 * DAY
                        }
                        Ordinary::Deploy => {
                            let before = platform.function.serving;
                            let number = platform.deploy(&mut world);
                            self.moves.push(("alias promote", before, number));
                            2 * DAY
                        }
                        Ordinary::Reboot => {
                            platform.reboot(0);
                            5 * DAY
                        }
                    };
                    *due = at + self.dice.wait(mean);
                }
            }
        }
        // The status document follows what was just done.
        platform.advance(at, &mut world);
        if let Some(incident) = &mut self.running {
            incident.go_on(platform, &mut world);
        }
        drop(world);
        record(&mut self.moves, &self.platform, &mut self.watch);
        true
    }

    fn judge(&mut self, checked: &Checked, at: i64) {
        let report = &checked.report;
        self.board.runs += 1;
        if std::env::var("DUCKOPS_SEASON_TRACE").is_ok() {
            trace(checked, at, self.running.as_ref());
        }
        let Some(incident) = &mut self.running else {
            return self.judge_calm(checked, at);
        };
        for due in &mut incident.due {
            if incident.fixed.is_none() && due.found.is_none() && is_found(report, due) {
                due.found = Some(at);
            }
        }
        let kind = incident.kind;
        match incident.fixed {
            None => self.board.during(incident, checked, at),
            Some(fixed) => {
                self.board.after(incident, checked, at);
                if at >= fixed + kind.aftermath() {
                    let incident = self.running.take().expect("it was there");
                    self.board.outcomes.push(Outcome::of(incident));
                    let gap = self.dice.between(self.gap, 2 * self.gap) * HOUR;
                    self.calm_until = at + gap;
                }
            }
        }
    }

    fn judge_calm(&mut self, checked: &Checked, at: i64) {
        let report = &checked.report;
        let near = |stray: &i64| (0..=STRAY).contains(&(at - stray));
        let is_near_stray = self.platform.strays.iter().any(near);
        self.board.calm(at - self.begins, is_near_stray);
        for page in &checked.pages {
            self.board
                .pages_in_calm
                .push(format!("{}: {page}", told(at)));
        }
        if report.verdict == Verdict::Ok {
            return;
        }
        self.board.not_ok.push(NotOk {
            at,
            line: first_line(report),
            is_near_stray,
        });
    }
}

/// Whether the report says what is due.
fn is_found(report: &Report, due: &super::incident::Due) -> bool {
    let verdict = Verdict::from_word(due.verdict).expect("a verdict");
    let says = report.runbooks.iter().any(|runbook| {
        runbook.id.as_str() == due.runbook
            && runbook.verdict >= verdict
            && runbook.verdict != Verdict::Unknown
    });
    let root = report.root_cause.as_ref().map(ToString::to_string);
    says && (!due.is_root || root.as_deref() == Some(due.runbook))
}

/// The first line of a report, as a chat shows it.
pub(super) fn first_line(report: &Report) -> String {
    let mut text = format!("{} {}", report.verdict.word(), report.summary);
    for runbook in &report.runbooks {
        for step in &runbook.steps {
            let word = step.verdict().word();
            if !matches!(word, "ok" | "skipped") {
                text.push_str(&format!(
                    "\n        {} {} {word}: {}",
                    runbook.id, step.id, step.summary
                ));
            }
        }
    }
    text
}

/// A moment of the season, for people.
pub(super) fn told(at: i64) -> String {
    duckops::fact::instant(at)
}

fn trace(checked: &Checked, at: i64, running: Option<&Incident>) {
    let kind = running.map(|incident| {
        format!(
            "{:?}{}",
            incident.kind,
            if incident.fixed.is_some() {
                " fixed"
            } else {
                ""
            }
        )
    });
    println!(
        "{} {} {} | {:?}",
        told(at),
        kind.as_deref().unwrap_or("calm"),
        first_line(&checked.report),
        checked
            .report
            .next_action
            .as_ref()
            .map(|next| next.command.as_ref().map(ToString::to_string))
    );
}
