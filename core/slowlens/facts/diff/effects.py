"""What each key has an effect on, in plain words; the tables are meant to be read."""

from collections.abc import Mapping
from typing import TypeAlias

from slowlens.facts.difference import Effect
from slowlens.frozen import dataclass
from slowlens.jsonvalue import Pointer

SPEED, LENGTH, MEMORY = Effect.SPEED, Effect.LENGTH, Effect.MEMORY
OUTPUT, COSMETIC = Effect.OUTPUT, Effect.COSMETIC


@dataclass(frozen=True, slots=True)
class Meaning:
    """The effect of a key; not ``known`` when no table has it."""

    effect: Effect
    note: str = ""
    known: bool = True


Table: TypeAlias = Mapping[str, tuple[Effect, str]]

_BEAMS = "n beams or sequences are n times the work and the cache"
_ASSIST = "speculative decoding: how many tokens one step may yield"
_KEEP = "keeps tensors of every step in memory"
_LIMIT = "the limit of an answer"
_KERNEL = "which attention kernel is used"
_EXPERTS = "which kernel runs the experts (transformers 5)"
_MTP = "heads for speculative decoding"
_WINDOW = "how far back attention looks"
_ROPE = "rotary positions: wrong ones make long answers worse"
_SAMPLING = "how tokens are chosen"
_PICTURE = "how many tokens a picture or video becomes: the length of the prefill"
_PIXELS = "how a picture is prepared"
_MASKS = "changes what may be written"

CONFIG: Table = {
    "use_cache": (SPEED, "the key-value cache: without it every step recomputes all tokens"),
    "dtype": (SPEED, "the type the weights are loaded in: bytes read per token"),
    "torch_dtype": (SPEED, "transformers 4 loads this type, transformers 5 that of dtype"),
    "attn_implementation": (SPEED, f"{_KERNEL} (transformers 5 obeys, 4 does not)"),
    "_attn_implementation": (SPEED, _KERNEL),
    "_attn_implementation_internal": (SPEED, f"{_KERNEL} (transformers 4 obeys, 5 does not)"),
    "_attn_implementation_autoset": (SPEED, "if true, transformers 4.51 and 4.52 run eager"),
    "use_flash_attn": (SPEED, _KERNEL),
    "experts_implementation": (SPEED, _EXPERTS),
    "_experts_implementation": (SPEED, _EXPERTS),
    "cache_implementation": (SPEED, "which kind of key-value cache"),
    "quantization_config": (SPEED, "how the weights are packed: bytes read per token"),
    "num_nextn_predict_layers": (SPEED, _MTP),
    "mtp_num_hidden_layers": (SPEED, _MTP),
    "eos_token_id": (LENGTH, "which tokens end an answer"),
    "output_attentions": (MEMORY, "keeps every attention matrix, and forces the slow kernel"),
    "output_hidden_states": (MEMORY, "keeps every layer's output"),
    "output_router_logits": (MEMORY, "keeps router scores; transformers 4 may crash in generate"),
    "max_position_embeddings": (MEMORY, "the longest input; vLLM reserves cache for it"),
    "rope_parameters": (OUTPUT, _ROPE),
    "rope_theta": (OUTPUT, f"{_ROPE}; transformers 4 reads this, 5 reads rope_parameters"),
    "rope_scaling": (OUTPUT, _ROPE),
    "original_max_position_embeddings": (OUTPUT, _ROPE),
    "sliding_window": (OUTPUT, _WINDOW),
    "sliding_window_pattern": (OUTPUT, _WINDOW),
    "use_sliding_window": (OUTPUT, _WINDOW),
    "max_window_layers": (OUTPUT, _WINDOW),
    "layer_types": (OUTPUT, "which layers look back only a window: speed on long inputs too"),
    "tie_word_embeddings": (OUTPUT, "whether the head is the embedding; if not, it must be there"),
    "vocab_size": (OUTPUT, "size of the vocabulary: the embeddings must fit it"),
    "auto_map": (OUTPUT, "with trust_remote_code, this code runs instead of transformers' own"),
    "model_type": (OUTPUT, "which model class is loaded"),
    "architectures": (COSMETIC, "vLLM and SGLang choose the model class by it; transformers no"),
    "bos_token_id": (COSMETIC, "only used when there is no prompt"),
    "pad_token_id": (COSMETIC, "only fills up batches"),
    "id2label": (COSMETIC, "names of classes, not used when generating"),
    "label2id": (COSMETIC, "names of classes, not used when generating"),
    "problem_type": (COSMETIC, "for classifiers"),
}

