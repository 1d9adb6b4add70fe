"""Machines in captured files and answers."""

from collections.abc import Mapping
from pathlib import Path

from harness.board import Machine

Answers = Mapping[tuple[str, ...], str]
"""What commands print."""

ARM_CPU = """\
processor\t: {number}
BogoMIPS\t: 38.40
Features\t: fp asimd evtstrm crc32 cpuid
CPU implementer\t: 0x41
CPU architecture: 8
CPU variant\t: 0x0
CPU part\t: {part}
CPU revision\t: {revision}

"""

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

PI_STAT = """\
cpu  1200 30 450 987654 321 0 20 0 0 0
cpu0 300 10 110 246913 80 0 20 0 0 0
intr 1234567 0 0
ctxt 7654321
"""
"""Ticks: user, nice, system, idle, waiting, interrupts hard and soft, stolen, guests' two."""

SERVER_STAT = "cpu  5000 0 1000 90000 10 0 0 700 40 2\n"

OS_RELEASE = """\
PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"
NAME="Debian GNU/Linux"
VERSION_ID="12"
"""


def pi_files(
    model: str, *, part: str, revision: int, memory_kb: int, milli_c: int
) -> dict[str, str]:
    """Return what a Pi under 64-bit Raspberry Pi OS holds under ``/``."""
    cpus = [ARM_CPU.format(number=n, part=part, revision=revision) for n in range(4)]
    return {
        "proc/cpuinfo": "".join(cpus)
        + f"Revision\t: a020d3\nSerial\t\t: 00000000abcdef01\nModel\t\t: {model}\n",
        "proc/meminfo": f"MemTotal:        {memory_kb} kB\nMemFree:          412345 kB\n",
        "proc/device-tree/model": f"{model}\0",
        "proc/loadavg": "0.52 0.48 0.31 2/187 1423\n",
        "proc/stat": PI_STAT,
        "etc/os-release": OS_RELEASE,
        "sys/devices/system/cpu/cpu0/cpufreq/scaling_governor": "performance\n",
        "sys/devices/system/cpu/cpu3/cpufreq/scaling_governor": "ondemand\n",
        "sys/devices/system/cpu/cpu3/cpufreq/scaling_cur_freq": "600000\n",
        "sys/class/thermal/thermal_zone0/temp": f"{milli_c}\n",
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


PI_3 = "Raspberry Pi 3 Model B Plus Rev 1.3"
PI_4 = "Raspberry Pi 4 Model B Rev 1.4"
PI_5 = "Raspberry Pi 5 Model B Rev 1.0"
ZERO_2 = "Raspberry Pi Zero 2 W Rev 1.0"

PIS = {
    PI_3: pi_files(PI_3, part="0xd03", revision=4, memory_kb=944_264, milli_c=53_692),
    PI_4: pi_files(PI_4, part="0xd08", revision=3, memory_kb=3_884_360, milli_c=48_199),
    PI_5: pi_files(PI_5, part="0xd0b", revision=1, memory_kb=8_245_232, milli_c=50_150),
    ZERO_2: pi_files(ZERO_2, part="0xd03", revision=4, memory_kb=426_864, milli_c=45_084),
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
