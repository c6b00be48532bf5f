"""Drives the simulated BMC as OpenStack Ironic would: argv is URL, CA file; the password comes on stdin.

Fails if any answer is not what sushy takes for Redfish, or if an action has no effect."""

import sys

import sushy
from sushy import auth

url, ca = sys.argv[1:]
password = sys.stdin.readline().rstrip("\n")
root = sushy.Sushy(url, auth=auth.BasicAuth("admin", password), verify=ca)
[system] = root.get_system_collection().get_members()
assert (system.serial_number, system.power_state) == ("HN0001", sushy.PowerState.OFF)
system.set_system_boot_options(sushy.BootSource.PXE, sushy.BootSourceOverrideEnabled.ONCE)
system.refresh()
assert system.boot.target == sushy.BootSource.PXE, system.boot.target
system.reset_system(sushy.ResetType.ON)
system.refresh()
assert system.power_state == sushy.PowerState.ON
[drive] = [d for d in system.virtual_media.get_members() if sushy.VirtualMediaType.CD in d.media_types]
drive.insert_media("http://10.77.10.1/image.iso")
drive.refresh()
assert drive.inserted and drive.image.endswith("image.iso")
drive.eject_media()
drive.refresh()
assert not drive.inserted
system.reset_system(sushy.ResetType.FORCE_OFF)
system.refresh()
assert system.power_state == sushy.PowerState.OFF
try:
    sushy.Sushy(url, auth=auth.BasicAuth("admin", "wrong"), verify=ca).get_system_collection()
    sys.exit("a wrong password was let in")
except sushy.exceptions.AccessError:
    print("sushy is content")
