//! Columns that look like something else: dates of bookings, flags, numbers of parents, blank consents. Each is asked
//! about or read for what it is.

use leadtime::config::values::zones::Zones;
use leadtime::domain::appointment::{Consent, Status};
use leadtime::feeds::formats::delimited::Options;
use leadtime::feeds::mapping::{MappedAppointment, MappedRow, Outcome};
use leadtime::feeds::suggest::{Answers, Request, Suggestion, suggest};

use crate::judge::{context, feed_of, map};

pub(crate) fn suggested(text: &str, answers: &[(&str, &str)]) -> Suggestion {
    let zones = Zones::of_this_machine();
    let answers: Answers = answers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let request =
        Request { name: "desk", answers: &answers, options: Options::default(), presets: true, unmasked: false };
    suggest(|| Ok(text.as_bytes()), &request, &context(&zones)).unwrap()
}

/// The appointments of the file, with the block as suggested after these answers. No question may be open.
pub(crate) fn appointments(text: &str, answers: &[(&str, &str)]) -> Vec<MappedAppointment> {
    let zones = Zones::of_this_machine();
    let suggestion = suggested(text, answers);
    assert_eq!(suggestion.questions, [], "{}", suggestion.block);
    let one = |row: MappedRow| match row.outcome {
        Outcome::Appointment(appointment) => Some(*appointment),
        _ => None,
    };
    let rows = map(text.as_bytes(), &feed_of(&suggestion.block, &zones).unwrap(), &zones).unwrap().2;
    rows.into_iter().filter_map(one).collect()
}

pub(crate) fn question(text: &str, answers: &[(&str, &str)], key: &str) -> Vec<String> {
    let asked = suggested(text, answers).questions.into_iter().find(|question| question.key == key);
    asked.map(|asked| asked.choices.into_iter().map(|(choice, _)| choice).collect()).unwrap_or_default()
}

fn days(text: &str, answers: &[(&str, &str)]) -> Vec<String> {
    appointments(text, answers).iter().map(|one| one.starts_at.format("%m-%d %H:%M").to_string()).collect()
}

fn phones(text: &str, answers: &[(&str, &str)]) -> Vec<Option<String>> {
    appointments(text, answers).into_iter().map(|one| one.phone.0).collect()
}

/// The texts of these files are of March 2026; bookings were made in the months before.
const BOOKED: &str = "apptid,apptdate,apptstarttime,apptscheduleddate,patient lastname,patient firstname,patient mobile no\n\
    71001,03/20/2026,10:00 AM,12/11/2025,Lee,Ana,303-555-0101\n71002,03/21/2026,11:00 AM,01/12/2026,Ray,Bo,303-555-0102\n\
    71003,03/22/2026,09:30 AM,01/13/2026,Fox,Cy,303-555-0103\n71004,03/23/2026,09:00 AM,02/14/2026,Kim,Di,303-555-0104\n";

#[test]
fn a_date_of_booking_is_never_the_start_unasked() {
    assert_eq!(question(BOOKED, &[], "column:starts_at"), ["apptdate", "apptscheduleddate", "none"]);
    let chosen = [("column:starts_at", "apptdate")];
    assert_eq!(days(BOOKED, &chosen), ["03-20 10:00", "03-21 11:00", "03-22 09:30", "03-23 09:00"]);
    // The header alone decides for the appointment's start, but its dates are over and another column's are to come.
    let named = BOOKED.replace("apptdate", "Day of visit note").replace("apptscheduleddate", "Appointment Date");
    assert!(!question(&named, &[], "column:starts_at").is_empty());
}

