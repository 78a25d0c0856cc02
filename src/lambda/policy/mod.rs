//! The policy of the alias, evaluated as AWS does for one request: API Gateway invokes the alias to
//! answer `GET /beak/system/status`.
//!
//! A statement takes part when principal, action, resource and every condition match; one that
//! denies wins over all that allow (IAM user guide, policy evaluation logic). What cannot be evaluated
//! here, such as a key of the organisation, is neither a match nor a mismatch: it is named.

mod condition;
mod pattern;
mod request;
#[cfg(test)]
mod tests;

use condition::{Match, condition_match};
use pattern::{arn_match, wildcard_match};
pub(crate) use request::GatewayRequest;
use serde_json::Value;

/// Whether API Gateway may invoke the alias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum GatewayAccess {
    /// It may; what was not compared, where something was not.
    Allowed {
        /// Parts of the policy that were taken to match without being compared.
        unchecked: Vec<String>,
    },
    /// It may not, and why.
    Refused(String),
    /// It depends on what cannot be evaluated here.
    Undecided(String),
}

/// Evaluates a policy document for a request of the gateway.
///
/// # Errors
/// What of the document cannot be understood.
pub(crate) fn gateway_access(
    policy: &str,
    request: &GatewayRequest,
) -> Result<GatewayAccess, String> {
    let policy: Value = serde_json::from_str(policy).map_err(|_| "it is no JSON".to_owned())?;
    let statements = match policy.get("Statement") {
        Some(Value::Array(all)) => all.iter().collect(),
        Some(one @ Value::Object(_)) => vec![one],
        _ => return Err("it holds no statements".to_owned()),
    };
    let has_variables = policy.get("Version").and_then(Value::as_str) == Some("2012-10-17");
    let mut allowed: Option<Vec<String>> = None;
    let mut open_allow = None;
    let mut open_deny = None;
    let mut nearest = None;
    for statement in statements {
        let name = statement_name(statement);
        let is_deny = match statement.get("Effect").and_then(Value::as_str) {
            Some("Allow") => false,
            Some("Deny") => true,
            _ => return Err(format!("{name} neither allows nor denies")),
        };
        let found = match statement_match(statement, request)? {
            // Where it would match but for a variable, its value decides.
            Match::No(why) if has_variables && why.contains("${") => Match::Unknown(why),
            found => found,
        };
        match (is_deny, found) {
            (true, Match::Yes(unchecked)) if !unchecked.is_empty() => {
                let unchecked = unchecked.join(" and ");
                open_deny = Some(format!("{name} denies it if it is of {unchecked}"));
            }
            (true, Match::Yes(_)) => {
                return Ok(GatewayAccess::Refused(format!("{name} denies it")));
            }
            (true, Match::Unknown(why)) => open_deny = Some(format!("{name} denies it if {why}")),
            (false, Match::Yes(unchecked)) => match &allowed {
                Some(best) if best.len() <= unchecked.len() => {}
                _ => allowed = Some(unchecked),
            },
            (false, Match::Unknown(why)) => open_allow = Some(format!("{name} allows it if {why}")),
            // A statement about another service is no near miss.
            (false, Match::No(why)) if names_gateway(statement) => {
                nearest = Some(format!("{name} allows it only for {why}"));
            }
            (_, Match::No(_)) => {}
        }
    }
    Ok(match (allowed, open_deny, open_allow) {
        (Some(unchecked), None, _) => GatewayAccess::Allowed { unchecked },
        (None, _, None) => {
            let none = || "no statement allows it".to_owned();
            GatewayAccess::Refused(nearest.unwrap_or_else(none))
        }
        (_, Some(why), _) | (None, None, Some(why)) => GatewayAccess::Undecided(why),
    })
}

fn statement_name(statement: &Value) -> String {
    match statement.get("Sid").and_then(Value::as_str) {
        Some(sid) if !sid.is_empty() => format!("statement {sid}"),
        _ => "a statement".to_owned(),
    }
}

/// Whether a statement takes part in this request.
fn statement_match(statement: &Value, request: &GatewayRequest) -> Result<Match, String> {
    let principal = element(statement, "Principal", principal_match)?;
    if !principal {
        return Ok(Match::No("another principal".to_owned()));
    }
    let action = element(statement, "Action", |value| {
        any_text(value, &|text| {
            wildcard_match(&text.to_lowercase(), "lambda:invokefunction")
        })
    })?;
    if !action {
        return Ok(Match::No("another action".to_owned()));
    }
    let resource = element(statement, "Resource", |value| {
        any_text(value, &|text| {
            text == "*" || arn_match(text, &request.alias_arn)
        })
    })?;
    if !resource {
        let shown = statement.get("Resource").map_or_else(String::new, shown);
        return Ok(Match::No(shown));
    }
    condition_match(statement.get("Condition"), request)
}

/// Evaluates an element or its negation, such as `NotAction`.
fn element(
    statement: &Value,
    name: &str,
    matches: impl Fn(&Value) -> bool,
) -> Result<bool, String> {
    match (statement.get(name), statement.get(format!("Not{name}"))) {
        (Some(value), None) if is_texts(value) => Ok(matches(value)),
        (None, Some(value)) if is_texts(value) => Ok(!matches(value)),
        // A policy of a resource may leave out its own resource, and nothing else.
        (None, None) if name == "Resource" => Ok(true),
        _ => Err(format!(
            "{} has no {name} that can be understood",
            statement_name(statement)
        )),
    }
}

/// Whether an element is a text, a list of texts, or an object of these by the kind of principal.
fn is_texts(value: &Value) -> bool {
    match value {
        Value::String(_) => true,
        Value::Array(all) => all.iter().all(Value::is_string),
        Value::Object(kinds) => {
            !kinds.is_empty()
                && kinds
                    .values()
                    .all(|names| !names.is_object() && is_texts(names))
        }
        _ => false,
    }
}

const GATEWAY: &str = "apigateway.amazonaws.com";

/// Everybody, or the service by its name.
fn principal_match(principal: &Value) -> bool {
    match principal {
        Value::String(text) => text == "*",
        Value::Object(kinds) => kinds.iter().any(|(kind, names)| match kind.as_str() {
            "Service" => any_text(names, &|text| text == GATEWAY || text == "*"),
            "AWS" => any_text(names, &|text| text == "*"),
            _ => false,
        }),
        _ => false,
    }
}

fn names_gateway(statement: &Value) -> bool {
    statement.get("Principal").is_some_and(principal_match)
}

/// Whether any text in a text or a list of texts passes.
fn any_text(value: &Value, passes: &dyn Fn(&str) -> bool) -> bool {
    match value {
        Value::String(text) => passes(text),
        Value::Array(all) => all.iter().any(|value| any_text(value, passes)),
        _ => false,
    }
}

/// The texts of a value, as they are named in a sentence.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(all) => all.iter().map(shown).collect::<Vec<_>>().join(" or "),
        other => other.to_string(),
    }
}
