"""What every refusal is: a sentence, and the field that it belongs beside."""

_LONGEST_GAP = 600


class Refusal(Exception):
    """The desk cannot do this."""

    # The label of the field the sentence belongs beside; empty where it is about the whole.
    field = ""
    # What was tried and wrong, as the log calls it; ten such tries lock the name.
    wrong = ""

    def __init__(self, **gaps: object) -> None:
        """Fill the sentence's gaps; a gap named `field` also says where it belongs."""
        self.gaps = {word: _cut(gap) for word, gap in gaps.items()}
        self.field = str(gaps.get("field", self.field))
        sentence = " ".join((type(self).__doc__ or "").split())
        super().__init__(sentence.format(**self.gaps))


def _cut(gap: object) -> object:
    # A sentence tells what was typed, and not ten megabytes of it.
    return f"{gap[:_LONGEST_GAP]}…" if isinstance(gap, str) and len(gap) > _LONGEST_GAP else gap


class AccessRefused(Refusal):
    """This is not open to you."""

    # What was asked for, such as patient/12, where the refusal knows it: for the audit log.
    @property
    def subject(self) -> str:
        """The table and key that were asked for; empty where none was named."""
        return str(self.gaps.get("subject", ""))
