//! Form parameters, as queries and bodies have them.

/// The decoded value of the only parameter of this name; none when there are several.
pub(super) fn only(form: &[u8], name: &str) -> Option<String> {
    let mut values = url::form_urlencoded::parse(form).filter(|(known, _)| known == name).map(|(_, value)| value);
    let value = values.next()?.into_owned();
    values.next().is_none().then_some(value)
}
