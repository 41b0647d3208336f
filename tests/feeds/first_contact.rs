//! Faults that showed when exports were read for the first time: each is one rule, on the smallest file that has it.

use leadtime::config::values::zones::Zones;
use leadtime::domain::appointment::{Consent, Status};
use leadtime::feeds::mapping::{Cost, MappedAppointment, Outcome};

use crate::judge::{feed_of, map};
use crate::shapes::{appointments, suggested, suggested_in};

const HEADER: &str = "Appt ID,Start,First Name,Last Name,Mobile";

fn keys(text: &str, answers: &[(&str, &str)]) -> Vec<String> {
    suggested(text, answers).questions.into_iter().map(|question| question.key).collect()
}

/// The appointments that a block gives, whatever `feed suggest` would ask.
fn with_block(block: &str, text: &str) -> Vec<MappedAppointment> {
    let zones = Zones::of_this_machine();
    let rows = map(text.as_bytes(), &feed_of(block, &zones).unwrap(), &zones).unwrap().2;
    let one = |row: leadtime::feeds::mapping::MappedRow| match row.outcome {
        Outcome::Appointment(appointment) => Some(*appointment),
        _ => None,
    };
    rows.into_iter().filter_map(one).collect()
}

const BLOCK: &str = "[[feed]]\nname = \"desk\"\nkind = \"file\"\n[feed.columns]\nid = \"Appt ID\"\nstarts_at = \"Start\"\n\
    first_name = \"First Name\"\nlast_name = \"Last Name\"\nphone = \"Mobile\"\n";

#[test]
fn a_refusal_in_a_column_that_is_not_used_counts() {
    let text = format!(
        "{HEADER},Privacy Request,Message\n\
         71001,2026-03-10 15:00,Ana,Lee,303-555-0101,No Text Messages,Reply STOP to this number to get no more text messages from us\n\
         71002,2026-03-11 15:00,Bo,Ray,303-555-0102,,Reply STOP to this number to get no more text messages from us\n\
         71003,2026-03-12 15:00,Cy,Fox,303-555-0103,No Correspondence,See you then\n"
    );
    let said: Vec<Option<Consent>> = with_block(BLOCK, &text).iter().map(|one| one.consent).collect();
    assert_eq!(said, [Some(Consent::No), None, None]);
    assert_eq!(keys(&text, &[]), ["column:consent"], "the office says what the other words mean");
    let chosen = [("column:consent", "Privacy Request"), ("consent:", "yes"), ("consent:no correspondence", "no")];
    let said: Vec<Option<Consent>> = appointments(&text, &chosen).iter().map(|one| one.consent).collect();
    assert_eq!(said, [Some(Consent::No), Some(Consent::Yes), Some(Consent::No)]);
}

#[test]
fn null_in_the_preferred_name_is_no_name() {
    let text = "Appt ID,Start,nickname,first_name,last_name,Mobile\n\
        71001,2026-03-10 15:00,NULL,Ana,Lee,303-555-0101\n71002,2026-03-11 15:00,Bob,Robert,Ray,303-555-0102\n";
    let names: Vec<_> = appointments(text, &[]).into_iter().map(|one| one.first_name.0).collect();
    assert_eq!(names, [Some("Ana".to_owned()), Some("Bob".to_owned())]);
}

#[test]
fn patient_beside_last_name_is_asked_about() {
    for (patient, last) in [("Paciente", "Apellidos"), ("Patient", "Last Name")] {
        let single = format!(
            "Appt ID,Start,{patient},{last},Mobile\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101\n71002,2026-03-11 15:00,Bo,Ray,303-555-0102\n"
        );
        let double = single.replace("Ana", "Ana Mar\u{ed}a").replace("Bo,", "Jos\u{e9} Luis,");
        for text in [single, double] {
            assert_eq!(keys(&text, &[]), ["column:first_name"], "{text}");
            let first = appointments(&text, &[("column:first_name", patient)]);
            assert_eq!(first[0].last_name.0.as_deref(), Some("Lee"));
            assert!(first[0].first_name.0.as_deref().is_some_and(|name| name.starts_with("Ana")));
        }
    }
    let whole = "Appt ID,Start,Patient,Last Name,Mobile\n71001,2026-03-10 15:00,Ana Lee,Lee,303-555-0101\n71002,2026-03-11 15:00,Bo Ray,Ray,303-555-0102\n";
    let names = appointments(whole, &[("column:first_name", "none")]);
    assert_eq!((names[0].first_name.0.as_deref(), names[0].last_name.0.as_deref()), (Some("Ana"), Some("Lee")));
}

#[test]
fn patients_without_a_first_name_are_reported() {
    let zones = Zones::of_this_machine();
    let text = format!(
        "{HEADER}\n71001,2026-03-10 15:00,,Lee,303-555-0101\n71002,2026-03-11 15:00,Bo,Ray,303-555-0102\n71003,2025-03-11 15:00,,Fox,303-555-0103\n"
    );
    let report = map(text.as_bytes(), &feed_of(BLOCK, &zones).unwrap(), &zones).unwrap().1;
    let notices: Vec<u64> = report.of(Cost::Notice).iter().map(|(_, count)| count.rows).collect();
    assert_eq!(notices, [1], "{:?}", report.lines());
}

