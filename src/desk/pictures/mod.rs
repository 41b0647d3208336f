//! Pictures as SVG: shapes with classes for the style sheet, and the same in words for those who do not see them.

pub(crate) mod bars;
pub(crate) mod timeline;

/// Text that is safe inside SVG.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
