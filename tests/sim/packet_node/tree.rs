//! A small install tree and loaders: files of the right names and shapes, with nothing in them that runs.

use std::fs;
use std::io;
use std::path::Path;

const TREEINFO: &str = "\
[general]
family = Hinode Stand-in
repository = BaseOS
version = 1

[header]
type = productmd.treeinfo
version = 1.2

[release]
name = Hinode stand-in
short = hinode-standin
version = 1

[stage2]
mainimage = images/install.img

[tree]
arch = x86_64
";

const REPOMD: &str = "\
<repomd>
<data type=\"primary\"><location href=\"repodata/primary.xml\"/></data>
<data type=\"filelists\"><location href=\"repodata/filelists.xml\"/></data>
</repomd>
";

const PRIMARY: &str = "\
<metadata>
<package><name>standin-base</name><location href=\"Packages/s/standin-base-1-1.noarch.rpm\"/></package>
<package><name>kernel</name><location href=\"Packages/k/kernel-1-1.x86_64.rpm\"/></package>
</metadata>
";

/// Bytes of the larger files: several TFTP windows and HTTP blocks.
const LARGE: usize = 200_000;

/// Writes the tree into `folder/tree` and loaders into `folder/loaders`.
pub fn write(folder: &Path) -> io::Result<()> {
    let large = |name: &str| name.bytes().cycle().take(LARGE).collect::<Vec<u8>>();
    for name in ["undionly.kpxe", "snponly.efi", "ipxe.efi"] {
        file(&folder.join("loaders").join(name), &large(name))?;
    }
    let tree = folder.join("tree");
    let large_files = [
        "EFI/BOOT/BOOTX64.EFI",
        "EFI/BOOT/grubx64.efi",
        "images/pxeboot/vmlinuz",
        "images/pxeboot/initrd.img",
        "images/install.img",
        "BaseOS/Packages/s/standin-base-1-1.noarch.rpm",
        "BaseOS/Packages/k/kernel-1-1.x86_64.rpm",
    ];
    for name in large_files {
        file(&tree.join(name), &large(name))?;
    }
    let texts = [
        (".treeinfo", TREEINFO),
        ("BaseOS/repodata/repomd.xml", REPOMD),
        ("BaseOS/repodata/primary.xml", PRIMARY),
        ("BaseOS/repodata/filelists.xml", "<filelists/>\n"),
    ];
    for (name, text) in texts {
        file(&tree.join(name), text.as_bytes())?;
    }
    Ok(())
}

fn file(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    fs::write(path, bytes)
}
