//! The JSON Schema of the output, version 1: what `duckops schema` prints.
//!
//! It describes the reports of [`super::json`] and every [`super::json::DocumentKind`], and is
//! held to both by the tests below. `tests/schema.rs` holds it to what every command prints,
//! with an independent validator.

/// The schema of every document, draft 2020-12, with a newline at its end.
/// Keys may be added by a minor version, so further keys are allowed everywhere.
pub fn v1() -> &'static str {
    include_str!("schema.json")
}

#[cfg(test)]
mod tests {
    use super::super::json::{DocumentKind, Heading, failure, render};
    use super::super::model::Verdict;
    use super::super::sample;
    use super::*;
    use serde_json::{Value, json};
    use std::collections::BTreeSet;

    /// Only the words of the schema language that ours uses; any other is a complaint.
    fn complaints(root: &Value, schema: &Value, value: &Value, at: &str, out: &mut Vec<String>) {
        let Some(rules) = schema.as_object() else {
            return out.push(format!("{at}: the schema is no object"));
        };
        for (rule, want) in rules {
            let fits = match rule.as_str() {
                "$ref" => {
                    let pointer = want.as_str().and_then(|p| p.strip_prefix('#'));
                    match pointer.and_then(|p| root.pointer(p)) {
                        Some(target) => complaints(root, target, value, at, out),
                        None => out.push(format!("{at}: {want} leads nowhere")),
                    }
                    true
                }
                "type" => match want {
                    Value::Array(any) => any.iter().any(|t| is(value, t)),
                    one => is(value, one),
                },
                "const" => value == want,
                "enum" => want.as_array().is_some_and(|any| any.contains(value)),
                "anyOf" => want.as_array().is_some_and(|any| {
                    any.iter().any(|schema| {
                        let mut inner = Vec::new();
                        complaints(root, schema, value, at, &mut inner);
                        inner.is_empty()
                    })
                }),
                "required" => want.as_array().is_some_and(|keys| {
                    keys.iter()
                        .all(|key| value.get(key.as_str().unwrap_or_default()).is_some())
                }),
                "properties" => {
                    for (key, schema) in want.as_object().into_iter().flatten() {
                        if let Some(value) = value.get(key) {
                            complaints(root, schema, value, &format!("{at}/{key}"), out);
                        }
                    }
                    true
                }
                "items" => {
                    for (n, item) in value.as_array().into_iter().flatten().enumerate() {
                        complaints(root, want, item, &format!("{at}/{n}"), out);
                    }
                    true
                }
                "minimum" => !value.is_number() || value.as_i64() >= want.as_i64(),
                "maximum" => !value.is_number() || value.as_i64() <= want.as_i64(),
                "pattern" => value.as_str().is_none_or(utc),
                "$schema" | "$id" | "$defs" | "title" | "description" => true,
                _ => false,
            };
            if !fits {
                out.push(format!("{at}: {rule} {want} does not fit {value}"));
            }
        }
    }

    fn is(value: &Value, ty: &Value) -> bool {
        match ty.as_str() {
            Some("object") => value.is_object(),
            Some("array") => value.is_array(),
            Some("string") => value.is_string(),
            Some("integer") => value.is_i64() || value.is_u64(),
            Some("number") => value.is_number(),
            Some("boolean") => value.is_boolean(),
            Some("null") => value.is_null(),
            _ => false,
        }
    }

    /// The only pattern of the schema: a time in UTC with whole seconds.
    fn utc(text: &str) -> bool {
        text.len() == 20 && text.ends_with('Z') && text.as_bytes()[10] == b'T'
    }

    fn check(document: &Value) -> Vec<String> {
        let schema: Value = serde_json::from_str(v1()).unwrap_or(Value::Null);
        let mut out = Vec::new();
        complaints(&schema, &schema, document, "", &mut out);
        out
    }

    fn documents() -> Vec<Value> {
        let heading = Heading {
            exit_code: 64,
            ..Heading::new(Verdict::Unknown, "no such runbook")
        };
        let reports = sample::all().map(|(_, report)| render(&report, false));
        let texts = reports.into_iter().chain([failure(&heading, false)]);
        texts
            .filter_map(|t| serde_json::from_str(&t).ok())
            .collect()
    }

    #[test]
    fn every_kind_of_document_is_described_and_nothing_else() {
        let schema: Value = serde_json::from_str(v1()).unwrap_or(Value::Null);
        let described: BTreeSet<String> = schema["$defs"]
            .as_object()
            .expect("definitions")
            .keys()
            .filter_map(|name| Some(name.strip_prefix("document-")?.to_owned()))
            .collect();
        let made = DocumentKind::ALL.map(|kind| kind.name().to_owned());
        assert_eq!(described, BTreeSet::from(made));
        for kind in DocumentKind::ALL {
            let name = format!("document-{}", kind.name());
            let reference = json!({"$ref": format!("#/$defs/{name}")});
            let any = schema["anyOf"].as_array().expect("the documents");
            assert!(any.contains(&reference), "{name} is no document");
            let its_own = &schema["$defs"][&name]["properties"]["kind"]["const"];
            assert_eq!(*its_own, kind.name());
        }
    }

    #[test]
    fn every_document_fits_the_schema() {
        assert_eq!(documents().len(), 7);
        for document in documents() {
            assert_eq!(check(&document), [""; 0]);
        }
    }

    /// Every key of every object is described and required: none may go missing.
    #[test]
    fn a_document_without_any_one_of_its_keys_does_not_fit() {
        fn without_one(value: &Value) -> Vec<(String, Value)> {
            let mut out = Vec::new();
            match value {
                Value::Object(map) => {
                    for (key, inner) in map {
                        let mut less = map.clone();
                        less.remove(key);
                        out.push((key.clone(), Value::Object(less)));
                        for (path, changed) in without_one(inner) {
                            let mut map = map.clone();
                            map.insert(key.clone(), changed);
                            out.push((format!("{key}/{path}"), Value::Object(map)));
                        }
                    }
                }
                Value::Array(items) => {
                    for (n, inner) in items.iter().enumerate().take(1) {
                        for (path, changed) in without_one(inner) {
                            let mut items = items.clone();
                            items[n] = changed;
                            out.push((format!("{n}/{path}"), Value::Array(items)));
                        }
                    }
                }
                _ => {}
            }
            out
        }
        let whole = &documents()[0];
        let all = without_one(whole);
        assert!(all.len() > 50, "{}", all.len());
        for (path, document) in all {
            assert!(!check(&document).is_empty(), "{path} may go missing");
        }
    }

    #[test]
    fn a_document_with_a_wrong_value_does_not_fit() {
        let wrong = [
            ("/format_version", json!("2.0")),
            ("/verdict", json!("fine")),
            ("/exit_code", json!("2")),
            ("/started_at", json!("yesterday")),
            ("/complete", json!(false)),
            ("/duration_ms", json!(1.5)),
            ("/runbooks/0/steps/0/number", json!(0)),
            ("/runbooks/0/steps/0/evidence/0/value", json!({})),
        ];
        for (path, value) in wrong {
            let mut document = documents()[0].clone();
            if let Some(place) = document.pointer_mut(path) {
                *place = value;
            }
            assert!(!check(&document).is_empty(), "{path}");
        }
    }
}
