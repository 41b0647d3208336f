//! Splits the bytes of a document into the resources that count: one resource, a bundle, or several lines.

use serde_json::Value;

use crate::feeds::formats::fhir::error::{FhirError, outcome, plain_code};
use crate::feeds::formats::fhir::json::{Object, code, list, object, objects, text};
use crate::feeds::formats::fhir::reference::Kind;

/// How many values of a repeated field are kept. More than these is no record of a person or a visit.
const MOST_VALUES: usize = 200;
/// How many participants are kept: one more than are read, so that too many are seen.
pub(crate) const MOST_PARTICIPANTS: usize = MOST_VALUES;

/// The fields of an appointment that count.
const APPOINTMENT: [&str; 15] = [
    "id",
    "meta",
    "implicitRules",
    "modifierExtension",
    "contained",
    "status",
    "serviceType",
    "appointmentType",
    "description",
    "start",
    "end",
    "minutesDuration",
    "created",
    "participant",
    "resourceType",
];

/// The fields of the other resources that count.
const OTHERS: [&str; 16] = [
    "id",
    "meta",
    "implicitRules",
    "modifierExtension",
    "contained",
    "active",
    "name",
    "telecom",
    "birthDate",
    "deceasedBoolean",
    "deceasedDateTime",
    "_deceasedDateTime",
    "communication",
    "link",
    "practitioner",
    "resourceType",
];

/// What a document says about itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Page {
    /// The address of the next page, as the server wrote it.
    pub next: Option<String>,
    /// How many matches the server says there are in all.
    pub total: Option<u64>,
    /// How many appointments this document holds.
    pub appointments: usize,
    /// It is the answer to a search.
    pub is_searchset: bool,
}

/// What a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Appointment,
    Other(Kind),
}

/// A resource that counts, with only the fields that count.
#[derive(Debug)]
pub(crate) struct Resource {
    pub(crate) sort: Sort,
    pub(crate) full_url: Option<String>,
    pub(crate) fields: Object,
}

/// Reads a document. Either all of it is readable, or nothing is taken.
pub(crate) fn read(bytes: &[u8]) -> Result<(Page, Vec<Resource>), FhirError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
        None => return Err(FhirError::Empty),
        Some(b'<') => return Err(FhirError::Markup),
        Some(_) => {}
    }
    let mut page = Page::default();
    let mut found = Vec::new();
    for (at, value) in serde_json::Deserializer::from_slice(bytes).into_iter::<Value>().enumerate() {
        let value = value.map_err(|error| FhirError::NotJson { line: error.line(), column: error.column() })?;
        let number = at.saturating_add(1);
        let Value::Object(fields) = value else { return Err(FhirError::NotAResource { number }) };
        match text(&fields, "resourceType") {
            Some("Bundle") => bundle(fields, &mut page, &mut found)?,
            Some(_) => resource(fields, None, &mut page, &mut found)?,
            None => return Err(FhirError::NotAResource { number }),
        }
    }
    Ok((page, found))
}

fn bundle(mut fields: Object, page: &mut Page, found: &mut Vec<Resource>) -> Result<(), FhirError> {
    let kind = code(&fields, "type");
    if !matches!(kind.as_str(), "searchset" | "collection" | "batch-response" | "transaction-response") {
        return Err(FhirError::BundleType(plain_code(&kind)));
    }
    page.is_searchset = kind == "searchset";
    if let Some(total) = fields.get("total").and_then(Value::as_u64) {
        page.total = Some(total);
    }
    let next = objects(&fields, "link").find(|link| text(link, "relation") == Some("next"));
    if let Some(url) = next.and_then(|link| text(link, "url")) {
        page.next = Some(url.to_owned());
    }
    let entries = match fields.remove("entry") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::Array(entries)) => entries,
        Some(_) => return Err(FhirError::BadEntry { number: 1 }),
    };
    for (at, entry) in entries.into_iter().enumerate() {
        let number = at.saturating_add(1);
        let Value::Object(entry) = entry else { return Err(FhirError::BadEntry { number }) };
        bundle_entry(entry, number, page, found)?;
    }
    Ok(())
}

