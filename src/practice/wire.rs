//! The protocols that the stack speaks: what a request asked, and how an answer or a
//! refusal looks on the wire in each of them. Nothing here knows an operation's meaning.

use super::cbor::Tree;
use super::{Effect, FakeStack};
use hyper::body::Bytes;
use hyper::{HeaderMap, Method, StatusCode};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::time::Duration;
use time::OffsetDateTime;

/// A request, read to its end.
pub(super) struct IncomingRequest {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

/// What an operation may look at while it answers.
pub(super) struct RequestContext<'a> {
    pub(super) world: &'a FakeStack,
    /// The stack's clock. What the world has later than this has not happened yet.
    pub(super) now: OffsetDateTime,
    pub(super) request: &'a IncomingRequest,
    pub(super) protocol: Protocol,
}

/// A way of speaking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Protocol {
    /// JSON behind API Gateway: the stack's own API.
    Gateway,
    /// A form in, XML out.
    Query,
    /// JSON with the operation in a header; the version is part of the content type.
    Json(&'static str),
    /// JSON with the operation in method and path.
    Rest,
    /// CBOR with the operation in the path.
    Cbor,
}

/// What an operation has to say, before it is spoken.
pub(super) enum ResponseBody {
    Json(Value),
    Xml(String),
    /// A tree that can hold instants; spoken as CBOR or as JSON.
    Tree(Tree),
    Bytes(Bytes),
}

/// Why an operation says no.
#[derive(Debug)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    pub(super) code: &'static str,
    pub(super) message: String,
    /// Whether this request should never have been sent to this stack.
    pub(super) unexpected: bool,
}

/// The question as the log shows it, and what came of it.
pub(super) struct OperationResult {
    pub(super) question: String,
    pub(super) outcome: Result<ResponseBody, Refusal>,
    /// What it changes in the world, if it is a write.
    pub(super) effect: Option<Effect>,
}

/// An answer ready to be sent, and the manner of sending it.
pub(super) struct WireResponse {
    pub(super) status: StatusCode,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Bytes,
    pub(super) transmission: Transmission,
    pub(super) after: Duration,
}

/// How the bytes of an answer travel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transmission {
    Whole,
    /// The first half, under the length of the whole.
    Cut,
    /// Never.
    Hang,
    /// The connection is torn instead.
    Reset,
    /// The connection is reset after this many bytes of the body.
    ResetAfter(usize),
    /// A byte at a time.
    Trickle,
}

impl Refusal {
    /// An answer that the real service gives in a situation a scene may want.
    pub(super) fn known(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            message: message.into(),
            unexpected: false,
        }
    }

    /// An answer to a request that nothing in this stack should ever send.
    pub(super) fn unexpected(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            unexpected: true,
            ..Self::known(status, code, message)
        }
    }
}

impl OperationResult {
    pub(super) fn new(question: impl Into<String>, outcome: Result<ResponseBody, Refusal>) -> Self {
        Self {
            question: question.into(),
            outcome,
            effect: None,
        }
    }
}

impl IncomingRequest {
    /// A header, when it is there and is text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A parameter of the query string; values are used as they are, without decoding.
    pub(super) fn parameter(&self, name: &str) -> Option<&str> {
        parameter(&self.query, name)
    }

    /// A field of a form body.
    pub(super) fn field(&self, name: &str) -> Option<&str> {
        parameter(std::str::from_utf8(&self.body).ok()?, name)
    }
}

fn parameter<'a>(form: &'a str, name: &str) -> Option<&'a str> {
    form.split('&')
        .filter_map(|pair| pair.split_once('='))
        .find_map(|(key, value)| (key == name).then_some(value))
}

impl RequestContext<'_> {
    /// The parameters of a JSON or CBOR request. One that is not known here is refused, so
    /// that a client cannot come to rely on a parameter that the practice stack ignores.
    pub(super) fn input<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let malformed = |e: String| {
            Refusal::unexpected(400, "SerializationException", format!("the request: {e}"))
        };
        let value = if self.protocol == Protocol::Cbor {
            plain(Tree::decoded(&self.request.body).map_err(malformed)?)
        } else {
            serde_json::from_slice(&self.request.body).map_err(|e| malformed(e.to_string()))?
        };
        serde_json::from_value(value).map_err(|e| malformed(e.to_string()))
    }
}

