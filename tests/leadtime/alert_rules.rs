//! Each alert on a real database: what raises it, what it says, that it is not repeated too soon, and that it ends.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use leadtime::alerts::rules::{self, Alert, Event, Facts, Kind, Live};
use leadtime::alerts::text::words;
use leadtime::annie::verdict::ReadError;
use leadtime::clock::{Clock, ManualClock};
use leadtime::config::Config;
use leadtime::domain::outcome::{NotSent, Outcome};
use leadtime::store::connection::open;
use leadtime::store::controls::alert_state;

use super::world::{DAY_BEFORE, World, appointment};

/// Checks for alerts as the daemon does, but without channels: every alert counts as delivered at once.
pub(crate) struct Desk {
    live: Live,
    midnight: DateTime<Utc>,
    /// One problem can raise several alerts; a test looks at one kind.
    kind: Kind,
}

impl Desk {
    pub(crate) fn new(kind: Kind) -> Desk {
        Desk { live: Live::default(), midnight: DateTime::UNIX_EPOCH, kind }
    }

    /// The subjects of the alerts sent now. The alert state is kept in the database, so a restart finds it.
    pub(crate) fn look(&self, world: &World) -> Vec<String> {
        self.alerts(world).iter().map(|alert| checked_subject(alert, world.engine.config())).collect()
    }

    fn alerts(&self, world: &World) -> Vec<Alert> {
        let mut all = look(&world.database(), world.engine.config(), &world.clock, &self.live, self.midnight);
        all.retain(|alert| alert.kind == self.kind);
        all
    }
}

fn look(
    database: &std::path::Path,
    config: &Arc<Config>,
    clock: &ManualClock,
    live: &Live,
    midnight: DateTime<Utc>,
) -> Vec<Alert> {
    let now = clock.now();
    let mut connection = open::read_write(database).unwrap();
    let book = rules::from_entries(&alert_state::entries(&connection).unwrap());
    let shown = rules::shown(&connection, config, now).unwrap();
    let facts = Facts { shown: Some(shown), live: live.clone(), midnight };
    let found = rules::findings(&facts, &book, now);
    let (mut book, alerts) = rules::decide(found, &book, now, config.alerts.repeat_after);
    for alert in &alerts {
        rules::told(&mut book, alert, now);
    }
    let tx = connection.transaction().unwrap();
    alert_state::set_entries(&tx, &rules::to_entries(&book)).unwrap();
    tx.commit().unwrap();
    alerts
}

fn checked_subject(alert: &Alert, config: &Config) -> String {
    let words = words(alert, config);
    let start = "Leadtime (Maple Dental): ";
    assert!(words.subject.starts_with(start) && words.text.starts_with(&words.subject), "{words:?}");
    if alert.event == Event::Over {
        assert!(words.text.contains("No action needed."), "{words:?}");
    } else {
        assert!(words.text.contains("\n\nWhat to do: ") && words.text.contains("Since "), "{words:?}");
    }
    // Alerts contain counts, never names, numbers or ids.
    for private in ["Ann", "3035550", "555-0", "visit-1"] {
        assert!(!words.text.replace("Annie", "").contains(private), "{words:?}");
    }
    words.subject[start.len()..].to_owned()
}

/// While the problem lasts, the alert is not repeated for four hours, and then is repeated once.
fn assert_repeated_after_four_hours(desk: &Desk, world: &World, still: &str) {
    assert_eq!(desk.look(world), [""; 0], "alerted a second ago");
    world.clock.advance(TimeDelta::minutes(239));
    assert_eq!(desk.look(world), [""; 0], "alerted 239 minutes ago");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(desk.look(world), [still]);
    assert_eq!(desk.look(world), [""; 0], "repeated a second ago");
}

const TOMORROW_TEN: &str = "2026-11-10T10:00:00-07:00";

fn refused(status: u16) -> Outcome {
    Outcome::NotSent(NotSent::Refused { status })
}