#[test]
fn flags_for_visits_that_are_over_or_off_are_read() {
    let text = "appt_id,appt_date,begintime,last_name,first_name,cell_phone,expired_ind,cancel_ind,resched_ind,appt_kept_ind,appt_is_break\n\
        71001,20260320,0930,Lee,Ana,303-555-0101,N,N,N,N,N\n71002,20260320,1030,Ray,Bo,303-555-0102,Y,N,N,N,N\n\
        71003,20260320,1130,Fox,Cy,303-555-0103,N,N,Y,N,N\n71004,20260320,1330,Kim,Di,303-555-0104,N,N,N,Y,N\n\
        71005,20260320,1430,Ito,Eva,303-555-0105,N,Y,N,N,N\n71006,20260320,1530,Jay,Flo,303-555-0106,N,N,N,N,Y\n";
    let live: Vec<String> =
        appointments(text, &[]).iter().filter(|one| one.status == Status::Booked).map(|one| one.id.clone()).collect();
    assert_eq!(live, ["71001"]);
}

#[test]
fn a_flag_with_other_words_is_still_one() {
    for header in
        ["Rescheduled (Y/N)", "Rescheduled by Office", "Has Been Rescheduled", "Class Moved", "Cancelled by Text"]
    {
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,{header}\n71001,2026-03-20 15:00,Ana,Lee,303-555-0101,Y\n\
             71002,2026-03-21 15:00,Bo,Ray,303-555-0102,N\n71003,2026-03-22 15:00,Cy,Fox,303-555-0103,N\n"
        );
        let found = appointments(&text, &[]);
        let cancelled: Vec<&str> =
            found.iter().filter(|one| one.status == Status::Cancelled).map(|one| one.id.as_str()).collect();
        assert_eq!(cancelled, ["71001"], "{header}");
    }
}

#[test]
fn flags_about_something_else_say_nothing_about_the_visit() {
    for header in [
        "Insurance Expired",
        "Forms Completed",
        "Block SMS",
        "Survey completed",
        "Balance seen",
        "Auth expired",
        "Insurance Cancelled",
    ] {
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,{header}\n71001,2026-03-20 15:00,Ana,Lee,303-555-0101,Y\n\
             71002,2026-03-21 15:00,Bo,Ray,303-555-0102,N\n71003,2026-03-22 15:00,Cy,Fox,303-555-0103,N\n"
        );
        let block = suggested(&text, &[]).block;
        assert!(!block.contains("[feed.status]"), "{header}: {block}");
    }
}

#[test]
fn a_flag_on_most_rows_is_asked_about() {
    let row = |n: u32, kept: &str| format!("7100{n},2026-03-2{n} 15:00,Ana,Lee{n},303-555-010{n},{kept}\n");
    let rows: String = (1..7).map(|n| row(n, if n == 6 { "N" } else { "Y" })).collect();
    let text = format!("Appt ID,Start,First Name,Last Name,Mobile,appt_kept_ind\n{rows}");
    assert_eq!(question(&text, &[], "flag:appt kept ind"), ["yes", "no"]);
    let booked = |answer| {
        let found = appointments(&text, &[("flag:appt kept ind", answer)]);
        found.iter().filter(|one| one.status == Status::Booked).count()
    };
    assert_eq!((booked("no"), booked("yes")), (6, 1));
}

#[test]
fn a_blank_that_nobody_explained_counts_as_no() {
    let text = "Appt ID,Start,First Name,Last Name,Mobile,Consent to text\n71001,2026-03-20 15:00,Ana,Lee,303-555-0101,Y\n\
        71002,2026-03-21 15:00,Bo,Ray,303-555-0102,\n";
    let zones = Zones::of_this_machine();
    let block = suggested(text, &[]).block;
    let rows = map(text.as_bytes(), &feed_of(&block, &zones).unwrap(), &zones).unwrap().2;
    let said: Vec<Option<Consent>> = rows
        .into_iter()
        .filter_map(|row| match row.outcome {
            Outcome::Appointment(one) => Some(one.consent),
            _ => None,
        })
        .collect();
    assert_eq!(said, [Some(Consent::Yes), Some(Consent::No)], "{block}");
}

