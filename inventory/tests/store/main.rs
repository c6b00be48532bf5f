//! The store: one suite for every backend, a model, power cuts, killed processes, a full disk.

mod make;
mod suite;
