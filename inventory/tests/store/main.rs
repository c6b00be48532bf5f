//! The store: one suite for every backend, a model, power cuts, killed processes, a full disk.

#[cfg(test)]
mod disk;
#[cfg(test)]
mod full;
#[cfg(test)]
mod make;
#[cfg(test)]
mod power;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod writers;
