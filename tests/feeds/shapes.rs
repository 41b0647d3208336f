//! Layouts of practice software reports: what `feed suggest` understands of each by itself, and what it asks.

use chrono::{DateTime, FixedOffset};
use leadtime::config::values::zones::Zones;
use leadtime::domain::appointment::{Consent, Status};
use leadtime::domain::phone::Country;
use leadtime::feeds::formats::delimited::Options;
use leadtime::feeds::mapping::{Context, MappedAppointment, MappedRow, Outcome};
use leadtime::feeds::suggest::{Answers, Request, Suggestion, suggest};

use crate::judge::{context, feed_of, map};

pub(crate) fn suggested(text: &str, answers: &[(&str, &str)]) -> Suggestion {
    suggested_in(Country::US, text, answers)
}

/// The same for a practice in another country.
pub(crate) fn suggested_in(country: Country, text: &str, answers: &[(&str, &str)]) -> Suggestion {
    let zones = Zones::of_this_machine();
    let answers: Answers = answers.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
    let request =
        Request { name: "desk", answers: &answers, options: Options::default(), presets: true, unmasked: false };
    suggest(|| Ok(text.as_bytes()), &request, &Context { country, ..context(&zones) }).unwrap()
}

/// The rows of the file as read with the suggested block. No question may be open.
fn rows(text: &str, answers: &[(&str, &str)]) -> Vec<MappedRow> {
    let zones = Zones::of_this_machine();
    let suggestion = suggested(text, answers);
    assert_eq!(suggestion.questions, [], "{}", suggestion.block);
    map(text.as_bytes(), &feed_of(&suggestion.block, &zones).unwrap(), &zones).unwrap().2
}

pub(crate) fn appointments(text: &str, answers: &[(&str, &str)]) -> Vec<MappedAppointment> {
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
        71002,2026-03-11 15:00,Ray,Bo,303-555-0102,Spostato\n";
    let keys = |answers: &[(&str, &str)]| -> Vec<String> {
        suggested(text, answers).questions.into_iter().map(|question| question.key).collect()
    };
    assert!(keys(&[]).contains(&"status:spostato".to_owned()), "{:?}", keys(&[]));
    let asked = suggested(&text.replace("Apellidos", "Rufname"), &[("column:name", "Rufname")]);
    assert!(asked.questions.iter().any(|question| question.key == "column:first_name"), "{}", asked.block);
    let half = text.replace("Apellidos", "Cognome").replace("Pila", "Nome");
    let asked = suggested(&half, &[]);
    assert!(asked.questions.iter().any(|question| question.key == "column:first_name"), "{}", asked.block);
    assert!(asked.block.contains("first_name = \"?\""), "{}", asked.block);
}

fn keys(text: &str, answers: &[(&str, &str)]) -> Vec<String> {
    suggested(text, answers).questions.into_iter().map(|question| question.key).collect()
}

fn choices(text: &str, key: &str) -> Vec<String> {
    let asked = suggested(text, &[]).questions.into_iter().find(|question| question.key == key);
    asked.unwrap().choices.into_iter().map(|(choice, _)| choice).collect()
}

#[test]
fn a_reminder_type_that_opts_out_is_asked_about() {
    for (header, out) in [("ReminderType", "OptOut"), ("Reminder Type", "None"), ("Reminder Type", "Opt Out")] {
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,{header}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Sms\n\
             71002,2026-03-11 15:00,Bo,Ray,303-555-0102,{out}\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,Sms\n"
        );
        assert_eq!(keys(&text, &[])[0], "column:consent", "{header} {out}");
    }
    let text = "Appt ID,Start,First Name,Last Name,Mobile,ReminderType\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Sms\n\
        71002,2026-03-11 15:00,Bo,Ray,303-555-0102,OptOut\n";
    let answers = [("column:consent", "ReminderType"), ("consent:sms", "yes")];
    let said: Vec<Option<Consent>> = appointments(text, &answers).iter().map(|one| one.consent).collect();
    assert_eq!(said, [Some(Consent::Yes), Some(Consent::No)]);
}