GENERATION: Table = {
    "use_cache": (SPEED, "the key-value cache: without it every step recomputes all tokens"),
    "num_beams": (SPEED, _BEAMS),
    "num_beam_groups": (SPEED, _BEAMS),
    "num_return_sequences": (SPEED, _BEAMS),
    "penalty_alpha": (SPEED, "contrastive search: several candidates a step"),
    "guidance_scale": (SPEED, "two forward passes a step"),
    "dola_layers": (SPEED, "compares layers at each step"),
    "cache_implementation": (SPEED, "which kind of key-value cache"),
    "cache_config": (SPEED, "which kind of key-value cache"),
    "disable_compile": (SPEED, "whether the decoding step is compiled"),
    "compile_config": (SPEED, "whether the decoding step is compiled"),
    "prompt_lookup_num_tokens": (SPEED, _ASSIST),
    "num_assistant_tokens": (SPEED, _ASSIST),
    "use_mtp": (SPEED, _ASSIST),
    "eos_token_id": (LENGTH, "which tokens end an answer"),
    "stop_strings": (LENGTH, "which texts end an answer"),
    "max_length": (LENGTH, f"{_LIMIT}, with its prompt"),
    "max_new_tokens": (LENGTH, _LIMIT),
    "max_time": (LENGTH, f"{_LIMIT}, in seconds"),
    "min_length": (LENGTH, "the shortest answer, with its prompt"),
    "min_new_tokens": (LENGTH, "the shortest answer"),
    "forced_eos_token_id": (LENGTH, "the token written at the limit"),
    "early_stopping": (LENGTH, "when beam search ends"),
    "length_penalty": (LENGTH, "how beam search weighs long answers"),
    "exponential_decay_length_penalty": (LENGTH, "how soon an answer is urged to end"),
    "output_attentions": (MEMORY, _KEEP),
    "output_hidden_states": (MEMORY, _KEEP),
    "output_scores": (MEMORY, _KEEP),
    "output_logits": (MEMORY, _KEEP),
    "return_dict_in_generate": (MEMORY, _KEEP),
    "do_sample": (OUTPUT, "tokens are drawn by chance, or always the likeliest"),
    "temperature": (OUTPUT, _SAMPLING),
    "top_k": (OUTPUT, _SAMPLING),
    "top_p": (OUTPUT, _SAMPLING),
    "min_p": (OUTPUT, _SAMPLING),
    "typical_p": (OUTPUT, _SAMPLING),
    "epsilon_cutoff": (OUTPUT, _SAMPLING),
    "eta_cutoff": (OUTPUT, _SAMPLING),
    "repetition_penalty": (OUTPUT, "without the one it had, a model may repeat itself endlessly"),
    "no_repeat_ngram_size": (OUTPUT, _MASKS),
    "bad_words_ids": (OUTPUT, _MASKS),
    "suppress_tokens": (OUTPUT, _MASKS),
    "begin_suppress_tokens": (OUTPUT, _MASKS),
    "forced_bos_token_id": (OUTPUT, _MASKS),
    "sequence_bias": (OUTPUT, _MASKS),
    "decoder_start_token_id": (OUTPUT, "what an answer starts with"),
    "bos_token_id": (COSMETIC, "only used when there is no prompt"),
    "pad_token_id": (COSMETIC, "only fills up batches"),
    "_from_model_config": (
        COSMETIC,
        "the file was derived from config.json; transformers 4 may throw it away for that",
    ),
}

