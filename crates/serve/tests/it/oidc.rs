//! Logging in by an OpenID provider, a small one on this machine; and all that must not log anybody in.

mod provider;

use std::sync::Arc;

use axum::http::Method;
use rushes_serve::OidcConfig;
use serde_json::{Value, json};

use crate::support::{Answer, Server, request};
use provider::{CLIENT, Plan, Provider, SECRET, fields};

const HOST: (&str, &str) = ("host", "localhost:7890");

fn served(provider: &Provider) -> Server {
    let config: OidcConfig = serde_json::from_value(json!({
        "issuer": provider.issuer, "client_id": CLIENT, "client_secret": SECRET,
        "server_url": "http://localhost:7890",
        "grant": [{"group": "editors", "rights": ["read"], "movies": ["mine"]},
                  {"group": "admins", "rights": ["admin"]}],
    }))
    .unwrap();
    Server::with(|c| c.oidc = Some(Arc::new(config)))
}

async fn get(server: &Server, path: &str, more: &[(&str, &str)]) -> Answer {
    let headers: Vec<(&str, &str)> = [HOST].iter().chain(more).copied().collect();
    server.remote(request(Method::GET, path, &headers, "")).await
}

/// The name and value of a cookie that an answer sets.
fn cookie(answer: &Answer, name: &str) -> String {
    let all = answer.headers.get_all("set-cookie").iter().map(|v| v.to_str().unwrap());
    let set = all.into_iter().find(|set| set.starts_with(name)).unwrap_or_else(|| panic!("no cookie {name}"));
    assert!(set.contains("; HttpOnly"), "{set}");
    set.split(';').next().unwrap().to_owned()
}

/// A login that was begun: where the browser goes, and its cookie.
async fn begin(server: &Server) -> (String, String) {
    let begun = get(server, "/v1/login/oidc?to=/%3Fq%3Djoey", &[("sec-fetch-site", "same-origin")]).await;
    assert_eq!(begun.status, 303, "{}", begun.text());
    assert!(begun.headers["set-cookie"].to_str().unwrap().contains("SameSite=Lax"));
    (begun.header("location").to_owned(), cookie(&begun, "rushes-pending-7890"))
}

async fn come_back(server: &Server, query: &str, cookie: &str) -> Answer {
    // The provider's page is of another site.
    let headers = [("sec-fetch-site", "cross-site"), ("cookie", cookie)];
    get(server, &format!("/v1/login/oidc/callback?{query}"), &headers).await
}

/// The whole way, with a provider that does this.
async fn log_in(server: &Server, provider: &Provider) -> Answer {
    let (location, cookie) = begin(server).await;
    let (code, state) = provider.consent(&location);
    come_back(server, &format!("code={code}&state={state}"), &cookie).await
}

fn refused(answer: &Answer, why: &str) {
    let problem = answer.problem(403);
    assert_eq!(problem["type"], "urn:rushes:problem:login", "{problem}");
    assert!(problem["detail"].as_str().unwrap().contains(why), "{why}: {problem}");
    assert_eq!(answer.header("set-cookie"), "");
}

