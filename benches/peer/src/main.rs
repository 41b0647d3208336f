//! The texts of `cargo bench --bench sending -- texts` through apalis' SQLite backend, as a practice's developer would
//! write it: `store` puts them into its queue, `run` sends them, says so when the last one is done on disk, and ends
//! when its input does.
//!
//! The database commits durably (`synchronous = FULL`), as Leadtime's does; apalis' own setup turns that off.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use apalis::layers::WorkerBuilderExt;
use apalis::prelude::*;
use apalis_sqlite::{Config, SqlitePool, SqliteStorage};
use serde::{Deserialize, Serialize};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// Tasks that are claimed, locked or finished in one statement.
const BATCH: usize = 64;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Text {
    from_number: String,
    to_number: String,
    message: String,
}

#[derive(Debug, Clone)]
struct Annie {
    client: reqwest::Client,
    url: String,
    answered: Arc<AtomicI64>,
}

async fn send(text: Text, annie: Data<Annie>) -> Result<String, BoxDynError> {
    let answer = annie.client.post(format!("{}/sms", annie.url)).bearer_auth("k").json(&text).send().await?;
    let said = answer.error_for_status()?.text().await?;
    annie.answered.fetch_add(1, Ordering::SeqCst);
    Ok(said)
}

async fn pool(database: &str) -> Result<SqlitePool, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(database)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(Duration::from_secs(5));
    SqlitePoolOptions::new().max_connections(4).connect_with(options).await
}

fn config() -> Config {
    Config::default().queue("texts").batch_size(BATCH)
}

async fn store(database: &str, texts: usize) -> Result<(), Box<dyn Error>> {
    let setup = pool(database).await?;
    SqliteStorage::setup(&setup).await?;
    setup.close().await;
    let pool = pool(database).await?;
    let mut storage = SqliteStorage::<Text>::new(&pool).with_config(config());
    let all: Vec<Text> = (0..texts)
        .map(|n| Text {
            from_number: "+13035550199".to_owned(),
            to_number: format!("+1303{:07}", 2_000_000 + n),
            message: "See you tomorrow at 12:00 PM".to_owned(),
        })
        .collect();
    storage.push_bulk(all).await?;
    // Without statistics, SQLite looks through all jobs of the worker for each that ends.
    sqlx::query("ANALYZE").execute(&pool).await?;
    pool.close().await;
    Ok(())
}

async fn run(url: &str, database: &str, texts: i64, at_once: usize) -> Result<(), Box<dyn Error>> {
    let pool = pool(database).await?;
    let client = reqwest::Client::builder().build()?;
    let answered = Arc::new(AtomicI64::new(0));
    let storage = SqliteStorage::<Text>::new(&pool).with_config(config());
    let worker = WorkerBuilder::new("sender")
        .backend(storage)
        .data(Annie { client, url: url.to_owned(), answered: answered.clone() })
        .concurrency(at_once)
        .build(send);
    tokio::spawn(worker.run());
    // The database is not disturbed before the last answer.
    while answered.load(Ordering::SeqCst) < texts {
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    loop {
        let done: i64 = sqlx::query_scalar("SELECT count(*) FROM Jobs WHERE status = 'Done'").fetch_one(&pool).await?;
        if done >= texts {
            println!("done");
            std::io::stdin().read_line(&mut String::new())?;
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn Error>> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["store", database, texts] => store(database, texts.parse()?).await,
        ["run", url, database, texts, at_once] => run(url, database, texts.parse()?, at_once.parse()?).await,
        _ => Err("usage: store DATABASE TEXTS | run URL DATABASE TEXTS AT_ONCE".into()),
    }
}
