//! Checks what docs/ says about codes, log lines, tables and commands against the program, and that links work.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use leadtime::domain::reminder::{Wait, all_states};
use rusqlite::Connection;

use crate::docs::{blocks, cells, pages, quoted, read, root, table};
use crate::program::Practice;

#[test]
fn every_state_reason_and_wait_is_explained() {
    let page = read("docs/operate.md");
    let explained: BTreeSet<String> =
        page.lines().filter(|l| l.starts_with("| `")).flat_map(|row| quoted(&cells(row)[0])).collect();
    let states = all_states();
    let codes = states.iter().map(|s| s.name()).chain(states.iter().filter_map(|s| s.reason()));
    for code in codes.chain(Wait::ALL.iter().map(|wait| wait.code())) {
        assert!(explained.contains(code), "docs/operate.md does not explain `{code}`");
    }
}

/// The first string literal in a call or an attribute, unescaped.
fn literal(code: &str) -> Option<String> {
    let text = code.split_once('"')?.1;
    let end = text.char_indices().find(|(at, c)| *c == '"' && !text[..*at].ends_with('\\'))?.0;
    Some(text[..end].replace("\\\n", "").replace("\\\"", "\""))
}

/// The longest fixed piece of a message, between its placeholders.
fn piece(message: &str) -> String {
    let pieces = message.split(['{', '}']).step_by(2).flat_map(|piece| piece.split("\\n"));
    pieces.max_by_key(|piece| piece.len()).unwrap_or_default().trim_matches([' ', '`', ':', ';', ',', '(']).to_owned()
}

#[test]
fn every_error_and_warning_is_explained() {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    let page = words(&read("docs/operate.md"));
    let (mut folders, mut found, mut missing) = (vec![root().join("src")], 0, Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            let source = std::fs::read_to_string(&path).unwrap();
            let code = source.split("#[cfg(test)]").next().unwrap();
            let shown =
                ["store/connection/error.rs", "store/connection/lock.rs", "daemon/error.rs", "config/api_key.rs"];
            let shown = shown.iter().any(|end| path.ends_with(end));
            let marks = [(" error!(", true), (" warn!(", true), ("#[error(", shown)];
            for mark in marks.iter().filter(|(_, checked)| *checked).map(|(mark, _)| mark) {
                for after in code.split(mark).skip(1) {
                    let Some(message) = literal(after) else { continue };
                    let piece = words(&piece(&message));
                    if piece.len() < 12 {
                        continue;
                    }
                    found += 1;
                    if !page.contains(&piece) {
                        missing.push(format!("{}:{mark} {}", path.display(), words(&message)));
                    }
                }
            }
        }
    }
    assert!(missing.is_empty(), "docs/operate.md does not explain:\n{}", missing.join("\n"));
    assert!(found >= 40, "only {found} log lines were found");
}

/// The quoted names in the first column of the table under a heading.
fn first_cells(page: &str, heading: &str) -> Vec<String> {
    table(page, heading).iter().flat_map(|row| quoted(&row[0])).collect()
}

#[test]
fn the_data_dictionary_matches_the_schema() {
    let practice = Practice::new(&read("config.toml").replace("/var/lib/leadtime/leadtime.db", "l.db"));
    practice
        .import("Appt ID,Date,Time,Length,Patient,Cell,Status\n71,12/21/2026,3:00 PM,30,\"Lee, Ana\",,Firm\n", &[])
        .good();
    let database = Connection::open(practice.path("l.db")).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut statement = database.prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    let page = read("docs/data.md");
    let mut headings = BTreeSet::new();
    for (kind, word) in [("table", "Table"), ("view", "View")] {
        let sql = format!("SELECT name FROM sqlite_schema WHERE type = '{kind}' AND name NOT LIKE 'sqlite_%'");
        for name in names(&sql) {
            let heading = format!("### {word} `{name}`");
            let columns = names(&format!("SELECT name FROM pragma_table_xinfo('{name}')"));
            assert_eq!(first_cells(&page, &heading), columns, "{heading}");
            headings.insert(heading);
        }
    }
    let written: BTreeSet<String> = page
        .lines()
        .filter(|line| line.starts_with("### Table ") || line.starts_with("### View "))
        .map(str::to_owned)
        .collect();
    assert_eq!(written, headings);
    assert!(headings.len() > 25, "{headings:?}");
    let mut indexes = names("SELECT name FROM sqlite_schema WHERE type = 'index' AND name NOT LIKE 'sqlite_%'");
    let mut described = first_cells(&page, "## Indexes");
    indexes.sort();
    described.sort();
    assert_eq!(described, indexes);
}

