//! Whether Leadtime works: what `doctor` says, as far as the service itself can see it.

use axum::response::Response;
use minijinja::context;
use serde::Serialize;

use crate::alerts::channels::Channel;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::Wording;
use crate::desk::views::{self, of};
use crate::doctor::finding::Mark;
use crate::doctor::machine;

#[derive(Debug, Serialize)]
struct Line {
    mark: &'static str,
    what: String,
    found: String,
    remedy: String,
}

/// `GET /health`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    let now = asked.shared.now();
    let findings =
        asked.shared.read(move |connection, config| Ok(machine::of_service(connection, config, now))).await?;
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let mut lines: Vec<Line> = findings
        .into_iter()
        .map(|finding| Line {
            mark: match finding.mark {
                Mark::Good => "good",
                Mark::Look => "look",
                Mark::Bad => "bad",
            },
            what: wording
                .words
                .find(&format!("health.what.{}", finding.what.replace([' ', '\''], "-")))
                .unwrap_or(finding.what)
                .to_owned(),
            found: wording.sentence(&finding.found),
            remedy: finding.remedy.map(|remedy| wording.sentence(&remedy)).unwrap_or_default(),
        })
        .collect();
    // What needs somebody comes first.
    lines.sort_by_key(|line| ["bad", "look", "good"].iter().position(|mark| *mark == line.mark));
    let has_channels = !Channel::all(&config.alerts).is_empty();
    views::page(&asked.shared, &session, ("health.html", "health"), context! { lines => of(&lines), has_channels })
        .await
}
