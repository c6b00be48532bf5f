//! The store: one suite for every backend, a model, tampering, power cuts, killed processes, a full disk.

#[cfg(test)]
mod disk;
#[cfg(test)]
mod full;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod make;
#[cfg(test)]
mod model;
#[cfg(test)]
mod power;
#[cfg(test)]
mod suite;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod writers;
