//! Metadata as createrepo_c 0.17 writes them, right, and wrong in one place.

use super::*;

const SUM: &str = "a3b1c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f8091";
const REPOMD_XML: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>1790000000</revision>
  <data type="primary">
    <checksum type="sha256">SUM</checksum>
    <open-checksum type="sha256">SUM</open-checksum>
    <location href="repodata/SUM-primary.xml.gz"/>
    <timestamp>1790000000</timestamp>
    <size>762</size>
    <open-size>1900</open-size>
  </data>
</repomd>
"#;
const PRIMARY: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="1">
<package type="rpm">
  <name>cloudstack-agent</name>
  <arch>x86_64</arch>
  <version epoch="0" ver="4.20.1" rel="1.el9"/>
  <checksum type="sha256" pkgid="YES">SUM</checksum>
  <summary>Agent &amp; more</summary>
  <size package="6012" installed="0" archive="124"/>
  <location href="Packages/c/cloudstack-agent-4.20.1-1.el9.x86_64.rpm"/>
  <format>
    <rpm:license>ASL</rpm:license>
    <rpm:provides><rpm:entry name="a" flags="EQ"/><size package="1"/></rpm:provides>
  </format>
</package>
</metadata>
"#;

fn read_repomd(text: &str) -> Result<BTreeMap<String, File>, Fault> {
    repomd(text.replace("SUM", SUM).as_bytes())
}

fn read_packages(text: &str) -> Result<Vec<Listed>, Fault> {
    packages("primary.xml", text.replace("SUM", SUM).as_bytes())
}

#[test]
fn what_createrepo_writes_is_read() {
    let files = read_repomd(REPOMD_XML).unwrap();
    let primary = File {
        path: format!("repodata/{SUM}-primary.xml.gz"),
        size: 762,
        sha256: SUM.parse().unwrap(),
    };
    assert_eq!(files, BTreeMap::from([("primary".to_owned(), primary)]));
    let [package] = &read_packages(PRIMARY).unwrap()[..] else {
        panic!()
    };
    assert_eq!(
        package.nevra.to_string(),
        "cloudstack-agent-0:4.20.1-1.el9.x86_64"
    );
    assert_eq!(
        (package.file.size, package.file.path.as_str()),
        (6012, "Packages/c/cloudstack-agent-4.20.1-1.el9.x86_64.rpm")
    );
}

#[test]
fn what_is_wrong_with_repomd_is_named() {
    let table = [
        ("<size>762</size>", "", "an entry has not a size"),
        (
            "<size>762</size>",
            "<size>1</size><size>2</size>",
            "an entry has not a size",
        ),
        ("type=\"primary\"", "type=\"other\"", "no list of packages"),
        ("sha256", "sha", "no checksum of type sha256"),
        ("SUM</ch", "12</ch", "64 digits"),
        ("repodata/SUM", "../SUM", "made to deceive"),
        ("repodata/SUM", "/SUM", "made to deceive"),
        ("repodata/SUM", "Packages/SUM", "made to deceive"),
        ("repodata/SUM", "repodata/%2e/SUM", "made to deceive"),
        ("href", "xml:base=\"http://x/\" href", "made to deceive"),
        ("</repomd>", "", "ends in the middle"),
        (
            "repomd xmlns=",
            "metadata xmlns=",
            "repodata/repomd.xml cannot be read",
        ),
        (
            "<repomd",
            "<!DOCTYPE x [<!ENTITY a \"b\">]><repomd",
            "document type",
        ),
        ("UTF-8", "UTF-16", "other than UTF-8"),
        ("762", "&#55;62", "a reference"),
    ];
    for (from, to, says) in table {
        assert!(REPOMD_XML.contains(from), "{from}");
        let said = read_repomd(&REPOMD_XML.replace(from, to)).unwrap_err();
        assert!(said.to_string().contains(says), "{to}: {said}");
    }
    let twice = REPOMD_XML.replace("<data ", "<data type=\"primary\"><checksum type=\"sha256\">SUM</checksum><location href=\"repodata/x\"/><size>1</size></data><data ");
    let said = read_repomd(&twice).unwrap_err().to_string();
    assert!(said.contains("two files of kind primary"), "{said}");
}

#[test]
fn what_is_wrong_with_the_list_of_packages_is_named() {
    let table = [
        (
            "packages=\"1\"",
            "packages=\"2\"",
            "lists 1 packages and says \"2\"",
        ),
        (" packages=\"1\"", "", "lists 1 packages and says \"\""),
        ("epoch=\"0\"", "epoch=\"x\"", "an epoch"),
        ("<arch>x86_64</arch>", "", "an entry has not arch"),
        (".rpm\"/>", ".txt\"/>", "made to deceive"),
        ("Packages/c/", "Packages/../../", "made to deceive"),
        ("x86_64</arch>", "x&lt;</arch>", "a reference"),
        (
            "package=\"6012\"",
            "package=\"-1\"",
            "an entry has not a size",
        ),
    ];
    for (from, to, says) in table {
        assert!(PRIMARY.contains(from), "{from}");
        let said = read_packages(&PRIMARY.replace(from, to)).unwrap_err();
        assert!(said.to_string().contains(says), "{to}: {said}");
    }
    let said = packages("x-primary.xml.xz", &b""[..]).unwrap_err();
    assert!(said.to_string().contains("packed in a way"), "{said}");
}

#[test]
fn packed_lists_are_read_and_bombs_are_not() {
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;
    let pack = |text: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::best());
        packer.write_all(text).unwrap();
        packer.finish().unwrap()
    };
    let text = PRIMARY.replace("SUM", SUM);
    let packed = pack(text.as_bytes());
    assert_eq!(packages("x.xml.gz", &packed[..]).unwrap().len(), 1);
    assert!(packages("x.xml.gz", &packed[..packed.len() / 2]).is_err());
    let zstd = ruzstd::encoding::compress_to_vec(
        text.as_bytes(),
        ruzstd::encoding::CompressionLevel::Fastest,
    );
    assert_eq!(packages("x.xml.zst", &zstd[..]).unwrap().len(), 1);
    assert!(packages("x.xml.zst", &packed[..]).is_err());
    let comment = pack(&[b"<metadata><!--", &vec![b'x'; 4 << 20][..]].concat());
    assert!(comment.len() < 10_000);
    let said = packages("x.xml.gz", &comment[..]).unwrap_err().to_string();
    assert!(said.contains("more than a MiB"), "{said}");
}
