//! Tables of replies with their meanings, and properties of every reply.

use leadtime::domain::reply::{Offered, ReplyMeaning, classify, is_nothing_but_opt_out, is_urgent, may_mean_the_visit};

/// The counts for one table.
#[derive(Debug, Default)]
struct Judged {
    rows: usize,
    correct: usize,
    opt_outs: usize,
    missed: usize,
    others: usize,
    opted_out: usize,
    wrong: Vec<String>,
}

/// Judges a table of lines `{"reply": ..., "outcome": ...}`. For `unclear_opt_out`, `opt_out` counts as correct too.
fn judge(table: &str) -> Judged {
    let mut judged = Judged::default();
    for line in table.lines().filter(|line| !line.trim().is_empty()) {
        let row: serde_json::Value = serde_json::from_str(line).unwrap();
        let (reply, outcome) = (row["reply"].as_str().unwrap(), row["outcome"].as_str().unwrap());
        let meaning = classify(reply, &Offered::nothing());
        let correct = meaning.code() == outcome || outcome == "unclear_opt_out" && meaning == ReplyMeaning::OptOut;
        judged.rows += 1;
        judged.correct += usize::from(correct);
        match outcome {
            "opt_out" => {
                judged.opt_outs += 1;
                judged.missed += usize::from(meaning != ReplyMeaning::OptOut);
            }
            "unclear_opt_out" => {}
            _ => {
                judged.others += 1;
                judged.opted_out += usize::from(meaning == ReplyMeaning::OptOut);
            }
        }
        if !correct {
            judged.wrong.push(format!("{outcome:16} read as {:16} {reply}", meaning.code()));
        }
    }
    judged
}

/// Checks the goals: at most 3% of the opt-outs missed, nobody else opted out, at least 95% of the labels correct.
fn check(name: &str, table: &str) {
    let judged = judge(table);
    println!(
        "{name}: {} of {} correct; {} of {} opt-outs missed; {} of {} others opted out\n{}",
        judged.correct,
        judged.rows,
        judged.missed,
        judged.opt_outs,
        judged.opted_out,
        judged.others,
        judged.wrong.join("\n")
    );
    assert!(judged.missed * 100 <= judged.opt_outs * 3, "{name}: too many opt-outs missed");
    assert_eq!(judged.opted_out, 0, "{name}: a reply that is no opt-out was read as one");
    assert!(judged.correct * 100 >= judged.rows * 95, "{name}: too few labels correct");
}

#[test]
fn table_replies() {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/data/tables/replies.jsonl");
    let path = std::env::var("LEADTIME_TABLE_REPLIES").unwrap_or_else(|_| default.to_owned());
    match std::fs::read_to_string(&path) {
        Ok(table) => check("replies.jsonl", &table),
        Err(problem) => println!("skipped: cannot read {path}: {problem}"),
    }
}

