use super::*;
use std::os::unix::fs::PermissionsExt;

fn entry(id: &str, stage: Stage) -> JournalEntry {
    JournalEntry {
        id: id.to_owned(),
        at: "2026-03-22T03:12:09Z".to_owned(),
        action: "alias rollback".to_owned(),
        stage,
        stack: "prod".to_owned(),
        detail: serde_json::json!({"to": "41", "note": "a },\"hash\":\"b"}),
    }
}

fn filled() -> (tempfile::TempDir, Journal) {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = Journal::in_folder(&folder.path().join("state"));
    journal
        .append(&[entry("a", Stage::Plan), entry("a", Stage::Consent)])
        .expect("written");
    journal
        .append(&[entry("a", Stage::Sending)])
        .expect("written");
    (folder, journal)
}

#[test]
fn appended_entries_are_read_back_in_a_whole_chain() {
    let (_folder, journal) = filled();
    let chain = journal.read().expect("read");
    assert!(chain.is_whole(), "{:?}", chain.breaks);
    let numbers: Vec<_> = chain.entries.iter().map(|(number, _)| *number).collect();
    assert_eq!(numbers, [1, 2, 3]);
    assert_eq!(chain.entries[2].1, entry("a", Stage::Sending));
    assert_eq!(chain.open().len(), 1);
    journal
        .append(&[entry("a", Stage::Outcome)])
        .expect("written");
    assert!(journal.read().expect("read").open().is_empty());
}

#[test]
fn an_unsettled_outcome_stays_open_until_a_later_one_settles_it() {
    let (_folder, journal) = filled();
    for (is_settled, due) in [(false, 1), (true, 0)] {
        let mut outcome = entry("a", Stage::Outcome);
        if !is_settled {
            outcome.detail["settled"] = false.into();
        }
        journal.append(&[outcome]).expect("written");
        assert_eq!(journal.read().expect("read").open().len(), due);
    }
}

#[test]
fn the_journal_is_0600_in_a_0700_folder() {
    let (folder, journal) = filled();
    let mode = |path: &Path| {
        let seen = std::fs::metadata(path).expect("there");
        seen.permissions().mode() & 0o777
    };
    assert_eq!(mode(journal.path()), 0o600);
    assert_eq!(mode(&folder.path().join("state")), 0o700);
}

#[test]
fn a_link_in_place_of_the_journal_is_not_followed() {
    let folder = tempfile::tempdir().expect("a folder");
    let victim = folder.path().join("victim");
    std::fs::write(&victim, "precious").expect("written");
    let journal = Journal::in_folder(folder.path());
    std::os::unix::fs::symlink(&victim, journal.path()).expect("a link");
    assert!(journal.append(&[entry("a", Stage::Plan)]).is_err());
    assert!(journal.read().is_err());
    assert_eq!(std::fs::read_to_string(&victim).expect("read"), "precious");
}

/// Every byte changed, every line removed, doubled or moved: all of it is seen.
#[test]
fn every_changed_byte_breaks_the_chain() {
    let (_folder, journal) = filled();
    let text = std::fs::read_to_string(journal.path()).expect("read");
    let whole = chain(&text);
    let mut changed = 0;
    for at in 0..text.len() {
        let mut bytes = text.clone().into_bytes();
        bytes[at] ^= 1;
        let found = chain(&String::from_utf8_lossy(&bytes));
        let same_end = found.head == whole.head && found.torn == 0;
        assert!(!found.is_whole() || !same_end, "byte {at}");
        changed += 1;
    }
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    for arranged in [
        vec![lines[1], lines[2]],
        vec![lines[0], lines[2]],
        vec![lines[0], lines[0], lines[1], lines[2]],
        vec![lines[1], lines[0], lines[2]],
        vec![lines[0], "{}\n", lines[1], lines[2]],
        vec![lines[0], lines[1], lines[2], "nonsense\n"],
    ] {
        assert!(!chain(&arranged.concat()).is_whole(), "{arranged:?}");
    }
    println!("journal: {changed} changed bytes, none unseen");
}

/// Editing a line and computing its hash again breaks the link of the next line.
#[test]
fn a_line_rehashed_by_itself_breaks_the_chain() {
    let (_folder, journal) = filled();
    let text = std::fs::read_to_string(journal.path()).expect("read");
    let lines: Vec<_> = text.split_inclusive('\n').collect();
    let (body, _) = lines[0].split_once(MARK).expect("a hash");
    let forged = body.replace("\"id\":\"a\"", "\"id\":\"b\"");
    assert_ne!(forged, body);
    let forged = format!("{forged}{MARK}{}\"}}\n", sha256(forged.as_bytes()));
    let found = chain(&[&forged, lines[1], lines[2]].concat());
    assert_eq!(found.breaks, [(2, "it does not follow the line before it")]);
}

