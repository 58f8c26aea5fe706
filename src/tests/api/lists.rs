//! Lists: pages, filters and counts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, Client, Database, Receiver, Team, TestServer, id, on_both, unique, until};

on_both![
    cursors_lead_both_ways_while_rows_arrive,
    what_is_configured_is_listed_in_the_order_that_is_asked_for,
    a_page_says_how_it_was_cut,
    a_time_range_may_be_relative,
    filters_select_and_counts_agree,
    requests_say_how_their_events_do,
    histograms_count_what_lists_have,
    text_is_found_as_it_stands,
];

/// The ids of a page, and its cursors.
async fn page(client: &Client, path: &str) -> (Vec<String>, Option<String>, Option<String>) {
    let page = client.get(path).await.expect(200);
    let models = page["models"].as_array().unwrap();
    assert_eq!(page["count"].as_u64().unwrap(), models.len() as u64);
    let cursor = |name: &str| page["pagination"][name].as_str().map(str::to_owned);
    (models.iter().map(id).collect(), cursor("next"), cursor("prev"))
}

/// The rest of a list from a page's cursor on, as `way` leads: the ids page by page.
async fn walk(client: &Client, list: &str, mut cursor: Option<String>, forwards: bool) -> Vec<Vec<String>> {
    let mut pages = Vec::new();
    while let Some(at) = cursor {
        let (ids, next, prev) = page(client, &format!("{list}&cursor={at}")).await;
        assert!(ids.len() <= 3 && !ids.is_empty(), "{ids:?}");
        cursor = if forwards { next } else { prev };
        pages.push(ids);
        assert!(pages.len() < 20, "the list does not end");
    }
    pages
}

async fn cursors_lead_both_ways_while_rows_arrive(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let add = async |list: &str| {
        if list == "requests" {
            team.post_to(&source, &json!({})).await
        } else {
            id(&team.test.post("/v1/destinations", json!({ "name": unique(), "type": "MOCK" })).await.expect(201))
        }
    };
    for name in ["requests", "destinations"] {
        for dir in ["desc", "asc"] {
            for _ in 0..8 {
                add(name).await;
            }
            let list = format!("/v1/{name}?limit=3&dir={dir}");
            let all = page(&team.test, &format!("/v1/{name}?limit=255&dir={dir}")).await.0;
            let (first, next, prev) = page(&team.test, &list).await;
            assert_eq!((first.as_slice(), prev), (&all[..3], None));
            let (second, next, back) = page(&team.test, &format!("{list}&cursor={}", next.unwrap())).await;
            assert_eq!(second, &all[3..6]);

            // What arrives between two pages moves none of the others.
            let new = [add(name).await, add(name).await];
            let rest = walk(&team.test, &list, next, true).await.concat();
            let (before, _, further) = page(&team.test, &format!("{list}&cursor={}", back.unwrap())).await;
            assert_eq!(before, first, "the page before is the one that led here");
            let beyond: Vec<_> = walk(&team.test, &list, further, false).await.into_iter().rev().flatten().collect();
            if dir == "desc" {
                assert_eq!(rest, &all[6..]);
                assert_eq!(beyond, [new[1].clone(), new[0].clone()], "new rows lie before the first page");
            } else {
                assert_eq!(rest, [&all[6..], &new].concat(), "new rows lie behind the last page");
                assert!(beyond.is_empty());
            }
        }
    }
    server.stop().await;
}

async fn a_page_says_how_it_was_cut(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    for list in ["sources", "destinations", "connections", "webhooks", "requests", "events", "attempts"] {
        for (query, limit, dir) in
            [("", 100, "desc"), ("?limit=1&dir=asc", 1, "asc"), ("?limit=255&order_by=created_at", 255, "desc")]
        {
            let page = team.test.get(&format!("/v1/{list}{query}")).await.expect(200);
            let expected = json!({ "order_by": "created_at", "dir": dir, "limit": limit, "next": null, "prev": null });
            assert_eq!(page["pagination"], expected, "{list}{query}");
            assert_eq!(page.as_object().unwrap().keys().collect::<Vec<_>>(), ["count", "models", "pagination"]);
        }
    }
    server.stop().await;
}