#[test]
fn totals_of_a_group_do_not_cost_the_appointment_number() {
    let text = "Encounter ID,Provider,Visits,Start,First Name,Last Name,Mobile,Note\n\
        9071001,Okafor,,2026-03-10 15:00,Ana,Lee,303-555-0101,\n9071002,Okafor,,2026-03-11 15:00,Bo,Ray,303-555-0102,\n\
        ,\"Okafor, Ngozi, MD - Total\",2,,,,,\n9071003,Blanchard,,2026-03-12 15:00,Cy,Fox,303-555-0103,\n\
        ,\"Blanchard, Paul, NP - Total\",1,,,,,\n";
    let ids: Vec<String> = appointments(text, &[]).into_iter().map(|one| one.id).collect();
    assert_eq!(ids, ["9071001", "9071002", "9071003"]);
}

#[test]
fn a_few_rows_of_blocked_time_do_not_cost_the_appointment_number() {
    let text = format!(
        "{HEADER}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101\n71002,2026-03-11 15:00,Bo,Ray,303-555-0102\n\
         71003,2026-03-12 15:00,Cy,Fox,303-555-0103\n71004,2026-03-12 16:00,Di,Kim,303-555-0104\n,2026-03-12 12:00,,LUNCH,\n"
    );
    let ids: Vec<String> = appointments(&text, &[]).into_iter().map(|one| one.id).collect();
    assert_eq!(ids, ["71001", "71002", "71003", "71004"]);
}

#[test]
fn words_are_asked_about_while_a_column_is_open() {
    let text = "Appt ID,Scheduled Date,Appt Date Made,Patient,Cell,Status,OK to text\n\
        71001,2026-03-10 15:00,2026-03-12 09:00,\"Lee, Ana\",303-555-0101,Firm,Y\n\
        71002,2026-03-11 15:00,2026-03-13 09:00,\"Ray, Bo\",303-555-0102,Firm,\n\
        71003,2026-03-12 15:00,2026-03-14 09:00,\"Fox, Cy\",303-555-0103,Soft,N\n";
    let text = text.replace("Appt Date Made", "Appt Date").replace("Scheduled Date", "Appt Scheduled Date");
    let open = suggested(&text, &[]);
    let keys: Vec<&str> = open.questions.iter().map(|question| question.key.as_str()).collect();
    assert_eq!(keys, ["column:starts_at", "status:firm", "status:soft", "consent:"]);
    for line in ["starts_at = \"?\"", "# status \"Firm\" (2 rows)", "# consent \"\" (1 row)", "no = [\"N\"]"] {
        assert!(open.block.contains(line), "{line}: {}", open.block);
    }
    let answers = [
        ("column:starts_at", "Appt Date"),
        ("status:firm", "confirmed"),
        ("status:soft", "booked"),
        ("consent:", "unknown"),
    ];
    assert_eq!(appointments(&text, &answers).len(), 3);
}

#[test]
fn blank_consents_of_blocked_time_are_not_asked_about() {
    let text = format!(
        "{HEADER},OK to text\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Y\n71002,2026-03-11 15:00,Bo,Ray,303-555-0102,N\n\
         71003,2026-03-12 12:00,,LUNCH,,\n"
    );
    assert_eq!(keys(&text, &[]), Vec::<String>::new());
    assert_eq!(keys(&text.replace(",Y\n", ",\n").replace(",N\n", ",Y\n"), &[]), ["consent:"]);
}

#[test]
fn the_date_of_a_consent_is_read_if_the_office_says_what_it_means() {
    let text = format!(
        "{HEADER},Mobile Consent Date\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,02/14/2025\n\
         71002,2026-03-11 15:00,Bo,Ray,303-555-0102,\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,01/20/2026\n\
         71004,2026-03-12 16:00,Di,Kim,303-555-0104,declined 1/3\n71005,2026-03-12 17:00,Ed,Moe,303-555-0105,02/20/2026\n"
    );
    assert_eq!(keys(&text, &[]), ["column:consent", "consent:*", "consent:"]);
    let chosen = [("column:consent", "Mobile Consent Date")];
    assert_eq!(keys(&text, &chosen), ["consent:*", "consent:"]);
    let answered = [chosen[0], ("consent:*", "yes"), ("consent:", "no")];
    let said: Vec<Option<Consent>> = appointments(&text, &answered).iter().map(|one| one.consent).collect();
    let (yes, no) = (Some(Consent::Yes), Some(Consent::No));
    assert_eq!(said, [yes, no, yes, no, yes]);
}

#[test]
fn letters_for_languages_are_asked_about_in_a_file_without_column_names() {
    let text = "71001,12/01/2026 3:00 PM,Lee,Ana,3035550101,E\n71002,12/02/2026 3:00 PM,Ray,Bo,3035550102,S\n\
        71003,12/03/2026 3:00 PM,Fox,Cy,3035550103,E\n71004,12/03/2026 4:00 PM,Kim,Di,3035550104,S\n";
    assert!(keys(text, &[]).contains(&"column:language".to_owned()));
}

