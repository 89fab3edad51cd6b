"""The filter against a model that remembers everything and searches it from the start."""

from hypothesis import given
from hypothesis import strategies as st

from dlt_web.dedupe import MODES, DuplicateFilter

frames = st.lists(
    st.tuples(st.integers(0, 4_000), st.lists(st.sampled_from("ABCDE"), max_size=4)), min_size=1, max_size=60
)


class ListModel:
    """Spec §3, word by word."""

    def __init__(self, forget_time_ms, mode):
        self.forget_time_ms, self.mode, self.sightings, self.last_ms = forget_time_ms, mode, [], None

    def frame(self, barcodes, at_ms):
        self.last_ms = at_ms if self.last_ms is None else max(at_ms, self.last_ms)
        verdicts = []
        for place, barcode in enumerate(barcodes):
            is_new = barcode not in barcodes[:place] and not self.is_remembered(barcode)
            verdicts.append(is_new)
            if place == barcodes.index(barcode):
                self.sightings.append((barcode, self.last_ms, is_new))
        return verdicts

    def is_remembered(self, barcode):
        if self.mode == "off" or self.forget_time_ms == 0:
            return False
        times = [
            at_ms for seen, at_ms, was_new in self.sightings if seen == barcode and (was_new or self.mode != "fixed")
        ]
        return bool(times) and (self.mode == "session" or self.last_ms - times[-1] < self.forget_time_ms)


@given(frames, st.sampled_from([0, 1, 700, 3000, 180_000]), st.sampled_from(MODES))
def test_the_filter_agrees_with_the_list_of_all_sightings(steps, forget_time_ms, mode):
    stream, model = DuplicateFilter(forget_time_ms=forget_time_ms, mode=mode), ListModel(forget_time_ms, mode)
    at_ms = 0
    for gap_ms, barcodes in steps:
        at_ms += gap_ms - 500  # now and then a time goes back
        assert stream.frame(barcodes, at_ms) == model.frame(barcodes, at_ms)


@given(frames)
def test_memory_never_exceeds_the_distinct_barcodes_inside_the_window(steps):
    stream, at_ms, sightings = DuplicateFilter(forget_time_ms=3000), 0, []
    for gap_ms, barcodes in steps:
        at_ms += gap_ms
        stream.frame(barcodes, at_ms)
        sightings += [(barcode, at_ms) for barcode in barcodes]
        assert len(stream) == len({barcode for barcode, seen_ms in sightings if at_ms - seen_ms < 3000})
