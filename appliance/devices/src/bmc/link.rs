//! Links between Redfish resources. Paths are never made up: the service root is the only one the standard fixes
//! (DSP0266 §6.3), every other is followed.

use std::fmt;

use serde_json::Value;

/// A path on the BMC that a link was read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Link(String);

impl Link {
    pub(super) fn service_root() -> Self {
        Self("/redfish/v1/".to_owned())
    }

    /// The resource that `value` links to: `{"@odata.id": "/..."}`. Absolute URLs are not followed: the password goes
    /// to the BMC and nowhere else.
    pub(super) fn to(value: &Value) -> Option<Self> {
        Self::path(value["@odata.id"].as_str()?)
    }

    /// Where the action `name` of a resource is posted to.
    pub(super) fn action(resource: &Value, name: &str) -> Option<Self> {
        Self::path(resource["Actions"][name]["target"].as_str()?)
    }

    /// The members of a collection.
    pub(super) fn members(collection: &Value) -> Vec<Self> {
        let members = collection["Members"].as_array();
        members.into_iter().flatten().filter_map(Self::to).collect()
    }

    fn path(text: &str) -> Option<Self> {
        let local = text.starts_with('/') && !text.starts_with("//");
        local.then(|| Self(text.to_owned()))
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_paths_of_the_bmc_itself_are_followed() {
        for (text, followed) in [
            ("/redfish/v1/Systems/1", true),
            ("https://elsewhere/redfish/v1/Systems/1", false),
            ("//elsewhere/redfish", false),
            ("Systems/1", false),
            ("", false),
        ] {
            let link = Link::to(&json!({"@odata.id": text}));
            assert_eq!(link.is_some(), followed, "{text}");
        }
    }
}