/// The count of a list and the call that counts it, which must be the same.
async fn count(team: &Team, list: &str, query: &str) -> usize {
    let found = team.list(&format!("/v1/{list}?limit=255&{query}")).await.len();
    let counted = team.test.get(&format!("/v1/{list}/count?{query}")).await.expect(200);
    assert_eq!(counted, json!({ "count": found }), "{list}?{query}");
    found
}

async fn a_time_range_may_be_relative(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let mut times = Vec::new();
    for number in 1..=3 {
        times.push(server.now().to_string());
        team.post_to(&source, &json!({})).await;
        until("the delivery", async || team.count_events("SUCCESSFUL").await == number).await;
        server.advance(Duration::from_hours(1));
    }
    // They were made three, two and one hours ago.
    for (query, expected) in [
        (String::new(), 3),
        ("from=now-90m".into(), 1),
        ("from=now-5400s".into(), 1),
        ("from=now-1d".into(), 3),
        ("to=now-90m".into(), 2),
        ("to=now".into(), 3),
        ("from=now".into(), 0),
        ("from=now-150m&to=now-90m".into(), 1),
        (format!("from={}", times[1]), 2),
        (format!("to={}", times[1]), 2),
        (format!("from={0}&to={0}", times[1]), 1),
        (format!("from={}", times[1].replace(".000Z", "%2B00:00")), 2),
        ("from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z".into(), 0),
    ] {
        for list in ["requests", "events", "attempts"] {
            assert_eq!(count(&team, list, &query).await, expected, "{list}?{query}");
        }
    }
    server.stop().await;
}

