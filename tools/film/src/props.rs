//! The props. Each is drawn around its own middle, in units that make it as wide as the stage says.

use rushes_show::stage::Prop;
use rushes_show::timeline::Shot;

use crate::letters;
use crate::paint::{Brush, Ink};
use crate::places::Weather;

/// Stands nearer to the camera than people do.
pub fn is_in_front(name: &str) -> bool {
    matches!(name, "geese" | "rope" | "suitcase")
}

/// Draws a prop.
pub fn paint(brush: &mut Brush<'_>, prop: &Prop, shot: &Shot, weather: &Weather) {
    let (x, y) = (prop.x as f32, prop.y as f32);
    let half = prop.size as f32 / 2.0;
    let mut brush = brush.at(x, y, 1.0, 1.0);
    let brush = &mut brush;
    match prop.name.as_str() {
        "ferry" => ferry(brush),
        "truck" => truck(brush),
        "hearse" => hearse(brush, shot.seen.contains("door")),
        "piano" => piano(brush, shot.seen.contains("plays"), weather),
        "suitcase" => suitcase(brush, shot.seen.contains("suitcase opens") && weather.since > 14),
        "rope" => rope(brush),
        "geese" => geese(brush, shot, weather),
        "lantern" => lantern(brush, y, weather),
        "lamp" => lamp(brush),
        "kettle" => kettle(brush, weather),
        "soup" => soup(brush, weather),
        "radio" => radio(brush),
        "compass" => compass(brush, shot, weather),
        "salt" => {
            let slide =
                if shot.seen.contains("by itself") { weather.since.min(60) as f32 * 0.7 - 21.0 } else { 0.0 };
            salt(&mut brush.at(slide, 0.0, 1.0, 1.0));
        }
        "knife" => knife(brush),
        _ => brush.round(-half, -half, half * 2.0, half * 2.0, 4.0, 0x998877),
    }
}

fn ferry(brush: &mut Brush<'_>) {
    // Above the hull: two decks, a wheelhouse, a funnel.
    brush.rect(-96.0, -48.0, 190.0, 34.0, 0xf0eadc);
    brush.rect(-70.0, -80.0, 128.0, 33.0, 0xf8f3e8);
    brush.rect(-58.0, -104.0, 50.0, 25.0, 0xf0eadc);
    brush.shape("M 20 -80 L 26 -122 L 54 -122 L 52 -80 Z", 0xc2332f);
    brush.rect(25.0, -112.0, 29.0, 9.0, 0x1a2034);
    for n in 0..7 {
        brush.round(-88.0 + n as f32 * 26.0, -41.0, 15.0, 14.0, 3.0, 0xffd278);
    }
    for n in 0..4 {
        brush.round(-60.0 + n as f32 * 29.0, -71.0, 18.0, 14.0, 3.0, 0xffd278);
    }
    brush.round(-54.0, -99.0, 42.0, 12.0, 2.0, 0xffe6a8);
    brush.line("M -33 -104 L -33 -134", 2.4, 0xd8d2c4);
    brush.oval(-33.0, -134.0, 3.0, 3.0, 0xff6a50);
    brush.shape("M -150 -16 L 150 -16 Q 142 40 112 56 L -118 56 Q -140 30 -150 -16 Z", 0x1f2d55);
    brush.shape("M -141 20 L 137 20 Q 128 46 112 56 L -118 56 Q -132 44 -141 20 Z", 0xa8302e);
    brush.rect(-148.0, -16.0, 296.0, 4.0, 0xe8c056);
    letters::centred(brush, "NIGHT FERRY", 0.0, 3.0, 14.0, 0xf4eedc);
}

fn wheels(brush: &mut Brush<'_>, xs: &[f32], y: f32, radius: f32) {
    for x in xs {
        brush.oval(*x, y, radius, radius, 0x14161c);
        brush.oval(*x, y, radius * 0.45, radius * 0.45, 0x8b9298);
    }
}