TOKENIZER: Table = {
    "eos_token": (LENGTH, "vLLM ends an answer at this token"),
    "chat_template": (OUTPUT, "how a conversation becomes a prompt; often what ends an answer"),
    "bos_token": (OUTPUT, "what a prompt starts with"),
    "add_bos_token": (OUTPUT, "whether a prompt starts with the begin token"),
    "add_eos_token": (OUTPUT, "whether a prompt ends with the end token"),
    "added_tokens_decoder": (OUTPUT, "which words are one token"),
    "model_max_length": (OUTPUT, "where prompts are cut when truncation is asked for"),
    "padding_side": (OUTPUT, "matters in batches only: right breaks generation"),
    "tokenizer_class": (COSMETIC, "a class of transformers 5 cannot be loaded by 4"),
    "pad_token": (COSMETIC, "only fills up batches"),
    "unk_token": (COSMETIC, "stands for unknown text"),
    "additional_special_tokens": (COSMETIC, "which tokens decoding may leave out"),
}

PROCESSOR: Table = {
    "size": (SPEED, _PICTURE),
    "patch_size": (SPEED, _PICTURE),
    "merge_size": (SPEED, _PICTURE),
    "temporal_patch_size": (SPEED, _PICTURE),
    "crop_size": (SPEED, _PICTURE),
    "do_image_splitting": (SPEED, _PICTURE),
    "max_image_size": (SPEED, _PICTURE),
    "image_grid_pinpoints": (SPEED, _PICTURE),
    "num_crops": (SPEED, _PICTURE),
    "max_dynamic_patch": (SPEED, _PICTURE),
    "image_seq_length": (SPEED, _PICTURE),
    "fps": (SPEED, _PICTURE),
    "max_frames": (SPEED, _PICTURE),
    "min_frames": (SPEED, _PICTURE),
    "num_frames": (SPEED, _PICTURE),
    "image_mean": (OUTPUT, _PIXELS),
    "image_std": (OUTPUT, _PIXELS),
    "do_resize": (OUTPUT, _PIXELS),
    "do_rescale": (OUTPUT, _PIXELS),
    "rescale_factor": (OUTPUT, _PIXELS),
    "do_normalize": (OUTPUT, _PIXELS),
    "do_center_crop": (OUTPUT, _PIXELS),
    "resample": (OUTPUT, _PIXELS),
    "image_processor_type": (OUTPUT, _PIXELS),
    "video_processor_type": (OUTPUT, _PIXELS),
    "feature_extractor_type": (OUTPUT, "how sound is prepared"),
}

ADAPTER: Table = {
    "use_dora": (SPEED, "DoRA costs several times plain LoRA until it is merged"),
    "peft_type": (SPEED, "an adapter that is not merged is run beside the weights"),
    "r": (OUTPUT, "size of the adapter"),
    "lora_alpha": (OUTPUT, "weight of the adapter: 0 switches it off"),
    "use_rslora": (OUTPUT, "weight of the adapter"),
    "alpha_pattern": (OUTPUT, "weight of the adapter"),
    "rank_pattern": (OUTPUT, "size of the adapter"),
    "target_modules": (OUTPUT, "which layers the adapter changes"),
    "modules_to_save": (OUTPUT, "which layers the adapter replaces"),
    "base_model_name_or_path": (OUTPUT, "the model that the adapter is for"),
}


FULL_QUALITY_BITS = 16
_BITS = {"float64": 64, "F64": 64, "float32": 32, "F32": 32}
_BITS |= dict.fromkeys(("float16", "bfloat16", "F16", "BF16"), 16)


def dtype_effect(source: object, merged: object) -> Effect:
    """Return what a change of dtype does: more bytes are slower, fewer save memory."""
    before, after = (_BITS.get(str(name), 8) for name in (source, merged))
    if before == after or min(before, after) < FULL_QUALITY_BITS:
        return OUTPUT
    return SPEED if after > before else MEMORY


def meaning(pointer: Pointer, table: Table = CONFIG, other: Effect = OUTPUT) -> Meaning:
    """Look a key up, or the nearest mapping around it; ``other`` is for what no table has."""
    for key in reversed(pointer):
        if key in table:
            return Meaning(*table[key])
    return Meaning(
        other, "part of the model's architecture" if other is OUTPUT else "", known=False
    )
