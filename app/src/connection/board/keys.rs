//! The board by keyboard: up and down within a column, left and right along a connection.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, KeyboardEvent};

const CELL: &str = "data-cell";

/// Follows an arrow key that was pressed on a link of the board.
pub(super) fn follow(event: &KeyboardEvent) {
    if event.alt_key() || event.ctrl_key() || event.meta_key() || event.shift_key() {
        return;
    }
    let Some(from) = event.target().and_then(|target| target.dyn_into::<Element>().ok()) else { return };
    let Some(cell) = from.get_attribute(CELL) else { return };
    let to = match event.key().as_str() {
        "ArrowDown" => beside(&from, &cell, Step::Next),
        "ArrowUp" => beside(&from, &cell, Step::Before),
        "Home" => beside(&from, &cell, Step::First),
        "End" => beside(&from, &cell, Step::Last),
        "ArrowRight" => along(&from, &cell, ["source", "route", "destination"]),
        "ArrowLeft" => along(&from, &cell, ["destination", "route", "source"]),
        _ => return,
    };
    if let Some(to) = to.and_then(|to| to.dyn_into::<HtmlElement>().ok()) {
        event.prevent_default();
        // It fails only for a link that is no longer part of the page.
        drop(to.focus());
    }
}

enum Step {
    Next,
    Before,
    First,
    Last,
}

/// The link above or below in the same column.
fn beside(from: &Element, cell: &str, step: Step) -> Option<Element> {
    let column = all(&format!(".board [{CELL}={cell}]"));
    let at = column.iter().position(|link| link == from)?;
    match step {
        Step::Next => column.get(at + 1),
        Step::Before => at.checked_sub(1).and_then(|at| column.get(at)),
        Step::First => column.first(),
        Step::Last => column.last(),
    }
    .cloned()
}

/// The link in the next column that is on the same connection.
fn along(from: &Element, cell: &str, [first, middle, last]: [&str; 3]) -> Option<Element> {
    if cell == middle {
        let end = from.get_attribute(&format!("data-{last}"))?;
        let of_end = all(&format!(".board [{CELL}={last}][data-id={end}]"));
        // A folded row knows one of its ends alone: it leads to the nearest card.
        return of_end.into_iter().next().or_else(|| all(&format!(".board [{CELL}={last}]")).into_iter().next());
    }
    if cell == first {
        let id = from.get_attribute("data-id")?;
        return all(&format!(".board [{CELL}={middle}][data-{first}={id}]")).into_iter().next();
    }
    None
}

fn all(selector: &str) -> Vec<Element> {
    let Ok(found) = document().query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|at| found.get(at)).filter_map(|node| node.dyn_into().ok()).collect()
}
