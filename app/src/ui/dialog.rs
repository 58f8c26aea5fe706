//! Dialogs: the browser's own, so that focus, Escape and what lies behind are taken care of.

use leptos::{html, prelude::*};

use super::{Icon, Shape};

/// A modal dialog, shown while `open`. Its content is made anew each time it opens.
#[component]
pub(crate) fn Dialog(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    #[prop(optional)] wide: bool,
    children: ChildrenFn,
) -> impl IntoView {
    let element = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = element.get() else { return };
        match (open.get(), dialog.open()) {
            // It fails only where the dialog is no longer part of the page.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    view! {
        <dialog
            node_ref=element
            class="dialog"
            class:wide=wide
            closedby="any"
            aria-label=title
            on:close=move |_| open.set(false)
        >
            <Show when=move || open.get()>
                <header>
                    <h2>{title}</h2>
                    <button type="button" class="button quiet icon-only" aria-label="Close" on:click=move |_| open.set(false)>
                        <Icon shape=Shape::Plus/>
                    </button>
                </header>
                {children()}
            </Show>
        </dialog>
    }
}

/// Asks before something that cannot be undone.
#[component]
pub(crate) fn Confirm(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    /// What will happen.
    #[prop(into)]
    text: Signal<String>,
    /// The word on the button that does it.
    verb: &'static str,
    on_yes: Callback<()>,
) -> impl IntoView {
    let yes = move |_| {
        open.set(false);
        on_yes.run(());
    };
    view! {
        <Dialog open title>
            <p>{text}</p>
            <footer>
                <button type="button" class="button" autofocus on:click=move |_| open.set(false)>"Keep"</button>
                <button type="button" class="button danger" on:click=yes>{verb}</button>
            </footer>
        </Dialog>
    }
}
