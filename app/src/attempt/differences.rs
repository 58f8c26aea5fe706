//! What differs, drawn: pairs of values, headers, and bodies line by line.

use hookyard_model::{Body, Headers};
use leptos::prelude::*;

use super::diff::{self, HeaderPair, Row};
use crate::ui::{Visible, readable};

/// So much of each body is compared.
const COMPARED: usize = 400_000;

/// A value of either side, beside each other or, where it is narrow, below.
#[component]
pub(super) fn Pair(#[prop(into)] what: String, left: AnyView, right: AnyView, differs: bool) -> impl IntoView {
    view! {
        <div class="pair" class:differs=differs>
            <span class="what"><Visible text=what/>{differs.then(|| view! { <span class="hidden">" differs"</span> })}</span>
            <span>{left}</span>
            <span>{right}</span>
        </div>
    }
}

/// The headers that differ, and how many do not.
#[component]
pub(crate) fn HeaderDifferences(left: Headers, right: Headers) -> impl IntoView {
    let (differ, same): (Vec<_>, Vec<_>) = diff::headers(&left, &right).into_iter().partition(HeaderPair::differs);
    let value = |value: Option<String>, other: &'static str| match value {
        Some(text) => view! { <code><Visible text/></code> }.into_any(),
        None => view! { <span class="nothing">{other}</span> }.into_any(),
    };
    let count = same.len();
    let one = |pair: HeaderPair| {
        let differs = pair.differs();
        view! { <Pair what=pair.name left=value(pair.left, "not there") right=value(pair.right, "not there") differs/> }
    };
    view! {
        {(!differ.is_empty()).then(|| view! { <div class="pairs">{differ.into_iter().map(one).collect_view()}</div> })}
        {match count {
            0 => ().into_any(),
            count => view! {
                <details class="same">
                    <summary>{count}{if count == 1 { " header is the same" } else { " headers are the same" }}</summary>
                    <div class="pairs">{same.into_iter().map(one).collect_view()}</div>
                </details>
            }
            .into_any(),
        }}
    }
}

/// The lines that differ, laid out where they are JSON.
#[component]
pub(crate) fn BodyDifference(left: Option<Body>, right: Option<Body>) -> impl IntoView {
    let (left, right) = match (left, right) {
        (None, None) => return view! { <p class="nothing">"There was none."</p> }.into_any(),
        (left, right) => (left.unwrap_or_else(nothing), right.unwrap_or_else(nothing)),
    };
    if left == right {
        return view! { <p class="nothing">"The same, byte for byte."</p> }.into_any();
    }
    let ((left, is_left_whole), (right, is_right_whole)) = (readable(&left, COMPARED), readable(&right, COMPARED));
    let diff = diff::lines(&left, &right);
    let is_part = !is_left_whole || !is_right_whole || diff.left_out > 0;
    let same = diff.rows.iter().all(|row| !matches!(row, Row::Differs(..)));
    let side = |line: Option<String>, is_left: bool| match line {
        None => view! { <span class="none"></span> }.into_any(),
        Some(text) if is_left => view! { <del><span class="hidden">"left: "</span><Visible text/></del> }.into_any(),
        Some(text) => view! { <ins><span class="hidden">"right: "</span><Visible text/></ins> }.into_any(),
    };
    let row = move |row: Row| {
        match row {
        Row::Same(text) => view! {
            <li class="same"><span><Visible text=text.clone()/></span><span aria-hidden="true"><Visible text/></span></li>
        }
        .into_any(),
        Row::Differs(left, right) => view! { <li class="differs">{side(left, true)}{side(right, false)}</li> }.into_any(),
        Row::Skipped(count) => view! {
            <li class="skipped">{count}{if count == 1 { " line is the same" } else { " lines are the same" }}</li>
        }
        .into_any(),
    }
    };
    view! {
        {same.then(|| view! { <p class="nothing">"What is compared is the same but for its layout."</p> })}
        <ol class="diff code">{diff.rows.into_iter().map(row).collect_view()}</ol>
        {is_part.then(|| view! { <p class="aside">"They are too long to be compared whole: this is their beginning."</p> })}
    }
    .into_any()
}

fn nothing() -> Body {
    Body::from_bytes(b"")
}
