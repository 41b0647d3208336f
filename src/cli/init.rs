//! `leadtime init`: writes a configuration from a few answers, checks it, and shows the next steps.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::export_file::ExportFile;
use crate::cli::failure::Failure;
use crate::cli::feed::suggest::{context_of, suggested};
use crate::cli::output::{machine_zone, print, say};
use crate::config::values::zones::Zones;
use crate::config::{self, ConfigError};

/// The shipped file with its comments, which is the first thing a practice sees.
const TEMPLATE: &str = include_str!("../../config.toml");

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "config.toml")]
    config: PathBuf,
    /// The practice's name, as patients should see it.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The office phone number, such as +13035550100.
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// Your Annie number, which texts come from.
    #[arg(long, value_name = "NUMBER")]
    from_number: Option<String>,
    /// The practice's time zone, such as America/Denver.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// The time zone in Annie's settings. Default: the practice's time zone.
    #[arg(long, value_name = "ZONE")]
    organization_timezone: Option<String>,
    /// The language for patients whose record does not name one: en, es or fr.
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<String>,
    /// The database file, which stores appointments and texts.
    #[arg(long, value_name = "FILE")]
    database: Option<String>,
    /// An export from your practice software; init also writes the [[feed]] that reads it.
    #[arg(long, value_name = "FILE")]
    export: Option<PathBuf>,
    /// Replace an existing file; it is kept next to the new one, with .old added to its name.
    #[arg(long)]
    force: bool,
}

/// A value in the file: its line in the template, the question, the value given, and the default.
struct Question<'a> {
    line: &'static str,
    asks: &'static str,
    given: Option<&'a str>,
    otherwise: Option<String>,
}

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if options.config.exists() && !options.force {
        let text = format!(
            "{} already exists; --force replaces it and keeps the existing file, with .old added to its name",
            options.config.display()
        );
        return Err(Failure::Usage(anyhow::anyhow!(text)));
    }
    let zone = answer(&Question {
        line: "timezone",
        asks: "The practice's time zone, such as America/Denver",
        given: options.timezone.as_deref(),
        otherwise: machine_zone(),
    })?;
    let practice = [
        Question {
            line: "name",
            asks: "The practice's name, as patients should see it",
            given: options.name.as_deref(),
            otherwise: None,
        },
        Question {
            line: "phone",
            asks: "The office phone number, such as +13035550100",
            given: options.phone.as_deref(),
            otherwise: None,
        },
        Question {
            line: "from_number",
            asks: "Your Annie number, which texts come from",
            given: options.from_number.as_deref(),
            otherwise: None,
        },
        Question {
            line: "language",
            asks: "Your patients' usual language: en, es or fr",
            given: options.language.as_deref(),
            otherwise: Some("en".to_owned()),
        },
        Question {
            line: "organization_timezone",
            asks: "The time zone in Annie's settings",
            given: options.organization_timezone.as_deref(),
            otherwise: Some(zone.clone()),
        },
        Question {
            line: "path",
            asks: "The database file, for appointments and texts",
            given: options.database.as_deref(),
            otherwise: Some("/var/lib/leadtime/leadtime.db".to_owned()),
        },
    ];
    let mut text = with(TEMPLATE, "timezone", &zone);
    for question in &practice {
        text = with(&text, question.line, &answer(question)?);
    }
    let export = options.export.clone().or_else(asked_export);
    let (block, open) = match &export {
        Some(export) => suggested_block(export, &zone)?,
        None => (NO_FEED.to_owned(), 0),
    };
    let text = with_feed(&text, &block);
    write(options, &text)?;
    if open > 0 {
        say(&format!(
            "{open} questions about the export are open: run leadtime feed suggest FILE --ask to answer them and get the block"
        ));
    }
    let file = options.config.display();
    print(&format!(
        "{file} was written and is valid. It is in observe mode: nobody is texted.\n\
         Next:  review {file}: hours, days, holidays, the wording of the two texts\n\
         \x20      leadtime check --config {file}\n\
         \x20      leadtime import --config {file} --dry-run EXPORT, then without --dry-run\n\
         \x20      leadtime plan --config {file}      who would get which text, and when\n"
    ))
}

/// Used instead of the block if there is no export yet.
const NO_FEED: &str = "# The export from your practice software: `leadtime feed suggest FILE` prints the [[feed]] block for a file of yours.
# Without a [[feed]], files must have Leadtime's own columns.
";

