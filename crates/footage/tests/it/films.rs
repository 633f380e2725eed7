//! Films whose cuts are known: drawn here, or looked at frame by frame.

use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

pub const FPS: usize = 24;
const W: usize = 192;
const H: usize = 108;

/// Cuts of films that may lie beside the project: the first frame of each new shot. Read off contact sheets by eye.
pub const LOOKED_AT: &[(&str, &[usize])] = &[
    (
        "tears-of-steel-battle-clip-medium.webm",
        &[
            52, 122, 158, 221, 309, 715, 788, 872, 901, 987, 1127, 1157, 1203, 1234, 1246, 1284, 1345, 1378,
            1430, 1472, 1525, 1571, 1618, 1650, 1689,
        ],
    ),
    ("big_buck_bunny_0_30.webm", &[283, 376, 551]),
    ("friday.mp4", &[]),
    ("flower.mp4", &[]),
    ("intel-bottle-detection.mp4", &[]),
];

/// What a drawn film shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(dead_code, reason = "the program that measures draws them all")]
pub enum Kind {
    Plain,
    Pans,
    Zooms,
    Action,
    Noise,
    Dark,
    OneSet,
    Flashes,
    Dissolves,
    Fades,
    Quick,
}

#[allow(dead_code, reason = "the program that measures draws them all")]
pub const KINDS: [Kind; 11] = [
    Kind::Plain,
    Kind::Pans,
    Kind::Zooms,
    Kind::Action,
    Kind::Noise,
    Kind::Dark,
    Kind::OneSet,
    Kind::Flashes,
    Kind::Dissolves,
    Kind::Fades,
    Kind::Quick,
];

/// Numbers that look random, the same each time.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn unit(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u64 << 24) as f32
    }

    fn between(&mut self, a: f32, b: f32) -> f32 {
        a + (b - a) * self.unit()
    }
}

type Colour = [f32; 3];

struct Thing {
    at: (f32, f32),
    speed: (f32, f32),
    size: (f32, f32),
    colour: Colour,
}

/// One shot: a place with a camera before it and things that move.
struct Shot {
    seed: u64,
    frames: usize,
    palette: [Colour; 3],
    at: (f32, f32),
    pan: (f32, f32),
    scale: f32,
    zoom: f32,
    shake: f32,
    grain: f32,
    light: f32,
    things: Vec<Thing>,
    /// Frames with a flash, and how much of the picture it lights.
    flashes: Vec<(usize, f32)>,
}

fn palette(random: &mut Random) -> [Colour; 3] {
    std::array::from_fn(|_| std::array::from_fn(|_| random.between(20.0, 230.0)))
}

impl Shot {
    fn new(kind: Kind, set: [Colour; 3], random: &mut Random) -> Self {
        let own = palette(random);
        let (pan, zoom, shake, things) = match kind {
            Kind::Pans => (4.0, 0.0, 0.3, 3),
            Kind::Zooms => (0.5, 0.018, 0.0, 2),
            Kind::Action => (2.0, 0.004, 5.0, 14),
            _ => (0.4, 0.001, 0.3, 4),
        };
        let frames = if kind == Kind::Quick {
            5 + random.next() as usize % 8
        } else {
            24 + random.next() as usize % 60
        };
        let mut flashes = Vec::new();
        if kind == Kind::Flashes {
            for _ in 0..2 {
                let at = 6 + random.next() as usize % (frames - 12);
                let length = 1 + random.next() as usize % 3;
                let share = if random.unit() < 0.5 { 1.0 } else { 0.5 };
                flashes.extend((at..at + length).map(|f| (f, share)));
            }
        }
        let moves = if kind == Kind::Action { 5.0 } else { 1.2 };
        Self {
            seed: random.next(),
            frames,
            palette: if kind == Kind::OneSet { set } else { own },
            at: (random.between(0.0, 5000.0), random.between(0.0, 5000.0)),
            pan: (random.between(-pan, pan), random.between(-pan, pan) / 3.0),
            scale: random.between(0.01, 0.035),
            zoom: random.between(-zoom, zoom),
            shake,
            grain: if kind == Kind::Noise { 28.0 } else { 4.0 },
            light: if kind == Kind::Dark { 0.16 } else { random.between(0.7, 1.0) },
            things: (0..things)
                .map(|_| Thing {
                    at: (random.between(0.0, W as f32), random.between(0.0, H as f32)),
                    speed: (random.between(-moves, moves), random.between(-moves, moves)),
                    size: (random.between(4.0, 24.0), random.between(4.0, 24.0)),
                    colour: std::array::from_fn(|_| random.between(0.0, 255.0)),
                })
                .collect(),
            flashes,
        }
    }