/// A torn line is a part of the story: without it the next one, which tells of it, stands out.
#[test]
fn a_removed_torn_line_breaks_the_chain() {
    let (_folder, journal) = filled();
    let text = std::fs::read_to_string(journal.path()).expect("read");
    std::fs::write(journal.path(), &text[..text.len() - 9]).expect("written");
    journal.append(&[entry("b", Stage::Plan)]).expect("written");
    let text = std::fs::read_to_string(journal.path()).expect("read");
    let mut lines: Vec<_> = text.split_inclusive('\n').collect();
    assert!(chain(&text).is_whole());
    lines.remove(2);
    let found = chain(&lines.concat());
    assert_eq!(found.breaks, [(3, "the torn line before it is missing")]);
}

/// Torn at every byte by a crash: what was whole is read, the next entry follows.
#[test]
fn a_line_torn_at_any_byte_costs_only_itself() {
    let (folder, journal) = filled();
    let text = std::fs::read_to_string(journal.path()).expect("read");
    let last = text[..text.len() - 1].rfind('\n').expect("lines") + 1;
    for end in last..text.len() {
        let torn = Journal::in_folder(&folder.path().join(format!("torn-{end}")));
        torn.append(&[]).expect("made");
        std::fs::write(torn.path(), &text[..end]).expect("written");
        let seen = torn.read().expect("read");
        // Without its end alone, the line is still all there.
        let all_there = usize::from(end == text.len() - 1);
        let torn_bytes = if all_there == 1 { 0 } else { end - last };
        assert_eq!((seen.entries.len(), seen.torn), (2 + all_there, torn_bytes));
        assert!(seen.is_whole());
        torn.append(&[entry("b", Stage::Plan)]).expect("written");
        let seen = torn.read().expect("read");
        assert!(seen.is_whole(), "{end}: {:?}", seen.breaks);
        assert_eq!((seen.entries.len(), seen.torn), (3 + all_there, 0));
    }
}

#[test]
fn writers_at_the_same_time_make_one_chain() {
    let (_folder, journal) = filled();
    std::thread::scope(|scope| {
        for writer in 0..8 {
            let journal = &journal;
            scope.spawn(move || {
                for _ in 0..10 {
                    let id = writer.to_string();
                    journal.append(&[entry(&id, Stage::Plan)]).expect("written");
                }
            });
        }
    });
    let chain = journal.read().expect("read");
    assert!(chain.is_whole(), "{:?}", chain.breaks);
    assert_eq!(chain.entries.len(), 83);
}

/// A journal of this many writes, written line by line as `append` does.
fn long(folder: &Path, writes: usize) -> Journal {
    let journal = Journal::in_folder(folder);
    let mut entries = Vec::new();
    for write in 0..writes {
        let id = format!("{write:026}");
        let stages = [Stage::Plan, Stage::Consent, Stage::Sending, Stage::Outcome];
        // One of the oldest is never settled.
        let stages = stages.iter().take(if write == 7 { 3 } else { 4 });
        entries.extend(stages.map(|stage| entry(&id, *stage)));
    }
    journal.append(&entries).expect("written");
    journal
}

fn bytes_read(journal: &Journal) -> (Chain, u64) {
    let file = private_file::existing(journal.path()).expect("looked at");
    let read = journal.resumed(&mut file.expect("there"), Effort::ToTheEnd);
    read.expect("read")
}

#[test]
fn reading_what_is_recent_costs_the_same_however_long_the_journal_is() {
    let mut costs = Vec::new();
    for writes in [1_000, 10_000] {
        let folder = tempfile::tempdir().expect("a folder");
        let journal = long(folder.path(), writes);
        let length = std::fs::metadata(journal.path()).expect("there").len();
        let (_, first) = bytes_read(&journal);
        assert_eq!(first, length, "without an index all of it is read");
        let (chain, read) = bytes_read(&journal);
        assert!(read <= INDEX_EVERY, "{read} bytes of {length}");
        let open: Vec<_> = chain.open().iter().map(|entry| entry.id.clone()).collect();
        assert_eq!(
            open,
            [format!("{:026}", 7)],
            "an open write is never forgotten"
        );
        let all = journal.read().expect("read");
        assert_eq!(chain.head, all.head);
        assert_eq!(chain.entries.last(), all.entries.last());
        // Going on behind the index makes one chain, which the whole of it proves.
        journal
            .append(&[entry("new", Stage::Plan)])
            .expect("written");
        let whole = journal.read().expect("read");
        assert!(whole.is_whole(), "{:?}", whole.breaks);
        assert_eq!(whole.entries.len(), writes * 4);
        let (chain, read) = bytes_read(&journal);
        assert_eq!(chain.entries.last().expect("one").1.id, "new");
        let index = std::fs::metadata(journal.path().with_extension("index"));
        let index = index.expect("there").len();
        println!("journal: {writes} writes, {length} bytes; read again: {read}, index: {index}");
        costs.push(read + index);
    }
    assert!(costs[1] < costs[0] * 3, "{costs:?}");
}

