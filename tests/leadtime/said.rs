//! The log reports a problem when it begins and when it ends, not at every attempt.

use std::io;
use std::sync::{Arc, Mutex};

use chrono::TimeDelta;
use leadtime::annie::verdict::ReadError;
use tracing::subscriber::DefaultGuard;
use tracing_subscriber::fmt::MakeWriter;

use super::world::{World, appointment};

const PATIENT: &str = "+13035550101";

/// The log lines of this thread.
#[derive(Clone, Default)]
struct Journal(Arc<Mutex<Vec<u8>>>);

impl Journal {
    fn begin() -> (Journal, DefaultGuard) {
        let journal = Journal::default();
        let subscriber =
            tracing_subscriber::fmt().with_ansi(false).with_target(false).with_writer(journal.clone()).finish();
        (journal, tracing::subscriber::set_default(subscriber))
    }

    fn count(&self, words: &str) -> usize {
        let bytes = self.0.lock().unwrap();
        String::from_utf8_lossy(&bytes).lines().filter(|line| line.contains(words)).count()
    }
}

impl io::Write for Journal {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Journal {
    type Writer = Journal;

    fn make_writer(&'a self) -> Journal {
        self.clone()
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
    let (journal, _guard) = Journal::begin();
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
