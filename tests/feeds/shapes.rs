//! Layouts of practice software reports: what `feed suggest` understands of each by itself, and what it asks.

use chrono::{DateTime, FixedOffset};
use leadtime::config::values::zones::Zones;
use leadtime::domain::appointment::{Consent, Status};
use leadtime::feeds::formats::delimited::Options;
use leadtime::feeds::mapping::{MappedAppointment, MappedRow, Outcome};
use leadtime::feeds::suggest::{Answers, Request, Suggestion, suggest};

use crate::judge::{context, feed_of, map};

fn suggested(text: &str, answers: &[(&str, &str)]) -> Suggestion {
    let zones = Zones::of_this_machine();
    let answers: Answers = answers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let request =
        Request { name: "desk", answers: &answers, options: Options::default(), presets: true, unmasked: false };
    suggest(|| Ok(text.as_bytes()), &request, &context(&zones)).unwrap()
}

/// The rows of the file as read with the suggested block. No question may be open.
fn rows(text: &str, answers: &[(&str, &str)]) -> Vec<MappedRow> {
    let zones = Zones::of_this_machine();
    let suggestion = suggested(text, answers);
    assert_eq!(suggestion.questions, [], "{}", suggestion.block);
    map(text.as_bytes(), &feed_of(&suggestion.block, &zones).unwrap(), &zones).unwrap().2
}

fn appointments(text: &str, answers: &[(&str, &str)]) -> Vec<MappedAppointment> {
    let one = |row: MappedRow| match row.outcome {
        Outcome::Appointment(appointment) => Some(*appointment),
        _ => None,
    };
    rows(text, answers).into_iter().filter_map(one).collect()
}

fn starts(text: &str) -> Vec<DateTime<FixedOffset>> {
    appointments(text, &[]).iter().map(|appointment| appointment.starts_at).collect()
}

fn at(text: &str) -> DateTime<FixedOffset> {
    text.parse().unwrap()
}

#[test]
fn a_date_above_a_group_of_rows_applies_to_them() {
    let text = "Appointments by Date\n\nTime,Patient,Cell #,Len\n\"Tuesday, March 10, 2026\"\n10:20a,\"Lee, Ana\",303-555-0101,60\n\
        2:10p,\"Ray, Bo\",303-555-0102,30\n,Total appointments for day: 2\n\"Wednesday, March 11, 2026\"\n9:00a,\"Fox, Cy\",303-555-0103,60\n\
        *** END OF REPORT ***\n";
    assert_eq!(
        starts(text),
        [at("2026-03-10T10:20:00-06:00"), at("2026-03-10T14:10:00-06:00"), at("2026-03-11T09:00:00-06:00")]
    );
    assert_eq!(rows(text, &[]).len(), 3, "date lines, totals and the end marker are not rows");
}

#[test]
fn times_in_seconds_since_midnight_are_read() {
    let text = "INTERNALID,APPOINTMENTDATE,APPOINTMENTTIME,APPOINTMENTLENGTH,FIRSTNAME,SURNAME,MOBILEPHONE\n\
        96359,2026-03-10 00:00:00.000,30000,900,Ana,Lee,303-555-0101\n\
        25087,2026-03-11 00:00:00.000,58200,900,Bo,Ray,303-555-0102\n\
        25088,2026-03-12 00:00:00.000,53100,900,Cy,Fox,303-555-0103\n";
    assert_eq!(
        starts(text),
        [at("2026-03-10T08:20:00-06:00"), at("2026-03-11T16:10:00-06:00"), at("2026-03-12T14:45:00-06:00")]
    );
    assert!(appointments(text, &[]).iter().all(|one| one.ends_at.is_none()), "900 is not a number of minutes");
    // With one more digit it could mean either, so it is refused and never read as a different time.
    let mixed = text.replace("58200", "093000");
    let wrong = |one: &MappedAppointment| one.starts_at == at("2026-03-11T16:10:00-06:00");
    let suggestion = suggested(&mixed, &[]);
    assert!(
        !suggestion.block.contains("seconds") || !appointments(&mixed, &[]).iter().any(wrong),
        "{}",
        suggestion.block
    );
}

