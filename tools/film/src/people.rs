//! The people, and the Admiral. A figure stands with its feet at the origin and looks to the right.

use rushes_show::stage;

use crate::letters;
use crate::paint::Brush;

/// How large figures are drawn, in units of the stage.
pub const SIZE: f32 = stage::FIGURE_PERCENT as f32 / 100.0;

/// What somebody does in a frame.
#[derive(Debug, Clone, Copy)]
pub struct Pose {
    /// 1 looks to the right, −1 to the left.
    pub facing: f32,
    /// How far the mouth is open, 0 to 1.
    pub mouth: f32,
    /// Is speaking, though perhaps between two words.
    pub speaks: bool,
    /// A wing at the hat.
    pub salutes: bool,
    /// Somebody else has the hat.
    pub hatless: bool,
    /// Is about to fall.
    pub trips: bool,
    /// A frame number of one's own, so that people do not blink together.
    pub frame: i64,
}

/// How somebody looks.
struct Looks {
    name: &'static str,
    width: f32,
    skin: u32,
    hair: u32,
    top: u32,
    sleeve: u32,
    legs: u32,
    shoes: u32,
    /// The colour of the name on the chest.
    letters: u32,
}

/// Name on the chest and width; colours of skin, hair, top, sleeves, legs, letters.
const fn dressed(name: &'static str, width: f32, colours: [u32; 6]) -> Looks {
    let [skin, hair, top, sleeve, legs, letters] = colours;
    Looks { name, width, skin, hair, top, sleeve, legs, shoes: 0x1a1c26, letters }
}

fn looks(name: &str) -> Looks {
    match name {
        "Mara" => dressed("MARA", 52.0, [0xc98a62, 0x2a1a16, 0xf1ece0, 0xf1ece0, 0x2d3348, 0xc2332f]),
        "Joao" => dressed("JOAO", 52.0, [0xd9a074, 0x33221c, 0x8a5c3a, 0x7a5032, 0x4a433c, 0xf0d9b0]),
        "Otto" => dressed("OTTO", 70.0, [0xf0c09c, 0xc86a2c, 0xe27424, 0x3c4a66, 0xe27424, 0x3a2010]),
        "Ines" => dressed("INES", 56.0, [0xb87850, 0x1c1414, 0xf6f6f2, 0x4a8f6c, 0x4a8f6c, 0x2f6a4e]),
        "Lucien" => dressed("LUCIEN", 42.0, [0xece2d8, 0x181820, 0x26242e, 0x26242e, 0x1c1a22, 0xd8d4e4]),
        "Captain Brandt" => {
            dressed("BRANDT", 60.0, [0xf0c8ac, 0xa6acb4, 0x1c2b52, 0x1c2b52, 0x161e38, 0xe8c056])
        }
        _ => dressed("", 52.0, [0xe8b48c, 0x4a2f22, 0x888888, 0x777777, 0x2d3348, 0xffffff]),
    }
}

/// Draws somebody.
pub fn paint(brush: &mut Brush<'_>, name: &str, pose: &Pose) {
    brush.oval(0.0, 1.0, 34.0, 5.0, crate::picture::glass(0x000000, 70));
    let lean = if pose.trips { 9.0 * ((pose.frame / 6 % 4 - 2).abs() as f32 - 1.0) } else { 0.0 };
    let mut figure = brush.turned(0.0, 0.0, lean);
    let mut figure = figure.at(0.0, 0.0, pose.facing, 1.0);
    if name == "Admiral" {
        admiral(&mut figure, pose);
        return;
    }
    let look = looks(name);
    let head = (stage::head_y(name) - stage::FLOOR_Y) as f32 / SIZE;
    body(&mut figure, name, &look, head, pose);
    // A name is read from left to right, whichever way its bearer looks.
    let mut chest = figure.at(0.0, 0.0, pose.facing, 1.0);
    let height = if look.name.len() > 5 { 6.4 } else { 8.0 };
    letters::centred(&mut chest, look.name, 0.0, head + 46.0, height, look.letters);
    let nod = if pose.speaks && pose.frame % 14 < 5 { 1.0 } else { 0.0 };
    let mut face = figure.at(0.0, head + nod, 1.0, 1.0);
    paint_head(&mut face, name, &look, pose);
}