#[tokio::test]
async fn a_person_logs_in_sees_what_his_groups_may_and_logs_out() {
    let provider = Provider::start();
    let server = served(&provider);
    for (asset, movie) in [("film", "mine"), ("other", "theirs")] {
        server.post("/v1/assets", &json!({"asset_id": asset, "movie_id": movie})).await.ok();
    }
    get(&server, "/v1/status", &[]).await.problem(401);
    assert_eq!(get(&server, "/v1/login", &[]).await.ok()["provider"], "/v1/login/oidc");
    let answer = log_in(&server, &provider).await;
    assert_eq!((answer.status.as_u16(), answer.header("location")), (303, "/?q=joey"), "{}", answer.text());
    let session = cookie(&answer, "rushes-login-7890");
    let page = [("cookie", session.as_str()), ("sec-fetch-site", "same-origin")];
    assert_eq!(get(&server, "/v1/login", &page).await.ok()["name"], "oidc:anna@example");
    let seen = get(&server, "/v1/assets", &page).await.ok();
    assert_eq!(
        (&seen["assets"][0]["asset_id"], seen["assets"].as_array().unwrap().len()),
        (&json!("film"), 1)
    );
    // A cookie counts for the page only, as of a token's login.
    get(&server, "/v1/assets", &[("cookie", &session), ("sec-fetch-site", "cross-site")]).await.problem(401);
    // Links that he signs end with his login.
    let mut headers = vec![HOST, ("content-type", "application/json"), ("origin", "http://localhost:7890")];
    headers.extend(page);
    let path = server.media_dir().join("film.mp4");
    std::fs::write(&path, "0123").unwrap();
    server.post("/v1/assets", &json!({"asset_id": "film", "movie_id": "mine", "path": path})).await.ok();
    let signed = server.remote(request(Method::POST, "/v1/media/film/link", &headers, "{}")).await.ok();
    let media = signed["media"].as_str().unwrap();
    assert_eq!(get(&server, media, &[]).await.status, 200);
    let out = server.remote(request(Method::DELETE, "/v1/login", &headers, "")).await;
    assert!(out.header("set-cookie").contains("Max-Age=0"));
    get(&server, "/v1/assets", &page).await.problem(401);
    get(&server, media, &[]).await.problem(403);
}

#[tokio::test]
async fn a_wrong_state_logs_nobody_in() {
    let provider = Provider::start();
    let server = served(&provider);
    let why = "not begun in this browser";
    let (location, own) = begin(&server).await;
    let (code, state) = provider.consent(&location);
    refused(&come_back(&server, &format!("code={code}&state=other"), &own).await, why);
    refused(&come_back(&server, &format!("code={code}"), &own).await, why);
    // Another browser's login: its state, without its cookie or with another one.
    let (_, others) = begin(&server).await;
    refused(&come_back(&server, &format!("code={code}&state={state}"), &others).await, why);
    // It became known by that, and counts no more.
    refused(&come_back(&server, &format!("code={code}&state={state}"), &own).await, why);
    // Twice is once too often.
    let (location, own) = begin(&server).await;
    let (code, state) = provider.consent(&location);
    let query = format!("code={code}&state={state}");
    assert_eq!(come_back(&server, &query, &own).await.status, 303);
    refused(&come_back(&server, &query, &own).await, why);
    // Somebody else's code is not exchanged with this login's proof.
    let (location, own) = begin(&server).await;
    let (_, state) = provider.consent(&location);
    let (strange, _) = provider.consent(&begin(&server).await.0);
    refused(
        &come_back(&server, &format!("code={strange}&state={state}"), &own).await,
        "refuses the exchange",
    );
}

#[tokio::test]
async fn what_the_provider_refuses_is_said() {
    let provider = Provider::start();
    let server = served(&provider);
    let (location, own) = begin(&server).await;
    let state = fields(location.split_once('?').unwrap().1)["state"].clone();
    let denied = come_back(&server, &format!("error=access_denied&state={state}"), &own).await;
    refused(&denied, "`access_denied`");
    let (location, own) = begin(&server).await;
    let (code, state) = provider.consent(&location);
    let mixed = format!("code={code}&state={state}&iss=https%3A%2F%2Fevil.example");
    refused(&come_back(&server, &mixed, &own).await, "another provider");
}

