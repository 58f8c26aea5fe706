//! The way from a list to sending all of it again.

use hookyard_model::{BulkKind, DestinationId};
use leptos::prelude::*;

use super::query::{KIND, Pairs, of_page, text};
use crate::ui::{Here, Icon, Shape, here};

/// Leads to the preview of a bulk operation over what the list shows. Where the list is not restricted to a status, those
/// that failed are meant: what was delivered is not sent again unless it is asked for.
#[component]
pub(crate) fn BulkLink(kind: BulkKind) -> impl IntoView {
    let here = here();
    let (of_all, of_failed) = match kind {
        BulkKind::EventBulkRetry => ("Retry all these …", "Retry all failed …"),
        BulkKind::RequestBulkRetry => ("Replay all these …", "Replay all these …"),
    };
    let words = move || if is_of_failed(kind, &here.but(&[])) { of_failed } else { of_all };
    view! {
        <a class="button" href=move || preview_of(kind, here) data-testid="bulk-link"><Icon shape=Shape::Turn/><span>{words}</span></a>
    }
}

/// Leads to the preview of a retry of the failed events of one destination, or of all where there is none, in the time
/// that the page shows.
#[component]
pub(crate) fn RetryFailed(
    #[prop(optional)] destination: Option<DestinationId>,
    #[prop(optional)] is_small: bool,
) -> impl IntoView {
    let here = here();
    let href = move || failed(destination, |name| here.value(name));
    view! {
        <a class=if is_small { "button small" } else { "button" } href=href data-testid="retry-failed"><Icon shape=Shape::Turn/>"Retry all failed …"</a>
    }
}

fn failed(destination: Option<DestinationId>, value: impl Fn(&str) -> Option<String>) -> String {
    let to = destination.map(|id| ("destination".to_owned(), id.to_string()));
    let times = ["time", "from", "to"].into_iter().filter_map(|name| Some((name.to_owned(), value(name)?)));
    path(BulkKind::EventBulkRetry, to.into_iter().chain(times).collect())
}

fn is_of_failed(kind: BulkKind, pairs: &Pairs) -> bool {
    kind == BulkKind::EventBulkRetry && !pairs.iter().any(|(name, _)| name == "status")
}

fn preview_of(kind: BulkKind, here: Here) -> String {
    path(kind, here.but(&[]))
}

fn path(kind: BulkKind, list: Pairs) -> String {
    let mut pairs = vec![(KIND.to_owned(), kind.to_string())];
    if is_of_failed(kind, &list) {
        pairs.push(("status".to_owned(), "FAILED".to_owned()));
    }
    pairs.extend(of_page(kind, list));
    format!("/bulk/new?{}", text(&pairs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_leads_to_its_own_filter() {
        let of = |kind, pairs: &[(&str, &str)]| {
            path(kind, pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let (events, requests) = (BulkKind::EventBulkRetry, BulkKind::RequestBulkRetry);
        for (kind, list, expected) in [
            (events, &[][..], "kind=event_bulk_retry&status=FAILED"),
            (events, &[("status", "HOLD"), ("cursor", "x")], "kind=event_bulk_retry&status=HOLD"),
            (events, &[("q", "a b"), ("__err", "x")], "kind=event_bulk_retry&status=FAILED&q=a+b"),
            (requests, &[("branches", "none")], "kind=request_bulk_retry&branches=none"),
        ] {
            assert_eq!(of(kind, list), format!("/bulk/new?{expected}"));
        }
    }
}
