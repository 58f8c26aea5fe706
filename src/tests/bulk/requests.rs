//! Bulk operations of requests: each goes through the connections as they are now.

use serde_json::json;

use super::{REQUESTS, adds_up, post, until_is};
use crate::support::{Database, Receiver, TestServer, id, on_both, until};

on_both![requests_go_through_the_rules_of_now, a_refused_request_is_skipped_where_it_is_not_whole];

async fn requests_go_through_the_rules_of_now(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, destination) = (team.new_source().await, team.new_destination(json!({ "url": receiver.url() })).await);
    let connection = team.connect(&source, &destination).await;
    let rules = |value: i64| json!({ "rules": [{ "type": "filter", "body": { "n": { "$gte": value } } }] });
    let path = format!("/v1/connections/{}", id(&connection));
    team.test.patch(&path, rules(1000)).await.expect(200);
    post(&team, &source, 30).await;
    until("all to be stored", async || {
        team.test.get("/v1/requests/count?has_ignored=true").await.expect(200)["count"] == 30
    })
    .await;
    assert_eq!(receiver.count(), 0);
    team.test.patch(&path, rules(10)).await.expect(200);

    let filter = json!({ "source_id": id(&source), "has_events": false });
    let preview = team.test.post(REQUESTS, json!({ "filter": filter, "dry_run": true })).await.expect(200);
    assert_eq!((&preview["total_count"], &preview["already_delivered"]), (&json!(30), &json!(0)), "{preview}");
    let operation = team.test.post(REQUESTS, json!({ "filter": filter })).await.expect(201);
    assert_eq!((&operation["type"], &operation["total_count"]), (&json!("request_bulk_retry"), &json!(30)));
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!(adds_up(&done), 30);
    // What no connection takes was not delivered.
    assert_eq!((&done["done_count"], &done["failed_count"]), (&json!(20), &json!(10)), "{done}");
    assert_eq!((&done["skipped_count"], &done["elsewhere_count"]), (&json!(10), &json!(0)), "{done}");
    assert_eq!(receiver.count(), 20);
    // In the list as in its own record.
    for shown in [&done, &team.list(REQUESTS).await[0]] {
        let part = &shown["destinations"][0];
        assert_eq!((&part["total_count"], &part["queued_count"]), (&json!(20), &json!(20)), "{part}");
        assert_eq!((&part["done_count"], &part["failed_count"]), (&json!(20), &json!(0)), "{part}");
        assert_eq!(part["destination_id"], destination["id"]);
    }
    for (scope, expected) in [("targets", 30), ("retries", 30), ("related", 60)] {
        let query = format!("batch_operation_id={}&batch_operation_scope={scope}", id(&done));
        assert_eq!(team.list(&format!("/v1/requests?limit=255&{query}")).await.len(), expected, "{scope}");
    }
    for (of, scope, expected) in
        [("requests", "targets", 30), ("requests", "retries", 30), ("events", "retries", 20), ("events", "targets", 0)]
    {
        let query = format!("batch_operation_id={}&batch_operation_scope={scope}", id(&done));
        let path = format!("/v1/metrics/{of}?measures=count&granularity=1h&{query}");
        let series = team.test.get(&path).await.expect(200);
        let counts = series["series"].as_array().unwrap().iter().map(|point| point["count"].as_u64().unwrap());
        assert_eq!((counts.sum::<u64>(), &series["partial"]), (expected, &json!(false)), "{of} {scope}");
    }
    let items = team.list(&format!("{REQUESTS}/{}/items?status=DONE&dir=asc", id(&done))).await;
    let new =
        team.test.get(&format!("/v1/requests/{}", items[0]["new_request_id"].as_str().unwrap())).await.expect(200);
    assert_eq!((&new["retry_kind"], &new["retry_parent_request_id"]), (&json!("bulk"), &items[0]["request_id"]));
    assert_eq!((&new["retry_operation_id"], &new["retried_at"]), (&done["id"], &new["created_at"]));
    let events = team.events(&format!("batch_operation_id={}", id(&done))).await;
    assert_eq!(events.len(), 20);
    // What was delivered by it is not delivered by another.
    let again = team.test.post(REQUESTS, json!({ "filter": filter })).await.expect(201);
    let again = until_is(&team, &again, "COMPLETED").await;
    assert_eq!((&again["done_count"], &again["elsewhere_count"]), (&json!(20), &json!(20)), "{again}");
    assert_eq!(receiver.count(), 20);
    server.stop().await;
}

async fn a_refused_request_is_skipped_where_it_is_not_whole(database: Database) {
    let server = TestServer::start(&database).await;
    let receiver = Receiver::answering([200]).await;
    let team = server.new_team().await;
    let (source, _) = team.connected_to(&receiver).await;
    let large = vec![b'x'; (10 << 20) + 1];
    assert_eq!(team.send_to(&source, "", &[("content-type", "text/plain")], large).await.status, 413);

    let operation = team.test.post(REQUESTS, json!({ "filter": { "status": "rejected" } })).await.expect(201);
    let done = until_is(&team, &operation, "COMPLETED").await;

    assert_eq!((adds_up(&done), &done["skipped_count"]), (1, &json!(1)), "{done}");
    assert_eq!(receiver.count(), 0);
    server.stop().await;
}
