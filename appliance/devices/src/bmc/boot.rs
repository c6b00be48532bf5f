//! Boot override: where the machine boots from next, once. What counts is the *target* read back: some BMCs revert it
//! silently, some show `Once` as `Continuous`, and then only our own boot services end the override.

use serde_json::{Value, json};

use super::error::BmcError;
use super::identity::Expected;
use super::redfish::{LookAt, Redfish};

/// Redfish `BootSourceOverrideTarget`, as far as we use it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BootTarget {
    /// Network boot by PXE.
    Pxe,
    /// Network boot by UEFI HTTP boot.
    UefiHttp,
    /// The disk.
    Hdd,
    /// CD, virtual media included.
    Cd,
}

impl BootTarget {
    fn text(self) -> &'static str {
        match self {
            Self::Pxe => "Pxe",
            Self::UefiHttp => "UefiHttp",
            Self::Hdd => "Hdd",
            Self::Cd => "Cd",
        }
    }
}

const DEED: &str = "boot once from another source";

impl Redfish {
    /// Makes the machine, if it is the one expected, boot from `target` the next time it starts, and reads back.
    pub async fn set_boot_once(
        &self,
        target: BootTarget,
        expected: &Expected,
    ) -> Result<(), BmcError> {
        let system = self.meant(DEED, expected).await?;
        let wanted = target.text();
        let offered = &system.body["Boot"]["BootSourceOverrideTarget@Redfish.AllowableValues"];
        if let Some(offered) = offered.as_array()
            && !offered.iter().any(|value| value == wanted)
        {
            let offered: Vec<_> = offered.iter().filter_map(Value::as_str).collect();
            let what = format!("the boot source {wanted}, only {}", offered.join(", "));
            return Err(self.missing(DEED, &what));
        }
        let body = json!({"Boot": {
            "BootSourceOverrideEnabled": "Once",
            "BootSourceOverrideTarget": wanted,
        }});
        let done = self
            .patch_system(DEED, system.etag.as_deref(), &body)
            .await?;
        if !done && !self.once_more(&body, expected).await? {
            let asked = self.wire.asked(DEED);
            let why = "the machine's settings changed twice between reading and writing; another client is at work";
            return Err(BmcError::Refused {
                asked,
                why: why.to_owned(),
            });
        }
        let at = LookAt {
            link: &self.system,
            within: self.limits.boot,
        };
        let look = |system: &Value| shows(&system["Boot"], wanted);
        self.read_back(DEED, at, look).await
    }

    /// Another client may have been faster; or the BMC shows weak ETags, which never match (RFC 9110 §13.1.1), and
    /// means their strong form.
    async fn once_more(&self, body: &Value, expected: &Expected) -> Result<bool, BmcError> {
        let etag = self.meant(DEED, expected).await?.etag;
        let strong = etag.as_deref().map(|tag| tag.trim_start_matches("W/"));
        self.patch_system(DEED, strong, body).await
    }
}

fn shows(boot: &Value, wanted: &str) -> Result<(), String> {
    let target = &boot["BootSourceOverrideTarget"];
    let enabled = &boot["BootSourceOverrideEnabled"];
    if target == wanted && enabled != "Disabled" {
        return Ok(());
    }
    Err(format!(
        "shows boot source {target} ({enabled}) instead of {wanted}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_target_counts() {
        for (name, target, enabled, fine) in [
            ("as asked", "Pxe", "Once", true),
            ("shown as lasting", "Pxe", "Continuous", true),
            ("reverted", "Hdd", "Once", false),
            ("switched off", "Pxe", "Disabled", false),
            ("none", "None", "Disabled", false),
        ] {
            let boot =
                json!({"BootSourceOverrideTarget": target, "BootSourceOverrideEnabled": enabled});
            assert_eq!(shows(&boot, "Pxe").is_ok(), fine, "{name}");
        }
    }
}
