//! `leadtime init`: writes a configuration from a few answers, checks it, and shows the next steps.

mod answers;

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::color;
use crate::cli::export_file::ExportFile;
use crate::cli::failure::Failure;
use crate::cli::feed::suggest::{context_of, suggested};
use crate::cli::init::answers::{Question, existing_file};
use crate::cli::output::{machine_zone, print, say};
use crate::cli::workbook::Choice;
use crate::clock::{Clock, SystemClock};
use crate::config::values::zones::Zones;
use crate::config::{self, ConfigError};
use crate::domain::count::counted;
use crate::domain::phone::Country;

/// The shipped file with its comments, which is the first thing a practice sees.
const TEMPLATE: &str = include_str!("../../../config.toml");

#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The file to write.
    #[arg(long, value_name = "FILE", default_value = "config.toml")]
    config: PathBuf,
    /// The practice's name, as patients should see it.
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// The office phone number, such as 303-555-0100.
    #[arg(long, value_name = "NUMBER")]
    phone: Option<String>,
    /// Your Annie number, which texts come from.
    #[arg(long, value_name = "NUMBER")]
    from_number: Option<String>,
    /// The practice's time zone, such as America/Denver.
    #[arg(long, value_name = "ZONE")]
    timezone: Option<String>,
    /// The country whose dialing rules apply to numbers without +, such as US or CA. Default: that of the time zone.
    #[arg(long, value_name = "COUNTRY")]
    country: Option<String>,
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

/// Asked about the export, which the user may not have yet.
const EXPORT: &str = "An export from your practice software, to see how it is read (leave empty to do this later)";

pub(crate) fn run(options: &Options) -> Result<(), Failure> {
    if options.config.exists() && !options.force {
        let text = format!(
            "{} already exists; --force replaces it and keeps the existing file, with .old added to its name",
            options.config.display()
        );
        return Err(Failure::Usage(anyhow::anyhow!(text)));
    }
    let mut questions = questions(options);
    let usage = |why: String| Failure::Usage(anyhow::anyhow!(why));
    // Everything given is checked before anything is asked; numbers by the country, if it is given too.
    let given = options.country.as_deref().and_then(|code| code.to_uppercase().parse().ok());
    for question in &mut questions {
        question.country = given.unwrap_or(Country::US);
        if given.is_some() || !matches!(question.line, "phone" | "from_number") {
            question.of_option().map_err(usage)?;
        }
    }
    if let Some(export) = options.export.as_ref().filter(|export| export.as_path() != Path::new("-")) {
        existing_file(&export.display().to_string())
            .map_err(|why| usage(format!("--export: {why}; nothing was written")))?;
    }
    let zone = answer(&questions.remove(0))?;
    let mut of_country = questions.remove(0);
    of_country.otherwise = Some(answers::usual_country(&zone).to_owned());
    let code = answer(&of_country)?;
    let country: Country = code.parse().map_err(usage)?;
    let mut text = with(&with(TEMPLATE, "timezone", &zone), "country", &code);
    for mut question in questions {
        question.country = country;
        if question.line == "organization_timezone" {
            question.otherwise = Some(zone.clone());
        }
        let value = answer(&question)?;
        if question.line == "path" {
            let folder = Path::new(&value).parent().unwrap_or(Path::new("")).join("backups");
            text = with(&text, "folder", &folder.display().to_string());
        }
        text = with(&text, question.line, &value);
    }
    let (export, (block, open)) = match &options.export {
        Some(export) => (Some(export.clone()), suggested_block(export, &zone, country)?),
        None => asked_export(&zone, country)?,
    };
    write(options, &with_feed(&text, &block))?;
    let export = export.map_or_else(|| "EXPORT".to_owned(), |export| for_a_shell(&export.display().to_string()));
    if open > 0 {
        say(&format!(
            "{} open: run leadtime feed suggest {export} --ask to answer and get the block",
            counted(open, "question about the export is", "questions about the export are")
        ));
    }
    let file = options.config.display();
    let is_found = options.config == Path::new("config.toml");
    let named = if is_found { String::new() } else { format!(" --config {}", for_a_shell(&file.to_string())) };
    print(&format!(
        "{file} was written and is valid. It is in observe mode: nobody is texted.\n\
         Next:  review {file}: hours, days, holidays, the wording of the two texts\n\
         \x20      leadtime check{named}\n\
         \x20      leadtime import{named} --dry-run {export}, then without --dry-run\n\
         \x20      leadtime plan{named}      who would get which text, and when\n"
    ))
}