#[tokio::test]
async fn a_token_that_is_not_all_it_must_be_logs_nobody_in() {
    let provider = Provider::start();
    let server = served(&provider);
    let cases: [(&str, Value, &str); 11] = [
        ("nonce", json!("other"), "another login"),
        ("nonce", Value::Null, "another login"),
        ("exp", json!(1_000_000_000), "ExpiredSignature"),
        ("exp", Value::Null, "exp"),
        ("exp", json!("soon"), "exp"),
        ("nbf", json!(9_000_000_000_u64), "ImmatureSignature"),
        ("aud", json!("others"), "InvalidAudience"),
        ("aud", Value::Null, "aud"),
        ("iss", json!("https://evil.example"), "InvalidIssuer"),
        ("azp", json!("others"), "another client"),
        ("groups", json!(["nobodies"]), "none of his groups"),
    ];
    for (claim, value, why) in cases {
        provider.now(|plan| plan.claims = [(claim.to_owned(), value.clone())].into_iter().collect());
        refused(&log_in(&server, &provider).await, why);
    }
    provider.now(|plan| plan.claims.clear());
    // Not signed, or signed with a key that is not published.
    for (signs, why) in [(9, "cannot be read"), (1, "does not publish")] {
        provider.now(|plan| plan.signs = signs);
        refused(&log_in(&server, &provider).await, why);
    }
    provider.now(|plan| plan.signs = 0);
    assert_eq!(log_in(&server, &provider).await.status, 303);
}

#[tokio::test]
async fn the_provider_may_exchange_its_keys() {
    let provider = Provider::start();
    let server = served(&provider);
    assert_eq!(log_in(&server, &provider).await.status, 303);
    for next in [1, 2] {
        provider.now(|plan: &mut Plan| (plan.signs, plan.published) = (next, vec![next]));
        assert_eq!(log_in(&server, &provider).await.status, 303, "key {next}");
    }
    // The old one no longer counts, also where somebody has kept it.
    provider.now(|plan| plan.signs = 0);
    refused(&log_in(&server, &provider).await, "does not publish");
}

#[tokio::test]
async fn a_provider_that_is_down_or_another_one_is_no_login_and_tokens_go_on() {
    let provider = Provider::start();
    let server = served(&provider);
    let token = server.token("anna", &[rushes_archive::Right::Read], None);
    provider.now(|plan| plan.down = true);
    let down = get(&server, "/v1/login/oidc", &[]).await;
    assert!(down.problem(503)["mend"].as_str().unwrap().contains("access token"));
    assert_eq!(
        get(&server, "/v1/status", &[("authorization", &format!("Bearer {token}"))]).await.status,
        200
    );
    provider.now(|plan| (plan.down, plan.issuer) = (false, Some("https://evil.example".to_owned())));
    get(&server, "/v1/login/oidc", &[]).await.problem(503);
    provider.now(|plan| plan.issuer = None);
    // It goes away in between.
    let (location, own) = begin(&server).await;
    let (code, state) = provider.consent(&location);
    provider.now(|plan| plan.down = true);
    come_back(&server, &format!("code={code}&state={state}"), &own).await.problem(503);
    provider.now(|plan| plan.down = false);
    assert_eq!(log_in(&server, &provider).await.status, 303);
}

#[tokio::test]
async fn no_login_leads_away_from_this_server() {
    let provider = Provider::start();
    let server = served(&provider);
    for to in
        ["https://evil.example", "//evil.example", "/%5Cevil.example", "evil", "/a%0D%0Ab", "javascript:x"]
    {
        let answer = get(&server, &format!("/v1/login/oidc?to={to}"), &[]).await;
        assert_eq!(answer.problem(400)["parameter"], "to", "{to}");
        assert_eq!(answer.header("location"), "");
    }
    // Whatever the browser calls this server, the provider sends it to the configured address.
    let headers = [("host", "127.0.0.1:7890")];
    let begun = server.remote(request(Method::GET, "/v1/login/oidc", &headers, "")).await;
    let asked = fields(begun.header("location").split_once('?').unwrap().1);
    assert_eq!(asked["redirect_uri"], "http://localhost:7890/v1/login/oidc/callback");
}

#[tokio::test]
async fn a_server_without_a_provider_says_so() {
    let server = Server::new();
    for path in ["/v1/login/oidc", "/v1/login/oidc/callback?code=a&state=b"] {
        get(&server, path, &[]).await.problem(404);
    }
    assert!(get(&server, "/v1/login", &[]).await.ok()["provider"].is_null());
}
