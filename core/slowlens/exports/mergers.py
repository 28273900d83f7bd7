"""The tools that write merged checkpoints: what to run, and how a setting reaches what they write.

What each of them does with the JSON files was read in its source; ``evidence`` names the public
pages. None of them has an option for keys such as ``use_cache``: either the files or the model that
they start from can be put right before the merge, or what they wrote is put right after it.
"""

from enum import StrEnum

from slowlens.frozen import dataclass

FROM_CONFIG = "a merger that uses from_config, as EasyR1 before August 2026"
SHARDS = "verl or EasyR1, shards that are not merged yet"
EXPERTS = "LLaMA-Factory, OpenRLHF or axolotl, training experts"
PICTURES = "LLaMA-Factory or axolotl, training images and text"


class Reach(StrEnum):
    """How a setting gets into what a tool writes."""

    FOLDER = "from the JSON files of a folder that it reads"
    MODEL = "from the model in memory that a script of one's own saves"
    NONE = "not at all"


@dataclass(frozen=True, slots=True)
class Merger:
    """One tool."""

    name: str
    command: str
    """What merges, with the user's own paths in capitals."""
    language: str
    reach: Reach
    advice: str
    """What it does with these settings, and what to mind."""
    writers: tuple[str, ...]
    """Names of provenance that speak for it."""
    evidence: tuple[str, ...]
    folder: str = ""
    """That it reads, as in ``command``."""


MERGERS: tuple[Merger, ...] = (
    Merger(
        "EasyR1",
        "python3 scripts/model_merger.py --local_dir GLOBAL_STEP/actor",
        "bash",
        Reach.FOLDER,
        "It reads config.json and generation_config.json in the folder huggingface of the actor, "
        "and writes the merged model into that same folder. Before commit b44b311 of 30 July 2026 "
        "it made generation_config.json anew from config.json, which turns a use_cache of false "
        "there into a cache that is off, and drops end tokens: update EasyR1 first.",
        (FROM_CONFIG, SHARDS),
        (
            "https://github.com/hiyouga/EasyR1/pull/11007",
            "https://github.com/hiyouga/EasyR1/issues/265",
        ),
        folder="GLOBAL_STEP/actor/huggingface",
    ),
    Merger(
        "verl",
        "python -m verl.model_merger merge --backend fsdp --local_dir GLOBAL_STEP/actor "
        "--target_dir MERGED",
        "bash",
        Reach.FOLDER,
        "It reads config.json and generation_config.json in the folder huggingface of the actor. "
        "It keeps generation_config.json since pull request 1277 of April 2025; before, it made "
        "one from config.json. It does not merge LoRA: the adapter lies beside the base weights "
        "and is still to be merged.",
        (SHARDS, "verl's model merger", FROM_CONFIG),
        (
            "https://github.com/verl-project/verl/pull/1277",
            "https://verl.readthedocs.io/en/latest/advance/checkpoint.html",
        ),
        folder="GLOBAL_STEP/actor/huggingface",
    ),
    Merger(
        "mergekit",
        "mergekit-yaml RECIPE.yml MERGED",
        "bash",
        Reach.NONE,
        "A recipe has no option for these keys. generation_config.json is left out where the "
        "recipe names tokenizer, tokenizer_source or chat_template.",
        ("mergekit",),
        ("https://github.com/arcee-ai/mergekit/issues/275",),
    ),
    Merger(
        "LLaMA-Factory",
        "llamafactory-cli export --model_name_or_path TRAINED --template TEMPLATE "
        "--export_dir MERGED",
        "bash",
        Reach.NONE,
        "While it trains it sets use_cache of config.json to false, and the export sets it to true "
        "again: a folder of the training is to be exported before it is used. For an adapter add "
        "--adapter_name_or_path ADAPTER. There is no option for the other keys.",
        ("llamafactory-cli export", "LLaMA-Factory training", EXPERTS, PICTURES),
        (
            "https://github.com/hiyouga/LlamaFactory/blob/main/examples/README.md",
            "https://github.com/hiyouga/LlamaFactory/issues/1161",
        ),
    ),
    Merger(
        "axolotl",
        "axolotl merge-lora CONFIG.yml --lora-model-dir=ADAPTER",
        "bash",
        Reach.NONE,
        "It has no option for these keys.",
        (EXPERTS, PICTURES),
        ("https://docs.axolotl.ai/docs/cli.html",),
    ),
    Merger(
        "OpenRLHF",
        "python -m openrlhf.cli.lora_combiner --model_path BASE --lora_path ADAPTER "
        "--output_path MERGED --bf16",
        "bash",
        Reach.NONE,
        "Training sets use_cache of config.json to false and does not set it back. There is no "
        "option for it.",
        ("OpenRLHF", EXPERTS),
        ("https://github.com/OpenRLHF/OpenRLHF/blob/main/examples/scripts/combine_lora.sh",),
    ),
    Merger(
        "ms-swift",
        "swift export --adapters CHECKPOINT --merge_lora true",
        "bash",
        Reach.NONE,
        "It has no option for these keys.",
        (),
        ("https://github.com/modelscope/ms-swift/blob/main/examples/export/merge_lora.sh",),
    ),
    Merger(
        "Unsloth",
        'model.save_pretrained_merged("MERGED", tokenizer, save_method="merged_16bit")',
        "python",
        Reach.MODEL,
        "It has no argument for these keys; it saves the configs of the model in memory.",
        ("Unsloth",),
        ("https://docs.unsloth.ai/basics/running-and-saving-models/saving-to-vllm",),
    ),
    Merger(
        "the Trainer of transformers",
        'trainer.save_model("MERGED")',
        "python",
        Reach.MODEL,
        "From version 5 on the Trainer sets use_cache of the model's config to false and does not "
        "set it back, so that it is saved with every checkpoint. Here model is trainer.model.",
        ("the Trainer of transformers 5", "the Trainer of transformers"),
        ("https://github.com/huggingface/transformers/pull/41585",),
    ),
    Merger(
        "a script that loads with use_cache=False, as VLM-R1 and some of TRL's",
        'model.save_pretrained("MERGED")',
        "python",
        Reach.MODEL,
        "Arguments for loading end up in generation_config.json where they are given to the class "
        "of the model itself, not to an Auto class.",
        ("a script that passes loading arguments to a model class, as VLM-R1",),
        ("https://github.com/om-ai-lab/VLM-R1/issues/79",),
    ),
    Merger(
        "PEFT",
        'model = model.merge_and_unload()\nmodel.save_pretrained("MERGED")',
        "python",
        Reach.MODEL,
        "It saves the configs of the model in memory: those of the base that was loaded.",
        (),
        ("https://huggingface.co/docs/peft/main/en/developer_guides/lora",),
    ),
)
"""In the order in which they are told."""