fn body(brush: &mut Brush<'_>, name: &str, look: &Looks, head: f32, pose: &Pose) {
    let half = look.width / 2.0;
    let (shoulder, hip) = (head + 24.0, -52.0);
    for side in [-1.0, 1.0] {
        let x = side * half * 0.5;
        brush.round(x - half * 0.36, hip - 4.0, half * 0.72, 52.0, 5.0, look.legs);
        brush.round(x - half * 0.4 + 3.0, -8.0, half * 0.8 + 5.0, 9.0, 4.0, look.shoes);
    }
    arm(brush, -half + 3.0, shoulder + 8.0, -half - 7.0, hip - 2.0, look);
    let (h, s) = (half, shoulder);
    let torso = format!(
        "M {} {} Q {} {s} {} {s} L {} {s} Q {h} {s} {h} {} L {} {} Q 0 {} {} {} Z",
        -h,
        s + 12.0,
        -h,
        -h + 12.0,
        h - 12.0,
        s + 12.0,
        h + 2.0,
        hip + 4.0,
        hip + 9.0,
        -h - 2.0,
        hip + 4.0
    );
    brush.shape(&torso, look.top);
    clothes(brush, name, half, shoulder, hip);
    if pose.speaks {
        let lift = ((pose.frame / 5 % 6 - 3).abs() as f32) * 3.0;
        arm(brush, half - 4.0, shoulder + 9.0, half + 20.0, shoulder + 22.0 - lift, look);
    } else {
        arm(brush, half - 3.0, shoulder + 8.0, half + 7.0, hip - 2.0, look);
    }
    brush.rect(-7.0, head + 10.0, 14.0, 17.0, look.skin);
}

fn arm(brush: &mut Brush<'_>, x: f32, y: f32, hand_x: f32, hand_y: f32, look: &Looks) {
    let (middle_x, middle_y) = (x.midpoint(hand_x) + (hand_x - x) * 0.3, y.midpoint(hand_y) + 6.0);
    brush.through(&[(x, y), (middle_x, middle_y), (hand_x, hand_y)], 13.0, look.sleeve);
    brush.oval(hand_x, hand_y, 6.6, 6.6, if look.name == "LUCIEN" { 0xffffff } else { look.skin });
}

/// What makes somebody's clothes their own.
fn clothes(brush: &mut Brush<'_>, name: &str, half: f32, shoulder: f32, hip: f32) {
    match name {
        "Mara" => {
            for n in 0..5 {
                let y = shoulder + 6.0 + n as f32 * 11.0;
                if n != 1 {
                    brush.rect(-half + 0.5, y, half * 2.0 - 1.0, 5.0, 0x2f5896);
                }
            }
        }
        "Joao" => {
            brush.line(&format!("M 0 {} L 0 {hip}", shoulder + 34.0), 1.6, 0x5c3b24);
            brush.line(
                &format!("M -16 {} Q 0 {} 16 {}", shoulder + 1.0, shoulder + 13.0, shoulder + 1.0),
                9.0,
                0x3f8f5a,
            );
            brush.line(&format!("M -10 {} L -14 {}", shoulder + 7.0, shoulder + 42.0), 8.0, 0x3f8f5a);
        }
        "Otto" => {
            for side in [-1.0, 1.0] {
                brush.rect(side * half * 0.55 - 5.0, shoulder, 10.0, 16.0, 0x3c4a66);
                brush.oval(side * half * 0.55, shoulder + 17.0, 3.4, 3.4, 0xf2d07a);
            }
            brush.round(-15.0, shoulder + 34.0, 30.0, 18.0, 4.0, 0xc4601a);
        }
        "Ines" => {
            brush.rect(-half - 1.0, hip - 22.0, half * 2.0 + 2.0, 4.0, 0xc9c9c2);
            brush.round(-half + 5.0, hip - 18.0, half * 2.0 - 10.0, 44.0, 6.0, 0xffffff);
            brush.rect(-half, shoulder + 2.0, 7.0, 30.0, 0x4a8f6c);
            brush.rect(half - 7.0, shoulder + 2.0, 7.0, 30.0, 0x4a8f6c);
        }
        "Captain Brandt" => {
            brush.shape(&format!("M -9 {shoulder} L 9 {shoulder} L 0 {} Z", shoulder + 16.0), 0xf4f4ee);
            for n in 0..3 {
                for side in [-1.0, 1.0] {
                    brush.oval(side * 9.0, shoulder + 34.0 + n as f32 * 12.0, 2.6, 2.6, 0xe8c056);
                }
            }
        }
        "Lucien" => {
            brush.shape(&format!("M -10 {shoulder} L 10 {shoulder} L 0 {} Z", shoulder + 18.0), 0xf8f6f4);
            brush.shape(
                &format!("M -9 {0} L 9 {1} L 9 {0} L -9 {1} Z", shoulder - 1.0, shoulder + 7.0),
                0xb0283c,
            );
        }
        _ => {}
    }
}

