//! Every address of the page: who may ask for it, and what answers.

use std::pin::Pin;

use axum::http::Method;
use axum::response::Response;

use crate::desk::asked::Asked;
use crate::desk::fault::Fault;
use crate::desk::pages::{appointment, days, feeds, health, held, not_reached, rules, search, today, users, worklist};
use crate::desk::{acts, live, login};
use crate::domain::desk_user::Role;

/// Who may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// Anybody who can connect.
    Open,
    /// A user with at least this role.
    User(Role),
}

/// The answer of a handler.
pub(crate) type Answering = Pin<Box<dyn Future<Output = Result<Response, Fault>> + Send>>;

/// An address.
pub(crate) struct Route {
    /// The method.
    pub(crate) method: Method,
    /// The path; `{}` stands for any one part.
    pub(crate) path: &'static str,
    /// Who may ask.
    pub(crate) access: Access,
    /// What answers.
    pub(crate) answer: fn(Asked) -> Answering,
}

/// Writes the table: method, path, who, handler.
macro_rules! routes {
    ($($method:ident $path:literal $access:expr => $handler:path;)+) => {
        &[$(Route { method: Method::$method, path: $path, access: $access, answer: |asked| Box::pin($handler(asked)) }),+]
    };
}

const OPEN: Access = Access::Open;
const LOOK: Access = Access::User(Role::Look);
const DESK: Access = Access::User(Role::Desk);
const MANAGER: Access = Access::User(Role::Manager);

/// All of them.
pub(crate) const ROUTES: &[Route] = routes! {
    GET "/login" OPEN => login::page;
    POST "/login" OPEN => login::log_in;
    GET "/once/{}" OPEN => login::once;
    POST "/logout" LOOK => login::log_out;
    GET "/password" LOOK => login::password_page;
    POST "/password" LOOK => login::change_password;

    GET "/" LOOK => today::page;
    GET "/day/{}" LOOK => today::of_day;
    GET "/days" LOOK => days::page;
    GET "/worklist" LOOK => worklist::page;
    GET "/appointments/{}" LOOK => appointment::page;
    GET "/search" LOOK => search::page;
    POST "/search" LOOK => search::search;
    GET "/not-reached" LOOK => not_reached::page;
    GET "/held" LOOK => held::page;
    GET "/feeds" LOOK => feeds::page;
    GET "/rules" LOOK => rules::page;
    GET "/health" LOOK => health::page;
    GET "/users" MANAGER => users::page;
    GET "/changes" LOOK => live::changes;

    POST "/tasks/{}/done" DESK => acts::tasks::done;
    POST "/tasks/{}/reopen" DESK => acts::tasks::reopen;
    POST "/tasks/{}/snooze" DESK => acts::tasks::snooze;
    POST "/tasks/{}/wake" DESK => acts::tasks::wake;
    POST "/tasks/{}/call" DESK => acts::tasks::call;
    POST "/calls/{}/undo" DESK => acts::tasks::undo_call;

    POST "/appointments/{}/call" DESK => acts::appointments::call;
    POST "/appointments/{}/outcome" DESK => acts::appointments::outcome;
    POST "/appointments/{}/skip" DESK => acts::appointments::skip;
    POST "/appointments/{}/give-back" DESK => acts::appointments::give_back;
    POST "/appointments/{}/opt-out" DESK => acts::numbers::opt_out;
    POST "/appointments/{}/lift-opt-out" DESK => acts::numbers::lift_opt_out;
    POST "/appointments/{}/wrong-number" DESK => acts::numbers::wrong;
    POST "/appointments/{}/right-number" DESK => acts::numbers::right;
    POST "/appointments/{}/go-on" DESK => acts::numbers::go_on;

    POST "/held/{}/sent" MANAGER => acts::office::sent;
    POST "/held/{}/retry" MANAGER => acts::office::retry;
    POST "/held/{}/drop" MANAGER => acts::office::give_up;
    POST "/rules/pause" MANAGER => acts::office::pause;
    POST "/rules/resume" MANAGER => acts::office::resume;
    POST "/rules/confirm" MANAGER => acts::office::confirm;
    POST "/feeds/{}/pull" DESK => acts::feeds::pull;
    POST "/feeds/{}/try" DESK => acts::feeds::try_out;
    POST "/feeds/{}/accept" MANAGER => acts::feeds::accept;
    POST "/users/add" MANAGER => acts::users::add;
    POST "/users/{}/change" MANAGER => acts::users::change;
    POST "/users/{}/password" MANAGER => acts::users::set_password;
    POST "/users/{}/remove" MANAGER => acts::users::remove;
    POST "/health/test-alert" MANAGER => acts::office::test_alert;
};