#[tokio::test]
async fn annie_refusing_every_text_raises_an_alert_until_it_accepts_again() {
    let mut world = World::one_at_a_time().await;
    let desk = Desk::new(Kind::Circuit);
    assert_eq!(desk.look(&world), [""; 0]);
    world.book(&[
        appointment("visit-1", "+13035550101", TOMORROW_TEN),
        appointment("visit-2", "+13035550102", TOMORROW_TEN),
    ]);
    world.script([refused(401), refused(401)]);
    world.annie.then_probes([Err(ReadError::Refused { status: 401 })]);
    world.settle().await;
    let alerts = desk.alerts(&world);
    assert_eq!(checked_subject(&alerts[0], world.engine.config()), "no texts are going out: Annie refuses them all");
    let text = words(&alerts[0], world.engine.config()).text;
    assert!(text.contains("Since Mon Nov 9, 10:00 AM. Annie refused with status 401 (two numbers in a row)"), "{text}");
    assert!(text.contains("systemctl restart leadtime"), "{text}");
    assert_repeated_after_four_hours(&desk, &world, "still: no texts are going out: Annie refuses them all");
    // The circuit closes, and Annie refuses again within minutes: no alert.
    world.execute("UPDATE circuits SET open_since = NULL, open_reason = NULL");
    assert_eq!(desk.look(&world), [""; 0]);
    world.clock.advance(TimeDelta::minutes(9));
    let again = format!("UPDATE circuits SET open_since = {}, open_reason = 'again'", world.clock.now().timestamp());
    world.execute(&again);
    assert_eq!(desk.look(&world), [""; 0]);
    world.execute("UPDATE circuits SET open_since = NULL, open_reason = NULL");
    assert_eq!(desk.look(&world), [""; 0]);
    world.clock.advance(TimeDelta::minutes(10));
    assert_eq!(desk.look(&world), ["resolved: Annie accepts the API key again"]);
    assert_eq!(desk.look(&world), [""; 0], "the end is announced once");
}

#[tokio::test]
async fn a_key_that_may_not_list_texts_raises_the_circuit_alert() {
    let mut world = World::new().await.restart().await;
    let mut desk = Desk::new(Kind::Circuit);
    world.annie.reads_fail(Some(ReadError::Refused { status: 403 }));
    world.settle().await;
    assert_eq!(world.engine.refused_reading(), Some(403));
    desk.live.refused = Some((world.clock.now(), 403));
    let alerts = desk.alerts(&world);
    assert_eq!(checked_subject(&alerts[0], world.engine.config()), "no texts are going out: Annie refuses them all");
    let text = words(&alerts[0], world.engine.config()).text;
    assert!(text.contains("Annie refused to list sent texts (status 403)"), "{text}");
    world.annie.reads_fail(None);
    world.clock.advance(TimeDelta::minutes(6));
    world.settle().await;
    assert_eq!(world.engine.refused_reading(), None);
}

#[tokio::test]
async fn a_restart_neither_repeats_nor_forgets_an_alert() {
    let mut world = World::one_at_a_time().await;
    let desk = Desk::new(Kind::Circuit);
    world.book(&[
        appointment("visit-1", "+13035550101", TOMORROW_TEN),
        appointment("visit-2", "+13035550102", TOMORROW_TEN),
    ]);
    world.script([refused(401), refused(401)]);
    world.settle().await;
    assert_eq!(desk.look(&world).len(), 1);
    let world = world.restart().await;
    let desk = Desk::new(Kind::Circuit);
    assert_eq!(desk.look(&world), [""; 0]);
    world.clock.advance(TimeDelta::hours(4));
    assert_eq!(desk.look(&world), ["still: no texts are going out: Annie refuses them all"]);
}

/// A practice with two patients, whose texts (one each) get these outcomes.
async fn two_texts_with_outcomes(outcomes: [Outcome; 2]) -> World {
    let mut world = World::one_at_a_time().await;
    world.book(&[
        appointment("visit-1", "+13035550101", TOMORROW_TEN),
        appointment("visit-2", "+13035550102", TOMORROW_TEN),
    ]);
    world.script(outcomes);
    world.settle().await;
    world
}

fn unknown() -> Outcome {
    Outcome::Unknown { status: Some(500), detail: "status 500".to_owned() }
}

