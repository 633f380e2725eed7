//! The people, and the Admiral. A figure stands with its feet at the origin and looks to the right.

use rushes_show::stage;

use crate::letters;
use crate::paint::Brush;

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

const fn looks(name: &str) -> Looks {
    let plain = Looks {
        name: "",
        width: 52.0,
        skin: 0xe8_b4_8c,
        hair: 0x4a_2f_22,
        top: 0x88_88_88,
        sleeve: 0x77_77_77,
        legs: 0x2d_33_48,
        shoes: 0x1a_1c_26,
        letters: 0xff_ff_ff,
    };
    match name.as_bytes() {
        b"Mara" => Looks { name: "MARA", skin: 0xc9_8a_62, hair: 0x2a_1a_16, top: 0xf1_ec_e0, sleeve: 0xf1_ec_e0, letters: 0xc2_33_2f, ..plain },
        b"Joao" => Looks { name: "JOAO", skin: 0xd9_a0_74, hair: 0x33_22_1c, top: 0x8a_5c_3a, sleeve: 0x7a_50_32, legs: 0x4a_43_3c, letters: 0xf0_d9_b0, ..plain },
        b"Otto" => Looks { name: "OTTO", width: 70.0, skin: 0xf0_c0_9c, hair: 0xc8_6a_2c, top: 0xe2_74_24, sleeve: 0x3c_4a_66, legs: 0xe2_74_24, letters: 0x3a_20_10, ..plain },
        b"Ines" => Looks { name: "INES", width: 56.0, skin: 0xb8_78_50, hair: 0x1c_14_14, top: 0xf6_f6_f2, sleeve: 0x4a_8f_6c, legs: 0x4a_8f_6c, letters: 0x2f_6a_4e, ..plain },
        b"Captain Brandt" => Looks { name: "BRANDT", width: 60.0, skin: 0xf0_c8_ac, hair: 0xd8_d8_d8, top: 0x1c_2b_52, sleeve: 0x1c_2b_52, legs: 0x16_1e_38, letters: 0xe8_c0_56, ..plain },
        b"Lucien" => Looks { name: "LUCIEN", width: 42.0, skin: 0xec_e2_d8, hair: 0x18_18_20, top: 0x26_24_2e, sleeve: 0x26_24_2e, legs: 0x1c_1a_22, letters: 0xd8_d4_e4, ..plain },
        _ => plain,
    }
}

/// Draws somebody.
pub fn paint(brush: &mut Brush<'_>, name: &str, pose: &Pose) {
    brush.oval(0.0, 1.0, 34.0, 5.0, crate::picture::glass(0x00_00_00, 70));
    let lean = if pose.trips { 9.0 * ((pose.frame / 6 % 4 - 2).abs() as f32 - 1.0) } else { 0.0 };
    let mut figure = brush.turned(0.0, 0.0, lean);
    let mut figure = figure.at(0.0, 0.0, pose.facing, 1.0);
    if name == "Admiral" {
        admiral(&mut figure, pose);
        return;
    }
    let look = looks(name);
    let head = (stage::head_y(name) - stage::FLOOR_Y) as f32;
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
        -h, s + 12.0, -h, -h + 12.0, h - 12.0, s + 12.0, h + 2.0, hip + 4.0, hip + 9.0, -h - 2.0, hip + 4.0
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
    brush.oval(hand_x, hand_y, 6.6, 6.6, if look.name == "LUCIEN" { 0xff_ff_ff } else { look.skin });
}

