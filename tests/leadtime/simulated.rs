//! Simulated weeks of a made-up practice with faults of every kind. `leadtime simulate` runs more of them.

use leadtime::simulation;
use leadtime::simulation::offices::{self, Size};

/// The days of each test. `.ci/run` simulates 60 seeds of 30 days with the release build.
const DAYS: u32 = 12;

fn simulate(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let outcome = simulation::run(seed, DAYS).unwrap();
        assert_eq!(outcome.breaks, Vec::<String>::new(), "leadtime simulate --seed {seed} --days {DAYS} --story");
        assert!(outcome.texts > 0, "seed {seed} texts nobody");
    }
}

#[test]
fn every_promise_holds_in_seeds_1_to_5() {
    simulate(1..6);
}

#[test]
fn every_promise_holds_in_seeds_6_to_10() {
    simulate(6..11);
}

/// The same seed always gives the same run.
#[test]
fn the_same_seed_gives_the_same_run() {
    let outcome = |seed| serde_json::to_value(simulation::run(seed, 8).unwrap()).unwrap();
    assert_eq!(outcome(3), outcome(3));
    assert_ne!(outcome(3), outcome(4));
}

/// Each office texts with its own key and in its own time zone, on time, and reads what patients answer.
#[test]
fn offices_with_their_own_keys_text_on_time() {
    let size = Size { offices: 7, days: 2, appointments: 9 };
    let mut seen = Vec::new();
    let outcome = offices::run(1, size, |day, cost| seen.push((day, cost.texts))).unwrap();
    assert_eq!(outcome.breaks, Vec::<String>::new());
    assert_eq!((outcome.expected, outcome.late.len(), outcome.latest_of_office.len()), (126, 126, 7));
    assert_eq!(seen, [(0, 63), (1, 63)]);
    assert!(outcome.days.iter().all(|day| day.reads > 0));
}
