//! What types and lines mean, and what they do not.

use super::*;

#[test]
fn both_spellings_of_callback_error_are_one() {
    for kind in [
        "callback_error",
        "peck.callback-error",
        "CALLBACK_ERROR",
        "peck callback failed",
    ] {
        assert!(Meaning::of(kind).callback_error, "{kind}");
    }
    assert!(!Meaning::of("peck.callback").callback_error);
}

#[test]
fn failed_and_revoked_certificates_are_not_issued() {
    for kind in [
        "duck.cert_issued",
        "cert.issued",
        "certIssued",
        "CERT-ISSUED",
        "cert.re_issued",
    ] {
        assert!(Meaning::of(kind).cert_issued, "{kind}");
    }
    for kind in [
        "cert_issued_timeout",
        "cert.issued_rejected",
        "cert_issued_pending",
        "cert.issued.denied",
        "certIssuedFailed",
        "cert_issued_lost",
        "cert.unissued",
        "cert.issue_failed",
        "cert.not_issued",
        "cert.verified",
        "cert_revoked_issued",
    ] {
        let meaning = Meaning::of(kind);
        assert!(meaning.cert && !meaning.cert_issued, "{kind}");
    }
}

#[test]
fn ducklings_sign_up_or_hatch_and_agents_do_not() {
    for kind in [
        "duckling.registered",
        "duck.registered",
        "signup",
        "user.signed_up",
    ] {
        let meaning = Meaning::of(kind);
        assert!(meaning.signed_up && !meaning.hatched, "{kind}");
    }
    for kind in ["duck.hatched", "egg.hatched", "hatch"] {
        let meaning = Meaning::of(kind);
        assert!(meaning.hatched && !meaning.signed_up, "{kind}");
    }
    for kind in [
        "agent.registered",
        "duck.bonded",
        "spaceduck.registered",
        "webhook.registered",
        "duckling.unregistered",
        "signup.failed",
        "registration_requested",
        "hatch_failed",
        "duck.pulse",
        "egg.created",
    ] {
        let meaning = Meaning::of(kind);
        assert!(!meaning.signed_up && !meaning.hatched, "{kind}");
    }
}

#[test]
fn types_beyond_the_cache_are_still_classified() {
    let mut meanings = Meanings::default();
    for n in 0..2 * Meanings::MOST {
        assert!(!meanings.of(&format!("other{n}"), "", "").pulse);
    }
    assert!(meanings.of("duck.pulse", "", "").pulse && meanings.of("duck.pulse", "", "").pulse);
    assert_eq!(meanings.types.len(), Meanings::MOST);
}

#[test]
fn a_missed_pulse_is_not_a_pulse() {
    for kind in [
        "pulse",
        "duck.pulse",
        "agent.pulse_received",
        "agentPulse",
        "PULSE",
        "pulse_ok",
    ] {
        let meaning = Meaning::of(kind);
        assert!(meaning.pulse, "{kind}");
        assert_eq!(meaning.event, Some(EventKind::Pulse), "{kind}");
    }
    for kind in [
        "pulse.missed",
        "no_pulse",
        "agent.pulse_timeout",
        "noPulse",
        "pulse-lost",
        "pulse.timed_out",
        "pulse_refused",
        "pulse_requested",
        "pulse.pending",
        "pulse_overdue",
        "duck.pulse_error",
    ] {
        let meaning = Meaning::of(kind);
        assert!(!meaning.pulse && meaning.event.is_none(), "{kind}");
    }
}

#[test]
fn registrations_and_callbacks_follow_the_same_words() {
    for kind in ["agent.registered", "duck.bonded", "agentRegistered"] {
        assert!(Meaning::of(kind).registration, "{kind}");
    }
    for kind in [
        "agent.registration_failed",
        "agent.register_requested",
        "bond.not_bonded",
        "duck.unbonded",
        "agent.unregistered",
    ] {
        assert!(!Meaning::of(kind).registration, "{kind}");
    }
    for kind in [
        "peck.callback_timeout",
        "callback.timed_out",
        "peck.callbackRefused",
    ] {
        let meaning = Meaning::of(kind);
        assert!(meaning.callback_error, "{kind}");
        assert_eq!(meaning.event, Some(EventKind::CallbackError), "{kind}");
    }
}

#[test]
fn every_known_type_has_its_event() {
    use EventKind::*;
    for (kind, event) in [
        ("peck_requested", Some(Requested)),
        ("peck.sent", Some(Requested)),
        ("peck.received", Some(Requested)),
        ("peck_notify", Some(Requested)),
        ("peck.approval_request", Some(Requested)),
        ("peck.approved", Some(Approved)),
        ("PECK-APPROVED", Some(Approved)),
        ("peck.denied", Some(Denied)),
        ("peck_rejected", Some(Denied)),
        ("peck.expired", Some(Expired)),
        ("peck.callback-error", Some(CallbackError)),
        ("callback_error", Some(CallbackError)),
        ("duck.bonded", Some(Bonded)),
        ("duck.unpecked", Some(Unpecked)),
        ("connection.disconnected", Some(Unpecked)),
        ("unpeck", Some(Unpecked)),
        ("unpeck_failed", None),
        ("duck.unpeck_requested", None),
        ("agent.disconnected", None),
        ("listener.disconnected", None),
        ("peck.approve", Some(Approved)),
        ("peck_approve", Some(Approved)),
        ("peck.approval_failed", None),
        ("peck.approve_failed", None),
        ("peck.not_approved", Some(Denied)),
        ("peck.deny", Some(Denied)),
        ("bond.not_bonded", None),
        ("pulse.missed", None),
        ("duck.pulse_failed", None),
        ("pulse_rejected", None),
        ("NO-PULSE", None),
        ("pulse.timed_out", None),
        ("duck.pulse", Some(Pulse)),
        ("pulse", Some(Pulse)),
        ("key.rotated", Some(Rotated)),
        ("duck.key_rotated", Some(Rotated)),
        ("key.rotation_failed", None),
        ("key.rotate_requested", None),
        ("webhook.delivery_failed", Some(DeliveryFailed)),
        ("webhook.delivered", None),
        ("cert.issued", None),
        ("agent.registered", None),
        ("", None),
    ] {
        assert_eq!(Meaning::of(kind).event, event, "{kind}");
        assert_eq!(Meanings::default().of(kind, "", "").event, event, "{kind}");
    }
}

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct MeaningCase {
    #[serde(rename = "type")]
    kind: String,
    pulse: bool,
    cert_issued: bool,
    registration: bool,
    event: Option<String>,
}

#[test]
fn every_event_of_the_corpus_has_its_meaning() {
    let cases = crate::cloud::corpus_tests::cases::<MeaningCase>("events");
    println!("event corpus: {} types", cases.len());
    let mut wrong = Vec::new();
    for (name, case) in cases {
        let found = Meaning::of(&case.kind);
        let event = found.event.map(|event| format!("{event:?}"));
        let found = (found.pulse, found.cert_issued, found.registration, event);
        let due = (case.pulse, case.cert_issued, case.registration, case.event);
        if found != due {
            wrong.push(format!("{name}: {found:?}, not {due:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_was_written_or_kept_is_done_and_certain_is_no_certificate() {
    for kind in [
        "certificate.written",
        "birth_certificate.persisted",
        "birth_certificate.stored",
    ] {
        assert!(Meaning::of(kind).cert_done, "{kind}");
    }
    for kind in [
        "certificate.not_written",
        "certificate.write_failed",
        "certain.ok",
    ] {
        assert!(!Meaning::of(kind).cert_done, "{kind}");
    }
}
