//! What the answer of a channel means: the message was accepted, or whose fault it is that it was not.
//!
//! A transport's success is no acceptance: a login page, a proxy or a revoked webhook may answer
//! 200. So each kind of channel is held to what its own interface documents. Nothing of a body is
//! repeated but a short error word of Slack's.

use super::send_error::SendError;
use crate::alerting::outbox::DeliveryOutcome;
use crate::cloud::{denial, is_encoded, is_web_page};
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;
use time::OffsetDateTime;

/// The longest pause that another side may ask for and get, in seconds.
const LONGEST_PAUSE: i64 = 1_800;
/// More of an answer is not read.
pub(super) const LARGEST_ANSWER: usize = 64 * 1024;

/// Whose interface an answer is held to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AnswerOf {
    Slack,
    PagerDuty,
    Webhook,
    Heartbeat,
}

/// An answer as it came.
pub(super) struct ChannelAnswer<'a> {
    pub(super) status: u16,
    pub(super) headers: &'a HeaderMap,
    /// At most [`LARGEST_ANSWER`] bytes of it.
    pub(super) body: &'a [u8],
    /// Whether the body had more.
    pub(super) is_cut: bool,
}

/// Judges an answer; `now` is the wall clock.
pub(super) fn judge(
    of: AnswerOf,
    answer: &ChannelAnswer<'_>,
    now: OffsetDateTime,
) -> Result<(), SendError> {
    let status = answer.status;
    let why = format!("it answered HTTP {status}");
    match status {
        200..=299 => accepted(of, answer).map_err(|what| {
            let why = format!("{why}, {what}").into();
            SendError {
                outcome: DeliveryOutcome::Unusable,
                why,
            }
        }),
        400 if of == AnswerOf::PagerDuty && names_the_key(answer.body) => Err(SendError {
            outcome: DeliveryOutcome::Unusable,
            why: format!("{why} and complains about the routing key").into(),
        }),
        // A proxy read it, or a server that expects another protocol: the channel never did.
        400 | 422 if is_page(answer) => Err(SendError {
            outcome: DeliveryOutcome::Unusable,
            why: format!("{why}, a web page").into(),
        }),
        400 | 413 | 422 => Err(SendError {
            outcome: DeliveryOutcome::Refused,
            why: why.into(),
        }),
        408 | 425 | 429 => Err(later(answer, why, now)),
        300..=499 => Err(SendError {
            outcome: DeliveryOutcome::Unusable,
            why: why.into(),
        }),
        _ => Err(later(answer, why, now)),
    }
}

/// Whether the Events API complains about its key: no other message has a better one.
fn names_the_key(body: &[u8]) -> bool {
    let json = serde_json::from_slice::<Value>(body).ok();
    let errors = json.as_ref().and_then(|json| json["errors"].as_array());
    let mut errors = errors.into_iter().flatten().filter_map(Value::as_str);
    errors.any(|error| {
        let error = error.to_ascii_lowercase().replace('_', " ");
        error.contains("routing key")
    })
}

fn later(answer: &ChannelAnswer<'_>, why: String, now: OffsetDateTime) -> SendError {
    let header = |name: &str| answer.headers.get(name)?.to_str().ok();
    SendError {
        outcome: DeliveryOutcome::Failed {
            pause: pause(header("retry-after"), header("date"), now),
        },
        why: why.into(),
    }
}

/// `Retry-After`: seconds, or a time. A time is relative to the answer's own `Date`, because the
/// two clocks may differ.
fn pause(wanted: Option<&str>, date: Option<&str>, now: OffsetDateTime) -> Option<time::Duration> {
    let wanted = wanted?.trim();
    let time = |text: &str| {
        httpdate::parse_http_date(text.trim())
            .map(OffsetDateTime::from)
            .ok()
    };
    let seconds = match wanted.parse::<f64>() {
        // Too many are as many as there are, and half a second is one.
        Ok(seconds) => seconds.ceil() as i64,
        Err(_) => (time(wanted)? - date.and_then(time).unwrap_or(now)).whole_seconds(),
    };
    (seconds > 0).then(|| time::Duration::seconds(seconds.min(LONGEST_PAUSE)))
}

