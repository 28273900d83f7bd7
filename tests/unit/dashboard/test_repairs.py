from runs import a_run
from slowlens_dashboard.repairs import offers


def test_each_fix_is_offered_once_with_all_the_findings_that_it_removes() -> None:
    run = a_run()
    found = offers(run)
    assert len({offer.fix.title for offer in found}) == len(found)
    fixed = [pair for offer in found for pair in offer.findings]
    assert len(fixed) == sum(1 for o in run.outcomes for f in o.findings if f.fix is not None)


def test_the_fix_of_the_worst_finding_comes_first() -> None:
    ranks = [offer.findings[0][1].severity.rank for offer in offers(a_run())]
    assert ranks == sorted(ranks, reverse=True)
