"""The state of fixed size that linear attention and state-space layers keep."""

from slowlens.facts.layers.decoder import Decoder


def state_numbers(decoder: Decoder) -> int:
    """Return how many numbers one layer keeps; 0 where Slowlens does not know its kind.

    It is a few megabytes in all, which a cache of keys and values exceeds within some hundred
    tokens.
    """
    return _delta_net(decoder) or _mamba(decoder)


def _delta_net(decoder: Decoder) -> int:
    """Gated delta nets, as in Qwen3-Next and Qwen3.5: a convolution and a matrix for each head."""
    key = decoder.number("linear_key_head_dim")
    value = decoder.number("linear_value_head_dim")
    keys, values = decoder.number("linear_num_key_heads"), decoder.number("linear_num_value_heads")
    kernel = decoder.number("linear_conv_kernel_dim")
    if not (key and value and keys and values and kernel):
        return 0
    return (2 * key * keys + value * values) * kernel + values * key * value


def _mamba(decoder: Decoder) -> int:
    """Mamba, first version, as in Jamba."""
    hidden, state = decoder.number("hidden_size"), decoder.number("mamba_d_state", "state_size")
    expand = decoder.number("mamba_expand", "expand")
    kernel = decoder.number("mamba_d_conv", "conv_kernel")
    if not (hidden and state and expand and kernel) or decoder.number("n_groups", "mamba_n_groups"):
        return 0
    return hidden * expand * (kernel + state)
