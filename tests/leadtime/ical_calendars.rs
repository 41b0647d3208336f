//! Whole calendars and the rows they become.

use std::ops::Range;

use chrono::{DateTime, Utc};
use leadtime::feeds::formats::ical::{CalendarError, Limits, table};
use proptest::prelude::*;

fn window() -> Range<DateTime<Utc>> {
    "2026-03-01T00:00:00Z".parse().expect("a time")
        ..DateTime::parse_from_rfc3339("2026-04-01T00:00:00Z").expect("a time").into()
}

fn calendar(events: &[&str]) -> String {
    let events: String = events.iter().map(|lines| format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")).collect();
    format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n")
}

/// "id start status" and the problem of each row.
fn rows_of(text: &str) -> Vec<(String, String)> {
    let table = table(text.as_bytes(), window(), Limits::default()).expect(text);
    let show = |row: Vec<String>| (format!("{} {} {}", row[0], row[1], row[3]).trim_end().to_owned(), row[13].clone());
    table.rows.into_iter().map(show).collect()
}

fn good(events: &[&str]) -> Vec<String> {
    let rows = rows_of(&calendar(events));
    rows.into_iter().inspect(|(row, problem)| assert_eq!(problem, "", "{row}")).map(|(row, _)| row).collect()
}

/// The rows with a mark on those that have a problem.
fn marked(events: &[&str]) -> Vec<String> {
    let mark = |(row, problem): (String, String)| if problem.is_empty() { row } else { format!("!{row}") };
    rows_of(&calendar(events)).into_iter().map(mark).collect()
}

const DENVER: &str = "UID:u\nDTSTART;TZID=America/Denver:20260303T090000\nDURATION:PT30M";

#[test]
fn single_events() {
    for (lines, right) in [
        ("UID:u\nDTSTART:20260310T150000Z\nSTATUS:confirmed", vec!["u 2026-03-10T15:00:00Z CONFIRMED"]),
        ("UID:u\nDTSTART;TZID=America/Denver:20260310T150000", vec!["u 2026-03-10T15:00:00-06:00"]),
        ("UID:u\nDTSTART;TZID=Mountain Standard Time:20260303T150000", vec!["u 2026-03-03T15:00:00-07:00"]),
        ("UID:u\nDTSTART:20260310T150000", vec!["u 2026-03-10T15:00:00"]),
        ("UID:u\nDTSTART:20260228T130000", vec!["u 2026-02-28T13:00:00"]),
        ("UID:u\nDTSTART:20260228T110000", vec![]),
        ("UID:u\nDTSTART:20260401T000000Z", vec![]),
        ("UID:u\nDTSTART:20260301T000000Z", vec!["u 2026-03-01T00:00:00Z"]),
        ("UID:u\nDTSTART;TZID=America/Denver:20260308T023000", vec!["u 2026-03-08T03:30:00-06:00"]),
    ] {
        assert_eq!(good(&[lines]), right, "{lines}");
    }
    for (lines, row, why) in [
        ("UID:u\nDTSTART;VALUE=DATE:20260310\nSTATUS:CANCELLED", "u  CANCELLED", "all-day"),
        ("UID:u\nDTSTART:20260310", "u", "all-day"),
        ("UID:u\nSTATUS:CONFIRMED", "u  CONFIRMED", "no DTSTART"),
        ("DTSTART:20260310T150000Z", " 2026-03-10T15:00:00Z", "no UID"),
        ("UID:u\nDTSTART;TZID=Mars/Base:20260310T150000", "u 2026-03-10T15:00:00", "\"Mars/Base\" is not known"),
    ] {
        let rows = rows_of(&calendar(&[lines]));
        assert_eq!(rows.len(), 1, "{lines}: {rows:?}");
        assert_eq!(rows[0].0, row, "{lines}");
        assert!(rows[0].1.contains(why), "{lines}: {rows:?}");
    }
}

#[test]
fn series_with_added_and_removed_dates() {
    let weekly = ["03T160000Z 2026-03-03T09:00:00-07:00", "10T150000Z 2026-03-10T09:00:00-06:00"];
    let weekly = weekly.map(|row| format!("u/202603{row}"));
    for (more, right) in [
        ("RRULE:FREQ=WEEKLY;COUNT=2", weekly.to_vec()),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260310T150000Z", weekly.to_vec()),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260310T145959Z", weekly[..1].to_vec()),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=America/Denver:20260317T090000", weekly.to_vec()),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20260317T150000Z", weekly.to_vec()),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;VALUE=DATE:20260317", weekly.to_vec()),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=America/New_York:20260317T110000", weekly.to_vec()),
        ("RDATE;TZID=America/Denver:20260310T090000", weekly.to_vec()),
        ("RDATE:20260310T150000Z,20260310T150000Z", weekly.to_vec()),
        ("RDATE;VALUE=PERIOD:20260310T150000Z/PT1H", weekly.to_vec()),
        ("RRULE:FREQ=WEEKLY;COUNT=2\nRRULE:FREQ=WEEKLY;COUNT=1", weekly.to_vec()),
    ] {
        assert_eq!(good(&[&format!("{DENVER}\n{more}")]), right, "{more}");
    }
}

