//! CLIP and SigLIP: a tower for texts and one for pictures, whose vectors lie in one space.

use std::path::Path;

use ndarray::{Array1, Array2, Axis, concatenate, s};
use rushes_types::{Error, Result};

use crate::activation::Activation;
use crate::config::{ModelConfig, PictureConfig, TowerConfig, read_or_default};
use crate::layers::{Attention, Linear, Mlp, Norm, shape, unit};
use crate::pixels::Pixels;
use crate::tensors::Tensors;
use crate::tokens::Tokens;

/// Which of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A text is pooled at its end token, a picture at its first row.
    Clip,
    /// A text is padded to full length; a picture is pooled by attention with a trained query row.
    Siglip,
}

/// What a configuration must say.
pub fn needed(value: Option<usize>, name: &str) -> Result<usize> {
    value.filter(|v| *v > 0).ok_or_else(|| Error::invalid(format!("the model's config.json lacks `{name}`")))
}

/// The rows of tokens, each with its place.
pub fn lookup(words: &Array2<f32>, places: &Array2<f32>, tokens: &[u32]) -> Result<Array2<f32>> {
    let rows: Vec<usize> = tokens.iter().map(|t| *t as usize).collect();
    if rows.is_empty() || rows.iter().any(|row| *row >= words.nrows()) || rows.len() > places.nrows() {
        return Err(Error::invalid("the tokenizer of the model is of another model: a token has no vector"));
    }
    Ok(words.select(Axis(0), &rows) + places.slice(s![..rows.len(), ..]))
}

struct Layer {
    attention: Attention,
    before_attention: Norm,
    mlp: Mlp,
    before_mlp: Norm,
}

/// The layers of a tower.
struct Layers {
    layers: Vec<Layer>,
    width: usize,
    causal: bool,
}

impl Layers {
    fn read(tensors: &Tensors, at: &str, config: &TowerConfig, kind: Kind, causal: bool) -> Result<Self> {
        // The reference's default where the file has none.
        let (width, layers, heads, function, _) = defaults(kind, at);
        let width = config.hidden_size.unwrap_or(width);
        let heads = config.num_attention_heads.unwrap_or(heads);
        let function = Activation::named(config.hidden_act.as_deref().unwrap_or(function))?;
        let eps = eps_of(config, kind);
        let layer = |n: usize| {
            let at = format!("{at}.encoder.layers.{n}");
            let linear = |name: &str| Linear::read(tensors, &format!("{at}.{name}"));
            let norm = |name: &str| Norm::read(tensors, &format!("{at}.{name}"), width, eps);
            let parts = [
                linear("self_attn.q_proj")?,
                linear("self_attn.k_proj")?,
                linear("self_attn.v_proj")?,
                linear("self_attn.out_proj")?,
            ];
            Ok(Layer {
                attention: Attention::of(parts, heads, width, &at)?,
                before_attention: norm("layer_norm1")?,
                mlp: Mlp::of(linear("mlp.fc1")?, linear("mlp.fc2")?, function, width, &at)?,
                before_mlp: norm("layer_norm2")?,
            })
        };
        let layers = (0..config.num_hidden_layers.unwrap_or(layers)).map(layer).collect::<Result<_>>()?;
        Ok(Self { layers, width, causal })
    }

    fn apply(&self, mut x: Array2<f32>) -> Array2<f32> {
        for layer in &self.layers {
            let mut seen = x.clone();
            layer.before_attention.apply(&mut seen);
            x += &layer.attention.apply(&seen.view(), &seen.view(), self.causal);
            let mut seen = x.clone();
            layer.before_mlp.apply(&mut seen);
            x += &layer.mlp.apply(&seen.view());
        }
        x
    }
}

/// Width, layers, heads, function and length of texts that the reference takes where a file leaves them out.
fn defaults(kind: Kind, at: &str) -> (usize, usize, usize, &'static str, usize) {
    match (kind, at.starts_with("text")) {
        (Kind::Clip, true) => (512, 12, 8, "quick_gelu", 77),
        (Kind::Clip, false) => (768, 12, 12, "quick_gelu", 0),
        (Kind::Siglip, true) => (768, 12, 12, "gelu_pytorch_tanh", 64),
        (Kind::Siglip, false) => (768, 12, 12, "gelu_pytorch_tanh", 0),
    }
}

fn eps_of(config: &TowerConfig, kind: Kind) -> f32 {
    config.layer_norm_eps.unwrap_or(if kind == Kind::Clip { 1e-5 } else { 1e-6 })
}

