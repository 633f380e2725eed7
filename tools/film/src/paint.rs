//! A brush: flat shapes in one colour, on a picture seen through a camera.

use tiny_skia::{
    Color, FillRule, GradientStop, LineCap, LineJoin, LinearGradient, Paint, Path, PathBuilder, Pixmap,
    Point, Rect, Shader, SpreadMode, Stroke, Transform,
};

/// A colour: 0xRRGGBB, and how much of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ink(pub u32, pub u8);

impl From<u32> for Ink {
    fn from(rgb: u32) -> Self {
        Self(rgb, 255)
    }
}

impl From<Ink> for Color {
    fn from(Ink(rgb, alpha): Ink) -> Self {
        let [_, r, g, b] = rgb.to_be_bytes();
        Self::from_rgba8(r, g, b, alpha)
    }
}

/// Draws on a picture; lengths are in its own units.
pub struct Brush<'p> {
    pixmap: &'p mut Pixmap,
    view: Transform,
}

impl<'p> Brush<'p> {
    /// A brush whose units lie in the picture as `view` says.
    pub const fn new(pixmap: &'p mut Pixmap, view: Transform) -> Self {
        Self { pixmap, view }
    }

    /// A brush with its origin elsewhere, and other units; a negative scale mirrors.
    pub fn at(&mut self, x: f32, y: f32, scale_x: f32, scale_y: f32) -> Brush<'_> {
        Brush { pixmap: self.pixmap, view: self.view.pre_translate(x, y).pre_scale(scale_x, scale_y) }
    }

    /// A brush that is turned around its origin, in degrees.
    pub fn turned(&mut self, x: f32, y: f32, degrees: f32) -> Brush<'_> {
        let view = self.view.pre_translate(x, y).pre_rotate(degrees);
        Brush { pixmap: self.pixmap, view }
    }

    fn fill(&mut self, path: Option<Path>, shader: Shader<'_>) {
        if let Some(path) = path {
            let paint = Paint { shader, anti_alias: true, ..Paint::default() };
            self.pixmap.fill_path(&path, &paint, FillRule::Winding, self.view, None);
        }
    }

    /// A rectangle by its left upper corner and size.
    pub fn rect(&mut self, x: f32, y: f32, width: f32, height: f32, ink: impl Into<Ink>) {
        let path = Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect);
        self.fill(path, Shader::SolidColor(ink.into().into()));
    }

    /// A rectangle that goes from one colour above to another below.
    pub fn fade(&mut self, x: f32, y: f32, width: f32, height: f32, above: u32, below: u32) {
        let stops = vec![
            GradientStop::new(0.0, Ink(above, 255).into()),
            GradientStop::new(1.0, Ink(below, 255).into()),
        ];
        let (start, end) = (Point::from_xy(x, y), Point::from_xy(x, y + height));
        let shader = LinearGradient::new(start, end, stops, SpreadMode::Pad, Transform::identity());
        let path = Rect::from_xywh(x, y, width, height).map(PathBuilder::from_rect);
        self.fill(path, shader.unwrap_or(Shader::SolidColor(Ink(below, 255).into())));
    }

    /// A rectangle with round corners.
    pub fn round(&mut self, x: f32, y: f32, width: f32, height: f32, radius: f32, ink: impl Into<Ink>) {
        let r = radius.min(width / 2.0).min(height / 2.0);
        let (right, below) = (x + width, y + height);
        let mut b = PathBuilder::new();
        b.move_to(x + r, y);
        b.line_to(right - r, y);
        b.quad_to(right, y, right, y + r);
        b.line_to(right, below - r);
        b.quad_to(right, below, right - r, below);
        b.line_to(x + r, below);
        b.quad_to(x, below, x, below - r);
        b.line_to(x, y + r);
        b.quad_to(x, y, x + r, y);
        b.close();
        self.fill(b.finish(), Shader::SolidColor(ink.into().into()));
    }

    /// An ellipse by its middle and radii.
    pub fn oval(&mut self, x: f32, y: f32, radius_x: f32, radius_y: f32, ink: impl Into<Ink>) {
        let path = Rect::from_xywh(x - radius_x, y - radius_y, radius_x * 2.0, radius_y * 2.0)
            .and_then(PathBuilder::from_oval);
        self.fill(path, Shader::SolidColor(ink.into().into()));
    }

    /// Light around a lamp.
    pub fn glow(&mut self, x: f32, y: f32, radius: f32, rgb: u32) {
        for (part, alpha) in [(1.0, 16), (0.66, 22), (0.4, 34)] {
            self.oval(x, y, radius * part, radius * part, Ink(rgb, alpha));
        }
    }

    /// A shape by its outline, as in SVG: `M`, `L`, `Q`, `C` with absolute points, and `Z`.
    pub fn shape(&mut self, outline: &str, ink: impl Into<Ink>) {
        self.fill(read(outline), Shader::SolidColor(ink.into().into()));
    }

    /// A line along such an outline.
    pub fn line(&mut self, outline: &str, width: f32, ink: impl Into<Ink>) {
        self.stroke(read(outline), width, ink.into());
    }

    /// A line through points.
    pub fn through(&mut self, points: &[(f32, f32)], width: f32, ink: impl Into<Ink>) {
        let mut builder = PathBuilder::new();
        for (n, (x, y)) in points.iter().enumerate() {
            if n == 0 { builder.move_to(*x, *y) } else { builder.line_to(*x, *y) }
        }
        self.stroke(builder.finish(), width, ink.into());
    }

    fn stroke(&mut self, path: Option<Path>, width: f32, ink: Ink) {
        let Some(path) = path else { return };
        let paint = Paint { shader: Shader::SolidColor(ink.into()), anti_alias: true, ..Paint::default() };
        let stroke =
            Stroke { width, line_cap: LineCap::Round, line_join: LineJoin::Round, ..Stroke::default() };
        self.pixmap.stroke_path(&path, &paint, &stroke, self.view, None);
    }
}

/// An outline as a path; what cannot be read ends it.
fn read(outline: &str) -> Option<Path> {
    let mut builder = PathBuilder::new();
    let mut words = outline.split_ascii_whitespace();
    while let Some(word) = words.next() {
        let count = match word {
            "M" | "L" => 2,
            "Q" => 4,
            "C" => 6,
            _ => 0,
        };
        let numbers: Vec<f32> = words.by_ref().take(count).map_while(|w| w.parse().ok()).collect();
        match (word, numbers.as_slice()) {
            ("M", [x, y]) => builder.move_to(*x, *y),
            ("L", [x, y]) => builder.line_to(*x, *y),
            ("Q", [a, b, x, y]) => builder.quad_to(*a, *b, *x, *y),
            ("C", [a, b, c, d, x, y]) => builder.cubic_to(*a, *b, *c, *d, *x, *y),
            ("Z", []) => builder.close(),
            _ => break,
        }
    }
    builder.finish()
}