#[test]
fn table_replies_more() {
    check("replies_more.jsonl", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/replies_more.jsonl")));
}

/// The words of 47 CFR 64.1200(a)(10), in spellings that readers see as the same word.
const ALWAYS: [&str; 9] = ["stop", "quit", "end", "revoke", "opt out", "opt-out", "optout", "cancel", "unsubscribe"];

fn wide(word: &str) -> String {
    word.chars().map(|c| char::from_u32(u32::from(c) + 0xfee0).filter(|_| c.is_ascii_graphic()).unwrap_or(c)).collect()
}

fn capitalized(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

#[test]
fn the_statutory_words_always_opt_out() {
    let before = [
        "",
        "please ",
        "Pls ",
        "plz ",
        "Hi, please ",
        "\"",
        "'",
        "  ",
        "\u{200b}",
        "\u{feff}",
        "...",
        "¡",
        "🛑 ",
        "\n",
    ];
    let after = [
        "",
        ".",
        "!",
        "!!!",
        "?",
        "...",
        " please",
        ", please.",
        " pls",
        " thanks",
        ", thank you!",
        " Thank you so much",
        "\"",
        "'",
        " 🙏",
        " \u{1f6d1}",
        "  ",
        "\n",
        "\u{200d}",
        "\nSent from my iPhone",
        "\n\n-- \nMaria",
        " (Sent with Slam Effect)",
        " - Maria",
        "\nMaria Lopez",
        "\n\u{2014}Ana",
        "\nGet Outlook for Android",
        "\nEnviado desde mi iPhone",
        "\nEnvoyé de mon iPhone",
        " gracias",
        " por favor",
        " svp",
        " merci",
        " sir",
        "\n\nOn Mon, Nov 23, 2026 at 9:00 AM Smile Dental wrote:\n> Reply C to confirm, STOP to opt out",
    ];
    for word in ALWAYS {
        let spellings = [
            word.to_owned(),
            word.to_uppercase(),
            capitalized(word),
            wide(word),
            wide(&word.to_uppercase()),
            word.chars().map(|c| format!("{c}\u{200b}")).collect(),
            word.chars().enumerate().map(|(n, c)| if n % 2 == 0 { c.to_ascii_uppercase() } else { c }).collect(),
        ];
        for (m, lead) in before.iter().enumerate() {
            for (n, tail) in after.iter().enumerate() {
                // Every spelling is tried with every decoration, but not with every pair of decorations.
                for spelling in spellings.iter().skip((m + n) % 7).take(1) {
                    let reply = format!("{lead}{spelling}{tail}");
                    assert_eq!(classify(&reply, &Offered::nothing()), ReplyMeaning::OptOut, "{reply:?}");
                }
            }
        }
        let apart: Vec<String> = word.chars().filter(char::is_ascii_alphabetic).map(String::from).collect();
        for between in [" ", ".", "-", "_", ". ", "*"] {
            let reply = apart.join(between);
            assert_eq!(classify(&reply, &Offered::nothing()), ReplyMeaning::OptOut, "{reply:?}");
        }
        for reply in [format!("{word} {word}"), format!("{word}\n{word}\n{word}"), format!("{word} now")] {
            assert_eq!(classify(&reply, &Offered::nothing()), ReplyMeaning::OptOut, "{reply:?}");
        }
        let offered = Offered::from_message("Reply C to confirm or CANCEL to cancel your visit. Text STOP to end.");
        assert_eq!(
            classify(word, &offered),
            ReplyMeaning::OptOut,
            "{word} must opt out although our text offers it as an answer"
        );
    }
}

#[test]
fn an_opt_out_counts_before_a_long_text_or_after_blanks() {
    let long = "The weather was fine and we walked a lot. ".repeat(2_000);
    assert_eq!(classify(&format!("STOP. {long}"), &Offered::nothing()), ReplyMeaning::OptOut);
    assert_eq!(classify(&format!("{}STOP", "\u{200b}".repeat(9_000)), &Offered::nothing()), ReplyMeaning::OptOut);
    assert_eq!(classify(&format!("{}STOP", " \n".repeat(9_000)), &Offered::nothing()), ReplyMeaning::OptOut);
}

#[test]
fn reactions_and_quotes_added_by_a_phone_never_opt_out() {
    let ours = [
        "Reminder: Smile Dental, Tuesday at 3:00 PM. Reply C to confirm, STOP to opt out.",
        "Your visit is tomorrow. Text STOP to end",
        "Recordatorio: su cita es mañana. Responda ALTO para no recibir más mensajes",
        "Rappel : rendez-vous demain. Répondez STOP pour vous désabonner.",
    ];
    for text in ours {
        for (start, end, meaning) in [
            ("Liked \u{201c}", "\u{201d}", ReplyMeaning::Confirmed),
            ("Loved \"", "\"", ReplyMeaning::Confirmed),
            ("👍 to \u{201c}", "\u{201d}", ReplyMeaning::Confirmed),
            ("\u{200b}👍\u{200b} to \u{201c}\u{200a}", "\u{200a}\u{201d}", ReplyMeaning::Confirmed),
            ("Reacted ❤️ to \"", "\"", ReplyMeaning::Confirmed),
            ("Le gustó \u{201c}", "\u{201d}", ReplyMeaning::Confirmed),
            ("A aimé « ", " »", ReplyMeaning::Confirmed),
            ("Disliked \u{201c}", "\u{201d}", ReplyMeaning::NeedsALook),
            ("No le gustó \u{201c}", "\u{201d}", ReplyMeaning::NeedsALook),
            ("N\u{2019}a pas aimé « ", " »", ReplyMeaning::NeedsALook),
            ("Questioned \u{201c}", "\u{201d}", ReplyMeaning::Question),
            ("Laughed at \u{201c}", "\u{201d}", ReplyMeaning::None),
            ("Emphasized \u{201c}", "\u{201d}", ReplyMeaning::None),
            ("Removed a like from \u{201c}", "\u{201d}", ReplyMeaning::None),
            ("> ", "", ReplyMeaning::None),
            ("yes\n> ", "", ReplyMeaning::Confirmed),
            ("yes\n\nOn Mon, Nov 23, 2026 at 9:00 AM Smile\nDental <a@b.c> wrote:\n> ", "", ReplyMeaning::Confirmed),
            ("Oui\n\nLe lun. 23 nov. 2026 à 09:00, Smile a écrit :\n", "", ReplyMeaning::Confirmed),
            ("\"", "\" what is this?", ReplyMeaning::Question),
        ] {
            let reply = format!("{start}{text}{end}");
            assert_eq!(classify(&reply, &Offered::nothing()), meaning, "{reply:?}");
        }
    }
    assert_eq!(classify("Liked an image", &Offered::nothing()), ReplyMeaning::Confirmed);
    assert_eq!(classify("Reply STOP to opt out", &Offered::nothing()), ReplyMeaning::UnclearOptOut);
    assert_eq!(classify("I replied STOP to opt out", &Offered::nothing()), ReplyMeaning::OptOut);
    assert_eq!(classify("\"Reminder: Reply STOP to opt out\" STOP", &Offered::nothing()), ReplyMeaning::OptOut);
}

#[test]
fn replies_are_read_against_the_offered_answers_and_the_appointment_time() {
    let offered = Offered::from_message(
        "Smile Dental: Ana, your visit is Tuesday, Nov 24 at 3:00 PM. Reply C to confirm, R to reschedule. STOP to opt out.",
    );
    for (reply, meaning) in [
        ("C", ReplyMeaning::Confirmed),
        ("c.", ReplyMeaning::Confirmed),
        ("C please", ReplyMeaning::Confirmed),
        ("R", ReplyMeaning::WantsChange),
        ("X", ReplyMeaning::NeedsALook),
        ("2", ReplyMeaning::NeedsALook),
        ("Y", ReplyMeaning::Confirmed),
        ("Yes, Tuesday at 3", ReplyMeaning::Confirmed),
        ("see you Tuesday", ReplyMeaning::Confirmed),
        ("yes the 24th", ReplyMeaning::Confirmed),
        ("see you Monday", ReplyMeaning::NeedsALook),
        ("Yes, see you at 4", ReplyMeaning::NeedsALook),
        ("sí, el jueves", ReplyMeaning::NeedsALook),
        ("oui à 16h", ReplyMeaning::NeedsALook),
        ("STOP", ReplyMeaning::OptOut),
    ] {
        assert_eq!(classify(reply, &offered), meaning, "{reply}");
    }
    assert_eq!(classify("C", &Offered::nothing()), ReplyMeaning::NeedsALook);
}

#[test]
fn replies_about_emergencies_are_urgent() {
    for reply in [
        "I'm bleeding a lot",
        "my face is swollen",
        "fever of 102",
        "The bleeding won't stop it's been two days",
        "my tooth hurts so bad",
        "in a lot of pain",
        "I think it's infected",
        "my crown fell off",
        "knocked out a tooth",
        "can't breathe",
        "me duele mucho la muela",
        "tengo fiebre",
        "está sangrando",
        "se me hinchó la cara",
        "se me cayó la corona",
        "urgente",
        "j'ai très mal",
        "ça saigne encore",
        "mal aux dents",
        "j'ai de la fièvre",
        "ma joue est enflée",
        "dent cassée",
        "yes but I have a lot of pain",
    ] {
        assert!(is_urgent(reply), "{reply}");
    }
    for reply in [
        "yes",
        "will it hurt?",
        "no pain at all",
        "no more bleeding, thanks",
        "stop",
        "no tengo dolor",
        "¿me va a doler?",
        "sin fiebre",
        "pas de douleur",
        "est-ce que ça va faire mal?",
        "I take blood pressure pills",
        "see you then",
        "merci",
        "I don't want these stitches to hurt",
    ] {
        assert!(!is_urgent(reply), "{reply}");
    }
}

#[test]
fn cancel_alone_opts_out_but_may_mean_the_appointment() {
    for reply in ["cancel", "CANCEL please", "Annuler", "cancelar por favor", "ok cancel"] {
        assert_eq!(classify(reply, &Offered::nothing()), ReplyMeaning::OptOut, "{reply}");
        assert!(may_mean_the_visit(reply), "{reply}");
    }
    for reply in ["stop", "cancel texts", "end", "yes", ""] {
        assert!(!may_mean_the_visit(reply), "{reply}");
    }
}

#[test]
fn replies_with_nothing_but_opt_out_words_are_recognized() {
    for reply in ["STOP", "please stop, thanks", "s t o p", "opt-out", "Alto por favor", "ARRÊT svp", "stop it"] {
        assert!(is_nothing_but_opt_out(reply), "{reply}");
    }
    for reply in [
        "",
        "stop texting my husband",
        "Reply STOP to opt out",
        "Your visit is at 3. Text STOP to end",
        "stop by",
        "yes",
    ] {
        assert!(!is_nothing_but_opt_out(reply), "{reply}");
    }
}

#[test]
fn a_very_long_reply_is_read_within_two_seconds() {
    for piece in
        ["stop the ", "do not ", "no more of the ", "ne me ", "a ", "can not be able to ", "\"reply stop to ", "?"]
    {
        let reply = piece.repeat(100_000 / piece.len());
        let start = std::time::Instant::now();
        classify(&reply, &Offered::nothing());
        // A generous limit, for a busy machine and an unoptimized build.
        assert!(start.elapsed().as_secs() < 2, "{piece}: {:?}", start.elapsed());
        println!("{piece}: {:?}", start.elapsed());
    }
}

#[test]
fn any_reply_is_read_without_a_panic() {
    let pieces = [
        "stop",
        "\u{301}",
        "\u{fdfa}",
        "👍🏽",
        "🇺🇸",
        "\"",
        "«",
        ">",
        "--",
        "'",
        "*",
        "f*",
        "ß",
        "İ",
        "ﬀ",
        "\u{202e}",
        "\n",
        "On ",
        " wrote:",
        "9",
        ":",
        "3:30",
        "15h",
        "@",
        "$",
        "menvoyé",
        "necriä",
        "Liked ",
        "n't",
        "'ll",
        "reply stop to",
        "é",
        "Ω",
        "\u{0}",
        "99999999999",
        "¿",
        "?",
        "[image]",
        "stopé",
        "h:",
    ];
    // A small generator of our own, for the same replies on every run.
    let mut state: u64 = 7;
    let mut next = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap_or(0) % most
    };
    for _ in 0..800 {
        let length = next(12);
        let reply: String =
            (0..length).map(|_| pieces[next(pieces.len())].to_owned() + if next(2) == 0 { " " } else { "" }).collect();
        let meaning = classify(&reply, &Offered::from_message(&reply));
        assert!(ReplyMeaning::ALL.contains(&meaning));
        is_urgent(&reply);
        may_mean_the_visit(&reply);
    }
}

#[test]
fn the_codes_of_the_meanings_are_fixed() {
    let codes: Vec<&str> = ReplyMeaning::ALL.iter().map(|meaning| meaning.code()).collect();
    assert_eq!(
        codes,
        [
            "opt_out",
            "unclear_opt_out",
            "confirmed",
            "wants_change",
            "wants_cancel",
            "question",
            "wrong_person",
            "needs_a_look",
            "none"
        ]
    );
}
