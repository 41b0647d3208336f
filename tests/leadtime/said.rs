//! The log reports a problem when it begins and when it ends, not at every attempt.

use std::cell::RefCell;
use std::io;
use std::sync::OnceLock;

use chrono::TimeDelta;
use leadtime::annie::verdict::ReadError;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;

use super::world::{World, appointment};

const PATIENT: &str = "+13035550101";

thread_local! {
    /// What this thread has logged, while it is being recorded.
    static JOURNAL: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Records the log lines of the current thread.
///
/// The subscriber is the process's own: one for each thread would lose lines, because `tracing` caches for all threads
/// whether a line is wanted, and the other tests' threads want none.
struct Journal;

impl Journal {
    fn begin() -> Journal {
        static INSTALLED: OnceLock<()> = OnceLock::new();
        INSTALLED.get_or_init(|| {
            let lines = tracing_subscriber::fmt::layer()
                .with_ansi(false)
                .with_target(false)
                .with_writer(|| ThreadWriter)
                .with_filter(dynamic_filter_fn(|_, _| JOURNAL.with_borrow(Option::is_some)));
            tracing::subscriber::set_global_default(tracing_subscriber::registry().with(lines)).unwrap();
        });
        JOURNAL.set(Some(Vec::new()));
        Journal
    }

    fn count(&self, words: &str) -> usize {
        let bytes = JOURNAL.with_borrow(|journal| journal.clone().unwrap_or_default());
        String::from_utf8_lossy(&bytes).lines().filter(|line| line.contains(words)).count()
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        JOURNAL.set(None);
    }
}

struct ThreadWriter;

impl io::Write for ThreadWriter {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        JOURNAL.with_borrow_mut(|journal| journal.get_or_insert_default().extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Four hours, a minute at a time.
async fn four_hours(world: &mut World) {
    for _ in 0..240 {
        world.clock.advance(TimeDelta::minutes(1));
        world.settle().await;
    }
}

#[tokio::test]
async fn a_list_that_cannot_be_read_for_hours_is_logged_once_and_so_is_its_recovery() {
    let journal = Journal::begin();
    let mut world = World::new().await;
    world.book(&[appointment("visit-1", PATIENT, "2026-11-20T10:10:00-07:00")]);
    world.settle().await;
    let mut world = world.restart().await;
    world.annie.reads_fail(Some(ReadError::Failed { detail: "Annie answered with status 500".to_owned() }));
    world.annie.forget_reads();
    four_hours(&mut world).await;
    assert!(world.annie.read().len() > 10, "the list was tried again and again");
    assert_eq!(journal.count("list of conversations cannot be read"), 1);
    world.annie.reads_fail(None);
    four_hours(&mut world).await;
    assert_eq!(journal.count("list of conversations can be read again"), 1);
    assert_eq!(journal.count("Annie accepts the API key"), 2, "once for each start");
}