#[test]
fn switches_are_consent_words() {
    for (header, yes, no) in
        [("Text reminders", "On", "Off"), ("SMS reminders", "Enabled", "Disabled"), ("Use SMS", "true", "false")]
    {
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,{header}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,{yes}\n\
             71002,2026-03-11 15:00,Bo,Ray,303-555-0102,{no}\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,\n"
        );
        let blank = [("consent:", "unknown")];
        let said: Vec<Option<Consent>> = appointments(&text, &blank).iter().map(|one| one.consent).collect();
        assert_eq!(said, [Some(Consent::Yes), Some(Consent::No), None], "{header}");
    }
    // For a header that means the opposite, "off" is no refusal.
    let text = "Appt ID,Start,First Name,Last Name,Mobile,SMS Opt Out\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Off\n\
        71002,2026-03-11 15:00,Bo,Ray,303-555-0102,On\n";
    let said: Vec<Option<Consent>> = appointments(text, &[]).iter().map(|one| one.consent).collect();
    assert_eq!(said, [None, Some(Consent::No)]);
}

#[test]
fn a_word_for_past_visits_on_upcoming_ones_is_asked_about() {
    for word in ["Show", "Attended", "Completed", "No Show", "Planned"] {
        let row = |n: u32, day: &str, word: &str| format!("7100{n},2026-{day} 15:00,Ana,Lee,303-555-0101,{word}\n");
        let text = format!(
            "Appt ID,Start,First Name,Last Name,Mobile,Status\n{}{}{}{}{}{}{}",
            row(1, "02-20", word),
            row(2, "03-10", word),
            row(3, "03-11", word),
            row(4, "03-12", word),
            row(5, "03-13", word),
            row(6, "03-14", "Cancelled"),
            row(7, "03-15", "Scheduled")
        );
        let key = format!("status:{}", word.to_lowercase());
        assert_eq!(keys(&text, &[]), std::slice::from_ref(&key), "{word}");
        let live = appointments(&text, &[(&key, "booked")]).iter().filter(|one| one.status == Status::Booked).count();
        assert_eq!(live, 6, "{word}");
    }
    // On past rows, the usual meaning is taken.
    let text = "Appt ID,Start,First Name,Last Name,Mobile,Status\n71001,2026-02-10 15:00,Ana,Lee,303-555-0101,Show\n\
        71002,2026-02-11 15:00,Bo,Ray,303-555-0102,No Show\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,Scheduled\n";
    assert_eq!(keys(text, &[]), [""; 0]);
}

#[test]
fn rows_without_a_patient_that_keep_time_free_are_off_the_book() {
    let off = |row: &MappedRow| matches!(row.outcome, Outcome::Ignored { .. });
    let text = "Appointment Date,Customer,Mobile,Service,Status\n03/10/2026 11:15 AM,Ana Lee,303-555-0101,Massage,Scheduled\n\
        03/13/2026 12:00 PM,Personal Task,,Lunch,Scheduled\n03/14/2026 12:00 PM,Rosa Kent,,Lunch,Scheduled\n\
        03/14/2026 2:00 PM,Bo Ray,,Nerve block,Scheduled\n";
    assert_eq!(rows(text, &[]).iter().map(off).collect::<Vec<_>>(), [false, true, true, false]);
    let text = "Appt ID,Start,Patient ID,First,Middle,Last,Cell,Appt Type,Status\n\
        71001,2026-03-13 15:00,12,Abigail,NULL,Null,303-555-0101,Office Visit,Scheduled\n\
        71002,2026-03-13 12:00,NULL,NULL,NULL,NULL,NULL,Block,\n71003,2026-03-14 12:00,0,,,,,Staff meeting,\n\
        71004,2026-03-14 15:00,13,,,Null,,Office Visit,Scheduled\n71005,2026-03-14 16:00,,,,,,Office Visit,Scheduled\n";
    let all = rows(text, &[]);
    assert_eq!(all.iter().map(off).collect::<Vec<_>>(), [false, true, true, false, false]);
    let lasts: Vec<Option<String>> = appointments(text, &[]).into_iter().map(|one| one.last_name.0).collect();
    assert_eq!(lasts, [Some("Null".to_owned()), Some("Null".to_owned())]);
    assert!(matches!(all[4].outcome, Outcome::Refused { .. }), "it may be an appointment whose patient is missing");
}

