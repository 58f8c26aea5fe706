//! Who belongs to the team.

use hookyard_model::{Member, NewMember, Secret};
use leptos::prelude::*;

use super::server::{AddMember, RemoveMember, SetMemberNotices, members};
use crate::{
    failure::Failure,
    ui::{Confirm, Dialog, FailureNotice, Icon, Shape, Skeleton, TextField, Time, Trouble, Visible, mistake_of},
};

/// The members, and whom notices are mailed to.
#[component]
pub(super) fn Members(
    /// The e-mail address of whoever looks.
    me: String,
) -> impl IntoView {
    let add = ServerAction::<AddMember>::new();
    let remove = ServerAction::<RemoveMember>::new();
    let notices = ServerAction::<SetMemberNotices>::new();
    let list =
        Resource::new(move || (add.version().get(), remove.version().get(), notices.version().get()), |_| members());
    let is_adding = RwSignal::new(false);
    // Without a first password only somebody is added who has an account.
    let has_account = RwSignal::new(false);
    let joined = move || {
        let member = add.value().get()?.ok().filter(|_| has_account.get())?;
        Some(format!(
            "{} has an account on this server already: they sign in with the password they have, and find this team in the account menu.",
            member.email,
        ))
    };
    let leaving = RwSignal::new(None::<Member>);
    let is_removing = RwSignal::new(false);
    Effect::new(move |_| is_removing.set(leaving.with(Option::is_some)));
    Effect::new(move |_| {
        if matches!(add.value().get(), Some(Ok(_))) {
            is_adding.set(false);
        }
    });
    let failure =
        move || remove.value().get().and_then(Result::err).or_else(|| notices.value().get().and_then(Result::err));
    let do_remove = move |()| {
        if let Some(member) = leaving.get_untracked() {
            remove.dispatch(RemoveMember { user: member.user_id });
        }
    };
    let begin = move |_| {
        add.clear();
        is_adding.set(true);
    };
    view! {
        <section class="part" aria-labelledby="members">
            <header>
                <h2 id="members">"Members"</h2>
                <button type="button" class="button" on:click=begin><Icon shape=Shape::Plus/>"Add member"</button>
            </header>
            <FailureNotice failure=Signal::derive(failure)/>
            <p role="status">{joined}</p>
            <Transition fallback=|| view! { <Skeleton rows=2/> }>
                <Table list notices leaving me/>
                {move || list.get().and_then(Result::err).map(|failure| view! { <Trouble failure/> })}
            </Transition>
            <Dialog open=is_adding title="Add a member"><NewMemberForm add has_account/></Dialog>
            <Confirm
                open=is_removing
                title="Remove this member?"
                text=Signal::derive(move || format!(
                    "{} cannot see or change anything of this team any more. What they did stays in the audit log.",
                    leaving.get().map(|member| member.email).unwrap_or_default(),
                ))
                verb="Remove"
                on_yes=Callback::new(do_remove)
            />
        </section>
    }
}

#[component]
fn Table(
    list: Resource<Result<Vec<Member>, Failure>>,
    notices: ServerAction<SetMemberNotices>,
    leaving: RwSignal<Option<Member>>,
    me: String,
) -> impl IntoView {
    let rows = move || list.get().and_then(Result::ok).unwrap_or_default();
    let row = move |member: Member| {
        let user = member.user_id;
        let is_me = member.email == me;
        let (email, kept) = (member.email.clone(), StoredValue::new(member.clone()));
        let wants = move || {
            let found = list.with(|list| list.as_ref()?.as_ref().ok()?.iter().find(|one| one.user_id == user).cloned());
            found.map_or(member.notices, |found| found.notices)
        };
        view! {
            <tr data-testid="member">
                <td class="grow">
                    <Visible text=email.clone()/>
                    {is_me.then(|| view! { <span class="tag">"you"</span> })}
                </td>
                <td data-label="Role" class="capital">{member.role.clone()}</td>
                <td data-label="Since"><Time at=member.created_at/></td>
                <td data-label="Notices">
                    <label class="check">
                        <input
                            type="checkbox"
                            aria-label=format!("Notices by e-mail to {email}")
                            prop:checked=wants
                            checked=member.notices
                            on:change:target=move |event| {
                                notices.dispatch(SetMemberNotices { user, notices: event.target().checked() });
                            }
                        />
                        <span>"By e-mail"</span>
                    </label>
                </td>
                <td class="buttons">
                    <button type="button" class="button quiet small" aria-label=format!("Remove {email}")
                        on:click=move |_| leaving.set(Some(kept.get_value()))>"Remove"</button>
                </td>
            </tr>
        }
    };
    view! {
        <table class="table" aria-labelledby="members" hidden=move || rows().is_empty()>
            <thead>
                <tr>
                    <th scope="col">"E-mail"</th>
                    <th scope="col">"Role"</th>
                    <th scope="col">"Since"</th>
                    <th scope="col">"Notices"</th>
                    <th scope="col"><span class="hidden">"Actions"</span></th>
                </tr>
            </thead>
            <tbody><For each=rows key=|member| member.user_id children=row/></tbody>
        </table>
    }
}

#[component]
fn NewMemberForm(add: ServerAction<AddMember>, has_account: RwSignal<bool>) -> impl IntoView {
    let email = RwSignal::new(String::new());
    let password = RwSignal::new(String::new());
    let answer = move || add.value().get();
    let known = |pointer: &str| pointer == "/email" || pointer == "/password";
    let elsewhere = move || answer()?.err().filter(|failure| !failure.errors.iter().any(|error| known(&error.pointer)));
    let submit = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let password = Some(password.get_untracked()).filter(|password| !password.is_empty()).map(Secret::new);
        has_account.set(password.is_none());
        add.dispatch(AddMember { new: NewMember { email: email.get_untracked().trim().to_owned(), password } });
    };
    view! {
        <form on:submit=submit novalidate>
            <FailureNotice failure=Signal::derive(elsewhere)/>
            <TextField name="member_email" label="E-mail" kind="email" bound=email mistake=mistake_of(answer, "/email")/>
            <TextField
                name="member_password" label="First password" kind="password" bound=password autocomplete="new-password"
                hint="At least 10 characters; tell it to them yourself. Leave it empty for somebody who has an account on this server."
                mistake=mistake_of(answer, "/password")
            />
            <footer><button class="button primary" disabled=add.pending()>"Add"</button></footer>
        </form>
    }
}