const CALENDAR: &str = "Subject,Start Date,Start Time,All Day Event,Organizer,Status,UID,Phone\n\
    Ana Lee - Massage 60,03/10/2026,3:00 PM,False,desk,CONFIRMED,a1@google.com,303-555-0101\n\
    Bo Ray - Eval,03/11/2026,3:00 PM,False,desk,CONFIRMED,a2@google.com,303-555-0102\n\
    Cy Fox,03/12/2026,3:00 PM,False,desk,TENTATIVE,a3@google.com,303-555-0103\n\
    Sarah PTO,03/13/2026,,True,desk,CONFIRMED,a4@google.com,\n\
    Team day,03/16/2026,,True,desk,CONFIRMED,a5@google.com,\n";

#[test]
fn events_of_a_calendar_are_names_types_and_days_off() {
    let open = suggested(CALENDAR, &[]);
    let keys: Vec<&str> = open.questions.iter().map(|question| question.key.as_str()).collect();
    assert_eq!(keys, ["column:name", "status:tentative", "status:confirmed"], "{}", open.block);
    let named = ("column:name", "Subject");
    let open = suggested(CALENDAR, &[named]);
    assert_eq!(open.questions[0].key, "name:part", "{}", open.block);
    assert!(open.block.contains("name = \"?\""), "{}", open.block);
    let answers = [("name:part", "before"), ("status:confirmed", "booked"), ("status:tentative", "booked"), named];
    let found = appointments(CALENDAR, &answers);
    let names: Vec<(Option<&str>, Option<&str>)> =
        found.iter().map(|one| (one.first_name.0.as_deref(), one.last_name.0.as_deref())).collect();
    assert_eq!(names, [(Some("Ana"), Some("Lee")), (Some("Bo"), Some("Ray")), (Some("Cy"), Some("Fox"))]);
    assert_eq!(found[0].id, "a1@google.com");
    let turned =
        CALENDAR.replace("Ana Lee - Massage 60", "Massage 60 - Ana Lee").replace("Bo Ray - Eval", "Eval - Bo Ray");
    let found = appointments(&turned, &[("name:part", "after"), answers[1], answers[2], named]);
    assert_eq!(found[1].last_name.0.as_deref(), Some("Ray"));
}

#[test]
fn dates_without_a_year_are_the_start_and_settle_their_order() {
    let of = |days: [&str; 4]| {
        let row = |(n, day): (usize, &&str)| format!("{day},8:00 AM,\"Lee, Ana {n}\",303-555-010{n}\n");
        format!("Date,Time,Patient,Cell\n{}", days.iter().enumerate().map(row).collect::<String>())
    };
    // Today is in March 2026.
    for (days, order) in [
        (["3/30", "4/1", "4/9", "5/5"], "month-first"),
        (["30/3", "1/4", "9/4", "5/5"], "day-first"),
        (["Wed 4/1", "Thu 4/2", "Fri 4/3", "Mon 4/6"], "month-first"),
    ] {
        let text = of(days);
        assert_eq!(keys(&text, &[]), ["years"], "{days:?}");
        let block = suggested(&text, &[("years", "next")]).block;
        assert!(block.contains(&format!("dates = \"{order}\"")), "{block}");
        assert_eq!(appointments(&text, &[("years", "next")]).len(), 4, "{block}");
    }
    assert_eq!(keys(&of(["4/1", "4/2", "4/3", "4/6"]), &[("years", "next")]), ["dates"]);
    // A setting that the cells contradict is not believed.
    let wrong = [("years", "next"), ("dates", "day-first")];
    assert_eq!(keys(&of(["3/30", "4/1", "4/9", "5/5"]), &wrong), ["dates"]);
}

#[test]
fn a_parents_number_may_be_the_only_one_that_is_texted() {
    let text = "Appt ID,Start,First Name,Last Name,Patient Cell,RP Cell Phone\n\
        71001,2026-03-10 15:00,Ana,Lee,303-555-0101,303-555-0111\n71002,2026-03-11 15:00,Bo,Ray,,303-555-0112\n\
        71003,2026-03-12 15:00,Cy,Fox,,303-555-0113\n";
    let phones = |answer| -> Vec<Option<String>> {
        appointments(text, &[("guardian", answer)]).into_iter().map(|one| one.phone.0).collect()
    };
    let of = |last: [&str; 3]| last.map(|digits| Some(format!("303-555-{digits}"))).to_vec();
    assert_eq!(phones("RP Cell Phone"), of(["0101", "0112", "0113"]));
    assert_eq!(phones("only RP Cell Phone"), of(["0111", "0112", "0113"]));
}