#[test]
fn every_audit_act_is_documented() {
    let source = read("src/store/ledger/audit.rs");
    let acts = source.split("acts! {").nth(1).unwrap().split('}').next().unwrap();
    let acts: BTreeSet<&str> = acts.lines().filter_map(|line| line.split('"').nth(1)).collect();
    let written = first_cells(&read("docs/data.md"), "#### Acts");
    assert_eq!(written.iter().map(String::as_str).collect::<BTreeSet<_>>(), acts);
}

#[test]
fn sql_in_the_docs_works() {
    let practice = Practice::new(&read("config.toml").replace("/var/lib/leadtime/leadtime.db", "l.db"));
    practice
        .import("Appt ID,Date,Time,Length,Patient,Cell,Status\n71,12/21/2026,3:00 PM,30,\"Lee, Ana\",,Firm\n", &[])
        .good();
    let database = Connection::open(practice.path("l.db")).unwrap();
    let mut run = 0;
    for (name, page) in pages() {
        for (kind, line, text) in blocks(&page) {
            if kind == "sql" {
                run += 1;
                database.execute_batch(&text).unwrap_or_else(|error| panic!("{name}:{line}: {error}"));
            }
        }
    }
    assert!(run >= 3, "only {run} blocks of SQL");
}

/// The anchor of a heading, as code hosting sites generate it.
fn anchor(heading: &str) -> String {
    let text = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = text.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The rendered page is as intended: no table appears as raw text, every row has as many cells as its header, and the
/// table of contents lists every section.
#[test]
fn pages_render_as_intended() {
    use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};
    for (name, page) in pages() {
        let parser = Parser::new_ext(&page, Options::ENABLE_TABLES);
        let (mut in_code, mut in_table, mut in_paragraph) = (false, false, false);
        for (event, range) in parser.into_offset_iter() {
            match event {
                Event::Start(Tag::CodeBlock(_)) => in_code = true,
                Event::End(TagEnd::CodeBlock) => in_code = false,
                Event::Start(Tag::Table(_)) => in_table = true,
                Event::End(TagEnd::Table) => in_table = false,
                Event::Start(Tag::Paragraph) => in_paragraph = true,
                Event::End(TagEnd::Paragraph) => in_paragraph = false,
                Event::Text(text) if in_paragraph && !in_code && !in_table => {
                    assert!(!text.trim_start().starts_with('|'), "{name}: a row is outside its table: {text}");
                }
                Event::Start(Tag::TableRow) => {
                    let row = page[range].trim_end();
                    assert!(row.starts_with('|') && row.ends_with('|'), "{name}: {row}");
                }
                _ => {}
            }
        }
        // Every row of a table has as many cells as its header.
        let lines: Vec<&str> = page.lines().collect();
        for (at, _) in
            lines.iter().enumerate().filter(|(_, line)| line.starts_with("|---") || line.starts_with("| ---"))
        {
            let wide = cells(lines[at - 1]).len();
            for row in lines[at + 1..].iter().take_while(|row| row.starts_with('|')) {
                assert_eq!(cells(row).len(), wide, "{name}: {row}");
            }
        }
        let sections: Vec<&str> = lines.iter().filter_map(|line| line.strip_prefix("## ")).collect();
        let contents = page.split("\n## ").next().unwrap_or_default();
        if contents.contains("](#") {
            for section in sections {
                assert!(
                    contents.contains(&format!("(#{})", anchor(section))),
                    "{name}: the table of contents omits {section}"
                );
            }
        }
    }
}

#[test]
fn links_lead_to_existing_pages_and_headings() {
    let mut followed = 0;
    for (name, page) in pages().into_iter().chain(contributor_pages()) {
        let folder = root().join(&name).parent().unwrap().to_owned();
        for target in page.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") {
                continue;
            }
            let (file, place) = target.split_once('#').unwrap_or((target, ""));
            let path = if file.is_empty() { root().join(&name) } else { folder.join(file) };
            assert!(path.exists(), "{name}: {target} does not exist");
            if !place.is_empty() {
                let text = std::fs::read_to_string(&path).unwrap();
                let there = text.lines().any(|line| line.starts_with('#') && anchor(line) == place);
                assert!(there, "{name}: {target} leads to no heading");
            }
            followed += 1;
        }
    }
    assert!(followed > 20, "only {followed} links");
}

/// The pages for contributors.
fn contributor_pages() -> Vec<(String, String)> {
    let mut names = vec!["ARCHITECTURE.md".to_owned(), "CONTRIBUTING.md".to_owned()];
    for entry in std::fs::read_dir(root().join("docs/decisions")).unwrap() {
        names.push(format!("docs/decisions/{}", entry.unwrap().file_name().into_string().unwrap()));
    }
    names.into_iter().map(|name| (name.clone(), read(&name))).collect()
}