#[test]
fn an_offset_after_a_space_is_read() {
    let text = "Appt ID,Patient,Date,Cell\n71001,\"Lee, Ana\",2026-03-10 15:00:00 -0600,303-555-0101\n\
        71002,\"Ray, Bo\",2026-03-11 10:10:00 -0600,303-555-0102\n";
    assert_eq!(starts(text), [at("2026-03-10T15:00:00-06:00"), at("2026-03-11T10:10:00-06:00")]);
}

#[test]
fn a_start_whose_cells_are_no_dates_is_not_accepted() {
    let text = "Appt ID,Patient,When,Cell\n71001,\"Lee, Ana\",day 3 slot 12,303-555-0101\n\
        71002,\"Ray, Bo\",day 4 slot 13,303-555-0102\n";
    let asked = suggested(text, &[("column:starts_at", "When"), ("column:time", "When")]);
    let question = asked.questions.iter().find(|question| question.key == "column:starts_at").unwrap();
    assert!(question.text.contains("\"xxx # xxxx ##\""), "{}", question.text);
    assert!(asked.block.contains("starts_at = \"?\""), "{}", asked.block);
    let text = "Appt ID,Patient,Paperwork,Slot,Cell\n71001,\"Lee, Ana\",2026-03-10,A,303-555-0101\n\
        71002,\"Ray, Bo\",2026-03-11,B,303-555-0102\n";
    let asked = suggested(text, &[("column:starts_at", "Paperwork"), ("column:time", "Paperwork")]);
    assert!(asked.block.contains("starts_at = [\"Paperwork\", \"?\"]"), "{}", asked.block);
}

#[test]
fn numbers_with_their_types_beside_them_are_read() {
    let text = "Appt ID,Start,First,Last,Phone1,Phone1Type,Phone2,Phone2Type\n\
        71001,2026-03-10 15:00,Ana,Lee,3035550101,Cell,9705550111,Home\n\
        71002,2026-03-11 15:00,Bo,Ray,9705550112,Home,3035550102,Cell\n\
        71003,2026-03-12 15:00,Cy,Fox,NULL,Cell,9705550113,Home\n\
        71004,2026-03-13 15:00,Di,Kim,3035550104,Cell,NULL,NULL\n";
    let phones: Vec<Option<String>> = appointments(text, &[]).into_iter().map(|one| one.phone.0).collect();
    let texted = |at: usize| phones[at].as_deref();
    assert_eq!((texted(0), texted(1), texted(3)), (Some("3035550101"), Some("3035550102"), Some("3035550104")));
    assert_eq!(texted(2), Some("9705550113 Home"), "a home phone is not texted");
}

#[test]
fn a_pets_parent_is_the_client() {
    let text = "Appointment ID,Date,Start time,Pet,Species,Parent,Parent phone,Status\n\
        71001,\"Mar 10, 2026\",2:00 PM,Luna,Feline,Ana Lee,303-555-0101,Scheduled\n\
        71002,\"Mar 11, 2026\",3:00 PM,Max,Canine,Bo Ray,303-555-0102,Scheduled\n";
    for (name, phone) in [("Parent", "Parent phone"), ("Pet parent", "Pet parent phone"), ("Owner", "Owner phone")] {
        let text = text.replace("Parent phone", phone).replace(",Parent,", &format!(",{name},"));
        let found = appointments(&text, &[]);
        let shown: Vec<_> = found.iter().map(|one| (one.last_name.0.as_deref(), one.phone.0.as_deref())).collect();
        assert_eq!(shown, [(Some("Lee"), Some("303-555-0101")), (Some("Ray"), Some("303-555-0102"))], "{name}");
    }
}