impl Protocol {
    /// An answer in this protocol.
    pub(super) fn speak(self, status: StatusCode, payload: ResponseBody) -> WireResponse {
        let body = match payload {
            ResponseBody::Json(value) => value.to_string().into(),
            ResponseBody::Tree(tree) if self == Protocol::Cbor => tree.encoded().into(),
            ResponseBody::Tree(tree) => plain(tree).to_string().into(),
            ResponseBody::Xml(xml) => xml.into(),
            ResponseBody::Bytes(bytes) => bytes,
        };
        let mut headers = vec![
            ("content-type", self.content_type()),
            ("x-amzn-requestid", REQUEST_ID.to_owned()),
        ];
        if self == Protocol::Cbor {
            headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned()));
        }
        WireResponse {
            status,
            headers,
            body,
            transmission: Transmission::Whole,
            after: Duration::ZERO,
        }
    }

    /// A refusal in this protocol.
    pub(super) fn refuse(self, refusal: &Refusal) -> WireResponse {
        let Refusal { code, message, .. } = refusal;
        let kind = if refusal.status.is_server_error() {
            "Receiver"
        } else {
            "Sender"
        };
        let payload = match self {
            Protocol::Gateway => ResponseBody::Json(json!({"message": message})),
            Protocol::Rest => ResponseBody::Json(json!({"message": message})),
            Protocol::Json(_) => ResponseBody::Json(json!({
                "__type": format!("com.amazon.coral.service#{code}"), "message": message,
            })),
            Protocol::Cbor => ResponseBody::Tree(tree([
                (
                    "__type",
                    Tree::from(format!("com.amazonaws.cloudwatch#{code}")),
                ),
                ("message", Tree::from(message.as_str())),
            ])),
            Protocol::Query => ResponseBody::Xml(format!(
                "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
                 <Type>{kind}</Type><Code>{code}</Code><Message>{}</Message></Error>\
                 <RequestId>{REQUEST_ID}</RequestId></ErrorResponse>",
                escape(message)
            )),
        };
        let mut answer = self.speak(refusal.status, payload);
        match self {
            Protocol::Rest | Protocol::Gateway => {
                answer
                    .headers
                    .push(("x-amzn-errortype", (*code).to_owned()));
            }
            Protocol::Cbor => {
                let error = format!("{code};{kind}");
                answer.headers.push(("x-amzn-query-error", error));
            }
            Protocol::Query | Protocol::Json(_) => {}
        }
        answer
    }

    fn content_type(self) -> String {
        match self {
            Protocol::Gateway | Protocol::Rest => "application/json".to_owned(),
            Protocol::Query => "text/xml".to_owned(),
            Protocol::Json(version) => format!("application/x-amz-json-{version}"),
            Protocol::Cbor => "application/cbor".to_owned(),
        }
    }
}

/// The id of every request; nothing may rely on it.
pub(super) const REQUEST_ID: &str = "00000000-0000-4000-8000-000000000000";

/// An instant as CloudWatch sends it.
pub(super) fn instant(at: OffsetDateTime) -> Tree {
    Tree::Tag(1, Box::new(Tree::Float(seconds(at))))
}

/// Seconds since 1970, with milliseconds as the fraction.
pub(super) fn seconds(at: OffsetDateTime) -> f64 {
    millis(at) as f64 / 1e3
}

/// Milliseconds since 1970.
pub(super) fn millis(at: OffsetDateTime) -> i64 {
    at.unix_timestamp() * 1_000 + i64::from(at.millisecond())
}

/// A tree of named members.
pub(super) fn tree<const N: usize>(members: [(&str, Tree); N]) -> Tree {
    Tree::Map(
        members
            .into_iter()
            .map(|(k, v)| (Tree::from(k), v))
            .collect(),
    )
}

/// A tree as JSON, its instants as numbers.
fn plain(tree: Tree) -> Value {
    match tree {
        Tree::Null => Value::Null,
        Tree::Integer(n) => Value::from(n),
        Tree::Float(x) => Value::from(x),
        Tree::Text(text) => Value::from(text),
        Tree::Bool(b) => Value::from(b),
        Tree::Tag(_, inner) => plain(*inner),
        Tree::Array(items) => items.into_iter().map(plain).collect(),
        Tree::Map(members) => Value::Object(
            members
                .into_iter()
                .filter_map(|(key, value)| match key {
                    Tree::Text(name) => Some((name, plain(value))),
                    _ => None,
                })
                .collect::<Map<_, _>>(),
        ),
    }
}

/// Text inside XML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
