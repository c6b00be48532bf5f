//! `[cloud.NAME]`: a cloud controller. `driver` is read to be checked; there is one.

use std::net::IpAddr;

use serde_spanned::Spanned;

use super::plain;
use crate::config::problem::Form;
use crate::config::section::Section;
use crate::config::what::What;
use crate::id::SecretName;
use crate::rack::Cloud;
use crate::word::{Endpoint, Label};

/// Apache CloudStack.
const DRIVERS: [(&str, ()); 1] = [("cloudstack", ())];

pub(in crate::config) struct Draft {
    driver: Option<Spanned<()>>,
    pub(in crate::config) endpoint: Option<Spanned<Endpoint>>,
    credential: Option<Spanned<SecretName>>,
    zone: Option<Spanned<Label>>,
    pod: Option<Spanned<Label>>,
    cluster: Option<Spanned<Label>>,
    host_tags: Vec<Spanned<Label>>,
    login_from: Vec<Spanned<IpAddr>>,
}

impl Draft {
    pub(in crate::config) fn read(mut section: Section<'_>) -> Self {
        section.require(&["driver", "endpoint", "credential", "zone", "pod", "cluster"]);
        let endpoint = section.word::<Endpoint>("endpoint", What::Url);
        let named = endpoint.as_ref().map(Spanned::get_ref).and_then(host);
        if endpoint.is_some() && named.is_none() && says_nowhere(&mut section) {
            let (key, table) = ("login_from", section.name.clone());
            section
                .report
                .add(section.at, Form::MissingKey { key, table });
        }
        Self {
            driver: section.choice("driver", What::Driver, &DRIVERS),
            endpoint,
            credential: section.word("credential", What::Name),
            zone: section.word("zone", What::Label),
            pod: section.word("pod", What::Label),
            cluster: section.word("cluster", What::Label),
            host_tags: section.words("host_tags", What::Label),
            login_from: section.words("login_from", What::Ip),
        }
    }

    /// The address in the endpoint, if it is one and no host name.
    pub(in crate::config) fn address(&self) -> Option<Spanned<IpAddr>> {
        let endpoint = self.endpoint.as_ref()?;
        Some(Spanned::new(endpoint.span(), host(endpoint.get_ref())?))
    }

    /// What says which cluster it is: two [cloud.NAME] may be about one.
    pub(in crate::config) fn cluster(&self) -> Option<[String; 4]> {
        Some([
            self.endpoint.as_ref()?.get_ref().to_string(),
            self.zone.as_ref()?.get_ref().to_string(),
            self.pod.as_ref()?.get_ref().to_string(),
            self.cluster.as_ref()?.get_ref().to_string(),
        ])
    }

    pub(in crate::config) fn finish(self) -> Option<Cloud> {
        self.driver.as_ref()?;
        let endpoint = self.endpoint?.into_inner();
        let mut login_from = plain(self.login_from);
        if login_from.is_empty() {
            login_from.extend(host(&endpoint));
        }
        Some(Cloud {
            endpoint,
            credential: self.credential?.into_inner(),
            zone: self.zone?.into_inner(),
            pod: self.pod?.into_inner(),
            cluster: self.cluster?.into_inner(),
            host_tags: plain(self.host_tags),
            login_from,
        })
    }
}

/// Whether `login_from` is left out or empty.
fn says_nowhere(section: &mut Section<'_>) -> bool {
    section.value("login_from").is_none_or(|value| {
        let list = value.get_ref().as_array();
        list.is_some_and(|list| list.is_empty())
    })
}

/// The host of a URL, if it is an address (RFC 3986 §3.2.2).
fn host(endpoint: &Endpoint) -> Option<IpAddr> {
    let (_, rest) = endpoint.split_once("://")?;
    let authority = rest.split('/').next()?;
    match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next()?.parse().ok(),
        None => authority.split(':').next()?.parse().ok(),
    }
}