fn paint_head(brush: &mut Brush<'_>, name: &str, look: &Looks, pose: &Pose) {
    let (wide, high) = if name == "Lucien" {
        (14.5, 21.0)
    } else if name == "Otto" {
        (20.0, 20.0)
    } else {
        (17.0, 19.0)
    };
    match name {
        "Mara" => brush.shape("M -17 -8 Q -24 14 -15 26 L 0 20 L 12 22 Q 20 6 17 -8 Z", look.hair),
        "Ines" => brush.oval(-15.0, 10.0, 9.0, 11.0, look.hair),
        "Joao" => {
            for (x, y) in
                [(-15.0, -8.0), (-10.0, -17.0), (0.0, -20.0), (10.0, -17.0), (16.0, -8.0), (-17.0, 2.0)]
            {
                brush.oval(x, y, 9.0, 9.0, look.hair);
            }
        }
        _ => {}
    }
    brush.oval(-wide + 1.0, 2.0, 4.0, 5.5, look.skin);
    brush.oval(0.0, 0.0, wide, high, look.skin);
    face(brush, name, look, pose);
    if pose.hatless {
        brush.shape("M -17 0 Q -18 -12 -12 -15 Q -14 -6 -13 4 Z", look.hair);
        brush.line("M -6 -19 Q -2 -24 4 -20 M -2 -19 Q 3 -23 9 -17", 1.5, look.hair);
    } else {
        hat(brush, name, look);
    }
}

fn face(brush: &mut Brush<'_>, name: &str, look: &Looks, pose: &Pose) {
    let blinks = pose.frame.rem_euclid(83) < 3;
    for x in [-2.5, 9.5] {
        if blinks {
            brush.line(&format!("M {} -2 L {} -2", x - 3.0, x + 3.0), 1.6, 0x2a1c18);
        } else {
            brush.oval(x, -2.5, 3.7, 4.2, 0xffffff);
            brush.oval(x + 1.3, -2.2, 1.9, 2.3, 0x20181c);
        }
        let brow = if pose.speaks { -10.5 } else { -9.0 };
        brush.line(&format!("M {} {brow} L {} {}", x - 3.5, x + 3.5, brow - 0.6), 1.8, look.hair);
    }
    brush.line("M 5.5 0 Q 9.5 4 5 5", 1.6, crate::picture::glass(0x603020, 170));
    if name == "Otto" {
        brush.shape("M -20 1 Q -19 27 2 28 Q 21 26 20 2 Q 12 7 3 6 Q -10 8 -20 1 Z", look.hair);
    }
    let (y, open) = (10.5, pose.mouth);
    if open > 0.05 {
        brush.oval(4.0, y, 4.6, 0.8 + 4.0 * open, 0x5a1c22);
        brush.oval(4.0, y + 1.6 * open, 2.6, 1.5 * open, 0xd05c5c);
    } else {
        brush.line(&format!("M -0.5 {y} Q 4 {} 8.5 {}", y + 2.0, y - 0.5), 1.7, 0x6a2a26);
    }
    match name {
        "Captain Brandt" => {
            brush.shape("M -7 8 Q -2 3 4 6 Q 10 3 15 8 Q 9 12 4 8.5 Q -2 12 -7 8 Z", look.hair);
        }
        "Lucien" => brush.line("M -1 6.5 L 3 5.6 M 5 5.6 L 9 6.5", 1.3, look.hair),
        "Ines" => {
            brush.oval(-8.0, 6.0, 3.4, 2.4, crate::picture::glass(0xd85040, 80));
            brush.oval(-15.0, 12.0, 2.0, 2.6, 0xf2c04a);
        }
        _ => {}
    }
}

