//! Making and changing a source.

use hookyard_model::{Source, SourceId, SourceType};
use leptos::{html, prelude::*, server_fn::ServerFn};
use leptos_router::{
    NavigateOptions,
    hooks::{use_navigate, use_params_map},
};

use super::{
    auth::{Answer, AuthFields, about},
    draft::{Draft, METHODS, method_field},
    mark::{TypeMark, type_label},
    picker::Picker,
    server::{ChangeSource, CreateSource, SaveSource, read_source},
    upstream::Answering,
};
use crate::{
    layout::Lost,
    typed::{Typed, typed_before},
    ui::{
        FailureNotice, Notice, Place, SelectField, Shape, Skeleton, TextField, Tone, Trouble, lead_to_mistake,
        query_value, sentence,
    },
};

/// First the provider is chosen, then the form for it is filled in.
#[component]
pub(crate) fn NewSourcePage() -> impl IntoView {
    let kind = query_value::<SourceType>("type");
    let typed = typed_before();
    move || match kind.get().filter(|kind| *kind != SourceType::EVENTS) {
        None => view! {
            <Place title="New source" up=("/sources", "Sources")/>
            <p class="aside">"Who will send? The form then asks for what their requests are checked by."</p>
            <Picker action="/sources/new"/>
        }
        .into_any(),
        Some(kind) => view! {
            <Place title="New source" up=("/sources/new", "Choose another provider")/>
            <Suspense>{move || typed.get().map(|typed| view! { <SourceForm kind typed/> })}</Suspense>
        }
        .into_any(),
    }
}

#[component]
pub(crate) fn EditSourcePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id")).and_then(|id| id.parse::<SourceId>().ok()));
    let typed = typed_before();
    move || match id.get() {
        None => view! { <Lost/> }.into_any(),
        Some(id) => {
            let found = Resource::new(|| (), move |()| read_source(id));
            view! {
                <Place title="Edit source" up=(format!("/sources/{id}"), "The source")/>
                <Transition fallback=|| view! { <Skeleton rows=4/> }>
                    {move || found.get().zip(typed.get()).map(|(found, typed)| match found {
                        Ok(source) if source.kind == SourceType::EVENTS => view! {
                            <Notice tone=Tone::Waiting shape=Shape::Info>
                                <p>"This is the built-in source of published events, which stays as it is."</p>
                            </Notice>
                        }
                        .into_any(),
                        Ok(source) => view! { <SourceForm kind=source.kind source typed/> }.into_any(),
                        Err(failure) => view! { <Trouble failure/> }.into_any(),
                    })}
                </Transition>
            }
            .into_any()
        }
    }
}

