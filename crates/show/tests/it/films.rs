//! The films are those of the screenplay.

use std::path::Path;
use std::process::Command;

use rushes_show::{FILMS, FRAMES_PER_SECOND, episodes};

/// What all films may weigh together.
const BYTES_MAX: usize = 3_000_000;

#[test]
fn there_is_a_film_for_each_episode_and_they_are_small() {
    let assets: Vec<String> = episodes().into_iter().map(|e| e.asset).collect();
    assert_eq!(FILMS.iter().map(|f| f.asset).collect::<Vec<_>>(), assets);
    assert!(FILMS.iter().all(|f| f.bytes.starts_with(&[0x1a, 0x45, 0xdf, 0xa3])), "not WebM");
    let bytes: usize = FILMS.iter().map(|f| f.bytes.len()).sum();
    assert!(bytes < BYTES_MAX, "{bytes}");
}

/// What a program says about a film, or `None` where it is not installed.
fn ask(program: &str, args: &[&str], film: &rushes_show::Film) -> Option<String> {
    // The committed file is the one that was built in: the demo writes it as it is.
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("films").join(film.file_name());
    let args = args.iter().map(|a| if *a == "FILM" { path.as_os_str() } else { a.as_ref() });
    let output = Command::new(program).args(args).output();
    let Ok(output) = output else {
        crate::skips::skipped(program, &format!("what the films hold: `{program}` is not installed"));
        return None;
    };
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn films_have_the_frames_of_the_screenplay() {
    for (film, episode) in FILMS.iter().zip(episodes()) {
        let entries = "stream=codec_name,r_frame_rate,nb_read_packets";
        let args = [
            "-v",
            "error",
            "-count_packets",
            "-select_streams",
            "v:0",
            "-show_entries",
            entries,
            "-of",
            "csv=p=0",
            "FILM",
        ];
        let Some(said) = ask("ffprobe", &args, film) else { return };
        assert_eq!(said.trim(), format!("vp9,{FRAMES_PER_SECOND}/1,{}", episode.frames), "{}", film.asset);
    }
}

#[test]
fn the_first_frame_is_shown_at_once() {
    for film in FILMS {
        let entries = "packet=pts";
        let first = "%+#1";
        let args = [
            "-v",
            "error",
            "-select_streams",
            "v:0",
            "-read_intervals",
            first,
            "-show_entries",
            entries,
            "-of",
            "csv=p=0",
            "FILM",
        ];
        let Some(said) = ask("ffprobe", &args, film) else { return };
        assert_eq!(said.trim().trim_end_matches(','), "0", "{}", film.asset);
    }
}

#[test]
fn the_picture_changes_where_the_screenplay_cuts() {
    for (film, episode) in FILMS.iter().zip(episodes()) {
        // One number a frame: how unlike the frame before it is.
        let filter = "scale=64:36,select='gte(scene,0)',metadata=print:key=lavfi.scene_score:file=-";
        let args = ["-v", "error", "-threads", "1", "-i", "FILM", "-an", "-vf", filter, "-f", "null", "-"];
        let Some(said) = ask("ffmpeg", &args, film) else { return };
        let scores: Vec<f64> =
            said.lines().filter_map(|l| l.strip_prefix("lavfi.scene_score=")?.parse().ok()).collect();
        assert_eq!(scores.len() as i64, episode.frames);
        let mut hard = 0;
        let cuts = &episode.shots[1..];
        for shot in cuts {
            let at = shot.span.start as usize;
            let around = scores[at.saturating_sub(4)..at].iter().chain(&scores[at + 1..at + 5]);
            hard += usize::from(around.fold(0.0_f64, |a, b| a.max(*b)) < scores[at]);
        }
        assert!(hard * 20 >= cuts.len() * 19, "{hard} of {} cuts in {}", cuts.len(), film.asset);
    }
}
