//! The incidents: how each begins and ends on the platform, what has to be said of it, and by when.

use super::function::Outage;
use super::platform::{DAY, Event, HOUR, Issuing, MINUTE, Platform};
use super::watch::Watch;
use duckops::practice::FakeStack;

/// What goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    BrokenDeploy,
    LateDeploy,
    LostPermission,
    StalledCertificates,
    HalfFailingCertificates,
    DeadFleet,
    OneDeadAgent,
    SpikeOf14,
    Quota85,
    Quota97,
    Quota100,
    PausedSending,
    SlowApi,
    StuckExecution,
    Drift,
}

impl Kind {
    pub(super) const ALL: [Self; 15] = [
        Self::BrokenDeploy,
        Self::LateDeploy,
        Self::LostPermission,
        Self::StalledCertificates,
        Self::HalfFailingCertificates,
        Self::DeadFleet,
        Self::OneDeadAgent,
        Self::SpikeOf14,
        Self::Quota85,
        Self::Quota97,
        Self::Quota100,
        Self::PausedSending,
        Self::SlowApi,
        Self::StuckExecution,
        Self::Drift,
    ];

    /// How long after the fix an incident may still be reported: twenty minutes where a step looks
    /// at the present, its window where it looks at an hour or a day.
    pub(super) fn aftermath(self) -> i64 {
        match self {
            Self::OneDeadAgent | Self::SpikeOf14 => DAY,
            Self::Quota85 | Self::Quota97 | Self::Quota100 => DAY,
            Self::StalledCertificates | Self::HalfFailingCertificates => 2 * HOUR,
            _ => 70 * MINUTE,
        }
    }
}

/// One thing that has to be said of an incident.
#[derive(Clone, Debug)]
pub(super) struct Due {
    pub(super) what: &'static str,
    pub(super) runbook: &'static str,
    /// The verdict of that runbook, or a worse one.
    pub(super) verdict: &'static str,
    /// Whether it is the root cause of the run.
    pub(super) is_root: bool,
    /// What the command of the run begins with; one of these.
    pub(super) commands: Vec<String>,
    /// What some text of the report must name.
    pub(super) names: Option<String>,
    /// From when on the platform shows it.
    pub(super) visible: Option<i64>,
    pub(super) found: Option<i64>,
}

/// An incident that is going on, or over.
pub(super) struct Incident {
    pub(super) kind: Kind,
    pub(super) began: i64,
    pub(super) fixed: Option<i64>,
    pub(super) due: Vec<Due>,
    /// The on-call engineer's time from the finding to the fix.
    pub(super) reaction: i64,
    /// The agent that died, the version before, the execution that hangs.
    agent: usize,
    before: u32,
    execution: String,
    breaks_at: Option<i64>,
    /// Whether what is to be found is so at this moment.
    pub(super) holds: bool,
}

fn due(what: &'static str, runbook: &'static str, verdict: &'static str, command: &str) -> Due {
    Due {
        what,
        runbook,
        verdict,
        is_root: verdict == "critical",
        commands: vec![command.to_owned()],
        names: None,
        visible: None,
        found: None,
    }
}