#[test]
fn the_number_of_a_record_may_be_the_appointments() {
    let text = "RecordID,InternalID,AppointmentDate,FirstName,Surname,MobilePhone\n\
        318800,91,2026-03-10 15:00,Ana,Lee,303-555-0101\n318809,95,2026-03-11 15:00,Bo,Ray,303-555-0102\n\
        318811,97,2026-03-12 15:00,Cy,Fox,303-555-0103\n";
    assert_eq!(keys(text, &[]), ["column:id"]);
    assert!(suggested(text, &[]).block.contains("id = \"?\""));
    assert_eq!(appointments(text, &[("column:id", "RecordID")])[0].id, "318800");
    let derived = appointments(text, &[("column:id", "none")]);
    assert_ne!(derived[0].id, "318800");
}

#[test]
fn a_refusal_in_a_name_counts_and_is_no_part_of_the_name() {
    let text = "Appt ID,Start,Patient Name,Mobile\n71001,2026-03-10 15:00,Paula Kent - NO TEXTS,303-555-0101\n\
        71002,2026-03-11 15:00,\"Lee, Bo *NO TXT*\",303-555-0102\n71003,2026-03-12 15:00,Kim Orr (call only),303-555-0103\n\
        71004,2026-03-13 15:00,Ana Diaz,303-555-0104\n";
    let found = appointments(text, &[]);
    let names: Vec<_> = found.iter().map(|one| (one.first_name.0.as_deref(), one.last_name.0.as_deref())).collect();
    let pairs = [("Paula", "Kent"), ("Bo", "Lee"), ("Kim", "Orr"), ("Ana", "Diaz")];
    assert_eq!(names, pairs.map(|(first, last)| (Some(first), Some(last))));
    let said: Vec<Option<Consent>> = found.iter().map(|one| one.consent).collect();
    assert_eq!(said, [Some(Consent::No), Some(Consent::No), Some(Consent::No), None]);
}

#[test]
fn a_title_above_the_header_may_be_on_every_page() {
    let page = |number: u32| format!("Big Vet,,,,\nAppointment List,,,,Page {number}\n\nDate,Time,Client,Phone,St\n");
    let text = format!(
        "{}03/14/2026,9:00 AM,Ana Diaz,303-555-0104,Booked\n03/15/2026,9:00 AM,Bo Lee,303-555-0105,Booked\n{}\
         03/16/2026,9:00 AM,Cy Fox,303-555-0106,Booked\n03/17/2026,9:00 AM,Di Poe,303-555-0107,Booked\n",
        page(1),
        page(2)
    );
    assert_eq!(keys(&text, &[]), Vec::<String>::new());
    assert_eq!(appointments(&text, &[]).len(), 4);
}

#[test]
fn the_name_that_a_patient_goes_by_is_used_beside_whole_names() {
    for header in ["Preferred Name", "Nickname", "Goes By", "Known as"] {
        let text = format!(
            "Appt ID,Start,Patient Name,{header},Mobile\n71001,2026-03-10 15:00,\"Abbott, Margaret\",Peggy,303-555-0101\n\
             71002,2026-03-11 15:00,\"Ray, Bo\",,303-555-0102\n71003,2026-03-11 15:00,\"Cruz, Elena\",Ellie Cruz,303-555-0103\n"
        );
        let names: Vec<_> = appointments(&text, &[])
            .into_iter()
            .map(|one| (one.first_name.0.unwrap(), one.last_name.0.unwrap()))
            .collect();
        let pairs = [("Peggy", "Abbott"), ("Bo", "Ray"), ("Ellie", "Cruz")];
        assert_eq!(names, pairs.map(|(a, b)| (a.to_owned(), b.to_owned())), "{header}");
    }
    let text = "Appt ID,Start,Patient Name,Preferred,Mobile\n71001,2026-03-10 15:00,\"Abbott, Margaret\",Peggy,303-555-0101\n\
        71002,2026-03-11 15:00,\"Ray, Bo\",,303-555-0102\n71003,2026-03-12 15:00,\"Fox, Cyrus\",Cy,303-555-0103\n";
    assert_eq!(keys(text, &[]), ["column:preferred"]);
    let first = |answer: &str| appointments(text, &[("column:preferred", answer)])[0].first_name.0.clone().unwrap();
    assert_eq!((first("Preferred"), first("none")), ("Peggy".to_owned(), "Margaret".to_owned()));
}

#[test]
fn a_whole_name_fills_in_for_blank_parts() {
    let text = "Appt ID,Start,demographic_no,name,last_name,first_name,Mobile\n\
        71001,2026-03-10 15:00,11,\"LEE,ANA\",LEE,ANA,303-555-0101\n71002,2026-03-11 15:00,12,\"RAY,BO\",,,303-555-0102\n\
        71003,2026-03-12 12:00,0,LUNCH,,,\n";
    let names: Vec<_> =
        appointments(text, &[]).into_iter().map(|one| (one.first_name.0.unwrap(), one.last_name.0.unwrap())).collect();
    assert_eq!(names, [("ANA", "LEE"), ("BO", "RAY")].map(|(a, b)| (a.to_owned(), b.to_owned())));
}