#[test]
fn a_blank_consent_beside_a_yes_is_asked_about() {
    let text = |yes: &str, no: &str| {
        format!(
            "Appt ID,Start,First Name,Last Name,Mobile,Consent to text\n71001,2026-03-20 15:00,Ana,Lee,303-555-0101,{yes}\n\
             71002,2026-03-21 15:00,Bo,Ray,303-555-0102,{no}\n71003,2026-03-22 15:00,Cy,Fox,303-555-0103,\n"
        )
    };
    for (yes, no) in [("Y", "N"), ("Oui", "Non"), ("x", "x")] {
        assert_eq!(question(&text(yes, no), &[("consent:oui", "yes")], "consent:"), ["yes", "no", "unknown"], "{yes}");
    }
    let said = |blank| appointments(&text("Y", "N"), &[("consent:", blank)])[2].consent;
    assert_eq!((said("no"), said("unknown")), (Some(Consent::No), None));
}

#[test]
fn a_parents_number_is_texted_only_if_somebody_says_so() {
    let text = "Appt ID,Start,First Name,Last Name,Cell Phone,Guarantor Phone\n71001,2026-03-20 15:00,Ana,Lee,303-555-0101,720-555-0121\n\
        71002,2026-03-21 15:00,Bo,Ray,,720-555-0122\n71003,2026-03-22 15:00,Cy,Fox,303-555-0103,\n";
    assert_eq!(question(text, &[], "guardian"), ["Guarantor Phone", "only Guarantor Phone", "none"]);
    let of = |text: &str| Some(text.to_owned());
    let yes = phones(text, &[("guardian", "Guarantor Phone")]);
    assert_eq!(yes, [of("303-555-0101"), of("720-555-0122"), of("303-555-0103")]);
    assert_eq!(phones(text, &[("guardian", "none")]), [of("303-555-0101"), None, of("303-555-0103")]);
    // Nobody needs it.
    let filled = text.replace("Ray,,", "Ray,303-555-0102,");
    assert_eq!(question(&filled, &[], "guardian"), [""; 0]);
}

#[test]
fn mostly_numbers_beside_a_few_dates_are_asked_about() {
    // 46101 is March 20, 2026; 0.604166667 is 2:30 PM.
    let text = "Appt ID,Appt Date,Time,First Name,Last Name,Cell\n71001,46101,0.395833333,Ana,Lee,303-555-0101\n\
        71002,46102,0.604166667,Bo,Ray,303-555-0102\n71003,46103,0.375,Cy,Fox,303-555-0103\n\
        71004,3/23/26,10:00 AM,Di,Kim,303-555-0104\n";
    let asked = suggested(text, &[("column:starts_at", "Appt Date")]);
    let keys: Vec<&str> = asked.questions.iter().map(|question| question.key.as_str()).collect();
    assert_eq!(keys, ["dates"], "{}", asked.block);
    let answers = [("column:starts_at", "Appt Date"), ("dates", "serial")];
    assert_eq!(days(text, &answers), ["03-20 09:30", "03-21 14:30", "03-22 09:00", "03-23 10:00"]);
}

#[test]
fn a_column_of_mobile_phones_in_another_language_is_found_or_offered() {
    let text = "No,Prénom,Nom,Cellulaire,Tél. maison,Date du RV,Heure\n71001,Ana,Lee,303-555-0101,720-555-0121,2026-03-20,9 h 30\n\
        71002,Bo,Ray,303-555-0102 (père),720-555-0122,2026-03-21,14 h\n";
    assert_eq!(days(text, &[]), ["03-20 09:30", "03-21 14:00"]);
    assert_eq!(phones(text, &[])[1].as_deref(), Some("303-555-0102"));
    let unknown = text.replace("Cellulaire", "Ringding");
    assert!(question(&unknown, &[], "column:phone").contains(&"Ringding".to_owned()));
}

#[test]
fn a_language_word_may_say_nothing() {
    let text = "Appt ID,Start,First Name,Last Name,Mobile,Language\n71001,2026-03-20 15:00,Ana,Lee,303-555-0101,eng\n\
        71002,2026-03-21 15:00,Bo,Ray,303-555-0102,zz top\n";
    assert_eq!(question(text, &[], "language:zz top"), ["en", "es", "fr", "und"]);
    assert_eq!(appointments(text, &[("language:zz top", "und")])[1].language, None);
}

