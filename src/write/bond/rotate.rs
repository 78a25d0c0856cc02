//! A new Beak Key. It exists once, in one answer: whatever could fail is done before the
//! request leaves, and what arrives is on disk before anybody reads it.
//!
//! Lock, guard and consent come first and are the caller's. Then, in this order: the intent;
//! room for the answer; the journal; the mark `sending`, from which on the request may have
//! left; the one request; its raw answer, synced; the key in a file of its own, synced; the
//! mark `stored`; the journal again; and only then the spool and the intent go away.

use super::hands::{Hands, NotBegun};
use super::intent::{Begun, Intent, Intents, Open, Progress};
use super::key::{Found, NoKey, find};
use super::plan::Plan;
use super::post::{Credentials, Part, Request, Sent, post};
use super::spool::{Keys, LARGEST, Spool};
use crate::state_dir::input::{self, Links};
use crate::state_dir::journal::Stage;
use crate::state_dir::private_file::StateDirError;
use crate::write::consent::Consent;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// What a rotation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rotated {
    /// The new key is on disk.
    Stored {
        /// Where.
        file: PathBuf,
        /// The first digits of its SHA-256.
        fingerprint: String,
        /// What was odd about the answer, if anything.
        odd: Option<String>,
    },
    /// The server said no.
    Refused {
        /// The status of its answer.
        status: u16,
    },
    /// The server said that somebody else was first.
    Conflict {
        /// The status of its answer.
        status: u16,
    },
    /// The request never left.
    Unsent {
        /// Why.
        why: String,
    },
    /// The server said yes, and no key is known in its answer, which is kept.
    Unrecognised {
        /// Where the raw answer is.
        spool: PathBuf,
        /// Why no key was taken from it.
        why: String,
    },
    /// A new key may have been issued, and it did not arrive.
    Lost {
        /// Why it cannot be told.
        why: String,
        /// Where what did arrive is kept, if anything did.
        spool: Option<PathBuf>,
    },
}

impl Rotated {
    /// Its word in output and journal.
    pub fn word(&self) -> &'static str {
        match self {
            Rotated::Stored { .. } => "stored",
            Rotated::Refused { .. } => "refused",
            Rotated::Conflict { .. } => "conflict",
            Rotated::Unsent { .. } => "not-sent",
            Rotated::Unrecognised { .. } => "unrecognised",
            Rotated::Lost { .. } => "unclear",
        }
    }

    /// Whether nothing is left to be found out.
    pub fn is_settled(&self) -> bool {
        !matches!(self, Rotated::Unrecognised { .. } | Rotated::Lost { .. })
    }

    /// What it came to, for the journal and for programs.
    pub fn json(&self) -> Value {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut json = match self {
            Rotated::Stored {
                file,
                fingerprint,
                odd,
            } => json!({"file": path(file), "fingerprint": fingerprint, "why": odd}),
            Rotated::Refused { status } | Rotated::Conflict { status } => {
                json!({"why": format!("HTTP {status}")})
            }
            Rotated::Unsent { why } => json!({"why": why}),
            Rotated::Unrecognised { spool, why } => json!({"why": why, "raw": path(spool)}),
            Rotated::Lost { why, spool } => {
                json!({"why": why, "raw": spool.as_deref().map(path)})
            }
        };
        json["outcome"] = self.word().into();
        json
    }
}

/// What was carried out.
#[derive(Debug)]
pub struct Carried {
    /// What it came to.
    pub outcome: Rotated,
    /// What could not be written down or tidied afterwards; the outcome stands all the same.
    pub trouble: Vec<StateDirError>,
}

/// What a rotation in progress writes to.
struct Desk {
    intents: Intents,
    keys: Keys,
    begun: Begun,
    spool: Spool,
}

