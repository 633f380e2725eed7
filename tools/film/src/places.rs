//! The places, painted: harbour, car deck, galley and wheelhouse.

use rushes_show::timeline::{Episode, Shot};

use crate::paint::{Brush, Ink};
use crate::{letters, sea};

/// What it is like outside, and the moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Weather {
    /// Fog lies on the water.
    pub fog: bool,
    /// A storm.
    pub storm: bool,
    /// The sun rises.
    pub morning: bool,
    /// Lightning, in this very frame.
    pub flash: bool,
    /// The frame.
    pub frame: i64,
    /// Frames since the shot began.
    pub since: i64,
}

impl Weather {
    /// The weather of the show: fog in the second episode, a storm in the fifth until the morning comes.
    pub fn of(episode: &Episode, shot: &Shot, frame: i64) -> Self {
        let last = episode.scenes.last().is_some_and(|s| s.span.contains(shot.span.start));
        let since = frame - shot.span.start;
        let storm = episode.number == 5 && !last;
        Self {
            fog: episode.number == 2 || (episode.number == 1 && shot.seen.contains("fog")),
            storm,
            morning: last && (episode.number == 3 || episode.number == 5),
            flash: storm && shot.seen.contains("lightning") && matches!(since, 12..15 | 20..22 | 46..49),
            frame,
            since,
        }
    }
}

/// The place without anything that moves.
pub fn paint(brush: &mut Brush<'_>, place: &str, weather: &Weather) {
    match place {
        "harbour" => harbour(brush, weather),
        "car deck" => car_deck(brush),
        "galley" => galley(brush, weather),
        _ => wheelhouse(brush, weather),
    }
}

/// What moves in the place, behind everybody.
pub fn paint_moving(brush: &mut Brush<'_>, place: &str, weather: &Weather) {
    match place {
        "harbour" => sea::glitter(brush, 118.0, 196.0, 272.0, weather),
        "wheelhouse" => {
            let mut window = Window { brush };
            window.moving(weather);
        }
        _ => {}
    }
}

/// What lies over everything.
pub fn paint_veil(brush: &mut Brush<'_>, place: &str, weather: &Weather) {
    if place == "harbour" && weather.fog {
        sea::fog(brush, 120.0, 330.0, 34, weather);
    }
}

fn harbour(brush: &mut Brush<'_>, weather: &Weather) {
    sea::sky(brush, -80.0, 196.0, weather);
    let height = if weather.morning { 176.0 } else { 62.0 };
    sea::moon(brush, 118.0, height, 27.0, weather);
    let hills = if weather.morning { 0x5b4a66 } else { 0x162040 };
    brush.shape(
        "M -120 196 L -120 150 Q -40 118 40 156 Q 110 132 190 170 Q 260 146 330 176 L 420 196 Z",
        hills,
    );
    brush.shape("M 300 196 Q 400 140 500 168 Q 600 128 780 158 L 780 196 Z", hills);
    for (x, y) in
        [(30.0, 168.0), (44.0, 176.0), (170.0, 180.0), (198.0, 184.0), (560.0, 168.0), (590.0, 176.0)]
    {
        brush.rect(x, y, 4.0, 4.0, 0xffcf70);
    }
    // A lighthouse on the far hill.
    brush.shape("M 606 150 L 611 104 L 621 104 L 626 150 Z", 0xe9e2d5);
    brush.rect(609.0, 118.0, 14.0, 10.0, 0xc4453d);
    brush.rect(609.5, 94.0, 13.0, 10.0, 0xffe28a);
    brush.shape("M 607 94 L 616 86 L 625 94 Z", 0xc4453d);
    brush.glow(616.0, 99.0, 26.0, 0xffe28a);
    sea::water(brush, 196.0, 282.0, weather);
    // The quay.
    brush.rect(-120.0, 276.0, 880.0, 120.0, 0x4a4d5c);
    brush.rect(-120.0, 276.0, 880.0, 8.0, 0x6c7080);
    for n in 0..12 {
        let x = n as f32 * 74.0 - 110.0;
        brush.line(&format!("M {x} 284 L {} 360", x - 26.0), 1.6, 0x3c3f4d);
    }
    brush.line("M -120 318 L 780 318", 1.6, 0x3c3f4d);
    for x in [28.0, 612.0] {
        brush.round(x - 9.0, 262.0, 18.0, 26.0, 4.0, 0x232530);
        brush.round(x - 13.0, 258.0, 26.0, 9.0, 4.0, 0x2f323f);
    }
}