#[test]
fn a_time_that_lost_its_zero_is_read_if_it_can_be_nothing_else() {
    let text = "Appt ID,Date,Time,Patient,Cell\n71001,03/13/2026,0830,\"Lee, Ana\",303-555-0101\n\
        71002,03/14/2026,930,\"Ray, Bo\",303-555-0102\n71003,03/15/2026,1415,\"Fox, Cy\",303-555-0103\n\
        71004,03/16/2026,113,\"Kim, Di\",303-555-0104\n";
    let times: Vec<String> =
        appointments(text, &[]).iter().map(|one| one.starts_at.format("%d %H:%M").to_string()).collect();
    assert_eq!(times, ["13 08:30", "14 09:30", "15 14:15"]);
}

#[test]
fn a_file_that_shows_no_cancellations_is_named_as_such() {
    let zones = Zones::of_this_machine();
    let text =
        format!("{HEADER}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101\n71002,2026-03-11 15:00,Bo,Ray,303-555-0102\n");
    let found = suggested(&text, &[]);
    assert!(found.questions.is_empty());
    assert!(
        found.understood.iter().any(|line| line.starts_with("no column shows cancellations")),
        "{:?}",
        found.understood
    );
    assert!(feed_of(&found.block, &zones).is_ok());
}

#[test]
fn numbers_of_minutes_are_no_clock_times() {
    let of = |header: &str, times: [&str; 4]| {
        let row = |(n, time): (usize, &&str)| format!("7100{n},Ana,Lee,303-555-0101,03/1{n}/2026,{time}\n");
        let rows: String = times.iter().enumerate().map(row).collect();
        format!("Appt ID,First Name,Last Name,Mobile,Appt Date,{header}\n{rows}").replace("03/10/", "03/13/")
    };
    let clock = |text: &str, answers: &[(&str, &str)]| -> Vec<String> {
        appointments(text, answers).iter().map(|one| one.starts_at.format("%H:%M").to_string()).collect()
    };
    for header in ["start_min", "Start Time"] {
        assert_eq!(
            clock(&of(header, ["480", "555", "870", "1020"]), &[]),
            ["08:00", "09:15", "14:30", "17:00"],
            "{header}"
        );
    }
    // Each of these may be either.
    let both = of("Start Time", ["830", "915", "1000", "1130"]);
    assert_eq!(keys(&both, &[]), ["times"]);
    assert_eq!(clock(&both, &[("times", "24-hour")])[0], "08:30");
    assert_eq!(clock(&both, &[("times", "minutes")])[0], "13:50");
    // 1415 is no minute of a day.
    assert_eq!(clock(&of("Start Time", ["830", "915", "1000", "1515"]), &[])[3], "15:15");
}

#[test]
fn seconds_since_1970_are_read() {
    let rows = [1_772_571_600_i64, 1_772_658_000, 1_772_744_400].map(|at| (at.to_string(), (at * 1000).to_string()));
    for milliseconds in [false, true] {
        let cell = |n: usize| if milliseconds { &rows[n].1 } else { &rows[n].0 };
        let text = format!(
            "id,client_id,starts_at,first_name,last_name,phone_mobile\n71,1,{},Ana,Lee,3035550101\n72,2,{},Bo,Ray,3035550102\n73,0,{},NULL,NULL,NULL\n",
            cell(0),
            cell(1),
            cell(2)
        );
        let found = appointments(&text, &[]);
        let starts: Vec<i64> = found.iter().map(|one| one.starts_at.timestamp()).collect();
        assert_eq!(starts, [1_772_571_600, 1_772_658_000]);
    }
}

#[test]
fn codes_in_a_confirmation_column_are_asked_about() {
    let text = "Appt ID,Start,First Name,Last Name,Mobile,Status,conf_status\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Booked,0\n\
        71002,2026-03-11 15:00,Bo,Ray,303-555-0102,Booked,1\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,Booked,2\n";
    let open = keys(text, &[]);
    assert!(open.contains(&"status in conf status:1".to_owned()), "{open:?}");
    let answers = [
        ("status in conf status:0", "nothing"),
        ("status in conf status:1", "nothing"),
        ("status in conf status:2", "confirmed"),
    ];
    let statuses: Vec<Status> = appointments(text, &answers).iter().map(|one| one.status).collect();
    assert_eq!(statuses, [Status::Booked, Status::Booked, Status::Confirmed]);
}

#[test]
fn refusals_and_cancellations_in_other_languages_count() {
    for note in [
        "keine SMS!",
        "w\u{fc}nscht keine SMS, bitte anrufen",
        "bitte nicht per SMS",
        "SMS unerw\u{fc}nscht",
        "SMS: nein",
        "keine Textnachrichten",
        "wil geen sms",
        "niente SMS",
        "n\u{e3}o enviar SMS",
        "sem SMS",
    ] {
        let text = format!(
            "{HEADER},Note\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,\"{note}\"\n71002,2026-03-11 15:00,Bo,Ray,303-555-0102,SMS ok\n"
        );
        let said: Vec<Option<Consent>> = appointments(&text, &[]).iter().map(|one| one.consent).collect();
        assert_eq!(said, [Some(Consent::No), None], "{note}");
    }
    for header in ["Abgesagt am", "Geannuleerd op", "Annullato il"] {
        let text = format!(
            "{HEADER},{header}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,2026-03-01\n71002,2026-03-11 15:00,Bo,Ray,303-555-0102,\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,\n"
        );
        let statuses: Vec<Status> = appointments(&text, &[]).iter().map(|one| one.status).collect();
        assert_eq!(statuses, [Status::Cancelled, Status::Booked, Status::Booked], "{header}");
    }
}

