//! A folder as an encoder.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rushes_encode::Encoder;
use rushes_types::{Error, ErrorKind, Metric, Result};

use crate::bert::Bert;
use crate::config::{ModelConfig, read};
use crate::tensors::Tensors;
use crate::towers::{Kind, Towers};

/// The model of a folder.
enum Model {
    Bert(Box<Bert>),
    Towers(Box<Towers>),
}

struct Folder {
    name: String,
    model: Model,
}

impl fmt::Debug for Folder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folder").field("name", &self.name).finish_non_exhaustive()
    }
}

/// Reads the model in a folder: `config.json`, `tokenizer.json`, `model.safetensors`, and what its kind has besides.
/// `name` is what a space's `encoder` names it by.
///
/// # Errors
/// [`ErrorKind::NotFound`] where a file is missing; [`ErrorKind::Unsupported`] for a model of another kind;
/// [`ErrorKind::Invalid`] for files that do not fit each other.
pub fn open(name: &str, folder: &Path) -> Result<Arc<dyn Encoder>> {
    let config: ModelConfig = read(folder, "config.json")?;
    let tensors = || Tensors::read(&folder.join("model.safetensors"));
    let model = match config.model_type.as_str() {
        "bert" => Model::Bert(Box::new(Bert::read(folder, &config, &tensors()?)?)),
        "clip" => Model::Towers(Box::new(Towers::read(folder, &config, &tensors()?, Kind::Clip)?)),
        "siglip" => Model::Towers(Box::new(Towers::read(folder, &config, &tensors()?, Kind::Siglip)?)),
        other => {
            let message = format!(
                "`{}` is a model of kind `{other}`; bert, clip and siglip are read",
                folder.display()
            );
            return Err(Error::new(ErrorKind::Unsupported, message));
        }
    };
    Ok(Arc::new(Folder { name: name.to_owned(), model }))
}

impl Encoder for Folder {
    fn name(&self) -> &str {
        &self.name
    }

    fn dimensions(&self) -> Option<usize> {
        Some(match &self.model {
            Model::Bert(bert) => bert.dimensions(),
            Model::Towers(towers) => towers.dimensions(),
        })
    }

    fn metric(&self) -> Metric {
        Metric::Cosine
    }

    fn encode_texts(&self, texts: &[&str]) -> Result<Vec<Option<Vec<f32>>>> {
        let encode = |text: &&str| {
            if text.trim().is_empty() {
                return Ok(None);
            }
            match &self.model {
                Model::Bert(bert) => bert.encode(text).map(Some),
                Model::Towers(towers) => towers.text(text).map(Some),
            }
        };
        texts.iter().map(encode).collect()
    }

    fn takes_pictures(&self) -> bool {
        matches!(self.model, Model::Towers(_))
    }

    fn encode_pictures(&self, pictures: &[&[u8]]) -> Result<Vec<Vec<f32>>> {
        let Model::Towers(towers) = &self.model else {
            return Err(Error::new(
                ErrorKind::Unsupported,
                format!("encoder `{}` takes no pictures", self.name),
            ));
        };
        pictures.iter().map(|picture| towers.picture(picture)).collect()
    }
}