/// What makes somebody's clothes their own.
fn clothes(brush: &mut Brush<'_>, name: &str, half: f32, shoulder: f32, hip: f32) {
    match name {
        "Mara" => {
            for n in 0..5 {
                let y = shoulder + 6.0 + n as f32 * 11.0;
                if n != 1 {
                    brush.rect(-half + 0.5, y, half * 2.0 - 1.0, 5.0, 0x2f_58_96);
                }
            }
        }
        "Joao" => {
            brush.line(&format!("M 0 {} L 0 {hip}", shoulder + 34.0), 1.6, 0x5c_3b_24);
            brush.line(&format!("M -16 {} Q 0 {} 16 {}", shoulder + 1.0, shoulder + 13.0, shoulder + 1.0), 9.0, 0x3f_8f_5a);
            brush.line(&format!("M -10 {} L -14 {}", shoulder + 7.0, shoulder + 42.0), 8.0, 0x3f_8f_5a);
        }
        "Otto" => {
            for side in [-1.0, 1.0] {
                brush.rect(side * half * 0.55 - 5.0, shoulder, 10.0, 16.0, 0x3c_4a_66);
                brush.oval(side * half * 0.55, shoulder + 17.0, 3.4, 3.4, 0xf2_d0_7a);
            }
            brush.round(-15.0, shoulder + 34.0, 30.0, 18.0, 4.0, 0xc4_60_1a);
        }
        "Ines" => {
            brush.rect(-half - 1.0, hip - 22.0, half * 2.0 + 2.0, 4.0, 0xc9_c9_c2);
            brush.round(-half + 5.0, hip - 18.0, half * 2.0 - 10.0, 44.0, 6.0, 0xff_ff_ff);
            brush.rect(-half, shoulder + 2.0, 7.0, 30.0, 0x4a_8f_6c);
            brush.rect(half - 7.0, shoulder + 2.0, 7.0, 30.0, 0x4a_8f_6c);
        }
        "Captain Brandt" => {
            brush.shape(&format!("M -9 {shoulder} L 9 {shoulder} L 0 {} Z", shoulder + 16.0), 0xf4_f4_ee);
            for n in 0..3 {
                for side in [-1.0, 1.0] {
                    brush.oval(side * 9.0, shoulder + 34.0 + n as f32 * 12.0, 2.6, 2.6, 0xe8_c0_56);
                }
            }
        }
        "Lucien" => {
            brush.shape(&format!("M -10 {shoulder} L 10 {shoulder} L 0 {} Z", shoulder + 18.0), 0xf8_f6_f4);
            brush.shape(&format!("M -9 {0} L 9 {1} L 9 {0} L -9 {1} Z", shoulder - 1.0, shoulder + 7.0), 0xb0_28_3c);
        }
        _ => {}
    }
}

fn paint_head(brush: &mut Brush<'_>, name: &str, look: &Looks, pose: &Pose) {
    let (wide, high) = if name == "Lucien" { (14.5, 21.0) } else if name == "Otto" { (20.0, 20.0) } else { (17.0, 19.0) };
    match name {
        "Mara" => brush.shape("M -17 -8 Q -24 14 -15 26 L 0 20 L 12 22 Q 20 6 17 -8 Z", look.hair),
        "Ines" => brush.oval(-15.0, 10.0, 9.0, 11.0, look.hair),
        "Joao" => {
            for (x, y) in [(-15.0, -8.0), (-10.0, -17.0), (0.0, -20.0), (10.0, -17.0), (16.0, -8.0), (-17.0, 2.0)] {
                brush.oval(x, y, 9.0, 9.0, look.hair);
            }
        }
        _ => {}
    }
    brush.oval(-wide + 1.0, 2.0, 4.0, 5.5, look.skin);
    brush.oval(0.0, 0.0, wide, high, look.skin);
    face(brush, name, look, pose);
    hat(brush, name, look);
}

fn face(brush: &mut Brush<'_>, name: &str, look: &Looks, pose: &Pose) {
    let blinks = pose.frame.rem_euclid(83) < 3;
    for x in [-2.5, 9.5] {
        if blinks {
            brush.line(&format!("M {} -2 L {} -2", x - 3.0, x + 3.0), 1.6, 0x2a_1c_18);
        } else {
            brush.oval(x, -2.5, 3.7, 4.2, 0xff_ff_ff);
            brush.oval(x + 1.3, -2.2, 1.9, 2.3, 0x20_18_1c);
        }
        let brow = if pose.speaks { -10.5 } else { -9.0 };
        brush.line(&format!("M {} {brow} L {} {}", x - 3.5, x + 3.5, brow - 0.6), 1.8, look.hair);
    }
    brush.line("M 5.5 0 Q 9.5 4 5 5", 1.6, crate::picture::glass(0x60_30_20, 170));
    if name == "Otto" {
        brush.shape("M -20 1 Q -19 27 2 28 Q 21 26 20 2 Q 12 7 3 6 Q -10 8 -20 1 Z", look.hair);
    }
    let (y, open) = (10.5, pose.mouth);
    if open > 0.05 {
        brush.oval(4.0, y, 4.6, 0.8 + 4.0 * open, 0x5a_1c_22);
        brush.oval(4.0, y + 1.6 * open, 2.6, 1.5 * open, 0xd0_5c_5c);
    } else {
        brush.line(&format!("M -0.5 {y} Q 4 {} 8.5 {}", y + 2.0, y - 0.5), 1.7, 0x6a_2a_26);
    }
    match name {
        "Captain Brandt" => brush.shape("M -7 8 Q -2 3 4 6 Q 10 3 15 8 Q 9 12 4 8.5 Q -2 12 -7 8 Z", look.hair),
        "Lucien" => brush.line("M -1 6.5 L 3 5.6 M 5 5.6 L 9 6.5", 1.3, look.hair),
        "Ines" => {
            brush.oval(-8.0, 6.0, 3.4, 2.4, crate::picture::glass(0xd8_50_40, 80));
            brush.oval(-15.0, 12.0, 2.0, 2.6, 0xf2_c0_4a);
        }
        _ => {}
    }
}