/// Else one changed line would make every later command read all of it, for good.
#[test]
fn a_journal_that_is_broken_long_ago_costs_no_more_and_stays_broken() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = long(folder.path(), 1_000);
    let text = std::fs::read_to_string(journal.path()).expect("read");
    let (head, tail) = text.split_at(text.find("\"number\":500").expect("there"));
    let tail = tail.replacen("alias rollback", "alias promote", 1);
    std::fs::write(journal.path(), format!("no line\n{head}{tail}")).expect("written");
    bytes_read(&journal);
    journal
        .append(&[entry("new", Stage::Sending)])
        .expect("written");
    let all = journal.read().expect("read");
    assert!(all.breaks.len() >= 2, "{:?}", all.breaks);
    let (chain, read) = bytes_read(&journal);
    assert!(read <= INDEX_EVERY, "{read}");
    assert_eq!(chain.breaks, all.breaks);
    assert_eq!(
        (&chain.head, chain.last_number()),
        (&all.head, all.last_number())
    );
    let open = |chain: &Chain| -> Vec<_> {
        chain
            .open()
            .into_iter()
            .map(|entry| entry.id.clone())
            .collect()
    };
    assert_eq!(open(&chain), open(&all));
    // An unknown break in the index proves nothing.
    let index = journal.path().with_extension("index");
    let text = std::fs::read_to_string(&index).expect("there");
    std::fs::write(&index, text.replace("this is no line", "another reason")).expect("written");
    assert!(bytes_read(&journal).1 > INDEX_EVERY);
}

/// It distinguishes a new installation from one whose history was lost.
#[test]
fn the_first_entry_of_a_stack_is_never_forgotten() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = long(folder.path(), 3_000);
    bytes_read(&journal);
    let (chain, read) = bytes_read(&journal);
    assert!(read <= INDEX_EVERY, "{read}");
    let all = journal.read().expect("read");
    assert_eq!(chain.entries.first(), all.entries.first());
    assert!(chain.entries.len() < all.entries.len());
    let numbers: Vec<_> = chain.entries.iter().map(|(number, _)| number).collect();
    assert!(numbers.is_sorted_by(|a, b| a < b), "each once");
}

#[test]
fn an_index_of_another_journal_is_ignored() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = long(folder.path(), 1_000);
    bytes_read(&journal);
    let text = std::fs::read_to_string(journal.path()).expect("read");
    let index = std::fs::read(journal.path().with_extension("index")).expect("there");
    for (what, other) in [
        ("cut short", text[..text.len() / 2].to_owned()),
        (
            "another end",
            text.replace("\"number\":3999", "\"number\":4999"),
        ),
        ("one byte more before", format!("\n{text}")),
        ("empty", String::new()),
    ] {
        std::fs::write(journal.path(), &other).expect("written");
        let (_, read) = bytes_read(&journal);
        let whole = chain(&other);
        assert!(
            read + whole.torn as u64 >= other.len() as u64,
            "{what}: {read}"
        );
        std::fs::write(journal.path().with_extension("index"), &index).expect("written");
    }
    std::fs::write(journal.path(), &text).expect("written");
    for broken in ["", "{}", "[", "\u{0}"] {
        std::fs::write(journal.path().with_extension("index"), broken).expect("written");
        assert_eq!(bytes_read(&journal).1, text.len() as u64, "{broken:?}");
    }
}

/// The look-up of open writes was quadratic: this took minutes.
#[test]
fn a_long_journal_is_checked_in_time_and_little_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = long(folder.path(), 10_000);
    let began = std::time::Instant::now();
    let chain = journal
        .read_where(|entry| entry.id == "none")
        .expect("read");
    assert!(chain.is_whole() && chain.entries.is_empty());
    let all = journal.read().expect("read");
    assert_eq!(all.open().len(), 1);
    println!(
        "journal: 39,999 entries checked twice in {:?}",
        began.elapsed()
    );
    assert!(began.elapsed() < std::time::Duration::from_secs(60));
}

#[test]
fn an_endless_line_is_refused_in_bounded_memory() {
    let folder = tempfile::tempdir().expect("a folder");
    let journal = long(folder.path(), 2);
    let text = std::fs::read_to_string(journal.path()).expect("read");
    let (first, rest) = text.split_at(text.find('\n').expect("a line") + 1);
    let long = "x".repeat(3 * 1024 * 1024);
    std::fs::write(journal.path(), format!("{first}{long}\n{rest}")).expect("written");
    let chain = journal.read().expect("read");
    assert_eq!(chain.breaks, [(2, "this is no line of the journal")]);
    assert_eq!(chain.entries.len(), 8);
}
