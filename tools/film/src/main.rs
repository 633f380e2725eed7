//! Draws the films of *The Night Ferry* and measures what their shots look like.
//!
//! `rushes-film all` draws every episode from the screenplay, speaks its lines with espeak-ng, encodes picture and
//! sound with ffmpeg (VP9 and Opus in WebM) and writes films and scene vectors into `crates/show`, from where they are
//! committed. `rushes-film still EPISODE FRAME FILE.png` draws one picture, `rushes-film sheet EPISODE FILE.png` the
//! middle of every shot. The picture depends on the screenplay only; the bytes of a film also on the encoders.

#![allow(clippy::print_stdout, clippy::print_stderr)] // a command line prints

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitCode, Stdio};

use anyhow::{Context, bail, ensure};
use rushes_show::timeline::Episode;
use rushes_show::{FRAMES_PER_SECOND, START_TIMECODE};

mod letters;
mod measure;
mod music;
mod paint;
mod people;
mod picture;
mod places;
mod props;
mod sea;
mod sound;
mod voice;

use picture::{HEIGHT, Painter, WIDTH};

/// How strongly the picture is compressed (0 to 63); chosen so that all films stay under 3 MB.
const CRF: &str = "41";
/// Bits a second of the sound.
const SOUND_RATE: &str = "14k";
/// Opus begins with some milliseconds that are not played. Without this much more, the muxer would move the picture
/// by them, and cuts would come after their frame.
const SOUND_DELAY: &str = "0.0065";
/// Pictures of a sheet, side by side.
const SHEET_COLUMNS: usize = 4;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    match run(&args.iter().map(String::as_str).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &[&str]) -> anyhow::Result<()> {
    match args {
        ["all"] => all(),
        ["looks"] => measure::write(&rushes_show::episodes(), &show_folder()?),
        ["still", episode, frame, file] => {
            let episode = find(episode)?;
            let frame: i64 = frame.parse().context("the frame is a number")?;
            let mut painter = Painter::new(&episode);
            png(&[painter.picture(frame).to_vec()], 1, file)
        }
        ["sheet", episode, file] => {
            let episode = find(episode)?;
            let mut painter = Painter::new(&episode);
            let middles = episode.shots.iter().map(|s| s.span.start.midpoint(s.span.end));
            let pictures: Vec<Vec<u8>> = middles.map(|f| painter.picture(f).to_vec()).collect();
            png(&pictures, SHEET_COLUMNS, file)
        }
        _ => bail!("say `all`, `looks`, `still EPISODE FRAME FILE.png` or `sheet EPISODE FILE.png`"),
    }
}

fn find(code: &str) -> anyhow::Result<Episode> {
    let found = rushes_show::episodes().into_iter().find(|e| e.asset.ends_with(code));
    found.with_context(|| format!("there is no episode `{code}`; the first one is `s01e01`"))
}

/// The folder of the crate that keeps the films.
fn show_folder() -> anyhow::Result<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    Ok(here.join("../../crates/show"))
}

fn all() -> anyhow::Result<()> {
    let folder = show_folder()?;
    let episodes = rushes_show::episodes();
    let mut bytes = 0;
    for episode in &episodes {
        let film = folder.join("films").join(format!("{}.webm", episode.asset));
        write_film(episode, &film)?;
        let size = std::fs::metadata(&film).context("looking at the film")?.len();
        let seconds = episode.frames / FRAMES_PER_SECOND;
        println!("{}: {} shots, {seconds} s, {size} bytes", episode.asset, episode.shots.len());
        bytes += size;
    }
    measure::write(&episodes, &folder)?;
    println!("{bytes} bytes in all");
    Ok(())
}

fn write_film(episode: &Episode, film: &Path) -> anyhow::Result<()> {
    let sound = tempfile::Builder::new().suffix(".wav").tempfile().context("making a file for the sound")?;
    std::fs::write(sound.path(), sound::wav(&sound::of(episode)?)).context("writing the sound")?;
    let mut encoder = encoder(episode, sound.path(), film)?;
    let mut pipe = encoder.stdin.take().context("ffmpeg takes no pictures")?;
    let mut painter = Painter::new(episode);
    for frame in 0..episode.frames {
        pipe.write_all(painter.picture(frame)).context("handing a picture to ffmpeg")?;
    }
    drop(pipe);
    let status = encoder.wait().context("waiting for ffmpeg")?;
    ensure!(status.success(), "ffmpeg failed: {status}");
    Ok(())
}

/// ffmpeg, waiting for pictures.
fn encoder(episode: &Episode, sound: &Path, film: &Path) -> anyhow::Result<Child> {
    // A cut begins with a picture that stands on its own, so that a player is there at once.
    let cuts: Vec<String> = episode
        .shots
        .iter()
        .map(|s| {
            let thousandths = s.span.start * 1000 / FRAMES_PER_SECOND;
            format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
        })
        .collect();
    let (size, rate) = (format!("{WIDTH}x{HEIGHT}"), FRAMES_PER_SECOND.to_string());
    Command::new("ffmpeg")
        .args([
            "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "rgba", "-s", &size, "-r", &rate, "-i", "-",
        ])
        .args(["-itsoffset", SOUND_DELAY, "-i"])
        .arg(sound)
        .args(["-map", "0:v", "-map", "1:a", "-map_metadata", "-1", "-fflags", "+bitexact"])
        .args(["-c:v", "libvpx-vp9", "-crf", CRF, "-b:v", "0", "-pix_fmt", "yuv420p", "-deadline", "good"])
        .args(["-cpu-used", "1", "-row-mt", "1", "-lag-in-frames", "25", "-auto-alt-ref", "1", "-g", "500"])
        .args(["-force_key_frames", &cuts.join(","), "-flags:v", "+bitexact", "-flags:a", "+bitexact"])
        .args(["-c:a", "libopus", "-b:a", SOUND_RATE, "-ac", "1", "-metadata"])
        .arg(format!("title=The Night Ferry: {}", episode.title))
        .args(["-metadata", &format!("timecode={START_TIMECODE}")])
        .arg(film)
        .stdin(Stdio::piped())
        .spawn()
        .context("starting ffmpeg; install it with its VP9 and Opus encoders")
}

/// Writes pictures side by side as PNG, by way of ffmpeg.
fn png(pictures: &[Vec<u8>], columns: usize, file: &str) -> anyhow::Result<()> {
    let columns = columns.min(pictures.len()).max(1);
    let rows = pictures.len().div_ceil(columns);
    let (width, line) = (WIDTH as usize * columns, WIDTH as usize * 4);
    let mut sheet = vec![0u8; width * 4 * HEIGHT as usize * rows];
    for (n, picture) in pictures.iter().enumerate() {
        let (left, top) = (n % columns * line, n / columns * HEIGHT as usize);
        for (y, row) in picture.chunks_exact(line).enumerate() {
            let at = (top + y) * width * 4 + left;
            sheet[at..at + line].copy_from_slice(row);
        }
    }
    let size = format!("{width}x{}", HEIGHT as usize * rows);
    let mut child = Command::new("ffmpeg")
        .args([
            "-v",
            "error",
            "-y",
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgba",
            "-s",
            &size,
            "-i",
            "-",
            "-frames:v",
            "1",
        ])
        .arg(file)
        .stdin(Stdio::piped())
        .spawn()
        .context("starting ffmpeg")?;
    child.stdin.take().context("ffmpeg takes no picture")?.write_all(&sheet)?;
    ensure!(child.wait()?.success(), "ffmpeg wrote no picture");
    Ok(())
}
