//! What is done once on each open day: the list of those no text reaches, as files beside the database. Local date and
//! time are compared with the stored last run, so that a missed hour, a restart or a set clock is one case.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, NaiveDate, Utc};
use tokio::time::Instant;
use tracing::{error, info};

use crate::config::Config;
use crate::domain::announcer::Announcer;
use crate::reports::not_reached::{CallList, coming_days, list};
use crate::reports::not_reached_page::{csv, html};
use crate::store::controls::daily_work::{self, Work};
use crate::store::ledger::audit;
use crate::store::{Store, StoreError};

/// How often the clock is looked at.
const EVERY: Duration = Duration::from_secs(20);
/// Lists that are kept.
const KEPT: usize = 14;
/// How files of this work begin.
const PREFIX: &str = "not-reached-";

/// Looks now and then whether the day's work is due.
#[derive(Debug)]
pub(crate) struct Daily {
    looked: Option<Instant>,
    /// The daemon was away: what should have gone out may not have, so that today's list is made anew.
    was_away: bool,
    trouble: Announcer,
    /// The day on which the seal of the audit was last said.
    sealed: Option<NaiveDate>,
}

impl Daily {
    /// `was_away`: the last sign of life before this start is some time ago.
    pub(crate) fn new(was_away: bool) -> Daily {
        Daily { looked: None, was_away, trouble: Announcer::starts_as(""), sealed: None }
    }

    /// Makes the list if it is due. Also while the clock is in doubt: then nothing is sent, and the list says so.
    pub(crate) async fn look(&mut self, store: &Store, config: &Config, now: DateTime<Utc>, boot: Duration) {
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
        match self.make(store, config, today, now).await {
            Ok(None) => {}
            Ok(Some((file, found))) => {
                let _ = self.trouble.is("", boot);
                let (count, unread) = (found.patients.len(), found.unread.len());
                let rows = match unread {
                    0 => String::new(),
                    1 => ", and 1 row of an export could not be read".to_owned(),
                    n => format!(", and {n} rows of exports could not be read"),
                };
                info!(
                    count,
                    unread,
                    "{count} patients of the coming days are reached by no text{rows}; whom to call: {} (or `leadtime not-reached`)",
                    file.display()
                );
            }
            Err(why) => {
                if self.trouble.is(&why, boot).is_some() {
                    error!("the list of patients to call cannot be written: {why}; `leadtime not-reached` shows it");
                }
            }
        }
    }

    /// Once a day, the seal of the audit goes where whoever changes the database does not write.
    async fn say_seal(&mut self, store: &Store, today: NaiveDate) {
        if self.sealed == Some(today) {
            return;
        }
        if let Ok((rows, seal)) = store.read(audit::head).await
            && rows > 0
        {
            info!(rows, seal, "the audit has {rows} rows; its last seal is {seal} (`leadtime audit verify --seal`)");
            self.sealed = Some(today);
        }
    }

    async fn make(
        &mut self,
        store: &Store,
        config: &Config,
        today: NaiveDate,
        now: DateTime<Utc>,
    ) -> Result<Option<(PathBuf, CallList)>, String> {
        let (of_config, again) = (config.clone(), self.was_away);
        let found: Option<CallList> = store
            .read(move |tx| {
                let last = daily_work::last(tx, Work::NotReached)?.and_then(|done| done.date);
                // A date beyond today was written under a wrong clock.
                let is_done = last == Some(today);
                let wanted = !is_done || again;
                wanted.then(|| list(tx, &of_config, coming_days(&of_config, now), now)).transpose()
            })
            .await
            .map_err(|error: StoreError| error.to_string())?;
        let Some(found) = found else { return Ok(None) };
        let folder = config.database.parent().unwrap_or(Path::new(".")).join("not-reached");
        let file = write(&folder, config, &found, today, now).map_err(|error| error.to_string())?;
        store
            .write(move |tx| daily_work::done(tx, Work::NotReached, today, now))
            .await
            .map_err(|error| error.to_string())?;
        self.was_away = false;
        Ok(Some((file, found)))
    }
}

/// Writes both files, for their owner alone, and removes the oldest of their kind. The page to print.
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
    fn the_oldest_lists_go_and_nothing_else() {
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
