//! Virtual media: an image behind an http URL appears as a CD of the machine.

use serde_json::{Value, json};

use super::error::BmcError;
use super::identity::Expected;
use super::link::Link;
use super::redfish::{LookAt, Redfish};

impl Redfish {
    /// Puts the image at `url` into the CD drive of the machine, if it is the one expected, and reads back.
    pub async fn insert_media(&self, url: &str, expected: &Expected) -> Result<(), BmcError> {
        const DEED: &str = "insert a virtual CD";
        let (drive, resource) = self.drive(DEED, expected).await?;
        let action = Link::action(&resource, "#VirtualMedia.InsertMedia");
        let action = action.ok_or_else(|| self.missing(DEED, "an InsertMedia action"))?;
        self.post(DEED, &action, &json!({"Image": url})).await?;
        let at = LookAt {
            link: &drive,
            within: self.limits.media,
        };
        let look = |drive: &Value| {
            let fine = drive["Inserted"] != false && drive["Image"] == url;
            fine.then_some(()).ok_or_else(|| holds(drive))
        };
        self.read_back(DEED, at, look).await
    }

    /// Empties the CD drive of the machine, if it is the one expected, and reads back.
    pub async fn eject_media(&self, expected: &Expected) -> Result<(), BmcError> {
        const DEED: &str = "eject the virtual CD";
        let (drive, resource) = self.drive(DEED, expected).await?;
        let action = Link::action(&resource, "#VirtualMedia.EjectMedia");
        let action = action.ok_or_else(|| self.missing(DEED, "an EjectMedia action"))?;
        self.post(DEED, &action, &json!({})).await?;
        let at = LookAt {
            link: &drive,
            within: self.limits.media,
        };
        let look = |drive: &Value| is_empty(drive).then_some(()).ok_or_else(|| holds(drive));
        self.read_back(DEED, at, look).await
    }

    /// The CD drive, under the system (DSP2046 from 2020.4 on) or under its manager (before).
    async fn drive(
        &self,
        deed: &'static str,
        expected: &Expected,
    ) -> Result<(Link, Value), BmcError> {
        let system = self.meant(deed, expected).await?.body;
        let mut drives = Link::to(&system["VirtualMedia"]);
        if let (None, Some(manager)) = (&drives, Link::to(&system["Links"]["ManagedBy"][0])) {
            drives = Link::to(&self.wire.get(deed, &manager).await?.body["VirtualMedia"]);
        }
        let drives = drives.ok_or_else(|| self.missing(deed, "virtual media"))?;
        let drives = self.wire.get(deed, &drives).await?.body;
        for link in Link::members(&drives) {
            let drive = self.wire.get(deed, &link).await?.body;
            let types = drive["MediaTypes"].as_array();
            if types.is_some_and(|types| types.iter().any(|kind| kind == "CD" || kind == "DVD")) {
                return Ok((link, drive));
            }
        }
        Err(self.missing(deed, "a virtual CD drive"))
    }
}

/// `Inserted` counts where it is told: a stale `Image` stays behind on some BMCs.
fn is_empty(drive: &Value) -> bool {
    match drive["Inserted"].as_bool() {
        Some(inserted) => !inserted,
        None => drive["Image"].as_str().unwrap_or_default().is_empty(),
    }
}

fn holds(drive: &Value) -> String {
    format!(
        "shows Image {}, Inserted {}",
        drive["Image"], drive["Inserted"]
    )
}
