//! What a scenario makes of a payload: which requests, with which events, due when. Pure but for ids.

use std::time::Duration;

use bytes::Bytes;
use hookyard_model::{Mode, Scenario, Timestamp};
use serde_json::{Value, json};

use super::text::{appended, member, with, without_optional};
use crate::{capture::sent_body, clock::Ids};

/// How many bytes of data a large payload has.
pub(super) const LARGE: usize = 1 << 20;
/// How many events are a burst.
pub(super) const BURST: usize = 50;
/// How long after the first the second of two is due, so that they come in their order.
pub(super) const BETWEEN: Duration = Duration::from_secs(1);
/// How much older the older of two events is.
const OLDER: Duration = Duration::from_mins(1);
/// What is in unknown places starts with this.
const UNKNOWN: &str = "hookyard_check";

/// A payload as it was typed.
#[derive(Debug, Clone)]
pub(super) struct Typed {
    pub(super) kind: String,
    /// An object.
    pub(super) payload: String,
    pub(super) exact: bool,
}

/// A request to be made.
#[derive(Debug)]
pub(super) struct Shaped {
    pub(super) kind: String,
    pub(super) body: Bytes,
    pub(super) enveloped: bool,
    /// Its events: what receivers deduplicate each on, and how long from now it is due.
    pub(super) events: Vec<(String, Duration)>,
}

/// What `scenario` makes of a payload whose type has this schema; or why it is not applicable.
pub(super) fn shape(
    scenario: Option<Scenario>,
    typed: &Typed,
    schema: Option<&Value>,
    now: Timestamp,
    ids: &Ids,
) -> Result<Vec<Shaped>, &'static str> {
    let own = || own_id(typed).unwrap_or_else(|| ids.uuid());
    let one = |payload: String| vec![shaped(typed, payload, vec![(own(), Duration::ZERO)])];
    let payload = || typed.payload.clone();
    Ok(match scenario {
        None
        | Some(Scenario::Valid | Scenario::StaleTimestamp | Scenario::WrongSignature | Scenario::MissingSignature) => {
            one(payload())
        }
        Some(Scenario::Duplicate) => {
            let id = own();
            vec![shaped(typed, payload(), vec![(id.clone(), Duration::ZERO), (id, BETWEEN)])]
        }
        Some(Scenario::Burst) => {
            vec![shaped(typed, payload(), (0..BURST).map(|_| (ids.uuid(), Duration::ZERO)).collect())]
        }
        Some(Scenario::OutOfOrder) => {
            vec![dated(typed, now, Duration::ZERO, ids), dated(typed, now.minus(OLDER), BETWEEN, ids)]
        }
        Some(Scenario::UnknownEventType) => {
            let kind = format!("{UNKNOWN}.unknown_{}", &ids.uuid()[..8]);
            let payload = if typed.exact { with(&typed.payload, "type", &json!(kind).to_string()) } else { payload() };
            vec![Shaped { kind, ..shaped(typed, payload, vec![(own(), Duration::ZERO)]) }]
        }
        Some(Scenario::MissingOptionalFields) => {
            let schema = schema.ok_or("the event type has no schema that would say which fields are optional")?;
            let less = without_optional(data(typed)?, schema);
            one(with(&typed.payload, "data", &less.ok_or("there is no optional field to leave out")?))
        }
        Some(Scenario::UnknownFields) => {
            let more = json!({ "new": true, "list": [1, "two", null] }).to_string();
            let name = format!("{UNKNOWN}_unknown");
            let payload = with(&typed.payload, "data", &appended(data(typed)?, &name, &more));
            one(appended(&payload, &name, &more))
        }
        Some(Scenario::LargePayload) => {
            one(with(&typed.payload, "data", &padded(data(typed)?).ok_or("the data is larger than 1 MiB as it is")?))
        }
    })
}

fn shaped(typed: &Typed, payload: String, events: Vec<(String, Duration)>) -> Shaped {
    Shaped { kind: typed.kind.clone(), body: Bytes::from(payload), enveloped: !typed.exact, events }
}

/// The event as of `date`, which is not the attempt's.
fn dated(typed: &Typed, date: Timestamp, wait: Duration, ids: &Ids) -> Shaped {
    let id = ids.uuid();
    let payload = if typed.exact {
        let payload = with(&typed.payload, "date", &json!(date).to_string());
        with(&payload, "id", &json!(id).to_string()).into_bytes()
    } else {
        sent_body(true, typed.payload.as_bytes(), Mode::Test, &id, Some(&typed.kind), date)
    };
    Shaped { kind: typed.kind.clone(), body: Bytes::from(payload), enveloped: false, events: vec![(id, wait)] }
}

