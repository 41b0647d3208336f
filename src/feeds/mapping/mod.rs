//! Turns raw rows into appointments: names, dates, time zones, status, phones, consent, language. Pure and total: each
//! row becomes an appointment or gets a reason why not.
//!
//! A file is read twice. [`survey`] decides what applies to whole columns: which part of a date is the month, and
//! whether the id column really holds ids. [`Mapper`] then maps the rows one by one. Neither keeps rows in memory.

mod binding;
pub(crate) mod cell;
mod cells;
mod dates;
mod fields;
mod headers;
mod ids;
mod mapper;
pub mod moment;
mod names;
mod off_book;
mod outcome;
mod phone_labels;
mod phones;
mod refusals;
mod report;
mod start;
mod status;
mod status_words;
mod survey;

pub use binding::{Binding, MissingColumn, wanted};
pub use cells::{masked, shortened};
pub use dates::{DateRules, Question, Reading};
pub use headers::names_a_phone;
pub use mapper::{Context, Mapper, map_file};
pub use names::Order as NameOrder;
pub use outcome::{MappedAppointment, MappedRow, Outcome};
pub use report::{Cost, Count, Reason, Report};
pub(crate) use status::is_no_answer;
pub use status::{Said, common as common_status};
pub(crate) use survey::survey_as;
pub use survey::{MappingError, Survey, describe, options, survey};

pub(crate) use cells::{has_lost_digits, marks as cells_marks, minutes as cells_minutes};
pub(crate) use dates::scan_cells;
pub(crate) use names::begins_in_capitals;
pub(crate) use off_book::is_kept_free;
pub(crate) use phone_labels::{Line, in_text as phone_in_text, is_label, is_relative, numbers as phone_numbers};
pub(crate) use refusals::refuses_texts;
pub(crate) use start::instant as start_instant;
