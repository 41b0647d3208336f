//! Reads another system's database: one SELECT in a read-only session, whose rows are written to a temporary file as
//! delimited text and then imported like an export.

#[cfg(feature = "databases")]
mod mysql;
#[cfg(feature = "databases")]
mod postgres;
#[cfg(feature = "databases")]
mod remote;
mod sqlite;

use secrecy::SecretString;

use crate::config::feeds::{DatabaseSource, Feed, Server, Window};
use crate::feeds::mapping::{options, wanted};
use crate::feeds::sources::answer::{Answer, Sheet};
use crate::feeds::sources::fetch_error::FetchError;

/// Asks a feed's database for a window of days. `zone`: the zone in which a PostgreSQL server writes instants.
pub(crate) async fn fetch(
    feed: &Feed,
    database: &DatabaseSource,
    password: Option<SecretString>,
    window: Window,
    zone: &str,
) -> Result<Answer, FetchError> {
    let sql = database.statement.with(window, database.server.grammar());
    let sheet = Sheet::new(options(feed).limits)?;
    let columns = wanted(feed);
    match &database.server {
        Server::Sqlite(path) => {
            let (path, server, timeout) = (path.clone(), database.server.label(), database.timeout);
            let read = tokio::task::spawn_blocking(move || sqlite::fetch(&path, &sql, sheet, timeout));
            let broke_off = |error: &dyn std::fmt::Display| FetchError::BrokeOff { server, why: error.to_string() };
            read.await.map_err(|error| broke_off(&error))?
        }
        #[cfg(feature = "databases")]
        Server::MySql(address) => {
            remote::within(database, mysql::fetch(database, address, password, sql, sheet, &columns)).await
        }
        #[cfg(feature = "databases")]
        Server::Postgres(address) => {
            let asked = postgres::fetch(database, address, password, sql, sheet, (&columns, zone));
            remote::within(database, asked).await
        }
        #[cfg(not(feature = "databases"))]
        Server::MySql(_) | Server::Postgres(_) => {
            drop((password, zone, sql, sheet, columns));
            Err(FetchError::NotBuiltIn("MySQL, MariaDB or PostgreSQL databases"))
        }
    }
}
