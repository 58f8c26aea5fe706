//! The report of a receiver check: what its plan and the first attempts come to, as of now. Pure.

use std::collections::{BTreeMap, HashMap};

use hookyard_model::{
    AttemptId, AttemptStatus, CheckItem, CheckedDelivery, EventId, Finding, ReceiverCheck, Scenario, Timestamp,
};

use super::{
    advice,
    plan::{Plan, Planned},
    staged::ONCE_IN_A_CHECK,
    store::Check,
};

/// How many failed deliveries of one scenario are named.
const MOST_NAMED: usize = 10;

/// What came of a delivery.
#[derive(Debug, Clone)]
pub(super) struct Tried {
    pub(super) attempt: AttemptId,
    pub(super) status: AttemptStatus,
    pub(super) response_status: Option<u16>,
    pub(super) error_message: Option<String>,
    /// Milliseconds.
    pub(super) latency: f64,
}

impl Tried {
    fn is_acknowledged(&self) -> bool {
        self.status == AttemptStatus::Successful
    }

    /// What it answered, as the end of a sentence.
    fn said(&self) -> String {
        let time = duration(self.latency);
        if let Some(status) = self.response_status {
            return format!("it answered {status} in {time}");
        }
        let message = self.error_message.as_deref().unwrap_or("no answer came");
        let message = message.strip_suffix(ONCE_IN_A_CHECK).unwrap_or(message).trim_end_matches("; ");
        format!("there was no answer after {time}: {message}")
    }
}

fn duration(millis: f64) -> String {
    if millis < 1.0 { "less than 1 ms".to_owned() } else { format!("{millis:.0} ms") }
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(char::to_uppercase).into_iter().flatten();
    let mut sentence: String = first.chain(characters).collect();
    if !sentence.ends_with('.') {
        sentence.push('.');
    }
    sentence
}

/// A finding with its evidence and its advice.
struct Verdict(Finding, String, &'static str);

/// A scenario's deliveries so far.
struct Seen<'a> {
    scenario: Scenario,
    all: usize,
    /// In the order in which they were due.
    tried: Vec<&'a Tried>,
}

pub(super) fn report(check: Check, tried: &HashMap<EventId, Tried>, now: Timestamp) -> ReceiverCheck {
    let Plan { answers_within_ms, is_built_in, ends_at, scenarios } = check.plan;
    let events = || scenarios.iter().flat_map(|planned| &planned.events);
    let (deliveries, were_tried) = (events().count(), events().filter(|event| tried.contains_key(event)).count());
    let done = were_tried == deliveries || now >= ends_at;
    let seen = |planned: &Planned| Seen {
        scenario: planned.scenario,
        all: planned.events.len(),
        tried: planned.events.iter().filter_map(|event| tried.get(event)).collect(),
    };
    let mut items: Vec<CheckItem> = Vec::with_capacity(scenarios.len() + 1);
    for planned in &scenarios {
        let seen = seen(planned);
        let verdict = match &planned.not_applicable {
            Some(why) => Verdict(Finding::NotApplicable, sentence(why), ""),
            None => awaited(&seen, done)
                .or_else(|| unanchored(items.first()))
                .unwrap_or_else(|| judge(&seen, is_built_in, &items)),
        };
        items.push(item(
            planned.scenario,
            advice::title(planned.scenario).to_owned(),
            verdict,
            delivered(planned, tried),
        ));
    }
    let timed: Vec<_> =
        scenarios.iter().filter(|planned| matches!(planned.scenario, Scenario::Valid | Scenario::Burst)).collect();
    let times: Vec<f64> = timed
        .iter()
        .flat_map(|planned| seen(planned).tried)
        .filter(|tried| tried.response_status.is_some())
        .map(|tried| tried.latency)
        .collect();
    let is_whole = timed.iter().all(|planned| seen(planned).tried.len() == planned.events.len());
    let verdict = if is_whole || done {
        quick(times, answers_within_ms, items.first())
    } else {
        Verdict(Finding::Waiting, "Not all answers are there yet.".to_owned(), "")
    };
    let title = format!("Answers within {answers_within_ms} ms");
    items.push(item(Scenario::Valid, title, verdict, Vec::new()));
    ReceiverCheck {
        id: check.id,
        destination_id: check.destination_id,
        kind: check.event_type,
        created_at: check.created_at,
        done,
        deliveries: u32::try_from(deliveries).unwrap_or(u32::MAX),
        tried: u32::try_from(were_tried).unwrap_or(u32::MAX),
        items,
    }
}