/// On a terminal: asks for an export to read. The user may not have one yet.
fn asked_export() -> Option<PathBuf> {
    if !std::io::stdin().is_terminal() {
        return None;
    }
    print!("An export from your practice software, to see how it is read (leave empty to do this later): ");
    std::io::stdout().flush().ok()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line).ok()?;
    Some(PathBuf::from(line.trim())).filter(|path| !path.as_os_str().is_empty())
}

/// The block for an export, and how many questions are open; if any are open, the block is left for later.
fn suggested_block(export: &Path, zone: &str) -> Result<(String, usize), Failure> {
    let file = ExportFile::open(export, None)?;
    let zones = Zones::of_this_machine();
    let context = context_of(&zones, zone)?;
    let suggestion = suggested(&file, "front-desk", &context, std::io::stdin().is_terminal())?;
    for line in &suggestion.understood {
        say(line);
    }
    Ok(match suggestion.questions.len() {
        0 => (format!("# As read from {}.\n{}", file.name, suggestion.block), 0),
        open => (NO_FEED.to_owned(), open),
    })
}

/// The shipped file with another block for the export.
fn with_feed(text: &str, block: &str) -> String {
    let (begin, end) = ("# The export from your practice software", "# A copy of the database every night");
    match (text.split_once(begin), text.split_once(end)) {
        (Some((before, _)), Some((_, after))) => format!("{before}{block}\n{end}{after}"),
        _ => format!("{text}\n{block}"),
    }
}

/// Sets the value of the first `line =` in the file; the rest of that line stays the same.
fn with(text: &str, line: &str, value: &str) -> String {
    let quoted = serde_json::Value::String(value.to_owned()).to_string();
    let mut done = false;
    let lines = text.lines().map(|old| {
        let rest = old.strip_prefix(line).and_then(|rest| rest.strip_prefix(" = \"")).filter(|_| !done);
        let Some((_, comment)) = rest.and_then(|rest| rest.split_once('"')) else { return format!("{old}\n") };
        done = true;
        format!("{line} = {quoted}{comment}\n")
    });
    lines.collect()
}

/// The value given, the answer from the terminal, or the default.
fn answer(question: &Question<'_>) -> Result<String, Failure> {
    if let Some(given) = question.given {
        return Ok(given.trim().to_owned());
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let flag = question.line.replace('_', "-").replace("path", "database");
        let missing = || Failure::Usage(anyhow::anyhow!("--{flag} is missing: {}", question.asks));
        return question.otherwise.clone().ok_or_else(missing);
    }
    loop {
        let usual = question.otherwise.as_ref().map_or_else(String::new, |usual| format!(" [{usual}]"));
        print!("{}{usual}: ", question.asks);
        std::io::stdout().flush()?;
        let mut line = String::new();
        if stdin.lock().read_line(&mut line)? == 0 {
            return Err(Failure::AlreadyReported(1));
        }
        match (line.trim(), &question.otherwise) {
            ("", Some(usual)) => return Ok(usual.clone()),
            ("", None) => {}
            (answer, _) => return Ok(answer.to_owned()),
        }
    }
}

/// Checks the text before anything is replaced.
fn write(options: &Options, text: &str) -> Result<(), Failure> {
    let path = &options.config;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| ".".as_ref());
    let mut file = tempfile::Builder::new().prefix(".leadtime-").suffix(".toml").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    match config::load(file.path()) {
        Ok(_) => {}
        Err(ConfigError::Wrong(report)) => {
            eprint!("{}", report.render(std::io::stderr().is_terminal()));
            let text = "an answer is not valid, and nothing was written; correct it and try again";
            return Err(Failure::Usage(anyhow::anyhow!(text)));
        }
        Err(error) => return Err(Failure::Usage(error.into())),
    }
    if path.exists() {
        let mut former = path.clone().into_os_string();
        former.push(".old");
        std::fs::rename(path, former)?;
    }
    use std::os::unix::fs::PermissionsExt;
    file.as_file().set_permissions(std::fs::Permissions::from_mode(0o644))?;
    file.persist(path).map_err(|error| anyhow::anyhow!("cannot write {}: {}", path.display(), error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_has_its_line_in_the_shipped_file() {
        for line in ["name", "phone", "from_number", "timezone", "language", "organization_timezone", "path"] {
            let text = with(TEMPLATE, line, "x \"y\"");
            assert!(text.contains(&format!("\n{line} = \"x \\\"y\\\"\"")), "{line}");
            assert_eq!(text.lines().count(), TEMPLATE.lines().count());
        }
    }
}
