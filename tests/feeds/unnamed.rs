//! Files without a line of column names, and phone numbers inside a text.

use leadtime::domain::appointment::{Consent, Status};

use crate::decoys::{appointments, question, suggested};
use crate::judge::{feed_of, map};

/// Chart, appointment, last and first name, birth date, home and mobile phone, day, time, agrees to texts, status.
const UPLOAD: &str = "\"4411\",\"71001\",\"LEE\",\"ANA\",\"07/08/1953\",\"3035550201\",\"3035550101\",\"03/20/2026\",\"0945\",\"Y\",\"S\"\n\
    \"4412\",\"71002\",\"RAY\",\"BO\",\"02/16/1967\",\"3035550202\",\"3035550102\",\"03/21/2026\",\"1430\",\"N\",\"S\"\n\
    \"4411\",\"71003\",\"LEE\",\"ANA\",\"07/08/1953\",\"3035550201\",\"3035550101\",\"03/22/2026\",\"1000\",\"Y\",\"X\"\n\
    \"4414\",\"71004\",\"KIM\",\"DI\",\"09/03/1986\",\"no texts please\",\"3035550104\",\"03/23/2026\",\"1115\",\"Y\",\"S\"\n\
    \"4415\",\"71005\",\"FOX\",\"CY\",\"10/13/1990\",\"3035550205\",\"3035550105\",\"03/24/2026\",\"0830\",\"Y\",\"S\"\n";

const ANSWERS: [(&str, &str); 12] = [
    ("column:starts_at", "column 8"),
    ("column:id", "column 2"),
    ("column:name", "column 3"),
    ("column:first_name", "column 4"),
    ("column:phone", "column 7"),
    ("column:time", "column 9"),
    ("column:consent", "column 10"),
    ("column:status", "column 11"),
    ("consent:y", "yes"),
    ("consent:n", "no"),
    ("status:s", "booked"),
    ("status:x", "cancelled"),
];

#[test]
fn a_file_that_begins_with_the_first_appointment_is_asked_about() {
    let keys: Vec<String> = suggested(UPLOAD, &[]).questions.into_iter().map(|question| question.key).collect();
    for key in ["column:starts_at", "column:id", "column:name", "column:phone", "column:consent", "column:status"] {
        assert!(keys.iter().any(|asked| asked == key), "{key}: {keys:?}");
    }
    // The number of the chart is the same for two visits.
    assert_eq!(question(UPLOAD, &[], "column:id"), ["column 2", "column 9", "none"]);
    assert_eq!(question(UPLOAD, &[], "column:name"), ["column 3", "column 4", "none"]);
    assert_eq!(question(UPLOAD, &[], "column:consent"), ["column 10", "column 11", "none"]);
    let found = appointments(UPLOAD, &ANSWERS);
    let starts: Vec<String> = found.iter().map(|one| one.starts_at.format("%m-%d %H:%M").to_string()).collect();
    assert_eq!(starts, ["03-20 09:45", "03-21 14:30", "03-22 10:00", "03-23 11:15", "03-24 08:30"]);
    assert_eq!(found[0].id, "71001");
    assert_eq!((found[0].first_name.0.as_deref(), found[0].last_name.0.as_deref()), (Some("ANA"), Some("LEE")));
    assert_eq!(found[0].phone.0.as_deref(), Some("3035550101"));
    assert_eq!(found[2].status, Status::Cancelled);
    // A refusal counts in whatever column it is.
    let consents: Vec<Option<Consent>> = found.iter().map(|one| one.consent).collect();
    let [yes, no] = [Some(Consent::Yes), Some(Consent::No)];
    assert_eq!(consents, [yes, no, yes, no, yes]);
}

#[test]
fn the_block_is_toml_while_questions_are_open() {
    let block = suggested(UPLOAD, &[]).block;
    let table: toml::Table = toml::from_str(&block).unwrap_or_else(|error| panic!("{error}: {block}"));
    assert_eq!(table["feed"][0]["header"].as_integer(), Some(0));
    assert_eq!(table["feed"][0]["width"].as_integer(), Some(11));
    assert_eq!(table["feed"][0]["columns"]["id"].as_str(), Some("?"));
}

#[test]
fn a_file_of_another_width_is_refused() {
    let zones = leadtime::config::values::zones::Zones::of_this_machine();
    let feed = feed_of(&suggested(UPLOAD, &ANSWERS).block, &zones).unwrap();
    let wider = UPLOAD.replace("\"07/08/1953\"", "\"F\",\"07/08/1953\"").replace("\"02/16", "\"M\",\"02/16");
    let wider = wider.replace("\"09/03", "\"F\",\"09/03").replace("\"10/13", "\"M\",\"10/13");
    let refused = map(wider.as_bytes(), &feed, &zones).unwrap_err().to_string();
    assert!(refused.contains("12 columns instead of 11"), "{refused}");
    // A single row of another width is broken; the others are read.
    let torn = UPLOAD.replace("\"RAY\",", "");
    assert_eq!(map(torn.as_bytes(), &feed, &zones).unwrap().2.len(), 5);
}

