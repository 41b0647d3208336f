//! `leadtime opt-out` and `leadtime wrong-number`: record who must not be texted.

use chrono::{DateTime, Utc};
use clap::{Args, Subcommand};
use serde_json::json;

use crate::actions::opt_out::{self, Added};
use crate::actions::wrong_number::{self, Marked};
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::named;
use crate::cli::output::{configuration, local, moment, print, utc, who};
use crate::config::Config;
use crate::domain::ids::PatientId;
use crate::domain::operator::Operator;
use crate::domain::phone::Phone;
use crate::reports::lookup;
use crate::store::appointments::appointment;
use crate::store::appointments::opt_outs::{self, Source};
use crate::store::connection::open;
use crate::store::{Connection, StoreError, Transaction, in_transaction};

#[derive(Debug, Args)]
pub(crate) struct OptOut {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Never text this number again. An import does not undo this.
    Add(Number),
    /// Text this number again. Only do this if the patient asked for it.
    Remove(Number),
    /// List the numbers that opted out, since when, and how.
    List(List),
}

#[derive(Debug, Args)]
pub(crate) struct WrongNumber {
    #[command(subcommand)]
    action: WrongAction,
}

#[derive(Debug, Subcommand)]
enum WrongAction {
    /// Mark a number as not belonging to its patients. The mark ends automatically when the practice corrects the number.
    Add(OfPatient),
    /// Remove the mark: the number belongs to them after all.
    Remove(OfPatient),
    /// List the wrong numbers.
    List(List),
}

#[derive(Debug, Args)]
struct Number {
    /// The number in any format, such as 303-555-0142, "(303) 555 0142" or +13035550142; or the name of a patient.
    #[arg(required = true, num_args = 1..)]
    number: Vec<String>,
    /// Who does this. Default: the user of this session.
    #[arg(long, value_name = "NAME")]
    who: Option<String>,
    #[command(flatten)]
    config: ConfigOption,
}

#[derive(Debug, Args)]
struct OfPatient {
    #[command(flatten)]
    number: Number,
    /// Only for this patient. Default: all patients whose appointments have the number.
    #[arg(long, value_name = "PATIENT_ID")]
    patient: Option<String>,
}

#[derive(Debug, Args)]
struct List {
    /// Print a JSON array, for other programs.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &OptOut) -> Result<(), Failure> {
    match &options.action {
        Action::Add(number) => add(number),
        Action::Remove(number) => remove(number),
        Action::List(list) => show(list),
    }
}

pub(crate) fn run_wrong(options: &WrongNumber) -> Result<(), Failure> {
    match &options.action {
        WrongAction::Add(number) => add_wrong(number),
        WrongAction::Remove(number) => remove_wrong(number),
        WrongAction::List(list) => show_wrong(list),
    }
}

/// What a command about a number needs.
struct Desk {
    config: Config,
    connection: Connection,
    phone: Phone,
    who: Option<String>,
    now: DateTime<Utc>,
}

impl Desk {
    fn of(number: &Number) -> Result<Desk, Failure> {
        let (_, config) = configuration(&number.config, false)?;
        let now = moment(None, &config.practice.zone)?;
        let connection = open::read_write(&config.database)?;
        let phone = named::number(&connection, &config, &number.number.join(" "), now)?;
        let who = who(number.who.as_deref());
        Ok(Desk { config, connection, phone, who, now })
    }

    /// The patients whose appointments have the number, with the number: `Ann Lee and Ben Lee (303-555-0101)`. `None` if
    /// there are none.
    fn patients(&self) -> Result<Option<String>, Failure> {
        let patients = lookup::patients_at(&self.connection, self.config.practice.country, &self.phone, self.now)?;
        let names: Vec<String> = patients.iter().map(lookup::name_of).collect();
        Ok((!names.is_empty()).then(|| format!("{} ({})", named::joined(&names), self.phone.national())))
    }

    /// Acts in one transaction; the daemon may be writing at the same time.
    fn act<R>(
        &mut self,
        act: impl FnOnce(&Transaction<'_>, &Phone, Operator<'_>, DateTime<Utc>) -> Result<R, StoreError>,
    ) -> Result<R, Failure> {
        let Desk { connection, phone, who, now, .. } = self;
        let operator = Operator { who: who.as_deref(), why: None };
        Ok(in_transaction(connection, |tx| act(tx, phone, operator, *now))?)
    }
}

fn add(number: &Number) -> Result<(), Failure> {
    let mut desk = Desk::of(number)?;
    let added = desk.act(opt_out::add)?;
    let (patients, number) = (desk.patients()?, desk.phone.national());
    let dropped = match added {
        Added::Already => {
            let who = patients.unwrap_or(number);
            return print(&format!("{who} is already opted out; nothing changed.\n"));
        }
        Added::Now { dropped: 0 } => String::new(),
        Added::Now { dropped } => format!(" Planned texts dropped: {dropped}."),
    };
    print(&match patients {
        Some(patients) => format!("{patients} will get no more texts.{dropped}\n"),
        None => format!("{number} will get no more texts. No patient has this number; saved anyway.{dropped}\n"),
    })
}

