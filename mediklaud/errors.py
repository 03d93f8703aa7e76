"""What the desk can be told it cannot do: one class a reason, its docstring the sentence read."""


class Refusal(Exception):
    """The desk cannot do this."""

    def __init__(self, **gaps: object) -> None:
        self.gaps = gaps
        super().__init__((type(self).__doc__ or "").format(**gaps))


class AmountMissing(Refusal):
    """No amount was typed. Enter it in rupees, for example 1,250.50."""


class AmountUnreadable(Refusal):
    """ "{typed}" is not an amount. Enter rupees in figures, for example 1,250.50."""


class AmountNegative(Refusal):
    """ "{typed}" is below zero. Enter the amount without a minus sign."""


class AmountTooFine(Refusal):
    """ "{typed}" has more than two decimals. The smallest coin is one paisa; round it first."""


class AmountCommasMisplaced(Refusal):
    """The commas in "{typed}" are misplaced. Write 1,23,456.50, or leave the commas out."""


class AmountTooLarge(Refusal):
    """ "{typed}" is more than the desk takes at once, {most}. Check the figure."""
