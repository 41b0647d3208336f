//! Reads spreadsheets in a process of its own, with limits on memory and time: a small hostile file can ask for gigabytes.

use std::fs::File;
use std::io::{BufReader, BufWriter, IsTerminal, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::FileExt;
use std::process::{Command, Stdio};
use std::time::Duration;

use clap::Args;
use rustix::process::{Resource, Rlimit, setrlimit};
use serde_json::{Value, json};

use crate::cli::failure::Failure;
use crate::config::api_key::HANDED;
use crate::domain::count::counted;
use crate::feeds::formats::workbook::{Sheet, kind, to_text};

/// The most memory the process may use, in bytes; the packaged services have a limit of their own.
const MEMORY: u64 = 768 << 20;
/// How long it may take.
const WITHIN: Duration = Duration::from_secs(120);
/// The largest sheet as text, unless the feed sets another limit.
const LARGEST: u64 = 256 << 20;
/// The name of the hidden command.
const COMMAND: &str = "read-spreadsheet";

/// The hidden command: the spreadsheet on standard input becomes text on standard output.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// The sheet to read.
    #[arg(long)]
    sheet: Option<String>,
    /// A column that the sheet should have.
    #[arg(long)]
    wanted: Vec<String>,
    /// The most bytes to write.
    #[arg(long, default_value_t = LARGEST)]
    largest: u64,
}

/// What of a spreadsheet is read, and how large it may be.
#[derive(Debug, Clone, Default)]
pub(super) struct Choice {
    /// The sheet's name, if the feed sets one.
    pub(super) sheet: Option<String>,
    /// Folded names of columns that the sheet should have.
    pub(super) wanted: Vec<String>,
    /// The most bytes of text.
    pub(super) largest: Option<u64>,
}

/// If the file is a spreadsheet: one of its sheets as text, and in words which one and what is missing in it.
pub(super) fn as_text(file: &File, choice: &Choice) -> anyhow::Result<Option<(File, Vec<String>)>> {
    let mut start = [0; 256];
    let read = file.read_at(&mut start, 0)?;
    if kind(&start[..read]).is_none() {
        return Ok(None);
    }
    let text = tempfile::tempfile()?;
    let mut input = file.try_clone()?;
    input.seek(SeekFrom::Start(0))?;
    let mut command = Command::new("/proc/self/exe");
    command.arg(COMMAND).env_remove(HANDED).stdin(input).stdout(text.try_clone()?).stderr(Stdio::piped());
    command.args(choice.sheet.iter().map(|sheet| format!("--sheet={sheet}")));
    command.args(choice.wanted.iter().map(|name| format!("--wanted={name}")));
    command.args(choice.largest.map(|largest| format!("--largest={}", largest.max(LARGEST))));
    let ended = command.spawn()?.wait_with_output()?;
    let said = String::from_utf8_lossy(&ended.stderr).trim().to_owned();
    match ended.status.code() {
        Some(0) => {}
        Some(1) if !said.is_empty() => anyhow::bail!("{said}"),
        _ => {
            let limits = format!("{} MiB of memory or {} seconds", MEMORY >> 20, WITHIN.as_secs());
            anyhow::bail!("this spreadsheet cannot be read within {limits}; export the list as CSV");
        }
    }
    let found: Value = serde_json::from_str(&said)?;
    let (sheet, of) = (found["sheet"].as_str().unwrap_or_default(), found["of"].as_u64().unwrap_or_default());
    let mut words = vec![match of {
        1 => format!("a spreadsheet; sheet \"{sheet}\""),
        _ => {
            format!("a spreadsheet with {of} sheets; this is \"{sheet}\" (sheet = \"...\" in the feed selects another)")
        }
    }];
    if let Some(count @ 1..) = found["not_calculated"].as_u64() {
        let first = &found["first_not_calculated"];
        let cells = counted(count, "cell has a formula without a value", "cells have formulas without values");
        words.push(format!(
            "{cells} (first in line {first}): open the file in your spreadsheet program, save it, and try again"
        ));
    }
    Ok(Some((text, words)))
}

/// Runs the hidden command.
pub(super) fn run(options: &Options) -> Result<(), Failure> {
    // The packaged services do not allow this call; there, `MemoryMax=` in the unit is the limit.
    let most = Rlimit { current: Some(MEMORY), maximum: Some(MEMORY) };
    let _ = setrlimit(Resource::As, most);
    std::thread::spawn(|| {
        std::thread::sleep(WITHIN);
        std::process::exit(3);
    });
    if std::io::stdin().is_terminal() {
        return Err(Failure::Usage(anyhow::anyhow!("{COMMAND} reads a spreadsheet from standard input")));
    }
    let mut file = File::from(std::io::stdin().as_fd().try_clone_to_owned()?);
    let mut start = Vec::new();
    (&file).take(256).read_to_end(&mut start)?;
    file.seek(SeekFrom::Start(0))?;
    let kind = kind(&start).ok_or_else(|| anyhow::anyhow!("this is not a spreadsheet"))?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let chosen = (options.sheet.as_deref(), options.wanted.as_slice());
    let read = to_text(BufReader::new(file), kind, chosen, &mut out, options.largest);
    let Sheet { name, of, not_calculated, first_not_calculated } = match read {
        Ok(sheet) => sheet,
        Err(error) => {
            eprintln!("{error}");
            return Err(Failure::AlreadyReported(1));
        }
    };
    out.flush()?;
    let found = json!({
        "sheet": name, "of": of, "not_calculated": not_calculated, "first_not_calculated": first_not_calculated,
    });
    eprintln!("{found}");
    Ok(())
}
