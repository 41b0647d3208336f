//! What is known of one appointment from all its messages, in whatever order they came.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::feeds::formats::hl7::message::Message;
use crate::feeds::formats::hl7::patch::Patch;
use crate::feeds::formats::hl7::schedule::finality;
use crate::feeds::formats::hl7::start::Start;

/// When a message was made. Ties go to MSH-13, then to the control id, where `M10` comes after `M9`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Stamp(Option<i64>, u64, String);

impl Stamp {
    fn of(message: &Message) -> Stamp {
        Stamp(message.header.time, message.header.sequence, message.header.control_id.clone())
    }

    fn time(&self) -> (Option<i64>, u64) {
        (self.0, self.1)
    }

    fn key(&self) -> (Option<i64>, u64, &str, usize, &str, &str) {
        let start = self.2.trim_end_matches(|c: char| c.is_ascii_digit());
        let digits = self.2.get(start.len()..).unwrap_or_default();
        let number = digits.trim_start_matches('0');
        (self.0, self.1, start, number.len(), number, digits)
    }
}

impl Ord for Stamp {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

impl PartialOrd for Stamp {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One thing that is known of an appointment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Slot {
    PatientId,
    First,
    Last,
    Birth,
    Phone,
    Language,
    Dead,
    Kind,
    Description,
    Provider,
    Start,
    /// The last start that stood in TQ1 or AIS.
    TrueStart,
    End,
    /// Why the start cannot be known.
    BadStart,
    Minutes,
    Status,
    /// The status if no message gives one.
    Assumed,
    Location,
}

/// A value, or that it was deleted, with the stamp of the message that said so.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Cell {
    stamp: Stamp,
    /// Of two statuses with one time, the more final one counts: control ids need not be in order.
    finality: u8,
    value: Option<String>,
    /// The patient whom the message was about, for what belongs to a patient.
    patient: Option<String>,
}

impl Cell {
    fn key(&self) -> impl Ord + '_ {
        (self.stamp.time(), self.finality, &self.stamp, &self.value, &self.patient)
    }
}

/// What a message changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// All that it says is news.
    Newer,
    /// Some of it is older than what is known.
    Partly,
    /// Nothing: it was read before, or all of it is older than what is known.
    Old,
}

/// All that is known of one appointment. Each value is that of the latest message that gave or deleted it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Stored", try_from = "Stored")]
pub struct State {
    cells: BTreeMap<Slot, Cell>,
}

impl State {
    /// Adds what a message says.
    pub fn apply(&mut self, message: &Message) -> Change {
        let cells = cells(message);
        let all = cells.len();
        let changed = cells.into_iter().filter_map(|(slot, cell)| self.put(slot, cell).then_some(())).count();
        match changed {
            0 => Change::Old,
            changed if changed == all => Change::Newer,
            _ => Change::Partly,
        }
    }

    /// What is known of one appointment that was taken for two.
    pub fn merge(mut self, other: State) -> State {
        for (slot, cell) in other.cells {
            self.put(slot, cell);
        }
        self
    }

    /// Whether a message may be about this appointment, as far as the patient's id says.
    pub fn may_be_about(&self, message: &Message) -> bool {
        let known = self.get(Slot::PatientId);
        known.zip(message.schedule.person.id.set()).is_none_or(|(known, other)| known == other)
    }

    /// Whether the cell is later than what is known.
    fn put(&mut self, slot: Slot, cell: Cell) -> bool {
        let newer = self.cells.get(&slot).is_none_or(|known| cell.key() > known.key());
        if newer {
            self.cells.insert(slot, cell);
        }
        newer
    }

    /// A value. What was said about another patient than the present one does not count.
    pub(crate) fn get(&self, slot: Slot) -> Option<&str> {
        const OF_PERSON: [Slot; 6] = [Slot::First, Slot::Last, Slot::Birth, Slot::Phone, Slot::Language, Slot::Dead];
        let cell = self.cells.get(&slot)?;
        let id = self.cells.get(&Slot::PatientId).and_then(|id| id.value.as_ref());
        // Without ids, the name says who it is.
        let present = id.or_else(|| self.cells.get(&Slot::Last).and_then(|name| name.patient.as_ref()));
        let other = OF_PERSON.contains(&slot) && present.is_some() && cell.patient.as_ref() != present;
        cell.value.as_deref().filter(|_| !other)
    }

    /// Whether one message said both.
    pub(crate) fn together(&self, a: Slot, b: Slot) -> bool {
        self.cells.get(&a).zip(self.cells.get(&b)).is_some_and(|(a, b)| a.stamp == b.stamp)
    }
}