#[test]
fn a_form_has_questions_as_column_names() {
    let first = "Patient's legal first name - exactly as it appears on the insurance card";
    let last = "Patient's legal last name - exactly as it appears on the insurance card";
    let when = "Please choose your appointment (times are shown in your local time zone)";
    let called = "What name would you like us to use when we talk to you? (optional)";
    let consent = "I consent to receive automated appointment reminder text messages at the mobile number provided. Message and data rates may apply. Consent is not a condition of treatment.";
    let text = format!(
        "Submission Date,{when},{first},{last},{called},Best mobile number,{consent},Submission IP,Submission ID\n\
         \"Feb 12, 2026 8:14 PM\",\"Tuesday, Mar 10, 2026 09:00 AM-09:30 AM America/Denver (GMT-06:00)\",Katherine,Lee,Kate,(303) 555-0101,I agree,203.0.113.7,6077001001\n\
         \"Feb 13, 2026 8:14 PM\",\"Wednesday, Mar 11, 2026 01:00 PM-01:30 PM America/Denver (GMT-06:00)\",Bo,Ray,,(303) 555-0102,,203.0.113.8,6077001002\n"
    );
    let answers = [("consent:i agree", "yes"), ("consent:", "no"), ("column:consent", consent)];
    let found = appointments(&text, &answers);
    let names: Vec<_> =
        found.iter().map(|one| (one.first_name.0.as_deref().unwrap(), one.last_name.0.as_deref().unwrap())).collect();
    assert_eq!(names, [("Kate", "Lee"), ("Bo", "Ray")]);
    assert_eq!(found[1].starts_at.to_rfc3339(), "2026-03-11T13:00:00-06:00");
}

#[test]
fn a_date_beside_a_phone_number_is_no_number() {
    let text = "Appt ID,Start,Client,Description\n71001,2026-03-10 15:00,Ana Lee,Cell: 303-555-0101 born 12/03/1984\n\
        71002,2026-03-11 15:00,Bo Ray,Cell: 303-555-0102 DOB 1984-12-03\n71003,2026-03-12 15:00,Cy Fox,Cell: 303-555-0103\n";
    let phones: Vec<_> =
        appointments(text, &[("column:phone", "Description")]).into_iter().map(|one| one.phone.0.unwrap()).collect();
    assert_eq!(phones, ["303-555-0101", "303-555-0102", "303-555-0103"]);
}

#[test]
fn last_names_before_first_names_are_recognized_or_asked_about() {
    let names = |text: &str| -> Vec<(String, String)> {
        let found = appointments(text, &[]).into_iter();
        found.map(|one| (one.first_name.0.unwrap_or_default(), one.last_name.0.unwrap_or_default())).collect()
    };
    let of = |header: &str, cells: [&str; 3]| {
        let row = |(n, cell): (usize, &&str)| format!("7100{n},2026-03-1{n} 15:00,{cell},303-555-0101\n");
        let rows: String = cells.iter().enumerate().map(row).collect();
        format!("Appt ID,Start,{header},Mobile\n{rows}").replace("2026-03-10", "2026-03-13")
    };
    let pairs = |all: [(&str, &str); 3]| all.map(|(a, b)| (a.to_owned(), b.to_owned())).to_vec();
    // The capitals show it.
    let capitals = of("Patient", ["MARTIN H\u{e9}l\u{e8}ne", "DE LA TOUR Jean-Baptiste", "ROY Ana"]);
    assert_eq!(
        names(&capitals),
        pairs([("H\u{e9}l\u{e8}ne", "MARTIN"), ("Jean-Baptiste", "DE LA TOUR"), ("Ana", "ROY")])
    );
    // The header says it.
    for header in ["Cognome e Nome", "Nachname Vorname", "Last First"] {
        let text = of(header, ["Rossi Maria", "De Luca Giovanni", "Bo Ana"]);
        let found = suggested(&text, &[("column:name", header)]);
        assert!(found.block.contains("names = \"last-first\""), "{}", found.block);
        let rows = with_block(&found.block, &text);
        assert_eq!(rows[1].first_name.0.as_deref(), Some("Giovanni"), "{header}");
        assert_eq!(rows[1].last_name.0.as_deref(), Some("De Luca"), "{header}");
    }
    // Where neither does, an English-speaking country has first names first.
    let plain = of("Patient", ["Maria Rossi", "Ana Lee", "Bo Ray"]);
    assert_eq!(names(&plain)[0].0, "Maria");
    let asked = suggested_in("IT".parse().unwrap(), &plain, &[]);
    assert!(asked.questions.iter().any(|question| question.key == "names"), "{}", asked.block);
    assert!(feed_of(&asked.block, &Zones::of_this_machine()).is_err(), "an open question is no feed");
    let answered = suggested_in("IT".parse().unwrap(), &plain, &[("names", "last-first")]);
    assert_eq!(with_block(&answered.block, &plain)[0].first_name.0.as_deref(), Some("Rossi"));
}

