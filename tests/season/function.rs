//! The function behind the API: versions, the alias, what its calls leave in metrics and log.

use super::dice::Dice;
use super::platform::{DAY, Event, HOUR, MINUTE, Platform, moment};
use duckops::practice::{FakeAlias, FakeMetric, FakeStack, Fault, Operation, Version};

/// Minutes stay single for so long; then they are added up by the hour.
const BY_MINUTE: i64 = 4 * HOUR;
/// And are gone after a month.
const KEPT: i64 = 30 * DAY;

/// Why the API does not answer as it should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outage {
    /// This version cannot be loaded.
    Version(u32),
    /// The gateway may not invoke the alias.
    NoPermission,
    /// Each answer takes too long.
    Slow,
}

/// The function.
pub(super) struct Function {
    pub(super) serving: u32,
    newest: u32,
    pub(super) outage: Option<Outage>,
    /// The environment that writes the log.
    pub(super) stream: String,
    calls: u32,
    errors: u32,
}

impl Function {
    pub(super) fn new(_begins: i64) -> Self {
        Self {
            serving: 61,
            newest: 61,
            outage: None,
            stream: "0f1e2d3c".to_owned(),
            calls: 0,
            errors: 0,
        }
    }

    /// The versions of the last weeks, the newest of which serves.
    pub(super) fn publish(&self, world: &mut FakeStack) {
        world.versions = (0..)
            .zip([59u32, 60, 61])
            .map(|(nth, number)| version(number, world.now.unix_timestamp() - (9 - 3 * nth) * DAY))
            .collect();
        let now = world.now.unix_timestamp();
        for hour in 1..72 {
            let at = now - hour * HOUR;
            served(world, 61, at, 300.0, 0.0);
        }
    }

    /// Whether nothing gets through.
    pub(super) fn is_down(&self) -> bool {
        match self.outage {
            Some(Outage::Version(version)) => version == self.serving,
            Some(Outage::NoPermission) => true,
            Some(Outage::Slow) | None => false,
        }
    }

    /// One invocation; returns whether it succeeded.
    pub(super) fn call(&mut self, _dice: &mut Dice) -> bool {
        if self.outage == Some(Outage::NoPermission) {
            return false;
        }
        self.calls += 1;
        if self.is_down() {
            self.errors += 1;
            return false;
        }
        true
    }

    /// A number at a moment in a metric.
    pub(super) fn count(
        world: &mut FakeStack,
        namespace: &str,
        name: &str,
        dimensions: &[(&str, &str)],
        at: i64,
        value: f64,
    ) {
        let is_it = |series: &&mut FakeMetric| {
            series.namespace == namespace
                && series.name == name
                && series.dimensions.len() == dimensions.len()
                && dimensions
                    .iter()
                    .zip(&series.dimensions)
                    .all(|((n, v), (name, value))| n == name && v == value)
        };
        let point = (moment(at), value);
        match world.metrics.iter_mut().find(is_it) {
            Some(series) => series.points.push(point),
            None => world.metrics.push(FakeMetric {
                namespace: namespace.to_owned(),
                name: name.to_owned(),
                dimensions: dimensions
                    .iter()
                    .map(|&(n, v)| (n.to_owned(), v.to_owned()))
                    .collect(),
                points: vec![point],
            }),
        }
    }

    /// Adds up what is older than a few hours, and forgets what is older than a month.
    pub(super) fn thin_out(&self, now: i64, world: &mut FakeStack) {
        if now % HOUR >= 5 * MINUTE {
            return;
        }
        for series in &mut world.metrics {
            let mut kept: Vec<(i64, f64)> = Vec::new();
            for (at, value) in series.points.drain(..) {
                let at = at.unix_timestamp();
                let hour = at.div_euclid(HOUR) * HOUR;
                match kept.last_mut() {
                    _ if at < now - KEPT => {}
                    Some((last, sum)) if at < now - BY_MINUTE && *last == hour => *sum += value,
                    _ if at < now - BY_MINUTE => kept.push((hour, value)),
                    _ => kept.push((at, value)),
                }
            }
            series.points = kept.into_iter().map(|(at, v)| (moment(at), v)).collect();
        }
    }
}

fn version(number: u32, at: i64) -> Version {
    Version {
        number: number.to_string(),
        modified: moment(at),
        code_sha256: format!("EXAMPLE{number}="),
    }
}