fn cells(message: &Message) -> Vec<(Slot, Cell)> {
    let schedule = &message.schedule;
    let person = &schedule.person;
    let stamp = Stamp::of(message);
    let (start, end, bad) = match &schedule.start {
        Patch::Keep => (Patch::Keep, Patch::Keep, Patch::Keep),
        Patch::Delete => (Patch::Delete, Patch::Delete, Patch::Delete),
        Patch::Set(Start::Bad(reason)) => (Patch::Delete, Patch::Delete, Patch::Set(reason.clone())),
        Patch::Set(Start::At { start, end }) => {
            (Patch::Set(start.show()), Patch::set_or_delete(end.map(|end| end.show())), Patch::Delete)
        }
    };
    let assumed = match schedule.status {
        Patch::Keep => Patch::Set("booked".to_owned()),
        _ => Patch::Keep,
    };
    let of_visit = [
        (Slot::PatientId, person.id.clone()),
        (Slot::Kind, schedule.kind.clone()),
        (Slot::Description, schedule.description.clone()),
        (Slot::Provider, schedule.provider.clone()),
        (Slot::TrueStart, if schedule.start_is_true { start.clone() } else { Patch::Keep }),
        (Slot::Start, start),
        (Slot::End, end),
        (Slot::BadStart, bad),
        (Slot::Minutes, schedule.minutes.clone().map(|minutes| minutes.to_string())),
        (Slot::Status, schedule.status.clone()),
        (Slot::Assumed, assumed),
        (Slot::Location, schedule.location.clone()),
    ];
    let of_person = [
        (Slot::First, person.first.clone()),
        (Slot::Last, person.last.clone()),
        (Slot::Birth, person.birth.clone()),
        (Slot::Phone, person.phone.clone()),
        (Slot::Language, person.language.clone()),
        (Slot::Dead, person.dead.clone().map(|()| "yes".to_owned())),
    ];
    let by_name = || {
        let part = |patch: &Patch<String>| patch.set().cloned().unwrap_or_default().to_lowercase();
        let names = [&person.last, &person.first, &person.birth].map(part);
        person.last.set().map(|_| format!("?{}", names.join("|")))
    };
    let patient = person.id.set().cloned().or_else(by_name);
    let of_visit = of_visit.into_iter().map(|(slot, patch)| (slot, patch, None));
    let of_person = of_person.into_iter().map(|(slot, patch)| (slot, patch, patient.clone()));
    let cell = |(slot, patch, patient): (Slot, Patch<String>, Option<String>)| {
        let value = match patch {
            Patch::Keep => return None,
            Patch::Delete => None,
            Patch::Set(value) => Some(value),
        };
        let finality = if slot == Slot::Status { value.as_deref().map_or(0, finality) } else { 0 };
        Some((slot, Cell { stamp: stamp.clone(), finality, value, patient }))
    };
    of_visit.chain(of_person).filter_map(cell).collect()
}

/// The stored form: each stamp and patient once, and for each value the numbers of its stamp and patient.
#[derive(Clone, Serialize, Deserialize)]
struct Stored {
    stamps: Vec<Stamp>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    patients: Vec<String>,
    cells: BTreeMap<Slot, (usize, Option<String>, Option<usize>)>,
}

impl From<State> for Stored {
    fn from(state: State) -> Stored {
        let mut stored = Stored { stamps: Vec::new(), patients: Vec::new(), cells: BTreeMap::new() };
        for (slot, cell) in state.cells {
            let patient = cell.patient.map(|patient| number(&mut stored.patients, patient));
            let stamp = number(&mut stored.stamps, cell.stamp);
            stored.cells.insert(slot, (stamp, cell.value, patient));
        }
        stored
    }
}

fn number<T: PartialEq>(all: &mut Vec<T>, one: T) -> usize {
    all.iter().position(|known| *known == one).unwrap_or_else(|| {
        all.push(one);
        all.len().saturating_sub(1)
    })
}

impl TryFrom<Stored> for State {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<State, Self::Error> {
        let mut cells = BTreeMap::new();
        for (slot, (stamp, value, patient)) in stored.cells {
            let stamp = stored.stamps.get(stamp).cloned().ok_or("a value has no stamp")?;
            let patient = match patient {
                Some(at) => Some(stored.patients.get(at).cloned().ok_or("a value has no patient")?),
                None => None,
            };
            let finality = if slot == Slot::Status { value.as_deref().map_or(0, finality) } else { 0 };
            cells.insert(slot, Cell { stamp, finality, value, patient });
        }
        Ok(State { cells })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::feeds::formats::hl7::message::parse;
    use proptest::prelude::*;