fn hat(brush: &mut Brush<'_>, name: &str, look: &Looks) {
    match name {
        "Mara" => {
            brush.shape("M -18 -8 Q -19 -29 0 -30 Q 19 -29 18 -8 Z", 0xc2332f);
            brush.round(-19.0, -16.0, 38.0, 8.0, 4.0, 0xa02626);
            brush.oval(0.0, -31.0, 5.0, 5.0, 0xf1ece0);
        }
        "Otto" => brush
            .shape("M -20 -4 Q -20 -22 0 -22 Q 20 -22 20 -4 Q 12 -14 0 -13 Q -12 -14 -20 -4 Z", look.hair),
        "Ines" => {
            brush.shape("M -17 -6 Q -17 -20 0 -20 Q 17 -20 17 -6 Q 8 -13 -17 -6 Z", look.hair);
            for (x, y, r) in [(-11.0, -31.0, 10.0), (0.0, -36.0, 12.0), (11.0, -31.0, 10.0)] {
                brush.oval(x, y, r, r, 0xffffff);
            }
            brush.round(-15.0, -29.0, 30.0, 14.0, 2.0, 0xf2f2ee);
        }
        "Captain Brandt" => captains_hat(brush),
        "Lucien" => {
            brush.shape(
                "M -15 -2 Q -17 -22 0 -23 Q 15 -22 14.5 -4 Q 8 -16 -4 -15 Q -12 -14 -15 -2 Z",
                look.hair,
            );
        }
        _ => {}
    }
}

fn captains_hat(brush: &mut Brush<'_>) {
    brush.shape("M -24 -20 Q -20 -32 0 -33 Q 20 -32 24 -20 Q 18 -13 0 -13 Q -18 -13 -24 -20 Z", 0xf4f4ee);
    brush.round(-18.0, -18.0, 36.0, 8.0, 3.0, 0x141e3c);
    brush.shape("M -6 -11 Q 12 -13 25 -6 Q 12 -7 -6 -8 Z", 0x0c101c);
    brush.oval(2.0, -20.0, 4.6, 4.6, 0xe8c056);
}

/// A goose of rank.
fn admiral(brush: &mut Brush<'_>, pose: &Pose) {
    for x in [-7.0, 7.0] {
        brush.line(&format!("M {x} -14 L {x} -2"), 3.4, 0xe88c2a);
        brush.shape(&format!("M {} 1 L {x} -5 L {} 1 Z", x - 5.0, x + 10.0), 0xe88c2a);
    }
    brush.shape("M -38 -34 Q -20 -56 10 -46 Q 34 -34 22 -18 Q 2 -6 -18 -14 Q -30 -20 -38 -34 Z", 0xf8f6ee);
    brush.line("M 14 -34 Q 20 -52 6 -66", 14.0, 0xf8f6ee);
    brush.oval(9.0, -67.0, 11.5, 10.0, 0xf8f6ee);
    let gape = 1.0 + pose.mouth * 5.0;
    brush.shape(&format!("M 18 -70 L 37 {} L 18 -65 Z", -65.0 - gape), 0xf09830);
    brush.shape(&format!("M 18 -66 L 34 {} L 17 -61 Z", -64.0 + gape), 0xd87c20);
    if pose.frame.rem_euclid(97) < 3 {
        brush.line("M 9 -69 L 14 -69", 1.6, 0x20181c);
    } else {
        brush.oval(12.0, -69.0, 2.3, 2.6, 0x20181c);
    }
    brush.rect(-2.0, -49.0, 22.0, 5.0, 0x1c2b52);
    brush.oval(14.0, -40.0, 3.2, 3.2, 0xe8c056);
    if pose.salutes {
        brush.shape("M -8 -38 Q -6 -62 8 -82 Q 12 -60 6 -34 Z", 0xe2ded2);
    } else {
        brush.shape("M -28 -36 Q -8 -44 8 -32 Q -4 -18 -20 -24 Z", 0xe2ded2);
    }
    captains_hat(&mut brush.at(9.0, -61.0, 0.62, 0.62));
}