/// Whether a 2xx says that the message was accepted; else what it is instead.
fn accepted(of: AnswerOf, answer: &ChannelAnswer<'_>) -> Result<(), String> {
    if is_encoded(answer.headers) {
        return Err("but in an encoding that was not asked for".to_owned());
    }
    let json = serde_json::from_slice::<Value>(answer.body).ok();
    // It reads a name that stands twice at both places.
    let is_denied = denial("", answer.body, answer.is_cut).is_some();
    match of {
        AnswerOf::Slack => slack(answer.body, json.as_ref(), is_denied),
        AnswerOf::PagerDuty => match json {
            Some(json) if answer.status == 202 && json["status"] == "success" && !is_denied => {
                Ok(())
            }
            _ => Err("which is not how the Events API accepts an event".to_owned()),
        },
        // Healthchecks answers 200 whether or not it knows the check.
        AnswerOf::Heartbeat if answer.body.trim_ascii() == b"OK (not found)" => {
            Err("but `OK (not found)`: no check has this address".to_owned())
        }
        AnswerOf::Webhook | AnswerOf::Heartbeat => {
            let denied = denial(&content_type(answer), answer.body, answer.is_cut);
            denied.map_or(Ok(()), |what| Err(format!("but {what}")))
        }
    }
}

/// Whether an answer is a web page, by its type or by how it begins.
fn is_page(answer: &ChannelAnswer<'_>) -> bool {
    let is_html = content_type(answer).to_ascii_lowercase().contains("html");
    is_web_page(answer.body) || (is_html && !answer.body.trim_ascii().is_empty())
}

/// All that an answer says of its type.
fn content_type(answer: &ChannelAnswer<'_>) -> String {
    let types = answer.headers.get_all(CONTENT_TYPE).iter();
    let types: Vec<_> = types.filter_map(|kind| kind.to_str().ok()).collect();
    types.join(" ")
}