    /// A message from: trigger, MSH-7, control id, start, SCH-25, the end of PID from PID-3.
    fn message(trigger: &str, time: &str, control: &str, start: &str, status: &str, pid: &str) -> Message {
        let text = format!(
            "MSH|^~\\&|A|B|C|D|{time}||SIU^{trigger}|{control}|P|2.5\rSCH|P|F|||||Why||30|min|^^^{start}{}{status}\rPID|1||{pid}",
            "|".repeat(14)
        );
        parse(text.as_bytes()).unwrap()
    }

    fn after(messages: &[&Message]) -> (Option<String>, Option<String>, Option<String>) {
        let mut state = State::default();
        messages.iter().for_each(|message| {
            state.apply(message);
        });
        let get = |slot| state.get(slot).map(str::to_owned);
        (get(Slot::Status), get(Slot::Start), get(Slot::Phone))
    }

    #[test]
    fn the_later_message_counts_for_each_value() {
        let phone = "1||Lee^Ann||||||||3035550111";
        let book = message("S12", "202603010800", "1", "202603100900", "", phone);
        let moved = message("S13", "202603010900", "2", "202603111000", "Booked", "1");
        let cancel = message("S15", "202603011000", "3", "", "", "1");
        let again = message("S14", "202603011100", "4", "", "", "1||Lee^Ann||||||||\"\"");
        let rebook = message("S12", "202603011200", "5", "202603100900", "", "1");
        let some = |text: &str| Some(text.to_owned());
        let (nine, ten, number) = (some("2026-03-10T09:00:00"), some("2026-03-11T10:00:00"), some("3035550111"));
        let table: [(&[&Message], _); 7] = [
            (&[&book], (some("booked"), nine.clone(), number.clone())),
            (&[&moved, &book], (some("Booked"), ten.clone(), number.clone())),
            (&[&cancel, &book, &moved], (some("cancelled"), ten.clone(), number.clone())),
            (&[&cancel], (some("cancelled"), None, None)),
            // A change of details does not say that the appointment takes place after all.
            (&[&again, &cancel, &book], (some("cancelled"), nine.clone(), None)),
            (&[&book, &moved, &cancel, &again], (some("cancelled"), ten.clone(), None)),
            (&[&cancel, &book, &rebook], (some("booked"), nine, number)),
        ];
        for (messages, want) in table {
            assert_eq!(after(messages), want);
        }
    }

    #[test]
    fn says_what_is_news() {
        let book = message("S12", "202603010800", "1", "202603100900", "", "1||Lee^Ann");
        let cancel = message("S15", "202603011000", "3", "", "", "1");
        let mut state = State::default();
        assert_eq!(
            [&book, &book, &cancel, &cancel, &book].map(|m| state.apply(m)),
            [Change::Newer, Change::Old, Change::Newer, Change::Old, Change::Old]
        );
        let mut state = State::default();
        assert_eq!([&cancel, &book, &book].map(|m| state.apply(m)), [Change::Newer, Change::Partly, Change::Old]);
    }

    #[test]
    fn ties_are_decided() {
        let of = |time: &str, control: &str, trigger: &str| message(trigger, time, control, "", "", "1");
        let table = [
            (of("2026", "M9", "S12"), of("2026", "M10", "S15"), "cancelled"),
            (of("2026", "M10", "S12"), of("2026", "M9", "S15"), "cancelled"),
            (of("2026", "M1", "S12"), of("2026", "M1", "S15"), "cancelled"),
            (of("202603010800-0700", "M9", "S12"), of("202603010900-0500", "M10", "S15"), "booked"),
            (of("", "M10", "S15"), of("1999", "M9", "S12"), "booked"),
        ];
        for (a, b, want) in table {
            for order in [[&a, &b], [&b, &a]] {
                assert_eq!(after(&order).0.as_deref(), Some(want), "{:?}", order.map(Stamp::of));
            }
        }
    }

    #[test]
    fn another_patient_does_not_keep_the_phone() {
        let book = message("S12", "202603010800", "1", "202603100900", "", "1||Lee^Ann||||||||3035550111");
        let other = message("S14", "202603010900", "2", "202603100900", "", "2||Doe^Jane");
        let back = message("S14", "202603011000", "3", "202603100900", "", "1");
        assert_eq!(after(&[&book, &other]).2, None);
        assert_eq!(after(&[&other, &book]).2, None);
        let mut state = State::default();
        assert_eq!([&book, &other, &back].map(|message| state.apply(message)), [Change::Newer; 3]);
        // The name is that of patient 2, and does not count for patient 1.
        assert_eq!((state.get(Slot::Phone), state.get(Slot::Last)), (Some("3035550111"), None));
    }