#[tokio::test]
async fn three_rejections_in_a_row_raise_an_alert_until_annie_accepts_a_text() {
    let mut world = World::one_at_a_time().await;
    let desk = Desk::new(Kind::Refusals);
    let phones = ["+13035550101", "+13035550102", "+13035550103", "+13035550104"];
    let ids = ["visit-1", "visit-2", "visit-3", "visit-4"];
    let mut appointments: Vec<_> =
        ids.iter().zip(phones).map(|(id, phone)| appointment(id, phone, TOMORROW_TEN)).collect();
    appointments[2].starts_at = "2026-11-10T10:05:00-07:00".to_owned();
    appointments[3].starts_at = "2026-11-10T10:06:00-07:00".to_owned();
    let no = || Outcome::Rejected { status: 422 };
    world.book(&appointments);
    world.script([no(), no(), no()]);
    world.settle().await;
    assert_eq!(desk.look(&world), [""; 0], "two rejections are not three in a row");
    world.clock.advance(TimeDelta::minutes(5));
    world.settle().await;
    let alerts = desk.alerts(&world);
    assert_eq!(checked_subject(&alerts[0], world.engine.config()), "Annie rejected 3 texts in a row");
    assert!(words(&alerts[0], world.engine.config()).text.contains("Call these patients"));
    assert_eq!(desk.look(&world), [""; 0]);
    // The fourth is tried five minutes later, and accepted.
    world.clock.advance(TimeDelta::minutes(6));
    world.settle().await;
    assert_eq!(desk.look(&world), ["resolved: Annie accepts texts again"]);
    assert_eq!(desk.look(&world), [""; 0]);
}

#[tokio::test]
async fn the_refusals_alert_is_repeated_while_refusals_last() {
    let world = two_texts_with_outcomes([Outcome::Rejected { status: 422 }, Outcome::Rejected { status: 422 }]).await;
    let desk = Desk::new(Kind::Refusals);
    world.execute(
        "INSERT INTO messages (id, phone, body, made_at, made_local) VALUES (99, '+13035550109', '{}', 0, '');
         INSERT INTO attempts (message_id, api_key, phone, started_ms) VALUES (99, 'default', '+13035550109', 1);
         UPDATE attempts SET outcome = 'rejected', ended_ms = 2 WHERE message_id = 99",
    );
    assert_eq!(desk.look(&world), ["Annie rejected 3 texts in a row"]);
    assert_repeated_after_four_hours(&desk, &world, "still: Annie rejected 3 texts in a row");
}

#[tokio::test]
async fn a_held_text_raises_an_alert_until_someone_decides() {
    let mut world = two_texts_with_outcomes([unknown(), Outcome::Rejected { status: 422 }]).await;
    let desk = Desk::new(Kind::Held);
    // A refused retry is held. Set by hand here, because it takes an hour of list readings.
    world.execute("UPDATE reminders SET state = 'held' WHERE state = 'unknown'");
    let alerts = desk.alerts(&world);
    assert_eq!(checked_subject(&alerts[0], world.engine.config()), "1 text needs your decision");
    let text = words(&alerts[0], world.engine.config()).text;
    assert!(text.contains("Since Mon Nov 9, 10:00 AM.") && text.contains("leadtime resolve"), "{text}");
    assert_repeated_after_four_hours(&desk, &world, "still: 1 text needs your decision");
    world.execute("UPDATE reminders SET state = 'skipped', reason = 'by-hand' WHERE state = 'held'");
    assert_eq!(desk.look(&world), ["resolved: no texts need your decision any more"]);
    world.settle().await;
    assert_eq!(desk.look(&world), [""; 0]);
}

