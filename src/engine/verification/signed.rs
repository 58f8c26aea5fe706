//! The interpreter of signatures that are described as data.

use std::{borrow::Cow, time::Duration};

use base64::{
    Engine as _,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use hookyard_model::{
    Timestamp,
    scheme::{Encoding, Part, Signed, Stamp, Unit},
};

use super::{Call, Provider, Refused, Verdict, digest::Prepared, place};

/// Base64 as the provider has it: padded or not.
const LENIENT: GeneralPurposeConfig =
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
const STANDARD: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::STANDARD, LENIENT);
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(&base64::alphabet::URL_SAFE, LENIENT);

impl Provider {
    /// Checks the signature, then the instant that it says.
    pub(super) fn check_signed(&self, signed: &Signed, key: &Prepared, call: &Call<'_>) -> Verdict {
        let signatures = signatures(signed, call)?;
        let stamp = signed.stamp.map(|stamp| place::value(call, stamp.place).map(|text| (stamp, text))).transpose()?;
        let text = stamp.as_ref().map_or("", |(_, text)| text);
        let pieces: Vec<Cow<'_, [u8]>> =
            signed.content.iter().map(|part| self.piece(*part, call, text)).collect::<Result<_, _>>()?;
        let pieces: Vec<&[u8]> = pieces.iter().map(AsRef::as_ref).collect();
        if !key.verifies(&pieces, &signatures) {
            return Err(match signatures.len() {
                1 => format!(
                    "the signature in {} is not that of this request with the {} set here",
                    signed.place,
                    signed.key.field()
                ),
                many => format!("none of the {many} signatures in {} is that of this request", signed.place),
            });
        }
        match stamp {
            Some((stamp, text)) => check_stamp(stamp, &text, call.now),
            None => Ok(()),
        }
    }

    fn piece<'a>(&'a self, part: Part, call: &Call<'a>, stamp: &'a str) -> Result<Cow<'a, [u8]>, Refused> {
        let owned = |text: String| Cow::Owned(text.into_bytes());
        Ok(match part {
            Part::Text(text) => Cow::Borrowed(text.as_bytes()),
            Part::Body => Cow::Borrowed(call.body),
            Part::QuotedBody => {
                let text = std::str::from_utf8(call.body).map_err(|_| "the body is not UTF-8")?;
                owned(serde_json::to_string(text).map_err(|_| "the body cannot be quoted")?)
            }
            Part::BodyCrc32 => {
                let mut crc = flate2::Crc::new();
                crc.update(call.body);
                owned(crc.sum().to_string())
            }
            Part::Stamp => Cow::Borrowed(stamp.as_bytes()),
            Part::Value(place) => match place::value(call, place)? {
                Cow::Borrowed(text) => Cow::Borrowed(text.as_bytes()),
                Cow::Owned(text) => owned(text),
            },
            Part::Method => Cow::Borrowed(call.method.as_bytes()),
            Part::Url => owned(call.url.text()),
            Part::Field(name) => Cow::Borrowed(self.field(name)?.as_bytes()),
        })
    }
}

/// The signatures of a request as bytes, at least one.
fn signatures(signed: &Signed, call: &Call<'_>) -> Result<Vec<Vec<u8>>, Refused> {
    let values = place::values(call, signed.place)?;
    let texts: Vec<&str> = match signed.separator {
        Some(separator) => values.iter().flat_map(|value| value.split(separator)).take(place::MOST).collect(),
        None => values.iter().map(AsRef::as_ref).collect(),
    };
    let prefixed: Vec<&str> = texts.iter().filter_map(|text| text.trim().strip_prefix(signed.prefix)).collect();
    if prefixed.is_empty() {
        return Err(format!("nothing in {} starts with `{}`", signed.place, signed.prefix));
    }
    let decoded: Vec<Vec<u8>> = prefixed.iter().filter_map(|text| decode(signed.encoding, text)).collect();
    if decoded.is_empty() {
        let encoding = match signed.encoding {
            Encoding::Hex => "hex",
            Encoding::Base64 => "base64",
            Encoding::Base64Url => "base64 with - and _",
        };
        return Err(format!("the signature in {} is not {encoding}", signed.place));
    }
    Ok(decoded)
}

fn decode(encoding: Encoding, text: &str) -> Option<Vec<u8>> {
    let bytes = match encoding {
        Encoding::Hex => hex::decode(text).ok(),
        Encoding::Base64 => STANDARD.decode(text).ok(),
        Encoding::Base64Url => URL_SAFE.decode(text).ok(),
    };
    bytes.filter(|bytes| !bytes.is_empty())
}

/// Whether an instant is not too far from now, either way.
fn check_stamp(stamp: Stamp, text: &str, now: Timestamp) -> Verdict {
    let at = match stamp.unit {
        Unit::Seconds => {
            text.parse().ok().and_then(|seconds: i64| seconds.checked_mul(1000)).map(Timestamp::from_millis)
        }
        Unit::Milliseconds => text.parse().ok().map(Timestamp::from_millis),
        Unit::Rfc3339 => text.parse().ok(),
        Unit::HttpDate => Timestamp::from_http_date(text),
    };
    let at = at.ok_or_else(|| format!("the timestamp in {} cannot be read", stamp.place))?;
    let Some(tolerance) = stamp.tolerance else { return Ok(()) };
    let allowed = Duration::from_secs(u64::from(tolerance));
    let (old, ahead) = (now.since(at), at.since(now));
    if old > allowed {
        Err(format!("timestamp {} s old, tolerance {tolerance} s", old.as_secs()))
    } else if ahead > allowed {
        Err(format!("timestamp {} s in the future, tolerance {tolerance} s", ahead.as_secs()))
    } else {
        Ok(())
    }
}