fn item(scenario: Scenario, title: String, verdict: Verdict, deliveries: Vec<CheckedDelivery>) -> CheckItem {
    let Verdict(finding, evidence, advice) = verdict;
    CheckItem { scenario, title, finding, evidence, advice: advice.to_owned(), deliveries }
}

/// The deliveries that a finding rests on: of a burst the slowest and the failed ones.
fn delivered(planned: &Planned, tried: &HashMap<EventId, Tried>) -> Vec<CheckedDelivery> {
    let delivery = |event: &EventId| {
        let tried = tried.get(event);
        CheckedDelivery {
            event_id: *event,
            attempt_id: tried.map(|tried| tried.attempt),
            status: tried.map(|tried| tried.status),
            response_status: tried.and_then(|tried| tried.response_status),
            error_message: tried.and_then(|tried| tried.error_message.clone()),
            latency: tried.map(|tried| tried.latency),
        }
    };
    if planned.scenario != Scenario::Burst {
        return planned.events.iter().map(delivery).collect();
    }
    let latency = |event: &EventId| tried.get(event).map_or(0.0, |tried| tried.latency);
    let known = || planned.events.iter().filter(|event| tried.contains_key(event));
    let slowest = known().max_by(|a, b| latency(a).total_cmp(&latency(b)));
    let failed = known().filter(|event| Some(*event) != slowest && !tried[event].is_acknowledged());
    slowest.into_iter().chain(failed.take(MOST_NAMED)).map(delivery).collect()
}

/// What can be said while deliveries were not tried; nothing once all were.
fn awaited(seen: &Seen<'_>, done: bool) -> Option<Verdict> {
    let there = seen.tried.len();
    if there == seen.all {
        return None;
    }
    let of = if seen.all == 1 {
        "The delivery".to_owned()
    } else {
        format!("{} of {} deliveries", seen.all - there, seen.all)
    };
    if !done {
        let evidence = format!("{of} {} not tried yet.", if seen.all == 1 { "was" } else { "were" });
        return Some(Verdict(Finding::Waiting, evidence, ""));
    }
    // What was tried may be enough to know.
    if seen.tried.iter().any(|tried| !tried.is_acknowledged()) && !is_to_be_refused(seen.scenario) {
        return None;
    }
    let evidence = format!("{of} did not go out before the check ended.");
    let advice =
        "See whether the webhook was disabled or paused meanwhile, or whether its receiver asked to be sent less.";
    Some(Verdict(Finding::NotApplicable, evidence, advice))
}

/// Where ordinary deliveries do not get through, nothing can be said of others.
fn unanchored(anchor: Option<&CheckItem>) -> Option<Verdict> {
    match anchor?.finding {
        Finding::Pass => None,
        Finding::Waiting => Some(Verdict(Finding::Waiting, "The ordinary delivery was not tried yet.".to_owned(), "")),
        Finding::Fail | Finding::NotApplicable => {
            let evidence = "An ordinary delivery was not accepted, so what came of this one says nothing.".to_owned();
            Some(Verdict(Finding::NotApplicable, evidence, "Make ordinary deliveries work first, then check again."))
        }
    }
}

const fn is_to_be_refused(scenario: Scenario) -> bool {
    matches!(scenario, Scenario::StaleTimestamp | Scenario::WrongSignature | Scenario::MissingSignature)
}

fn judge(seen: &Seen<'_>, is_built_in: bool, before: &[CheckItem]) -> Verdict {
    match seen.tried.first() {
        Some(tried) if is_to_be_refused(seen.scenario) => refused(seen.scenario, tried, is_built_in),
        _ => acknowledged(seen, before),
    }
}

fn refused(scenario: Scenario, tried: &Tried, is_built_in: bool) -> Verdict {
    if is_built_in {
        let evidence = "The built-in receiver does not verify signatures: it accepts everything.".to_owned();
        return Verdict(Finding::Fail, evidence, "Check a receiver of your own: give a webhook its URL.");
    }
    let said = tried.said();
    let (finding, evidence) = match tried.response_status {
        Some(429) => (Finding::NotApplicable, format!("{said}, too busy to look at it")),
        Some(400..=499) => (Finding::Pass, said),
        Some(500..) => (Finding::Fail, format!("{said}: it broke instead of refusing")),
        Some(200..=299) => (Finding::Fail, format!("{said}: it accepted what it should refuse")),
        Some(_) => (Finding::Fail, format!("{said}, which is no refusal")),
        None => (Finding::Fail, said),
    };
    let advice = if finding == Finding::Fail { advice::to_refuse(scenario, tried) } else { "" };
    Verdict(finding, sentence(&evidence), advice)
}

