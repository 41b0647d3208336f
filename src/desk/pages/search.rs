//! Search. The words are sent as a form and kept in memory, so that no address contains a name or a number.

use axum::response::Response;
use minijinja::context;

use crate::desk::answers::redirect;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::Wording;
use crate::desk::views::{self, of};
use crate::reports::search::{self as report, Hits};
use crate::store::ledger::audit::{self, Act, Entry};

/// The longest words that are searched for.
const LONGEST: usize = 100;

/// `POST /search`
pub(crate) async fn search(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let words: String = asked.form.get("q").chars().take(LONGEST).collect();
    if !words.is_empty() {
        let (who, now) = (session.user.name.clone(), asked.shared.now());
        asked
            .shared
            .write(move |tx, _| audit::note(tx, &Entry { who: Some(&who), ..Entry::new(now, Act::Searched) }))
            .await?;
    }
    asked.shared.notes.search(&session.hash, words);
    Ok(redirect("/search"))
}

/// `GET /search`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let words = asked.shared.notes.searched(&session.hash);
    let (now, scope, wanted) = (asked.shared.now(), session.user.scope.clone(), words.clone());
    let hits = match words.is_empty() {
        true => Hits::default(),
        false => {
            asked
                .shared
                .read(move |connection, config| report::search(connection, config, &wanted, &scope, now))
                .await?
        }
    };
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let (to_come, past): (Vec<_>, Vec<_>) = hits.appointments.iter().partition(|one| one.starts_at > now);
    let lines = |all: Vec<&_>| all.into_iter().map(|one| wording.appointment(one)).collect::<Vec<_>>();
    let content = context! { words, to_come => of(&lines(to_come)), past => of(&lines(past)), more => hits.more };
    views::page(&asked.shared, &session, ("search.html", "search"), content).await
}