/// The data, which must be an object to be changed.
fn data(typed: &Typed) -> Result<&str, &'static str> {
    match member(&typed.payload, "data") {
        None => Ok("{}"),
        Some(data) if data.starts_with('{') => Ok(data),
        Some(_) => Err("the payload's data is not an object"),
    }
}

/// The data with so much padding that it has [`LARGE`] bytes.
fn padded(data: &str) -> Option<String> {
    let name = format!("{UNKNOWN}_padding");
    let missing = LARGE.checked_sub(appended(data, &name, r#""""#).len())?;
    Some(appended(data, &name, &json!("x".repeat(missing)).to_string()))
}

/// The id that an exact payload carries, when it can stand in a header and in what is signed.
fn own_id(typed: &Typed) -> Option<String> {
    let id: String = serde_json::from_str(member(&typed.payload, "id").filter(|_| typed.exact)?).ok()?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (!id.is_empty() && id.len() <= 128 && id.bytes().all(fits)).then_some(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn typed(payload: &str, exact: bool) -> Typed {
        Typed { kind: "a.b".to_owned(), payload: payload.to_owned(), exact }
    }

    fn made(scenario: Scenario, typed: &Typed) -> Vec<Shaped> {
        let schema = json!({ "properties": { "n": {} } });
        shape(Some(scenario), typed, Some(&schema), NOW, &Ids::new()).unwrap()
    }

    #[test]
    fn only_a_harmless_id_is_taken_from_an_exact_payload() {
        assert_eq!(own_id(&typed(r#"{"id":"abc-1"}"#, true)).as_deref(), Some("abc-1"));
        assert_eq!(own_id(&typed(r#"{"id":"abc-1"}"#, false)), None);
        for bad in [r#"{"id":"a.b"}"#, r#"{"id":""}"#, r#"{"id":"a\n"}"#, "{}", r#"{"id":5}"#] {
            assert_eq!(own_id(&typed(bad, true)), None, "{bad}");
        }
    }

    #[test]
    fn each_scenario_makes_what_it_says() {
        let typed = typed(r#"{"id":"own","date":"x","type":"a.b","data":{"n":1.50}}"#, true);
        for scenario in Scenario::ALL {
            let made = made(*scenario, &typed);
            let events: Vec<_> = made.iter().flat_map(|shaped| &shaped.events).collect();
            let expected = match scenario {
                Scenario::Duplicate | Scenario::OutOfOrder => 2,
                Scenario::Burst => BURST,
                _ => 1,
            };
            assert_eq!(events.len(), expected, "{scenario}");
            let mut ids: Vec<_> = events.iter().map(|(id, _)| id.as_str()).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), if *scenario == Scenario::Duplicate { 1 } else { expected }, "{scenario}");
            for shaped in &made {
                let body: Value = serde_json::from_slice(&shaped.body).unwrap();
                assert_eq!(body["type"], shaped.kind, "{scenario}");
                assert_eq!(shaped.kind != "a.b", *scenario == Scenario::UnknownEventType);
            }
        }
        let [newer, older] = made(Scenario::OutOfOrder, &typed).try_into().unwrap();
        let date = |shaped: &Shaped| serde_json::from_slice::<Value>(&shaped.body).unwrap()["date"].clone();
        assert_eq!((date(&newer), date(&older)), (json!(NOW), json!(NOW.minus(OLDER))));
        assert!(newer.events[0].1 < older.events[0].1, "the newer one is sent first");
        let large = made(Scenario::LargePayload, &typed).remove(0);
        let text = std::str::from_utf8(&large.body).unwrap();
        assert_eq!(member(text, "data").unwrap().len(), LARGE);
        assert!(member(text, "data").unwrap().starts_with(r#"{"n":1.50,"#));
    }

    #[test]
    fn what_cannot_be_done_says_why() {
        let ids = Ids::new();
        for (scenario, payload, schema) in [
            (Scenario::MissingOptionalFields, r#"{"data":{"n":1}}"#, None),
            (Scenario::MissingOptionalFields, r#"{"data":{}}"#, Some(json!({ "properties": { "n": {} } }))),
            (Scenario::UnknownFields, r#"{"data":[]}"#, None),
            (Scenario::LargePayload, r#"{"data":5}"#, None),
        ] {
            assert!(shape(Some(scenario), &typed(payload, false), schema.as_ref(), NOW, &ids).is_err(), "{payload}");
        }
        let large = format!(r#"{{"data":{{"x":"{}"}}}}"#, "x".repeat(LARGE));
        assert!(shape(Some(Scenario::LargePayload), &typed(&large, false), None, NOW, &ids).is_err());
    }
}