fn truck(brush: &mut Brush<'_>) {
    brush.round(-84.0, -52.0, 112.0, 88.0, 4.0, 0xd88c3a);
    brush.rect(-84.0, -14.0, 112.0, 8.0, 0xf2c87a);
    letters::centred(brush, "FISH", -28.0, -32.0, 17.0, 0x6a3a14);
    brush.shape("M 30 -22 L 62 -22 Q 72 -20 76 2 L 84 8 L 84 36 L 30 36 Z", 0xb53e2e);
    brush.shape("M 38 -14 L 59 -14 Q 64 -12 68 4 L 38 4 Z", 0x9cc4cc);
    brush.oval(80.0, 20.0, 4.0, 5.0, 0xffeaa8);
    wheels(brush, &[-58.0, -26.0, 56.0], 38.0, 15.0);
}

fn hearse(brush: &mut Brush<'_>, open: bool) {
    brush
        .shape("M -82 34 L -82 -8 Q -80 -34 -56 -35 L 26 -35 Q 44 -32 54 -6 L 80 2 Q 86 6 85 34 Z", 0x17161f);
    brush.shape("M -72 -4 L -72 -14 Q -70 -27 -54 -28 L -14 -28 L -14 -4 Z", 0xc8b8d0);
    brush.shape("M -64 -4 Q -52 -20 -40 -4 Q -30 -20 -20 -4 Z", 0x7e5a8a);
    brush.shape("M -6 -28 L 22 -28 Q 36 -24 44 -4 L -6 -4 Z", 0x86a0b4);
    brush.rect(-82.0, 8.0, 166.0, 3.0, 0xb8b4a4);
    brush.oval(82.0, 14.0, 4.0, 5.0, 0xffeaa8);
    if open {
        brush.shape("M -82 -32 L -104 -24 L -104 34 L -82 34 Z", 0x2a2836);
        brush.line("M -104 -24 L -104 34", 2.0, 0xb8b4a4);
    }
    brush.line("M -60 -35 L 20 -35", 3.0, 0xb8b4a4);
    wheels(brush, &[-52.0, 54.0], 36.0, 15.0);
}

fn piano(brush: &mut Brush<'_>, plays: bool, weather: &Weather) {
    brush.round(-58.0, -44.0, 116.0, 86.0, 4.0, 0x4a241a);
    brush.round(-60.0, -48.0, 120.0, 9.0, 3.0, 0x5e3022);
    brush.round(-48.0, -34.0, 96.0, 28.0, 3.0, 0x5e3022);
    brush.rect(-62.0, 0.0, 124.0, 13.0, 0x331812);
    brush.rect(-56.0, 1.0, 112.0, 8.0, 0xfaf6ea);
    for n in 0..16 {
        if n % 7 != 2 && n % 7 != 6 {
            brush.rect(-51.0 + n as f32 * 7.0, 1.0, 3.6, 5.0, 0x141010);
        }
    }
    for x in [-54.0, 47.0] {
        brush.rect(x, 12.0, 7.0, 36.0, 0x331812);
    }
    if !plays {
        return;
    }
    for n in 0..4_i64 {
        let age = (weather.since + n * 19) % 76;
        let (x, y) = (-42.0 + n as f32 * 27.0 + (age % 16 - 8).abs() as f32, -52.0 - age as f32);
        let ink = Ink(0xfff2c8, 230);
        brush.oval(x, y, 4.6, 3.6, ink);
        brush.through(&[(x + 4.0, y), (x + 4.0, y - 15.0), (x + 10.0, y - 11.0)], 2.0, ink);
    }
}

fn suitcase(brush: &mut Brush<'_>, open: bool) {
    if open {
        brush.round(-28.0, -44.0, 56.0, 34.0, 4.0, 0x6e3c22);
        brush.round(-24.0, -40.0, 48.0, 27.0, 3.0, 0xb07c58);
        brush.shape("M -25 -8 Q -12 -28 0 -22 Q 14 -30 25 -8 Z", 0xffffff);
    }
    brush.round(-29.0, -12.0, 58.0, 32.0, 5.0, 0x8c4e2a);
    brush.rect(-29.0, 0.0, 58.0, 3.0, 0x6e3c22);
    for x in [-18.0, 11.0] {
        brush.rect(x, -12.0, 7.0, 32.0, 0x6e3c22);
        brush.rect(x + 1.5, -2.0, 4.0, 6.0, 0xe8c056);
    }
    if !open {
        brush.line("M -9 -13 Q -8 -21 0 -21 Q 8 -21 9 -13", 3.4, 0x4a2816);
    }
}

