//! `addHost` for KVM: what `LibvirtServerDiscoverer` does, command by command, with its texts.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use serde_json::Value;
use tokio::net::lookup_host;

use super::Shared;
use super::answer::{Refused, list};
use super::form::Form;
use super::hosts::Added;
use super::ssh::{Login, Shell, SshError};

const SCRIPTS: &str = "/usr/share/cloudstack-common/scripts/util";
const AGENT: &str = "/etc/cloudstack/agent";

/// Setting `ca.framework.cert.validity.period`, days.
const VALIDITY: u32 = 365;

/// A host to be added.
#[derive(Debug)]
pub(super) struct Ask {
    url: String,
    user: String,
    password: String,
    tags: String,
}

/// Why a host was not added.
enum Failure {
    /// The discoverer found nothing there that it likes; its log says more.
    NotFound(String),
    /// It says what was wrong.
    Told(String),
}

impl From<SshError> for Failure {
    fn from(error: SshError) -> Self {
        match error {
            SshError::Denied => Self::Told(error.to_string()),
            SshError::Connection(text) => Self::Told(told(&text)),
        }
    }
}

impl Ask {
    /// Reads the request; place and hypervisor were checked before.
    pub(super) fn read(form: &Form) -> Result<Self, Refused> {
        let url = form
            .get("url")
            .ok_or_else(|| Refused::missing("addhost", "url"))?;
        let login = form.get("username").zip(form.get("password"));
        let (user, password) =
            login.ok_or_else(|| Refused::new(431, "Username and Password need to be provided."))?;
        Ok(Self {
            url: url.to_owned(),
            user: user.to_owned(),
            password: password.to_owned(),
            tags: form.get("hosttags").unwrap_or_default().to_owned(),
        })
    }
}

/// Adds a host; takes as long as it takes.
pub(super) async fn add(shared: Arc<Shared>, ask: Ask) -> Result<Value, Refused> {
    let outcome = try_add(&shared, &ask).await;
    outcome.map_err(|failure| match failure {
        Failure::NotFound(why) => {
            tracing::warn!(url = ask.url, why, "host not added");
            let text = "Unable to add the host: Cannot find the server resources at";
            Refused::new(530, format!("{text} {}", ask.url))
        }
        Failure::Told(why) => Refused::new(
            530,
            format!(
                "Could not add host at [{}] with zone [1], pod [1] and cluster [1] due to: [{why}].",
                ask.url
            ),
        ),
    })
}

async fn try_add(shared: &Shared, ask: &Ask) -> Result<Value, Failure> {
    let address = resolve(&ask.url).await?;
    let guid = guid(address);
    if let Some(known) = shared.hosts.by_guid(&guid) {
        return Err(Failure::Told(told(&format!(
            "Skipping host {address} because {guid} is already in the database for resource \
             {guid}-LibvirtComputingResource with ID {}",
            known.id
        ))));
    }
    let login = Login {
        host: SocketAddr::from((address, shared.config.ssh_port)),
        from: shared.config.api.ip(),
        user: &ask.user,
        password: &ask.password,
    };
    let shell = Shell::login(&login).await?;
    let added = Added {
        address,
        tags: ask.tags.clone(),
        uefi: inspect(&shell).await?,
    };
    secure(shared, &shell, address).await?;
    shared.hosts.expect(&guid, added);
    let host = set_up(shared, &shell, &guid).await;
    shared.hosts.give_up(&guid);
    host
}

/// The host part of the URL; port and path are ignored. The management server resolves names, not the client.
async fn resolve(url: &str) -> Result<Ipv4Addr, Failure> {
    let rest = url.strip_prefix("http://");
    let rest = rest.ok_or_else(|| Failure::NotFound("urlString is not http".to_owned()))?;
    let host = rest.split(['/', ':']).next().unwrap_or(rest);
    let found = lookup_host((host, 0)).await;
    let found = found.map_err(|error| Failure::Told(told(&error.to_string())))?;
    let mut addresses = found.filter_map(|address| match address.ip() {
        IpAddr::V4(address) => Some(address),
        IpAddr::V6(_) => None,
    });
    addresses
        .next()
        .ok_or_else(|| Failure::NotFound("no IPv4 address".to_owned()))
}

