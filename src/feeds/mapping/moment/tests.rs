//! Tests: every usual spelling of dates and times, and columns that settle their order or leave it undecided.

use chrono::{NaiveDate, Timelike};

use super::*;

const TODAY: Option<NaiveDate> = NaiveDate::from_ymd_opt(2026, 3, 1);

fn today() -> NaiveDate {
    TODAY.unwrap()
}

/// The date and time in an order, as `2026-03-10 15:00`, or the fault.
fn read(text: &str, order: Option<Order>) -> Result<String, MomentFault> {
    let moment = scan(text, false)?;
    let date = moment.date.map(|date| date.date(order, Century::Nearest(today()))).transpose()?;
    let time = moment.time.map(|time| time.on_clock().ok_or(MomentFault::NoSuchTime)).transpose()?;
    let time = time.map(|time| format!("{:02}:{:02}", time.hour(), time.minute()));
    Ok([date.map(|date| date.to_string()), time].into_iter().flatten().collect::<Vec<_>>().join(" "))
}

#[test]
fn dates_that_can_be_read_in_only_one_way() {
    for (text, want) in [
        ("2026-03-10", "2026-03-10"),
        ("2026/3/10", "2026-03-10"),
        ("20260310", "2026-03-10"),
        ("22-Jul-26", "2026-07-22"),
        ("22-JUL-2026", "2026-07-22"),
        ("July 22, 2026", "2026-07-22"),
        ("Jul. 22 2026", "2026-07-22"),
        ("22 July 2026", "2026-07-22"),
        ("22nd of July, 2026", "2026-07-22"),
        ("Wed, Jul 22, 2026", "2026-07-22"),
        ("miércoles, 22 de julio de 2026", "2026-07-22"),
        ("martes 10 mar 2026", "2026-03-10"),
        ("mar 10 marzo 2026", "2026-03-10"),
        ("Mar 10, 2026", "2026-03-10"),
        ("10 mars 2026", "2026-03-10"),
        ("2026-03-10 15:00:00", "2026-03-10 15:00"),
        ("2026-03-10T15:00:00.000", "2026-03-10 15:00"),
        ("20260310150000", "2026-03-10 15:00"),
        ("20260310 3:00 PM", "2026-03-10 15:00"),
        ("October 12, 2026 9:50am", "2026-10-12 09:50"),
        ("Oct 12, 2026 at 9:50 AM", "2026-10-12 09:50"),
        ("9:50 AM, Oct 12, 2026", "2026-10-12 09:50"),
        ("Mon Oct 12 2026 09:50:00 GMT-0600 (Mountain Daylight Time)", "2026-10-12 09:50"),
    ] {
        assert_eq!(read(text, None).as_deref(), Ok(want), "{text}");
    }
}

#[test]
fn times() {
    for (text, want) in [
        ("9:00a", "09:00"),
        ("3:55p", "15:55"),
        ("09:00 AM", "09:00"),
        ("12:00 PM", "12:00"),
        ("12:00 AM", "00:00"),
        ("12:30 a.m.", "00:30"),
        ("1:00 p. m.", "13:00"),
        ("0930", "09:30"),
        ("930", "09:30"),
        ("1410", "14:10"),
        ("9 AM", "09:00"),
        ("9pm", "21:00"),
        ("930am", "09:30"),
        ("14:10:00", "14:10"),
        ("9.30 am", "09:30"),
        ("9h30", "09:30"),
        ("14h", "14:00"),
        ("noon", "12:00"),
        ("12 noon", "12:00"),
        ("12:00 noon", "12:00"),
        ("midnight", "00:00"),
        ("9:00\u{202f}AM", "09:00"),
        ("0.375", "09:00"),
    ] {
        assert_eq!(read(text, None).as_deref(), Ok(want), "{text}");
    }
}

#[test]
fn ranges_and_offsets() {
    let range = |text: &str| {
        let moment = scan(text, false).unwrap();
        let clock =
            |time: Option<TimeText>| time.and_then(|time| time.on_clock()).map(|time| time.format("%H:%M").to_string());
        (clock(moment.time).unwrap_or_default(), clock(moment.end).unwrap_or_default())
    };
    for (text, start, end) in [
        ("9:00 AM - 9:30 AM", "09:00", "09:30"),
        ("9:00 - 9:30 AM", "09:00", "09:30"),
        ("11:30 - 12:30 PM", "11:30", "12:30"),
        ("1:00 – 1:30 PM", "13:00", "13:30"),
        ("13:00-13:30", "13:00", "13:30"),
        ("9:00 AM to 9:30 AM", "09:00", "09:30"),
    ] {
        assert_eq!(range(text), (start.to_owned(), end.to_owned()), "{text}");
    }
    let offset = |text: &str| scan(text, false).unwrap().offset;
    assert_eq!(offset("2026-03-10T15:00:00Z"), Some(OffsetText::Utc));
    assert_eq!(offset("2026-03-10T15:00:00-06:00"), Some(OffsetText::Minutes(-360)));
    assert_eq!(offset("2026-03-10 15:00:00 -0600"), Some(OffsetText::Minutes(-360)));
    assert_eq!(offset("2026-03-10 15:00:00 +0530"), Some(OffsetText::Minutes(330)));
    assert_eq!(offset("2026-03-10 15:00:00 -06:00"), Some(OffsetText::Minutes(-360)));
    assert_eq!(offset("2026-03-10 15:00 -16:00"), None, "the end of a range");
    assert_eq!(offset("2026-03-10 15:00:00 +0530"), Some(OffsetText::Minutes(330)));
    assert_eq!(offset("2026-03-10 15:00:00 MDT"), Some(OffsetText::Minutes(-360)));
    assert_eq!(offset("Mon Oct 12 2026 09:50:00 GMT-0600"), Some(OffsetText::Minutes(-360)));
    assert_eq!(offset("2026-03-10 15:00"), None);
}

