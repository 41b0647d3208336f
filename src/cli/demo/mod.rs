//! `leadtime demo`: shows Leadtime at work on this machine in half a minute, with the commands a practice would use.
//!
//! The sandbox replaces Annie; import, plan and the daemon are real processes of this program. The practice is in a time
//! zone where it is business hours now, so the demo works at any time of day.

mod page;
mod sample;
mod setup;
mod tables;

use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use clap::Args;
use tempfile::TempDir;
use tokio::process::Child;
use tokio::time::{Instant, sleep};

use crate::cli::color::{Style, paint};
use crate::cli::config_option::ConfigOption;
use crate::cli::demo::setup::{
    GLANCE, PATIENCE, start_daemon, start_sandbox, stop_daemon, suggested, this_program, until_ready,
};
use crate::cli::failure::Failure;
use crate::cli::output::{configuration, local, print, wrapped};
use crate::clock::{Clock, SystemClock};
use crate::config::values::zones::Zones;
use crate::config::{self, Config};
use crate::domain::count::counted;
use crate::domain::ids::AppointmentId;
use crate::domain::patient_outcome::OutcomeSource;
use crate::domain::reminder::{PlanDecision, State};
use crate::reports::outcomes;
use crate::reports::plan_view::{self, Row};
use crate::store::Connection;
use crate::store::connection::open;

/// The demo waits for reminders that are due within this time.
const SOON: TimeDelta = TimeDelta::seconds(30);
/// The demo waits for answers of patients this long.
const FOR_ANSWERS: Duration = Duration::from_secs(20);

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Use the practice name and phone number from this configuration in the texts.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Show the front desk's page in your browser, until Ctrl+C.
    #[arg(long)]
    page: bool,
    /// The language of the page: en or es.
    #[arg(long, value_name = "LANGUAGE", default_value = "en", value_parser = ["en", "es"], requires = "page")]
    language: String,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let practice = match &options.config {
        Some(file) => configuration(&ConfigOption { config: Some(file.clone()) }, false)?.1.practice.into(),
        None => sample::Shown::default(),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    runtime.block_on(async {
        let folder = TempDir::with_prefix("leadtime-demo-")?;
        if options.page {
            let done = page::show(folder.path(), &practice, &options.language).await;
            folder.close()?;
            done?;
            return print("The demo's folder was removed. Nothing was sent outside this machine.\n");
        }
        let done = tokio::select! {
            done = demo(folder.path(), &practice) => done,
            _ = tokio::signal::ctrl_c() => Err(Failure::Failed(anyhow::anyhow!("the demo was interrupted"))),
        };
        folder.close()?;
        done?;
        print("\nThe demo's folder was removed. Nothing is left behind, and nothing was sent outside this machine.\n")
    })
}

async fn demo(folder: &Path, practice: &sample::Shown) -> Result<(), Failure> {
    let record = folder.join("record.jsonl");
    let (sandbox, stop) = start_sandbox(&record, sample::patients()).await?;
    let zone = sample::working_zone(&Zones::of_this_machine(), SystemClock.now())
        .ok_or_else(|| anyhow::anyhow!("cannot load any time zone; install the tzdata package"))?;
    let path = folder.join("config.toml");
    std::fs::write(&path, sample::config(zone.name(), &sandbox, practice, ("24 hours", "2 hours")))?;
    let export = folder.join(sample::EXPORT);
    std::fs::write(&export, sample::export(SystemClock.now(), &zone))?;
    print(&format!(
        "A sandbox on this machine stands in for Annie; no text reaches anybody. Texts go out from 9 AM to\n\
         6 PM only, so the demo's practice is where it is noon: {}, {}.\n",
        zone.name(),
        local(&zone, SystemClock.now())
    ))?;
    show("head -4 schedule.csv", "the export of the practice software")?;
    print(&std::fs::read_to_string(&export)?.lines().take(4).map(|line| format!("{line}\n")).collect::<String>())?;
    show("leadtime feed suggest schedule.csv >> config.toml", "which column is what")?;
    let block = suggested(&path, &export).await?;
    print(&without_comments(&block))?;
    std::fs::write(&path, format!("{}\n{block}", std::fs::read_to_string(&path)?))?;
    let (config, _) = config::load(&path)?;

    show("leadtime run &", "the daemon")?;
    let mut daemon = start_daemon(&path, &folder.join("daemon.log"))?;
    let watched = async {
        until_ready(&config, &mut daemon).await?;
        command(&path, &["import", &export.display().to_string()]).await?;
        command(&path, &["plan", "--days", "4"]).await?;
        print(&format!("\n{}\n", paint(Style::Bold, "Texts as they go out")))?;
        watch(&config, &mut daemon).await?;
        print(&format!("\n{}\n", paint(Style::Bold, "Answers of patients as Leadtime reads them")))?;
        watch_answers(&config, &mut daemon).await?;
        command(&path, &["tasks"]).await
    };
    let watched = watched.await;
    let ended = stop_daemon(daemon).await;
    if let Err(failure) = watched.and(ended) {
        let log = std::fs::read_to_string(folder.join("daemon.log")).unwrap_or_default();
        print(&format!("\nThe daemon's log:\n{log}"))?;
        return Err(failure);
    }
    let _ = stop.send(());
    let now = SystemClock.now();
    let rows = plan(&config, now)?;
    let posts = std::fs::read_to_string(&record)?.lines().filter(|line| line.contains("\"POST\"")).count();
    print(&tables::result(&config, &rows))?;
    print(&format!("\nThe sandbox itself recorded {posts} POST /sms requests.\n"))
}

