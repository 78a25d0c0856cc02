//! The platform as production runs it: agents pulse, people register and ask for bonds, mail goes
//! out, versions are deployed. Everything that happens is one event at one second; what the stack
//! would show of it is written into the practice stack's world. Nothing here knows what a check
//! looks for.

use super::agents::Agent;
use super::dice::Dice;
use super::function::Function;
use super::pecks::Peck;
use duckops::practice::{FakeExecution, FakeStack, LogEvent};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use time::OffsetDateTime;

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

/// The feed keeps a week.
const FEED_KEPT: i64 = 7 * DAY;
/// Executions and mail are only asked about this far back.
const LISTED: i64 = 3 * DAY;
/// Lines are only asked about this far back.
const LOGGED: i64 = 2 * HOUR;

/// In what one installation differs from another.
#[derive(Clone, Copy, Debug)]
pub(super) struct Profile {
    /// Agents at the start.
    pub(super) agents: usize,
    /// How many of the newest entries the feed shows.
    pub(super) feed: usize,
    /// Seconds between two sign-ups, on average.
    pub(super) sign_up: i64,
    /// Seconds between two requests, on average.
    pub(super) request: i64,
    /// Whether an entry reports that a request expired.
    pub(super) tells_expiry: bool,
    /// Whether the name of an execution holds the id of its request.
    pub(super) named_executions: bool,
    /// Whether times in the feed are text instead of seconds.
    pub(super) text_times: bool,
    /// Whether deploys are made with duckops, whose journal then has them.
    pub(super) journal: bool,
    /// Whether SES computes reputation metrics.
    pub(super) reputation: bool,
}

impl Profile {
    /// Of a seed: small and large platforms, long and short feeds.
    pub(super) fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let agents = dice.one_of(&[3, 4, 6, 9, 14, 22, 35, 50]);
        // A week of a small platform, at most a few thousand entries of a large one.
        let feed = dice.one_of(&[200, 600, 1_500, 3_000]);
        Self {
            agents,
            feed,
            sign_up: dice.one_of(&[2, 3, 5, 8]) * HOUR,
            request: dice.one_of(&[1, 2, 4]) * HOUR,
            tells_expiry: dice.happens(0.6),
            named_executions: dice.happens(0.6),
            text_times: dice.happens(0.3),
            journal: dice.happens(0.5),
            reputation: dice.happens(0.5),
        }
    }
}

/// Something that will happen.
#[derive(Clone, Debug)]
pub(super) enum Event {
    /// The agent pulses, unless it was restarted since.
    Pulse(usize, u32),
    /// A host starts again, and its agents with it.
    HostUp(usize),
    /// A new agent is bonded.
    Join,
    /// An agent is unpecked.
    Leave,
    SignUp,
    /// The certificate of a duckling is due.
    Certificate(String),
    Request,
    /// A request beside the usual ones.
    Ask,
    /// The human decides.
    Decide(String),
    /// There was no decision for ten minutes.
    Expire(String),
    /// The answer goes to the target.
    Callback(String),
    /// A minute is over, and what the function did in it is counted.
    Minute,
    /// One call fails, and is logged.
    StrayError,
    /// Something sends mail by itself, such as a password reset.
    Mail,
    /// One mail of many that go out at once.
    Newsletter,
}

/// How certificates are issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Issuing {
    Well,
    /// None, and nothing says so.
    Stalled,
    /// Many fail, and the log says so.
    HalfFailing,
}

