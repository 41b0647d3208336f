//! `leadtime demo --page`: the front desk's page with a sample practice, whose patients answer, until it is stopped.

use std::net::TcpListener;
use std::path::Path;

use chrono::{DateTime, TimeDelta, Utc};

use crate::annie::model::patients::{Kind, Patients};
use crate::cli::color::{Style, paint};
use crate::cli::demo::sample;
use crate::cli::demo::setup::{start_daemon, start_sandbox, stop_daemon, suggested, this_program, until_ready};
use crate::cli::failure::Failure;
use crate::cli::output::print;
use crate::clock::{Clock, SystemClock};
use crate::config;
use crate::config::values::zones::Zones;
use crate::desk::password::{hash, random_hex};
use crate::domain::desk_user::{DeskUser, Role, Scope};
use crate::domain::operator::Operator;
use crate::domain::zone::Zone;
use crate::store::connection::open;
use crate::store::desk::tokens::{self, Kind as TokenKind, Token};
use crate::store::desk::users;
use crate::store::in_transaction;

/// The user of the demonstration.
const USER: &str = "demo";

/// Shows the page until Ctrl+C.
pub(super) async fn show(folder: &Path, practice: &sample::Shown, language: &str) -> Result<(), Failure> {
    let patients = Patients::quick(&[
        (Kind::Confirm, 0.5),
        (Kind::Change, 0.1),
        (Kind::Cancel, 0.1),
        (Kind::Question, 0.05),
        (Kind::Urgent, 0.04),
        (Kind::Wrong, 0.04),
        (Kind::Unclear, 0.04),
    ]);
    let (sandbox, stop) = start_sandbox(&folder.join("record.jsonl"), patients).await?;
    let zone = sample::working_zone(&Zones::of_this_machine(), SystemClock.now())
        .ok_or_else(|| anyhow::anyhow!("cannot load any time zone; install the tzdata package"))?;
    let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let path = folder.join("config.toml");
    let settings = format!(
        "{}\n[desk]\nlisten = \"127.0.0.1:{port}\"\nlanguage = \"{language}\"\n",
        sample::config(zone.name(), &sandbox, practice, ("3 hours", "1 hour"))
    );
    std::fs::write(&path, settings)?;
    let export = folder.join(sample::EXPORT);
    std::fs::write(&export, book(SystemClock.now(), &zone))?;
    let block = suggested(&path, &export).await?;
    std::fs::write(&path, format!("{}\n{block}", std::fs::read_to_string(&path)?))?;
    let (config, _) = config::load(&path)?;
    let once = random_hex::<16>();
    {
        let mut connection = open::read_write(&config.database)?;
        // Nobody knows this password: the one login is by the address.
        let password = hash(&random_hex::<16>()).map_err(|why| anyhow::anyhow!("{why}"))?;
        let user = DeskUser { name: USER.to_owned(), role: Role::Manager, scope: Scope::All };
        let (by, now) = (Operator { who: Some("the demo"), why: None }, SystemClock.now());
        in_transaction(&mut connection, |tx| {
            users::put(tx, &user, Some(&password), by, now)?;
            tokens::add(tx, &Token::of(&once, TokenKind::Once), USER, now)
        })?;
    }
    let mut daemon = start_daemon(&path, &folder.join("daemon.log"))?;
    until_ready(&config, &mut daemon).await?;
    let imported = this_program(&path, &["import", &export.display().to_string()])?.output().await?;
    if !imported.status.success() {
        return Err(anyhow::anyhow!("{}", String::from_utf8_lossy(&imported.stderr)).into());
    }
    print(&format!(
        "The front desk's page of a made-up practice. Its texts go to a sandbox on this machine, and its patients\n\
         answer within seconds. Open this address; it logs you in once:\n\n  {}\n\nPress Ctrl+C to end it.\n",
        paint(Style::Bold, &format!("http://127.0.0.1:{port}/once/{once}"))
    ))?;
    let ended = tokio::select! {
        _ = tokio::signal::ctrl_c() => Ok(()),
        status = daemon.wait() => Err(anyhow::anyhow!("the daemon stopped unexpectedly with {}", status?)),
    };
    let stopped = match ended {
        Ok(()) => stop_daemon(daemon).await,
        Err(error) => {
            print(&std::fs::read_to_string(folder.join("daemon.log")).unwrap_or_default())?;
            Err(error.into())
        }
    };
    let _ = stop.send(());
    stopped
}

