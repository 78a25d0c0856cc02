//! What words show for known and unknown facts, lists, ranges and counts.

use super::*;

fn filled(text: &str, known: &[(&str, FactValue)]) -> String {
    let words = Words::parse(text, &BTreeMap::new()).expect("it resolves");
    let fact = |path: &str| known.iter().find(|(name, _)| *name == path).map(|(_, v)| v);
    words
        .fill(fact, &BTreeMap::new(), &StackNames::new())
        .to_string()
}

#[test]
fn a_count_agrees_with_its_noun() {
    let text = "{status.agents.dead#agent}, {status.agents.alive#entry/entries}";
    for (dead, alive, expected) in [
        (1, 1, "1 agent, 1 entry"),
        (2, 11, "2 agents, 11 entries"),
        (0, 0, "no agents, no entries"),
    ] {
        let known = [
            ("status.agents.dead", FactValue::Int(dead)),
            ("status.agents.alive", FactValue::Int(alive)),
        ];
        assert_eq!(filled(text, &known), expected);
    }
}

#[test]
fn bounds_that_agree_are_one_number() {
    let text = "{peck.callback_errors_24h_min..peck.callback_errors_24h_max} in 24 h";
    let (lower, upper) = (
        "peck.callback_errors_24h_min",
        "peck.callback_errors_24h_max",
    );
    let both = |max| [(lower, FactValue::Int(18)), (upper, FactValue::Int(max))];
    assert_eq!(filled(text, &both(18)), "18 in 24 h");
    assert_eq!(filled(text, &both(20)), "at least 18 in 24 h");
    assert_eq!(filled(text, &both(18)[..1]), "at least 18 in 24 h");
    assert_eq!(filled(text, &[]), "(not known) in 24 h");
    let upto = [(lower, FactValue::Int(0)), (upper, FactValue::Int(7))];
    assert_eq!(filled(text, &upto), "at most 7 in 24 h");
    assert_eq!(filled(text, &upto[..1]), "at least 0 in 24 h");
}

#[test]
fn an_optional_part_stands_only_with_all_its_facts() {
    let text = "down[, {status.agents.dead} dead][[x]";
    assert_eq!(filled(text, &[]), "down[x]");
    let known = [("status.agents.dead", FactValue::Int(3))];
    assert_eq!(filled(text, &known), "down, 3 dead[x]");
    let broken = Words::parse("down [for", &BTreeMap::new());
    assert!(broken.is_err());
}

#[test]
fn only_a_list_has_a_first_entry() {
    let list = |entries: &[&str]| {
        FactValue::List(
            entries
                .iter()
                .map(|e| crate::text::Untrusted::new(*e))
                .collect(),
        )
    };
    let path = "logs.newest_errors";
    assert_eq!(
        filled("{logs.newest_errors|first}", &[(path, list(&["a", "b"]))]),
        "a"
    );
    let optional = "x[: {logs.newest_errors|first}]";
    assert_eq!(filled(optional, &[(path, list(&[]))]), "x");
    assert!(Words::parse("{status.agents.dead|first}", &BTreeMap::new()).is_err());
}

#[test]
fn brackets_in_a_command_are_kept() {
    let text = "aws x --query 'a[*].b' {stack.region}";
    let words = Words::parse_command(text, &BTreeMap::new()).expect("it resolves");
    let names = StackNames::from([("region", Printable::from("us-east-1"))]);
    let shown = words.fill(|_| None, &BTreeMap::new(), &names);
    assert_eq!(shown.as_str(), "aws x --query 'a[*].b' us-east-1");
}
