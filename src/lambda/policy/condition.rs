//! The conditions of a statement: every operator and every key in it must hold.

use super::pattern::{UNKNOWN, UNNAMED, arn_match, literal_match, wildcard_match};
use super::request::GatewayRequest;
use super::shown;
use crate::fact::parse_instant;
use serde_json::Value;

/// Whether a statement or a part of it matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Match {
    /// It does; what was taken to match without being compared.
    Yes(Vec<String>),
    /// It does not: what it is about instead.
    No(String),
    /// It depends on this.
    Unknown(String),
}

/// What the request carries under a condition key.
enum ContextValue {
    Known(String),
    /// The source ARN, in which id or stage may be unknown.
    Source,
    /// The gateway sends no such key.
    Absent,
    /// It is not known whether the key is sent, or with which value.
    Unknown,
}

/// Keys that a request of a service does not carry: they describe a caller with credentials, a
/// session or a network.
const ABSENT: [&str; 20] = [
    "aws:principalarn",
    "aws:principalaccount",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:principaltype",
    "aws:userid",
    "aws:username",
    "aws:multifactorauthpresent",
    "aws:multifactorauthage",
    "aws:sourceip",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:vpcsourceip",
    "aws:referer",
    "aws:useragent",
    "aws:tokenissuetime",
    "aws:tagkeys",
    "lambda:eventsourcetoken",
    "lambda:functionurlauthtype",
    "lambda:invokedviafunctionurl",
];

fn context_value(key: &str, request: &GatewayRequest) -> ContextValue {
    let known = |text: &str| ContextValue::Known(text.to_owned());
    match key {
        "aws:sourcearn" => ContextValue::Source,
        "aws:sourceaccount" | "aws:resourceaccount" => known(&request.account),
        "aws:requestedregion" => known(&request.region),
        "aws:principalisawsservice" | "aws:securetransport" => known("true"),
        "aws:principalservicename" => known(super::GATEWAY),
        "aws:currenttime" | "aws:epochtime" => known(&request.at.to_string()),
        _ if ABSENT.contains(&key) => ContextValue::Absent,
        _ if key.starts_with("aws:principaltag/") || key.starts_with("aws:requesttag/") => {
            ContextValue::Absent
        }
        _ => ContextValue::Unknown,
    }
}

/// Whether all conditions of a statement hold.
///
/// # Errors
/// That the block cannot be understood.
pub(super) fn condition_match(
    conditions: Option<&Value>,
    request: &GatewayRequest,
) -> Result<Match, String> {
    let broken = || "its conditions cannot be understood".to_owned();
    let operators = match conditions {
        None => return Ok(Match::Yes(Vec::new())),
        Some(Value::Object(operators)) => operators,
        Some(_) => return Err(broken()),
    };
    let mut unchecked = Vec::new();
    let mut open = None;
    for (operator, keys) in operators {
        for (key, wanted) in keys.as_object().ok_or_else(broken)? {
            if !is_comparable(wanted) {
                return Err(broken());
            }
            match key_match(operator, key, wanted, request) {
                // One that fails is enough, whatever the others are.
                no @ Match::No(_) => return Ok(no),
                Match::Unknown(why) => open = open.or(Some(why)),
                Match::Yes(more) => unchecked.extend(more),
            }
        }
    }
    unchecked.dedup();
    Ok(open.map_or(Match::Yes(unchecked), Match::Unknown))
}

/// An operator without its set prefix and its suffix.
struct ConditionOperator<'a> {
    name: &'a str,
    is_negated: bool,
    /// Whether the key may be absent.
    if_exists: bool,
}

impl<'a> ConditionOperator<'a> {
    fn parse(text: &'a str) -> Self {
        let (all, name) = match text.split_once(':') {
            Some(("ForAllValues", name)) => (true, name),
            Some(("ForAnyValue", name)) => (false, name),
            _ => (false, text),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, all),
        };
        Self {
            name,
            is_negated: name.contains("Not"),
            if_exists,
        }
    }
}

fn key_match(operator: &str, key: &str, wanted: &Value, request: &GatewayRequest) -> Match {
    let values: Vec<String> = match wanted {
        Value::Array(all) => all.iter().map(plain).collect(),
        one => vec![plain(one)],
    };
    let named = || format!("{operator} {key} {}", shown(wanted));
    let operator = ConditionOperator::parse(operator);
    let value = context_value(&key.to_lowercase(), request);
    if operator.name == "Null" {
        let is_absent = match value {
            ContextValue::Unknown => return Match::Unknown(named()),
            ContextValue::Absent => "true",
            _ => "false",
        };
        return decided(values.iter().any(|value| value == is_absent), named());
    }
    match value {
        ContextValue::Unknown => Match::Unknown(named()),
        // A negated operator holds for a key that is not there.
        ContextValue::Absent => decided(operator.if_exists || operator.is_negated, named()),
        ContextValue::Source => source_match(&operator, &values, named(), request),
        ContextValue::Known(actual) => match compare(&operator, &values, &actual) {
            Some(holds) => decided(holds, named()),
            None => Match::Unknown(named()),
        },
    }
}

