//! Claim: the page of a report shows the findings on every screen and does nothing: no script, no
//! request, no element that is not the template's, whatever the API sent. Looked at in Chromium.

use crate::hostile::DOORS;
use crate::support::browser::Browser;
use crate::support::{Stage, world};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

const RUNBOOKS: [&str; 5] = ["inc-001", "inc-002", "inc-003", "inc-004", "inc-005"];

fn page(stage: &Stage, runbook: &str, name: &str) -> PathBuf {
    let file = stage.home().join(name);
    let ran = stage
        .once(&["report", runbook, "--html", text(&file)])
        .run();
    assert!(ran.stderr.contains("wrote "), "{ran:?}");
    file
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of ours")
}

/// Every element with the names of its attributes.
const ELEMENTS: &str = "return [...new Set([...document.querySelectorAll('*')].map(e => \
    e.localName + '[' + [...e.attributes].map(a => a.name).sort().join(' ') + ']'))].sort()";

fn elements(browser: &Browser) -> BTreeSet<String> {
    let all = browser.value(ELEMENTS);
    let all = all.as_array().expect("a list").iter();
    all.map(|one| one.as_str().expect("a text").to_owned())
        .collect()
}

/// The elements that the template makes. Written down here, so that a new one is a decision.
const TEMPLATE: &[&str] = &[
    "body[]",
    "br[]",
    "circle[class cx cy r]",
    "desc[id]",
    "footer[]",
    "h1[]",
    "h2[]",
    "h3[]",
    "head[]",
    "header[]",
    "html[lang]",
    "line[class x1 x2 y1 y2]",
    "main[]",
    "meta[charset]",
    "meta[content http-equiv]",
    "meta[content name]",
    "p[]",
    "p[class]",
    "path[class d]",
    "pre[]",
    "rect[class height width]",
    "section[]",
    "span[class]",
    "strong[]",
    "style[]",
    "svg[aria-labelledby role viewBox xmlns]",
    "table[]",
    "table[class]",
    "tbody[]",
    "td[]",
    "text[class x y]",
    "th[scope]",
    "thead[]",
    "title[]",
    "title[id]",
    "tr[]",
    "tr[class]",
    "details[]",
    "details[open]",
    "summary[]",
    "div[class]",
];

fn foreign(browser: &Browser) -> Vec<String> {
    let known: BTreeSet<_> = TEMPLATE.iter().copied().collect();
    elements(browser)
        .into_iter()
        .filter(|one| !known.contains(one.as_str()))
        .collect()
}

#[test]
fn hostile_text_in_the_page_makes_no_element_and_no_request() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let mut pages = 0;
    for (number, door) in DOORS.iter().enumerate() {
        let mut evil = world("inc-004");
        (door.open)(&mut evil);
        let stage = Stage::of(evil);
        for runbook in [RUNBOOKS[number % 5], RUNBOOKS[(number + 3) % 5]] {
            let file = page(&stage, runbook, "page.html");
            browser.open(&file);
            assert_eq!(
                foreign(&browser),
                Vec::<String>::new(),
                "{}, {runbook}",
                door.name
            );
            assert_eq!(
                browser.console(),
                Vec::<String>::new(),
                "{}, {runbook}",
                door.name
            );
            let asked = browser.requests();
            let own = |url: &String| *url == format!("file://{}", file.display());
            assert!(
                !asked.is_empty() && asked.iter().all(own),
                "{}: {asked:?}",
                door.name
            );
            let alive = browser
                .value("return document.querySelectorAll('[href],[src],[srcdoc],[action]').length");
            assert_eq!(alive, 0, "{}", door.name);
            pages += 1;
        }
    }
    println!(
        "page: {pages} pages with hostile text from {} doors",
        DOORS.len()
    );
}

