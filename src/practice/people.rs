//! The lists of agents and requests, for authorised callers.

use super::wire::{OperationResult, Refusal, RequestContext, ResponseBody};
use hyper::Method;
use serde::Deserialize;
use serde_json::json;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SpaceducksInput {
    duckling_id: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PeckListInput {
    spaceduck_id: String,
    beak_key: String,
}

/// `GET /beak/spaceducks?duckling_id=…` and `POST /beak/spaceducks`
pub(super) fn spaceducks(context: &RequestContext<'_>) -> OperationResult {
    let (request, world) = (context.request, context.world);
    let question = format!("{} {}", request.method, request.path);
    let outcome = match request.method {
        Method::GET => {
            let key = request.header("x-beak-key");
            let known = world
                .bonds
                .values()
                .any(|bond| Some(bond.key.as_str()) == key);
            let duckling = request.parameter("duckling_id").map(str::to_owned);
            known.then_some(duckling).ok_or_else(denied)
        }
        _ => {
            let token = request.header("authorization");
            let token = token.and_then(|header| header.strip_prefix("Bearer "));
            match token == Some(&world.token) {
                false => Err(denied()),
                true => context
                    .input()
                    .map(|question: SpaceducksInput| question.duckling_id),
            }
        }
    };
    let outcome = outcome.map(|duckling| {
        let rows = world.agents.iter().filter(|row| {
            let wanted = duckling.as_deref();
            wanted.is_none() || row["duckling_id"].as_str() == wanted
        });
        let rows: Vec<_> = rows.collect();
        ResponseBody::Json(match request.method {
            Method::GET => json!({"agents": rows}),
            _ if world.requests.is_empty() => json!({"connections": rows}),
            _ => json!({"connections": rows, "pecks": world.requests}),
        })
    });
    OperationResult::new(question, outcome)
}

/// `POST /beak/peck/list`
pub(super) fn peck_list(context: &RequestContext<'_>) -> OperationResult {
    let world = context.world;
    let outcome = context.input().and_then(|question: PeckListInput| {
        let bond = world.bonds.get(&question.spaceduck_id);
        match bond.is_some_and(|bond| bond.key == question.beak_key) {
            true => Ok(ResponseBody::Json(json!({"pecks": world.requests}))),
            false => Err(denied()),
        }
    });
    OperationResult::new(format!("POST {}", context.request.path), outcome)
}

fn denied() -> Refusal {
    Refusal::known(401, "UnauthorizedException", "Unauthorized")
}
