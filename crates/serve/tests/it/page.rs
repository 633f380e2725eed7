//! The web page: its files, their headers, and that it needs no token to be shown.

use axum::http::Method;
use rushes_archive::Right;

use crate::support::{Answer, Server, request};

async fn get(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut all = vec![("host", "localhost:7890")];
    all.extend_from_slice(headers);
    server.remote(request(Method::GET, path, &all, "")).await
}

#[tokio::test]
async fn the_document_is_asked_for_again_and_its_files_are_kept_for_ever() {
    let server = Server::new();
    server.token("anna", &[Right::Admin], None);
    let document = get(&server, "/", &[]).await;
    assert_eq!((document.status.as_u16(), document.header("cache-control")), (200, "no-cache"));
    assert_eq!(document.header("content-type"), "text/html; charset=utf-8");
    let policy = document.header("content-security-policy");
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"), "{policy}");
    let again = get(&server, "/", &[("if-none-match", document.header("etag"))]).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    assert_eq!(again.header("etag"), document.header("etag"));
    for (name, content_type) in [
        ("app.js", "text/javascript; charset=utf-8"),
        ("page.css", "text/css; charset=utf-8"),
        ("icon.svg", "image/svg+xml"),
    ] {
        let path = format!("/page/{}/{name}", rushes_page::version());
        assert!(name == "icon.svg" || document.text().contains(&path), "{path}");
        let file = get(&server, &path, &[]).await;
        assert_eq!((file.status.as_u16(), file.header("content-type")), (200, content_type));
        assert_eq!(file.header("cache-control"), "public, max-age=31536000, immutable");
        assert_eq!(file.header("x-content-type-options"), "nosniff");
        let again = get(&server, &path, &[("if-none-match", file.header("etag"))]).await;
        assert_eq!(again.status.as_u16(), 304, "{name}");
    }
}

#[tokio::test]
async fn no_other_file_and_no_other_version_is_served() {
    let server = Server::new();
    for path in [
        "/page/0/app.js".to_owned(),
        format!("/page/{}/index.html", rushes_page::version()),
        format!("/page/{}/..%2fCargo.toml", rushes_page::version()),
        "/page/app.js".to_owned(),
        "/page/".to_owned(),
    ] {
        get(&server, &path, &[]).await.problem(404);
    }
}

#[tokio::test]
async fn files_are_compressed_for_those_who_take_that() {
    let server = Server::new();
    let script = format!("/page/{}/app.js", rushes_page::version());
    for path in ["/", &script] {
        let plain = get(&server, path, &[]).await;
        let small = get(&server, path, &[("accept-encoding", "br, gzip")]).await;
        assert_eq!((small.header("content-encoding"), small.header("vary")), ("gzip", "accept-encoding"));
        assert_eq!((plain.header("content-encoding"), plain.header("vary")), ("", "accept-encoding"));
        assert!(
            small.bytes.len() * 2 < plain.bytes.len(),
            "{path}: {} of {}",
            small.bytes.len(),
            plain.bytes.len()
        );
        assert_ne!(small.header("etag"), plain.header("etag"));
        let again = [("accept-encoding", "gzip"), ("if-none-match", small.header("etag"))];
        assert_eq!(get(&server, path, &again).await.status.as_u16(), 304);
    }
}
