//! The request for a new Beak Key. The key exists once, in one answer: whatever could fail is
//! done before the request leaves, and what arrives is on disk before anything parses it.
//!
//! The order: the intent; space for the answer; the journal; the mark `sending`, from which on
//! the request may have left; the one request; its raw answer, synced; the key in a file of its
//! own, synced; the mark `stored`; the journal again; and only then the spool and the intent
//! are removed.

use super::intent::{
    IntentDir, IntentFile, OpenIntent, RotationIntent, RotationProgress, open_intents,
};
use super::key::{FoundKey, NoKey, find};
use super::plan::BondPlan;
use super::post::{AnswerPart, Credentials, PostEnd, PostRequest, post};
use super::spool::{KeyDir, MAX_ANSWER, Spool};
use crate::state_dir::input::{self, Links};
use crate::state_dir::journal::Stage;
use crate::state_dir::private_file::StateDirError;
use crate::write::guarded::{PreflightError, WriteContext, WriteOutcome, WriteRequest};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// The outcome of a rotation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RotationOutcome {
    /// The new key is on disk.
    Stored {
        /// Where.
        file: PathBuf,
        /// The first digits of its SHA-256.
        fingerprint: String,
        /// What was odd about the answer, if anything.
        odd: Option<String>,
    },
    /// The server refused it.
    Refused {
        /// The status of its answer.
        status: u16,
    },
    /// The server answered that another change came first.
    Conflict {
        /// The status of its answer.
        status: u16,
    },
    /// The request never left.
    Unsent {
        /// Why.
        why: String,
    },
    /// The server accepted it, and no key was recognised in its answer, which is kept.
    Unrecognised {
        /// Where the raw answer is.
        spool: PathBuf,
        /// Why no key was taken from it.
        why: String,
    },
    /// A new key may have been issued, and it did not arrive.
    Lost {
        /// Why it is not known.
        why: String,
        /// Where what did arrive is kept, if anything did.
        spool: Option<PathBuf>,
    },
}

impl RotationOutcome {
    /// Its word in output and journal.
    pub fn word(&self) -> &'static str {
        match self {
            RotationOutcome::Stored { .. } => "stored",
            RotationOutcome::Refused { .. } => "refused",
            RotationOutcome::Conflict { .. } => "conflict",
            RotationOutcome::Unsent { .. } => "not-sent",
            RotationOutcome::Unrecognised { .. } => "unrecognised",
            RotationOutcome::Lost { .. } => "unclear",
        }
    }
}

impl WriteOutcome for RotationOutcome {
    fn is_settled(&self) -> bool {
        !matches!(
            self,
            RotationOutcome::Unrecognised { .. } | RotationOutcome::Lost { .. }
        )
    }

    fn json(&self) -> Value {
        let path = |path: &Path| path.to_string_lossy().into_owned();
        let mut json = match self {
            RotationOutcome::Stored {
                file,
                fingerprint,
                odd,
            } => json!({"file": path(file), "fingerprint": fingerprint, "why": odd}),
            RotationOutcome::Refused { status } | RotationOutcome::Conflict { status } => {
                json!({"why": format!("HTTP {status}")})
            }
            RotationOutcome::Unsent { why } => json!({"why": why}),
            RotationOutcome::Unrecognised { spool, why } => json!({"why": why, "raw": path(spool)}),
            RotationOutcome::Lost { why, spool } => {
                json!({"why": why, "raw": spool.as_deref().map(path)})
            }
        };
        json["outcome"] = self.word().into();
        json
    }
}

/// The files of a rotation in progress.
pub(super) struct RotationState {
    intents: IntentDir,
    keys: KeyDir,
    intent: IntentFile,
    spool: Spool,
    /// The unfinished rotation that this one is begun in spite of.
    superseded: Option<OpenIntent>,
    /// What could not be written; the outcome stands all the same.
    trouble: Vec<StateDirError>,
}

/// The request of a rotation. The caller holds the lock of the bond.
pub(super) struct Rotation<'a> {
    pub(super) credentials: &'a Credentials,
}

