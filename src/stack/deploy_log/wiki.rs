//! Tables and headings of wikis and AsciiDoc, in the marks of Markdown.

/// The text with the tables of Jira, Trac, MediaWiki and DokuWiki, and their headings, as those of Markdown.
pub(super) fn in_markdown(text: &str) -> String {
    let (mut is_mediawiki, mut is_asciidoc) = (false, false);
    let mut kept: Vec<String> = Vec::new();
    for line in text.split('\n') {
        let own = line.trim();
        match own {
            _ if own.starts_with("{|") => {
                is_mediawiki = true;
                kept.push(String::new());
            }
            "|}" if is_mediawiki => is_mediawiki = false,
            _ if is_mediawiki => of_mediawiki(own, &mut kept),
            "|===" => {
                is_asciidoc = !is_asciidoc;
                kept.push(String::new());
            }
            // Blank lines part nothing in a table of AsciiDoc.
            "" if is_asciidoc => {}
            _ if is_doubled(own) => kept.push(own.replace("||", "|")),
            // `^ Date ^ Version ^` heads a table of DokuWiki.
            _ if own.len() > 1 && own.starts_with('^') && own.ends_with(['^', '|']) => {
                kept.push(own.replace('^', "|"));
            }
            _ => kept.push(heading(own).unwrap_or_else(|| line.to_owned())),
        }
    }
    kept.join("\n")
}

/// `== staging ==`, `== staging` and `h2. staging`; one mark alone is the title.
fn heading(line: &str) -> Option<String> {
    let marks = line.bytes().take_while(|byte| *byte == b'=').count();
    let (level, text) = match line.strip_prefix('h') {
        Some(rest) => {
            let (level, text) = rest.split_once(". ")?;
            (level.parse().ok()?, text)
        }
        None => (marks, line.get(marks..)?.strip_prefix(' ')?),
    };
    let text = text.trim_end_matches('=').trim();
    ((2..=6).contains(&level) && !text.is_empty()).then(|| format!("{} {text}", "#".repeat(level)))
}

/// Whether every pipe of a row is doubled: an empty cell of Markdown is one pair among single ones.
fn is_doubled(line: &str) -> bool {
    let mut rest = line;
    let mut is_doubled = line.starts_with("||") && line.len() > 4;
    while let Some(at) = rest.find('|') {
        let pipes = rest[at..].bytes().take_while(|byte| *byte == b'|').count();
        is_doubled &= pipes == 2;
        rest = &rest[at + pipes..];
    }
    is_doubled
}

/// `! Date !! Version`, `| 2026-11-28 || 61`, or each cell on a line of its own; `|-` begins a row.
fn of_mediawiki(line: &str, kept: &mut Vec<String>) {
    if line.starts_with("|-") || line.starts_with("|+") {
        kept.push("|".to_owned());
        return;
    }
    let Some(cells) = line.strip_prefix(['|', '!']) else {
        return;
    };
    let cells = cells.replace("!!", "||");
    // `style="color:green" | 61`
    let value = |cell: &str| match cell.split_once('|') {
        Some((attributes, value)) if attributes.contains('=') => value.to_owned(),
        _ => cell.to_owned(),
    };
    let cells: Vec<_> = cells.split("||").map(value).collect();
    let cells = cells.join("|");
    match kept.last_mut().filter(|last| last.starts_with('|')) {
        Some(row) => {
            row.push_str(&cells);
            row.push('|');
        }
        None => kept.push(format!("|{cells}|")),
    }
}
