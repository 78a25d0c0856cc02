//! The policy of the alias: may API Gateway invoke it?

use serde_json::Value;

/// Whether a statement lets API Gateway invoke the alias; `None` when the policy cannot be
/// understood.
pub(crate) fn lets_gateway_in(policy: &str) -> Option<bool> {
    let policy: Value = serde_json::from_str(policy).ok()?;
    let statements = match policy.get("Statement")? {
        Value::Array(all) => all.clone(),
        one => vec![one.clone()],
    };
    let allows = |statement: &Value| {
        statement["Effect"] == "Allow"
            && any(&statement["Principal"], &["*", "apigateway.amazonaws.com"])
            && any(
                &statement["Action"],
                &["*", "lambda:*", "lambda:InvokeFunction"],
            )
    };
    Some(statements.iter().any(allows))
}

/// Whether any of these words stands in a text, a list or the values of an object.
fn any(value: &Value, words: &[&str]) -> bool {
    match value {
        Value::String(text) => words.contains(&text.as_str()),
        Value::Array(all) => all.iter().any(|value| any(value, words)),
        Value::Object(members) => members.values().any(|value| any(value, words)),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_statement_that_allows_the_gateway_lets_it_in() {
        let statement = |effect: &str, principal: &str, action: &str| {
            format!(
                r#"{{"Statement":[{{"Effect":"{effect}","Principal":{principal},"Action":"{action}"}}]}}"#
            )
        };
        let gateway = r#"{"Service":"apigateway.amazonaws.com"}"#;
        let invoke = "lambda:InvokeFunction";
        let table = [
            (statement("Allow", gateway, invoke), Some(true)),
            (statement("Allow", gateway, "lambda:*"), Some(true)),
            (statement("Deny", gateway, invoke), Some(false)),
            (
                statement("Allow", r#"{"Service":"s3.amazonaws.com"}"#, invoke),
                Some(false),
            ),
            (
                statement("Allow", gateway, "lambda:GetFunction"),
                Some(false),
            ),
            (r#"{"Statement":[]}"#.to_owned(), Some(false)),
            ("{}".to_owned(), None),
            ("nonsense".to_owned(), None),
        ];
        for (policy, lets) in table {
            assert_eq!(lets_gateway_in(&policy), lets, "{policy}");
        }
    }
}
