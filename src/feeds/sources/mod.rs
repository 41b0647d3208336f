//! Where rows come from: a drop folder, or another system's database.

pub(crate) mod database;
pub(crate) mod drop_folder;
pub(crate) mod password;