fn acknowledged(seen: &Seen<'_>, before: &[CheckItem]) -> Verdict {
    let Some(failed) = seen.tried.iter().position(|tried| !tried.is_acknowledged()) else {
        return Verdict(Finding::Pass, sentence(&passed(seen)), "");
    };
    let tried = seen.tried[failed];
    let advice = advice::to_acknowledge(seen.scenario, tried);
    let evidence = match (seen.scenario, failed) {
        (Scenario::Burst, _) => not_all(seen),
        (Scenario::Duplicate, 1) => format!("to the second copy {}", tried.said()),
        (Scenario::Duplicate, _) => format!("to the first copy {}", tried.said()),
        (Scenario::OutOfOrder, 1) => format!("to the older event, which came later, {}", tried.said()),
        (Scenario::OutOfOrder, _) => format!("to the newer event, which came first, {}", tried.said()),
        _ => tried.said(),
    };
    let padding = before.iter().find(|item| item.scenario == Scenario::UnknownFields);
    if seen.scenario == Scenario::LargePayload
        && tried.response_status != Some(413)
        && padding.is_some_and(|item| item.finding == Finding::Fail)
    {
        let evidence = format!("{}; but it refuses unknown fields, and the padding is one", tried.said());
        return Verdict(
            Finding::NotApplicable,
            sentence(&evidence),
            "Have it ignore unknown fields, then check again.",
        );
    }
    Verdict(Finding::Fail, sentence(&evidence), advice)
}

/// The evidence that all were acknowledged.
fn passed(seen: &Seen<'_>) -> String {
    match (seen.scenario, seen.tried.as_slice()) {
        (Scenario::Duplicate, [first, second]) => format!(
            "{}, and to the second copy {}. Whether it did its work only once cannot be seen from here",
            first.said(),
            second.said(),
        ),
        (Scenario::OutOfOrder, [newer, older]) => format!(
            "to the newer event {}, and then to the older one {}. Which of them it believes cannot be seen from here",
            newer.said(),
            older.said(),
        ),
        (Scenario::Burst, all) => {
            let times: Vec<f64> = all.iter().map(|tried| tried.latency).collect();
            format!("all {} were answered with 2xx; {}", all.len(), spread(times))
        }
        (_, all) => all.first().map_or_else(String::new, |tried| tried.said()),
    }
}

/// Which of a burst were not acknowledged, by what came instead.
fn not_all(seen: &Seen<'_>) -> String {
    let mut instead: BTreeMap<Option<u16>, usize> = BTreeMap::new();
    for tried in seen.tried.iter().filter(|tried| !tried.is_acknowledged()) {
        *instead.entry(tried.response_status).or_default() += 1;
    }
    let instead: Vec<_> = instead
        .into_iter()
        .map(|(status, count)| match status {
            Some(status) => format!("{count} got {status}"),
            None => format!("{count} got no answer"),
        })
        .collect();
    let good = seen.tried.iter().filter(|tried| tried.is_acknowledged()).count();
    format!("{good} of {} were answered with 2xx; {}", seen.all, instead.join(", "))
}

/// Half of these times are within, and the longest.
fn spread(mut times: Vec<f64>) -> String {
    times.sort_by(f64::total_cmp);
    let median = times.get(times.len().saturating_sub(1) / 2).copied().unwrap_or_default();
    let slowest = times.last().copied().unwrap_or_default();
    format!("half of them within {}, the slowest after {}", duration(median), duration(slowest))
}

fn quick(times: Vec<f64>, limit: u32, anchor: Option<&CheckItem>) -> Verdict {
    if let Some(verdict) = unanchored(anchor) {
        return verdict;
    }
    let late = times.iter().filter(|time| **time > f64::from(limit)).count();
    let evidence = match times.as_slice() {
        [] => return Verdict(Finding::NotApplicable, "There was no answer to measure.".to_owned(), ""),
        [one] => format!("it took {}", duration(*one)),
        many if late == 0 => format!("{} answers: {}", many.len(), spread(times)),
        many => format!("{late} of {} answers took longer: {}", many.len(), spread(times)),
    };
    if late == 0 {
        return Verdict(Finding::Pass, sentence(&evidence), "");
    }
    Verdict(Finding::Fail, sentence(&evidence), advice::TO_BE_QUICK)
}

#[cfg(test)]
mod tests;