async fn filters_select_and_counts_agree(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (works, fails) = (Receiver::answering([200]).await, Receiver::answering([Answer::status(500)]).await);
    let team = server.new_team().await;
    let (good_source, good) = team.connected_to(&works).await;
    let (bad_source, bad) = team.connected_to(&fails).await;
    let mut requests = Vec::new();
    for source in [&good_source, &good_source, &bad_source] {
        requests.push(team.post_to(source, &json!({})).await);
    }
    team.test.put(&format!("/v1/sources/{}/disable", id(&bad_source)), json!({})).await.expect(200);
    team.send_to(&bad_source, "", &[], "x").await.expect(410);
    until("the outcomes", async || team.list("/v1/attempts").await.len() == 3).await;
    until("the statuses", async || team.count_events("SUCCESSFUL").await == 2).await;

    let events: Vec<_> = team.events("").await.iter().map(id).collect();
    let connection = team.events("").await[0]["connection_id"].as_str().unwrap().to_owned();
    let (good_source, bad_source, good, bad) = (id(&good_source), id(&bad_source), id(&good), id(&bad));
    for (list, query, expected) in [
        ("requests", String::new(), 4),
        ("requests", "status=accepted".into(), 3),
        ("requests", "status=rejected".into(), 1),
        ("requests", format!("source_id={good_source}"), 2),
        ("requests", format!("source_id={bad_source}&status=accepted"), 1),
        ("requests", format!("source_id={good_source},{bad_source}"), 4),
        ("requests", format!("source_id={good_source}&source_id={bad_source}"), 4),
        ("requests", format!("id={},{}", requests[0], requests[2]), 2),
        ("requests", "verified=false".into(), 4),
        ("requests", "verified=true".into(), 0),
        ("requests", "rejection_cause=SOURCE_DISABLED".into(), 1),
        ("requests", "rejection_cause=SOURCE_AUTH_FAILED,PAYLOAD_TOO_LARGE".into(), 0),
        ("requests", "method=POST".into(), 4),
        ("requests", "method=get,put".into(), 0),
        ("requests", "has_events=true".into(), 3),
        ("requests", "has_events=false&status=rejected".into(), 1),
        ("requests", "has_ignored=true".into(), 0),
        ("requests", "is_retry=true".into(), 0),
        ("requests", "is_retry=false".into(), 4),
        ("requests", "retry_kind=single,bulk".into(), 0),
        ("requests", format!("connection_id={connection}"), 2),
        ("requests", "event_status=SCHEDULED".into(), 1),
        ("requests", "event_status=SUCCESSFUL,SCHEDULED".into(), 3),
        ("requests", format!("event_status=SCHEDULED&source_id={good_source}"), 0),
        ("requests", format!("event_status=SUCCESSFUL&connection_id={connection}&from=now-1h"), 2),
        ("events", "error_code=BAD_STATUS".into(), 1),
        ("events", "error_code=DNS,TIMEOUT".into(), 0),
        ("events", format!("error_code=BAD_STATUS&source_id={bad_source}&status=SCHEDULED"), 1),
        ("events", "is_retry=false".into(), 3),
        ("events", "is_retry=true".into(), 0),
        ("events", String::new(), 3),
        ("events", "status=SUCCESSFUL".into(), 2),
        ("events", "status=SCHEDULED,FAILED".into(), 1),
        ("events", "status=CANCELLED".into(), 0),
        ("events", format!("destination_id={bad}"), 1),
        ("events", format!("destination_id={good},{bad}&status=SUCCESSFUL,SCHEDULED"), 3),
        ("events", format!("connection_id={connection}"), 2),
        ("events", format!("request_id={}", requests[1]), 1),
        ("events", format!("source_id={bad_source}"), 1),
        ("events", format!("id={},{}", events[0], events[1]), 2),
        ("events", format!("id={}&request_id={}", events[0], requests[1]), 0),
        ("attempts", "status=FAILED".into(), 1),
        ("attempts", format!("event_id={},{}", events[0], events[2]), 2),
        ("attempts", format!("destination_id={good}&status=SUCCESSFUL"), 2),
        ("attempts", format!("destination_id={good}&status=FAILED"), 0),
        ("attempts", "response_status=5xx".into(), 1),
        ("attempts", "response_status=200,404".into(), 2),
        ("attempts", "response_status=none".into(), 0),
        ("attempts", "error_code=BAD_STATUS,DNS".into(), 1),
        ("attempts", "trigger=INITIAL&trigger=MANUAL".into(), 3),
        ("attempts", "trigger=AUTOMATIC".into(), 0),
    ] {
        assert_eq!(count(&team, list, &query).await, expected, "{list}?{query}");
    }
    let of_request = format!("/v1/requests/{}/events", requests[2]);
    assert_eq!(team.list(&of_request).await.len(), 1);
    assert_eq!(team.list(&format!("{of_request}?status=SUCCESSFUL")).await.len(), 0);
    server.stop().await;
}

async fn requests_say_how_their_events_do(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (works, fails) = (Receiver::answering([200]).await, Receiver::answering([Answer::status(500)]).await);
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&works).await;
    let failing = team.new_destination(json!({ "url": fails.url() })).await;
    team.connect(&source, &failing).await;
    let lonely = team.new_source().await;
    team.post_to(&lonely, &json!({})).await;
    let request = team.post_to(&source, &json!({})).await;
    until("the delivery", async || team.count_events("SUCCESSFUL").await == 1).await;
    until("the failure", async || team.count_events("SCHEDULED").await == 1).await;
    let none = json!({ "scheduled": 0, "queued": 0, "hold": 0, "successful": 0, "failed": 0, "cancelled": 0 });
    let mut both = none.clone();
    (both["scheduled"], both["successful"]) = (json!(1), json!(1));
    for query in ["event_summary=true", "include=event_summary", "include=data,event_summary"] {
        let found = team.list(&format!("/v1/requests?{query}")).await;
        let of = |wanted: bool| &found.iter().find(|one| (id(one) == request) == wanted).unwrap()["event_summary"];
        assert_eq!((of(true), of(false)), (&both, &none), "{query}");
        assert_eq!(found[0].get("data").is_some(), query.contains("data"));
    }
    assert!(team.list("/v1/requests").await[0].get("event_summary").is_none(), "only where it is asked for");
    for query in ["include=everything", "event_summary=perhaps", "verified=2", "has_events=x", "event_status=LOST"] {
        let problem = team.test.get(&format!("/v1/requests?{query}")).await.expect(422);
        assert_eq!(problem["errors"][0]["pointer"], query.split('=').next().unwrap(), "{query}");
    }
    server.stop().await;
}