#[test]
fn days_in_other_languages_are_read() {
    for (header, day) in [("Data", "lun"), ("Data", "gioved\u{ec}"), ("Datum", "Mi"), ("Datum", "wo")] {
        let date = match day {
            "lun" => "16/03/2026",
            "gioved\u{ec}" => "19/03/2026",
            _ => "18/03/2026",
        };
        let text = format!(
            "Appt ID,{header},Ora,First Name,Last Name,Mobile\n71001,{day} {date},15:00,Ana,Lee,303-555-0101\n\
             71002,{day} {date},16:00,Bo,Ray,303-555-0102\n"
        );
        let found = appointments(&text, &[("column:starts_at", header), ("column:time", "Ora")]);
        assert_eq!(found.len(), 2, "{day}");
    }
}

#[test]
fn the_date_of_the_day_may_stand_beside_the_office() {
    let day = |date: &str| format!("\"Office: 101 - Mesa          {date}\",,,\n");
    let text = format!(
        "Daily Schedule,,,\n{}Time,Patient,Cell,Status\n9:00 AM,\"Lee, Ana\",303-555-0101,Booked\n{}\
         Time,Patient,Cell,Status\n9:30 AM,\"Ray, Bo\",303-555-0102,Booked\n",
        day("Monday, March 9, 2026"),
        day("Tuesday, March 10, 2026")
    );
    let starts: Vec<String> =
        appointments(&text, &[]).iter().map(|one| one.starts_at.format("%m-%d %H:%M").to_string()).collect();
    assert_eq!(starts, ["03-09 09:00", "03-10 09:30"]);
}

#[test]
fn tags_that_refuse_texts_leave_other_tags_open() {
    let text = format!(
        "{HEADER},Client Tags\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,do not text\n\
         71002,2026-03-11 15:00,Bo,Ray,303-555-0102,rescue\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,\n"
    );
    let answers = [("column:consent", "Client Tags"), ("consent:rescue", "unknown"), ("consent:", "unknown")];
    let block = suggested(&text, &answers).block;
    let next = text.replace("rescue", "cash only");
    let said: Vec<Option<Consent>> = with_block(&block, &next).iter().map(|one| one.consent).collect();
    assert_eq!(said, [Some(Consent::No), None, None], "{block}");
}

#[test]
fn of_several_consents_a_no_counts() {
    let header = "Appt ID,Start,First Name,Last Name,Phone 1,Phone 1 Type,Phone 1 OK to Text,Phone 2,Phone 2 Type,Phone 2 OK to Text";
    let text = format!(
        "{header}\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,Home,Yes,303-555-0102,Mobile,No\n\
         71002,2026-03-11 15:00,Bo,Ray,303-555-0103,Mobile,Yes,,,\n71003,2026-03-12 15:00,Cy,Fox,303-555-0104,Mobile,Yes,303-555-0105,Home,Yes\n"
    );
    let found = appointments(&text, &[]);
    let said: Vec<Option<Consent>> = found.iter().map(|one| one.consent).collect();
    assert_eq!(said, [Some(Consent::No), Some(Consent::Yes), Some(Consent::Yes)]);
}

#[test]
fn every_word_of_a_second_status_is_read_or_asked_about() {
    let of = |header: &str, words: [&str; 4]| {
        let row =
            |(n, word): (usize, &&str)| format!("7100{n},2026-03-1{n} 15:00,Ana,Lee,303-555-0101,Booked,{word}\n");
        let rows: String = words.iter().enumerate().map(row).collect();
        format!("Appt ID,Start,First Name,Last Name,Mobile,Status,{header}\n{rows}").replace("2026-03-10", "2026-03-14")
    };
    let activation = of("Activation State", ["ACTIVE", "RESERVED", "ACTIVE", "CANCELED"]);
    assert_eq!(keys(&activation, &[]), ["status in activation state:reserved"]);
    let statuses: Vec<Status> = appointments(&activation, &[("status in activation state:reserved", "cancelled")])
        .iter()
        .map(|one| one.status)
        .collect();
    assert_eq!(statuses, [Status::Booked, Status::Cancelled, Status::Booked, Status::Cancelled]);
    let attendance = of("Attendance", ["Confirmed", "", "Declined", ""]);
    assert_eq!(keys(&attendance, &[]), ["status in attendance:declined"]);
    let statuses: Vec<Status> = appointments(&attendance, &[("status in attendance:declined", "cancelled")])
        .iter()
        .map(|one| one.status)
        .collect();
    assert_eq!(statuses, [Status::Confirmed, Status::Booked, Status::Cancelled, Status::Booked]);
}

