//! TFTP through curl, atftp and tftp-hpa: whole files for every option that firmware sends.

use super::rig::{NODE, Rig, run};

impl Rig {
    /// A file by atftp, with options, and what atftp saw of the transfer.
    fn atftp(&self, name: &str, options: &[&str]) -> (Vec<u8>, String) {
        let to = self.path("got").display().to_string();
        let _ = std::fs::remove_file(&to);
        let mut arguments = vec!["--trace", "--verbose"];
        for option in options {
            arguments.extend(["--option", option]);
        }
        let (host, port) = (self.tftp.ip().to_string(), self.tftp.port().to_string());
        arguments.extend(["-g", "-r", name, "-l", &to, &host, &port]);
        let output = run("atftp", &arguments);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (std::fs::read(&to).unwrap_or_default(), said)
    }

    fn curl_tftp(&self, name: &str, options: &[&str]) -> (Vec<u8>, bool) {
        let url = format!("tftp://{}/{name}", self.tftp);
        let mut arguments = vec!["-sS", "-m", "30"];
        arguments.extend(options);
        arguments.push(&url);
        let output = run("curl", &arguments);
        (output.stdout, output.status.success())
    }

    fn tftp_hpa(&self, mode: &str, name: &str) -> (Vec<u8>, String) {
        let to = self.path("got").display().to_string();
        let _ = std::fs::remove_file(&to);
        let (host, port) = (self.tftp.ip().to_string(), self.tftp.port().to_string());
        let output = run("tftp", &["-m", mode, &host, &port, "-c", "get", name, &to]);
        let said = [output.stdout, output.stderr].concat();
        let said = String::from_utf8_lossy(&said).into_owned();
        (std::fs::read(&to).unwrap_or_default(), said)
    }
}

#[test]
fn curl_gets_whole_files_with_every_block_size() {
    let rig = Rig::start();
    let name = "os/standin/EFI/BOOT/BOOTX64.EFI";
    let original = rig.original("EFI/BOOT/BOOTX64.EFI");
    let table: [&[&str]; 6] = [
        &[],
        &["--tftp-no-options"],
        &["--tftp-blksize", "8"],
        &["--tftp-blksize", "1468"],
        &["--tftp-blksize", "8192"],
        &["--tftp-blksize", "65464"],
    ];
    for options in table {
        let (got, is_whole) = rig.curl_tftp(name, options);
        assert!(
            is_whole && got == original,
            "{options:?}: {} bytes",
            got.len()
        );
    }
    rig.stop();
}

#[test]
fn files_that_fill_their_last_block_end_as_well() {
    let rig = Rig::start();
    for size in [0, 1, 511, 512, 513, 1024, 65_536, 65_537] {
        let bytes = super::rig::bytes(size);
        std::fs::write(rig.path("tree/sized"), &bytes).unwrap();
        // curl refuses an OACK that says `tsize 0`, true as it is.
        let options: &[&str] = if size == 0 {
            &["--tftp-no-options"]
        } else {
            &[]
        };
        let (got, is_whole) = rig.curl_tftp("os/standin/sized", options);
        assert!(is_whole && got == bytes, "{size}: {} bytes", got.len());
    }
    rig.stop();
}

#[test]
fn atftp_gets_a_window_at_a_time() {
    let rig = Rig::start();
    let original = rig.original("images/pxeboot/vmlinuz");
    let table: [&[&str]; 4] = [
        &[],
        &["tsize 0", "blksize 1468"],
        &["blksize 1428", "windowsize 8"],
        &["blksize 1024", "windowsize 64", "tsize 0", "timeout 2"],
    ];
    for options in table {
        let (got, said) = rig.atftp("os/standin/images/pxeboot/vmlinuz", options);
        assert!(got == original, "{options:?}: {} bytes; {said}", got.len());
        for option in options {
            let name = option.split(' ').next().unwrap_or_default();
            assert!(
                said.contains(&format!("{name}: ")),
                "{name} was not granted: {said}"
            );
        }
    }
    rig.stop();
}

/// 75,001 blocks: their numbers pass 65535.
#[test]
fn block_numbers_wrap() {
    let rig = Rig::start();
    let original = rig.original("images/pxeboot/vmlinuz");
    let (got, said) = rig.atftp("os/standin/vmlinuz", &["blksize 40", "windowsize 32"]);
    assert!(got == original, "{} bytes; {said}", got.len());
    rig.stop();
}

#[test]
fn tftp_hpa_gets_binary_files_and_is_told_why_not_text() {
    let rig = Rig::start();
    let (got, said) = rig.tftp_hpa("binary", "\\os\\standin\\EFI\\BOOT\\BOOTX64.EFI");
    assert!(got == rig.original("EFI/BOOT/BOOTX64.EFI"), "{said}");
    let (got, said) = rig.tftp_hpa("netascii", "os/standin/ten");
    assert!(got.is_empty() && said.contains("only mode octet"), "{said}");
    rig.stop();
}

#[test]
fn the_loaders_are_served_under_any_leading_slash() {
    let rig = Rig::start();
    for name in ["undionly.kpxe", "/snponly.efi", "%5Cipxe.efi"] {
        let file = name.trim_start_matches('/').trim_start_matches("%5C");
        let original = std::fs::read(format!("/usr/lib/ipxe/{file}")).unwrap();
        let (got, is_whole) = rig.curl_tftp(name, &[]);
        assert!(is_whole && got == original, "{name}");
    }
    assert_eq!(rig.world.served.of(NODE.into()), 0, "not to a node");
    rig.stop();
}
