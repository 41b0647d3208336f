//! The front desk's page: what is open, who was reached, and what a person may do about it. Server-rendered; no act
//! needs a script.

mod acts;
mod answers;
mod asked;
mod fault;
mod flash;
mod live;
mod login;
mod login_limits;
mod pages;
pub(crate) mod password;
mod pictures;
pub mod reading;
mod routes;
mod server;
mod session;
mod shared;
pub(crate) mod task;
mod times;
mod views;
mod words;
