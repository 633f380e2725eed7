//! The configuration files of a model's folder.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use rushes_types::{Error, ErrorKind, Result};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Bytes of a configuration file, at most.
const CONFIG_BYTES_MAX: u64 = 64 << 20;

/// `config.json`.
#[derive(Debug, Deserialize)]
pub struct ModelConfig {
    /// `bert`, `clip`, `siglip`.
    pub model_type: String,
    /// Of a model with two towers, the one for texts.
    pub text_config: Option<TowerConfig>,
    /// Of a model with two towers, the one for pictures.
    pub vision_config: Option<TowerConfig>,
    /// Of a model with one tower, that one.
    #[serde(flatten)]
    pub own: TowerConfig,
}

/// One tower. Missing values get the reference implementation's defaults.
#[derive(Debug, Clone, Deserialize, Default)]
pub struct TowerConfig {
    /// Numbers of a row.
    pub hidden_size: Option<usize>,
    /// Layers.
    pub num_hidden_layers: Option<usize>,
    /// Heads of attention.
    pub num_attention_heads: Option<usize>,
    /// The function between two linear steps.
    pub hidden_act: Option<String>,
    /// The epsilon of layer normalisation.
    pub layer_norm_eps: Option<f32>,
    /// Most places of a text.
    pub max_position_embeddings: Option<usize>,
    /// The token that ends a text.
    pub eos_token_id: Option<u32>,
    /// The token that fills a text up.
    pub pad_token_id: Option<u32>,
    /// Width and height of a picture.
    pub image_size: Option<usize>,
    /// Width and height of a piece of it.
    pub patch_size: Option<usize>,
}

/// `preprocessor_config.json`: how a picture becomes numbers.
#[derive(Debug, Default, Deserialize)]
pub struct PictureConfig {
    /// Mean of red, green and blue.
    pub image_mean: Option<[f32; 3]>,
    /// Their spread.
    pub image_std: Option<[f32; 3]>,
    /// 2 linear, 3 cubic.
    pub resample: Option<u32>,
}

/// `1_Pooling/config.json`: how the rows of a text become one.
#[derive(Debug, Default, Deserialize)]
pub struct PoolingConfig {
    /// The row of the first token.
    #[serde(default)]
    pub pooling_mode_cls_token: bool,
    /// The mean of all rows.
    #[serde(default)]
    pub pooling_mode_mean_tokens: bool,
    /// The same, as newer files say it.
    pub pooling_mode: Option<String>,
}

/// `sentence_bert_config.json`.
#[derive(Debug, Default, Deserialize)]
pub struct SentenceConfig {
    /// Most tokens of a text.
    pub max_seq_length: Option<usize>,
}

/// A file of a folder.
///
/// # Errors
/// [`ErrorKind::NotFound`] where it is not there.
pub fn read<T: DeserializeOwned>(folder: &Path, file: &str) -> Result<T> {
    let path = folder.join(file);
    let bytes = read_bytes(&path, CONFIG_BYTES_MAX)?;
    serde_json::from_slice(&bytes)
        .map_err(|e| Error::invalid(format!("`{}` is not as it should be: {e}", path.display())))
}

/// A file of a folder; the default where it is not there.
pub fn read_or_default<T: DeserializeOwned + Default>(folder: &Path, file: &str) -> Result<T> {
    match read(folder, file) {
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(T::default()),
        read => read,
    }
}

/// The bytes of a file that has not too many.
pub fn read_bytes(path: &Path, most: u64) -> Result<Vec<u8>> {
    let name = path.display();
    let file = File::open(path).map_err(|e| {
        Error::new(ErrorKind::NotFound, format!("`{name}` cannot be read"))
            .mend("name the folder of a model")
            .because(e)
    })?;
    let size = file.metadata().map_or(0, |m| m.len());
    if size > most {
        return Err(Error::new(ErrorKind::TooLarge, format!("`{name}` has {size} bytes"))
            .mend(format!("at most {most} are read")));
    }
    let mut bytes = Vec::with_capacity(usize::try_from(size).unwrap_or(0));
    let read = file.take(most).read_to_end(&mut bytes);
    read.map_err(|e| Error::new(ErrorKind::Storage, format!("`{name}` cannot be read")).because(e))?;
    Ok(bytes)
}
