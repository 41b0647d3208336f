//! `leadtime feed suggest`: reads an export and prints the `[[feed]]` block that maps it.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;

use crate::cli::config_option::ConfigOption;
use crate::cli::export_file::ExportFile;
use crate::cli::failure::Failure;
use crate::cli::output::{machine_zone, moment, print, say};
use crate::cli::workbook::Choice;
use crate::config;
use crate::config::values::zones::Zones;
use crate::domain::count::counted;
use crate::domain::phone::Country;
use crate::domain::zone::Zone;
use crate::feeds::importing;
use crate::feeds::mapping::Context;
use crate::feeds::suggest::{Answers, OpenQuestion, Request, Suggestion, other_format, suggest};

/// Questions are asked in rounds, because an answer may raise another question.
const ROUNDS: usize = 40;

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The export, as your practice software writes it.
    file: PathBuf,
    /// The feed's name. It is stored with each appointment, so choose it before the first import.
    #[arg(long, value_name = "NAME", default_value = "front-desk", value_parser = config::feeds::feed_name)]
    name: String,
    /// Ask on the terminal about what the file leaves open.
    #[arg(long)]
    ask: bool,
    #[command(flatten)]
    config: ConfigOption,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if options.ask && !std::io::stdin().is_terminal() {
        return Err(Failure::Usage(anyhow::anyhow!("--ask needs a terminal")));
    }
    let export = ExportFile::open(&options.file, None)?;
    if let Some(found) = other_format(&export.start()?, &options.name) {
        say(&format!("The file contains {}.", found.understood));
        print(&found.block)?;
        return match found.is_open {
            true => Err(Failure::AlreadyReported(1)),
            false => Ok(()),
        };
    }
    let export = export.with(&Choice::default())?;
    export.notes().iter().for_each(|note| say(note));
    let zones = Zones::of_this_machine();
    let context = context(options, &zones)?;
    let suggestion = suggested(&export, &options.name, &context, options.ask)?;
    for line in &suggestion.understood {
        say(line);
    }
    print(&suggestion.block)?;
    match suggestion.questions.len() {
        0 => Ok(()),
        open => {
            say(&format!(
                "{} in the block, or run this with --ask on a terminal",
                counted(open, "question is open: answer it", "questions are open: answer them")
            ));
            Err(Failure::AlreadyReported(1))
        }
    }
}

/// Uses the practice's configuration, if there is one; otherwise this machine's time zone.
fn context<'z>(options: &Options, zones: &'z Zones) -> Result<Context<'z>, Failure> {
    let path = config::locate(options.config.config.as_deref());
    let found = match (&path, &options.config.config) {
        (Err(_), None) => None,
        (Err(error), Some(_)) => return Err(Failure::Usage(anyhow::anyhow!("{error}"))),
        (Ok(path), _) => match config::load(path) {
            Ok((config, _)) => Some(config),
            Err(error) => {
                say(&format!("leadtime: {error} (see `leadtime check`); the file is read without the configuration"));
                None
            }
        },
    };
    Ok(match found {
        Some(config) => {
            let now = moment(None, &config.practice.zone)?;
            importing::context(&config, zones, now)
        }
        None => context_of(zones, &machine_zone().unwrap_or_else(|| "America/Denver".to_owned()), Country::US)?,
    })
}

/// Without a configuration: uses the given time zone.
pub(crate) fn context_of<'z>(zones: &'z Zones, zone: &str, country: Country) -> Result<Context<'z>, Failure> {
    let zone: Zone = zones.load(zone).map_err(|why| Failure::Usage(anyhow::anyhow!(why)))?;
    let today = zone.local(moment(None, &zone)?).date_naive();
    Ok(Context { today, zone, country, locations: BTreeMap::new(), zones })
}

/// Suggests the feed and, if `ask` is set, asks the open questions.
pub(crate) fn suggested(
    export: &ExportFile,
    name: &str,
    context: &Context<'_>,
    ask: bool,
) -> Result<Suggestion, Failure> {
    let mut answers = Answers::new();
    let (mut rounds, mut asked) = (0, BTreeSet::new());
    loop {
        let request = Request {
            name,
            answers: &answers,
            options: export.options(),
            presets: true,
            unmasked: std::io::stderr().is_terminal(),
        };
        let suggestion = suggest(|| export.source(), &request, context)
            .map_err(|error| anyhow::anyhow!("{}: {error}", export.name))?;
        rounds += 1;
        if suggestion.questions.is_empty() || !ask || rounds > ROUNDS {
            return Ok(suggestion);
        }
        if rounds == 1 {
            suggestion.understood.iter().for_each(|line| say(line));
        }
        for question in &suggestion.questions {
            if !asked.insert((question.key.clone(), question.text.clone())) {
                say(match question.key.as_str() {
                    "column:starts_at" => {
                        "It is still not clear when the appointments in this file start. Export a list that has the date and the time \
                         of each appointment, in one or two columns."
                    }
                    _ => "This is still open after your answer. The block shows it; you can write it there yourself.",
                });
                return Ok(suggestion);
            }
            let Some(answer) = answer(question)? else { return Ok(suggestion) };
            // The questions after it are about the first choice.
            let other = question.key.starts_with("column:") && question.choices.first().is_some_and(|c| c.0 != answer);
            answers.insert(question.key.clone(), answer);
            if other {
                break;
            }
        }
    }
}

/// Shows the choices and reads one, by number or by word. Returns `None` if standard input ended.
fn answer(question: &OpenQuestion) -> Result<Option<String>, Failure> {
    let mut out = std::io::stderr().lock();
    writeln!(out, "\n{}", question.text)?;
    for (number, (choice, meaning)) in question.choices.iter().enumerate() {
        match meaning == choice {
            true => writeln!(out, "  {}  {choice}", number + 1)?,
            false if choice.is_empty() => writeln!(out, "  {}  {meaning}", number + 1)?,
            false => writeln!(out, "  {}  {choice}: {meaning}", number + 1)?,
        }
    }
    loop {
        write!(out, "> ")?;
        out.flush()?;
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line)? == 0 {
            return Ok(None);
        }
        let line = line.trim();
        let by_number = line.parse::<usize>().ok().and_then(|n| question.choices.get(n.checked_sub(1)?));
        let by_word = question.choices.iter().find(|(choice, _)| choice == line);
        match by_number.or(by_word) {
            Some((choice, _)) => return Ok(Some(choice.clone())),
            None if question.choices.is_empty() && !line.is_empty() => return Ok(Some(line.to_owned())),
            None => writeln!(out, "Answer with a number from 1 to {}.", question.choices.len())?,
        }
    }
}
