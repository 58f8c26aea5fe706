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

/// Asks before something is lost for good: the button works once the thing's name is typed.
#[component]
pub(crate) fn ConfirmByName(
    open: RwSignal<bool>,
    #[prop(into)] title: Signal<String>,
    /// What has to be typed, or pasted.
    #[prop(into)]
    name: Signal<String>,
    /// The word on the button that does it.
    verb: &'static str,
    on_yes: Callback<()>,
    /// What is lost, and what stays.
    children: ChildrenFn,
) -> impl IntoView {
    let children = StoredValue::new(children);
    view! {
        <Dialog open title>
            {children.with_value(|children| children())}
            <TypedName name verb on_no=move || open.set(false) on_yes=move || {
                open.set(false);
                on_yes.run(());
            }/>
        </Dialog>
    }
}

/// The field and the two buttons. Made anew with the dialog's content, so that nothing typed before is there.
#[component]
fn TypedName(
    name: Signal<String>,
    verb: &'static str,
    on_no: impl Fn() + Send + 'static,
    on_yes: impl Fn() + Send + 'static,
) -> impl IntoView {
    let typed = RwSignal::new(String::new());
    let fits = move || typed.with(|typed| name.with(|name| typed.trim() == name.trim()));
    let input = NodeRef::<html::Input>::new();
    // The dialog has to be open before anything in it can have the focus.
    Effect::new(move |_| {
        if let Some(input) = input.get() {
            request_animation_frame(move || drop(input.focus()));
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        if fits() {
            on_yes();
        }
    };
    view! {
        <form on:submit=submit>
            <div class="field">
                <label for="typed-name">"To go on, type "<code class="to-type">{name}</code></label>
                <input
                    id="typed-name"
                    type="text"
                    autocomplete="off"
                    autocapitalize="off"
                    spellcheck="false"
                    node_ref=input
                    prop:value=typed
                    on:input:target=move |event| typed.set(event.target().value())
                />
            </div>
            <footer>
                <button type="button" class="button" on:click=move |_| on_no()>"Keep"</button>
                <button class="button danger" disabled=move || !fits()>{verb}</button>
            </footer>
        </form>
    }
}