#[test]
fn the_mobile_number_is_picked_by_its_label() {
    let text = "Appt ID,Start,Client,Phone\n71001,2026-03-10 15:00,\"Lee, Ana\",(303) 555-0101 (m)\n\
        71002,2026-03-11 15:00,\"Ray, Bo\",\"Home: 303-555-0112, Mobile: 303-555-0102\"\n\
        71003,2026-03-12 15:00,\"Fox, Cy\",(303) 555-0113 (h) (303) 555-0103 (m)\n\
        71004,2026-03-13 15:00,\"Kim, Di\",(303) 555-0114 (h)\n";
    let phones: Vec<String> = appointments(text, &[]).into_iter().map(|one| one.phone.0.unwrap()).collect();
    assert_eq!(phones, ["(303) 555-0101", "303-555-0102", "(303) 555-0103", "(303) 555-0114 (h)"]);
    let three = "Appt ID,Start,Client,Phone 1,Phone 2\n71001,2026-03-10 15:00,\"Lee, Ana\",303-555-0111 (H),303-555-0101 (C)\n\
        71002,2026-03-11 15:00,\"Ray, Bo\",303-555-0102 (C),\n";
    let phones: Vec<String> = appointments(three, &[]).into_iter().map(|one| one.phone.0.unwrap()).collect();
    assert_eq!(phones, ["303-555-0101", "303-555-0102"]);
}

#[test]
fn a_column_about_consent_is_used_or_asked_about() {
    for header in [
        "CANTEXT",
        "Can Text",
        "SMS Reminders",
        "Text Msg",
        "SMS",
        "Texting",
        "Receive SMS",
        "Send SMS",
        "Text Reminders",
        "Text Notifications",
        "CONSENTSMSREMINDER",
        "OK to Text",
        "Receives Texts",
    ] {
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,{header}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Yes\n\
             71002,2026-03-11 15:00,Bo,Ray,303-555-0102,No\n"
        );
        let said: Vec<Option<Consent>> = appointments(&text, &[]).iter().map(|one| one.consent).collect();
        assert_eq!(said, [Some(Consent::Yes), Some(Consent::No)], "{header}");
    }
    for header in ["No Text", "No SMS", "Declined Texts", "Do Not Text", "Text Opt Out"] {
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,{header}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Yes\n\
             71002,2026-03-11 15:00,Bo,Ray,303-555-0102,No\n"
        );
        let said: Vec<Option<Consent>> = appointments(&text, &[]).iter().map(|one| one.consent).collect();
        assert_eq!(said, [Some(Consent::No), None], "{header}: yes means opted out, no means nothing");
    }
    for (header, yes, no) in [("Communication Consent", "Yes", "No"), ("Contact Preference", "Text", "Phone")] {
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,{header}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,{yes}\n\
             71002,2026-03-11 15:00,Bo,Ray,303-555-0102,{no}\n"
        );
        let asked = suggested(&text, &[]);
        assert!(asked.questions.iter().any(|question| question.key == "column:consent"), "{header}: {}", asked.block);
        assert!(asked.block.contains("consent = \"?\""), "{}", asked.block);
        assert!(
            feed_of(&asked.block, &Zones::of_this_machine()).is_err(),
            "a block with an unanswered question must not be accepted as a feed"
        );
    }
}

#[test]
fn cancel_flags_and_short_status_words_cancel() {
    let text = "Appt ID,Start,First Name,Last Name,Mobile,cancel_ind,delete_ind\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,N,N\n\
        71002,2026-03-11 15:00,Bo,Ray,303-555-0102,Y,N\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,N,Y\n";
    let statuses: Vec<Status> = appointments(text, &[]).iter().map(|one| one.status).collect();
    assert_eq!(statuses, [Status::Booked, Status::Cancelled, Status::Cancelled]);
    // The only column with a cancellation is the status, and its other words are asked about.
    let text = "Appt ID,Start,First Name,Last Name,Mobile,State\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,OK\n\
        71002,2026-03-11 15:00,Bo,Ray,303-555-0102,TENT\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,CNX\n";
    let asked: Vec<String> = suggested(text, &[]).questions.into_iter().map(|question| question.key).collect();
    assert_eq!(asked, ["status:ok", "status:tent"]);
}