#[test]
fn the_page_is_readable_at_every_size_in_dark_mode_and_by_screen_reader() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let stage = Stage::of(world("inc-004"));
    for runbook in RUNBOOKS {
        let file = page(&stage, runbook, "page.html");
        browser.open(&file);
        let mut grounds = BTreeSet::new();
        for (width, scheme) in [
            (375, "light"),
            (375, "dark"),
            (1280, "light"),
            (1280, "dark"),
        ] {
            let size = json!({"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": width < 500});
            browser.cdp("Emulation.setDeviceMetricsOverride", &size);
            let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
            browser.cdp("Emulation.setEmulatedMedia", &media);
            let wide = browser.value("return document.documentElement.scrollWidth - innerWidth");
            assert!(
                wide.as_i64() <= Some(0),
                "{runbook} scrolls sideways by {wide} at {width}"
            );
            let colour =
                "const s = getComputedStyle(document.body); return s.color + s.backgroundColor";
            grounds.insert(browser.value(colour).to_string());
        }
        assert_eq!(grounds.len(), 2, "light and dark are the same: {grounds:?}");
        // What a screen reader goes by.
        let outline = browser.value(
            "return [...document.querySelectorAll('h1,h2,h3')].map(h => Number(h.localName[1]))",
        );
        let outline: Vec<i64> = serde_json::from_value(outline).expect("levels");
        assert_eq!(outline.iter().filter(|level| **level == 1).count(), 1);
        assert!(
            outline.windows(2).all(|pair| pair[1] <= pair[0] + 1),
            "{outline:?}"
        );
        let count = |selector: &str| {
            let script = format!("return document.querySelectorAll({:?}).length", selector);
            browser.value(&script).as_i64().expect("a number")
        };
        assert_eq!(count("th:not([scope])"), 0);
        assert_eq!(count("html[lang=en]"), 1);
        assert_eq!(count("svg"), count("svg > title"));
        assert_eq!(count("svg"), count("svg[role=img][aria-labelledby]"));
        let twice = "const ids = [...document.querySelectorAll('[id]')].map(e => e.id); return ids.length - new Set(ids).size";
        assert_eq!(browser.value(twice), 0, "an id stands twice");
        // The style is applied, and the words of verdicts stand in the text.
        assert_eq!(
            browser.value("return getComputedStyle(document.querySelector('.verdict')).fontWeight"),
            "700"
        );
        let words = browser
            .value("return [...document.querySelectorAll('.verdict')].map(e => e.textContent)");
        let known = ["OK", "WARNING", "CRITICAL", "UNKNOWN", "SKIPPED"];
        for word in words.as_array().expect("words") {
            assert!(known.contains(&word.as_str().expect("a word")), "{word}");
        }
        assert_eq!(browser.console(), Vec::<String>::new());
    }
}

#[test]
fn the_page_says_what_the_report_says() {
    let Some(browser) = Browser::start() else {
        return;
    };
    let stage = Stage::of(world("inc-004"));
    let file = page(&stage, "inc-004", "page.html");
    browser.open(&file);
    // What is folded is in the page, too.
    let unfolded = "document.querySelectorAll('details').forEach(d => { d.open = true }); \
                    return document.body.innerText";
    let shown = browser.value(unfolded);
    let shown = shown.as_str().expect("a text");
    let (_, document) = stage.once(&["triage", "inc-004"]).json();
    let runbook = &document["runbooks"][0];
    let mut due: Vec<&Value> = vec![
        &document["summary"],
        &document["next_action"]["text"],
        &document["next_action"]["command"],
        &document["escalation"]["due"],
        &document["escalation"]["reason"],
        &document["stack"]["api_url"],
    ];
    for step in runbook["steps"].as_array().expect("steps") {
        due.extend([&step["summary"], &step["title"], &step["manual"]]);
        due.extend(
            step["evidence"]
                .as_array()
                .expect("evidence")
                .iter()
                .map(|fact| &fact["fact"]),
        );
        due.extend(
            step["asked"]
                .as_array()
                .expect("questions")
                .iter()
                .map(|asked| &asked["question"]),
        );
    }
    for text in due {
        let text = text.as_str().expect("a text");
        assert!(shown.contains(text), "{text}\n{shown}");
    }
    assert!(
        shown.contains("INC-004 is critical"),
        "this run's own verdict is in the timeline: {shown}"
    );
    assert!(
        shown.contains("1. Callback errors") && !shown.contains("not so"),
        "a title is a noun, under a bad verdict too: {shown}"
    );
    let drawn = browser.value(
        "return [...document.querySelectorAll('svg text')].map(e => e.textContent).join('; ')",
    );
    assert!(drawn.to_string().contains("critical above 10"), "{drawn}");
    assert!(
        shown.contains("peck.callback_error"),
        "the timeline has the feed: {shown}"
    );
    let plots = browser
        .value("return [...document.querySelectorAll('svg > title')].map(e => e.textContent)");
    assert!(
        plots.to_string().contains("peck.callback_errors (count)"),
        "{plots}"
    );
}

#[test]
fn the_page_file_is_private_replaced_atomically_and_never_through_a_link() {
    let stage = Stage::of(world("inc-004"));
    let file = page(&stage, "inc-004", "page.html");
    std::fs::write(&file, "an older page").expect("written");
    let ran = stage
        .once(&["report", "inc-004", "--html", text(&file), "-o", "short"])
        .run();
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stdout.starts_with("CRITICAL"),
        "the verdict is told: {ran:?}"
    );
    assert!(
        std::fs::read_to_string(&file)
            .expect("a page")
            .starts_with("<!DOCTYPE html>")
    );
    let mode = std::fs::metadata(&file)
        .expect("there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let other = stage.home().join("other");
    std::fs::write(&other, "theirs").expect("written");
    let link = stage.home().join("link.html");
    std::os::unix::fs::symlink(&other, &link).expect("linked");
    let healthy = Stage::of(world("healthy"));
    for place in [&link, &stage.home().join("no/page.html")] {
        let ran = healthy
            .once(&["report", "inc-005", "--html", text(place)])
            .run();
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(
            ran.stderr.contains("was not written") && ran.stdout.starts_with("OK"),
            "{ran:?}"
        );
    }
    assert_eq!(std::fs::read_to_string(&other).expect("read"), "theirs");
}