/// Incoming webhooks answer `ok` as text, Slack's Web API as JSON.
fn slack(body: &[u8], json: Option<&Value>, is_denied: bool) -> Result<(), String> {
    let says_ok = json.is_some_and(|json| json["ok"] == true) && !is_denied;
    if body.trim_ascii() == b"ok" || says_ok {
        return Ok(());
    }
    let word = match json {
        Some(json) => json["error"].as_str(),
        None => std::str::from_utf8(body.trim_ascii()).ok(),
    };
    let is_word = |word: &&str| {
        let plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'_';
        (3..=40).contains(&word.len()) && word.bytes().all(plain)
    };
    Err(match word.filter(is_word) {
        Some(word) => format!("but `{word}` instead of ok"),
        None => "but nothing that Slack answers".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use AnswerOf::{PagerDuty, Slack, Webhook};
    use serde_json::json;

    fn outcome(of: AnswerOf, status: u16, headers: &[(&str, &str)], body: &str) -> DeliveryOutcome {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            let name = reqwest::header::HeaderName::from_bytes(name.as_bytes()).expect("a name");
            map.append(name, value.parse().expect("a value"));
        }
        let answer = ChannelAnswer {
            status,
            headers: &map,
            body: body.as_bytes(),
            is_cut: false,
        };
        let judged = judge(of, &answer, OffsetDateTime::UNIX_EPOCH);
        judged.map_or_else(|error| error.outcome, |()| DeliveryOutcome::Delivered)
    }

    #[test]
    fn only_what_each_interface_documents_is_acceptance() {
        let page = "<HTML>Please sign in</HTML>";
        let table: [(AnswerOf, u16, &str, bool); 26] = [
            (Slack, 200, "ok", true),
            (Slack, 200, "ok\n", true),
            (Slack, 200, r#"{"ok":true,"ts":"1"}"#, true),
            (Slack, 200, r#"{"ok":false,"error":"not_authed"}"#, false),
            (Slack, 200, r#"{"ok":"true"}"#, false),
            (Slack, 200, "", false),
            (Slack, 200, "okay", false),
            (Slack, 200, "no_service", false),
            (Slack, 200, "invalid_token", false),
            (Slack, 200, page, false),
            (
                PagerDuty,
                202,
                r#"{"status":"success","dedup_key":"x"}"#,
                true,
            ),
            (PagerDuty, 200, r#"{"status":"success"}"#, false),
            (PagerDuty, 202, r#"{"status":"invalid event"}"#, false),
            (PagerDuty, 202, "", false),
            (PagerDuty, 202, page, false),
            (Webhook, 200, "", true),
            (Webhook, 204, "", true),
            (Webhook, 202, "thanks", true),
            (
                Webhook,
                200,
                r#"{"ok":true,"error":null,"errors":[]}"#,
                true,
            ),
            (Webhook, 200, r#"{"success":true,"errors":0}"#, true),
            (Webhook, 200, r#"["anything"]"#, true),
            (Webhook, 200, r#"{"ok":false}"#, false),
            (Webhook, 200, r#"{"success":false}"#, false),
            (Webhook, 200, r#"{"error":"no route"}"#, false),
            (Webhook, 200, "\n <!DOCTYPE html><p>x", false),
            (Webhook, 200, page, false),
        ];
        for (of, status, body, due) in table {
            let found = outcome(of, status, &[], body);
            let due = match due {
                true => DeliveryOutcome::Delivered,
                false => DeliveryOutcome::Unusable,
            };
            assert_eq!(found, due, "{of:?} {status} {body}");
        }
        let typed = outcome(
            Webhook,
            200,
            &[("content-type", "text/html; charset=x")],
            "x",
        );
        assert_eq!(typed, DeliveryOutcome::Unusable);
    }

    #[test]
    fn a_status_says_whose_fault_it_is() {
        for of in [Slack, PagerDuty, Webhook] {
            for status in [400, 413, 422] {
                assert_eq!(outcome(of, status, &[], "ok"), DeliveryOutcome::Refused);
            }
            for status in [301, 302, 307, 401, 403, 404, 407, 410, 451] {
                assert_eq!(outcome(of, status, &[], "ok"), DeliveryOutcome::Unusable);
            }
            for status in [408, 425, 429, 500, 502, 503, 504] {
                let due = DeliveryOutcome::Failed { pause: None };
                assert_eq!(outcome(of, status, &[], "ok"), due, "{status}");
            }
        }
    }

    #[test]
    fn a_proxy_that_refuses_in_its_own_words_is_no_refusal_of_the_message() {
        let page = "<html>The plain HTTP request was sent to HTTPS port</html>";
        for of in [Slack, PagerDuty, Webhook] {
            for status in [400, 422] {
                assert_eq!(outcome(of, status, &[], page), DeliveryOutcome::Unusable);
            }
            assert_eq!(outcome(of, 413, &[], page), DeliveryOutcome::Refused);
        }
    }

    #[test]
    fn what_an_answer_says_twice_counts_twice() {
        for body in [r#"{"ok":false,"ok":true}"#, r#"{"ok":true,"error":"x"}"#] {
            for of in [Slack, Webhook] {
                let found = outcome(of, 200, &[], body);
                assert_eq!(found, DeliveryOutcome::Unusable, "{body}");
            }
        }
        let encodings = [
            ("content-encoding", "identity"),
            ("content-encoding", "gzip"),
        ];
        let types = [
            ("content-type", "text/plain"),
            ("content-type", "text/html"),
        ];
        for headers in [encodings, types] {
            let found = outcome(Webhook, 200, &headers, "thanks");
            assert_eq!(found, DeliveryOutcome::Unusable, "{headers:?}");
        }
    }

    #[test]
    fn a_key_that_pagerduty_does_not_know_is_the_fault_of_the_channel() {
        for (error, due) in [
            ("Invalid routing key", DeliveryOutcome::Unusable),
            (
                "Length of 'routing_key' is incorrect (should be 32 characters)",
                DeliveryOutcome::Unusable,
            ),
            ("'payload.severity' is invalid", DeliveryOutcome::Refused),
        ] {
            let body = json!({"status": "invalid event", "errors": [error]}).to_string();
            assert_eq!(outcome(PagerDuty, 400, &[], &body), due, "{error}");
            assert_eq!(outcome(Slack, 400, &[], &body), DeliveryOutcome::Refused);
        }
    }

    #[test]
    fn an_answer_in_an_encoding_that_nobody_asked_for_proves_nothing() {
        for (encoding, due) in [
            ("gzip", DeliveryOutcome::Unusable),
            ("identity", DeliveryOutcome::Delivered),
        ] {
            let found = outcome(Webhook, 200, &[("content-encoding", encoding)], "thanks");
            assert_eq!(found, due, "{encoding}");
        }
    }

    #[test]
    fn retry_after_is_read_in_both_forms() {
        let date = ("date", "Sun, 22 Mar 2026 03:12:09 GMT");
        for (wanted, due) in [
            ("300", Some(300)),
            ("999999", Some(LONGEST_PAUSE)),
            ("99999999999999999999999", Some(LONGEST_PAUSE)),
            ("1.5", Some(2)),
            ("nan", None),
            ("0", None),
            ("-5", None),
            ("soon", None),
            ("Sun, 22 Mar 2026 03:17:09 GMT", Some(300)),
            // The forms of old, which HTTP has everybody read.
            ("Sunday, 22-Mar-26 03:17:09 GMT", Some(300)),
            ("Sun Mar 22 03:17:09 2026", Some(300)),
            ("Sun, 22 Mar 2026 03:12:09 GMT", None),
            ("Sun, 22 Mar 2026 02:12:09 GMT", None),
        ] {
            let pause = due.map(time::Duration::seconds);
            let found = outcome(Slack, 429, &[("retry-after", wanted), date], "");
            assert_eq!(found, DeliveryOutcome::Failed { pause }, "{wanted}");
        }
        // Without a date it counts from here.
        let found = outcome(
            Slack,
            503,
            &[("retry-after", "Thu, 01 Jan 1970 00:01:30 GMT")],
            "",
        );
        let pause = Some(time::Duration::seconds(90));
        assert_eq!(found, DeliveryOutcome::Failed { pause });
    }
}