/// The tower for texts.
struct TextTower {
    kind: Kind,
    tokens: Tokens,
    words: Array2<f32>,
    places: Array2<f32>,
    layers: Layers,
    last_norm: Norm,
    out: Linear,
    end: u32,
    fill: u32,
}

/// An end token that old configurations name wrongly: then the highest token of a text is its end.
const OLD_END: u32 = 2;

impl TextTower {
    fn read(folder: &Path, tensors: &Tensors, config: &TowerConfig, kind: Kind) -> Result<Self> {
        const AT: &str = "text_model";
        let layers = Layers::read(tensors, AT, config, kind, kind == Kind::Clip)?;
        let words = tensors.matrix("text_model.embeddings.token_embedding.weight")?;
        let places = tensors.matrix("text_model.embeddings.position_embedding.weight")?;
        let most = config.max_position_embeddings.unwrap_or(defaults(kind, AT).4);
        if words.ncols() != layers.width || places.ncols() != layers.width || places.nrows() < most {
            return Err(shape("text_model.embeddings"));
        }
        let out =
            Linear::read(tensors, if kind == Kind::Clip { "text_projection" } else { "text_model.head" })?;
        if out.takes() != layers.width {
            return Err(shape("text_projection"));
        }
        Ok(Self {
            kind,
            tokens: Tokens::read(folder, most)?,
            last_norm: Norm::read(
                tensors,
                "text_model.final_layer_norm",
                layers.width,
                eps_of(config, kind),
            )?,
            places: places.slice(s![..most, ..]).to_owned(),
            words,
            layers,
            out,
            end: config.eos_token_id.unwrap_or(49_407),
            fill: config.pad_token_id.unwrap_or(1),
        })
    }

    fn encode(&self, text: &str) -> Result<Vec<f32>> {
        let mut tokens = self.tokens.of(text)?;
        if self.kind == Kind::Siglip {
            tokens.resize(self.places.nrows(), self.fill);
        }
        let at = match self.kind {
            Kind::Siglip => tokens.len().saturating_sub(1),
            Kind::Clip if self.end == OLD_END => {
                let highest = tokens.iter().max().copied();
                tokens.iter().position(|t| Some(*t) == highest).unwrap_or(0)
            }
            Kind::Clip => tokens.iter().position(|t| *t == self.end).unwrap_or(0),
        };
        let mut x = self.layers.apply(lookup(&self.words, &self.places, &tokens)?);
        self.last_norm.apply(&mut x);
        Ok(unit(self.out.apply(&x.slice(s![at..=at, ..])).into_iter().collect()))
    }
}

/// How the rows of a picture become one.
#[allow(clippy::large_enum_variant)] // a model has one of them
enum PicturePooling {
    /// The first row.
    First { class: Array1<f32>, before: Norm, out: Linear },
    /// Attention from a trained query row to all rows.
    Attention { probe: Array2<f32>, attention: Attention, norm: Norm, mlp: Mlp },
}

/// The tower for pictures.
struct PictureTower {
    pixels: Pixels,
    pieces: Linear,
    places: Array2<f32>,
    layers: Layers,
    last_norm: Norm,
    picked: PicturePooling,
}

impl PictureTower {
    fn read(folder: &Path, tensors: &Tensors, config: &TowerConfig, kind: Kind) -> Result<Self> {
        const AT: &str = "vision_model";
        let layers = Layers::read(tensors, AT, config, kind, false)?;
        let (width, eps) = (layers.width, eps_of(config, kind));
        let norm = |name: &str| Norm::read(tensors, &format!("{AT}.{name}"), width, eps);
        let pictures: PictureConfig = read_or_default(folder, "preprocessor_config.json")?;
        let size = config.image_size.unwrap_or(224);
        let piece = config.patch_size.unwrap_or(if kind == Kind::Clip { 32 } else { 16 });
        let pixels = Pixels::new(size, piece, kind == Kind::Clip, &pictures)?;
        let pieces = Linear::read(tensors, &format!("{AT}.embeddings.patch_embedding"))?;
        let places = tensors.matrix(&format!("{AT}.embeddings.position_embedding.weight"))?;
        let picked = match kind {
            Kind::Clip => PicturePooling::First {
                class: tensors.vector(&format!("{AT}.embeddings.class_embedding"))?,
                before: norm("pre_layrnorm")?,
                out: Linear::read(tensors, "visual_projection")?,
            },
            Kind::Siglip => looked(tensors, config, width, eps)?,
        };
        let rows = pixels.pieces() + usize::from(kind == Kind::Clip);
        let fits = match &picked {
            PicturePooling::First { class, out, .. } => class.len() == width && out.takes() == width,
            PicturePooling::Attention { probe, .. } => probe.dim() == (1, width),
        };
        if !fits
            || places.dim() != (rows, width)
            || pieces.width() != width
            || pieces.takes() != pixels.piece_numbers()
        {
            return Err(shape("vision_model.embeddings"));
        }
        Ok(Self { pixels, pieces, places, last_norm: norm("post_layernorm")?, layers, picked })
    }

