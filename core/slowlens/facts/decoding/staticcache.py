"""Which models can decode with a static cache, one whose size is fixed from the start.

Read off the classes: transformers 4.52 refuses it for the others, with an error. Version 5 makes
one for them as well, but does not compile their step, or uses a cache of their own instead, and
then it is no gain. ``tests/live/test_static_cache.py`` compares with the installed library.
"""

_COMPILED_4 = """
bart bigbird_pegasus biogpt bitnet blenderbot blenderbot-small blip-2 bloom chameleon code_llama
codegen cohere cohere2 deepseek_v3 diffllama falcon gemma gemma2 gemma3 gemma3_text glm glm4
got_ocr2 gpt-sw3 gpt2 gpt_neox gpt_neox_japanese gptj granite helium instructblip internvl janus
llama llama4 llama4_text llava llava_next llava_next_video llava_onevision marian mbart mistral
mistral3 mt5 nemotron olmo olmo2 opt paligemma pegasus_x persimmon phi phi3 phi4_multimodal
pixtral plbart qwen2 qwen3 shieldgemma2 stablelm starcoder2 t5 umt5 vipllava whisper
"""
_COMPILED_5 = """
afmoe apertus arcee axk1 axk2 bart beam bigbird_pegasus biogpt bitnet blenderbot
blenderbot-small blip-2 bloom chameleon codegen cohere cohere2 cohere2_moe cohere_compass
cohere_compass_text cosmos3_omni cwm deepseek_ocr2 deepseek_v2 deepseek_v3 deepseek_v32
deepseek_vl deepseek_vl_hybrid diffllama dots1 dots3_note dots3_note_text emu3 ernie4_5
ernie4_5_moe evolla exaone4 exaone4_5 exaone_moe falcon fast_vlm flex_olmo flint florence2 gemma
gemma2 gemma3 gemma3_text gemma3n gemma3n_text gemma4 gemma4_assistant gemma4_text
gemma4_unified gemma4_unified_assistant gemma4_unified_text glm glm4 glm46v glm4_moe
glm4_moe_lite glm4v glm4v_moe glm_moe_dsa glm_ocr glmga got_ocr2 gpt-sw3 gpt2 gpt_bigcode
gpt_neox gpt_neox_japanese gpt_oss gptj granite granite4_vision granite_swa granitemoe
granitemoe_swa granitemoeshared helium hrm_text hunyuan_v1_dense hunyuan_v1_moe hunyuan_vl hy_v3
hy_v4 hyperclovax hyperclovax_vision_v2 instructblip instructblipvideo internlm3 internvl
iquestcoder jais2 janus kimi_k25 kolibri1 kosmos-2.5 laguna lfm2 lfm2_moe lfm3 lfm3_vl
lighton_ocr llama llama4 llama4_text llava llava_next llava_next_video llava_onevision m2m_100
marian mbart mellum mimo_v2_flash minicpm3 minimax_m2 minimax_m3_vl minimax_m3_vl_text ministral
ministral3 mistral mistral3 mistral4 mistral_large4 mixtral mllama modernbert-decoder molmo2 mt5
muse_glimmer muse_spark nanochat nemotron olmo olmo2 olmo3 olmoe opt ovis2 paddleocr_vl pegasus
pegasus_x perception_lm persimmon phi phi3 phi4_multimodal phimoe pp_chart2table qianfan_ocr
qwen2 qwen2_5_omni_thinker qwen2_5_vl qwen2_moe qwen2_vl qwen3 qwen3_asr qwen3_moe
qwen3_omni_moe_thinker qwen3_vl qwen3_vl_moe seed_oss shieldgemma2 smollm3 solar_open stablelm
starcoder2 t5 t5gemma t5gemma2 umt5 unlimited_ocr vaultgemma video_llava vipllava voxtral
whisper xglm youtu
"""
COMPILED = {4: frozenset(_COMPILED_4.split()), 5: frozenset(_COMPILED_5.split())}
"""``model_type`` of each, by major version of transformers."""
