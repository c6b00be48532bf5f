//! The GUID that CloudStack gives a KVM host: made from its address alone, so the management address is the identity.

use std::net::Ipv4Addr;

use uuid::{Builder, Uuid};

/// Java's `UUID.nameUUIDFromBytes(address as text)`: MD5 without a name space, marked as version 3. The controller stores
/// it with the suffix `-LibvirtComputingResource`.
pub fn guid_of(address: Ipv4Addr) -> Uuid {
    let digest = md5::compute(address.to_string());
    Builder::from_md5_bytes(digest.0).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_those_of_the_jdk() {
        for (address, guid) in [
            ([10, 0, 0, 11], "6af97b9f-15b8-3199-9771-8d8248d98157"),
            ([192, 168, 42, 11], "a3f7f538-daf4-3615-84d9-5a8ec0f09091"),
        ] {
            assert_eq!(guid_of(address.into()).to_string(), guid);
        }
    }
}
