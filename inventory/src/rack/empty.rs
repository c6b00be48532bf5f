//! A rack with nothing in it.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::{Appliance, Language, Rack, Site};
use crate::word::BadWord;

impl Rack {
    /// A rack with nothing in it: what an appliance serves before a rack file was applied.
    ///
    /// # Errors
    /// None, as long as the words in it keep their own rules.
    pub fn empty() -> Result<Self, BadWord> {
        let site = Site {
            name: "none".parse()?,
            timezone: "UTC".parse()?,
            language: Language::En,
            domain: "invalid".parse()?,
            ntp: Vec::new(),
            dns: Vec::new(),
            search: Vec::new(),
            iqn_date: None,
        };
        let appliance = Appliance {
            interfaces: Vec::new(),
            loaders: PathBuf::new(),
            authorized_keys: Vec::new(),
            metrics: None,
        };
        Ok(Self {
            site,
            appliance,
            networks: BTreeMap::new(),
            switches: BTreeMap::new(),
            firewalls: BTreeMap::new(),
            clouds: BTreeMap::new(),
            oses: BTreeMap::new(),
            repos: BTreeMap::new(),
            storages: BTreeMap::new(),
            profiles: BTreeMap::new(),
            nodes: BTreeMap::new(),
        })
    }
}