fn rope(brush: &mut Brush<'_>) {
    for n in 0..3 {
        let y = 12.0 - n as f32 * 7.0;
        brush.oval(0.0, y, 24.0 - n as f32 * 2.0, 8.0, 0x8a6a3c);
        brush.oval(0.0, y - 2.0, 22.0 - n as f32 * 2.0, 6.5, 0xd0a866);
    }
    brush.oval(0.0, -4.0, 10.0, 3.2, 0x5c4424);
    brush.line("M 18 12 Q 34 18 46 10 Q 56 6 62 14", 5.0, 0xc09858);
}

fn goose(brush: &mut Brush<'_>, step: bool) {
    let (one, other) = if step { (-6.0, 6.0) } else { (-3.0, 3.0) };
    for x in [one, other] {
        brush.line(&format!("M {x} 10 L {x} 19"), 2.4, 0xe88c2a);
        brush.line(&format!("M {x} 19 L {} 19", x + 5.0), 2.4, 0xe88c2a);
    }
    brush.shape("M -24 0 Q -10 -14 6 -8 Q 20 -2 12 8 Q 0 16 -12 10 Q -20 8 -24 0 Z", 0xf4f2ea);
    brush.line("M 10 0 Q 15 -12 10 -24", 7.0, 0xf4f2ea);
    brush.oval(11.0, -25.0, 6.0, 5.2, 0xf4f2ea);
    brush.shape("M 16 -27 L 26 -23 L 16 -22 Z", 0xf09830);
    brush.oval(12.5, -26.0, 1.3, 1.5, 0x20181c);
    brush.shape("M -16 -1 Q -4 -6 4 1 Q -4 9 -12 6 Z", 0xd8d4c6);
}

fn geese(brush: &mut Brush<'_>, shot: &Shot, weather: &Weather) {
    let marches = shot.seen.contains("march");
    let away = shot.seen.contains("look away");
    let count = if marches { 11 } else { 4 };
    for n in 0..count {
        let mut x = n as f32 * 34.0 - 51.0;
        let mut hop = 0.0;
        if marches {
            x = n as f32 * 44.0 - 560.0 + weather.since as f32 * 3.4;
            hop = if (weather.since / 5 + n) % 2 == 0 { -3.0 } else { 0.0 };
        } else if (weather.frame / 4 + n * 7) % 19 < 2 {
            hop = -3.0;
        }
        let facing = if !marches && (n % 2 == 1) != away { -1.0 } else { 1.0 };
        let depth = if n % 2 == 0 { 12.0 } else { 6.0 };
        goose(&mut brush.at(x, depth + hop, facing, 1.0), hop < 0.0);
    }
}

fn lantern(brush: &mut Brush<'_>, y: f32, weather: &Weather) {
    let swing = (weather.frame as f32 * 0.07).sin() * if weather.storm { 11.0 } else { 3.5 };
    let mut hung = brush.turned(0.0, -y, swing);
    let mut brush = hung.at(0.0, y, 1.0, 1.0);
    brush.line(&format!("M 0 {} L 0 -22", -y - 60.0), 2.0, 0x201c1c);
    brush.glow(0.0, 0.0, 48.0, 0xffc85a);
    brush.shape("M -9 -14 L 0 -24 L 9 -14 Z", 0x2a2424);
    brush.round(-11.0, -14.0, 22.0, 30.0, 5.0, 0x3a302a);
    brush.round(-8.0, -11.0, 16.0, 23.0, 5.0, 0xffd878);
    brush.oval(0.0, 2.0, 3.4, 6.4, 0xfff8dc);
    brush.round(-12.0, 14.0, 24.0, 5.0, 2.0, 0x2a2424);
}

fn lamp(brush: &mut Brush<'_>) {
    brush.rect(-3.0, 14.0, 6.0, 186.0, 0x1c1f2a);
    brush.round(-9.0, 190.0, 18.0, 12.0, 3.0, 0x1c1f2a);
    brush.glow(0.0, 0.0, 70.0, 0xffd070);
    brush.shape("M -11 -14 L 11 -14 L 15 14 L -15 14 Z", 0xffe090);
    brush.shape("M -15 -14 L 0 -25 L 15 -14 Z", 0x1c1f2a);
    brush.rect(-16.0, 13.0, 32.0, 4.0, 0x1c1f2a);
}