fn bundle_entry(mut entry: Object, number: usize, page: &mut Page, found: &mut Vec<Resource>) -> Result<(), FhirError> {
    if let Some(response) = object(&entry, "response") {
        let status = text(response, "status").unwrap_or_default();
        // A resource that is not there stays missing; it does not spoil the other answers.
        if status.starts_with("404") || status.starts_with("410") {
            return Ok(());
        }
        if let Some(error) = object(response, "outcome").and_then(outcome) {
            return Err(error);
        }
        if status.starts_with(['4', '5']) {
            let inner = object(&entry, "resource").and_then(outcome);
            let code = plain_code(status.get(..3).unwrap_or(status));
            return Err(inner.unwrap_or(FhirError::Outcome { code, diagnostics: String::new() }));
        }
    }
    let full_url = text(&entry, "fullUrl").map(str::to_owned);
    match entry.remove("resource") {
        None | Some(Value::Null) => Ok(()),
        Some(Value::Object(fields)) => match text(&fields, "resourceType") {
            Some("Bundle") => Err(FhirError::NestedBundle { number }),
            Some(_) => resource(fields, full_url, page, found),
            None => Err(FhirError::BadEntry { number }),
        },
        Some(_) => Err(FhirError::BadEntry { number }),
    }
}

fn resource(
    fields: Object,
    full_url: Option<String>,
    page: &mut Page,
    found: &mut Vec<Resource>,
) -> Result<(), FhirError> {
    let sort = match text(&fields, "resourceType").unwrap_or_default() {
        "Appointment" => {
            page.appointments = page.appointments.saturating_add(1);
            Sort::Appointment
        }
        "OperationOutcome" => return outcome(&fields).map_or(Ok(()), Err),
        name => match Kind::of(name) {
            Some(kind) => Sort::Other(kind),
            None => return Ok(()),
        },
    };
    let fields = match sort {
        Sort::Appointment => kept(fields, &APPOINTMENT),
        Sort::Other(_) => kept(fields, &OTHERS),
    };
    found.push(Resource { sort, full_url, fields });
    Ok(())
}

/// Keeps the fields that count, and of long lists the beginning, so that memory and time stay linear in the input.
fn kept(mut fields: Object, names: &[&str]) -> Object {
    let mut kept = Object::new();
    for name in names {
        let Some(mut value) = fields.remove(*name) else { continue };
        if let Value::Array(values) = &mut value {
            values.truncate(MOST_VALUES.saturating_add(1));
            values.shrink_to_fit();
        }
        if *name == "contained" {
            let inner = list_of(value).into_iter().filter_map(|value| match value {
                Value::Object(fields) => Some(Value::Object(self::kept(fields, &OTHERS))),
                _ => None,
            });
            value = Value::Array(inner.collect());
        }
        kept.insert((*name).to_owned(), value);
    }
    kept
}

fn list_of(value: Value) -> Vec<Value> {
    match value {
        Value::Array(values) => values,
        value => vec![value],
    }
}

