//! What ffprobe and ffmpeg say of small clips, and of what only looks like media.

use std::fs::File;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use rushes_footage::{Cache, Key, PictureAt, Proxies, ProxyState, Tools, picture, probe, webvtt};
use rushes_types::ErrorKind;

/// Two seconds of a test picture with sound, as the arguments say.
fn clip(to: &Path, args: &str) {
    let args: Vec<&str> = args.split_whitespace().collect();
    let made = Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=s=160x120:r=30000/1001:d=2"])
        .args(["-f", "lavfi", "-i", "sine=d=2"])
        .args(args)
        .arg(to)
        .current_dir(to.parent().unwrap())
        .status();
    assert!(made.unwrap().success());
}

const MPEG4: &str = "-map 0:v -map 1:a -c:v mpeg4 -c:a aac";

#[test]
fn rate_length_timecode_reel_and_tracks_of_a_file_are_known() {
    let Some(tools) = crate::tools() else { return };
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("s.srt"), "1\n00:00:00,500 --> 00:00:01,500\n<i>Hello</i> there\n")
        .unwrap();
    // A name that a shell, or an option, would stumble over.
    let path = dir.path().join("-a $(b)\n'c'.mov");
    clip(
        &dir.path().join("t.mov"),
        &format!(
            "-i s.srt {MPEG4} -map 2:s -c:s mov_text -metadata:s:a:0 language=ger -metadata:s:s:0 language=eng \
                  -timecode 01:00:00;00 -metadata:s:v:0 reel_name=A001"
        ),
    );
    std::fs::rename(dir.path().join("t.mov"), &path).unwrap();
    let media = File::open(&path).unwrap();
    let facts = probe(&tools, &media, &|| false).unwrap();
    let video = facts.video.clone().unwrap();
    assert_eq!((video.width, video.height, video.codec.as_str()), (160, 120, "mpeg4"));
    assert_eq!((video.rate.unwrap().to_string().as_str(), video.is_variable), ("30000/1001", false));
    assert!((1_990_000_000..=2_100_000_000).contains(&facts.duration_ns.unwrap()));
    assert_eq!((facts.start_timecode.as_deref(), facts.drop_frame), (Some("01:00:00;00"), true));
    assert_eq!(facts.reel.as_deref(), Some("A001"));
    assert_eq!(facts.audio_languages, ["de"]);
    let [track] = facts.subtitles.as_slice() else { panic!("{facts:?}") };
    assert_eq!((track.is_text, track.language.as_deref()), (true, Some("en")));
    let text = String::from_utf8(webvtt(&tools, &media, track, &|| false).unwrap()).unwrap();
    assert!(text.starts_with("WEBVTT") && text.contains("00:00.500 --> 00:01.500"), "{text}");
    assert!(text.contains("Hello"), "{text}");
    let at = PictureAt { at_ns: 1_000_000_000, rate: video.rate, duration_ns: facts.duration_ns, height: 64 };
    let jpeg = picture(&tools, &media, &at, &|| false).unwrap();
    assert_eq!(&jpeg[..2], &[0xff, 0xd8]);
}

#[test]
fn sound_alone_is_media_without_a_picture() {
    let Some(tools) = crate::tools() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.wav");
    clip(&path, "-map 1:a");
    let media = File::open(&path).unwrap();
    let facts = probe(&tools, &media, &|| false).unwrap();
    assert_eq!((facts.video.is_none(), facts.audio_tracks), (true, 1));
    let at = PictureAt { at_ns: 0, rate: None, duration_ns: None, height: 64 };
    assert_eq!(picture(&tools, &media, &at, &|| false).unwrap_err().kind(), ErrorKind::NotFound);
}

#[test]
fn what_only_looks_like_media_opens_nothing_else() {
    let Some(tools) = crate::tools() else { return };
    let dir = tempfile::tempdir().unwrap();
    let real = dir.path().join("real.mp4");
    clip(&real, MPEG4);
    let real = real.display();
    for (name, content) in [
        (
            "list.mp4",
            format!("#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{real}\n#EXT-X-ENDLIST\n"),
        ),
        ("concat.mp4", format!("ffconcat version 1.0\nfile '{real}'\n")),
        ("text.mp4", "just words\n".repeat(1000)),
        ("zero.mp4", String::new()),
        ("zeroes.mp4", "\0".repeat(100_000)),
    ] {
        let path = dir.path().join(name);
        std::fs::write(&path, content).unwrap();
        let error = probe(&tools, &File::open(&path).unwrap(), &|| false).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Invalid, "{name}");
        assert!(!error.to_string().contains('\n'), "{error}");
    }
}

#[test]
fn a_tool_is_stopped_when_asked_and_missing_ones_are_named() {
    let Some(tools) = crate::tools() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.mp4");
    clip(&path, MPEG4);
    let media = File::open(&path).unwrap();
    assert_eq!(probe(&tools, &media, &|| true).unwrap_err().kind(), ErrorKind::Cancelled);
    let none = Tools::find_in(dir.path().as_os_str());
    let error = probe(&none, &media, &|| false).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("install FFmpeg"), "{error}");
}

#[test]
fn a_proxy_without_requests_is_given_up() {
    let Some(tools) = crate::tools() else { return };
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("long.mkv");
    let made = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-f",
            "lavfi",
            "-i",
            "color=s=1280x720:r=60:d=600",
            "-c:v",
            "mpeg4",
            "-g",
            "600",
        ])
        .arg(&path)
        .status();
    assert!(made.unwrap().success());
    let media = File::open(&path).unwrap();
    let cache = Cache::new(dir.path().join("c"), 1 << 30);
    let proxies = Proxies::with_patience(tools, cache, Duration::from_millis(100));
    let (key, other) = (Key::new("a", &[b"1"]), Key::new("a", &[b"2"]));
    assert!(matches!(proxies.ask(&key, &media, None).unwrap(), ProxyState::Making { .. }));
    assert!(matches!(proxies.ask(&other, &media, None).unwrap(), ProxyState::Waiting));
    let ended = AtomicBool::new(false);
    for _ in 0..100 {
        std::thread::sleep(Duration::from_millis(100));
        if matches!(proxies.ask(&other, &media, None).unwrap(), ProxyState::Making { .. }) {
            ended.store(true, Ordering::Relaxed);
            break;
        }
    }
    assert!(ended.load(Ordering::Relaxed), "the first was given up, the other one began");
    proxies.close();
    assert_eq!(proxies.cache().bytes(), 0);
}