#[test]
fn full_names_are_split_and_blocked_time_is_ignored() {
    let text = "Appt ID,Start,First Name,Last Name,Invitee Name,Mobile\n71001,2026-03-10 15:00,Ana,Lee,Ana Lee,303-555-0101\n\
        71002,2026-03-11 15:00,,,Bo M. Ray,303-555-0102\n71003,2026-03-12 15:00,,,.LUNCH,\n";
    let names: Vec<(String, String)> = appointments(text, &[])
        .into_iter()
        .map(|one| (one.first_name.0.unwrap_or_default(), one.last_name.0.unwrap_or_default()))
        .collect();
    assert_eq!(names, [("Ana".to_owned(), "Lee".to_owned()), ("Bo".to_owned(), "Ray".to_owned())]);
    let text = "Appt ID,Start,Contact First Name,Contact Last Name,Contact Phone\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101\n\
        71002,2026-03-11 15:00,Bo,Ray,303-555-0102\n";
    assert_eq!(appointments(text, &[])[1].last_name.0.as_deref(), Some("Ray"));
}

#[test]
fn a_start_without_a_time_is_left_undecided() {
    let text = "Appt ID,Appt Date,Slot,First Name,Last Name,Mobile\n71001,2026-03-10,A,Ana,Lee,303-555-0101\n\
        71002,2026-03-11,B,Bo,Ray,303-555-0102\n";
    let asked = suggested(text, &[]);
    assert!(asked.block.contains("starts_at = [\"Appt Date\", \"?\"]"), "{}", asked.block);
    assert!(feed_of(&asked.block, &Zones::of_this_machine()).is_err());
}

#[test]
fn appointment_numbers_are_not_read_as_dates_or_times() {
    for ids in [["1001", "1002"], ["110130", "110131"], ["46380", "46381"], ["20260310", "20260311"]] {
        let text = format!(
            "Appt,Date,Time,Patient,Cell\n{},03/13/2026,10:00 AM,\"Lee, Ana\",303-555-0101\n\
             {},03/14/2026,3:00 PM,\"Ray, Bo\",303-555-0102\n",
            ids[0], ids[1]
        );
        assert_eq!(starts(&text), [at("2026-03-13T10:00:00-06:00"), at("2026-03-14T15:00:00-06:00")], "{ids:?}");
    }
    let booked = "Appt ID,Booking Date,Appt Date,Appt Time,Patient,Cell\n\
        71001,02/14/2026 08:00 AM,03/13/2026,10:00 AM,\"Lee, Ana\",303-555-0101\n\
        71002,02/15/2026 09:00 AM,03/14/2026,3:00 PM,\"Ray, Bo\",303-555-0102\n";
    assert_eq!(starts(booked), [at("2026-03-13T10:00:00-06:00"), at("2026-03-14T15:00:00-06:00")]);
}

#[test]
fn a_header_that_may_reverse_the_meaning_of_consent_is_asked_about() {
    for header in [
        "No Txt",
        "Dont Text",
        "Never Text",
        "Suppress SMS",
        "SMS Blocked",
        "Text Refused",
        "Stop Text",
        "Not OK to Text",
    ] {
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,{header}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,True\n\
             71002,2026-03-11 15:00,Bo,Ray,303-555-0102,False\n"
        );
        let first = suggested(&text, &[]);
        assert!(first.questions.iter().any(|question| question.key == "column:consent"), "{header}: {}", first.block);
        // The meaning of yes is not guessed even when the column is chosen.
        let second = suggested(&text, &[("column:consent", header)]);
        let keys: Vec<&str> = second.questions.iter().map(|question| question.key.as_str()).collect();
        assert_eq!(keys, ["consent:false", "consent:true"], "{header}: {}", second.block);
    }
}

