//! Transformations as records, checking scripts and trying them.

use serde_json::json;

use super::{connected, handler, script, transform_rule, transformation};
use crate::support::{Database, Receiver, TestServer, id, on_both, unique};

on_both![
    a_transformation_is_made_read_changed_and_deleted,
    a_script_that_cannot_run_is_refused_with_its_line,
    values_of_the_environment_are_never_shown,
    a_script_can_be_tried_with_nothing_sent,
    what_is_used_cannot_be_deleted,
];

async fn a_transformation_is_made_read_changed_and_deleted(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let made = transformation(&team, "return request").await;
    let path = format!("/v1/transformations/{}", id(&made));
    assert_eq!(made["connections_count"], 0);
    assert_eq!((&made["executions_24h_count"], &made["executions_24h_failed_count"]), (&json!(0), &json!(0)));
    assert_eq!(made["code_hash"].as_str().unwrap().len(), 64);
    assert_eq!(team.test.get(&path).await.expect(200), made);
    assert_eq!(team.list("/v1/transformations").await, std::slice::from_ref(&made));
    team.live.get(&path).await.expect(404);

    let again = json!({ "name": made["name"], "code": handler("return {...request}") });
    let clash = team.test.post("/v1/transformations", again.clone()).await.expect(409);
    assert_eq!((clash["code"].as_str(), &clash["resource_id"]), (Some("RESOURCE_ALREADY_EXISTS"), &made["id"]));
    let replaced = team.test.put("/v1/transformations", again).await.expect(200);
    assert_eq!((&replaced["id"], replaced["code_hash"] == made["code_hash"]), (&made["id"], false));
    let name = unique();
    team.test.put("/v1/transformations", json!({ "name": name, "code": handler("return request") })).await.expect(201);
    assert_eq!(team.test.patch(&path, json!({ "name": "renamed" })).await.expect(200)["code"], replaced["code"]);
    let taken = team.test.patch(&path, json!({ "name": name })).await.expect(409);
    assert_eq!(taken["code"], "RESOURCE_ALREADY_EXISTS");

    team.test.delete(&path).await.expect(204);
    team.test.get(&path).await.expect(404);
    server.stop().await;
}

async fn a_script_that_cannot_run_is_refused_with_its_line(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let made = transformation(&team, "return request").await;
    let path = format!("/v1/transformations/{}", id(&made));
    for (case, code, said) in [
        ("does not parse", "const a = 1;\nconst b = ;\n", "line 2, column"),
        ("fails as it is read", "\n\nundefinedFunction()", "line 3"),
        ("registers nothing", "const a = 1", "registers no handler"),
        ("is empty", "  ", "write a script"),
        ("loops as it is read", "for (;;) {}", "did not end within"),
    ] {
        let input = json!({ "name": unique(), "code": code });
        for reply in [team.test.post("/v1/transformations", input.clone()).await, team.test.put(&path, input).await] {
            let problem = reply.expect(422);
            assert_eq!(problem["errors"][0]["pointer"], "/code", "{case}: {problem}");
            assert!(problem["errors"][0]["detail"].as_str().unwrap().contains(said), "{case}: {problem}");
        }
        let checked = team.test.put("/v1/transformations/validate", json!({ "code": code })).await.expect(200);
        assert_eq!(checked["valid"], false, "{case}");
    }
    let broken = "const a = 1;\nconst b = ;\n";
    let checked = team.test.put("/v1/transformations/validate", json!({ "code": broken })).await.expect(200);
    assert_eq!(
        (&checked["errors"][0]["code"], &checked["errors"][0]["line"]),
        (&json!("SYNTAX"), &json!(2)),
        "{checked}"
    );
    let good = json!({ "code": handler("return request") });
    let checked = team.test.put("/v1/transformations/validate", good).await.expect(200);
    assert_eq!((&checked["valid"], &checked["errors"]), (&json!(true), &json!([])));
    assert_eq!((&checked["runtime"], &checked["limits"]["time_ms"]), (&json!("quickjs"), &json!(1000)));
    assert_eq!(team.test.get(&path).await.expect(200)["code"], made["code"], "it stays as it was");

    let long = json!({ "name": unique(), "code": "a".repeat(256 * 1024 + 1) });
    assert_eq!(team.test.post("/v1/transformations", long).await.expect(422)["errors"][0]["pointer"], "/code");
    let limits = team.test.get("/v1/transformations/capabilities").await.expect(200);
    assert_eq!((&limits["limits"]["time_ms"], &limits["limits"]["console_lines"]), (&json!(1000), &json!(100)));
    server.stop().await;
}

