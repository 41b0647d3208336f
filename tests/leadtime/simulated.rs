//! Weeks of a made-up practice, with everything that can go wrong; `leadtime simulate` lives more of them.

use leadtime::simulation;

/// Seeds and days of one test; `.ci/run` lives 200 seeds of 30 days with the release build.
const DAYS: u32 = 12;

fn live(seeds: std::ops::Range<u64>) {
    for seed in seeds {
        let outcome = simulation::run(seed, DAYS).unwrap();
        assert_eq!(outcome.breaks, Vec::<String>::new(), "leadtime simulate --seed {seed} --days {DAYS} --story");
        assert!(outcome.texts > 0, "seed {seed} texts nobody");
    }
}

#[test]
fn promises_hold_in_seeds_1_to_5() {
    live(1..6);
}

#[test]
fn promises_hold_in_seeds_6_to_10() {
    live(6..11);
}

/// The same seed tells the same story.
#[test]
fn a_seed_is_one_story() {
    let told = |seed| serde_json::to_value(simulation::run(seed, 8).unwrap()).unwrap();
    assert_eq!(told(3), told(3));
    assert_ne!(told(3), told(4));
}