#[test]
fn a_date_only_in_the_first_row_of_a_day_is_carried_down_if_somebody_says_so() {
    let text = "Appt ID,Date,Time,First Name,Last Name,Cell\n71001,03/20/2026,9:00 AM,Ana,Lee,303-555-0101\n\
        71002,,10:00 AM,Bo,Ray,303-555-0102\n71003,,2:00 PM,Cy,Fox,303-555-0103\n71004,03/23/2026,9:00 AM,Di,Kim,303-555-0104\n\
        71005,,11:00 AM,Eva,Ito,303-555-0105\n";
    assert_eq!(question(text, &[], "fill"), ["yes", "no"]);
    let said = [("fill", "yes")];
    assert_eq!(days(text, &said), ["03-20 09:00", "03-20 10:00", "03-20 14:00", "03-23 09:00", "03-23 11:00"]);
    assert_eq!(days(text, &[("fill", "no")]), ["03-20 09:00", "03-23 09:00"], "the others are refused");
    // The broken row has the next day's date: those below it are never on the day before.
    let broken = text.replace("71004,03/23/2026,9:00 AM", "71004,03/23/2026,\"9:00\" AM");
    assert_eq!(days(&broken, &said), ["03-20 09:00", "03-20 10:00", "03-20 14:00"]);
}

#[test]
fn a_calendars_title_may_say_that_a_visit_is_off() {
    let text = "Appt ID,Start,Patient,Cell\n71001,2026-03-20 15:00,Ana Lee,303-555-0101\n\
        71002,2026-03-21 15:00,CANCELLED: Bo Ray,303-555-0102\n71003,2026-03-22 15:00,Master Cy Fox,303-555-0103\n";
    let found = appointments(text, &[]);
    let of = |at: usize| (found[at].status, found[at].first_name.0.as_deref(), found[at].last_name.0.as_deref());
    assert_eq!(of(0), (Status::Booked, Some("Ana"), Some("Lee")));
    assert_eq!(of(1), (Status::Cancelled, Some("Bo"), Some("Ray")));
    assert_eq!(of(2), (Status::Booked, Some("Cy"), Some("Fox")));
}

#[test]
fn a_german_list_is_read() {
    let text = "Termin-Nr.;Datum;Uhrzeit;Name;Vorname;geb. am;Mobil;vereinbart am;Status\n\
        71001;Mo 23.03.2026;15:40 Uhr;Lee;Ana;04.05.1980;303-555-0101;02.01.2026;bestätigt\n\
        71002;Do 26.03.2026;9:00 Uhr;Ray;Bo;14.05.1990;303-555-0102 (Mutter);03.01.2026;abgesagt\n";
    assert_eq!(days(text, &[]), ["03-23 15:40", "03-26 09:00"]);
    let found = appointments(text, &[]);
    assert_eq!(found[1].status, Status::Cancelled);
    assert_eq!((found[0].first_name.0.as_deref(), found[0].last_name.0.as_deref()), (Some("Ana"), Some("Lee")));
    assert_eq!((found[0].id.as_str(), found[1].phone.0.as_deref()), ("71001", Some("303-555-0102")));
}

#[test]
fn a_word_beside_the_status_may_say_nothing() {
    let row = |n: u32, status: &str, beside: &str| {
        format!("7100{n},2026-03-2{n} 15:00,Ana,Lee,303-555-010{n},{status},{beside}\n")
    };
    let text = format!(
        "Appt ID,Start,First Name,Last Name,Mobile,Status,Confirmed\n{}{}{}",
        row(1, "Scheduled", "Texted"),
        row(2, "Scheduled", "Yes"),
        row(3, "Cancelled", "")
    );
    let key = "status in confirmed:texted";
    assert_eq!(question(&text, &[], key)[0], "nothing");
    let said: Vec<Status> = appointments(&text, &[(key, "nothing")]).iter().map(|one| one.status).collect();
    assert_eq!(said, [Status::Booked, Status::Confirmed, Status::Cancelled]);
}