#[test]
fn dates_that_programs_disagree_about_are_marked() {
    for (more, right) in [
        ("RRULE:FREQ=WEEKLY;UNTIL=20260310", vec!["u/20260303T160000Z", "!u/20260310T150000Z"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260310T120000", vec!["u/20260303T160000Z", "!u/20260310T150000Z"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20260310T180000", vec!["u/20260303T160000Z", "u/20260310T150000Z"]),
        (
            "RRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2",
            vec!["!u/20260303T160000Z", "u/20260304T160000Z", "!u/20260311T150000Z"],
        ),
        (
            "RRULE:FREQ=WEEKLY;COUNT=2\nEXDATE;TZID=America/Denver:20260310T000000",
            vec!["u/20260303T160000Z", "!u/20260310T150000Z"],
        ),
    ] {
        let rows = marked(&[&format!("{DENVER}\n{more}")]);
        let ids: Vec<&str> = rows.iter().filter_map(|row| row.split(' ').next()).collect();
        assert_eq!(ids, right, "{more}");
    }
    let floating = "UID:u\nDTSTART:20260303T090000\nRRULE:FREQ=WEEKLY;UNTIL=20260310T120000Z";
    assert_eq!(
        marked(&[floating]),
        ["u/20260303T090000 2026-03-03T09:00:00", "!u/20260310T090000 2026-03-10T09:00:00"]
    );
}

#[test]
fn changes_of_single_dates() {
    let series = format!("{DENVER}\nRRULE:FREQ=WEEKLY;COUNT=3");
    let change = |lines: &str| format!("UID:u\nRECURRENCE-ID;TZID=America/Denver:20260310T090000\n{lines}");
    let first = "u/20260303T160000Z 2026-03-03T09:00:00-07:00";
    let second = "u/20260310T150000Z 2026-03-10T09:00:00-06:00";
    let third = "u/20260317T150000Z 2026-03-17T09:00:00-06:00";
    let moved = "u/20260310T150000Z 2026-03-11T14:00:00Z";
    let start = "DTSTART:20260311T140000Z";
    for (changes, right) in [
        (vec![change(start)], vec![first, moved, third]),
        (
            vec![change(start).replace(";TZID=America/Denver:20260310T090000", ":20260310T150000Z")],
            vec![first, moved, third],
        ),
        (
            vec![change(start).replace(";TZID=America/Denver:20260310T090000", ";VALUE=DATE:20260310")],
            vec![first, moved, third],
        ),
        (vec![change("DTSTART:20260511T140000Z")], vec![first, third]),
        (vec![change(&format!("{start}\nSEQUENCE:1")), change("DTSTART:20260312T140000Z")], vec![first, moved, third]),
        (vec![change(&format!("{start}\nSTATUS:CANCELLED"))], vec![first, &format!("{moved} CANCELLED"), third]),
        (
            vec![change("DTSTART;TZID=America/Denver:20260310T100000").replace(";TZID", ";RANGE=THISANDFUTURE;TZID")],
            vec![first, "u/20260310T150000Z 2026-03-10T10:00:00-06:00", "u/20260317T150000Z 2026-03-17T10:00:00-06:00"],
        ),
    ] {
        let mut events: Vec<&str> = changes.iter().map(String::as_str).collect();
        events.insert(0, &series);
        assert_eq!(good(&events), right, "{changes:?}");
        events.rotate_left(1);
        assert_eq!(good(&events), right, "the order of the file does not count: {changes:?}");
    }
    let tied = [change(start), change("DTSTART:20260312T140000Z")];
    let rows = marked(&[&series, &tied[0], &tied[1]]);
    assert!(rows[1].starts_with("!u/20260310T150000Z"), "{rows:?}");
    let stray = change(start).replace("20260310T090000", "20260310T091500");
    let rows = marked(&[&series, &stray]);
    assert_eq!(rows, ["!u/20260310T151500Z 2026-03-11T14:00:00Z", first, second, third]);
    assert_eq!(good(&[&change(start)]), [moved], "a change without its series");
    let into_window = change(start).replace("20260310T090000", "20251230T090000");
    let old = series.replace("20260303T090000", "20251223T090000");
    assert_eq!(good(&[&old, &into_window]), ["u/20251230T160000Z 2026-03-11T14:00:00Z"]);
}

#[test]
fn versions_and_cancellations() {
    let single = "UID:u\nDTSTART:20260310T150000Z";
    let newer = "UID:u\nSEQUENCE:1\nDTSTART:20260312T150000Z";
    assert_eq!(good(&[newer, single]), ["u 2026-03-12T15:00:00Z"]);
    assert_eq!(good(&[single, single]), ["u 2026-03-10T15:00:00Z"]);
    let rows = marked(&[single, "UID:u\nDTSTART:20260312T150000Z"]);
    assert_eq!(rows, ["!u 2026-03-10T15:00:00Z", "!u 2026-03-12T15:00:00Z"]);
    let cancel = |text: &str| text.replace("VERSION:2.0", "METHOD:CANCEL");
    let series = format!("{DENVER}\nRRULE:FREQ=WEEKLY;COUNT=2");
    let both = format!("{}{}", calendar(&[&series]), cancel(&calendar(&[DENVER])));
    let rows = rows_of(&both);
    let right = [
        "u/20260303T160000Z 2026-03-03T09:00:00-07:00 CANCELLED",
        "u/20260310T150000Z 2026-03-10T09:00:00-06:00 CANCELLED",
    ];
    assert_eq!(rows.iter().map(|(row, _)| row.as_str()).collect::<Vec<_>>(), right);
    let one = "UID:u\nRECURRENCE-ID:20260310T150000Z\nDTSTART:20260310T150000Z\nSEQUENCE:1";
    let rows = rows_of(&format!("{}{}", calendar(&[&series]), cancel(&calendar(&[one]))));
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].0, "u/20260310T150000Z 2026-03-10T15:00:00Z CANCELLED");
    let reply = calendar(&[newer]).replace("VERSION:2.0", "METHOD:COUNTER");
    let rows = rows_of(&format!("{}{reply}", calendar(&[single])));
    assert_eq!(rows, [("u 2026-03-10T15:00:00Z".to_owned(), String::new())]);
    assert!(rows_of(&reply)[0].1.contains("COUNTER"));
}

