//! Properties of "the same person", with a real store and the engine: no correction, merge or new export after a text
//! makes the same person get it twice, and a different person still gets one.

use chrono::TimeDelta;
use leadtime::clock::Clock;
use proptest::prelude::*;

use crate::world::{Visit, World, appointment};

/// Texts three days ahead, so that a second text before the appointment is within Annie's limits.
const RULE: &str = "[[rule]]\nname = \"three-days\"\nlead = \"72 hours\"\nbooked_late = \"send\"\n\
    message = \"See you {{ appointment.when }}\"\n[household]\nmessage = \"See you all\"\n";
/// Thursday at 3 PM. Its text goes out on Monday at 3 PM.
const THURSDAY: &str = "2026-11-12T15:00:00-07:00";
const DUE: &str = "2026-11-09T22:00:00Z";
/// Too late for any text.
const THURSDAY_NOON: &str = "2026-11-12T19:30:00Z";

/// Changes to an appointment that remains the same person's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Change {
    /// Two charts are merged.
    MergedChart,
    /// Another spelling of the first name.
    Name(&'static str),
    /// The last name changes, for example after a marriage.
    LastName,
    /// Another number; the old one was not marked as wrong.
    Number,
    /// The practice software exports it under another id.
    NewId,
    /// It is cancelled and booked again.
    CancelledAndBack,
}

/// Spellings that are all compatible with Ana.
const NAMES: [&str; 6] = ["Ana", "Anna", "ANA", "Ana Maria", "Aná", "An"];

/// Some changes. A new id, a merged chart and a new number or last name together leave too little to identify the
/// person, so that combination is left out.
fn changes(most: usize) -> impl Strategy<Value = Vec<Change>> {
    let change = prop_oneof![
        Just(Change::MergedChart),
        prop::sample::select(NAMES.to_vec()).prop_map(Change::Name),
        Just(Change::LastName),
        Just(Change::Number),
        Just(Change::NewId),
        Just(Change::CancelledAndBack),
    ];
    prop::collection::vec(change, 0..=most).prop_filter("too little is left to identify the person", |changes| {
        let has = |change: Change| changes.contains(&change);
        let renamed = has(Change::LastName);
        !(has(Change::NewId) && has(Change::MergedChart) && (has(Change::Number) || renamed))
    })
}

/// Appointments: one that changes, one of a relative on the same account, and one of a bystander.
struct Book {
    world: World,
    id: String,
    /// How many changes were made so far; makes ids, charts and numbers unique.
    steps: usize,
}

impl Book {
    /// The texts due on Monday were sent: to Ana, and to Ben, who is on her account with his own number.
    async fn texted() -> Book {
        let mut world = World::with("mode = \"live\"", RULE).await;
        let relative = Visit { patient: "a", ..appointment("relative", "303-555-0109", THURSDAY) };
        let bystander = appointment("bystander", "303-555-0108", "2026-11-30T15:00:00-07:00");
        world.book(&[appointment("a", "303-555-0101", THURSDAY), relative, bystander]);
        world.execute("UPDATE appointments SET first_name = 'Ana', last_name = 'Lee' WHERE id = 'a'");
        world.execute("UPDATE appointments SET first_name = 'Benjamin', last_name = 'Lee' WHERE id = 'relative'");
        world.go_to(DUE).await;
        assert_eq!((world.annie.sent().len(), world.sent_to("+13035550101")), (2, 1));
        Book { world, id: "a".to_owned(), steps: 0 }
    }

    async fn change(&mut self, change: Change) {
        self.steps += 1;
        let (n, id) = (self.steps, self.id.clone());
        let set = |what: String| format!("UPDATE appointments SET {what} WHERE id = '{id}'");
        match change {
            Change::MergedChart => self.world.execute(&set(format!("patient_id = 'chart-{n}'"))),
            Change::Name(name) => self.world.execute(&set(format!("first_name = '{name}'"))),
            Change::LastName => self.world.execute(&set(format!("last_name = 'Park-{n}'"))),
            Change::Number => self.world.execute(&set(format!("phone = '303-555-02{n:02}'"))),
            Change::NewId => {
                self.id = format!("a-{n}");
                let columns = "patient_id, first_name, last_name, phone, starts_at, status";
                self.world.execute(&format!(
                    "INSERT INTO appointments (id, {columns}) SELECT '{}', {columns} FROM appointments WHERE id = '{id}';
                     DELETE FROM appointments WHERE id = '{id}'",
                    self.id
                ));
            }
            Change::CancelledAndBack => {
                self.world.execute(&set("status = 'cancelled'".to_owned()));
                self.settle().await;
                self.world.execute(&set("status = 'booked'".to_owned()));
            }
        }
        self.settle().await;
    }