#[test]
fn a_cancel_flag_set_in_most_rows_is_asked_about_and_fillers_are_ignored() {
    let of = |cells: [&str; 6]| -> String {
        let row = |(n, cell): (usize, &&str)| format!("7100{n},2026-03-1{n} 15:00,Ana,Lee,303-555-0101,{cell}\n");
        let rows: String = cells.iter().enumerate().map(row).collect();
        format!("Appt ID,Start,First Name,Last Name,Mobile,Cancelled At\n{rows}")
    };
    let fillers = of(["00/00/0000", "01/01/1900", "NULL", "n/a", "__/__/____", "2026-03-01"]);
    let live = appointments(&fillers, &[]).iter().filter(|one| one.status == Status::Booked).count();
    assert_eq!(live, 5);
    let all = of(["Web", "Desk", "Web", "Desk", "Web", ""]);
    let asked: Vec<String> = suggested(&all, &[]).questions.into_iter().map(|question| question.key).collect();
    assert_eq!(asked, ["flag:cancelled at"]);
    assert_eq!(
        appointments(&all, &[("flag:cancelled at", "no")]).iter().filter(|one| one.status == Status::Booked).count(),
        6
    );
}

#[test]
fn a_contact_preference_is_not_read_as_a_name_or_an_appointment_type() {
    for header in ["PREF_COMM", "Preferred Method", "Reminder Type", "Confirm Via", "Channel", "Contact Type"] {
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,{header}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Text\n\
             71002,2026-03-11 15:00,Bo,Ray,303-555-0102,Email\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,Phone Call\n"
        );
        let asked = suggested(&text, &[]);
        assert!(asked.questions.iter().any(|question| question.key == "column:consent"), "{header}: {}", asked.block);
        assert!(asked.block.contains("first_name = \"First Name\""), "{header}: {}", asked.block);
        assert!(!asked.block.contains("type_id"), "{header}: {}", asked.block);
    }
}

#[test]
fn a_note_from_the_front_desk_can_refuse_texts() {
    let text = "Appt ID,Start,First Name,Last Name,Mobile,Contact Notes\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,No texts please\n\
        71002,2026-03-11 15:00,Bo,Ray,303-555-0102,text ok\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,do not text pt\n\
        71004,2026-03-12 16:00,Di,Kim,303-555-0104,bring x-rays\n";
    let said: Vec<Option<Consent>> = appointments(text, &[]).iter().map(|one| one.consent).collect();
    assert_eq!(said, [Some(Consent::No), None, Some(Consent::No), None]);
}

#[test]
fn a_landline_is_not_chosen_over_an_unknown_number_without_asking() {
    let of = |a: &str, b: &str| {
        format!(
            "Appt ID,Start,First Name,Last Name,{a},{b}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0111,303-555-0101\n\
             71002,2026-03-11 15:00,Bo,Ray,303-555-0112,303-555-0102\n"
        )
    };
    for mobile in ["Mob", "Mbl", "GSM", "Cell", "Handphone"] {
        let phones: Vec<_> =
            appointments(&of("Tel", mobile), &[]).into_iter().map(|one| one.phone.0.unwrap()).collect();
        assert_eq!(phones, ["303-555-0101", "303-555-0102"], "{mobile}");
    }
    let asked = suggested(&of("Tel", "Portatile"), &[]);
    assert!(asked.questions.iter().any(|question| question.key == "column:phone"), "{}", asked.block);
}

#[test]
fn a_status_and_names_under_foreign_headers_are_asked_about() {
    let text = "Nr,Start,Apellidos,Pila,Mobile,Stato\n71001,2026-03-10 15:00,Lee,Ana,303-555-0101,Confermato\n\
        71002,2026-03-11 15:00,Ray,Bo,303-555-0102,Disdetto\n";
    let keys = |answers: &[(&str, &str)]| -> Vec<String> {
        suggested(text, answers).questions.into_iter().map(|question| question.key).collect()
    };
    assert!(keys(&[]).contains(&"status:disdetto".to_owned()), "{:?}", keys(&[]));
    let asked = suggested(&text.replace("Apellidos", "Rufname"), &[("column:name", "Rufname")]);
    assert!(asked.questions.iter().any(|question| question.key == "column:first_name"), "{}", asked.block);
    let half = text.replace("Apellidos", "Cognome").replace("Pila", "Nome");
    let asked = suggested(&half, &[]);
    assert!(asked.questions.iter().any(|question| question.key == "column:first_name"), "{}", asked.block);
    assert!(asked.block.contains("first_name = \"?\""), "{}", asked.block);
}
