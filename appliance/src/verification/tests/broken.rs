//! How each check's subject is broken.

use inventory::verification::What;

use crate::verification::Found;

/// Which check must see it, how it is broken, and the breaking.
type Case = (What, &'static str, fn(&mut Found));

fn set(found: &mut Found, key: &str, value: &str) {
    found
        .values()
        .insert(key.to_owned(), vec![value.to_owned()]);
}

fn add(found: &mut Found, key: &str, value: &str) {
    let values = found.values().entry(key.to_owned()).or_default();
    values.push(value.to_owned());
}

/// `new` instead of the line that begins with `old`.
fn swap(found: &mut Found, key: &str, (old, new): (&str, &str)) {
    let values = found.values().get_mut(key).unwrap();
    let line = values.iter_mut().find(|line| line.starts_with(old));
    new.clone_into(line.unwrap());
}

/// One case at least for every check.
pub(super) const CASES: &[Case] = &[
    (What::Os, "another distribution", |f| {
        set(f, "id", "almalinux");
    }),
    (What::OsVersion, "another minor", |f| {
        set(f, "version", "9.5")
    }),
    (What::Kernel, "an update that was not booted", |f| {
        set(f, "kernel_default", "5.14.0-611");
    }),
    (What::OwnSystem, "the installer still runs", |f| {
        set(f, "boot_id", "a");
    }),
    (What::Serial, "another machine", |f| {
        set(f, "serial", "HN0002")
    }),
    (What::HostName, "no domain", |f| set(f, "fqdn", "kvm-01")),
    (What::NameResolves, "to the loopback", |f| {
        set(f, "resolves", "127.0.1.1");
    }),
    (What::Kvm, "switched off in the firmware", |f| {
        f.values().remove("kvm");
    }),
    (What::Selinux, "switched off", |f| {
        set(f, "selinux", "Disabled disabled");
    }),
    (What::Selinux, "comes back otherwise", |f| {
        set(f, "selinux", "Permissive disabled");
    }),
    (What::KernelArgs, "one was lost", |f| {
        set(
            f,
            "cmdline",
            "root=/dev/vda3 intel_iommu=on mitigations=auto",
        );
    }),
    (What::Sysctl, "another value", |f| {
        swap(f, "sysctl", ("vm.swappiness", "vm.swappiness 30"));
    }),
    (What::Sysctl, "guests' packets go nowhere", |f| {
        swap(f, "sysctl", ("net.ipv4.ip_f", "net.ipv4.ip_forward 0"));
    }),
    (What::Tuned, "another profile", |f| {
        set(f, "tuned", "balanced")
    }),
    (What::Kdump, "nothing loaded", |f| set(f, "kdump", "0")),
    (What::User, "gone", |f| {
        f.values().get_mut("user").unwrap().truncate(1);
    }),
    (What::User, "a key of somebody else", |f| {
        let strange = format!(
            "li ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI{}C",
            "A".repeat(42)
        );
        add(f, "key", &strange);
    }),
    (What::User, "a key that lost its options", |f| {
        let keys = f.values().get_mut("key").unwrap();
        keys[1] = keys[1].replace("li ", "li command=\"/bin/true\" ");
    }),
    (What::User, "without its key", |f| {
        f.values().get_mut("key").unwrap().truncate(1);
    }),
    (What::User, "root by sudo, and must not", |f| {
        swap(f, "user", ("li", "li all"));
    }),
    (What::User, "no sudo", |f| {
        swap(f, "user", ("hiroshi", "hiroshi some"));
    }),
    (What::Passwords, "root has one", |f| {
        add(f, "password", "root")
    }),
    (What::Router, "none", |f| {
        f.values().get_mut("route4").unwrap().remove(0);
    }),
    (What::Router, "another", |f| {
        swap(f, "route4", ("default", "default 10.0.10.253"));
    }),
    (What::Router, "a second one, over storage", |f| {
        add(f, "route4", "default 10.0.30.1");
    }),
    (What::Router, "another one of IPv6", |f| {
        swap(f, "route6", ("default", "default fe80::2"));
    }),
    (What::Route, "not there", |f| {
        swap(f, "route4", ("10.9.", "10.7.0.0/16 10.0.10.253"));
    }),
    (What::Route, "to one machine, by another router", |f| {
        swap(f, "route4", ("10.8.", "10.8.0.1 10.0.10.254"));
    }),
    (What::NameServers, "one is missing", |f| {
        f.values().get_mut("dns").unwrap().truncate(1);
    }),
    (What::NameServers, "a stranger's", |f| {
        add(f, "dns", "8.8.8.8")
    }),
    (What::SearchDomains, "one is missing", |f| {
        set(f, "search", "rack.test");
    }),
    (What::Stp, "on", |f| {
        swap(f, "stp", ("cloudbr1", "cloudbr1 1"));
    }),
    (What::Firewall, "runs and must not", |f| {
        set(f, "firewall", "running");
    }),
    (What::RootDisk, "on the other disk", |f| {
        set(f, "rootdisk", "/dev/vdc");
    }),
    (What::RootDisk, "on one of two", |f| {
        set(f, "rootdisk", "/dev/vda");
    }),
    (What::RootDisk, "the disk is gone", |f| {
        swap(f, "disk", ("virtio-HNCOPY01", "virtio-OTHER /dev/vdb"));
    }),
    (What::Array, "a member is missing", |f| {
        set(f, "array", "md0 raid1 clean 1");
    }),
    (What::Array, "stopped", |f| {
        set(f, "array", "md0 raid1 inactive 0");
    }),
    (What::Array, "none", |f| {
        f.values().remove("array");
    }),
    (What::BootCopy, "differs", |f| set(f, "esp", "differs")),
    (What::BootCopy, "not mounted", |f| set(f, "esp", "none")),
    (What::Encrypted, "not at all", |f| {
        f.values().remove("crypt");
    }),
    (
        What::Encrypted,
        "the delivered passphrase is there too",
        |f| {
            set(f, "crypt", "/dev/md0 3 1");
        },
    ),
    (What::Encrypted, "a container that is broken", |f| {
        set(f, "crypt", "/dev/md0 0 1");
    }),
    (What::Locks, "not bound", |f| {
        f.values().remove("lock");
    }),
    (What::Locks, "by the TPM alone", |f| {
        set(
            f,
            "lock",
            r#"1: sss '{"t":1,"pins":{"tpm2":[{"pcr_ids":"7"}]}}'"#,
        );
    }),
    (What::Locks, "one of two is enough", |f| {
        let all = f.values()["lock"][0].replace(r#""t":2"#, r#""t":1"#);
        set(f, "lock", &all);
    }),
    (What::Locks, "by another server", |f| {
        let other = f.values()["lock"][0].replace("10.9.0.5", "10.9.0.6");
        set(f, "lock", &other);
    }),
    (What::Locks, "bound twice", |f| {
        add(f, "lock", "2: tpm2 '{}'");
    }),
    (What::Bond, "one of its ports has no link", |f| {
        set(f, "bond", "bond0 802.3ad enp1s0");
    }),
    (What::Bond, "another mode", |f| {
        set(f, "bond", "bond0 balance-rr enp1s0 enp2s0");
    }),
    (What::Address, "a neighbour's", |f| {
        swap(f, "address", ("cloudbr0", "cloudbr0 10.0.10.210/24"));
    }),
    (What::Address, "none in storage", |f| {
        f.values().get_mut("address").unwrap().truncate(1);
    }),
    (What::Bridge, "no such bridge", |f| {
        f.values().get_mut("bridge").unwrap().remove(0);
    }),
    (What::Bridge, "no port but a guest's", |f| {
        swap(f, "bridge", ("cloudbr0", "cloudbr0 1 vnet3"));
    }),
    (What::Bridge, "no carrier", |f| {
        swap(f, "bridge", ("cloudbr0", "cloudbr0 0 bond0"));
    }),
    (What::Bridge, "two uplinks", |f| {
        swap(f, "bridge", ("cloudbr0", "cloudbr0 1 bond0 enp3s0"));
    }),
    (What::Vlan, "another tag", |f| {
        swap(f, "vlan", ("bond0.200", "bond0.200 201 bond0"));
    }),
    (What::Mtu, "too small", |f| {
        swap(f, "link", ("cloudbr1", "cloudbr1 1400"));
    }),
    (What::Mtu, "of storage as of the rest", |f| {
        swap(f, "link", ("bond0.30", "bond0.30 1500"));
    }),
    (What::FullFrames, "small ones pass to storage", |f| {
        swap(f, "ping", ("10.0.30.22", "10.0.30.22 small"));
    }),
    (What::FullFrames, "small ones pass only", |f| {
        swap(f, "ping", ("10.0.10.22", "10.0.10.22 small"));
    }),
    (What::FullFrames, "the appliance does not answer", |f| {
        swap(f, "ping", ("10.0.10.1 ", "10.0.10.1 none"));
    }),
    (What::Offloads, "LRO", |f| {
        let on = "52:54:00:77:01:01 enp2s0 large-receive-offload:";
        swap(f, "nic", ("52:54:00:77:01:01", on));
    }),
    (What::Offloads, "no such card", |f| {
        swap(f, "nic", ("52:54:00:77:00:01", "52:54:00:77:00:09 enp1s0"));
    }),
    (What::Mount, "not mounted", |f| {
        f.values().get_mut("mount").unwrap().remove(0);
    }),
    (What::Mount, "from another server", |f| {
        let line = "/mnt/vm nfs4 10.0.30.9:/export/vm rw,noatime,vers=4.2,hard,nconnect=4";
        swap(f, "mount", ("/mnt/vm", line));
    }),
    (What::Mount, "by an older version", |f| {
        let line = "/mnt/vm nfs4 10.0.30.5:/export/vm rw,noatime,vers=4.1,hard,nconnect=4";
        swap(f, "mount", ("/mnt/vm", line));
    }),
    (What::Mount, "soft", |f| {
        let line = "/mnt/vm nfs4 10.0.30.5:/export/vm rw,noatime,vers=4.2,soft,nconnect=4";
        swap(f, "mount", ("/mnt/vm", line));
    }),
    (What::Mount, "one connection only", |f| {
        let line = "/mnt/vm nfs4 10.0.30.5:/export/vm rw,noatime,vers=4.2,hard";
        swap(f, "mount", ("/mnt/vm", line));
    }),
    (
        What::Mount,
        "no cluster file system where it belongs",
        |f| {
            swap(f, "mount", ("/mnt/gfs", "/mnt/gfs xfs /dev/sdd rw"));
        },
    ),
    (What::Selinux, "guests may not use NFS", |f| {
        set(f, "virt_use_nfs", "off");
    }),
    (What::Initiator, "made up by its daemon", |f| {
        set(f, "initiator", "iqn.1994-05.com.redhat:5a1b2c");
    }),
    (
        What::Initiator,
        "of the other host, whose image it has",
        |f| {
            set(f, "initiator", "iqn.2019-04.test.rack:kvm-02");
        },
    ),
    (What::Session, "none to the second portal", |f| {
        f.values().get_mut("session").unwrap().truncate(1);
    }),
    (What::Session, "broken", |f| {
        let line = "iqn.2001-04.jp.example:a 10.0.30.6 3260 FAILED";
        swap(f, "session", ("iqn", line));
    }),
    (What::Lun, "a path failed", |f| {
        let line = "3600140500000000000000000000000a1 1 1";
        swap(f, "multipath", ("36001405", line));
    }),
    (What::Lun, "one path was never there", |f| {
        f.values().get_mut("lun").unwrap().remove(1);
    }),
    (What::Lun, "two disks, and nobody joins them", |f| {
        f.values().get_mut("multipath").unwrap().remove(0);
    }),
    (What::StrangeLuns, "the other host's is shown to it", |f| {
        add(f, "lun", "3600140500000000000000000000000a2 sdf");
    }),
    (
        What::StrangeLuns,
        "one that nobody is given, on both hosts",
        |f| {
            add(f, "lun", "3600140500000000000000000000000a9 sdf");
        },
    ),
    (What::Listening, "what NFS 4 does not need", |f| {
        add(f, "listen", "udp 0.0.0.0:50123 rpc.statd");
    }),
    (What::Clock, "synchronised with nobody", |f| {
        set(f, "time", "")
    }),
    (What::Clock, "half a second off", |f| {
        set(f, "offset", "0.5")
    }),
    (What::Libvirt, "does not answer over TLS", |f| {
        set(f, "libvirt_tls", "no");
    }),
    (What::Installed, "a package is missing", |f| {
        add(f, "missing", "qemu-kvm");
    }),
    (What::Installed, "the look was cut off", |f| {
        f.values().remove("complete");
    }),
    (What::Signed, "an unsigned package", |f| {
        add(f, "unsigned", "evil-1-1.noarch");
    }),
    (What::Unaltered, "a program was changed", |f| {
        add(f, "altered", "/usr/sbin/sshd");
    }),
    (What::Service, "stopped", |f| {
        swap(f, "service", ("chronyd", "chronyd inactive enabled"));
    }),
    (What::Service, "not at the next boot", |f| {
        swap(f, "service", ("sshd", "sshd active disabled"));
    }),
    (What::Service, "runs and must not", |f| {
        swap(f, "service", ("firewalld", "firewalld active enabled"));
    }),
    (What::FailedUnits, "one", |f| {
        add(f, "failed", "kdump.service")
    }),
    (What::Listening, "an extra listener", |f| {
        add(f, "listen", "tcp 0.0.0.0:8080 nc");
    }),
    (What::Listening, "the same over IPv6", |f| {
        add(f, "listen", "udp [fe80::1]%cloudbr0:8080 nc");
    }),
    (What::MachineId, "a cloned image", |f| {
        set(f, "machine_id", "00000000000000000000000000000002");
    }),
    (What::MachineId, "none", |f| {
        set(f, "machine_id", "uninitialized")
    }),
    (What::HostUuid, "as the other host", |f| {
        set(f, "host_uuid", "11111111-2222-3333-4444-000000000002");
    }),
    (What::HostUuid, "a board without one", |f| {
        set(f, "host_uuid", "ffffffff-ffff-ffff-ffff-ffffffffffff");
    }),
    (What::Migration, "another processor", |f| {
        set(f, "cpu_flags", "fpu vme");
    }),
    (What::Migration, "another QEMU", |f| {
        set(f, "qemu_version", "8.2.0")
    }),
];