/// The whole platform.
pub(super) struct Platform {
    pub(super) dice: Dice,
    pub(super) profile: Profile,
    pub(super) now: i64,
    queue: BinaryHeap<Reverse<(i64, u64)>>,
    events: BTreeMap<u64, Event>,
    number: u64,
    pub(super) agents: Vec<Agent>,
    pub(super) pecks: BTreeMap<String, Peck>,
    pub(super) function: Function,
    pub(super) issuing: Issuing,
    pub(super) ducklings: i64,
    pub(super) certificates: i64,
    pub(super) last_certificate: i64,
    /// Ducklings that wait for a certificate.
    pub(super) uncertified: VecDeque<String>,
    /// When mails went out.
    pub(super) mails: VecDeque<i64>,
    /// Callbacks fail whatever their target.
    pub(super) callbacks_fail: bool,
    /// Requests go to this agent.
    pub(super) popular: Option<usize>,
    /// When callbacks failed, and when anything strayed.
    pub(super) callback_errors: Vec<i64>,
    pub(super) strays: Vec<i64>,
    entries: i64,
}

impl Platform {
    /// A platform that has been running for months.
    pub(super) fn new(seed: u64, profile: Profile, begins: i64, world: &mut FakeStack) -> Self {
        let mut platform = Self {
            dice: Dice::new(seed ^ 0xdecaf),
            profile,
            now: begins,
            queue: BinaryHeap::new(),
            events: BTreeMap::new(),
            number: 0,
            agents: Vec::new(),
            pecks: BTreeMap::new(),
            function: Function::new(begins),
            issuing: Issuing::Well,
            ducklings: 0,
            certificates: 0,
            last_certificate: begins - 3 * HOUR,
            uncertified: VecDeque::new(),
            mails: VecDeque::new(),
            callbacks_fail: false,
            popular: None,
            callback_errors: Vec::new(),
            strays: Vec::new(),
            entries: 900,
        };
        platform.function.publish(world);
        platform.ducklings = platform.dice.between(14, 140);
        platform.certificates = platform.ducklings;
        for hour in (1..72).rev() {
            platform.now = begins - hour * HOUR;
            platform.mail(world);
        }
        platform.now = begins;
        let breakdown =
            json!({"callback_error": platform.dice.between(3, 40), "denied": 2, "expired": 2});
        let failed: i64 = ["callback_error", "denied", "expired"]
            .iter()
            .filter_map(|of| breakdown[of].as_i64())
            .sum();
        world.status["peck_protocol"] = json!({
            "running": 0, "succeeded": platform.dice.between(3, 60), "failed": failed,
            "failure_breakdown": breakdown,
        });
        platform.hire(profile.agents, world);
        for (event, mean) in [
            (Event::SignUp, profile.sign_up),
            (Event::Request, profile.request),
            (Event::Mail, 3 * HOUR),
            (Event::Join, 9 * DAY),
            (Event::Leave, 12 * DAY),
        ] {
            let wait = platform.dice.wait(mean);
            platform.plan(wait, event);
        }
        platform.plan(MINUTE, Event::Minute);
        platform
    }

    /// Plans an event this many seconds from now.
    pub(super) fn plan(&mut self, wait: i64, event: Event) {
        self.number += 1;
        self.queue
            .push(Reverse((self.now + wait.max(1), self.number)));
        self.events.insert(self.number, event);
    }

    /// Lets everything happen until `to`, and shows it.
    pub(super) fn advance(&mut self, to: i64, world: &mut FakeStack) {
        while let Some(Reverse((at, number))) = self.queue.peek().copied() {
            if at > to {
                break;
            }
            self.queue.pop();
            self.now = at;
            let event = self.events.remove(&number).expect("planned");
            self.happen(event, world);
        }
        self.now = to;
        self.show(world);
    }

    fn happen(&mut self, event: Event, world: &mut FakeStack) {
        match event {
            Event::Pulse(agent, start) => self.pulse(agent, start, world),
            Event::HostUp(host) => self.start_host(host),
            Event::Join => self.join(world),
            Event::Leave => self.leave(world),
            Event::SignUp => self.sign_up(world),
            Event::Certificate(duckling) => self.certify(duckling, world),
            Event::Request => self.request(world),
            Event::Ask => self.ask(world),
            Event::Decide(peck) => self.decide(&peck, world),
            Event::Expire(peck) => self.expire(&peck, world),
            Event::Callback(peck) => self.call_back(&peck, world),
            Event::Minute => self.minute(world),
            Event::StrayError => self.stray_error(world),
            Event::Newsletter => self.mail(world),
            Event::Mail => {
                self.mail(world);
                let wait = self.dice.wait(3 * HOUR);
                self.plan(wait, Event::Mail);
            }
        }
    }