fn served(world: &mut FakeStack, version: u32, at: i64, calls: f64, errors: f64) {
    let function = world.function.clone();
    let resource = format!("{function}:{}", world.alias);
    let version = version.to_string();
    let dimensions = [
        ("FunctionName", function.as_str()),
        ("Resource", resource.as_str()),
        ("ExecutedVersion", version.as_str()),
    ];
    for depth in 1..=3 {
        for (name, value) in [("Invocations", calls), ("Errors", errors)] {
            Function::count(world, "AWS/Lambda", name, &dimensions[..depth], at, value);
        }
        if depth < 3 {
            Function::count(
                world,
                "AWS/Lambda",
                "Throttles",
                &dimensions[..depth],
                at,
                0.0,
            );
        }
    }
}

impl Platform {
    /// Mission Control and visitors call, and the minute before the last one is counted: metrics
    /// lag. A version without invocations has no point.
    pub(super) fn minute(&mut self, world: &mut FakeStack) {
        self.plan(MINUTE, Event::Minute);
        let before = self.function.calls;
        for _ in 0..2 + self.dice.between(0, 3) {
            self.function.call(&mut self.dice);
        }
        let version = self.function.serving;
        let is_down = self.function.is_down();
        for _ in before..self.function.calls {
            let request = self.dice.id().to_lowercase();
            self.log(
                world,
                format!("START RequestId: {request} Version: {version}"),
            );
            if is_down {
                let line = "[ERROR] Runtime.ImportModuleError: Unable to import module 'lambda_v8': \
                            No module named 'jwt'";
                self.log(world, line.to_owned());
            }
            self.log(world, format!("END RequestId: {request}"));
            self.log(
                world,
                format!("REPORT RequestId: {request}\tDuration: 41.32 ms\tBilled Duration: 42 ms\tMemory Size: 128 MB\tMax Memory Used: 88 MB"),
            );
        }
        let (calls, errors) = (self.function.calls, self.function.errors);
        if calls > 0 {
            let at = (self.now - 1).div_euclid(MINUTE) * MINUTE;
            served(world, version, at, f64::from(calls), f64::from(errors));
        }
        (self.function.calls, self.function.errors) = (0, 0);
        if self.profile.reputation && self.now % HOUR < MINUTE {
            for name in ["Reputation.BounceRate", "Reputation.ComplaintRate"] {
                Function::count(world, "AWS/SES", name, &[], self.now, 0.0);
            }
        }
    }

    /// One call of a visitor fails.
    pub(super) fn stray_error(&mut self, world: &mut FakeStack) {
        self.strays.push(self.now);
        self.function.calls += 1;
        self.function.errors += 1;
        let line = "[ERROR] KeyError: 'duckling_id' Traceback (most recent call last): File \
                    \"/var/task/lambda_v8.py\", line 812, in certificate_page";
        self.log(world, line.to_owned());
    }

    /// Publishes the next version and moves the alias to it. What it answers with is another matter.
    pub(super) fn deploy(&mut self, world: &mut FakeStack) -> u32 {
        self.function.newest += 1;
        let number = self.function.newest;
        world.versions.push(version(number, self.now - 2 * MINUTE));
        self.move_alias(number, world);
        number
    }

    /// Moves the alias, in whatever way.
    pub(super) fn move_alias(&mut self, to: u32, world: &mut FakeStack) {
        self.function.serving = to;
        self.function.stream = self.dice.id()[..8].to_lowercase();
        let number = to.to_string();
        world.alias_target = FakeAlias {
            version: number.clone(),
            weights: Vec::new(),
            revision: format!("5e1f7a52-0000-4000-8000-{:012}", self.now),
        };
        world.status["lambda_version"] = format!("v{number}").into();
        world.status["lambda_alias_version"] = number.as_str().into();
        world.status["lambda"]["version"] = number.into();
        self.show_outage(world);
    }

    /// What the API answers, by the outage that there is.
    pub(super) fn show_outage(&mut self, world: &mut FakeStack) {
        world.faults.clear();
        let fault = match self.function.outage {
            Some(Outage::Version(_)) if self.function.is_down() => {
                Fault::Refuse(502, "InternalServerErrorException")
            }
            Some(Outage::NoPermission) => Fault::Refuse(500, "InternalServerErrorException"),
            Some(Outage::Slow) => Fault::Delay(std::time::Duration::from_millis(5_300)),
            _ => return,
        };
        if self.function.outage != Some(Outage::Slow) {
            world.faults.insert(Operation::Audit, fault.clone());
        }
        world.faults.insert(Operation::Status, fault);
    }
}