async fn histograms_count_what_lists_have(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let (works, fails) = (Receiver::answering([200]).await, Receiver::answering([Answer::status(410)]).await);
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&works).await;
    let (gone, _) = team.connected_to(&fails).await;
    for _ in 0..3 {
        team.post_to(&source, &json!({})).await;
    }
    until("the deliveries", async || team.count_events("SUCCESSFUL").await == 3).await;
    server.advance(Duration::from_mins(10));
    team.post_to(&gone, &json!({})).await;
    until("the failure", async || team.count_events("FAILED").await == 1).await;
    team.test.put(&format!("/v1/sources/{}/disable", id(&source)), json!({})).await.expect(200);
    team.send_to(&source, "", &[], "x").await.expect(410);
    let (source, gone) = (id(&source), id(&gone));
    for (list, query, expected) in [
        ("requests", String::new(), (4, 1)),
        ("requests", "status=rejected".to_owned(), (0, 1)),
        ("requests", format!("source_id={source}"), (3, 1)),
        ("requests", "event_status=FAILED".to_owned(), (1, 0)),
        ("requests", "from=now-5m".to_owned(), (1, 1)),
        ("events", String::new(), (3, 1)),
        ("events", format!("source_id={gone}"), (0, 1)),
        ("events", "status=FAILED".to_owned(), (0, 1)),
        ("events", "from=now-20m&to=now-5m".to_owned(), (3, 0)),
        ("attempts", "status=FAILED".to_owned(), (0, 1)),
    ] {
        // What is counted as it comes is there within moments.
        until(&format!("{list}?{query}"), async || {
            let counted = team.test.get(&format!("/v1/{list}/histogram?buckets=300&{query}")).await.expect(200);
            let sum = |name: &str| -> u64 {
                counted["buckets"].as_array().unwrap().iter().map(|bucket| bucket[name].as_u64().unwrap()).sum()
            };
            (sum("successful"), sum("failed")) == expected
        })
        .await;
    }
    server.stop().await;
}

async fn text_is_found_as_it_stands(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::deciding(|_, request| {
        let said = if request.target == "/fails" { "no such tenant" } else { "thanks" };
        Answer::status(200).with_body(said)
    })
    .await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let request = team.post_to(&source, &json!({ "note": "50% of u_o is 'c'" })).await;
    let reply = team.send_to(&source, "/fails", &[], "plain text").await;
    reply.expect(200);
    team.test.post("/v1/publish", json!({ "type": "order.paid", "data": {} })).await.expect(202);
    until("the outcomes", async || team.count_events("SUCCESSFUL").await == 2).await;
    let event: Value = team.events_of(&request).await[0].clone();
    for (list, text, expected) in [
        ("requests", "50%25 of".to_owned(), 1),
        ("requests", "u_o is".into(), 1),
        // Neither letter is ever part of an id, in which it is looked for too.
        ("requests", "u%25o".into(), 0),
        ("requests", "uxo".into(), 0),
        ("requests", "is 'c'".replace(' ', "%20"), 1),
        ("requests", "order.paid".into(), 1),
        ("requests", "orderxpaid".into(), 0),
        ("requests", "/fails".into(), 1),
        ("requests", request.clone(), 1),
        ("requests", "%00".into(), 3),
        ("events", id(&event), 1),
        ("events", "nowhere".into(), 0),
        ("attempts", "no%20such%20tenant".into(), 1),
        ("attempts", id(&event), 1),
        ("attempts", "thanks".into(), 1),
        ("attempts", "THANKS".into(), 1),
        ("attempts", "Plain%20Text".into(), 1),
        ("attempts", "50%25 of U_O".into(), 1),
        ("attempts", "order.paid".into(), 0),
    ] {
        let text = text.replace(' ', "%20");
        for name in ["q", "search_term"] {
            assert_eq!(count(&team, list, &format!("{name}={text}")).await, expected, "{list}?{name}={text}");
        }
    }
    server.stop().await;
}

