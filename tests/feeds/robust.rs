//! Any bytes give rows or reasons, never a panic, a hang or high memory use. Messages about limits state the number.

use leadtime::config::values::zones::Zones;
use leadtime::feeds::formats::delimited::{Options, Reader};
use leadtime::feeds::formats::{FormatError, Limits, Row};
use leadtime::feeds::suggest::{Answers, Request, suggest};

use crate::judge::{context, exports, feed_of, map};
use crate::ours;

struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

fn try_bytes(bytes: &[u8], zones: &Zones) {
    let answers = Answers::new();
    let request =
        Request { name: "desk", answers: &answers, options: Options::default(), presets: true, unmasked: false };
    if let Ok(suggestion) = suggest(|| Ok(bytes), &request, &context(zones)) {
        toml::de::DeTable::parse(&suggestion.block).unwrap_or_else(|error| panic!("{error}\n{}", suggestion.block));
        if let Ok(feed) = feed_of(&suggestion.block, zones) {
            assert!(suggestion.questions.iter().all(|q| q.key != "dates"), "{}", suggestion.block);
            let _ = map(bytes, &feed, zones);
        }
    }
}

#[test]
fn arbitrary_bytes_never_cause_a_panic() {
    let zones = Zones::of_this_machine();
    let mut dice = Dice(11);
    let pieces: [&[u8]; 24] = [
        b"\"",
        b",",
        b";",
        b"\t",
        b"|",
        b"\n",
        b"\r",
        b"\r\n",
        b"Date",
        b"Time",
        b"Patient",
        b"Phone",
        b"Status",
        b"3/4/2026",
        b"9:00a",
        b"\xff\xfe",
        b"\xef\xbb\xbf",
        b"\0",
        b"\x92",
        "é".as_bytes(),
        b"Id",
        b"Total: 3",
        b"46352.5",
        b"=\"1\"",
    ];
    for _ in 0..3000 {
        let mut bytes = Vec::new();
        for _ in 0..dice.below(120) {
            bytes.extend_from_slice(pieces[dice.below(pieces.len())]);
        }
        try_bytes(&bytes, &zones);
    }
}

#[test]
fn damaged_exports_never_cause_a_panic() {
    let zones = Zones::of_this_machine();
    let mut dice = Dice(12);
    for folder in [exports(), ours()] {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|e| e == "jsonl") {
                continue;
            }
            let whole = std::fs::read(path).unwrap();
            for _ in 0..12 {
                let mut bytes = whole.clone();
                for _ in 0..1 + dice.below(30) {
                    let at = dice.below(bytes.len());
                    match dice.below(3) {
                        0 => bytes[at] = u8::try_from(dice.below(256)).unwrap(),
                        1 => drop(bytes.remove(at)),
                        _ => bytes.insert(at, b"\"\n,;\0\xff"[dice.below(6)]),
                    }
                }
                try_bytes(&bytes, &zones);
            }
        }
    }
}

fn error_of(bytes: &[u8], limits: Limits) -> FormatError {
    let mut reader = match Reader::open(bytes, &Options { limits, ..Options::default() }) {
        Ok(reader) => reader,
        Err(error) => return error,
    };
    loop {
        match reader.next() {
            Ok(Some(Row::Cells(_) | Row::Broken(_))) => {}
            Ok(None) => panic!("no error"),
            Err(error) => return error,
        }
    }
}

#[test]
fn messages_about_limits_state_the_limit() {
    let usual = Limits::default();
    let rows = |count: usize| "Date,Patient\n".to_owned() + &"3/4/2026,\"Lee, Ana\"\n".repeat(count);
    let small = Limits { max_file: 1000, max_rows: 10 };
    assert_eq!(
        error_of(rows(11).as_bytes(), small).to_string(),
        "the file has more than 10 rows; raise max_rows if this is correct"
    );
    let few = Limits { max_file: 1 << 20, ..usual };
    assert_eq!(
        error_of(rows(90_000).as_bytes(), few).to_string(),
        "the file is larger than 1 MiB; raise max_file if this is correct"
    );
    let wide = vec!["Date"; 5000].join(",") + "\n";
    assert_eq!(error_of(wide.as_bytes(), usual).to_string(), "line 1 has more than 4096 columns");
    let long = "Date,Patient\n3/4/2026,".to_owned() + &"x".repeat(2 << 20);
    assert_eq!(error_of(long.as_bytes(), usual).to_string(), "line 2 is longer than 1 MiB");
    for (bytes, word) in [
        (&b""[..], "the file is empty"),
        (b"\n\n  \n", "the file is empty"),
        (b"PK\x03\x04\0\0\0\0\0\0\0\0\0\0", "not a text file"),
        (b"hello\nworld\n", "no columns found"),
        (b"1,2,3\n4,5,6\n", "no header found"),
    ] {
        let error = error_of(bytes, usual).to_string();
        assert!(error.contains(word), "{error}");
    }
}

#[test]
fn a_cell_over_the_limit_loses_only_its_own_row() {
    let long = "x".repeat(70_000);
    let text = format!("Date,Patient\n3/4/2026,{long}\n3/5/2026,Ana\n3/6/2026,\"{long}\n3/7/2026,Bo\n");
    let mut reader = Reader::open(text.as_bytes(), &Options::default()).unwrap();
    let mut found = Vec::new();
    while let Some(row) = reader.next().unwrap() {
        match row {
            Row::Cells(row) => found.push((row.line, String::new())),
            Row::Broken(row) => found.push((row.line, row.fault.to_string())),
        }
    }
    let lines: Vec<(u64, bool)> = found.iter().map(|(line, fault)| (*line, fault.is_empty())).collect();
    assert_eq!(lines, [(2, false), (3, true), (4, false), (5, true)]);
}
