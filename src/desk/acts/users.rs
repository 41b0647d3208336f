//! Acts of a manager on the users of the page. Nobody changes or removes themselves, so a manager always remains.

use std::collections::BTreeSet;

use axum::response::Response;

use crate::config::Config;
use crate::desk::acts::office::for_all;
use crate::desk::acts::{Acting, act, back, of_user};
use crate::desk::answers::redirect;
use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::flash::Flash;
use crate::desk::login;
use crate::desk::reading::{Form, segment};
use crate::desk::words::Words;
use crate::domain::desk_user::{DeskUser, Role, Scope, new_password, user_name};
use crate::store::StoreError;
use crate::store::desk::users;

const HOME: &str = "/users";

/// What is wrong with a form: a key in the words.
type Wrong = &'static str;

fn role(form: &Form) -> Result<Role, Fault> {
    Role::from_code(form.get("role")).ok_or(Fault::BadForm)
}

/// The locations that were ticked. `before`: what applies where there are no locations to choose from.
fn scope(form: &Form, config: &Config, before: &Scope) -> Result<Scope, Wrong> {
    if config.locations.is_empty() {
        return Ok(before.clone());
    }
    if form.get("scope") != "only" {
        return Ok(Scope::All);
    }
    let own = std::iter::once(None).chain(config.locations.keys().map(|id| Some(id.clone())));
    let is_ticked =
        |id: &Option<String>| form.filled(&format!("location.{}", id.as_deref().unwrap_or_default())).is_some();
    let ticked: BTreeSet<Option<String>> = own.filter(is_ticked).collect();
    if ticked.is_empty() { Err("act.user-sees-nothing") } else { Ok(Scope::Only(ticked)) }
}

/// Whether the actor still manages users: somebody may have changed that since the session was read.
fn manages(acting: &Acting<'_>) -> Result<bool, StoreError> {
    let stored = users::named(acting.tx, acting.who())?;
    Ok(stored.is_some_and(|stored| stored.user.role == Role::Manager && stored.user.scope.is_all()))
}

/// Goes back to the page with a problem, without touching the database.
fn refused(asked: &Asked, key: Wrong) -> Result<Response, Fault> {
    let session = asked.session.as_ref().ok_or(Fault::Forbidden)?;
    let words = Words::in_language(asked.shared.language());
    asked.shared.notes.leave(&session.hash, Flash::not_done(words.say(key, &[])));
    Ok(redirect(&back(asked, HOME)))
}

/// The hash of the new password of a form.
async fn password_of(asked: &Asked, name: &str) -> Result<Result<String, Wrong>, Fault> {
    let new = asked.form.get("new").to_owned();
    if new_password(&new, name).is_err() {
        return Ok(Err("act.user-password-weak"));
    }
    if new != asked.form.get("again") {
        return Ok(Err("act.user-passwords-differ"));
    }
    Ok(Ok(login::hashed(&asked.shared, new).await?))
}

/// `POST /users/add`
pub(crate) async fn add(asked: Asked) -> Result<Response, Fault> {
    for_all(&asked)?;
    let role = role(&asked.form)?;
    let Ok(name) = user_name(asked.form.get("name")) else { return refused(&asked, "act.user-name") };
    let scope = match scope(&asked.form, &asked.shared.config(), &Scope::All) {
        Ok(scope) => scope,
        Err(wrong) => return refused(&asked, wrong),
    };
    let password = match password_of(&asked, &name).await? {
        Ok(password) => password,
        Err(wrong) => return refused(&asked, wrong),
    };
    act(asked, HOME, move |acting| {
        if !manages(acting)? {
            return Ok(None);
        }
        let values = [("name", name.clone())];
        if users::named(acting.tx, &name)?.is_some() {
            return Ok(Some(Flash::not_done(acting.say("act.user-exists", &values))));
        }
        let user = DeskUser { name: name.clone(), role, scope };
        users::put(acting.tx, &user, Some(&password), acting.operator(), acting.now)?;
        Ok(Some(Flash::done(acting.say("act.user-added", &values))))
    })
    .await
}

/// Acts on another user who is still as the manager saw them.
async fn on_another(
    asked: Asked,
    work: impl FnOnce(&Acting<'_>, &DeskUser) -> Result<Flash, StoreError> + Send + 'static,
) -> Result<Response, Fault> {
    for_all(&asked)?;
    let (name, seen) = (asked.value(0).to_owned(), asked.form.get("seen").to_owned());
    act(asked, HOME, move |acting| {
        if !manages(acting)? || name == acting.who() {
            return Ok(None);
        }
        let user = users::named(acting.tx, &name)?.map(|stored| stored.user);
        let Some(user) = user.filter(|user| of_user(user) == seen) else {
            return Ok(Some(Flash::not_done(acting.say("act.user-changed-meanwhile", &[("name", name)]))));
        };
        work(acting, &user).map(Some)
    })
    .await
}

/// `POST /users/NAME/change`
pub(crate) async fn change(asked: Asked) -> Result<Response, Fault> {
    let (role, form) = (role(&asked.form)?, asked.form.clone());
    on_another(asked, move |acting, before| {
        let scope = match scope(&form, acting.config, &before.scope) {
            Ok(scope) => scope,
            Err(wrong) => return Ok(Flash::not_done(acting.say(wrong, &[]))),
        };
        let user = DeskUser { name: before.name.clone(), role, scope };
        if user == *before {
            return Ok(Flash::not_done(acting.say("act.nothing", &[])));
        }
        users::put(acting.tx, &user, None, acting.operator(), acting.now)?;
        let done = Flash::done(acting.say("act.user-changed", &[("name", user.name.clone())]));
        let mut fields = vec![("role".to_owned(), before.role.code().to_owned()), ("seen".to_owned(), of_user(&user))];
        if let Scope::Only(own) = &before.scope {
            fields.push(("scope".to_owned(), "only".to_owned()));
            fields.extend(
                own.iter().map(|id| (format!("location.{}", id.as_deref().unwrap_or_default()), "1".to_owned())),
            );
        }
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        Ok(done.undone_by(format!("/users/{}/change", segment(&user.name)), &fields))
    })
    .await
}

/// `POST /users/NAME/password`
pub(crate) async fn set_password(asked: Asked) -> Result<Response, Fault> {
    for_all(&asked)?;
    let password = match password_of(&asked, asked.value(0)).await? {
        Ok(password) => password,
        Err(wrong) => return refused(&asked, wrong),
    };
    on_another(asked, move |acting, user| {
        users::set_password(acting.tx, &user.name, &password, acting.operator(), acting.now)?;
        Ok(Flash::done(acting.say("act.user-password-set", &[("name", user.name.clone())])))
    })
    .await
}

/// `POST /users/NAME/remove`
pub(crate) async fn remove(asked: Asked) -> Result<Response, Fault> {
    on_another(asked, move |acting, user| {
        users::remove(acting.tx, &user.name, acting.operator(), acting.now)?;
        Ok(Flash::done(acting.say("act.user-removed", &[("name", user.name.clone())])))
    })
    .await
}
