//! Writes pages: the templates, the words in them, and what every page shows.

use std::collections::HashMap;
use std::sync::LazyLock;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use include_dir::{Dir, include_dir};
use minijinja::value::{Kwargs, Serde};
use minijinja::{AutoEscape, Environment, Error, State, Value, context};
use serde::Serialize;

use crate::config::Config;
use crate::config::desk::StaffLanguage;
use crate::desk::fault::Fault;
use crate::desk::flash::Flash;
use crate::desk::reading::segment;
use crate::desk::session::Session;
use crate::desk::shared::Shared;
use crate::desk::times::Times;
use crate::desk::words::Words;
use crate::domain::desk_user::Role;
use crate::domain::shown::{shown, shown_lines};
use crate::planner::input::Mode;
use crate::reports::worklist;
use crate::store::controls::{config_hold, pauses};

static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/desk/templates");

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_auto_escape_callback(|name| match name.ends_with(".html") {
        true => AutoEscape::Html,
        false => AutoEscape::None,
    });
    environment.set_undefined_behavior(minijinja::UndefinedBehavior::SemiStrict);
    environment.add_function("t", say);
    environment.add_filter("segment", |text: String| segment(&text));
    // What came from other systems: control characters and marks that change the direction of text become visible.
    environment.add_filter("shown", |text: String| shown(&text).into_owned());
    environment.add_filter("shown_lines", |text: String| shown_lines(&text).into_owned());
    for file in TEMPLATES.files() {
        let (Some(name), Some(text)) = (file.path().to_str(), file.contents_utf8()) else { continue };
        environment.add_template(name, text).unwrap_or_else(|error| panic!("{name} is malformed: {error}"));
    }
    environment
});

/// The words without values as templates get them, made once: long lists ask for the same words hundreds of times.
type Ready = HashMap<&'static str, Value>;

static READY: LazyLock<[Ready; 2]> = LazyLock::new(|| {
    [StaffLanguage::English, StaffLanguage::Spanish].map(|language| {
        let all = Words::in_language(language).all().filter(|(_, text)| !text.contains('{'));
        all.map(|(key, text)| (key, Value::from(text))).collect()
    })
});

/// `t("key", n=3)` in a template.
fn say(state: &State<'_, '_>, key: &str, values: Kwargs) -> Result<Value, Error> {
    let is_spanish = state.lookup("language").is_some_and(|language| language.as_str() == Some("es"));
    let names: Vec<&str> = values.args().collect();
    let [english, spanish] = &*READY;
    if let Some(ready) = (if is_spanish { spanish } else { english }).get(key).filter(|_| names.is_empty()) {
        return Ok(ready.clone());
    }
    let language = if is_spanish { StaffLanguage::Spanish } else { StaffLanguage::English };
    let filled = names.iter().map(|name| Ok((*name, values.get::<Value>(name)?.to_string())));
    let filled = filled.collect::<Result<Vec<_>, Error>>()?;
    Ok(Value::from(Words::in_language(language).say(key, &filled)))
}

/// What every page of a user shows.
#[derive(Debug, Serialize)]
struct Frame {
    practice: String,
    user: String,
    role: &'static str,
    may_act: bool,
    may_manage: bool,
    /// Every location, so that the user may see and do what concerns the whole practice.
    sees_all: bool,
    token: String,
    zone: String,
    /// Open tasks that nobody put off.
    open: usize,
    is_observing: bool,
    /// A change of the rules is held; the rules before it may be in effect.
    is_held: bool,
    /// Nothing is sent because of it.
    is_stopped: bool,
    pauses: Vec<PauseLine>,
    flash: Option<Flash>,
    now: String,
    /// The number of the last change that the page shows.
    change: i64,
}

#[derive(Debug, Serialize)]
struct PauseLine {
    place: String,
    until: String,
}

/// A page for a user. `name`: its template. `page`: its key in the words, for the title and the navigation.
pub(crate) async fn page(
    shared: &Shared,
    session: &Session,
    (name, page): (&str, &str),
    content: Value,
) -> Result<Response, Fault> {
    let (now, language, scope) = (shared.now(), shared.language(), session.user.scope.clone());
    let (open, held, paused) = shared
        .read(move |connection, config| {
            let open = worklist::count(connection, config, &scope, now)?;
            let held = config_hold::get(connection)?.filter(|hold| !hold.confirmed).map(|hold| hold.fingerprint);
            Ok((open, held, pauses::pauses(connection, now)?))
        })
        .await?;
    let (config, is_held) = (shared.config(), held.is_some());
    let times = Times::new(&config, language);
    let frame = Frame {
        practice: config.practice.name.clone(),
        user: session.user.name.clone(),
        role: session.user.role.code(),
        may_act: session.may(Role::Desk),
        may_manage: session.may(Role::Manager),
        sees_all: session.user.scope.is_all(),
        token: session.csrf.clone(),
        zone: config.practice.zone.name().replace('_', " "),
        open,
        is_observing: config.rulebook.mode == Mode::Observe,
        is_stopped: held.is_some_and(|held| held == config.fingerprint()),
        is_held,
        pauses: paused
            .iter()
            .map(|pause| PauseLine {
                place: pause.location.as_ref().map(|id| place(&config, Some(id))).unwrap_or_default(),
                until: pause.until.map(|at| times.near(at, now)).unwrap_or_default(),
            })
            .collect(),
        // A page that asks again by itself must not take what the person has not read yet.
        flash: if session.is_used { shared.notes.take(&session.hash) } else { None },
        now: times.full(now, &config.practice.zone),
        change: session.change,
    };
    let template = ENVIRONMENT.get_template(name)?;
    let html = template.render(context! { frame => of(&frame), page, language => language.code(), ..content })?;
    Ok(html_of(html))
}

/// A page for somebody who is not logged in.
pub(crate) fn plain(shared: &Shared, name: &str, content: Value) -> Result<Response, Fault> {
    let (config, language) = (shared.config(), shared.language().code());
    let template = ENVIRONMENT.get_template(name)?;
    Ok(html_of(template.render(context! { practice => config.practice.name.as_str(), language, ..content })?))
}

/// A page with a message. Needs no database.
pub(crate) fn message(shared: &Shared, session: Option<&Session>, key: &str) -> Response {
    let home = if session.is_some() { "/" } else { "/login" };
    plain(shared, "message.html", context! { key, home }).unwrap_or_else(|_| html_of(key.to_owned()))
}

fn html_of(html: String) -> Response {
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}

/// Rows as a template reads them.
pub(crate) fn of<T: Serialize>(rows: &T) -> Value {
    Value::from(Serde(rows))
}

/// The name of a location for people.
pub(crate) fn place(config: &Config, location: Option<&str>) -> String {
    let office = |id: &str| config.wordbook.office_name(id).map(str::to_owned).unwrap_or_else(|| id.to_owned());
    location.map_or_else(|| config.practice.name.clone(), office)
}
