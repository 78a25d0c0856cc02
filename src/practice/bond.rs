//! The three writes to a bond, as the stack's API takes them, and what they change.

use super::bond_state::{FakeBond, Issued};
use super::effect::Effect;
use super::wire::{OperationResult, Refusal, RequestContext, ResponseBody};
use super::{FakeStack, TrailEvent};
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::json;
use std::fmt::Write;
use time::OffsetDateTime;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct BondInput {
    spaceduck_id: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PulseInput {
    spaceduck_id: String,
    beak_key: Option<String>,
    status: String,
    timestamp: i64,
}

/// `POST /beak/pulse`
pub(super) fn pulse(context: &RequestContext<'_>) -> OperationResult {
    let authorized_bond = context.input::<PulseInput>().and_then(|input| {
        let bond = bonded(context.world, &input.spaceduck_id)?;
        if input.beak_key.as_ref() != Some(&bond.key) {
            return Err(Refusal::known(
                401,
                "UnauthorizedException",
                "invalid beak_key",
            ));
        }
        if input.status != "ACTIVE" || input.timestamp < 1_000_000_000 {
            return Err(Refusal::known(400, "BadRequestException", "no pulse"));
        }
        Ok(input.spaceduck_id)
    });
    write(context, authorized_bond, |id| {
        let answer = json!({"message": "Pulse recorded", "trust_tier": "T1"});
        (answer, Effect::Pulsed(id))
    })
}

/// `POST /beak/rotate`
pub(super) fn rotate(context: &RequestContext<'_>) -> OperationResult {
    let request = context
        .request
        .header("idempotency-key")
        .unwrap_or_default();
    write(context, authorized_bond(context), |bond| {
        let key = new_key(context.world, &bond);
        let answer = json!({"message": "Key rotated", "beak_key": key, "spaceduck_id": bond});
        let issued = Issued {
            bond,
            request: request.to_owned(),
            key,
        };
        (answer, Effect::Rotated(issued))
    })
}

/// `POST /beak/unpeck`
pub(super) fn unpeck(context: &RequestContext<'_>) -> OperationResult {
    write(context, authorized_bond(context), |id| {
        (json!({"status": "UNPECKED"}), Effect::Unpecked(id))
    })
}

fn write(
    context: &RequestContext<'_>,
    authorized_bond: Result<String, Refusal>,
    done: impl FnOnce(String) -> (serde_json::Value, Effect),
) -> OperationResult {
    let input = format!("POST {}", context.request.path);
    match authorized_bond.map(done) {
        Err(refusal) => OperationResult::new(input, Err(refusal)),
        Ok((answer, effect)) => OperationResult {
            effect: Some(effect),
            ..OperationResult::new(input, Ok(ResponseBody::Json(answer)))
        },
    }
}

/// The bond of the request, if its key permits the request.
fn authorized_bond(context: &RequestContext<'_>) -> Result<String, Refusal> {
    let BondInput { spaceduck_id } = context.input()?;
    let token = context.request.header("authorization");
    let token = token.and_then(|header| header.strip_prefix("Bearer "));
    let known = token == Some(&context.world.token);
    let key = context.request.header("x-beak-key");
    let bond = context.world.bonds.get(&spaceduck_id);
    if !known && (key.is_none() || bond.map(|bond| bond.key.as_str()) != key) {
        return Err(Refusal::known(401, "UnauthorizedException", "Unauthorized"));
    }
    bonded(context.world, &spaceduck_id)?;
    Ok(spaceduck_id)
}

fn bonded<'a>(world: &'a FakeStack, id: &str) -> Result<&'a FakeBond, Refusal> {
    match world.bonds.get(id) {
        None => Err(Refusal::known(
            404,
            "NotFoundException",
            "no active connection",
        )),
        Some(bond) if bond.state != "BONDED" => {
            let message = format!("the bond is {}", bond.state);
            Err(Refusal::known(409, "ConflictException", message))
        }
        Some(bond) => Ok(bond),
    }
}

/// A new key, with a prefix that a test can search for.
fn new_key(world: &FakeStack, bond: &str) -> String {
    let seed = format!("{bond} {} {}", world.issued.len(), world.now);
    let digest = digest(&SHA256, seed.as_bytes());
    let hex = digest.as_ref().iter().take(20);
    hex.fold("bk_LIVE_".to_owned(), |mut key, byte| {
        let _ = write!(key, "{byte:02x}");
        key
    })
}

impl FakeStack {
    /// Adds a live bond that the feed knows since some time before the scene's start.
    pub fn bond(&mut self, id: &str, since: std::time::Duration) {
        let bond = FakeBond {
            state: "BONDED".to_owned(),
            key: format!("bk_LIVE_of_{id}"),
        };
        self.bonds.insert(id.to_owned(), bond);
        self.happened("duck.bonded", id, self.now - since);
    }

    /// Adds an entry about an agent to the front of the feed.
    pub fn happened(&mut self, kind: &str, id: &str, at: OffsetDateTime) {
        let entry = json!({
            "event_type": kind,
            "timestamp": at.unix_timestamp(),
            "spaceduck_id": id,
            "detail": format!("{kind} of {id}"),
        });
        self.audit.insert(0, entry);
    }

    /// A write takes effect.
    pub(super) fn take(&mut self, effect: Effect, at: OffsetDateTime) {
        match effect {
            Effect::Alias(target) => {
                self.alias_moves.push(TrailEvent {
                    at,
                    by: super::sts::SESSION.to_owned(),
                    to: target.version.clone(),
                });
                self.moved_to(target);
            }
            Effect::Pulsed(id) => self.happened("duck.pulse", &id, at),
            Effect::Rotated(issued) => {
                if let Some(bond) = self.bonds.get_mut(&issued.bond) {
                    bond.key.clone_from(&issued.key);
                }
                self.happened("duck.key_rotated", &issued.bond, at);
                self.issued.push(issued);
            }
            Effect::Unpecked(id) => {
                if let Some(bond) = self.bonds.get_mut(&id) {
                    bond.state = "UNPECKED".to_owned();
                }
                self.happened("duck.unpecked", &id, at);
            }
        }
    }
}