    #[test]
    fn a_bad_start_replaces_a_good_one() {
        let book = message("S12", "202603010800", "1", "202603100900", "", "1");
        let bad = message("S13", "202603010900", "2", "20260311", "", "1");
        let mut state = State::default();
        assert_eq!([&bad, &book].map(|message| state.apply(message)), [Change::Newer, Change::Old]);
        assert_eq!(state.get(Slot::Start), None);
        assert!(state.get(Slot::BadStart).is_some_and(|reason| reason.contains("no time of day")));
        state.apply(&message("S13", "202603011000", "3", "202603111000", "", "1"));
        assert_eq!((state.get(Slot::Start), state.get(Slot::BadStart)), (Some("2026-03-11T10:00:00"), None));
    }

    #[test]
    fn the_stored_form_is_checked() {
        let bad = [
            "{}",
            "[]",
            r#"{"stamps":[],"cells":{"status":[0,"booked",null]}}"#,
            r#"{"stamps":[[1,0,"a"]],"cells":{"status":[0,"booked",1]}}"#,
        ];
        for text in bad {
            assert!(serde_json::from_str::<State>(text).is_err(), "{text}");
        }
        let mut state = State::default();
        state.apply(&message("S15", "1970", "1", "", "", ""));
        let text = r#"{"stamps":[[0,0,"1"]],"cells":{"description":[0,"Why",null],"minutes":[0,"30",null],"status":[0,"cancelled",null]}}"#;
        assert_eq!(serde_json::to_string(&state).unwrap(), text);
    }

    fn messages() -> impl Strategy<Value = Vec<Message>> {
        let one = (0usize..4, 0usize..4, 0u8..4, 0usize..4, 0usize..3, 0usize..5).prop_map(
            |(trigger, time, control, start, status, pid)| {
                let pids = ["1||Lee^Ann||||||||3035550111", "1", "2||Doe^Jane", "1||Lee||||||||\"\"", ""];
                message(
                    ["S12", "S13", "S14", "S15"][trigger],
                    ["202603010800", "202603010900", "202603010800+0100", ""][time],
                    &format!("M{control}"),
                    ["", "202603100900", "20260310", "\"\""][start],
                    ["", "Booked", "Cancelled"][status],
                    pids[pid],
                )
            },
        );
        prop::collection::vec(one, 1..7)
    }

    fn state(messages: &[Message]) -> State {
        let mut state = State::default();
        messages.iter().for_each(|message| {
            state.apply(message);
        });
        state
    }

    proptest! {
        #[test]
        fn the_order_makes_no_difference(messages in messages(), (shuffled, repeats) in Just(()).prop_perturb(|(), mut rng| (rng.random::<u64>(), rng.random::<u64>()))) {
            let whole = state(&messages);
            let mut other = messages.clone();
            for at in (1..other.len()).rev() {
                other.swap(at, (shuffled.rotate_left(at as u32 * 7) % (at as u64 + 1)) as usize);
            }
            let again: Vec<Message> = other.iter().enumerate().filter(|(at, _)| repeats >> at & 1 == 1).map(|(_, m)| m.clone()).collect();
            other.extend(again);
            prop_assert_eq!(&whole, &state(&other));
        }

        #[test]
        fn merging_is_a_union(a in messages(), b in messages(), c in messages()) {
            let (sa, sb, sc) = (state(&a), state(&b), state(&c));
            let merged = sa.clone().merge(sb.clone());
            prop_assert_eq!(&merged, &sb.clone().merge(sa.clone()));
            prop_assert_eq!(&merged, &state(&[a, b].concat()));
            prop_assert_eq!(merged.clone().merge(sc.clone()), sa.clone().merge(sb.merge(sc)));
            prop_assert_eq!(merged.clone().merge(merged.clone()), merged.clone());
            prop_assert_eq!(merged.clone().merge(State::default()), merged);
        }

        #[test]
        fn a_state_comes_back_from_its_stored_form(messages in messages()) {
            let state = state(&messages);
            let text = serde_json::to_string(&state).unwrap();
            prop_assert_eq!(serde_json::from_str::<State>(&text).unwrap(), state);
        }

        #[test]
        fn an_older_booking_never_undoes_a_cancellation(older in messages(), at in 0usize..7) {
            let cancel = message("S15", "20260302", "Z", "", "", "");
            let mut all = older;
            all.insert(at.min(all.len()), cancel);
            let state = state(&all);
            prop_assert_eq!(state.get(Slot::Status), Some("cancelled"));
        }
    }
}
