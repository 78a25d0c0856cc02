//! Policies as they are found on aliases, each with what AWS decides.

use super::*;
use crate::cloud::corpus_tests::cases;
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PolicyCase {
    /// What the case shows.
    #[serde(rename = "why")]
    _why: String,
    #[serde(default, rename = "source")]
    _source: Option<String>,
    /// The id of the API and its stage, where the address names them.
    #[serde(default)]
    api_id: Option<String>,
    #[serde(default)]
    stage: Option<String>,
    policy: Value,
    /// `allowed`, `refused`, `undecided` or `broken`.
    access: String,
    /// Words of the reason, or of what was not compared.
    #[serde(default)]
    says: Vec<String>,
}

/// 2026-03-22T03:12:09Z
const NOW: i64 = 1_774_149_129;

fn request(case: &PolicyCase) -> GatewayRequest {
    GatewayRequest {
        alias_arn: "arn:aws:lambda:us-east-1:123456789012:function:mission-control-api:prod"
            .to_owned(),
        partition: "aws",
        account: "123456789012".to_owned(),
        region: "us-east-1".to_owned(),
        api_id: case.api_id.clone(),
        stage: case.stage.clone(),
        at: NOW,
    }
}

#[test]
fn every_policy_of_the_corpus_is_evaluated_as_aws_does() {
    let cases = cases::<PolicyCase>("policies");
    let (mut allowed, mut others, mut wrong) = (0, 0, Vec::new());
    for (name, case) in &cases {
        let text = case.policy.to_string();
        let (found, words) = match gateway_access(&text, &request(case)) {
            Ok(GatewayAccess::Allowed { unchecked }) => ("allowed", unchecked.join(", ")),
            Ok(GatewayAccess::Refused(why)) => ("refused", why),
            Ok(GatewayAccess::Undecided(why)) => ("undecided", why),
            Err(why) => ("broken", why),
        };
        match found {
            "allowed" => allowed += 1,
            _ => others += 1,
        }
        let is_said = case.says.iter().all(|word| words.contains(word.as_str()));
        if found != case.access || !is_said {
            wrong.push(format!("{name}: {found} ({words}), not {}", case.access));
        }
    }
    println!("policy corpus: {allowed} that let the gateway in, {others} that do not");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Every path below a value, with what stands there.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => fields.iter().map(|(name, v)| (name.clone(), v)).collect(),
        Value::Array(all) => (0..).map(|n: usize| n.to_string()).zip(all).collect(),
        _ => Vec::new(),
    };
    for (name, child) in children {
        // A pointer writes `~` and `/` of a name as `~0` and `~1` (RFC 6901).
        let path = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
        found.push(path.clone());
        places(child, &path, found);
    }
}

/// Nothing that cannot be read lets the gateway in: of a statement that allows alone every element
/// null or mistyped, beside one that denies also every element removed.
#[test]
fn a_policy_whose_elements_are_lost_or_mistyped_never_allows() {
    let access = |policy: &Value, case: &PolicyCase| {
        gateway_access(&policy.to_string(), &request(case)).ok()
    };
    let allows =
        |access: &Option<GatewayAccess>| matches!(access, Some(GatewayAccess::Allowed { .. }));
    let (mut cells, mut wrong) = (0, Vec::new());
    for (name, case) in cases::<PolicyCase>("policies") {
        let refused = case.access == "refused" && name.contains("deny");
        if case.access != "allowed" && !refused {
            continue;
        }
        let mut paths = Vec::new();
        places(&case.policy["Statement"], "/Statement", &mut paths);
        // A name is for people, and a statement that is gone is another policy. Where one element
        // already says that a statement is of others, the rest of it decides nothing.
        paths.retain(|path| path.split('/').count() > 3 && !path.ends_with("/Sid"));
        let statements = case.policy["Statement"].as_array().map_or(0, Vec::len);
        if !refused && statements != 1 {
            continue;
        }
        for path in paths {
            let mut maimed: Vec<(&str, Value)> = Vec::new();
            for (what, value) in [
                ("null", Value::Null),
                (
                    "an object of a list of lists",
                    serde_json::json!({"x": [[]]}),
                ),
                ("a list of null", serde_json::json!([null])),
            ] {
                let mut policy = case.policy.clone();
                *policy.pointer_mut(&path).expect("the place") = value;
                maimed.push((what, policy));
            }
            if refused {
                let (parent, field) = path.rsplit_once('/').expect("a parent");
                let mut policy = case.policy.clone();
                let parent = policy.pointer_mut(parent).expect("the parent");
                if let Some(fields) = parent.as_object_mut() {
                    fields.remove(&field.replace("~1", "/").replace("~0", "~"));
                    maimed.push(("gone", policy));
                }
            }
            for (what, policy) in maimed {
                cells += 1;
                if allows(&access(&policy, &case)) {
                    wrong.push(format!("{name}: {path} {what}"));
                }
            }
        }
    }
    println!("policies: {cells} cells");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn text_that_is_no_policy_decides_nothing() {
    let case = PolicyCase {
        _why: String::new(),
        _source: None,
        api_id: None,
        stage: None,
        policy: Value::Null,
        access: String::new(),
        says: Vec::new(),
    };
    for text in ["nonsense", "{}", "[]", "null", r#"{"Statement":"Allow"}"#] {
        assert!(gateway_access(text, &request(&case)).is_err(), "{text}");
    }
}

#[test]
fn wildcards_cover_what_they_should() {
    let table = [
        ("*", "", true),
        ("a*c", "abbc", true),
        ("a*c", "abbd", false),
        ("*b*b", "abab", true),
        ("?", "", false),
        ("a?", "ab", true),
        ("", "", true),
        ("", "a", false),
    ];
    for (pattern, text, covers) in table {
        assert_eq!(wildcard_match(pattern, text), covers, "{pattern} {text}");
    }
    assert!(arn_match("arn:aws:s3:*:*:b/*", "arn:aws:s3:r:1:b/c:d"));
    assert!(!arn_match("arn:aws:*:b/*", "arn:aws:s3:r:1:b/c"));
    assert!(!arn_match("*", "arn:aws:s3:r:1:b/c"));
}

/// The request behind a read of the status at this address.
fn request_at(url: &str) -> GatewayRequest {
    let flags = crate::stack::Flags {
        api_url: Some(url.to_owned()),
        ..Default::default()
    };
    let settings = crate::stack::Settings::resolve(&flags, &|_| None).expect("settings");
    GatewayRequest::of(&settings.stack, NOW)
}

#[test]
fn the_address_of_the_gateway_itself_names_the_api_its_region_and_its_stage() {
    let named = |url: &str| {
        let request = request_at(url);
        (request.api_id, request.stage, request.region)
    };
    let some = |text: &str| Some(text.to_owned());
    let own = named("https://a1b2c3.execute-api.eu-west-1.amazonaws.com/live/x");
    assert_eq!(own, (some("a1b2c3"), some("live"), "eu-west-1".to_owned()));
    let unstaged = named("https://a1b2c3.execute-api.eu-west-1.amazonaws.com/");
    assert_eq!(unstaged, (some("a1b2c3"), None, "eu-west-1".to_owned()));
    let mapped = named("https://api.example.com/live");
    assert_eq!(mapped, (None, None, "us-east-1".to_owned()));
    let emulated = named("http://127.0.0.1:9/live");
    assert_eq!(emulated, (None, some("live"), "us-east-1".to_owned()));
}
