//! Sentence encoders: BERT with pooling to one row.

use std::path::Path;

use ndarray::{Array1, Array2, Axis};
use rushes_types::{Error, ErrorKind, Result};

use crate::activation::Activation;
use crate::config::{ModelConfig, PoolingConfig, SentenceConfig, TowerConfig, read_or_default};
use crate::layers::{Attention, Linear, Mlp, Norm, shape, unit};
use crate::tensors::Tensors;
use crate::tokens::Tokens;
use crate::towers::{lookup, needed};

/// Tokens of a text where the folder does not say it.
const TOKENS_DEFAULT: usize = 512;

struct Layer {
    attention: Attention,
    attention_norm: Norm,
    mlp: Mlp,
    mlp_norm: Norm,
}

/// A sentence encoder.
pub struct Bert {
    tokens: Tokens,
    words: Array2<f32>,
    places: Array2<f32>,
    kind: Array1<f32>,
    norm: Norm,
    layers: Vec<Layer>,
    first_only: bool,
}

impl Bert {
    /// Reads a folder.
    pub fn read(folder: &Path, config: &ModelConfig, tensors: &Tensors) -> Result<Self> {
        let own = &config.own;
        let width = needed(own.hidden_size, "hidden_size")?;
        let eps = own.layer_norm_eps.unwrap_or(1e-12);
        let at = if tensors.has("bert.embeddings.word_embeddings.weight") { "bert." } else { "" };
        let pooling: PoolingConfig = read_or_default(folder, "1_Pooling/config.json")?;
        let sentence: SentenceConfig = read_or_default(folder, "sentence_bert_config.json")?;
        let words = tensors.matrix(&format!("{at}embeddings.word_embeddings.weight"))?;
        let places = tensors.matrix(&format!("{at}embeddings.position_embeddings.weight"))?;
        let kinds = tensors.matrix(&format!("{at}embeddings.token_type_embeddings.weight"))?;
        if [words.ncols(), places.ncols(), kinds.ncols()] != [width; 3] || kinds.is_empty() {
            return Err(shape("embeddings"));
        }
        let most = sentence.max_seq_length.unwrap_or(TOKENS_DEFAULT).min(places.nrows());
        let layers = needed(own.num_hidden_layers, "num_hidden_layers")?;
        Ok(Self {
            tokens: Tokens::read(folder, most)?,
            norm: Norm::read(tensors, &format!("{at}embeddings.LayerNorm"), width, eps)?,
            kind: kinds.row(0).to_owned(),
            words,
            places,
            layers: (0..layers)
                .map(|n| layer(tensors, &format!("{at}encoder.layer.{n}"), own, width, eps))
                .collect::<Result<_>>()?,
            first_only: first_only(&pooling)?,
        })
    }

    /// Numbers of a vector.
    pub fn dimensions(&self) -> usize {
        self.kind.len()
    }

    /// A text as a vector of unit length.
    pub fn encode(&self, text: &str) -> Result<Vec<f32>> {
        let tokens = self.tokens.of(text)?;
        let mut x = lookup(&self.words, &self.places, &tokens)?;
        x += &self.kind;
        self.norm.apply(&mut x);
        for layer in &self.layers {
            x = x.clone() + layer.attention.apply(&x.view(), &x.view(), false);
            layer.attention_norm.apply(&mut x);
            x = x.clone() + layer.mlp.apply(&x.view());
            layer.mlp_norm.apply(&mut x);
        }
        let row =
            if self.first_only { x.row(0).to_owned() } else { x.mean_axis(Axis(0)).unwrap_or_default() };
        Ok(unit(row.to_vec()))
    }
}

fn layer(tensors: &Tensors, at: &str, config: &TowerConfig, width: usize, eps: f32) -> Result<Layer> {
    let linear = |name: &str| Linear::read(tensors, &format!("{at}.{name}"));
    let norm = |name: &str| Norm::read(tensors, &format!("{at}.{name}"), width, eps);
    let parts = [
        linear("attention.self.query")?,
        linear("attention.self.key")?,
        linear("attention.self.value")?,
        linear("attention.output.dense")?,
    ];
    let heads = needed(config.num_attention_heads, "num_attention_heads")?;
    let function = Activation::named(config.hidden_act.as_deref().unwrap_or("gelu"))?;
    Ok(Layer {
        attention: Attention::of(parts, heads, width, at)?,
        attention_norm: norm("attention.output.LayerNorm")?,
        mlp: Mlp::of(linear("intermediate.dense")?, linear("output.dense")?, function, width, at)?,
        mlp_norm: norm("output.LayerNorm")?,
    })
}

fn first_only(pooling: &PoolingConfig) -> Result<bool> {
    let named = pooling.pooling_mode.as_deref();
    let (first, mean) = (pooling.pooling_mode_cls_token, pooling.pooling_mode_mean_tokens);
    match (named, first, mean) {
        (Some("cls"), ..) | (None, true, false) => Ok(true),
        (Some("mean"), ..) | (None, false, _) => Ok(false),
        _ => Err(Error::new(ErrorKind::Unsupported, "the model pools neither the mean nor the first token")),
    }
}
