//! The curves of a simulation as SVG.

use std::fmt::Write as _;

use super::CHECKPOINTS;
use super::report::{Curve, SimulationReport};

const WIDTH: f64 = 760.0;
const HEIGHT: f64 = 400.0;
const LEFT: f64 = 60.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 50.0;
/// The scale of gains, from the lowest to the highest line.
const GAINS: (f64, f64) = (-0.05, 0.35);
/// Distance of two lines.
const LINE: f64 = 0.05;
/// Colours that are told apart on light and dark ground (Okabe, Ito 2008).
const COLOURS: [&str; 6] = ["#0072b2", "#e69f00", "#009e73", "#cc79a7", "#d55e00", "#808080"];
/// Least distance of two names.
const NAME_HEIGHT: f64 = 16.0;

pub(super) fn drawn(report: &SimulationReport) -> String {
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#808080\">\n<text x=\"{LEFT}\" y=\"22\" font-size=\"14\">Gain in NDCG@10 over the \
         hand-set order, by moments kept (mean of {} tastes)</text>\n",
        report.tastes
    );
    let mut gain = GAINS.0;
    while gain < GAINS.1 + LINE / 2.0 {
        let y = y_of(gain);
        let weight = if gain.abs() < LINE / 2.0 { 1.5 } else { 0.4 };
        let _ = writeln!(
            svg,
            "<line x1=\"{LEFT}\" x2=\"{:.0}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#808080\" stroke-width=\"{weight}\"/>\
             <text x=\"{:.0}\" y=\"{:.1}\" text-anchor=\"end\">{gain:+.2}</text>",
            WIDTH - RIGHT,
            LEFT - 8.0,
            y + 4.0
        );
        gain += LINE;
    }
    for (i, choices) in CHECKPOINTS.iter().enumerate() {
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.0}\" text-anchor=\"middle\">{choices}</text>",
            x_of(i),
            HEIGHT - BOTTOM + 24.0
        );
    }
    let mut names: Vec<(f64, usize)> = Vec::new();
    for (i, curve) in report.curves.iter().enumerate() {
        line(&mut svg, curve, colour(i));
        names.push((y_of(curve.points.last().map_or(0.0, |p| p.gain)), i));
    }
    names.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut lowest = f64::NEG_INFINITY;
    for (y, i) in names {
        lowest = y.max(lowest + NAME_HEIGHT);
        let name = report.curves.get(i).map_or("", |c| c.reader.name());
        let x = WIDTH - RIGHT + 10.0;
        let _ = writeln!(
            svg,
            "<text x=\"{x:.0}\" y=\"{:.1}\" fill=\"{}\">{name}</text>",
            lowest + 4.0,
            colour(i)
        );
    }
    svg.push_str("</svg>\n");
    svg
}

fn line(svg: &mut String, curve: &Curve, colour: &str) {
    let points: Vec<String> =
        curve.points.iter().enumerate().map(|(i, p)| format!("{:.1},{:.1}", x_of(i), y_of(p.gain))).collect();
    let points = points.join(" ");
    let _ =
        writeln!(svg, "<polyline points=\"{points}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>");
}

fn colour(i: usize) -> &'static str {
    COLOURS[i % COLOURS.len()]
}

/// Checkpoints stand at equal distances: each but the first doubles the one before.
#[allow(clippy::cast_precision_loss)] // seven
fn x_of(checkpoint: usize) -> f64 {
    LEFT + (WIDTH - LEFT - RIGHT) * checkpoint as f64 / (CHECKPOINTS.len() - 1) as f64
}

fn y_of(gain: f64) -> f64 {
    let share = (gain.clamp(GAINS.0, GAINS.1) - GAINS.0) / (GAINS.1 - GAINS.0);
    TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - share)
}
