//! The work of each open day: the list of patients whom no text reaches, written as files next to the database. The
//! local date and time are compared with the stored last run, so a missed hour, a restart, and a changed clock are one
//! case.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{error, info};

use crate::config::Config;
use crate::domain::announcer::Announcer;
use crate::reports::not_reached::{CallList, coming_days, list_stored};
use crate::reports::not_reached_page::{csv, html};
use crate::store::controls::daily_work::{self, Work};
use crate::store::ledger::audit;
use crate::store::{Store, StoreError};

/// How often the clock is checked.
const EVERY: Duration = Duration::from_secs(20);
/// How many lists are kept.
const KEPT: usize = 14;
/// How the names of these files begin.
const PREFIX: &str = "not-reached-";

/// Checks periodically whether the day's work is due.
#[derive(Debug)]
pub(crate) struct Daily {
    looked: Option<Instant>,
    /// The daemon was not running: texts that were due may not have gone out, so today's list is written again.
    was_away: bool,
    trouble: Announcer,
    /// The day on which the audit seal was last logged.
    sealed: Option<NaiveDate>,
    /// The list that is being written, beside the passes: it plans every number of the coming days.
    making: Option<JoinHandle<Made>>,
}

/// The page to print and what it lists, if the list was due; or why it cannot be written.
type Made = Result<Option<(PathBuf, CallList)>, String>;

impl Daily {
    /// `was_away`: the last heartbeat before this start was some time ago.
    pub(crate) fn new(was_away: bool) -> Daily {
        Daily { looked: None, was_away, trouble: Announcer::starts_as(""), sealed: None, making: None }
    }

    /// Writes the list if it is due. Also while the clock is in doubt: then nothing is sent, and the list says so.
    pub(crate) async fn look(&mut self, store: &Store, config: &Arc<Config>, now: DateTime<Utc>, boot: Duration) {
        if let Some(making) = self.making.take_if(|making| making.is_finished()) {
            self.report(making.await.unwrap_or_else(|error| Err(error.to_string())), boot);
        }
        if self.looked.is_some_and(|looked| looked.elapsed() < EVERY) {
            return;
        }
        self.looked = Some(Instant::now());
        let local = config.practice.zone.local(now);
        let today = local.date_naive();
        self.say_seal(store, today).await;
        let Some(at) = config.not_reached_at else { return };
        if local.time() < at || !config.rulebook.calendar.is_open(today) {
            return;
        }
        if self.making.is_none() {
            self.making = Some(tokio::spawn(make(store.clone(), config.clone(), self.was_away, today, now)));
        }
    }

    /// Logs how the list went.
    fn report(&mut self, made: Made, boot: Duration) {
        match made {
            Ok(None) => {}
            Ok(Some((file, found))) => {
                self.was_away = false;
                let _ = self.trouble.is("", boot);
                let (count, unread) = (found.patients.len(), found.unread.len());
                let rows = match unread {
                    0 => String::new(),
                    1 => ", and 1 export row could not be read".to_owned(),
                    n => format!(", and {n} export rows could not be read"),
                };
                info!(
                    count,
                    unread,
                    "{count} patients with appointments in the coming days get no text{rows}. Call these patients: the list is in {} (or run `leadtime not-reached`)",
                    file.display()
                );
            }
            Err(why) => {
                if self.trouble.is(&why, boot).is_some() {
                    error!(
                        "the list of patients to call cannot be written: {why}. Run `leadtime not-reached` to see whom to call, and check the folder `not-reached` next to the database"
                    );
                }
            }
        }
    }

    /// Logs the audit seal once a day, so that a copy is kept where someone who edits the database cannot change it.
    async fn say_seal(&mut self, store: &Store, today: NaiveDate) {
        if self.sealed == Some(today) {
            return;
        }
        if let Ok((rows, seal)) = store.read(audit::head).await
            && rows > 0
        {
            info!(
                rows,
                seal,
                "the audit log has {rows} rows; its latest seal is {seal} (to check it later: `leadtime audit verify --seal`)"
            );
            self.sealed = Some(today);
        }
    }
}

/// Makes the list of a day, unless it was made already. `again`: it is made again all the same.
async fn make(store: Store, config: Arc<Config>, again: bool, today: NaiveDate, now: DateTime<Utc>) -> Made {
    let of_config = config.clone();
    let found: Option<CallList> = store
        .read(move |tx| {
            let last = daily_work::last(tx, Work::NotReached)?.and_then(|done| done.date);
            // A date later than today was written under a wrong clock.
            let is_done = last == Some(today);
            let wanted = !is_done || again;
            wanted.then(|| list_stored(tx, &of_config, coming_days(&of_config, now), now)).transpose()
        })
        .await
        .map_err(|error: StoreError| error.to_string())?;
    let Some(found) = found else { return Ok(None) };
    let folder = config.database.parent().unwrap_or(Path::new(".")).join("not-reached");
    let file = write(&folder, &config, &found, today, now).map_err(|error| error.to_string())?;
    store
        .write(move |tx| daily_work::done(tx, Work::NotReached, today, now))
        .await
        .map_err(|error| error.to_string())?;
    Ok(Some((file, found)))
}

/// Writes both files, readable only by their owner, and removes the oldest lists. Returns the page to print.
fn write(
    folder: &Path,
    config: &Config,
    found: &CallList,
    today: NaiveDate,
    now: DateTime<Utc>,
) -> anyhow::Result<PathBuf> {
    if !folder.is_dir() {
        fs::DirBuilder::new().mode(0o700).create(folder)?;
    }
    let page = folder.join(format!("{PREFIX}{today}.html"));
    for (path, text) in [(&page, html(config, found, now)?), (&page.with_extension("csv"), csv(config, found)?)] {
        let fresh = path.with_extension("new");
        let _ = fs::remove_file(&fresh);
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        fs::rename(&fresh, path)?;
    }
    for extension in ["html", "csv"] {
        let is_ours = |path: &PathBuf| {
            path.extension().is_some_and(|e| e == extension)
                && path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(PREFIX))
        };
        let mut lists: Vec<PathBuf> =
            fs::read_dir(folder)?.filter_map(|entry| Some(entry.ok()?.path())).filter(is_ours).collect();
        lists.sort();
        for old in lists.iter().rev().skip(KEPT) {
            fs::remove_file(old)?;
        }
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_oldest_lists_are_deleted() {
        let folder = tempfile::tempdir().unwrap();
        let place = folder.path().join("not-reached");
        let file = folder.path().join("config.toml");
        fs::write(&file, include_str!("../../config.toml")).unwrap();
        let (config, _) = crate::config::load(&file).unwrap();
        let now = "2026-11-24T16:00:00Z".parse().unwrap();
        fs::create_dir(&place).unwrap();
        fs::write(place.join("notes.html"), "mine").unwrap();
        for day in 1..=20 {
            write(&place, &config, &CallList::default(), NaiveDate::from_ymd_opt(2026, 11, day).unwrap(), now).unwrap();
        }
        let mut names: Vec<String> =
            fs::read_dir(&place).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        assert_eq!((names.len(), names[0].as_str()), (29, "not-reached-2026-11-07.csv"));
        assert!(names.contains(&"notes.html".to_owned()));
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(fs::metadata(place.join(&names[0])).unwrap().permissions().mode() & 0o777, 0o600);
    }
}
