//! Night, water and fog: what is outside, seen from the quay and through windows.

use crate::paint::{Brush, Ink};
use crate::places::Weather;

/// Sky from `top` down to the horizon, with stars.
pub fn sky(brush: &mut Brush<'_>, top: f32, horizon: f32, weather: &Weather) {
    let (above, below) = if weather.morning {
        (0x2b4a78, 0xf2a97c)
    } else if weather.storm {
        (0x0b101e, 0x2b3548)
    } else {
        (0x0d1633, 0x3a4a78)
    };
    brush.fade(-120.0, top, 880.0, horizon - top, above, below);
    if weather.morning || weather.storm {
        return;
    }
    // The same stars in every picture.
    let mut seed = 0x2545_f491_u32;
    for _ in 0..46 {
        let mut next = |range: f32| {
            seed ^= seed << 13;
            seed ^= seed >> 17;
            seed ^= seed << 5;
            (seed >> 8) as f32 / (1 << 24) as f32 * range
        };
        let (x, y, size) = (next(820.0) - 90.0, top + next((horizon - top) * 0.75), 0.6 + next(0.9));
        brush.oval(x, y, size, size, Ink(0xfff4d6, 190));
    }
}

/// The moon, or the sun in the morning.
pub fn moon(brush: &mut Brush<'_>, x: f32, y: f32, radius: f32, weather: &Weather) {
    if weather.storm {
        return;
    }
    let (light, mark) = if weather.morning { (0xffe19a, 0xffe19a) } else { (0xf6eed2, 0xdcd2b4) };
    brush.glow(x, y, radius * 2.1, light);
    brush.oval(x, y, radius, radius, light);
    brush.oval(x - radius * 0.3, y - radius * 0.2, radius * 0.22, radius * 0.2, mark);
    brush.oval(x + radius * 0.35, y + radius * 0.25, radius * 0.15, radius * 0.14, mark);
    brush.oval(x + radius * 0.1, y - radius * 0.5, radius * 0.1, radius * 0.09, mark);
}

/// Still water from the horizon down.
pub fn water(brush: &mut Brush<'_>, horizon: f32, bottom: f32, weather: &Weather) {
    let (above, below) = if weather.morning { (0xd88f74, 0x2c4a6e) } else { (0x27385f, 0x101c38) };
    brush.fade(-120.0, horizon, 880.0, bottom - horizon, above, below);
}

/// What glitters on the water: short strokes that come and go.
pub fn glitter(brush: &mut Brush<'_>, x: f32, horizon: f32, bottom: f32, weather: &Weather) {
    if weather.storm {
        return;
    }
    let ink = if weather.morning { 0xffd9a0 } else { 0xe8e4cc };
    for n in 0..9_i64 {
        let depth = n as f32 / 9.0;
        let y = horizon + 4.0 + (bottom - horizon - 8.0) * depth;
        // Every stroke moves a little to one side or the other, eight times a second.
        let step = (weather.frame / 3 + n * 5) % 8;
        let sway = (step - 4).abs() as f32 - 2.0;
        let half = 5.0 + 13.0 * depth + sway;
        let middle = x + sway * 2.0;
        brush.through(&[(middle - half, y), (middle + half, y)], 1.8, Ink(ink, 120));
    }
}

/// Waves for a storm.
pub fn waves(brush: &mut Brush<'_>, horizon: f32, weather: &Weather) {
    for row in 0..3_i64 {
        let y = horizon + 6.0 + row as f32 * 14.0;
        let shift = ((weather.frame * (row + 2) / 3) % 60) as f32;
        let mut points = Vec::new();
        for n in 0..32_i64 {
            let rise = if n % 2 == 0 { -5.0 } else { 5.0 };
            points.push((n as f32 * 30.0 - 130.0 + shift, y + rise));
        }
        brush.through(&points, 2.5, Ink(0x8fa5bd, 150));
    }
}

/// Fog: pale bands that drift.
pub fn fog(brush: &mut Brush<'_>, top: f32, bottom: f32, strength: u8, weather: &Weather) {
    for n in 0..4_i64 {
        let y = top + (bottom - top) * (n as f32 + 0.5) / 4.0;
        let drift = ((weather.frame / 2 * (2 + n % 2) + n * 140) % 900) as f32 - 200.0;
        for (dx, width) in [(0.0, 300.0), (-440.0, 260.0), (420.0, 240.0)] {
            let height = (bottom - top) / 3.4;
            for (part, rise) in [(0.25, 0.0), (0.5, -0.3), (0.76, 0.05)] {
                let (x, y) = (drift + dx + width * part, y + height * rise);
                brush.oval(x, y, width * 0.34, height * 0.62, Ink(0xc4d0da, strength / 2));
            }
        }
    }
}