#[test]
fn a_broken_event_loses_neither_itself_nor_the_others() {
    let ok = "UID:ok\nDTSTART:20260310T150000Z";
    for broken in [
        "UID:u\nDTSTART:20200101T000000Z\nRRULE:FREQ=HOURLY",
        "UID:u\nDTSTART:20200101T000000Z\nRRULE:FREQ=DAILY\nEXDATE:x",
        "UID:u\nDTSTART:20260310T150000Z\nEND:VALARM",
        "UID:u\nDTSTART:20260310T150000Z\nRRULE FREQ=DAILY",
    ] {
        let rows = marked(&[broken, ok]);
        assert_eq!(rows.len(), 2, "{rows:?}");
        assert!(rows[0].starts_with("!u 20"), "{rows:?}");
        assert_eq!(rows[1], "ok 2026-03-10T15:00:00Z");
    }
}

#[test]
fn limits() {
    let daily = "UID:u\nDTSTART:20260301T150000Z\nRRULE:FREQ=DAILY";
    let read =
        |text: &str, instances| table(text.as_bytes(), window(), Limits { instances }).map(|table| table.rows.len());
    assert_eq!(read(&calendar(&[daily]), 31), Ok(31));
    assert_eq!(read(&calendar(&[daily]), 30), Err(CalendarError::TooManyInstances { limit: 30 }));
    let long = format!("{daily}\nDESCRIPTION:{}", "x".repeat(1_000_000));
    assert_eq!(read(&calendar(&[&long]), 100), Ok(31));
    let others: Vec<String> = (0..5).map(|n| long.replace("UID:u", &format!("UID:{n}"))).collect();
    let others: Vec<&str> = others.iter().map(String::as_str).collect();
    assert!(matches!(read(&calendar(&others), 1000), Err(CalendarError::TooMuchText { .. })));
    let huge = "UID:u\nDTSTART:00010101T010000Z\nRRULE:FREQ=DAILY;COUNT=4000000000;BYHOUR=1,2;BYSETPOS=1,2,-1";
    let rows = rows_of(&calendar(&[huge, "UID:ok\nDTSTART:20260310T150000Z"]));
    assert_eq!(rows.len(), 2, "{rows:?}");
    assert!(rows[0].1.contains("too many dates"), "{rows:?}");
    assert_eq!(good(&[&huge.replace("0001", "1900")]).len(), 62);
    let every: String = (0..60).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let dense = format!(
        "UID:u\nDTSTART:20260101T000000Z\nRRULE:FREQ=DAILY;BYMINUTE={every};BYHOUR=0,1,2,3,4,5,6,7;BYSECOND={every}"
    );
    assert!(matches!(read(&calendar(&[&dense]), 100_000), Err(CalendarError::TooManyInstances { .. })));
}