const CALENDAR: &str = "Subject,Start Date,Start Time,Description\n\
    Ana Lee,03/20/2026,10:00 AM,\"Cell: (303) 555-0101\nprenatal\ngate code 4471#\"\n\
    Bo Ray,03/21/2026,11:00 AM,\"home 303-555-0202, cell 303-555-0102\"\n\
    Cy Fox,03/22/2026,9:00 AM,\"303-555-0103 or 303-555-0203\"\n\
    Di Kim,03/23/2026,9:30 AM,no phone\n";

#[test]
fn a_phone_number_inside_a_text_is_read_if_the_office_says_so() {
    assert_eq!(question(CALENDAR, &[], "column:phone"), ["Description", "none"]);
    let found = appointments(CALENDAR, &[("column:phone", "Description"), ("column:name", "Subject")]);
    let phones: Vec<Option<&str>> = found.iter().map(|one| one.phone.0.as_deref()).collect();
    assert_eq!(phones, [Some("(303) 555-0101"), Some("303-555-0102"), None, None]);
}

#[test]
fn any_column_of_a_few_words_may_say_who_agrees_to_texts() {
    let text = UPLOAD.replace("\"Y\"", "\"IN\"").replace("\"N\"", "\"OUT\"");
    assert_eq!(question(&text, &[], "column:consent"), ["column 10", "column 11", "none"]);
    let answers = ANSWERS.map(|(key, answer)| match key {
        "consent:y" => ("consent:in", answer),
        "consent:n" => ("consent:out", answer),
        key => (key, answer),
    });
    let consents: Vec<Option<Consent>> = appointments(&text, &answers).iter().map(|one| one.consent).collect();
    assert_eq!(consents[..3], [Some(Consent::Yes), Some(Consent::No), Some(Consent::Yes)]);
}

/// The office names nothing; each of these was taken for something else once.
#[test]
fn nothing_is_taken_unasked_where_several_columns_fit() {
    let rows = |make: &dyn Fn(u32) -> String| (1..=6).map(make).collect::<String>();
    let keys = |text: &str| suggested(text, &[]).questions.into_iter().map(|one| one.key).collect::<Vec<_>>();
    // The time of the booking beside the visit's.
    let two = rows(&|n| format!("LEE{n},ANA,303555010{n},03/2{n}/2026,093{n},9:41 AM,S\n"));
    assert_eq!(question(&two, &[("column:starts_at", "column 4")], "column:time"), ["column 5", "column 6"]);
    // A date of expiry beside visits that are mostly over.
    let expiry = rows(&|n| format!("LEE{n},ANA,303555010{n},03/0{n}/2026,9:30 AM,12/3{}/2027,S\n", n % 2));
    assert_eq!(question(&expiry, &[], "column:starts_at"), ["column 4", "column 6", "none"]);
    // Somebody else's number, where some patients have none.
    let others = rows(&|n| {
        format!("LEE{n},ANA,{},970555010{n},03/2{n}/2026,9:30 AM,S\n", if n < 4 { "3035550101" } else { "NONE" })
    });
    let offered = question(&others, &[], "column:phone");
    assert!(offered.contains(&"column 4".to_owned()) && offered.contains(&"none".to_owned()), "{offered:?}");
    // A status of another thing, and one word alone.
    let insured = rows(&|n| {
        format!("LEE{n},ANA,303555010{n},03/2{n}/2026,9:30 AM,{},S\n", if n < 4 { "Active" } else { "Cancelled" })
    });
    let offered = question(&insured, &[], "column:status");
    assert!(offered.contains(&"column 6".to_owned()) && offered.contains(&"column 7".to_owned()), "{offered:?}");
    // A lone refusal.
    let refusal =
        rows(&|n| format!("LEE{n},ANA,303555010{n},03/2{n}/2026,9:30 AM,booked,{}\n", if n == 3 { "DNT" } else { "" }));
    assert!(question(&refusal, &[], "column:consent").contains(&"column 7".to_owned()));
    assert!(keys(&refusal).contains(&"column:phone".to_owned()));
    // A row of words is no header below rows of data.
    let words = format!("{two}FOX,CY,,,,booked,S\n");
    assert!(suggested(&words, &[]).block.contains("header = 0"));
}