fn steam(brush: &mut Brush<'_>, x: f32, y: f32, weather: &Weather) {
    for n in 0..3_i64 {
        let age = (weather.frame + n * 14) % 42;
        let rise = age as f32;
        let alpha = (90 - age * 2).clamp(0, 255) as u8;
        brush.oval(
            x + ((age + n * 9) % 12 - 6).abs() as f32 - 3.0,
            y - rise * 0.7,
            3.0 + rise * 0.12,
            3.0 + rise * 0.12,
            Ink(0xffffff, alpha),
        );
    }
}

fn kettle(brush: &mut Brush<'_>, weather: &Weather) {
    steam(brush, 25.0, -10.0, weather);
    brush.line("M 12 2 Q 22 0 25 -8", 6.0, 0x3c749c);
    brush.shape("M -19 14 Q -22 -8 -6 -12 L 8 -12 Q 20 -6 18 14 Z", 0x4a88b4);
    brush.line("M -10 -12 Q 0 -30 11 -12", 3.6, 0x24303c);
    brush.oval(1.0, -14.0, 4.0, 3.0, 0x24303c);
    brush.oval(-8.0, -2.0, 3.0, 6.0, Ink(0xffffff, 90));
}

fn soup(brush: &mut Brush<'_>, weather: &Weather) {
    steam(brush, 0.0, -12.0, weather);
    brush.round(-22.0, -10.0, 44.0, 25.0, 6.0, 0xb83a34);
    brush.round(-25.0, -12.0, 50.0, 6.0, 3.0, 0xd8584a);
    brush.oval(0.0, -11.0, 20.0, 2.6, 0xf0c060);
    brush.line("M 10 -12 L 20 -30", 3.0, 0x9a6a3a);
    for x in [-27.0, 22.0] {
        brush.round(x, -4.0, 6.0, 6.0, 2.0, 0x7a2222);
    }
}

fn radio(brush: &mut Brush<'_>) {
    brush.line("M 14 -16 L 24 -38", 1.8, 0xc8ccd0);
    brush.round(-24.0, -17.0, 48.0, 32.0, 5.0, 0x3c5a4c);
    brush.oval(-10.0, 0.0, 10.0, 10.0, 0x22342c);
    for n in 0..3 {
        brush.rect(-17.0, -5.0 + n as f32 * 4.4, 14.0, 1.4, 0x6e9080);
    }
    brush.round(4.0, -10.0, 15.0, 8.0, 2.0, 0xffd888);
    brush.oval(8.0, 6.0, 3.4, 3.4, 0xd8c098);
    brush.oval(17.0, 6.0, 2.4, 2.4, 0xc2332f);
}

fn compass(brush: &mut Brush<'_>, shot: &Shot, weather: &Weather) {
    brush.round(-11.0, 2.0, 22.0, 9.0, 2.0, 0x7a5a24);
    brush.oval(0.0, -5.0, 16.0, 16.0, 0xd8a848);
    brush.oval(0.0, -5.0, 12.5, 12.5, 0xf8f2e2);
    let turn = if shot.seen.contains("spins") {
        weather.since as f32 * 21.0
    } else if shot.seen.contains("turns") {
        -weather.since as f32 * 3.0
    } else {
        24.0
    };
    let mut needle = brush.turned(0.0, -5.0, turn);
    needle.shape("M -2.6 0 L 0 -11 L 2.6 0 Z", 0xc2332f);
    needle.shape("M -2.6 0 L 0 11 L 2.6 0 Z", 0x2c3c58);
}

fn salt(brush: &mut Brush<'_>) {
    brush.shape("M -8 10 L -6 -8 L 6 -8 L 8 10 Z", 0xf4fafc);
    brush.shape("M -7.4 10 L -6.6 1 L 6.6 1 L 7.4 10 Z", 0xffffff);
    brush.round(-7.0, -14.0, 14.0, 7.0, 3.0, 0x8c98a4);
    letters::centred(brush, "S", 0.0, 1.0, 7.0, 0x3c5890);
}

fn knife(brush: &mut Brush<'_>) {
    brush.shape("M -18 8 L 6 2 L 8 8 Q -4 12 -18 8 Z", 0xd8e0e6);
    brush.round(6.0, 1.0, 16.0, 6.0, 3.0, 0x5a301c);
}
