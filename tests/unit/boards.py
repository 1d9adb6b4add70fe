"""Machines in files and answers as boards give them; counts of ticks and serials are made up."""

from collections.abc import Mapping
from pathlib import Path

from harness.measure.machine import Machine

Answers = Mapping[tuple[str, ...], str]
"""What commands print."""

ARM_CPU = """\
processor\t: {number}
BogoMIPS\t: {bogomips}
Features\t: fp asimd evtstrm {features}
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: {variant}
CPU part\t: {part}
CPU revision\t: {revision}

"""

CORTEX_A53 = {
    "bogomips": "38.40",
    "features": "crc32 cpuid",
    "variant": "0x0",
    "part": "0xd03",
    "revision": "4",
}
CORTEX_A72 = {**CORTEX_A53, "bogomips": "108.00", "part": "0xd08", "revision": "3"}
CORTEX_A76 = {
    "bogomips": "108.00",
    "features": "aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp",
    "variant": "0x4",
    "part": "0xd0b",
    "revision": "1",
}
"""As in https://github.com/hrw/arm-socs-table/issues/29 and 96, and the Pi 4's in
https://github.com/fastfetch-cli/fastfetch/issues/1529."""

X86_CPU = """\
processor\t: {number}
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 17
model name\t: AMD EPYC
stepping\t: 1
cpu MHz\t\t: {mhz}
cache size\t: 1024 KB
flags\t\t: fpu vme de pse tsc msr avx2 fma{virtual} lahf_lm
bogomips\t: 5192.25

"""

SERVER_STAT = """\
cpu  5000 0 1000 90000 10 0 0 700 40 2
cpu0 2600 0 500 45000 4 0 0 350 30 1
cpu1 2400 0 500 45000 6 0 0 350 10 1
intr 1234567 0 0
ctxt 7654321
"""
"""Ticks: user, nice, system, idle, waiting, interrupts hard and soft, stolen, guests' two."""

OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
"""

PI_3 = "Raspberry Pi 3 Model B Plus Rev 1.3"
PI_4 = "Raspberry Pi 4 Model B Rev 1.4"
PI_5 = "Raspberry Pi 5 Model B Rev 1.0"
ZERO_2 = "Raspberry Pi Zero 2 W Rev 1.0"

PI_STATS = {
    PI_3: """\
cpu  5233 0 2411 184320 900 0 377 0 0 0
cpu0 1400 0 800 45800 300 0 350 0 0 0
cpu1 1300 0 511 46200 200 0 9 0 0 0
cpu2 1233 0 600 46160 200 0 9 0 0 0
cpu3 1300 0 500 46160 200 0 9 0 0 0
intr 9213876 0 31 0
""",
    PI_4: """\
cpu  1200 30 450 987654 321 0 20 0 0 0
cpu0 300 10 110 246913 80 0 5 0 0 0
cpu1 310 0 120 246914 81 0 5 0 0 0
cpu2 290 10 100 246914 80 0 5 0 0 0
cpu3 300 10 120 246913 80 0 5 0 0 0
intr 1234567 0 0
""",
    PI_5: """\
cpu  812 4 305 402010 55 61 12 0 0 0
cpu0 212 1 80 100500 20 25 6 0 0 0
cpu1 200 1 75 100500 10 12 2 0 0 0
cpu2 200 1 75 100505 10 12 2 0 0 0
cpu3 200 1 75 100505 15 12 2 0 0 0
intr 654321 0 77 0
""",
    ZERO_2: """\
cpu  2904 11 1630 60220 1500 0 88 0 0 0
cpu0 800 3 430 15000 400 0 70 0 0 0
cpu1 700 3 400 15070 400 0 6 0 0 0
cpu2 704 3 400 15075 350 0 6 0 0 0
cpu3 700 2 400 15075 350 0 6 0 0 0
intr 4401223 0 15 0
""",
}


def cpuinfo(core: Mapping[str, str], model: str, revision: str) -> str:
    """Return what a Pi of four such cores says of them and of itself."""
    cores = "".join(ARM_CPU.format(number=number, **core) for number in range(4))
    return f"{cores}Revision\t: {revision}\nSerial\t\t: 00000000abcdef01\nModel\t\t: {model}\n"


def pi_files(
    model: str, listed: str, *, memory_kb: int, milli_c: int, governor: str
) -> dict[str, str]:
    """Return what a Pi under 64-bit Raspberry Pi OS holds under ``/``."""
    cpufreq = [f"sys/devices/system/cpu/cpu{number}/cpufreq" for number in range(4)]
    return {
        "proc/cpuinfo": listed,
        "proc/meminfo": f"MemTotal:        {memory_kb} kB\nMemFree:          212345 kB\n",
        "proc/device-tree/model": f"{model}\0",
        "proc/loadavg": "0.52 0.48 0.31 2/187 1423\n",
        "proc/stat": PI_STATS[model],
        "etc/os-release": OS_RELEASE,
        "sys/class/thermal/thermal_zone0/temp": f"{milli_c}\n",
        **{f"{folder}/scaling_governor": f"{governor}\n" for folder in cpufreq},
        **{f"{folder}/scaling_cur_freq": "600000\n" for folder in cpufreq},
    }


PIS = {
    PI_3: pi_files(
        PI_3,
        # An older kernel, which names the first of all these chips.
        cpuinfo(CORTEX_A53, PI_3, "a020d3").replace("Rev", "Hardware\t: BCM2835\nRev", 1),
        memory_kb=944_264,
        milli_c=53_692,
        governor="ondemand",
    ),
    PI_4: pi_files(
        PI_4,
        cpuinfo(CORTEX_A72, PI_4, "c03114"),
        memory_kb=3_884_360,
        milli_c=48_199,
        governor="ondemand",
    ),
    PI_5: pi_files(
        PI_5,
        cpuinfo(CORTEX_A76, PI_5, "d04170"),
        memory_kb=8_245_232,
        milli_c=50_150,
        governor="performance",
    ),
    ZERO_2: pi_files(
        ZERO_2,
        cpuinfo(CORTEX_A53, ZERO_2, "902120"),
        memory_kb=426_864,
        milli_c=45_084,
        governor="powersave",
    ),
}


def server_files(*, virtual: bool) -> dict[str, str]:
    """Return what an x86 server of two cores holds under ``/``."""
    flag = " hypervisor" * virtual
    return {
        "proc/cpuinfo": "".join(
            X86_CPU.format(number=n, mhz=mhz, virtual=flag)
            for n, mhz in enumerate(("2596.126", "1500.000"))
        ),
        "proc/meminfo": "MemTotal:       24684084 kB\nMemFree:        22135112 kB\n",
        "proc/loadavg": "3.63 3.63 3.12 1/210 99\n",
        "proc/stat": SERVER_STAT,
        "etc/os-release": OS_RELEASE,
    }


def firmware(*, throttled: str = "0x50000", clock_hz: int = 1_500_398_464) -> Answers:
    """Return what a Pi's firmware answers."""
    return {
        ("vcgencmd", "get_throttled"): f"throttled={throttled}",
        ("vcgencmd", "measure_clock", "arm"): f"frequency(48)={clock_hz}",
    }


COOL_PI = firmware()
"""Held back once since it was started, but not now."""


class Captured(Machine):
    """A machine of captured files and answers, measured on its fourth core."""

    def __init__(
        self, root: Path, files: Mapping[str, str], answers: Answers, core: int = 3
    ) -> None:
        super().__init__(root, core)
        self._answers = answers
        for path, text in files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text)

    def run(self, *command: str) -> str | None:
        return self._answers.get(command)