    fn draw(&self, frame: usize) -> Vec<f32> {
        let t = frame as f32;
        let mut random = Random(self.seed ^ (frame as u64).wrapping_mul(0x517c_c1b7));
        let shake = (random.between(-self.shake, self.shake), random.between(-self.shake, self.shake));
        let scale = self.scale * (1.0 + self.zoom * t);
        let mut out = Vec::with_capacity(W * H * 3);
        for y in 0..H {
            for x in 0..W {
                let u =
                    (x as f32 - W as f32 / 2.0) * scale + self.at.0 + (self.pan.0 * t + shake.0) * self.scale;
                let v =
                    (y as f32 - H as f32 / 2.0) * scale + self.at.1 + (self.pan.1 * t + shake.1) * self.scale;
                let n = 0.6 * noise(self.seed, u, v) + 0.4 * noise(self.seed ^ 7, u * 3.1, v * 3.1);
                let (a, b, part) = if n < 0.5 { (0, 1, n * 2.0) } else { (1, 2, n * 2.0 - 1.0) };
                let mut colour: Colour =
                    std::array::from_fn(|c| self.palette[a][c] * (1.0 - part) + self.palette[b][c] * part);
                for thing in &self.things {
                    let dx = (x as f32 - thing.at.0 - thing.speed.0 * t) / thing.size.0;
                    let dy = (y as f32 - thing.at.1 - thing.speed.1 * t) / thing.size.1;
                    if dx * dx + dy * dy < 1.0 {
                        colour = thing.colour;
                    }
                }
                let flash = self
                    .flashes
                    .iter()
                    .find(|(f, _)| *f == frame)
                    .map_or(0.0, |(_, share)| if (x as f32) < W as f32 * share { 0.8 } else { 0.0 });
                for value in colour {
                    let grain = random.between(-self.grain, self.grain);
                    out.push((value * self.light * (1.0 - flash) + 255.0 * flash + grain).clamp(0.0, 255.0));
                }
            }
        }
        out
    }
}

/// Smooth noise, 0 … 1.
fn noise(seed: u64, x: f32, y: f32) -> f32 {
    let corner = |i: f32, j: f32| {
        let key = seed
            ^ (i as i64 as u64).wrapping_mul(0x8da6_b343)
            ^ (j as i64 as u64).wrapping_mul(0xd816_3841_0000);
        Random(key).unit()
    };
    let (i, j) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (s, t) = (ease(x - i), ease(y - j));
    let top = corner(i, j) * (1.0 - s) + corner(i + 1.0, j) * s;
    let low = corner(i, j + 1.0) * (1.0 - s) + corner(i + 1.0, j + 1.0) * s;
    top * (1.0 - t) + low * t
}

/// A drawn film: its frames as RGB, and the first frame of each shot behind a hard cut.
pub struct Film {
    pub frames: Vec<Vec<u8>>,
    pub cuts: Vec<usize>,
    /// First and last frame of each fade and dissolve.
    pub soft: Vec<(usize, usize)>,
}

