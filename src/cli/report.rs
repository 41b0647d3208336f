//! `leadtime report`: what became of recent appointments, for the office manager.

use chrono::TimeDelta;
use clap::Args;
use serde_json::{Value, json};

use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, moment, print};
use crate::reports::period::{Figures, Period, period};
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// How many days to look back.
    #[arg(long, value_name = "N", default_value_t = 30, value_parser = clap::value_parser!(u32).range(1..=3653))]
    days: u32,
    /// Print JSON, for other programs.
    #[arg(long)]
    json: bool,
    /// Use this time instead of now.
    #[arg(long, value_name = "TIME")]
    now: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let zone = &config.practice.zone;
    let now = moment(options.now.as_deref(), zone)?;
    let from = now - TimeDelta::days(i64::from(options.days));
    let period = period(&open::snapshot(&config.database)?, zone, (from, now))?;
    if options.json {
        return print(&format!("{}\n", serde_json::to_string_pretty(&for_programs(&period))?));
    }
    print(&for_people(&period, options.days))
}

fn for_programs(period: &Period) -> Value {
    let figures = |f: &Figures| {
        json!({
            "appointments": f.appointments, "sent": f.sent, "reached": f.reached, "confirmed": f.confirmed,
            "asked_to_change": f.asked_to_change, "asked_to_cancel": f.asked_to_cancel,
            "changed_in_time": f.changed_in_time, "not_reached": f.not_reached,
        })
    };
    let weeks = period.by_week.iter().map(|(monday, f)| json!({"week_of": monday.to_string(), "figures": figures(f)}));
    let rules = period.by_rule.iter().map(|(rule, f)| json!({"rule": rule, "figures": figures(f)}));
    json!({"all": figures(&period.all), "by_week": weeks.collect::<Vec<_>>(), "by_rule": rules.collect::<Vec<_>>()})
}

/// `96%`; empty if there is nothing to compare with.
fn share(part: u64, whole: u64) -> String {
    match whole {
        0 => String::new(),
        whole => format!("{}%", (part * 100 + whole / 2) / whole),
    }
}

fn for_people(period: &Period, days: u32) -> String {
    let all = &period.all;
    if all.appointments == 0 {
        return format!("No appointment in the last {days} days was due to get a reminder.\n");
    }
    let of_all = |part: u64| format!("{part} ({})", share(part, all.appointments));
    let mut text = format!(
        "The last {days} days\n\
         \x20 appointments                {}\n\
         \x20 reminders sent              {}\n\
         \x20 patients reached            {}\n\
         \x20 confirmed                   {}\n\
         \x20 asked for another time      {}\n\
         \x20 asked to cancel             {}\n\
         \x20   changed in time           {}\n\
         \x20 not reached                 {}\n",
        all.appointments,
        all.sent,
        of_all(all.reached),
        of_all(all.confirmed),
        all.asked_to_change,
        all.asked_to_cancel,
        all.changed_in_time,
        of_all(all.appointments - all.reached),
    );
    let mut reasons: Vec<(&&str, &u64)> = all.not_reached.iter().collect();
    reasons.sort_by_key(|(why, count)| (std::cmp::Reverse(**count), **why));
    for (why, count) in reasons {
        text.push_str(&format!("    {count}  {why}\n"));
    }
    let line = |name: &str, f: &Figures| {
        format!(
            "  {name:<22}{:>8}{:>8}{:>10}{:>8}{:>8}\n",
            f.sent,
            share(f.reached, f.appointments),
            share(f.confirmed, f.appointments),
            f.asked_to_change + f.asked_to_cancel,
            f.appointments - f.reached
        )
    };
    let head = |name: &str| {
        format!("\n  {name:<22}{:>8}{:>8}{:>10}{:>8}{:>8}\n", "sent", "reached", "confirmed", "asked", "missed")
    };
    text.push_str(&head("Week of"));
    for (monday, figures) in &period.by_week {
        text.push_str(&line(&monday.format("%b %-d, %Y").to_string(), figures));
    }
    text.push_str(&head("Rule"));
    for (rule, figures) in &period.by_rule {
        text.push_str(&line(rule, figures));
    }
    text.push_str(
        "\nAsked: the patient asked for another time or to cancel. Missed: no reminder was sent; for a rule, that may be\n\
         because the patient had confirmed.\n",
    );
    text
}
