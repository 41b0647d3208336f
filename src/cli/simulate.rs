//! `leadtime simulate`: simulates weeks of a made-up practice in seconds, with everything that can go wrong, or of many
//! offices.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use clap::Args;

use crate::cli::failure::Failure;
use crate::cli::output::print;
use crate::domain::count::counted;
use crate::simulation::offices::{self, Size};
use crate::simulation::{self, Outcome};

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The random seed: the same seed gives the same run.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// How many seeds to run, starting from --seed.
    #[arg(long, value_name = "N", default_value_t = 1)]
    seeds: u64,
    /// How many days to simulate for each seed.
    #[arg(long, value_name = "D", default_value_t = 30)]
    days: u32,
    /// Print what happens in the run as it goes, with the daemon's log.
    #[arg(long, conflicts_with = "seeds")]
    story: bool,
    /// Simulate this many offices on one server instead, each with its own key and without faults: what each day costs
    /// and how late the texts are.
    #[arg(long, value_name = "N", conflicts_with_all = ["seeds", "story"], value_parser = clap::value_parser!(u16).range(1..=9_999))]
    offices: Option<u16>,
    /// With --offices: how many appointments each office has a day.
    #[arg(long, value_name = "N", default_value_t = 10, requires = "offices", value_parser = clap::value_parser!(u16).range(1..=100))]
    appointments: u16,
    /// Print one JSON object per seed, for other programs.
    #[arg(long)]
    json: bool,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if let Some(offices) = options.offices {
        return many_offices(options, offices);
    }
    if options.story {
        tracing_subscriber::fmt().without_time().with_target(false).init();
    }
    let began = Instant::now();
    let next = AtomicU64::new(options.seed);
    let until = options.seed.saturating_add(options.seeds);
    let outcomes = Mutex::new(Vec::new());
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= until {
                        return;
                    }
                    let outcome = simulation::run(seed, options.days);
                    outcomes.lock().unwrap_or_else(PoisonError::into_inner).push((seed, outcome));
                }
            });
        }
    });
    let mut outcomes = outcomes.into_inner().unwrap_or_else(PoisonError::into_inner);
    outcomes.sort_by_key(|(seed, _)| *seed);
    let mut all = Vec::with_capacity(outcomes.len());
    for (seed, outcome) in outcomes {
        let outcome = outcome.map_err(|error| anyhow::anyhow!("seed {seed}: {error}"))?;
        if options.json {
            print(&format!("{}\n", serde_json::to_string(&outcome)?))?;
        } else {
            for broken in &outcome.breaks {
                print(&format!("seed {seed}: {broken}\n"))?;
            }
        }
        all.push(outcome);
    }
    if !options.json {
        print(&summary(&all, began.elapsed()))?;
    }
    match all.iter().all(|outcome| outcome.breaks.is_empty()) {
        true => Ok(()),
        false => Err(Failure::AlreadyReported(1)),
    }
}

fn many_offices(options: &Options, offices: u16) -> Result<(), Failure> {
    let size = Size { offices: offices.into(), days: options.days, appointments: options.appointments.into() };
    let began = Instant::now();
    if !options.json {
        print("day     texts    reads   passes   processor time\n")?;
    }
    let mut failed = Ok(());
    let outcome = offices::run(options.seed, size, |day, cost| {
        if options.json {
            return;
        }
        let line = format!(
            "{:<4}{:>9}{:>9}{:>9}   {:.2} s\n",
            day + 1,
            cost.texts,
            cost.reads,
            cost.passes,
            cost.processor_seconds
        );
        if let Err(error) = print(&line) {
            failed = Err(error);
        }
    });
    failed?;
    let outcome = outcome.map_err(|error| anyhow::anyhow!("{error}"))?;
    let text = match options.json {
        true => format!("{}\n", serde_json::to_string(&outcome)?),
        false => of_offices(&outcome, size, began.elapsed()),
    };
    print(&text)?;
    match outcome.breaks.is_empty() {
        true => Ok(()),
        false => Err(Failure::AlreadyReported(1)),
    }
}

fn of_offices(outcome: &offices::Outcome, size: Size, took: Duration) -> String {
    let lateness = |sorted: &[f64]| {
        let parts = [0.0, 0.5, 0.9, 0.99, 1.0].map(|part| format!("{:>8.1}", offices::part(sorted, part)));
        parts.concat()
    };
    let mut text = format!(
        "{}, {} simulated in {:.0} s\n\
         texts that reached patients   {} of {}\n\
         share of one core             {:.3}%\n\
         seconds late                     first  median     90%     99%    last\n\
         \x20 all texts                 {}\n\
         \x20 each office's latest text  {}\n\
         promises broken               {}\n",
        counted(size.offices, "office", "offices"),
        counted(u64::from(size.days), "day", "days"),
        took.as_secs_f64(),
        outcome.late.len(),
        outcome.expected,
        100.0 * offices::share_of_a_core(&outcome.days),
        lateness(&outcome.late),
        lateness(&outcome.latest_of_office),
        outcome.breaks.len(),
    );
    for broken in &outcome.breaks {
        text.push_str(&format!("  {broken}\n"));
    }
    text
}

fn summary(all: &[Outcome], took: Duration) -> String {
    let sum = |of: fn(&Outcome) -> u64| all.iter().map(of).sum::<u64>();
    let mut states = std::collections::BTreeMap::<&str, u64>::new();
    for (state, count) in all.iter().flat_map(|outcome| &outcome.states) {
        *states.entry(state).or_default() += count;
    }
    let mut text = format!(
        "{}, {} simulated in {:.0} s\n\
         texts that reached patients   {}\n\
         requests to Annie             {} to send, {} to read\n\
         faults of Annie               {}\n\
         crashes                       {}, {} of them during a commit\n\
         restored copies               {}\n\
         clock changes                 {}\n\
         exports imported              {}\n\
         passes                        {}\n\
         how the reminders ended:\n",
        counted(all.len(), "seed", "seeds"),
        counted(sum(|o| u64::from(o.days)), "day", "days"),
        took.as_secs_f64(),
        sum(|o| o.texts),
        sum(|o| o.posts),
        sum(|o| o.gets),
        sum(|o| o.faults),
        sum(|o| o.crashes),
        sum(|o| o.torn_commits),
        sum(|o| o.restores),
        sum(|o| o.clock_steps),
        sum(|o| o.imports),
        sum(|o| o.passes),
    );
    for (state, count) in states {
        text.push_str(&format!("  {state:<28}{count}\n"));
    }
    let broken: Vec<String> =
        all.iter().filter(|outcome| !outcome.breaks.is_empty()).map(|outcome| outcome.seed.to_string()).collect();
    text.push_str(&format!("promises broken               {}", sum(|o| o.breaks.len() as u64)));
    if !broken.is_empty() {
        text.push_str(&format!("   by seeds {}", broken.join(", ")));
    }
    text.push('\n');
    text
}