fn remove(number: &Number) -> Result<(), Failure> {
    let mut desk = Desk::of(number)?;
    let lifted = desk.act(opt_out::lift)?;
    let number = desk.phone.national();
    match lifted {
        None => Err(anyhow::anyhow!("{number} is not opted out; `leadtime opt-out list` shows who is").into()),
        Some(opt_out) => print(&format!(
            "{number} may be texted again. It opted out on {} ({}).\n",
            local(&desk.config.practice.zone, opt_out.at),
            words(opt_out.source, opt_out.who.as_deref())
        )),
    }
}

fn words(source: Source, who: Option<&str>) -> String {
    let how = match source {
        Source::Desk => "recorded at the front desk",
        Source::Reply => "by a reply",
        Source::Feed => "by a note in the appointment book",
    };
    who.map_or_else(|| how.to_owned(), |who| format!("{how} by {who}"))
}

fn show(list: &List) -> Result<(), Failure> {
    let (_, config) = configuration(&list.config, false)?;
    let connection = open::read_only(&config.database)?;
    let all = opt_outs::list(&connection)?;
    if list.json {
        let items: Vec<_> = all
            .iter()
            .map(|o| json!({"phone": o.phone.dial(), "at": utc(o.at), "source": o.source.name(), "who": o.who}))
            .collect();
        return print(&format!("{}\n", serde_json::to_string_pretty(&items)?));
    }
    let zone = &config.practice.zone;
    let line = |o: &opt_outs::OptOut| {
        format!("{}  since {}, {}\n", o.phone.national(), local(zone, o.at), words(o.source, o.who.as_deref()))
    };
    match all.is_empty() {
        true => print("No number is opted out.\n"),
        false => print(&all.iter().map(line).collect::<String>()),
    }
}

fn add_wrong(marked: &OfPatient) -> Result<(), Failure> {
    let mut desk = Desk::of(&marked.number)?;
    let (config, patient) = (desk.config.clone(), marked.patient.clone().map(PatientId));
    let done =
        desk.act(|tx, phone, operator, now| wrong_number::mark(tx, &config, phone, patient.as_ref(), operator, now))?;
    let number = desk.phone.national();
    match done {
        Marked::NobodyHasIt => Err(anyhow::anyhow!("no appointment has the number {number}; nothing changed").into()),
        Marked::Already => print(&format!("{number} is already marked; nothing changed.\n")),
        Marked::For(patients) => {
            let names = names_of(&desk.connection, &patients)?;
            print(&format!(
                "{number} is not the number of {}. Their texts no longer go to it. The mark ends when the appointment book has a different number.\n",
                named::joined(&names)
            ))
        }
    }
}

/// Patients' names by their ids.
fn names_of(connection: &Connection, patients: &[PatientId]) -> Result<Vec<String>, Failure> {
    let all = appointment::named(connection)?;
    let name = |patient: &PatientId| {
        let found = all.iter().rfind(|one| one.patient_id == *patient);
        found.map_or_else(|| format!("patient {patient}"), lookup::name_of)
    };
    Ok(patients.iter().map(name).collect())
}

fn remove_wrong(marked: &OfPatient) -> Result<(), Failure> {
    let mut desk = Desk::of(&marked.number)?;
    let patient = marked.patient.clone().map(PatientId);
    let was_marked =
        desk.act(|tx, phone, operator, now| wrong_number::unmark(tx, phone, patient.as_ref(), operator, now))?;
    let number = desk.phone.national();
    match was_marked {
        false => {
            Err(anyhow::anyhow!("{number} is not marked as wrong; `leadtime wrong-number list` shows which are").into())
        }
        true => print(&format!("{number} is no longer marked as wrong.\n")),
    }
}

fn show_wrong(list: &List) -> Result<(), Failure> {
    let (_, config) = configuration(&list.config, false)?;
    let connection = open::read_only(&config.database)?;
    let all = opt_outs::list_wrong(&connection)?;
    if list.json {
        let items: Vec<_> = all
            .iter()
            .map(|w| json!({"phone": w.phone.dial(), "patient_id": w.patient, "at": utc(w.at), "who": w.who}))
            .collect();
        return print(&format!("{}\n", serde_json::to_string_pretty(&items)?));
    }
    let zone = &config.practice.zone;
    let patients: Vec<PatientId> = all.iter().map(|w| w.patient.clone()).collect();
    let names = names_of(&connection, &patients)?;
    let line = |(w, name): (&opt_outs::WrongNumber, &String)| {
        let who = w.who.as_ref().map(|who| format!(" by {who}")).unwrap_or_default();
        format!("{}  not {name}'s number, recorded {}{who}\n", w.phone.national(), local(zone, w.at))
    };
    match all.is_empty() {
        true => print("No number is marked as wrong.\n"),
        false => print(&all.iter().zip(&names).map(line).collect::<String>()),
    }
}
