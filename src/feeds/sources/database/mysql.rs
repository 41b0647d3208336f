//! Reads a MySQL or MariaDB server. The text protocol returns every value as the server writes it, even a zero date.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use sqlx::mysql::{MySqlConnectOptions, MySqlConnection, MySqlRow, MySqlSslMode};
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
    columns: &[String],
) -> Result<Answer, Fault> {
    let options = options(database, address, password);
    let connecting = tokio::time::timeout(CONNECT_WITHIN, options.connect());
    let mut connection = connecting.await.map_err(|_| Fault::Late(CONNECT_WITHIN))?.map_err(Fault::Connecting)?;
    read_only(&mut connection, database.timeout).await.map_err(Fault::Asking)?;
    write_rows(sqlx::raw_sql(AssertSqlSafe(sql)).fetch(&mut connection), &mut sheet, cell).await?;
    // The answer is complete, so an error while closing does not matter.
    let _ = connection.close().await;
    Ok(sheet.finish(columns)?)
}

fn options(database: &DatabaseSource, address: &Address, password: Option<SecretString>) -> MySqlConnectOptions {
    let mut options = MySqlConnectOptions::new()
        .username(&address.user)
        .database(&address.database)
        // The session must work like the practice's own: no other time zone and no other SQL mode.
        .timezone(None)
        .pipes_as_concat(false)
        .no_engine_substitution(false)
        .statement_cache_capacity(0)
        .disable_statement_logging();
    options = match &address.host {
        Host::Socket(path) => options.socket(path),
        Host::Name { name, port } => options.host(name.trim_matches(['[', ']'])).port(port.unwrap_or(3306)),
    };
    // Within this machine, TLS is used if the server has it, whatever its certificate says.
    options = match database.is_unverified(&address.host) {
        true => options.ssl_mode(MySqlSslMode::Preferred),
        false => options.ssl_mode(MySqlSslMode::VerifyIdentity),
    };
    if let Some(ca) = &database.ca_file {
        options = options.ssl_ca(ca);
    }
    match password {
        Some(password) => options.password(password.expose_secret()),
        None => options,
    }
}

/// Makes the session read-only, and limits the time a statement may take.
async fn read_only(connection: &mut MySqlConnection, timeout: Duration) -> Result<(), sqlx::Error> {
    connection.execute("SET SESSION TRANSACTION READ ONLY").await?;
    let seconds = timeout.as_secs();
    let of_mariadb = format!("SET SESSION max_statement_time = {seconds}");
    if connection.execute(AssertSqlSafe(of_mariadb)).await.is_err() {
        let of_mysql = format!("SET SESSION max_execution_time = {}", seconds * 1000);
        connection.execute(AssertSqlSafe(of_mysql)).await?;
    }
    Ok(())
}

fn cell(row: &MySqlRow, at: usize) -> Result<Option<String>, sqlx::Error> {
    let bytes: Option<&[u8]> = row.try_get_unchecked(at)?;
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).into_owned()))
}
