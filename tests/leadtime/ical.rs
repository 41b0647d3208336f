//! Feeds of calendars: files, and an address.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, Days, NaiveTime, Utc};
use chrono_tz::America::Denver;

use crate::program::{Ended, Practice, now};

const HEAD: &str = "[practice]\nname = \"Maple Dental\"\nphone = \"+13035550100\"\nfrom_number = \"+13035550199\"\n\
     timezone = \"America/Denver\"\n[[rule]]\nname = \"day-before\"\nlead = \"24 hours\"\nmessage = \"m\"\n\
     [database]\npath = \"test.db\"\n[[feed]]\nname = \"calendar\"\nkind = \"ical\"\n";
const COLUMNS: &str = "[feed.columns]\nname = { from = \"Summary\", pattern = \"^(?<name>[^,0-9]+)\" }\n\
     phone = { from = \"Description\", pattern = \"(?<phone>[0-9][0-9 ().-]{8,})\" }\n";

fn practice(keys: &str) -> Practice {
    Practice::new(&format!("{HEAD}{keys}\n{COLUMNS}"))
}

/// 9:00 AM in Denver so many days from now.
fn at(days: u64) -> DateTime<chrono_tz::Tz> {
    let day = now().with_timezone(&Denver).date_naive() + Days::new(days);
    day.and_time(NaiveTime::from_hms_opt(9, 0, 0).unwrap()).and_local_timezone(Denver).unwrap()
}

/// An event: its UID, its start, who and which number, and more lines.
fn event(uid: &str, days: u64, who: &str, more: &str) -> String {
    let start = at(days).format("%Y%m%dT%H%M%S");
    format!(
        "BEGIN:VEVENT\r\nUID:{uid}\r\nDTSTART;TZID=America/Denver:{start}\r\nDURATION:PT30M\r\nSUMMARY:{who}\\, cleaning\r\n\
         DESCRIPTION:Cell 303-555-0101\\, prefers texts\r\n{more}END:VEVENT\r\n"
    )
}

fn calendar(events: &[String]) -> String {
    format!("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events.concat())
}

fn import(practice: &Practice, text: &str, options: &[&str]) -> Ended {
    std::fs::write(practice.path("office.ics"), text).unwrap();
    practice.run(&[&["import", "office.ics"], options].concat())
}

/// Appointments by id: start, status, name, phone.
fn appointments(practice: &Practice) -> BTreeMap<String, (i64, String, String, String)> {
    let connection = practice.sql();
    let sql = "SELECT id, starts_unix, status, coalesce(first_name, '-') || ' ' || coalesce(last_name, '-'),
               coalesce(phone, '-') FROM appointments";
    let mut statement = connection.prepare(sql).unwrap();
    let row = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, (row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)));
    statement.query_map([], row).unwrap().map(Result::unwrap).collect()
}

fn ann(days: u64, status: &str) -> (i64, String, String, String) {
    (at(days).timestamp(), status.to_owned(), "Ann Lee".to_owned(), "303-555-0101".to_owned())
}

#[test]
fn a_calendar_file_comes_in_with_its_series_and_their_exceptions() {
    let practice = practice("");
    let fourth = at(9).with_timezone(&Utc).format("%Y%m%dT%H%M%SZ");
    let series = event("s", 2, "Ann Lee", &format!("RRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE:{fourth}\r\n"));
    let all_day = format!("BEGIN:VEVENT\r\nUID:d\r\nDTSTART;VALUE=DATE:{}\r\nEND:VEVENT\r\n", at(3).format("%Y%m%d"));
    let ended = import(
        &practice,
        &calendar(&[
            event("a", 3, "Ann Lee", ""),
            event("t", 4, "Ann Lee", "STATUS:TENTATIVE\r\n"),
            event("c", 5, "Ann Lee", "STATUS:CANCELLED\r\n"),
            series,
            all_day,
        ]),
        &[],
    );
    assert!(ended.err.contains("all-day event") && !ended.err.contains("Ann"), "{}", ended.err);
    let found = appointments(&practice);
    assert_eq!(found["a"], ann(3, "booked"));
    assert!(!found.contains_key("t") && !found.contains_key("d"), "{found:?}");
    let id = |days: u64| format!("s/{}", at(days).with_timezone(&Utc).format("%Y%m%dT%H%M%SZ"));
    let of_series: Vec<&String> = found.keys().filter(|id| id.starts_with("s/")).collect();
    assert_eq!(of_series, [&id(2), &id(16), &id(23)]);
    assert_eq!(found[&id(23)], ann(23, "booked"));
}

#[test]
fn events_that_are_free_declined_or_cancelled_by_their_title_are_not_texted() {
    let practice = practice("");
    let guest = "ATTENDEE;CN=Ann Lee;PARTSTAT=DECLINED:mailto:ann@example.com\r\n";
    let events = [
        event("free", 3, "Ann Lee", "TRANSP:TRANSPARENT\r\n"),
        event("busy", 3, "Ann Lee", "TRANSP:OPAQUE\r\nX-MICROSOFT-CDO-BUSYSTATUS:BUSY\r\n"),
        event("shown-free", 3, "Ann Lee", "X-MICROSOFT-CDO-BUSYSTATUS:FREE\r\n"),
        event("declined", 3, "Ann Lee", guest),
        event("titled", 3, "Canceled: Ann Lee", ""),
    ];
    import(&practice, &calendar(&events), &[]);
    let booked = appointments(&practice).into_iter().filter(|(_, row)| row.1 == "booked").map(|(id, _)| id);
    assert_eq!(booked.collect::<Vec<_>>(), ["busy"]);
}

