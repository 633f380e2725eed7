//! Profiles over HTTP: written, assigned, applied, compared.

use axum::http::Method;
use rushes_archive::Right;
use serde_json::{Value, json};

use crate::support::{Answer, LINES, Server, request};

async fn filled() -> Server {
    let server = Server::new();
    server.post_lines("/v1/annotations?wait=true", LINES).await.ok();
    server
}

async fn as_anna(server: &Server, token: &str, method: Method, path: &str, body: &Value) -> Answer {
    let bearer = format!("Bearer {token}");
    let headers = [
        ("host", "localhost:7890"),
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
    ];
    server.remote(request(method, path, &headers, body.to_string())).await
}

fn both() -> Value {
    json!({"all": [{"type": "CHARACTER_SEARCH", "label": "Joey"}, {"type": "SCENE_SEARCH", "label": "kitchen"}]})
}

fn with(mut plan: Value, field: &str, value: Value) -> Value {
    plan[field] = value;
    plan
}

#[tokio::test]
async fn a_profile_is_applied_by_name_by_token_and_by_default_and_says_what_it_changed() {
    let server = filled().await;
    let mine = json!({"name": "mine", "inherits": "editorial", "plan": {"mode": "union", "weights": {"SCENE_SEARCH": 3.0}}});
    assert_eq!(server.post("/v1/profiles", &mine).await.ok()["version"], 1);
    let plain = server.post("/v1/search", &both()).await.ok();
    assert!(plain.get("profile").is_none());
    let asked = with(both(), "profile", json!("mine"));
    let answer = server.post("/v1/search", &asked).await.ok();
    let profile = &answer["profile"];
    assert_eq!((&profile["name"], &profile["chain"]), (&json!("mine"), &json!(["mine", "editorial"])));
    let filled: Vec<&str> =
        profile["filled"].as_array().unwrap().iter().map(|f| f["pointer"].as_str().unwrap()).collect();
    assert_eq!(filled, ["/mode", "/snap", "/weights"]);
    assert_eq!(
        (&answer["moments"][0]["start_ns"], &plain["moments"][0]["start_ns"]),
        (&json!(2_000_000_000_u64), &json!(4_000_000_000_u64))
    );
    assert_eq!(answer["plan"]["mode"], "union");
    let own = with(asked, "mode", json!("intersection"));
    let kept = server.post("/v1/plan", &own).await.ok();
    assert_eq!(kept["plan"]["mode"], "intersection", "what the request says counts");
    assert_eq!(kept["profile"]["filled"].as_array().unwrap().len(), 2);
    // By token, by default, and null for none.
    let token = server.token("anna", &[Right::Read], None);
    let assigned = json!({"tokens": {"anna": "mine"}, "default": "compliance"});
    assert_eq!(server.post("/v1/profile-assignments", &assigned).await.ok(), assigned);
    assert_eq!(server.get("/v1/profile-assignments").await.ok(), assigned);
    let hers = as_anna(&server, &token, Method::POST, "/v1/search", &both()).await.ok();
    assert_eq!(hers["profile"]["name"], "mine");
    assert_eq!(server.post("/v1/search", &both()).await.ok()["profile"]["name"], "compliance");
    let mut none = server.post("/v1/search", &with(both(), "profile", Value::Null)).await.ok();
    none["took_ms"] = plain["took_ms"].clone();
    assert_eq!(none, plain);
}

