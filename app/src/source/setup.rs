//! How a source is set up at its provider, how it is checked, and a command that tries it.

use hookyard_model::{CustomResponse, HmacAlgorithm, SignatureEncoding, Source, SourceAuth};
use leptos::prelude::*;

use super::mark::type_label;
use crate::ui::{CopyButton, Icon, Shape, coloured, sentence};

/// What proves a sender, in a sentence.
fn check_words(source: &Source) -> String {
    match &source.config.auth {
        None => {
            "Nothing is asked of senders: whoever knows the URL may send. Records say that requests were not checked."
                .to_owned()
        }
        Some(SourceAuth::BasicAuth { username, .. }) => {
            format!("Senders give the user name {username} and its password.")
        }
        Some(SourceAuth::ApiKey { header_name, .. }) => format!("Senders give a key in the header {header_name}."),
        Some(SourceAuth::Hmac { signature_header, algorithm, encoding, prefix, .. }) => {
            let hash = match algorithm {
                HmacAlgorithm::Sha1 => "SHA-1",
                HmacAlgorithm::Sha256 => "SHA-256",
                HmacAlgorithm::Sha512 => "SHA-512",
            };
            let written = match encoding {
                SignatureEncoding::Hex => "hex",
                SignatureEncoding::Base64 => "base64",
            };
            let after = if prefix.is_empty() { String::new() } else { format!(" after `{prefix}`") };
            format!("The header {signature_header} has an HMAC with {hash} over the body, in {written}{after}.")
        }
        Some(SourceAuth::ProviderSignature(_)) => {
            source.kind.preset().map(|preset| sentence(&preset.verification())).unwrap_or_default()
        }
    }
}

/// A command that sends something; what must prove it has to be filled in.
fn command(source: &Source, url: &str) -> String {
    let methods = &source.config.allowed_http_methods;
    let method = if methods.iter().any(|known| known == "POST") {
        "POST"
    } else {
        methods.first().map_or("POST", String::as_str)
    };
    let proof = match &source.config.auth {
        None | Some(SourceAuth::Hmac { .. } | SourceAuth::ProviderSignature(_)) => String::new(),
        Some(SourceAuth::BasicAuth { username, .. }) => {
            format!(" \\\n  -u {}", quoted(&format!("{username}:PASSWORD")))
        }
        Some(SourceAuth::ApiKey { header_name, .. }) => format!(" \\\n  -H {}", quoted(&format!("{header_name}: KEY"))),
    };
    match &source.config.auth {
        Some(SourceAuth::Hmac { signature_header, algorithm, encoding, prefix, .. }) => {
            let hash = match algorithm {
                HmacAlgorithm::Sha1 => "sha1",
                HmacAlgorithm::Sha256 => "sha256",
                HmacAlgorithm::Sha512 => "sha512",
            };
            let last = match encoding {
                SignatureEncoding::Hex => "od -An -v -tx1 | tr -d ' \\n'",
                SignatureEncoding::Base64 => "base64 -w0",
            };
            let header = quoted(&format!("{signature_header}: {prefix}"));
            format!(
                "BODY='{{\"hello\":\"world\"}}'\nSIGNATURE=$(printf %s \"$BODY\" | openssl dgst -{hash} -hmac 'SECRET' -binary | {last})\n\
                 curl -X {method} {url} \\\n  -H 'content-type: application/json' \\\n  -H {header}\"$SIGNATURE\" \\\n  --data-binary \"$BODY\""
            )
        }
        _ => format!(
            "curl -X {method} {url}{proof} \\\n  -H 'content-type: application/json' \\\n  -d '{{\"hello\":\"world\"}}'"
        ),
    }
}

/// A text as one word of a shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}

#[component]
pub(super) fn SetUp(source: Source) -> impl IntoView {
    let preset = source.kind.preset();
    let is_checked = source.config.auth.is_some();
    let words = check_words(&source);
    let by_provider = matches!(source.config.auth, Some(SourceAuth::ProviderSignature(_)));
    let curl = source.url.as_deref().map(|url| command(&source, url));
    let label = type_label(source.kind);
    let methods = source.config.allowed_http_methods.join(", ");
    view! {
        <section class="part" aria-labelledby="set-up">
            <header><h2 id="set-up">"Set-up"</h2></header>
            {preset.map(|preset| view! {
                <div class="set-up">
                    <p>{preset.setup}</p>
                    {(!preset.docs_url.is_empty()).then(|| view! {
                        <p><a href=preset.docs_url rel="external noreferrer" target="_blank">"How "{label}" signs"</a></p>
                    })}
                    {preset.handshake.map(|handshake| view! {
                        <p class="check-line"><Icon shape=Shape::Check/><span>{sentence(handshake.words())}</span></p>
                    })}
                </div>
            })}
            <p class="check-line" class:unchecked=!is_checked>
                <Icon shape=if is_checked { Shape::Key } else { Shape::Alert }/>
                <span>{words}</span>
            </p>
            <p class="aside">"Taken: "<span class="method">{methods}</span></p>
            {curl.map(|curl| view! {
                <div class="command">
                    <pre class="code" tabindex="0" role="group" aria-label="Try it">{curl.clone()}</pre>
                    <CopyButton text=curl what="command"/>
                </div>
                {by_provider.then(|| view! {
                    <p class="aside">"Without the provider's signature this is refused, and the refusal is kept with its reason: a first sign of life."</p>
                })}
            })}
        </section>
    }
}

/// What senders are answered.
#[component]
pub(super) fn Answers(response: Option<CustomResponse>) -> impl IntoView {
    let Some(response) = response else {
        return view! {
            <section class="part" aria-labelledby="answers">
                <header><h2 id="answers">"Answers"</h2></header>
                <p class="aside">"Accepted requests are answered 200 with their id, as JSON."</p>
            </section>
        }
        .into_any();
    };
    let rules = response.rules.into_iter().enumerate().map(|(index, rule)| {
        let conditions = serde_json::to_string(&rule.conditions).unwrap_or_default();
        view! {
            <li class:off=!rule.enabled>
                <span class="strong">{rule.name.unwrap_or_else(|| format!("Rule {}", index + 1))}</span>
                {(!rule.enabled).then(|| view! { <span class="tag">"off"</span> })}
                <code class="few-lines">{coloured(&conditions, true)}</code>
                <span class="http">{rule.status}" "{rule.content_type}</span>
            </li>
        }
    });
    view! {
        <section class="part" aria-labelledby="answers">
            <header><h2 id="answers">"Answers"</h2></header>
            <ol class="answer-list">
                {rules.collect_view()}
                <li>
                    <span class="strong">"When no rule answers"</span>
                    <span class="http">{response.status}" "{response.content_type}</span>
                    <pre class="code wrap">{coloured(&response.body, true)}</pre>
                </li>
            </ol>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn a_text_is_one_word_of_a_shell() {
        assert_eq!(quoted("it's: $(x)"), r"'it'\''s: $(x)'");
    }
}
