//! Where keys and rules are in the file, for diagnostics about how they relate.

use std::ops::Range;

use toml::de::DeTable;

pub(crate) fn span(root: &DeTable<'_>, section: &str, key: &str) -> Range<usize> {
    let Some(section) = root.get(section) else { return 0..0 };
    section.get_ref().get(key).map_or_else(|| section.span(), |value| value.span())
}

/// Where the keys of a `[[rule]]` are.
pub(crate) struct RuleSpans<'d, 'i> {
    pub(crate) element: &'d toml::Spanned<toml::de::DeValue<'i>>,
}

impl RuleSpans<'_, '_> {
    /// Where a key's value is, or else where the rule is.
    pub(crate) fn of(&self, key: &str) -> Range<usize> {
        self.element.get_ref().get(key).map_or_else(|| self.element.span(), |value| value.span())
    }
}

/// Where each `[[rule]]` is in the file.
pub(crate) fn rules_spans<'d, 'i>(root: &'d toml::de::DeTable<'i>) -> Vec<RuleSpans<'d, 'i>> {
    let rules = root.get("rule").and_then(|rules| rules.get_ref().as_array());
    rules.into_iter().flat_map(|array| array.iter()).map(|element| RuleSpans { element }).collect()
}
