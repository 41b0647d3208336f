//! Loads presets: the embedded ones for known systems, and a practice's own by path.

use include_dir::{Dir, include_dir};

use crate::domain::ids::nearest;

static FILES: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/src/feeds/presets");

/// Keys that only presets have: the system's name, the columns by which `feed suggest` recognizes its files, and the
/// statement that reads its database.
pub const OWN_KEYS: [&str; 3] = ["system", "recognize", "statement"];

/// The embedded presets, name and text, sorted by name.
pub fn embedded() -> Vec<(&'static str, &'static str)> {
    let mut presets: Vec<_> =
        FILES.files().filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?))).collect();
    presets.sort_unstable();
    presets
}

/// The text of a preset: an embedded one by its name, any other by its path.
pub(super) fn load(name: &str, file: &dyn Fn(&str) -> Result<String, String>) -> Result<String, String> {
    if let Some((_, text)) = embedded().into_iter().find(|(known, _)| *known == name) {
        return Ok(text.to_owned());
    }
    if name.contains('/') || name.ends_with(".toml") {
        return file(name);
    }
    let names: Vec<&str> = embedded().into_iter().map(|(name, _)| name).collect();
    Err(match nearest(name, names.iter().copied()) {
        Some(near) => format!("there is no preset \"{name}\"; did you mean \"{near}\"?"),
        None => {
            format!("there is no preset \"{name}\"; write one of {}, or the path of a preset file", names.join(", "))
        }
    })
}
