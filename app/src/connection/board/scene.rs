//! What the board's parts share.

use std::collections::{HashMap, HashSet};

use hookyard_model::ConnectionId;
use leptos::prelude::*;

use super::{
    asked::Asked,
    choice::{Choice, few},
    plan::{Line, Plan, Side, plan},
};
use crate::{
    connection::{
        flow::{Flow, Flows},
        server::{Board, BoardEnd, Route},
    },
    ui::{Here, here},
};

/// What is pointed at, or has the focus: its way is lit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Focus {
    End(String),
    Routes(Vec<ConnectionId>),
}

/// What lies on the way of what is pointed at.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Lit {
    routes: HashSet<ConnectionId>,
    ends: HashSet<String>,
}

/// How connections are, the worst first where they are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Active,
    Paused,
    Disabled,
}

/// The board: what there is, what of it is wanted, and where it stands.
#[derive(Clone, Copy)]
pub(super) struct Scene {
    pub(super) asked: Asked,
    pub(super) here: Here,
    pub(super) choice: Memo<Choice>,
    routes: Memo<HashMap<ConnectionId, Route>>,
    ends: Memo<HashMap<String, BoardEnd>>,
    flows: Memo<Flows>,
    /// The connections that are wanted, in their order.
    pub(super) shown: Memo<Vec<ConnectionId>>,
    pub(super) plan: Memo<Plan>,
    pub(super) focus: RwSignal<Option<Focus>>,
    lit: Memo<Option<Lit>>,
}

impl Scene {
    pub(super) fn new(asked: Asked, board: Memo<Board>, flows: Memo<Flows>) -> Self {
        let here = here();
        let choice = Memo::new(move |_| Choice::of(here));
        let routes = Memo::new(move |_| {
            board.with(|board| board.routes.iter().map(|route| (route.id, route.clone())).collect::<HashMap<_, _>>())
        });
        let ends = Memo::new(move |_| {
            let all = |board: &Board| board.sources.iter().chain(&board.destinations).cloned().collect::<Vec<_>>();
            board.with(all).into_iter().map(|end| (end.id.clone(), end)).collect::<HashMap<_, _>>()
        });
        let shown = Memo::new(move |_| {
            choice.with(|choice| {
                board.with(|board| flows.with(|flows| ends.with(|ends| shown(choice, board, flows, ends))))
            })
        });
        let plan = Memo::new(move |_| {
            choice.with(|choice| shown.with(|shown| board.with(|board| planned(choice, shown, board))))
        });
        let focus = RwSignal::new(None);
        let lit = Memo::new(move |_| {
            focus.with(|focus| focus.as_ref().map(|focus| routes.with(|routes| lit(focus, routes))))
        });
        Self { asked, here, choice, routes, ends, flows, shown, plan, focus, lit }
    }

    pub(super) fn route(self, id: ConnectionId) -> Option<Route> {
        self.routes.with(|routes| routes.get(&id).cloned())
    }

    pub(super) fn end(self, id: &str) -> Option<BoardEnd> {
        self.ends.with(|ends| ends.get(id).cloned())
    }

    pub(super) fn name_of(self, end: &str) -> String {
        self.ends.with(|ends| ends.get(end).map(|end| end.name.clone())).unwrap_or_default()
    }

    /// How many of the connections that are shown begin or end here.
    pub(super) fn count_of(self, end: &str) -> usize {
        let is_its = |route: &&Route| route.source.to_string() == end || route.destination.to_string() == end;
        self.shown.with(|shown| {
            self.routes.with(|routes| shown.iter().filter_map(|id| routes.get(id)).filter(is_its).count())
        })
    }

    pub(super) fn flow_of(self, ids: &[ConnectionId]) -> Flow {
        self.flows.with(|flows| Flow::of(flows, ids))
    }

    pub(super) fn state_of(self, ids: &[ConnectionId]) -> State {
        self.routes.with(|routes| {
            let all = |is: fn(&Route) -> bool| ids.iter().filter_map(|id| routes.get(id)).all(is);
            match (all(|route| route.is_disabled), all(|route| route.is_paused || route.is_disabled)) {
                (true, _) => State::Disabled,
                (false, true) => State::Paused,
                (false, false) => State::Active,
            }
        })
    }

    pub(super) fn is_lit(self, ids: &[ConnectionId]) -> bool {
        self.lit.with(|lit| lit.as_ref().is_some_and(|lit| ids.iter().any(|id| lit.routes.contains(id))))
    }

    pub(super) fn is_end_lit(self, end: &str) -> bool {
        self.lit.with(|lit| lit.as_ref().is_some_and(|lit| lit.ends.contains(end)))
    }

    /// Whether anything is lit, and so the rest is dim.
    pub(super) fn is_any_lit(self) -> bool {
        self.lit.with(Option::is_some)
    }
}

fn shown(choice: &Choice, board: &Board, flows: &Flows, ends: &HashMap<String, BoardEnd>) -> Vec<ConnectionId> {
    let name = |id: String| ends.get(&id).map(|end| end.name.as_str()).unwrap_or_default();
    let passes = |route: &&Route| {
        let flow = flows.get(&route.id).copied().unwrap_or_default();
        choice.passes(route, flow, name(route.source.to_string()), name(route.destination.to_string()))
    };
    board.routes.iter().filter(passes).map(|route| route.id).collect()
}

fn planned(choice: &Choice, shown: &[ConnectionId], board: &Board) -> Plan {
    let shown: HashSet<_> = shown.iter().copied().collect();
    let lines: Vec<Line> = board
        .routes
        .iter()
        .filter(|route| shown.contains(&route.id))
        .map(|route| Line {
            id: route.id,
            source: route.source.to_string(),
            destination: route.destination.to_string(),
        })
        .collect();
    // Where something is looked for, ends that nothing found leads to are in the way.
    let is_used = |end: &str| lines.iter().any(|line| line.source == end || line.destination == end);
    let ids = |ends: &[BoardEnd]| {
        let ids = ends.iter().map(|end| end.id.clone());
        ids.filter(|id| !choice.is_filter() || is_used(id)).collect::<Vec<_>>()
    };
    // The built-in source stands there once something leaves it.
    let sources = board.sources.iter().filter(|end| !end.is_built_in || is_used(&end.id)).cloned().collect::<Vec<_>>();
    let (sources, destinations) = (ids(&sources), ids(&board.destinations));
    let (near, far) = match choice.side {
        Side::Source => (sources, destinations),
        Side::Destination => (destinations, sources),
    };
    let of_end = |end: &str| {
        let is_its =
            |line: &&Line| if choice.side == Side::Source { line.source == end } else { line.destination == end };
        lines.iter().filter(is_its).count()
    };
    let few = few(near.iter().map(|end| of_end(end)));
    plan(choice.side, &lines, &near, &far, |end| choice.is_folded(end, of_end(end), lines.len(), few))
}

fn lit(focus: &Focus, routes: &HashMap<ConnectionId, Route>) -> Lit {
    let is_on = |route: &&Route| match focus {
        Focus::End(end) => route.source.to_string() == *end || route.destination.to_string() == *end,
        Focus::Routes(ids) => ids.contains(&route.id),
    };
    let mut lit = Lit::default();
    for route in routes.values().filter(is_on) {
        lit.routes.insert(route.id);
        lit.ends.insert(route.source.to_string());
        lit.ends.insert(route.destination.to_string());
    }
    if let Focus::End(end) = focus {
        lit.ends.insert(end.clone());
    }
    lit
}
