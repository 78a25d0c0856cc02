//! The lists of requests and agents, asked for where credentials are given. Containers and fields
//! have several names; all known ones are read.

mod row;

use crate::cloud::{MemberValue, innermost, is_error_member, stale};
use crate::connections::ListRow;
use crate::observation::{RequestLog, Unavailable, UnavailableReason};
use crate::probe::ProbeContext;
use crate::probe::own_age::own_age;
use crate::probe::pages;
use crate::stack::Secret;
use crate::text::Printable;
use futures_util::StreamExt;
use reqwest::header::HeaderMap;
use row::ListedFields;
use serde::Deserialize;
use serde_json::json;
use std::time::Instant;
use time::OffsetDateTime;

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
        let asking = fetch(question, context.clock());
        let answer = tokio::time::timeout_at(context.deadline.into(), asking).await;
        let timed_out = || Err(Unavailable::new(UnavailableReason::TimedOut, "timed out"));
        let answer = answer.unwrap_or_else(|_| timed_out());
        (what, began.elapsed(), answer)
    });
    for (what, took, answer) in futures_util::future::join_all(all).await {
        let (bytes, words) = match &answer {
            Ok(list) => (list.bytes as u64, Ok("200".into())),
            Err(unavailable) => (0, Err(unavailable.detail.clone())),
        };
        asked.push(context.log_request(what.clone(), took, bytes, words));
        match answer {
            Ok(list) => {
                told.rows.extend(list.rows);
                told.has_requests |= list.has_requests;
            }
            Err(unavailable) => {
                let detail = format!("{what}: {}", unavailable.detail);
                let fix = match unavailable.why {
                    UnavailableReason::Denied => {
                        "Fix the credential, or leave it out: then the feed alone is judged"
                    }
                    _ => "Leave the credential out: then the feed alone is judged",
                };
                told.failed = Some(Unavailable::new(unavailable.why, detail).fix(fix));
            }
        }
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

async fn fetch(question: ListRequest, now: OffsetDateTime) -> Result<ReadList, Unavailable> {
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
    let headers = response.headers().clone();
    if let Some(why) = stale(&headers) {
        return Err(Unavailable::new(UnavailableReason::NotCovered, why));
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
    read(&body, &headers, now.unix_timestamp())
}

/// Reads an answer that came at `now`, in seconds since 1970.
fn read(body: &[u8], headers: &HeaderMap, now: i64) -> Result<ReadList, Unavailable> {
    // What servers on Windows write before UTF-8.
    let text = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let answer: ListsBody = serde_json::from_slice(text).map_err(|error| {
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
    let mut around = answer.around.iter();
    if around.any(|(name, value)| is_error_member(name, MemberValue::from(value))) {
        return Err(Unavailable::new(
            UnavailableReason::NotJson,
            "200 with an error in the body",
        ));
    }
    if let Some(why) = own_age(answer.around.iter(), now) {
        return Err(Unavailable::new(UnavailableReason::NotCovered, why));
    }
    let rows: Vec<_> = containers.into_iter().flatten().flatten().collect();
    let count = rows.len() as u64;
    if pages::go_on(&answer.around, count) || pages::headers_go_on(headers, count) {
        return Err(pages::more("the list", "rows"));
    }
    Ok(ReadList {
        rows: rows.into_iter().flat_map(ListedFields::rows).collect(),
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
    #[serde(flatten)]
    around: serde_json::Map<String, serde_json::Value>,
}

#[cfg(test)]
mod tests;
