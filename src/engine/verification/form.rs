//! Form parameters, as queries and bodies have them.

/// The decoded values of a parameter, in order.
pub(super) fn values(form: &[u8], name: &str) -> impl Iterator<Item = String> {
    url::form_urlencoded::parse(form).filter(move |(known, _)| known == name).map(|(_, value)| value.into_owned())
}

/// The only value of a parameter; none when there are several.
pub(super) fn only(form: &[u8], name: &str) -> Option<String> {
    let mut values = values(form, name);
    values.next().filter(|_| values.next().is_none())
}