/// Shows a command, and what it is about.
fn show(command: &str, about: &str) -> Result<(), Failure> {
    let about = if about.is_empty() { String::new() } else { paint(Style::Dim, &format!("   # {about}")) };
    print(&format!("\n{}{about}\n", paint(Style::Bold, &format!("$ {command}"))))
}

/// The lines of a block that say something, without the reasons behind them.
fn without_comments(block: &str) -> String {
    let code = |line: &str| line.split(" # ").next().unwrap_or_default().trim_end().to_owned();
    block.lines().map(code).filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| line + "\n").collect()
}

/// Lines that fit a terminal: a long one goes on below, at its indent.
fn fitted(text: &str) -> String {
    const WIDTH: usize = 100;
    let one = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        match line.chars().count() > WIDTH {
            true => wrapped(line.trim_start(), indent, &" ".repeat(indent)),
            false => format!("{line}\n"),
        }
    };
    text.lines().map(one).collect()
}

/// Prints a command and runs it.
async fn command(config: &Path, arguments: &[&str]) -> Result<(), Failure> {
    let shown: Vec<String> = arguments
        .iter()
        .map(|argument| {
            PathBuf::from(argument).file_name().map_or_else(String::new, |n| n.to_string_lossy().into_owned())
        })
        .collect();
    show(&format!("leadtime {}", shown.join(" ")), "")?;
    let output = this_program(config, arguments)?.output().await?;
    let folder = config.parent().unwrap_or(Path::new("")).display().to_string();
    print(&fitted(&String::from_utf8_lossy(&output.stdout).replace(&format!("{folder}/"), "")))?;
    match output.status.success() {
        true => Ok(()),
        false => Err(anyhow::anyhow!("{}", String::from_utf8_lossy(&output.stderr)).into()),
    }
}

/// Prints each text as it goes out, until everything that is due soon has been sent.
async fn watch(config: &Config, daemon: &mut Child) -> Result<(), Failure> {
    let zone = &config.practice.zone;
    let began = (Instant::now(), SystemClock.now());
    let mut told: Vec<(String, String)> = Vec::new();
    loop {
        if let Some(status) = daemon.try_wait()? {
            return Err(anyhow::anyhow!("the daemon stopped unexpectedly with {status}").into());
        }
        let rows = plan(config, SystemClock.now())?;
        for row in rows.iter().filter(|row| row.item.state == State::Sent && row.is_first_of_its_text()) {
            let key = (row.appointment.id.0.clone(), row.item.key.rule.0.clone());
            if !told.contains(&key) {
                print(&tables::going_out(zone, row, &rows))?;
                told.push(key);
            }
        }
        let waiting = rows.iter().filter(|row| is_soon(row, began.1)).count();
        if waiting == 0 && !told.is_empty() {
            return Ok(());
        }
        if began.0.elapsed() > PATIENCE {
            return Err(anyhow::anyhow!("{} did not go out in time", counted(waiting, "text", "texts")).into());
        }
        sleep(GLANCE).await;
    }
}

/// Prints each answer as it is read, until every text was answered, or after a while: not every patient has to answer.
async fn watch_answers(config: &Config, daemon: &mut Child) -> Result<(), Failure> {
    let zone = &config.practice.zone;
    let began = Instant::now();
    let mut told: Vec<AppointmentId> = Vec::new();
    loop {
        if let Some(status) = daemon.try_wait()? {
            return Err(anyhow::anyhow!("the daemon stopped unexpectedly with {status}").into());
        }
        let now = SystemClock.now();
        let texted = plan(config, now)?.into_iter().filter(|row| row.item.state == State::Sent).count();
        for line in outcomes::list(&open::read_only(&config.database)?, None, now)? {
            if line.source != OutcomeSource::Feed && !told.contains(&line.appointment) {
                print(&tables::answer(zone, &line))?;
                told.push(line.appointment);
            }
        }
        if told.len() >= texted || began.elapsed() > FOR_ANSWERS {
            return Ok(());
        }
        sleep(GLANCE).await;
    }
}

fn is_soon(row: &Row, began: DateTime<Utc>) -> bool {
    let unsettled = matches!(row.item.state, State::Unclaimed(PlanDecision::Planned) | State::Sending);
    unsettled && row.item.due_at.is_some_and(|due| due < began + SOON)
}

fn plan(config: &Config, now: DateTime<Utc>) -> Result<Vec<Row>, Failure> {
    let connection: Connection = open::read_only(&config.database)?;
    Ok(plan_view::plan_of(&connection, config, now, now + TimeDelta::days(4))?)
}
