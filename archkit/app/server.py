"""Voila with archkit's pages: two addresses, a list of them, and nothing else to be reached."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import tornado.web
from jinja2 import ChoiceLoader, FileSystemLoader
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.base.handlers import JupyterHandler, Template404
from tornado.ioloop import IOLoop
from traitlets import default
from traitlets.config import Config
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

__all__ = ["PAGES", "run_server"]

SITE = Path(__file__).parent / "site"
_TEMPLATES = Path(__file__).parent / "share" / "voila" / "templates" / "archkit"
_NEEDED = ("@jupyter-widgets/jupyterlab-manager", "@voila-dashboards/widgets-manager8", "anywidget")
_CLOSED = ("/voila/tree", "/voila/render/", "/voila/api/contents", "/voila/files/")
_MOST = "archkit_most"
_TOKEN = re.compile(r"(\btoken=)[^&\s'\"]+")
_POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; "
    "style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; "
    "connect-src 'self' ws: wss:; worker-src 'self' blob:; frame-ancestors 'self'; "
    "base-uri 'none'; form-action 'self'; object-src 'none'"
)


class Page(NamedTuple):
    """A page: the last word of its address, its title, and what it is for."""

    name: str
    title: str
    told: str


PAGES = (
    Page(
        "dashboard",
        "Dashboard",
        "What was decided, whether it worked, what works and how sure one may be: filtered as you "
        "like, from any point down to the decision and the turn it was made in.",
    ),
    Page(
        "explorer",
        "Trade-offs",
        "Alternatives weighed by hand: move a weight, doubt a figure, see who leads, how surely, "
        "and what would change that.",
    ),
)


class _Index(JupyterHandler):
    """The list of pages."""

    @tornado.web.authenticated
    def get(self) -> None:
        self.write(self.render_template("pages.html", pages=PAGES))  # type: ignore[no-untyped-call]


class _Page(TornadoVoilaHandler):  # type: ignore[misc]
    """A page in a kernel of its reader's own, as long as there are not too many."""

    @tornado.web.authenticated
    async def get(self, path: str | None = None) -> None:
        if len(self.kernel_manager) >= self.settings[_MOST]:
            raise tornado.web.HTTPError(503)
        await super().get(path)


class _OwnKernel(KernelSpecManager):
    """No kernel that a home or a machine brings along: what serves the pages runs them, too."""

    @default("kernel_dirs")
    def _kernel_dirs_default(self) -> list[str]:
        return []

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        spec = super().get_kernel_spec(kernel_name)
        return KernelSpec(**{**spec.to_dict(), "argv": [*spec.argv, "--log-level=CRITICAL"]})


class _Server(Voila):  # type: ignore[misc]
    """Voila, but for what it serves."""

    name = "voila"

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Read no settings of this machine: they could open what is closed here."""

    def init_settings(self) -> Any:
        settings = super().init_settings()
        env = settings["jinja2_env"]
        env.loader = ChoiceLoader([FileSystemLoader(str(_TEMPLATES)), env.loader])
        return settings

    def init_handlers(self) -> list[Any]:
        given = super().init_handlers()
        whole = self.server_url.rstrip("/")
        shared = {
            "template_paths": self.template_paths,
            "config": self.config,
            "voila_configuration": self.voila_configuration,
        }
        own: list[Any] = [(f"{whole}/?", _Index)]
        for page in PAGES:
            shown = {**shared, "notebook_path": f"{page.name}.ipynb"}
            own.append((f"{whole}/{page.name}", _Page, shown))
        # Voila has these at the root alone, where no proxy of a path leads.
        own += [(f"{whole}{path}", *how) for path, *how in self.identity_provider.get_handlers()]
        closed = tuple(f"{whole}{path}" for path in _CLOSED)
        return [*own, *(each for each in given if not _is_closed(each, self.server_url, closed))]


class _WithoutToken(logging.Filter):
    """Takes the token out of addresses: of a page that fails, the log keeps the address."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = _TOKEN.sub(r"\1…", record.getMessage()), ()
        return True


def _is_closed(handler: tuple[Any, ...], root: str, closed: tuple[str, ...]) -> bool:
    return handler[0] == root or str(handler[0]).startswith(closed)


def run_server(
    *,
    ip: str,
    port: int,
    base_url: str,
    token: str,
    hosts: tuple[str, ...],
    most: int,
    ready: Callable[[], None],
) -> None:
    """Listen until SIGINT or SIGTERM ends it; every kernel ends with it."""
    own: dict[str, Any] = {
        "headers": {"Content-Security-Policy": _POLICY},
        "default_handler_class": Template404,
        _MOST: most,
    }
    if not token:
        # A foreign page whose name was made to lead here is told apart by `Host` alone.
        own |= {"allow_remote_access": False, "local_hostnames": ["localhost", *hosts]}
    settings = Config(
        {
            "Voila": {
                "ip": ip,
                "port": port,
                "port_retries": 0,
                "base_url": base_url,
                "open_browser": False,
                "root_dir": str(SITE),
                "token": token,
                "log_level": logging.ERROR,
                "tornado_settings": own,
            },
            "VoilaConfiguration": {
                "template": "archkit",
                "theme": "light",
                "allow_template_override": "NO",
                "allow_theme_override": "NO",
                "file_allowlist": [],
                "extension_allowlist": list(_NEEDED),
                "resources": {"pages": [page[:2] for page in PAGES]},
                "kernel_spec_manager_class": _OwnKernel,
            },
            "PasswordIdentityProvider": {
                "allow_password_change": False,
                "hashed_password": "",
                "cookie_options": {"samesite": "Lax"},
            },
            "MappingKernelManager": {
                "cull_idle_timeout": 1800,
                "cull_interval": 60,
                "cull_connected": True,
            },
        }
    )
    logging.getLogger("tornado").setLevel(logging.ERROR)  # it warns of Jupyter's own pings
    for name in ("tornado.application", "tornado.access", "tornado.general"):
        logging.getLogger(name).addFilter(_WithoutToken())
    server = _Server(config=settings)
    server.initialize([])
    IOLoop.current().add_callback(ready)  # it comes to run once the server listens
    server.start()
