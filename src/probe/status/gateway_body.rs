//! Bodies in the forms that gateways, firewalls and proxies give to what they answer themselves. The
//! function writes none of these: its errors are flat (`{"error": …}`).

use serde_json::{Map, Value};

/// Who writes an object of this form, if it is known.
pub(super) fn written_by(status: u16, body: &[u8]) -> Option<&'static str> {
    let body: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let has = |names: &[&str]| names.iter().all(|name| body.contains_key(*name));
    let is_only = |names: &[&str]| body.keys().all(|name| names.contains(&name.as_str()));
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_status = |name: &str| body.get(name).and_then(Value::as_u64) == Some(status.into());
    let inner = |name: &str| body.get(name).and_then(Value::as_object);
    if let Some(fault) = inner("fault") {
        // WSO2 numbers its faults.
        return Some(match fault.contains_key("faultstring") {
            true => "Apigee",
            false => "an API gateway",
        });
    }
    if is_status("statusCode")
        && has(&["message"])
        && is_only(&["statusCode", "message", "activityId"])
    {
        return Some("Azure API Management");
    }
    if inner("error")
        .is_some_and(|error| error.contains_key("code") && error.contains_key("status"))
    {
        return Some("a Google gateway");
    }
    if has(&["timestamp", "status", "error", "path"]) {
        return Some("a Spring gateway");
    }
    if has(&["httpCode", "httpMessage"]) {
        return Some("IBM API Connect");
    }
    if text("kind") == "Status" && has(&["apiVersion"]) {
        return Some("Kubernetes");
    }
    let known = [
        (&["cloudflare_error"][..], "Cloudflare"),
        (&["incidentId", "errorCode"], "Imperva"),
        (&["supportID"], "a firewall"),
        (&["http_status_code", "message"], "an API gateway"),
        (&["error_msg"], "APISIX"),
        (&["captive"], "a captive portal"),
    ];
    let known = known.into_iter().find(|(names, _)| has(names));
    known.map(|(_, name)| name)
}

/// Messages with which gateways refuse a request, in JSON or alone.
const REFUSALS: [&str; 10] = [
    "no api key found in request",
    "missing api key found in request",
    "api rate limit exceeded",
    "authorization field missing",
    "access to this api has been disallowed",
    "jwt is missing",
    "jwt is expired",
    "jwt verification fails",
    "rbac: access denied",
    "404 page not found",
];

/// Whether a body is what gateways write when they refuse a request.
pub(super) fn is_refusal(body: &[u8]) -> bool {
    said(body)
        .iter()
        .any(|said| REFUSALS.contains(&said.as_str()))
}

/// What a body says in `message` or `error`, or what a text is, in lower case.
fn said(body: &[u8]) -> Vec<String> {
    match serde_json::from_slice::<Map<String, Value>>(body) {
        Ok(body) => {
            let texts = ["message", "error"].into_iter();
            let texts = texts.filter_map(|name| body.get(name)?.as_str());
            texts.map(|text| text.trim().to_lowercase()).collect()
        }
        Err(_) => {
            let head = String::from_utf8_lossy(body.get(..200).unwrap_or(body));
            vec![head.trim().to_lowercase()]
        }
    }
}

/// Messages about what a proxy forwards to, as they stand in `message` or `error`.
const OF_UPSTREAM: [&str; 7] = [
    "an invalid response was received from the upstream server",
    "the upstream server is timing out",
    "the upstream server is currently unavailable",
    "failure to get a peer from the ring-balancer",
    "name resolution failed",
    "there was a problem proxying the request",
    "no healthy upstream",
];

/// Whether a body is what proxies write: the reason of the code alone, or what became of their upstream.
pub(super) fn is_of_proxy(status: u16, body: &[u8]) -> bool {
    let said = said(body);
    if said.iter().any(|said| OF_UPSTREAM.contains(&said.as_str())) {
        return true;
    }
    let reasons: &[&str] = match status {
        502 => &["bad gateway"],
        503 => &["service unavailable", "no available server"],
        504 => &["gateway timeout", "gateway time-out"],
        _ => &[],
    };
    // What the function writes in JSON may speak of an upstream of its own.
    let is_json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    let parts = ["upstream", "error code: 1", "fastly error"];
    let is_of_proxy = |text: &String| {
        reasons.contains(&text.as_str()) || parts.iter().any(|part| text.contains(part))
    };
    !is_json && said.iter().any(is_of_proxy)
}

/// Whether a body is a page or another document in markup, of which the function writes none.
pub(super) fn is_markup(body: &[u8]) -> bool {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    body.trim_ascii_start().starts_with(b"<")
}
