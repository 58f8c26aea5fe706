//! What of the board is wanted: all of it stands in the URL.

use crate::{
    connection::{flow::Flow, server::Route},
    ui::Here,
};

use super::plan::Side;

/// Above so many connections, groups of many fold by themselves.
const OPEN_AT_MOST: usize = 40;
/// A group of so many does not fold by itself.
const FEW: usize = 3;

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Choice {
    pub(super) q: String,
    pub(super) state: String,
    pub(super) source: Option<String>,
    pub(super) destination: Option<String>,
    pub(super) side: Side,
    pub(super) is_table: bool,
    fold: String,
    open: Vec<String>,
    shut: Vec<String>,
}

/// The states that one can look for, and their names.
pub(super) const STATES: [(&str, &str); 4] =
    [("active", "Active"), ("failing", "Failing"), ("paused", "Paused"), ("disabled", "Disabled")];

impl Choice {
    pub(super) fn of(here: Here) -> Self {
        let said = |name: &str| here.value(name);
        let ids = |name: &str| said(name).map(|ids| ids.split(',').map(str::to_owned).collect()).unwrap_or_default();
        Self {
            q: said("q").unwrap_or_default().trim().to_lowercase(),
            state: said("state").unwrap_or_default(),
            source: said("source"),
            destination: said("destination"),
            side: if said("by").as_deref() == Some("destination") { Side::Destination } else { Side::Source },
            is_table: said("view").as_deref() == Some("table"),
            fold: said("fold").unwrap_or_default(),
            open: ids("open"),
            shut: ids("shut"),
        }
    }

    /// Whether anything is left out.
    pub(super) fn is_filter(&self) -> bool {
        !self.q.is_empty() || !self.state.is_empty() || self.source.is_some() || self.destination.is_some()
    }

    pub(super) fn passes(&self, route: &Route, flow: Flow, source: &str, destination: &str) -> bool {
        let is_in_state = match self.state.as_str() {
            "active" => !route.is_paused && !route.is_disabled,
            "failing" => flow.failed > 0,
            "paused" => route.is_paused,
            "disabled" => route.is_disabled,
            _ => true,
        };
        let is_end = |wanted: &Option<String>, id: String| wanted.as_ref().is_none_or(|wanted| *wanted == id);
        let has_text = |text: &str| text.to_lowercase().contains(&self.q);
        is_in_state
            && is_end(&self.source, route.source.to_string())
            && is_end(&self.destination, route.destination.to_string())
            && (self.q.is_empty()
                || [route.name.as_str(), source, destination].into_iter().any(has_text)
                || route.id.to_string() == self.q)
    }

    /// Whether one row stands for the `count` connections of this end, of `shown` on the whole; a group of `few` does
    /// not fold by itself.
    pub(super) fn is_folded(&self, end: &str, count: usize, shown: usize, few: usize) -> bool {
        let is_among = |ends: &[String]| ends.iter().any(|known| known == end);
        if is_among(&self.open) || count < 2 {
            return false;
        }
        is_among(&self.shut)
            || match self.fold.as_str() {
                "all" => true,
                "none" => false,
                _ => shown > OPEN_AT_MOST && count > few && !self.is_filter(),
            }
    }

    /// Where this end's group is the other way.
    pub(super) fn toggled(&self, here: Here, end: &str, is_folded: bool) -> String {
        let list = |ids: &[String], is_in: bool| {
            let others = ids.iter().map(String::as_str).filter(|id| *id != end);
            let ids: Vec<_> = others.chain(is_in.then_some(end)).collect();
            (!ids.is_empty()).then(|| ids.join(","))
        };
        let (open, shut) = (list(&self.open, is_folded), list(&self.shut, !is_folded));
        here.with(&[("open", open.as_deref()), ("shut", shut.as_deref())])
    }
}

/// How many connections a group may have and stay open where groups of these sizes stand: where the small ones alone
/// are many rows, they fold too.
pub(super) fn few(counts: impl Iterator<Item = usize>) -> usize {
    let rows: usize = counts.map(|count| if count > FEW { 1 } else { count }).sum();
    if rows > OPEN_AT_MOST { 1 } else { FEW }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_fold_unless_one_looks_for_something() {
        let all = Choice::default();
        assert!(all.is_folded("a", 10, 200, 3) && !all.is_folded("a", 3, 200, 3) && !all.is_folded("a", 10, 30, 3));
        let searched = Choice { q: "x".to_owned(), ..Choice::default() };
        assert!(!searched.is_folded("a", 10, 200, 3));
        let by_hand = Choice { open: vec!["a".to_owned()], shut: vec!["b".to_owned()], ..Choice::default() };
        assert!(!by_hand.is_folded("a", 10, 200, 3));
        assert!(by_hand.is_folded("b", 2, 2, 3) && !by_hand.is_folded("b", 1, 2, 3));
        assert!(Choice { fold: "all".to_owned(), ..Choice::default() }.is_folded("a", 2, 2, 3));
    }

    #[test]
    fn small_groups_fold_where_they_are_many() {
        assert_eq!(few([20, 12, 3, 2].into_iter()), 3);
        assert_eq!(few(std::iter::repeat_n(2, 20)), 3);
        assert_eq!(few(std::iter::repeat_n(2, 21)), 1);
        assert!(Choice::default().is_folded("a", 2, 42, 1) && !Choice::default().is_folded("a", 1, 42, 1));
    }
}