#[test]
fn totals_and_blocked_rows_without_a_patient_are_no_appointments() {
    let text = "Datum;Uhrzeit;Terminart;Status;Nachname;Vorname;Mobiltelefon\n10.03.2026;08:00;Kontrolle;Geplant;Lee;Ana;303-555-0101\n\
        13.03.2026;12:00;Irgendwas;Geplant;;;\n13.03.2026;13:00;Kontrolle;Geplant;Ray;Bo;303-555-0102\n";
    let zones = Zones::of_this_machine();
    let block = suggested(text, &[]).block;
    let report = map(text.as_bytes(), &feed_of(&block, &zones).unwrap(), &zones).unwrap().1;
    assert_eq!((report.appointments, report.ignored, report.refused), (2, 1, 0), "{block}");
    let text = "Encounter ID,Date,Time,Patient Name,Preferred Name,Cell Phone,Status\n501,03/14/2026,8:00 AM,\"Lee, Ana\",,303-555-0101,Scheduled\n\
        502,03/15/2026,9:00 AM,\"Ray, Robert\",Bob,303-555-0102,Scheduled\n503,03/16/2026,9:00 AM,\"Fox, Cyrus\",Cy,303-555-0103,Scheduled\n\"Nov 28, 2026\",,,,1,,\n";
    assert_eq!(keys(text, &[]), Vec::<String>::new());
    let firsts: Vec<String> = appointments(text, &[]).into_iter().map(|one| one.first_name.0.unwrap()).collect();
    assert_eq!(firsts, ["Ana", "Bob", "Cy"]);
}

#[test]
fn a_question_about_somebody_else_is_not_about_the_patient() {
    let of = |header: &str, cells: [&str; 2]| {
        format!(
            "Appt ID,Start,First Name,Last Name,{header}\n71001,2026-03-10 15:00,Ana,Lee,{}\n71002,2026-03-11 15:00,Bo,Ray,{}\n",
            cells[0], cells[1]
        )
    };
    for header in [
        "Cell phone number of a parent or guardian (for minors)",
        "Cell phone number of your emergency contact person",
        "Mobile phone (parent or guardian - for patients under 18)",
    ] {
        let text = of(header, ["303-555-0101", "303-555-0102"]);
        let block = suggested(&text, &[]).block;
        assert!(!block.contains("phone = \"") || block.contains("phone = \"?\""), "{block}");
    }
    let block = suggested(&of("First name of the person who completes this form", ["Mia", "Joe"]), &[]).block;
    assert!(block.contains("first_name = \"First Name\""), "{block}");
    for (header, cells) in [
        ("Which pharmacy would you like us to use?", ["Walgreens", "Kings"]),
        ("May you be called at work?", ["Yes", "No"]),
    ] {
        let block = suggested(&of(header, cells), &[]).block;
        assert!(block.contains("first_name = \"First Name\""), "{block}");
    }
    // The only number may be a parent's, or the home phone: it is asked about, however the header says "number".
    for header in ["Parent's mobile number", "Home phone number"] {
        let text = of(header, ["303-555-0101", "303-555-0102"]);
        assert_eq!(keys(&text, &[]), ["column:phone"], "{header}");
    }
}

#[test]
fn a_named_patient_without_a_number_stays_on_the_book() {
    let text = "Appt ID,Start,Patient ID,Patient,Mobile\n71001,2026-03-10 15:00,11,\"Lee, Ana\",303-555-0101\n\
        71002,2026-03-11 15:00,0,\"Ray, Bo\",\n71003,2026-03-12 15:00,0,,\n";
    assert_eq!(
        appointments(text, &[]).len(),
        2,
        "a new patient has the number 0 and is called; nobody has neither name nor number"
    );
}

#[test]
fn what_other_columns_confirm_or_complete_is_not_the_visit() {
    let of = |header: &str, words: [&str; 3]| {
        let row =
            |(n, word): (usize, &&str)| format!("7100{n},2026-03-1{n} 15:00,Ana,Lee,303-555-0101,Booked,{word}\n");
        let rows: String = words.iter().enumerate().map(row).collect();
        format!("Appt ID,Start,First Name,Last Name,Mobile,Status,{header}\n{rows}").replace("2026-03-10", "2026-03-14")
    };
    let statuses = |text: &str| -> Vec<Status> { appointments(text, &[]).iter().map(|one| one.status).collect() };
    assert_eq!(statuses(&of("Interpreter", ["Confirmed", "", ""])), [Status::Booked; 3]);
    let open = keys(&of("Intake", ["Completed", "Cancelled", "Sent"]), &[]);
    assert!(open.contains(&"status in intake:completed".to_owned()), "{open:?}");
}

#[test]
fn a_guardians_phone_number_is_offered_for_patients_without_one() {
    let text = "Appt ID,Start,First Name,Last Name,Mobile,Guardian Phone Number\n71001,2026-03-10 15:00,Ana,Lee,303-555-0101,\n\
        71002,2026-03-11 15:00,Bo,Ray,,303-555-0102\n71003,2026-03-12 15:00,Cy,Fox,303-555-0103,303-555-0104\n";
    let open = suggested(text, &[]).questions;
    assert!(
        open.iter().any(|question| question.text.contains("the number of a parent, guarantor or spouse")),
        "{open:?}"
    );
}