#[test]
fn an_unknown_time_zone_is_refused_and_never_taken_for_another() {
    let practice = practice("");
    let lost = event("a", 3, "Ann Lee", "").replace("TZID=America/Denver", "TZID=Office");
    let ended = import(&practice, &calendar(&[lost, event("b", 4, "Ann Lee", "")]), &[]);
    assert_eq!(ended.code, 1);
    assert!(ended.err.contains("Office"), "{}", ended.err);
    assert_eq!(appointments(&practice).into_keys().collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_series_that_becomes_unreadable_keeps_its_appointments_and_gets_no_texts() {
    let practice = practice("missing = \"cancel\"\ncovers = \"60 days\"\nmax_missing = \"100%\"");
    let bystander = event("b", 4, "Ann Lee", "");
    let series = |rule: &str| event("s", 2, "Ann Lee", &format!("RRULE:{rule}\r\n"));
    import(&practice, &calendar(&[series("FREQ=WEEKLY;COUNT=3"), bystander.clone()]), &[]).good();
    assert_eq!(appointments(&practice).len(), 4);
    import(&practice, &calendar(&[series("FREQ=HOURLY;COUNT=3"), bystander.clone()]), &[]);
    let found = appointments(&practice);
    assert!(found.values().all(|row| row.1 == "booked"), "{found:?}");
    let held = "SELECT count(*) FROM bad_rows WHERE appointment_id LIKE 's/%'";
    assert_eq!((practice.number(held), practice.number("SELECT count(*) FROM bad_rows")), (3, 3));
    // A series that is deleted is cancelled.
    import(&practice, &calendar(&[bystander]), &[]);
    let found = appointments(&practice);
    assert_eq!(found.values().filter(|row| row.1 == "cancelled").count(), 3, "{found:?}");
    assert_eq!(found["b"], ann(4, "booked"));
}

#[test]
fn a_calendar_that_is_cut_off_changes_nothing() {
    let practice = practice("missing = \"cancel\"\nmax_missing = \"100%\"");
    let whole = calendar(&[event("a", 3, "Ann Lee", ""), event("b", 4, "Ann Lee", "")]);
    import(&practice, &whole, &[]).good();
    let before = appointments(&practice);
    for cut in [whole.len() - 10, whole.len() / 2, 40] {
        let ended = import(&practice, &whole[..cut], &[]);
        assert_eq!(ended.code, 1, "{cut}: {}{}", ended.out, ended.err);
        assert_eq!(appointments(&practice), before, "{cut}");
    }
}

/// A server that answers with the calendar, or that nothing has changed. Returns its address and the requests.
fn serve(text: Arc<Mutex<String>>) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/private/s3cret/office.ics", listener.local_addr().unwrap());
    let heard = Arc::new(Mutex::new(Vec::new()));
    let requests = heard.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = Vec::new();
            let mut byte = [0];
            while !request.ends_with(b"\r\n\r\n") && stream.read(&mut byte).unwrap_or(0) > 0 {
                request.push(byte[0]);
            }
            requests.lock().unwrap().push(String::from_utf8_lossy(&request).into_owned());
            let body = text.lock().unwrap().clone();
            let status = if body.is_empty() { "404 Not Found" } else { "200 OK" };
            let _ = write!(
                stream,
                "HTTP/1.1 {status}\r\nETag: \"1\"\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
                body.len()
            );
        }
    });
    (url, heard)
}

#[test]
fn an_address_is_the_complete_list_and_is_never_logged() {
    let text = Arc::new(Mutex::new(calendar(&[event("a", 3, "Ann Lee", ""), event("b", 4, "Ann Lee", "")])));
    let (url, requests) = serve(text.clone());
    let practice = practice(&format!("url = \"{url}\""));
    let pull = || {
        let ended = practice.run(&["feed", "pull", "calendar"]);
        assert!(!ended.out.contains("s3cret") && !ended.err.contains("s3cret"), "{}{}", ended.out, ended.err);
        ended
    };
    pull().good();
    assert_eq!(appointments(&practice).len(), 2);
    *text.lock().unwrap() = calendar(&[event("b", 5, "Ann Lee", "")]);
    pull().good();
    let found = appointments(&practice);
    assert_eq!((found["a"].clone(), found["b"].clone()), (ann(3, "cancelled"), ann(5, "booked")));
    // No answer changes nothing.
    text.lock().unwrap().clear();
    let ended = pull();
    assert!(ended.code == 1 && ended.err.contains("status 404"), "{}", ended.err);
    assert_eq!(appointments(&practice), found);
    assert!(requests.lock().unwrap().iter().all(|request| request.contains("GET /private/s3cret/office.ics")));
}