async fn what_is_configured_is_listed_in_the_order_that_is_asked_for(database: Database) {
    let server = TestServer::start_with_manual_clock(&database).await;
    let team = server.new_team().await;
    let (source, destination) =
        (team.new_source().await, team.new_destination(json!({ "url": "https://example.com" })).await);
    let config = json!({ "url": "https://example.com" });
    for (list, more) in [
        ("/v1/sources", json!({})),
        ("/v1/destinations", json!({ "config": config })),
        ("/v1/connections", json!({ "source_id": id(&source), "destination_id": id(&destination) })),
        ("/v1/transformations", json!({ "code": "addHandler('transform', (request) => request)" })),
    ] {
        let mut made = Vec::new();
        for name in ["zz d", "zz b", "zz e", "zz a", "zz c"] {
            server.advance(Duration::from_secs(1));
            let mut input = json!({ "name": name });
            input.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            made.push(id(&team.test.post(list, input).await.expect(201)));
        }
        server.advance(Duration::from_secs(1));
        team.test.patch(&format!("{list}/{}", made[1]), json!({ "name": "zz bb" })).await.expect(200);
        for (query, expected) in [
            ("order_by=name&dir=asc", [3, 1, 4, 0, 2]),
            ("order_by=name", [2, 0, 4, 1, 3]),
            ("order_by=updated_at", [1, 4, 3, 2, 0]),
            ("order_by=updated_at&dir=asc", [0, 2, 3, 4, 1]),
            ("order_by=created_at", [4, 3, 2, 1, 0]),
        ] {
            let list = format!("{list}?q=zz%20&{query}&limit=2");
            let (first, next, prev) = page(&team.test, &list).await;
            assert_eq!(prev, None, "{list}");
            let pages = walk(&team.test, &list, next.clone(), true).await;
            let found: Vec<_> = first.iter().chain(pages.iter().flatten()).collect();
            assert_eq!(found, expected.map(|index| &made[index]), "{list}");
            let (_, _, back) = page(&team.test, &format!("{list}&cursor={}", next.unwrap())).await;
            assert_eq!(page(&team.test, &format!("{list}&cursor={}", back.unwrap())).await.0, first, "{list}");
            let told = team.test.get(&list).await.expect(200)["pagination"]["order_by"].clone();
            assert!(query.contains(told.as_str().unwrap()), "{told} of {list}");
        }
        let wrong = team.test.get(&format!("{list}?order_by=colour")).await.expect(422);
        assert_eq!(wrong["errors"][0]["pointer"], "order_by");
        // What another order's page gave leads to no error.
        let (_, other, _) = page(&team.test, &format!("{list}?order_by=name&limit=1")).await;
        team.test.get(&format!("{list}?order_by=updated_at&cursor={}", other.unwrap())).await.expect(200);
    }
    assert_eq!(team.test.get("/v1/requests?order_by=name").await.expect(422)["errors"][0]["pointer"], "order_by");
    server.stop().await;
}