/// Makes a source of this type, or changes `source`, and goes to its page.
#[component]
fn SourceForm(
    kind: SourceType,
    #[prop(optional)] source: Option<Source>,
    /// What was typed before and refused.
    typed: Typed,
) -> impl IntoView {
    let id = source.as_ref().map(|source| source.id);
    let back = id.map_or_else(|| "/sources".to_owned(), |id| format!("/sources/{id}"));
    let draft = source.as_ref().map_or_else(|| Draft::new(kind), Draft::of);
    draft.fill(&typed);
    let create = ServerAction::<CreateSource>::new();
    let change = ServerAction::<ChangeSource>::new();
    // What the form itself posted, before there are scripts.
    let plain = ServerAction::<SaveSource>::new();
    let answer: Answer =
        Signal::derive(move || create.value().get().or_else(|| change.value().get()).or_else(|| plain.value().get()));
    let unreadable = RwSignal::new(None::<String>);
    let form = NodeRef::<html::Form>::new();
    lead_to_mistake(form, move || answer.get());
    let navigate = use_navigate();
    Effect::new(move |_| {
        if let Some(Ok(source)) = answer.get() {
            navigate(&format!("/sources/{}", source.id), NavigateOptions::default());
        }
    });
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        match (draft.taken(), id) {
            (Err(why), _) => unreadable.set(Some(why)),
            (Ok(input), id) => {
                unreadable.set(None);
                match id {
                    None => drop(create.dispatch(CreateSource { input })),
                    Some(id) => drop(change.dispatch(ChangeSource { id, input })),
                }
            }
        }
    };
    let is_beside = |pointer: &str| {
        pointer == "/name" || pointer == "/description" || pointer == "/type" || pointer.starts_with("/config/")
    };
    let elsewhere =
        move || answer.get()?.err().filter(|failure| !failure.errors.iter().any(|error| is_beside(&error.pointer)));
    let pending = move || create.pending().get() || change.pending().get();
    view! {
        <form class="source-form" method="post" action=SaveSource::url() node_ref=form on:submit=submit novalidate>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            {match id {
                Some(id) => view! { <input type="hidden" name="id" value=id.to_string()/> },
                None => view! { <input type="hidden" name="type" value=kind.to_string()/> },
            }}
            <section class="part">
                {id.is_none().then(|| view! { <Chosen kind/> })}
                <TextField name="name" label="Name" bound=draft.name placeholder="shop-orders" mistake=about(answer, "/name")/>
                <TextField
                    name="description" label="Description" bound=draft.description hint="For yourselves; optional."
                    mistake=about(answer, "/description")
                />
                {id.is_some().then(|| view! { <KindField draft answer/> })}
            </section>
            <section class="part" aria-labelledby="form-auth">
                <h2 id="form-auth">"Who may send"</h2>
                <AuthFields draft answer/>
                <Methods draft answer/>
            </section>
            <section class="part" aria-labelledby="form-answer">
                <h2 id="form-answer">"What senders are answered"</h2>
                <Answering draft answer/>
            </section>
            <div role="alert">
                {move || unreadable.get().map(|why| view! { <p class="mistake">{sentence(&why)}</p> })}
            </div>
            <footer>
                <button class="button primary" disabled=pending>{if id.is_some() { "Save" } else { "Create" }}</button>
                <a class="button" href=back>"Cancel"</a>
            </footer>
        </form>
    }
}

/// The provider that was chosen, with what it says about setting it up.
#[component]
fn Chosen(kind: SourceType) -> impl IntoView {
    let setup = kind.preset().map(|preset| preset.setup);
    view! {
        <div class="chosen">
            <TypeMark kind/>
            <span class="words">
                <strong>{type_label(kind)}</strong>
                {setup.map(|setup| view! { <span>{setup}</span> })}
            </span>
            <a class="button small" href="/sources/new">"Change"</a>
        </div>
    }
}

/// The type of a source that there is.
#[component]
fn KindField(draft: Draft, answer: Answer) -> impl IntoView {
    let mut kinds: Vec<_> =
        hookyard_model::PRESETS.iter().map(|preset| (preset.kind.to_owned(), preset.label.to_owned())).collect();
    kinds.sort_by_key(|(_, label)| label.to_lowercase());
    kinds.insert(0, (SourceType::WEBHOOK.to_string(), type_label(SourceType::WEBHOOK).to_owned()));
    view! {
        <SelectField
            name="type" label="Type" options=kinds bound=draft.kind mistake=about(answer, "/type")
            hint="What another type checks by, it has to be told."
        />
    }
}

#[component]
fn Methods(draft: Draft, answer: Answer) -> impl IntoView {
    let mistake = Signal::derive(move || {
        let failure = answer.get()?.err()?;
        let found = failure.errors.iter().find(|error| error.pointer.starts_with("/config/allowed_http_methods"))?;
        Some(found.detail.clone())
    });
    let method = move |method: &'static str| {
        let is_chosen = move || draft.methods.with(|chosen| chosen.contains(method));
        let at_first = untrack(is_chosen);
        view! {
            <label class="check">
                <input
                    type="checkbox" name=method_field(method) value="true" checked=at_first prop:checked=is_chosen
                    on:change:target=move |event| {
                        let is_on = event.target().checked();
                        draft.methods.update(|chosen| if is_on { chosen.insert(method.to_owned()); } else { chosen.remove(method); });
                    }
                />
                <span class="method">{method}</span>
            </label>
        }
    };
    view! {
        <fieldset class="choice">
            <legend>"Methods that are taken"</legend>
            <div class="methods">{METHODS.map(method).collect_view()}</div>
            {move || mistake.get().map(|text| view! { <p class="mistake" role="alert">{text}</p> })}
        </fieldset>
    }
}