#[tokio::test]
async fn a_missed_reminder_raises_an_alert_until_a_day_after_the_appointment() {
    let mut world = World::new().await;
    let desk = Desk::new(Kind::Missed);
    world.book(&[appointment("visit-1", "+13035550101", "2026-11-11T10:00:00-07:00")]);
    world.settle().await;
    world.execute("UPDATE reminders SET state = 'missed', reason = 'expired' WHERE state = 'planned'");
    let alerts = desk.alerts(&world);
    assert_eq!(
        checked_subject(&alerts[0], world.engine.config()),
        "1 reminder was not sent in time or could not be confirmed"
    );
    assert!(words(&alerts[0], world.engine.config()).text.contains("Call these patients"));
    // A missed reminder stays missed. The alert is repeated only when there are more, and not too soon.
    world.clock.advance(TimeDelta::hours(5));
    assert_eq!(desk.look(&world), [""; 0]);
    world.execute(
        "INSERT INTO reminders (appointment_id, rule, starts_at, patient_id, api_key, state, reason, starts_local)
         SELECT 'visit-2', rule, starts_at, 'visit-2', api_key, 'missed', 'expired', '' FROM reminders",
    );
    assert_eq!(desk.look(&world), ["still: 2 reminders were not sent in time or could not be confirmed"]);
    assert_eq!(desk.look(&world), [""; 0]);
    // The appointments begin.
    world.clock.advance(TimeDelta::hours(44));
    assert_eq!(desk.look(&world), [""; 0]);
    // A day later.
    world.clock.advance(TimeDelta::hours(24));
    let over = "resolved: the appointments with missed reminders began at least a day ago or need no reminder, or Annie's list showed that the reminders went out";
    assert_eq!(desk.look(&world), [over]);
    assert_eq!(desk.look(&world), [""; 0]);
}

#[tokio::test]
async fn an_unconfirmed_reminder_raises_the_missed_alert_until_a_day_after_the_appointment() {
    let world = two_texts_with_outcomes([unknown(), Outcome::Rejected { status: 422 }]).await;
    let desk = Desk::new(Kind::Missed);
    world.execute("UPDATE reminders SET state = 'missed', reason = 'unconfirmed' WHERE state = 'unknown'");
    assert_eq!(desk.look(&world), ["1 reminder was not sent in time or could not be confirmed"]);
    world.clock.advance(TimeDelta::hours(49));
    assert_eq!(desk.look(&world).len(), 1, "the alert ends a day after the appointment");
    assert_eq!(desk.look(&world), [""; 0]);
}

#[tokio::test]
async fn an_out_of_date_appointment_list_raises_an_alert_until_the_next_import() {
    let mut world = World::new().await;
    let mut desk = Desk::new(Kind::StaleFeed);
    world.execute(
        "INSERT INTO imports (feed, started_at, finished_at, complete, rows_good) VALUES ('csv', 1794157200, 1794157200, 0, 1)",
    );
    assert_eq!(desk.look(&world), [""; 0]);
    desk.live.waits = Some("stale-feed");
    let alerts = desk.alerts(&world);
    assert_eq!(
        checked_subject(&alerts[0], world.engine.config()),
        "no texts are going out: the appointment list is out of date"
    );
    let text = words(&alerts[0], world.engine.config()).text;
    assert!(text.contains("The last import was 24 hours ago.") && text.contains("leadtime import FILE"), "{text}");
    assert_repeated_after_four_hours(
        &desk,
        &world,
        "still: no texts are going out: the appointment list is out of date",
    );
    // Nothing is due any more, but the list is still out of date, also after a restart.
    desk.live.waits = None;
    world = world.restart().await;
    world.clock.advance(TimeDelta::hours(5));
    assert_eq!(desk.look(&world), [""; 0]);
    let now = world.clock.now().timestamp();
    let import = |good: u8| {
        world.execute(&format!(
            "INSERT INTO imports (feed, started_at, finished_at, complete, rows_good) VALUES ('csv', {now}, {now}, 0, {good})"
        ));
    };
    import(0);
    assert_eq!(desk.look(&world), [""; 0], "an import without a readable row does not count");
    import(1);
    assert_eq!(desk.look(&world), ["resolved: the appointment list is up to date again, or texts are going out again"]);
    assert_eq!(desk.look(&world), [""; 0]);
}

#[tokio::test]
async fn an_unusable_database_raises_an_alert_until_it_works_again() {
    let world = World::new().await;
    let mut desk = Desk::new(Kind::Disk);
    let since = world.clock.now();
    desk.live.failing = Some((since, "the disk is full; make room".to_owned(), true));
    let alerts = desk.alerts(&world);
    assert_eq!(
        checked_subject(&alerts[0], world.engine.config()),
        "no texts are going out: the database cannot be used"
    );
    let text = words(&alerts[0], world.engine.config()).text;
    assert!(text.contains("The disk is full; make room.") && text.contains("df -h"), "{text}");
    assert_repeated_after_four_hours(&desk, &world, "still: no texts are going out: the database cannot be used");
    desk.live.failing = None;
    assert_eq!(desk.look(&world), [""; 0], "the fault may return at the next pass");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(desk.look(&world), ["resolved: the database works again"]);
    assert_eq!(desk.look(&world), [""; 0]);
    // A lock held by another program raises the alert only if it lasts.
    desk.live.failing = Some((world.clock.now(), "locked".to_owned(), false));
    assert_eq!(desk.look(&world), [""; 0]);
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(desk.look(&world).len(), 1);
}

