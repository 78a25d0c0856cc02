//! The lists of requests and agents, asked for where credentials are given. Containers and fields
//! have several names; all known ones are read.

use crate::cloud::{Exchange, innermost};
use crate::connections::ListRow;
use crate::observation::{RequestLog, Unavailable, UnavailableReason};
use crate::probe::ProbeContext;
use crate::probe::audit::{Id, Time};
use crate::stack::Secret;
use crate::text::Printable;
use futures_util::StreamExt;
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny};
use serde_json::json;
use std::time::Instant;

/// A longer list is none.
const LARGEST: usize = 64 * 1024 * 1024;

/// With what the lists are asked. Without any of it they are not.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The operator's token.
    pub token: Option<Secret>,
    /// An agent's key.
    pub key: Option<Secret>,
    /// The duckling whose agents are meant.
    pub duckling: Option<String>,
    /// The agent whose key it is.
    pub spaceduck: Option<String>,
    /// Why a credential that is named cannot be used, if so: then no list is asked.
    pub unusable: Option<Printable>,
}

struct ListRequest {
    what: &'static str,
    request: reqwest::RequestBuilder,
}

/// The content of the lists.
#[derive(Default)]
pub(super) struct ListResults {
    pub(super) rows: Vec<ListRow>,
    /// What must be said about it.
    pub(super) notes: Vec<Printable>,
    /// Why a list that was asked did not answer.
    pub(super) failed: Option<Unavailable>,
    /// Whether there are credentials with which a list was asked.
    pub(super) is_asked: bool,
    /// Whether an answer held a list of requests, and not of agents alone.
    pub(super) has_requests: bool,
}

/// Asks every list that can be asked with what there is; says so when none can.
pub(super) async fn fetch_all(context: &ProbeContext, asked: &mut Vec<RequestLog>) -> ListResults {
    let mut told = ListResults::default();
    let questions = match questions(context) {
        Ok(questions) => questions,
        Err(unavailable) => {
            told.failed = Some(unavailable);
            return told;
        }
    };
    if questions.is_empty() {
        told.notes.extend(unasked(&context.access).map(Into::into));
        return told;
    }
    told.is_asked = true;
    let all = questions.into_iter().map(async |question| {
        let began = Instant::now();
        let what = Printable::from(question.what);
        let answer = tokio::time::timeout_at(context.deadline.into(), fetch(question)).await;
        let timed_out = || Err(Unavailable::new(UnavailableReason::TimedOut, "timed out"));
        let answer = answer.unwrap_or_else(|_| timed_out());
        (what, began.elapsed(), answer)
    });
    for (what, took, answer) in futures_util::future::join_all(all).await {
        let failure = answer
            .as_ref()
            .err()
            .map(|unavailable| unavailable.detail.clone());
        let bytes = answer.as_ref().map_or(0, |list| list.bytes as u64);
        context.http.saw(&Exchange {
            what: what.clone(),
            outcome: failure.clone().unwrap_or_else(|| "200".into()),
            took,
            bytes,
        });
        match answer {
            Ok(list) => {
                told.rows.extend(list.rows);
                told.has_requests |= list.has_requests;
            }
            Err(unavailable) => {
                let detail = format!("{what}: {}", unavailable.detail);
                let fix = "Mend the credential, or leave it away: then the feed alone is judged";
                told.failed = Some(Unavailable::new(unavailable.why, detail).fix(fix));
            }
        }
        asked.push(RequestLog {
            question: what,
            took,
            bytes: Some(bytes),
            failure,
        });
    }
    told
}

/// Why no list was requested although credentials for one were given. Without credentials the
/// commands for requests and bonds say so; other commands do not need the lists.
fn unasked(access: &Access) -> Option<&'static str> {
    let why = "no list was read: a Beak Key names no agent; add --spaceduck or --duckling";
    access.key.is_some().then_some(why)
}

fn questions(context: &ProbeContext) -> Result<Vec<ListRequest>, Unavailable> {
    let Access {
        token,
        key,
        duckling,
        spaceduck,
        unusable,
        ..
    } = &context.access;
    if let Some(why) = unusable {
        return Err(
            Unavailable::new(UnavailableReason::NoCredentials, why.clone())
                .fix("Correct the file, or leave it out"),
        );
    }
    let mut questions = Vec::new();
    if token.is_none() && key.is_none() {
        return Ok(questions);
    }
    let url = |path: &str| context.stack.endpoint(path);
    let client = context.http.client(&url(""))?;
    let json = |request: reqwest::RequestBuilder, body: serde_json::Value| {
        request
            .header("content-type", "application/json")
            .header("accept-encoding", "identity")
            .body(body.to_string())
    };
    if let Some(token) = token {
        let body = match duckling {
            Some(duckling) => json!({"duckling_id": duckling}),
            None => json!({}),
        };
        let request = client.post(url("/beak/spaceducks"));
        questions.push(ListRequest {
            what: "POST /beak/spaceducks",
            request: json(request.bearer_auth(token.expose()), body),
        });
    }
    if let (Some(key), Some(duckling)) = (key, duckling) {
        let mut url = context.stack.api_url.value.clone();
        url.set_path(&format!(
            "{}/beak/spaceducks",
            url.path().trim_end_matches('/')
        ));
        url.query_pairs_mut().append_pair("duckling_id", duckling);
        let request = client.get(url).header("x-beak-key", key.expose());
        questions.push(ListRequest {
            what: "GET /beak/spaceducks",
            request: request.header("accept-encoding", "identity"),
        });
    }
    if let (Some(key), Some(spaceduck)) = (key, spaceduck) {
        let body = json!({"spaceduck_id": spaceduck, "beak_key": key.expose()});
        questions.push(ListRequest {
            what: "POST /beak/peck/list",
            request: json(client.post(url("/beak/peck/list")), body),
        });
    }
    Ok(questions)
}

