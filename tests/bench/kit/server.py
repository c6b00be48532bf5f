"""One server under test: its namespaces, its control group (which counts its CPU time), and its process."""
import os, re, shlex, shutil, signal, subprocess, sys, time

KIT = os.path.dirname(os.path.abspath(__file__))
DATA = os.environ.get("BENCH_DATA", os.path.join(KIT, "../../cache/bench"))
DATA = os.path.realpath(DATA)
BIN = DATA + "/bin/"
WWW = os.environ.get("WWW", DATA + "/work/www")
PREFIX = os.environ.get("BENCH_NS", "hb")  # of all namespaces, so that two runs do not collide
# Server and client each have a processor of their own; an empty value unpins. Raised priority keeps other work out.
SCPU, CCPU, NICE = (os.environ.get(k, d) for k, d in (("SCPU", "1"), ("CCPU", "0"), ("NICE", "-10")))
SERVER_ADDRESS = "10.78.0.1"


def key_values(text):
    """`a=1 b="x y"` as a dictionary; what is a number becomes one."""
    found = {}
    for key, value in re.findall(r'(\w+)=("[^"]*"|\S+)', text):
        try:
            found[key] = float(value)
        except ValueError:
            found[key] = value.strip('"')
    return found


class Group:
    """A control group, version 1 or 2."""

    def __init__(self, name):
        v1 = "/sys/fs/cgroup/cpuacct"
        self.is_v1 = os.path.isdir(v1)
        self.path = f"{v1 if self.is_v1 else '/sys/fs/cgroup'}/{name}"

    def make(self):
        os.makedirs(self.path, exist_ok=True)

    def remove(self):
        try:
            os.rmdir(self.path)
        except OSError:
            pass

    def pids(self):
        try:
            with open(self.path + "/cgroup.procs") as f:
                return [int(pid) for pid in f.read().split()]
        except OSError:
            return []

    def cpu(self):
        """Seconds of CPU time of all its processes so far, softirqs in their time included."""
        if self.is_v1:
            with open(self.path + "/cpuacct.usage") as f:
                return int(f.read()) / 1e9
        with open(self.path + "/cpu.stat") as f:
            return int(re.search(r"usage_usec (\d+)", f.read())[1]) / 1e6


class Server:
    """SPEC is NAME (servers/NAME.sh) or NAME=LAUNCHER."""

    def __init__(self, spec, index, delay=None):
        self.name, _, path = spec.partition("=")
        self.path = os.path.abspath(path) if path else f"{KIT}/servers/{self.name}.sh"
        if not os.path.exists(self.path):
            sys.exit("no launcher " + self.path)
        self.slot = "ABCDEFGH"[index] + ("d" if delay else "")
        self.delay, self.process = delay, None
        self.state = f"{DATA}/work/state-{PREFIX}-{self.slot}"
        self.group = Group(f"bench-{PREFIX}-{self.slot}")

    def up(self):
        delay = [str(self.delay)] if self.delay else []
        made = subprocess.run([KIT + "/ns.sh", "up", self.slot, *delay], capture_output=True, text=True)
        if made.returncode:
            sys.exit("ns.sh: " + made.stderr + made.stdout)

    def down(self):
        self.stop()
        subprocess.run([KIT + "/ns.sh", "down", self.slot], capture_output=True)
        self.group.remove()

    def start(self):
        shutil.rmtree(self.state, ignore_errors=True)
        os.makedirs(self.state)
        self.group.make()
        env = dict(os.environ, STATE=self.state, WWW=WWW, SERVERS=KIT + "/servers", ROOT=DATA + "/root")
        pin = f"taskset -c {SCPU} " if SCPU else ""
        inside = f"ip netns exec {PREFIX}-s-{self.slot} bash {shlex.quote(self.path)}"
        line = f"echo $$ > {self.group.path}/cgroup.procs; exec nice -n {NICE} {pin}{inside}"
        with open(self.state + "/stdout", "w") as out:
            self.process = subprocess.Popen(
                ["bash", "-c", line], env=env, stdout=out, stderr=subprocess.STDOUT, start_new_session=True)

    def stop(self):
        """Ends what runs in our own control group, and nothing else."""
        if not self.process:
            return
        for sent in (signal.SIGTERM, signal.SIGKILL):
            for pid in self.group.pids():
                try:
                    os.kill(pid, sent)
                except OSError:
                    pass
            for _ in range(30):
                self.process.poll()
                if not self.group.pids():
                    break
                time.sleep(0.05)
        self.process = None

    def memory(self):
        """Current RSS and its peak, of its processes together, MiB."""
        now = peak = 0
        for pid in self.group.pids():
            try:
                with open(f"/proc/{pid}/status") as f:
                    status = f.read()
                now += int(re.search(r"^VmRSS:\s+(\d+)", status, re.M)[1])
                peak += int(re.search(r"^VmHWM:\s+(\d+)", status, re.M)[1])
            except (OSError, TypeError):
                pass
        return now / 1024, peak / 1024

    def quiet(self, limit=10):
        """Waits until the connections of the round before are over: a server learns of it when it next sends."""
        until = time.time() + limit
        inside = ["ip", "netns", "exec", f"{PREFIX}-s-{self.slot}", "ss", "-tnH", "state", "established"]
        while time.time() < until and subprocess.run(inside, capture_output=True).stdout:
            time.sleep(0.05)

    def client(self, command, limit):
        """Runs a load generator beside it; its figures."""
        pin = ["taskset", "-c", CCPU] if CCPU else []
        before = ["nice", "-n", NICE, *pin, "ip", "netns", "exec", f"{PREFIX}-c-{self.slot}"]
        try:
            ran = subprocess.run(before + command, capture_output=True, text=True, timeout=limit)
        except subprocess.TimeoutExpired:
            return {"err": "the load generator did not end in time"}
        if ran.returncode:
            return {"err": f"{command[0]} ended with {ran.returncode}: {ran.stderr[-200:]}"}
        return {**key_values(ran.stdout), "_raw": (ran.stdout + ran.stderr).strip()}

    def measure(self, command, limit):
        before = self.group.cpu()
        figures = self.client(command, limit)
        figures["srv_cpu_s"] = self.group.cpu() - before
        figures["srv_rss_mb"], figures["srv_hwm_mb"] = self.memory()
        return figures

    def ready(self, probe, is_ok, limit=15):
        until = time.time() + limit
        while time.time() < until and self.process.poll() is None:
            if is_ok(self.client(probe, 5)):
                return True
            time.sleep(0.1)
        with open(self.state + "/stdout") as out:
            print(f"!! {self.name}: not ready; {out.read()[-400:]}", file=sys.stderr)
        return False
