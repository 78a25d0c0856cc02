//! Rows, whatever they are called.

use super::*;

const NOW: i64 = 1_774_137_600;

fn rows(body: &str) -> Vec<ListRow> {
    let answer = read(body.as_bytes(), &HeaderMap::new(), NOW);
    answer.expect("a list").rows
}

#[test]
fn a_list_is_whole_of_the_present_and_no_error() {
    for (members, why) in [
        (r#""next_cursor":null,"count":1"#, None),
        (r#""generated_at":1774137590"#, None),
        (r#""error":null"#, None),
        (r#""error":"denied""#, Some(UnavailableReason::NotJson)),
        (r#""errorMessage":"boom""#, Some(UnavailableReason::NotJson)),
        (r#""statusCode":500"#, Some(UnavailableReason::NotJson)),
        (r#""has_more":true"#, Some(UnavailableReason::Incomplete)),
        (r#""total":40"#, Some(UnavailableReason::Incomplete)),
        (
            r#""generated_at":1774051200"#,
            Some(UnavailableReason::NotCovered),
        ),
    ] {
        let body = format!(r#"{{"agents":[{{"spaceduck_id":"A1"}}],{members}}}"#);
        let read = read(body.as_bytes(), &HeaderMap::new(), NOW);
        assert_eq!(read.err().map(|unavailable| unavailable.why), why, "{body}");
    }
}

#[test]
fn every_container_and_field_name_is_read_and_mistyped_values_are_ignored() {
    let row = r#"{"spaceduck_id":"A1","peer_name":"demo","last_seen":"1774137600","status":7,"purpose":null,"x":[]}"#;
    for container in ["agents", "spaceducks", "connections", "pecks"] {
        // Servers on Windows begin with a byte order mark.
        let rows = rows(&format!("\u{feff}{{\"{container}\":[{row}]}}"));
        assert_eq!(
            (rows[0].agent.as_str(), rows[0].name.as_str()),
            ("A1", "demo")
        );
        assert_eq!(
            (rows[0].seen, rows[0].status.as_str()),
            (Some(1_774_137_600), "7")
        );
        assert_eq!(rows[0].purpose, "");
    }
    let own = rows(
        r#"{"connections":[{"spaceduck_id":"A1","peer_id":"A1"},{"peer_id":"A2","direction":"self"},{"peer_id":"A3"}]}"#,
    );
    assert_eq!(own.len(), 1);
    assert_eq!(own[0].agent, "A3");
}

#[test]
fn a_connection_row_yields_a_bond_for_each_end_with_its_own_name() {
    let rows = rows(
        r#"{"connections":[{"spaceduck_id":"A1","peer_id":"A2","peer_name":"two","status":"bonded","last_seen":1774137600}]}"#,
    );
    let told: Vec<_> = rows
        .iter()
        .map(|row| {
            (
                row.agent.as_str(),
                row.name.as_str(),
                row.peer.as_str(),
                row.seen,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("A1", "", "A2", Some(1_774_137_600)),
            ("A2", "two", "A1", None)
        ]
    );
}