impl Hands<'_> {
    /// Rotates the key of a bond, once. From the moment that `sending` is called the request
    /// may be on its way: whoever is interrupted later waits for the truth. The caller holds
    /// the lock of this bond's rotations.
    ///
    /// # Errors
    /// [`NotBegun`]: nothing was sent.
    pub async fn rotate(
        &self,
        consent: Consent,
        plan: &Plan,
        credentials: &Credentials,
        sending: impl FnOnce(),
    ) -> Result<Carried, NotBegun> {
        self.covers(&consent, plan)?;
        let superseded = self.superseded(plan)?;
        keep_off_the_disk();
        sending();
        let mut desk = self.prepare(consent, plan)?;
        let sent = self.receive(plan, credentials, &mut desk.spool).await;
        Ok(self.conclude(plan, desk, sent, superseded))
    }

    /// The unfinished rotation that the plan knows of. Any other stands in its way.
    fn superseded(&self, plan: &Plan) -> Result<Option<Open>, NotBegun> {
        let mut superseded = None;
        for open in super::intent::open_intents(self.state)? {
            if plan.supersedes.as_ref() == Some(&open.id) {
                superseded = Some(open);
            } else if open.is_of(&plan.bond) {
                return Err(NotBegun::Unfinished(open.id));
            }
        }
        Ok(superseded)
    }

    /// Everything that could fail, before anything is sent.
    fn prepare(&self, consent: Consent, plan: &Plan) -> Result<Desk, NotBegun> {
        let intents = Intents::in_folder(self.state)?;
        let keys = Keys::in_folder(self.state)?;
        let bond = plan.bond.as_str();
        let mut begun = intents.begin(&self.intent(plan))?;
        let ready = keys.spool(&plan.id, bond).and_then(|spool| {
            self.announce(&consent, plan)?;
            begun.mark(&Progress::Sending)?;
            Ok(spool)
        });
        match ready {
            Ok(spool) => Ok(Desk {
                intents,
                keys,
                begun,
                spool,
            }),
            Err(error) => {
                let why = json!({"outcome": "not-sent", "why": error.to_string()});
                let _ = self.record(plan, Stage::Outcome, why);
                let _ = keys.clear(&plan.id, Some(bond));
                let _ = intents.settle(&plan.id);
                Err(error.into())
            }
        }
    }

    fn intent(&self, plan: &Plan) -> Intent {
        // Says later whether the process could still be alive.
        let boot = input::read_text(
            Path::new("/proc/sys/kernel/random/boot_id"),
            Links::Follow,
            1024,
        );
        Intent {
            id: plan.id.clone(),
            bond: plan.bond.to_string(),
            stack: self.stack.key(),
            host: plan.host.clone(),
            at: self.at(),
            process: std::process::id(),
            boot: boot.unwrap_or_default().trim().to_owned(),
            old_key: plan.old_key.clone(),
            supersedes: plan.supersedes.clone(),
        }
    }

    /// Sends the request; what arrives goes to the spool at once, and is on disk at the end.
    async fn receive(&self, plan: &Plan, credentials: &Credentials, spool: &mut Spool) -> Received {
        let request = Request {
            url: self.stack.endpoint(plan.action.path()),
            path: plan.action.path(),
            credentials,
            key_in_header: true,
            id: &plan.id,
            body: &json!({"spaceduck_id": plan.bond.as_str()}),
        };
        let mut body = Zeroizing::new(Vec::with_capacity(LARGEST as usize));
        let mut kept = Ok(());
        let sent = post(self.http, &request, LARGEST, |part| {
            let took = match part {
                Part::Status(status) => spool.status(status),
                Part::Bytes(bytes) => {
                    body.extend_from_slice(bytes);
                    spool.take(bytes)
                }
            };
            if kept.is_ok() {
                kept = took;
            }
        })
        .await;
        Received {
            sent,
            body,
            kept: kept.and(spool.seal()),
        }
    }

    /// From the raw answer to what it came to, with nothing lost on the way.
    fn conclude(
        &self,
        plan: &Plan,
        mut desk: Desk,
        received: Received,
        superseded: Option<Open>,
    ) -> Carried {
        let mut trouble: Vec<_> = received.kept.clone().err().into_iter().collect();
        let outcome = self.outcome(plan, &mut desk, &received, &mut trouble);
        let recorded = self.record(plan, Stage::Outcome, outcome.json());
        // A key whose file could not be proven to be on disk stays in the spool, too.
        if outcome.is_settled() && recorded.is_ok() && trouble.is_empty() {
            let cleared = desk.keys.clear(&plan.id, Some(plan.bond.as_str()));
            trouble.extend(cleared.and_then(|()| desk.intents.settle(&plan.id)).err());
        }
        if let Some(open) = superseded.filter(|_| !matches!(outcome, Rotated::Unsent { .. })) {
            trouble.extend(self.supersede(plan, &open, &desk.intents).err());
        }
        trouble.extend(recorded.err());
        Carried { outcome, trouble }
    }

    fn outcome(
        &self,
        plan: &Plan,
        desk: &mut Desk,
        received: &Received,
        trouble: &mut Vec<StateDirError>,
    ) -> Rotated {
        let spool = desk.keys.spool_path(&plan.id);
        let bond = plan.bond.as_str();
        let (status, cut) = match &received.sent {
            Sent::Never(why) => return Rotated::Unsent { why: why.clone() },
            Sent::Lost(why) => {
                return Rotated::Lost {
                    why: why.clone(),
                    spool: None,
                };
            }
            Sent::Whole(status) => (*status, None),
            Sent::Cut(status, why) => (*status, Some(why)),
        };
        let found = find(&received.body, bond, plan.old_key.as_deref());
        let kept = match &found {
            Err(_) => None,
            Ok(Found { key, .. }) => match desk.keys.store(&plan.id, bond, key) {
                Ok(file) => Some((key, file)),
                Err(error) => {
                    let why = format!("the key cannot be stored: {error}");
                    trouble.push(error);
                    return Rotated::Unrecognised { spool, why };
                }
            },
        };
        if let Some((key, file)) = kept {
            let fingerprint = key.fingerprint();
            let stored = Progress::Stored {
                fingerprint: fingerprint.clone(),
                file: file.clone(),
            };
            trouble.extend(desk.begun.mark(&stored).err());
            return Rotated::Stored {
                file: desk.keys.path(&file),
                fingerprint,
                odd: odd(status, cut.map(String::as_str)),
            };
        }
        let no_key = found.err().unwrap_or(NoKey::Nothing);
        let outcome = without_key(status, cut.is_none(), no_key, &spool);
        if let Rotated::Unrecognised { .. } = outcome {
            trouble.extend(desk.begun.mark(&Progress::Unrecognised).err());
        }
        outcome
    }
}