async fn values_of_the_environment_are_never_shown(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let code = handler("console.log(context.env.TOKEN); return {...request, body: context.env}");
    let env = json!({ "TOKEN": "very-secret-token", "N": "7" });
    let input = json!({ "name": unique(), "code": code, "env": env });
    let made = team.test.post("/v1/transformations", input).await.expect(201);
    let path = format!("/v1/transformations/{}", id(&made));
    assert_eq!(made["env"], json!({ "TOKEN": "••••••••", "N": "••••••••" }));

    // The placeholder keeps a value, what is null goes, what is new comes.
    let changed = json!({ "env": { "TOKEN": "••••••••", "N": null, "NEW": "new value" } });
    team.test.put(&path, changed).await.expect(200);
    let tried = json!({ "transformation_id": made["id"], "request": { "body": {} } });
    let tried = team.test.put("/v1/transformations/run", tried).await.expect(200);
    assert_eq!(
        tried["request"]["body"],
        json!({ "TOKEN": "••••••••", "NEW": "••••••••" }),
        "nor where the script puts them"
    );
    assert_eq!(tried["console"], json!([{ "level": "info", "text": "••••••••" }]));
    // A change that says nothing of them leaves them alone, by whichever method.
    for renamed in [
        team.test.put(&path, json!({ "code": code })).await.expect(200),
        team.test.patch(&path, json!({ "name": "renamed" })).await.expect(200),
    ] {
        assert_eq!(renamed["env"], json!({ "TOKEN": "••••••••", "NEW": "••••••••" }));
    }
    // What somebody types is no secret to whoever typed it.
    let typed = json!({ "TOKEN": "••••••••", "NEW": "typed value" });
    let tried = json!({ "transformation_id": made["id"], "env": typed, "request": { "body": {} } });
    let tried = team.test.put("/v1/transformations/run", tried).await.expect(200);
    assert_eq!(tried["request"]["body"], typed);
    let loud = json!({ "code": code, "env": { "TOKEN": "typed value" }, "request": { "body": {} } });
    let tried = team.test.put("/v1/transformations/run", loud).await.expect(200);
    assert_eq!(tried["console"], json!([{ "level": "info", "text": "typed value" }]));

    let unknown = json!({ "name": unique(), "code": code, "env": { "A": "••••••••" } });
    assert_eq!(team.test.post("/v1/transformations", unknown).await.expect(422)["errors"][0]["pointer"], "/env/A");
    let bad = json!({ "name": unique(), "code": code, "env": { "a-b": "1" } });
    assert_eq!(team.test.post("/v1/transformations", bad).await.expect(422)["errors"][0]["pointer"], "/env/a-b");
    server.stop().await;
}

async fn a_script_can_be_tried_with_nothing_sent(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let source = team.new_source().await;
    let stored = team.post_to(&source, &json!({ "id": 7, "name": "Ada" })).await;
    let code = handler(
        "console.warn('was', request.body.name);
        return {...request, headers: {...request.headers, 'x-source': context.source_id}, body: {...request.body, name: 'Bea'}}",
    );
    let tried = json!({ "code": code, "request_id": stored });
    let tried = team.test.put("/v1/transformations/run", tried).await.expect(200);
    assert_eq!(tried["error"], json!(null));
    assert_eq!(tried["before"]["body"], json!({ "id": 7, "name": "Ada" }));
    assert_eq!(tried["request"]["body"], json!({ "id": 7, "name": "Bea" }));
    assert_eq!(tried["log_level"], "warn");
    assert_eq!(
        tried["diff"],
        json!([
            { "pointer": "/headers/x-source", "after": id(&source) },
            { "pointer": "/body/name", "before": "Ada", "after": "Bea" },
        ])
    );
    let failing = json!({ "code": handler("\n\nreturn request.body.a.b"), "request": { "body": {} } });
    let failed = team.test.put("/v1/transformations/run", failing).await.expect(200);
    assert_eq!(
        (&failed["request"], &failed["error"]["code"], &failed["error"]["line"]),
        (&json!(null), &json!("EXCEPTION"), &json!(3))
    );
    let both = json!({ "code": code, "request_id": stored, "request": {} });
    team.test.put("/v1/transformations/run", both).await.expect(422);
    team.test.put("/v1/transformations/run", json!({ "request": {} })).await.expect(422);
    let nowhere = json!({ "code": code, "request_id": "req_01HF7YAT000000000000000000" });
    team.test.put("/v1/transformations/run", nowhere).await.expect(404);
    assert_eq!(team.events("").await, [] as [serde_json::Value; 0], "nothing is sent");
    server.stop().await;
}

async fn what_is_used_cannot_be_deleted(database: Database) {
    let server = TestServer::start(&database).await;
    let team = server.new_team().await;
    let receiver = Receiver::answering([200]).await;
    let used = script(&team, &handler("return request")).await;
    let path = format!("/v1/transformations/{}", id(&used));
    let source = team.new_source().await;
    let connection = connected(&team, &source, &receiver, json!([transform_rule(&used)])).await;
    assert_eq!(team.test.get(&path).await.expect(200)["connections_count"], 1);
    let refused = team.test.delete(&path).await.expect(409);
    assert!(refused["detail"].as_str().unwrap().contains(connection["name"].as_str().unwrap()), "{refused}");
    team.test.patch(&format!("/v1/connections/{}", id(&connection)), json!({ "rules": [] })).await.expect(200);
    team.test.delete(&path).await.expect(204);
    server.stop().await;
}
