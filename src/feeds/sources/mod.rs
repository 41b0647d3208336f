//! Where rows come from: a folder that exports are dropped into.

pub mod drop_folder;