#[test]
fn a_blank_is_asked_about_beside_a_word_that_the_office_says_agrees() {
    let text = "Appt ID,Date,Time,Patient,Cell,Text Notifications\n\
        71001,03/20/2026,10:00 AM,Ana Lee,303-555-0101,Subscribed\n71002,03/21/2026,11:00 AM,Bo Ray,303-555-0102,\n\
        71003,03/22/2026,9:00 AM,Cy Fox,303-555-0103,Unsubscribed\n";
    assert_eq!(question(text, &[], "consent:"), ["yes", "no", "unknown"]);
    let found = appointments(text, &[("consent:subscribed", "yes"), ("consent:", "no")]);
    let consents: Vec<Option<Consent>> = found.iter().map(|one| one.consent).collect();
    assert_eq!(consents, [Some(Consent::Yes), Some(Consent::No), Some(Consent::No)]);
    // Where every other word refuses, a blank says nothing.
    let refusals = text.replace("Subscribed", "Unsubscribed");
    assert_eq!(question(&refusals, &[], "consent:"), Vec::<String>::new());
}

#[test]
fn consent_in_another_language_is_not_overlooked() {
    let text = |header: &str| {
        format!(
            "Folio,Fecha,Hora,Paciente,Celular,{header}\n71001,20/03/2026,04:30 p. m.,Ana Lee,303-555-0101,Sí\n\
             71002,21/03/2026,11:00 a. m.,Bo Ray,303-555-0102,No\n71003,22/03/2026,09:00 a. m.,Cy Fox,303-555-0103,Sí\n"
        )
    };
    let found = appointments(&text("Acepta mensajes"), &[("column:id", "Folio")]);
    let consents: Vec<Option<Consent>> = found.iter().map(|one| one.consent).collect();
    assert_eq!(consents, [Some(Consent::Yes), Some(Consent::No), Some(Consent::Yes)]);
    // A header in words that are not known.
    assert_eq!(question(&text("Zgoda na wiadomości"), &[], "column:consent"), ["Zgoda na wiadomości", "none"]);
    assert_eq!(question(&text("Paciente nuevo"), &[], "column:consent"), Vec::<String>::new());
}

#[test]
fn the_type_of_a_number_may_be_in_a_column_named_like_it() {
    let text = "id,start,first name,last name,phones.0.number,phones.0.type,phones.1.number,phones.1.type\n\
        a71001,2026-03-20T10:00,Ana,Lee,3035550101,MOBILE,3035550201,HOME\n\
        a71002,2026-03-21T11:00,Bo,Ray,3035550202,HOME,3035550102,MOBILE\n\
        a71003,2026-03-22T09:00,Cy,Fox,3035550203,HOME,,\n";
    let found = phones(text, &[("column:starts_at", "start")]);
    let found: Vec<&str> = found.iter().map(|phone| phone.as_deref().unwrap_or_default()).collect();
    assert_eq!(found[..2], ["3035550101", "3035550102"]);
    assert!(found[2].contains("HOME"), "{found:?}");
}

/// A list typed by hand.
const TYPED: &str = "Date,Time,Patient,Cell\n03/20/2026,9:30 AM,Ana Lee,303-555-0101\nWEEK OF 3/22,,,\n\
    03/21/2026,9:30 AM,Ivy Lee,303-555-0109\n03/22/2026,9:30 AM,Jo Lee,303-555-0110\n\
    Mon 3/23,10:00am,Bo Ray,303-555-0102\nMar 24,1:00,Cy Fox,303-555-0103\n3/25/26,2:15,Di Kim,303-555-0104\n\
    1/18,3:00pm,Ed Orr,303-555-0105\nWed 3/24,8:00 AM,Flo Poe,303-555-0106\n3/27/20,9:15,Gus Roe,303-555-0107\n\
    2/26,11:15 AM,Hal Sun,303-555-0108\n";

