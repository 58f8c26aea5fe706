//! Which request is one that came before and was not let in. Pure.

use std::collections::{HashMap, HashSet};

use hookyard_model::{Headers, Redelivery, RequestId};

/// What providers call one delivery, however often they send it. Names of a subscription, or of one try, are not among
/// them.
const DELIVERY_IDS: [&str; 18] = [
    "webhook-id",
    "svix-id",
    "idempotency-key",
    "x-idempotency-key",
    "x-github-delivery",
    "x-gitlab-event-uuid",
    "x-gitea-delivery",
    "x-gogs-delivery",
    "x-shopify-event-id",
    "x-shopify-webhook-id",
    "x-wc-webhook-delivery-id",
    "x-atlassian-webhook-identifier",
    "linear-delivery",
    "i-twilio-idempotency-token",
    "ce-id",
    "x-webhook-id",
    "x-delivery-id",
    "x-event-id",
];
/// A body that is shorter may well be the same by chance.
pub(super) const LEAST_BODY: i64 = 16;

/// A request as it must be known to be told apart.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    pub(super) id: RequestId,
    pub(super) headers: Headers,
    /// How many bytes its body has.
    pub(super) size: i64,
}

/// The names and values under which a request's sender calls it one delivery.
fn delivery_ids(headers: &Headers) -> impl Iterator<Item = (&'static str, &str)> {
    DELIVERY_IDS.into_iter().filter_map(|name| {
        let value = headers.find(name)?.trim();
        (!value.is_empty()).then_some((name, value))
    })
}

/// What each of `refused` came again as, by what its sender calls it; each later one is one of them at most.
pub(super) fn by_id(refused: &[Sketch], later: &[Sketch]) -> HashMap<RequestId, Redelivery> {
    let mut known: HashMap<(&str, &str), Vec<&Sketch>> = HashMap::new();
    for sketch in later {
        for id in delivery_ids(&sketch.headers) {
            known.entry(id).or_default().push(sketch);
        }
    }
    refused
        .iter()
        .filter_map(|before| {
            let (header, again) = delivery_ids(&before.headers).find_map(|(name, value)| {
                let again = known.get(&(name, value))?.iter().filter(|sketch| sketch.id > before.id);
                Some((name, again.min_by_key(|sketch| sketch.id)?))
            })?;
            Some((before.id, redelivery(again.id, Some(header))))
        })
        .collect()
}

/// Those of both whose bodies may be the same, by their size, as far as `most` bytes reach; and whether that is all of
/// them.
pub(super) fn of_one_size(refused: &[&Sketch], later: &[Sketch], most: i64) -> (Vec<RequestId>, bool) {
    let sizes: HashSet<_> = refused.iter().map(|sketch| sketch.size).filter(|size| *size >= LEAST_BODY).collect();
    let found: HashSet<_> = later.iter().map(|sketch| sketch.size).filter(|size| sizes.contains(size)).collect();
    let both = refused.iter().copied().chain(later);
    let mut same: Vec<_> = both.filter(|sketch| found.contains(&sketch.size)).collect();
    // Of one size together, the small ones first: so many more fit.
    same.sort_by_key(|sketch| sketch.size);
    let mut bytes: i64 = 0;
    let fits = |sketch: &&&Sketch| {
        bytes = bytes.saturating_add(sketch.size);
        bytes <= most
    };
    let read: Vec<_> = same.iter().take_while(fits).map(|sketch| sketch.id).collect();
    let is_all = read.len() == same.len();
    (read, is_all)
}

/// What each of `refused` came again as, by equal bodies; a later one is taken once, and none that is `taken`.
pub(super) fn by_body(
    refused: &[&Sketch],
    later: &[Sketch],
    bodies: &HashMap<RequestId, Vec<u8>>,
    taken: &HashSet<RequestId>,
) -> HashMap<RequestId, Redelivery> {
    let mut known: HashMap<&[u8], Vec<RequestId>> = HashMap::new();
    for sketch in later.iter().filter(|sketch| !taken.contains(&sketch.id)) {
        if let Some(body) = bodies.get(&sketch.id) {
            known.entry(body).or_default().push(sketch.id);
        }
    }
    let mut oldest_first: Vec<_> = refused.iter().map(|sketch| sketch.id).collect();
    oldest_first.sort_unstable();
    let mut found = HashMap::new();
    for id in oldest_first {
        let Some(same) = bodies.get(&id).and_then(|body| known.get_mut(body.as_slice())) else { continue };
        let Some(next) = same.iter().copied().filter(|later| *later > id).min() else { continue };
        same.retain(|later| *later != next);
        found.insert(id, redelivery(next, None));
    }
    found
}

fn redelivery(request_id: RequestId, header: Option<&str>) -> Redelivery {
    Redelivery { request_id, created_at: request_id.made_at(), header: header.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use hookyard_model::Timestamp;

    use super::*;

    fn sketch(at: i64, headers: &[(&str, &str)], size: i64) -> Sketch {
        let headers = headers.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Sketch { id: RequestId::first_at(Timestamp::from_millis(at)), headers: Headers(headers), size }
    }

    #[test]
    fn a_delivery_is_known_by_what_its_sender_calls_it() {
        let refused = [
            sketch(10, &[("x-github-delivery", "one"), ("x-github-hook-id", "7")], 0),
            sketch(20, &[("x-github-delivery", "two"), ("x-github-hook-id", "7")], 0),
            sketch(30, &[("webhook-id", "one")], 0),
        ];
        let later = [
            sketch(5, &[("x-github-delivery", "two")], 0),
            sketch(40, &[("x-github-delivery", "one"), ("x-github-hook-id", "7")], 0),
            sketch(50, &[("x-github-delivery", "one")], 0),
        ];
        let found = by_id(&refused, &later);
        assert_eq!(found.len(), 1, "not what came before, not by another name, not by the subscription");
        assert_eq!(found[&refused[0].id].request_id, later[1].id, "the first of them");
        assert_eq!(found[&refused[0].id].header.as_deref(), Some("x-github-delivery"));
    }

    #[test]
    fn equal_bodies_are_paired_one_to_one() {
        let refused = [sketch(10, &[], 20), sketch(20, &[], 20), sketch(30, &[], 2)];
        let later = [sketch(40, &[], 20), sketch(50, &[], 20), sketch(60, &[], 99), sketch(70, &[], 2)];
        let all: Vec<_> = refused.iter().collect();
        let (wanted, is_all) = of_one_size(&all, &later, 80);
        assert_eq!((wanted.len(), is_all), (4, true), "short bodies and those of other sizes are not read");
        let (part, is_all) = of_one_size(&all, &later, 79);
        assert_eq!((part.len(), is_all), (3, false));
        let bodies = wanted.iter().map(|id| (*id, vec![b'a'; 20])).collect();

        let found = by_body(&all, &later, &bodies, &HashSet::new());
        assert_eq!(found[&refused[0].id].request_id, later[0].id);
        assert_eq!(found[&refused[1].id].request_id, later[1].id);
        let found = by_body(&all, &later, &bodies, &HashSet::from([later[0].id]));
        assert_eq!((found.len(), found[&refused[0].id].request_id), (1, later[1].id), "one is another's already");
    }
}
