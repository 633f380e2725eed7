//! The archive as its callers see it: all three stages in a folder.
#![allow(clippy::unwrap_used, reason = "tests")]

mod access;
mod backup_at;
mod backup_freeze;
mod backup_sets;
mod backup_trust;
mod backups;
mod chores;
mod damage;
mod encoders;
mod feedback;
mod files;
mod flow;
mod full_disk;
mod independent;
mod made_with;
mod migrate;
mod reading;
mod rebuilding;
mod redelivery;
mod taking;
mod verifying;
mod watched;