#[tokio::test]
async fn a_wrong_clock_raises_an_alert_until_it_is_correct() {
    let mut world = World::new().await;
    let desk = Desk::new(Kind::Clock);
    world.annie.is_ahead(TimeDelta::minutes(30));
    world.book(&[appointment("visit-1", "+13035550101", TOMORROW_TEN)]);
    world.settle().await;
    let alerts = desk.alerts(&world);
    assert_eq!(
        checked_subject(&alerts[0], world.engine.config()),
        "no texts are going out: this server's clock is wrong"
    );
    let text = words(&alerts[0], world.engine.config()).text;
    assert!(text.contains("timedatectl"), "{text}");
    assert_repeated_after_four_hours(&desk, &world, "still: no texts are going out: this server's clock is wrong");
    world.annie.is_ahead(TimeDelta::zero());
    world.clock.advance(TimeDelta::minutes(2));
    world.settle().await;
    assert_eq!(desk.look(&world), [""; 0], "the clock may be in doubt again at once");
    world.clock.advance(TimeDelta::minutes(1));
    assert_eq!(desk.look(&world), ["resolved: this server's clock is correct again"]);
    assert_eq!(desk.look(&world), [""; 0]);
}

#[tokio::test]
async fn a_failed_backup_raises_an_alert_until_one_succeeds() {
    let rules = format!("{DAY_BEFORE}[backup]\nfolder = \"copies\"\n");
    let mut world = World::with("mode = \"live\"", &rules).await;
    let mut desk = Desk::new(Kind::BackupFailed);
    assert_eq!(desk.look(&world), [""; 0], "no backup was tried yet");
    desk.live.backup = Some(Err((world.clock.now(), "the folder cannot be written".to_owned())));
    let alerts = desk.alerts(&world);
    assert_eq!(checked_subject(&alerts[0], world.engine.config()), "no new backup was made");
    assert!(words(&alerts[0], world.engine.config()).text.contains("The folder cannot be written."));
    assert_repeated_after_four_hours(&desk, &world, "still: no new backup was made");
    // After a restart, nothing is known about backups until one is made.
    desk.live.backup = None;
    world = world.restart().await;
    assert_eq!(desk.look(&world), [""; 0]);
    desk.live.backup = Some(Ok(world.clock.now()));
    assert_eq!(desk.look(&world), ["resolved: a new backup was made"]);
    assert_eq!(desk.look(&world), [""; 0]);
    // [backup] is removed from the configuration while backups fail.
    desk.live.backup = Some(Err((world.clock.now(), "the folder cannot be written".to_owned())));
    assert_eq!(desk.look(&world).len(), 1);
    world.reload("mode = \"live\"", DAY_BEFORE).await;
    assert_eq!(desk.look(&world), ["resolved: a new backup was made"]);
    assert_eq!(desk.look(&world), [""; 0]);
}

#[tokio::test]
async fn observe_mode_ends_the_circuit_alert() {
    let mut world = two_texts_with_outcomes([refused(401), refused(401)]).await;
    let desk = Desk::new(Kind::Circuit);
    assert_eq!(desk.look(&world).len(), 1);
    world.reload("mode = \"observe\"", DAY_BEFORE).await;
    assert_eq!(desk.look(&world), [""; 0]);
    world.clock.advance(TimeDelta::minutes(10));
    assert_eq!(desk.look(&world), ["resolved: Annie accepts the API key again"]);
}

