"""A Kubernetes control plane on this machine: etcd, API server, controllers, kube-scheduler. No nodes, no kubelets."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import time
from pathlib import Path

from placewright.tests.live.api import Api

ROOT = Path(__file__).parents[2]
BINARY = ROOT / ".live" / "control-plane"
"""All parts in one program; `make live` builds it."""
PARTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl", "make-key")
CONTROLLERS = (
    "replicaset-controller,deployment-controller,statefulset-controller,disruption-controller,"
    "resourcequota-controller,namespace-controller"
)
TOKEN = "of-a-cluster-for-tests"  # noqa: S105 (it opens nothing else)
PATIENCE = 120.0
"""Seconds until the API server has to be ready."""


class ControlPlane:
    """A context: a cluster without nodes in `folder`, which its own kubectl can reach."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._running: list[subprocess.Popen[bytes]] = []
        self._port = _free_port()
        self.api = Api(f"https://127.0.0.1:{self._port}", TOKEN)

    def __enter__(self) -> ControlPlane:
        for part in PARTS:
            (self._folder / part).symlink_to(BINARY)
        self._prepare()
        etcd, peers = _free_port(), _free_port()
        self._start(
            "etcd",
            f"--data-dir={self._folder / 'data'}",
            f"--listen-client-urls=http://127.0.0.1:{etcd}",
            f"--advertise-client-urls=http://127.0.0.1:{etcd}",
            f"--listen-peer-urls=http://127.0.0.1:{peers}",
            "--unsafe-no-fsync",
        )
        self._start(
            "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{etcd}",
            f"--secure-port={self._port}",
            "--bind-address=127.0.0.1",
            f"--cert-dir={self._folder / 'certificates'}",
            f"--service-account-key-file={self._folder / 'key'}",
            f"--service-account-signing-key-file={self._folder / 'key'}",
            "--service-account-issuer=https://cluster.test",
            f"--token-auth-file={self._folder / 'tokens'}",
            "--authorization-mode=RBAC",
            "--service-cluster-ip-range=10.0.0.0/24",
            "--disable-admission-plugins=ServiceAccount,TaintNodesByCondition",
        )
        self._wait()
        config = f"--kubeconfig={self._folder / 'config'}"
        self._start(
            "kube-controller-manager",
            config,
            f"--controllers={CONTROLLERS}",
            "--leader-elect=false",
            "--secure-port=0",
        )
        self._start("kube-scheduler", config, "--leader-elect=false", "--secure-port=0")
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._running):
            process.kill()
            process.wait()

    @property
    def environment(self) -> dict[str, str]:
        """For programs that call kubectl."""
        path = f"{self._folder}{os.pathsep}{os.environ['PATH']}"
        return {**os.environ, "PATH": path, "KUBECONFIG": str(self._folder / "config")}

    def kubectl(self, *arguments: str, given: str | None = None) -> str:
        """What kubectl prints. Raises RuntimeError with what it complains of."""
        command = [str(self._folder / "kubectl"), *arguments]
        run = subprocess.run(
            command,
            input=given,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        if run.returncode:
            raise RuntimeError(f"kubectl {' '.join(arguments)}: {run.stderr}")
        return run.stdout

    def _prepare(self) -> None:
        key = subprocess.run([str(self._folder / "make-key")], capture_output=True, check=True).stdout
        (self._folder / "key").write_bytes(key)
        (self._folder / "tokens").write_text(f'{TOKEN},admin,admin,"system:masters"\n')
        config = {
            "apiVersion": "v1",
            "kind": "Config",
            "clusters": [
                {
                    "name": "here",
                    "cluster": {
                        "server": f"https://127.0.0.1:{self._port}",
                        "insecure-skip-tls-verify": True,
                    },
                }
            ],
            "users": [{"name": "admin", "user": {"token": TOKEN}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "admin"}}],
            "current-context": "here",
        }
        (self._folder / "config").write_text(json.dumps(config))

    def _start(self, part: str, *arguments: str) -> None:
        with (self._folder / f"{part}.log").open("wb") as log:
            self._running.append(
                subprocess.Popen([str(self._folder / part), *arguments], stdout=log, stderr=log)
            )

    def _wait(self) -> None:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            try:
                self.kubectl("get", "--raw", "/readyz")
            except RuntimeError:
                time.sleep(0.5)
            else:
                return
        raise RuntimeError((self._folder / "kube-apiserver.log").read_text()[-2000:])


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