#[test]
fn windows_without_end() {
    let text = calendar(&[
        "UID:u\nDTSTART:20260310T150000Z\nRRULE:FREQ=YEARLY",
        "UID:v\nDTSTART:99991231T235959\nDURATION:P9999999D",
    ]);
    let all = DateTime::<Utc>::MIN_UTC..DateTime::<Utc>::MAX_UTC;
    let rows = table(text.as_bytes(), all, Limits::default()).expect("a table").rows;
    assert_eq!(rows.len(), 9999 - 2026 + 2);
    let none = DateTime::<Utc>::MAX_UTC..DateTime::<Utc>::MIN_UTC;
    assert_eq!(table(text.as_bytes(), none, Limits::default()).map(|table| table.rows.len()), Ok(0));
}

#[test]
fn large_files_are_read_in_time() {
    let names: String = (0..100_000).map(|n| format!(";X{n}=1")).collect();
    let slashes = "/a".repeat(100_000);
    let every: String = (0..60).map(|n| n.to_string()).collect::<Vec<_>>().join(",");
    let mut events = vec![
        format!("UID:a\nDTSTART:20260310T150000Z\nRRULE:FREQ=DAILY{names}"),
        format!("UID:b\nDTSTART;TZID={slashes}:20260310T150000"),
        format!("UID:c\nDTSTART:20260310T150000Z\n{}", "BEGIN:X\n".repeat(50_000) + &"END:X\n".repeat(50_000)),
    ];
    events.extend((0..20_000).map(|n| {
        format!("UID:{n}\nDTSTART:20200310T150000Z\nRRULE:FREQ=DAILY;COUNT=5;BYHOUR=1,2,3,4,5,6,7,8,9;BYMINUTE={every};BYSECOND={every}")
    }));
    let events: Vec<&str> = events.iter().map(String::as_str).collect();
    let begun = std::time::Instant::now();
    assert_eq!(table(calendar(&events).as_bytes(), window(), Limits::default()), Err(CalendarError::TooManyDates));
    let few = &events[..3];
    assert_eq!(rows_of(&calendar(few)).len(), 3);
    let overrides: Vec<String> = (0..20_000)
        .map(|n| {
            format!(
                "UID:u\nRECURRENCE-ID:{}0310T15{:02}{:02}Z\nDTSTART:20260310T150000Z",
                1700 + n % 300,
                n / 60 % 60,
                n % 60
            )
        })
        .collect();
    let mut series: Vec<&str> = overrides.iter().map(String::as_str).collect();
    series.push("UID:u\nDTSTART:16000310T150000Z\nRRULE:FREQ=DAILY");
    assert!(rows_of(&calendar(&series)).len() > 300);
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

proptest! {
    /// An id does not depend on the window, and every start is in it.
    #[test]
    fn rows_of_a_part_are_rows_of_the_whole(
        freq in prop::sample::select(vec!["DAILY", "WEEKLY", "MONTHLY"]),
        zone in prop::sample::select(vec!["America/Denver", "Europe/Berlin", "Pacific/Apia", "Australia/Lord_Howe"]),
        hour in 0_u32..24, from in 0_i64..2000, length in 1_i64..60, count in 1_u32..900,
    ) {
        let text = calendar(&[&format!("UID:u\nDTSTART;TZID={zone}:20220103T{hour:02}3000\nRRULE:FREQ={freq};COUNT={count}")]);
        let start: DateTime<Utc> = "2022-01-01T00:00:00Z".parse().expect("a time");
        let days = |days| start + chrono::Duration::days(days);
        let read = |window: Range<DateTime<Utc>>| table(text.as_bytes(), window, Limits::default()).expect("a table").rows;
        let whole = read(days(-10)..days(40_000));
        prop_assert_eq!(whole.len(), count as usize);
        let part = read(days(from)..days(from + length));
        let inside = |row: &Vec<String>| {
            let at: DateTime<Utc> = DateTime::parse_from_rfc3339(&row[1]).expect("a start").into();
            days(from) <= at && at < days(from + length)
        };
        let expected: Vec<Vec<String>> = whole.into_iter().filter(inside).collect();
        prop_assert_eq!(part, expected);
    }
}