pub fn draw(kind: Kind, seed: u64, shots: usize) -> Film {
    let mut random = Random(seed.wrapping_mul(1_000_003) + kind as u64);
    let set = palette(&mut random);
    let mut film = Film { frames: Vec::new(), cuts: Vec::new(), soft: Vec::new() };
    let mut drawn: Vec<Vec<f32>> = Vec::new();
    for n in 0..shots {
        let shot = Shot::new(kind, set, &mut random);
        let new: Vec<Vec<f32>> = (0..shot.frames).map(|f| shot.draw(f)).collect();
        let soft = n > 0 && n % 2 == 1;
        match kind {
            Kind::Dissolves if soft => {
                // Every other change is a dissolve of half a second to a second.
                let length = (12 + random.next() as usize % 12).min(new.len() - 4).min(drawn.len() - 4);
                let from = drawn.len() - length;
                film.soft.push((from, drawn.len()));
                for (k, frame) in new.iter().enumerate() {
                    let part = ((k + 1) as f32 / (length + 1) as f32).min(1.0);
                    match drawn.get_mut(from + k) {
                        Some(old) => {
                            old.iter_mut().zip(frame).for_each(|(o, f)| *o = *o * (1.0 - part) + f * part);
                        }
                        None => drawn.push(frame.clone()),
                    }
                }
            }
            Kind::Fades if soft => {
                let length = 10.min(drawn.len() / 2);
                let from = drawn.len() - length;
                film.soft.push((from, drawn.len() + 10));
                for (k, frame) in drawn[from..].iter_mut().enumerate() {
                    let light = 1.0 - (k + 1) as f32 / length as f32;
                    frame.iter_mut().for_each(|v| *v *= light);
                }
                for (k, mut frame) in new.into_iter().enumerate() {
                    let light = ((k + 1) as f32 / 10.0).min(1.0);
                    frame.iter_mut().for_each(|v| *v *= light);
                    drawn.push(frame);
                }
            }
            _ => {
                if n > 0 {
                    film.cuts.push(drawn.len());
                }
                drawn.extend(new);
            }
        }
    }
    film.frames = drawn.iter().map(|f| f.iter().map(|v| *v as u8).collect()).collect();
    film
}

impl Film {
    /// Writes it as H.264 (or MPEG-4 where this ffmpeg has no encoder for that), as a camera or an editor would.
    pub fn write(&self, to: &Path) -> bool {
        self.encode(to, "libx264 -preset veryfast -crf 27") || self.encode(to, "mpeg4 -q:v 6")
    }

    fn encode(&self, to: &Path, codec: &str) -> bool {
        let mut child = Command::new("ffmpeg")
            .args(["-y", "-v", "error", "-f", "rawvideo", "-pix_fmt", "rgb24", "-s", &format!("{W}x{H}")])
            .args(["-r", &FPS.to_string(), "-i", "pipe:0", "-pix_fmt", "yuv420p", "-c:v"])
            .args(codec.split(' '))
            .arg(to)
            .stdin(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ffmpeg is here");
        let mut stdin = child.stdin.take().unwrap();
        let written = self.frames.iter().all(|f| stdin.write_all(f).is_ok());
        drop(stdin);
        child.wait().is_ok_and(|s| s.success()) && written
    }
}

/// True and false finds, and what was missed. A cut is found when it is named to the frame, or one beside it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    pub right: usize,
    pub wrong: usize,
    pub missed: usize,
    /// Of the right ones, those named to the very frame.
    pub exact: usize,
    /// Finds in a fade or dissolve: one in each is neither right nor wrong.
    pub soft: usize,
}

impl Tally {
    pub fn of(found: &[usize], truth: &[usize], soft: &[(usize, usize)]) -> Self {
        let mut tally = Self::default();
        let mut left: Vec<usize> = truth.to_vec();
        let mut soft: Vec<(usize, usize)> = soft.to_vec();
        for cut in found {
            match left.iter().position(|t| t.abs_diff(*cut) <= 1) {
                Some(at) => {
                    tally.right += 1;
                    tally.exact += usize::from(left[at] == *cut);
                    left.remove(at);
                }
                None => match soft.iter().position(|(from, to)| (*from..=*to).contains(cut)) {
                    Some(at) => {
                        tally.soft += 1;
                        soft.remove(at);
                    }
                    None => tally.wrong += 1,
                },
            }
        }
        tally.missed = left.len();
        tally
    }

    pub fn add(&mut self, other: Self) {
        self.right += other.right;
        self.wrong += other.wrong;
        self.missed += other.missed;
        self.exact += other.exact;
        self.soft += other.soft;
    }

    pub fn precision(&self) -> f64 {
        ratio(self.right, self.right + self.wrong)
    }

    pub fn recall(&self) -> f64 {
        ratio(self.right, self.right + self.missed)
    }
}

fn ratio(part: usize, whole: usize) -> f64 {
    if whole == 0 { 1.0 } else { part as f64 / whole as f64 }
}