    /// The status document, the quota and what has grown too old to be asked for.
    fn show(&mut self, world: &mut FakeStack) {
        let now = moment(self.now);
        world.now = now;
        world.lived_until = now;
        let ages: Vec<_> = self
            .bonded()
            .map(|agent| self.now - agent.last_pulse.unwrap_or(i64::MIN / 2))
            .collect();
        let count =
            |range: std::ops::Range<i64>| ages.iter().filter(|age| range.contains(age)).count();
        let (alive, slow) = (count(0..600), count(600..1_800));
        world.status["agents"] = json!({
            "alive": alive, "slow": slow, "dead": ages.len() - alive - slow, "total_bonded": ages.len(),
        });
        while self.mails.front().is_some_and(|at| *at <= self.now - DAY) {
            self.mails.pop_front();
        }
        world.mail.sent_24h = self.mails.len() as f64;
        world.status["ses"] = json!({
            "sandbox": !world.mail.production_access, "daily_quota": world.mail.max_24h,
            "sent_last_24h": self.mails.len(),
        });
        let database = &mut world.status["database"];
        database["eggs"] = (self.ducklings + 5).into();
        database["ducklings"] = self.ducklings.into();
        database["birth_certificates"] = self.certificates.into();
        database["spaceducks"] = ages.len().into();
        database["connections"] = ages.len().into();
        database["audit_log"] = self.entries.into();
        let oldest = self.now - FEED_KEPT;
        world.audit.truncate(self.profile.feed);
        while world
            .audit
            .last()
            .is_some_and(|entry| time_of(entry) < oldest)
        {
            world.audit.pop();
        }
        world.executions.retain(|ran: &FakeExecution| {
            ran.status == "RUNNING" || ran.start.unix_timestamp() > self.now - LISTED
        });
        world
            .log_events
            .retain(|line| line.at.unix_timestamp() > self.now - LOGGED);
        self.function.thin_out(self.now, world);
    }

    /// An entry in the feed.
    pub(super) fn tell(&mut self, world: &mut FakeStack, event: &str, mut entry: Value) {
        self.entries += 1;
        entry["event_type"] = event.into();
        entry["timestamp"] = match self.profile.text_times {
            true => duckops::fact::instant(self.now).into(),
            false => self.now.into(),
        };
        world.audit.insert(0, entry);
    }

    /// A line in the function's log, by the version that serves.
    pub(super) fn log(&self, world: &mut FakeStack, message: String) {
        world.log_events.push(LogEvent {
            at: moment(self.now),
            stream: format!("[{}]{}", self.function.serving, self.function.stream),
            message,
        });
    }

    /// A mail goes out, where the account may send.
    pub(super) fn mail(&mut self, world: &mut FakeStack) {
        let mail = &world.mail;
        let is_full = mail.max_24h >= 0.0 && self.mails.len() as f64 >= mail.max_24h;
        if !mail.sending_enabled || is_full {
            let why = match is_full {
                true => "Daily message quota exceeded.",
                false => "Email sending is disabled.",
            };
            let line = format!(
                "[ERROR] send_email: An error occurred (LimitExceededException) when calling the \
                 SendEmail operation: {why}"
            );
            return self.log(world, line);
        }
        self.mails.push_back(self.now);
        Function::count(world, "AWS/SES", "Send", &[], self.now, 1.0);
    }
}

/// A second as the practice stack has it.
pub(super) fn moment(seconds: i64) -> OffsetDateTime {
    OffsetDateTime::from_unix_timestamp(seconds).expect("a moment of a season")
}

fn time_of(entry: &Value) -> i64 {
    let text = || duckops::fact::parse_instant(entry["timestamp"].as_str()?);
    entry["timestamp"].as_i64().or_else(text).expect("a time")
}
