//! Everything that a node is served while its arm allows it, rendered at once.

use inventory::arm::{Payload, Texts};

use crate::facts::{Install, NotRenderable, Over};
use crate::{boot, kickstart};

/// All texts of one install: those with IPv4 URLs, and for a node with an IPv6 address the same with IPv6 ones.
pub fn payload(install: &Install<'_>) -> Result<Payload, NotRenderable> {
    let plain = texts(install, Over::Ipv4)?;
    let over_ipv6 = match install.node.address6 {
        Some(_) => Some(texts(install, Over::Ipv6)?),
        None => None,
    };
    Ok(Payload {
        node: install.node.name.clone(),
        token: install.token,
        ipxe: plain.ipxe,
        grub: plain.grub,
        kickstart: plain.kickstart,
        host_key: install.host_key.public.clone(),
        over_ipv6,
    })
}

fn texts(install: &Install<'_>, over: Over) -> Result<Texts, NotRenderable> {
    Ok(Texts {
        ipxe: boot::install_ipxe(&install.boot()?, over)?,
        grub: boot::install_grub(&install.boot()?, over)?,
        kickstart: kickstart::render(install, over)?,
    })
}