/// Every file that a page names exists, so moving a file means updating the page.
#[test]
fn files_named_in_the_pages_exist() {
    let mut seen = 0;
    for (name, page) in contributor_pages() {
        for named in quoted(&page) {
            let is_path = named.ends_with(".rs") || named.ends_with(".sql") || named.ends_with('/');
            let plain = named.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
            if !is_path
                || !plain
                || !named.trim_end_matches('/').contains('/')
                || named.starts_with('/')
                || named.contains("NAME")
                || named.contains("NN")
            {
                continue;
            }
            seen += 1;
            // Paths are relative to the project, to `src`, to `src/store`, or to `tests/leadtime`.
            let folders = [root().join("src"), root(), root().join("tests/leadtime"), root().join("src/store")];
            let there = folders.iter().any(|folder| folder.join(&named).exists());
            assert!(there, "{name}: `{named}` does not exist");
        }
    }
    assert!(seen > 100, "only {seen} paths");
}

/// The `leadtime ...` commands in shell blocks and in the text use names and options that the program has.
#[test]
fn commands_named_in_the_docs_exist() {
    let practice = Practice::new("");
    let mut asked = BTreeSet::new();
    for (name, page) in pages() {
        let mut commands: Vec<String> =
            quoted(&page).iter().filter_map(|code| code.strip_prefix("leadtime ").map(str::to_owned)).collect();
        for (_, _, text) in blocks(&page).iter().filter(|(kind, ..)| kind.starts_with("sh")) {
            let line = |line: &str| match line.split_once("-u leadtime leadtime ") {
                Some((_, command)) => Some(command.to_owned()),
                None => line.strip_prefix("leadtime ").map(str::to_owned),
            };
            commands.extend(text.lines().filter_map(line));
        }
        for command in commands {
            let mut words: Vec<&str> = command.split_whitespace().collect();
            // Skip phrases such as "leadtime is ready" and "leadtime does not start".
            let is_name =
                |word: &&str| word.chars().all(|c| c.is_ascii_lowercase() || c == '-') && !word.starts_with('-');
            if words.is_empty() || !is_name(&words[0]) || ["is", "does"].contains(&words[0]) {
                continue;
            }
            let has_parts = ["opt-out", "wrong-number", "audit", "feed", "task", "desk"].contains(&words[0])
                && words.get(1).is_some_and(is_name);
            let options = words.split_off(if has_parts { 2 } else { 1 });
            let help = practice.run(&[words.as_slice(), &["--help"]].concat());
            assert_eq!(help.code, 0, "{name}: there is no `leadtime {command}`");
            for option in options.iter().filter(|option| option.starts_with("--")) {
                assert!(help.out.contains(option), "{name}: `leadtime {command}` has no {option}");
            }
            asked.insert(words.join(" "));
        }
    }
    assert!(asked.len() > 12, "{asked:?}");
}

/// A port that is not in use.
fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// Runs the `sh run` blocks of a page, one after another, in one shell and one folder.
fn run_page(page: &str) -> String {
    let text = read(page);
    let steps: Vec<String> =
        blocks(&text).into_iter().filter(|(kind, ..)| kind == "sh run").map(|(_, _, text)| text).collect();
    assert!(!steps.is_empty(), "{page} has nothing to run");
    let folder = tempfile::tempdir().unwrap();
    let program = Path::new(env!("CARGO_BIN_EXE_leadtime")).parent().unwrap();
    let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
    // Whatever a step leaves running ends with the shell.
    let ending = "trap 'kill -9 $(jobs -p) 2>/dev/null || true' EXIT";
    let script = format!("set -euo pipefail\n{ending}\n{}", steps.concat()).replace("8787", &free_port().to_string());
    let mut command = Command::new("timeout");
    command.args(["--kill-after=5", "100", "bash", "-c", &script]).current_dir(folder.path()).env("PATH", path);
    command.env("HOME", folder.path()).env_remove("ANNIE_API_KEY").env_remove("JOURNAL_STREAM");
    let ended = command.stdin(Stdio::null()).output().unwrap();
    let said = String::from_utf8_lossy(&ended.stdout).into_owned() + &String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success(), "{page}: {said}");
    said
}

#[test]
fn following_the_install_page_sends_a_text_to_the_sandbox() {
    let said = run_page("docs/install.md");
    for words in ["is valid", "1 new appointment", "\"status\":200", "see you tomorrow", "sent       1"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}

#[test]
fn following_the_recovery_page_texts_nobody_twice() {
    let said = run_page("docs/recover.md");
    for words in ["ok", "nothing was sent a second time"] {
        assert!(said.contains(words), "{words}: {said}");
    }
}
