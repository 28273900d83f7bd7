"""The generation settings that another folder would have given a model that is in memory."""

from typing import Any

from transformers import AutoConfig, GenerationConfig


def generation_config_of(model: Any, folder: str) -> Any:  # noqa: ANN401
    """Return what ``generate()`` starts from after ``from_pretrained(folder)``.

    ``folder`` differs from where ``model`` came from in how it generates alone. The model stays as
    it is. Raises what ``from_pretrained`` raises for files that it cannot read.

    transformers 5 reads the file, or config.json where there is none, in the model's own method.
    Version 4 reads the file, or derives from the config; what is marked ``_from_model_config`` it
    derives anew at each ``generate()``, from a config that here would be another folder's: so that
    is done at once, and the mark, which asks for it, taken away.
    """
    config = AutoConfig.from_pretrained(folder, trust_remote_code=False)
    own, derived = model.generation_config, GenerationConfig.from_model_config(config)
    if hasattr(model, "adjust_generation_fn"):
        model.generation_config = derived  # versions 4.54 to 4.57 leave it alone without a file
        try:
            model.adjust_generation_fn(None, False, False, folder, **_FROM_DISK)
            found = model.generation_config
        finally:
            model.generation_config = own
    else:
        try:
            found = GenerationConfig.from_pretrained(folder)
        except OSError:
            found = derived
    return _settled(found, derived, config) if _derives_anew(config) else found


_FROM_DISK: dict[str, Any] = {
    "cache_dir": None,
    "force_download": False,
    "proxies": None,
    "local_files_only": True,
    "token": None,
    "revision": "main",
    "subfolder": "",
    "trust_remote_code": False,
}


def _derives_anew(config: Any) -> bool:  # noqa: ANN401
    return hasattr(config, "_get_non_default_generation_parameters")


def _settled(found: Any, derived: Any, config: Any) -> Any:  # noqa: ANN401
    marked = getattr(found, "_from_model_config", False)
    unchanged = getattr(found, "_original_object_hash", None) == hash(found)
    if marked and unchanged and config._get_non_default_generation_parameters():
        found = derived
    found._from_model_config = False
    return found
