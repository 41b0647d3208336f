//! What patients answered, what people have to do about it, and what the practice's own program is told.

pub(crate) mod answers;
pub(crate) mod calls;
pub(crate) mod following;
pub(crate) mod named;
pub(crate) mod outbox;
pub(crate) mod outcome;
pub(crate) mod task_list;
pub(crate) mod tasks;
pub(crate) mod write_backs;