impl WriteRequest for Rotation<'_> {
    type Plan = BondPlan;
    type Prepared = RotationState;
    type Answer = Received;
    type Outcome = RotationOutcome;

    async fn prepare(
        &self,
        context: &WriteContext<'_>,
        plan: &BondPlan,
    ) -> Result<RotationState, PreflightError> {
        let superseded = superseded(context, plan)?;
        keep_off_the_disk();
        let intents = IntentDir::in_folder(context.state)?;
        let keys = KeyDir::in_folder(context.state)?;
        let intent = intents.begin(&intent(context, plan))?;
        match keys.spool(&plan.id, plan.bond.as_str()) {
            Ok(spool) => Ok(RotationState {
                intents,
                keys,
                intent,
                spool,
                superseded,
                trouble: Vec::new(),
            }),
            Err(error) => {
                remove(&keys, &intents, plan);
                Err(error.into())
            }
        }
    }

    fn mark_sending(&self, state: &mut RotationState) -> Result<(), StateDirError> {
        state.intent.mark(&RotationProgress::Sending)
    }

    fn abandon(&self, _: &WriteContext<'_>, plan: &BondPlan, state: RotationState) {
        remove(&state.keys, &state.intents, plan);
    }

    /// What arrives goes to the spool at once, and is on disk at the end.
    async fn send(
        &self,
        context: &WriteContext<'_>,
        plan: &BondPlan,
        state: &mut RotationState,
    ) -> Received {
        let waits = format!("bond rotate: waiting for the answer of {}", plan.host);
        context.operator.progress(&waits);
        let spool = &mut state.spool;
        let request = PostRequest {
            url: context.stack.endpoint(plan.action.path()),
            path: plan.action.path(),
            credentials: self.credentials,
            key_in_header: true,
            id: &plan.id,
            body: &json!({"spaceduck_id": plan.bond.as_str()}),
        };
        let mut body = Zeroizing::new(Vec::with_capacity(MAX_ANSWER as usize));
        let mut kept = Ok(());
        let end = post(context.http, &request, MAX_ANSWER, |part| {
            let took = match part {
                AnswerPart::Status(status) => spool.status(status),
                AnswerPart::Bytes(bytes) => {
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
            end,
            body,
            kept: kept.and(spool.seal()),
        }
    }

    /// From the raw answer to the key in its file.
    async fn read_back(
        &self,
        _: &WriteContext<'_>,
        plan: &BondPlan,
        state: &mut RotationState,
        received: Received,
    ) -> RotationOutcome {
        state.trouble.extend(received.kept.clone().err());
        outcome(plan, state, &received)
    }

    fn settle(
        &self,
        context: &WriteContext<'_>,
        plan: &BondPlan,
        state: RotationState,
        outcome: &RotationOutcome,
        is_recorded: bool,
    ) -> Vec<StateDirError> {
        let mut trouble = state.trouble;
        // A key whose file is not proven to be on disk stays in the spool, too.
        if outcome.is_settled() && is_recorded && trouble.is_empty() {
            let cleared = state.keys.clear(&plan.id, Some(plan.bond.as_str()));
            let settled = cleared.and_then(|()| state.intents.settle(&plan.id));
            trouble.extend(settled.err());
        }
        let not_sent = matches!(outcome, RotationOutcome::Unsent { .. });
        if let Some(open) = state.superseded.filter(|_| !not_sent) {
            trouble.extend(supersede(context, plan, &open, &state.intents).err());
        }
        trouble
    }
}

/// The unfinished rotation that the plan names. Any other one of this bond forbids it.
fn superseded(
    context: &WriteContext<'_>,
    plan: &BondPlan,
) -> Result<Option<OpenIntent>, PreflightError> {
    let mut superseded = None;
    for open in open_intents(context.state)? {
        if plan.supersedes.as_ref() == Some(&open.id) {
            superseded = Some(open);
        } else if open.is_of(&plan.bond) {
            return Err(PreflightError::UnfinishedRotation(open.id));
        }
    }
    Ok(superseded)
}

/// An unfinished rotation is given up for a newer one. What arrived of it stays.
fn supersede(
    context: &WriteContext<'_>,
    plan: &BondPlan,
    open: &OpenIntent,
    intents: &IntentDir,
) -> Result<(), StateDirError> {
    let detail = json!({"outcome": "superseded", "why": format!("by {}", plan.id)});
    let command = plan.action.command();
    let entry = context.entry(&open.id, command, Stage::Outcome, detail);
    context.journal.append(&[entry])?;
    intents.settle(&open.id)
}

fn intent(context: &WriteContext<'_>, plan: &BondPlan) -> RotationIntent {
    // Says later whether the process could still be alive.
    let boot = input::read_text(
        Path::new("/proc/sys/kernel/random/boot_id"),
        Links::Follow,
        1024,
    );
    RotationIntent {
        id: plan.id.clone(),
        bond: plan.bond.to_string(),
        stack: context.stack.key(),
        host: plan.host.clone(),
        at: context.timestamp(),
        process: std::process::id(),
        boot: boot.unwrap_or_default().trim().to_owned(),
        old_key: plan.old_key.clone(),
        supersedes: plan.supersedes.clone(),
    }
}

/// Removes what was prepared; nothing was sent, so nothing is lost.
fn remove(keys: &KeyDir, intents: &IntentDir, plan: &BondPlan) {
    let _ = keys.clear(&plan.id, Some(plan.bond.as_str()));
    let _ = intents.settle(&plan.id);
}

/// The outcome by the raw answer, with the key in its file if there is one.
fn outcome(plan: &BondPlan, state: &mut RotationState, received: &Received) -> RotationOutcome {
    let spool = state.keys.spool_path(&plan.id);
    let bond = plan.bond.as_str();
    let (status, cut) = match &received.end {
        PostEnd::NotSent(why) => return RotationOutcome::Unsent { why: why.clone() },
        PostEnd::Lost(why) => {
            return RotationOutcome::Lost {
                why: why.clone(),
                spool: None,
            };
        }
        PostEnd::Whole(status) => (*status, None),
        PostEnd::Cut(status, why) => (*status, Some(why)),
    };
    let found = find(&received.body, bond, plan.old_key.as_deref());
    let kept = match &found {
        Err(_) => None,
        Ok(FoundKey { key, denied, .. }) => match state.keys.store(&plan.id, bond, key) {
            Ok(file) => Some((key, file, *denied)),
            Err(error) => {
                let why = format!("the key cannot be stored: {error}");
                state.trouble.push(error);
                return RotationOutcome::Unrecognised { spool, why };
            }
        },
    };
    if let Some((key, file, denied)) = kept {
        let fingerprint = key.fingerprint();
        let stored = RotationProgress::Stored {
            fingerprint: fingerprint.clone(),
            file: file.clone(),
        };
        let marked = state.intent.mark(&stored);
        state.trouble.extend(marked.err());
        return RotationOutcome::Stored {
            file: state.keys.path(&file),
            fingerprint,
            odd: odd(status, cut.map(String::as_str), denied),
        };
    }
    let no_key = found.err().unwrap_or(NoKey::Nothing);
    let answer = (status, &received.body[..]);
    let outcome = without_key(answer, cut.is_none(), no_key, &spool);
    if let RotationOutcome::Unrecognised { .. } = outcome {
        let marked = state.intent.mark(&RotationProgress::Unrecognised);
        state.trouble.extend(marked.err());
    }
    outcome
}

/// The answer to a rotation.
pub(super) struct Received {
    end: PostEnd,
    body: Zeroizing<Vec<u8>>,
    /// Whether all of it is on disk.
    kept: Result<(), StateDirError>,
}

/// What is odd about an answer that holds a key.
pub(super) fn odd(status: u16, cut: Option<&str>, denied: bool) -> Option<String> {
    match (cut, (200..300).contains(&status)) {
        (None, true) => denied.then(|| "the answer also reports a failure".to_owned()),
        (None, false) => Some(format!("the server answered HTTP {status}")),
        (Some(why), _) => Some(format!("the answer broke off behind the key ({why})")),
    }
}

/// What an answer means in which no key was found.
pub(super) fn without_key(
    (status, body): (u16, &[u8]),
    whole: bool,
    no_key: NoKey,
    spool: &Path,
) -> RotationOutcome {
    let spool = spool.to_owned();
    match status {
        status if PostEnd::is_conflict(status, body) => RotationOutcome::Conflict { status },
        status if PostEnd::is_refusal(status, body) => RotationOutcome::Refused { status },
        200..300 if whole && !no_key.is_no_success() => RotationOutcome::Unrecognised {
            spool,
            why: no_key.to_string(),
        },
        status => RotationOutcome::Lost {
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
