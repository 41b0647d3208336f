//! Where rows come from: a folder that exports are dropped into.

pub(crate) mod drop_folder;