/// Whether an OVMF package is there. No KVM is a failure.
async fn inspect(shell: &Shell) -> Result<bool, Failure> {
    if !shell.run("ls /dev/kvm").await?.success {
        return Err(Failure::NotFound(
            "It's not a KVM enabled machine".to_owned(),
        ));
    }
    Ok(shell.run("rpm -qa | grep -i ovmf").await?.success)
}

/// Key on the host, certificate from here.
async fn secure(shared: &Shared, shell: &Shell, address: Ipv4Addr) -> Result<(), Failure> {
    let password = uuid::Uuid::new_v4().simple().to_string()[..16].to_owned();
    let files = format!("{AGENT}/agent.properties {AGENT}/cloud.jks");
    let setup =
        format!("sudo {SCRIPTS}/keystore-setup {files} {password} {VALIDITY} {AGENT}/cloud.csr");
    let request = shell.run(&setup).await?;
    if !request.success {
        let text = format!("Failed to setup keystore on the KVM host: {address}");
        return Err(Failure::Told(told(&text)));
    }
    let issued = shared
        .authority
        .issue(&request.output, address)
        .map_err(|error| {
            let text =
                format!("Failed to issue certificates for KVM host agent: {address}: {error}");
            Failure::Told(told(&text))
        })?;
    let import = format!(
        "sudo {SCRIPTS}/keystore-cert-import {files} ssh {AGENT}/cloud.crt \"{}\" {AGENT}/cloud.ca.crt \"{}\" \
         {AGENT}/cloud.key \"\"",
        encoded(&issued.certificate),
        encoded(&issued.authority)
    );
    match shell.run(&import).await?.success {
        true => Ok(()),
        false => Err(Failure::Told(told(
            "Failed to setup certificate in the KVM agent's keystore file, please see logs and configure manually!",
        ))),
    }
}

/// The agent set up, and waited for until it is Up.
async fn set_up(shared: &Shared, shell: &Shell, guid: &str) -> Result<Value, Failure> {
    let world = &shared.config.world;
    let setup = format!(
        "sudo cloudstack-setup-agent  -m {} -z 1 -p 1 -c 1 -g {guid} -a -s  --pubNic={guest} --prvNic={private} \
         --guestNic={guest} --hypervisor=kvm",
        world.manager,
        guest = world.guest_label,
        private = world.private_label,
    );
    let done = shell.run(&setup).await?;
    if !done.success {
        let why = format!("cloudstack agent setup command failed: {}", done.output);
        return Err(Failure::NotFound(why));
    }
    let host = shared
        .hosts
        .until_up(guid, shared.config.timing.agent)
        .await;
    let host = host.ok_or_else(|| Failure::NotFound("the agent did not connect".to_owned()))?;
    Ok(list("host", vec![host.shown(world)], 1))
}

/// As certificates travel in a shell command: no spaces, no line ends.
fn encoded(pem: &str) -> String {
    pem.replace('\n', "^").replace(' ', "~")
}

/// As exceptions of the discoverer are told.
fn told(text: &str) -> String {
    format!(
        " can't setup agent, due to com.cloud.utils.exception.CloudRuntimeException: {text} - {text}"
    )
}

/// `UUID.nameUUIDFromBytes`: an MD5 with version 3 and the variant of RFC 9562 written over it.
fn guid(address: Ipv4Addr) -> String {
    let mut digest = md5::compute(address.to_string()).0;
    digest[6] = digest[6] & 0x0f | 0x30;
    digest[8] = digest[8] & 0x3f | 0x80;
    let hex = hex::encode(digest);
    let parts = [
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..],
    ];
    parts.join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn guids_are_java_s() {
        let address = Ipv4Addr::new(10, 0, 0, 11);
        assert_eq!(guid(address), "6af97b9f-15b8-3199-9771-8d8248d98157");
    }
}