fn hat(brush: &mut Brush<'_>, name: &str, look: &Looks) {
    match name {
        "Mara" => {
            brush.shape("M -18 -6 Q -19 -26 0 -27 Q 19 -26 18 -6 Z", 0xc2_33_2f);
            brush.round(-19.5, -11.0, 39.0, 8.0, 4.0, 0xa0_26_26);
            brush.oval(0.0, -28.0, 5.0, 5.0, 0xf1_ec_e0);
        }
        "Otto" => brush.shape("M -20 -4 Q -20 -22 0 -22 Q 20 -22 20 -4 Q 12 -14 0 -13 Q -12 -14 -20 -4 Z", look.hair),
        "Ines" => {
            brush.shape("M -17 -6 Q -17 -20 0 -20 Q 17 -20 17 -6 Q 8 -13 -17 -6 Z", look.hair);
            for (x, y, r) in [(-11.0, -31.0, 10.0), (0.0, -36.0, 12.0), (11.0, -31.0, 10.0)] {
                brush.oval(x, y, r, r, 0xff_ff_ff);
            }
            brush.round(-15.0, -29.0, 30.0, 14.0, 2.0, 0xf2_f2_ee);
        }
        "Captain Brandt" => captains_hat(brush),
        "Lucien" => {
            brush.shape("M -15 -2 Q -17 -22 0 -23 Q 15 -22 14.5 -4 Q 8 -16 -4 -15 Q -12 -14 -15 -2 Z", look.hair);
        }
        _ => {}
    }
}

fn captains_hat(brush: &mut Brush<'_>) {
    brush.shape("M -24 -20 Q -20 -32 0 -33 Q 20 -32 24 -20 Q 18 -13 0 -13 Q -18 -13 -24 -20 Z", 0xf4_f4_ee);
    brush.round(-18.0, -18.0, 36.0, 8.0, 3.0, 0x14_1e_3c);
    brush.shape("M -6 -11 Q 12 -13 25 -6 Q 12 -7 -6 -8 Z", 0x0c_10_1c);
    brush.oval(2.0, -20.0, 4.6, 4.6, 0xe8_c0_56);
}

/// A goose of rank.
fn admiral(brush: &mut Brush<'_>, pose: &Pose) {
    for x in [-7.0, 7.0] {
        brush.line(&format!("M {x} -14 L {x} -2"), 3.4, 0xe8_8c_2a);
        brush.shape(&format!("M {} 1 L {x} -5 L {} 1 Z", x - 5.0, x + 10.0), 0xe8_8c_2a);
    }
    brush.shape("M -38 -34 Q -20 -56 10 -46 Q 34 -34 22 -18 Q 2 -6 -18 -14 Q -30 -20 -38 -34 Z", 0xf8_f6_ee);
    brush.line("M 14 -34 Q 20 -52 6 -66", 14.0, 0xf8_f6_ee);
    brush.oval(9.0, -67.0, 11.5, 10.0, 0xf8_f6_ee);
    let gape = 1.0 + pose.mouth * 5.0;
    brush.shape(&format!("M 18 -70 L 37 {} L 18 -65 Z", -65.0 - gape), 0xf0_98_30);
    brush.shape(&format!("M 18 -66 L 34 {} L 17 -61 Z", -64.0 + gape), 0xd8_7c_20);
    if pose.frame.rem_euclid(97) < 3 {
        brush.line("M 9 -69 L 14 -69", 1.6, 0x20_18_1c);
    } else {
        brush.oval(12.0, -69.0, 2.3, 2.6, 0x20_18_1c);
    }
    brush.rect(-2.0, -49.0, 22.0, 5.0, 0x1c_2b_52);
    brush.oval(14.0, -40.0, 3.2, 3.2, 0xe8_c0_56);
    if pose.salutes {
        brush.shape("M -8 -38 Q -6 -62 8 -82 Q 12 -60 6 -34 Z", 0xe2_de_d2);
    } else {
        brush.shape("M -28 -36 Q -8 -44 8 -32 Q -4 -18 -20 -24 Z", 0xe2_de_d2);
    }
    captains_hat(&mut brush.at(9.0, -61.0, 0.62, 0.62));
}
