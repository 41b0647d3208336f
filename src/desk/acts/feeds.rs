//! Acts on feeds: read the source now, show what that would change, accept a held import.

use std::time::Duration;

use axum::response::Response;
use tokio::time::timeout;

use crate::config::Config;
use crate::config::feeds::Feed;
use crate::config::values::zones::Zones;
use crate::desk::acts::office::for_all;
use crate::desk::answers::redirect;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::flash::Flash;
use crate::desk::words::Words;
use crate::domain::fingerprint;
use crate::domain::operator::Operator;
use crate::feeds::importing::{self, How, ImportError, Job};
use crate::feeds::pulling::{self, Memory};
use crate::store::appointments::applying::Changes;
use crate::store::appointments::feed_state::{self, FeedState};
use crate::store::appointments::held_imports;
use crate::store::connection::open;
use crate::store::connection::store::blocking;
use crate::store::ledger::audit::{self, Act, Entry};
use crate::store::{Connection, StoreError};

/// How long a source may take while a person waits for the page.
const PATIENCE: Duration = Duration::from_secs(40);

fn feed(asked: &Asked, config: &Config) -> Result<Feed, Fault> {
    let found = config.feeds.iter().find(|feed| feed.name == asked.value(0));
    found.filter(|feed| feed.pulled().is_some()).cloned().ok_or(Fault::NotFound)
}

/// Records who had a source read.
async fn record(asked: &Asked, feed: &Feed) -> Result<(), Fault> {
    let session = asked.session.as_ref().ok_or(Fault::Forbidden)?;
    let (who, name, now) = (session.user.name.clone(), feed.name.clone(), asked.shared.now());
    let noted = asked.shared.write(move |tx, _| {
        audit::note(tx, &Entry { who: Some(&who), code: Some(&name), ..Entry::new(now, Act::FeedAsked) })
    });
    Ok(noted.await?)
}

/// Leaves a sentence for the page of the feeds.
fn answer(asked: &Asked, flash: Flash) -> Result<Response, Fault> {
    let session = asked.session.as_ref().ok_or(Fault::Forbidden)?;
    asked.shared.notes.leave(&session.hash, flash);
    Ok(redirect("/feeds"))
}

/// What an import changed, for a sentence.
fn counted(changes: &Changes) -> [(&'static str, String); 3] {
    [
        ("new", changes.added.to_string()),
        ("changed", changes.changed.to_string()),
        ("cancelled", (changes.cancelled + changes.off).to_string()),
    ]
}

/// What identifies a feed's held import: since when and why, and its rows. None if nothing is held.
pub(crate) fn held_as_seen(connection: &Connection, state: &FeedState) -> Result<Option<String>, StoreError> {
    let Some((since, why)) = &state.held else { return Ok(None) };
    let rows = held_imports::digest(connection, &state.feed)?;
    Ok(Some(fingerprint::of(format!("{} {rows} {why}", since.timestamp())).chars().take(16).collect()))
}

/// `POST /feeds/NAME/pull`
pub(crate) async fn pull(asked: Asked) -> Result<Response, Fault> {
    let (shared, config) = (asked.shared.clone(), asked.shared.config());
    let (feed, words, now) = (feed(&asked, &config)?, Words::in_language(shared.language()), shared.now());
    for_all(&asked)?;
    record(&asked, &feed).await?;
    let pulled = timeout(PATIENCE, async {
        let answer = pulling::ask(&feed, &config, &mut Memory::default(), now).await;
        pulling::store(&feed, answer, &config, open::another_writer, now).await
    });
    let flash = match pulled.await {
        Err(_) => Flash::not_done(words.say("act.pull-slow", &[])),
        Ok(Err(error)) => Flash::not_done(words.say("act.pull-failed", &[("why", error.to_string())])),
        Ok(Ok(imported)) => {
            shared.nudge.notify_one();
            match &imported.held {
                Some((_, why)) => Flash::not_done(words.say("act.pull-held", &[("why", why.clone())])),
                None => Flash::done(words.say("act.pulled", &counted(&imported.changes))),
            }
        }
    };
    answer(&asked, flash)
}

/// `POST /feeds/NAME/try`
pub(crate) async fn try_out(asked: Asked) -> Result<Response, Fault> {
    let (shared, config) = (asked.shared.clone(), asked.shared.config());
    let (feed, words, now) = (feed(&asked, &config)?, Words::in_language(shared.language()), shared.now());
    for_all(&asked)?;
    record(&asked, &feed).await?;
    let Ok(export) = timeout(PATIENCE, pulling::ask(&feed, &config, &mut Memory::default(), now)).await else {
        return answer(&asked, Flash::not_done(words.say("act.pull-slow", &[])));
    };
    let export = match export {
        Ok(export) => export,
        Err(error) => {
            return answer(&asked, Flash::not_done(words.say("act.pull-failed", &[("why", error.to_string())])));
        }
    };
    let preview = blocking(move || {
        let mut connection = open::another_writer(&config.database)?;
        let zones = Zones::of_this_machine();
        let context = importing::context(&config, &zones, now);
        let job = Job { feed: &feed, context: &context, how: How::recurring(&feed), by: Operator::default(), now };
        importing::preview(&mut connection, || export.source(), job)
    });
    let flash = match preview.await {
        Err(ImportError::Store(error)) => return Err(error.into()),
        Err(error) => Flash::not_done(words.say("act.pull-failed", &[("why", error.to_string())])),
        Ok(preview) if preview.counts.is_empty() => Flash::done(words.say("act.would-change-nothing", &[])),
        Ok(preview) => {
            let kind = |(kind, count): (&String, &u64)| {
                let said = words.find(&format!("difference.{kind}")).unwrap_or(kind).to_owned();
                format!("{count} {said}")
            };
            let all = preview.counts.iter().map(kind).collect::<Vec<_>>().join(", ");
            match &preview.imported.held {
                Some((_, why)) => {
                    Flash::not_done(words.say("act.would-be-held", &[("changes", all), ("why", why.clone())]))
                }
                None => Flash::done(words.say("act.would-change", &[("changes", all)])),
            }
        }
    };
    answer(&asked, flash)
}

/// `POST /feeds/NAME/accept`
pub(crate) async fn accept(asked: Asked) -> Result<Response, Fault> {
    let (shared, config) = (asked.shared.clone(), asked.shared.config());
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    for_all(&asked)?;
    let (name, seen, now) = (asked.value(0).to_owned(), asked.form.get("seen").to_owned(), shared.now());
    let words = Words::in_language(shared.language());
    let by = session.user.name.clone();
    let accepted = blocking(move || {
        let mut connection = open::another_writer(&config.database)?;
        let state = feed_state::all(&connection)?.into_iter().find(|state| state.feed == name);
        let held = state.map(|state| held_as_seen(&connection, &state)).transpose()?.flatten();
        if held.as_deref() != Some(seen.as_str()) {
            return Ok::<_, StoreError>(None);
        }
        importing::accept(&mut connection, &name, Operator { who: Some(&by), why: None }, now)
    })
    .await?;
    shared.nudge.notify_one();
    let flash = match accepted {
        None => Flash::not_done(words.say("act.change-is-another", &[])),
        Some(changes) => Flash::done(words.say("act.accepted", &counted(&changes))),
    };
    answer(&asked, flash)
}