#[test]
fn the_question_about_phones_lists_those_of_other_people_too() {
    let text = "Appt ID,Start,First Name,Last Name,Phone,Secondary Phone,Guardian Phone,Record\n\
        71001,2026-03-10 15:00,Ana,Lee,303-555-0101,970-555-0111,720-555-0121,1795216500000\n\
        71002,2026-03-11 15:00,Bo,Ray,303-555-0102,970-555-0112,720-555-0122,1795554600000\n";
    assert_eq!(choices(text, "column:phone"), ["Phone", "Secondary Phone", "Guardian Phone", "none"]);
    let only = "Appt ID,Start,First Name,Last Name,Guardian Phone\n71001,2026-03-10 15:00,Ana,Lee,720-555-0121\n\
        71002,2026-03-11 15:00,Bo,Ray,720-555-0122\n";
    assert_eq!(choices(only, "column:phone"), ["Guardian Phone", "none"]);
    assert_eq!(keys(only, &[("column:phone", "none")]), [""; 0]);
}

#[test]
fn one_column_of_labeled_numbers_is_the_phone_column() {
    let text = "Appt ID,Start,First,Last,Phone Numbers\n\
        71001,2026-03-10 15:00,Ana,Lee,H: (970) 555-0111; C: (303) 555-0101; W: (303) 555-0177 x204\n\
        71002,2026-03-11 15:00,Bo,Ray,\"303-555-0102 (Mobile), 303-555-0177 ext. 204 (Work)\"\n\
        71003,2026-03-12 15:00,Cy,Fox,W: (303) 555-0177 x204\n";
    let phones: Vec<String> = appointments(text, &[]).into_iter().map(|one| one.phone.0.unwrap()).collect();
    assert_eq!(phones, ["(303) 555-0101", "303-555-0102", "W: (303) 555-0177 x204"]);
}

#[test]
fn repeated_page_lines_and_trailers_are_no_rows() {
    let page = |n: u32| {
        format!("Lee Family Dentistry,,,,Scheduled Appointments,,Page {n}\n2/26/2026 7:31 AM,,,,From 3/1/2026,,\n")
    };
    let header = "Date,Time,Patient,Home,Work,Cell,Reason,Status\n";
    let row = |day: u32, name: &str| format!("03/{day}/2026,3:00 PM,\"{name}\",,,303-555-0101,Prophy,Scheduled\n");
    let foot = "Lee Family Dentistry - on line,,,,,,\n";
    let body = [row(13, "Lee, Ana"), row(14, "Ray, Bo")].concat();
    let text = format!("{}{header}{body}{foot}{}{header}{}TRL|3\nTRL,3\n", page(1), page(2), row(15, "Fox, Cy"));
    let text = text.replace("TRL|3\n", "");
    assert_eq!(starts(&text).len(), 3);
    assert_eq!(rows(&text, &[]).len(), 3);
    // A torn row is still refused.
    let torn = text.replace("TRL,3\n", "03/16/2026,3:00 PM,\"Kim, Di\",,,303\n");
    let all = rows(&torn, &[]);
    assert!(matches!(all.last().unwrap().outcome, Outcome::Refused { id_is_sure: false, .. }), "{:?}", all.last());
}

#[test]
fn columns_with_the_same_start_need_no_question() {
    let text = "Id,Start Date Iso,Start Date Local,Client Name,Cell\nA71,2026-03-10T21:00:00Z,2026-03-10 3:00 PM,Ana Lee,303-555-0101\n\
        B72,2026-03-11T16:10:00Z,2026-03-11 10:10 AM,Bo Ray,303-555-0102\n";
    assert!(suggested(text, &[]).block.contains("starts_at = \"Start Date Iso\""));
    assert_eq!(starts(text), [at("2026-03-10T15:00:00-06:00"), at("2026-03-11T10:10:00-06:00")]);
    assert_eq!(keys(&text.replace("10:10 AM", "10:15 AM"), &[]), ["column:starts_at"]);
}

