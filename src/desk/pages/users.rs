//! Who may log in to the page, for managers.

use axum::response::Response;
use minijinja::context;
use serde::Serialize;

use crate::config::Config;
use crate::desk::acts::of_user;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::lines::Wording;
use crate::desk::views::{self, of};
use crate::domain::desk_user::{DeskUser, Role, SHORTEST_PASSWORD, Scope};
use crate::store::desk::users;

#[derive(Debug, Serialize)]
struct Line {
    name: String,
    role: &'static str,
    is_self: bool,
    sees_all: bool,
    /// What the user sees, in words; empty if it is everything.
    sees: String,
    places: Vec<Place>,
    seen: String,
}

/// A location to tick.
#[derive(Debug, Serialize)]
struct Place {
    id: String,
    name: String,
    is_ticked: bool,
}

/// The locations, the practice itself first; none if there is only the practice itself.
fn places(config: &Config, scope: &Scope) -> Vec<Place> {
    if config.locations.is_empty() {
        return Vec::new();
    }
    let is_ticked = |id: Option<&str>| !scope.is_all() && scope.sees(id);
    let own = Place { id: String::new(), name: views::place(config, None), is_ticked: is_ticked(None) };
    let others = config.locations.keys().map(|id| Place {
        id: id.clone(),
        name: views::place(config, Some(id)),
        is_ticked: is_ticked(Some(id)),
    });
    std::iter::once(own).chain(others).collect()
}

fn line(config: &Config, user: &DeskUser, own: &str) -> Line {
    let sees = match &user.scope {
        Scope::All => String::new(),
        Scope::Only(ids) => ids.iter().map(|id| views::place(config, id.as_deref())).collect::<Vec<_>>().join(", "),
    };
    Line {
        name: user.name.clone(),
        role: user.role.code(),
        is_self: user.name == own,
        sees_all: user.scope.is_all(),
        sees,
        places: places(config, &user.scope),
        seen: of_user(user),
    }
}

/// `GET /users`
pub(crate) async fn page(asked: Asked) -> Result<Response, Fault> {
    let session = asked.session.clone().ok_or(Fault::Forbidden)?;
    if !session.user.scope.is_all() {
        return Err(Fault::Forbidden);
    }
    let all = asked.shared.read(|connection, _| users::list(connection)).await?;
    let config = asked.shared.config();
    let wording = Wording::of(&asked, &config);
    let lines: Vec<Line> = all.iter().map(|user| line(&config, user, &session.user.name)).collect();
    let roles: Vec<_> = Role::ALL
        .iter()
        .map(|role| context! { code => role.code(), says => wording.say(&format!("users.role.{}", role.code())) })
        .collect();
    let content = context! {
        users => of(&lines), roles, places => of(&places(&config, &Scope::All)), shortest => SHORTEST_PASSWORD,
    };
    views::page(&asked.shared, &session, ("users.html", "users"), content).await
}
