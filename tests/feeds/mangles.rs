//! Damaged copies of each export: the rows that are imported are still correct; the rest is asked about or refused.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use leadtime::config::feeds::Feed;
use leadtime::config::values::zones::Zones;
use leadtime::domain::phone::{self, Country};
use leadtime::feeds::formats::delimited::{Dialect, Encoding};
use leadtime::feeds::mapping::{MappedRow, Outcome};

use crate::judge::{Truth, exports, feed_of, map, truths};
use crate::{answers, ours, suggested};

/// How many times as many damaged copies as in a usual run: set `MANGLE_TIMES` in the environment (`.ci/full` does).
fn times() -> usize {
    std::env::var("MANGLE_TIMES").ok().and_then(|text| text.parse().ok()).unwrap_or(1)
}

/// A file that was read completely, with the expected record of each line.
#[derive(Clone)]
struct Case {
    file: String,
    lines: Vec<String>,
    feed: Feed,
    dialect: Dialect,
    by_line: BTreeMap<u64, Truth>,
}

/// Pseudorandom numbers that are the same in every run.
struct Dice(u64);

impl Dice {
    /// Set `MANGLE_SEED` in the environment for different numbers.
    fn new(seed: u64) -> Dice {
        let other = std::env::var("MANGLE_SEED").ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        Dice(seed + 1000 * other)
    }