#[test]
fn plain_status_words_need_no_question_and_their_columns_are_shown_as_used() {
    let text = "Appt ID,Start,First,Last,Cell,Visit Reason,Service Location,Visit Type,Status,Cancelled\n\
        71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Exam,Main,Follow-Up,Scheduled,0\n\
        71002,2026-03-11 15:00,Bo,Ray,303-555-0102,Exam,East,New,Clinician cancelled,0\n\
        71003,2026-03-12 15:00,Cy,Fox,303-555-0103,Exam,Main,New,HOLD,0\n\
        71004,2026-02-12 15:00,Di,Kim,303-555-0104,Exam,Main,New,Service Completed,0\n\
        71005,2026-02-13 15:00,Ed,Orr,303-555-0105,Exam,Main,New,Occurred,0\n\
        71006,2026-03-13 15:00,Flo,Yu,303-555-0106,Exam,Main,New,Scheduled,1\n";
    let suggestion = suggested(text, &[]);
    assert_eq!(suggestion.questions, [], "{}", suggestion.block);
    assert!(
        suggestion.understood.iter().any(|line| line.starts_with("  Cancelled = status")),
        "{:?}",
        suggestion.understood
    );
    assert!(!suggestion.block.contains("type_id = \"Service Location\""), "{}", suggestion.block);
}

#[test]
fn a_confirmation_column_shows_what_was_called_off() {
    let file = |header: &str, more: &str| {
        format!(
            "Appt ID,Start,Patient,Mobile,{header}\n71001,2026-03-10 15:00,\"Lee, Ana\",303-555-0101,yes\n\
             71002,2026-03-11 15:00,\"Ray, Bo\",303-555-0102,\n71003,2026-03-12 15:00,\"Fox, Cy\",303-555-0103,cancelled\n\
             71004,2026-03-13 15:00,\"Kim, Di\",303-555-0104,\n71005,2026-03-16 15:00,\"Oh, Ed\",303-555-0105,{more}\n"
        )
    };
    for header in ["Confirmed?", "Confirmed", "Conf?", "Confirmation", "Confirmation Status"] {
        let said: Vec<Status> = appointments(&file(header, "LM"), &[]).iter().map(|one| one.status).collect();
        let want = [Status::Booked, Status::Cancelled];
        assert_eq!((said[1], said[2]), (want[0], want[1]), "{header}");
        assert_eq!(said[0], Status::Confirmed, "{header}");
        let asked = suggested(&file(header, "moved to Jan"), &[]);
        assert!(asked.questions.iter().any(|q| q.key == "status:moved to jan"), "{header}: {}", asked.block);
        let answers = [("status:moved to jan", "cancelled")];
        assert_eq!(appointments(&file(header, "moved to Jan"), &answers)[4].status, Status::Cancelled, "{header}");
    }
    let beside =
        file("Confirmed,Status", "declined").replace(",yes\n", ",yes,Scheduled\n").replace(",\n", ",,Scheduled\n");
    let beside = beside.replace(",cancelled\n", ",cancelled,Scheduled\n").replace("declined\n", "declined,Scheduled\n");
    let asked = suggested(&beside, &[]);
    assert!(asked.questions.iter().any(|q| q.key == "status in confirmed:declined"), "{}", asked.block);
    let read = appointments(&beside, &[("status in confirmed:declined", "cancelled")]);
    assert_eq!((read[2].status, read[4].status), (Status::Cancelled, Status::Cancelled));
}

