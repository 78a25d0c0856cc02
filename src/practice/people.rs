//! The lists of agents and requests, for whoever may see them.

use super::wire::{Payload, Refusal, Reply, RequestContext};
use hyper::Method;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceducksQuestion {
    duckling_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeckListQuestion {
    spaceduck_id: String,
    beak_key: String,
}

/// `GET /beak/spaceducks?duckling_id=…` and `POST /beak/spaceducks`
pub(super) fn spaceducks(scenery: &RequestContext<'_>) -> Reply {
    let (ask, world) = (scenery.ask, scenery.world);
    let question = format!("{} {}", ask.method, ask.path);
    let outcome = match ask.method {
        Method::GET => {
            let key = ask.header("x-beak-key");
            let known = world
                .bonds
                .values()
                .any(|bond| Some(bond.key.as_str()) == key);
            let duckling = ask.parameter("duckling_id").map(str::to_owned);
            known.then_some(duckling).ok_or_else(denied)
        }
        _ => {
            let token = ask.header("authorization");
            let token = token.and_then(|header| header.strip_prefix("Bearer "));
            match token == Some(&world.token) {
                false => Err(denied()),
                true => scenery
                    .input()
                    .map(|question: SpaceducksQuestion| question.duckling_id),
            }
        }
    };
    let outcome = outcome.map(|duckling| {
        let rows = world.agents.iter().filter(|row| {
            let wanted = duckling.as_deref();
            wanted.is_none() || row["duckling_id"].as_str() == wanted
        });
        let rows: Vec<_> = rows.collect();
        Payload::Json(match ask.method {
            Method::GET => json!({"agents": rows}),
            _ => json!({"connections": rows}),
        })
    });
    Reply::new(question, outcome)
}

/// `POST /beak/peck/list`
pub(super) fn peck_list(scenery: &RequestContext<'_>) -> Reply {
    let world = scenery.world;
    let outcome = scenery.input().and_then(|question: PeckListQuestion| {
        let bond = world.bonds.get(&question.spaceduck_id);
        match bond.is_some_and(|bond| bond.key == question.beak_key) {
            true => Ok(Payload::Json(json!({"pecks": world.requests}))),
            false => Err(denied()),
        }
    });
    Reply::new(format!("POST {}", scenery.ask.path), outcome)
}

fn denied() -> Refusal {
    Refusal::known(401, "UnauthorizedException", "Unauthorized")
}