/// Whether an appointment has more participants than are read.
pub(crate) fn is_crowded(appointment: &Object) -> bool {
    list(appointment, "participant").len() > MOST_PARTICIPANTS
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn page(value: &Value) -> Result<Page, String> {
        read(value.to_string().as_bytes()).map(|(page, _)| page).map_err(|error| error.to_string())
    }

    fn searchset(entries: &Value) -> Value {
        json!({"resourceType": "Bundle", "type": "searchset", "total": 9, "entry": entries,
            "link": [{"relation": "self", "url": "a"}, {"relation": "next", "url": "https://x/b?page=2"}]})
    }

    #[test]
    fn a_bundle_has_a_next_page_a_total_and_appointments() {
        let entries = json!([
            {"resource": {"resourceType": "Appointment", "id": "1"}, "search": {"mode": "match"}},
            {"resource": {"resourceType": "Appointment", "id": "2"}, "search": {"mode": "include"}},
            {"resource": {"resourceType": "Slot"}}, {"resource": null}, {},
            {"resource": {"resourceType": "OperationOutcome", "issue": [{"severity": "warning"}]}},
        ]);
        let expected =
            Page { next: Some("https://x/b?page=2".to_owned()), total: Some(9), appointments: 2, is_searchset: true };
        assert_eq!(page(&searchset(&entries)), Ok(expected));
    }

    #[test]
    fn what_is_refused_says_why() {
        let outcome = json!([{"resource": {"resourceType": "OperationOutcome",
            "issue": [{"severity": "error", "code": "throttled", "diagnostics": "Too many requests for Smith"}]}}]);
        for (value, expected) in [
            (json!([1]), "JSON value 1 of the document is not a FHIR resource: it has no resourceType"),
            (json!({"id": "1"}), "JSON value 1 of the document is not a FHIR resource: it has no resourceType"),
            (
                searchset(&json!([{"resource": {"resourceType": "Slot"}}, 5])),
                "entry 2 of the bundle is not a FHIR resource",
            ),
            (searchset(&json!([{"resource": {}}])), "entry 1 of the bundle is not a FHIR resource"),
            (searchset(&json!("x")), "entry 1 of the bundle is not a FHIR resource"),
            (
                searchset(&json!([{"resource": {"resourceType": "Bundle", "type": "searchset"}}])),
                "entry 1 of the bundle is itself a bundle; send each bundle by itself",
            ),
            (searchset(&outcome), "the server reports the error \"throttled\": Too many requests for ..."),
            (
                json!({"resourceType": "Bundle", "type": "history"}),
                "a bundle of type \"history\" cannot be read; expected searchset, collection, batch-response or transaction-response",
            ),
            (
                json!({"resourceType": "Bundle"}),
                "a bundle of type \"unknown\" cannot be read; expected searchset, collection, batch-response or transaction-response",
            ),
        ] {
            assert_eq!(page(&value), Err(expected.to_owned()), "{value}");
        }
        for (bytes, expected) in [
            (&b""[..], FhirError::Empty),
            (b"\xef\xbb\xbf \n", FhirError::Empty),
            (b" <html>", FhirError::Markup),
            (b"{\"resourceType\": \"Appointment\"", FhirError::NotJson { line: 1, column: 30 }),
            (b"{\"resourceType\": \"Slot\"}\n{\"a\"", FhirError::NotJson { line: 2, column: 4 }),
        ] {
            assert_eq!(read(bytes).map(|(page, _)| page), Err(expected));
        }
    }

    #[test]
    fn answers_to_a_batch() {
        let batch = |entry: Value| page(&json!({"resourceType": "Bundle", "type": "batch-response", "entry": [entry]}));
        let outcome =
            json!({"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "not-found"}]});
        assert_eq!(batch(json!({"response": {"status": "404 Not Found", "outcome": outcome}})), Ok(Page::default()));
        assert_eq!(batch(json!({"response": {"status": "410"}, "resource": outcome})), Ok(Page::default()));
        let error = |code: &str| Err(format!("the server reports the error \"{code}\""));
        assert_eq!(batch(json!({"response": {"status": "200", "outcome": outcome}})), error("not-found"));
        assert_eq!(batch(json!({"response": {"status": "500 x"}})), error("500"));
        assert_eq!(batch(json!({"response": {"status": "403"}, "resource": outcome})), error("not-found"));
    }

    #[test]
    fn lines_are_several_resources() {
        let lines = b"{\"resourceType\":\"Appointment\",\"id\":\"1\"}\r\n\r\n{\"resourceType\":\"Patient\",\"id\":\"p\"}\n{\"resourceType\":\"Slot\"}\n";
        let (page, found) = read(lines).unwrap();
        assert_eq!((page.appointments, found.len()), (1, 2));
        assert_eq!(found[1].sort, Sort::Other(Kind::Patient));
    }

    #[test]
    fn deep_nesting_is_refused_and_long_lists_are_shortened() {
        assert!(matches!(read("[".repeat(100_000).as_bytes()), Err(FhirError::NotJson { .. })));
        let many = json!({"resourceType": "Appointment", "participant": vec![json!({}); 5000], "text": "long"});
        let (_, found) = read(many.to_string().as_bytes()).unwrap();
        assert_eq!(list(&found[0].fields, "participant").len(), MOST_PARTICIPANTS + 1);
        assert!(is_crowded(&found[0].fields));
        assert!(!found[0].fields.contains_key("text"));
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Err(error) = read(&bytes) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
