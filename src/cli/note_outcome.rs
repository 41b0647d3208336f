//! `leadtime note-outcome`: records what a patient said about an appointment.

use clap::Args;
use clap::builder::PossibleValuesParser;

use crate::actions::note_outcome::{self, CAN_BE_NOTED, Noted};
use crate::cli::config_option::ConfigOption;
use crate::cli::failure::Failure;
use crate::cli::named;
use crate::cli::operator::By;
use crate::cli::output::{configuration, moment, print};
use crate::domain::patient_outcome::PatientOutcome;
use crate::store::connection::open;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The appointment's id, or the patient's name or number, and then the outcome.
    #[arg(value_name = "APPOINTMENT", required = true)]
    appointment: Vec<String>,
    /// The outcome; `none` takes back an earlier one.
    #[arg(value_name = "OUTCOME", required = true, value_parser = outcomes())]
    outcome: String,
    #[command(flatten)]
    by: By,
    #[command(flatten)]
    config: ConfigOption,
}

fn outcomes() -> PossibleValuesParser {
    PossibleValuesParser::new(CAN_BE_NOTED.map(PatientOutcome::code))
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    let (_, config) = configuration(&options.config, false)?;
    let now = moment(None, &config.practice.zone)?;
    let outcome = PatientOutcome::from_code(&options.outcome).unwrap_or(PatientOutcome::None);
    let connection = open::read_only(&config.database)?;
    let appointment = named::appointment(&connection, &config, &options.appointment.join(" "), now)?;
    let about = named::described(&connection, &config, &appointment)?;
    let which = (&appointment, outcome);
    let noted =
        options.by.write(&config.database, |tx, operator| note_outcome::note(tx, &config, which, operator, now))?;
    let effect = match outcome {
        PatientOutcome::WantsChange | PatientOutcome::WantsCancel => {
            "Texts about it wait until its start or status changes in your practice software."
        }
        PatientOutcome::Confirmed => "Rules with skip_if_confirmed do not ask again.",
        _ => "Texts about it go out as planned.",
    };
    match noted {
        Noted::Done => print(&format!("Noted: {about}, {}. {effect}\n", outcome.label())),
        Noted::NoSuchAppointment => {
            Err(anyhow::anyhow!("there is no appointment {appointment}; `leadtime explain NAME` shows the id").into())
        }
        Noted::NotToCome => {
            Err(anyhow::anyhow!("{about} has begun, or it is not booked; nothing was noted").into())
        }
        Noted::OptedOut => Err(anyhow::anyhow!(
            "the number of {about} opted out, and a note does not lift that; use `leadtime opt-out remove` if the patient asked for texts again"
        )
        .into()),
    }
}
