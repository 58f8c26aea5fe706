//! Values where a scheme says that they stand.

use std::borrow::Cow;

use hookyard_model::scheme::Place;

use super::{Call, Refused, json};

/// How many signatures of one request are looked at: more than a provider has keys.
pub(super) const MOST: usize = 16;

/// The header's value; one that stands twice is refused, since what is behind us may read the other.
pub(super) fn header<'a>(call: &Call<'a>, name: &str) -> Result<&'a str, Refused> {
    find_header(call, name)?.ok_or_else(|| format!("there is no {name} header"))
}

fn find_header<'a>(call: &Call<'a>, name: &str) -> Result<Option<&'a str>, Refused> {
    let mut values = call.headers.iter().filter(|(known, _)| known == name).map(|(_, value)| value);
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(_), Some(_)) => Err(format!("there is more than one {name} header")),
        (Some(value), None) => {
            std::str::from_utf8(value).map(Some).map_err(|_| format!("the {name} header is not text"))
        }
    }
}

/// The one value at a place.
pub(super) fn value<'a>(call: &Call<'a>, place: Place) -> Result<Cow<'a, str>, Refused> {
    let mut values = values(call, place)?;
    match (values.pop(), values.is_empty()) {
        (Some(value), true) => Ok(value),
        (None, _) => Err(format!("there is nothing at {place}")),
        (Some(_), false) => Err(format!("there is more than one value at {place}")),
    }
}

/// Every value at a place, at least one.
pub(super) fn values<'a>(call: &Call<'a>, place: Place) -> Result<Vec<Cow<'a, str>>, Refused> {
    let found: Vec<Cow<'a, str>> = match place {
        Place::Header(name) => vec![header(call, name)?.into()],
        Place::EitherHeader(first, second) => match find_header(call, first)? {
            Some(value) => vec![value.into()],
            None => vec![find_header(call, second)?.ok_or_else(|| format!("there is no {first} header"))?.into()],
        },
        Place::NumberedHeader(name) => {
            let is_one =
                |known: &str| known.strip_prefix(name).and_then(|rest| rest.strip_prefix('-')).is_some_and(is_number);
            let names = call.headers.iter().map(|(known, _)| known.as_str()).filter(|known| is_one(known)).take(MOST);
            let found = names.map(|name| header(call, name).map(Cow::Borrowed)).collect::<Result<Vec<_>, _>>()?;
            if found.is_empty() {
                return Err(format!("there is no {name}-1 header"));
            }
            found
        }
        Place::Pair { header: name, separator, key } => {
            let pairs = header(call, name)?.split(separator).filter_map(|pair| pair.trim().split_once('='));
            pairs.filter(|(known, _)| *known == key).map(|(_, value)| value.into()).take(MOST).collect()
        }
        Place::Json(pointer) => vec![json::scalar(call.body, pointer)?.into()],
    };
    if found.is_empty() { Err(format!("there is no {place}")) } else { Ok(found) }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}