#[tokio::test]
async fn a_rejected_configuration_raises_an_alert_until_it_is_fixed() {
    let world = World::new().await;
    let mut desk = Desk::new(Kind::ConfigRejected);
    desk.live.refused_config = Some((world.clock.now(), String::new()));
    let alerts = desk.alerts(&world);
    assert_eq!(checked_subject(&alerts[0], world.engine.config()), "the changed configuration is not in effect");
    assert!(words(&alerts[0], world.engine.config()).text.contains("leadtime check"));
    assert_repeated_after_four_hours(&desk, &world, "still: the changed configuration is not in effect");
    desk.live.refused_config = None;
    assert_eq!(desk.look(&world), ["resolved: the configuration is in effect"]);
    assert_eq!(desk.look(&world), [""; 0]);
    desk.live.refused_config = Some((world.clock.now(), "it would send 25 texts within a day".to_owned()));
    let alerts = desk.alerts(&world);
    assert_eq!(checked_subject(&alerts[0], world.engine.config()), "the changed configuration is not in effect");
    let text = words(&alerts[0], world.engine.config()).text;
    assert!(text.contains("It would send 25 texts within a day.") && text.contains("confirm-change"), "{text}");
    assert!(!text.contains("leadtime check"), "{text}");
}

#[tokio::test]
async fn the_daily_limit_raises_an_alert_until_the_next_day() {
    let world = World::new().await;
    let mut desk = Desk::new(Kind::DailyLimit);
    desk.live.waits = Some("daily-limit");
    let alerts = desk.alerts(&world);
    assert_eq!(
        checked_subject(&alerts[0], world.engine.config()),
        "no more texts go out today: the daily limit is reached"
    );
    assert!(words(&alerts[0], world.engine.config()).text.contains("max_texts_per_day"));
    assert_repeated_after_four_hours(&desk, &world, "still: no more texts go out today: the daily limit is reached");
    // Nothing more is due this evening. Then the next day begins.
    desk.live.waits = None;
    assert_eq!(desk.look(&world), [""; 0]);
    world.clock.advance(TimeDelta::hours(12));
    desk.midnight = world.clock.now() - TimeDelta::hours(1);
    assert_eq!(desk.look(&world), ["resolved: texts are going out again"]);
    assert_eq!(desk.look(&world), [""; 0]);
    desk.live.waits = Some("first-day-limit");
    assert_eq!(desk.look(&world).len(), 1);
}

#[tokio::test]
async fn an_overdue_reminder_raises_an_alert_until_it_has_an_outcome() {
    let mut world = two_texts_with_outcomes([unknown(), Outcome::Rejected { status: 422 }]).await;
    let desk = Desk::new(Kind::Unresolved);
    // Annie's list cannot be read, so the outcome stays unknown, and another text waits for it.
    world.annie.reads_fail(Some(ReadError::Unreachable));
    world.book(&[appointment("visit-3", "+13035550101", "2026-11-10T10:10:00-07:00")]);
    world.clock.advance(TimeDelta::minutes(29));
    world.settle().await;
    assert_eq!(desk.look(&world), [""; 0], "due for 29 minutes");
    world.clock.advance(TimeDelta::minutes(2));
    assert_eq!(desk.look(&world), [""; 0], "overdue for a minute only: a restarted daemon sends overdue texts first");
    world.clock.advance(TimeDelta::minutes(3));
    let alerts = desk.alerts(&world);
    assert_eq!(checked_subject(&alerts[0], world.engine.config()), "1 reminder is overdue");
    let text = words(&alerts[0], world.engine.config()).text;
    assert!(text.contains("Since Mon Nov 9, 10:00 AM.") && text.contains("leadtime status"), "{text}");
    assert_repeated_after_four_hours(&desk, &world, "still: 1 reminder is overdue");
    world.execute("UPDATE reminders SET state = 'held' WHERE state = 'unknown'");
    assert_eq!(desk.look(&world), [""; 0]);
    world.clock.advance(TimeDelta::minutes(10));
    assert_eq!(desk.look(&world), ["resolved: each overdue reminder was sent, was missed, or now needs your decision"]);
    assert_eq!(desk.look(&world), [""; 0]);
}