#[test]
fn flags_for_confirmed_and_arrived_are_read_beside_others() {
    let text = "SCHEDID,Start,Patient,Mobile,CONFIRMED,ARRIVED,NOSHOW,CANCELED\n\
        71001,2026-03-10 15:00,\"Lee, Ana\",303-555-0101,T,F,F,F\n71002,2026-03-02 15:00,\"Ray, Bo\",303-555-0102,F,T,F,F\n\
        71003,2026-03-12 15:00,\"Fox, Cy\",303-555-0103,F,F,F,T\n71004,2026-03-13 15:00,\"Kim, Di\",303-555-0104,F,F,F,F\n\
        71005,2026-03-03 15:00,\"Oh, Ed\",303-555-0105,F,F,T,F\n";
    let read = appointments(text, &[]);
    let said: Vec<Status> = read.iter().map(|one| one.status).collect();
    let want = [Status::Confirmed, Status::Completed, Status::Cancelled, Status::Booked, Status::NoShow];
    assert_eq!(said, want);
    assert_eq!(read[0].id, "71001");
}

#[test]
fn a_title_in_several_cells_is_not_the_header() {
    for title in ["Kent DDS,,,Appointments,,Page: 1", "Kent DDS,,,Appointments,,Main"] {
        let text = format!(
            "{title}\nDate,Time,Patient Name,Home,Cell,Status\n2026-03-10,3:00 PM,\"Lee, Ana\",,303-555-0101,Scheduled\n\
             2026-03-11,3:00 PM,\"MEETING,STAFF\",,,Scheduled\n2026-03-12,3:00 PM,\"Fox, Cy [C]\",,303-555-0103,Scheduled\n"
        );
        let read = appointments(&text, &[]);
        assert_eq!(read.len(), 2, "{title}");
        assert_eq!(read[1].first_name.0.as_deref(), Some("Cy"), "{title}");
    }
}

#[test]
fn mobile_numbers_of_nine_digits_are_phones() {
    let text = "Appt ID,Start,Patient,Mobile\n71001,2026-03-10 15:00,\"Lee, Ana\",021 555 030\n\
        71002,2026-03-11 15:00,\"Ray, Bo\",027 555 031\n";
    assert_eq!(appointments(text, &[])[0].phone.0.as_deref(), Some("021 555 030"));
    let short = text.replace("021 555 030", "21555030").replace("027 555 031", "27555031");
    let asked = suggested(&short, &[]);
    assert!(asked.questions.iter().any(|q| q.key == "column:phone"), "{}", asked.block);
}

#[test]
fn an_answer_about_the_status_says_nothing_about_a_confirmation_column() {
    let row = |id: u32, status: &str, conf: &str| {
        format!("{id},03/{:02}/2026,9:00 AM,\"Lee, Ana{id}\",303-555-0{},{status},{conf}\n", id % 9 + 10, 100 + id % 9)
    };
    let text = format!(
        "Appt ID,Date,Time,Patient,Cell,Status,Conf\n{}{}{}{}{}",
        row(71001, "A", "Y"),
        row(71002, "A", "N"),
        row(71003, "A", "Y"),
        row(71004, "N", "Y"),
        row(71005, "A", "N")
    );
    let found = appointments(&text, &[("status:a", "booked"), ("status:n", "no_show")]);
    let statuses: Vec<Status> = found.iter().map(|appointment| appointment.status).collect();
    assert_eq!(statuses, [Status::Confirmed, Status::Booked, Status::Confirmed, Status::NoShow, Status::Booked]);
}

#[test]
fn a_column_that_says_who_refuses_texts_is_never_left_out_unasked() {
    for refusing in ["DO_NOT_SMS", "Do Not SMS", "Stop Received", "Suppress SMS"] {
        let text = format!(
            "Appt ID,Start,Patient,Mobile,SMS_REMINDERS,{refusing}\n71001,2026-03-10 15:00,\"Lee, Ana\",303-555-0101,Y,Y\n\
             71002,2026-03-11 15:00,\"Ray, Bo\",303-555-0102,Y,N\n71003,2026-03-12 15:00,\"Fox, Cy\",303-555-0103,Y,N\n"
        );
        let asked = suggested(&text, &[]).questions;
        let question = asked.iter().find(|question| question.key == "column:consent");
        let question = question.unwrap_or_else(|| panic!("{refusing}: {asked:#?}"));
        assert!(question.choices.iter().any(|(choice, _)| choice == refusing), "{refusing}: {question:#?}");
    }
}