impl Incident {
    /// Lets it begin.
    pub(super) fn begin(
        kind: Kind,
        platform: &mut Platform,
        world: &mut FakeStack,
        moves: &mut Vec<(&'static str, u32, u32)>,
    ) -> Self {
        let before = platform.function.serving;
        let back = format!("duckops alias rollback --to {before}");
        let mut agent = 0;
        let mut execution = String::new();
        let mut breaks_at = None;
        let due = match kind {
            Kind::BrokenDeploy | Kind::LateDeploy => {
                let number = platform.deploy(world);
                moves.push(("alias promote", before, number));
                match kind {
                    Kind::LateDeploy => breaks_at = Some(platform.now + 40 * MINUTE),
                    _ => platform.break_version(number, world),
                }
                vec![due("API down", "inc-001", "critical", &back)]
            }
            Kind::LostPermission => {
                platform.function.outage = Some(Outage::NoPermission);
                world.policy = None;
                platform.show_outage(world);
                vec![due(
                    "API down",
                    "inc-001",
                    "critical",
                    "aws lambda get-policy",
                )]
            }
            Kind::SlowApi => {
                platform.function.outage = Some(Outage::Slow);
                platform.show_outage(world);
                vec![due(
                    "API slow",
                    "inc-001",
                    "warning",
                    "duckops triage inc-001 --wait",
                )]
            }
            Kind::Drift => {
                platform.move_alias(before - 1, world);
                let mut drift = due("drift", "inc-001", "warning", "duckops alias show");
                // The version that it was moved to may be one that broke before.
                drift.commands.push("duckops alias rollback".to_owned());
                vec![drift]
            }
            Kind::StalledCertificates => {
                platform.issuing = Issuing::Stalled;
                vec![
                    due(
                        "24 h",
                        "inc-002",
                        "warning",
                        "duckops facts logs.newest_certs",
                    ),
                    due("48 h", "inc-002", "critical", "duckops escalate inc-002"),
                ]
            }
            Kind::HalfFailingCertificates => {
                platform.issuing = Issuing::HalfFailing;
                vec![due(
                    "failures",
                    "inc-002",
                    "warning",
                    "duckops facts logs.newest_certs",
                )]
            }
            Kind::DeadFleet => {
                platform.stop(|_, _| true);
                vec![due(
                    "all dead",
                    "inc-003",
                    "critical",
                    "duckops escalate inc-003",
                )]
            }
            Kind::OneDeadAgent => {
                let up: Vec<_> = (0..platform.agents.len())
                    .filter(|nth| platform.agents[*nth].is_bonded)
                    .collect();
                agent = up[platform.dice.index(up.len())];
                platform.stop(|nth, _| nth == agent);
                platform.popular = Some(agent);
                let id = platform.agents[agent].id.clone();
                let show = format!("duckops bond show {id}");
                let named = |mut due: Due| {
                    due.names = Some(id.clone());
                    due
                };
                let mut spike = due("over 10 errors", "inc-004", "critical", &show);
                spike.commands.push("duckops escalate inc-004".to_owned());
                let offline = due("agent OFFLINE", "bond", "critical", &show);
                // Seven of ten are approved, and those fail: well over ten within a day.
                for nth in 0..28 {
                    let wait = nth * 10 * MINUTE + 20 * MINUTE;
                    platform.plan(wait, Event::Ask);
                }
                vec![named(offline), named(spike)]
            }
            Kind::SpikeOf14 => {
                platform.callbacks_fail = true;
                for nth in 0..30 {
                    platform.plan(nth * 4 * MINUTE + MINUTE, Event::Ask);
                }
                vec![due(
                    "over 10 errors",
                    "inc-004",
                    "critical",
                    "duckops escalate inc-004",
                )]
            }
            Kind::Quota85 | Kind::Quota97 | Kind::Quota100 => {
                let share = match kind {
                    Kind::Quota85 => 0.85,
                    Kind::Quota97 => 0.97,
                    _ => 1.0,
                };
                let wanted = (world.mail.max_24h * share).ceil() as i64;
                let missing = wanted - i64::try_from(platform.mails.len()).expect("few");
                for nth in 0..missing {
                    platform.plan(nth * HOUR / missing, Event::Newsletter);
                }
                match kind {
                    Kind::Quota85 => {
                        vec![due("85 %", "inc-005", "warning", "duckops runbook show")]
                    }
                    Kind::Quota97 => vec![due(
                        "97 %",
                        "inc-005",
                        "critical",
                        "duckops escalate inc-005",
                    )],
                    _ => vec![due(
                        "100 %",
                        "inc-005",
                        "critical",
                        "duckops escalate inc-005",
                    )],
                }
            }
            Kind::PausedSending => {
                world.mail.sending_enabled = false;
                vec![due(
                    "paused",
                    "inc-005",
                    "critical",
                    "duckops escalate inc-005",
                )]
            }
            Kind::StuckExecution => {
                execution = platform.get_stuck(world);
                vec![due(
                    "RUNNING",
                    "inc-004",
                    "warning",
                    "duckops escalate inc-004",
                )]
            }
        };
        Self {
            kind,
            began: platform.now,
            fixed: None,
            due,
            reaction: platform.dice.between(10, 20) * MINUTE,
            agent,
            before,
            execution,
            breaks_at,
            holds: true,
        }
    }

    /// What happens while it lasts, and from when on the platform shows it.
    pub(super) fn go_on(&mut self, platform: &mut Platform, world: &mut FakeStack) {
        let now = platform.now;
        if self.breaks_at.is_some_and(|at| at <= now) && self.fixed.is_none() {
            self.breaks_at = None;
            let number = platform.function.serving;
            platform.break_version(number, world);
        }
        if self.fixed.is_some() {
            return;
        }
        let used = platform.mails.len() as f64 / world.mail.max_24h;
        let silent =
            |nth: &usize| now - platform.agents[*nth].last_pulse.unwrap_or(0) >= 30 * MINUTE;
        let bonded = || (0..platform.agents.len()).filter(|nth| platform.agents[*nth].is_bonded);
        let is_of_today = |at: &&i64| now - **at < DAY;
        let errors = platform.callback_errors.iter().filter(is_of_today).count();
        let since_certificate = now - platform.last_certificate;
        let registered = !platform.uncertified.is_empty();
        let is_quota = matches!(self.kind, Kind::Quota85 | Kind::Quota97 | Kind::Quota100);
        self.holds = !is_quota || used >= 0.8;
        for (nth, due) in self.due.iter_mut().enumerate() {
            if is_quota {
                // What is due follows the quota, which ordinary mail moves as well.
                due.is_root = used > 0.95;
                let command = match due.is_root {
                    true => "duckops escalate inc-005",
                    false => "duckops runbook show",
                };
                due.commands = vec![command.to_owned()];
            }
            let is_visible = match (self.kind, nth) {
                (Kind::BrokenDeploy | Kind::LateDeploy, _) => platform.function.is_down(),
                (Kind::StalledCertificates, 0) => registered && since_certificate >= DAY,
                (Kind::StalledCertificates, _) => registered && since_certificate >= 2 * DAY,
                (Kind::HalfFailingCertificates, _) => registered,
                (Kind::DeadFleet, _) => bonded().all(|nth| silent(&nth)),
                (Kind::OneDeadAgent, 0) => silent(&self.agent),
                (Kind::OneDeadAgent | Kind::SpikeOf14, _) => errors > 10,
                (Kind::Quota85, _) => used >= 0.8,
                (Kind::Quota97, _) => used > 0.95,
                (Kind::Quota100, _) => used >= 1.0,
                (Kind::StuckExecution, _) => now - self.began > 15 * MINUTE,
                _ => true,
            };
            if is_visible && due.visible.is_none() {
                due.visible = Some(now);
            }
        }
    }

    /// Whether it is fixed now: so long after it was found, or too late.
    pub(super) fn is_over(&self, platform: &Platform, world: &FakeStack) -> bool {
        let now = platform.now;
        if self.kind == Kind::Quota85 {
            let used = platform.mails.len() as f64 / world.mail.max_24h;
            // Well below the limit, so that an ordinary hour does not bring it back.
            return self.due[0].visible.is_some() && used < 0.7;
        }
        let all_found = self.due.iter().map(|due| due.found).max().expect("one");
        let all_found = self
            .due
            .iter()
            .all(|due| due.found.is_some())
            .then_some(all_found);
        let all_visible = self.due.iter().all(|due| due.visible.is_some());
        let latest = self.due.iter().filter_map(|due| due.visible).max();
        match (all_found.flatten(), latest) {
            (Some(found), _) => now >= found + self.reaction,
            (None, Some(visible)) => all_visible && now >= visible + 90 * MINUTE,
            (None, None) => false,
        }
    }

    /// The on-call engineer's fix.
    pub(super) fn fix(
        &mut self,
        platform: &mut Platform,
        world: &mut FakeStack,
        moves: &mut Vec<(&'static str, u32, u32)>,
    ) {
        self.fixed = Some(platform.now);
        match self.kind {
            Kind::BrokenDeploy | Kind::LateDeploy | Kind::Drift => {
                let from = platform.function.serving;
                let action = match self.kind {
                    Kind::Drift => "alias promote",
                    _ => "alias rollback",
                };
                platform.move_alias(self.before, world);
                moves.push((action, from, self.before));
            }
            Kind::LostPermission | Kind::SlowApi => {
                platform.function.outage = None;
                world.policy = FakeStack::empty(world.now).policy;
                platform.show_outage(world);
            }
            Kind::StalledCertificates | Kind::HalfFailingCertificates => {
                platform.certify_the_waiting();
            }
            Kind::DeadFleet => platform.restart(|_| true),
            Kind::OneDeadAgent => {
                platform.popular = None;
                let id = platform.agents[self.agent].id.clone();
                platform.restart(|agent| agent.id == id);
            }
            Kind::SpikeOf14 => platform.callbacks_fail = false,
            Kind::Quota85 => {}
            Kind::Quota97 | Kind::Quota100 => {
                world.mail.production_access = true;
                world.mail.max_24h = 50_000.0;
            }
            Kind::PausedSending => world.mail.sending_enabled = true,
            Kind::StuckExecution => platform.abort(&self.execution, world),
        }
    }
}

impl Platform {
    fn break_version(&mut self, number: u32, world: &mut FakeStack) {
        self.function.outage = Some(Outage::Version(number));
        self.show_outage(world);
    }
}

/// Writes down the moves that were made, as the installation does.
pub(super) fn record(
    moves: &mut Vec<(&'static str, u32, u32)>,
    platform: &Platform,
    watch: &mut Watch,
) {
    for (action, from, to) in moves.drain(..) {
        match platform.profile.journal {
            true => watch.record_move(action, from, to, platform.now),
            false => watch.expect(to),
        }
    }
}
