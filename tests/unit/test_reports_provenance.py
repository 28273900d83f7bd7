"""What a run says of where a checkpoint comes from and what it takes."""

from dataclasses import replace
from pathlib import Path

from builders import checkpoint
from runs import a_run
from slowlens.batch import Batch
from slowlens.checking import check
from slowlens.codec import decode, encode
from slowlens.facts.layers.memory import KvCache, Memory
from slowlens.facts.provenance import Likelihood, Trace, Writer
from slowlens.reports import inspection, render
from slowlens.run import Run


def text_of(run: Run) -> str:
    return render("text", Batch((run,)))


WRITERS = (
    Writer("mergekit", Likelihood.PROBABLY, (Trace("mergekit_config.yml"),)),
    Writer("transformers", Likelihood.PROBABLY, (Trace("config.json", "v", "5"),)),
    Writer("one", Likelihood.POSSIBLY, (Trace("a", "b.c", found=False), Trace("d"))),
    Writer("two", Likelihood.POSSIBLY, (Trace("e"),)),
)


def test_who_wrote_it_is_told_in_a_line() -> None:
    run = replace(a_run(), provenance=WRITERS)
    for text in (text_of(run), inspection.render(run)):
        told = " ".join(text.split("written by ")[1].split("\n\n")[0].split())
        assert told.startswith(
            'probably mergekit (mergekit_config.yml); probably transformers (config.json v = "5"); '
            "possibly one (a b.c = false, d)"
        )
        assert "two" not in told
    assert "written by" not in text_of(a_run())


def test_the_memory_that_it_takes_is_told() -> None:
    run = a_run()
    kept = Memory("bfloat16", 2_000_000_000, KvCache(per_token=65_536))
    text = inspection.render(replace(run, merged=replace(run.merged, memory=kept)))
    assert (
        "in GPU memory: 2 GB of weights in bfloat16, 131 MB of key-value cache for each sequence "
        "of 1,000 tokens "
    ) in " ".join(text.split())
    assert max(map(len, text.splitlines()[:4])) <= 96
    unknown = replace(kept, kv_cache=None)
    text = inspection.render(replace(run, merged=replace(run.merged, memory=unknown)))
    assert "2 GB of weights in bfloat16\n" in text
    assert "in GPU memory" not in inspection.render(run)


def test_all_of_it_survives_the_round_trip() -> None:
    kept = Memory("bfloat16", 2, KvCache(1, 2, 3, 4))
    run = a_run()
    run = replace(run, provenance=WRITERS, merged=replace(run.merged, memory=kept))
    assert decode(encode(run)) == run


def test_a_check_fills_it_in(tmp_path: Path) -> None:
    run = check(checkpoint(tmp_path))
    assert [writer.name for writer in run.provenance] == ["transformers"]
    assert run.merged.memory is not None
    assert run.merged.memory.weights == 2 * (16 * 8 + 8 * 8 + 8)