/// What came of the request.
struct Received {
    sent: Sent,
    body: Zeroizing<Vec<u8>>,
    /// Whether all of it is on disk.
    kept: Result<(), StateDirError>,
}

/// What is odd about an answer that holds a key.
pub(super) fn odd(status: u16, cut: Option<&str>) -> Option<String> {
    match (cut, (200..300).contains(&status)) {
        (None, true) => None,
        (None, false) => Some(format!("the server answered HTTP {status}")),
        (Some(why), _) => Some(format!("the answer broke off behind the key ({why})")),
    }
}

/// What an answer means in which no key was found.
pub(super) fn without_key(status: u16, whole: bool, no_key: NoKey, spool: &Path) -> Rotated {
    let spool = spool.to_owned();
    match status {
        status if Sent::is_conflict(status) => Rotated::Conflict { status },
        status if Sent::is_refusal(status) => Rotated::Refused { status },
        200..300 if whole && no_key != NoKey::Nothing => Rotated::Unrecognised {
            spool,
            why: no_key.to_string(),
        },
        status => Rotated::Lost {
            why: format!("HTTP {status}, {no_key}"),
            spool: (no_key != NoKey::Nothing).then_some(spool),
        },
    }
}

/// From here on a key may be in memory: no core file, and no other process looks into it.
/// Where the system does not allow that, the rotation goes on.
fn keep_off_the_disk() {
    use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
}
