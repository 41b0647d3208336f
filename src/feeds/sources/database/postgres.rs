//! Reads a PostgreSQL server. The simple protocol returns every value as the server writes it.

use secrecy::{ExposeSecret, SecretString};
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, Row};

use super::remote::{CONNECT_WITHIN, Fault, write_rows};
use crate::config::feeds::{Address, DatabaseSource, Host};
use crate::feeds::sources::answer::{Answer, Sheet};

pub(super) async fn fetch(
    database: &DatabaseSource,
    address: &Address,
    password: Option<SecretString>,
    sql: String,
    mut sheet: Sheet,
    (columns, zone): (&[String], &str),
) -> Result<Answer, Fault> {
    let options = options(database, address, password);
    let connecting = tokio::time::timeout(CONNECT_WITHIN, options.connect());
    let mut connection = connecting.await.map_err(|_| Fault::Late(CONNECT_WITHIN))?.map_err(Fault::Connecting)?;
    // Instants are written with the offset of the practice's zone. sqlx itself asks for UTC when it connects.
    let in_zone = format!("SET TimeZone = '{}'", zone.replace('\'', "''"));
    connection.execute(AssertSqlSafe(in_zone)).await.map_err(Fault::Asking)?;
    write_rows(sqlx::raw_sql(AssertSqlSafe(sql)).fetch(&mut connection), &mut sheet, |row, at| {
        row.try_get_unchecked(at)
    })
    .await?;
    // The answer is complete, so an error while closing does not matter.
    let _ = connection.close().await;
    Ok(sheet.finish(columns)?)
}

fn options(database: &DatabaseSource, address: &Address, password: Option<SecretString>) -> PgConnectOptions {
    let mut options = PgConnectOptions::new_without_pgpass()
        .username(&address.user)
        .database(&address.database)
        .application_name("leadtime")
        .statement_cache_capacity(0)
        .options([
            ("default_transaction_read_only", "on"),
            ("statement_timeout", &database.timeout.as_millis().to_string()),
        ])
        .disable_statement_logging();
    options = match &address.host {
        Host::Socket(path) => options.socket(path),
        Host::Name { name, port } => options.host(name.trim_matches(['[', ']'])).port(port.unwrap_or(5432)),
    };
    // Within this machine, TLS is used if the server has it, whatever its certificate says.
    options = match database.is_unverified(&address.host) {
        true => options.ssl_mode(PgSslMode::Prefer),
        false => options.ssl_mode(PgSslMode::VerifyFull),
    };
    if let Some(ca) = &database.ca_file {
        options = options.ssl_root_cert(ca);
    }
    match password {
        Some(password) => options.password(password.expose_secret()),
        None => options,
    }
}