/// A day's book: this morning, this afternoon with texts due now, and the next days.
fn book(now: DateTime<Utc>, zone: &Zone) -> String {
    const PATIENTS: [(&str, &str); 34] = [
        ("Lopez", "Maria"),
        ("O'Neil", "James"),
        ("Khan", "Aisha"),
        ("Baker", "Tom"),
        ("Chen", "Wei"),
        ("Petrova", "Olga"),
        ("Brown", "Noah"),
        ("Miller", "Grace"),
        ("Davis", "Emma"),
        ("Novak", "Ivan"),
        ("Núñez", "José"),
        ("Schmidt", "Greta"),
        ("Haddad", "Omar"),
        ("Tanaka", "Yuki"),
        ("Okafor", "Chidi"),
        ("Rossi", "Paola"),
        ("Larsen", "Nils"),
        ("Patel", "Priya"),
        ("Nguyen", "Minh"),
        ("Garcia", "Elena"),
        ("Kim", "Jisoo"),
        ("Adams", "Ruth"),
        ("Silva", "Rui"),
        ("Cohen", "Dana"),
        ("Meyer", "Hans"),
        ("Dubois", "Claire"),
        ("Ali", "Zainab"),
        ("Young", "Peter"),
        ("Reyes", "Carmen"),
        ("Stone", "Amy"),
        ("Wolf", "Lena"),
        ("Ortiz", "Luis"),
        ("Fox", "Sam"),
        ("Berg", "Ida"),
    ];
    let mut csv = String::from("Appt ID,Date,Time,Length,Patient,Cell,Type,Status,OK to Text,Provider,Booked On\n");
    let week_ago = zone.local(now - TimeDelta::days(7)).format("%d-%b-%Y %-I:%M %p").to_string();
    for (number, (last, first)) in PATIENTS.into_iter().enumerate() {
        let n = i64::try_from(number).unwrap_or_default();
        // A quarter of an hour apart: this morning, around three hours from now, and in three days.
        let quarter = |from: TimeDelta, step: i64| now + from + TimeDelta::minutes(15 * step);
        let start = match n {
            0..6 => quarter(TimeDelta::hours(-3), n),
            6..12 => quarter(TimeDelta::minutes(10), n - 6),
            12..22 => {
                now + TimeDelta::hours(3)
                    + TimeDelta::seconds(8 + 4 * (n - 12))
                    + TimeDelta::minutes(15 * ((n - 12) / 5))
            }
            22..29 => now + TimeDelta::hours(72) + TimeDelta::seconds(10 + 5 * (n - 22)),
            _ => quarter(TimeDelta::hours(26), n - 29),
        };
        let local = zone.local(start);
        let cell = match n {
            15 => String::new(),
            19 => "555-0100".to_owned(),
            _ => format!("303-555-{:04}", 110 + n),
        };
        let status = match n {
            0 | 1 | 2 | 4 | 6 | 7 | 9 | 10 | 20 => "Confirmed",
            3 | 24 => "Cancelled",
            _ => "Scheduled",
        };
        let ok = if n == 26 { "N" } else { "Y" };
        let provider = if n % 2 == 0 { "Dr. Reed" } else { "Kim RDH" };
        csv.push_str(&format!(
            "{},{},{},30,\"{last}, {first}\",{cell},CLEAN,{status},{ok},{provider},{week_ago}\n",
            72_001 + n,
            local.format("%d-%b-%Y"),
            local.format("%-I:%M:%S %p"),
        ));
    }
    csv
}
