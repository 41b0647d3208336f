//! A task: something that a person at the practice has to do.

/// What kind of work it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskKind {
    /// Read a patient's reply and act on it.
    Reply,
    /// Call a patient whom no text reaches.
    Call,
    /// Decide about a text whose delivery is uncertain.
    HeldText,
    /// Correct rows of an export that could not be read.
    RefusedRows,
    /// Decide about an import that is held.
    FeedHeld,
    /// Pass on an outcome that the practice's own program did not take.
    Undelivered,
}

impl TaskKind {
    /// All kinds.
    pub const ALL: [TaskKind; 6] = [
        TaskKind::Reply,
        TaskKind::Call,
        TaskKind::HeldText,
        TaskKind::RefusedRows,
        TaskKind::FeedHeld,
        TaskKind::Undelivered,
    ];

    /// The code in the store and in `--json`.
    pub fn code(self) -> &'static str {
        match self {
            TaskKind::Reply => "reply",
            TaskKind::Call => "call",
            TaskKind::HeldText => "held-text",
            TaskKind::RefusedRows => "refused-rows",
            TaskKind::FeedHeld => "feed-held",
            TaskKind::Undelivered => "undelivered",
        }
    }

    /// What to do, in words.
    pub(crate) fn label(self) -> &'static str {
        match self {
            TaskKind::Reply => "read a reply",
            TaskKind::Call => "call the patient",
            TaskKind::HeldText => "decide about a text",
            TaskKind::RefusedRows => "correct rows of an export",
            TaskKind::FeedHeld => "decide about an import",
            TaskKind::Undelivered => "pass on an outcome",
        }
    }

    /// Parses a code.
    pub(crate) fn from_code(code: &str) -> Option<TaskKind> {
        TaskKind::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// How a task was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TaskEnd {
    /// A person did it.
    Done,
    /// Its cause is gone.
    Gone,
    /// Its appointment began.
    Lapsed,
    /// Annie answered the question and asks nothing of staff.
    Answered,
}

impl TaskEnd {
    const ALL: [TaskEnd; 4] = [TaskEnd::Done, TaskEnd::Gone, TaskEnd::Lapsed, TaskEnd::Answered];

    /// The code in the store and in `--json`.
    pub fn code(self) -> &'static str {
        match self {
            TaskEnd::Done => "done",
            TaskEnd::Gone => "gone",
            TaskEnd::Lapsed => "lapsed",
            TaskEnd::Answered => "answered",
        }
    }

    /// The end in words.
    pub(crate) fn label(self) -> &'static str {
        match self {
            TaskEnd::Done => "done",
            TaskEnd::Gone => "closed, because its cause is gone",
            TaskEnd::Lapsed => "lapsed: the appointment began",
            TaskEnd::Answered => "answered by Annie",
        }
    }

    /// Parses a code.
    pub(crate) fn from_code(code: &str) -> Option<TaskEnd> {
        TaskEnd::ALL.into_iter().find(|end| end.code() == code)
    }
}