    fn encode(&self, picture: &[u8]) -> Result<Vec<f32>> {
        let mut x = self.pieces.apply(&self.pixels.of(picture)?.view());
        if let PicturePooling::First { class, before, .. } = &self.picked {
            let class = class.view().insert_axis(Axis(0));
            x = concatenate(Axis(0), &[class, x.view()]).map_err(|_| shape("class_embedding"))?;
            x += &self.places;
            before.apply(&mut x);
        } else {
            x += &self.places;
        }
        let mut x = self.layers.apply(x);
        let row = match &self.picked {
            PicturePooling::First { out, .. } => {
                let mut first = x.slice(s![..1, ..]).to_owned();
                self.last_norm.apply(&mut first);
                out.apply(&first.view())
            }
            PicturePooling::Attention { probe, attention, norm, mlp } => {
                self.last_norm.apply(&mut x);
                let seen = attention.apply(&probe.view(), &x.view(), false);
                let mut inner = seen.clone();
                norm.apply(&mut inner);
                seen + mlp.apply(&inner.view())
            }
        };
        Ok(unit(row.into_iter().collect()))
    }
}

/// SigLIP's attention pooling: query, key and value projections lie in one matrix.
fn looked(tensors: &Tensors, config: &TowerConfig, width: usize, eps: f32) -> Result<PicturePooling> {
    const AT: &str = "vision_model.head";
    let (_, _, heads, function, _) = defaults(Kind::Siglip, AT);
    let heads = config.num_attention_heads.unwrap_or(heads);
    let function = Activation::named(config.hidden_act.as_deref().unwrap_or(function))?;
    let weight = tensors.matrix(&format!("{AT}.attention.in_proj_weight"))?;
    let bias = tensors.vector(&format!("{AT}.attention.in_proj_bias"))?;
    if weight.dim() != (3 * width, width) || bias.len() != 3 * width {
        return Err(shape(AT));
    }
    let part = |n: usize| {
        let rows = n * width..(n + 1) * width;
        Linear::of(weight.slice(s![rows.clone(), ..]).to_owned(), Some(bias.slice(s![rows]).to_owned()), AT)
    };
    let parts = [part(0)?, part(1)?, part(2)?, Linear::read(tensors, &format!("{AT}.attention.out_proj"))?];
    let linear = |name: &str| Linear::read(tensors, &format!("{AT}.mlp.{name}"));
    Ok(PicturePooling::Attention {
        probe: tensors
            .matrix(&format!("{AT}.probe"))?
            .into_shape_with_order((1, width))
            .map_err(|_| shape(AT))?,
        attention: Attention::of(parts, heads, width, AT)?,
        norm: Norm::read(tensors, &format!("{AT}.layernorm"), width, eps)?,
        mlp: Mlp::of(linear("fc1")?, linear("fc2")?, function, width, AT)?,
    })
}

/// Both towers.
pub struct Towers {
    texts: TextTower,
    pictures: PictureTower,
}

impl Towers {
    /// Reads a folder.
    pub fn read(folder: &Path, config: &ModelConfig, tensors: &Tensors, kind: Kind) -> Result<Self> {
        let default = TowerConfig::default();
        let text = config.text_config.as_ref().unwrap_or(&default);
        let vision = config.vision_config.as_ref().unwrap_or(&default);
        Ok(Self {
            texts: TextTower::read(folder, tensors, text, kind)?,
            pictures: PictureTower::read(folder, tensors, vision, kind)?,
        })
    }

    /// Numbers of a vector.
    pub fn dimensions(&self) -> usize {
        self.texts.out.width()
    }

    /// A text as a vector of unit length.
    pub fn text(&self, text: &str) -> Result<Vec<f32>> {
        self.texts.encode(text)
    }

    /// A picture as a vector of unit length.
    pub fn picture(&self, picture: &[u8]) -> Result<Vec<f32>> {
        self.pictures.encode(picture)
    }
}
