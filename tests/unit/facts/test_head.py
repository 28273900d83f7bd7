"""Where tokens enter and leave a model."""

import pytest

from pairs import made
from slowlens.facts.weights.head import ends_of

KIND = ("BF16", (8, 8))


@pytest.mark.parametrize(
    ("names", "embedding", "head"),
    [
        (["model.embed_tokens.weight", "lm_head.weight"], 0, 1),
        (["transformer.wte.weight"], 0, None),
        (["gpt_neox.embed_in.weight", "embed_out.weight"], 0, 1),
        (["transformer.embedding.word_embeddings.weight", "transformer.output_layer.weight"], 0, 1),
        (["language_model.model.embed_tokens.weight", "language_model.lm_head.weight"], 0, 1),
        (["model.layers.61.embed_tokens.weight", "model.embed_tokens.weight"], 1, None),
        (["visual.embed_tokens.weight", "encoder.embed_tokens.weight"], None, None),
        (["mtp.lm_head.weight", "thinker.lm_head.weight"], None, 1),
        (["model.embed_tokens.bias", "lm_head.bias", "my_lm_head.weight"], None, None),
        (["talker.model.embed_tokens.weight", "thinker.model.embed_tokens.weight"], 1, None),
        (["embed_tokens.weight", "lm_head.weight"], 0, 1),
        (["model.language_model.embed_tokens.weight", "model.embed_tokens.weight"], 1, None),
        (["model.tok_embeddings.weight", "output.weight"], 0, 1),
        (["model.transformer.wte.weight", "model.transformer.ff_out.weight"], 0, 1),
        (["model.transformer.blocks.0.ff_out.weight"], None, None),
        (["model.embed_tokens.weight", "lm_head.qweight"], 0, 1),
        ([], None, None),
    ],
)
def test_names(names: list[str], embedding: int | None, head: int | None) -> None:
    ends = ends_of(made(tensors=dict.fromkeys(names, KIND)).weights)
    found = [None if end is None else end.name for end in (ends.embedding, ends.head)]
    assert found == [None if i is None else names[i] for i in (embedding, head)]