#[test]
fn dates_without_a_year_are_asked_about() {
    let chosen = [("column:starts_at", "Date")];
    assert_eq!(question(TYPED, &chosen, "years"), ["next", "none"]);
    assert_eq!(question(TYPED, &chosen, "times"), ["office-hours", "24-hour"]);
    let answers = [("column:starts_at", "Date"), ("years", "next"), ("times", "office-hours")];
    let found = appointments(TYPED, &answers);
    let starts: Vec<String> = found.iter().map(|one| one.starts_at.format("%Y-%m-%d %H:%M").to_string()).collect();
    // March 24 is a Tuesday, and 2020 may be a part of 2026: these two are left out. The file is of March 10, 2026.
    let want = [
        "2026-03-20 09:30",
        "2026-03-21 09:30",
        "2026-03-22 09:30",
        "2026-03-23 10:00",
        "2026-03-24 13:00",
        "2026-03-25 14:15",
        "2026-01-18 15:00",
        "2026-02-26 11:15",
    ];
    assert_eq!(starts, want);
    let left_out = appointments(TYPED, &[("column:starts_at", "Date"), ("years", "none"), ("times", "office-hours")]);
    assert_eq!(left_out.len(), 4);
}

#[test]
fn a_column_of_dates_without_years_is_asked_about() {
    let text = "Date,Time,Patient,Cell\n3/12,10:00 AM,Ana Lee,303-555-0101\n3/11,11:00 AM,Bo Ray,303-555-0102\n\
        4/5,9:00 AM,Cy Fox,303-555-0103\n2/30,9:00 AM,Di Kim,303-555-0104\n12/25,9:00 AM,Ed Orr,303-555-0105\n";
    let answers = [("years", "next")];
    assert_eq!(question(text, &[], "years"), ["next", "none"]);
    // December 25 settles the order.
    let open = text.replace("12/25", "12/5");
    assert_eq!(question(&open, &answers, "dates"), ["month-first", "day-first"]);
    // December 25 is more than 60 days ago, and more than nine months ahead.
    assert_eq!(days(text, &answers), ["03-12 10:00", "03-11 11:00", "04-05 09:00"]);
}

#[test]
fn the_only_time_by_its_header_may_be_the_end() {
    let text = "MRN,Tx Date,On Time,Off Time,Pt Last,Pt First,Cell\n1,20260312,0645,1045,Lee,Ana,303-555-0101\n\
        2,20260313,1100,1500,Ray,Bo,303-555-0102\n";
    let offered = question(text, &[("column:starts_at", "Tx Date")], "column:time");
    assert!(offered.contains(&"On Time".to_owned()) && offered.contains(&"Off Time".to_owned()), "{offered:?}");
}

#[test]
fn an_hour_that_may_be_in_the_evening_is_left_out() {
    let text = "Date,Time,Patient,Cell\n03/12/2026,10:00,Ana Lee,303-555-0101\n03/12/2026,2:00,Bo Ray,303-555-0102\n\
        03/12/2026,7:00,Cy Fox,303-555-0103\n03/12/2026,7:30 PM,Di Kim,303-555-0104\n03/13/2026,9:00 AM,Ed Orr,303-555-0105\n";
    assert_eq!(days(text, &[("times", "office-hours")]), ["03-12 14:00", "03-12 19:30", "03-13 09:00"]);
}

#[test]
fn the_kind_of_the_number_may_be_named_shortly() {
    let text = "id,startAt,patientName,patientPhone,phoneKind,storePhone\nevt71001,2026-03-20T10:00,Ana Lee,3035550101,mobile,7755550100\n\
        evt71002,2026-03-21T11:00,Bo Ray,3035550202,home,7755550100\n";
    let found = phones(text, &[("column:phone", "patientPhone"), ("column:starts_at", "startAt")]);
    assert_eq!(found[0].as_deref(), Some("3035550101"));
    assert!(found[1].as_deref().is_some_and(|number| number.contains("home")), "{found:?}");
}