    async fn settle(&mut self) {
        self.world.clock.advance(TimeDelta::minutes(7));
        self.world.settle().await;
    }

    /// Gives the appointment to another patient, with a different number or the same one.
    async fn give_away(&mut self, own_number: bool) {
        let phone = if own_number { "phone = '303-555-0301'," } else { "" };
        let to = format!("{phone} patient_id = 'd', first_name = 'Dmitri', last_name = 'Orlov'");
        self.world.execute(&format!("UPDATE appointments SET {to} WHERE id = '{}'", self.id));
        self.settle().await;
    }

    /// Runs until it is too late for any text. Returns how many texts went out in addition to Monday's two.
    async fn more_texts(mut self) -> usize {
        let tomorrow = self.world.clock.now() + TimeDelta::hours(25);
        self.world.go_to(&tomorrow.to_rfc3339()).await;
        self.world.go_to(THURSDAY_NOON).await;
        assert_eq!(self.world.sent_to("+13035550109"), 1, "the relative is texted once");
        assert_eq!(self.world.state("bystander", "three-days"), "planned");
        self.world.annie.sent().len() - 2
    }
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    #[test]
    fn merges_corrections_and_new_ids_text_nobody_twice(changes in changes(5)) {
        let more = run(async {
            let mut book = Book::texted().await;
            for change in &changes {
                book.change(*change).await;
            }
            book.more_texts().await
        });
        prop_assert_eq!(more, 0, "{:?}", changes);
    }

    #[test]
    fn a_patient_who_takes_over_an_appointment_is_texted_once(before in changes(3), own_number in any::<bool>(), numbers in 0_usize..2) {
        let more = run(async {
            let mut book = Book::texted().await;
            for change in &before {
                book.change(*change).await;
            }
            book.give_away(own_number).await;
            // Corrections for the new patient do not cause a second text either.
            for _ in 0..numbers {
                book.world.go_to("2026-11-11T18:00:00Z").await;
                book.change(Change::Number).await;
            }
            book.more_texts().await
        });
        prop_assert_eq!(more, 1, "{:?}", before);
    }

    #[test]
    fn a_corrected_number_is_texted_only_if_the_old_one_was_marked_as_wrong(marked in any::<bool>(), name in prop::sample::select(NAMES.to_vec())) {
        let more = run(async {
            let mut book = Book::texted().await;
            if marked {
                let at = book.world.clock.now().timestamp();
                book.world.execute(&format!("INSERT INTO wrong_numbers (phone, patient_id, at) VALUES ('+13035550101', 'a', {at})"));
                book.settle().await;
            }
            book.change(Change::Name(name)).await;
            book.change(Change::Number).await;
            book.change(Change::CancelledAndBack).await;
            book.more_texts().await
        });
        prop_assert_eq!(more, usize::from(marked));
    }

    /// One account and one number: one text covers everybody known when it is sent, and one more covers those added
    /// later.
    #[test]
    fn every_family_member_is_texted_once(first in 1_usize..4, later in 0_usize..3) {
        const FAMILY: [&str; 5] = ["Ana", "Benjamin", "Cleo", "Dmitri", "Esther"];
        const IDS: [&str; 5] = ["f0", "f1", "f2", "f3", "f4"];
        let (texts, texted) = run(async {
            let mut world = World::with("mode = \"live\"", RULE).await;
            for (n, id) in IDS.iter().enumerate().take(first + later) {
                if n == first {
                    world.go_to(DUE).await;
                }
                world.book(&[Visit { patient: "account", ..appointment(id, "303-555-0101", THURSDAY) }]);
                world.execute(&format!("UPDATE appointments SET first_name = '{}', last_name = 'Lee' WHERE id = '{id}'", FAMILY[n]));
            }
            world.go_to(DUE).await;
            world.go_to("2026-11-10T22:30:00Z").await;
            world.go_to(THURSDAY_NOON).await;
            (world.annie.sent().len(), world.number("SELECT count(*) FROM reminders WHERE state = 'sent'"))
        });
        prop_assert_eq!(texts, 1 + usize::from(later > 0));
        prop_assert_eq!(texted, i64::try_from(first + later).unwrap());
    }
}
