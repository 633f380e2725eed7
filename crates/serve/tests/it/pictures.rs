//! Frames and proxies: what ffmpeg makes of media, and who may see it.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use axum::http::Method;
use rushes_archive::{Caller, Right};
use rushes_footage::Tools;
use rushes_serve::in_process;
use serde_json::json;

use crate::support::{Answer, Server, read, request};

/// Makes a clip of two seconds, of which the second one has another picture. `false`, and counted as skipped, without ffmpeg.
fn clip(path: &Path) -> bool {
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "color=red:s=320x180:r=25:d=1"])
        .args(["-f", "lavfi", "-i", "color=blue:s=320x180:r=25:d=1", "-filter_complex", "[0][1]concat=n=2"])
        .args(["-c:v", "mpeg4", "-q:v", "2"])
        .arg(path)
        .status();
    let is_made = made.is_ok_and(|s| s.success());
    if !is_made {
        crate::skips::skipped("ffmpeg", "no picture can be made: ffmpeg is not installed");
    }
    is_made
}

async fn served() -> Option<Server> {
    let server = Server::new();
    let path = server.media_dir().join("a clip.mp4");
    if !clip(&path) {
        return None;
    }
    let line = json!({"asset_id": "film", "movie_id": "m", "path": path, "frame_rate": "25/1",
                      "duration_ns": 2_000_000_000_i64});
    server.post("/v1/assets", &line).await.ok();
    Some(server)
}

async fn ask(server: &Server, path: &str, headers: &[(&str, &str)]) -> Answer {
    read(in_process(&server.router, Caller::local(), request(Method::GET, path, headers, "")).await).await
}

#[tokio::test]
async fn a_frame_is_a_picture_that_is_made_once_and_asked_for_again_cheaply() {
    let Some(server) = served().await else { return };
    let first = ask(&server, "/v1/media/film/frame?at_ns=500000000&height=90", &[]).await;
    assert_eq!((first.status.as_u16(), first.header("content-type")), (200, "image/jpeg"));
    assert_eq!(&first.bytes[..2], &[0xff, 0xd8]);
    assert!(first.header("cache-control").starts_with("private"));
    let etag = first.header("etag").to_owned();
    let again =
        ask(&server, "/v1/media/film/frame?at_ns=519999999&height=90", &[("if-none-match", &etag)]).await;
    assert_eq!((again.status.as_u16(), again.bytes.len()), (304, 0));
    let cut = ask(&server, "/v1/media/film/frame?at_ns=1000000000&height=90", &[]).await;
    let before = ask(&server, "/v1/media/film/frame?at_ns=999999999&height=90", &[]).await;
    assert_eq!(before.bytes, first.bytes, "the last frame before the cut is as red as the others");
    assert_ne!(cut.bytes, first.bytes, "the first frame behind the cut is blue");
    let end = ask(&server, "/v1/media/film/frame?at_ns=99000000000&height=90", &[]).await;
    assert_eq!(end.bytes, cut.bytes, "behind the end stands the last frame");
    ask(&server, "/v1/media/film/frame?height=9", &[]).await.problem(400);
    ask(&server, "/v1/media/film/frame?at=1", &[]).await.problem(400);
}

#[tokio::test]
async fn what_is_no_media_or_not_to_be_seen_has_no_picture() {
    let Some(server) = served().await else { return };
    let text = server.media_dir().join("text.mp4");
    std::fs::write(&text, "#EXTM3U\n#EXTINF:1,\nfile:///etc/passwd\n").unwrap();
    let secret = server.dir.path().join("secret.mp4");
    std::fs::copy(server.media_dir().join("a clip.mp4"), &secret).unwrap();
    let link = server.media_dir().join("link.mp4");
    std::os::unix::fs::symlink(&secret, &link).unwrap();
    for path in [&text, &secret, &link] {
        server.post("/v1/assets", &json!({"asset_id": "bad", "path": path})).await.ok();
        let problem = ask(&server, "/v1/media/bad/frame", &[]).await.problem(404);
        assert!(!problem.to_string().contains("secret.mp4") && !problem.to_string().contains("passwd"));
    }
    ask(&server, "/v1/media/bad/proxy", &[]).await.problem(404);
    // A token for another movie sees nothing, also of what lies in the cache.
    ask(&server, "/v1/media/film/frame?at_ns=0", &[]).await;
    let token = server.token("t", &[Right::Read], Some(&["other"]));
    for what in ["frame?at_ns=0", "proxy"] {
        let bearer = format!("Bearer {token}");
        let headers = [("authorization", bearer.as_str()), ("host", "127.0.0.1")];
        server
            .remote(request(Method::GET, &format!("/v1/media/film/{what}"), &headers, ""))
            .await
            .problem(404);
    }
}

#[tokio::test]
async fn a_proxy_is_made_while_one_asks_and_then_served_in_ranges() {
    let Some(server) = served().await else { return };
    let mut answer = ask(&server, "/v1/media/film/proxy", &[]).await;
    assert_eq!(answer.status.as_u16(), 202, "{}", answer.text());
    assert_eq!((answer.header("retry-after"), answer.json()["state"].as_str()), ("1", Some("making")));
    for _ in 0..200 {
        if answer.status.as_u16() != 202 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
        answer = ask(&server, "/v1/media/film/proxy", &[]).await;
    }
    assert_eq!(answer.status.as_u16(), 200);
    assert!(answer.header("content-type").starts_with("video/"));
    let part = ask(&server, "/v1/media/film/proxy", &[("range", "bytes=0-3")]).await;
    assert_eq!((part.status.as_u16(), &part.bytes[..]), (206, &answer.bytes[..4]));
    // What was made of an asset goes with it.
    let cache = server.dir.path().join("archive/cache/proxies");
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 1);
    server.post("/v1/erase", &json!({"target": "asset", "asset_id": "film"})).await.ok();
    assert_eq!(std::fs::read_dir(&cache).unwrap().count(), 0);
}

#[tokio::test]
async fn without_ffmpeg_the_mend_is_said() {
    let server = Server::with(|config| config.tools = Tools::default());
    let path = server.media_dir().join("film.mp4");
    std::fs::write(&path, "x").unwrap();
    server.post("/v1/assets", &json!({"asset_id": "film", "path": path})).await.ok();
    for what in ["frame", "proxy"] {
        let problem = ask(&server, &format!("/v1/media/film/{what}"), &[]).await.problem(501);
        assert!(problem["mend"].as_str().unwrap().contains("install FFmpeg"), "{problem}");
    }
}
