//! Attempts: each HTTP try of an event.

mod store;

use std::time::Duration;

use async_trait::async_trait;
use hookyard_model::{
    Actor, Attempt, AttemptFilter, AttemptHistogram, AttemptId, AttemptStatus, Body, Diagnosis, EventId, Page,
    PageQuery, Problem, TimeBound, Timings,
    service::{Answer, Attempts},
};

use self::store::{Bodies, Row};
use crate::{
    Engine, capture,
    error::Result,
    event,
    request::payload::{headers, narrow},
    rollup,
};

/// How many bytes of bodies a list carries.
const ENOUGH: usize = 16 << 20;

#[async_trait]
impl Attempts for Engine {
    async fn attempts(&self, who: &Actor, filter: &AttemptFilter, page: &PageQuery) -> Answer<Page<Attempt>> {
        let mut found = self.page_of_attempts(who, filter, page).await?;
        self.redact(who, &mut found.models).await?;
        Ok(found)
    }

    async fn attempts_with_bodies(
        &self,
        who: &Actor,
        filter: &AttemptFilter,
        page: &PageQuery,
    ) -> Answer<Page<Attempt>> {
        let mut found = self.page_of_attempts(who, filter, page).await?;
        let mut bytes = 0;
        for attempt in &mut found.models {
            if bytes < ENOUGH {
                self.add_bodies(who, attempt).await?;
            }
            let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
            bytes += length(&attempt.request_body) + length(&attempt.body);
        }
        self.redact(who, &mut found.models).await?;
        Ok(found)
    }

    async fn count_attempts(&self, who: &Actor, filter: &AttemptFilter) -> Answer<u64> {
        let asked = (*who, filter.clone());
        let read = |engine: Self| async move { store::count(engine.db(), &asked.0, &asked.1, engine.now()).await };
        Ok(self.in_turn(filter.q.as_deref(), read).await?)
    }

    async fn attempt_histogram(&self, who: &Actor, filter: &AttemptFilter, buckets: u32) -> Answer<AttemptHistogram> {
        Ok(self.histogram(who, filter, buckets).await?)
    }

    async fn attempt(&self, who: &Actor, id: AttemptId) -> Answer<Attempt> {
        Ok(self.attempt_with_bodies(who, id).await?)
    }
}

/// Buckets to count into.
pub(crate) struct Window {
    pub(crate) histogram: AttemptHistogram,
    /// Whether nothing can be in them.
    pub(crate) is_empty: bool,
}

impl Engine {
    /// About `buckets` buckets from `from` to `to`, as far as history goes.
    pub(crate) fn window(&self, from: Option<TimeBound>, to: Option<TimeBound>, buckets: u32) -> Window {
        let now = self.now();
        let oldest = now.minus(Duration::from_hours(24) * self.0.config.retention_days);
        let resolved = |bound: Option<TimeBound>| bound.map(|bound| bound.resolve(now));
        let (asked_from, asked_to) = (resolved(from).unwrap_or(oldest), resolved(to).unwrap_or(now));
        let to = asked_to.clamp(oldest, now);
        let histogram = AttemptHistogram::empty(asked_from.clamp(oldest, to), to, buckets);
        Window { histogram, is_empty: asked_from > asked_to || asked_from > now || asked_to < oldest }
    }

    /// The latest attempts of each of these events without bodies, `most` of each, the oldest first.
    pub(crate) async fn latest_attempts(&self, who: &Actor, events: &[EventId], most: u32) -> Result<Vec<Attempt>> {
        let rows = store::latest_of(self.db(), who, events, most).await?;
        let mut attempts: Vec<_> = rows.into_iter().map(|row| read(row, who)).collect::<Result<_>>()?;
        self.redact(who, &mut attempts).await?;
        Ok(attempts)
    }

    /// Takes out of attempts what scripts put there of their environments.
    async fn redact(&self, who: &Actor, attempts: &mut [Attempt]) -> Result<()> {
        let events: Vec<_> = attempts.iter().map(|attempt| attempt.event_id).collect();
        let redactors = self.redactors(who, &events).await?;
        for attempt in attempts {
            let Some(redactor) = redactors.get(&attempt.event_id) else { continue };
            let redact = |text: &mut String| *text = redactor.text(std::mem::take(text));
            attempt.request_headers.0.iter_mut().for_each(|(_, value)| redact(value));
            attempt.requested_url.iter_mut().for_each(redact);
            attempt.request_body.iter_mut().for_each(redact);
        }
        Ok(())
    }

    /// Without bodies, and with what is to be redacted.
    async fn page_of_attempts(&self, who: &Actor, filter: &AttemptFilter, page: &PageQuery) -> Result<Page<Attempt>> {
        let asked = (*who, filter.clone(), page.clone());
        let search = |engine: Self| async move {
            let (who, filter, page) = asked;
            store::page(engine.db(), &who, &filter, &page, engine.now()).await
        };
        let rows = self.in_turn(filter.q.as_deref(), search).await?;
        let attempts: Vec<_> = rows.into_iter().map(|row| read(row, who)).collect::<Result<_>>()?;
        Ok(Page::cut(page, attempts, |attempt| attempt.id.to_string()))
    }

