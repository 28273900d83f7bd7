"""Names of machines go where they can be told apart; what only looks alike stays."""

from time import process_time

import pytest

from slowlens.facts.identity import NOBODY, Identity
from slowlens.redaction import Kind
from slowlens.redaction.kinds import LEFT
from slowlens.redaction.known import Known
from slowlens.redaction.patterns import HOST_AND_PORT
from slowlens.redaction.strings import Strings


@pytest.mark.parametrize(
    "text", ["at 10.1.2.3", "connect to 10.1.2.3:29500", "ipv4:10.1.2.3:80", "it is 10.1.2.3."]
)
def test_addresses_with_their_ports_are_known(text: str) -> None:
    told = Strings(Known((), (), NOBODY), frozenset(Kind)).text(text)
    assert told == text.replace("10.1.2.3", LEFT[Kind.HOSTS])


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("gpu-box-7:8000", "HOST:8000"),
        ("served at gpu-box-7:8000/v1.", "served at HOST:8000/v1."),
        ("\u8fde\u63a5gpu-box-7:8000\u5931\u8d25", "\u8fde\u63a5HOST:8000\u5931\u8d25"),
        ("master is dgx-12:29500, not node-a3:29500", "master is HOST:29500, not HOST:29500"),
        ("ip-10-0-3-7:6379 is full", "HOST:6379 is full"),
        ("db.internal:5432", "HOST:5432"),
        ("db.example.org:5432 and box.acme.io:80", "HOST:5432 and HOST:80"),
        ("dns:gpu-box-7:8000", "dns:HOST:8000"),
        ("failed to connect to trainbox:29500", "failed to connect to HOST:29500"),
        ("failed to connect to [trainbox]:29500", "failed to connect to [HOST]:29500"),
        (
            "Cannot connect to host trainbox:8000 ssl:default",
            "Cannot connect to host HOST:8000 ssl:default",
        ),
        ("the server trainbox.lab:443 is gone", "the server HOST:443 is gone"),
        ("listening on trainbox:22", "listening on HOST:22"),
        ("gpu-7:29500 worker-0:29500", "HOST:29500 HOST:29500"),
        ("model-3:8000, rank-0:29500, task-12:6379", "HOST:8000, HOST:29500, HOST:6379"),
        ("connected to worker:29500, not to gpu:10", "connected to HOST:29500, not to gpu:10"),
        ("at trainbox.lab:8000 or a.b.cluster:6379", "at HOST:8000 or HOST:6379"),
        ("vllm.default.svc:8000", "HOST:8000"),
        ("box.acme.io:443 and box.acme.io:8000", "HOST:443 and HOST:8000"),
        (
            "lost trainbox:29500, bound to [trainbox]:29500",
            "lost HOST:29500, bound to [HOST]:29500",
        ),
        ("lost connection to trainbox:80", "lost connection to HOST:80"),
        ("server serve:8000, host host:8000", "server HOST:8000, host HOST:8000"),
    ],
)
def test_a_machine_with_its_port_goes_without_a_scheme(text: str, told: str) -> None:
    found = Strings(Known((), (), NOBODY), frozenset(Kind)).text(text)
    assert found == told.replace("HOST", LEFT[Kind.HOSTS])


@pytest.mark.parametrize(
    "text",
    [
        "at 12:30, 12:30:59 or 2026-11-23 20:15:00",
        "a ratio of 16:9, or 1:1024",
        "cuda:0, cuda:1, cuda:10, cpu:0, mps:0, gpu-0:2048",
        "connected to cuda:10",
        "llama-3:8192, llama3:70b, qwen2.5-7b:2407-q4, org/name-7:8000, mistral-nemo-12b:2407",
        "config.json:12, file.py:1234, modeling-v2.py:1024, step-1000.log:2048",
        "model-00001-of-00004.safetensors:4096",
        "{max_tokens:4096, key:3, window:4096, top-k:50, sliding-window:4096}",
        '"hidden_size":4096, "top-5":1000',
        "max-new-tokens:2048 layer-12:4096 step-10:2048 top-5:1000 layers-3:2048",
        "model.layers:4096 self_attn.q_proj:4096 fp16:2048 int8:4096 sha256:1234",
        "lost at iteration:1200, bound to index:128, lost at train.py:1200, lost 3:1000",
        "bound to slot:12, lost at trainbox:80, reached iteration:12000, connected to gpu:10",
        "numpy.lib.io:42, torch.nn.functional:1200, trainer.log:5000, modeling.py:12000",
        "iteration-3:1200, index-5:12000, worker-0:2048, gpu-7:80, worker-0:12",
        "5.1.0:8000, torch-2.11.0:29500, v1.2:8000, rope.theta:10000, trainbox.lab:80",
        "gpu-box-7:80, trainbox:29500, gpu-box-7:4096",
        "localhost:8000, connected to localhost:8000, github.com:443, huggingface.co:443",
        "the node has 3:1, host: 4096, the server: 80",
    ],
)
def test_a_name_with_a_number_that_is_no_machine_stays(text: str) -> None:
    strings = Strings(Known((), (), NOBODY), frozenset(Kind))
    assert strings.text(text) == text
    assert strings.counts == {}


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("connect to trainbox:80, server trainbox:80, node trainbox:8000", 1),
        ("http://trainbox:8000/v1, http://me@trainbox:9000 and host trainbox:80", 1),
        ("connect to trainbox:80, server other:80", 2),
    ],
)
def test_a_machine_is_counted_once_however_it_is_reached(text: str, number: int) -> None:
    strings = Strings(Known((), (), NOBODY), frozenset(Kind))
    assert "trainbox" not in strings.text(text)
    assert strings.counts == {"hosts": number}


@pytest.mark.parametrize(
    "part", ["a-", "a.", "a1-", "-1", "1", "server ", "lost at ", "gpu-7:", "a"]
)
def test_a_long_text_takes_no_longer_than_its_length(part: str) -> None:
    text = "connect to " + part * 20_000 + "!"
    begun = process_time()
    assert not any(pattern.search(text) for pattern in HOST_AND_PORT)
    assert process_time() - begun < 2, "a quadratic one takes far longer"


def test_a_machine_goes_with_its_domain() -> None:
    strings = Strings(Known((), (), Identity((), ("trainbox",))), frozenset(Kind))
    told = strings.text("no trainbox.lab.example.org, see trainbox.log on TRAINBOX.")
    gone = LEFT[Kind.HOSTS]
    assert told == f"no {gone}, see {gone}.log on {gone}."
