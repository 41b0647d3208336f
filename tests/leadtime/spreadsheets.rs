//! Spreadsheets saved by openpyxl and LibreOffice, with the real program; and hostile ones.

use std::io::Write;
use std::path::{Path, PathBuf};

use crate::program::{Ended, Practice};

const HEAD: &str = "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
     timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
     [database]\npath = \"test.db\"\n";

const FEED: &str = "[[feed]]\nname = \"desk\"\nkind = \"file\"\n[feed.columns]\nid = \"Appt ID\"\nstarts_at = [\"Date\", \"Time\"]\n\
     minutes = \"Length\"\nname = \"Patient\"\nphone = \"Cell\"\nstatus = \"Status\"\n";

fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/spreadsheets").join(name)
}

fn practice(feed: &str) -> Practice {
    Practice::new(&format!("{HEAD}{feed}"))
}

fn import(practice: &Practice, path: &Path, options: &[&str]) -> Ended {
    practice.run(&[&["import", path.to_str().unwrap()], options].concat())
}

/// Id, start, end, name, phone and status of each appointment.
fn appointments(practice: &Practice) -> Vec<String> {
    let connection = practice.sql();
    let sql =
        "SELECT id || ' ' || starts_at || ' ' || substr(ends_at, 12, 5) || ' ' || first_name || '/' || last_name || ' '
                   || phone || ' ' || status FROM appointments ORDER BY id";
    let mut statement = connection.prepare(sql).unwrap();
    statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
}

const EXPECTED: [&str; 4] = [
    "70001 2027-01-13T14:10:00-07:00 14:50 Abigail/Lee 3035550101 booked",
    "70002 2027-01-13T15:00:00-07:00 15:30 Ben/Ray 303-555-0102 confirmed",
    "70003 2027-01-14T10:00:00-07:00 10:30 Zoë/O'Neil 3035550103 cancelled",
    "70004 2027-01-14T12:00:00-07:00 12:30 Finn/Fox Jr. 3035550104 booked",
];

#[test]
fn every_kind_of_spreadsheet_gives_the_same_appointments() {
    for name in ["openpyxl.xlsx", "openpyxl-1904.xlsx", "libreoffice.xlsx", "libreoffice.xls"] {
        let practice = practice(FEED);
        let ended = import(&practice, &file(name), &[]);
        assert_eq!(ended.code, 0, "{name}: {}{}", ended.out, ended.err);
        assert!(ended.err.contains("a spreadsheet with 2 sheets; this is \"Appointments\""), "{name}: {}", ended.err);
        assert_eq!(appointments(&practice), EXPECTED, "{name}");
    }
    // In an ODS file nothing tells that a date counts for two rows, so the second one is refused.
    let practice = practice(FEED);
    let ended = import(&practice, &file("libreoffice.ods"), &[]);
    assert!(ended.code == 1 && ended.err.contains("line 6"), "{}", ended.err);
    assert_eq!(appointments(&practice), [EXPECTED[0], EXPECTED[2], EXPECTED[3]]);
}

#[test]
fn a_formula_without_a_value_is_reported_and_never_taken_for_an_empty_cell() {
    let practice = practice(&format!("{FEED}[feed.status]\nbooked = [\"\"]\n"));
    let ended = import(&practice, &file("openpyxl-formula.xlsx"), &[]);
    assert_eq!(ended.code, 1);
    for words in ["1 cell has a formula without a value (first in line 8)", "#NOT CALCULATED"] {
        assert!(ended.err.contains(words), "{words}: {}", ended.err);
    }
    assert_eq!(appointments(&practice), EXPECTED[..3]);
}

#[test]
fn suggest_reads_spreadsheets_and_the_feed_may_name_the_sheet() {
    let practice = practice("");
    let path = file("libreoffice.xlsx");
    let ended = practice.run(&["feed", "suggest", path.to_str().unwrap(), "--name", "desk"]);
    assert_eq!(ended.code, 0, "{}{}", ended.out, ended.err);
    std::fs::write(practice.path("config.toml"), format!("{HEAD}{}", ended.out)).unwrap();
    import(&practice, &path, &[]).good();
    assert_eq!(appointments(&practice).len(), 4);
    let ended = practice.run(&["feed", "test", "desk", path.to_str().unwrap()]);
    assert!(ended.code == 0 && ended.out.contains("70004"), "{}{}", ended.out, ended.err);
    for (sheet, words) in
        [("Last year", "no visible sheet \"Last year\"; it has: Read me, Appointments"), ("Read me", "")]
    {
        let feed = FEED.replace("kind = \"file\"", &format!("kind = \"file\"\nsheet = \"{sheet}\""));
        std::fs::write(practice.path("config.toml"), format!("{HEAD}{feed}")).unwrap();
        let ended = import(&practice, &path, &[]);
        assert!(ended.code == 1 && ended.err.contains(words), "{}", ended.err);
    }
}

