//! What a TFTP file name means. Pure. GRUB's own configuration is looked for in many places and is answered in all of them:
//! which one a build asks for first depends on the folder built into it.

use inventory::id::{MediumId, OsName};
use inventory::net::Mac;

use crate::tree::Below;

/// The iPXE builds that are served.
const LOADERS: [&str; 3] = ["undionly.kpxe", "snponly.efi", "ipxe.efi"];

/// What a file name asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// A loader from the loaders folder.
    Loader(Below),
    /// GRUB's configuration: for the machine of this MAC, or for whoever asks.
    Grub(Option<Mac>),
    /// A file of an OS's tree.
    Tree(OsName, Below),
    /// A file of a medium.
    Medium(MediumId, Below),
    /// Nothing that we have.
    Nothing,
}

/// Reads a file name. Firmware writes slashes either way and puts one in front; case counts.
pub(crate) fn read(name: &str) -> Wanted {
    let name = name.replace('\\', "/");
    let Some(path) = Below::new(name.split('/')) else {
        return Wanted::Nothing;
    };
    if is_loader(path.as_str()) {
        return Wanted::Loader(path);
    }
    if path.file_name() == "grub.cfg" {
        return Wanted::Grub(None);
    }
    if let Some(whose) = path.file_name().strip_prefix("grub.cfg-") {
        let mac = whose.strip_prefix("01-").and_then(|mac| mac.parse().ok());
        return mac.map_or(Wanted::Nothing, |mac| Wanted::Grub(Some(mac)));
    }
    tree(&path).unwrap_or(Wanted::Nothing)
}

fn tree(path: &Below) -> Option<Wanted> {
    let (kind, rest) = path.as_str().split_once('/')?;
    let (name, rest) = rest.split_once('/')?;
    let rest = Below::new(rest.split('/'))?;
    match kind {
        "os" => Some(Wanted::Tree(name.parse().ok()?, rest)),
        "media" => Some(Wanted::Medium(name.parse().ok()?, rest)),
        _ => None,
    }
}

/// Whether a file of the loaders folder is served.
pub(crate) fn is_loader(name: &str) -> bool {
    LOADERS.contains(&name)
}

/// Whether GRUB takes a file of this name as its configuration.
pub(crate) fn is_grub_config(name: &str) -> bool {
    name == "grub.cfg"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(path: &str) -> Below {
        Below::new(path.split('/')).unwrap()
    }

    fn file(path: &str) -> Wanted {
        Wanted::Tree("rocky-9".parse().unwrap(), below(path))
    }

    #[test]
    fn names_as_clients_write_them() {
        let mac = "52:54:00:77:00:02".parse().unwrap();
        let table = [
            ("snponly.efi", Wanted::Loader(below("snponly.efi"))),
            ("/undionly.kpxe", Wanted::Loader(below("undionly.kpxe"))),
            (
                "\\os\\rocky-9\\EFI\\BOOT\\BOOTX64.EFI",
                file("EFI/BOOT/BOOTX64.EFI"),
            ),
            (
                "/os/rocky-9//images/pxeboot/vmlinuz",
                file("images/pxeboot/vmlinuz"),
            ),
            ("os/rocky-9/.treeinfo", file(".treeinfo")),
            (
                "/media/rocky-9-8-0a1b2c3d/images/install.img",
                Wanted::Medium(
                    "rocky-9-8-0a1b2c3d".parse().unwrap(),
                    below("images/install.img"),
                ),
            ),
            (
                "os/rocky-9/EFI/BOOT/grub.cfg-01-52-54-00-77-00-02",
                Wanted::Grub(Some(mac)),
            ),
            ("/grub/x86_64-efi/grub.cfg", Wanted::Grub(None)),
            ("grub.cfg", Wanted::Grub(None)),
        ];
        for (name, expected) in table {
            assert_eq!(read(name), expected, "{name}");
        }
    }

    #[test]
    fn everything_else_is_nothing() {
        let names = [
            "",
            "/",
            "..",
            "os",
            "os/",
            "os/rocky-9",
            "os/rocky-9/",
            "os/../etc/passwd",
            "os/rocky-9/../../etc/passwd",
            "os\\rocky-9\\..\\x",
            "os/NAME/x",
            "media/rocky-9/../x",
            "medium/rocky-9/x",
            "SNPONLY.EFI",
            "x/snponly.efi",
            "ipxe.pxe",
            "/etc/passwd",
            "os/rocky-9/EFI/BOOT/grub.cfg-0A4D0A15",
            "grub.cfg-01-52-54",
            "grub/x86_64-efi/command.lst",
            "revocations_sku.efi",
        ];
        for name in names {
            let found = read(name);
            let is_nothing = matches!(found, Wanted::Nothing);
            assert!(is_nothing, "{name}: {found:?}");
        }
    }
}
