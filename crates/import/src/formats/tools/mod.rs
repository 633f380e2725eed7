//! What annotation tools and detectors write, one file each.

pub(crate) mod coco;
pub(crate) mod elan;
pub(crate) mod ffmpeg;
pub(crate) mod label_studio;
pub(crate) mod textgrid;
pub(crate) mod transnet;
pub(crate) mod via;
mod which;
