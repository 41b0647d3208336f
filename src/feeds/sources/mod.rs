//! Where exports come from: a drop folder.

pub(crate) mod drop_folder;
