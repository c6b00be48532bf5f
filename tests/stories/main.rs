//! Stories: the product's parts against simulators, a module a topic, in one test binary.

#[cfg(test)]
mod bmc;
#[cfg(test)]
mod boot;
#[cfg(test)]
mod bring_up;
#[cfg(test)]
mod cloudstack;
#[cfg(test)]
mod dhcp;
#[cfg(test)]
mod dhcp6;
#[cfg(test)]
mod kickstart;
#[cfg(test)]
mod locks;
#[cfg(test)]
mod media;
#[cfg(test)]
mod neighbours;
#[cfg(test)]
mod packet_node;
#[cfg(test)]
mod switch;
#[cfg(test)]
mod wire;
