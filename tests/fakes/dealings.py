"""Who may deal with whom, without a table."""


class Nobody:
    """Nobody blocks anybody; what `kit.dealings.Dealings` promises."""

    def may_begin(self, one, other):
        return []

    def may_go_on(self, one, other):
        return True
