//! What an entry reports of a request or a bond, and whose: from fields of its own, or else from
//! the words of its detail.

use super::entry::{AuditEntry, Names};
use crate::connections::{EventKind, FeedEvent};

/// The event of an entry and its subjects. Ids that the entry's fields lack are looked for in its
/// detail.
pub(super) fn feed_event<'a>(
    event: EventKind,
    at: i64,
    entry: &'a AuditEntry,
    names_in_detail: &'a mut Names,
) -> FeedEvent<'a> {
    let AuditEntry {
        kind,
        detail,
        names,
        ..
    } = entry;
    let names = names.as_deref();
    // Of a pulse nothing matters but whose it is, and most of a feed is pulses.
    let enough = event == EventKind::Pulse && names.is_some_and(|names| !names.agent.is_empty());
    names_in_words(if enough { "" } else { detail }, names_in_detail);
    let either = |own: fn(&Names) -> &String| match names.map(own) {
        Some(own) if !own.is_empty() => own.as_str(),
        _ => "",
    };
    let names_in_detail = &*names_in_detail;
    let or = |own: &'a str, names_in_detail: &'a String| {
        if own.is_empty() { names_in_detail } else { own }
    };
    FeedEvent {
        event,
        kind,
        at,
        peck: or(either(|names| &names.peck), &names_in_detail.peck),
        agent: or(either(|names| &names.agent), &names_in_detail.agent),
        name: either(|names| &names.name),
        duckling: or(either(|names| &names.duckling), &names_in_detail.duckling),
        requester: or(either(|names| &names.requester), &names_in_detail.requester),
        requester_name: either(|names| &names.requester_name),
        target: or(either(|names| &names.target), &names_in_detail.target),
        purpose: either(|names| &names.purpose),
    }
}

/// Ids in the words of a detail: behind their name (`peck_id=p1`, `spaceduck_id: A1`), or by
/// the forms that ids are known to have. A word is an id whole or not at all.
pub(super) fn names_in_words(detail: &str, names: &mut Names) {
    let Names {
        peck,
        agent,
        duckling,
        requester,
        target,
        ..
    } = names;
    let mut slots = [peck, agent, duckling, requester, target];
    slots.iter_mut().for_each(|text| text.clear());
    let mut words = words(detail).peekable();
    while let Some(word) = words.next() {
        let (name, own) = match word.split_once(['=', ':']) {
            Some((name, value)) => (name, value.trim_start_matches(['=', ':'])),
            None => (word, ""),
        };
        let Some((whose, prose)) = named(name) else {
            let whose = match word {
                word if is_peck(word) => PECK,
                word if is_agent(word) => AGENT,
                _ => continue,
            };
            if slots[whose].is_empty() {
                slots[whose].push_str(word);
            }
            continue;
        };
        // A name that is also a word of prose is followed by an id only if that looks like one.
        let follows = |word: &&str| {
            let is_name = named(word.split(['=', ':']).next().unwrap_or(word)).is_some();
            !is_name && (!prose || has_digit(word))
        };
        let id = match own {
            "" => words.next_if(follows).unwrap_or(""),
            own => own,
        };
        if slots[whose].is_empty() {
            slots[whose].push_str(id);
        }
    }
}

const PECK: usize = 0;
const AGENT: usize = 1;

/// Whose id stands behind this name, by its place among the slots; and whether the name is
/// a word of prose, too.
fn named(name: &str) -> Option<(usize, bool)> {
    Some(match name {
        "peck_id" | "request_id" => (PECK, false),
        "spaceduck_id" | "agent_id" | "sdid" => (AGENT, false),
        "duckling_id" => (2, false),
        "requester_id" | "sender_spaceduck_id" => (3, false),
        "requester" | "from" => (3, true),
        "target_id" | "target_spaceduck_id" => (4, false),
        "target" | "to" => (4, true),
        _ => return None,
    })
}

/// The words of a text: what stands between blanks, quotes and brackets, without the marks
/// that end a part of a sentence.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let between = |c: char| c.is_whitespace() || "\"'`,;()[]{}<>|&".contains(c);
    text.split(between)
        .map(|word| word.trim_matches(['.', ':', '=', '-', '!', '?']))
        .filter(|word| !word.is_empty())
}

fn has_digit(word: &str) -> bool {
    word.bytes().any(|byte| byte.is_ascii_digit())
}

/// `peck_7f3a`, and not a type such as `peck_requested`.
fn is_peck(word: &str) -> bool {
    let rest = word.strip_prefix("peck_").or(word.strip_prefix("peck-"));
    rest.is_some_and(|rest| has_digit(rest) && is_plain(rest))
}

/// Whether it is of the letters and marks of an id, and not two of them or an address.
fn is_plain(word: &str) -> bool {
    word.chars()
        .all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Sixteen hexadecimal digits, `sd_…` or `SD-…`.
fn is_agent(word: &str) -> bool {
    let hex = |byte: u8| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte);
    let named = word.strip_prefix("sd_").or(word.strip_prefix("SD-"));
    let mixed = has_digit(word) && !word.bytes().all(|byte| byte.is_ascii_digit());
    (word.len() == 16 && word.bytes().all(hex) && mixed)
        || named.is_some_and(|rest| !rest.is_empty() && is_plain(rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names_in_detail(detail: &str) -> [String; 5] {
        let mut names = Names::default();
        names_in_words(detail, &mut names);
        [
            names.peck,
            names.agent,
            names.duckling,
            names.requester,
            names.target,
        ]
    }

    #[test]
    fn ids_are_found_in_details_as_whole_words() {
        let none = || String::new();
        for (detail, peck, agent) in [
            ("peck_id=p-1 approved", "p-1", ""),
            ("peck_id=p:1/x approved", "p:1/x", ""),
            ("peck_id = p1", "p1", ""),
            ("\"peck_id\" : \"p1\"", "p1", ""),
            ("peck_id=", "", ""),
            ("peck_id=\"\" spaceduck_id=A1", "", "A1"),
            ("see https://x.invalid/peck_7f3a", "", ""),
            ("peck_a1/peck_a2", "", ""),
            ("(sd_x7) and {peck_9}", "peck_9", "sd_x7"),
            ("peck_id: p10, spaceduck_id: A1", "p10", "A1"),
            ("{\"peck_id\":\"p1\"}", "p1", ""),
            ("approved peck_7f3a.", "peck_7f3a", ""),
            ("peck_requested by AAAA000000000001", "", "AAAA000000000001"),
            ("pulse of sd_x7", "", "sd_x7"),
            ("AAAA00000000000100", "", ""),
            ("DEADBEEFDEADBEEF", "", ""),
            ("1774137600000000", "", ""),
            ("", "", ""),
        ] {
            let found = names_in_detail(detail);
            assert_eq!(
                (found[0].as_str(), found[1].as_str()),
                (peck, agent),
                "{detail}"
            );
        }
        let both = names_in_detail("from A1 to A2, duckling_id=D3");
        assert_eq!(
            both,
            [none(), none(), "D3".into(), "A1".into(), "A2".into()]
        );
        assert_eq!(
            names_in_detail("sent to human eyes")[4],
            "",
            "a word is no id"
        );
        assert_eq!(
            names_in_detail("peck_id: first")[0],
            "first",
            "behind its name anything is one"
        );
    }
}