#[tokio::test]
async fn profiles_have_versions_and_those_that_are_built_in_come_back() {
    let server = filled().await;
    let list = server.get("/v1/profiles").await.ok();
    let names: Vec<&str> =
        list["profiles"].as_array().unwrap().iter().map(|p| p["profile"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["archive", "compliance", "editorial", "marketing", "trailer"]);
    for top in [7, 8] {
        let trailer = json!({"name": "trailer", "plan": {"top": top}});
        server.post("/v1/profiles", &trailer).await.ok();
    }
    let versions = server.get("/v1/profiles/trailer").await.ok();
    let tops: Vec<&Value> =
        versions["profiles"].as_array().unwrap().iter().map(|p| &p["profile"]["plan"]["top"]).collect();
    assert_eq!(tops, [5, 7, 8]);
    let removed = server.call(Method::DELETE, "/v1/profiles/trailer", "", "").await.ok();
    let last = removed["profiles"].as_array().unwrap().last().unwrap().clone();
    assert_eq!((&last["profile"]["plan"]["top"], &last["by"]), (&json!(5), &json!("rushes")));
    assert_eq!(server.post("/v1/profiles", &json!({"name": "trailer"})).await.ok()["version"], 4);
}

#[tokio::test]
async fn bad_profiles_are_named_and_only_who_may_do_everything_changes_them() {
    let server = filled().await;
    for (bad, pointer) in [
        (json!({"name": "a", "inherits": "a"}), "/inherits"),
        (json!({"name": "a", "plan": {"weights": {"SHOT": "much"}}}), "/plan/weights/SHOT"),
        (json!({"name": "a", "plan": {"all": []}}), "/plan/all"),
    ] {
        assert_eq!(server.post("/v1/profiles", &bad).await.problem(400)["pointer"], pointer, "{bad}");
    }
    server.post("/v1/profiles", &json!({"name": "a", "inherits": "nobody"})).await.problem(404);
    server.post("/v1/profiles", &json!({"name": "a", "inherits": "trailer"})).await.ok();
    server.post("/v1/profiles", &json!({"name": "b", "inherits": "a"})).await.ok();
    let circle = server.post("/v1/profiles", &json!({"name": "a", "inherits": "b"})).await.problem(400);
    assert!(circle["detail"].as_str().unwrap().contains("a → b → a"), "{circle}");
    server.call(Method::DELETE, "/v1/profiles/a", "", "").await.problem(409);
    server.call(Method::DELETE, "/v1/profiles/archive", "", "").await.problem(404);
    server.get("/v1/profiles/nobody").await.problem(404);
    server.post("/v1/profile-assignments", &json!({"default": "nobody"})).await.problem(404);
    assert_eq!(
        server.post("/v1/search", &with(both(), "profile", json!("nobody"))).await.problem(404)["pointer"],
        "/profile"
    );
    server.post("/v1/search", &with(both(), "profile", json!(7))).await.problem(400);
    let token = server.token("anna", &[Right::Read], None);
    for (method, path, body) in [
        (Method::POST, "/v1/profiles", json!({"name": "hers"})),
        (Method::DELETE, "/v1/profiles/a", json!({})),
        (Method::POST, "/v1/profile-assignments", json!({"default": null})),
        (Method::GET, "/v1/profile-assignments", json!({})),
    ] {
        as_anna(&server, &token, method, path, &body).await.problem(403);
    }
}

#[tokio::test]
async fn a_preview_shows_teams_side_by_side_and_what_stands_elsewhere() {
    let server = filled().await;
    let asked = json!({"request": both(), "profiles": ["marketing", null]});
    let found = server.post("/v1/profiles/preview", &asked).await.ok();
    assert_eq!(found["columns"].as_array().unwrap().len(), 2);
    assert_eq!(found["columns"][0]["answer"]["profile"]["name"], "marketing");
    assert!(found["columns"][1]["answer"].get("profile").is_none());
    // The scene is whole in one, and the exact meeting in the other.
    assert_eq!(found["moved"].as_array().unwrap().len(), 2);
    assert_eq!(found["moved"][0]["ranks"], json!([1, null]));
    server.post("/v1/profiles/preview", &json!({"request": both(), "profiles": []})).await.problem(400);
    server
        .post("/v1/profiles/preview", &json!({"request": both(), "profiles": ["nobody"]}))
        .await
        .problem(404);
}