fn decided(holds: bool, named: String) -> Match {
    match holds {
        true => Match::Yes(Vec::new()),
        false => Match::No(named),
    }
}

/// Whether a value of a condition is a text, a number, true or false, or a list of these.
fn is_comparable(value: &Value) -> bool {
    match value {
        Value::Array(all) => all
            .iter()
            .all(|value| !value.is_array() && is_comparable(value)),
        value => value.is_string() || value.is_number() || value.is_boolean(),
    }
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Whether an operator holds between the values of a policy and the one of the request; `None` for
/// an operator that is not known here.
fn compare(operator: &ConditionOperator<'_>, values: &[String], actual: &str) -> Option<bool> {
    let positive = operator.name.replace("Not", "");
    let one: fn(&str, &str) -> bool = match positive.as_str() {
        "StringEquals" => literal_match,
        "StringEqualsIgnoreCase" | "Bool" => {
            |value, actual| literal_match(&value.to_lowercase(), &actual.to_lowercase())
        }
        "StringLike" => wildcard_match,
        "ArnEquals" | "ArnLike" => arn_match,
        _ => return compare_instants(operator.name, values, actual),
    };
    let any = values.iter().any(|value| one(value, actual));
    Some(any != operator.is_negated)
}

/// Date operators on the time of the request; numbers are taken as such for `aws:EpochTime`.
fn compare_instants(name: &str, values: &[String], actual: &str) -> Option<bool> {
    let name = name.strip_prefix("Date").or(name.strip_prefix("Numeric"))?;
    let actual: i64 = actual.parse().ok()?;
    let mut instants = Vec::new();
    for value in values {
        instants.push(value.parse().ok().or_else(|| parse_instant(value))?);
    }
    let any = |holds: fn(i64, i64) -> bool| instants.iter().any(|at| holds(actual, *at));
    Some(match name {
        "Equals" => any(|actual, at| actual == at),
        "NotEquals" => !any(|actual, at| actual == at),
        "LessThan" => any(|actual, at| actual < at),
        "LessThanEquals" => any(|actual, at| actual <= at),
        "GreaterThan" => any(|actual, at| actual > at),
        "GreaterThanEquals" => any(|actual, at| actual >= at),
        _ => return None,
    })
}

/// The stage of the console's own test button. It is no deployed stage.
const TEST_STAGE: &str = "test-invoke-stage";

/// Compares the source ARN. An id or a stage that the address does not name may be any, and where a
/// pattern asks for a certain one, that is said.
fn source_match(
    operator: &ConditionOperator<'_>,
    values: &[String],
    named: String,
    request: &GatewayRequest,
) -> Match {
    let alone = ConditionOperator {
        is_negated: false,
        ..*operator
    };
    let mut unchecked = Vec::new();
    let mut any = false;
    for value in values {
        if request.stage.is_none() && value.contains(TEST_STAGE) {
            continue;
        }
        let covers = |pattern: &str, id: char, stage: char| {
            let source = request.source_arn(id, stage);
            compare(&alone, &[pattern.to_owned()], &source)
        };
        let Some(plain) = covers(value, UNKNOWN, UNKNOWN) else {
            return Match::Unknown(named);
        };
        let by_route =
            || route_wildcards(value).filter(|wild| covers(wild, UNKNOWN, UNKNOWN) == Some(true));
        let pattern = match plain {
            true => Some(value.clone()),
            false => by_route(),
        };
        let Some(pattern) = pattern else { continue };
        any = true;
        if !plain {
            unchecked.push("the route".to_owned());
        }
        let is_narrow = |id, stage| covers(&pattern, id, stage) != Some(true);
        if request.api_id.is_none() && is_narrow(UNNAMED, UNKNOWN) {
            unchecked.push("the id of the API".to_owned());
        }
        if request.stage.is_none() && is_narrow(UNKNOWN, UNNAMED) {
            unchecked.push("the stage".to_owned());
        }
    }
    match (any, operator.is_negated) {
        (true, false) => Match::Yes(unchecked),
        (false, true) => Match::Yes(Vec::new()),
        (true, true) if unchecked.is_empty() => Match::No(named),
        // Whether the exception is about this API is what is not known.
        (true, true) => Match::Unknown(named),
        (false, false) => Match::No(named),
    }
}

/// The pattern of a source that names a route, such as `{proxy+}` or the `$default` of an HTTP API,
/// with a wildcard for it: API Gateway names the route as it is declared, not the path that was
/// asked for, and which route is declared is not known here.
fn route_wildcards(pattern: &str) -> Option<String> {
    let (api, route) = pattern.split_once('/')?;
    let stage = route.strip_suffix("/$default");
    if let Some(stage) = stage.filter(|stage| !stage.contains('/')) {
        return Some(format!("{api}/{stage}/*"));
    }
    let parts: Vec<&str> = route.split('/').collect();
    let is_variable = |part: &&str| part.starts_with('{') && part.ends_with('}');
    let wild = parts
        .iter()
        .map(|part| if is_variable(part) { "*" } else { part });
    let wild: Vec<&str> = wild.collect();
    (wild != parts).then(|| format!("{api}/{}", wild.join("/")))
}