    /// True once in `sides` throws.
    fn hit(&mut self, sides: usize) -> bool {
        self.below(sides) == 0
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

fn text_of(bytes: &[u8], dialect: &Dialect) -> String {
    let bytes = &bytes[dialect.mark..];
    match dialect.encoding {
        Encoding::Utf16Le => encoding_rs::UTF_16LE.decode_without_bom_handling(bytes).0.into_owned(),
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
        _ => String::from_utf8(bytes.to_vec()).unwrap(),
    }
}

fn cases() -> &'static [Case] {
    static CASES: OnceLock<Vec<Case>> = OnceLock::new();
    CASES.get_or_init(read_cases)
}

fn read_cases() -> Vec<Case> {
    let zones = Zones::of_this_machine();
    let mut cases = Vec::new();
    for (folder, presets) in [(exports(), true), (exports(), false), (ours(), true)] {
        for (file, truths) in truths(&folder.join("expected.jsonl")) {
            let bytes = std::fs::read(folder.join(&file)).unwrap();
            let suggestion = suggested(&bytes, &answers(&file), presets, &zones);
            let feed = feed_of(&suggestion.block, &zones).unwrap();
            let (survey, _, rows) = map(&bytes, &feed, &zones).unwrap();
            let by_record: BTreeMap<u64, Truth> = truths.into_iter().map(|truth| (truth.row(), truth)).collect();
            let by_line = rows.iter().filter_map(|row| Some((row.line, by_record.get(&row.record)?.clone()))).collect();
            let text = text_of(&bytes, &survey.dialect);
            let lines = text.lines().map(str::to_owned).collect();
            cases.push(Case { file, lines, feed, dialect: survey.dialect, by_line });
        }
    }
    cases
}

/// The differences allowed in an accepted row because the damage is not visible: a name or an id that was cut short.
#[derive(Clone, Copy, PartialEq)]
enum Blind {
    Nothing,
    NameAndId(u64),
}

/// Rows that were imported with a wrong start, phone, name or status.
fn wrong(case: &Case, rows: &[MappedRow], blind: Blind) -> Vec<String> {
    let zone = Zones::of_this_machine().load("America/Denver").unwrap();
    let mut wrong = Vec::new();
    for row in rows {
        let Outcome::Appointment(found) = &row.outcome else { continue };
        if !found.status.is_live() {
            continue;
        }
        let mut fault = |what: String| wrong.push(format!("{} line {}: {what}", case.file, row.line));
        let Some(truth) = case.by_line.get(&row.line) else {
            fault("no expected record for this row".to_owned());
            continue;
        };
        let at = truth.text("appt_local").map(|text| zone.instant(format!("{text}:00").parse().unwrap()));
        if at != Some(found.starts_at.to_utc()) {
            fault(format!("start {} instead of {:?}", found.starts_at, truth.text("appt_local")));
        }
        let number = found.phone.0.as_deref().map(|text| phone::read(text, Country::US));
        let number = number.filter(|number| number.valid && number.textable).and_then(|number| number.phone);
        if number.is_some() && number.as_ref().map(|n| n.dial()) != truth.text("mobile") {
            fault(format!("phone {:?} instead of {:?}", number.map(|n| n.dial().to_owned()), truth.text("mobile")));
        }
        if !matches!(truth.text("status"), None | Some("scheduled" | "confirmed")) {
            fault(format!("live instead of {:?}", truth.text("status")));
        }
        let part = |part: &Option<String>| part.clone().unwrap_or_default();
        let name = format!("{} {}", part(&found.first_name.0), part(&found.last_name.0)).trim().to_owned();
        // Leaving out a part of the name that could not be read is correct.
        let is_part = name.is_empty()
            || name == truth.name()
            || Some(name.as_str()) == truth.text("first")
            || Some(name.as_str()) == truth.text("last");
        if !is_part && blind != Blind::NameAndId(row.line) {
            fault(format!("name {name:?} instead of {:?}", truth.name()));
        }
    }
    wrong
}

fn bytes(lines: &[String], dialect: &Dialect) -> Vec<u8> {
    let text = lines.join("\r\n") + "\r\n";
    match dialect.encoding {
        Encoding::Utf16Le => {
            [&[0xff, 0xfe][..], &text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()].concat()
        }
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252.encode(&text).0.into_owned(),
        _ => text.into_bytes(),
    }
}

/// How many damaged copies were still imported in part, and how many were refused as a whole.
#[derive(Default)]
struct Tally {
    imported: usize,
    refused: usize,
}

impl Tally {
    /// Damage to one row must not cost the file: otherwise nothing was tested.
    fn mostly_imported(&self) {
        assert!(self.imported > 4 * self.refused, "{} imported, {} refused", self.imported, self.refused);
    }
}

/// Maps the damaged file with the feed of the intact file, and with the feed suggested for the damaged file.
fn check(case: &Case, damaged: &[u8], blind: Blind, what: &str, tally: &mut Tally) {
    let zones = Zones::of_this_machine();
    let mut feeds = vec![case.feed.clone()];
    let request_answers = answers(&case.file);
    let request = leadtime::feeds::suggest::Request {
        name: "desk",
        answers: &request_answers,
        options: leadtime::feeds::formats::delimited::Options::default(),
        presets: true,
        unmasked: false,
    };
    let context = crate::judge::context(&zones);
    // Suggesting a feed is slow, so only a quarter of the cases do it.
    if damaged.iter().map(|byte| usize::from(*byte)).sum::<usize>() % 4 == 0
        && let Ok(suggestion) = leadtime::feeds::suggest::suggest(|| Ok(damaged), &request, &context)
        && let Ok(feed) = feed_of(&suggestion.block, &zones)
    {
        feeds.push(feed);
    }
    for feed in feeds {
        match map(damaged, &feed, &zones) {
            Ok((_, report, rows)) => {
                tally.imported += usize::from(report.appointments > 0);
                let wrong = wrong(case, &rows, blind);
                assert!(wrong.is_empty(), "{what}: {wrong:#?}");
            }
            Err(_) => tally.refused += 1,
        }
    }
}

fn data_lines(case: &Case) -> Vec<usize> {
    case.by_line.keys().map(|line| usize::try_from(*line).unwrap() - 1).collect()
}

fn cut(text: &str, at: usize) -> &str {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    &text[..at]
}

#[test]
fn a_row_cut_short_is_never_imported_incorrectly() {
    let (mut dice, mut tally) = (Dice::new(1), Tally::default());
    for case in cases() {
        for line in data_lines(case).repeat(times()) {
            if dice.hit(2) {
                let mut lines = case.lines.clone();
                lines[line] = cut(&lines[line], dice.below(case.lines[line].len())).to_owned();
                check(case, &bytes(&lines, &case.dialect), Blind::NameAndId(line as u64 + 1), "torn", &mut tally);
            }
        }
    }
    tally.mostly_imported();
}

#[test]
fn a_quote_inserted_anywhere_never_corrupts_a_row() {
    let (mut dice, mut tally) = (Dice::new(2), Tally::default());
    for case in cases() {
        let rows = data_lines(case);
        for _ in 0..15 * times() {
            let mut lines = case.lines.clone();
            let count = 1 + dice.below(3);
            for _ in 0..count {
                let line = rows[dice.below(rows.len())];
                let at = cut(&lines[line], dice.below(lines[line].len() + 1)).len();
                lines[line].insert(at, '"');
            }
            check(case, &bytes(&lines, &case.dialect), Blind::Nothing, "quote", &mut tally);
        }
    }
    tally.mostly_imported();
}

#[test]
fn a_quote_inserted_next_to_a_delimiter_never_corrupts_a_row() {
    let (mut dice, mut tally) = (Dice::new(3), Tally::default());
    for case in cases() {
        let rows = data_lines(case);
        let delimiter = char::from(case.dialect.delimiter);
        for _ in 0..15 * times() {
            let mut lines = case.lines.clone();
            for _ in 0..2 {
                let line = rows[dice.below(rows.len())];
                let edges: Vec<usize> = lines[line].match_indices(delimiter).flat_map(|(at, _)| [at, at + 1]).collect();
                if edges.is_empty() {
                    continue;
                }
                let at = edges[dice.below(edges.len())];
                lines[line].insert(at, '"');
            }
            check(case, &bytes(&lines, &case.dialect), Blind::Nothing, "quote at an edge", &mut tally);
        }
    }
    tally.mostly_imported();
}

#[test]
fn a_cell_cut_short_is_never_imported_incorrectly() {
    let (mut dice, mut tally) = (Dice::new(4), Tally::default());
    for case in cases() {
        let delimiter = char::from(case.dialect.delimiter);
        for line in data_lines(case) {
            for _ in 0..times() {
                if case.lines[line].contains('"') {
                    continue;
                }
                let mut lines = case.lines.clone();
                let mut cells: Vec<String> = lines[line].split(delimiter).map(str::to_owned).collect();
                let at = dice.below(cells.len());
                let kept = dice.below(cells[at].len());
                // A cell that is now empty and a shortened serial date leave no sign of damage.
                let serial = cells[at].starts_with("46") && cells[at].contains('.');
                if kept == 0 || serial {
                    continue;
                }
                cells[at] = cut(&cells[at], kept).to_owned();
                lines[line] = cells.join(&delimiter.to_string());
                check(
                    case,
                    &bytes(&lines, &case.dialect),
                    Blind::NameAndId(line as u64 + 1),
                    &format!("cut {:?}", lines[line]),
                    &mut tally,
                );
            }
        }
    }
    tally.mostly_imported();
}

#[test]
fn a_renamed_column_is_never_read_as_something_else() {
    let zones = Zones::of_this_machine();
    for case in cases() {
        let header = usize::try_from(case.dialect.header_line).unwrap() - 1;
        let delimiter = char::from(case.dialect.delimiter);
        let names: Vec<String> = case.lines[header].split(delimiter).map(str::to_owned).collect();
        if case.lines[header].contains("\"Start Time, Sortable\"") {
            continue;
        }
        for at in 0..names.len() {
            for name in ["Xyzzy", "Date", "Phone", "Status 2"] {
                let mut lines = case.lines.clone();
                let mut changed = names.clone();
                changed[at] = name.to_owned();
                lines[header] = changed.join(&delimiter.to_string());
                let damaged = bytes(&lines, &case.dialect);
                if let Ok((_, _, rows)) = map(&damaged, &case.feed, &zones) {
                    let wrong = wrong(case, &rows, Blind::Nothing);
                    assert!(wrong.is_empty(), "{} renamed {}: {wrong:#?}", names[at], name);
                }
            }
        }
    }
}

#[test]
fn a_file_in_another_encoding_is_never_imported_incorrectly() {
    for case in cases() {
        let text = case.lines.join("\r\n") + "\r\n";
        let utf16 = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let dos = |text: &str| -> Vec<u8> {
            let table: Vec<char> = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´".chars().collect();
            let byte = |c: char| table.iter().position(|t| *t == c).map_or(b'?', |at| u8::try_from(at).unwrap() + 128);
            text.chars().map(|c| if c.is_ascii() { c as u8 } else { byte(c) }).collect()
        };
        let twice: String = text.bytes().map(char::from).collect();
        for (name, damaged) in [
            ("utf-16le", utf16(u16::to_le_bytes)),
            ("utf-16be", utf16(u16::to_be_bytes)),
            ("utf-8", text.clone().into_bytes()),
            ("windows-1252", encoding_rs::WINDOWS_1252.encode(&text.replace(['ễ', 'Ễ'], "e")).0.into_owned()),
            ("macintosh", encoding_rs::MACINTOSH.encode(&text.replace('ễ', "e")).0.into_owned()),
            ("ibm850", dos(&text)),
            ("utf-8 read as latin-1", twice.into_bytes()),
        ] {
            let what = format!("{} in {name}", case.file);
            let e = |name: &str| name.contains('ễ');
            let without: BTreeMap<u64, Truth> =
                case.by_line.iter().filter(|(_, t)| !e(&t.name())).map(|(l, t)| (*l, t.clone())).collect();
            let blind = Case {
                by_line: without,
                file: case.file.clone(),
                lines: Vec::new(),
                feed: case.feed.clone(),
                dialect: case.dialect.clone(),
            };
            let zones = Zones::of_this_machine();
            let mut feed = case.feed.clone();
            feed.settings.encoding = None;
            match map(&damaged, &feed, &zones) {
                Ok((survey, report, rows)) => {
                    let rows: Vec<MappedRow> =
                        rows.into_iter().filter(|row| blind.by_line.contains_key(&row.line)).collect();
                    let wrong = wrong(&blind, &rows, Blind::Nothing);
                    assert!(wrong.is_empty(), "{what} as {:?}: {wrong:#?}", survey.dialect.encoding);
                    let _ = report;
                }
                Err(error) => println!("{what}: {error}"),
            }
        }
    }
}

#[test]
fn the_order_of_day_and_month_is_never_guessed() {
    let zones = Zones::of_this_machine();
    let date = regex::Regex::new(r"\b(\d{1,2})/(\d{1,2})/(\d{2,4})\b").unwrap();
    for case in cases() {
        let swapped = |text: &str| -> Option<String> {
            let all = date
                .captures_iter(text)
                .all(|c| c[1].parse::<u8>().unwrap() <= 12 && c[2].parse::<u8>().unwrap() <= 12);
            all.then(|| date.replace_all(text, "$2/$1/$3").into_owned())
        };
        let header = usize::try_from(case.dialect.header_line).unwrap() - 1;
        let mut lines: Vec<String> = case.lines[..=header].to_vec();
        let mut by_line = BTreeMap::new();
        for line in data_lines(case) {
            if let Some(text) = swapped(&case.lines[line]).filter(|text| *text != case.lines[line]) {
                lines.push(text);
                by_line.insert(lines.len() as u64, case.by_line[&(line as u64 + 1)].clone());
            }
        }
        if by_line.len() < 2 {
            continue;
        }
        let case = Case { lines, by_line, ..case.clone() };
        let damaged = bytes(&case.lines, &case.dialect);
        // Without a setting from the practice the order is never guessed, but a weekday in the file may settle it.
        let mut feed = case.feed.clone();
        feed.settings.dates = None;
        if let Ok((_, _, rows)) = map(&damaged, &feed, &zones) {
            let wrong = wrong(&case, &rows, Blind::Nothing);
            assert!(wrong.is_empty(), "{}: guessed: {wrong:#?}", case.file);
            continue;
        }
        let suggestion = suggested(&damaged, &answers(&case.file), true, &zones);
        assert!(suggestion.questions.iter().any(|question| question.key == "dates"), "{}", case.file);
        assert!(suggestion.block.contains("dates = \"?\""), "{}", suggestion.block);
    }
}

#[test]
fn the_exports_exist() {
    assert!(Path::new(&ours()).join("expected.jsonl").exists());
}
