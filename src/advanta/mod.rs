//! ADVANTA's side. Today the demonstration installation: [`demo::load`].

pub mod demo;
mod wire;
