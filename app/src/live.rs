//! Pages that follow what changes: one stream of [`Change`]s a tab, from `/live`.

use std::{cell::Cell, rc::Rc, time::Duration};

use hookyard_model::Change;
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{Event, EventSource, MessageEvent};

/// How long a page that asked again waits at least before it asks once more.
const REST: Duration = Duration::from_millis(300);

/// The tab's stream of changes.
#[derive(Clone, Copy)]
pub(crate) struct Live {
    news: RwSignal<News>,
}

#[derive(Clone, Copy)]
enum News {
    Nothing,
    Changed(Change),
    /// The stream stands, for the first time or again; what happened before, since the page was read, is unknown.
    Opened,
}

/// A stream that is closed is opened again after so long, and each time that fails after twice as long, up to the second.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_mins(1);

/// Opens the stream in the browser, until the owner of the calling component goes.
pub(crate) fn provide_live() {
    let news = RwSignal::new(News::Nothing);
    provide_context(Live { news });
    Effect::new(move |_| {
        let stream = StoredValue::new_local(None);
        open(news, stream, FIRST_WAIT);
        on_cleanup(move || {
            stream.try_update_value(|stream| drop(stream.take()));
        });
    });
}

/// An open stream and what it calls.
struct Stream {
    source: EventSource,
    _on_message: Closure<dyn FnMut(MessageEvent)>,
    _on_open: Closure<dyn FnMut(Event)>,
    _on_error: Closure<dyn FnMut(Event)>,
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onmessage(None);
        self.source.set_onopen(None);
        self.source.set_onerror(None);
        self.source.close();
    }
}

/// Opens the stream in place of the one before. A browser goes back to a stream that broke by itself, but gives one up for
/// good that was refused, such as by a server that starts or cannot read its sessions: that one is opened anew after `wait`.
fn open(news: RwSignal<News>, stream: StoredValue<Option<Stream>, LocalStorage>, wait: Duration) {
    let Ok(source) = EventSource::new("/live") else { return };
    let on_message = Closure::<dyn FnMut(MessageEvent)>::new(move |message: MessageEvent| {
        let change = message.data().as_string().and_then(|text| serde_json::from_str(&text).ok());
        if let Some(change) = change {
            news.try_set(News::Changed(change));
        }
    });
    let has_opened = Rc::new(Cell::new(false));
    let opened = Rc::clone(&has_opened);
    let on_open = Closure::<dyn FnMut(Event)>::new(move |_| {
        opened.set(true);
        news.try_set(News::Opened);
    });
    let given_up = source.clone();
    let on_error = Closure::<dyn FnMut(Event)>::new(move |_| {
        if given_up.ready_state() != EventSource::CLOSED {
            return;
        }
        let wait = if has_opened.get() { FIRST_WAIT } else { wait };
        let again = move || {
            // Unless the page is gone.
            if stream.try_with_value(Option::is_some) == Some(true) {
                open(news, stream, (wait * 2).min(LONGEST_WAIT));
            }
        };
        set_timeout(again, wait);
    });
    source.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
    source.set_onopen(Some(on_open.as_ref().unchecked_ref()));
    source.set_onerror(Some(on_error.as_ref().unchecked_ref()));
    let now_open = Stream { source, _on_message: on_message, _on_open: on_open, _on_error: on_error };
    stream.try_update_value(|stream| *stream = Some(now_open));
}

/// A number that grows when something changed that `wants` is about: at once, and then at most every 300 ms.
pub(crate) fn watch(wants: impl Fn(&Change) -> bool + 'static) -> Signal<u32> {
    let ticks = RwSignal::new(0);
    let Some(live) = use_context::<Live>() else { return ticks.into() };
    let pace = StoredValue::new(Pace::Ready);
    Effect::new(move |ran_before: Option<()>| {
        let wanted = match live.news.get() {
            // What happened before the page was there, the page has already read.
            _ if ran_before.is_none() => false,
            News::Nothing => false,
            News::Changed(change) => wants(&change),
            News::Opened => true,
        };
        if wanted {
            match pace.get_value() {
                Pace::Ready => tick(ticks, pace),
                Pace::Resting | Pace::Due => pace.set_value(Pace::Due),
            }
        }
    });
    ticks.into()
}

/// The answer to what the browser asks once the page has been taken over, and again whenever what `ask` reads changes.
/// For what is made within a `Transition`: there the server would make a `Resource` more often than the browser, and the
/// browser then takes one resource's data for another's.
pub(crate) fn asked_later<T, Fut>(ask: impl Fn() -> Fut + 'static) -> RwSignal<Option<T>>
where
    T: Send + Sync + 'static,
    Fut: Future<Output = T> + 'static,
{
    let answer = RwSignal::new(None);
    let asked = StoredValue::new(0_u32);
    Effect::new(move |_| {
        let question = ask();
        let this = asked.get_value().wrapping_add(1);
        asked.set_value(this);
        spawn_local(async move {
            let got = question.await;
            // The page may be gone, and a later question may be under way.
            if asked.try_get_value() == Some(this) {
                answer.try_set(Some(got));
            }
        });
    });
    answer
}

#[derive(Clone, Copy)]
enum Pace {
    Ready,
    Resting,
    /// Something changed during the rest.
    Due,
}

fn tick(ticks: RwSignal<u32>, pace: StoredValue<Pace>) {
    // The page may be gone by the time that a rest is over.
    ticks.try_update(|count| *count += 1);
    pace.try_set_value(Pace::Resting);
    let rested = move || match pace.try_get_value() {
        Some(Pace::Due) => tick(ticks, pace),
        Some(Pace::Resting | Pace::Ready) => pace.set_value(Pace::Ready),
        None => {}
    };
    set_timeout(rested, REST);
}