    async fn histogram(&self, who: &Actor, filter: &AttemptFilter, buckets: u32) -> Result<AttemptHistogram> {
        let Window { mut histogram, is_empty } = self.window(filter.from, filter.to, buckets);
        if is_empty {
            return Ok(histogram);
        }
        if rollup::suffices(filter, &histogram, self.now()) {
            rollup::fill(self.db(), who, filter, &mut histogram).await?;
        } else {
            let asked = (*who, filter.clone());
            let search = |engine: Self| async move {
                store::fill(engine.db(), &asked.0, &asked.1, &mut histogram).await?;
                Ok(histogram)
            };
            return self.in_turn(filter.q.as_deref(), search).await;
        }
        Ok(histogram)
    }

    async fn attempt_with_bodies(&self, who: &Actor, id: AttemptId) -> Result<Attempt> {
        let row = store::find(self.db(), who, id).await?.ok_or_else(|| Problem::not_found("attempt", id))?;
        let mut attempt = read(row, who)?;
        self.add_bodies(who, &mut attempt).await?;
        self.redact(who, std::slice::from_mut(&mut attempt)).await?;
        Ok(attempt)
    }

    async fn add_bodies(&self, who: &Actor, attempt: &mut Attempt) -> Result<()> {
        if let Some(bodies) = store::bodies(self.db(), who, attempt.id, attempt.request_id).await? {
            add_bodies(attempt, bodies);
        }
        attempt.diagnosis = Diagnosis::of(attempt);
        Ok(())
    }
}

/// The attempt without bodies.
fn read(row: Row, who: &Actor) -> Result<Attempt> {
    let timings: Timings = serde_json::from_str(&row.timings)?;
    let is_latest = row.attempt_number == row.event_attempts;
    let took = Duration::try_from_secs_f64(timings.total_ms / 1000.0).unwrap_or_default();
    Ok(Attempt {
        id: row.id,
        team_id: who.team,
        mode: who.mode,
        event_id: row.event_id,
        request_id: row.request_id,
        connection_id: row.connection_id,
        source_id: row.source_id,
        destination_id: row.destination_id,
        event_type: row.event_type,
        webhook_id: row.webhook_id,
        attempt_number: narrow(row.attempt_number),
        event_attempts: narrow(row.event_attempts),
        event_status: row.event_status,
        trigger: row.cause,
        bulk_retry_id: row.bulk_id,
        status: row.status,
        simulated: row.simulated,
        error_code: row.error_code,
        error_message: row.error_message,
        http_method: row.method,
        requested_url: row.url,
        response_status: row.response_status.map(narrow),
        response_latency: row.response_status.map(|_| until_head(&timings)),
        delivery_latency: timings.total_ms,
        timings,
        successful_at: row.responded_at.filter(|_| row.status == AttemptStatus::Successful),
        delivered_at: row.sent_at,
        responded_at: row.responded_at,
        next_attempt_at: event::shown(row.event_next_at).filter(|_| is_latest),
        created_at: row.id.made_at(),
        updated_at: row.responded_at.unwrap_or_else(|| row.sent_at.plus(took)),
        request_headers: headers(&row.request_headers)?,
        request_body: None,
        request_body_encoding: None,
        response_headers: row.response_headers.as_deref().map(headers).transpose()?,
        body: None,
        body_encoding: None,
        response_body_truncated: row.response_truncated,
        diagnosis: None,
    })
}

/// From the attempt's start to the answer's head, in milliseconds.
fn until_head(timings: &Timings) -> f64 {
    (timings.total_ms - timings.body_ms.unwrap_or(0.0)).max(0.0)
}

/// What was sent is made again, from the request and the instant of sending: the same bytes are not stored twice.
fn add_bodies(attempt: &mut Attempt, bodies: Bodies) {
    if let (Some(enveloped), Some(body)) = (bodies.enveloped, bodies.request_body) {
        let event_type = attempt.event_type.as_deref();
        let sent =
            capture::sent_body(enveloped, &body, attempt.mode, &attempt.webhook_id, event_type, attempt.delivered_at);
        let Body { encoding, text } = Body::from_bytes(&sent);
        (attempt.request_body, attempt.request_body_encoding) = (Some(text), Some(encoding));
    }
    if let Some(body) = bodies.response_body {
        let Body { encoding, text } = Body::from_bytes(&body);
        (attempt.body, attempt.body_encoding) = (Some(text), Some(encoding));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_comes_before_the_body() {
        let timings = |total_ms, body_ms| Timings { total_ms, body_ms, ..Timings::default() };
        for (case, timings, expected) in [
            ("a body of a while", timings(10.0, Some(4.0)), 6.0),
            ("no body", timings(10.0, None), 10.0),
            ("a body that was rounded up", timings(1.0, Some(1.5)), 0.0),
        ] {
            assert!((until_head(&timings) - expected).abs() < f64::EPSILON, "{case}");
        }
    }
}
