//! Twilio's scheme: over the URL, and over the form or by a hash of the body within the URL.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use ring::digest;
use url::form_urlencoded;

use super::{Call, Refused, Verdict, digest::Prepared, form, place, same};

const HEADER: &str = "x-twilio-signature";

pub(super) fn check(key: &Prepared, call: &Call<'_>) -> Verdict {
    let given = place::header(call, HEADER)?.trim();
    let given = STANDARD.decode(given).map_err(|_| format!("{HEADER} is not base64"))?;
    let parameters = match form::only(call.url.query.as_bytes(), "bodySHA256") {
        Some(hash) => {
            let hash = hex::decode(hash).map_err(|_| "bodySHA256 in the URL is not hex")?;
            let right = digest::digest(&digest::SHA256, call.body);
            same(&hash, right.as_ref(), || "bodySHA256 in the URL is not the hash of this body".to_owned())?;
            String::new()
        }
        None => parameters(call)?,
    };
    let url = call.url.text();
    let is_right = spellings(&url)
        .iter()
        .any(|url| key.verifies(&[url.as_bytes(), parameters.as_bytes()], std::slice::from_ref(&given)));
    if is_right { Ok(()) } else { Err(format!("the signature in {HEADER} is not that of {url} and this form")) }
}

/// The form's parameters as they are signed: by name, each name with its value, what stands twice once.
fn parameters(call: &Call<'_>) -> Result<String, Refused> {
    if call.body.is_empty() {
        return Ok(String::new());
    }
    let content_type = place::header(call, "content-type")?;
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
        return Err("the body is no form, and the URL has no bodySHA256".to_owned());
    }
    let mut pairs: Vec<_> = form_urlencoded::parse(call.body).collect();
    pairs.sort();
    pairs.dedup();
    Ok(pairs.into_iter().flat_map(|(name, value)| [name, value]).collect())
}

/// The URL as it is and with the port that its scheme has by default: senders differ in which they sign.
fn spellings(url: &str) -> Vec<String> {
    let mut spellings = vec![url.to_owned()];
    let port = if url.starts_with("https://") { ":443" } else { ":80" };
    if let Some((scheme, rest)) = url.split_once("://") {
        let (host, path) = rest.find('/').map_or((rest, ""), |end| rest.split_at(end));
        match host.rsplit_once(':') {
            Some((bare, _)) if !bare.is_empty() && !host.ends_with(']') => {
                spellings.push(format!("{scheme}://{bare}{path}"));
            }
            _ => spellings.push(format!("{scheme}://{host}{port}{path}")),
        }
    }
    spellings
}
