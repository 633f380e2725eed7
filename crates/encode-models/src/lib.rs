//! Encoders that are models in a local folder, as their makers publish them: `config.json`, `tokenizer.json`,
//! `model.safetensors`.
//!
//! Three kinds: sentence encoders (BERT, as sentence-transformers keeps them), CLIP and SigLIP, the latter two with the
//! tower for texts and the one for pictures. All of them are the same few steps, so they are written here, in f32 on the
//! processor; what they give agrees with the reference implementations to a few units in the fifth place.
//!
//! Nothing is downloaded. The crate is empty without its feature `models`.

#[cfg(feature = "models")]
mod activation;
#[cfg(feature = "models")]
mod bert;
#[cfg(feature = "models")]
mod config;
#[cfg(feature = "models")]
mod layers;
#[cfg(feature = "models")]
mod open;
#[cfg(feature = "models")]
mod pixels;
#[cfg(feature = "models")]
mod tensors;
#[cfg(feature = "models")]
mod tokens;
#[cfg(feature = "models")]
mod towers;

#[cfg(feature = "models")]
pub use open::open;