fn car_deck(brush: &mut Brush<'_>) {
    brush.fade(-120.0, -80.0, 880.0, 368.0, 0x163640, 0x2d5c63);
    for n in 0..7 {
        let x = n as f32 * 126.0 - 100.0;
        brush.rect(x, -80.0, 12.0, 368.0, 0x1d454e);
        brush.rect(x + 12.0, -80.0, 3.0, 368.0, 0x3d7076);
        for y in [40.0, 100.0, 160.0, 220.0] {
            brush.oval(x + 6.0, y, 2.0, 2.0, 0x4f8388);
        }
    }
    // Portholes with the night in them.
    for x in [88.0, 214.0, 340.0, 466.0, 592.0] {
        brush.oval(x, 132.0, 23.0, 23.0, 0x86989a);
        brush.oval(x, 132.0, 17.0, 17.0, 0x0e182e);
        brush.shape(
            &format!("M {} 124 Q {x} 112 {} 124 Q {x} 118 {} 124 Z", x - 12.0, x + 12.0, x - 12.0),
            0x2a3b60,
        );
    }
    // Beams and pipes below the ceiling.
    brush.rect(-120.0, -80.0, 880.0, 104.0, 0x122830);
    brush.rect(-120.0, 24.0, 880.0, 6.0, 0x0d1e25);
    brush.rect(-120.0, 34.0, 880.0, 7.0, 0xb0533c);
    brush.rect(-120.0, 45.0, 880.0, 5.0, 0x7d8f92);
    for x in [175.0, 425.0] {
        brush.round(x - 40.0, 16.0, 80.0, 7.0, 3.0, 0xe6f2e4);
    }
    letters::write(brush, "DECK 2", 26.0, 70.0, 18.0, 0x6fa0a2);
    // The floor, its stripe and its lanes.
    brush.rect(-120.0, 280.0, 880.0, 120.0, 0x3b444a);
    for n in 0..46 {
        let x = n as f32 * 20.0 - 120.0;
        brush
            .shape(&format!("M {x} 288 L {} 280 L {} 280 L {} 288 Z", x + 8.0, x + 18.0, x + 10.0), 0xe0b03a);
    }
    for x in [60.0, 245.0, 430.0, 600.0] {
        brush.shape(&format!("M {x} 300 L {} 300 L {} 360 L {} 360 Z", x + 6.0, x + 2.0, x - 8.0), 0x8b8f8d);
    }
}

fn galley(brush: &mut Brush<'_>, weather: &Weather) {
    brush.fade(-120.0, -80.0, 880.0, 300.0, 0xb97348, 0xe3b074);
    // Tiles above the counter.
    brush.rect(-120.0, 148.0, 880.0, 72.0, 0xead9b4);
    for n in 0..37 {
        let x = n as f32 * 24.0 - 116.0;
        brush.rect(x, 148.0, 1.4, 72.0, 0xd3bc8f);
    }
    for y in [171.0, 195.0] {
        brush.rect(-120.0, y, 880.0, 1.4, 0xd3bc8f);
    }
    // A porthole.
    brush.oval(560.0, 86.0, 40.0, 40.0, 0x9a5a2e);
    brush.oval(560.0, 86.0, 31.0, 31.0, if weather.storm { 0x1b2538 } else { 0x142248 });
    brush.shape("M 530 96 Q 560 84 590 96 Q 584 117 560 117 Q 536 117 530 96 Z", 0x2c4470);
    // A shelf with jars, and pans on hooks.
    brush.rect(96.0, 118.0, 250.0, 7.0, 0x7a4525);
    let jars = [0xc64b36, 0x5f8a4e, 0xe8c056, 0x8a5a8c, 0x4d869c, 0xd9893f];
    for (n, ink) in jars.into_iter().enumerate() {
        let x = 110.0 + n as f32 * 38.0;
        brush.round(x, 90.0, 24.0, 28.0, 5.0, ink);
        brush.rect(x + 2.0, 85.0, 20.0, 7.0, 0x6b3f24);
        brush.rect(x + 5.0, 98.0, 14.0, 9.0, 0xf4ead2);
    }
    brush.rect(380.0, 58.0, 118.0, 4.0, 0x5d351e);
    for (x, r) in [(400.0, 15.0), (440.0, 19.0), (480.0, 13.0)] {
        brush.line(&format!("M {x} 60 L {x} 88"), 4.0, 0x3a3030);
        brush.oval(x, 88.0 + r, r, r, 0x4b4244);
        brush.oval(x, 88.0 + r, r - 4.0, r - 4.0, 0x635a5c);
    }
    // The counter, its doors and the floor.
    brush.rect(-120.0, 216.0, 880.0, 11.0, 0x8d5530);
    brush.rect(-120.0, 227.0, 880.0, 76.0, 0x4f7a78);
    for n in 0..8 {
        let x = n as f32 * 110.0 - 110.0;
        brush.round(x + 6.0, 234.0, 98.0, 60.0, 4.0, 0x5f8d89);
        brush.oval(x + 94.0, 262.0, 3.4, 3.4, 0xe8c97a);
    }
    for n in 0..22 {
        for row in 0..3 {
            let ink = if (n + row) % 2 == 0 { 0xd9cdb8 } else { 0x7c5b4c };
            brush.rect(n as f32 * 40.0 - 120.0, 300.0 + row as f32 * 26.0, 40.5, 26.5, ink);
        }
    }
}

