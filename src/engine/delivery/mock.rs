//! The built-in receiver: answers as it is told, without any network.

use std::time::Duration;

use hookyard_model::{ErrorCode, Mock, Timings, phrase};

use super::send::Exchange;
use crate::Engine;

/// Answers the attempt `number` of an event as `mock` says, within `limit`.
pub(super) async fn answer(engine: &Engine, mock: &Mock, number: u32, received: usize, limit: Duration) -> Exchange {
    let takes = Duration::from_millis(mock.takes_ms().into());
    let wait = takes.min(limit);
    if !wait.is_zero() {
        engine.0.clock.sleep_until(engine.now().plus(wait)).await;
    }
    if takes > limit { late(mock, number, received, limit, engine) } else { whole(mock, number, received, engine) }
}

fn whole(mock: &Mock, number: u32, received: usize, engine: &Engine) -> Exchange {
    let status = mock.answers(number, engine.ids().fraction());
    Exchange {
        failure: None,
        status: Some(status),
        headers: Some(headers(mock)),
        body: Some(body(mock, received)),
        truncated: false,
        timings: Timings {
            first_byte_ms: Some(f64::from(mock.delay_ms)),
            body_ms: Some(f64::from(mock.takes_ms() - mock.delay_ms)),
            ..Timings::default()
        },
        retry_after: mock
            .headers
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case("retry-after"))
            .map(|(_, value)| value.clone()),
    }
}

/// What is there of an answer when the time is up: nothing, or its beginning.
fn late(mock: &Mock, number: u32, received: usize, limit: Duration, engine: &Engine) -> Exchange {
    let limit_ms = u32::try_from(limit.as_millis()).unwrap_or(u32::MAX);
    let begun = mock.delay_ms < limit_ms;
    let whole = whole(mock, number, received, engine);
    if !begun {
        let failure = (ErrorCode::Timeout, format!("no answer came within {limit_ms} ms"));
        let timings = Timings { first_byte_ms: Some(f64::from(limit_ms)), ..Timings::default() };
        return Exchange {
            failure: Some(failure),
            status: None,
            headers: None,
            body: None,
            timings,
            retry_after: None,
            ..whole
        };
    }
    let mut body = whole.body.unwrap_or_default();
    body.truncate(mock.comes_by(body.len(), limit_ms));
    let sentence = format!(
        "{} within {limit_ms} ms: it began after {} ms, and {} bytes of its body came",
        phrase::NO_END,
        mock.delay_ms,
        body.len()
    );
    Exchange {
        failure: Some((ErrorCode::Timeout, sentence)),
        body: Some(body),
        timings: Timings { body_ms: Some(f64::from(limit_ms - mock.delay_ms)), ..whole.timings },
        ..whole
    }
}

fn headers(mock: &Mock) -> Vec<(String, String)> {
    let mut headers: Vec<_> =
        mock.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())).collect();
    if !headers.iter().any(|(name, _)| name == "content-type") {
        let kind = if mock.body.is_some() { "text/plain; charset=utf-8" } else { "application/json" };
        headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    headers
}

fn body(mock: &Mock, received: usize) -> Vec<u8> {
    let told = |body: &String| body.clone().into_bytes();
    let own = || format!(r#"{{"ok":true,"receiver":"built-in","received_bytes":{received}}}"#).into_bytes();
    mock.body.as_ref().map_or_else(own, told)
}
