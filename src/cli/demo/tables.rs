//! What the demo shows at the end: who was texted, who was not, and why.

use std::io::IsTerminal;

use comfy_table::presets::UTF8_HORIZONTAL_ONLY;
use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width};

use crate::cli::output::local;
use crate::config::Config;
use crate::domain::reminder::State;
use crate::domain::zone::Zone;
use crate::reports::plan_view::Row;

/// The width of output that does not go to a terminal.
const PAGE_WIDTH: u16 = 150;
/// The width of a conversation id with its padding, so that it is never wrapped.
const ID_WIDTH: u16 = 38;

/// One text as it goes out.
pub(crate) fn going_out(zone: &Zone, row: &Row) -> String {
    let at =
        row.text.as_ref().map(|text| zone.local(text.made_at).format("%-I:%M:%S %p").to_string()).unwrap_or_default();
    let others = row.together.len() - 1;
    let family = if others > 0 { format!(" and {others} more on the same phone") } else { String::new() };
    format!("{at}  {} to {}{family}: {}", row.item.key.rule, name(row), message(row))
}

/// Both tables.
pub(crate) fn result(config: &Config, rows: &[Row]) -> String {
    let zone = &config.practice.zone;
    let mut texted = table(&["Texted at", "Patient", "Text", "conversationId"]);
    if let Some(column) = texted.column_mut(3) {
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(ID_WIDTH)));
    }
    let mut not_texted = table(&["Patient", "Appointment", "Rule", "Why no text"]);
    for row in rows {
        let appointment = local(zone, row.appointment.starts_at);
        match (row.item.state, &row.text) {
            (State::Sent, Some(text)) => {
                let at = zone.local(text.made_at).format("%-I:%M:%S %p").to_string();
                let id = text.conversation.as_ref().map(ToString::to_string).unwrap_or_default();
                texted.add_row([at, name(row), message(row), id]);
            }
            (state, _) => {
                let due = row
                    .item
                    .due_at
                    .filter(|_| state.reason().is_none())
                    .map(|due| format!(" for {}", local(zone, due)));
                let why = format!("{}{}", state.label(), due.unwrap_or_default());
                not_texted.add_row([name(row), appointment, row.item.key.rule.0.clone(), why]);
            }
        }
    }
    format!("\nWho was texted\n{texted}\n\nWho was not texted, and why\n{not_texted}\n")
}

fn table(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_style(UTF8_HORIZONTAL_ONLY)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(header.to_vec());
    if !std::io::stdout().is_terminal() {
        table.set_width(PAGE_WIDTH);
    }
    table
}

fn name(row: &Row) -> String {
    [&row.appointment.first_name, &row.appointment.last_name]
        .into_iter()
        .filter_map(|n| n.as_ref().cloned())
        .collect::<Vec<_>>()
        .join(" ")
}

fn message(row: &Row) -> String {
    row.request.as_ref().and_then(|request| request["message"].as_str()).unwrap_or_default().to_owned()
}