/// Left edge and width of the panes of the wheelhouse.
const PANES: [(f32, f32); 3] = [(-24.0, 208.0), (200.0, 240.0), (456.0, 208.0)];
/// Their upper and lower edge, and the horizon in them.
const PANE_TOP: f32 = 66.0;
const PANE_BOTTOM: f32 = 190.0;
const HORIZON: f32 = 142.0;

fn wheelhouse(brush: &mut Brush<'_>, weather: &Weather) {
    Window { brush }.still(weather);
    frame_of_windows(brush);
    // The ledge, its dials and the wood below.
    brush.rect(-120.0, 214.0, 880.0, 12.0, 0x7d4b2c);
    brush.rect(-120.0, 226.0, 880.0, 66.0, 0x5a3320);
    for n in 0..9 {
        let x = n as f32 * 96.0 - 112.0;
        brush.round(x, 236.0, 84.0, 48.0, 4.0, 0x6b3f27);
    }
    for (x, ink) in [(40.0, 0xd65a45), (66.0, 0xe8c056), (92.0, 0x6fb07e)] {
        brush.oval(x, 244.0, 6.0, 6.0, ink);
    }
    brush.rect(-120.0, 290.0, 880.0, 110.0, 0x3a241b);
    for n in 0..6 {
        brush.rect(-120.0, 290.0 + n as f32 * 15.0, 880.0, 1.8, 0x2c1a13);
    }
    wheel(brush);
}

/// The walls around the panes: everything but the panes.
fn frame_of_windows(brush: &mut Brush<'_>) {
    let wall = 0x6e4830;
    brush.rect(-120.0, -80.0, 880.0, 146.0, wall);
    brush.rect(-120.0, 190.0, 880.0, 26.0, wall);
    brush.rect(-120.0, 40.0, 880.0, 8.0, 0x83583b);
    for (from, to) in [(-120.0, -24.0), (184.0, 200.0), (440.0, 456.0), (664.0, 780.0)] {
        brush.rect(from, 60.0, to - from, 134.0, wall);
    }
    for (x, width) in PANES {
        brush.line(&format!("M {x} 66 L {} 66 L {} 190 L {x} 190 Z", x + width, x + width), 4.0, 0x9a6b48);
    }
}

fn wheel(brush: &mut Brush<'_>) {
    let (x, y) = (392.0, 236.0);
    for n in 0..8 {
        let (sin, cos) = (n as f32 * std::f32::consts::FRAC_PI_4).sin_cos();
        brush.through(&[(x, y), (x + cos * 48.0, y + sin * 48.0)], 5.0, 0xa86a35);
    }
    let ring: Vec<(f32, f32)> = (0..=32)
        .map(|n| (n as f32 * std::f32::consts::TAU / 32.0).sin_cos())
        .map(|(sin, cos)| (x + cos * 34.0, y + sin * 34.0))
        .collect();
    brush.through(&ring, 7.0, 0xc08042);
    brush.oval(x, y, 9.0, 9.0, 0xe0b05a);
}

/// What is seen through the wheelhouse's panes.
struct Window<'b, 'p> {
    brush: &'b mut Brush<'p>,
}

impl Window<'_, '_> {
    fn still(&mut self, weather: &Weather) {
        sea::sky(self.brush, PANE_TOP, HORIZON, weather);
        sea::moon(self.brush, 560.0, 96.0, 14.0, weather);
        sea::water(self.brush, HORIZON, PANE_BOTTOM, weather);
        // The bow.
        self.brush.shape("M 250 190 Q 320 158 390 190 Z", 0xc9c3b4);
        self.brush.line("M 320 172 L 320 142", 2.5, 0x2a2e3c);
    }

    fn moving(&mut self, weather: &Weather) {
        if weather.storm {
            sea::waves(self.brush, HORIZON, weather);
        }
        if weather.fog {
            sea::fog(self.brush, PANE_TOP, PANE_BOTTOM, 70, weather);
        }
        if weather.flash {
            for (x, width) in PANES {
                self.brush.rect(x, PANE_TOP, width, PANE_BOTTOM - PANE_TOP, Ink(0xeef4ff, 200));
            }
            self.brush.line("M 300 66 L 286 100 L 304 104 L 288 142", 4.0, 0xffffff);
        }
        if weather.storm || weather.fog {
            frame_of_windows(self.brush);
            wheel(self.brush);
        }
    }
}