#[test]
fn texts_that_are_not_dates_or_times() {
    for (text, want) in [
        ("", MomentFault::Blank),
        ("########", MomentFault::Hashes),
        ("TBD", MomentFault::Unreadable),
        ("25:00", MomentFault::NoSuchTime),
        ("9:60 AM", MomentFault::NoSuchTime),
        ("13:00 AM", MomentFault::NoSuchTime),
        ("12/1 2026", MomentFault::Unreadable),
        ("2026-02-30", MomentFault::NoSuchDate),
        ("Feb 30, 2026", MomentFault::NoSuchDate),
        ("10/25/202", MomentFault::Unreadable),
        ("60080277", MomentFault::Unreadable),
        ("303-555-0142", MomentFault::Unreadable),
        ("call 9:00", MomentFault::Unreadable),
        ("9:00 9:30 10:00", MomentFault::Unreadable),
    ] {
        assert_eq!(read(text, None), Err(want), "{text}");
    }
}

fn vote(cells: &[&str]) -> ColumnVote {
    let mut vote = ColumnVote::new(today(), false);
    for (at, cell) in cells.iter().enumerate() {
        if let Ok(moment) = scan(cell, false) {
            vote.add(at as u64 + 2, cell, &moment);
        }
    }
    vote
}

#[test]
fn a_column_settles_the_order_or_leaves_it_undecided() {
    let order = |cells: &[&str]| match vote(cells).decide() {
        Decision::Settled(order, _) => Ok(order),
        other => Err(other),
    };
    assert_eq!(order(&["03/04/2026", "03/13/2026"]), Ok(Order::MonthFirst));
    assert_eq!(order(&["03/04/2026", "13/03/2026"]), Ok(Order::DayFirst));
    assert_eq!(order(&["6/5/26", "6/26/26"]), Ok(Order::MonthFirst));
    assert_eq!(order(&["26-03-10", "26-07-22"]), Ok(Order::YearFirst));
    assert_eq!(order(&["22-07-26", "05-07-26", "28-07-26", "13-07-26"]), Ok(Order::DayFirst));
    assert_eq!(order(&["Tue 03/10/2026"]), Ok(Order::MonthFirst), "a weekday settles it");
    assert_eq!(order(&["03/04/2026", "05/06/2026"]), Err(Decision::Open(vec![Order::MonthFirst, Order::DayFirst])));
    assert_eq!(order(&["2026-03-04", "22-Jul-26"]), Err(Decision::NotNeeded));
    assert!(matches!(order(&["03/13/2026", "13/03/2026"]), Err(Decision::Contradiction(_))));
    // An impossible date is not evidence for any order.
    assert_eq!(order(&["2/30/2026", "3/13/2026"]), Ok(Order::MonthFirst));
    assert!(matches!(order(&["45/46/2026", "3/4/2026"]), Err(Decision::Open(_))));
}

#[test]
fn two_digit_years() {
    let date = |text: &str, century| scan(text, false).unwrap().date.unwrap().date(Some(Order::MonthFirst), century);
    let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).ok_or(MomentFault::NoSuchDate);
    assert_eq!(date("3/10/26", Century::Nearest(today())), day(2026, 3, 10));
    assert_eq!(date("3/10/99", Century::Nearest(today())), day(1999, 3, 10));
    assert_eq!(date("06-Dec-62", Century::NotAfter(today())), day(1962, 12, 6));
    assert_eq!(date("3/10/26", Century::NotAfter(today())), day(1926, 3, 10));
    assert_eq!(date("2/1/26", Century::NotAfter(today())), day(2026, 2, 1));
}

#[test]
fn serial_numbers() {
    assert_eq!(read("46352.5", None).as_deref(), Ok("2026-11-26 12:00"));
    assert_eq!(read("46208.6597222222", None).as_deref(), Ok("2026-07-05 15:50"));
    assert_eq!(read("46208.65", None), Err(MomentFault::Unreadable), "a cut-off number");
    let among = vote(&["6/26/26 12:00", "11/8/26 15:25", "12/25/26 9:00"]);
    let serial = |days| serial_date(days).unwrap();
    assert!(among.serial_is_date(serial(46_352), Some(Order::MonthFirst)));
    assert!(!among.serial_is_date(serial(30_000), Some(Order::MonthFirst)));
    assert!(!vote(&["46352.5"]).serial_is_date(serial(46_352), None));
}

#[test]
fn any_text_gives_a_moment_or_a_fault() {
    let pieces = [
        "2026", "-", "/", ":", "9", "am", "p", "Mar", "mar", "+", "06", "T", "Z", " ", ".", "of", "😀", "46352",
        "0930", "(", ")", "to", "12",
    ];
    let mut state = 7_u64;
    for _ in 0..50_000 {
        let mut text = String::new();
        for _ in 0..8 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[usize::try_from(state >> 33).unwrap() % pieces.len()]);
        }
        for as_time in [false, true] {
            if let Ok(moment) = scan(&text, as_time) {
                vote(&[&text]).decide();
                let _ = moment.date.map(|date| date.date(Some(Order::DayFirst), Century::Nearest(today())));
            }
        }
    }
}
