use super::*;

#[test]
fn a_weight_of_nothing_is_none_and_one_beyond_everything_is_refused() {
    let with = |share: f64| {
        let weights = BTreeMap::from([("41".to_owned(), share)]);
        pointing(Some("42"), Some("r"), weights.iter())
    };
    assert!(with(0.0).is_ok_and(|alias| alias.weights.is_empty()));
    assert!(with(0.1).is_ok_and(|alias| alias.split() == "90 % on version 42, 10 % on version 41"));
    for share in [-0.1, 1.1, f64::NAN] {
        assert!(with(share).is_err(), "{share}");
    }
    assert!(pointing(None, Some("r"), BTreeMap::new().iter()).is_err());
    assert!(pointing(Some("42"), None, BTreeMap::new().iter()).is_err());
}

#[test]
fn an_id_that_a_shell_would_not_take_for_one_word_is_none() {
    let with = |version: &str, revision: &str, other: &str| {
        let weights = BTreeMap::from([(other.to_owned(), 0.1)]);
        pointing(Some(version), Some(revision), weights.iter())
    };
    assert!(with("$LATEST", "5e1f-7a52", "41").is_ok());
    for strange in ["1;2", "$(id)", "1 2", "`id`", "1\n2", "\u{661}", "'1'"] {
        assert!(with(strange, "r", "41").is_err(), "{strange}");
        assert!(with("42", strange, "41").is_err(), "{strange}");
        assert!(with("42", "r", strange).is_err(), "{strange}");
    }
}