#[test]
fn a_dropped_spreadsheet_is_imported_and_a_damaged_one_fails_with_its_reason() {
    let practice = practice(FEED);
    std::fs::create_dir_all(practice.path("drop/inbox")).unwrap();
    std::fs::copy(file("libreoffice.xls"), practice.path("drop/inbox/list.xls")).unwrap();
    let bytes = std::fs::read(file("libreoffice.xlsx")).unwrap();
    std::fs::write(practice.path("drop/inbox/half.xlsx"), &bytes[..bytes.len() / 2]).unwrap();
    let ended = practice.run(&["import-folder", "drop", "--at-rest-for", "0s"]);
    assert!(ended.code == 1 && ended.err.contains("cannot be opened"), "{}{}", ended.out, ended.err);
    assert_eq!(appointments(&practice), EXPECTED);
    let names = |folder: &str| -> Vec<String> {
        let all = std::fs::read_dir(practice.path(folder)).unwrap();
        let mut names: Vec<String> = all.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    };
    assert!(names("drop/done").iter().any(|name| name.contains("list.xls")), "{:?}", names("drop/done"));
    assert!(names("drop/failed").iter().any(|name| name.ends_with(".report.txt")), "{:?}", names("drop/failed"));
}

/// A ZIP archive. Each file is a beginning, a text that is repeated, and an end.
fn archive(path: &Path, files: &[(&str, [&str; 3], usize)]) {
    let mut out = std::fs::File::create(path).unwrap();
    let (mut offset, mut central) = (0_u32, Vec::new());
    for (name, [begin, text, end], times) in files {
        let whole = begin.len() + text.len() * times + end.len();
        let mut crc = flate2::Crc::new();
        let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::best());
        let all = std::iter::once(begin).chain(std::iter::repeat_n(text, *times)).chain([end]);
        for part in all {
            crc.update(part.as_bytes());
            packed.write_all(part.as_bytes()).unwrap();
        }
        let packed = packed.finish().unwrap();
        let mut common = Vec::new();
        common.extend([20_u16, 0, 8, 0, 0].iter().flat_map(|n| n.to_le_bytes()));
        common.extend([crc.sum(), packed.len() as u32, whole as u32].iter().flat_map(|n| n.to_le_bytes()));
        common.extend([name.len() as u16, 0].iter().flat_map(|n| n.to_le_bytes()));
        let local = [&b"PK\x03\x04"[..], &common, name.as_bytes(), &packed].concat();
        out.write_all(&local).unwrap();
        central.extend(
            [&b"PK\x01\x02"[..], &20_u16.to_le_bytes(), &common, &[0; 10], &offset.to_le_bytes(), name.as_bytes()]
                .concat(),
        );
        offset += local.len() as u32;
    }
    let count = (files.len() as u16).to_le_bytes();
    let end = [
        &b"PK\x05\x06"[..],
        &[0; 4],
        &count,
        &count,
        &(central.len() as u32).to_le_bytes(),
        &offset.to_le_bytes(),
        &[0; 2],
    ];
    out.write_all(&[&central[..], &end.concat()].concat()).unwrap();
}

#[test]
fn a_hostile_spreadsheet_ends_within_its_limits_and_changes_nothing() {
    const TYPES: &str = "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"></Types>";
    const BOOK: &str = "<workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets><sheet name=\"A\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>";
    const LINKS: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet1.xml\"/><Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings\" Target=\"sharedStrings.xml\"/></Relationships>";
    const ROOT: &str = "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
    let sheet = |rows: &str| {
        format!(
            "<worksheet xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\"><dimension ref=\"A1:XFD1048576\"/><sheetData>{rows}</sheetData></worksheet>"
        )
    };
    let far =
        sheet("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>2</v></c></row>");
    let small = sheet("<row r=\"1\"><c r=\"A1\"><v>1</v></c></row>");
    let practice = practice(FEED);
    import(&practice, &file("openpyxl.xlsx"), &[]).good();
    let path = practice.path("hostile.xlsx");
    let strings = "<sst xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\">";
    for (sheet, texts, times, words) in [
        (far.as_str(), "", 1, "more than 4096 columns"),
        // A gigabyte of text in one megabyte.
        (
            small.as_str(),
            "<si><t>aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa</t></si>",
            12_000_000,
            "cannot be read within",
        ),
    ] {
        let files = [
            ("[Content_Types].xml", ["", TYPES, ""], 1),
            ("_rels/.rels", ["", ROOT, ""], 1),
            ("xl/workbook.xml", ["", BOOK, ""], 1),
            ("xl/_rels/workbook.xml.rels", ["", LINKS, ""], 1),
            ("xl/worksheets/sheet1.xml", ["", sheet, ""], 1),
            ("xl/sharedStrings.xml", [strings, texts, "</sst>"], times),
        ];
        archive(&path, &files);
        assert!(path.metadata().unwrap().len() < 8 << 20);
        let ended = import(&practice, &path, &[]);
        assert!(ended.code == 1 && ended.err.contains(words), "{words}: {}", ended.err);
        assert_eq!(appointments(&practice), EXPECTED);
    }
}