/// What is asked, in order; the time zone first, because a later default depends on it.
fn questions(options: &Options) -> Vec<Question<'_>> {
    vec![
        Question {
            line: "timezone",
            asks: "The practice's time zone, such as America/Denver",
            given: options.timezone.as_deref(),
            otherwise: machine_zone(),
            check: answers::zone,
            country: Country::US,
        },
        Question {
            line: "country",
            asks: "The country, for phone numbers without +: US, CA, GB, ...",
            given: options.country.as_deref(),
            otherwise: None,
            check: answers::country,
            country: Country::US,
        },
        Question {
            line: "name",
            asks: "The practice's name, as patients should see it",
            given: options.name.as_deref(),
            otherwise: None,
            check: answers::name,
            country: Country::US,
        },
        Question {
            line: "phone",
            asks: "The office phone number, such as 303-555-0100",
            given: options.phone.as_deref(),
            otherwise: None,
            check: answers::number,
            country: Country::US,
        },
        Question {
            line: "from_number",
            asks: "Your Annie number, which texts come from",
            given: options.from_number.as_deref(),
            otherwise: None,
            check: answers::number,
            country: Country::US,
        },
        Question {
            line: "language",
            asks: "Your patients' usual language: en, es or fr",
            given: options.language.as_deref(),
            otherwise: Some("en".to_owned()),
            check: answers::language,
            country: Country::US,
        },
        Question {
            line: "organization_timezone",
            asks: "The time zone in Annie's settings",
            given: options.organization_timezone.as_deref(),
            otherwise: None,
            check: answers::zone,
            country: Country::US,
        },
        Question {
            line: "path",
            asks: "The database file, for appointments and texts",
            given: options.database.as_deref(),
            otherwise: Some("/var/lib/leadtime/leadtime.db".to_owned()),
            check: answers::new_file,
            country: Country::US,
        },
    ]
}

/// A word as a shell takes it.
fn for_a_shell(word: &str) -> String {
    let is_plain = word.chars().all(|c| c.is_ascii_alphanumeric() || "/._-+:,".contains(c));
    if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

/// Used instead of the block if there is no export yet.
const NO_FEED: &str = "# The export from your practice software: `leadtime feed suggest FILE` prints the [[feed]] block for a file of yours.
# Without a [[feed]], files must have Leadtime's own columns.
";

/// A block for the file, and how many questions about the export are open.
type Block = (String, usize);

/// On a terminal: asks for an export until one can be read, or none is named.
fn asked_export(zone: &str, country: Country) -> Result<(Option<PathBuf>, Block), Failure> {
    let none = || (None, (NO_FEED.to_owned(), 0));
    if !std::io::stdin().is_terminal() {
        return Ok(none());
    }
    loop {
        print!("{EXPORT}: ");
        std::io::stdout().flush()?;
        let mut line = String::new();
        if std::io::stdin().lock().read_line(&mut line)? == 0 || line.trim().is_empty() {
            return Ok(none());
        }
        let path = PathBuf::from(line.trim());
        match suggested_block(&path, zone, country) {
            Ok(block) => return Ok((Some(path), block)),
            Err(Failure::Failed(error) | Failure::Usage(error)) => say(&format!("  Not usable: {error}")),
            Err(other) => return Err(other),
        }
    }
}

/// The block for an export, and how many questions are open; if any are open, the block is left for later.
fn suggested_block(export: &Path, zone: &str, country: Country) -> Result<Block, Failure> {
    let file = ExportFile::open(export, None)?.with(&Choice::default())?;
    file.notes().iter().for_each(|note| say(note));
    let zones = Zones::of_this_machine();
    let context = context_of(&zones, zone, country)?;
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
    let usage = |why: String| Failure::Usage(anyhow::anyhow!(why));
    if let Some(given) = question.of_option().map_err(usage)? {
        return Ok(given);
    }
    let stdin = std::io::stdin();
    if !stdin.is_terminal() {
        let missing = || usage(format!("--{} is missing: {}", question.flag(), question.asks));
        return question.otherwise.clone().ok_or_else(missing);
    }
    let answer = question.ask(&mut stdin.lock(), &mut std::io::stdout())?;
    answer.ok_or(Failure::AlreadyReported(1))
}

/// Checks the text before anything is replaced.
fn write(options: &Options, text: &str) -> Result<(), Failure> {
    let path = &options.config;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or_else(|| ".".as_ref());
    let mut file = tempfile::Builder::new().prefix(".leadtime-").suffix(".toml").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    // Errors name the file that would be written.
    match config::of_text(text.to_owned(), path, &Zones::of_this_machine(), SystemClock.now()) {
        Ok(_) => {}
        Err(ConfigError::Wrong(report)) => {
            eprint!("{}", report.render(color::on_stderr()));
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
    fn words_are_quoted_for_a_shell() {
        for (word, want) in [("a/b-1.csv", "a/b-1.csv"), ("my list.csv", "'my list.csv'"), ("o'x", "'o'\\''x'")] {
            assert_eq!(for_a_shell(word), want);
        }
    }

    #[test]
    fn the_block_replaces_the_example_of_the_shipped_file() {
        let text = with_feed(TEMPLATE, "[[feed]]\nname = \"theirs\"\n");
        assert!(text.contains("name = \"theirs\"") && !text.contains("name = \"front-desk\""), "{text}");
        assert_eq!(text.matches("[[feed]]\n").count(), 1, "{text}");
        assert!(text.contains("[appointment_types]") && text.contains("[backup]"), "{text}");
    }

    #[test]
    fn every_question_has_its_line_in_the_shipped_file() {
        for line in [
            "name",
            "country",
            "phone",
            "from_number",
            "timezone",
            "language",
            "organization_timezone",
            "path",
            "folder",
        ] {
            let text = with(TEMPLATE, line, "x \"y\"");
            assert!(text.contains(&format!("\n{line} = \"x \\\"y\\\"\"")), "{line}");
            assert_eq!(text.lines().count(), TEMPLATE.lines().count());
        }
    }
}