/// What one answer held.
struct ReadList {
    rows: Vec<ListRow>,
    has_requests: bool,
    bytes: usize,
}

async fn fetch(question: ListRequest) -> Result<ReadList, Unavailable> {
    let broken = |error: reqwest::Error| {
        let error = error.without_url();
        let why = if error.is_connect() {
            UnavailableReason::Unreachable
        } else {
            UnavailableReason::Broken
        };
        Unavailable::new(why, innermost(&error))
    };
    let response = question.request.send().await.map_err(broken)?;
    match response.status().as_u16() {
        200 => {}
        status @ (401 | 403) => {
            return Err(Unavailable::new(
                UnavailableReason::Denied,
                format!("HTTP {status}: a stale or wrong credential"),
            ));
        }
        status => {
            return Err(Unavailable::new(
                UnavailableReason::HttpStatus,
                format!("HTTP {status}"),
            ));
        }
    }
    let mut body = Vec::new();
    let mut stream = response.bytes_stream();
    while let Some(chunk) = stream.next().await {
        body.extend_from_slice(&chunk.map_err(broken)?);
        if body.len() > LARGEST {
            return Err(Unavailable::new(
                UnavailableReason::TooLarge,
                "the list is larger than 64 MiB",
            ));
        }
    }
    let answer: ListsBody = serde_json::from_slice(&body).map_err(|error| {
        Unavailable::new(
            UnavailableReason::NotJson,
            format!("the list is not JSON: {error}"),
        )
    })?;
    let has_requests = answer.pecks.is_some();
    let containers = [
        answer.agents,
        answer.spaceducks,
        answer.connections,
        answer.pecks,
    ];
    if containers.iter().all(Option::is_none) {
        return Err(Unavailable::new(
            UnavailableReason::Missing,
            "the answer holds no list",
        ));
    }
    if answer.error.is_some() {
        return Err(Unavailable::new(
            UnavailableReason::NotJson,
            "200 with an error in the body",
        ));
    }
    let rows = containers.into_iter().flatten().flatten();
    Ok(ReadList {
        rows: rows.flat_map(ListedFields::rows).collect(),
        has_requests,
        bytes: body.len(),
    })
}

#[derive(Deserialize)]
struct ListsBody {
    agents: Option<Vec<ListedFields>>,
    spaceducks: Option<Vec<ListedFields>>,
    connections: Option<Vec<ListedFields>>,
    pecks: Option<Vec<ListedFields>>,
    error: Option<IgnoredAny>,
}

/// A row as it comes; what is of the wrong type is as if it were not there.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ListedFields {
    peck_id: TextField,
    spaceduck_id: TextField,
    peer_id: TextField,
    agent_name: TextField,
    display_name: TextField,
    duck_name: TextField,
    name: TextField,
    peer_name: TextField,
    duckling_id: TextField,
    requester_id: TextField,
    requester_name: TextField,
    sender_spaceduck_id: TextField,
    sender_name: TextField,
    target_id: TextField,
    target_spaceduck_id: TextField,
    target: TextField,
    purpose: TextField,
    status: TextField,
    direction: TextField,
    last_seen: TimeField,
    created_at: TimeField,
    approved_at: TimeField,
    connected_at: TimeField,
    expires_at: TimeField,
}

impl ListedFields {
    /// A row for each agent in it, the request with the first; none for what an agent has
    /// with itself.
    fn rows(self) -> Vec<ListRow> {
        let own = self.spaceduck_id.0;
        let peer = self.peer_id.0;
        if (!own.is_empty() && own == peer) || self.direction.0.eq_ignore_ascii_case("self") {
            return Vec::new();
        }
        let mut row = ListRow {
            peck: self.peck_id.0,
            agent: own,
            name: first([
                self.agent_name,
                self.display_name,
                self.duck_name,
                self.name,
            ]),
            peer,
            duckling: self.duckling_id.0,
            requester: first([self.requester_id, self.sender_spaceduck_id]),
            requester_name: first([self.requester_name, self.sender_name]),
            target: first([self.target_spaceduck_id, self.target_id, self.target]),
            purpose: self.purpose.0,
            status: self.status.0,
            seen: self.last_seen.0,
            created: self.created_at.0,
            approved: self.approved_at.0,
            connected: self.connected_at.0,
            expires: self.expires_at.0,
        };
        if row.peer.is_empty() || row.agent.is_empty() {
            // There is only one that the name can be of.
            if row.agent.is_empty() {
                row.agent = std::mem::take(&mut row.peer);
            }
            if row.name.is_empty() {
                row.name = self.peer_name.0;
            }
            return vec![row];
        }
        // The row says of the other agent only that they are connected.
        let other = ListRow {
            agent: row.peer.clone(),
            name: self.peer_name.0,
            peer: row.agent.clone(),
            status: row.status.clone(),
            approved: row.approved,
            connected: row.connected,
            ..ListRow::default()
        };
        vec![row, other]
    }
}

/// Of several names for one thing the first that is there.
fn first<const N: usize>(texts: [TextField; N]) -> String {
    let mut texts = texts.into_iter().map(|text| text.0);
    texts.find(|text| !text.is_empty()).unwrap_or_default()
}

#[derive(Default)]
struct TextField(String);

impl<'de> Deserialize<'de> for TextField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let mut text = String::new();
        Id(&mut text).deserialize(deserializer)?;
        Ok(Self(text))
    }
}

#[derive(Default)]
struct TimeField(Option<i64>);

impl<'de> Deserialize<'de> for TimeField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Time.deserialize(deserializer).map(Self)
    }
}

#[cfg(test)]
mod tests;
