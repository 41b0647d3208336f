//! The words of the page in the staff's languages: one file each in `words/`.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use crate::config::desk::StaffLanguage;
use crate::domain::sentence::fill;

/// The words of one language, by key.
pub(crate) struct Words {
    all: BTreeMap<String, String>,
}

static ENGLISH: LazyLock<Words> = LazyLock::new(|| Words::of(include_str!("words/en.toml")));
static SPANISH: LazyLock<Words> = LazyLock::new(|| Words::of(include_str!("words/es.toml")));

impl Words {
    fn of(file: &str) -> Words {
        let all = toml::from_str(file).unwrap_or_else(|error| panic!("the words of the page are malformed: {error}"));
        Words { all }
    }

    /// The words of a language.
    pub(crate) fn in_language(language: StaffLanguage) -> &'static Words {
        match language {
            StaffLanguage::English => &ENGLISH,
            StaffLanguage::Spanish => &SPANISH,
        }
    }

    /// The words for a key, with `{name}` replaced; the key itself if there are none. If `n` is given and is 1, the key
    /// with `.one` is used if there is one.
    pub(crate) fn say(&self, key: &str, values: &[(&str, String)]) -> String {
        self.words_for(key, values).map_or_else(|| key.to_owned(), |text| fill(text, values))
    }

    /// A length of time, such as `3 business days` or `2 hours`, in this language.
    pub(crate) fn length(&self, english: &str) -> String {
        let joined =
            english.replace("business day", "business-day").replace("less than a minute", "less-than-a-minute");
        let word = |word: &str| self.find(&format!("length.{word}")).unwrap_or(word).to_owned();
        joined.split(' ').map(word).collect::<Vec<_>>().join(" ")
    }

    /// The words for a key and these values, if there are any; for one, those with `.one`.
    pub(crate) fn words_for(&self, key: &str, values: &[(&str, String)]) -> Option<&str> {
        let is_one = values.iter().any(|(name, value)| *name == "n" && value == "1");
        let found = is_one.then(|| self.all.get(&format!("{key}.one"))).flatten().or_else(|| self.all.get(key));
        found.map(String::as_str)
    }

    /// Every key with its words.
    pub(crate) fn all(&'static self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.all.iter().map(|(key, text)| (key.as_str(), text.as_str()))
    }

    /// The words for a key, if there are any.
    pub(crate) fn find(&self, key: &str) -> Option<&str> {
        self.all.get(key).map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    /// Files whose sentences the page shows too.
    const WITH_SENTENCES: [&str; 7] = [
        "planner/explain.rs",
        "reports/explanation.rs",
        "reports/plan_view.rs",
        "store/appointments/feed_state.rs",
        "domain/patient_outcome.rs",
        "doctor/machine.rs",
        "doctor/state.rs",
    ];

    fn placeholders(text: &str) -> BTreeSet<&str> {
        text.split('{').skip(1).filter_map(|part| part.split_once('}')).map(|(name, _)| name).collect()
    }

    #[test]
    fn both_languages_have_the_same_keys_and_placeholders() {
        let keys = |words: &'static Words| words.all.keys().collect::<BTreeSet<_>>();
        let (en, mut es) = (keys(&ENGLISH), keys(&SPANISH));
        // The English words of sentences that commands say too stand in the code.
        let sentences = sentences();
        es.retain(|key| !sentences.contains_key(key.strip_suffix(".one").unwrap_or(key)));
        assert_eq!(en.difference(&es).collect::<Vec<_>>(), Vec::<&&String>::new(), "missing in Spanish");
        assert_eq!(es.difference(&en).collect::<Vec<_>>(), Vec::<&&String>::new(), "missing in English");
        for (key, text) in &ENGLISH.all {
            assert_eq!(placeholders(text), placeholders(&SPANISH.all[key]), "{key}");
            assert!(!text.trim().is_empty() && !SPANISH.all[key].trim().is_empty(), "{key}");
        }
    }

    /// The sentences of the code: key and English words.
    fn sentences() -> BTreeMap<String, String> {
        let source = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut found = BTreeMap::new();
        for file in WITH_SENTENCES {
            let text = std::fs::read_to_string(source.join(file)).unwrap();
            let text = text.split("#[cfg(test)]").next().unwrap_or_default();
            for opening in ["Sentence::new(", "Sentence::counted(", "say("] {
                for rest in text.split(opening).skip(1) {
                    let mut parts = rest.splitn(3, '"');
                    let (before, key, rest) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
                    if !before.trim().is_empty() || !key.contains('.') {
                        continue;
                    }
                    // The words follow, or are a constant just before.
                    let rest = rest.trim_start_matches([',', ' ', '\n']);
                    let words = match rest.strip_prefix('"') {
                        Some(words) => words,
                        None => {
                            let name = rest.split([')', ',']).next().unwrap();
                            text.split(&format!("const {name}: &str =")).nth(1).unwrap().split_once('"').unwrap().1
                        }
                    };
                    let words = words.replace("\\\"", "\u{1}");
                    let words = words.split('"').next().unwrap().replace('\u{1}', "\"");
                    assert_eq!(found.insert(key.to_owned(), words.clone()).unwrap_or(words.clone()), words, "{key}");
                }
            }
        }
        assert!(found.len() > 60, "{}", found.len());
        found
    }

    #[test]
    fn every_sentence_of_the_code_has_spanish_words_with_the_same_values() {
        for (key, english) in sentences() {
            let Some(spanish) = SPANISH.all.get(&key) else { panic!("{key} = {english:?} is missing in es.toml") };
            assert_eq!(placeholders(&english), placeholders(spanish), "{key}");
        }
    }

    #[test]
    fn values_are_filled_in_once() {
        let words = Words::of("\"a\" = \"{n} of {name}\"\n\"a.one\" = \"one of {name}\"");
        let value = |n: &str, name: &str| [("n", n.to_owned()), ("name", name.to_owned())];
        assert_eq!(words.say("a", &value("2", "{n}")), "2 of {n}");
        assert_eq!(words.say("a", &value("1", "x")), "one of x");
        assert_eq!(words.say("none", &[]), "none");
    }

    /// The words that templates and code ask for, and those that follow from the codes of the domain.
    #[test]
    fn every_word_that_is_asked_for_exists() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/desk");
        let mut sources = Vec::new();
        let mut folders = vec![folder];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                match path.extension().and_then(|end| end.to_str()) {
                    None => folders.push(path),
                    Some("html" | "rs") => sources.push(std::fs::read_to_string(path).unwrap()),
                    Some(_) => {}
                }
            }
        }
        let mut missing = Vec::new();
        for source in sources.iter().map(|source| source.split("#[cfg(test)]").next().unwrap_or_default()) {
            for opening in ["t(\"", "say(\"", ".find(\""] {
                for rest in source.split(opening).skip(1) {
                    let key = rest.split('"').next().unwrap_or_default();
                    let is_whole = !key.ends_with('.') && !key.contains('{') && key.contains('.') && !key.contains(' ');
                    if is_whole && !ENGLISH.all.contains_key(key) {
                        missing.push(key.to_owned());
                    }
                }
            }
        }
        let codes = crate::domain::reminder::Skip::ALL.iter().map(|one| format!("reason.{}", one.code()));
        let codes =
            codes.chain(crate::domain::reminder::Cancel::ALL.iter().map(|one| format!("reason.{}", one.code())));
        let codes = codes.chain(crate::domain::reminder::Miss::ALL.iter().map(|one| format!("reason.{}", one.code())));
        let codes = codes.chain(crate::domain::reminder::Wait::ALL.iter().map(|one| format!("reason.{}", one.code())));
        let codes = codes.chain(crate::reports::day::Reach::ALL.iter().map(|one| format!("reach.{}", one.code())));
        let codes = codes.chain(
            crate::domain::call::CallResult::ALL
                .iter()
                .flat_map(|one| ["call", "call.do", "act.call"].map(|prefix| format!("{prefix}.{}", one.code()))),
        );
        let codes = codes.chain(
            crate::domain::task::TaskKind::ALL
                .iter()
                .flat_map(|one| ["task", "task.kind"].map(|prefix| format!("{prefix}.{}", one.code()))),
        );
        let codes = codes.chain(
            crate::domain::patient_outcome::PatientOutcome::ALL
                .iter()
                .flat_map(|one| ["outcome", "task.reply"].map(|prefix| format!("{prefix}.{}", one.code()))),
        );
        let codes =
            codes.chain(crate::actions::note_outcome::CAN_BE_NOTED.iter().map(|one| format!("note.{}", one.code())));
        let codes =
            codes.chain(crate::domain::appointment::Status::NAMES.iter().map(|(name, _)| format!("status.{name}")));
        let codes = codes.chain(crate::store::ledger::audit::Act::CODES.iter().map(|code| format!("audit.{code}")));
        missing.extend(codes.filter(|key| !ENGLISH.all.contains_key(key)));
        assert_eq!(missing, Vec::<String>::new());
    }
}