#[tokio::test]
async fn a_text_waiting_for_the_desk_to_read_a_reply_is_not_overdue() {
    let mut world = two_texts_with_outcomes([unknown(), Outcome::Rejected { status: 422 }]).await;
    let desk = Desk::new(Kind::Unresolved);
    world.execute("UPDATE reminders SET state = 'held' WHERE state = 'unknown'");
    let asked = world.clock.now().timestamp();
    world.execute(&format!(
        "INSERT INTO number_holds (phone, conversation, message_at, cause) VALUES ('+13035550107', 'c', {asked}, 'reply-unclear')"
    ));
    world.book(&[appointment("visit-7", "+13035550107", "2026-11-10T10:10:00-07:00")]);
    world.clock.advance(TimeDelta::minutes(11));
    world.settle().await;
    world.clock.advance(TimeDelta::minutes(60));
    world.settle().await;
    assert_eq!(desk.look(&world), [""; 0], "it is on the not-reached list");
    world.clock.advance(TimeDelta::minutes(5));
    assert_eq!(desk.look(&world), [""; 0]);
}

#[tokio::test]
async fn a_feed_problem_raises_an_alert_until_exports_are_imported_again() {
    let world = World::new().await;
    let desk = Desk::new(Kind::Feed);
    assert_eq!(desk.look(&world), [""; 0]);
    let now = world.clock.now().timestamp();
    // Another feed is healthy, and an import is under way: no alert.
    world.execute("INSERT INTO feed_state (feed, mapping) VALUES ('bystander', 'x')");
    world.execute(&format!("INSERT INTO imports (feed, started_at, complete) VALUES ('desk', {now}, 0)"));
    world.execute(&format!(
        "INSERT INTO importing (feed, import_id, since, beat_at) SELECT 'desk', max(id), {now}, {now} FROM imports"
    ));
    assert_eq!(desk.look(&world), [""; 0]);
    // The importer has stopped writing its heartbeat.
    world.clock.advance(TimeDelta::seconds(61));
    let alerts = desk.alerts(&world);
    assert_eq!(checked_subject(&alerts[0], world.engine.config()), "some new appointments were not imported");
    let text = words(&alerts[0], world.engine.config()).text;
    assert!(text.contains("Desk: an import was interrupted") && !text.contains("ystander"), "{text}");
    assert_repeated_after_four_hours(&desk, &world, "still: some new appointments were not imported");
    world.execute("DELETE FROM importing");
    assert_eq!(desk.look(&world), ["resolved: exports are imported again"]);
    for column in ["refused", "held"] {
        let since = world.clock.now().timestamp();
        world.execute(&format!(
            "INSERT INTO feed_state (feed, {column}_at, {column}_why) VALUES ('{column}', {since}, 'why')"
        ));
        assert_eq!(desk.look(&world), ["some new appointments were not imported"], "{column}");
        world.execute(&format!("DELETE FROM feed_state WHERE feed = '{column}'"));
        assert_eq!(desk.look(&world), ["resolved: exports are imported again"]);
    }
}

/// Annie refuses one of several keys: the alert names its location, and does not claim that no texts go out.
#[tokio::test]
async fn one_refused_key_of_several_is_not_reported_as_all() {
    let world = World::new().await;
    let since = world.clock.now();
    let of = |stopped: &[&str]| {
        let shown = alert_state::Shown {
            open: Some((since, "status 401".to_owned())),
            stopped: stopped.iter().map(|name| leadtime::domain::ids::ApiKeyName((*name).to_owned())).collect(),
            keys: 2,
            ..alert_state::Shown::default()
        };
        let facts = Facts { shown: Some(shown), live: Live::default(), midnight: DateTime::UNIX_EPOCH };
        let book = rules::from_entries(&Default::default());
        let found = rules::findings(&facts, &book, since);
        let (_, alerts) = rules::decide(found, &book, since, TimeDelta::hours(4));
        let alert = alerts.iter().find(|alert| alert.kind == Kind::Circuit).unwrap();
        (checked_subject(alert, world.engine.config()), words(alert, world.engine.config()).text)
    };
    let (subject, text) = of(&["north"]);
    assert_eq!(subject, "texts from 1 location are not going out: Annie refuses the API key");
    assert!(text.contains("Only the API key for north is refused: status 401"), "{text}");
    let (subject, _) = of(&["default", "north"]);
    assert_eq!(subject, "no texts are going out: Annie refuses them all");
}
